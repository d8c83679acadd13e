"""Dossiers of label of the demonstration: one submitted, one being written, through the services.

What a coordinator types for hours is short here; places, figures and eligibility are those of the portal.
"""

from django.db import transaction

from labelling.enums_label import LabelSectionKey
from labelling.models import LabelDossier
from labelling.services.label import attachments, sections
from labelling.services.label.completeness import completeness_of
from labelling.services.label.material import material_of
from labelling.services.label.opening import open_dossier
from labelling.services.label.places import propose_all
from labelling.services.label.submission import submit
from spo_portal.demo.ami_files import acting, plan
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from spo_portal.kernel.typography import of
from territories.enums import Regime, Role
from territories.models import Membership, Territory

K = LabelSectionKey
TEXTS = {
    K.TERRITOIRE: "Le territoire {de} réunit une ville centre, des bourgs et des communes rurales."
    " L’industrie et la logistique y recrutent ; beaucoup d’habitants n’ont pas de voiture.\n\n"
    "Les transports rejoignent la ville centre le matin et le soir, peu en journée.",
    K.OFFRE: "Chaque réseau tient un accueil. Les plages sans rendez-vous ont été mises ensemble en 2025 :"
    " une porte au moins est ouverte chaque jour de la semaine.",
    K.BESOINS: "Les jeunes de moins de 26 ans et les demandeurs d’emploi viennent le plus. Les salariés qui"
    " veulent changer de métier viennent peu : ils ne savent pas à qui s’adresser.",
    K.COOPERATION: "Les lieux se réunissent chaque mois. Une personne mal orientée repart avec le nom du bon"
    " lieu, ses horaires et, quand il le faut, un rendez-vous pris devant elle.",
    K.ENGAGEMENTS: "Chaque lieu accueille toute personne, gratuitement, sans rendez-vous à hauteur de la"
    " moitié de ses heures d’ouverture, dans un espace où l’on peut parler.",
    K.PLAN: "2027 : formation commune des agents d’accueil. 2028 : accueil du samedi. 2029 : permanences dans"
    " les communes éloignées. 2030 et 2031 : évaluation avec les usagers.",
}


def label_dossiers(*, territories: list[Territory]) -> int:
    """The first territory of the label has submitted its dossier, the second writes it; return how many.

    Run after the conventions: the first territory's is signed by all, the second's half-way.
    """
    made = 0
    chosen = [one for one in territories if one.region.regime == Regime.SPO][:2]
    for rank, territory in enumerate(chosen):
        mandate = coordinator_of(territory)
        if mandate is None:
            continue
        made += 1
        dossier = written(territory, mandate, without=(K.PLAN,) if rank else ())
        if not rank:
            with acting(mandate) as by:
                if completeness_of(material_of(by=by, dossier=dossier)).complete:
                    submit(by=by, dossier=dossier)
    return made


def coordinator_of(territory: Territory) -> Membership | None:
    """The demonstration's coordinator of a territory without a dossier yet; None otherwise."""
    with transaction.atomic():
        apply(SYSTEM)
        if LabelDossier.objects.for_system().filter(territory=territory).exists():
            return None
        rows = Membership.objects.for_system().in_force().filter(user__is_demo=True, territory=territory)
        return rows.select_related("user").filter(role=Role.COORDINATEUR).order_by("pk").first()


def written(territory: Territory, mandate: Membership, *, without: tuple[str, ...] = ()) -> LabelDossier:
    """A draft with its texts, its places and a file; ``without``: texts still to write, and no file yet."""
    with acting(mandate) as by:
        dossier = open_dossier(by=by, territory=territory)
        for key, text in TEXTS.items():
            if key not in without:
                said = text.format(de=of(territory.name))
                sections.save_section(by=by, dossier=dossier, key=key, text=said, seen=0)
        propose_all(by=by, dossier=dossier, partners=not without)
        if not without:
            attachments.add_file(
                by=by, dossier=dossier, title="Plan d’un lieu d’accueil", name="plan.pdf", content=plan()
            )
    return dossier
