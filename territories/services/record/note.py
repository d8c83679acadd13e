"""The trace of an act on a record: a row of its history, and one of the audit."""

from collections.abc import Mapping

from spo_portal.kernel import audit
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import TextRefused, clean_text, personal_looking
from territories.access import Actor
from territories.enums import SiteChangeKind
from territories.models import Site, SiteChange

LABEL_MAX = 240
# What a text about a place must not hold: somebody. Its own address and number are public.
ABOUT_PEOPLE = {"name", "nir", "birth", "handle", "email"}
# A stop often bears a person's name.
ABOUT_PEOPLE_IN_PLACES = ABOUT_PEOPLE - {"name"}

Changes = Mapping[str, tuple[str, str]]


def note(
    *, by: Actor, site: Site, kind: SiteChangeKind, changes: Changes | None = None, reason: str = ""
) -> SiteChange:
    """Write what happened to the record: fields before and after, as shown, and the acting role.

    Runs in the transaction of the act. The audit keeps the names of the fields, never their content.
    """
    row = SiteChange(
        region_id=site.region_id,
        site=site,
        kind=kind,
        by_id=by.user_id,
        by_label=by.label[:LABEL_MAX],
        changes={name: list(values) for name, values in (changes or {}).items()},
        reason=reason,
    )
    row.save(force_insert=True)
    audit.record(
        f"territories.site_{kind.value}",
        by=by,
        object_type="site",
        object_id=site.pk,
        tenant_id=site.territory_id,
        unit_id=site.pk,
        data={"champs": sorted(changes or {})[:60]},
    )
    return row


def checked_text(
    text: str, *, field: str, limit: int, kinds: set[str] = ABOUT_PEOPLE, kept: str = "la fiche d’un lieu"
) -> str:
    """A text about a place, cleaned; ``Refused`` on its field when it holds what leads to a person."""
    try:
        cleaned = clean_text(text, max_length=limit)
    except TextRefused as refusal:
        raise Refused(str(refusal), field) from None
    for finding in personal_looking(cleaned, kept=kept):
        if finding.kind in kinds:
            raise Refused(finding.message, field)
    return cleaned
