"""The model of a file of places: its columns, what each accepts, and the two files people fill in."""

from spo_portal.kernel.tables import BOM, csv_line, workbook
from territories.access import Actor
from territories.models import Reseau, ServiceItem, Territory
from territories.services.exchange.columns import READ, TITLES

_EXAMPLE = {
    "code": "",
    "name": "Mission locale, antenne de la gare",
    "kind": "antenne",
    "address": "12 rue de la Gare",
    "phone": "03 20 00 00 00",
    "wheelchair": "oui",
    "publics": "jeunes",
    "staff_tenths": "2,5",
    "hours": 'Mo-Fr 09:00-12:00; Tu 14:00-17:00 "sur rendez-vous"',
}


def headers() -> list[str]:
    return [column.title for column in READ]


def example(by: Actor) -> list[str]:
    """One line to replace, in the words of the region."""
    territory = Territory.objects.visible_to(by).filter(pk__in=by.scope.tenant).order_by("order").first()
    network = Reseau.objects.filter(region_id=by.region_id).order_by("order").first()
    values = _EXAMPLE | {
        "territory": territory.short_code if territory else "",
        "reseau": network.code if network else "",
        "organisation": "Nom de l’organisation",
    }
    return [values.get(column.key, "") for column in READ]


def model_csv(by: Actor) -> str:
    return BOM + csv_line(headers()) + csv_line(example(by))


def model_xlsx(by: Actor) -> bytes:
    """The same as a workbook, all cells in text format, with the words explained on a second sheet."""
    notes: list[tuple[str, str]] = [("Colonne", "Ce qu’elle accepte")]
    notes += [(f"{c.title}{' (obligatoire)' if c.required else ''}", c.accepts) for c in READ]
    territories = Territory.objects.visible_to(by).filter(pk__in=by.scope.tenant).order_by("order", "name")
    notes += [("", ""), ("Territoires", "Sigle à écrire dans la colonne « territoire »")]
    notes += list(territories.values_list("short_code", "name"))
    notes += [("", ""), ("Réseaux", f"Code à écrire dans la colonne « {TITLES['reseau']} »")]
    notes += list(Reseau.objects.filter(region_id=by.region_id).order_by("order").values_list("code", "name"))
    items = ServiceItem.objects.visible_to(by).filter(region_id=by.region_id, active=True).order_by("order")
    notes += [("", ""), ("Services", "Code à écrire dans la colonne « services », suivi de = et de comment")]
    notes += [(item.code, f"{item.block_name} : {item.name}") for item in items]
    widths = [column.width for column in READ]
    return workbook(
        [("Lieux", headers(), [example(by)], widths), ("Lisez-moi", [], notes, (32, 110))], text_rows=1
    )
