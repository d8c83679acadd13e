"""Life of an annual report: opened, completed, opened again, transmitted, corrected.

The signature is apart (``dashboards.jobs_report``): the state changes in the transaction that writes the
version, so that no report is signed without its document.
"""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from dashboards.enums_report import ReportState
from dashboards.models import AnnualReport, ReportComment
from dashboards.permissions import Perm
from dashboards.report_sections import BY_KEY, REQUIRED
from dashboards.workflows import report as flow
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text, personal_looking
from spo_portal.kernel.typography import join
from territories.access import Actor, require
from territories.models import Territory

FIRST_YEAR = 2012
REASON_MAX = 400
# A meeting older than this beside the year of the report is a slip of the keyboard.
_LATEST_MEETING = 730


@dataclass(frozen=True)
class Completeness:
    """How far the writing is: parts commented, out of those that take a comment; titles still required."""

    done: int
    total: int
    missing: tuple[str, ...]


def years_offered(today: datetime.date | None = None) -> list[int]:
    """Years a report may be written for: this one back to the first year of the service."""
    current = (today or timezone.localdate()).year
    return list(range(current, FIRST_YEAR - 1, -1))


def check_year(year: int) -> int:
    if year not in years_offered():
        raise Refused(f"Choisissez une année de {FIRST_YEAR} à {timezone.localdate().year}.")
    return year


def open_report(*, by: Actor, territory: Territory, year: int) -> AnnualReport:
    """Start the report of a year, or return it when it is started already."""
    require(by, Perm.WRITE_REPORT)
    check_year(year)
    if territory.pk not in by.scope.tenant:
        raise Refused("Vous écrivez le rapport de votre territoire seulement.")
    with transaction.atomic():
        report, made = AnnualReport.objects.visible_to(by).get_or_create(
            territory=territory,
            year=year,
            defaults={"region_id": territory.region_id, "opened_by_label": by.label},
        )
        if made:
            _note("report_opened", by, report)
    return report


def move(*, by: Actor, report: AnnualReport, key: str, reason: str = "") -> AnnualReport:
    """Complete, open again, transmit or correct. Raises ``Conflict`` when the state has changed meanwhile."""
    chosen = flow.MOVES[key]
    require(by, chosen.permission)
    if chosen in (flow.SIGN, flow.SYNTHESISE):
        raise ValueError("this move is made with its document")
    with transaction.atomic():
        locked = lock(by, report)
        if locked.state not in chosen.sources:
            raise Conflict(f"Ce rapport est déjà « {locked.get_state_display().lower()} ».")
        now = timezone.now()
        if chosen is flow.COMPLETE:
            _require_comments(by, locked)
            locked.completed_at, locked.completed_by_label = now, by.label
        elif chosen is flow.TRANSMIT:
            locked.transmitted_at, locked.transmitted_by_label = now, by.label
        else:
            _clear(locked)
            if chosen is flow.CORRECT:
                locked.correction_reason = check_reason(reason)
        locked.state = chosen.target
        locked.changed_at = now
        locked.save()
        _note(f"report_{chosen.key}", by, locked, motif=bool(reason))
    return locked


def lock(by: Actor, report: AnnualReport) -> AnnualReport:
    """The row, held until the end of the transaction; Conflict when it can't be seen any more."""
    rows = AnnualReport.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("territory", "region").filter(pk=report.pk).first()
    if found is None:
        raise Conflict("Ce rapport n’est plus dans votre périmètre.")
    return found


def _clear(report: AnnualReport) -> None:
    """Back to writing: dates and authors of the later steps go; the trail and the versions keep them."""
    for step in ("completed", "signed", "transmitted", "synthesised"):
        setattr(report, f"{step}_at", None)
        setattr(report, f"{step}_by_label", "")
    report.meeting_on = None


def _require_comments(by: Actor, report: AnnualReport) -> None:
    missing = completeness(by=by, report=report).missing
    if missing:
        raise Refused(f"Il manque encore un commentaire à : {join(missing)}.")


def completeness(*, by: Actor, report: AnnualReport) -> Completeness:
    return completeness_of(
        ReportComment.objects.visible_to(by)
        .filter(report=report)
        .exclude(text="")
        .values_list("section", flat=True)
    )


def completeness_of(sections: object) -> Completeness:
    """From the keys of the parts that have a text."""
    written = set(sections)  # type: ignore[call-overload]
    total = [part for part in BY_KEY.values() if part.takes_comment]
    missing = tuple(f"« {part.title} »" for part in REQUIRED if part.key not in written)
    return Completeness(len(written & {part.key for part in total}), len(total), missing)


def check_reason(text: str) -> str:
    """Why a signed document is corrected: said on the new version, so it is asked for and looked at."""
    try:
        cleaned = clean_text(text, max_length=REASON_MAX)
    except TextRefused as error:
        raise Refused(str(error), "motif") from None
    if len(cleaned) < 5:
        raise Refused(
            "Dites pourquoi le document est corrigé : ce motif paraît sur la nouvelle version.", "motif"
        )
    findings = personal_looking(cleaned, kept="le document")
    if findings:
        raise Refused(findings[0].message, "motif")
    return cleaned


def check_meeting(day: datetime.date | None, year: int) -> datetime.date:
    """The CTT met after the year began and not in the future."""
    if day is None:
        raise Refused("Donnez la date de la réunion du comité technique territorial.", "reunion")
    if day > timezone.localdate():
        raise Refused("Cette réunion n’a pas encore eu lieu : la signature s’inscrit après elle.", "reunion")
    first = datetime.date(year, 1, 1)
    if not first <= day <= first + datetime.timedelta(days=365 + _LATEST_MEETING):
        raise Refused(f"Cette date ne va pas avec un rapport de {year}.", "reunion")
    return day


def may_sign(report: AnnualReport) -> bool:
    return report.state in flow.SIGN.sources


def mark_signed(
    *, by: Actor, report: AnnualReport, version_id: int, meeting_on: datetime.date, now: datetime.datetime
) -> None:
    """Tie a report to the version just written; in the transaction that wrote it, on a locked row."""
    require(by, Perm.SIGN_REPORT)
    report.state = ReportState.SIGNE
    report.version_id = version_id
    report.meeting_on, report.signed_at, report.signed_by_label = meeting_on, now, by.label
    report.correction_reason = ""
    report.changed_at = now
    report.save()
    _note("report_signer", by, report, version=version_id)


def mark_synthesised(*, by: Actor, reports: list[int], now: datetime.datetime) -> int:
    """Transmitted reports taken up in a frozen synthesis; those already taken up stay as they are."""
    require(by, Perm.SYNTHESISE)
    done = 0
    rows = AnnualReport.objects.visible_to(by).filter(pk__in=reports, state=ReportState.TRANSMIS)
    for report in rows.select_for_update(of=("self",)):
        report.state = flow.SYNTHESISE.target
        report.synthesised_at, report.synthesised_by_label, report.changed_at = now, by.label, now
        report.save()
        _note("report_synthetiser", by, report)
        done += 1
    return done


def _note(action: str, by: Actor, report: AnnualReport, **data: object) -> None:
    audit.record(
        f"dashboards.{action}",
        by=by,
        object_type="annualreport",
        object_id=report.pk,
        tenant_id=report.territory_id,
        data={"annee": report.year, "etat": report.state, **data},
    )
