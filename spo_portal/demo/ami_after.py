"""Last year's projects after their selection: a convention signed, a place opened, its first report read."""

import copy
import datetime

from django.utils import timezone

from labelling.documents.convention import convention_pdf
from labelling.models import AmiApplication, AmiConvention, AmiFollowUp, AmiInstalment
from labelling.services import conventions, follow_ups, openings
from spo_portal.demo import ami_texts as texts
from spo_portal.demo.ami_cast import Cast
from spo_portal.demo.ami_dates import PAST
from spo_portal.demo.ami_files import Carrier, acting

DAY = datetime.timedelta(days=1)


def convention(cast: Cast, file: AmiApplication) -> AmiConvention:
    """From the July of the call's year, for two years; half paid at the signature."""
    today = timezone.localdate()
    starts = datetime.date(today.year - 1, 7, 1)
    with acting(cast.officer) as by:
        rows = AmiApplication.objects.visible_to(by).select_related("territory", "organisation", "call")
        file = rows.get(pk=file.pk)
        decision = conventions.decision_of(by, file)
        half = decision.amount // 2
        terms = conventions.Terms(
            number=f"{file.number}-CF",
            starts_on=starts,
            ends_on=datetime.date(starts.year + 2, 6, 30),
            follow_up_month=3,
            payments=(
                conventions.Payment("Acompte à la signature", half, starts),
                conventions.Payment(
                    "Solde, au vu du bilan", decision.amount - half, datetime.date(today.year, 9, 30)
                ),
            ),
        )
        made = conventions.prepare(by=by, application=file, terms=terms)
        payments = list(AmiInstalment.objects.visible_to(by).filter(convention=made).order_by("due_on"))
        # The text is kept as it was drawn: it says the days these rows are moved to afterwards.
        shown = copy.copy(made)
        shown.made_at = made.made_at - PAST["conventionner"] * DAY
        decision.decided_at -= PAST["decider"] * DAY
        if decision.published_at is not None:
            decision.published_at -= PAST["publier_retenue"] * DAY
        drawn = convention_pdf(
            shown, application=file, decision=decision, payments=payments, region=cast.region, draft=False
        )
        made = conventions.sign(by=by, application=file, signed_on=today, pdf=drawn.pdf)
        conventions.note_paid(by=by, instalment=payments[0], paid_on=today)
    return made


def opened_place(cast: Cast, file: AmiApplication, who: Carrier) -> None:
    """Funded, opened, and the report of its first year handed in, then read."""
    convention(cast, file)
    with acting(cast.officer) as by:
        openings.open_place(by=by, application=file)
    with acting(who.mandate) as by:
        report = _first(by, file)
        words = {"activity": texts.ACTIVITY, "partners": "Les trois partenaires tiennent leurs permanences."}
        words["difficulties"] = "Le recrutement de la coordination a pris deux mois de retard."
        report = follow_ups.save_texts(by=by, report=report, texts=words, seen=report.version)
        spent = {
            one.line.pk: (one.line.amount * 49 // 100, "")
            for side in follow_ups.spending_of(by, report)
            for one in side.lines
        }
        reached = {one.line.pk: (40, "En cours.") for one in follow_ups.progress_of(by, report)}
        follow_ups.save_tables(by=by, report=report, spending=spent, progress=reached)
        follow_ups.hand_in(by=by, report=_first(by, file))
    with acting(cast.officer) as by:
        follow_ups.check(by=by, report=_first(by, file), valid=True, word="Merci pour ce bilan complet.")


def _first(by: object, file: AmiApplication) -> AmiFollowUp:
    rows = AmiFollowUp.objects.visible_to(by).filter(application=file)  # type: ignore[arg-type]
    return rows.select_related("application__territory").order_by("year")[0]
