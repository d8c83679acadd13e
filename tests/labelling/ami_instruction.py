"""Files being instructed, to test with: admitted, confided, noted, closed, through the services."""

from collections.abc import Mapping

from labelling.models import AmiApplication, AmiAssignment, AmiCall, AmiCriterion
from labelling.services import closing, eligibility, scorers, scoring
from labelling.services.eligibility import Finding
from labelling.services.scoring import Note
from territories.enums import Role
from territories.models import Membership, Region, Territory, User
from tests.factories import make_membership, make_user, system
from tests.labelling.ami_world import acting, ready_application

Account = tuple[User, Membership]


def make_officer(region: Region, label: str = "Région, instruction", email: str = "") -> Account:
    """An account of the Region, which instructs and may score."""
    return _account(label, email, Role.REGION, region=region)


def make_charge(territory: Territory, label: str = "Chargé de mission", email: str = "") -> Account:
    """A chargé de mission of a bassin, who may score."""
    return _account(label, email, Role.CHARGE_MISSION, territory=territory)


def _account(label: str, email: str, role: Role, **scope: object) -> Account:
    with system():
        user = make_user(label)
        if email:
            user.email = email
            user.save(update_fields=["email"])
        return user, make_membership(user, role, **scope)


def all_met(application: AmiApplication) -> dict[int, Finding]:
    with system():
        rows = AmiCriterion.objects.for_system().filter(call_id=application.call_id)
        return {pk: Finding(True) for pk in rows.values_list("pk", flat=True)}


def admitted(call: AmiCall, territory: Territory, region: Account, **fields: object) -> AmiApplication:
    """A file submitted, examined and declared recevable."""
    return admit(ready_application(call, territory, **fields), region)


def admit(application: AmiApplication, region: Account) -> AmiApplication:
    """A submitted file, examined and declared recevable."""
    with acting(*region) as by:
        eligibility.record_findings(by=by, application=application, findings=all_met(application))
        eligibility.admit(by=by, application=application)
    return reload(application)


def state_of(application: AmiApplication, user: User) -> str:
    """The state of one's own part in a file."""
    with system():
        return AmiAssignment.objects.get(application=application, scorer=user).state


def confide(application: AmiApplication, region: Account, *people: Account) -> None:
    with acting(*region) as by:
        for user, _ in people:
            scorers.assign(by=by, application=application, user_id=user.pk)


def note(application: AmiApplication, scorer: Account, *values: int, comment: str = "Vu.") -> None:
    """Give a note: one value for each line of the grid, in its order (the last one repeated)."""
    with acting(*scorer) as by:
        grid = scoring.grid_of(by, application)
        notes = {
            line.pk: Note(values[min(place, len(values) - 1)], comment) for place, line in enumerate(grid)
        }
        scoring.give(by=by, application=application, notes=notes, comment=comment)


def draft(application: AmiApplication, scorer: Account, values: Mapping[int, int]) -> None:
    """Keep a draft: values by place in the grid."""
    with acting(*scorer) as by:
        grid = scoring.grid_of(by, application)
        notes = {line.pk: Note(values.get(place)) for place, line in enumerate(grid)}
        scoring.save_draft(by=by, application=application, notes=notes, comment="")


def close(application: AmiApplication, region: Account) -> AmiApplication:
    with acting(*region) as by:
        closing.close_one(by=by, application=application)
    return reload(application)


def reload(application: AmiApplication) -> AmiApplication:
    """As the database has it now."""
    with system():
        return AmiApplication.objects.select_related("call", "territory", "organisation", "commission").get(
            pk=application.pk
        )
