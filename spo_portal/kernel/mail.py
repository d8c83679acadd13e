"""Mail: a folder as the local sink, one .eml per message."""

import re
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

# Django also takes quoted parts, control characters inside them, and addresses between brackets.
_PLAIN = re.compile(r"(?!=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s\"'(),:;<>@\[\\\]]{1,253}")


def plain_address(value: str) -> None:
    """Refuse what is not one ordinary address: a quoted part can hold a line break, hence a header."""
    try:
        domain = value.rpartition("@")[2].encode("idna")
    except UnicodeError:
        domain = b""
    if not domain or not _PLAIN.fullmatch(value):
        raise ValidationError("Écrivez une seule adresse, comme prenom@exemple.fr", code="invalid")


class FolderBackend(BaseEmailBackend):
    """Write each message to ``MAIL_DIR`` (demo mode): what would have been sent, and nothing else."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}.eml"
            (folder / name).write_bytes(message.message().as_bytes())
        return len(email_messages)
