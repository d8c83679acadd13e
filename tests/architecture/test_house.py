"""Habits of the house that a reader of one file would not notice broken."""

import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from tests.architecture.sources import APPS, PACKAGES, ROOT, Source, files, sources

# The kernel is technical: a word of the trade in it means that a rule of the trade moved down.
# « lieu » and « region » stay out of the list: French for "place" in its own messages, and a word of page
# layout.
TRADE = re.compile(
    r"(?<![a-zà-ÿ])(territor\w*|territoires?|fiches?\w*|commissions?|reseaux?|réseaux?|conseillers?|référents?|coordinateurs?"
    r"|porteurs?|bassins?|labellis\w*|labelling|orientation|demandes?|statuts?|communes?|préfectures?|prefectures?"
    r"|conventions?|counsellors?|c2rp|ccrefp|crefop|spro|ami)(?![a-zà-ÿ])",
    re.IGNORECASE,
)
LONGEST = {"code": 300, "tests": 600}


def trade_words(all_sources: tuple[Source, ...]) -> list[str]:
    found = []
    for source in all_sources:
        if source.app == "kernel" and ".migrations." not in source.module:
            for number, line in enumerate(source.text.splitlines(), 1):
                found += [f"{source.path}:{number} {word.group()}" for word in TRADE.finditer(line)]
    return found


def test_the_kernel_speaks_no_word_of_the_trade() -> None:
    assert trade_words(sources()) == []


def test_twin_a_trade_word_is_seen() -> None:
    for text in ("def of_territory(): ...", "# one fiche each", "x = 'demandes'", "class Reseau: ..."):
        assert trade_words((Source("spo_portal.kernel.x", "x.py", text),)), text
    assert not trade_words((Source("spo_portal.kernel.x", "x.py", "# row of a tenant, spo_web, on demand"),))


def test_files_stay_short() -> None:
    """Split by idea before a file is too long to hold in mind."""
    long = []
    for path in files(".py"):
        if "/migrations/" in path:
            continue
        lines = (ROOT / path).read_text("utf-8").count("\n")
        if lines >= (LONGEST["tests"] if path.startswith("tests/") else LONGEST["code"]):
            long.append(f"{path} ({lines})")
    assert long == []


def own_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m._meta.app_label in {*APPS, "kernel"}]


def test_stored_values_are_ascii_lower_case() -> None:
    """The French label is never stored: a value survives every change of wording."""
    bad = [
        f"{model.__name__}.{field.name}: {value!r}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.Field) and field.choices and isinstance(field, models.CharField)
        for value, _ in field.flatchoices
        if not re.fullmatch(r"[a-z0-9_]*", str(value))
    ]
    assert bad == []


def test_every_choice_field_of_a_fiche_has_a_constraint() -> None:
    """A rule of the trade is also a constraint of the database (habit 5): closed lists first."""
    from contacts.models import FicheContact

    text = " ".join(str(c.deconstruct()) for c in FicheContact._meta.constraints)
    closed = [
        f.name for f in FicheContact._meta.get_fields() if isinstance(f, models.CharField) and f.choices
    ]
    missing = [name for name in closed if f"'{name}__in'" not in text and f"('{name}', " not in text]
    assert missing == []


@pytest.mark.django_db
def test_no_model_change_waits_for_its_migration() -> None:
    out = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out, stderr=out)
    except SystemExit:
        pytest.fail(out.getvalue())


# Named by Django itself.
DJANGOS = {"last_login", "is_superuser"}


def test_every_name_shown_is_french_and_said() -> None:
    """``verbose_name`` is what a screen shows: Django's default would be an English guess."""
    guessed = []
    for model in own_models():
        if "verbose_name" not in model._meta.original_attrs:
            guessed.append(model.__name__)
        for field in model._meta.fields:
            guess = field.name.replace("_", " ")
            if "_" in field.name and str(field.verbose_name) == guess and field.name not in DJANGOS:
                guessed.append(f"{model.__name__}.{field.name}")
    assert guessed == []


LEFT_BEHIND = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|Lorem|ipsum|breakpoint\(\)|pdb\.set_trace)\b|console\.log\("
)


def test_nothing_is_left_behind() -> None:
    """No note to self, no filler text, no trace of debugging."""
    found = []
    for path in files(".py", ".html", ".js", ".css", ".txt", ".md", ".svg"):
        if path.startswith(("tests/architecture/", ".")) or path.split("/")[0] not in {
            *PACKAGES,
            "templates",
            "static",
            "docs",
            "tests",
            "scripts",
            "README.md",
        }:
            continue
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1):
            if LEFT_BEHIND.search(line):
                found.append(f"{path}:{number} {line.strip()[:60]}")
    assert found == []
