"""What a draft still lacks before it may open, each with the screen and the field where it is written."""

import datetime
from dataclasses import dataclass

from labelling.criteria import WEIGHTS
from labelling.models import AmiCall, AmiCallCommission, AmiCriterion, AmiGridCriterion
from spo_portal.kernel.typography import counted, join
from territories.access import Actor
from territories.models import Territory

BASSINS_MIN, BASSINS_MAX = 1, 3


@dataclass(frozen=True)
class Missing:
    """A thing to complete: ``part`` is its screen (texte, cadre, criteres, grille), ``anchor`` its field."""

    part: str
    anchor: str
    sentence: str


def missing_from(by: Actor, call: AmiCall, at: datetime.datetime) -> list[Missing]:
    """What keeps this draft from opening at ``at``; empty when nothing does."""
    return _text(call) + _dates(call, at) + _money(call) + _commissions(by, call) + _lists(by, call)


def bassins_left_out(by: Actor, call: AmiCall) -> list[str]:
    """Bassins of the region that no commission of the call covers: not refused, but said."""
    links = AmiCallCommission.objects.visible_to(by).filter(call=call)
    concerned = set(links.values_list("commission_id", flat=True))
    territories = Territory.objects.visible_to(by).filter(region=call.region_id).order_by("order", "name")
    return [one.name for one in territories if one.commission_id not in concerned]


def commission_refused(name: str, bassins: int) -> str:
    """Why a commission can't take part: it covers from one to three bassins (AMI §4)."""
    if BASSINS_MIN <= bassins <= BASSINS_MAX:
        return ""
    found = counted(bassins, "bassin") if bassins else "aucun bassin"
    return f"La commission « {name} » couvre {found} : il en faut de {BASSINS_MIN} à {BASSINS_MAX}."


def _text(call: AmiCall) -> list[Missing]:
    found = []
    if not call.summary:
        found.append(Missing("texte", "id_resume", "Écrivez le résumé : c’est ce que la liste montre."))
    if not call.sections:
        found.append(Missing("texte", "sections", "Écrivez le texte de l’appel."))
    empty = [section["titre"] for section in call.sections if not section.get("texte")]
    if empty:
        names = join([f"« {title} »" for title in empty])
        found.append(Missing("texte", "sections", f"Écrivez le texte de {names}."))
    if not call.contact:
        found.append(Missing("texte", "id_contact", "Dites qui joindre : une adresse ou un téléphone."))
    return found


def _dates(call: AmiCall, at: datetime.datetime) -> list[Missing]:
    found = []
    if call.closes_at is None:
        found.append(Missing("cadre", "id_limite_jour", "Fixez la date limite de dépôt."))
    elif call.closes_at <= at:
        found.append(Missing("cadre", "id_limite_jour", "La date limite de dépôt est passée : choisissez-en"
                             " une autre."))  # fmt: skip
    if call.questions_until is None:
        found.append(Missing("cadre", "id_questions_jour", "Dites jusqu’à quand poser une question."))
    elif call.questions_until <= at:
        found.append(Missing("cadre", "id_questions_jour", "La date de fin des questions est passée."))
    return found


def _money(call: AmiCall) -> list[Missing]:
    if call.envelope > 0:
        return []
    return [Missing("cadre", "id_enveloppe", "Indiquez l’enveloppe de l’appel.")]


def _commissions(by: Actor, call: AmiCall) -> list[Missing]:
    links = AmiCallCommission.objects.visible_to(by).filter(call=call).select_related("commission")
    counts: dict[int, int] = {}
    for pk in (
        Territory.objects.visible_to(by).filter(region=call.region_id).values_list("commission_id", flat=True)
    ):
        counts[pk or 0] = counts.get(pk or 0, 0) + 1
    found = [commission_refused(link.commission.name, counts.get(link.commission_id, 0)) for link in links]
    if not found:
        return [Missing("cadre", "id_commissions", "Choisissez au moins une commission concernée.")]
    return [Missing("cadre", "id_commissions", sentence) for sentence in found if sentence]


def _lists(by: Actor, call: AmiCall) -> list[Missing]:
    found = []
    criteria = list(AmiCriterion.objects.visible_to(by).filter(call=call))
    if not criteria:
        found.append(Missing("criteres", "criteres", "Écrivez au moins un critère."))
    lost = [c for c in criteria if c.section > len(call.sections)]
    if lost and call.sections:
        words = counted(len(lost), "critère renvoie", "critères renvoient")
        found.append(Missing("criteres", "criteres", f"{words} à une partie du texte qui n’existe pas."))
    grid = list(AmiGridCriterion.objects.visible_to(by).filter(call=call))
    total = sum(line.weight for line in grid)
    if total != WEIGHTS:
        found.append(Missing("grille", "grille", weights_words(total)))
    silent = [line.label for line in grid if not all(line.levels)]
    if silent:
        names = join([f"« {label} »" for label in silent])
        found.append(Missing("grille", "grille", f"Écrivez une phrase pour chaque note de {names}."))
    return found


def weights_words(total: int) -> str:
    """« Les poids font 90 % : ajoutez 10. »; empty when they make a hundred."""
    if total == WEIGHTS:
        return ""
    gap = WEIGHTS - total
    what = f"ajoutez {counted(gap, 'point')}" if gap > 0 else f"retirez {counted(-gap, 'point')}"
    return f"Les poids de la grille font {total}\u202f% : {what} pour arriver à 100\u202f%."
