"""A session as an iCalendar object (RFC 5545): published, asked, moved or cancelled. Text in, bytes out.

Times are in UTC, so no time zone has to be described; lines end with CRLF and fold at 75 octets.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

PRODUCT = "-//Orientation pour tous//Commissions//FR"
FOLD = 75


class Method(StrEnum):
    """What the object asks of the calendar that reads it (RFC 5546)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Meeting:
    """One meeting. ``uid`` never changes, ``sequence`` grows with each change of date, place or length."""

    uid: str
    sequence: int
    starts_at: datetime.datetime
    minutes: int
    summary: str
    place: str
    description: str
    url: str
    stamp: datetime.datetime


@dataclass(frozen=True)
class Person:
    """Who convenes, or who is convened."""

    name: str
    email: str


def escaped(text: str) -> str:
    r"""A TEXT value (RFC 5545 § 3.3.11): ``\``, ``;``, ``,`` and ends of lines are escaped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for before, after in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(before, after)
    return "".join(char for char in text if char == "\t" or (ord(char) >= 0x20 and ord(char) != 0x7F))


def quoted(name: str) -> str:
    """A parameter value between quotes: it can't hold a quote nor a control character (§ 3.2)."""
    return '"' + "".join(char for char in name if char != '"' and ord(char) >= 0x20) + '"'


def folded(line: str) -> bytes:
    """One content line, cut every 75 octets at most, never inside a character (§ 3.1)."""
    pieces: list[bytes] = []
    current = b""
    for char in line:
        octets = char.encode()
        # The space that opens a folded line counts among its octets.
        if len(current) + len(octets) > FOLD - (1 if pieces else 0):
            pieces.append(current)
            current = b""
        current += octets
    pieces.append(current)
    return b"\r\n ".join(pieces) + b"\r\n"


def utc(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")


def address(email: str) -> str:
    """A CAL-ADDRESS; an address with a character of its own in iCalendar would end the property."""
    if any(char in email for char in '\r\n",;: '):
        raise ValueError("not a plain address")
    return f"mailto:{email}"


def calendar(
    meeting: Meeting,
    method: Method,
    *,
    organizer: Person | None = None,
    attendee: Person | None = None,
) -> bytes:
    """One VCALENDAR with one VEVENT. A request or a cancellation names its organizer (RFC 5546 § 3.2)."""
    if method != Method.PUBLISH and organizer is None:
        raise ValueError("a request names its organizer")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{escaped(meeting.uid)}",
        f"SEQUENCE:{meeting.sequence}",
        f"DTSTAMP:{utc(meeting.stamp)}",
        f"DTSTART:{utc(meeting.starts_at)}",
        f"DTEND:{utc(meeting.starts_at + datetime.timedelta(minutes=meeting.minutes))}",
        f"SUMMARY:{escaped(meeting.summary)}",
        f"LOCATION:{escaped(meeting.place)}",
        f"DESCRIPTION:{escaped(meeting.description)}",
        f"URL:{meeting.url}",
        f"STATUS:{'CANCELLED' if method == Method.CANCEL else 'CONFIRMED'}",
    ]
    if organizer is not None:
        lines.append(f"ORGANIZER;CN={quoted(organizer.name)}:{address(organizer.email)}")
    if attendee is not None:
        # The answer is given on the portal: nobody waits for one by mail.
        lines.append(
            f"ATTENDEE;CN={quoted(attendee.name)};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:"
            f"{address(attendee.email)}"
        )
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return b"".join(folded(line) for line in lines)
