"""The one error of the launcher."""


class LauncherError(Exception):
    """Something a person can mend; the message, in French, says what to do."""
