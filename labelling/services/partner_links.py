"""The link of a partner without account: derived from its contribution, checked by its hash (AMI §2).

The secret is an HMAC of the contribution and of its number of link, under the portal's key: the worker writes
the mail from ids alone, no queue and no table ever holds it. A new number makes the older link die.
"""

import base64
import hashlib
import hmac

from django.conf import settings

from labelling.models import AmiContribution
from spo_portal.kernel.tenancy.scope import Scope

LINK_DAYS = 30


def derive(contribution_id: int, nonce: int) -> str:
    """The secret of one link, 43 characters fit for an address."""
    return secret("labelling.contribution", contribution_id, nonce)


def secret(kind: str, key: int, nonce: int) -> str:
    """The secret of link ``nonce`` of the row ``key`` of that kind: another kind gives another secret."""
    message = f"{kind}:{key}:{nonce}".encode()
    digest = hmac.new(settings.CODE_KEY.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def scope_of(token: str) -> Scope:
    """What the holder of a link may read and answer: its contribution, and nothing else."""
    return Scope(token=digest_of(token))


def find(token: str) -> AmiContribution | None:
    """The contribution the link proves, answered or not; None when it is unknown or expired."""
    # By its own key: the usual order goes through the file, which a link does not read.
    return AmiContribution.objects.by_token(digest_of(token)).order_by("pk").first()
