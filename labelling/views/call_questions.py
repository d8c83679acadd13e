"""Questions on a call: asked by a porteur, answered by the Region, read by all."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labelling.forms.call_acts import AnswerForm, QuestionForm
from labelling.forms.call_fields import refuse
from labelling.models import AmiQuestion
from labelling.permissions import Perm
from labelling.services.call_page import read_call
from labelling.services.call_questions import answer_question, ask_question
from labelling.views.calls import own_call, trail
from spo_portal.kernel.errors import PortalError, Refused, TooManyAttempts
from territories.access import Actor, get_visible_or_404, guarded


@guarded(Perm.ASK_QUESTION)
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask; what was typed comes back when the question is not taken."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    form = QuestionForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            ask_question(by=actor, call=call, text=form.cleaned_data["question"])
        except TooManyAttempts:
            raise
        except Refused as refusal:
            refuse(refusal, form)
        except PortalError as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, "Question envoyée à la Région. La réponse paraîtra ici, pour tous.")
            return redirect(f"{reverse('ami_appel', args=[pk])}#questions")
    context = {
        "page": read_call(actor, call),
        "call": call,
        "trail": trail(call),
        "asks": True,
        "form": form,
    }
    return render(request, "labelling/appel.html", context, status=status)


@guarded(Perm.WRITE_CALL)
@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every question of the call: those that wait, each with its form, then those answered."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = own_call(actor, pk)
    bound: AnswerForm | None = None
    chosen, status = 0, 200
    if request.method == "POST" and not request.POST.get("numero"):
        messages.error(request, "Choisissez la question à laquelle vous répondez.")
        return redirect("ami_appel_questions", pk=pk)
    if request.method == "POST":
        text = request.POST["numero"]
        rows = AmiQuestion.objects.visible_to(actor).filter(call=call).select_related("call")
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
        found = get_visible_or_404(rows, actor, pk=wanted)
        chosen = found.pk
        bound = AnswerForm(request.POST, prefix=f"q{found.pk}")
        status = 422
        if bound.is_valid():
            data = bound.cleaned_data
            try:
                answer_question(by=actor, question=found, answer=data["reponse"], text=data["question"])
            except Refused as refusal:
                refuse(refusal, bound)
            except PortalError as refusal:
                bound.add_error(None, str(refusal))
                status = 409
            else:
                messages.success(request, "Réponse publiée, sans dire qui a posé la question.")
                return redirect("ami_appel_questions", pk=pk)
    page = read_call(actor, call)
    waiting = [(one, bound if bound and one.pk == chosen else _blank(one)) for one in page.waiting]
    context = {
        "call": call,
        "page": page,
        "waiting": waiting,
        "bound": bound,
        "trail": trail(call, "Questions"),
    }
    return render(request, "labelling/appel_questions.html", context, status=status)


def _blank(question: AmiQuestion) -> AnswerForm:
    return AnswerForm(prefix=f"q{question.pk}", initial={"question": question.text})
