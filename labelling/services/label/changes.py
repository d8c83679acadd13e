"""What a modification or a renewal changes to the places: one that enters, leaves, moves (domain § 6)."""

from dataclasses import dataclass

from labelling.enums_label import PlaceOutcome, PlaceProposal
from labelling.models import LabelDossier, LabelPlace
from labelling.services.label.eligibility import address_of
from labelling.services.label.ground import Ground
from territories.access import Actor
from territories.models import Site


@dataclass(frozen=True)
class Change:
    """One place that is no longer what was granted; ``kind``: entre, sort, demenage."""

    site: Site
    kind: str
    words: str

    @property
    def tone(self) -> str:
        return {"entre": "ok", "sort": "warn"}.get(self.kind, "info")

    @property
    def label(self) -> str:
        return {"entre": "Entre", "sort": "Sort", "demenage": "Déménage"}[self.kind]


def changes_of(*, by: Actor, dossier: LabelDossier, ground: Ground) -> list[Change]:
    """Compare the places proposed with those granted in the dossier it follows; none for a first request."""
    if dossier.parent_id is None:
        return []
    rows = LabelPlace.objects.visible_to(by).filter(dossier_id=dossier.parent_id).select_related("site")
    before = {row.site_id: row for row in rows}
    granted = {pk for pk, row in before.items() if _granted(row)}
    now = {line.site.pk: line for line in ground.lines}
    found = []
    for line in ground.lines:
        if line.proposed and line.site.pk not in granted:
            found.append(Change(line.site, "entre", "Proposé au label, il ne l’avait pas."))
        elif not line.proposed and line.row is not None and line.site.pk in granted:
            closed = "Le lieu est fermé." if not line.site.active else _becomes(line.proposal)
            found.append(Change(line.site, "sort", f"Labellisé jusqu’ici. {closed}"))
        elif line.proposed:
            old = before[line.site.pk].eligibility.get("address", "")
            new = line.eligibility.address or address_of(line.site)
            if old and old != new:
                found.append(Change(line.site, "demenage", f"Avant : {old}. Maintenant : {new}."))
    found += [
        Change(before[pk].site, "sort", "Labellisé jusqu’ici. Il n’est plus dans le dossier.")
        for pk in sorted(granted)
        if pk not in now or now[pk].row is None
    ]
    return found


def _granted(row: LabelPlace) -> bool:
    return row.outcome == PlaceOutcome.LABELLISE


def _becomes(proposal: str) -> str:
    return "Il devient partenaire associé." if proposal == PlaceProposal.ASSOCIE else "Il sort du dossier."
