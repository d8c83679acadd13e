"""Addresses of the record of a place: one's own, those of others, those that are not."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from territories.enums import Role
from territories.services.record.links import link_for

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
BY_PLACE = (
    "lieu_fiche",
    "lieu_services",
    "lieu_confirmer",
    "lieu_verifier",
    "lieu_historique",
    "lieu_fermer",
    "lieu_rouvrir",
)


def arguments_record(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``: the référent's place, the territory's places, the region's."""

    def kept(place: "Place", who: "Identity") -> "Targets":
        w = place.world
        own, foreign = [w.cio], [w.mission, w.douai_site, w.niort_site]
        if who.role == Role.COORDINATEUR:
            own, foreign = [w.cio, w.mission], [w.douai_site, w.niort_site]
        if who.role in {Role.ANIMATION, Role.REGION}:
            own, foreign = [w.cio, w.douai_site], [w.niort_site]
        return targets(
            tuple({"pk": site.pk} for site in own),
            tuple({"pk": site.pk} for site in foreign),
            ({"pk": missing}, {"pk": 10**24}),
        )

    def link(place: "Place", who: "Identity") -> "Targets":
        """A link names one account and one place: forwarded, or of another place, it opens nothing."""
        w = place.world
        person = who.user.pk if who.user else 0
        other = w.users["conseiller_douai"].pk
        return targets(
            ({"lien": link_for(user_id=person, site_id=w.cio.pk)},),
            (
                {"lien": link_for(user_id=person, site_id=w.niort_site.pk)},
                {"lien": link_for(user_id=other, site_id=w.cio.pk)},
            ),
            ({"lien": link_for(user_id=person, site_id=missing)}, {"lien": "WzEsMl0:faux:signature"}),
        )

    return dict.fromkeys(BY_PLACE, kept) | {"lieu_a_confirmer": link}
