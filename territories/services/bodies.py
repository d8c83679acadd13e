"""Organisations as applicants write them: told apart by their name, made with the first account (AMI §3)."""

import unicodedata

from django.db import connection, transaction
from django.db.utils import IntegrityError

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from territories.access import Actor
from territories.models import Invitation, Organisation, User

KNOWN = (
    "Cette organisation est déjà connue du portail. Demandez une invitation à la Région,"
    " ou à un collègue qui a déjà un compte."
)


def plain_name(name: str) -> str:
    """A name without case, accents, punctuation nor spaces in a row: what two spellings have in common."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = (c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    return " ".join("".join(letters).split())


def known_as(region_id: int, name: str) -> Organisation | None:
    """The organisation of the region that bears this name, however it is typed. Needs the region's scope."""
    wanted = plain_name(name)
    rows = Organisation.objects.for_region(region_id).order_by("pk")
    found = (pk for pk, known in rows.values_list("pk", "name") if plain_name(known) == wanted)
    first = next(found, None)
    return Organisation.objects.for_region(region_id).get(pk=first) if first is not None else None


def of_invitation(invitation: Invitation, user: User) -> int | None:
    """Key of the organisation the invitation is for; makes it when the invitation names a new one.

    One at a time per region: two links that name the same organisation make it once, and the second one is
    refused, since whoever opens it must be known to the first or to the Region.
    """
    if not invitation.organisation_name or invitation.organisation_id is not None:
        return invitation.organisation_id
    region_id = invitation.region_id or 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('organisation', %s))", [region_id])
    if known_as(region_id, invitation.organisation_name) is not None:
        raise Refused(KNOWN)
    made = Organisation(region_id=region_id, name=invitation.organisation_name)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise Refused(KNOWN) from None
    Invitation.objects.by_token(invitation.token_hash).filter(pk=invitation.pk).update(organisation=made)
    audit.record(
        "territories.organisation_made",
        by=Actor(user=user),
        object_type="organisation",
        object_id=made.pk,
    )
    return made.pk
