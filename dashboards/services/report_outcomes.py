"""Parts of the report about what follows: outcomes of re-orientations, flows, targets, the year in brief."""

from fractions import Fraction

from dashboards.computing import figure, median_delay
from dashboards.enums import REORIENTED, Dimension
from dashboards.report_blocks import Block, Chart, Column, KeyFigure, Keys, Table, Text, rows, shown
from dashboards.services.report_material import Material, rate, used
from dashboards.services.targets import state
from spo_portal.kernel.privacy import Cell
from spo_portal.kernel.typography import NBSP, capital, number, percent

FLOWS_SHOWN = 30
BRIEF_KEYS = ("contacts", "reorientes", "boucles_fermees", "delai_arrivee")
DETAILS = {
    "contacts": "contacts",
    "reorientes": "des contacts réorientés",
    "boucles_fermees": "de suites connues",
    "delai_arrivee": "de délai médian",
}


def brief_part(m: Material) -> list[Block]:
    """Four figures and two sentences: what a reader in a hurry takes away."""
    if m.release.empty:
        return [
            Text(
                f"Aucun contact n’est enregistré pour {m.year} : le rapport ne porte que sur "
                "l’offre d’accueil."
            )
        ]
    items = []
    for key in BRIEF_KEYS:
        found = figure(key, m.release, facts=m.facts)
        text = "n.c." if found.masked else found.text
        items.append(KeyFigure(text, DETAILS[key], _beside(m, key)))
    return [Keys(tuple(items)), Text(_growth(m)), Text(_sent(m))]


def _beside(m: Material, key: str) -> str:
    target = m.targets.get(key)
    if target is not None:
        return f"cible : {target.text}"
    before = figure(key, m.before, facts=m.facts)
    return f"{before.text} en {m.year - 1}" if before.known and not m.before.empty else ""


def _growth(m: Material) -> str:
    now, before = m.release.cell(Dimension.CONTACTS), m.before.cell(Dimension.CONTACTS)
    if now.masked or not now.value:
        return f"{m.since}, le territoire a enregistré trop peu de contacts pour en donner le nombre."
    words = f"{m.since}, les lieux d’accueil du territoire ont enregistré {number(now.value)} contacts"
    if m.running or before.masked or not before.value:
        return f"{words}."
    change = Fraction(100 * (now.value - before.value), before.value)
    if abs(change) < 1:
        return f"{words}, autant qu’en {m.year - 1} ({number(before.value)})."
    way = "plus" if change > 0 else "moins"
    much = percent(round(abs(float(change)), 1), 1)
    return f"{words}, soit {much} de {way} qu’en {m.year - 1} ({number(before.value)})."


def _sent(m: Material) -> str:
    share = figure("reorientes", m.release)
    closed = figure("boucles_fermees", m.release)
    if not share.known:
        return "La part des personnes réorientées n’est pas donnée : un des nombres est trop petit."
    words = f"{share.text} des personnes ont été réorientées vers une autre structure"
    if closed.known:
        words += f" ; la suite est connue pour {closed.text} de ces réorientations"
    return f"{words}."


def outcomes_part(m: Material) -> list[Block]:
    """What became of re-orientations, how long it took, and who sends to whom."""
    sent = m.release.cell(Dimension.ISSUE, REORIENTED)
    if sent.value == 0 and not sent.masked:
        return [Text(f"Aucune réorientation n’est enregistrée pour {m.year}.")]
    found = m.release.values(Dimension.SUITE)
    words = used(m.words.of(Dimension.SUITE), found)
    lines = [
        (name, shown(found.get(key, Cell(0))), rate(found.get(key, Cell(0)), sent))
        for key, name in words.items()
    ]
    lines.append(("Ensemble des réorientations", shown(sent), None))
    columns = (Column("Suite", "text"), Column("Nombre"), Column("Part", "percent"))
    values = tuple(shown(found.get(key, Cell(0))) for key in words)
    blocks: list[Block] = [
        Text(_delay(m)),
        Chart(
            "suites",
            "bars",
            f"Suites données aux réorientations, {m.year}",
            tuple(words.values()),
            (("Réorientations", values),),
            "suites",
        ),
        Table("suites", f"Suites données aux réorientations, {m.year}", columns, rows(lines), total=True),
    ]
    delays = [
        (name, shown(median_delay(m.release, reseau=key)))
        for key, name in m.words.reseaux.items()
        if key in m.release.keys("r")
    ]
    if any(value is not None for _, value in delays):
        title = f"Délai médian jusqu’à l’accueil suivant, selon le réseau d’origine, {m.year}"
        note = "En jours. Un réseau sans assez de suites datées n’a pas de délai."
        columns = (Column("Réseau", "text"), Column("Jours", "days"))
        blocks.append(Table("delais", title, columns, rows(delays), note=note))
    return [*blocks, *_flows(m)]


def _delay(m: Material) -> str:
    found = median_delay(m.release)
    if found is None:
        return "Les suites datées sont trop peu nombreuses pour donner un délai."
    days = round(float(found), 1)
    shown_days = number(int(days)) if days == int(days) else number(days, 1)
    unit = "jour" if days < 2 else "jours"
    return f"La moitié des personnes réorientées ont été accueillies en {shown_days}{NBSP}{unit} ou moins."


def _flows(m: Material) -> list[Block]:
    """From each network to each network, then the places most sent to."""
    origins = {key: m.release.cell(Dimension.ISSUE, REORIENTED, reseau=key) for key in m.release.keys("r")}
    cells = {key: m.release.values(Dimension.DESTINATION, reseau=key) for key in origins}
    across = used(m.words.of(Dimension.DESTINATION), *cells.values())
    down = used(m.words.reseaux, origins)
    blocks: list[Block] = []
    if across:
        lines = [
            (name, *(shown(cells.get(key, {}).get(value, Cell(0))) for value in across))
            for key, name in down.items()
        ]
        columns = (Column("De / vers", "text"), *(Column(name) for name in across.values()))
        note = "Une réorientation peut nommer plusieurs destinations."
        blocks.append(Table("flux", f"Qui envoie vers qui, {m.year}", columns, rows(lines), note=note))
    places = m.release.values(Dimension.DESTINATION_SITE)
    ranked = sorted(
        used(m.words.sites, places).items(), key=lambda item: (-(places[item[0]].value or 0), item[1])
    )[:FLOWS_SHOWN]
    if ranked:
        lines = [(name, shown(places[key])) for key, name in ranked]
        title = f"Structures vers lesquelles les personnes sont réorientées, {m.year}"
        columns = (Column("Structure", "text"), Column("Réorientations"))
        blocks.append(Table("destinations", title, columns, rows(lines), long=True))
    return blocks


def targets_part(m: Material) -> list[Block]:
    """Targets of the year and where the outside figures stand."""
    if not m.targets:
        return [Text(f"Aucune cible n’a été fixée pour {m.year}.")]
    lines, reached = [], 0
    for key, target in m.targets.items():
        found = figure(key, m.release, facts=m.facts)
        where = state(found, target)
        reached += where.reached
        lines.append(
            (
                target.indicator.label,
                target.text,
                "n.c." if found.masked else found.text,
                capital(where.words),
            )
        )
    columns = (
        Column("Indicateur", "text"),
        Column("Cible", "hours"),
        Column("Résultat", "hours"),
        Column("Où en est-on", "text"),
    )
    verb = "est atteinte" if reached == 1 else "sont atteintes"
    sentence = f"{number(reached)} cible{'s' if reached > 1 else ''} sur {number(len(lines))} {verb}."
    return [Text(sentence), Table("cibles", f"Cibles et résultats, {m.year}", columns, rows(lines))]
