"""Django's sessions in the database, read by a statement written once (every request reads one)."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from spo_portal.kernel import rows


class SessionStore(DatabaseStore):
    """The same table, the same life; only the reading differs."""

    def _get_session_from_db(self) -> Session | None:
        with rows.prepared() as cursor:
            cursor.execute(
                f"SELECT {rows.columns(Session)} FROM django_session t"  # noqa: S608 - our own constants
                " WHERE t.session_key = %s AND t.expire_date > %s",
                [self.session_key, timezone.now()],
            )
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        return rows.instance(Session, row)
