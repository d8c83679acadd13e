"""Parts of the report about who came and for what: activity, users' requests."""

from dashboards.enums import ON_THE_SPOT, REORIENTED, Dimension
from dashboards.report_blocks import HIDDEN, Block, Chart, Column, Table, Text, Value, rows, shown
from dashboards.services.report_material import Material, months_of, rate, used
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import MONTHS, MONTHS_SHORT, NBSP, capital, number

SEVERAL = "Une fiche peut en porter plusieurs : les lignes ne s’additionnent pas."
OLD = "Âge"


def activity_part(m: Material) -> list[Block]:
    """Contacts by month, network, channel and place."""
    if m.release.empty:
        return [
            Text(f"Aucun contact n’est enregistré pour {m.year} : cette partie se remplira avec les fiches.")
        ]
    return [
        Text(_busiest(m)),
        *_months(m),
        *_networks(m),
        _months_by_network(m),
        *_simple(m, Dimension.CANAL, "canal", "Canal", "Contacts par canal", chart=True),
        _sites(m),
    ]


def _busiest(m: Material) -> str:
    months = [(cell.value, name) for cell, name in zip(m.release.months(), MONTHS, strict=True) if cell.value]
    if not months:
        return f"{m.since}, les contacts sont trop peu nombreux pour être donnés mois par mois."
    top, low = max(months), min(months)
    words = f"{m.since}, le mois le plus chargé est {top[1]} ({number(top[0])} contacts)"
    if len(months) > 1 and low != top:
        words += f" et le plus calme {low[1]} ({number(low[0])})"
    return f"{words}."


def _months(m: Material) -> list[Block]:
    now = months_of(m.release, m.day)
    before = months_of(m.before, m.day)
    series: list[tuple[str, tuple[Value, ...]]] = [(str(m.year), now)]
    total = shown(m.release.cell(Dimension.CONTACTS))
    lines = [(str(m.year), *now, total)]
    if not m.before.empty:
        series.append((str(m.year - 1), before))
        lines.insert(0, (str(m.year - 1), *before, shown(m.before.cell(Dimension.CONTACTS))))
    columns = (Column("Année", "text"), *(Column(capital(name)) for name in MONTHS_SHORT), Column("Total"))
    return [
        Chart("mois", "months", f"Contacts par mois, {m.year}", tuple(MONTHS_SHORT), tuple(series), "mois"),
        Table("mois", "Contacts par mois", columns, rows(lines)),
    ]


def _networks(m: Material) -> list[Block]:
    contacts, total = {}, m.release.cell(Dimension.CONTACTS)
    for key in m.release.keys("r"):
        contacts[key] = m.release.cell(Dimension.CONTACTS, reseau=key)
    words = used(m.words.reseaux, contacts)
    lines = []
    for key, name in words.items():
        sent = m.release.cell(Dimension.ISSUE, REORIENTED, reseau=key)
        there = m.release.cell(Dimension.ISSUE, ON_THE_SPOT, reseau=key)
        lines.append((name, shown(contacts[key]), rate(contacts[key], total), shown(sent), shown(there)))
    lines.append(
        (
            "Ensemble",
            shown(total),
            None,
            shown(m.release.cell(Dimension.ISSUE, REORIENTED)),
            shown(m.release.cell(Dimension.ISSUE, ON_THE_SPOT)),
        )
    )
    columns = (
        Column("Réseau", "text"),
        Column("Contacts"),
        Column("Part", "percent"),
        Column("Réorientés"),
        Column("Résolus sur place"),
    )
    names, values = tuple(words.values()), tuple(shown(contacts[key]) for key in words)
    return [
        Chart(
            "reseaux",
            "bars",
            f"Contacts par réseau, {m.year}",
            names,
            (("Contacts", values),),
            "contacts_reseau",
        ),
        Table("contacts_reseau", f"Contacts par réseau, {m.year}", columns, rows(lines), total=True),
    ]


def _months_by_network(m: Material) -> Table:
    keys = used(
        m.words.reseaux, {k: m.release.cell(Dimension.CONTACTS, reseau=k) for k in m.release.keys("r")}
    )
    lines = []
    for key, name in keys.items():
        cells = [
            Cell(None)
            if month < m.release.first_month
            else m.release.cell(Dimension.CONTACTS, month=month, reseau=key)
            for month in range(1, 13)
        ]
        year = shown(m.release.cell(Dimension.CONTACTS, reseau=key))
        lines.append((name, *months_of(m.release, m.day, cells), year))
    columns = (Column("Réseau", "text"), *(Column(capital(name)) for name in MONTHS_SHORT), Column("Année"))
    return Table("mois_reseau", f"Contacts par réseau et par mois, {m.year}", columns, rows(lines))


def _simple(
    m: Material, dimension: Dimension, key: str, head: str, title: str, *, chart: bool = False, note: str = ""
) -> list[Block]:
    """One dimension beside the year before: a table, with its chart when asked."""
    now, before = m.release.values(dimension), m.before.values(dimension)
    words = used(m.words.of(dimension), now, before)
    if not words:
        return []
    total = m.release.cell(Dimension.CONTACTS)
    lines = []
    for value, name in words.items():
        cell = now.get(value, Cell(0))
        line = [name, shown(cell), rate(cell, total)]
        if not m.before.empty:
            line.append(shown(before.get(value, Cell(0))))
        lines.append(line)
    columns = [Column(head, "text"), Column(str(m.year)), Column("Part des contacts", "percent")]
    if not m.before.empty:
        columns.append(Column(str(m.year - 1)))
    table = Table(key, f"{title}, {m.year}", tuple(columns), rows(lines), note=note)
    if not chart:
        return [table]
    values = tuple(shown(now.get(value, Cell(0))) for value in words)
    return [
        Chart(key, "bars", f"{title}, {m.year}", tuple(words.values()), (("Contacts", values),), key),
        table,
    ]


def _sites(m: Material) -> Table:
    found = {key: m.release.cell(Dimension.CONTACTS, site=int(key)) for key in m.release.keys("s")}
    reseaux = {str(place.site.pk): place.reseau for place in m.places}
    names = used(m.words.sites, found)
    lines = []
    for key in sorted(names, key=lambda k: (-(found[k].value or 0), names[k])):
        sent = m.release.cell(Dimension.ISSUE, REORIENTED, site=int(key))
        lines.append(
            (names[key], reseaux.get(key, ""), shown(found[key]), shown(sent), rate(sent, found[key]))
        )
    columns = (
        Column("Lieu", "text"),
        Column("Réseau", "text"),
        Column("Contacts"),
        Column("Réorientés"),
        Column("Part réorientée", "percent"),
    )
    note = "Un lieu fermé depuis garde ses contacts de l’année."
    if 2 * sum(HIDDEN in line[3:] for line in lines) > len(lines):
        # A column of « n.c. » says nothing that a sentence does not.
        lines, columns = [line[:3] for line in lines], columns[:3]
        note += " Les réorientations ne sont pas données lieu par lieu : presque toutes seraient masquées."
    return Table("contacts_lieu", f"Contacts par lieu, {m.year}", columns, rows(lines), long=True, note=note)


def requests_part(m: Material) -> list[Block]:
    """Who came and what for: demandes and réponses, crossed, statut by âge."""
    if m.release.empty:
        return [Text(f"Aucun contact n’est enregistré pour {m.year}.")]
    return [
        Text(_first_request(m)),
        *_asked_and_answered(m),
        _crossed(
            m,
            Dimension.DEMANDE_REPONSE,
            "demande_reponse",
            "Ce qui est demandé, ce qui est répondu",
            "Demande",
            SEVERAL,
        ),
        _crossed(
            m,
            Dimension.DEMANDE_ISSUE,
            "demande_issue",
            "Demandes réorientées et demandes résolues sur place",
            "Demande",
            SEVERAL,
        ),
        *_simple(m, Dimension.STATUT, "statut", "Statut", "Contacts par statut", chart=True),
        _crossed(m, Dimension.STATUT_AGE, "statut_age", "Contacts selon le statut et l’âge", "Statut"),
        _crossed(
            m,
            Dimension.DEMANDE_STATUT,
            "demande_statut",
            "Statut des personnes selon leur demande",
            "Statut",
            SEVERAL,
            turned=True,
        ),
        *_simple(m, Dimension.AGE, "age", OLD, "Contacts par âge"),
        *_simple(m, Dimension.SEXE, "sexe", "Sexe", "Contacts par sexe"),
    ]


def _first_request(m: Material) -> str:
    found = m.release.values(Dimension.DEMANDE)
    words = m.words.of(Dimension.DEMANDE)
    ranked = sorted(
        ((cell.value, words.get(key, key)) for key, cell in found.items() if cell.value), reverse=True
    )
    if not ranked:
        return f"{m.since}, les demandes sont trop peu nombreuses pour être données."
    words_ = (
        f"{m.since}, la demande la plus fréquente est «{NBSP}{ranked[0][1]}{NBSP}»"
        f" ({number(ranked[0][0])} fiches)"
    )
    if len(ranked) > 1:
        words_ += f", devant «{NBSP}{ranked[1][1]}{NBSP}» ({number(ranked[1][0])})"
    return f"{words_}."


def _asked_and_answered(m: Material) -> list[Block]:
    asked, answered = m.release.values(Dimension.DEMANDE), m.release.values(Dimension.REPONSE)
    by_word: dict[str, list[Cell]] = {}
    for place, (dimension, found) in enumerate(((Dimension.DEMANDE, asked), (Dimension.REPONSE, answered))):
        for key, name in used(m.words.of(dimension), found).items():
            by_word.setdefault(name, [Cell(0), Cell(0)])[place] = found.get(key, Cell(0))
    lines = [(name, shown(a), shown(b), rate(b, a)) for name, (a, b) in by_word.items()]
    columns = (
        Column("Objet", "text"),
        Column("Demandes"),
        Column("Réponses sur place"),
        Column("Réponses pour 100 demandes", "ratio"),
    )
    values = tuple(zip(*((shown(a), shown(b)) for a, b in by_word.values()), strict=True)) or ((), ())
    series = (("Demandes", values[0]), ("Réponses sur place", values[1]))
    return [
        Chart("demandes", "bars", f"Demandes et réponses, {m.year}", tuple(by_word), series, "demandes"),
        Table(
            "demandes",
            f"Demandes et réponses apportées sur place, {m.year}",
            columns,
            rows(lines),
            note=SEVERAL,
        ),
    ]


def _crossed(
    m: Material,
    dimension: Dimension,
    key: str,
    title: str,
    head: str,
    note: str = "",
    *,
    turned: bool = False,
) -> Table:
    """A crossed dimension as a table: first part in rows, second in columns, or the other way round."""
    cells = m.release.values(dimension)
    first, second = dimension.value.split("_", 1)
    pairs = {tuple(value.split(":", 1)): cell for value, cell in cells.items()}
    down = used(m.words.of(first), {a: cell for (a, _), cell in pairs.items()})
    across = used(m.words.of(second), {b: cell for (_, b), cell in pairs.items()})
    if turned:
        down, across = across, down
        pairs = {(b, a): cell for (a, b), cell in pairs.items()}
    lines = [(name, *(shown(pairs.get((a, b), Cell(0))) for b in across)) for a, name in down.items()]
    columns = (Column(head, "text"), *(Column(name) for name in across.values()))
    return Table(key, f"{title}, {m.year}", columns, rows(lines), note=note)
