"""What each address of the API answers. Every row comes through the same doors as the screens."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from dashboards import indicators
from dashboards.api import declared, shapes
from dashboards.api.door import open_endpoint, token_endpoint
from dashboards.api.openapi import description
from dashboards.api.problems import HELP, Problem
from dashboards.enums import Audience, Dimension
from dashboards.permissions import Perm
from dashboards.services.labels import labels
from dashboards.services.published import NO_RESEAU
from dashboards.services.release import Release, territory_release
from dashboards.services.summaries import summaries
from territories import hours
from territories.access import Actor, get_visible_or_404
from territories.models import Region, Reseau, Site, Territory
from territories.services.hours import WITH_HOURS, week_of

WITHOUT_RESEAU = "SANS_RESEAU"


@open_endpoint
def index(request: HttpRequest) -> dict[str, Any]:
    declared.INDEX.asked(request.GET)
    return {
        "version": declared.VERSION,
        "aide": HELP,
        "openapi": declared.OPENAPI.address,
        "authentification": "Authorization: Bearer votre-jeton",
        "adresses": [{"adresse": e.address, "titre": e.title, "jeton": e.token} for e in declared.ENDPOINTS],
    }


@open_endpoint
def openapi(request: HttpRequest) -> dict[str, Any]:
    declared.OPENAPI.asked(request.GET)
    return description()


@open_endpoint
def nowhere(request: HttpRequest, reste: str) -> dict[str, Any]:
    """Any other address under the API: a plain 404 that a program understands."""
    raise Problem("introuvable", "Cette adresse n’existe pas. Voir la liste sur /api/v1/.")


@token_endpoint(Perm.READ_TERRITORY)
def territories(request: HttpRequest, by: Actor) -> dict[str, Any]:
    asked = declared.TERRITORIES.asked(request.GET)
    rows = Territory.objects.visible_to(by).steered_by(by).select_related("commission")
    return shapes.page(rows, asked, shapes.territory)


@token_endpoint(Perm.READ_TERRITORY)
def territory_figures(request: HttpRequest, by: Actor, pk: int) -> dict[str, Any]:
    asked = declared.FIGURES.asked(request.GET)
    found = get_visible_or_404(Territory.objects.steered_by(by).select_related("region"), by, pk=pk)
    year, month = asked["annee"] or timezone.localdate().year, asked["mois"]
    codes = _reseaux(found.region)
    reseau = _reseau(codes, asked["reseau"])
    release = territory_release(by=by, territory=found, year=year)
    words = labels(by=by, region=found.region, year=year, territory=found)
    both = month is not None and reseau is not None
    return {
        "territoire": {"id": found.pk, "nom": found.name},
        "annee": year,
        "mois": month,
        "reseau": asked["reseau"],
        **_about(release),
        "reseaux": [{"code": code, "nom": words.reseaux.get(key, code)} for code, key in codes.items()],
        "contacts": shapes.cell(shapes.contacts(release, month=month, reseau=reseau)),
        "dimensions": [] if both else shapes.breakdowns(release, words, month=month, reseau=reseau),
        "corrections": [
            {"mois": f"{c.month:%Y-%m}", "changements": c.changes, "le": shapes.moment(c.at)}
            for c in release.corrections
        ],
    }


@token_endpoint(Perm.READ_REGION)
def region_figures(request: HttpRequest, by: Actor) -> dict[str, Any]:
    asked = declared.REGION.asked(request.GET)
    year, month = asked["annee"] or timezone.localdate().year, asked["mois"]
    rows = list(Territory.objects.visible_to(by).steered_by(by).order_by("order", "name"))
    found = summaries(by=by, territory_ids=[row.pk for row in rows], year=year)
    names = [(row.name, found[row.pk]) for row in rows]
    words = labels(by=by, region=by.region, year=year)  # type: ignore[arg-type]
    sums = []
    for name in Dimension.values:
        values = _used(names, name, month)
        if name not in shapes.APART and values:
            order = {value: word for value, word in words.of(name).items() if value in values}
            order |= {value: value for value in sorted(values - order.keys())}
            sums.append(
                shapes.dimension(
                    name,
                    order,
                    lambda value, name=name: _sum(names, name, value, month),  # type: ignore[misc]
                )
            )
    return {
        "region": {"code": by.region.code, "nom": by.region.name},  # type: ignore[union-attr]
        "annee": year,
        "mois": month,
        "contacts": _sum(names, Dimension.CONTACTS, "", month),
        "dimensions": sums,
        "territoires": [
            {
                "id": row.pk,
                "nom": row.name,
                "contacts": shapes.cell(shapes.contacts(found[row.pk], month=month)),
                "arrete_le": shapes.moment(found[row.pk].filled_at),
            }
            for row in rows
        ],
    }


@token_endpoint(Perm.READ_TERRITORY)
def definitions(request: HttpRequest, by: Actor) -> dict[str, Any]:
    declared.INDICATORS.asked(request.GET)
    return {
        "donnees": [
            {
                "cle": one.key,
                "libelle": one.label,
                "theme": str(one.theme),
                "definition": one.what,
                "source": one.source,
                "unite": str(one.unit),
                "sens": str(one.direction),
                "masquage": one.masking,
                "depuis": one.since,
                "niveaux": [str(level) for level in one.levels],
                "dimension": one.dimension or None,
            }
            for one in indicators.every().values()
        ]
    }


@token_endpoint(Perm.READ_TERRITORY)
def places(request: HttpRequest, by: Actor) -> dict[str, Any]:
    asked = declared.PLACES.asked(request.GET)
    rows = Site.objects.visible_to(by).open_to_public().filter(region_id=by.region_id)
    if asked["territoire"]:
        rows = rows.filter(territory_id=asked["territoire"])
    rows = rows.select_related("territory", "reseau", "commune").prefetch_related(*WITH_HOURS)
    return shapes.page(rows, asked, _place)


def _place(site: Site) -> dict[str, Any]:
    return {
        "id": site.pk,
        "reference": site.reference_id,
        "nom": site.name,
        "nature": site.get_kind_display(),
        "reseau": site.reseau.code if site.reseau else None,
        "partenaire": site.get_direction_display() if site.direction else None,
        "territoire": {"id": site.territory_id, "nom": site.territory.name},
        "commune": site.commune_id,
        "adresse": site.address,
        "code_postal": site.postcode,
        "ville": site.city,
        "telephone": site.phone,
        "courriel": site.email,
        "site": site.website,
        "latitude": float(site.latitude) if site.latitude is not None else None,
        "longitude": float(site.longitude) if site.longitude is not None else None,
        "accessibilite": site.accessibility,
        "horaires": hours.write_osm(week_of(site)),
    }


def _about(release: Release) -> dict[str, Any]:
    inside = release.audience == Audience.INSIDE
    return {
        "lecteurs": "equipe" if inside else "autres",
        "seuil": release.threshold,
        "masquage": release.why_masked,
        "arrete_le": shapes.moment(release.filled_at),
    }


def _reseaux(region: Region) -> dict[str, str]:
    """Key in a release of every network, by the code a program knows; places without one come last."""
    rows = Reseau.objects.filter(region=region).order_by("order").values_list("code", "pk")
    return {code: str(pk) for code, pk in rows} | {WITHOUT_RESEAU: NO_RESEAU}


def _reseau(codes: dict[str, str], asked: str | None) -> str | None:
    if asked is None:
        return None
    if asked not in codes:
        raise Problem("parametre_refuse", "« reseau » n’est pas un code de réseau de cette région.")
    return codes[asked]


def _sum(names: list[tuple[str, Release]], dimension: str, value: str, month: int | None) -> dict[str, Any]:
    cells = [(name, release.cell(dimension, value, month=month)) for name, release in names]
    return shapes.total(cells)


def _used(names: list[tuple[str, Release]], dimension: str, month: int | None) -> set[str]:
    return {
        value
        for _, release in names
        for value, cell in release.values(dimension, month=month).items()
        if cell.masked or cell.value
    }
