"""The statement that counts: figures of some sites over some months, and their merge into the rollups.

One pass over the fiches, so that every dimension comes from one snapshot. A rollup keeps the network its site
had when the cell was last counted. Parameters: ``sites`` (ids), ``first`` and ``stop`` (first day counted,
first day not counted), ``zone`` and ``late`` (days after which a fiche is entered late).
"""

import datetime
from collections.abc import Sequence

from django.conf import settings

from dashboards.enums import Dimension

# Outcomes that say the person was met; their date closes the delay. « Jamais venue » says nothing of a delay.
MET = ("recue", "rendez_vous", "reorientee")
LONGEST_DELAY = 90

# Bits of GROUPING(issue, canal, sexe, age, statut, suite, saisie, delai): 0 where the set has the column.
COUNTED = f"""
WITH cell AS MATERIALIZED (
    SELECT f.id, f.site_id, date_trunc('month', f.jour::timestamp)::date AS month, f.canal, f.sexe, f.age,
        f.statut, f.demandes, f.reponses, f.reoriented,
        CASE WHEN f.reoriented THEN 'reoriente' ELSE 'sur_place' END AS issue,
        CASE WHEN NOT f.reoriented THEN NULL WHEN f.suite = '' THEN 'attendue' ELSE f.suite END AS suite,
        CASE WHEN (f.created_at AT TIME ZONE %(zone)s)::date - f.jour > %(late)s THEN 'tardive'
            ELSE 'a_temps' END AS saisie,
        CASE WHEN f.suite IN {MET} THEN
            least({LONGEST_DELAY}, greatest(0, (f.suite_at AT TIME ZONE %(zone)s)::date - f.jour))
            END AS delai
    FROM contacts_fichecontact f
    WHERE f.site_id = ANY(%(sites)s) AND f.jour >= %(first)s AND f.jour < %(stop)s
), counted AS MATERIALIZED (
    SELECT site_id, month,
        CASE bits WHEN 255 THEN 'contacts' WHEN 127 THEN 'issue' WHEN 191 THEN 'canal' WHEN 223 THEN 'sexe'
            WHEN 239 THEN 'age' WHEN 247 THEN 'statut' WHEN 251 THEN 'suite' WHEN 253 THEN 'saisie'
            WHEN 254 THEN 'delai' ELSE 'statut_age' END AS dimension,
        CASE bits WHEN 255 THEN '' WHEN 127 THEN issue WHEN 191 THEN canal WHEN 223 THEN sexe
            WHEN 239 THEN age WHEN 247 THEN statut::text WHEN 251 THEN suite WHEN 253 THEN saisie
            WHEN 254 THEN delai::text ELSE statut::text || ':' || age END AS value,
        n
    FROM (
        SELECT site_id, month, issue, canal, sexe, age, statut, suite, saisie, delai,
            GROUPING(issue, canal, sexe, age, statut, suite, saisie, delai) AS bits, count(*) AS n
        FROM cell
        GROUP BY GROUPING SETS ((site_id, month), (site_id, month, issue), (site_id, month, canal),
            (site_id, month, sexe), (site_id, month, age), (site_id, month, statut), (site_id, month, suite),
            (site_id, month, saisie), (site_id, month, delai), (site_id, month, age, statut))
    ) AS single
    WHERE NOT (bits = 251 AND suite IS NULL) AND NOT (bits = 254 AND delai IS NULL)
    UNION ALL
    SELECT site_id, month,
        CASE bits WHEN 3 THEN 'demande' WHEN 1 THEN 'demande_statut' ELSE 'demande_issue' END,
        CASE bits WHEN 3 THEN asked::text WHEN 1 THEN asked || ':' || statut ELSE asked || ':' || issue END,
        n
    FROM (
        SELECT site_id, month, asked, statut, issue, GROUPING(statut, issue) AS bits, count(*) AS n
        FROM cell, unnest(demandes) AS asked
        GROUP BY GROUPING SETS ((site_id, month, asked), (site_id, month, asked, statut),
            (site_id, month, asked, issue))
    ) AS requests
    UNION ALL
    SELECT site_id, month, 'reponse', answer::text, count(*)
    FROM cell, unnest(reponses) AS answer GROUP BY 1, 2, answer
    UNION ALL
    SELECT site_id, month, 'demande_reponse', asked || ':' || answer, count(*)
    FROM cell, unnest(demandes) AS asked, unnest(reponses) AS answer GROUP BY 1, 2, asked, answer
    UNION ALL
    SELECT cell.site_id, month, 'destination_site', fd.site_id::text, count(*)
    FROM cell JOIN contacts_fichedestination fd ON fd.fiche_id = cell.id AND fd.origin_id = cell.site_id
    WHERE cell.reoriented GROUP BY 1, 2, fd.site_id
    UNION ALL
    SELECT cell.site_id, month, 'destination', coalesce(r.code, nullif(s.partner_kind, ''), 'autre'),
        count(DISTINCT cell.id)
    FROM cell
    JOIN contacts_fichedestination fd ON fd.fiche_id = cell.id AND fd.origin_id = cell.site_id
    JOIN territories_site s ON s.id = fd.site_id
    LEFT JOIN territories_reseau r ON r.id = s.reseau_id
    WHERE cell.reoriented GROUP BY 1, 2, 4
)
"""  # noqa: S608 - our own constants

INTO = "dashboards_rollup (territory_id, site_id, reseau_id, month, dimension, value, count)"
# Figures of those who came: a change here re-opens a closed month. An outcome is expected for 90 days after
# the fiche, and correcting nothing it re-opens nothing.
OF_THE_FICHE = [
    str(d)
    for d in (
        Dimension.CONTACTS, Dimension.ISSUE, Dimension.DEMANDE, Dimension.REPONSE, Dimension.STATUT,
        Dimension.AGE, Dimension.SEXE, Dimension.CANAL,
    )
]  # fmt: skip

# Writes what differs and nothing else: after one fiche, some fifteen rows of the cell.
MERGE = f"""{COUNTED}, stored AS MATERIALIZED (
    SELECT id, site_id, month, dimension, value, count, reseau_id, territory_id FROM dashboards_rollup
    WHERE site_id = ANY(%(sites)s) AND month >= %(first)s AND month < %(stop)s
), gone AS (
    DELETE FROM dashboards_rollup WHERE id IN (
        SELECT id FROM stored s WHERE NOT EXISTS (
            SELECT FROM counted c WHERE c.site_id = s.site_id AND c.month = s.month
                AND c.dimension = s.dimension AND c.value = s.value
        )
    ) RETURNING site_id, month, dimension
), written AS (
    INSERT INTO {INTO}
    SELECT site.territory_id, c.site_id, site.reseau_id, c.month, c.dimension, c.value, c.n
    FROM counted c JOIN territories_site site ON site.id = c.site_id
    LEFT JOIN stored s ON s.site_id = c.site_id AND s.month = c.month AND s.dimension = c.dimension
        AND s.value = c.value
    WHERE s.id IS NULL OR s.count <> c.n OR s.reseau_id IS DISTINCT FROM site.reseau_id
    ON CONFLICT (site_id, month, dimension, value) DO UPDATE
        SET count = excluded.count, reseau_id = excluded.reseau_id, territory_id = excluded.territory_id
    RETURNING site_id, month, dimension
)
SELECT site_id, month, count(*) FILTER (WHERE dimension = ANY(%(fiche)s)) FROM (
    SELECT site_id, month, dimension FROM gone UNION ALL SELECT site_id, month, dimension FROM written
) AS changed GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - our own constants


def month_after(month: datetime.date) -> datetime.date:
    return datetime.date(month.year + month.month // 12, month.month % 12 + 1, 1)


def parameters(
    site_ids: Sequence[int], first: datetime.date, stop: datetime.date = datetime.date.max
) -> dict[str, object]:
    """Parameters of ``COUNTED`` and ``MERGE``: days are those of Europe/Paris, as the fiche says them."""
    return {
        "sites": list(site_ids),
        "first": first,
        "stop": stop,
        "zone": settings.TIME_ZONE,
        "late": settings.LATE_ENTRY_DAYS,
        "fiche": OF_THE_FICHE,
    }
