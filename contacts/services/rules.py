"""Orientation rules are data: every desk reads them, the regional animation edits them (domain § 4)."""

from dataclasses import dataclass

from django.db import transaction

from contacts.enums import Age, ListKind
from contacts.models import ListVersion, OrientationRule
from contacts.permissions import Perm
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require
from territories.models import Reseau, Site

REASON_MAX = 200
UNSAID = ""


@dataclass(frozen=True, slots=True)
class RuleData:
    """Whom to suggest (a network, else a kind of partner), to whom, with which reason.

    Empty lists mean « any ».
    """

    reseau_id: int | None
    partner_kind: str
    reason: str
    weight: int
    statuts: tuple[int, ...] = ()
    ages: tuple[str, ...] = ()
    demandes: tuple[int, ...] = ()


def mark(rule: OrientationRule) -> str:
    """Version a form shows, to notice someone else's change in between."""
    return rule.updated_at.isoformat()


def save_rule(
    *, by: Actor, rule: OrientationRule | None, data: RuleData, version: ListVersion, seen: str = ""
) -> OrientationRule:
    """Create or change a rule of the actor's region; audited.

    Raises ``Refused`` with the field, ``Conflict`` if stale.
    """
    require(by, Perm.EDIT_RULES)
    reason = _check(by, data, version)
    with transaction.atomic():
        if rule is None:
            target = OrientationRule(region_id=by.region_id)
        else:
            target = OrientationRule.objects.visible_to(by).select_for_update().get(pk=rule.pk)
            if seen and seen != mark(target):
                raise Conflict(
                    "Cette règle vient d’être modifiée par quelqu’un d’autre. Relisez-la avant de "
                    "recommencer."
                )
        target.reseau_id, target.partner_kind = data.reseau_id, data.partner_kind
        target.reason, target.weight = reason, data.weight
        target.statuts, target.demandes = sorted(set(data.statuts)), sorted(set(data.demandes))
        target.ages = sorted(set(data.ages))
        target.save()
        _note(by, "contacts.rule_created" if rule is None else "contacts.rule_changed", target)
    return target


def set_active(*, by: Actor, rule: OrientationRule, active: bool) -> OrientationRule:
    """Put a rule in force or out of it; nothing is deleted, so that it can come back."""
    require(by, Perm.EDIT_RULES)
    with transaction.atomic():
        target = OrientationRule.objects.visible_to(by).select_for_update().get(pk=rule.pk)
        if target.active != active:
            target.active = active
            target.save()
            _note(by, "contacts.rule_enabled" if active else "contacts.rule_disabled", target)
    return target


def _note(by: Actor, action: str, rule: OrientationRule) -> None:
    audit.record(
        action,
        by=by,
        object_type="rule",
        object_id=rule.pk,
        data={
            "reseau": rule.reseau_id,
            "partner_kind": rule.partner_kind,
            "weight": rule.weight,
            "active": rule.active,
            "statuts": rule.statuts,
            "ages": rule.ages,
            "demandes": rule.demandes,
        },
    )


def _check(by: Actor, data: RuleData, version: ListVersion) -> str:
    if bool(data.reseau_id) == bool(data.partner_kind):
        raise Refused("Choisissez un réseau ou une nature de partenaire.", "cible")
    if data.reseau_id and data.reseau_id not in {reseau.pk for reseau in networks(by)}:
        raise Refused("Ce réseau n’existe pas dans votre région.", "cible")
    if data.partner_kind and data.partner_kind not in partner_kinds(by):
        raise Refused("Cette nature de partenaire n’existe pas dans votre région.", "cible")
    if not 1 <= data.weight <= 100:
        raise Refused("Choisissez un poids de 1 à 100.", "weight")
    if any(age not in {UNSAID, *Age.values} for age in data.ages):
        raise Refused("Cet âge n’existe pas dans la fiche.", "ages")
    for kind, numbers, field in (
        (ListKind.STATUT, data.statuts, "statuts"),
        (ListKind.DEMANDE, data.demandes, "demandes"),
    ):
        if any(version.item(kind, n) is None for n in numbers):
            raise Refused("Cette case n’existe pas dans la liste en vigueur.", field)
    try:
        reason = clean_text(data.reason, max_length=REASON_MAX)
    except TextRefused as error:
        raise Refused(str(error), "reason") from None
    if len(reason) < 10:
        raise Refused("Écrivez la raison en une phrase : le conseiller et la personne la liront.", "reason")
    return reason


def networks(by: Actor) -> list[Reseau]:
    """Networks of the region, in the order of the paper form."""
    return list(
        Reseau.objects.filter(region_id__in=by.scope.wide, region_id=by.region_id).order_by("order", "name")
    )


def partner_kinds(by: Actor) -> list[str]:
    """Kinds of partners that receive people in the region, and those rules already name."""
    sites = Site.objects.visible_to(by).can_be_suggested().filter(region_id=by.region_id, reseau__isnull=True)
    kinds = set(sites.exclude(partner_kind="").values_list("partner_kind", flat=True).distinct())
    rules = OrientationRule.objects.visible_to(by).filter(region_id=by.region_id).exclude(partner_kind="")
    return sorted(kinds | set(rules.values_list("partner_kind", flat=True).distinct()))
