"""Mails of the conventions, written by the worker from ids: nothing is sent that is not true any more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from labelling.enums_convention import Answer, ConventionState
from labelling.models import Convention, ConventionSignatory, ConventionSignature, ConventionText
from labelling.services import notices, recipients
from labelling.services.convention import acts, differences, events, inviting, state
from spo_portal.kernel import outbox
from territories.access import SYSTEM_ACTOR
from territories.enums import Role

INVITING = ("invitation", "texte", "renvoi", "rappel")


@dataclass(frozen=True)
class Mail:
    """Subject (``{title}``, ``{function}``, ``{party}``, ``{name}``) of one template."""

    subject: str
    ready: Callable[[Convention, ConventionSignatory | None], bool] = lambda convention, signatory: True


def _out(convention: Convention, signatory: ConventionSignatory | None) -> bool:
    return (
        convention.state == ConventionState.SIGNATURE
        and signatory is not None
        and signatory.removed_at is None
        and signatory.token_hash is not None
    )


MAILS = {
    "invitation": Mail("À signer : {title}", _out),
    "texte": Mail("Texte modifié, à signer : {title}", _out),
    "renvoi": Mail("Votre nouveau lien pour signer : {title}", _out),
    "rappel": Mail("Rappel, à signer : {title}", _out),
    "retrait": Mail("Vous n’avez plus à signer : {title}"),
    "abandonnee": Mail("Convention abandonnée : {title}"),
    "recu": Mail("Votre signature est enregistrée : {title}"),
    "recu_refus": Mail("Votre refus est enregistré : {title}"),
    "reponse": Mail("{party} : {answer}"),
    "autre_personne": Mail("Lien reçu par quelqu’un d’autre : {function}, {party}"),
    "signee": Mail("Signée par toutes les parties : {title}", lambda c, s: c.pdf is not None),
}


def on_answered(events_: Sequence[outbox.Event]) -> None:
    """Leave the step, and ask for the receipt and for the coordinator's mail. System scope (worker)."""
    for event in events_:
        rows = ConventionSignature.objects.for_system().select_related("signatory__party", "convention")
        row = rows.filter(pk=event.payload.get("signature")).first()
        if row is None:
            continue
        convention, signatory = row.convention, row.signatory
        who = f"{signatory.function}, {signatory.party.name}"
        words = {
            Answer.SIGNE: f"Signé : {who}",
            Answer.REFUSE: f"Refusé : {who}",
            Answer.AUTRE_PERSONNE: f"Lien reçu par quelqu’un d’autre : {who}. Il ne marche plus",
        }[Answer(row.answer)]
        acts.leave(
            SYSTEM_ACTOR, convention, "reponse", words, row.reason, at=row.at, label="Par son lien personnel"
        )
        if row.answer != Answer.AUTRE_PERSONNE:
            template = "recu" if row.answer == Answer.SIGNE else "recu_refus"
            events.notify(convention, template, signatory=signatory.pk, about=row.pk)
        told = "autre_personne" if row.answer == Answer.AUTRE_PERSONNE else "reponse"
        for user_id in sorted(coordinators(convention)):
            events.notify(convention, told, user=user_id, signatory=signatory.pk, about=row.pk)


def on_link_asked(events_: Sequence[outbox.Event]) -> None:
    """A new link for who holds an expired one, sent to its own address. System scope (worker)."""
    for event in events_:
        rows = ConventionSignatory.objects.for_system().expected().select_related("convention", "party")
        row = rows.filter(pk=event.payload.get("signatory"), nonce=event.payload.get("nonce")).first()
        if row is not None:
            acts.hold([row.convention_id])
        if row is not None and row.convention.state == ConventionState.SIGNATURE:
            inviting.renew(SYSTEM_ACTOR, row, fresh=True)
            events.notify(row.convention, "renvoi", signatory=row.pk, nonce=row.nonce)


def coordinators(convention: Convention) -> set[int]:
    return recipients.holders(Role.COORDINATEUR, territory_id=convention.territory_id)


def on_notice(events_: Sequence[outbox.Event]) -> None:
    """One mail, if it is still true. System scope (worker), one event at a time."""
    for event in events_:
        _one(event)


def _one(event: outbox.Event) -> None:
    template, signatory_id = str(event.payload.get("template")), event.payload.get("signatory")
    conventions = Convention.objects.for_system().select_related("territory", "region")
    convention = conventions.filter(pk=event.payload.get("convention")).first()
    # What waits in the queue was written by the web: who and what it names are looked up again.
    signatories = (
        ConventionSignatory.objects.for_system().select_related("party").filter(convention=convention)
    )
    signatory = signatories.filter(pk=signatory_id).first() if signatory_id else None
    mail = MAILS.get(template)
    if convention is None or mail is None or not mail.ready(convention, signatory):
        return
    nonce = event.payload.get("nonce")
    if template in INVITING and (signatory is None or signatory.nonce != nonce):
        return
    address = _address(convention, template, event.payload.get("user"), signatory)
    if not address:
        return
    answers = ConventionSignature.objects.for_system().filter(convention=convention)
    about = answers.filter(pk=event.payload.get("about") or 0).first()
    progress = state.board(SYSTEM_ACTOR, convention)
    context: dict[str, object] = {
        "convention": convention,
        "region": convention.region,
        "signatory": signatory,
        "about": about,
        "progress": progress,
        "page": settings.BASE_URL + reverse("convention", args=[convention.pk]),
        "check": settings.BASE_URL + reverse("convention_verifier"),
        "differs": about is not None and signatory is not None and about.function != signatory.function,
    }
    if template in INVITING and signatory is not None:
        context["link"] = settings.BASE_URL + reverse("convention_signer", args=[inviting.derive(signatory)])
    if template == "texte":
        context |= _changed(convention)
    words = {
        # An avenant bears the title of what it changes.
        "title": f"{convention.name}, {convention.title}" if convention.parent_id else convention.title,
        "function": signatory.function if signatory else "",
        "party": signatory.party.name if signatory else "",
        "answer": about.get_answer_display().lower() if about else "",
    }
    files = []
    if template == "signee" and convention.pdf is not None:
        files.append((file_name(convention), bytes(convention.pdf), "application/pdf"))
    subject = mail.subject.format(**words)
    notices.send(address, subject, f"convention_{template}", context, files=files)


def _changed(convention: Convention) -> dict[str, object]:
    """What the present text changed, passage by passage."""
    texts = list(
        ConventionText.objects.for_system()
        .filter(convention=convention, number__gte=convention.text_number - 1)
        .order_by("number")
    )
    if len(texts) < 2:
        return {"changes": [], "reason": "", "summary": ""}
    changes = differences.between(texts[-2].text, texts[-1].text)
    return {
        "changes": changes,
        "reason": texts[-1].reason,
        "summary": differences.summary(changes),
    }


def _address(
    convention: Convention, template: str, user_id: object, signatory: ConventionSignatory | None
) -> str:
    """An account is told as coordinator of the territory, and never what holds a signatory's link."""
    if user_id is None:
        return signatory.email if signatory else ""
    if template in INVITING or not isinstance(user_id, int) or user_id not in coordinators(convention):
        return ""
    user = recipients.address_of(user_id)
    return user.email if user else ""


def file_name(convention: Convention) -> str:
    rank = f"-avenant-{convention.rank}" if convention.rank else ""
    return f"convention-{convention.territory.short_code.lower()}-{convention.number}{rank}.pdf"
