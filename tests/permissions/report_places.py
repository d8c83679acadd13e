"""Addresses of the annual report and of the synthesis: what is own, foreign and missing to each identity."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from territories.enums import Role
from tests.dashboards.report_rows import YEAR, Rows

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Given = tuple[dict[str, object], ...]
REGIONAL = {Role.ANIMATION, Role.REGION}


def report_arguments(
    targets: "type[Targets]", missing: int
) -> dict[str, Callable[["Place", "Identity"], "Targets"]]:
    """Entries for ``ARGUMENTS`` (given ``Targets``, which this module can't import back)."""

    def annual(**more: object) -> Callable[["Place", "Identity"], "Targets"]:
        def make(place: "Place", who: "Identity") -> "Targets":
            w = place.world
            foreign = [w.niort] if who.role in REGIONAL else [w.douai, w.niort]
            return targets(
                ({"pk": w.lille.pk, "year": YEAR, **more},),
                tuple({"pk": t.pk, "year": YEAR, **more} for t in foreign),
                ({"pk": missing, "year": YEAR, **more},),
            )

        return make

    def row(name: str, **more: object) -> Callable[["Place", "Identity"], "Targets"]:
        def make(place: "Place", who: "Identity") -> "Targets":
            def pk(rows: Rows) -> dict[str, object]:
                return {"pk": getattr(rows, name).pk, **more}

            return targets(
                (pk(place.reports["lille"]),), (pk(place.reports["niort"]),), ({"pk": missing, **more},)
            )

        return make

    def yearly(**more: object) -> Callable[["Place", "Identity"], "Targets"]:
        return lambda place, who: targets(({"year": YEAR, **more},), (), ({"year": 1999, **more},))

    def latest(place: "Place", who: "Identity") -> "Targets":
        w = place.world
        foreign = [w.niort] if who.role in REGIONAL else [w.douai, w.niort]
        return targets(({"pk": w.lille.pk},), tuple({"pk": t.pk} for t in foreign), ({"pk": missing},))

    return {
        "territoire_rapports": latest,
        "territoire_rapport": annual(),
        "rapport_commencer": annual(),
        "rapport_partie": annual(partie="annee"),
        "rapport_apercu": annual(),
        "rapport_projet": annual(),
        "rapport_etape": annual(etape="completer"),
        "rapport_annexe_ajouter": annual(),
        "rapport_annexe": row("annex"),
        "rapport_annexe_modifier": row("annex"),
        "rapport_version": row("version"),
        "rapport_version_piece": row("version", piece="rapport"),
        "rapports_region": yearly(),
        "rapports_preparer": yearly(),
        "synthese_regionale": yearly(),
        "synthese_commencer": yearly(),
        "synthese_partie": yearly(partie="annee"),
        "synthese_extraits": yearly(),
        "synthese_projet": yearly(),
        "synthese_etape": yearly(etape="figer"),
        "synthese_piece": row("synthesis_version", piece="rapport"),
    }
