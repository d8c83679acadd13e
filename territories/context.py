"""Context of every page: who acts, the region's brand, the menu of the role."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from territories.access import ANONYMOUS, Actor, can


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the menu. ``children``: pages of one subject, which share an entry and a second row."""

    label: str
    url: str
    current: bool
    children: "tuple[NavItem, ...]" = ()


# (label, URL name, permission, argument taken from the actor, regime, group); apps above use ``add_nav``.
_nav: list[tuple[int, str, str, str, str, str, str]] = []


def add_nav(
    order: int,
    label: str,
    url_name: str,
    permission: str,
    argument: str = "",
    regime: str = "",
    group: str = "",
) -> None:
    """Add an entry of the main menu, shown to roles that hold ``permission`` (called from ``apps.py``).

    ``regime``: only in the regions that follow it; « Labels » means nothing where there is no label.
    ``group``: entries of one group are one entry of the menu, and its second row on their pages.
    """
    entry = (order, label, url_name, permission, argument, str(regime), group)
    if entry not in _nav:
        _nav.append(entry)
        _nav.sort()


# (order, label, URL name): the menu of whoever is not logged in.
_public: list[tuple[int, str, str]] = []


def add_public_nav(order: int, label: str, url_name: str) -> None:
    """Add an entry of the menu that anybody sees (called from ``apps.py``)."""
    if (order, label, url_name) not in _public:
        _public.append((order, label, url_name))
        _public.sort()


def public_menu(path: str) -> list[NavItem]:
    """Entries for whoever is not logged in; none is current on a page of the portal's inside."""
    items = [(label, reverse(url_name)) for _, label, url_name in _public]
    return [NavItem(label, url, path.startswith(url)) for label, url in items]


def menu(actor: Actor, path: str) -> list[NavItem]:
    """Entries the acting role may open; the longest address that starts the path is the current one."""
    items: list[tuple[str, str, str]] = []
    for _, label, url_name, permission, argument, regime, group in _nav:
        if not can(actor, permission) or (regime and (not actor.region or actor.region.regime != regime)):
            continue
        value = getattr(actor, argument) if argument else None
        if argument and value is None:
            continue
        items.append((label, reverse(url_name, args=[value] if argument else []), group))
    best = max((url for _, url, _ in items if path.startswith(url)), key=len, default="")
    return _grouped([(NavItem(label, url, url == best), group) for label, url, group in items])


def _grouped(items: list[tuple[NavItem, str]]) -> list[NavItem]:
    """Entries of a group take the place of its first one; alone, an entry stays itself."""
    found: list[NavItem] = []
    done: set[str] = set()
    for item, group in items:
        if group in done:
            continue
        children = tuple(one for one, name in items if group and name == group)
        if len(children) < 2:
            found.append(item)
            continue
        done.add(group)
        current = any(one.current for one in children)
        found.append(replace(item, label=group, current=current, children=children))
    return found


def portal(request: HttpRequest) -> dict[str, object]:
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    items = menu(actor, request.path) if actor.user else public_menu(request.path)
    return {
        "actor": actor,
        "region": actor.region,
        "memberships": actor.others,
        "nav_items": items,
        "nav_row": next((item for item in items if item.current and item.children), None),
        "demo": settings.DEMO,
        "portal_name": actor.region.portal_name if actor.region else "Orientation pour tous",
    }
