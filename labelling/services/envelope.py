"""What the envelope of a call has left, and what one file may be given at most (domain § 7, AMI §5).

Amounts are centimes. The database holds the same three limits by a trigger, the call locked; this one speaks
first and says by how much.
"""

from dataclasses import dataclass

from django.db.models import Sum

from labelling.enums_ami import ApplicationState, Outcome
from labelling.models import AmiApplication, AmiCall, AmiDecision
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import euros
from territories.access import Actor


@dataclass(frozen=True)
class Envelope:
    """``total`` of the call, ``committed`` by the decisions in force, whether published or not."""

    total: int
    committed: int

    @property
    def left(self) -> int:
        return self.total - self.committed


@dataclass(frozen=True)
class Ceiling:
    """The three limits of one file: asked, 80 % of its charges (whole centimes), left on the envelope."""

    asked: int
    share: int
    left: int

    @property
    def most(self) -> int:
        return max(0, min(self.asked, self.share, self.left))

    def problems(self, amount: int) -> list[str]:
        """What this amount breaks, by how much, most useful first; empty when it may be given."""
        found = []
        if amount <= 0:
            return ["Indiquez le montant accordé, en euros."]
        for limit, words in (
            (self.asked, "ce que le porteur demande"),
            (self.share, "80 % des charges prévisionnelles"),
            (self.left, "ce qui reste sur l’enveloppe"),
        ):
            if amount > limit:
                found.append(
                    f"{euros(amount)} dépasse {words} : {euros(max(limit, 0))}, soit"
                    f" {euros(amount - max(limit, 0))} de trop."
                )
        return found


def envelope_of(by: Actor, call: AmiCall, *, without: int | None = None) -> Envelope:
    """Read the envelope. ``without``: id of an application whose own decision is not counted."""
    rows = AmiDecision.objects.visible_to(by).filter(call=call, superseded_at=None, outcome=Outcome.RETENUE)
    rows = rows.exclude(application__state=ApplicationState.RETIREE)
    if without is not None:
        rows = rows.exclude(application_id=without)
    return Envelope(call.envelope, rows.aggregate(total=Sum("amount"))["total"] or 0)


def share_limit(application: AmiApplication) -> int:
    """80 % of the forecast charges, in whole centimes, never rounded up (AMI §5)."""
    return 4 * application.charges // 5


def ceiling_of(application: AmiApplication, envelope: Envelope) -> Ceiling:
    return Ceiling(application.region_asked, share_limit(application), envelope.left)


def check_amount(amount: int, ceiling: Ceiling) -> None:
    """Raise ``Refused`` with every limit broken, by how much."""
    found = ceiling.problems(amount)
    if found:
        raise Refused(" ".join(found), "montant")
