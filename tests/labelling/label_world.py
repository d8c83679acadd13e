"""Label dossiers to test with: places with record, hours and grid, dossiers written or submitted.

Rows that a screen would write one by one are written straight (system scope); a dossier is opened and
submitted through the services, by the coordinator of its territory.
"""

import datetime
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from labelling.enums_label import DossierKind, LabelSectionKey
from labelling.models import (
    Convention,
    ConventionParty,
    ConventionSignatory,
    ConventionSignature,
    LabelDossier,
    LabelSection,
)
from labelling.services.label.opening import open_dossier
from labelling.services.label.places import propose_all
from labelling.services.label.submission import submit
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories.access import Actor
from territories.enums import Role, ServiceLevel, ServiceMode
from territories.models import (
    Membership,
    Organisation,
    Region,
    Reseau,
    ServiceItem,
    Site,
    SiteService,
    Territory,
    User,
)
from territories.scopes import open_for
from tests.factories import make_membership, make_site, make_user, open_week, system
from tests.kernel.tenancy_convention_rows import show

_numbers = itertools.count(1)
# Two items by level: enough for a grid, small enough for sixty places.
ITEMS = tuple((level, f"{level}_{n}".upper()) for level in ServiceLevel for n in (1, 2))


@contextmanager
def acting(user: User, membership: Membership) -> Iterator[Actor]:
    """As an account in one of its roles, inside a transaction; the scope found comes back after."""
    with transaction.atomic(), scoped(NOBODY):
        yield open_for(user, membership.pk)


@contextmanager
def coordinator(territory: Territory) -> Iterator[Actor]:
    """As the coordinator of a territory (made when it has none)."""
    with system():
        rows = Membership.objects.for_system().filter(role=Role.COORDINATEUR, territory=territory)
        found = rows.select_related("user").order_by("pk").first()
        if found is None:
            found = make_membership(
                make_user(f"Coordinateur {territory.name}"), Role.COORDINATEUR, territory=territory
            )
    with acting(found.user, found) as actor:
        yield actor


def make_grid(region: Region) -> list[ServiceItem]:
    """The grid of services of a region; the one already there comes back."""
    with system():
        found = list(ServiceItem.objects.for_system().filter(region=region).order_by("order"))
        return found or [
            ServiceItem.objects.create(
                region=region,
                level=level,
                block=f"{level}"[:16].upper(),
                block_name=str(level.label),
                code=code[:24],
                name=f"Service {code.replace('_', ' ').lower()}",
                order=rank,
            )
            for rank, (level, code) in enumerate(ITEMS, 1)
        ]


def complete_place(site: Site, *, walk_in: bool = True, hours: bool = True) -> Site:
    """Everything the label asks of a place: grid, wheelchair access, hours (none kept from before)."""
    items = make_grid(site.region)
    with system():
        Site.objects.for_system().filter(pk=site.pk).update(wheelchair="oui")
        SiteService.objects.bulk_create(
            (
                SiteService(
                    region_id=site.region_id,
                    site=site,
                    item=item,
                    mode=ServiceMode.SUR_PLACE,
                    who="Conseillers",
                )
                for item in items
            ),
            ignore_conflicts=True,
        )
        if hours and not site.slots.exists():
            open_week(site, walk_in=walk_in)
        site.refresh_from_db()
    return site


def make_places(
    territory: Territory, n: int, *, reseau: Reseau | None = None, walk_in: bool = True, eligible: bool = True
) -> list[Site]:
    """``n`` places of the territory's directory, spread over the networks of the region unless one is named.

    ``eligible`` false leaves grid, wheelchair and hours empty.
    """
    with system():
        networks = (
            [reseau]
            if reseau
            else list(Reseau.objects.filter(region_id=territory.region_id).order_by("order"))
        )
        made = []
        for rank in range(n):
            number = next(_numbers)
            made.append(
                make_site(territory, f"Lieu {number} de {territory.name}", networks[rank % len(networks)])
            )
    return [complete_place(site, walk_in=walk_in) for site in made] if eligible else made


def make_dossier(territory: Territory, kind: str = DossierKind.INITIALE, **more: object) -> LabelDossier:
    """A draft opened by the coordinator of the territory; ``more``: parent, purpose."""
    with coordinator(territory) as by:
        return open_dossier(by=by, territory=territory, kind=kind, **more)  # type: ignore[arg-type]


def fill_texts(dossier: LabelDossier) -> None:
    """The six texts, written."""
    with system():
        LabelSection.objects.bulk_create(
            (
                LabelSection(
                    dossier=dossier,
                    key=key,
                    text=f"{key.label} : ce que fait le territoire.",
                    saved_by_label="Test",
                )
                for key in LabelSectionKey
            ),
            ignore_conflicts=True,
        )


def signed_convention(territory: Territory) -> Convention:
    """The convention in force, signed by every organisation that has a place open there, written straight.

    One that bears them all comes back; otherwise an avenant adds those come since.
    """
    with system():
        places = Site.objects.for_system().filter(territory=territory, active=True)
        wanted = {
            one.organisation_id: one.organisation
            for one in places.select_related("organisation").order_by("pk")
            if not one.organisation.is_training_body
        }
        found = Convention.objects.for_system().filter(territory=territory, state="signee").first()
        if found is not None:
            parties = found.parties.filter(removed_at=None)
            if set(wanted) <= set(parties.values_list("organisation_id", flat=True)):
                return found
        return sign_with(territory, list(wanted.values()), amended=found)


def sign_with(
    territory: Territory, organisations: list[Organisation], *, amended: Convention | None = None
) -> Convention:
    """A convention, or an avenant to one, signed by these organisations (system scope)."""
    where = {"territory_id": territory.pk}
    region = {"region_id": territory.region_id}
    today = timezone.localdate()
    made = Convention.objects.create(
        **where,
        **region,
        kind="avenant" if amended else "convention",
        number=amended.number if amended else next(_numbers),
        rank=amended.rank + 1 if amended else 0,
        parent=amended,
        title="Convention multipartite",
        created_by_label="Coordination",
        starts_on=today,
        ends_on=today + datetime.timedelta(5 * 365),
    )
    signatories = []
    for order, body in enumerate(organisations, 1):
        party = ConventionParty.objects.create(
            convention=made, **where, **region, organisation=body, name=body.name, order=order
        )
        signatories.append(
            ConventionSignatory.objects.create(
                convention=made,
                party=party,
                **where,
                **region,
                capacity="elu",
                function="Présidence",
                email="presidence@exemple.example",
                nonce=1,
                token_hash=hashlib.sha256(f"label-{made.pk}-{order}".encode()).hexdigest(),
                invited_at=timezone.now(),
                expires_at=timezone.now() + datetime.timedelta(30),
            )
        )
    show(made, f"Article 1. Les organisations accueillent tout public, convention {made.pk}.")
    for signatory in signatories:
        # The last signature signs the convention (trigger).
        ConventionSignature.objects.create(
            convention=made,
            signatory=signatory,
            **where,
            answer="signe",
            sha256=made.sha256,
            nonce=1,
            name="Signataire d’essai",
            function="Présidence",
            address_hash="0" * 64,
        )
    made.refresh_from_db()
    return made


def ready_dossier(territory: Territory, *, places: int = 2, **more: object) -> LabelDossier:
    """A draft that lacks nothing: texts, places complete and proposed, convention signed.

    Places of the territory that are already there are completed too, and proposed.
    """
    dossier = make_dossier(territory, **more)  # type: ignore[arg-type]
    with system():
        already = list(
            Site.objects.for_system().filter(territory=territory, active=True).select_related("region")
        )
    for site in already:
        if site.reseau_id is not None:
            complete_place(site)
    make_places(territory, max(0, places - len(already)))
    fill_texts(dossier)
    signed_convention(territory)
    with coordinator(territory) as by:
        propose_all(by=by, dossier=dossier, partners=True)
    return dossier


def submitted(territory: Territory, **more: object) -> LabelDossier:
    """A dossier complete and submitted by the coordinator, through the services."""
    return send(ready_dossier(territory, **more))  # type: ignore[arg-type]


def send(dossier: LabelDossier) -> LabelDossier:
    """Submit a dossier that is ready."""
    with system():
        territory = Territory.objects.for_system().get(pk=dossier.territory_id)
    with coordinator(territory) as by:
        return submit(by=by, dossier=dossier)
