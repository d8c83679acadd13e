"""The calendar object of a session (RFC 5545), and the mails that carry it."""

import datetime
from email import message_from_bytes, policy

import pytest
from django.core import mail

from labelling.models import AmiSessionMember
from labelling.services import convening, ics, sessions
from labelling.services.ics import Meeting, Method, Person, calendar, escaped, folded
from spo_portal.kernel import outbox
from tests.factories import World, system
from tests.labelling.ami_sessions import instructed, make_members, make_officer, officer_again, soon
from tests.labelling.ami_world import make_call, make_commission, ready_application

UTC = datetime.UTC
MEETING = Meeting(
    uid="seance-7@portail.example",
    sequence=2,
    starts_at=datetime.datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
    minutes=150,
    summary="Commission Deux-Sèvres Sud",
    place="Salle 2 ; 1er étage, Niort",
    description="Une première ligne\nUne seconde, avec \\ et ;",
    url="https://portail.example/ami/seances/7/",
    stamp=datetime.datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
)
ORGANIZER = Person("Commissions", "ne-pas-repondre@orientation.example")


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_lines_end_with_crlf_and_fold_at_75_octets_between_characters() -> None:
    content = calendar(MEETING, Method.PUBLISH)
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    for width in range(60, 90):
        long = f"SUMMARY:{'é' * width}"
        assert b"".join(folded(long).removesuffix(b"\r\n").split(b"\r\n ")) == long.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b,c\\d", "a\\;b\\,c\\\\d"),
        ("un\r\ndeux\rtrois\nquatre", "un\\ndeux\\ntrois\\nquatre"),
        ("\x00\x07fin\x7f", "fin"),
    ],
)
def test_text_is_escaped(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_an_injected_property_stays_text() -> None:
    trap = "Salle\r\nATTENDEE:mailto:intrus@exemple.example\r\nEND:VEVENT"
    lines = unfolded(calendar(Meeting(**{**MEETING.__dict__, "place": trap}), Method.PUBLISH))
    assert sum(line.startswith("ATTENDEE") for line in lines) == 0
    assert sum(line == "END:VEVENT" for line in lines) == 1
    with pytest.raises(ValueError, match="plain address"):
        calendar(MEETING, Method.REQUEST, organizer=ORGANIZER, attendee=Person("x", "a@b.example\r\nX:1"))
    named = calendar(MEETING, Method.REQUEST, organizer=Person('Dire"ction\r\nX:1', ORGANIZER.email))
    assert 'ORGANIZER;CN="DirectionX:1":mailto:' in "\n".join(unfolded(named))


def test_what_each_method_says() -> None:
    published = unfolded(calendar(MEETING, Method.PUBLISH))
    assert {"METHOD:PUBLISH", "SEQUENCE:2", "DTSTART:20261124T093000Z", "DTEND:20261124T120000Z"} <= set(
        published
    )
    cancelled = unfolded(calendar(MEETING, Method.CANCEL, organizer=ORGANIZER))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "UID:seance-7@portail.example"} <= set(cancelled)
    with pytest.raises(ValueError, match="organizer"):
        calendar(MEETING, Method.REQUEST)


def _calendar_of(message: object) -> tuple[str, list[str]]:
    parsed = message_from_bytes(message.message().as_bytes(), policy=policy.default)  # type: ignore[attr-defined]
    part = next(p for p in parsed.walk() if p.get_content_type() == "text/calendar")
    return str(part["content-type"]), unfolded(part.get_payload(decode=True))  # type: ignore[arg-type]


def _drain() -> None:
    with system():
        convening.send_invitations(
            [outbox.Event(0, convening.CONVENED, None, payload) for payload in _payloads()]
        )


def _payloads() -> list[dict[str, object]]:
    from spo_portal.kernel.models import OutboxEvent

    rows = OutboxEvent.objects.filter(kind=convening.CONVENED, done_at=None).order_by("pk")
    found = [row.payload for row in rows]
    rows.delete()
    return found


def test_members_are_convened_moved_and_told_of_the_cancelling(world: World) -> None:
    commission = make_commission(world.region, world.lille)
    call = make_call(world.region)
    instructed(ready_application(call, world.lille))
    make_members(commission, 3)
    officer = make_officer(world.region)
    data = sessions.SessionData(soon(), 90, "Salle 2, Lille")
    session = sessions.prepare(by=officer, call=call, commission=commission, data=data)
    convening.add_member(by=officer, session=session, label="Élue régionale", email="elue@region.example")
    session = convening.convene(by=officer, session=session)
    _drain()
    assert len({m.to[0] for m in mail.outbox}) == len(mail.outbox) == 4
    kind, lines = _calendar_of(mail.outbox[0])
    assert "method=REQUEST" in kind.replace('"', "")
    assert {"SEQUENCE:0", "METHOD:REQUEST"} <= set(lines)
    assert "AMI" not in mail.outbox[0].subject
    mail.outbox.clear()

    later = sessions.SessionData(soon() + datetime.timedelta(hours=2), 90, "Salle 3, Lille")
    moved, told = sessions.change(by=officer_again(officer), session=session, data=later, seen=None)
    assert told
    convening.tell_members(session=moved, what="changement")
    _drain()
    assert {"SEQUENCE:1"} <= set(_calendar_of(mail.outbox[0])[1])
    assert "Changement" in mail.outbox[0].subject
    mail.outbox.clear()

    same = sessions.SessionData(later.starts_at, 90, "Salle 3, Lille", quorum=1, agenda="Autre point")
    assert not sessions.change(by=officer_again(officer), session=moved, data=same, seen=None)[1]
    convening.cancel(by=officer_again(officer), session=moved, reason="Trop peu de membres disponibles")
    _drain()
    assert len(mail.outbox) == 4
    kind, lines = _calendar_of(mail.outbox[0])
    assert {"METHOD:CANCEL", "SEQUENCE:2", "STATUS:CANCELLED"} <= set(lines)
    assert "Trop peu de membres" in mail.outbox[0].body


def test_an_older_invitation_is_not_sent_after_a_newer_one(world: World) -> None:
    commission = make_commission(world.region, world.lille)
    call = make_call(world.region)
    instructed(ready_application(call, world.lille))
    make_members(commission, 2)
    officer = make_officer(world.region)
    session = sessions.prepare(
        by=officer, call=call, commission=commission, data=sessions.SessionData(soon(), 90, "Salle")
    )
    session = convening.convene(by=officer, session=session)
    later = sessions.SessionData(soon() + datetime.timedelta(hours=3), 90, "Salle")
    moved, _ = sessions.change(by=officer_again(officer), session=session, data=later, seen=None)
    convening.tell_members(session=moved, what="changement")
    _drain()
    assert [m.subject.split(" ")[0] for m in mail.outbox] == ["Changement", "Changement"]
    with system():
        assert AmiSessionMember.objects.filter(session=session).count() == 2
    assert ics.FOLD == 75
