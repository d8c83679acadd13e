"""The statement that saves a fiche: one round trip, so that counsellors wait for the disk and not for us.

Number, fiche, destinations, hash of the return code, audit event and outbox event are written together or
not at all.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from contacts import codes
from contacts.events import FICHE_CHANGED
from spo_portal.kernel import audit, outbox, rows
from territories.access import Actor
from territories.models import Site

if TYPE_CHECKING:
    from contacts.services.fiches import DestinationData

# The key is looked for before a number is taken, so that a replay leaves no gap in the references.
_SAVE = f"""
WITH desk AS (
    SELECT s.id, s.territory_id, s.region_id, s.reseau_id, t.short_code, s.code
    FROM territories_site s JOIN territories_territory t ON t.id = s.territory_id
    WHERE s.id = %(site)s::bigint AND s.region_id = ANY(%(wide)s::bigint[])
), counter AS (
    INSERT INTO contacts_referencecounter (site_id, year, last)
    SELECT id, %(year)s::smallint, 1 FROM desk
    WHERE NOT EXISTS (
        SELECT FROM contacts_fichecontact f WHERE f.site_id = %(site)s::bigint
            AND f.cle_idempotence = %(key)s::uuid
    )
    ON CONFLICT (site_id, year) DO UPDATE SET last = contacts_referencecounter.last + 1
    RETURNING last
), fiche AS (
    INSERT INTO contacts_fichecontact (uuid, cle_idempotence, reference, territory_id, site_id, reseau_id,
        list_version_id, jour, canal, sexe, age, statut, demandes, reponses, precisions, reoriented, entry,
        suite, suite_source, created_by_id)
    SELECT %(uuid)s::uuid, %(key)s::uuid,
        concat_ws('-', short_code, code, %(yy)s::text,
            lpad(last::text, greatest(6, length(last::text)), '0')),
        territory_id, id, reseau_id, %(version)s::bigint, %(jour)s::date,
        %(canal)s::text, %(sexe)s::text, %(age)s::text, %(statut)s::smallint,
        %(demandes)s::smallint[], %(reponses)s::smallint[], %(precisions)s::text,
        %(reoriented)s::boolean, %(entry)s::text, '', '', %(person)s::bigint
    FROM desk, counter
    ON CONFLICT (site_id, cle_idempotence) DO NOTHING
    RETURNING id, reference, created_at
), destination AS (
    INSERT INTO contacts_fichedestination
        (fiche_id, region_id, origin_id, site_id, position, rdv_at, rdv_place, rdv_with)
    SELECT fiche.id, desk.region_id, desk.id, d.site_id, d.position, d.rdv_at, d.rdv_place, d.rdv_with
    FROM fiche, desk,
        unnest(%(to)s::bigint[], %(rdv_at)s::timestamptz[], %(rdv_place)s::text[], %(rdv_with)s::text[])
        WITH ORDINALITY AS d(site_id, rdv_at, rdv_place, rdv_with, position)
), code AS (
    INSERT INTO contacts_coderetour (fiche_id, origin_id, nonce, code_hash, expires_at)
    SELECT fiche.id, desk.id, 0, %(code_hash)s::bytea, now() + make_interval(days => %(code_days)s::int)
    FROM fiche, desk
    WHERE %(code_hash)s::bytea IS NOT NULL
    ON CONFLICT (code_hash) DO NOTHING
    RETURNING fiche_id
), trail AS (
    INSERT INTO {audit.INTO}
    SELECT %(person)s::bigint, %(role)s::text, %(membership)s::bigint, %(action)s::text,
        'fiche', fiche.id::text, desk.territory_id, desk.id, %(trail)s::jsonb
    FROM fiche, desk
), message AS (
    INSERT INTO {outbox.INTO} SELECT %(kind)s::text, desk.territory_id, %(payload)s::jsonb FROM fiche, desk
)
SELECT fiche.id, fiche.reference, fiche.created_at, desk.territory_id, desk.reseau_id, code.fiche_id,
counter.last
FROM desk LEFT JOIN counter ON true LEFT JOIN fiche ON true LEFT JOIN code ON true
"""  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class Saved:
    """What the database gave the fiche; ``coded`` is false when its code's hash was taken."""

    id: int
    uuid: uuid.UUID
    reference: str
    created_at: datetime.datetime
    territory_id: int
    reseau_id: int | None
    coded: bool


def save(
    *,
    by: Actor,
    version_id: int,
    kept: dict[str, object],
    destinations: Sequence[DestinationData],
    key: uuid.UUID,
    entry: str,
    with_code: bool,
) -> Saved | None:
    """Write a checked fiche of the actor's site; None when its key already gave one.

    Inside the caller's transaction. ``kept`` holds the columns of the part kept. Two sends of one key queue
    on the site's counter: the second one meets the first one's fiche, writes nothing and gives its number
    back.
    """
    public_id = uuid.uuid4()
    jour = kept["jour"]
    assert isinstance(jour, datetime.date)  # noqa: S101
    secret = settings.CODE_KEY.encode()
    code_hash = codes.code_hash(secret, codes.derive(secret, public_id, 0)) if with_code else None
    parameters = kept | {
        "site": by.site_id,
        "wide": list(by.scope.wide),
        "year": jour.year,
        "yy": f"{jour.year % 100:02d}",
        "key": key,
        "uuid": public_id,
        "version": version_id,
        "entry": entry,
        "person": by.user_id,
        "membership": by.membership_id,
        "role": by.role_value,
        "to": [d.site_id for d in destinations],
        "rdv_at": [d.rdv_at for d in destinations],
        "rdv_place": [d.rdv_place if d.rdv_at else "" for d in destinations],
        "rdv_with": [d.rdv_with if d.rdv_at else "" for d in destinations],
        "code_hash": code_hash,
        "code_days": settings.RETURN_CODE_DAYS,
        "action": "contacts.fiche_recorded",
        "trail": json.dumps({"entry": entry}),
        "kind": FICHE_CHANGED,
        "payload": json.dumps({"site": by.site_id, "month": jour.replace(day=1).isoformat()}),
    }
    with rows.prepared() as cursor:
        cursor.execute(_SAVE, parameters)
        row = cursor.fetchone()
        if row is None:
            raise Site.DoesNotExist
        fiche_id, reference, created_at, territory_id, reseau_id, coded, number = row
        if fiche_id is None:
            if number is not None:
                # Ours since the statement above, until the commit: nobody can have taken the next one.
                cursor.execute(
                    "UPDATE contacts_referencecounter SET last = last - 1 WHERE site_id = %s AND year = %s",
                    [by.site_id, jour.year],
                )
            return None
    return Saved(fiche_id, public_id, reference, created_at, territory_id, reseau_id, coded is not None)
