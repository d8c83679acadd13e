"""The partner's answer on its link: once, by whoever holds it; then the receipts (AMI §2)."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from labelling.enums_ami import ContributionState
from labelling.models import AmiContribution
from labelling.services import moves, notices
from labelling.services.partner_links import derive, digest_of
from labelling.services.partners import ANSWERED, TEXT_MAX, cleaned
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import personal_looking
from territories.access import SYSTEM_ACTOR

ANSWER = "labelling.partner_answered"
WORD_MAX, FUNCTION_MAX = 600, 120
S = ContributionState
WORDS = {
    S.CONFIRMEE: "{name} confirme sa contribution.",
    S.MODIFIEE: "{name} confirme sa contribution en la modifiant.",
    S.DECLINEE: "{name} décline : sa contribution n’est pas confirmée.",
}


def answer(*, token: str, choice: str, amended: str = "", word: str = "", answered_as: str = "") -> None:
    """Keep the partner's answer. The transaction's scope holds the link's hash, and nothing else.

    ``choice`` is confirmee, modifiee or declinee. Raises ``Refused`` for what is typed, ``Conflict`` when the
    link was answered or replaced in between: of two answers in the same second, one is kept.
    """
    if choice not in ANSWERED:
        raise Refused("Choisissez votre réponse.", "choice")
    text = cleaned(amended, "amended", TEXT_MAX, multiline=True) if choice == S.MODIFIEE else ""
    said = cleaned(word, "word", WORD_MAX)
    function = cleaned(answered_as, "answered_as", FUNCTION_MAX)
    if choice == S.MODIFIEE and not text:
        raise Refused("Écrivez ce que vous apportez, comme il faut le lire.", "amended")
    if choice == S.DECLINEE and len(said) < 5:
        raise Refused("Dites en quelques mots pourquoi : le porteur lira ce mot.", "word")
    if not function:
        raise Refused("Écrivez votre fonction, par exemple « direction ».", "answered_as")
    for finding in personal_looking(function, kept="le dossier"):
        raise Refused(finding.message, "answered_as")
    with transaction.atomic():
        waiting = AmiContribution.objects.by_token(digest_of(token)).filter(
            state=S.INVITEE, answered_at=None, expires_at__gt=Now()
        )
        found = waiting.order_by("pk").values_list("pk", flat=True).first()
        changed = waiting.update(
            state=choice, amended=text, reason=said, answered_as=function, answered_at=timezone.now()
        )
        if not changed or found is None:
            raise Conflict("Une réponse a déjà été donnée avec ce lien.")
        outbox.emit(ANSWER, tenant_id=None, payload={"contribution": found})


def on_invited(events: Sequence[outbox.Event]) -> None:
    """Mail the partner its link, unless another one was made since. System scope (worker)."""
    for event in events:
        row = _contribution(event)
        if row is None or row.state != S.INVITEE or row.nonce != event.payload.get("nonce"):
            continue
        link = settings.BASE_URL + reverse("ami_contribution", args=[derive(row.pk, row.nonce)])
        subject = f"Votre contribution au projet « {row.shown.get('projet', '')} »"
        notices.send(row.email, subject, "partenaire_invitation", {"row": row, "link": link})


def on_answered(events: Sequence[outbox.Event]) -> None:
    """Leave the step that tells the porteur, and ask for the partner's receipt. System scope (worker)."""
    for event in events:
        row = _contribution(event)
        if row is None or row.state not in ANSWERED:
            continue
        words = WORDS[S(row.state)].format(name=row.partner_name)
        said = f"{words} {row.reason}".strip()
        moves.leave_step(
            by=SYSTEM_ACTOR, application=row.application, key="partenaire_repond", comment=said, told=True
        )
        notices.send(
            row.email,
            f"Votre réponse est enregistrée : « {row.shown.get('projet', '')} »",
            "partenaire_recu",
            {"row": row, "text": row.amended or row.text},
        )


def _contribution(event: outbox.Event) -> AmiContribution | None:
    rows = AmiContribution.objects.for_system().select_related("application__organisation")
    return rows.filter(pk=event.payload.get("contribution")).first()
