"""Compose the annual report of a territory: every part, its figures, its comment, in the order of
printing.
"""

from collections.abc import Callable, Mapping

from django.utils import timezone

from dashboards import indicators
from dashboards import report_sections as parts
from dashboards.models import AnnualReport, ReportAnnex
from dashboards.report_blocks import Block, Column, Document, Section, Table, Text, rows
from dashboards.services import report_activity, report_offer, report_outcomes
from dashboards.services.corrections import corrections_in_words
from dashboards.services.published import FLOOR_TIMES
from dashboards.services.report_comments import Saved, comments_of
from dashboards.services.report_material import Material, gather
from spo_portal.kernel.privacy import OUTSIDE
from spo_portal.kernel.typography import capital, counted, file_size, long_date, moment
from territories.access import Actor
from territories.models import Territory

Maker = Callable[[Material], list[Block]]
MAKERS: dict[str, Maker] = {
    parts.BRIEF: report_outcomes.brief_part,
    parts.TERRITORY: report_offer.territory_part,
    parts.OFFER: report_offer.offer_part,
    parts.ACTIVITY: report_activity.activity_part,
    parts.REQUESTS: report_activity.requests_part,
    parts.OUTCOMES: report_outcomes.outcomes_part,
    parts.PARTNERS: report_offer.partners_part,
    parts.LABEL: report_offer.label_part,
    parts.TARGETS: report_outcomes.targets_part,
}
COUNTED = (
    "Un contact est un échange avec une personne, sur place, au téléphone ou par courriel, que la "
    "demande soit "
    "résolue sur place ou que la personne soit réorientée. Les contacts viennent des parties à "
    "garder des fiches : "
    "elles ne portent aucun nom. Une fiche compte au jour du contact, à l’heure de Paris."
)
MASKED = (
    f"Ce rapport sort du territoire : un nombre de 1 à {OUTSIDE} pourrait faire reconnaître "
    "quelqu’un, il est remplacé "
    "par « n.c. » (non communiqué). D’autres cases sont cachées quand un total les trahirait. Mois, "
    f"réseau ou lieu : détail publié à partir de {OUTSIDE * FLOOR_TIMES} fiches dans l’année. "
    "Zéro reste écrit. Une "
    "part est cachée quand l’un des deux nombres qui la forment l’est. Toutes les cases d’une année "
    "sont masquées "
    "ensemble, une fois pour tous les documents : les rapprocher n’apprend rien de plus."
)
INDICATORS = (
    "contacts", "reorientes", "sur_place", "boucles_fermees", "delai_arrivee", "jamais_venue",
    "saisie_tardive",
    "lieux_labellises", "sans_rdv_lieu", "heures_sans_porte",
)  # fmt: skip


def compose(*, by: Actor, territory: Territory, year: int, report: AnnualReport | None = None) -> Document:
    """The report as it would be printed now; without a report, its figures alone."""
    comments = comments_of(by=by, report=report) if report is not None else {}
    annexes = []
    if report is not None:
        annexes = list(
            ReportAnnex.objects.visible_to(by).filter(report=report, removed=False).without_bytes()
        )
    return document_of(gather(by=by, territory=territory, year=year), comments, annexes)


def document_of(m: Material, comments: Mapping[str, Saved], annexes: list[ReportAnnex]) -> Document:
    sections = []
    for part in parts.PARTS:
        saved = comments.get(part.key)
        blocks = _blocks(m, part.key, annexes)
        text, author = (saved.text, saved.saved_by) if saved else ("", "")
        sections.append(Section(part.key, _title(m, part), tuple(blocks), text, author))
    filled = m.release.filled_at
    return Document(
        kind="rapport",
        region=m.region.name,
        place=m.territory.name,
        year=m.year,
        filled_at=filled.isoformat() if filled else "",
        sections=tuple(sections),
        facts=_facts(m),
        mark=m.territory.pk,
        annexes=tuple(
            {
                "id": a.pk,
                "titre": a.title,
                "nom": a.name,
                "format": a.format,
                "taille": a.size,
                "sha256": a.sha256,
            }
            for a in annexes
        ),
    )


def _title(m: Material, part: parts.Part) -> str:
    if part.key == parts.LABEL:
        return "Le label" if m.has_label else "Les lieux mutualisés"
    return part.title


def _facts(m: Material) -> tuple[tuple[str, str], ...]:
    filled = m.release.filled_at
    return (
        ("Présenté à", m.region.body_name),
        ("Établi par", "Le coordinateur territorial, avec le comité technique territorial"),
        ("Chiffres arrêtés le", moment(timezone.localtime(filled)) if filled else "Aucun chiffre enregistré"),
        ("Période", f"Du 1er janvier au {long_date(m.day).partition(' ')[2]}"),
    )


def _blocks(m: Material, key: str, annexes: list[ReportAnnex]) -> list[Block]:
    if key in MAKERS:
        return MAKERS[key](m)
    if key == parts.ANNEXES:
        return _annexes(annexes)
    if key == parts.METHODS:
        return _methods(m)
    return []


def _annexes(annexes: list[ReportAnnex]) -> list[Block]:
    if not annexes:
        return [Text("Aucun fichier n’est joint à ce rapport.")]
    lines = [
        (
            a.title,
            a.get_format_display(),
            file_size(a.size),
            " ".join(a.sha256[i : i + 8] for i in range(0, 64, 8)),
        )
        for a in annexes
    ]
    columns = (
        Column("Titre", "text"),
        Column("Format", "text"),
        Column("Taille", "text"),
        Column("Empreinte SHA-256", "text"),
    )
    words = f"{capital(counted(len(annexes), 'fichier est joint', 'fichiers sont joints'))} à ce rapport."
    return [Text(words), Table("annexes", "Fichiers joints", columns, rows(lines), long=True)]


def _methods(m: Material) -> list[Block]:
    blocks: list[Block] = [Text(COUNTED), Text(MASKED)]
    filled = m.release.filled_at
    if filled:
        blocks.append(
            Text(
                f"Les chiffres ont été comptés pour la dernière fois le {moment(timezone.localtime(filled))}."
            )
        )
    found = corrections_in_words(m.release)
    if found:
        blocks.append(Text("Mois corrigés après leur clôture : " + " ; ".join(found) + "."))
    known = indicators.every()
    lines = [(known[key].label, known[key].what, known[key].source) for key in INDICATORS if key in known]
    columns = (
        Column("Indicateur", "text"),
        Column("Ce qui est compté", "text"),
        Column("D’où il vient", "text"),
    )
    return [*blocks, Table("definitions", "Définition des indicateurs", columns, rows(lines), long=True)]
