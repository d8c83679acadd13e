"""Addresses of the decision: a file decided, one that waits, a scenario, a letter; and those of abroad."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from labelling.models import AmiApplication, AmiCall, AmiLetter, AmiScenario
from labelling.services import clock
from labelling.services.letters import Drawn, keep_letter
from labelling.services.scenarios import create_scenario
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories.access import SYSTEM_ACTOR
from territories.enums import Role
from territories.models import Region, Territory
from tests.factories import system
from tests.labelling.ami_decisions import advised, decided
from tests.labelling.ami_instruction import make_officer
from tests.labelling.ami_world import Porteur, acting, make_call, make_porteur

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
_made: dict[int, tuple["Side", "Side"]] = {}


@dataclass(frozen=True)
class Side:
    """What one region has: ``open`` waits for its decision, ``decided`` for its publication."""

    call: AmiCall
    open: AmiApplication
    decided: AmiApplication
    scenario: AmiScenario
    letter: AmiLetter


def sides(place: "Place") -> tuple[Side, Side]:
    """Made once for a place: home, then abroad. The porteur of the sweep wrote the file of the letter."""
    w = place.world
    if w.region.pk not in _made:
        who = place.identities["porteur"]
        assert who.user is not None
        assert who.membership is not None
        own = Porteur(w.cio.organisation, who.user, who.membership)
        _made[w.region.pk] = (
            _side(w.region, w.lille, own),
            _side(w.other_region, w.niort, make_porteur(w.other_region)),
        )
    return _made[w.region.pk]


def _side(region: Region, territory: Territory, porteur: Porteur) -> Side:
    # The helpers leave a scope behind: it stays in this block.
    with transaction.atomic(), scoped(NOBODY):
        call, officer = make_call(region), make_officer(region)
        waits, done = advised(call, territory, porteur=porteur), advised(call, territory)
        decided(done, officer)
        with acting(*officer) as by:
            scenario = create_scenario(by=by, call=call, name="Scénario", lines={waits.pk: 100})
        with system():
            letter = keep_letter(
                by=SYSTEM_ACTOR, application=waits, kind="recevable", drawn=Drawn(b"%PDF-1.7\n", 1),
                at=clock.of_transaction(),
            )  # fmt: skip
    return Side(call, waits, done, scenario, letter)


def arguments_decision(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""

    def files(*names: str) -> Maker:
        def maker(place: "Place", who: "Identity") -> "Targets":
            home, abroad = sides(place)
            rows = [({"pk": getattr(home, name).pk}, {"pk": getattr(abroad, name).pk}) for name in names]
            if who.role != Role.REGION:
                return targets((), tuple(pair for row in rows for pair in row), ({"pk": missing},))
            return targets(
                tuple(own for own, _ in rows), tuple(other for _, other in rows), ({"pk": missing},)
            )

        return maker

    def letter(place: "Place", who: "Identity") -> "Targets":
        home, abroad = sides(place)
        # Which commission has the bassin depends on the addresses walked before: its members read the letter.
        sits = who.membership is not None and who.membership.commission_id == home.open.commission_id
        reads = who.role in {Role.REGION, Role.PORTEUR} or sits
        own, foreign = {"pk": home.letter.pk}, {"pk": abroad.letter.pk}
        return targets((own,) if reads else (), (foreign,) if reads else (own, foreign), ({"pk": missing},))

    def scenario(*acts: str) -> Maker:
        def maker(place: "Place", who: "Identity") -> "Targets":
            home, abroad = sides(place)
            more: list[dict[str, object]] = [{"acte": act} for act in acts] or [{}]
            own = {"pk": home.call.pk, "scenario": home.scenario.pk}
            crossed = (
                {"pk": abroad.call.pk, "scenario": abroad.scenario.pk},
                {"pk": home.call.pk, "scenario": abroad.scenario.pk},
            )
            lost = {"pk": home.call.pk, "scenario": missing}
            return targets(
                tuple(own | one for one in more),
                tuple(row | one for row in crossed for one in more),
                tuple(lost | one for one in more),
            )

        return maker

    def call(place: "Place", who: "Identity") -> "Targets":
        home, abroad = sides(place)
        return targets(({"pk": home.call.pk},), ({"pk": abroad.call.pk},), ({"pk": missing},))

    def results(place: "Place", who: "Identity") -> "Targets":
        home, abroad = sides(place)
        here, there = place.world.region.slug, place.world.other_region.slug
        return targets(
            ({"region": here, "slug": home.call.slug}, {"region": there, "slug": abroad.call.slug}),
            (),
            ({"region": there, "slug": home.call.slug}, {"region": here, "slug": "inconnu"}),
        )

    return {
        "ami_decision": files("open", "decided"),
        **dict.fromkeys(
            ("ami_decision_limites", "ami_decision_proposer", "ami_decision_accord"), files("open")
        ),
        **dict.fromkeys(("ami_decision_retirer", "ami_decision_lettre"), files("decided")),
        "ami_lettre": letter,
        "ami_scenario": scenario(),
        "ami_scenario_acte": scenario("copier", "renommer", "adopter", "supprimer"),
        **dict.fromkeys(
            ("ami_simulateur", "ami_simulateur_proposer", "ami_publication", "ami_couverture"), call
        ),
        "ami_resultats": results,
    }
