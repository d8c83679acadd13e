"""Calls for interest of the demonstration: this year's, with a file at every step, and last year's, opened.

Everything is done through the services, by the accounts that do it in life. Only dates are then moved to the
past (``ami_dates``): no service writes yesterday. A second run finds the calls and adds nothing.
"""

import datetime

from django.db import transaction
from django.utils import timezone

from labelling.documents.letters import letter_pdf
from labelling.enums_ami import Outcome, PartKey
from labelling.models import AmiApplication, AmiCall, AmiCriterion, AmiGridCriterion
from labelling.services import (
    call_life,
    call_questions,
    calls,
    closing,
    complements,
    decisions,
    eligibility,
    publication,
    scorers,
    scoring,
)
from labelling.services.call_content import Frame
from labelling.services.letters import letter_facts
from spo_portal.demo import ami_after, ami_dates
from spo_portal.demo import ami_texts as texts
from spo_portal.demo.ami_cast import SCORERS, Cast, cast_of
from spo_portal.demo.ami_commission import convene, hold
from spo_portal.demo.ami_files import Carrier, acting, complete, draft, sent
from spo_portal.kernel.tenancy.scope import SYSTEM, apply
from territories.models import Territory

DAY = datetime.timedelta(days=1)
ENVELOPE = 45_000_000
CHARGES = 7_360_000
ENOUGH = 10


def calls_for_interest(*, territories: list[Territory]) -> int:
    """Both calls of each region that runs them (SPRO); how many files were made."""
    made = 0
    for region in {t.region_id: t.region for t in territories}.values():
        if region.regime != "spro":
            continue
        cast = cast_of(region)
        if cast is None or len(cast.carriers) < ENOUGH:
            continue
        year = timezone.localdate().year
        with transaction.atomic():
            apply(SYSTEM)
            if AmiCall.objects.for_system().filter(region=region).exists():
                continue
        made += _last_year(cast, year - 1) + _this_year(cast, year)
    return made


def _open(cast: Cast, year: int, *, closes: datetime.timedelta, envelope: int) -> AmiCall:
    """The text proposed by the portal, its frame, then opened."""
    now = timezone.localtime()
    limit = (now + closes).replace(hour=23, minute=59, second=59, microsecond=0)
    with acting(cast.officer) as by:
        call = calls.create_call(
            by=by, title=f"Lieux mutualisés d’accueil et d’information {year}", year=year
        )
        call = calls.save_text(
            by=by, call=call, seen=call.version, title=call.title, slug=f"ami-{year}",
            summary=call.summary, sections=[(s["titre"], s["texte"]) for s in call.sections],
            contact=f"orientation@{cast.region.slug}.example",
        )  # fmt: skip
        links = call.commission_rows.values_list("commission_id", flat=True)
        frame = Frame(None, limit, limit - 2 * DAY, envelope, SCORERS, tuple(links))
        call = calls.save_frame(by=by, call=call, seen=call.version, frame=frame)
        call = call_life.open_call(by=by, call=call, seen=call.version)
        cast.criteria = list(
            AmiCriterion.objects.visible_to(by).filter(call=call).values_list("pk", flat=True)
        )
    return call


def _this_year(cast: Cast, year: int) -> int:
    """A call that runs: drafts, files sent, a complement asked, notes, avis, a decision not published."""
    call = _open(cast, year, closes=16 * DAY, envelope=ENVELOPE)
    who = cast.carriers
    _questions(cast, call, who[0])
    draft(call, who[-1], started=2)
    complete(call, who[-2], asked=5_200_000, charges=CHARGES, answers="declinee")
    files = [sent(_file(call, one, rank), one) for rank, one in enumerate(who[:-2])]
    _ask(cast, files[-2])
    looked, noted = files[:-2], files[:-3]
    for rank, file in enumerate(looked):
        _admit(cast, file)
        _confide(cast, file)
        _score(cast, file, rank, only=SCORERS if file in noted else 1)
    # The last noted file is left to close: the others go to their commissions.
    _close(cast, noted[:-1])
    heard, rest = _of_first_commission(noted[:-1])
    hold(cast, heard, ago=ami_dates.RECENT["rendre_avis"])
    if rest:
        when = (timezone.localtime() + 6 * DAY).replace(hour=9, minute=30, second=0, microsecond=0)
        # Nobody sits on a Saturday or a Sunday.
        when += (7 - when.weekday()) * DAY if when.weekday() > 4 else 0 * DAY
        convene(cast, _of_first_commission(rest)[0], when)
    if len(heard) > 1:
        _decide(cast, heard[0], Outcome.RETENUE, heard[0].region_asked - 200_000)
    ami_dates.call_was(call, opened=24, closes=None)
    ami_dates.files_were(call, ami_dates.RECENT)
    return len(who)


def _file(call: AmiCall, who: Carrier, rank: int) -> AmiApplication:
    """No two ask for the same amount; one partner in four amends what is proposed to it."""
    answers = "modifiee" if rank % 4 == 1 else "confirmee"
    return complete(call, who, asked=5_888_000 - rank * 150_000, charges=CHARGES, answers=answers)


def _last_year(cast: Cast, year: int) -> int:
    """A call that is over: two projects selected, one not; one place opened and followed."""
    call = _open(cast, year, closes=3 * DAY, envelope=20_000_000)
    who = cast.carriers[:3]
    files = [sent(complete(call, one, asked=5_500_000, charges=CHARGES), one) for one in who]
    for rank, file in enumerate(files):
        _admit(cast, file)
        _confide(cast, file)
        _score(cast, file, rank)
    _close(cast, files)
    rest = files
    while rest:
        heard, rest = _of_first_commission(rest)
        hold(cast, heard, ago=ami_dates.PAST["rendre_avis"])
    for file in files[:2]:
        _decide(cast, file, Outcome.RETENUE, file.region_asked)
    _decide(cast, files[2], Outcome.NON_RETENUE, 0)
    # A call publishes its last results once its deadline has passed.
    closed = ami_dates.PAST["deposer"] - 5
    ami_dates.call_was(call, opened=ami_dates.PAST["deposer"] + 45, closes=closed)
    _publish(cast, call)
    ami_after.convention(cast, files[1])
    ami_after.opened_place(cast, files[0], who[0])
    ami_dates.files_were(call, ami_dates.PAST)
    ami_dates.mails_have_left()
    return len(files)


def _of_first_commission(
    files: list[AmiApplication],
) -> tuple[list[AmiApplication], list[AmiApplication]]:
    """Files of the first one's commission, and the others."""
    same = [file for file in files if file.commission_id == files[0].commission_id]
    return same, [file for file in files if file not in same]


def _questions(cast: Cast, call: AmiCall, who: Carrier) -> None:
    with acting(who.mandate) as by:
        asked = call_questions.ask_question(by=by, call=call, text=texts.QUESTION)
    with acting(cast.officer) as by:
        call_questions.answer_question(by=by, question=asked, answer=texts.ANSWER)
        call_life.add_erratum(by=by, call=call, text=texts.ERRATUM)


def _ask(cast: Cast, file: AmiApplication) -> None:
    with acting(cast.officer) as by:
        complements.ask(
            by=by,
            application=file,
            parts=[str(PartKey.CONDITIONS), str(PartKey.PIECES)],
            text=texts.COMPLEMENT,
            day=timezone.localdate() + 10 * DAY,
        )


def _admit(cast: Cast, file: AmiApplication) -> None:
    with acting(cast.officer) as by:
        met = {key: eligibility.Finding(True, False, "") for key in cast.criteria}
        eligibility.record_findings(by=by, application=file, findings=met)
        eligibility.admit(by=by, application=file)


def _confide(cast: Cast, file: AmiApplication) -> None:
    day = timezone.localdate() + 8 * DAY
    with acting(cast.officer) as by:
        for mandate in cast.scorers[:SCORERS]:
            scorers.assign(by=by, application=file, user_id=mandate.user_id, due_on=day)


def _score(cast: Cast, file: AmiApplication, rank: int, *, only: int = SCORERS) -> None:
    for turn, mandate in enumerate(cast.scorers[:only]):
        with acting(mandate) as by:
            grid = AmiGridCriterion.objects.visible_to(by).filter(call_id=file.call_id)
            notes = {
                line.pk: scoring.Note(5 - (rank + turn + at) % 3, texts.NOTES[at % len(texts.NOTES)])
                for at, line in enumerate(grid)
            }
            scoring.give(by=by, application=file, notes=notes, comment="Avis favorable au vu du dossier.")


def _close(cast: Cast, files: list[AmiApplication]) -> None:
    with acting(cast.officer) as by:
        closing.close_many(by=by, applications=files)


def _decide(cast: Cast, file: AmiApplication, outcome: Outcome, amount: int) -> None:
    with acting(cast.officer) as by:
        decisions.decide(
            by=by, application=file, outcome=outcome, reasons=texts.REASONS[outcome], amount=amount
        )


def _publish(cast: Cast, call: AmiCall) -> None:
    day = timezone.localdate() - ami_dates.PAST["publier_retenue"] * DAY
    with acting(cast.officer) as by:
        waiting = publication.waiting(by, call)
        letters = {}
        for one in waiting:
            # What the letter says of the submission is moved to its day once it is drawn: told so here.
            if one.application.submitted_at is not None:
                one.application.submitted_at -= ami_dates.PAST["deposer"] * DAY
            facts = letter_facts(by=by, application=one.application, kind=one.outcome, day=day, decision=one)
            letters[one.pk] = letter_pdf(facts, region=cast.region)
        publication.publish(by=by, call=call, decisions=[one.pk for one in waiting], letters=letters)
