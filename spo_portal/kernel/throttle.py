"""Throttling of attempts in PostgreSQL: exact under concurrency, survives a Redis flush."""

import hashlib
import ipaddress

from django.db import connection

from spo_portal.kernel.errors import TooManyAttempts


def count(bucket: str, *, seconds: int) -> int:
    """Count one attempt in ``bucket`` for the current window of ``seconds``; return the attempts so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO kernel_throttle (bucket, "window", attempts, expires_at)'
            " VALUES (%s, floor(extract(epoch FROM clock_timestamp()) / %s)::bigint, 1,"
            "         clock_timestamp() + make_interval(secs => %s))"
            ' ON CONFLICT (bucket, "window") DO UPDATE SET attempts = kernel_throttle.attempts + 1'
            " RETURNING attempts",
            [bucket[:120], seconds, 2 * seconds],
        )
        return int(cursor.fetchone()[0])


def limit(bucket: str, *, attempts: int, seconds: int) -> None:
    """Count one attempt and raise :class:`TooManyAttempts` past ``attempts`` in the window."""
    if count(bucket, seconds=seconds) > attempts:
        raise TooManyAttempts(seconds)


def address_bucket(prefix: str, address: str) -> str:
    """Bucket for a network address, hashed: the table keeps no address.

    In IPv6 one client holds a whole /64: all its addresses fall in one bucket.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        ip = None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
        address = str(ipaddress.IPv6Network((ip, 64), strict=False))
    return f"{prefix}:{hashlib.sha256(address.encode()).hexdigest()[:24]}"
