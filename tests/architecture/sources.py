"""Reads the source once: files, syntax trees, imports. Nothing here imports the portal."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("territories", "labelling", "contacts", "animation", "dashboards")
PACKAGES = ("spo_portal", *APPS)


@dataclass(frozen=True)
class Source:
    """One Python file: dotted name of the module, path from the root, text and tree."""

    module: str
    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)

    @property
    def app(self) -> str:
        """Where the file stands in the house: ``kernel``, an app, or ``root`` (the composition root)."""
        return home(self.module)


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


def home(module: str) -> str:
    head = module.split(".")[0]
    if head in APPS:
        return head
    if module == "spo_portal.kernel" or module.startswith("spo_portal.kernel."):
        return "kernel"
    return "root" if head == "spo_portal" else ""


@cache
def tracked() -> frozenset[str]:
    """Files that belong to the project: those git knows or would add, never what ignored folders hold."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        return frozenset(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())
    skipped = {".git", ".venv", ".local", "staticfiles", "node_modules", "__pycache__"}
    return frozenset(
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if path.is_file() and not skipped & set(path.relative_to(ROOT).parts)
    )


@cache
def files(*suffixes: str) -> tuple[str, ...]:
    return tuple(sorted(name for name in tracked() if name.endswith(suffixes)))


@cache
def sources(*packages: str) -> tuple[Source, ...]:
    """Every Python file of ``packages`` (all of the portal's by default)."""
    found = []
    for path in files(".py"):
        if path.split("/")[0] in (packages or PACKAGES):
            module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            found.append(Source(module, path, (ROOT / path).read_text("utf-8")))
    return tuple(found)


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a file imports, inside functions too, for type checks too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
