"""Measure 1: saving a fiche through the real server."""

import uuid
from urllib.parse import urlencode

from django.utils import timezone

from tests.bench import client
from tests.bench.data import PASSWORD, Account, World
from tests.bench.place import Place
from tests.bench.report import Report, median, quantile
from tests.bench.scale import Scale

NEW = "/fiches/nouvelle/"
_KEY = "KEY-OF-THIS-FICHE-36-CHARACTERS-----"


class Desk:
    """A counsellor logged in by the login page, ready to send one fiche again and again under a new key."""

    def __init__(self, port: int, account: Account) -> None:
        browser = client.Browser(port)
        browser.log_in(account.email, PASSWORD)
        self._token = browser.hidden(NEW)["csrfmiddlewaretoken"]
        self.port, self.browser = port, browser
        self.fill(None)

    def fill(self, destination_id: int | None) -> None:
        """What the next sends say: solved on the spot, or re-oriented to a structure."""
        text = urlencode(form(_KEY, destination_id) | {"csrfmiddlewaretoken": self._token}, doseq=True)
        self._before, self._after = (part.encode() for part in text.split(_KEY))
        head = client.post(NEW, text, self.port, self.browser.cookie)
        self._head = head[: head.index(b"\r\n\r\n") + 4]

    def request(self) -> bytes:
        return self._head + self._before + str(uuid.uuid4()).encode() + self._after


def form(key: str, destination_id: int | None) -> dict[str, object]:
    """An ordinary fiche: two requests, one answer, a precision, re-oriented to one place when given."""
    end = {"vers": [str(destination_id)], "fin": "remettre"} if destination_id else {"fin": "place"}
    return {
        "cle_idempotence": key,
        "canal": "sur_place",
        "statut": "5",
        "age": "moins_26",
        "sexe": "femme",
        "demandes": ["1", "2"],
        "reponses": ["1"],
        "precisions": "Veut reprendre un CAP cuisine",
        "rdv": "non",
        "jour": timezone.localdate().isoformat(),
        **end,
    }


def save(place: Place, world: World, port: int, bare_port: int, scale: Scale, report: Report) -> None:
    """Fiches saved by eight counsellors at once, against one INSERT by a bare Django."""
    report.title(f"1. Enregistrer une fiche ({scale.clients} clients à la fois)")
    desks = [Desk(port, account) for account in world.counsellors[: scale.clients]]
    body = urlencode(form(str(uuid.uuid4()), None), doseq=True)
    bare_request = client.post("/fiche/", body, bare_port)

    def send(number: int) -> bytes:
        return desks[number].request()

    def send_bare(number: int) -> bytes:
        return bare_request

    for name, destination in (("résolue sur place", None), ("réorientée", world.destination_id)):
        for desk in desks:
            desk.fill(destination)
        ours, floor = client.Load(), client.Load()
        if scale.warm_up:
            client.run(port, send, total=scale.warm_up, clients=scale.clients)
            client.run(bare_port, send_bare, total=scale.warm_up, clients=scale.clients)
        for _ in range(scale.rounds):
            ours.add(client.run(port, send, total=scale.posts, clients=scale.clients))
            floor.add(client.run(bare_port, send_bare, total=scale.bare_posts, clients=scale.clients))
        if set(ours.statuses) != {303} or set(floor.statuses) != {200}:
            raise RuntimeError(f"unexpected answers: {ours.statuses} {floor.statuses}")
        ms = [second * 1000 for second in ours.seconds]
        bare_ms = [second * 1000 for second in floor.seconds]
        report.row(f"{name}, p50", median(ms), "ms", floor=median(bare_ms), most_ratio=3)
        report.row(f"{name}, p95", quantile(ms, 0.95), "ms", floor=quantile(bare_ms, 0.95))
        report.row(f"{name}, p95", quantile(ms, 0.95), "ms", most=150)
        report.row(f"{name}, par seconde", ours.rate, "fiches", floor=floor.rate)
        report.row("  coût du client", ours.client_cpu / len(ms) * 1e6, "µs/envoi")
