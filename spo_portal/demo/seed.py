"""Fill the portal for a demonstration, through the services: the same seed gives the same rows."""

import datetime
import random
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from contacts.enums import Entry
from contacts.events import FICHE_CHANGED
from contacts.models import ListVersion
from contacts.services.fiches import DestinationData, FicheData
from contacts.services.past import PastFiche, record_past_fiches
from contacts.services.purge import first_countable_month
from dashboards.services.build_all import ensure_all
from dashboards.services.checking import evaluate_all
from dashboards.services.rebuild import rebuild
from dashboards.services.rebuild import territories as territories_to_count
from spo_portal.demo import ami, contacts, conventions, label, label_state, partners, people, quality, records
from spo_portal.kernel import outbox
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.access import SYSTEM_ACTOR
from territories.models import Site, Territory

# A whole year to compare this one with, within what is kept row by row.
MONTHS = 22
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Seeded:
    """What a run left: all demonstration accounts, contacts added and already there."""

    accounts: list[people.Account]
    created: int
    known: int


def seed(*, seed: int, territories: int, fiches: int, progress: Progress) -> Seeded:
    """Open accounts in every territory and record ``fiches`` contacts in the first ``territories`` of each
    region in turn.

    Contacts are keyed by seed, site and rank: a second run with the same numbers adds nothing.
    """
    now = timezone.localtime()
    with transaction.atomic():
        apply(SYSTEM)
        every = _alternating(list(Territory.objects.for_system().select_related("region")))[:territories]
        sites = _sites(every)
        accounts = people.create_accounts(every, sites)
        versions = {v.region_id: v for v in ListVersion.objects.for_system().order_by("starts_on")}
    rng = random.Random(seed)  # noqa: S311 - a demonstration, not a secret
    desks = [site for territory in every for site in sites.get(territory.pk, []) if site.reseau_id]
    counts = contacts.share_out(rng, desks, fiches) if desks else {}
    created = known = done = 0
    for site in desks:
        # Each site draws from its own generator: adding a site does not change what the others drew.
        result = _site(seed, site, sites[site.territory_id], versions[site.region_id], counts[site.pk], now)
        created, known, done = created + result[0], known + result[1], done + counts[site.pk]
        progress(done, fiches)
    if created:
        _count_at_once()
    while outbox.drain():
        pass
    ensure_all()
    records.records(seed=seed, territories=every)
    partners.partners(seed=seed, territories=every)
    quality.labels_and_targets(seed=seed, territories=every)
    ami.calls_for_interest(territories=every)
    conventions.conventions(territories=every)
    label.label_dossiers(territories=every)
    label_state.label_state(territories=every)
    for _ in evaluate_all():
        pass
    return Seeded(accounts, created, known)


def _count_at_once() -> None:
    """Count the figures territory by territory, as a rebuild does: month by month and site by site, a portal
    just filled would wait ten times as long. The events written before are answered by it."""
    today = timezone.localdate()
    with transaction.atomic():
        apply(SYSTEM)
        answered = outbox.pending(FICHE_CHANGED)
    for _ in rebuild(territories_to_count(today), today, processes=2):
        pass
    with transaction.atomic():
        apply(SYSTEM)
        outbox.settle(answered)


def _alternating(territories: list[Territory]) -> list[Territory]:
    """Territories of each region in turn, the most populated first: a small number shows both regimes."""
    queues: dict[int, list[Territory]] = defaultdict(list)
    for territory in sorted(territories, key=lambda t: (-(t.population or 0), t.reference_id)):
        queues[territory.region_id].append(territory)
    ordered: list[Territory] = []
    while any(queues.values()):
        ordered.extend(queue.pop(0) for _, queue in sorted(queues.items()) if queue)
    return ordered


def _sites(territories: list[Territory]) -> dict[int, list[Site]]:
    found: dict[int, list[Site]] = defaultdict(list)
    chosen = Site.objects.for_system().can_be_suggested().filter(territory__in=territories)
    for site in chosen.select_related("territory__region", "reseau", "region").order_by(
        "territory_id", "reseau__order", "id"
    ):
        found[site.territory_id].append(site)
    # One site of each network first: the first accounts belong to different networks.
    return {pk: _one_of_each_first(rows) for pk, rows in found.items()}


def _one_of_each_first(sites: list[Site]) -> list[Site]:
    seen: set[int | None] = {None}
    first = [s for s in sites if s.reseau_id not in seen and not seen.add(s.reseau_id)]  # type: ignore[func-returns-value]
    return first + [s for s in sites if s not in first]


def _site(
    seed: int, site: Site, neighbours: list[Site], version: ListVersion, count: int, now: datetime.datetime
) -> tuple[int, int]:
    rng = random.Random(f"{seed}:{site.reference_id}")  # noqa: S311 - a demonstration, not a secret
    others = [s for s in neighbours if s.pk != site.pk and s.reseau_id != site.reseau_id][:8]
    oldest = first_countable_month(now.date())
    rows = []
    for rank, drawn in enumerate(contacts.draw(rng, version, others, count, now, MONTHS)):
        if drawn.at.date() < oldest:
            continue
        suite_at = min(drawn.at + datetime.timedelta(days=drawn.suite_after_days, hours=2), now)
        rows.append(
            PastFiche(
                data=FicheData(
                    jour=drawn.at.date(),
                    canal=drawn.canal,
                    sexe=drawn.sexe,
                    age=drawn.age,
                    statut=drawn.statut,
                    demandes=drawn.demandes,
                    reponses=drawn.reponses,
                    precisions=drawn.precisions,
                    destinations=tuple(DestinationData(pk) for pk in drawn.destination_ids),
                ),
                cle_idempotence=uuid.uuid5(uuid.NAMESPACE_URL, f"demo:{seed}:{site.reference_id}:{rank}"),
                created_at=drawn.at,
                suite=drawn.suite,
                suite_at=suite_at if drawn.suite else None,
                suite_site_id=drawn.destination_ids[0] if drawn.suite else None,
            )
        )
    with transaction.atomic():
        apply(SYSTEM)
        result = record_past_fiches(by=SYSTEM_ACTOR, site=site, rows=rows, entry=Entry.ECRAN, with_codes=True)
    return result.created, result.known
