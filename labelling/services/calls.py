"""Writing a call: a draft saved part by part, each save a version, and two officers never lose a word.

Each screen tells the version it was drawn from. When someone else has saved the same part since,
``CallConflict`` hands over what is kept, so that both are shown; another part changed is no conflict.
"""

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone
from django.utils.text import slugify

from labelling import call_texts, criteria
from labelling.enums_ami import CallState
from labelling.models import AmiCall, AmiCallCommission, AmiCallVersion, AmiCriterion, AmiGridCriterion
from labelling.models.call import AMOUNT_MAX
from labelling.permissions import Perm
from labelling.services import call_content as content
from labelling.services.call_content import Content, CriterionRow, Frame, GridRow
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from territories.access import Actor, require
from territories.models import Commission, Region, Territory

SCORERS_MAX = 9
FROZEN = "Cet appel est publié : son texte ne change plus. Ajoutez un rectificatif."
SLUG_TAKEN = "Un autre appel de la région a déjà cette adresse. Choisissez-en une autre."


class CallConflict(Conflict):
    """Someone else saved the same part in between. ``stored``: that part as it is kept now."""

    def __init__(self, version: AmiCallVersion, stored: Content) -> None:
        super().__init__("Cette page a été enregistrée entre-temps par une autre personne.")
        self.version = version
        self.stored = stored


def create_call(*, by: Actor, title: str, year: int | None = None) -> AmiCall:
    """Start a draft: text, criteria and grid proposed, everything to be edited."""
    require(by, Perm.WRITE_CALL)
    region = _region(by)
    name = content.one_line(title, at_most=200, field="titre")
    if len(name) < 5:
        raise Refused("Donnez un titre à l’appel.", "titre")
    words = words_of(by, region)
    with transaction.atomic():
        call = AmiCall(
            region=region,
            title=name,
            slug=free_slug(by, region, f"appel-{year or timezone.localdate().year}"),
            summary=call_texts.summary(words),
            sections=call_texts.sections(words),
            created_by_label=by.label or "Système",
            version=1,
        )
        call.save(force_insert=True)
        rows = [CriterionRow(c.section, c.text.format(service=words.service), c.evidence, c.code)
                for c in criteria.CRITERIA]  # fmt: skip
        content.write_criteria(call, rows, ())
        lines = [GridRow(line.label, line.weight, line.levels, line.help) for line in criteria.GRID]
        AmiGridCriterion.objects.bulk_create(content.clean_grid(call, lines))
        ids = Commission.objects.visible_to(by).filter(region=region).values_list("pk", flat=True)
        link_commissions(call, list(ids))
        keep_version(by, call)
        audit.record("labelling.call_created", by=by, object_type="amicall", object_id=call.pk)
    return call


def save_text(
    *,
    by: Actor,
    call: AmiCall,
    seen: int,
    title: str,
    slug: str,
    summary: str,
    sections: Sequence[tuple[str, str]],
    contact: str,
) -> AmiCall:
    """Save the text. ``seen``: version the screen was drawn from."""
    name = content.one_line(title, at_most=200, field="titre")
    if len(name) < 5:
        raise Refused("Donnez un titre à l’appel.", "titre")
    address = slug.strip().lower()
    if not address or address != slugify(address) or len(address) > 60:
        raise Refused("Écrivez l’adresse en minuscules sans accent, avec des tirets : appel-2026.", "slug")
    text = content.one_line(summary, at_most=600, field="resume")
    kept = content.clean_sections(sections)
    reach = content.one_line(contact, at_most=200, field="contact")

    def write(locked: AmiCall) -> None:
        taken = AmiCall.objects.visible_to(by).filter(region=locked.region_id, slug=address)
        if taken.exclude(pk=locked.pk).exists():
            raise Refused(SLUG_TAKEN, "slug")
        locked.title, locked.slug, locked.summary = name, address, text
        locked.sections, locked.contact = kept, reach

    return _save(by, call, seen, "texte", write)


def save_frame(*, by: Actor, call: AmiCall, seen: int, frame: Frame) -> AmiCall:
    """Save dates, envelope, notes wanted and commissions concerned."""
    if frame.opens_at and frame.closes_at and frame.closes_at <= frame.opens_at:
        raise Refused("La date limite vient après l’ouverture des dépôts.", "limite")
    if frame.questions_until and frame.closes_at and frame.questions_until > frame.closes_at:
        raise Refused("Les questions s’arrêtent au plus tard à la date limite de dépôt.", "questions")
    if not 0 <= frame.envelope <= AMOUNT_MAX:
        raise Refused("L’enveloppe va de 0 à 10 milliards d’euros.", "enveloppe")
    if not 1 <= frame.scorers_wanted <= SCORERS_MAX:
        raise Refused(f"Demandez de 1 à {SCORERS_MAX} notes par dossier.", "notes")
    known = Commission.objects.visible_to(by).filter(region=call.region_id, pk__in=frame.commissions)
    ids = list(known.values_list("pk", flat=True))
    if len(ids) != len(set(frame.commissions)):
        raise Refused("Une des commissions choisies n’est pas de la région.", "commissions")

    def write(locked: AmiCall) -> None:
        locked.opens_at, locked.closes_at = frame.opens_at, frame.closes_at
        locked.questions_until = frame.questions_until
        locked.envelope, locked.scorers_wanted = frame.envelope, frame.scorers_wanted
        AmiCallCommission.objects.visible_to(by).filter(call=locked).exclude(commission__in=ids).delete()
        here = AmiCallCommission.objects.visible_to(by).filter(call=locked)
        present = set(here.values_list("commission_id", flat=True))
        link_commissions(locked, [pk for pk in ids if pk not in present])

    return _save(by, call, seen, "cadre", write)


def save_criteria(*, by: Actor, call: AmiCall, seen: int, rows: Sequence[CriterionRow]) -> AmiCall:
    """Save the checklist, in the order given."""

    def write(locked: AmiCall) -> None:
        present = AmiCriterion.objects.visible_to(by).filter(call=locked)
        content.write_criteria(locked, rows, list(present))

    return _save(by, call, seen, "criteres", write)


def save_grid(*, by: Actor, call: AmiCall, seen: int, rows: Sequence[GridRow]) -> AmiCall:
    """Save the scoring grid, in the order given."""
    lines = content.clean_grid(call, rows)

    def write(locked: AmiCall) -> None:
        AmiGridCriterion.objects.visible_to(by).filter(call=locked).delete()
        AmiGridCriterion.objects.bulk_create(lines)

    return _save(by, call, seen, "grille", write)


def lock_call(by: Actor, call: AmiCall) -> AmiCall:
    """The call, held until the end of the transaction."""
    found = AmiCall.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=call.pk).first()
    if found is None:
        raise Conflict("Cet appel n’existe plus.")
    return found


def keep_version(by: Actor, call: AmiCall) -> AmiCallVersion:
    """Write the call down as it is now, under its number."""
    version = AmiCallVersion(
        call=call,
        number=call.version,
        content=content.content_of(by, call),
        saved_at=timezone.now(),
        saved_by_label=by.label or "Système",
    )
    version.save(force_insert=True)
    return version


def free_slug(by: Actor, region: Region, wanted: str) -> str:
    """``wanted``, or the first of its followers that no call of the region has."""
    base = slugify(wanted)[:50].strip("-") or "appel"
    calls = AmiCall.objects.visible_to(by).filter(region=region, slug__startswith=base)
    taken = set(calls.values_list("slug", flat=True))
    return next(s for s in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if s not in taken)


def link_commissions(call: AmiCall, ids: Sequence[int]) -> None:
    AmiCallCommission.objects.bulk_create(
        AmiCallCommission(call=call, commission_id=pk, region_id=call.region_id) for pk in ids
    )


def words_of(by: Actor, region: Region) -> call_texts.Words:
    territories = Territory.objects.visible_to(by).filter(region=region)
    commissions = Commission.objects.visible_to(by).filter(region=region)
    return call_texts.Words(
        service=region.service_name,
        body=region.body_name,
        bassin=region.territory_word,
        bassins=region.territory_word_plural,
        bassins_count=territories.count(),
        commissions_count=commissions.count(),
    )


def _region(by: Actor) -> Region:
    if by.region is None:
        raise Refused("Choisissez d’abord un rôle dans une région.")
    return by.region


def _save(by: Actor, call: AmiCall, seen: int, part: str, write: Callable[[AmiCall], None]) -> AmiCall:
    """One save of one part: locked, checked against ``seen``, kept as a version when something changed."""
    require(by, Perm.WRITE_CALL)
    try:
        with transaction.atomic():
            locked = lock_call(by, call)
            if locked.state != CallState.BROUILLON:
                raise Refused(FROZEN)
            before = content.content_of(by, locked)
            if locked.version != seen:
                _check_unchanged(by, locked, seen, part, before)
            write(locked)
            locked.save()
            locked.refresh_from_db()
            if content.content_of(by, locked) == before:
                return locked
            locked.version += 1
            locked.changed_at = timezone.now()
            locked.save(update_fields=["version", "changed_at"])
            keep_version(by, locked)
            audit.record(
                "labelling.call_saved",
                by=by,
                object_type="amicall",
                object_id=locked.pk,
                data={"partie": part, "version": locked.version},
            )
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if name == "amicall_region_slug":
            raise Refused(SLUG_TAKEN, "slug") from error
        raise
    return locked


def _check_unchanged(by: Actor, call: AmiCall, seen: int, part: str, now: Content) -> None:
    versions = AmiCallVersion.objects.visible_to(by).filter(call=call)
    found = versions.filter(number=seen).first()
    stored = content.part_of(now, part)
    if found is not None and content.part_of(found.content, part) == stored:
        return
    raise CallConflict(versions.order_by("-number")[0], stored)


__all__ = [
    "CallConflict",
    "Frame",
    "create_call",
    "keep_version",
    "lock_call",
    "save_criteria",
    "save_frame",
    "save_grid",
    "save_text",
]
