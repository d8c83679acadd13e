"""One page for each part of a file: its text, and what goes with it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labelling.enums_ami import PartKey, SectionKey
from labelling.forms.identity import IdentityForm
from labelling.models import AmiApplication
from labelling.models.application import FILE_MAX_BYTES
from labelling.permissions import Perm
from labelling.services import attachments, identity, progress
from labelling.services.completeness import IDENTITY, completeness_of
from labelling.services.dossier import Material, material_of
from labelling.services.parts import CLOSED, open_parts
from labelling.services.sections import saved_of
from labelling.views import dossier_files, dossier_place, dossier_tables
from labelling.views.dossier_head import FILES, Tab, head_context
from labelling.views.dossier_text import Box, box_of, is_fragment, save_text
from spo_portal.kernel.errors import Conflict, PortalError, Refused
from spo_portal.kernel.uploads import takes_up_to
from territories.access import Actor, get_visible_or_404, guarded

PAGE = "labelling/partie.html"
READABLE = ("call", "territory", "organisation")


def readable_file(by: Actor, pk: int) -> AmiApplication:
    """One file whose content the actor reads; a foreign draft is a 404, as a missing one."""
    return get_visible_or_404(AmiApplication.objects.readable_by(by).select_related(*READABLE), by, pk=pk)


@guarded(Perm.WRITE_APPLICATION)
@takes_up_to(FILE_MAX_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
def part(request: HttpRequest, pk: int, partie: str) -> HttpResponseBase:
    """Write one part when it is open to the actor; otherwise read it where the file is read."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(by, pk)
    opened = open_parts(by, application)
    if partie not in opened and not (partie == FILES and attachments.PARTS & opened):
        return _closed(request, application, partie)
    if request.method != "POST":
        return _page(request, by, application, partie)
    if "texte" in request.POST:
        return _text(request, by, application, partie)
    if partie == PartKey.CONDITIONS:
        return _answer(request, by, application, partie, dossier_place.posted(request, by, application))
    if partie == PartKey.PROGRES:
        return _answer(
            request, by, application, partie, dossier_tables.table_posted(request, by, application)
        )
    if partie == PartKey.CRITERES:
        material = material_of(by=by, application=application)

        def read() -> Material:
            return material_of(by=by, application=application)

        answer = dossier_tables.criteria_posted(request, by, application, material, read)
        return _answer(request, by, application, partie, answer)
    if partie == PartKey.PIECES:
        return _answer(request, by, application, partie, dossier_files.posted(request, by, application))
    return _page(request, by, application, partie)


def _closed(request: HttpRequest, application: AmiApplication, partie: str) -> HttpResponseBase:
    """What was typed is not saved, and the page says why; a reader reads."""
    if request.method == "POST":
        if is_fragment(request) and partie in SectionKey.values:
            box = box_of(application, partie, text=request.POST.get("texte", ""), error=CLOSED)
            return render(request, "labelling/partials/_texte_enregistre.html", {"box": box}, status=422)
        messages.error(request, f"{CLOSED} Rien n’est enregistré.")
    return redirect(f"{reverse('ami_dossier', args=[application.pk])}#partie-{partie}")


def _text(request: HttpRequest, by: Actor, application: AmiApplication, partie: str) -> HttpResponseBase:
    if partie not in SectionKey.values:
        return _page(request, by, application, partie)

    def page(box: Box, status: int) -> HttpResponseBase:
        if status == 303:
            messages.success(request, f"« {box.label} » : texte enregistré.")
            return redirect(box.url)
        return _page(request, by, application, partie, {"box": box}, status)

    return save_text(request, by, application, partie, page)


def _answer(
    request: HttpRequest, by: Actor, application: AmiApplication, partie: str, answer: dossier_tables.Answer
) -> HttpResponseBase:
    if not isinstance(answer, tuple):
        return answer
    context, status = answer
    return _page(request, by, application, partie, context, status)


def _page(
    request: HttpRequest,
    by: Actor,
    application: AmiApplication,
    partie: str,
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    material = material_of(by=by, application=application)
    context = head_context(by, application, partie, material=material)
    context |= {
        "partie": partie,
        "titre": PartKey(partie).label,
        "box": None,
        "manques": completeness_of(material).of(partie),
        "material": material,
        "pieces_ouvertes": attachments.may_add(by, application),
    }
    if partie in SectionKey.values:
        context["box"] = box_of(application, partie, saved_of(material.sections.get(partie)))
    if partie == PartKey.CONDITIONS:
        context |= dossier_place.fresh(by, application) if not extra or "lieu" not in extra else {}
    elif partie == PartKey.PROGRES:
        context |= dossier_tables.table_context(progress.rows_of(by, application))
    elif partie == PartKey.CRITERES:
        context |= dossier_tables.criteria_context(material)
    elif partie == PartKey.PIECES:
        context |= dossier_files.files_context(by, application, material)
    context |= extra or {}
    context |= neighbours(context["onglets"])
    return render(request, PAGE, context, status=status)


def neighbours(tabs: list[Tab]) -> dict[str, Any]:
    """The stops before and after the current one."""
    here = next((n for n, tab in enumerate(tabs) if tab.current), None)
    if here is None:
        return {"avant": None, "apres": None}
    return {
        "avant": tabs[here - 1] if here > 0 else None,
        "apres": tabs[here + 1] if here + 1 < len(tabs) else None,
    }


@guarded(Perm.WRITE_APPLICATION)
@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Name of the project, and who speaks for the porteur."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    application = readable_file(by, pk)
    if identity.PART not in open_parts(by, application):
        return _closed(request, application, "porteur")
    started = {name: getattr(application, name) for name in identity.FIELDS}
    form = IdentityForm(request.POST or None, initial=started | {"vu": identity.fingerprint(application)})
    status, conflict = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                kept = "garder" in request.POST
                data = form.cleaned_data | {"vu": ""}
                identity.save_identity(
                    by=by,
                    application=application,
                    seen=identity.fingerprint(application) if kept else form.cleaned_data["vu"],
                    **{name: data[name] for name in identity.FIELDS},
                )
            except Conflict as error:
                status, conflict = 409, application
                form.add_error(None, str(error))
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            except PortalError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Projet et porteur enregistrés.")
                return redirect("ami_identite", pk=pk)
    context = head_context(by, application, IDENTITY) | {
        "titre": "Projet et porteur",
        "form": form,
        "conflit": conflict,
    }
    return render(request, "labelling/identite.html", context | neighbours(context["onglets"]), status=status)
