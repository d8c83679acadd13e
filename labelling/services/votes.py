"""One point of the agenda: presentation, vote, avis, taken back before the minutes are approved."""

from dataclasses import dataclass

from django.db import transaction
from django.db.utils import IntegrityError

from labelling.enums_ami import Opinion, SessionState
from labelling.models import AmiApplication, AmiDecision, AmiSession, AmiSessionItem, Avis
from labelling.permissions import Perm
from labelling.services import clock, moves
from labelling.services.presence import Room, rooms
from labelling.services.sessions import check_day, leave_trace, lock, said, unchanged
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor, require


@dataclass(frozen=True)
class Vote:
    """Hands raised. Their sum is the voters' number."""

    votes_for: int
    votes_against: int
    abstentions: int

    @property
    def total(self) -> int:
        return self.votes_for + self.votes_against + self.abstentions


def save_presentation(*, by: Actor, item: AmiSessionItem, text: str, seen: int | None) -> AmiSessionItem:
    """What was presented and said, for the minutes."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        _, locked = _point(by, item, SessionState.CONVOQUEE, SessionState.TENUE)
        unchanged(locked, seen)
        locked.presentation = said(text, "presentation", 4000, multiline=True)
        locked.version += 1
        locked.save(update_fields=["presentation", "version"])
    return locked


def _point(by: Actor, item: AmiSessionItem, *states: SessionState) -> tuple[AmiSession, AmiSessionItem]:
    """The session, then the point, both held: two officers write one after the other."""
    session = lock(by, item.session, *states)
    rows = AmiSessionItem.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("application").filter(pk=item.pk, session=session).first()
    if found is None:
        raise Conflict("Ce point n’est plus à l’ordre du jour.")
    return session, found


def check_vote(room: Room, vote: Vote) -> None:
    """Without quorum no vote; the votes are those of the voters (present, less recused)."""
    if not room.reached:
        raise Refused(
            f"Le quorum n’est pas atteint sur ce dossier : {counted(room.voters, 'votant')} pour un quorum"
            f" de {room.quorum}. Le point est reporté à une autre séance.",
            "pour",
        )
    if min(vote.votes_for, vote.votes_against, vote.abstentions) < 0 or vote.total != room.voters:
        recused = f", {counted(room.recused, 'récusé')}" if room.recused else ""
        raise Refused(
            f"Le compte ne tombe pas juste : {counted(vote.total, 'voix exprimée', 'voix exprimées')} pour"
            f" {counted(room.voters, 'votant')} ({counted(room.present, 'présent')}{recused}).",
            "pour",
        )


def give_avis(
    *,
    by: Actor,
    item: AmiSessionItem,
    vote: Vote,
    opinion: Opinion,
    text: str,
    seen: int | None,
    presentation: str | None = None,
) -> Avis:
    """Write down the vote and the avis it gives; the file moves to « avis rendu ». Raises ``Refused`` without
    quorum, when votes don't add up or without a text; ``Conflict`` when somebody saved in between."""
    require(by, Perm.HOLD_SESSION)
    words = said(text, "avis", 2000, multiline=True)
    if len(words) < 10:
        raise Refused("Écrivez l’avis : le porteur le lira à la publication des décisions.", "avis")
    try:
        with transaction.atomic():
            session, locked = _point(by, item, SessionState.CONVOQUEE, SessionState.TENUE)
            check_day(session)
            if Avis.objects.visible_to(by).filter(item=locked).exists():
                raise Conflict("Un avis est déjà enregistré sur ce point. Rechargez la page.")
            unchanged(locked, seen)
            room = rooms(by=by, session=session)[locked.pk]
            check_vote(room, vote)
            if presentation is not None:
                locked.presentation = said(presentation, "presentation", 4000, multiline=True)
            locked.votes_for, locked.votes_against = vote.votes_for, vote.votes_against
            locked.abstentions, locked.postponed = vote.abstentions, ""
            locked.version += 1
            locked.save(
                update_fields=[
                    "presentation",
                    "votes_for",
                    "votes_against",
                    "abstentions",
                    "postponed",
                    "version",
                ]
            )
            avis = Avis(
                application=locked.application,
                item=locked,
                opinion=opinion,
                text=words,
                present=room.present,
                recused=room.recused,
                given_at=clock.now(),
                given_by_label=by.label or "Système",
            )
            avis.save(force_insert=True)
            moves.move(by=by, application=locked.application, key="rendre_avis")
            leave_trace(by, session, "avis", dossier=locked.application_id)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return avis


def take_back(*, by: Actor, item: AmiSessionItem, reason: str) -> AmiApplication:
    """« Reprendre l’avis » before the minutes are approved, with its reason; the vote is to be done again."""
    require(by, Perm.HOLD_SESSION)
    try:
        with transaction.atomic():
            session, locked = _point(by, item, SessionState.CONVOQUEE, SessionState.TENUE)
            avis = Avis.objects.visible_to(by).select_for_update().filter(item=locked).first()
            if avis is None:
                raise Conflict("Aucun avis n’est enregistré sur ce point. Rechargez la page.")
            if AmiDecision.objects.visible_to(by).filter(avis=avis).exists():
                raise Refused("Une décision s’appuie sur cet avis : il ne se reprend plus.")
            avis.delete()
            locked.votes_for = locked.votes_against = locked.abstentions = None
            locked.version += 1
            locked.save(update_fields=["votes_for", "votes_against", "abstentions", "version"])
            file = moves.move(by=by, application=locked.application, key="reprendre_avis", comment=reason)
            leave_trace(by, session, "avis_taken_back", dossier=locked.application_id)
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return file


def close(*, by: Actor, session: AmiSession, opening: str, seen: int | None) -> AmiSession:
    """The session is held: points without an avis go back to a later one, with the reason why."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, session, SessionState.CONVOQUEE)
        check_day(locked)
        unchanged(locked, seen)
        found = rooms(by=by, session=locked)
        if not found[0].present:
            raise Refused("Notez d’abord qui est présent.")
        given = set(
            Avis.objects.visible_to(by).filter(item__session=locked).values_list("item_id", flat=True)
        )
        for item in locked.items.all():
            if item.pk not in given:
                _postpone(by, item, found[item.pk])
        locked.state = SessionState.TENUE
        locked.held_at = clock.now()
        locked.opening = said(opening, "ouverture", 4000, multiline=True)
        locked.version += 1
        locked.save(update_fields=["state", "held_at", "opening", "version"])
        leave_trace(by, locked, "held", avis=len(given))
    return locked


def _postpone(by: Actor, item: AmiSessionItem, room: Room) -> None:
    why = "Point reporté : la commission n’a pas rendu d’avis."
    if not room.reached:
        short = f"{counted(room.voters, 'votant')} pour un quorum de {room.quorum}"
        why = f"Point reporté faute de quorum : {short}."
    AmiSessionItem.objects.visible_to(by).filter(pk=item.pk).update(postponed=why)


def reopen(*, by: Actor, session: AmiSession) -> AmiSession:
    """Open again a session closed too early, before its minutes are approved."""
    require(by, Perm.HOLD_SESSION)
    with transaction.atomic():
        locked = lock(by, session, SessionState.TENUE)
        locked.state = SessionState.CONVOQUEE
        locked.version += 1
        locked.save(update_fields=["state", "version"])
        AmiSessionItem.objects.visible_to(by).filter(session=locked).update(postponed="")
        leave_trace(by, locked, "reopened")
    return locked
