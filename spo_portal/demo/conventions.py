"""Conventions of the demonstration: signed by all, or half-way, through their services.

Signatories are called by their function; a second run adds nothing.
"""

import datetime
from collections.abc import Mapping

from django.db import connection, transaction
from django.utils import timezone

from labelling.enums_convention import Capacity
from labelling.models import Convention, ConventionSignatory
from labelling.services.convention import drafting, events, inviting, opening, parties, presenting, signing
from labelling.services.recording import end_of_label
from spo_portal.demo.ami_dates import _back, _history
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.access import Actor
from territories.enums import Regime, Role
from territories.models import Membership, Site, Territory
from territories.scopes import open_for_membership

TABLES = (
    "convention", "conventionparty", "conventionsignatory", "conventiontext", "conventionsignature",
    "conventionstep",
)  # fmt: skip
NAME = "Signataire de démonstration"
ADDRESS = "192.0.2.1"
REFUSAL = "L’article 5 nous engage au-delà de nos horaires d’été : nous demandons une précision."
FUNCTIONS = {Capacity.ELU: "Présidence", Capacity.ADMINISTRATIF: "Direction"}
# Days since the last signature of the first one.
RECENT = 3
# Days from the opening to the text shown, and from there to the last signature.
WRITTEN, SIGNING = 8, 12


def conventions(*, territories: list[Territory]) -> int:
    """Open two conventions in the first territories of the State's label; return how many were made."""
    with transaction.atomic():
        apply(SYSTEM)
        known = set(Convention.objects.for_system().values_list("territory_id", flat=True))
        rows = (
            Membership.objects.for_system()
            .in_force()
            .filter(role=Role.COORDINATEUR, user__is_demo=True, territory__in=territories)
        )
        leads = {row.territory_id: row for row in rows.order_by("-pk")}
    chosen = [one for one in territories if one.region.regime == Regime.SPO and one.pk in leads][:2]
    made = 0
    for rank, territory in enumerate(chosen):
        if territory.pk in known:
            continue
        made += 1
        if not rank:
            signed_ago({territory.pk: RECENT}, leads=leads)
            continue
        _answer(_show(leads[territory.pk], territory, half_way=True), everybody=False)
        while outbox.drain():
            pass
    return made


def signed_ago(days: Mapping[int, int], *, leads: Mapping[int, Membership]) -> None:
    """Conventions signed by every organisation so many days ago, by territory; none where there is one.

    Their mails left in their time; the worker draws their documents when it runs.
    """
    made = False
    for key, ago in days.items():
        with transaction.atomic():
            apply(SYSTEM)
            if Convention.objects.for_system().filter(territory_id=key).exists():
                continue
            territory = Territory.objects.for_system().select_related("region").get(pk=key)
        signatories = _show(leads[key], territory, days=ago)
        _answer(signatories, everybody=True)
        _dated(territory, ago)
        made = True
    if made:
        _tell(drawn_later=True)
        outbox.drain()
        _tell(drawn_later=False)


def _dated(territory: Territory, days: int) -> None:
    """The last signature came ``days`` ago, the others in the days before."""
    shown = days + SIGNING
    with _history(*TABLES):
        here = "territory_id = %s"
        _back("convention", shown + WRITTEN, ("created_at", "draft_saved_at"), here, territory.pk)
        _back("convention", shown, ("opened_at",), here, territory.pk)
        _back("convention", days, ("completed_at",), here, territory.pk)
        for table in ("conventionparty", "conventionsignatory"):
            _back(table, shown + WRITTEN, ("added_at",), here, territory.pk)
        _back("conventionsignatory", shown, ("invited_at", "expires_at"), here, territory.pk)
        _back("conventiontext", shown, ("at",), here, territory.pk)
        _back("conventionstep", shown, ("at",), here + " AND key = 'presentee'", territory.pk)
        _back("conventionstep", shown + WRITTEN, ("at",), here + " AND key <> 'presentee'", territory.pk)
        last = "id = (SELECT max(id) FROM labelling_conventionsignature WHERE territory_id = %s)"
        _back("conventionsignature", days, ("at",), last, territory.pk)
        for rest in range(3):
            others = f"{here} AND id %% 3 = {rest} AND NOT {last}"
            _back("conventionsignature", shown - 3 - 2 * rest, ("at",), others, territory.pk, territory.pk)


def _tell(*, drawn_later: bool) -> None:
    """Mails of the conventions are gone; their documents wait, or wait no more."""
    with transaction.atomic(), connection.cursor() as cursor:
        apply(SYSTEM)
        cursor.execute(
            "UPDATE kernel_outboxevent SET done_at = now() WHERE done_at IS NULL AND kind = %s",
            [events.NOTICE],
        )
        cursor.execute(
            "UPDATE kernel_outboxevent SET not_before = CASE WHEN %s THEN now() + interval '1 hour' END"
            " WHERE done_at IS NULL AND kind = %s",
            [drawn_later, events.COMPLETED],
        )


def _show(lead: Membership, territory: Territory, *, half_way: bool = False, days: int = 0) -> list[int]:
    """The convention with its parties, two signatories each for the one half-way, out for signature.

    Every organisation that holds a place of a network is a party: a dossier leaves with them all.
    """
    with transaction.atomic():
        actor = open_for_membership(lead.pk, lead.user_id)
        convention = opening.open_convention(by=actor, territory=territory)
        if days:
            starts_on = timezone.localdate() - datetime.timedelta(days)
            convention = drafting.save_facts(
                by=actor,
                convention=convention,
                title=convention.title,
                contact=convention.contact,
                starts_on=starts_on,
                ends_on=end_of_label(starts_on),
            )
        places = Site.objects.visible_to(actor).for_territory(territory).filter(reseau__isnull=False)
        held = set(places.values_list("organisation_id", flat=True))
        bodies = [one for one in parties.may_join(actor, convention) if one.pk in held][: parties.PARTIES_MAX]
        for party in parties.add_parties(by=actor, convention=convention, organisations=bodies):
            for capacity, function in list(FUNCTIONS.items())[: 2 if half_way else 1]:
                parties.add_signatory(
                    by=actor,
                    convention=convention,
                    party=party,
                    capacity=capacity,
                    function=function,
                    email=f"signataire.{party.pk}.{capacity}@demo.example",
                )
        return _present(actor, convention)


def _present(actor: Actor, convention: Convention) -> list[int]:
    planned = presenting.preview(actor, convention)
    if planned.missing or planned.warnings:
        return []
    presenting.present(by=actor, convention=convention, seen=planned.sha256)
    rows = ConventionSignatory.objects.visible_to(actor).filter(convention=convention)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _answer(keys: list[int], *, everybody: bool) -> None:
    """Everybody signs; or half of them do, one refuses, and the others are waited for."""
    for rank, key in enumerate(keys):
        with transaction.atomic():
            apply(SYSTEM)
            row = ConventionSignatory.objects.for_system().select_related("convention").get(pk=key)
            token, sha256 = inviting.derive(row), row.convention.sha256
            if everybody or rank % 2 == 0:
                signing.sign(
                    token=token, sha256=sha256, name=NAME, function=row.function, agreed=True, address=ADDRESS
                )
            elif rank == 1:
                signing.refuse(
                    token=token, sha256=sha256, name="", function=row.function, reason=REFUSAL,
                    address=ADDRESS,
                )  # fmt: skip
