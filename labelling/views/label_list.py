"""Label dossiers: the territory's own, or every territory of the region; and opening one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from labelling.enums_label import OPEN_STATES, DossierKind, DossierState
from labelling.models import LabelDossier
from labelling.permissions import Perm
from labelling.services.label.calendar import deadlines
from labelling.services.label.legal_clock import renewal_from
from labelling.services.label.opening import current_of, kinds_for, open_dossier
from labelling.services.label.renewal import last_day_of
from labelling.views.label_head import TONES, head_context, without_label
from spo_portal.kernel.errors import PortalError
from territories.access import Actor, can, get_visible_or_404, guarded
from territories.enums import Regime, Role
from territories.models import Site, Territory

WIDE_ROLES = (Role.ANIMATION, Role.REGION, Role.PREFECTURE)
NO_DOSSIER, LATE = "aucun", "retard"


@guarded(Perm.READ_LABEL_DOSSIER)
@require_safe
def dossiers(request: HttpRequest) -> HttpResponseBase:
    """One territory for who works there; the whole region for who follows it."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if by.role in WIDE_ROLES:
        return without_label(request) or render(request, "labelling/label/region.html", _region(request, by))
    return render(request, "labelling/label/territoire.html", _own(by))


def territory_of(by: Actor) -> Territory | None:
    """The territory of the actor's mandate; a référent's is that of its place."""
    pk = by.territory_id
    if pk is None and by.site_id is not None:
        pk = Site.objects.visible_to(by).filter(pk=by.site_id).values_list("territory_id", flat=True).first()
    rows = Territory.objects.visible_to(by).select_related("region")
    return rows.filter(pk=pk).first() if pk else None


def _own(by: Actor, *, error: str = "", typed: dict[str, str] | None = None) -> dict[str, Any]:
    territory = territory_of(by)
    rows: list[LabelDossier] = []
    if territory is not None:
        found = LabelDossier.objects.visible_to(by).filter(territory=territory)
        rows = list(found.select_related("territory", "region", "parent").order_by("-created_at", "-pk"))
    current = next((row for row in rows if row.state in OPEN_STATES), None)
    writes = can(by, Perm.WRITE_LABEL_DOSSIER)
    spo = territory is not None and territory.region.regime == Regime.SPO
    context: dict[str, Any] = {
        "territoire": territory,
        "courant": current,
        "passes": [(row, TONES.get(row.state, "")) for row in rows if row is not current],
        "redacteur": writes,
        "spo": spo,
        "natures": [],
        "erreur": error,
        "saisie": typed or {},
    }
    if current is not None:
        running = [line for line in deadlines(by=by) if line.dossier and line.dossier.pk == current.pk]
        context |= {
            "tete": head_context(by, current, "liste"),
            "ton": TONES.get(current.state, ""),
            "echeance": running[0] if running else None,
        }
    elif territory is not None and writes and spo:
        kinds = kinds_for(by, territory)
        if DossierKind.RENOUVELLEMENT in kinds:
            ends_on = last_day_of(by=by, territory=territory)
            asked_from = renewal_from(ends_on) if ends_on else None
            early = asked_from is not None and timezone.localdate() < asked_from
            # What is asked first is what the calendar calls for: the renewal in the last three months.
            kinds.sort(key=lambda kind: (kind == DossierKind.RENOUVELLEMENT) == early)
            over = ends_on is not None and ends_on < timezone.localdate()
            context |= {"fin": ends_on, "demande_des": asked_from, "tot": early, "expire": over}
        context["natures"] = [(str(kind), kind.label) for kind in kinds]
    return context


def _region(request: HttpRequest, by: Actor) -> dict[str, Any]:
    """Every territory with its dossier of the moment: the one open, else the last."""
    territories = list(Territory.objects.visible_to(by).order_by("order", "name"))
    last: dict[int, LabelDossier] = {}
    found = LabelDossier.objects.visible_to(by).filter(territory__in=territories)
    for row in found.select_related("territory").order_by("created_at", "pk"):
        kept = last.get(row.territory_id)
        if kept is None or kept.state not in OPEN_STATES:
            last[row.territory_id] = row
    state = request.GET.get("etat", "")
    steps = {line.dossier.pk: line for line in deadlines(by=by) if line.dossier is not None}
    lines = [
        {
            "territoire": territory,
            "dossier": last.get(territory.pk),
            "echeance": steps.get(last[territory.pk].pk) if territory.pk in last else None,
            "ton": TONES.get(last[territory.pk].state, "") if territory.pk in last else "",
        }
        for territory in territories
    ]
    counts: dict[str, int] = {}
    for line in lines:
        key = line["dossier"].state if line["dossier"] else NO_DOSSIER  # type: ignore[union-attr]
        counts[key] = counts.get(key, 0) + 1
        if _late(line):
            counts[LATE] = counts.get(LATE, 0) + 1
    choices = [*DossierState.choices, (NO_DOSSIER, "Aucun dossier"), (LATE, "En retard")]
    return {
        "lignes": [line for line in lines if _kept(line, state)],
        "total": len(lines),
        "etats": [(value, label, counts[value]) for value, label in choices if counts.get(value)],
        "etat_choisi": state,
        "prefecture": by.role == Role.PREFECTURE,
    }


def _kept(line: dict[str, Any], state: str) -> bool:
    if state == LATE:
        return _late(line)
    return not state or (str(line["dossier"].state) if line["dossier"] else NO_DOSSIER) == state


def _late(line: dict[str, Any]) -> bool:
    return line["echeance"] is not None and line["echeance"].step.late


@guarded(Perm.WRITE_LABEL_DOSSIER)
@require_http_methods(["POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Open a dossier for the coordinator's territory, or find the one already open."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    territory = get_visible_or_404(Territory.objects.all(), by, pk=by.territory_id or 0)
    kind = request.POST.get("nature", "") or str(DossierKind.INITIALE)
    before = current_of(by, territory)
    try:
        made = open_dossier(by=by, territory=territory, kind=kind, purpose=request.POST.get("objet", ""))
    except PortalError as refusal:
        field = getattr(refusal, "field", None) or "nature"
        typed = {"nature": kind, "objet": request.POST.get("objet", ""), "champ": field}
        context = _own(by, error=str(refusal), typed=typed)
        return render(request, "labelling/label/territoire.html", context, status=422)
    if before is not None:
        messages.info(request, "Un dossier est déjà ouvert pour ce territoire : le voici.")
    elif made.parent is not None:
        messages.success(
            request,
            f"Le dossier est ouvert : textes, lieux et pièces de {made.parent.number} sont repris."
            " Relisez-les avant de déposer.",
        )
    else:
        messages.success(
            request, "Le dossier est ouvert. Vous pouvez l’écrire à plusieurs, dans l’ordre voulu."
        )
    return redirect("label_dossier", pk=made.pk)
