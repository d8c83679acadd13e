"""Rules of the trade on a fiche that a form can't know alone; each refusal names its field (domain § 3)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from django.utils import timezone

from contacts.enums import ListKind
from contacts.models import ListVersion
from contacts.models.fiche import PRECISIONS_MAX
from contacts.services.purge import first_countable_month
from spo_portal.kernel import rows
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import clean_text, personal_looking
from territories.access import Actor

if TYPE_CHECKING:
    from contacts.services.fiches import FicheData

DESTINATIONS_MAX = 10
RDV_WITHIN = datetime.timedelta(days=366)


def check(by: Actor, data: FicheData, version: ListVersion) -> None:
    """Every rule for one fiche of the actor's site; raises ``Refused`` naming the field."""
    check_content(data, version)
    check_destinations(data, site_id=by.site_id, all_receive=partial(_all_receive, by))


def check_day(day: datetime.date) -> None:
    """A contact is of today or earlier, and of a month whose fiches are all kept still (domain § 10)."""
    today = timezone.localdate()
    if day > today:
        raise Refused("La date ne peut pas être dans le futur.", "jour")
    if day < first_countable_month(today):
        # Its month may be partly erased already: adding to it would have its figures counted again, too low.
        raise Refused(
            "Une fiche de plus de 24 mois n’est plus gardée : elle ne peut pas être saisie.", "jour"
        )


def check_content(data: FicheData, version: ListVersion) -> None:
    """Day, boxes and précisions: what needs no row but the lists in force on that day."""
    check_day(data.jour)
    if version.item(ListKind.STATUT, data.statut) is None:
        raise Refused("Choisissez un statut, ou « Autre ».", "statut")
    if not data.demandes:
        raise Refused("Choisissez au moins une demande.", "demandes")
    for kind, numbers, field in (
        (ListKind.DEMANDE, data.demandes, "demandes"),
        (ListKind.REPONSE, data.reponses, "reponses"),
    ):
        if any(version.item(kind, n) is None for n in numbers):
            raise Refused("Cette case n’existe pas dans la liste en vigueur.", field)
    check_precisions(data.precisions)


def check_precisions(text: str) -> None:
    """200 characters at most, and nothing that names or reaches the person (domain § 3)."""
    try:
        cleaned = clean_text(text)
    except ValueError as error:
        raise Refused(str(error), "precisions") from None
    if len(cleaned) > PRECISIONS_MAX:
        raise Refused(f"Gardez {PRECISIONS_MAX} caractères au plus : il y en a {len(cleaned)}.", "precisions")
    findings = personal_looking(cleaned, kept="la fiche gardée")
    if findings:
        raise Refused(findings[0].message, "precisions")


def _all_receive(by: Actor, ids: list[int]) -> bool:
    """True when each structure is visible and may be suggested.

    The rule of ``SiteQuerySet.can_be_suggested``, in a statement written once (a test compares the two).
    """
    with rows.prepared() as cursor:
        cursor.execute(
            "SELECT count(*) FROM territories_site s"
            " JOIN territories_organisation o ON o.id = s.organisation_id"
            " WHERE s.id = ANY(%s::bigint[]) AND s.region_id = ANY(%s::bigint[]) AND s.active"
            " AND NOT o.is_training_body"
            " AND ((s.reseau_id IS NOT NULL AND s.direction = '')"
            " OR s.direction IN ('destinataire', 'les_deux'))",
            [ids, list(by.scope.wide)],
        )
        return bool(cursor.fetchone()[0] == len(ids))


def check_destinations(
    data: FicheData, *, site_id: int | None, all_receive: Callable[[list[int]], bool]
) -> None:
    """Other places than the fiche's, each once, that receive people; an appointment comes within a year.

    ``all_receive`` says whether these ids are all places of the region that may be suggested.
    """
    ids = [d.site_id for d in data.destinations]
    if len(ids) > DESTINATIONS_MAX:
        raise Refused(f"Gardez {DESTINATIONS_MAX} structures au plus.", "destinations")
    if len(set(ids)) != len(ids):
        raise Refused("La même structure est citée deux fois.", "destinations")
    if site_id in ids:
        raise Refused("Votre propre lieu ne peut pas être une structure à contacter.", "destinations")
    if ids and not all_receive(ids):
        raise Refused(
            "Une structure choisie n’existe plus ou ne reçoit pas de public. Retirez-la.", "destinations"
        )
    last = data.jour + RDV_WITHIN
    for d in data.destinations:
        if d.rdv_at and not data.jour <= timezone.localdate(d.rdv_at) <= last:
            raise Refused("Le rendez-vous n’a pas lieu avant la fiche, ni plus d’un an après.", "rdv_jour")
