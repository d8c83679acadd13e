"""« Ce qui a changé »: three sentences computed from published figures, never from a hidden one (domain § 8).

Each theme gives at most one sentence, with a surprise: how far the figure is from last year's or from the
region's, in standard deviations. The three greatest are kept, then told in a fixed order. What can't be
compared says so in plain words. The same releases always give the same sentences.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone

from contacts.enums import Age
from dashboards.comparing import WHOLE_YEAR, Span, part_of, rate, span_of
from dashboards.enums import REORIENTED, Dimension
from dashboards.services.labels import Labels
from dashboards.services.release import Release
from dashboards.stories import COLON, Compared, Sentence, candidates
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import NBSP, counted, join

__all__ = ["Sentence", "changes"]
TOLD = 3
ORDER = (
    "volume", "issue", "demande", "statut", "age", "canal", "public", "boucles", "jamais", "delai", "saisie",
)  # fmt: skip
PUBLIC = {"demande", "statut", "age", "canal"}


def changes(
    now: Release,
    before: Release | None,
    region: Release | None,
    *,
    month: int | None = None,
    labels: Labels | None = None,
    today: datetime.date | None = None,
) -> list[Sentence]:
    """Exactly three sentences about ``now`` (an area), last year's release and the region's.

    ``month`` 1 to 12 or None for the year; a month that is not over is read within the year so far.
    """
    day = today or timezone.localdate()
    span = span_of(now.year, month, day)
    story = _Story(now, before, region, span, labels or Labels())
    return story.told()


@dataclass(frozen=True)
class _Story:
    now: Release
    before: Release | None
    region: Release | None
    span: Span | None
    labels: Labels

    def told(self) -> list[Sentence]:
        best: dict[str, Sentence] = {}
        for found in self._candidates():
            if found.theme not in best or found.surprise > best[found.theme].surprise:
                best[found.theme] = found
        ranked = sorted(best.values(), key=lambda s: (-s.surprise, ORDER.index(s.theme)))
        kept = ranked[:TOLD]
        themes = {s.theme for s in kept}
        for spare in self._spares():
            taken = spare.theme in themes or (spare.theme == "public" and themes & PUBLIC)
            if len(kept) < TOLD and not taken:
                kept.append(spare)
        return sorted(kept, key=lambda s: ORDER.index(s.theme))

    def _candidates(self) -> Iterator[Sentence]:
        if self.span is not None:
            yield from candidates(Compared(self.now, self.past, self.region, self.span, self.labels))

    @property
    def past(self) -> Release | None:
        """Last year's release when it has the months compared."""
        old = self.before
        if old is None or old.empty or self.span is None or old.first_month > self.span.months[0]:
            return None
        return old

    def _spares(self) -> Iterator[Sentence]:
        """What is said when too little can be compared; never more than is shown."""
        yield self._spare_volume()
        yield self._spare_loops()
        yield self._spare_public()

    @property
    def _when(self) -> str:
        return self.span.words if self.span else f"depuis le 1er janvier {self.now.year}"

    def _spare_volume(self) -> Sentence:
        cells = [self.now.cell(Dimension.CONTACTS, month=month) for month in self.months]
        if any(cell.masked for cell in cells):
            text = f" {self._when}{COLON}le total ne se compare pas à celui de l’an dernier."
            return Sentence("Des nombres de fiches sont masqués", text, "volume")
        total = sum(cell.value or 0 for cell in cells)
        if not total:
            text = f" {self._when}{COLON}la saisie n’a pas commencé, ou rien n’est encore remonté."
            return Sentence("Aucune fiche", text, "volume")
        text = f" {self._when}{COLON}pas de chiffre comparable un an plus tôt."
        return Sentence(counted(total, "fiche"), text, "volume")

    def _spare_loops(self) -> Sentence:
        sent = [self.now.cell(Dimension.ISSUE, REORIENTED, month=month) for month in self.months]
        if not any(cell.masked or cell.value for cell in sent):
            return Sentence("Aucune réorientation", f" {self._when}{COLON}pas de boucle à suivre.", "boucles")
        text = f"{COLON}les réorientations sont trop peu nombreuses, ou en partie masquées."
        return Sentence("Les suites ne se comparent pas encore", text, "boucles")

    def _spare_public(self) -> Sentence:
        if not any(self.now.cell(Dimension.CONTACTS, month=month) != Cell(0) for month in self.months):
            text = f"{COLON}les demandes et les statuts s’afficheront avec les premières fiches."
            return Sentence("Pas encore de public à décrire", text, "public")
        against = [
            words
            for release, words in ((self.past, "avec l’an dernier"), (self.region, "avec la région"))
            if release is not None and self._comparable(release)
        ]
        if against:
            text = f"{COLON}aucun écart net {join(against, 'ni')}."
            return Sentence("Le public change peu", text, "public")
        return self._most_asked() or Sentence(
            "Le public ne se compare pas encore",
            f"{COLON}les nombres sont trop petits pour être montrés, ou rien n’est comparable.",
            "public",
        )

    def _most_asked(self) -> Sentence | None:
        """What is asked most among the shown demandes, when nothing can be compared with it."""
        if self.span is None:
            return None
        found = [
            (part[0] / part[1], part, word)
            for value, word in self.labels.lists.get("demande", {}).items()
            if (part := part_of(self.now, self.span, Dimension.DEMANDE, value))
        ]
        if not found:
            return None
        _, part, word = max(found)
        strong = f"{rate(part)} des fiches portent la demande «{NBSP}{word}{NBSP}»"
        return Sentence(strong, f"{COLON}rien d’autre à en comparer pour l’instant.", "public")

    def _comparable(self, release: Release) -> bool:
        """True when one part at least of the public is shown on both sides."""
        if self.span is None:
            return False
        span = Span(self.span.year - 1, self.span.months) if release is self.past else self.span
        young = Age.MOINS_26.value
        return all(
            part_of(found, when, Dimension.AGE, young) is not None
            for found, when in ((self.now, self.span), (release, span))
        )

    @property
    def months(self) -> tuple[int, ...]:
        return self.span.months if self.span else WHOLE_YEAR
