"""Organisations that commit themselves, and who signs for each (GUIDE p. 15).

The parties are part of what is signed: changing them while the convention is out takes it back to project,
and its text must then name them. A signatory added, removed or corrected leaves the signatures of the others.
"""

from django.db import transaction
from django.db.models import Max
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.enums_convention import Capacity, ConventionState, PartyNeed
from labelling.models import Convention, ConventionParty, ConventionSignatory
from labelling.services.convention import acts, events, inviting
from spo_portal.kernel.errors import Refused
from territories.access import Actor
from territories.models import Organisation, Site

PARTIES_MAX, SIGNATORIES_MAX, FUNCTION_MAX = 60, 8, 160
GONE = "Cette ligne a été retirée entre-temps. Rechargez la page."


def may_join(by: Actor, convention: Convention) -> list[Organisation]:
    """Organisations of the territory's places, that are not parties yet and are no training body."""
    here = Site.objects.visible_to(by).for_territory(convention.territory_id).open_to_public()
    taken = ConventionParty.objects.visible_to(by).filter(convention=convention, removed_at=None)
    rows = Organisation.objects.visible_to(by).filter(
        pk__in=here.values("organisation_id"), is_training_body=False
    )
    return list(rows.exclude(pk__in=taken.values("organisation_id")).order_by("name"))


def add_parties(
    *, by: Actor, convention: Convention, organisations: list[Organisation], need: str = PartyNeed.UN
) -> list[ConventionParty]:
    """Add organisations of the directory. Out for signature, the convention goes back to project."""
    if not organisations:
        raise Refused("Choisissez au moins une organisation.", "organisations")
    if need not in PartyNeed.values:
        raise Refused("Choisissez les signatures demandées.", "need")
    known = {one.pk for one in may_join(by, convention)}
    if any(one.pk not in known for one in organisations):
        raise Refused(
            "Une de ces organisations est déjà partie, ou n’a pas de lieu sur ce territoire.", "organisations"
        )
    try:
        with transaction.atomic():
            locked = acts.lock(by, convention)
            rows = ConventionParty.objects.visible_to(by).filter(convention=locked)
            if rows.filter(removed_at=None).count() + len(organisations) > PARTIES_MAX:
                raise Refused(f"Une convention compte {PARTIES_MAX} parties au plus.")
            last = rows.aggregate(last=Max("order"))["last"] or 0
            made = []
            for order, one in enumerate(organisations, last + 1):
                party = ConventionParty(
                    convention=locked,
                    territory_id=locked.territory_id,
                    region_id=locked.region_id,
                    organisation=one,
                    name=one.name,
                    order=order,
                    need=need,
                )
                party.save()
                made.append(party)
                acts.leave(by, locked, "partie_ajoutee", f"Partie ajoutée : {one.name}")
            _back_to_project(by, locked)
    except IntegrityError as error:
        raise acts.rule_broken(error) from error
    return made


def remove_party(*, by: Actor, convention: Convention, party: ConventionParty, reason: str) -> None:
    """Take an organisation off: its trace stays, its links die, its signatures count no more."""
    said = acts.check_reason(reason)
    with transaction.atomic():
        locked = acts.lock(by, convention)
        kept = _party(by, locked, party)
        rows = ConventionSignatory.objects.visible_to(by).filter(party=kept, removed_at=None)
        for one in rows:
            _withdraw(by, locked, one, f"Organisation retirée : {said}"[: acts.REASON_MAX])
        kept.removed_at, kept.removed_reason, kept.removed_by_label = timezone.now(), said, by.label
        kept.save(update_fields=["removed_at", "removed_reason", "removed_by_label"])
        acts.leave(by, locked, "partie_retiree", f"Partie retirée : {kept.name}", said)
        _back_to_project(by, locked)


def set_need(*, by: Actor, convention: Convention, party: ConventionParty, need: str) -> None:
    """How many signatures a party asks of itself: an elected and an administrative one, or one at least."""
    if need not in PartyNeed.values:
        raise Refused("Choisissez les signatures demandées.", "need")
    with transaction.atomic():
        locked = acts.lock(by, convention)
        kept = _party(by, locked, party)
        kept.need = need
        kept.save(update_fields=["need"])
        words = f"{kept.name} demande : {kept.get_need_display().lower()}"
        acts.leave(by, locked, "partie_demande", words)


def add_signatory(
    *, by: Actor, convention: Convention, party: ConventionParty, capacity: str, function: str, email: str
) -> ConventionSignatory:
    """Name who signs for a party. Out for signature, its link leaves at once; the others need do nothing."""
    said, address = _contact(capacity, function, email)
    with transaction.atomic():
        locked = acts.lock(by, convention)
        kept = _party(by, locked, party)
        mine = ConventionSignatory.objects.visible_to(by).filter(party=kept, removed_at=None)
        if mine.count() >= SIGNATORIES_MAX:
            raise Refused(f"Une partie compte {SIGNATORIES_MAX} signataires au plus.")
        if mine.filter(email__iexact=address, function__iexact=said).exists():
            raise Refused("Ce signataire est déjà inscrit pour cette organisation.", "email")
        made = ConventionSignatory(
            convention=locked,
            party=kept,
            territory_id=locked.territory_id,
            region_id=locked.region_id,
            capacity=capacity,
            function=said,
            email=address,
        )
        made.save()
        acts.leave(by, locked, "signataire_ajoute", f"Signataire ajouté : {said}, {kept.name}")
        if locked.state == ConventionState.SIGNATURE:
            inviting.send_link(by, locked, made, "invitation")
    return made


def correct_contact(
    *,
    by: Actor,
    convention: Convention,
    signatory: ConventionSignatory,
    capacity: str,
    function: str,
    email: str,
) -> ConventionSignatory:
    """Correct an address or a function: what was signed stays signed.

    Another address gets a link of its own, and the former link dies: it may be in somebody else's box.
    """
    said, address = _contact(capacity, function, email)
    with transaction.atomic():
        locked = acts.lock(by, convention)
        kept = _signatory(by, locked, signatory)
        if (kept.capacity, kept.function, kept.email) == (capacity, said, address):
            return kept
        moved = kept.email.casefold() != address.casefold()
        kept.capacity, kept.function, kept.email = capacity, said, address
        kept.save(update_fields=["capacity", "function", "email"])
        acts.leave(by, locked, "contact_corrige", f"Coordonnées corrigées : {said}, {kept.party.name}")
        signed = ConventionSignatory.objects.visible_to(by).filter(pk=kept.pk).expected()
        if moved and locked.state == ConventionState.SIGNATURE and signed.exists():
            inviting.send_link(by, locked, kept, "renvoi", fresh=True)
        elif moved and kept.token_hash:
            inviting.renew(by, kept, fresh=True)
    return kept


def remove_signatory(
    *, by: Actor, convention: Convention, signatory: ConventionSignatory, reason: str
) -> Convention:
    """Take a signatory off in mid-course: a trace stays, a signature given stays but counts no more.

    Out for signature, a party keeps the signatories it asks for. When those who are left have all signed,
    the convention is signed.
    """
    said = acts.check_reason(reason)
    with transaction.atomic():
        locked = acts.lock(by, convention)
        kept = _signatory(by, locked, signatory)
        if locked.state == ConventionState.SIGNATURE:
            _check_left(by, kept)
        _withdraw(by, locked, kept, said)
        acts.leave(
            by, locked, "signataire_retire", f"Signataire retiré : {kept.function}, {kept.party.name}", said
        )
        locked.refresh_from_db(fields=["state", "completed_at"])
        if locked.state == ConventionState.SIGNEE:
            events.completed(locked)
    return locked


def ends_by_removal(by: Actor, convention: Convention, signatory: ConventionSignatory) -> bool:
    """Removing this signatory would make the convention signed: those who are left have all signed."""
    if convention.state != ConventionState.SIGNATURE:
        return False
    return [one.pk for one in inviting.expected(by, convention)] == [signatory.pk]


def _check_left(by: Actor, leaving: ConventionSignatory) -> None:
    rows = ConventionSignatory.objects.visible_to(by).filter(party_id=leaving.party_id, removed_at=None)
    left = list(rows.exclude(pk=leaving.pk))
    if not left:
        raise Refused(
            "C’est le seul signataire de cette organisation : ajoutez d’abord celui qui le remplace,"
            " ou retirez l’organisation."
        )
    if leaving.party.need == PartyNeed.DEUX and {one.capacity for one in left} != set(Capacity.values):
        raise Refused(
            "Cette organisation demande un élu et un responsable administratif : ajoutez d’abord celui qui le"
            " remplace."
        )


def _withdraw(by: Actor, locked: Convention, signatory: ConventionSignatory, reason: str) -> None:
    signatory.removed_at, signatory.removed_reason = timezone.now(), reason
    signatory.removed_by_label = by.label or "Système"
    signatory.save(update_fields=["removed_at", "removed_reason", "removed_by_label"])
    if signatory.token_hash:
        events.notify(locked, "retrait", signatory=signatory.pk)


def _back_to_project(by: Actor, locked: Convention) -> None:
    if locked.state == ConventionState.SIGNATURE:
        locked.state = ConventionState.PROJET
        locked.save(update_fields=["state"])
        acts.leave(by, locked, "reprise", "Retirée de la signature : la liste des parties a changé")


def _party(by: Actor, locked: Convention, party: ConventionParty) -> ConventionParty:
    rows = ConventionParty.objects.visible_to(by).filter(convention=locked, removed_at=None)
    found = rows.filter(pk=party.pk).first()
    if found is None:
        raise Refused(GONE)
    return found


def _signatory(by: Actor, locked: Convention, signatory: ConventionSignatory) -> ConventionSignatory:
    rows = ConventionSignatory.objects.visible_to(by).filter(convention=locked).in_force()
    found = rows.select_related("party").filter(pk=signatory.pk).first()
    if found is None:
        raise Refused(GONE)
    return found


def _contact(capacity: str, function: str, email: str) -> tuple[str, str]:
    said = acts.cleaned(function, "function", FUNCTION_MAX)
    if capacity not in Capacity.values:
        raise Refused("Choisissez la qualité du signataire.", "capacity")
    if not said:
        raise Refused("Écrivez la fonction, par exemple « Présidence de la mission locale ».", "function")
    return said, email.strip()
