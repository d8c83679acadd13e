"""The documentation says what the code does: what it names (links, commands, variables, addresses) exists."""

import ast
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from spo_portal.local.__main__ import _HELP as LAUNCHER
from spo_portal.management.commands.show_access import patterns

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
OPERATIONS = ("README.md", "docs/exploitation.md")
# Hosts a page may name: this machine, and the names reserved for examples.
HOSTS = re.compile(r"(127\.0\.0\.1|localhost|hote|redis|postgres|(\$\w+)+|([\w-]+\.)*example)(:\d+)?")
# First folders of absolute paths a page may name: a server's, or a container's.
FOLDERS = {"/etc", "/var", "/data", "/reference", "/static"}


# Options that Django gives to every command.
COMMON = {"help", "version", "verbosity", "settings", "pythonpath", "traceback", "skip_checks"}
COMMON |= {"no_color", "force_color"}


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def prose(content: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", content, flags=re.MULTILINE | re.DOTALL)


def code(content: str) -> str:
    """Blocks and spans of code of a page, one after the other."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", content, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", prose(content))])


def anchors(content: str) -> set[str]:
    """Anchors of a page's headings, as forges make them: lower case, words joined by dashes, accents kept."""
    titles = re.findall(r"^#+ +(.+?) *$", prose(content), flags=re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", title).lower()) for title in titles)
    return {title.replace(" ", "-") for title in kept}


def broken_links(page: str, content: str) -> list[str]:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(content)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = ROOT / page if not path else (ROOT / page).parent / path
        if not found.exists() or (anchor and anchor not in anchors(found.read_text("utf-8"))):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    assert broken_links(page, text(page)) == []


def test_twin_a_broken_link_is_seen() -> None:
    links = "[a](docs/README.md) [b](docs/rien.md) [c](#rien)"
    assert broken_links("README.md", links) == ["docs/rien.md", "#rien"]


def strange_places(content: str) -> list[str]:
    """Hosts that are not reserved for examples, and absolute paths of somebody's machine."""
    hosts = re.findall(r"\w+://(?:[^@/\s`'\")]*@)?([^/\s`'\");<>]+)", content)
    addresses = re.findall(r"\w(@[\w.-]+\.\w+)", content)
    start, end = r"(?<![\w.:/}>…<)\]$*\"-])", r"(?=[/`\s);,.\"':]|$)"
    folders = re.findall(start + r"(/[A-Za-z][\w.-]*)" + end, content, re.MULTILINE)
    known = {"/" + path.lstrip("/^").split("/")[0] for path, _ in patterns()} | FOLDERS
    return [
        *(host for host in hosts if not HOSTS.fullmatch(host)),
        *(address for address in addresses if not HOSTS.fullmatch(address[1:])),
        *(folder for folder in folders if folder not in known),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_no_host_nor_path_of_somebody(page: str) -> None:
    assert strange_places(text(page)) == []


def test_twin_a_strange_place_is_seen() -> None:
    page = "voir https://paquets.exemple.fr/simple, agent@exemple.fr, `/mnt/projet/x` et `/sante/`"
    found = strange_places(page)
    assert found == ["paquets.exemple.fr", "@exemple.fr", "/mnt"]


# Variables


def calls(path: Path) -> Iterator[tuple[str, list[ast.expr]]]:
    """Calls of a file that have arguments: the function as written, and them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            yield ast.unparse(node.func), node.args


def settings_variables() -> dict[str, set[str]]:
    """Names that the settings ask of ``env``, with the defaults written there."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "spo_portal" / "settings").glob("*.py"):
        for function, arguments in calls(path):
            kind = function.removeprefix("env.")
            if kind not in {"text", "flag", "integer", "words", "path"}:
                continue
            name, *default = [a.value if isinstance(a, ast.Constant) else None for a in arguments]
            given = found.setdefault(str(name), set())
            # A flag is described for each way of running, a path from the project's folder.
            if kind not in {"flag", "path"} and default and default[0] is not None:
                given.add(str(default[0]))
    return found


def launcher_variables() -> set[str]:
    """Names that the launcher reads, those it makes from the roles, and those the Makefile passes on."""
    names = {f"{role}_DATABASE_URL" for role in ("OWNER", "WEB", "WORKER")}
    for function, arguments in calls(ROOT / "spo_portal/local/environment.py"):
        if function == "os.environ.get" and isinstance(arguments[0], ast.Constant):
            names.add(str(arguments[0].value))
    makefile = text("Makefile")
    for line in re.findall(r"^export (.+)$", makefile, re.MULTILINE):
        names |= set(line.split())
    return (names | set(re.findall(r"\$\((ARGS)\)", makefile))) - {"PATH"}


def compose_variables() -> set[str]:
    compose = text("docker-compose.yml")
    return set(re.findall(r"\$\{(\w+)", compose)) | set(re.findall(r"^  ([A-Z_]+):$", compose, re.MULTILINE))


def table() -> dict[str, str]:
    """Rows of the configuration tables: each variable with the cells that follow it, joined."""
    rows: dict[str, str] = {}
    section = text("README.md").split("\n## Configuration\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            for name in re.findall(r"`(\w+)`", cells[0]):
                rows[name] = rows.get(name, "") + " ".join(cells[1:])
    return rows


def test_every_variable_is_in_the_table_and_every_row_is_a_variable() -> None:
    real = settings_variables().keys() | launcher_variables() | compose_variables()
    real |= {"DJANGO_SETTINGS_MODULE"}
    assert real - table().keys() == set()
    assert table().keys() - real == set()


def test_the_table_gives_the_defaults_of_the_settings() -> None:
    rows = table()
    wrong = [
        f"{name}={default}"
        for name, defaults in settings_variables().items()
        for default in defaults
        if default and f"`{default}`" not in rows[name]
    ]
    assert wrong == []


def test_nothing_else_reads_the_environment() -> None:
    """``env.py`` for the portal, ``local/environment.py`` for the launcher: the lists above are complete."""
    allowed = {"spo_portal/env.py", "spo_portal/local/environment.py"}
    readers = []
    for path in sorted((ROOT / "spo_portal").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        # The document child starts with a bare environment: it copies names, it reads no option.
        if name in allowed | {"spo_portal/kernel/pdf_pool.py"}:
            continue
        content = path.read_text("utf-8").replace('os.environ.setdefault("DJANGO_SETTINGS_MODULE"', "")
        if "os.environ" in content or "getenv" in content:
            readers.append(name)
    assert readers == []


@pytest.mark.parametrize("page", PAGES)
def test_variables_named_in_a_page_exist(page: str) -> None:
    """A name in capitals given a value in a page is one of the table, of PostgreSQL's, or gunicorn's own."""
    named = set(re.findall(r"(?<![\w.\"'-])([A-Z][A-Z0-9_]{2,})=(?!=)", code(text(page))))
    assert named - table().keys() - {"GUNICORN_CMD_ARGS"} == set()


# Commands


def commands(content: str) -> Iterator[tuple[str, list[str]]]:
    """``manage.py`` commands written in a page, each with the options on its line."""
    for line in code(content).splitlines():
        found = re.search(r"manage\.py (\w+)(.*)", line)
        if found:
            yield found[1], re.findall(r"(?<!\S)(--[\w-]+)", found[2])


@pytest.mark.parametrize("page", PAGES)
def test_management_commands_and_their_options_exist(page: str) -> None:
    known = get_commands()
    for name, options in commands(text(page)):
        assert name in known, f"manage.py {name}"
        application = known[name]
        command = load_command_class(application, name) if isinstance(application, str) else application
        parser = command.create_parser("manage.py", name)
        unknown = set(options) - set(parser._option_string_actions)
        assert not unknown, f"manage.py {name} {unknown}"


def test_every_command_of_the_portal_is_documented_with_its_options() -> None:
    page = text("docs/exploitation.md")
    for name, application in get_commands().items():
        if application != "spo_portal":
            continue
        command = load_command_class(application, name)
        row = next((line for line in page.splitlines() if line.startswith(f"| `manage.py {name}`")), "")
        assert row, name
        for action in command.create_parser("manage.py", name)._actions:
            if action.option_strings and action.dest not in COMMON:
                assert f"`{action.option_strings[0]}" in row, f"{name} {action.option_strings[0]}"


@pytest.mark.parametrize("page", PAGES)
def test_targets_launcher_commands_and_scripts_exist(page: str) -> None:
    written = code(text(page))
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|\s)make ([a-z]+)", written)) <= targets
    assert set(re.findall(r"spo_portal\.local ([a-z]+)", written)) <= LAUNCHER.keys()
    for script in re.findall(r"(?<![\w/.])(scripts/\w+|\.ci/\w+)", written):
        assert (ROOT / script).is_file(), script
    for name in re.findall(r"scripts/process (\w+)", written):
        assert re.search(rf"^{name}: ", text("Procfile"), re.MULTILINE), name


@pytest.mark.parametrize("page", PAGES)
def test_files_of_the_project_named_in_a_page_exist(page: str) -> None:
    top = r"spo_portal|territories|labelling|contacts|dashboards|templates|static|tests|docs|scripts"
    for span in re.findall(r"`([^`\n]+)`", prose(text(page))):
        found = re.fullmatch(rf"((?:{top})/[\w./-]*)", span)
        if found:
            assert (ROOT / found[1]).exists(), span


@pytest.mark.parametrize("page", OPERATIONS)
def test_addresses_named_in_a_page_exist(page: str) -> None:
    for span in re.findall(r"`(?:GET )?(/[\w/-]*/)`", prose(text(page))):
        try:
            resolve(span)
        except Resolver404:
            pytest.fail(f"{page} : {span}")


def test_python_and_shell_blocks_are_sound() -> None:
    """What a reader pastes at least parses; what is Python compiles."""
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```$", text(page), flags=re.MULTILINE | re.DOTALL):
            done = subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{page}: {done.stderr}"
            for source in re.findall(r"<<'PYTHON'\n(.*?)^PYTHON$", block, flags=re.MULTILINE | re.DOTALL):
                compile(source, page, "exec")


def test_demo_accounts_and_password_are_those_of_the_code() -> None:
    from spo_portal.demo import people
    from territories.enums import Role

    readme = text("README.md")
    assert f"`{people.PASSWORD}`" in readme
    assert people.DOMAIN in readme
    # French or dashed, each role has an account in the table.
    for role in Role:
        assert f"`{role.value.replace('_', '-')}." in readme, role


def test_supported_pythons_agree() -> None:
    """The README, the launcher's shell and pyproject name the same oldest Python."""
    assert 'requires-python = ">=3.11"' in text("pyproject.toml")
    assert "(3, 11) <= sys.version_info[:2] <= (3, 14)" in text("scripts/setup")
    assert "Python 3.11 à 3.14" in text("README.md")
    assert sys.version_info >= (3, 11)
