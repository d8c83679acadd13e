"""Errors the portal raises on purpose; the outermost layer turns them into answers."""


class PortalError(Exception):
    """Base of expected errors; its text is plain French, fit to be shown."""


class Refused(PortalError):
    """The rule of the trade forbids it. ``field`` names the form field concerned, if any."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooManyAttempts(PortalError):
    """Too many attempts; ``seconds`` is the time to wait at most."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Trop d’essais en peu de temps. Patientez quelques minutes avant de recommencer.")
        self.seconds = seconds


class Conflict(PortalError):
    """Someone else changed the same thing in between."""
