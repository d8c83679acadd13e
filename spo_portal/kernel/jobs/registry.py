"""Which function does which kind of job, and what its errors mean to the one who asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spo_portal.kernel.jobs.running import JobRun

Handler = Callable[["JobRun"], None]

_handlers: dict[str, Handler] = {}
WORKER_LOST = "WorkerLost"
_UNKNOWN = (
    "Une erreur inattendue a arrêté ce travail. Relancez-le ; si elle revient, prévenez la personne "
    "qui administre le portail."
)
_said: dict[str, str] = {
    WORKER_LOST: "Ce travail a été interrompu trois fois par un arrêt du serveur. Relancez-le plus tard.",
    "OperationalError": "La base de données n’a pas répondu. Relancez ce travail dans quelques minutes.",
    "PermissionDenied": "Le rôle avec lequel vous l’aviez lancé ne donne plus accès à ces données.",
    "PdfBusy": "Trop de documents étaient en préparation en même temps. Relancez ce travail.",
    "PdfFailed": "Le document est trop long ou trop lourd pour être mis en pages.",
}


def register(kind: str, handler: Handler, *, errors: Mapping[str, str] | None = None) -> None:
    """Say who does ``kind`` (from ``apps.py``); ``errors``: name of an exception → plain French, shown."""
    _handlers[kind] = handler
    _said.update(errors or {})


def handler_of(kind: str) -> Handler:
    return _handlers[kind]


def known_kinds() -> list[str]:
    """Kinds this worker can do: those written by a newer version wait for a newer worker."""
    return sorted(_handlers)


def explain(error: str) -> str:
    """What went wrong, in plain French, from the kind of error kept with the job."""
    return _said.get(error, _UNKNOWN)
