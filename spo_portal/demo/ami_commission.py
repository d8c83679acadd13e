"""Sessions of the demonstration: one convened, others held, their minutes approved."""

import datetime
from dataclasses import replace

from django.utils import timezone

from labelling.documents.minutes import minutes_pdf
from labelling.enums_ami import Opinion, Presence
from labelling.models import AmiApplication, AmiSession
from labelling.services import convening, minutes, presence, sessions, votes
from spo_portal.demo import ami_dates
from spo_portal.demo import ami_texts as texts
from spo_portal.demo.ami_cast import Cast
from spo_portal.demo.ami_files import acting
from spo_portal.kernel.typography import moment

PLACE = "Hôtel de Région, salle des commissions"


def convene(cast: Cast, files: list[AmiApplication], when: datetime.datetime) -> AmiSession:
    """A session on these files of one commission, its members convened."""
    with acting(cast.officer) as by:
        rows = AmiApplication.objects.visible_to(by).select_related("call", "commission")
        file = rows.get(pk=files[0].pk)
        data = sessions.SessionData(when, 120, PLACE)
        session = sessions.prepare(
            by=by, call=file.call, commission=file.commission, data=data, all_waiting=False
        )
        for one in files:
            sessions.add_item(by=by, session=session, application=one)
        convening.add_member(by=by, session=session, label="Secrétariat de la commission")
        return convening.convene(by=by, session=session)


def hold(cast: Cast, files: list[AmiApplication], *, ago: int) -> AmiSession:
    """A session held so many days ago: present, votes, avis, closed, minutes approved two days later."""
    now = timezone.localtime()
    session = convene(cast, files, now + datetime.timedelta(hours=1))
    day = now - datetime.timedelta(days=ago)
    ami_dates.session_was(
        session, days=ago, starts_at=day.replace(hour=9, minute=30, second=0, microsecond=0)
    )
    with acting(cast.officer) as by:
        here = {m.pk: Presence.PRESENT for m in session.members.all()}
        presence.set_presence(by=by, session=session, presence=here, seen=None)
        for rank, item in enumerate(session.items.order_by("position")):
            voters = presence.rooms(by=by, session=session)[item.pk].voters
            opinion = Opinion.RESERVE if rank == 1 else Opinion.FAVORABLE
            apart = int(rank == 1 and voters > 1)
            votes.give_avis(
                by=by,
                item=item,
                vote=votes.Vote(voters - apart, 0, apart),
                opinion=opinion,
                text=texts.AVIS[opinion],
                seen=None,
                presentation=texts.PRESENTATION,
            )
        votes.close(by=by, session=session, opening=texts.OPENING, seen=None)
    _approve(cast, session, now - datetime.timedelta(days=max(ago - 2, 0)))
    ami_dates.session_ended(session, held=ago, approved=max(ago - 2, 0))
    return session


def _approve(cast: Cast, session: AmiSession, day: datetime.datetime) -> None:
    """By a member that was there; the document bears the day it stands for."""
    with acting(cast.members[session.commission_id][0]) as by:
        rows = AmiSession.objects.visible_to(by).select_related("call__region", "commission")
        held = rows.get(pk=session.pk)
        mark = minutes.mark_of(minutes.compose(by=by, session=held))
        locked, said = minutes.ready(by=by, session=held, mark=mark)
        said = replace(minutes.approved_now(said, by=by), approved=moment(day))
        minutes.approve(by=by, session=locked, pdf=minutes_pdf(said, region=cast.region))
