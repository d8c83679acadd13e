"""A shared place that opens is suggested at the desks: its region gets a rule for its kind (AMI §2).

Rules are the animation's: one that exists, in force or not, is left as it was written.
"""

from collections.abc import Sequence

from contacts.models import OrientationRule
from spo_portal.kernel import outbox
from territories.models import Site
from territories.services.shared_places import KIND

WEIGHT = 10
REASON = "Lieu mutualisé du bassin : premier accueil ouvert à tous."


def suggest_shared_places(events: Sequence[outbox.Event]) -> None:
    """Give the region of each opened place its rule. System scope (worker); run twice, writes one."""
    for event in events:
        site = Site.objects.for_system().filter(pk=event.payload.get("site"), reseau=None).first()
        # A place of a network is suggested by the rules of its network.
        if site is None or OrientationRule.objects.for_system().filter(
            region_id=site.region_id, partner_kind=KIND
        ):
            continue
        OrientationRule(region_id=site.region_id, partner_kind=KIND, weight=WEIGHT, reason=REASON).save()
