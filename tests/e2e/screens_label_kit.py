"""The communication kit: of a labelled place, and of one that has none."""

from collections.abc import Callable, Iterator

from tests.e2e.screens_ami import PHONE, WIDE, Walk
from tests.e2e.stack import Stack

PLACES = (
    "SELECT s.id FROM territories_site s JOIN territories_region r ON r.id = s.region_id"
    " WHERE r.code = 'A31' AND s.active AND s.direction = '' AND {} EXISTS"
    " (SELECT 1 FROM labelling_labellisation l WHERE l.site_id = s.id"
    " AND l.status = 'labellise' AND current_date BETWEEN l.starts_on AND l.ends_on)"
    " ORDER BY s.id LIMIT 1"
)


def kit(stack: Stack) -> Iterator[Walk]:
    """Read by the animation, which prints for every place of the region."""
    paths = tuple(
        f"/annuaire/{key}/kit/" for word in ("", "NOT") for (key,) in stack.rows(PLACES.format(word))
    )
    assert paths
    animation = stack.account("animation")
    yield Walk(animation, PHONE, paths)
    yield Walk(animation, WIDE, paths[:1])


def kit_walks() -> dict[str, Callable[[Stack], Iterator[Walk]]]:
    return {"kit": kit}
