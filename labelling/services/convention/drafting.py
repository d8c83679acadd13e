"""The text a coordinator writes, saved as it is typed, and what it becomes once its marks are filled."""

import datetime
import hashlib

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling.convention_texts import BODIES, ENDS, MARKS, PLACES, STARTS
from labelling.models import Convention, ConventionParty
from labelling.models.convention import TEXT_MAX
from labelling.services.convention import acts
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.texts import Saved, must_write
from spo_portal.kernel.typography import number, plain_date
from territories.access import Actor
from territories.models import Site

TITLE_MAX = 200
WORDS = "Le texte de la convention"


def saved_of(convention: Convention) -> Saved:
    return Saved(
        convention.draft,
        convention.draft_version,
        convention.draft_saved_at,
        convention.draft_saved_by_label,
    )


def save_draft(*, by: Actor, convention: Convention, text: str, seen: int) -> Saved:
    """Save the working text. ``seen``: the number the writer started from.

    A text out for signature is left as it is: what is typed here is shown only when it is presented. Raises
    ``TextConflict`` with both texts, or ``Refused``.
    """
    cleaned = acts.cleaned(text, "texte", TEXT_MAX + 1, multiline=True)
    if len(cleaned) > TEXT_MAX:
        raise Refused(f"Gardez {number(TEXT_MAX)} caractères au plus.", "texte")
    with transaction.atomic():
        locked = acts.lock(by, convention)
        stored = saved_of(locked)
        if not must_write(stored, cleaned, seen, WORDS):
            return stored
        locked.draft, locked.draft_version = cleaned, stored.version + 1
        locked.draft_saved_at, locked.draft_saved_by_label = timezone.now(), by.label
        locked.save(update_fields=["draft", "draft_version", "draft_saved_at", "draft_saved_by_label"])
    return saved_of(locked)


def save_facts(
    *,
    by: Actor,
    convention: Convention,
    title: str,
    contact: str,
    starts_on: datetime.date,
    ends_on: datetime.date,
) -> Convention:
    """Title, contact and dates. The text shown for signature keeps the dates it was shown with."""
    said = acts.cleaned(title, "title", TITLE_MAX)
    if not said:
        raise Refused("Donnez un titre à la convention.", "title")
    if ends_on <= starts_on:
        raise Refused("Le dernier jour vient après le premier.", "ends_on")
    try:
        with transaction.atomic():
            locked = acts.lock(by, convention)
            locked.title, locked.contact = said, contact
            locked.starts_on, locked.ends_on = starts_on, ends_on
            locked.save(update_fields=["title", "contact", "starts_on", "ends_on"])
    except IntegrityError as error:
        raise acts.rule_broken(error) from error
    return locked


def fill(by: Actor, convention: Convention, parties: list[ConventionParty]) -> str:
    """The working text with its marks filled: what would be shown for signature now."""
    text = convention.draft
    values = {STARTS: _day(convention.starts_on), ENDS: _day(convention.ends_on)}
    if BODIES in text:
        values[BODIES] = _list([f"{party.name}" for party in parties])
    if PLACES in text:
        values[PLACES] = _list(_places(by, convention, parties))
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def marks_left(text: str) -> list[str]:
    """Words still between double brackets: typed wrong, or not ours."""
    return sorted({part.split("]]")[0] for part in text.split("[[")[1:] if "]]" in part})


def fingerprint(text: str) -> str:
    """SHA-256 of the exact text in UTF-8, in hexadecimal: what a signature is bound to."""
    return hashlib.sha256(text.encode()).hexdigest()


def marks() -> list[tuple[str, str]]:
    return list(MARKS.items())


def _places(by: Actor, convention: Convention, parties: list[ConventionParty]) -> list[str]:
    rows = Site.objects.visible_to(by).for_territory(convention.territory_id).open_to_public()
    rows = rows.filter(organisation__in=[party.organisation_id for party in parties])
    return [f"{site.name}, {site.address}, {site.postcode} {site.city}" for site in rows.order_by("name")]


def _list(lines: list[str]) -> str:
    if not lines:
        return ""
    return " ;\n".join(f"- {line}" for line in lines) + "."


def _day(day: datetime.date | None) -> str:
    return plain_date(day) if day else ""
