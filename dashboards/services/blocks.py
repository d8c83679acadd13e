"""Tables of who came, for what, and what was answered: the same for a territory, a network or a place."""

from dashboards.enums import AWAITED, REORIENTED, Dimension
from dashboards.services.build_flows import often
from dashboards.services.labels import Labels
from dashboards.services.release import Release
from dashboards.services.slices import Slice
from dashboards.services.tables import BarOf, Column, Kind, Row, Table, Value, greatest, ranked, used
from spo_portal.kernel.privacy import Cell, mask_share
from spo_portal.kernel.typography import MONTHS, capital

NOTHING = Cell(0)


def bars(
    asked: Slice,
    dimension: Dimension,
    words: dict[str, str],
    *,
    key: str,
    title: str,
    head: str,
    before: Release | None = None,
    region: Release | None = None,
    every: dict[str, str] | None = None,
) -> Table:
    """Counts of a dimension with their share, last year's and the region's, whose share is a line on the bar.

    ``every`` are the lines kept though nobody is there: a list in force, where zero says something.
    """
    cells = asked.values(dimension)
    whole = asked.whole()
    others = [asked.of(release) for release in (before, region) if release is not None]
    counts = [(other.values(dimension), other.whole()) for other in others]
    listed = {**(every or {}), **used(words, cells)}
    listed = {
        key: listed[key] for key in [*(k for k in words if k in listed), *(listed.keys() - words.keys())]
    }
    region_at = len(counts) - 1 if region is not None else None
    marks: dict[str, float] = {}
    if region_at is not None and whole.value:
        found, total = counts[region_at]
        shares = {name: mask_share(found.get(name, NOTHING), total).value for name in listed}
        marks = {name: float(share) * whole.value for name, share in shares.items() if share is not None}
    top = max([greatest(cells.values()), *marks.values(), 1])
    columns = [Column("Barre", Kind.BAR), Column("Fiches"), Column("Part", Kind.SHARE)]
    columns += [Column("L’an dernier", Kind.SHARE)] if before is not None else []
    columns += [Column("Région", Kind.SHARE)] if region is not None else []
    rows = []
    for name in ranked(listed, cells):
        cell = cells.get(name, NOTHING)
        values: list[Value] = [BarOf(cell, top, marks.get(name)), cell, mask_share(cell, whole)]
        values += [mask_share(found.get(name, NOTHING), total) for found, total in counts]
        rows.append(Row(listed[name], tuple(values)))
    return Table(
        key, title, head, tuple(columns), rows, definition=dimension, hidden_zeros=len(words) - len(listed)
    )


def demandes(asked: Slice, labels: Labels, before: Release | None, region: Release | None) -> Table:
    words = labels.of(Dimension.DEMANDE)
    return bars(
        asked, Dimension.DEMANDE, words, key="demandes", title="Demandes", head="Demande",
        before=before, region=region, every=labels.current(Dimension.DEMANDE),
    )  # fmt: skip


def reponses(asked: Slice, labels: Labels, before: Release | None, region: Release | None) -> Table:
    words = labels.of(Dimension.REPONSE)
    title = "Réponses apportées"
    return bars(
        asked, Dimension.REPONSE, words, key="reponses", title=title, head="Réponse",
        before=before, region=region, every=labels.current(Dimension.REPONSE),
    )  # fmt: skip


def statut_age(asked: Slice, labels: Labels) -> Table:
    """Statuts in lines, ages in columns, totals on both sides; statuts alone where they are not crossed."""
    statuts, words = asked.values(Dimension.STATUT), labels.of(Dimension.STATUT)
    listed = used(words, statuts)
    zeros = len(words.keys() - listed.keys())
    if not asked.published(Dimension.STATUT_AGE):
        columns = (Column("Fiches"), Column("Part", Kind.SHARE))
        whole = asked.whole()
        rows = [Row(listed[s], (statuts[s], mask_share(statuts[s], whole))) for s in ranked(listed, statuts)]
        return Table("statuts", "Statuts", "Statut", columns, rows, hidden_zeros=zeros)
    ages, crossed = asked.values(Dimension.AGE), asked.values(Dimension.STATUT_AGE)
    age_words = used(labels.of(Dimension.AGE), ages)
    rows = [
        Row(
            listed[s],
            (*(crossed.get(f"{s}:{a}", NOTHING) for a in age_words), statuts.get(s, NOTHING)),
        )
        for s in ranked(listed, statuts)
    ]
    totals = (*(ages.get(a, NOTHING) for a in age_words), asked.whole())
    rows.append(Row("Total", totals, total=True))
    columns = (*map(Column, age_words.values()), Column("Total"))
    return Table(
        "statut_age", "Statut et âge", "Statut", columns, rows,
        definition=Dimension.STATUT_AGE, hidden_zeros=zeros,
    )  # fmt: skip


def asked_answered(asked: Slice, labels: Labels) -> Table:
    """« Ce qui a été demandé, ce qui a été répondu »: no totals, as a fiche may carry several of both."""
    demandes, crossed = asked.values(Dimension.DEMANDE), asked.values(Dimension.DEMANDE_REPONSE)
    down = used(labels.of(Dimension.DEMANDE), demandes)
    answers = used(labels.of(Dimension.REPONSE), asked.values(Dimension.REPONSE))
    rows = [
        Row(
            down[d],
            (*(crossed.get(f"{d}:{r}", NOTHING) for r in answers), demandes.get(d, NOTHING)),
        )
        for d in ranked(down, demandes)
    ]
    columns = (*(Column(word, Kind.HEAT) for word in answers.values()), Column("Fiches"))
    return Table(
        "demande_reponse", "Ce qui a été demandé, ce qui a été répondu", "Demande", columns, rows,
        definition=Dimension.DEMANDE_REPONSE,
    )  # fmt: skip


def suites(asked: Slice, labels: Labels) -> Table:
    """What became of the re-orientations, each as a part of them."""
    cells, words = asked.values(Dimension.SUITE), labels.of(Dimension.SUITE)
    sent = asked.reoriented()
    top = max(greatest(cells.values()), 1)
    rows = []
    for key in [*(k for k in ranked(words, cells) if k != AWAITED), AWAITED]:
        cell = cells.get(key, NOTHING)
        rows.append(Row(words[key], (BarOf(cell, top), cell, mask_share(cell, sent))))
    rows.append(Row("Réorientations", ("", sent, ""), total=True))
    columns = (Column("Barre", Kind.BAR), Column("Fiches"), Column("Part", Kind.SHARE))
    return Table("suites", "Suites des réorientations", "Suite", columns, rows, definition=Dimension.SUITE)


def small(asked: Slice, labels: Labels, before: Release | None) -> list[Table]:
    """Channel, sexe, âge, entry on time: short lists side by side."""
    shown = (
        (Dimension.CANAL, "canal", "Canal"),
        (Dimension.SEXE, "sexe", "Sexe"),
        (Dimension.AGE, "age", "Âge"),
        (Dimension.SAISIE, "saisie", "Délai de saisie"),
    )
    return [
        bars(
            asked,
            dimension,
            labels.of(dimension),
            key=key,
            title=title,
            head=title,
            before=before,
            every=labels.of(dimension),
        )
        for dimension, key, title in shown
        if asked.published(dimension)
    ]


def network_flows(release: Release, labels: Labels) -> Table:
    """« Qui oriente vers qui »: networks that send in lines, kinds of structures that receive in columns."""
    sent = {key: release.cell(Dimension.ISSUE, REORIENTED, reseau=key) for key in release.keys("r")}
    origins = used(labels.reseaux, sent)
    lines = {key: release.values(Dimension.DESTINATION, reseau=key) for key in origins}
    ends = used(labels.of(Dimension.DESTINATION), *lines.values())
    rows = [
        Row(
            word,
            (
                *(lines[key].get(end, NOTHING) for end in ends),
                sent[key],
            ),
        )
        for key, word in origins.items()
    ]
    columns = (*(Column(word, Kind.HEAT) for word in ends.values()), Column("Réorientées"))
    return Table(
        "flux_reseaux", "Qui oriente vers qui", "Réseau qui oriente", columns, rows,
        definition=Dimension.DESTINATION,
    )  # fmt: skip


def site_flows(release: Release, labels: Labels, *, site: str = "", most: int = 7) -> Table:
    """The ways most taken from a place to another, without counts: see ``build_flows``."""
    words = labels.sites
    ways = [way for way in release.measures.get("trajets", ()) if site in ("", way[0])]
    rows = [Row(words.get(origin, origin), (words.get(end, end),)) for origin, end in ways[:most]]
    fewest = often(release.threshold)
    return Table(
        "flux_lieux", f"Les trajets les plus fréquents, {fewest} fiches ou plus", "De",
        (Column("Vers", Kind.WORDS),), rows, definition=Dimension.DESTINATION_SITE,
    )  # fmt: skip


def months_table(asked: Slice, before: Release | None, until: int) -> Table | None:
    """Contacts by month beside those of the year before; None when months are not published."""
    now = asked.months(until)
    if now is None:
        return None
    then = asked.of(before).months() if before is not None else None
    columns = (Column(str(asked.release.year)), *([Column(str(before.year))] if before is not None else []))
    rows = [
        Row(capital(name), (now[place], *([then[place]] if then is not None else [])))
        for place, name in enumerate(MONTHS)
    ]
    return Table("mois", "Contacts par mois", "Mois", columns, rows, definition=Dimension.CONTACTS)
