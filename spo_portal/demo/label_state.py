"""The préfecture's side of the label in the demonstration: granted, running, late, suspended, in question.

Made by the services, then moved to the days they stand for (``ami_dates``). Cheap: four dossiers at most.
"""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.html import escape

from labelling.enums import LabelStatus
from labelling.enums_label import PlaceOutcome
from labelling.models import LabelDossier, Labellisation
from labelling.services.label import (
    avis,
    complements,
    decision,
    effects,
    moves,
    withdrawal,
)
from labelling.services.label.completeness import completeness_of
from labelling.services.label.material import material_of
from labelling.services.label.submission import submit
from labelling.workflows import label as flow
from spo_portal.demo.ami_dates import _back, _history
from spo_portal.demo.ami_files import acting
from spo_portal.demo.conventions import signed_ago
from spo_portal.demo.label import coordinator_of, written
from spo_portal.kernel import pdf
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from spo_portal.kernel.typography import of, plain_date
from territories.enums import Regime, Role
from territories.models import Membership, Site, Territory

# Stands for the act signed by the préfet, which the préfecture joins to its decision.
ACT = (
    "<!doctype html><html lang='fr'><head><title>Acte {number}</title></head><body><h1>Acte {number}</h1>"
    "<p>Exemple de démonstration, sans valeur.</p><p>Le préfet accorde le label au territoire {of}, pour cinq"
    " ans à compter du {day}.</p></body></html>"
)
GRANTED, RUNNING, LATE, SUSPENDED = range(4)
# Days since each step, by case: submitted, complete, transmitted, avis.
DAYS = {GRANTED: (60, 52, 46, 18), RUNNING: (20, 14, 9, 0), LATE: (80, 72, 66, 31), SUSPENDED: (16, 7, 0, 0)}


def label_state(*, territories: list[Territory]) -> int:
    """Dossiers of the territories after the first two, one case each, and one withdrawal; return how many.

    Each is submitted as any other: texts, places, a file, and the convention its organisations have signed.
    """
    spo = [one for one in territories if one.region.regime == Regime.SPO]
    cast = []
    for case, territory in enumerate(spo[2:6]):
        coordinator, state = coordinator_of(territory), _prefecture(territory)
        if coordinator is not None and state is not None:
            cast.append((case, territory, coordinator, state))
    signed_ago(
        {territory.pk: DAYS[case][0] + 2 for case, territory, _, _ in cast},
        leads={territory.pk: coordinator for _, territory, coordinator, _ in cast},
    )
    for case, territory, coordinator, state in cast:
        dossier = written(territory, coordinator)
        with acting(coordinator) as by:
            complete = completeness_of(material_of(by=by, dossier=dossier)).complete
            if complete:
                submit(by=by, dossier=dossier)
        if complete:
            _brought(dossier, state, case)
    for territory in spo[:1]:
        _withdrawal(territory)
    return len(cast)


def _prefecture(territory: Territory) -> Membership | None:
    with transaction.atomic():
        apply(SYSTEM)
        rows = Membership.objects.for_system().in_force().filter(user__is_demo=True, role=Role.PREFECTURE)
        return rows.select_related("user").filter(region_id=territory.region_id).order_by("pk").first()


def _brought(dossier: LabelDossier, state: Membership, case: int) -> None:
    today = timezone.localdate()
    with acting(state) as by:
        moves.move(by=by, dossier=dossier, key=flow.DECLARER_COMPLET.key)
        if case == SUSPENDED:
            complements.ask(
                by=by, dossier=dossier, parts=["lieux", "pieces"], day=today + datetime.timedelta(days=12),
                text="Joignez le plan des lieux et précisez les horaires sans rendez-vous du samedi.",
            )  # fmt: skip
        else:
            moves.move(by=by, dossier=dossier, key=flow.TRANSMETTRE.key)
        if case in (GRANTED, LATE):
            avis.record_avis(by=by, dossier=dossier, sense="favorable", given_on=today)
    _dated(dossier, case)
    if case == GRANTED:
        with acting(state) as by:
            _granted(by=by, dossier=dossier, today=today)


def _dated(dossier: LabelDossier, case: int) -> None:
    submitted, complete, transmitted, given = DAYS[case]
    tables = ("labeldossier", "labelstep", "labelcomplement", "labelavis")
    with _history(*tables, "labelsection", "labelplace", "labelattachment"):
        # The oldest first: each date keeps its place among the others.
        for column, days in (
            ("created_at", submitted + 20), ("submitted_at", submitted), ("complete_at", complete),
            ("transmitted_at", transmitted), ("avis_at", given),
        ):  # fmt: skip
            _back("labeldossier", days, (column,), "id = %s", dossier.pk)
        for key, days in (
            ("ouvrir", submitted + 20), ("deposer", submitted), ("declarer_complet", complete),
            ("transmettre", transmitted), ("rendre_avis", given), (complements.ASKED, 4),
        ):  # fmt: skip
            _back("labelstep", days, ("at",), "key = %s AND dossier_id = %s", key, dossier.pk)
        for table, column in (
            ("labelsection", "saved_at"), ("labelplace", "saved_at"), ("labelattachment", "uploaded_at"),
        ):  # fmt: skip
            _back(table, submitted + 4, (column,), "dossier_id = %s", dossier.pk)
        _figures(dossier, submitted)
        _back("labelcomplement", 4, ("asked_at",), "dossier_id = %s", dossier.pk)
        _back("labelavis", given, ("given_on", "recorded_at"), "dossier_id = %s", dossier.pk)


def _figures(dossier: LabelDossier, days: int) -> None:
    """Those frozen with the dossier were read the day it was submitted."""
    rows = LabelDossier.objects.for_system().filter(pk=dossier.pk)
    kept = rows.values_list("figures", flat=True).get()
    today = timezone.localdate()
    read, then = plain_date(today), plain_date(today - datetime.timedelta(days))
    for line in kept["lignes"]:
        line[5] = then if line[5] == read else line[5]
    at = datetime.datetime.fromisoformat(kept["au"]) - datetime.timedelta(days)
    rows.update(figures=kept | {"au": at.isoformat()})


def _granted(*, by, dossier: LabelDossier, today: datetime.date) -> None:  # type: ignore[no-untyped-def]
    rows = decision.places_of(by, dossier)
    standing = effects.standing_of(by, [row.site_id for row in rows], today)
    outcomes = {row.pk: effects.proposed_outcome(row, standing.get(row.site_id)) for row in rows}
    if not any(one.kind == PlaceOutcome.LABELLISE for one in outcomes.values()):
        return
    number = f"{today.year}-{dossier.pk:03d}"
    page = ACT.format(number=number, of=escape(of(dossier.territory.name)), day=plain_date(today))
    act = decision.Act(
        granted=True,
        number=number,
        decided_on=today,
        starts_on=today,
        ends_on=decision.recording.end_of_label(today),
        outcomes=outcomes,
        file_name="acte.pdf",
        content=pdf.render(page),
    )
    decision.decide(by=by, dossier=dossier, act=act)


def _withdrawal(territory: Territory) -> None:
    """A withdrawal begun twelve days ago on a labelled place."""
    state = _prefecture(territory)
    with transaction.atomic():
        apply(SYSTEM)
        rows = Labellisation.objects.for_territory(territory).in_force(timezone.localdate())
        label = rows.filter(status=LabelStatus.LABELLISE).order_by("site_id").first()
    if state is None or label is None:
        return
    with acting(state) as by:
        site = Site.objects.visible_to(by).get(pk=label.site_id)
        if withdrawal.open_of(by, site) is not None:
            return
        made = withdrawal.start(
            by=by, site=site, motive="Aucune plage d’accueil sans rendez-vous n’est tenue depuis septembre."
        )
    with _history("labelwithdrawal", "labelwithdrawalstep"):
        _back("labelwithdrawal", 12, ("started_at",), "id = %s", made.pk)
        _back("labelwithdrawalstep", 12, ("at",), "withdrawal_id = %s", made.pk)
