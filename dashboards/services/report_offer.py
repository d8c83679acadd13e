"""Parts of the report about the place and its doors: territory, offer, partnerships, label."""

from dashboards.enums import Dimension
from dashboards.report_blocks import (
    Block,
    Column,
    KeyFigure,
    Keys,
    Map,
    Table,
    Text,
    percent_of,
    rows,
    shown,
)
from dashboards.services.report_material import Material, contacts_per_thousand, counted_contacts
from labelling.enums import LabelStatus
from spo_portal.kernel.typography import NBSP, capital, counted, duration, number, short_date
from territories import hours
from territories.enums import PartnerDirection

COMMUNES_SHOWN = 10
DIRECTIONS = {
    PartnerDirection.DESTINATAIRE: "reçoit du public",
    PartnerDirection.PRESCRIPTEUR: "envoie du public",
    PartnerDirection.BOTH: "reçoit et envoie du public",
}


def territory_part(m: Material) -> list[Block]:
    """Where: people, communes, and how much the doors are used beside the other territories of the region."""
    population = m.territory.population
    keys = [
        KeyFigure(number(population) if population else "–", "habitants"),
        KeyFigure(number(len(m.communes)), "communes" if len(m.communes) > 1 else "commune"),
        KeyFigure(number(len(m.places)), "lieux d’accueil", "membres d’un réseau"),
        KeyFigure(number(len({p.site.reseau_id for p in m.places})), "réseaux présents"),
    ]
    blocks: list[Block] = [Keys(tuple(keys)), Text(_reach(m))]
    known = [(name, people) for name, people in m.communes if people]
    if known:
        blocks.append(
            Table(
                "communes",
                f"Les {min(COMMUNES_SHOWN, len(known))} communes les plus peuplées",
                (Column("Commune", "text"), Column("Habitants")),
                rows(known[:COMMUNES_SHOWN]),
            )
        )
    values = {str(t.pk): contacts_per_thousand(t, release) for t, release in m.region_releases}
    if sum(value is not None for value in values.values()) > 1:
        title = f"Contacts pour 1{NBSP}000 habitants, par territoire, {m.year}"
        blocks.append(Map("carte", title, values, "region", m.territory.pk, f"pour 1{NBSP}000 habitants"))
    lines = [
        (t.name, t.population, counted_contacts(release), values[str(t.pk)])
        for t, release in m.region_releases
    ]
    blocks.append(
        Table(
            "region",
            f"Le territoire dans la région, {m.year}",
            (
                Column(capital(m.region.territory_word), "text"),
                Column("Habitants"),
                Column("Contacts"),
                Column(f"Pour 1{NBSP}000 habitants", "ratio"),
            ),
            rows(sorted(lines, key=lambda line: -line[3] if isinstance(line[3], float) else 0.0)),
        )
    )
    return blocks


def _reach(m: Material) -> str:
    mine = contacts_per_thousand(m.territory, m.release)
    if not isinstance(mine, float):
        places = counted(len(m.places), "lieu", "lieux")
        return f"Le territoire compte {counted(len(m.communes), 'commune')} et {places} d’accueil."
    others = [v for t, r in m.region_releases if isinstance(v := contacts_per_thousand(t, r), float)]
    rank = sum(value > mine for value in others) + 1
    place = "premier" if rank == 1 else f"{rank}e"
    return (
        f"Les lieux d’accueil ont enregistré {number(mine, 1)} contacts pour 1{NBSP}000 habitants : c’est le "
        f"{place} rang des {len(others)} territoires de la région dont le chiffre est connu."
    )


def offer_part(m: Material) -> list[Block]:
    """Doors: how many, how long, how much of it without an appointment, and when none is open."""
    facts = m.facts
    share = hours.share_words(facts.walk_in)
    keys = [KeyFigure(number(len(m.places)), "lieux d’accueil")]
    if share:
        keys.append(KeyFigure(share, "d’ouverture sans rendez-vous", "règle : 50 % au moins"))
    if facts.coverage is not None:
        keys.append(
            KeyFigure(
                duration(facts.coverage.minutes),
                "par semaine sans porte ouverte",
                "du lundi au samedi, de 8 h à 19 h",
            )
        )
    if m.has_label:
        keys.append(KeyFigure(f"{facts.labelled or 0} sur {facts.existing}", "lieux labellisés"))
    blocks: list[Block] = [Keys(tuple(keys)), Text(_half_rule(m)), _networks(m)]
    if facts.coverage is not None:
        days = [(capital(day.name), duration(day.minutes), day.words) for day in facts.coverage.days]
        blocks.append(
            Table(
                "sans_porte",
                "Heures de la semaine où aucune porte n’est ouverte sans rendez-vous",
                (Column("Jour", "text"), Column("Durée", "hours"), Column("Quand", "text")),
                rows(days),
                note="Semaine ordinaire, d’après les horaires de "
                + counted(facts.coverage.sites, "lieu", "lieux")
                + (f" ; horaires inconnus pour {facts.coverage.unknown}." if facts.coverage.unknown else "."),
            )
        )
    blocks.append(_places(m))
    return blocks


def _half_rule(m: Material) -> str:
    under = [m.words.reseaux.get(str(pk), "") for pk, found in m.facts.shares.items() if found.under_half]
    if not m.facts.shares:
        return "Aucun horaire n’est encore connu sur ce territoire."
    if not under:
        return (
            "Chaque réseau du territoire offre au moins la moitié de ses heures d’ouverture sans rendez-vous."
        )
    return f"Sous la règle des 50 % sans rendez-vous : {', '.join(under)}."


def _networks(m: Material) -> Table:
    lines = []
    for pk, name in m.words.reseaux.items():
        members = [place for place in m.places if str(place.site.reseau_id) == pk]
        if not members:
            continue
        found = m.facts.shares.get(int(pk))
        minutes = sum(hours.opening_minutes(place.week) for place in members)
        labelled = sum(p.label is not None and p.label.status == LabelStatus.LABELLISE for p in members)
        line = [
            name,
            len(members),
            duration(minutes) if minutes else None,
            hours.shown_percent(found.share) if found else None,
        ]
        lines.append((*line, labelled) if m.has_label else tuple(line))
    columns = [
        Column("Réseau", "text"),
        Column("Lieux"),
        Column("Ouverture par semaine", "hours"),
        Column("Sans rendez-vous", "percent"),
    ]
    if m.has_label:
        columns.append(Column("Labellisés"))
    return Table("reseaux", "Réseaux, horaires et accueil sans rendez-vous", tuple(columns), rows(lines))


def _places(m: Material) -> Table:
    lines = []
    labels = m.has_label and any(place.label for place in m.places)
    for place in m.places:
        minutes = hours.opening_minutes(place.week)
        line = [
            place.site.name,
            place.reseau,
            place.commune,
            duration(minutes) if minutes else None,
            hours.shown_percent(hours.walk_in_share(place.week)),
        ]
        if labels:
            line.append(place.label.get_status_display() if place.label else "")
        lines.append(line)
    columns = [
        Column("Lieu", "text"),
        Column("Réseau", "text"),
        Column("Commune", "text"),
        Column("Ouverture", "hours"),
        Column("Sans RDV", "percent"),
    ]
    if labels:
        columns.append(Column("Situation", "text"))
    return Table("lieux", "Les lieux d’accueil", tuple(columns), rows(lines), long=True)


def partners_part(m: Material) -> list[Block]:
    """Partenaires associés (GUIDE, « Partenaires Associés ») and what is sent to them."""
    if not m.partners:
        return [Text("Aucun partenaire associé n’est inscrit sur ce territoire.")]
    flows = m.release.values(Dimension.DESTINATION_SITE)
    lines = [
        (
            site.name,
            DIRECTIONS.get(PartnerDirection(site.direction), ""),
            site.city or "",
            shown(flows[str(site.pk)]) if str(site.pk) in flows else 0,
        )
        for site in m.partners
    ]
    receiving = sum(s.direction in (PartnerDirection.DESTINATAIRE, PartnerDirection.BOTH) for s in m.partners)
    sentence = (
        f"{counted(len(m.partners), 'partenaire associé', 'partenaires associés')} sur le territoire, dont "
        f"{number(receiving)} {'reçoit' if receiving == 1 else 'reçoivent'} du public des lieux d’accueil."
    )
    table = Table(
        "partenaires",
        f"Partenaires associés et réorientations reçues, {m.year}",
        (
            Column("Partenaire", "text"),
            Column("Sens", "text"),
            Column("Commune", "text"),
            Column("Réorientations reçues"),
        ),
        rows(lines),
        long=True,
    )
    return [Text(sentence), table]


def label_part(m: Material) -> list[Block]:
    """SPO: labelled and existing places per network (GUIDE p. 24). SPRO: there is no label of the State."""
    day = short_date(m.label.day)
    if not m.has_label:
        lines = [(row.name, row.now.existing) for row in [*m.label.rows, m.label.total] if row.now.existing]
        return [
            Text(
                "Dans cette région, le label de l’État n’existe pas : les lieux mutualisés sont "
                "retenus par appel à "
                "manifestation d’intérêt. Le tableau compte les lieux d’accueil ouverts."
            ),
            Table(
                "label",
                f"Lieux d’accueil par réseau au {day}",
                (Column("Réseau", "text"), Column("Lieux ouverts")),
                rows(lines),
                total=True,
            ),
        ]
    lines_ = [
        (row.name, row.now.labelled, row.now.existing, percent_of(row.now.share), row.associated)
        for row in [*m.label.rows, m.label.total]
        if row.now.existing
    ]
    ending = sorted(
        (p.label.ends_on, p.site.name)
        for p in m.places
        if p.label
        and p.label.status == LabelStatus.LABELLISE
        and p.label.ends_on
        and p.label.ends_on.year <= m.year + 1
    )
    blocks: list[Block] = [
        Text(m.label.sentence),
        Table(
            "label",
            f"Lieux labellisés et lieux existants au {day}",
            (
                Column("Réseau", "text"),
                Column("Labellisés"),
                Column("Existants"),
                Column("Part", "percent"),
                Column("Partenaires associés"),
            ),
            rows(lines_),
            total=True,
        ),
    ]
    if ending:
        lines = [(name, short_date(end)) for end, name in ending]
        blocks.append(
            Table(
                "echeances",
                f"Labels qui finissent avant la fin de {m.year + 1}",
                (Column("Lieu", "text"), Column("Fin du label", "text")),
                rows(lines),
                long=True,
            )
        )
    return blocks
