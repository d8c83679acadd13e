"""Load the lists of the fiche and the orientation rules of each Region. System code."""

from collections.abc import Iterable

from contacts.enums import ListKind
from contacts.models import FicheContact, ListVersion, OrientationRule
from territories.models import Region, Reseau
from territories.reference.rows import ListVersionRow, Reference, Refusal
from territories.services.upsert import Summary, Tally


def load_lists_and_rules(reference: Reference, regions: dict[str, Region], summary: Summary) -> None:
    """Add list versions (a version in use never changes) and, for a Region that has none yet, its rules."""
    _lists(reference, regions, summary)
    _rules(reference, regions, summary)


def _lists(reference: Reference, regions: dict[str, Region], summary: Summary) -> None:
    """Figures and rules hold numbers: a number given to a box keeps its meaning in every later version."""
    tally = summary.tallies.setdefault("listes", Tally())
    existing = {(v.region_id, v.number): v for v in ListVersion.objects.for_system()}
    for row in reference.lists:
        if row.region not in regions:
            continue
        region = regions[row.region]
        known = existing.get((region.pk, row.number))
        others = [v for key, v in existing.items() if key[0] == region.pk and v is not known]
        if clash := _clash(row, others):
            reason = f"{row.region}, version {row.number} : {clash}"
            summary.refusals.append(Refusal("listes.json", 0, reason))
        elif known is None:
            ListVersion.objects.create(
                region=region, number=row.number, starts_on=row.starts_on, items=row.items()
            )
            tally.added += 1
        elif known.items == row.items() and known.starts_on == row.starts_on:
            tally.same += 1
        elif FicheContact.objects.filter(list_version=known).exists():
            summary.refusals.append(
                Refusal(
                    "listes.json",
                    0,
                    f"{row.region}, la version {row.number} sert déjà : publiez une version {row.number + 1}",
                )
            )
        else:
            known.items, known.starts_on = row.items(), row.starts_on
            known.save(update_fields=["items", "starts_on"])
            tally.changed += 1


def _clash(row: ListVersionRow, others: Iterable[ListVersion]) -> str:
    """Why this version can't stand beside the others of its Region, in French; empty when it can."""
    taken = {
        (str(kind), item.n): item.code for v in others for kind in ListKind for item in v.of(kind)
    }
    for kind, items in row.items().items():
        for item in items:
            n, code = item["n"], item["code"]
            before = taken.get((kind, n), code)
            if before != code:
                return f"le numéro {n} désigne déjà « {before} », donnez-en un autre à « {code} »"
    if any(version.starts_on == row.starts_on for version in others):
        return "une autre version commence le même jour"
    return ""


def _rules(reference: Reference, regions: dict[str, Region], summary: Summary) -> None:
    tally = summary.tallies.setdefault("règles d’orientation", Tally())
    reseaux = {(r.region_id, r.code): r for r in Reseau.objects.all()}
    versions = {v.region: v for v in reference.lists}
    # Rules belong to the regional animation once loaded: a later load leaves them alone.
    filled = set(OrientationRule.objects.for_system().values_list("region_id", flat=True).distinct())
    rows = []
    for row in reference.rules:
        region, version = regions.get(row.region), versions.get(row.region)
        if region is None or version is None:
            continue
        if region.pk in filled:
            tally.same += 1
            continue
        rows.append(
            OrientationRule(
                region=region,
                reseau=reseaux.get((region.pk, row.reseau)),
                partner_kind=row.partner_kind,
                statuts=version.numbers_of(version.statuts, row.statuts),
                ages=list(row.ages),
                demandes=version.numbers_of(version.demandes, row.demandes),
                weight=row.weight,
                reason=row.reason,
            )
        )
    OrientationRule.objects.bulk_create(rows)
    tally.added += len(rows)
