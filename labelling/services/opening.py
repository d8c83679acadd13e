"""A porteur opens the file of its organisation for one bassin of a call (AMI §3 and §4)."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.utils import IntegrityError

from labelling.enums_ami import ApplicationState, CallState
from labelling.models import AmiApplication, AmiCall, AmiCallCommission
from labelling.permissions import Perm
from labelling.services import clock, moves
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import of
from territories.access import Actor, require
from territories.models import Organisation, Territory

OPENED = "creer"
TITLE_MAX = 160


@dataclass(frozen=True)
class Bassin:
    """A bassin of the call, with the file the organisation already has there."""

    territory: Territory
    application: AmiApplication | None = None


def is_open(call: AmiCall) -> bool:
    """Files may be opened and submitted now, by the clock of the database."""
    if call.state != CallState.OUVERT or call.opens_at is None or call.closes_at is None:
        return False
    now = clock.now()
    return call.opens_at <= now and now.replace(microsecond=0) <= call.closes_at.replace(microsecond=0)


def bassins_of(by: Actor, call: AmiCall) -> QuerySet[Territory]:
    """Bassins of the commissions the call concerns."""
    commissions = AmiCallCommission.objects.visible_to(by).filter(call=call).values("commission_id")
    rows = Territory.objects.visible_to(by).filter(region_id=call.region_id, commission_id__in=commissions)
    return rows.select_related("commission").order_by("order", "name")


def own_bassins(*, by: Actor, call: AmiCall) -> list[Bassin]:
    """Every bassin of the call, each with the file of the actor's organisation, if it has one."""
    mine = AmiApplication.objects.of_body(by).filter(call=call).exclude(state=ApplicationState.RETIREE)
    files = {one.territory_id: one for one in mine.filter(organisation_id=by.organisation_id)}
    return [Bassin(territory, files.get(territory.pk)) for territory in bassins_of(by, call)]


def open_application(*, by: Actor, call: AmiCall, territory: Territory, title: str = "") -> AmiApplication:
    """Open a draft for the actor's organisation; a second click finds the one already open.

    Raises ``Refused`` when the call is not open, or the bassin is none of its commissions.
    """
    require(by, Perm.SUBMIT_APPLICATION)
    if by.organisation_id is None or by.organisation_id not in by.scope.body:
        raise Refused("Votre compte n’est rattaché à aucune organisation porteuse.")
    try:
        # What is too long is cut: the name of the project is written again, and at leisure, in the file.
        name = clean_text(title[: 4 * TITLE_MAX])[:TITLE_MAX]
    except TextRefused as error:
        raise Refused(str(error), "nom") from None
    organisation = Organisation.objects.visible_to(by).get(pk=by.organisation_id)
    if not is_open(call):
        raise Refused("Cet appel n’est pas ouvert : aucun dossier ne peut y être commencé.")
    bassin = bassins_of(by, call).filter(pk=territory.pk).first()
    if bassin is None or bassin.commission_id is None:
        raise Refused("Ce bassin n’est pas concerné par l’appel.", "bassin")
    own = AmiApplication.objects.of_body(by).exclude(state=ApplicationState.RETIREE)
    same = own.filter(call=call, territory=bassin, organisation=organisation)
    found = same.first()
    if found is not None:
        return found
    made = AmiApplication(
        region_id=call.region_id,
        call=call,
        territory=bassin,
        commission_id=bassin.commission_id,
        organisation=organisation,
        title=name or f"Lieu mutualisé {of(bassin.name)}",
        created_by_label=by.label,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            moves.leave_step(by=by, application=made, key=OPENED, told=True, before="")
    except IntegrityError as error:
        # Two clicks in the same second: the other one made it.
        found = same.first()
        if found is None:
            raise moves.rule_broken(error) from error
        return found
    made.refresh_from_db()
    return made
