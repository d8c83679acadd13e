"""Addresses of the accounts, co-writers and partners of the calls: own, of another organisation, of another
region."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from labelling.models import AmiApplication, AmiContribution, AmiCowriter, AmiRegistration
from labelling.services import partner_links
from territories.enums import Role
from territories.models import Invitation, Membership, Organisation
from tests.factories import system
from tests.labelling.ami_world import make_porteur
from tests.permissions.ami_places_application import files, readable
from tests.permissions.ami_places_calls import rows as call_rows

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
_made: dict[int, "Rows"] = {}
MONTH = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Rows:
    """A partner and a co-writer on each file, by its key; accounts of both regions."""

    partners: dict[int, AmiContribution]
    cowriters: dict[int, AmiCowriter]
    invitations: tuple[Invitation, Invitation, Invitation]
    mandates: tuple[Membership, Membership]
    requests: tuple[AmiRegistration, AmiRegistration]
    token: str


def rows(place: "Place") -> Rows:
    """Made once for a place."""
    w = place.world
    if w.region.pk in _made:
        return _made[w.region.pk]
    f = files(place)
    here, there = make_porteur(w.region), make_porteur(w.other_region)
    with system():
        every = (f.draft, f.other)
        partners = {one.pk: _partner(one) for one in every}
        sent = AmiContribution.objects.for_system().filter(application__in=[f.sent, f.abroad])
        partners |= {row.application_id: row for row in sent}
        asked = partners[f.draft.pk]
        token = partner_links.derive(asked.pk, 1)
        AmiContribution.objects.for_system().filter(pk=asked.pk).update(
            state="invitee", nonce=1, token_hash=partner_links.digest_of(token),
            invited_at=timezone.now(), expires_at=timezone.now() + MONTH,
            shown={"projet": "Un projet", "porteur": "Un porteur"},
        )  # fmt: skip
        cowriters = {one.pk: _cowriter(one) for one in (*every, f.sent, f.abroad)}
        own = w.cio.organisation
        invitations = (_invitation(own), _invitation(here.organisation), _invitation(there.organisation))
        requests = (
            _request(f.call.pk, here.organisation),
            _request(f.abroad.call_id, there.organisation),
        )
    mandates = (here.membership, there.membership)
    _made[w.region.pk] = Rows(partners, cowriters, invitations, mandates, requests, token)
    return _made[w.region.pk]


def _partner(application: AmiApplication) -> AmiContribution:
    return AmiContribution.objects.create(
        application=application, region_id=application.region_id, partner_name="Un partenaire",
        email="partenaire@exemple.example", text="Une permanence.",
    )  # fmt: skip


def _cowriter(application: AmiApplication) -> AmiCowriter:
    return AmiCowriter.objects.create(
        application=application, region_id=application.region_id, email="x@exemple.example",
        label="x@exemple.example", right="lire", until=timezone.now() + MONTH, named_by_id=1, membership_id=1,
    )  # fmt: skip


def _invitation(organisation: Organisation) -> Invitation:
    return Invitation.objects.create(
        email="collegue@exemple.example", display_name="Collègue", role=Role.PORTEUR,
        region_id=organisation.region_id, organisation=organisation, scope_label=organisation.name,
        token_hash=uuid.uuid4().hex * 2, expires_at=timezone.now() + MONTH,
    )  # fmt: skip


def _request(call_id: int, organisation: Organisation) -> AmiRegistration:
    return AmiRegistration.objects.create(
        region_id=organisation.region_id, call_id=call_id, organisation=organisation,
        organisation_name=organisation.name, email="demande@exemple.example", display_name="Direction",
    )  # fmt: skip


def arguments_accounts(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""
    nobody = uuid.UUID(int=7)

    def reading(place: "Place", who: "Identity") -> "Targets":
        rows(place)
        own, foreign = readable(place, who)
        return targets(_pks(*own), _pks(*foreign), ({"pk": missing},))

    def mine(place: "Place", who: "Identity") -> "Targets":
        rows(place)
        f = files(place)
        return targets(_pks(f.draft, f.sent), _pks(f.other, f.abroad), ({"pk": missing},))

    def partner(place: "Place", who: "Identity") -> "Targets":
        f, found = files(place), rows(place).partners
        strangers = [f.other, f.abroad]
        if who.role != Role.PORTEUR:
            return targets(
                (), _partners(found, f.draft, *strangers), ({"pk": missing, "partenaire": missing},)
            )
        # Somebody else's partner under one's own file is as missing as none.
        mixed = {"pk": f.draft.pk, "partenaire": found[f.other.pk].pk}
        return targets(
            _partners(found, f.draft),
            (*_partners(found, *strangers), mixed),
            ({"pk": f.draft.pk, "partenaire": missing},),
        )

    def cowriter(place: "Place", who: "Identity") -> "Targets":
        f, found = files(place), rows(place).cowriters
        own = ({"pk": f.draft.pk, "ligne": found[f.draft.pk].pk},)
        foreign = tuple({"pk": one.pk, "ligne": found[one.pk].pk} for one in (f.other, f.abroad))
        mixed = {"pk": f.draft.pk, "ligne": found[f.other.pk].pk}
        return targets(own, (*foreign, mixed), ({"pk": f.draft.pk, "ligne": missing},))

    def invitation(place: "Place", who: "Identity") -> "Targets":
        own, colleague, abroad = rows(place).invitations
        staff = place.invitations["cio"]
        if who.role == Role.REGION:
            return targets(_pks(own, colleague), _pks(abroad, staff), ({"pk": missing},))
        return targets(_pks(own), _pks(colleague, abroad, staff), ({"pk": missing},))

    def mandate(place: "Place", who: "Identity") -> "Targets":
        here, abroad = rows(place).mandates
        staff = place.world.memberships["conseiller"]
        return targets(_pks(here), _pks(abroad, staff), ({"pk": missing},))

    def request(place: "Place", who: "Identity") -> "Targets":
        here, abroad = rows(place).requests
        return targets(({"cle": here.pk},), ({"cle": abroad.pk},), ({"cle": nobody},))

    def door(place: "Place", who: "Identity") -> "Targets":
        r, w = call_rows(place), place.world
        lost = ((w.region.slug, r.draft.slug), (w.other_region.slug, r.out.slug), ("ailleurs", r.out.slug))
        return targets(
            ({"region": w.region.slug, "slug": r.out.slug},),
            (),
            tuple({"region": region, "slug": slug} for region, slug in lost),
        )

    return {
        "ami_partenaires": reading,
        "ami_coredacteurs": mine,
        "ami_coredacteur_retirer": cowriter,
        **dict.fromkeys(("ami_partenaire", "ami_partenaire_inviter", "ami_partenaire_retirer"), partner),
        **dict.fromkeys(("ami_invitation_retirer", "ami_invitation_renvoyer"), invitation),
        "ami_mandat_fin": mandate,
        **dict.fromkeys(("ami_demande_accepter", "ami_demande_refuser"), request),
        "ami_candidater": door,
        "ami_contribution": lambda p, w: targets(({"token": rows(p).token},), (), ({"token": "inconnu"},)),
    }


def _pks(*found: AmiApplication | Invitation | Membership) -> tuple[dict[str, object], ...]:
    return tuple({"pk": one.pk} for one in found)


def _partners(
    found: dict[int, AmiContribution], *applications: AmiApplication
) -> tuple[dict[str, object], ...]:
    return tuple({"pk": one.pk, "partenaire": found[one.pk].pk} for one in applications)
