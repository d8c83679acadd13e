"""Conventions of the demonstration: one signed by all, one half-way, through their services.

Signatories are called by their function; a second run adds nothing.
"""

from django.db import transaction

from labelling.enums_convention import Capacity
from labelling.models import Convention, ConventionSignatory
from labelling.services.convention import inviting, opening, parties, presenting, signing
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.access import Actor
from territories.enums import Regime, Role
from territories.models import Membership, Territory
from territories.scopes import open_for_membership

FEW, MANY = 4, 24
NAME = "Signataire de démonstration"
ADDRESS = "192.0.2.1"
REFUSAL = "L’article 5 nous engage au-delà de nos horaires d’été : nous demandons une précision."
FUNCTIONS = {Capacity.ELU: "Présidence", Capacity.ADMINISTRATIF: "Direction"}


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
    for territory, size in zip(chosen, (FEW, MANY), strict=False):
        if territory.pk in known:
            continue
        keys = _show(leads[territory.pk], territory, size)
        _answer(keys, everybody=size == FEW)
        made += 1
        while outbox.drain():
            pass
    return made


def _show(lead: Membership, territory: Territory, size: int) -> list[int]:
    """The convention with its parties, two signatories each for the longest one, out for signature."""
    with transaction.atomic():
        actor = open_for_membership(lead.pk, lead.user_id)
        convention = opening.open_convention(by=actor, territory=territory)
        bodies = parties.may_join(actor, convention)[:size]
        for party in parties.add_parties(by=actor, convention=convention, organisations=bodies):
            for capacity, function in list(FUNCTIONS.items())[: 1 if size == FEW else 2]:
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
