"""Parts of the regional synthesis: sums of shown cells only, each saying which territories are left out."""

from django.utils import timezone

from dashboards.computing import Figure, closed_months, figure, figure_over, median_delay
from dashboards.enums import Dimension
from dashboards.report_blocks import (
    HIDDEN,
    Block,
    Chart,
    Column,
    KeyFigure,
    Keys,
    Map,
    Table,
    Text,
    Value,
    percent_of,
    rows,
    shown,
)
from dashboards.services.release import total_of
from dashboards.services.report_compose import COUNTED, MASKED
from dashboards.services.report_material import contacts_per_thousand, counted_contacts
from dashboards.services.synthesis_material import Whole
from dashboards.services.wide_slices import Change, Question, change_of, change_of_all
from labelling.services.tables import has_label
from spo_portal.kernel.typography import MONTHS, MONTHS_SHORT, NBSP, capital, counted, duration, join, number
from territories.hours import shown_percent


def _without(names: tuple[str, ...]) -> str:
    return f"hors {join(names)} (n.c.)" if names else ""


def _key(found: Figure, label: str, w: Whole) -> KeyFigure:
    return KeyFigure(
        found.text,
        label,
        _without(found.left_out)
        or f"{counted(len(w.territories), w.region.territory_word, w.region.territory_word_plural)}",
    )


def brief_part(w: Whole) -> list[Block]:
    contacts, sent = figure_over("contacts", w.named()), figure_over("reorientes", w.named())
    closed = figure_over("boucles_fermees", w.named())
    signed = sum(report.is_signed for report in w.reports.values())
    keys = Keys(
        (
            _key(contacts, "contacts", w),
            _key(sent, "des contacts réorientés", w),
            _key(closed, "de suites connues", w),
            KeyFigure(f"{signed} sur {len(w.territories)}", "rapports signés"),
        )
    )
    values = {str(t.pk): contacts_per_thousand(t, w.now[t.pk]) for t in w.territories}
    title = f"Contacts pour 1{NBSP}000 habitants, par territoire, {w.year}"
    words = f"Dans la région, {number(contacts.part or 0)} contacts sont comptés en {w.year}"
    left = _without(contacts.left_out)
    return [
        keys,
        Text(f"{words}{', ' + left if left else ''}."),
        Map("region", title, values, "territoires", None, f"pour 1{NBSP}000 habitants"),
    ]


def offer_part(w: Whole) -> list[Block]:
    known = has_label(w.region)
    lines = []
    for territory in w.territories:
        facts = w.facts.get(territory.pk)
        if facts is None:
            lines.append((territory.name, 0, None, None, *([None] if known else [])))
            continue
        hours = duration(facts.coverage.minutes) if facts.coverage else None
        line = (territory.name, facts.existing, shown_percent(facts.walk_in), hours)
        lines.append((*line, facts.labelled) if known else line)
    columns = [
        Column(capital(w.region.territory_word), "text"),
        Column("Lieux"),
        Column("Sans rendez-vous", "percent"),
        Column("Par semaine, sans porte ouverte", "hours"),
    ]
    if known:
        columns.append(Column("Labellisés"))
    table = Table("offre", "L’offre d’accueil par territoire", tuple(columns), rows(lines))
    return [table, _label(w, known)]


def _label(w: Whole, known: bool) -> Table:
    dates = w.label.dates[:3] if known else ()
    lines = []
    for row in [*w.label.rows, w.label.total]:
        line: list[Value] = [row.name]
        for day in dates:
            past = row.history.get(day)
            line.append(f"{past.labelled} / {past.existing}" if past else None)
        line += (
            [row.now.labelled, row.now.existing, percent_of(row.now.share)] if known else [row.now.existing]
        )
        lines.append(line)
    columns = [Column("Réseau", "text"), *(Column(f"Au {day:%d/%m/%Y}", "text") for day in dates)]
    columns += [Column("Labellisés")] if known else []
    columns += [Column("Existants")]
    columns += [Column("Part", "percent")] if known else []
    title = "Lieux labellisés et lieux existants par réseau" if known else "Lieux d’accueil par réseau"
    return Table("label", title, tuple(columns), rows(lines), total=True)


def activity_part(w: Whole) -> list[Block]:
    lines: list[tuple[Value, ...]] = []
    running = w.year == timezone.localdate().year
    asked = Question(w.year, running=running, closed=closed_months(w.year, timezone.localdate()))
    changes: list[Change] = []
    for territory in w.territories:
        change = change_of(w.now[territory.pk], w.before[territory.pk], asked)
        changes.append(change)
        lines.append(
            (
                territory.name,
                counted_contacts(w.now[territory.pk]),
                counted_contacts(w.before[territory.pk]),
                _change(change),
                contacts_per_thousand(territory, w.now[territory.pk]),
            )
        )
    lines.sort(key=lambda line: -(line[1] if isinstance(line[1], int) else 0))
    ranked = [
        (name, None if not isinstance(n, int) else rank, n, *rest)
        for rank, (name, n, *rest) in enumerate(lines, 1)
    ]
    total, past = (
        total_of((name, r.cell(Dimension.CONTACTS)) for name, r in w.named(b)) for b in (False, True)
    )
    ranked.append(
        ("Ensemble des cases montrées", None, total.value, past.value, _change(change_of_all(changes)), None)
    )
    columns = (
        Column(capital(w.region.territory_word), "text"),
        Column("Rang"),
        Column(str(w.year)),
        Column(str(w.year - 1)),
        Column("Évolution", "percent"),
        Column(f"Pour 1{NBSP}000 habitants", "ratio"),
    )
    names = tuple(str(line[0]) for line in lines)
    chart = Chart(
        "territoires",
        "bars",
        f"Contacts par territoire, {w.year}",
        names,
        (("Contacts", tuple(line[1] for line in lines)),),
        "territoires",
    )
    return [
        chart,
        Table(
            "territoires",
            f"Contacts par territoire, {w.year}",
            columns,
            rows(ranked),
            total=True,
            note=" ".join(
                filter(None, (capital(_without(total.left_out)), _whole_year_before(w), _same_months(asked)))
            ),
        ),
        *_months(w),
    ]


def _change(change: Change) -> Value:
    if change.masked:
        return HIDDEN
    return None if change.value is None else round(float(change.value), 1)


def _whole_year_before(w: Whole) -> str:
    """A year in progress stands beside a whole one: said under the table."""
    return f"{w.year - 1} : année entière." if w.year == timezone.localdate().year else ""


def _same_months(asked: Question) -> str:
    """What the change of a year in progress compares: a part of a year against a whole one says nothing."""
    if not asked.running or not asked.closed:
        return ""
    last = MONTHS[asked.closed - 1]
    until = f"de janvier à {last}" if asked.closed > 1 else "de janvier"
    return f"L’évolution compare les mois {until} des deux années, sans ceux qui sont masqués d’un côté."


def _months(w: Whole) -> list[Block]:
    sums = [
        total_of((name, r.cell(Dimension.CONTACTS, month=m)) for name, r in w.named()) for m in range(1, 13)
    ]
    values = tuple(
        None if (w.year, m) > (w.day.year, w.day.month) else s.value for m, s in enumerate(sums, 1)
    )
    out = sorted({name for s in sums for name in s.left_out})
    note = f"Un mois masqué n’est pas compté : {join(out)}." if out else ""
    columns = (Column("Année", "text"), *(Column(capital(name)) for name in MONTHS_SHORT))
    title = f"Contacts de la région par mois, {w.year}"
    return [
        Chart("mois", "months", title, tuple(MONTHS_SHORT), ((str(w.year), values),), "mois"),
        Table("mois", title, columns, rows([(str(w.year), *values)]), note=note),
    ]


def requests_part(w: Whole) -> list[Block]:
    blocks: list[Block] = []
    for dimension, key, head, title in (
        (Dimension.DEMANDE, "demandes", "Demande", "Demandes des usagers"),
        (Dimension.STATUT, "statuts", "Statut", "Statut des personnes"),
    ):
        lines, out = [], set()
        for value, name in w.words.of(dimension).items():
            found = total_of((place, r.cell(dimension, value)) for place, r in w.named())
            past = total_of((place, r.cell(dimension, value)) for place, r in w.named(True))
            out |= set(found.left_out)
            lines.append((name, found.value, past.value, len(found.left_out)))
        if not any(line[1] for line in lines):
            continue
        columns = (
            Column(head, "text"),
            Column(str(w.year)),
            Column(str(w.year - 1)),
            Column("Territoires non comptés"),
        )
        summed = "Somme des cases montrées : un territoire masqué n’est pas compté dans la ligne."
        note = " ".join(filter(None, (summed if out else "", _whole_year_before(w))))
        names, values = tuple(line[0] for line in lines), tuple(line[1] for line in lines)
        blocks.append(Chart(key, "bars", f"{title}, {w.year}", names, (("Contacts", values),), key))
        blocks.append(Table(key, f"{title}, {w.year}", columns, rows(lines), note=note))
    return blocks or [Text(f"Aucun contact n’est enregistré pour {w.year}.")]


def outcomes_part(w: Whole) -> list[Block]:
    lines = []
    for territory in w.territories:
        release = w.now[territory.pk]
        cells = [_percent(figure(key, release)) for key in ("reorientes", "boucles_fermees", "jamais_venue")]
        lines.append((territory.name, *cells, shown(median_delay(release))))
    whole = [
        _percent(figure_over(key, w.named())) for key in ("reorientes", "boucles_fermees", "jamais_venue")
    ]
    lines.append(("Ensemble des cases montrées", *whole, None))
    columns = (
        Column(capital(w.region.territory_word), "text"),
        Column("Contacts réorientés", "percent"),
        Column("Suites connues", "percent"),
        Column("Jamais venues", "percent"),
        Column("Délai médian (jours)", "days"),
    )
    return [
        Table(
            "suites", f"Réorientations et suites par territoire, {w.year}", columns, rows(lines), total=True
        )
    ]


def _percent(found: Figure) -> Value:
    if found.masked:
        return HIDDEN
    return None if found.value is None else round(float(found.value), 1)


def reports_part(w: Whole) -> list[Block]:
    lines = []
    for territory in w.territories:
        report, version = w.reports.get(territory.pk), None
        if report is not None and report.version_id:
            version = w.versions.get(report.pk)
        lines.append(
            (
                territory.name,
                report.get_state_display() if report else "Pas commencé",
                f"{version.number}, du {version.frozen_at:%d/%m/%Y}" if version else "",
                f"{version.data_sha256[:8]} {version.data_sha256[8:16]}" if version else "",
            )
        )
    columns = (
        Column(capital(w.region.territory_word), "text"),
        Column("État du rapport", "text"),
        Column("Version", "text"),
        Column("Début de l’empreinte", "text"),
    )
    return [Table("rapports", f"Rapports annuels de {w.year}", columns, rows(lines), long=True)]


def methods_part(w: Whole) -> list[Block]:
    return [
        Text(COUNTED),
        Text(MASKED.replace("Ce rapport sort du territoire", "Cette synthèse sort des territoires")),
        Text(
            "Un total de la région est la somme des cases que les territoires montrent : il dit « "
            "hors » quels "
            "territoires n’y sont pas comptés, et n’apprend rien de plus que leurs rapports."
        ),
    ]
