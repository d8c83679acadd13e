"""The link of a reminder: personal, signed, good for a month. It opens a page and changes nothing."""

import datetime
from dataclasses import dataclass

from django.core import signing

SALT = "territories.record.confirm"
LINK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Reading:
    """What a link proves: for whom, which place, and whether it is still good."""

    user_id: int
    site_id: int
    expired: bool


def link_for(*, user_id: int, site_id: int) -> str:
    """The part of the address that names one account and one place."""
    return signing.dumps([user_id, site_id], salt=SALT)


def read(link: str) -> Reading | None:
    """None when the signature is not ours."""
    expired = False
    try:
        found = signing.loads(link, salt=SALT, max_age=datetime.timedelta(days=LINK_DAYS))
    except signing.SignatureExpired:
        expired, found = True, signing.loads(link, salt=SALT)
    except signing.BadSignature:
        return None
    if not (isinstance(found, list) and len(found) == 2 and all(isinstance(one, int) for one in found)):
        return None
    return Reading(found[0], found[1], expired)
