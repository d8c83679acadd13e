"""Print, save and mail the part handed over; give the region's brochure. What is typed here is never kept."""

from __future__ import annotations

import uuid as uuid_module

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from contacts import documents
from contacts.forms.handover import MailForm, PrintForm
from contacts.permissions import Perm
from contacts.services import handover
from contacts.views.fiche import saved_page, see_other
from spo_portal.kernel.errors import Refused, TooManyAttempts
from spo_portal.kernel.pdf import PdfBusy, PdfFailed
from territories.access import Actor, guarded
from territories.permissions import Perm as TerritoryPerm


def pdf_response(content: bytes, filename: str, *, download: bool = False) -> HttpResponse:
    """A PDF shown in the browser or saved; never cached, never sniffed as something else."""
    response = HttpResponse(content, content_type="application/pdf")
    disposition = content_disposition_header(download, filename)
    response.headers["Content-Disposition"] = disposition or "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    return response


def document_refused(
    request: HttpRequest, error: PdfBusy | PdfFailed, back: uuid_module.UUID
) -> HttpResponse:
    """Say plainly that the document was not made: 503 when the queue is full, 422 when it can't be."""
    busy = isinstance(error, PdfBusy)
    context = {"message": str(error), "busy": busy, "uuid": back}
    response = render(request, "contacts/document_refuse.html", context, status=503 if busy else 422)
    if isinstance(error, PdfBusy):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@guarded(Perm.READ_FICHES)
@require_safe
def pdf(request: HttpRequest, uuid: uuid_module.UUID) -> HttpResponse:
    """The sheet of the fiche, without any typed text: safe to reload and to open again."""
    loaded = handover.load(by=request.actor, uuid=uuid)  # type: ignore[attr-defined]
    return _made(request, loaded, handover.Typed(), download=False)


@sensitive_post_parameters("phrase", "adresse_postale")
@guarded(Perm.FILL_FICHE)
@require_POST
def print_sheet(request: HttpRequest, uuid: uuid_module.UUID) -> HttpResponse:
    """The sheet with the sentence and postal address typed now, in a new tab or as a file."""
    loaded = handover.load(by=request.actor, uuid=uuid)  # type: ignore[attr-defined]
    form = PrintForm(request.POST)
    if not form.is_valid():
        return saved_page(request, loaded, status=422, print_form=form)
    return _made(request, loaded, form.typed(), download=request.POST.get("forme") == "enregistrer")


def _made(
    request: HttpRequest, loaded: handover.Loaded, typed: handover.Typed, *, download: bool
) -> HttpResponse:
    try:
        sheet = handover.sheet(loaded, typed)
        # A postal address makes it a letter: the part handed over alone, in the window of an envelope.
        letter = bool(typed.postal and loaded.rows)
        content = documents.handed_pdf(sheet) if letter else documents.fiche_pdf(sheet)
    except (PdfBusy, PdfFailed) as error:
        return document_refused(request, error, loaded.fiche.uuid)
    return pdf_response(content, f"fiche-{loaded.fiche.reference}.pdf", download=download)


@sensitive_post_parameters("courriel", "phrase_courriel")
@guarded(Perm.FILL_FICHE)
@require_POST
def send(request: HttpRequest, uuid: uuid_module.UUID) -> HttpResponse:
    """Send the part handed over to one address, in the request: no queue ever holds the address."""
    loaded = handover.load(by=request.actor, uuid=uuid)  # type: ignore[attr-defined]
    form = MailForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            typed = form.typed()
            content = documents.handed_pdf(handover.sheet(loaded, typed)) if loaded.rows else b""
            handover.send_by_mail(
                loaded=loaded, address=form.cleaned_data["courriel"], sentence=typed.sentence, pdf=content
            )
            return see_other(loaded.fiche, "?envoi=fait")
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except TooManyAttempts as error:
            form.add_error(None, str(error))
            status = 429
        except handover.MailFailed as error:
            form.add_error(None, str(error))
            status = 503
        except (PdfBusy, PdfFailed) as error:
            form.add_error(None, str(error))
            status = 503 if isinstance(error, PdfBusy) else 422
    response = saved_page(request, loaded, status=status, mail_form=form)
    if status == 503:
        response.headers["Retry-After"] = str(PdfBusy.retry_after)
    return response


@guarded(TerritoryPerm.READ_BROCHURE)
@require_safe
def brochure(request: HttpRequest) -> HttpResponse:
    """The last brochure of the actor's region, to print at the desk; ``?telecharger=1`` saves it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = handover.last_brochure(by=actor)
    if found is None:
        raise Http404("Aucune plaquette n’a encore été déposée pour votre région.")
    return pdf_response(
        bytes(found.content), found.name or "plaquette.pdf", download="telecharger" in request.GET
    )
