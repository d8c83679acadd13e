"""The mail that tells who asked a question that its answer is published. Nobody else learns who asked."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse

from labelling.models import AmiQuestion
from labelling.services import recipients
from labelling.services.call_questions import ANSWERED
from labelling.services.notices import send
from spo_portal.kernel import outbox

__all__ = ["ANSWERED", "on_answered"]


def on_answered(events: Sequence[outbox.Event]) -> None:
    """Send one mail for each answer published. System scope (worker), one event at a time."""
    for event in events:
        key = event.payload.get("question")
        rows = AmiQuestion.objects.for_system().select_related("call")
        question = rows.filter(pk=key, answered_at__isnull=False).first() if isinstance(key, int) else None
        if question is None:
            continue
        user = recipients.address_of(question.asked_by_id)
        if user is None:
            continue
        link = settings.BASE_URL + reverse("ami_appel", args=[question.call_id]) + "#questions"
        context = {"call": question.call, "question": question, "user": user, "link": link}
        send(user.email, f"Réponse à votre question : {question.call.title}", "question_reponse", context)
