"""The figures counted in plain Python, one fiche after the other: the definition, written twice."""

import datetime
from collections import Counter, defaultdict
from zoneinfo import ZoneInfo

from contacts.models import FicheContact, FicheDestination
from dashboards.models import Rollup
from tests.factories import system

Figure = tuple[int, datetime.date, str, str]
PARIS = ZoneInfo("Europe/Paris")


def stored() -> Counter[Figure]:
    """Every rollup."""
    with system():
        rows = Rollup.objects.for_system().values_list("site_id", "month", "dimension", "value", "count")
        return Counter({(site, month, dim, value): n for site, month, dim, value, n in rows})


def recounted() -> Counter[Figure]:
    """What every rollup should be, from the fiches."""
    found: Counter[Figure] = Counter()
    with system():
        sent: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for row in FicheDestination.objects.for_system().select_related("site__reseau"):
            name = row.site.reseau.code if row.site.reseau else row.site.partner_kind or "autre"
            sent[row.fiche_id] |= {("destination", name), ("destination_site", str(row.site_id))}
        for fiche in FicheContact.objects.all():
            for dimension, value in _facts(fiche) | sent[fiche.pk]:
                found[(fiche.site_id, fiche.jour.replace(day=1), dimension, value)] += 1
    return found


def _facts(fiche: FicheContact) -> set[tuple[str, str]]:
    issue = "reoriente" if fiche.reoriented else "sur_place"
    entered = (fiche.created_at.astimezone(PARIS).date() - fiche.jour).days
    facts = {
        ("contacts", ""), ("issue", issue), ("canal", fiche.canal), ("sexe", fiche.sexe), ("age", fiche.age),
        ("statut", str(fiche.statut)), ("statut_age", f"{fiche.statut}:{fiche.age}"),
        ("saisie", "tardive" if entered > 3 else "a_temps"),
    }  # fmt: skip
    facts |= {("reponse", str(n)) for n in fiche.reponses}
    for n in fiche.demandes:
        facts |= {
            ("demande", str(n)),
            ("demande_statut", f"{n}:{fiche.statut}"),
            ("demande_issue", f"{n}:{issue}"),
        }
        facts |= {("demande_reponse", f"{n}:{r}") for r in fiche.reponses}
    if fiche.reoriented:
        facts.add(("suite", fiche.suite or "attendue"))
    if fiche.suite in ("recue", "rendez_vous", "reorientee"):
        days = (fiche.suite_at.astimezone(PARIS).date() - fiche.jour).days
        facts.add(("delai", str(min(90, max(0, days)))))
    return facts
