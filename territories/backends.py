"""Accounts: django-allauth checks the password; later requests read the account in one statement."""

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend

from spo_portal.kernel import rows
from territories.models import User


class AuthenticationBackend(AllauthBackend):
    def get_user(self, user_id: int) -> User | None:
        """The account of a session, or None when it is gone or closed."""
        with rows.prepared() as cursor:
            cursor.execute(
                f"SELECT {rows.columns(User)} FROM territories_user t WHERE t.id = %s::bigint",  # noqa: S608 - our own constants
                [user_id],
            )
            row = cursor.fetchone()
        user = rows.instance(User, row) if row else None
        return user if user is not None and self.user_can_authenticate(user) else None
