"""Imports point down: kernel <- territories <- labelling <- contacts <- animation <- dashboards <- root."""

import re

from tests.architecture.sources import APPS, Source, home, imports, sources

ORDER = ("kernel", *APPS, "root")

# Layers inside an app, lowest first. Modules not named here (door, readers, pure calculations) stand beside
# them.
LAYERS = (
    ("enums", "events", "permissions"),
    ("querysets", "models"),
    ("workflows", "services"),
    ("forms", "resources", "documents"),
    ("views", "tasks", "management", "urls", "apps", "middleware", "context", "adapters"),
)
# (module, what it imports): why it may look up.
UPWARDS = {
    ("territories.access", "territories.views"): "sends to the login page, which keeps the typed form",
}
ONCE = {
    "weasyprint": {"spo_portal.kernel.pdf_child"},
    "import_export": {"spo_portal.kernel.transfer"},
    "guardian": {"territories.grants"},
}


def climbing(all_sources: tuple[Source, ...]) -> list[str]:
    """Imports that go up in the house, or into the composition root."""
    found = []
    for source in all_sources:
        for line, name in imports(source):
            target = home(name)
            if not target or target == source.app:
                continue
            if ORDER.index(target) > ORDER.index(source.app):
                found.append(f"{source.path}:{line} {source.app} imports {name}")
    return found


def layer(module: str) -> int | None:
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else ""
    return next((i for i, names in enumerate(LAYERS) if name.split("_")[0] in names), None)


def upside_down(all_sources: tuple[Source, ...]) -> list[str]:
    """Imports of a higher layer of the same app."""
    found = []
    for source in all_sources:
        here = layer(source.module)
        if source.app not in APPS or here is None or ".migrations." in source.module:
            continue
        for line, name in imports(source):
            there = layer(name)
            up = home(name) == source.app and there is not None and there > here
            if up and (source.module, ".".join(name.split(".")[:2])) not in UPWARDS:
                found.append(f"{source.path}:{line} (layer {here + 1}) imports {name} (layer {there + 1})")
    return found


def test_no_import_climbs() -> None:
    assert climbing(sources()) == []


def test_no_layer_imports_a_higher_one() -> None:
    assert upside_down(sources()) == []


def test_twin_an_upward_import_is_seen() -> None:
    for module, text in (
        ("spo_portal.kernel.audit", "from territories.models import User"),
        ("territories.services.hours", "def f():\n    from contacts.models import FicheContact"),
        ("contacts.services.fiches", "import dashboards.models"),
        ("dashboards.views.territory", "from spo_portal.views import brand"),
    ):
        assert climbing((Source(module, "x.py", text),)), module
    assert upside_down((Source("contacts.models.fiche", "x.py", "from contacts.services import fiches"),))
    assert upside_down((Source("contacts.services.fiches", "x.py", "from contacts.forms_desk import lines"),))


def test_some_packages_have_one_door() -> None:
    """A library that can leak (files fetched, formulas, rights) is wrapped once, and nowhere else."""
    for package, doors in ONCE.items():
        users = {s.module for s in sources() if any(n.split(".")[0] == package for _, n in imports(s))}
        assert users == doors, package


def test_the_environment_has_one_reader() -> None:
    """Local tools start servers with an environment of their own, before any settings exist: they are apart.
    """
    apart = {
        "spo_portal.env": "the reader",
        "spo_portal.celery": "names the settings module before Django reads it",
        "spo_portal.wsgi": "names the settings module before Django reads it",
        "spo_portal.kernel.pdf_pool": "gives its child a bare environment, without the parent's secrets",
    }
    readers = {
        source.module
        for source in sources()
        if re.search(r"\bos\.(environ|getenv)\b|from os import .*\b(environ|getenv)\b", source.text)
    }
    assert {m for m in readers if not m.startswith("spo_portal.local.")} <= apart.keys()


def test_nothing_is_queued_in_a_request() -> None:
    """The outbox row is the message; Redis only rings the bell (with Redis frozen, ``.delay()`` hangs the
    page).
    """
    calls = re.compile(r"\.(delay|apply_async|send_task|delay_on_commit)\(")
    assert [s.path for s in sources() if calls.search(s.text)] == []


def test_migrations_hold_no_app_code() -> None:
    """A migration must run years later: it imports Django and the SQL of row security, nothing that moves.

    A custom field, manager or validator that a migration must name is not an import of logic: it is listed.
    """
    named = {
        "territories.models.accounts": "the manager of accounts (use_in_migrations)",
        "territories.models.search": "the field of the minutes of a week",
    }
    found = [
        f"{source.path}:{line} {name}"
        for source in sources()
        if ".migrations." in source.module
        for line, name in imports(source)
        if home(name) and not name.startswith("spo_portal.kernel.tenancy.rls.") and name not in named
    ]
    assert found == []


def test_django_signals_carry_no_business() -> None:
    """A lower app that must cause something higher writes an outbox event."""
    business = re.compile(r"\b(post_save|pre_save|post_delete|pre_delete|m2m_changed)\b")
    assert [s.path for s in sources() if business.search(s.text)] == []
