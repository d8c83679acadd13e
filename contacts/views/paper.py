"""The paper pile: a head, a line, the lines already typed; each line is one request."""

import uuid
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.enums import Entry
from contacts.forms_desk import LineForm, PileForm
from contacts.forms_desk.paper import Grouped
from contacts.models import FicheContact, FicheDestination
from contacts.permissions import Perm
from contacts.services import listing, paper
from contacts.services.fiches import DestinationData, desk_of, lists_on, version_mark
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.htmx import page_or_fragment
from territories.access import Actor, get_visible_or_404, guarded
from territories.models import Site

SHOWN = 50
_WITHDRAWN = "pile_annulees"


@guarded(Perm.PAPER_PILE)
@require_GET
def pile(request: HttpRequest) -> HttpResponse:
    """Head of the pile in the address (« jour » and « canal »), then its line; « ligne » opens one for
    correction.
    """
    by = request.actor  # type: ignore[attr-defined]
    head = _head(request.GET)
    if not head.is_bound or not head.is_valid():
        return _show(request, by, head, status=422 if head.is_bound else 200)
    line = None
    if request.GET.get("ligne"):
        line = _line(by, head, fiche=_wanted(by, request.GET["ligne"]))
    return _show(request, by, head, line)


@guarded(Perm.PAPER_PILE)
@require_POST
def ajouter(request: HttpRequest) -> HttpResponseBase:
    """Record one line, or correct the one « ligne » names."""
    by = request.actor  # type: ignore[attr-defined]
    head = PileForm(request.POST)
    if not head.is_valid():
        return _show(request, by, head, status=422)
    fiche = _wanted(by, request.POST["ligne"]) if request.POST.get("ligne") else None
    line = _line(by, head, fiche=fiche, data=request.POST)
    if not line.is_valid() or not _keep(request, by, head, line, fiche):
        return _show(request, by, head, line, fiche=fiche, status=422)
    if request.headers.get("HX-Request") == "true":
        return _show(request, by, head)
    return redirect(_address(head))


@guarded(Perm.PAPER_PILE)
@require_http_methods(["POST"])
def annuler(request: HttpRequest, cle: uuid.UUID) -> HttpResponseBase:
    """Undo a line typed by mistake: the page stops showing it at once, the worker erases it in seconds."""
    by = request.actor  # type: ignore[attr-defined]
    fiche = _wanted(by, str(cle))
    head = PileForm({"jour": fiche.jour, "canal": fiche.canal})
    head.is_valid()
    try:
        paper.withdraw_paper(by=by, fiche=fiche)
        request.session[_WITHDRAWN] = [*request.session.get(_WITHDRAWN, []), str(fiche.uuid)][-SHOWN:]
        messages.success(request, f"Ligne {fiche.reference} annulée : elle ne compte plus.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(_address(head))


def _head(given: QueryDict) -> PileForm:
    if "jour" in given or "canal" in given:
        return PileForm(given)
    return PileForm(initial={"jour": timezone.localdate(), "canal": "sur_place"})


def _wanted(by: Actor, text: str) -> FicheContact:
    try:
        key = uuid.UUID(text)
    except ValueError:
        raise Http404 from None
    return get_visible_or_404(
        FicheContact.objects.select_related("list_version"), by, uuid=key, entry=Entry.PAPIER
    )


def _line(
    by: Actor, head: PileForm, *, fiche: FicheContact | None = None, data: QueryDict | None = None
) -> LineForm:
    version = fiche.list_version if fiche else lists_on(by, head.cleaned_data["jour"])
    places, initial = _places(by), {}
    if fiche is not None:
        sent = [destination.site_id for destination in _sent(by, fiche)]
        initial = {
            "statut": fiche.statut,
            "demandes": " ".join(map(str, fiche.demandes)),
            "reponses": " ".join(map(str, fiche.reponses)),
            "sexe": fiche.sexe,
            "age": fiche.age,
            "precisions": fiche.precisions,
            "cle_idempotence": fiche.cle_idempotence,
            "vers1": sent[0] if sent else "",
            "vers2": sent[1] if len(sent) > 1 else "",
        }
    form = LineForm(data, version=version, places=places, initial=initial)
    form.fiche_corrected = fiche  # type: ignore[attr-defined]
    return form


def _sent(by: Actor, fiche: FicheContact) -> list[DestinationData]:
    rows = FicheDestination.objects.visible_to(by).filter(fiche=fiche).order_by("position")
    return [DestinationData(row.site_id, row.rdv_at, row.rdv_place, row.rdv_with) for row in rows]


def _places(by: Actor) -> Grouped:
    """Structures one may have been sent to: the territory's by network, then the rest of the region."""
    rows = (
        Site.objects.visible_to(by)
        .can_be_suggested()
        .filter(region_id=by.region_id)
        .exclude(pk=by.site_id)
        .order_by("name")
        .values_list("pk", "name", "territory_id", "territory__name", "reseau__short_name", "reseau__order")
    )
    near = [row for row in rows if row[2] == by.territory_id]
    far = [row for row in rows if row[2] != by.territory_id]
    near.sort(key=lambda row: (row[5] is None, row[5] or 0, row[1]))
    far.sort(key=lambda row: (row[3], row[1]))
    groups: Grouped = []
    for source, index, prefix in ((near, 4, ""), (far, 3, "Ailleurs : ")):
        for name, members in groupby(source, key=lambda row: row[index]):
            groups.append((f"{prefix}{name or 'Partenaires'}", [(str(row[0]), row[1]) for row in members]))
    return groups


def _keep(
    request: HttpRequest, by: Actor, head: PileForm, line: LineForm, fiche: FicheContact | None
) -> bool:
    try:
        if fiche is None:
            paper.record_paper(by=by, data=line.fiche(head), cle_idempotence=line.key())
        else:
            data = line.fiche(head, _sent(by, fiche))
            paper.correct_paper(by=by, fiche=fiche, data=data, seen_at=request.POST.get("vu", "")[:64])
    except (Refused, Conflict) as refused:
        names = {"destinations": "vers1"}
        field = names.get(getattr(refused, "field", None) or "", getattr(refused, "field", None))
        if field in head.fields:
            head.add_error(field, str(refused))
        else:
            line.add_error(field if field in line.fields else None, str(refused))
        return False
    return True


def _address(head: PileForm) -> str:
    query = QueryDict(mutable=True)
    query.update({"jour": head.cleaned_data["jour"].isoformat(), "canal": head.cleaned_data["canal"]})
    return f"{reverse('pile')}?{query.urlencode()}"


def _show(
    request: HttpRequest,
    by: Actor,
    head: PileForm,
    line: LineForm | None = None,
    *,
    fiche: FicheContact | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"head": head, "site": desk_of(by), "line": None, "today": timezone.localdate()}
    if head.is_bound and not head.errors.get("jour") and not head.errors.get("canal") and head.is_valid():
        line = line or _line(by, head)
        corrected = getattr(line, "fiche_corrected", None)
        gone = request.session.get(_WITHDRAWN, [])
        typed = paper.lines_of_pile(
            by, jour=head.cleaned_data["jour"], canal=head.cleaned_data["canal"]
        ).exclude(uuid__in=gone)
        context |= {
            "line": line,
            "corrected": corrected,
            "vu": version_mark(corrected) if corrected else "",
            "version": line.version,
            "address": _address(head),
            "count": typed.count(),
            "shown": SHOWN,
            "rows": listing.rows(listing.with_destinations(typed, by)[:SHOWN], listing.versions_of(by)),
        }
    return page_or_fragment(
        request, "contacts/pile.html", "contacts/partials/_pile.html", context, status=status
    )
