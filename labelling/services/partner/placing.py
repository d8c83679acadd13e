"""A new partner that may not be in the directory yet: the place is opened, then the partnership begins."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from labelling.models import AssociatedPartner
from labelling.permissions import Perm
from labelling.services.partner.keeping import TRAINING, Paper, Terms, add_partner
from spo_portal.kernel.errors import Refused
from territories.access import Actor, require
from territories.enums import SiteKind
from territories.models import Commune, Site
from territories.services.organisations import add_organisation
from territories.services.record.edit import Record
from territories.services.record.lifecycle import open_place

# Fields of a record, and the fields of this form that hold them.
_FIELDS = {"organisation": "organisme", "direction": "sens", "reseau": "nom"}


def add(*, by: Actor, said: Mapping[str, Any], terms: Terms, paper: Paper | None) -> AssociatedPartner:
    """Begin a partnership with ``said["lieu"]``, or with the place described there; all or nothing."""
    require(by, Perm.KEEP_PARTNERS)
    with transaction.atomic():
        site = said.get("lieu") or _opened(by, said, terms)
        return add_partner(by=by, site=site, terms=terms, since=said["depuis"], paper=paper)


def _opened(by: Actor, said: Mapping[str, Any], terms: Terms) -> Site:
    commune: Commune = said["commune"]
    organisation = add_organisation(by=by, name=said["organisme"])
    if organisation.is_training_body:
        raise Refused(TRAINING, "organisme")
    record = Record(
        name=said["nom"],
        organisation=organisation,
        kind=SiteKind.SIEGE,
        address=said["adresse"],
        postcode=said["code_postal"],
        commune=commune,
        phone=said["telephone"],
        publics=terms.publics,
    )
    try:
        return open_place(
            by=by, territory=commune.territory, record=record, reseau=None, direction=terms.direction
        )
    except Refused as refused:
        raise Refused(str(refused), _FIELDS.get(refused.field or "", refused.field)) from None
