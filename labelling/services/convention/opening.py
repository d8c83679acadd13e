"""Open a convention, or an avenant to the one in force; give one up (GUIDE p. 15; domain § 6)."""

import datetime

from django.db import transaction
from django.db.models import Max
from django.db.utils import IntegrityError
from django.utils import timezone

from labelling import convention_texts
from labelling.enums_convention import ConventionKind, ConventionState
from labelling.models import Convention, ConventionParty, ConventionSignatory
from labelling.permissions import Perm
from labelling.services.convention import acts, events
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import of
from territories.access import Actor, require
from territories.enums import Regime
from territories.models import Region, Territory

YEARS = 5
NOT_HERE = "Ce territoire ne signe pas de convention de labellisation : sa région relève d’un autre régime."


def concerns(region: Region | None) -> bool:
    """Only the regions of the State's label sign such conventions."""
    return region is not None and region.regime == Regime.SPO


def open_convention(*, by: Actor, territory: Territory) -> Convention:
    """A new convention of the coordinator's territory, with the region's articles to start from.

    Raises ``Refused`` when one is already being written or signed there, or outside the State's label.
    """
    require(by, Perm.WRITE_CONVENTION)
    region = territory.region
    if not concerns(region):
        raise Refused(NOT_HERE)
    rows = Convention.objects.visible_to(by).for_territory(territory)
    number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    title = convention_texts.TITLE.format(
        territory_word=region.territory_word, of_territory=of(territory.name)
    )
    convention = Convention(
        region=region,
        territory=territory,
        kind=ConventionKind.CONVENTION,
        number=number,
        title=title,
        contact=by.user.email if by.user else "",
        draft=article_text(region, territory, title),
        draft_version=1,
        draft_saved_at=timezone.now(),
        draft_saved_by_label=by.label,
        starts_on=timezone.localdate(),
        ends_on=_after_years(timezone.localdate(), YEARS),
        created_by_label=by.label or "Système",
    )
    return _save(by, convention, "ouverte", "Convention ouverte")


def article_text(region: Region, territory: Territory, title: str) -> str:
    """The articles in the region's words; marks stay for what is filled when the text is shown."""
    return convention_texts.ARTICLES.format(
        title=title,
        service_name=region.service_name,
        service_short=region.service_short,
        territory_word=region.territory_word,
        body_name=region.body_name,
        of_territory=of(territory.name),
    ).strip()


def open_amendment(*, by: Actor, convention: Convention) -> Convention:
    """An avenant to the convention in force: its text, its parties and who signs are copied.

    What is signed stays in force until the avenant is signed by all.
    """
    with transaction.atomic():
        source = acts.lock(by, convention, ConventionState.SIGNEE)
        made = Convention(
            region=source.region,
            territory=source.territory,
            kind=ConventionKind.AVENANT,
            number=source.number,
            rank=_next_rank(by, source),
            parent=source,
            title=source.title,
            contact=by.user.email if by.user else source.contact,
            draft=source.text,
            draft_version=1,
            draft_saved_at=timezone.now(),
            draft_saved_by_label=by.label,
            starts_on=source.starts_on,
            ends_on=source.ends_on,
            created_by_label=by.label or "Système",
        )
        _save(by, made, "avenant_ouvert", f"Avenant n°\u00a0{made.rank} ouvert")
        _copy_parties(by, source, made)
    return made


def _next_rank(by: Actor, source: Convention) -> int:
    rows = Convention.objects.visible_to(by).for_territory(source.territory_id)
    return int(rows.filter(number=source.number).aggregate(last=Max("rank"))["last"] or 0) + 1


def _copy_parties(by: Actor, source: Convention, made: Convention) -> None:
    rows = ConventionParty.objects.visible_to(by).filter(convention=source, removed_at=None)
    signatories = list(ConventionSignatory.objects.visible_to(by).filter(convention=source).in_force())
    for party in rows:
        mine = [one for one in signatories if one.party_id == party.pk]
        copy = ConventionParty(
            convention=made,
            territory_id=made.territory_id,
            region_id=made.region_id,
            organisation_id=party.organisation_id,
            name=party.name,
            order=party.order,
            need=party.need,
        )
        copy.save()
        ConventionSignatory.objects.bulk_create(
            ConventionSignatory(
                convention=made,
                party=copy,
                territory_id=made.territory_id,
                region_id=made.region_id,
                capacity=one.capacity,
                function=one.function,
                email=one.email,
            )
            for one in mine
        )


def abandon(*, by: Actor, convention: Convention, reason: str) -> Convention:
    """Give up a convention that is not signed: links die, those invited are told."""
    said = acts.check_reason(reason)
    with transaction.atomic():
        locked = acts.lock(by, convention)
        told = ConventionSignatory.objects.visible_to(by).filter(convention=locked).in_force()
        told = list(told.exclude(token_hash=None).values_list("pk", flat=True))
        locked.state, locked.closed_at, locked.closed_reason = (
            ConventionState.ABANDONNEE,
            timezone.now(),
            said,
        )
        locked.save(update_fields=["state", "closed_at", "closed_reason"])
        acts.leave(by, locked, "abandonnee", f"{locked.name} abandonnée", said)
        for key in told:
            events.notify(locked, "abandonnee", signatory=key)
    return locked


def _save(by: Actor, convention: Convention, key: str, words: str) -> Convention:
    try:
        with transaction.atomic():
            convention.save(force_insert=True)
            acts.leave(by, convention, key, words)
    except IntegrityError as error:
        raise acts.rule_broken(error) from error
    return convention


def _after_years(day: datetime.date, years: int) -> datetime.date:
    """The eve of the same day, ``years`` later."""
    try:
        same = day.replace(year=day.year + years)
    except ValueError:
        same = day.replace(year=day.year + years, month=3, day=1)
    return same - datetime.timedelta(days=1)
