"""Commands of the launcher: ``python -m spo_portal.local demo|services|reset|test|bench|roles``."""

import argparse
import sys

from spo_portal.local import environment
from spo_portal.local.errors import LauncherError

_HELP = {
    "demo": "démarre tout et affiche l'adresse et les comptes",
    "services": "démarre seulement PostgreSQL et Redis, au premier plan",
    "reset": "efface les données locales",
    "test": "lance pytest sur des serveurs privés (arguments de pytest après --)",
    "bench": "lance les mesures (leurs noms après --)",
    "roles": "crée les rôles et les droits sur le serveur de DATABASE_URL (docker-compose)",
}


def main(arguments: list[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    given, rest = _split(given)
    parser = argparse.ArgumentParser(prog="python -m spo_portal.local")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in _HELP.items():
        commands.add_parser(name, help=text)
    command = parser.parse_args(given).command
    try:
        return _dispatch(command, rest)
    except LauncherError as error:
        print(error, file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2


def _dispatch(command: str, rest: list[str]) -> int:
    options = environment.read()
    if command == "reset":
        from spo_portal.local import reset

        return reset.run(options)
    if command == "roles":
        from spo_portal.local import provision

        return provision.run(options)
    if command in {"test", "bench"}:
        from spo_portal.local import testing

        run = testing.run if command == "test" else testing.bench
        return run(options, rest)
    from spo_portal.local import demo

    return demo.run(options) if command == "demo" else demo.services(options)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Arguments of the launcher, then pytest's: what follows ``--``."""
    if "--" not in arguments:
        return arguments, []
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]


if __name__ == "__main__":
    sys.exit(main())
