"""The publication as a job: letters drawn first, outside any lock; then everything opens in one transaction.

It opens the scope of its author, whose right is checked again, and can run twice: what an earlier run of it
published already is done. Letters have document processes of their own: the desk's fiches never wait.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from labelling.documents.letters import letter_pdf
from labelling.models import AmiCall, AmiDecision
from labelling.permissions import Perm
from labelling.services.letters import Drawn, LetterFacts, letter_facts
from labelling.services.publication import CHANGED, publish, waiting
from spo_portal.kernel import pdf
from spo_portal.kernel.errors import Conflict
from spo_portal.kernel.jobs import JobRun
from territories.access import Actor, get_visible_or_404, require
from territories.models import Region
from territories.scopes import open_for_membership

PUBLISH = "labelling.ami_publish"
ERRORS = {
    "Conflict": CHANGED,
    "Refused": "Une décision ne peut plus être publiée telle quelle. Rien n’est publié : rouvrez la page de"
    " publication, elle dit laquelle.",
    "Http404": "Cet appel n’est plus dans votre périmètre.",
}


@contextmanager
def author(run: JobRun) -> Iterator[Actor]:
    """A transaction under the scope of who asked; a mandate that has ended gives no right any more."""
    with transaction.atomic():
        actor = open_for_membership(run.membership_id or 0, run.person_id)
        if actor.user is None:
            raise PermissionDenied
        yield actor


def publish_job(run: JobRun) -> None:
    """Draw the letters of the decisions confirmed, then publish them all at one instant, or nothing."""
    wanted = [int(key) for key in run.params["decisions"]]
    run.progress(0, len(wanted) + 1, "Lecture des décisions")
    with author(run) as by:
        require(by, Perm.PUBLISH)
        call = get_visible_or_404(AmiCall.objects.select_related("region"), by, pk=run.params["appel"])
        if _done(by, wanted):
            run.progress(len(wanted) + 1, len(wanted) + 1, "Décisions publiées")
            return
        facts = _facts(by, call, wanted)
    letters = draw_all(run, facts, call.region)
    run.progress(len(wanted), len(wanted) + 1, "Publication")
    with author(run) as by:
        publish(by=by, call=call, decisions=wanted, letters=letters)
    run.progress(len(wanted) + 1, len(wanted) + 1, "Décisions publiées")


def _done(by: Actor, wanted: list[int]) -> bool:
    """An earlier run was stopped after its transaction: everything it was asked is out."""
    rows = AmiDecision.objects.visible_to(by).filter(pk__in=wanted, published_at__isnull=False)
    return bool(wanted) and rows.count() == len(set(wanted))


def _facts(by: Actor, call: AmiCall, wanted: list[int]) -> dict[int, LetterFacts]:
    found = {one.pk: one for one in waiting(by, call)}
    if not set(wanted) <= set(found):
        raise Conflict(CHANGED)
    day = timezone.localdate()
    facts = {}
    for key in wanted:
        decision = found[key]
        decision.application.call = call
        facts[key] = letter_facts(
            by=by, application=decision.application, kind=decision.outcome, day=day, decision=decision
        )
    return facts


def draw_all(run: JobRun, facts: dict[int, LetterFacts], region: Region) -> dict[int, Drawn]:
    """One process lays the letters out, one after the other, and tells how far it is."""
    pool = pdf.Pool(pdf.Limits(children=1, queue=4, wait=120, seconds=30, memory=512 * 1024 * 1024))
    letters = {}
    try:
        for done, (key, one) in enumerate(facts.items()):
            run.progress(done, len(facts) + 1, f"Lettre du dossier {one.application.number}")
            letters[key] = letter_pdf(one, region=region, using=pool)
    finally:
        pool.close()
    return letters
