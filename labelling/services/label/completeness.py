"""What a label dossier still lacks before its submission, in plain words, part by part (domain § 6)."""

from collections.abc import Iterator

from labelling.enums_label import LabelPart, LabelSectionKey
from labelling.services.completeness import Completeness, Gap, Step
from labelling.services.label.material import Material
from spo_portal.kernel.typography import agree, counted, join

# Organisations told by name in one sentence; the others are counted, the convention's box names them all.
NAMED = 5
# Where the organisations that are no party yet are listed.
OUTSIDE = "hors-convention"
PLACES, FILES = str(LabelPart.LIEUX), str(LabelPart.PIECES)
SECTION_WANTED = {
    LabelSectionKey.TERRITOIRE: "Décrivez le territoire et ses habitants.",
    LabelSectionKey.OFFRE: "Décrivez l’accueil et l’orientation aujourd’hui.",
    LabelSectionKey.BESOINS: "Décrivez les besoins et les publics.",
    LabelSectionKey.COOPERATION: "Décrivez l’organisation commune des lieux.",
    LabelSectionKey.ENGAGEMENTS: "Écrivez les engagements du cahier des charges.",
    LabelSectionKey.PLAN: "Écrivez le plan d’action sur cinq ans.",
}
# Short labels, for the bar.
LABELS: tuple[tuple[str, str], ...] = (
    (LabelSectionKey.TERRITOIRE, "Territoire"),
    (LabelSectionKey.OFFRE, "Offre"),
    (LabelSectionKey.BESOINS, "Besoins"),
    (LabelSectionKey.COOPERATION, "Coopération"),
    (LabelSectionKey.ENGAGEMENTS, "Engagements"),
    (LabelSectionKey.PLAN, "Plan d’action"),
    (PLACES, "Lieux"),
    (FILES, "Pièces"),
)


def completeness_of(material: Material) -> Completeness:
    """The stops of the progress bar and everything that is missing, in the order of the dossier."""
    steps: list[Step] = []
    gaps: list[Gap] = []
    for key, label in LABELS:
        found = list(_gaps(material, str(key)))
        gaps += found
        asked = 2 if key == PLACES else 1
        blocking = sum(gap.blocking for gap in found)
        steps.append(Step(str(key), "partie", label, asked, max(0, asked - blocking)))
    return Completeness(tuple(steps), tuple(gaps))


def _gaps(material: Material, key: str) -> Iterator[Gap]:
    if key == PLACES:
        yield from _places(material)
    elif key == FILES:
        yield from _files(material)
    elif not material.text(key).strip():
        yield Gap(key, "partie", SECTION_WANTED[LabelSectionKey(key)], f"texte-{key}")


def _places(material: Material) -> Iterator[Gap]:
    ground = material.ground
    eligible = [line for line in ground.proposed if line.eligibility.eligible]
    if not ground.proposed:
        yield Gap(PLACES, "partie", "Proposez au moins un lieu au label.", "lieux")
    elif not eligible:
        yield Gap(
            PLACES,
            "partie",
            "Aucun des lieux proposés ne remplit les conditions du label : il en faut un.",
            "lieux",
        )
    bare = [line for line in ground.proposed if not any(level.given for level in line.eligibility.levels)]
    for line in bare:
        yield Gap(
            PLACES,
            "partie",
            f"{line.site.name} : la grille des services n’est pas remplie.",
            f"lieu-{line.site.pk}",
        )
    for line in ground.proposed:
        if line.may_be_labelled:
            continue
        yield Gap(
            PLACES,
            "partie",
            f"{line.site.name} ne peut plus être labellisé : retirez-le.",
            f"lieu-{line.site.pk}",
        )
    waiting = len(ground.undecided)
    if waiting:
        yield Gap(
            PLACES,
            "partie",
            f"{counted(waiting, 'lieu', 'lieux')} de l’annuaire {agree(waiting, 'n’est', 'ne sont')} dans"
            f" aucune liste : le dépôt {agree(waiting, 'le', 'les')} laissera hors du dossier.",
            "lieux",
            blocking=False,
        )
    warned = [line for line in ground.proposed if line.warned]
    if warned and eligible:
        yield Gap(
            PLACES,
            "partie",
            f"{counted(len(warned), 'lieu proposé', 'lieux proposés')} sans remplir toutes les conditions :"
            " le préfet lira votre motif.",
            "lieux",
            blocking=False,
        )


def _files(material: Material) -> Iterator[Gap]:
    if material.agreement is None:
        yield Gap(
            FILES, "partie", "Aucune convention multipartite n’est ouverte pour le territoire.", "convention"
        )
    elif material.agreement.wanted:
        yield Gap(FILES, "partie", material.agreement.wanted, "convention")
    yield from _outside(material)
    if not material.attachments:
        yield Gap(
            FILES,
            "partie",
            "Aucune pièce n’est jointe : plan d’action, carte, accord d’un réseau.",
            "jointes",
            False,
        )


def _outside(material: Material) -> Iterator[Gap]:
    """Places proposed whose organisation is no party: the convention is signed by each (domain § 6)."""
    absent = material.absent
    if material.agreement is None or not absent:
        return
    names = list(absent.values())
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} autres"]
    yield Gap(
        FILES,
        "partie",
        f"{counted(len(absent), 'organisation', 'organisations')} dont un lieu est proposé"
        f" {agree(len(absent), 'n’est', 'ne sont')} pas dans la convention : {join(names)}."
        f" {material.agreement.remedy(absent)}",
        OUTSIDE,
    )
