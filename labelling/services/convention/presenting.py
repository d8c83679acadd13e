"""Show a text for signature: what changes, who must sign again, said before it is done (GUIDE p. 15).

The text shown is kept for ever with its fingerprint; signatures count for the text they were given on.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_convention import Capacity, ConventionState, PartyNeed
from labelling.models import Convention, ConventionParty, ConventionSignatory, ConventionText
from labelling.services.call_versions import Change
from labelling.services.convention import acts, differences, drafting, events, inviting
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.typography import counted
from territories.access import Actor

SHORTEST = 200


@dataclass(frozen=True)
class Preview:
    """The text that would be shown, what it changes, who signed and must sign again, what is missing."""

    text: str
    sha256: str
    changes: list[Change]
    again: list[ConventionSignatory]
    invited: list[ConventionSignatory]
    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    same: bool = False
    # The changes are those an avenant brings to the convention in force.
    amends: bool = False


def preview(by: Actor, convention: Convention) -> Preview:
    """What presenting the working text would do, now."""
    parties = list(ConventionParty.objects.visible_to(by).filter(convention=convention, removed_at=None))
    signatories = list(
        ConventionSignatory.objects.visible_to(by)
        .filter(convention=convention)
        .in_force()
        .with_signed()
        .select_related("party")
    )
    text = drafting.fill(by, convention, parties)
    same = bool(convention.text) and text == convention.text
    signed = amended_text(by, convention)
    before = convention.text or signed
    missing = _missing(convention, text, parties, signatories)
    if signed and text == signed:
        missing.append("Modifiez le texte : cet avenant dit la même chose que la convention signée.")
    return Preview(
        text=text,
        sha256=drafting.fingerprint(text),
        changes=[] if same or not before else differences.between(before, text),
        again=[] if same else [one for one in signatories if one.signed],
        invited=[one for one in signatories if not (same and one.signed)],
        missing=missing,
        warnings=_not_named(text, parties),
        same=same,
        amends=bool(signed) and not convention.text,
    )


def amended_text(by: Actor, convention: Convention) -> str:
    """The signed text that an avenant changes; empty for a convention."""
    if convention.parent_id is None:
        return ""
    rows = Convention.objects.visible_to(by).filter(pk=convention.parent_id)
    return rows.values_list("text", flat=True).first() or ""


def _missing(
    convention: Convention,
    text: str,
    parties: list[ConventionParty],
    signatories: list[ConventionSignatory],
) -> list[str]:
    found = []
    if len(parties) < 2:
        found.append("Ajoutez au moins deux organisations : la convention engage plusieurs parties.")
    for party in parties:
        mine = [one for one in signatories if one.party_id == party.pk]
        if not mine:
            found.append(f"{party.name} : nommez au moins un signataire.")
        elif party.need == PartyNeed.DEUX and {one.capacity for one in mine} != set(Capacity.values):
            found.append(f"{party.name} : il faut un élu et un responsable administratif.")
    if len(text) < SHORTEST:
        found.append("Écrivez le texte de la convention.")
    left = drafting.marks_left(text)
    if left:
        found.append(f"Remplacez dans le texte : [[{']], [['.join(left)}]].")
    return found


def _not_named(text: str, parties: list[ConventionParty]) -> list[str]:
    flat = " ".join(text.split()).casefold()
    return [
        f"Le texte ne nomme pas « {party.name} »."
        for party in parties
        if " ".join(party.name.split()).casefold() not in flat
    ]


def present(*, by: Actor, convention: Convention, seen: str, reason: str = "") -> Convention:
    """Show the working text for signature and send each signatory its link.

    ``seen``: fingerprint of the text that was on the confirmation page; another text now raises ``Conflict``.
    ``reason`` is asked when a text was shown before. The same text again re-opens nothing.
    """
    try:
        with transaction.atomic():
            locked = acts.lock(by, convention)
            return _present(by, locked, seen, reason)
    except IntegrityError as error:
        raise acts.rule_broken(error) from error


def _present(by: Actor, locked: Convention, seen: str, reason: str) -> Convention:
    found = preview(by, locked)
    if found.missing or found.warnings:
        raise Refused(" ".join([*found.missing, *found.warnings]))
    if found.sha256 != seen:
        raise Conflict(
            "Le texte ou la liste des parties a changé pendant que vous relisiez : relisez, puis confirmez."
        )
    if found.same and locked.state == ConventionState.SIGNATURE:
        raise Refused("C’est déjà le texte présenté à la signature : rien ne change.")
    if found.same and not _same_parties(by, locked):
        raise Refused("La liste des parties a changé : modifiez le texte avant de le présenter.")
    said = acts.check_reason(reason) if locked.text and not found.same else ""
    if not found.same:
        _keep(by, locked, found, said)
    locked.state, locked.opened_at = ConventionState.SIGNATURE, timezone.now()
    locked.save(update_fields=["state", "opened_at", "text", "text_number", "sha256"])
    again = {one.pk for one in found.again}
    words = f"Texte n°\u00a0{locked.text_number} présenté à la signature"
    if again:
        words += f" : {counted(len(again), 'signature est à redonner', 'signatures sont à redonner')}"
    acts.leave(by, locked, "presentee", words, said)
    for one in found.invited:
        inviting.send_link(by, locked, one, "texte" if locked.text_number > 1 else "invitation")
    locked.refresh_from_db(fields=["state", "completed_at"])
    if locked.state == ConventionState.SIGNEE:
        events.completed(locked)
    return locked


def _same_parties(by: Actor, locked: Convention) -> bool:
    rows = ConventionParty.objects.visible_to(by).filter(convention=locked, removed_at=None)
    now = sorted(rows.values_list("organisation_id", flat=True))
    shown = ConventionText.objects.visible_to(by).filter(convention=locked, number=locked.text_number)
    return list(shown.values_list("parties", flat=True)) == [now]


def _keep(by: Actor, locked: Convention, found: Preview, reason: str) -> None:
    number = locked.text_number + 1
    ConventionText(
        convention=locked,
        territory_id=locked.territory_id,
        number=number,
        text=found.text,
        sha256=found.sha256,
        parties=[],
        reason=reason if number > 1 else "",
        by_label=by.label or "Système",
    ).save(force_insert=True)
    locked.text, locked.sha256, locked.text_number = found.text, found.sha256, number


def take_back(*, by: Actor, convention: Convention, reason: str) -> Convention:
    """Back to project: nobody signs meanwhile; what was signed counts again if the same text comes back."""
    said = acts.check_reason(reason)
    with transaction.atomic():
        locked = acts.lock(by, convention, ConventionState.SIGNATURE)
        locked.state = ConventionState.PROJET
        locked.save(update_fields=["state"])
        acts.leave(by, locked, "reprise", "Retirée de la signature pour être retravaillée", said)
    return locked
