"""What a signatory does with its personal link: read the exact text, sign it, refuse it (GUIDE p. 15).

The link is the proof: rows are read and answered under the scope of its hash, and nothing else. The form
carries the fingerprint of the text that was on the page: signing another text is impossible.
"""

import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import IntegrityError

from labelling.enums_convention import Answer, ConventionState
from labelling.models import Convention, ConventionSignatory, ConventionSignature, ConventionText
from labelling.services import clock
from labelling.services.call_versions import Change
from labelling.services.convention import acts, differences, events
from labelling.services.partner_links import digest_of, scope_of
from spo_portal.kernel import outbox
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.tenancy.scope import Scope, scoped

NAME_MAX, FUNCTION_MAX, REASON_MAX = 120, 160, 600


class StaleText(Conflict):
    """The text on the page is not the one shown now: nothing is signed."""


@dataclass(frozen=True)
class Link:
    """What a link opens. ``answer``: what its holder already said of the present text.

    ``convention`` is None when the link has expired or was withdrawn; ``text`` is None outside a signature.
    """

    signatory: ConventionSignatory
    party: str
    convention: Convention | None
    shown: ConventionText | None
    answer: ConventionSignature | None
    last: ConventionSignature | None
    expired: bool

    @property
    def removed(self) -> bool:
        return self.signatory.removed_at is not None

    @property
    def can_answer(self) -> bool:
        return (
            self.convention is not None
            and self.convention.state == ConventionState.SIGNATURE
            and self.answer is None
        )


def read(token: str, *, opened: bool = False) -> Link | None:
    """What the link opens, or None when nobody knows it: mistyped, replaced or reported.

    ``opened``: note that its page was shown.
    """
    with scoped(scope_of(token)):
        rows = ConventionSignatory.objects.by_token(digest_of(token)).select_related("party")
        found = rows.order_by("pk").first()
        if found is None:
            return None
        expired = found.expires_at is None or found.expires_at <= clock.now()
        convention = (
            Convention.objects.by_token(digest_of(token)).select_related("region").order_by("pk").first()
        )
        answers = list(
            ConventionSignature.objects.by_token(digest_of(token))
            .filter(signatory=found)
            .exclude(answer=Answer.AUTRE_PERSONNE)
        )
        last = answers[-1] if answers else None
        answer = shown = None
        if convention is not None:
            texts = ConventionText.objects.by_token(digest_of(token))
            shown = texts.filter(number=convention.text_number).first()
            answer = _answer_on(answers, convention.sha256, found.nonce)
            if opened and convention.state in (ConventionState.PROJET, ConventionState.SIGNATURE):
                _opened()
        return Link(found, found.party.name, convention, shown, answer, last, expired)


def _answer_on(answers: list[ConventionSignature], sha256: str, nonce: int) -> ConventionSignature | None:
    """A signature of this text; or a refusal of it by this very link (a new link asks again)."""
    mine = [one for one in answers if one.sha256 == sha256]
    signed = (one for one in mine if one.answer == Answer.SIGNE)
    return next(signed, None) or next((one for one in reversed(mine) if one.nonce == nonce), None)


def _opened() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT labelling_convention_link_opened()")


def changes_since(token: str, convention: Convention, sha256: str) -> list[Change] | None:
    """What changed since the text of that fingerprint; None when it was never shown."""
    with scoped(scope_of(token)):
        rows = ConventionText.objects.by_token(digest_of(token))
        old = rows.filter(sha256=sha256).order_by("-number").first()
    return differences.between(old.text, convention.text) if old else None


def amended_by(convention: Convention) -> list[Change]:
    """What an avenant changes to the signed text it follows; nothing for a convention.

    A link opens its own convention alone. The text in force, which every party to it holds, is read as the
    préfecture reads it: that row, nothing else.
    """
    if convention.parent_id is None:
        return []
    with scoped(Scope(seal=(convention.region_id,))):
        rows = Convention.objects.for_territory(convention.territory_id).filter(pk=convention.parent_id)
        before = rows.values_list("text", flat=True).first()
    return differences.between(before, convention.text) if before else []


def sign(*, token: str, sha256: str, name: str, function: str, agreed: bool, address: str) -> None:
    """Sign the text of that fingerprint. ``address``: the client's, kept as a keyed hash only.

    Raises ``StaleText`` when another text is shown now, ``Conflict`` when an answer was already given,
    ``Refused`` for what is typed.
    """
    said = acts.cleaned(name, "name", NAME_MAX)
    as_what = acts.cleaned(function, "function", FUNCTION_MAX)
    if len(said) < 2:
        raise Refused("Écrivez votre nom : il figure dans la convention signée.", "name")
    if not as_what:
        raise Refused("Écrivez votre fonction, par exemple « présidente ».", "function")
    if not agreed:
        raise Refused("Cochez la case : vous avez lu le texte et vous avez pouvoir de signer.", "agreed")
    _answer(token, Answer.SIGNE, sha256, address, name=said, function=as_what)


def refuse(*, token: str, sha256: str, name: str, function: str, reason: str, address: str) -> None:
    """Refuse the text of that fingerprint, and say why: the coordination reads it."""
    said = acts.check_reason(reason)
    who = acts.cleaned(name, "name", NAME_MAX)
    as_what = acts.cleaned(function, "function", FUNCTION_MAX)
    _answer(token, Answer.REFUSE, sha256, address, reason=said, name=who, function=as_what)


def not_me(*, token: str, address: str) -> None:
    """The link reached somebody else: it dies, and the coordination is told."""
    _answer(token, Answer.AUTRE_PERSONNE, "", address)


def _answer(token: str, answer: str, sha256: str, address: str, **said: str) -> None:
    with scoped(scope_of(token)):
        found = ConventionSignatory.objects.by_token(digest_of(token)).order_by("pk").first()
        if found is None:
            raise Conflict("Ce lien n’est plus valable.")
        try:
            with transaction.atomic():
                # The database writes the number of the link and its own clock.
                row = ConventionSignature(
                    convention_id=found.convention_id,
                    signatory=found,
                    territory_id=found.territory_id,
                    answer=answer,
                    sha256=sha256,
                    nonce=found.nonce,
                    address_hash=hash_of(address),
                    **said,
                )
                row.save(force_insert=True)
        except IntegrityError as error:
            raise _told(error) from error
        outbox.emit(ANSWERED, tenant_id=None, payload={"signature": row.pk})
        if answer == Answer.SIGNE:
            state = Convention.objects.by_token(digest_of(token)).values_list("state", flat=True).first()
            if state == ConventionState.SIGNEE:
                outbox.emit(events.COMPLETED, tenant_id=None, payload={"convention": found.convention_id})


ANSWERED = events.ANSWERED
ONCE = ("conventionsignature_signed_once", "conventionsignature_once")


def _told(error: IntegrityError) -> Conflict | Refused:
    rule = acts.rule_of(error)
    if rule == "conventionsignature_stale":
        return StaleText("Le texte a changé depuis l’ouverture de cette page : rien n’est signé.")
    if rule in ONCE:
        return Conflict("Une réponse a déjà été donnée avec ce lien.")
    return acts.rule_broken(error)


def hash_of(address: str) -> str:
    """A keyed hash of a client's address: the same address gives the same hash, none gives it back."""
    message = f"labelling.convention_address:{address}".encode()
    return hmac.new(settings.CODE_KEY.encode(), message, hashlib.sha256).hexdigest()


def ask_new_link(*, token: str) -> None:
    """A new link to the address of an expired one: whoever asks, only that address receives it."""
    with scoped(scope_of(token)):
        found = ConventionSignatory.objects.by_token(digest_of(token)).filter(removed_at=None)
        row = found.order_by("pk").first()
        if row is not None:
            outbox.emit(events.LINK_ASKED, tenant_id=None, payload={"signatory": row.pk, "nonce": row.nonce})
