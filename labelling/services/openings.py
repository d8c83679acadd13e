"""The place of a funded project opens: it enters the directory, with its sign and its hours (AMI §2)."""

from typing import Any

from django.db import transaction
from django.db.utils import IntegrityError

from labelling.enums_ami import ApplicationState
from labelling.models import AmiApplication, AmiPlace
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.dossier import Place, place_of
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, require
from territories.models import Site
from territories.services.shared_places import NewPlace, open_shared_place

OPENED = "labelling.place_opened"


def missing(place: Place | None) -> list[str]:
    """What the directory needs and the file does not say."""
    if place is None:
        return ["le lieu"]
    if place.existing:
        return []
    wanted: dict[str, Any] = {
        "le nom du lieu": place.row.name,
        "l’adresse": place.row.address,
        "la commune": place.row.commune_id,
        "les horaires": place.week.slots,
    }
    return [words for words, value in wanted.items() if not value]


def open_place(*, by: Actor, application: AmiApplication, comment: str = "") -> AmiApplication:
    """Open the place, a Site « lieu mutualisé », old or new, and move the file; once.

    Raises ``Conflict`` at another step, ``Refused`` when the directory can't have the place.
    """
    require(by, Perm.FUND)
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            if locked.state != ApplicationState.CONVENTIONNEE:
                raise Conflict(f"Ce dossier est « {moves.state_words(by, locked).lower()} ».")
            place = place_of(by, locked)
            lacks = missing(place)
            if place is None or lacks:
                raise Refused(f"Il manque {', '.join(lacks)} : l’annuaire n’est pas complet.")
            site = open_shared_place(
                by=by,
                territory=locked.territory,
                organisation=locked.organisation,
                place=place.row.site or _new(place.row),
                # A place of the directory keeps its own hours, unless the file says others.
                slots=place.week.slots if place.row.slots else (),
            )
            AmiApplication.objects.visible_to(by).filter(pk=locked.pk).update(site=site)
            outbox.emit(
                OPENED, tenant_id=site.territory_id, payload={"site": site.pk, "region": site.region_id}
            )
            return moves.move(by=by, application=locked, key="ouvrir", comment=comment)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error


def _new(place: AmiPlace) -> NewPlace:
    if place.commune is None:
        raise Refused("Il manque la commune : le lieu ne peut pas entrer dans l’annuaire.")
    return NewPlace(
        name=place.name,
        address=place.address,
        complement=place.complement,
        postcode=place.postcode,
        commune=place.commune,
        phone=place.phone,
        email=place.email,
        website=place.website,
        accessibility=place.accessibility,
    )


def opened_site(by: Actor, application: AmiApplication) -> Site | None:
    """The place as the directory has it now."""
    if application.site_id is None:
        return None
    return Site.objects.visible_to(by).filter(pk=application.site_id).first()
