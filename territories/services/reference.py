"""Load a reference: idempotent, versioned, with a summary of what changed. System code (worker or owner).

What people keep in the portal is not undone by a later load: hours are taken only for a place that has none,
a record changed in the portal is the portal's, and so is a place that was opened in it.
"""

from collections.abc import Iterable, Mapping

from territories.enums import Wheelchair
from territories.models import Commission, Commune, Organisation, Region, Reseau, Site, Territory
from territories.reference.rows import PlaceRow, Reference
from territories.services.codes import site_code, territory_code
from territories.services.contours import load_contours
from territories.services.grid import load_grid
from territories.services.record.origin import kept_here
from territories.services.reference_hours import load_hours
from territories.services.search import fold
from territories.services.upsert import Summary, Tally, upsert

PLACE_FILES = ("structures.csv", "partenaires.csv")
# What the reference says in words is a choice of the record.
WHEELCHAIR = {str(label): value for value, label in Wheelchair.choices if value}


def load_places(reference: Reference, summary: Summary) -> dict[str, Region]:
    """Write regions, territories, communes, networks, organisations, sites and hours; return regions by code.

    Runs inside the caller's transaction under the system scope, so that a dry run is a rollback.
    """
    regions = _regions(reference, summary)
    commissions = _commissions(reference, regions, summary)
    territories = _territories(reference, regions, commissions, summary)
    _communes(reference, territories, summary)
    reseaux = _reseaux(reference, regions, summary)
    _sites(reference, territories, reseaux, summary)
    load_grid(reference.grid, regions, summary)
    load_contours(reference.outlines, territories, summary)
    return regions


def _regions(reference: Reference, summary: Summary) -> dict[str, Region]:
    words = {v.region: v for v in reference.vocabularies}
    wanted = {}
    for row in reference.regions:
        v = words.get(row.code)
        if v is None:
            continue
        wanted[row.code] = {
            "code": row.code,
            "slug": v.slug,
            "name": v.name,
            "regime": v.regime,
            "portal_name": v.portal_name,
            "service_name": v.service_name,
            "service_short": v.service_short,
            "territory_word": v.territory_word,
            "territory_word_plural": v.territory_word_plural,
            "body_name": v.body_name,
            "animation_name": v.animation_name,
            "brand_primary": v.brand_primary,
            "brand_accent": v.brand_accent,
            "logo_svg": v.logo_svg,
            "public_site": v.public_site,
            "welcome_sentence": v.welcome_sentence,
            "resources": v.printed_resources(),
            "reference_version": reference.version,
        }
    existing = {r.code: r for r in Region.objects.all()}
    return upsert(Region, wanted, existing, summary.tallies.setdefault("régions", Tally()))


def _commissions(reference: Reference, regions: dict[str, Region], summary: Summary) -> dict[str, Commission]:
    """Commissions by the reference id of each territory they cover."""
    wanted = {
        (regions[row.region].pk, f"C{row.order}"): {
            "region": regions[row.region],
            "code": f"C{row.order}",
            "name": row.name,
        }
        for row in reference.commissions
        if row.region in regions
    }
    existing = {(c.region_id, c.code): c for c in Commission.objects.for_system()}
    rows = upsert(Commission, wanted, existing, summary.tallies.setdefault("commissions", Tally()))
    return {
        territory: rows[(regions[row.region].pk, f"C{row.order}")]
        for row in reference.commissions
        if row.region in regions
        for territory in row.territories
    }


def _territories(
    reference: Reference, regions: dict[str, Region], commissions: dict[str, Commission], summary: Summary
) -> dict[str, Territory]:
    existing = {t.reference_id: t for t in Territory.objects.for_system()}
    taken: dict[int, set[str]] = {}
    for old in existing.values():
        taken.setdefault(old.region_id, set()).add(old.short_code)
    wanted = {}
    for row in reference.territories:
        if row.region not in regions:
            continue
        region = regions[row.region]
        known = existing.get(row.reference_id)
        short = known.short_code if known else territory_code(row.name, taken.setdefault(region.pk, set()))
        wanted[row.reference_id] = {
            "reference_id": row.reference_id,
            "region": region,
            "commission": commissions.get(row.reference_id),
            "kind": row.kind,
            "system": row.system,
            "code": row.code,
            "short_code": short,
            "name": row.name,
            "order": row.order,
            "population": row.population,
            "latitude": row.latitude,
            "longitude": row.longitude,
        }
    return upsert(Territory, wanted, existing, summary.tallies.setdefault("territoires", Tally()))


def _communes(reference: Reference, territories: dict[str, Territory], summary: Summary) -> None:
    wanted = {}
    for row in reference.communes:
        territory = territories.get(row.territory)
        if territory is None:
            continue
        wanted[row.code_insee] = {
            "code_insee": row.code_insee,
            "region_id": territory.region_id,
            "territory_id": territory.pk,
            "name": row.name,
            "search_name": fold(row.name),
            "postcodes": list(row.postcodes),
            "former_names": list(row.former_names),
            "former_search": " | ".join(fold(name) for name in row.former_names),
            "population": row.population,
            "latitude": row.latitude,
            "longitude": row.longitude,
        }
    existing = {c.code_insee: c for c in Commune.objects.for_system()}
    upsert(Commune, wanted, existing, summary.tallies.setdefault("communes", Tally()))


def _reseaux(
    reference: Reference, regions: dict[str, Region], summary: Summary
) -> dict[tuple[int, str], Reseau]:
    wanted = {
        (regions[row.region].pk, row.code): {
            "region": regions[row.region],
            "code": row.code,
            "name": row.name,
            "short_name": row.short_name,
            "paper_name": row.paper_name,
            "logo_svg": row.logo_svg,
            "order": row.order,
        }
        for row in reference.reseaux
        if row.region in regions
    }
    existing = {(r.region_id, r.code): r for r in Reseau.objects.all()}
    return upsert(Reseau, wanted, existing, summary.tallies.setdefault("réseaux", Tally()))


def _organisations(
    places: Iterable[tuple[PlaceRow, Territory]], summary: Summary
) -> dict[tuple[int, str], Organisation]:
    wanted = {
        (territory.region_id, row.name[:160]): {
            "region_id": territory.region_id,
            "name": row.name[:160],
            "is_training_body": row.is_training_body,
        }
        for row, territory in places
    }
    existing = {(o.region_id, o.name): o for o in Organisation.objects.for_system()}
    return upsert(Organisation, wanted, existing, summary.tallies.setdefault("organisations", Tally()))


def _sites(
    reference: Reference,
    territories: dict[str, Territory],
    reseaux: dict[tuple[int, str], Reseau],
    summary: Summary,
) -> None:
    places = [
        (row, territories[row.territory])
        for row in (*reference.sites, *reference.partners)
        if row.territory in territories
    ]
    organisations = _organisations(places, summary)
    existing = {s.reference_id: s for s in Site.objects.for_system()}
    taken: dict[int, set[str]] = {}
    for old in existing.values():
        taken.setdefault(old.territory_id, set()).add(old.code)
    wanted: dict[str, dict[str, object]] = {}
    rows: dict[str, PlaceRow] = {}
    for row, territory in places:
        # A place of no network and a partner in no direction is known as an organisation only (GUIDE p. 21).
        if not row.reseau and not row.direction:
            continue
        known = existing.get(row.reference_id)
        code = (
            known.code
            if known
            else site_code(row.reseau or row.partner_kind, taken.setdefault(territory.pk, set()))
        )
        rows[row.reference_id] = row
        if known and kept_here(known):
            wanted[row.reference_id] = {}
            continue
        wanted[row.reference_id] = {
            "active": True,
            "reference_id": row.reference_id,
            "region_id": territory.region_id,
            "territory_id": territory.pk,
            "organisation_id": organisations[(territory.region_id, row.name[:160])].pk,
            "reseau": reseaux.get((territory.region_id, row.reseau)),
            "commune_id": row.commune or None,
            "code": code,
            "kind": row.kind,
            "direction": row.direction,
            "partner_kind": row.partner_kind,
            "name": row.name,
            "address": row.address,
            "complement": row.complement,
            "postcode": row.postcode,
            "city": row.city,
            "phone": row.phone,
            "email": row.email,
            "website": row.website,
            "latitude": row.latitude,
            "longitude": row.longitude,
            "accessibility": row.accessibility,
            "wheelchair": WHEELCHAIR.get(row.accessibility, ""),
            "hours_note": row.hours_note[:300],
        }
    saved = upsert(Site, wanted, existing, summary.tallies.setdefault("lieux", Tally()))
    _close_missing(existing, saved, summary)
    load_hours(saved, rows, summary, PLACE_FILES)


def _close_missing(existing: Mapping[str, Site], named: Mapping[str, Site], summary: Summary) -> None:
    """A place its Region's files no longer name is suggested no more; its fiches and figures stay.

    Left alone: the places of a Region whose files name none of their kind (members of a network, partners),
    every place when a line of the two files was refused: it may be one of those that seem to be missing, and
    those the portal keeps.
    """
    if any(refusal.file in PLACE_FILES for refusal in summary.refusals):
        return
    given = {(site.region_id, site.reseau_id is None) for site in named.values()}
    gone = [
        site
        for key, site in existing.items()
        if key not in named
        and site.active
        and not kept_here(site)
        and (site.region_id, site.reseau_id is None) in given
    ]
    for site in gone:
        site.active = False
    Site.objects.for_system().bulk_update(gone, ["active"], batch_size=500)
    if gone:
        summary.tallies["lieux retirés"] = Tally(changed=len(gone))
