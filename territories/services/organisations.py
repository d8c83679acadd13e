"""Organisations of the region: named by those who keep the directory, told apart when they train."""

from django.db import IntegrityError, transaction

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require
from territories.models import Organisation
from territories.permissions import Perm
from territories.services.record.note import checked_text
from territories.services.search import fold

NAME_MAX, REASON_MAX = 160, 300


def add_organisation(*, by: Actor, name: str) -> Organisation:
    """The organisation of the region that bears this name, made when there is none.

    Called by services that have checked their own right; row security asks for a territory of the region.
    """
    try:
        cleaned = clean_text(name, max_length=NAME_MAX)
    except TextRefused as refusal:
        raise Refused(str(refusal), "organisation") from None
    if not cleaned:
        raise Refused("Écrivez le nom de l’organisation.", "organisation")
    rows = Organisation.objects.visible_to(by).filter(region_id=by.region_id)
    known = next((row for row in rows.order_by("pk") if fold(row.name) == fold(cleaned)), None)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            made = Organisation(region_id=by.region_id, name=cleaned)
            made.save(force_insert=True)
    except IntegrityError:
        raise Refused("Une organisation vient de prendre ce nom : recommencez.", "organisation") from None
    audit.record(
        "territories.organisation_named", by=by, object_type="organisation", object_id=made.pk,
        data={"region": by.region_id},
    )  # fmt: skip
    return made


def say_training_body(*, by: Actor, organisation: Organisation, training: bool, reason: str) -> None:
    """Say whether an organisation is an « organisme de formation », and why.

    Its places are then never suggested, and no partnership may begin with it (independence of any
    prescription, domain §§ 4, 6); those in force stay until the coordinator ends them.
    """
    require(by, Perm.SAY_TRAINING_BODY)
    if organisation.region_id not in by.scope.lead:
        raise Refused("Cette organisation n’est pas de votre région.")
    reason = checked_text(reason, field="motif", limit=REASON_MAX)
    if not reason:
        raise Refused("Écrivez pourquoi : le motif reste dans le journal.", "motif")
    with transaction.atomic():
        row = Organisation.objects.visible_to(by).select_for_update().get(pk=organisation.pk)
        if row.is_training_body == training:
            return
        row.is_training_body = training
        row.save(update_fields=["is_training_body"])
        audit.record(
            "territories.training_body_said", by=by, object_type="organisation", object_id=row.pk,
            data={"organisme_de_formation": training, "motif": reason},
        )  # fmt: skip
