"""Mails that tell each step of a file to those who must know it: a table, and what carries it out.

A step leaves an outbox event ``labelling.moved`` (ids only). The worker reads the step again, spreads it into
one event per person, then sends one mail per event: a mail server that stops half-way repeats nothing. The
porteur and its co-writers are told when the step is told (``told_at``), never before a publication.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from labelling.models import AmiApplication, AmiStep
from labelling.services import recipients
from labelling.services.recipients import OUTSIDE, Group
from spo_portal.kernel import outbox
from territories.models import User

NOTICE = "labelling.notice"
WRITERS = (Group.PORTEUR, Group.COWRITERS)
SUBJECT_MAX = 160


@dataclass(frozen=True)
class Notice:
    """One mail of one step: to whom, its subject (``{projet}``, ``{numero}``, ``{bassin}``), its template.

    ``template`` is a name in ``templates/labelling/email/``. ``own``: also to the account that made the step.
    ``page``: address the mail opens, with the key of the file.
    """

    to: tuple[Group, ...]
    subject: str
    template: str
    own: bool = False
    page: str = "ami_dossier"


NOTICES: dict[str, tuple[Notice, ...]] = {
    "deposer": (
        Notice(WRITERS, "Dossier déposé : {projet}", "depot", own=True),
        Notice((Group.REGION,), "Dossier déposé par {porteur} : {bassin}", "depot_region"),
    ),
    "retirer": (
        Notice(WRITERS, "Dossier retiré : {projet}", "retrait", own=True),
        Notice((Group.REGION,), "Dossier retiré par {porteur} : {bassin}", "retrait_region"),
    ),
    "complement_demande": (Notice(WRITERS, "Complément demandé : {projet}", "complement"),),
    "complement_clos": (Notice(WRITERS, "Demande de complément close : {projet}", "complement_clos"),),
    "complement_repondu": (
        Notice(WRITERS, "Complément envoyé : {projet}", "complement_envoye", own=True),
        Notice((Group.REGION,), "Complément reçu de {porteur} : {bassin}", "complement_region"),
    ),
    "noteur_confie": (
        Notice((Group.SCORER,), "Dossier à noter : {numero}, {bassin}", "noteur", page="ami_noter"),
    ),
    "recusation": (
        Notice((Group.REGION,), "Récusation d’un noteur : {numero}", "noteur_ecart", page="ami_noteurs"),
    ),
    "abstention": (
        Notice((Group.REGION,), "Abstention d’un noteur : {numero}", "noteur_ecart", page="ami_noteurs"),
    ),
    "rectificatif": (Notice(WRITERS, "Rectificatif de l’appel : {projet}", "rectificatif"),),
    "report_limite": (Notice(WRITERS, "Date limite reportée : {projet}", "report"),),
    "appel_annule": (Notice(WRITERS, "Appel annulé : {projet}", "appel_annule"),),
    "declarer_recevable": (Notice(WRITERS, "Dossier recevable : {projet}", "recevable"),),
    "declarer_irrecevable": (Notice(WRITERS, "Dossier irrecevable : {projet}", "irrecevable"),),
    "revoir_recevabilite": (Notice(WRITERS, "La recevabilité est revue : {projet}", "revue"),),
    "publier_retenue": (Notice(WRITERS, "Décision publiée : {projet}", "publication"),),
    "publier_non_retenue": (Notice(WRITERS, "Décision publiée : {projet}", "publication"),),
    "publier_a_completer": (Notice(WRITERS, "Compléments demandés : {projet}", "a_completer"),),
    "conventionner": (Notice(WRITERS, "Convention signée : {projet}", "convention"),),
    "ouvrir": (Notice(WRITERS, "Lieu ouvert : {projet}", "ouverture"),),
    "desister": (Notice(WRITERS, "Désistement enregistré : {projet}", "desistement"),),
    "bilan_remis": (
        Notice((Group.REGION,), "Bilan remis par {porteur} : {bassin}", "suivi", page="ami_suivi"),
    ),
    "bilan_valide": (Notice(WRITERS, "Bilan validé : {projet}", "suivi", page="ami_suivi"),),
    "bilan_a_reprendre": (Notice(WRITERS, "Bilan à reprendre : {projet}", "suivi", page="ami_suivi"),),
    "publicite_deposee": (
        Notice((Group.REGION,), "Preuve de publicité à vérifier : {bassin}", "suivi", page="ami_publicite"),
    ),
    "publicite_acceptee": (
        Notice(WRITERS, "Preuve de publicité acceptée : {projet}", "suivi", page="ami_publicite"),
    ),
    "publicite_refusee": (
        Notice(WRITERS, "Preuve de publicité refusée : {projet}", "suivi", page="ami_publicite"),
    ),
    "partenaire_repond": (
        Notice(WRITERS, "Un partenaire a répondu : {projet}", "partenaire_repond", page="ami_partenaires"),
    ),
}


def register(key: str, *notices: Notice) -> None:
    """Add the mails of a step (from ``apps.py``, or beside the service that leaves it)."""
    known = NOTICES.get(key, ())
    NOTICES[key] = known + tuple(one for one in notices if one not in known)


def on_moved(events: Sequence[outbox.Event]) -> None:
    """Spread each step into one event per person who must know it. System scope (worker)."""
    for event in events:
        step = _step(event.payload.get("step"))
        if step is None:
            continue
        for notice in NOTICES.get(step.key, ()):
            for user_id in sorted(_people(notice, step)):
                outbox.emit(
                    NOTICE,
                    tenant_id=event.tenant_id,
                    payload={"step": step.pk, "template": notice.template, "user": user_id},
                )


def on_notice(events: Sequence[outbox.Event]) -> None:
    """Send one mail, if its reader may still know the step. System scope (worker), one event at a time."""
    for event in events:
        step, user_id = _step(event.payload.get("step")), event.payload.get("user")
        if step is None or not isinstance(user_id, int):
            continue
        found = (n for n in NOTICES.get(step.key, ()) if n.template == event.payload.get("template"))
        notice = next(found, None)
        if notice is None:
            continue
        user = recipients.address_of(user_id)
        if user is not None and user_id in _people(notice, step):
            _send(notice, step, user)


def _step(key: object) -> AmiStep | None:
    if not isinstance(key, int):
        return None
    rows = AmiStep.objects.for_system().select_related(
        "application__call", "application__territory", "application__organisation", "application__region"
    )
    return rows.filter(pk=key).first()


def _people(notice: Notice, step: AmiStep) -> set[int]:
    groups = [group for group in notice.to if group not in OUTSIDE or step.told_at is not None]
    found = recipients.everyone(groups, step.application, step.at)
    return found if notice.own else found - {step.by_id or 0}


def words_of(application: AmiApplication) -> dict[str, str]:
    """What a subject may say of a file."""
    return {
        "projet": application.title,
        "numero": application.number,
        "porteur": application.organisation.name,
        "bassin": application.territory.name,
    }


def _send(notice: Notice, step: AmiStep, user: User) -> None:
    application = step.application
    context = {
        "application": application,
        "call": application.call,
        "step": step,
        "user": user,
        "outside": not set(notice.to) - OUTSIDE,
        "link": settings.BASE_URL + reverse(notice.page, args=[application.pk]),
    }
    send(user.email, notice.subject.format(**words_of(application)), notice.template, context)


def send(
    address: str,
    subject: str,
    template: str,
    context: dict[str, Any],
    files: Sequence[tuple[str, bytes, str]] = (),
) -> None:
    """One mail in plain text; its subject is one short line whatever a title holds."""
    body = render_to_string(f"labelling/email/{template}.txt", context)
    line = " ".join(subject.split())[:SUBJECT_MAX]
    message = EmailMessage(line, body, to=[address])
    for name, content, kind in files:
        message.attach(name, content, kind)
    message.send()
