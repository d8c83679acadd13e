"""Where a convention is: for its board, for the label dossier, for whoever checks a fingerprint."""

import datetime
import json
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from labelling.enums_convention import Answer, ConventionKind, ConventionState, PartyNeed, SignatoryState
from labelling.models import (
    Convention,
    ConventionParty,
    ConventionSignatory,
    ConventionSignature,
)
from territories.access import Actor
from territories.models import Territory

S = SignatoryState


@dataclass(frozen=True)
class Line:
    """A signatory and where it is; ``signature`` of the present text, ``former`` of an earlier one."""

    signatory: ConventionSignatory
    state: SignatoryState
    signature: ConventionSignature | None = None
    refusal: ConventionSignature | None = None
    former: ConventionSignature | None = None

    @property
    def other_function(self) -> bool:
        """Signed under another function than the one invited: for the coordinator to look at."""
        if self.signature is None:
            return False
        return _flat(self.signature.function) != _flat(self.signatory.function)


@dataclass(frozen=True)
class PartyLine:
    """A party with its signatories in force."""

    party: ConventionParty
    lines: list[Line]

    @property
    def signed(self) -> int:
        return sum(line.state == S.SIGNE for line in self.lines)

    @property
    def complete(self) -> bool:
        if not self.lines or self.signed < len(self.lines):
            return False
        return self.party.need != PartyNeed.DEUX or len({line.signatory.capacity for line in self.lines}) > 1


@dataclass(frozen=True)
class Board:
    """The progress of a convention, party by party; ``removed``: what left in mid-course."""

    parties: list[PartyLine]
    removed: list[Line] = field(default_factory=list)
    parties_removed: list[ConventionParty] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [line for party in self.parties for line in party.lines]

    @property
    def expected(self) -> int:
        return len(self.lines)

    @property
    def signed(self) -> int:
        return sum(line.state == S.SIGNE for line in self.lines)

    @property
    def refused(self) -> int:
        return sum(line.state == S.REFUSE for line in self.lines)

    @property
    def complete_parties(self) -> int:
        return sum(party.complete for party in self.parties)


def board(by: Actor, convention: Convention) -> Board:
    """Three statements, whatever the number of parties."""
    parties = list(ConventionParty.objects.visible_to(by).filter(convention=convention))
    signatories = ConventionSignatory.objects.visible_to(by).filter(convention=convention)
    answers: dict[int, list[ConventionSignature]] = {}
    for one in ConventionSignature.objects.visible_to(by).filter(convention=convention):
        answers.setdefault(one.signatory_id, []).append(one)
    lines: dict[int, list[Line]] = {}
    removed: list[Line] = []
    by_key = {party.pk: party for party in parties}
    for signatory in signatories:
        signatory.party = by_key[signatory.party_id]
        signatory.convention = convention
        line = _line(signatory, convention, answers.get(signatory.pk, []))
        if line.state == S.RETIRE:
            removed.append(line)
        else:
            lines.setdefault(signatory.party_id, []).append(line)
    kept = [PartyLine(party, lines.get(party.pk, [])) for party in parties if party.removed_at is None]
    return Board(kept, removed, [party for party in parties if party.removed_at is not None])


def _line(signatory: ConventionSignatory, convention: Convention, answers: list[ConventionSignature]) -> Line:
    signed = [one for one in answers if one.answer == Answer.SIGNE]
    now = next((one for one in signed if one.sha256 == convention.sha256), None)
    refusals = [
        one
        for one in answers
        if one.answer == Answer.REFUSE and one.sha256 == convention.sha256 and one.nonce == signatory.nonce
    ]
    former = next((one for one in reversed(signed) if one is not now), None)
    return Line(
        signatory, _state(signatory, now, bool(refusals)), now, refusals[-1] if refusals else None, former
    )


def _state(
    signatory: ConventionSignatory, signed: ConventionSignature | None, refused: bool
) -> SignatoryState:
    if signatory.removed_at is not None or signatory.party.removed_at is not None:
        return S.RETIRE
    if signed is not None:
        return S.SIGNE
    if refused:
        return S.REFUSE
    if signatory.token_hash is None:
        return S.A_INVITER
    if signatory.expires_at is None or signatory.expires_at <= timezone.now():
        return S.EXPIRE
    return S.OUVERT if signatory.opened_at else S.INVITE


@dataclass(frozen=True)
class TerritoryConvention:
    """What the label dossier says of its convention: the one in force, else the one being signed or written.

    ``working``: a project or a signature under way beside it. Counts are those of ``convention``.
    """

    convention: Convention
    working: Convention | None
    signed: int
    expected: int

    @property
    def is_signed(self) -> bool:
        """Signed by all: the dossier may be submitted with it."""
        return self.convention.state == ConventionState.SIGNEE

    @property
    def in_force(self) -> bool:
        """Signed, and today is between its first and last days."""
        today = timezone.localdate()
        first, last = self.convention.starts_on, self.convention.ends_on
        return self.is_signed and (first is None or first <= today) and (last is None or today <= last)

    @property
    def label(self) -> str:
        """« Convention n° 1, signée » or « Convention n° 1, à la signature : 3 sur 8 »."""
        words = f"{self.convention.name}, {self.convention.get_state_display().lower()}"
        if self.convention.state == ConventionState.SIGNATURE:
            words += f"\u00a0: {self.signed} sur {self.expected}"
        return words


def of_territory(by: Actor, territory: Territory) -> TerritoryConvention | None:
    """The territory's convention as the label dossier needs it; None when none was ever opened."""
    rows = list(
        Convention.objects.visible_to(by)
        .for_territory(territory)
        .filter(state__in=[ConventionState.SIGNEE, ConventionState.SIGNATURE, ConventionState.PROJET])
        .defer("pdf")
    )
    if not rows:
        return None
    signed = next((one for one in rows if one.state == ConventionState.SIGNEE), None)
    working = next((one for one in rows if one.state != ConventionState.SIGNEE), None)
    chosen = signed or working
    if chosen is None:
        return None
    found = ConventionSignatory.objects.visible_to(by).filter(convention=chosen).in_force().with_signed()
    flags = list(found.values_list("signed", flat=True))
    return TerritoryConvention(chosen, working if signed else None, sum(flags), len(flags))


@dataclass(frozen=True)
class Checked:
    """What the holder of a fingerprint may know: no name of a person."""

    found: str
    name: str
    title: str
    territory: str
    region_id: int
    state: str
    text_number: int
    latest: bool
    shown_at: datetime.datetime
    completed_at: datetime.datetime | None
    starts_on: datetime.date | None
    ends_on: datetime.date | None
    bodies: list[dict[str, object]]

    @property
    def in_force(self) -> bool:
        return self.latest and self.state == ConventionState.SIGNEE

    @property
    def signed(self) -> bool:
        return self.latest and self.completed_at is not None

    @property
    def signed_bodies(self) -> int:
        return sum(bool(body["signe"]) for body in self.bodies)


def check(sha256: str) -> Checked | None:
    """The convention whose text or signed document has that fingerprint."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM labelling_convention_check(%s)", [sha256])
        row = cursor.fetchone()
    if row is None:
        return None
    found, kind, number, rank, title, territory, region_id, state, text_number, latest, *rest = row
    shown_at, completed_at, starts_on, ends_on, bodies = rest
    listed = json.loads(bodies) if isinstance(bodies, str) else bodies or []
    for body in listed:
        body["signe"] = datetime.datetime.fromisoformat(body["signe"]) if body["signe"] else None
    name = Convention(kind=ConventionKind(kind), number=number, rank=rank).name
    return Checked(
        found, name, title, territory, region_id, state, text_number, latest, shown_at, completed_at,
        starts_on, ends_on, listed,
    )  # fmt: skip


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()
