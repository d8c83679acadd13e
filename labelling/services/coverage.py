"""How far each bassin of a call is, for those who decide (AMI §2: one place at least in each bassin).

The Region reads it live, decisions not yet published included (« Retenu, à publier »). The commissions and
the animation read ``AmiCoverage``, which a trigger keeps and which knows nothing before the publication.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from labelling.enums_ami import ApplicationState, CallState, CoverLevel, Outcome
from labelling.models import AmiCall, AmiCallCommission, AmiCoverage, AmiDecision
from labelling.permissions import Perm
from labelling.querysets_ami import is_region
from spo_portal.kernel.maps import Drawn, Ground, Status, states_map
from spo_portal.kernel.typography import counted, join
from territories.access import Actor, require
from territories.models import Territory
from territories.services.contours import ground_of


class Cover(StrEnum):
    """What is shown of one bassin, from nothing to an open place."""

    AUCUN = "aucun"
    BROUILLON = "brouillon"
    DEPOSE = "depose"
    A_PUBLIER = "a_publier"
    RETENU = "retenu"
    OUVERT = "ouvert"


STATUSES: Mapping[Cover, Status] = {
    Cover.AUCUN: Status("Aucun projet", "none"),
    Cover.BROUILLON: Status("Projet en préparation", "q0"),
    Cover.DEPOSE: Status("Dossier déposé", "q1"),
    Cover.A_PUBLIER: Status("Projet retenu, à publier", "q2", hatched=True),
    Cover.RETENU: Status("Projet retenu", "q2"),
    Cover.OUVERT: Status("Lieu ouvert", "q3"),
}
BADGES: Mapping[Cover, str] = {
    Cover.AUCUN: "error",
    Cover.BROUILLON: "warn",
    Cover.DEPOSE: "info",
    Cover.A_PUBLIER: "ok",
    Cover.RETENU: "ok",
    Cover.OUVERT: "ok",
}
_LEVELS: Mapping[int, Cover] = {
    CoverLevel.AUCUN: Cover.AUCUN,
    CoverLevel.BROUILLON: Cover.BROUILLON,
    CoverLevel.DEPOSE: Cover.DEPOSE,
    CoverLevel.RETENU: Cover.RETENU,
    CoverLevel.OUVERT: Cover.OUVERT,
}
COVERED = frozenset({Cover.A_PUBLIER, Cover.RETENU, Cover.OUVERT})


@dataclass(frozen=True)
class Bassin:
    """One bassin: how far it is, how many files were submitted, whether a choice on screen would cover it."""

    territory: Territory
    cover: Cover
    files: int = 0
    chosen: bool = False

    @property
    def name(self) -> str:
        return self.territory.name

    @property
    def words(self) -> str:
        return STATUSES[self.cover].words

    @property
    def badge(self) -> str:
        return BADGES[self.cover]

    @property
    def covered(self) -> bool:
        return self.cover in COVERED


@dataclass(frozen=True)
class Coverage:
    """Every bassin of a call, in the order of the region."""

    call: AmiCall
    bassins: tuple[Bassin, ...]

    @property
    def total(self) -> int:
        return len(self.bassins)

    @property
    def covered(self) -> int:
        """Bassins with a project selected, whether published or open."""
        return sum(one.covered for one in self.bassins)

    @property
    def reached(self) -> int:
        """The same once what is chosen on the screen is added."""
        return sum(one.covered or one.chosen for one in self.bassins)

    @property
    def missing(self) -> tuple[Bassin, ...]:
        """Bassins that would stay without a place."""
        return tuple(one for one in self.bassins if not (one.covered or one.chosen))

    def choosing(self, chosen: Collection[int]) -> "Coverage":
        """The same with these bassins (ids of territories) chosen on the screen."""
        return replace(self, bassins=tuple(replace(b, chosen=b.territory.pk in chosen) for b in self.bassins))

    @property
    def counts(self) -> list[tuple[Status, int]]:
        return [
            (status, sum(one.cover == cover for one in self.bassins)) for cover, status in STATUSES.items()
        ]

    @property
    def missing_words(self) -> str:
        """« Melle, Loudun et Confolens », or nothing."""
        return join(one.name for one in self.missing)


def coverage_of(by: Actor, call: AmiCall, *, chosen: Collection[int] = ()) -> Coverage:
    """Read the coverage in three queries at most. ``chosen``: ids of territories a choice would cover."""
    commissions = AmiCallCommission.objects.visible_to(by).filter(call=call).values("commission_id")
    territories = Territory.objects.visible_to(by).filter(
        region_id=call.region_id, commission__in=commissions
    )
    rows = {row.territory_id: row for row in AmiCoverage.objects.visible_to(by).filter(call=call)}
    pending = _pending(by, call)
    found = []
    for territory in territories.select_related("commission").order_by("order", "name"):
        row = rows.get(territory.pk)
        cover = _LEVELS[row.level] if row else Cover.AUCUN
        if territory.pk in pending and cover not in COVERED:
            cover = Cover.A_PUBLIER
        found.append(Bassin(territory, cover, row.applications if row else 0, territory.pk in chosen))
    return Coverage(call, tuple(found))


def _pending(by: Actor, call: AmiCall) -> set[int]:
    """Bassins with a project decided « retenue », not published: the Region alone knows."""
    if not is_region(by):
        return set()
    rows = AmiDecision.objects.visible_to(by).filter(
        call=call,
        superseded_at=None,
        published_at=None,
        outcome=Outcome.RETENUE,
        application__state=ApplicationState.DECIDEE,
    )
    return set(rows.values_list("application__territory_id", flat=True))


def effect_words(coverage: Coverage, territory_id: int, *, decided: str = "") -> str:
    """What selecting a project of this bassin does, in one sentence. ``decided``: it is, this way."""
    here = next((one for one in coverage.bassins if one.territory.pk == territory_id), None)
    if here is None:
        return "Ce bassin n’est pas concerné par l’appel."
    if decided == Outcome.RETENUE:
        return f"La décision retient un lieu à {here.name}."
    if decided:
        return f"La décision n’ouvre pas de lieu à {here.name}."
    if here.covered:
        return f"{here.name} a déjà un projet retenu : ce choix en ajouterait un autre."
    empty = coverage.total - coverage.covered
    if empty == 1:
        return "Ce choix ouvre un lieu dans le dernier bassin qui n’en a pas."
    rest = counted(empty - 1, "bassin")
    return f"Ce choix ouvre un lieu à {here.name}. Il restera {rest} sans lieu."


def draw_coverage(
    by: Actor,
    coverage: Coverage,
    *,
    ident: str = "couverture",
    names: bool = True,
    marked: Iterable[int] = (),
) -> Drawn:
    """The map of the bassins, each in its state; those chosen on the screen are outlined."""
    territories = [one.territory for one in coverage.bassins]
    ground: Ground = ground_of(by=by, region=coverage.call.region, territories=territories)
    states = {one.territory.pk: STATUSES[one.cover] for one in coverage.bassins}
    outlined = list(marked) or [one.territory.pk for one in coverage.bassins if one.chosen]
    title = f"{counted(coverage.total, 'bassin')} : {coverage.reached} avec un projet retenu"
    used = {one.cover for one in coverage.bassins}
    key = [status for cover, status in STATUSES.items() if cover in used]
    return states_map(
        ground, states, ident=ident, title=title, key=key, marked=outlined, names=names and ground.width > 0
    )


def coverage_context(
    by: Actor,
    call: AmiCall,
    *,
    chosen: Collection[int] = (),
    ident: str = "couverture",
    names: bool = True,
) -> dict[str, object]:
    """What ``labelling/partials/_couverture.html`` needs: ``couverture`` and ``couverture_carte``.

    Offered to every screen that decides. ``chosen``: ids of the territories the screen's choice would cover.
    """
    require(by, Perm.READ_COVERAGE)
    coverage = coverage_of(by, call, chosen=chosen)
    return {"couverture": coverage, "couverture_carte": draw_coverage(by, coverage, ident=ident, names=names)}


def current_call(by: Actor, region_id: int | None) -> AmiCall | None:
    """The call whose coverage a region follows: the latest one that is out and not cancelled."""
    rows = AmiCall.objects.visible_to(by).select_related("region").filter(region_id=region_id)
    return (
        rows.exclude(state__in=[CallState.BROUILLON, CallState.ANNULE]).order_by("-opens_at", "-pk").first()
    )
