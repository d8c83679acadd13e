"""Mails the portal sends by itself when long work ends: a link behind the login, nothing of what it holds."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from spo_portal.kernel.jobs import explain
from spo_portal.kernel.models import Job
from spo_portal.kernel.outbox import Event
from territories.models import User

_READY = """Bonjour,

{title} : c’est prêt.

Le fichier est gardé 24 heures, et ne s’ouvre que dans votre compte :
{link}

Ce message est envoyé automatiquement, inutile d’y répondre.
"""
_FAILED = """Bonjour,

{title} : ce travail ne s’est pas terminé.

{why}
Pour le relancer :
{link}

Ce message est envoyé automatiquement, inutile d’y répondre.
"""


def tell_author(events: Sequence[Event]) -> None:
    """Write to the one who asked, if their account is still open and the job still there."""
    for event in events:
        job = Job.objects.for_system().filter(uuid=event.payload["job"]).first()
        if job is None:
            continue
        author = User.objects.filter(pk=job.person_id, is_active=True).first()
        if author is None:
            continue
        done = event.payload["state"] == "fini"
        body = (_READY if done else _FAILED).format(
            title=job.title,
            link=f"{settings.BASE_URL}{reverse('travail', kwargs={'cle': job.uuid})}",
            why=explain(job.error),
        )
        subject = "Votre document est prêt" if done else "Votre document n’est pas prêt"
        EmailMessage(subject, body, to=[author.email]).send()
