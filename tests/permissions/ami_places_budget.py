"""Addresses of the budget of a file: read with the file, brought back from a workbook by who writes it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from labelling.models import AmiApplication
from territories.enums import Role
from tests.permissions.ami_places_application import files, readable

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]


def arguments_budget(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""

    def reading(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        return targets(_pks(*own), _pks(*foreign), ({"pk": missing},))

    def writing(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        # The Region reads what was submitted, and writes none of it.
        own = (files(place).draft,) if who.role == Role.PORTEUR else ()
        return targets(_pks(*own), _pks(*foreign), ({"pk": missing},))

    return {"ami_budget": reading, "ami_budget_xlsx": reading, "ami_budget_import": writing}


def _pks(*found: AmiApplication) -> tuple[dict[str, object], ...]:
    return tuple({"pk": one.pk} for one in found)
