"""Files ready to be decided, or decided, for the tests of the decision and of the publication."""

from django.db import transaction

from labelling.enums_ami import Outcome
from labelling.models import AmiApplication, AmiCall, AmiDecision
from labelling.services import decisions
from territories.models import Territory
from tests.factories import system
from tests.labelling.ami_instruction import Account
from tests.labelling.ami_sessions import give_avis, instructed
from tests.labelling.ami_world import acting, ready_application

REASONS = "Projet complet, ouvert le samedi, attendu par les partenaires du bassin."


def reload(application: AmiApplication) -> AmiApplication:
    with system():
        rows = AmiApplication.objects.for_system()
        rows = rows.select_related("call__region", "territory", "organisation", "commission")
        return rows.get(pk=application.pk)


def advised(
    call: AmiCall, territory: Territory, *notes: int, opinion: str = "favorable", **fields: object
) -> AmiApplication:
    """A file submitted, noted, with its avis: the Region may decide."""
    file = ready_application(call, territory, **fields)  # type: ignore[arg-type]
    instructed(file, *(notes or (4, 5)))
    # The helper leaves a scope behind: it ends with this transaction when nothing is around it.
    with transaction.atomic():
        give_avis(reload(file), opinion)
    return reload(file)


def decided(
    file: AmiApplication,
    region: Account,
    outcome: str = Outcome.RETENUE,
    amount: int = 5_800_000,
    **more: object,
) -> AmiDecision:
    """The decision, by an officer; it waits for its publication."""
    with acting(*region) as by:
        return decisions.decide(
            by=by,
            application=file,
            outcome=outcome,
            amount=amount if outcome == Outcome.RETENUE else 0,
            reasons=REASONS,
            **more,  # type: ignore[arg-type]
        )
