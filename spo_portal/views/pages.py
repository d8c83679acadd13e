"""Home page by role, legal pages, files for robots and reporters."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from contacts.permissions import Perm as ContactPerm
from dashboards.permissions import Perm as DashboardPerm
from labelling.permissions import Perm as CallPerm
from labelling.services.tables import has_label
from spo_portal import galerie
from territories.access import can, logged_in, public
from territories.permissions import Perm


@require_GET
@logged_in("Page d’accueil : renvoie chacun vers le travail de son rôle.")
def home(request: HttpRequest) -> HttpResponseBase:
    """The first page of each role is its work: the desk, the files, the region, the team."""
    actor = request.actor  # type: ignore[attr-defined]
    if can(actor, ContactPerm.FILL_FICHE):
        return redirect("comptoir")
    if can(actor, CallPerm.SUBMIT_APPLICATION):
        return redirect("ami_mes_dossiers")
    if can(actor, CallPerm.APPROVE_MINUTES):
        return redirect("ami_a_faire")
    if can(actor, CallPerm.INSTRUCT_LABEL):
        return redirect("label_accueil" if has_label(actor.region) else "couverture_labels")
    if can(actor, DashboardPerm.READ_REGION):
        return redirect("region_tableau")
    if can(actor, DashboardPerm.READ_TERRITORY):
        return redirect("territoire_tableau", pk=actor.territory_id)
    if can(actor, Perm.SEE_TEAM):
        return redirect("equipe")
    return render(request, "territories/attente.html")


@require_GET
@public("Mentions obligatoires, lisibles par tous.")
def legal(request: HttpRequest, page: str) -> HttpResponse:
    return render(request, f"legal/{page}.html")


@require_GET
@public("Adresse pour signaler une faille, attendue par tous à cet endroit.")
def security_txt(request: HttpRequest) -> HttpResponse:
    lines = [f"Contact: {settings.BASE_URL}/mentions-legales/", "Preferred-Languages: fr, en"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_GET
@public("Consigne aux moteurs de recherche.")
def robots_txt(request: HttpRequest) -> HttpResponse:
    """The public directory is read by search engines; the rest of the portal stays closed to them."""
    opened = ("/ou-s-adresser/", "/static/", "/region/", "/sitemap.xml")
    lines = ["User-agent: *", *(f"Allow: {path}" for path in opened), "Disallow: /"]
    sitemap = f"Sitemap: {settings.BASE_URL}/sitemap.xml"
    return HttpResponse("\n".join([*lines, sitemap]) + "\n", content_type="text/plain; charset=utf-8")


@require_GET
@public("Galerie des composants, en démonstration seulement ; ne montre aucune donnée.")
def gallery(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    return render(request, "galerie.html", galerie.context())
