"""`make demo`: servers, data, processes, then the address and the accounts; everything stops with it."""

import http.client
import json
import signal
import socket
import time
from pathlib import Path
from types import FrameType

from spo_portal.local import children, environment, files, secrets, state
from spo_portal.local.database import Steps
from spo_portal.local.environment import Options
from spo_portal.local.errors import LauncherError
from spo_portal.local.processes import Process, names, stop_all
from spo_portal.local.servers import Servers, Urls

_READY_SECONDS = 120.0
_GRACE_SECONDS = 12.0
# Which role each process logs in as; a process added to the Procfile gets the worker's.
_ROLES = {"web": "web", "worker": "worker", "beat": "worker"}


class Stopped(BaseException):
    """Ctrl-C or SIGTERM."""


class Signals:
    """The first signal ends the run, a second one cuts the stop short."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup the loss of the terminal is meant to be survived.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._received)

    def _received(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            raise Stopped

    def hurry(self) -> bool:
        return self.count > 1


def run(options: Options, directory: Path = environment.DATA) -> int:
    """Run the portal until a signal; 0 after a clean stop."""
    started = time.monotonic()
    try:
        with files.locked(directory / "demo.lock", wait=False):
            return _Demo(options, directory, started).run()
    except BlockingIOError:
        where = state.address(directory)
        print(f"La démonstration tourne déjà{f' : {where}' if where else ''}. Arrêtez-la d'abord (Ctrl-C).")
        return 1


class _Demo:
    def __init__(self, options: Options, directory: Path, started: float) -> None:
        self.options = options
        self.directory = directory
        self.started = started
        self.host, self.port = _listening(options)
        self.address = f"http://{self.host}:{self.port}"
        self.servers = Servers(
            directory,
            database_url=options.database_url,
            redis_url=options.redis_url,
            role_urls=options.role_urls,
        )
        self.processes: list[Process] = []

    def run(self) -> int:
        _check_port(self.host, self.port)
        signals = Signals()
        try:
            self._start()
            self._watch()
        except Stopped:
            say("Arrêt…")
            return 0
        finally:
            signals.count = max(signals.count, 1)
            stop_all(self.processes, grace=_GRACE_SECONDS, hurry=signals.hurry)
            self.servers.stop()
            files.give_back(self.directory)

    def _start(self) -> None:
        say("Base de données et file d'attente")
        urls = self.servers.start()
        self.servers.announce(self.address)
        Steps(
            urls.owner,
            self._environment(urls, "owner"),
            reference=self.options.reference,
            seed_args=self.options.seed_args,
        ).run(say)
        say("Application")
        for name in names():
            log = self.directory / "logs" / f"{name}.log"
            process = Process(name, self._environment(urls, _ROLES.get(name, "worker")), log)
            self.processes.append(process)
            process.start()
        self._wait_ready()
        elapsed = f"{time.monotonic() - self.started:.1f}".replace(".", ",")
        print(f"\n{accounts(self.directory / 'demo_accounts.json')}")
        print(f"Portail prêt en {elapsed} s : {self.address}")
        print("Courriels : .local/mails   Journaux : .local/logs   Arrêt : Ctrl-C", flush=True)

    def _environment(self, urls: Urls, role: str) -> dict[str, str]:
        """Environment of a process that logs in as ``role``."""
        fixed = {
            "DJANGO_SETTINGS_MODULE": "spo_portal.settings.local",
            "DATABASE_URL": getattr(urls, role),
            "REDIS_URL": urls.redis,
            "DATA_DIR": str(self.directory),
            "MAIL_DIR": str(files.private_folder(self.directory / "mails")),
            "PORT": str(self.port),
            "BIND": f"{_host(self.options.bind) or self.host}:{self.port}",
            **secrets.read_or_create(self.directory),
        }
        usual = {"DEMO": "1", "BASE_URL": self.address, "DB_POOL_MAX": "4" if role == "web" else "0"}
        given = {name: value for name, value in environment.inherited().items() if value}
        return usual | given | fixed

    def _wait_ready(self) -> None:
        end = time.monotonic() + _READY_SECONDS
        answer = ""
        while time.monotonic() < end:
            code, answer = _health(self.host, self.port)
            if code == 200:
                return
            for process in self.processes:
                process.watch(say, starting=True)
                if process.failures >= 3:
                    raise LauncherError(
                        f"{process.name} ne démarre pas. Fin de {process.log} :\n{children.tail(process.log)}"
                    )
            time.sleep(0.1)
        raise LauncherError(f"Le portail ne répond pas sur {self.address}/sante/pret/ : {answer[:500]}")

    def _watch(self) -> None:
        pause = 0.0
        while True:
            time.sleep(0.3 + pause)
            pause = 0.0
            for process in self.processes:
                process.watch(say)
            try:
                for name in self.servers.revive():
                    say(f"{name} s'était arrêté ; il est reparti.")
            except LauncherError as error:
                say(str(error))
                pause = 3.0


def services(options: Options, directory: Path = environment.DATA) -> int:
    """Only the servers, in the foreground: for development with manage.py in other terminals."""
    servers = Servers(
        directory,
        database_url=options.database_url,
        redis_url=options.redis_url,
        role_urls=options.role_urls,
    )
    Signals()
    try:
        urls = servers.start()
        for role in ("owner", "web", "worker", "redis"):
            print(f"{role:7} {getattr(urls, role)}")
        print("Arrêt : Ctrl-C", flush=True)
        while True:
            time.sleep(0.5)
            servers.revive()
    except Stopped:
        return 0
    finally:
        servers.stop()
        files.give_back(directory)


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def accounts(path: Path) -> str:
    """Two demo accounts of each role, of two regions when there are two, as a table for the terminal."""
    try:
        rows = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return "Aucun compte de démonstration."
    table = [("Rôle", "Où", "Adresse", "Mot de passe")]
    shown = _two_of_each(rows)
    for row in shown:
        where = " ".join(str(row.get(key) or "") for key in ("scope", "region")).strip()
        table.append(
            (str(row.get("role", "")), where[:44], str(row.get("email", "")), str(row.get("password", "")))
        )
    widths = [max(len(line[column]) for line in table) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    if len(rows) > len(shown):
        lines.append(f"({len(rows) - len(shown)} autres comptes dans .local/{path.name})")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _two_of_each(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    chosen: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        same = chosen.setdefault(str(row.get("role")), [])
        if len(same) < 2:
            same.append(row)
        elif same[0].get("region") == same[1].get("region") != row.get("region"):
            same[1] = row
    return [row for same in chosen.values() for row in same]


def _listening(options: Options) -> tuple[str, int]:
    """Host to call and port: those of BIND when it is given, else this machine and PORT."""
    port = options.bind.rpartition(":")[2]
    host = _host(options.bind)
    everywhere = host in {"", "0.0.0.0", "[::]", "*"}  # noqa: S104
    return "127.0.0.1" if everywhere else host, int(port) if port.isdecimal() else options.port


def _host(bind: str) -> str:
    """Host part of ``host``, ``host:port`` or ``[ipv6]:port``."""
    host, colon, port = bind.rpartition(":")
    return host if colon and port.isdecimal() else bind


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            raise LauncherError(
                f"Le port {port} est indisponible ({error.strerror}) : essayez « make demo PORT={port + 1} »."
            ) from error


def _health(host: str, port: int) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host.strip("[]"), port, timeout=5)
    try:
        connection.request("GET", "/sante/pret/")
        response = connection.getresponse()
        return response.status, response.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()
