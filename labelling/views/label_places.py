"""The places of a label dossier: each judged, each proposed on its own; all the eligible ones at once."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse

from labelling.enums_label import PlaceProposal
from labelling.models import LabelDossier
from labelling.services.label.eligibility import Reason
from labelling.services.label.ground import PROPOSAL_TONES, Ground, Line, ground_of
from labelling.services.label.places import NO_NETWORK, NOTE_MAX, PlaceConflict, Wish, propose, propose_all
from labelling.views.label_head import head_context, part_url
from labelling.views.text_box import is_fragment, number_of
from spo_portal.kernel.errors import Conflict, PortalError
from spo_portal.kernel.typography import agree, counted
from territories.access import Actor
from territories.enums import PartnerDirection

ROW = "labelling/label/_lieu_ligne.html"
VIEWS = (
    ("", "Tous"),
    ("a_decider", "À décider"),
    ("label", "Proposés au label"),
    ("associe", "Partenaires associés"),
    ("ecarte", "Hors du dossier"),
    ("non_eligible", "Conditions non remplies"),
)
DIRECTIONS = [(value, label) for value, label in PartnerDirection.choices if value]


@dataclass(frozen=True)
class Row:
    """One place as the screen draws it: what is kept, or what was typed and refused."""

    line: Line
    url: str
    wish: Wish
    version: int
    error: str = ""
    field: str = ""
    conflict: Any = None
    saved: bool = False

    @property
    def tone(self) -> str:
        """Badge of what is kept, whatever is being typed."""
        return PROPOSAL_TONES.get(PlaceProposal(self.line.proposal), "") if self.line.row else "plain"

    @property
    def reasons(self) -> list[Reason]:
        """What must be mended first, then what is met."""
        return sorted(self.line.eligibility.reasons, key=lambda one: one.met)

    @property
    def grid_url(self) -> str:
        return record_url("lieu_services", self.line.site.pk)

    @property
    def record_url(self) -> str:
        return record_url("lieu", self.line.site.pk)


def record_url(name: str, pk: int) -> str:
    """A page of the record of a place; nothing where the portal has none."""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def row_of(dossier: LabelDossier, line: Line, query: str = "", **more: Any) -> Row:
    wish = Wish(line.proposal, line.direction, line.row.note if line.row else "")
    url = part_url(dossier, "lieux") + (f"?{query}" if query else "")
    return Row(line, url, **({"wish": wish, "version": line.version} | more))


def _query(request: HttpRequest) -> str:
    kept = {name: request.GET.get(name, "") for name in ("reseau", "voir")}
    return urlencode({name: value for name, value in kept.items() if value})


def places_context(
    request: HttpRequest, dossier: LabelDossier, ground: Ground, typed: Row | None = None
) -> dict[str, Any]:
    """The places the filters keep, one group by network, with the totals above."""
    code, view = request.GET.get("reseau", ""), request.GET.get("voir", "")
    query = _query(request)
    groups: list[dict[str, Any]] = []
    for network in ground.networks:
        if code and (network.code or NO_NETWORK) != code:
            continue
        rows = [
            typed if typed and typed.line.site.pk == line.site.pk else row_of(dossier, line, query)
            for line in ground.lines
            if (line.site.reseau.code if line.site.reseau else "") == network.code
            and (_shown(line, view) or (typed and typed.line.site.pk == line.site.pk))
        ]
        if rows:
            groups.append({"reseau": network, "lignes": rows})
    return {
        "groupes": groups,
        "reseaux": [(one.code or NO_NETWORK, one.name) for one in ground.networks],
        "vues": VIEWS,
        "reseau_choisi": code,
        "vue_choisie": view,
        "filtre": query,
        **totals_of(ground),
        "sens": DIRECTIONS,
        "note_max": NOTE_MAX,
        "lieux_url": part_url(dossier, "lieux"),
        "lieux_erreur": typed if typed and (typed.error or typed.conflict) else None,
    }


def _shown(line: Line, view: str) -> bool:
    if view == "a_decider":
        return line.row is None
    if view == "non_eligible":
        return not line.eligibility.eligible
    return not view or line.proposal == view


def totals_of(ground: Ground) -> dict[str, Any]:
    return {
        "lieux_total": len(ground.lines),
        "lieux_proposes": len(ground.proposed),
        "lieux_associes": len(ground.associated),
        "lieux_attente": len(ground.undecided),
        "lieux_eligibles": sum(
            line.eligibility.eligible and line.may_be_labelled for line in ground.undecided
        ),
    }


def posted(
    request: HttpRequest, by: Actor, dossier: LabelDossier
) -> tuple[dict[str, Any], int] | HttpResponseBase:
    """One place saved, or every eligible one proposed."""
    if "tous" in request.POST:
        return _all(request, by, dossier)
    site_id = number_of(request.POST.get("lieu", ""))
    wish = Wish(
        request.POST.get("proposition", ""), request.POST.get("sens", ""), request.POST.get("note", "")
    )
    # « Garder mon choix »: the number of the other writer's row comes with the button.
    seen = number_of(request.POST.get("garder", "") or request.POST.get("version", "0"))
    more: dict[str, Any] = {"wish": wish, "version": seen}
    status = 422
    try:
        row = propose(by=by, dossier=dossier, site_id=site_id, wish=wish, seen=seen)
    except PlaceConflict as conflict:
        more |= {"error": str(conflict), "conflict": conflict.stored}
        status = 409
    except PortalError as refusal:
        more |= {"error": str(refusal), "field": getattr(refusal, "field", None) or "proposition"}
        status = 409 if isinstance(refusal, Conflict) else 422
    else:
        more, status = {"saved": True}, 200
        if not is_fragment(request):
            messages.success(request, f"{row.site.name} : {row.get_proposal_display().lower()}.")
            return redirect(f"{_back(request, dossier)}#lieu-{site_id}")
    ground = ground_of(by, dossier.territory, dossier, live=True)
    line = next((one for one in ground.lines if one.site.pk == site_id), None)
    if line is None:
        messages.error(request, more.get("error") or "Ce lieu n’est plus dans l’annuaire du territoire.")
        return {}, status
    shown = row_of(dossier, line, _query(request), **more)
    if is_fragment(request):
        context = head_context(by, dossier, "lieux") | totals_of(ground)
        context |= {"ligne": shown, "sens": DIRECTIONS, "note_max": NOTE_MAX, "oob": status == 200}
        return render(request, ROW, context, status=status)
    return places_context(request, dossier, ground, shown), status


def _back(request: HttpRequest, dossier: LabelDossier) -> str:
    query = _query(request)
    return part_url(dossier, "lieux") + (f"?{query}" if query else "")


def _all(
    request: HttpRequest, by: Actor, dossier: LabelDossier
) -> tuple[dict[str, Any], int] | HttpResponseBase:
    code = request.GET.get("reseau", "")
    try:
        done = propose_all(
            by=by, dossier=dossier, partners=request.POST.get("tous") == "partenaires", network=code
        )
    except PortalError as refusal:
        messages.error(request, str(refusal))
        return redirect(_back(request, dossier))
    said = []
    if done.label:
        words = counted(done.label, "lieu", "lieux")
        said.append(f"{words} {agree(done.label, 'proposé')} au label")
    if done.partners:
        said.append(counted(done.partners, "partenaire associé", "partenaires associés"))
    if said:
        messages.success(request, f"{' et '.join(said)}.")
    else:
        messages.info(request, "Aucun autre lieu ne remplit les conditions : décidez des autres un par un.")
    return redirect(_back(request, dossier))
