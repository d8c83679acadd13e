"""The communication kit of a place: what may be printed, each piece as PDF, all of them in one ZIP."""

import io
import zipfile
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from labelling.documents.kit import kit_pdf, kit_svg
from labelling.permissions import Perm
from labelling.services.label.kit import Format, Kit, kit_of, place_of
from labelling.services.tables import has_label
from spo_portal.kernel import pdf, throttle
from spo_portal.kernel.tables import file_stem
from territories.access import Actor, can, guarded
from territories.permissions import Perm as PlacePerm

HOUR, PER_HOUR, ARCHIVES_PER_HOUR = 3600, 120, 20
PRINTER = "imprimeur"
BUSY = "Le PDF se prépare trop lentement en ce moment. Réessayez dans une minute."


def _kit(request: HttpRequest, pk: int) -> Kit:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return kit_of(actor, place_of(actor, pk), timezone.localdate())


def _piece(kit: Kit, piece: str) -> Format:
    size = next((one for one in kit.formats if one.piece.value == piece), None)
    if size is None:
        raise Http404("Ce lieu n’a pas cette pièce.")
    return size


@guarded(Perm.READ_KIT)
@require_safe
def screen(request: HttpRequest, pk: int) -> HttpResponse:
    """The pieces of this place with their sizes, or why it has none and what to do."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    kit = _kit(request, pk)
    context: dict[str, Any] = {
        "kit": kit,
        "site": kit.site,
        "facts": kit.facts,
        "standing": kit.standing.value,
        "spo": has_label(kit.site.region),
        "may_keep": can(actor, PlacePerm.KEEP_RECORD),
        "fil": [
            ("Annuaire", reverse("annuaire")),
            (kit.site.name, reverse("lieu", args=[kit.site.pk])),
            ("Kit de communication", ""),
        ],
    }
    return render(request, "labelling/label/kit.html", context)


@guarded(Perm.READ_KIT)
@require_safe
def document(request: HttpRequest, pk: int, piece: str) -> HttpResponseBase:
    """One piece; ``?pour=imprimeur`` adds the bleed and the crop marks."""
    kit = _kit(request, pk)
    size = _piece(kit, piece)
    _limit(request, "kit-pdf", PER_HOUR)
    printer = request.GET.get("pour") == PRINTER
    try:
        content = kit_pdf(size.piece, kit.facts, region=kit.region, printer=printer)
    except (pdf.PdfBusy, pdf.PdfFailed):
        return _busy()
    return _sent(content, "application/pdf", _name(kit, size, printer))


@guarded(Perm.READ_KIT)
@require_safe
def picture(request: HttpRequest, pk: int, piece: str) -> HttpResponse:
    """One piece as a small picture, for the screen."""
    kit = _kit(request, pk)
    size = _piece(kit, piece)
    return HttpResponse(kit_svg(size.piece, kit.facts, region=kit.region), content_type="image/svg+xml")


@guarded(Perm.READ_KIT)
@require_safe
def archive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every piece of the place, at its size and for the printer, with a note that says which is which."""
    kit = _kit(request, pk)
    if not kit.formats:
        raise Http404("Ce lieu n’a pas de kit.")
    _limit(request, "kit-zip", ARCHIVES_PER_HOUR)
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("lisez-moi.txt", _readme(kit))
            for size in kit.formats:
                for printer in (False, True):
                    made = kit_pdf(size.piece, kit.facts, region=kit.region, printer=printer)
                    file.writestr(_name(kit, size, printer), made)
    except (pdf.PdfBusy, pdf.PdfFailed):
        return _busy()
    return _sent(out.getvalue(), "application/zip", f"kit-{_stem(kit)}.zip")


def _readme(kit: Kit) -> str:
    lines = [f"Kit de communication de {kit.site.name}", ""]
    for size in kit.formats:
        lines += [
            f"{_name(kit, size, False)} : {size.name.lower()} de {size.size}, à la taille finie.",
            f"{_name(kit, size, True)} : la même, pour l’imprimeur (fond perdu de 3 mm, traits de coupe)."
            f" Support : {size.support[0].lower()}{size.support[1:]}.",
        ]
    lines += ["", "Si les horaires, l’adresse ou le téléphone changent, téléchargez le kit de nouveau."]
    return "\r\n".join(lines) + "\r\n"


def _stem(kit: Kit) -> str:
    return file_stem(kit.site.name)[:60].strip("-") or "lieu"


def _name(kit: Kit, size: Format, printer: bool) -> str:
    return f"{size.piece.value}-{_stem(kit)}{'-imprimeur' if printer else ''}.pdf"


def _limit(request: HttpRequest, what: str, attempts: int) -> None:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    throttle.limit(f"{what}:{actor.user_id}", attempts=attempts, seconds=HOUR)


def _busy() -> HttpResponse:
    response = HttpResponse(BUSY, content_type="text/plain; charset=utf-8", status=503)
    response.headers["Retry-After"] = "60"
    return response


def _sent(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    how = "attachment" if kind == "application/zip" else "inline"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response
