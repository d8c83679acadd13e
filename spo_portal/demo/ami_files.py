"""Files of the demonstration: opened, proposed to partners, answered and submitted through the services.

What a porteur types for hours in a complete file (texts, tables, answers) is written at once, under its own
scope: the first start of the demonstration waits for it.
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from labelling.enums_ami import BudgetNature as N
from labelling.enums_ami import BudgetSide as Side
from labelling.models import (
    AmiApplication,
    AmiBudgetLine,
    AmiCall,
    AmiContribution,
    AmiCriterion,
    AmiCriterionAnswer,
    AmiProgressLine,
    AmiSection,
)
from labelling.services import attachments, identity, partners, place, sections
from labelling.services.opening import open_application
from labelling.services.partner_answers import answer
from labelling.services.partner_links import derive, scope_of
from labelling.services.submission import submit
from spo_portal.demo import ami_texts as texts
from spo_portal.kernel import pdf
from spo_portal.kernel.tenancy.scope import NOBODY, apply
from spo_portal.kernel.typography import of
from territories import hours
from territories.access import Actor
from territories.models import Membership, Site
from territories.scopes import open_for_membership

WEEK = hours.Week(
    (
        *(hours.Slot(day, 540, 720, True) for day in range(5)),
        *(hours.Slot(day, 810, 1050, day in (1, 3)) for day in range(5)),
        hours.Slot(5, 540, 720, True),
    )
)
PLAN = (
    "<!doctype html><html lang='fr'><head><title>Plan du lieu</title></head><body><h1>Plan du lieu</h1>"
    "<p>Accueil ouvert, espace documentaire, quatre postes, un bureau fermé pour les entretiens.</p>"
    "</body></html>"
)
_plan: list[bytes] = []


@contextmanager
def acting(mandate: Membership) -> Iterator[Actor]:
    """As the account of this mandate, in a transaction of its own."""
    with transaction.atomic():
        yield open_for_membership(mandate.pk, mandate.user_id)


@dataclass(frozen=True)
class Carrier:
    """An organisation that answers the call: its account and the place it proposes."""

    mandate: Membership
    site: Site


def plan() -> bytes:
    """The file that proves the confidential room; drawn once."""
    if not _plan:
        _plan.append(pdf.render(PLAN))
    return _plan[0]


def draft(call: AmiCall, who: Carrier, *, started: int = 7) -> AmiApplication:
    """A file opened on the bassin of the place; its first ``started`` texts written, nothing else."""
    bassin = who.site.territory
    with acting(who.mandate) as by:
        file = open_application(by=by, call=call, territory=bassin)
        for key, text in list(texts.SECTIONS.items())[:started]:
            words = text.format(place=bassin.name, of=of(bassin.name))
            sections.save_section(by=by, application=file, key=str(key), text=words, seen=0)
    return file


def complete(
    call: AmiCall, who: Carrier, *, asked: int, charges: int, answers: str = "confirmee"
) -> AmiApplication:
    """A file ready to be submitted; amounts in centimes. ``answers``: what the first partner says."""
    bassin = who.site.territory
    with acting(who.mandate) as by:
        file = open_application(by=by, call=call, territory=bassin)
        file = identity.save_identity(
            by=by,
            application=file,
            seen=identity.fingerprint(file),
            title=f"Maison de l’orientation {of(bassin.name)}",
            contact_name="Direction",
            contact_email=who.mandate.user.email,
            contact_phone="",
        )
        place.save_place(by=by, application=file, site=who.site, new=place.NewPlace(), week=WEEK, seen=0)
        _write(by, file, asked, charges)
        proposed = [_invite(by, file, rank) for rank in range(len(texts.PARTNERS))]
    _says(proposed[0], answers)
    return file


def _write(by: Actor, file: AmiApplication, asked: int, charges: int) -> None:
    """Texts, progress, budget and answers, one statement each."""
    name = file.territory.name
    AmiSection.objects.visible_to(by).bulk_create(
        AmiSection(
            application=file,
            key=str(key),
            text=text.format(place=name, of=of(name)),
            saved_by_id=by.user_id,
            saved_by_label=by.label,
        )
        for key, text in texts.SECTIONS.items()
    )
    today = timezone.localdate()
    AmiProgressLine.objects.visible_to(by).bulk_create(
        AmiProgressLine(
            application=file,
            position=rank,
            initial=initial,
            target=target,
            means=means,
            due_on=today + datetime.timedelta(days=365 * rank),
        )
        for rank, (initial, target, means) in enumerate(texts.PROGRESS, 1)
    )
    AmiBudgetLine.objects.visible_to(by).bulk_create(
        AmiBudgetLine(application=file, side=side, nature=nature, label=label, amount=amount, position=rank)
        for rank, (side, nature, label, amount) in enumerate(_lines(asked, charges), 1)
    )
    joined = attachments.add_file(
        by=by, application=file, title="Plan du lieu", name="plan.pdf", content=plan()
    )
    AmiCriterionAnswer.objects.visible_to(by).bulk_create(
        AmiCriterionAnswer(
            application=file,
            call_id=file.call_id,
            criterion=row,
            answer="en_partie" if row.code == "SIGNALETIQUE" else "oui",
            evidence="Voir le dossier, partie correspondante.",
            attachment=joined if row.evidence_wanted else None,
            saved_by_label=by.label,
        )
        for row in AmiCriterion.objects.visible_to(by).filter(call_id=file.call_id)
    )


def sent(file: AmiApplication, who: Carrier) -> AmiApplication:
    with acting(who.mandate) as by:
        return submit(by=by, application=file)


def _lines(asked: int, charges: int) -> list[tuple[Side, N, str, int]]:
    staff, rent = charges * 62 // 100, charges * 20 // 100
    fse = min(charges * 8 // 100, charges - asked)
    return [
        (Side.CHARGE, N.PERSONNEL, "Accueil et coordination, deux temps pleins", staff),
        (Side.CHARGE, N.SERVICES_EXTERIEURS, "Loyer, entretien et assurance", rent),
        (Side.CHARGE, N.AUTRES_SERVICES, "Communication, connexion, déplacements", charges - staff - rent),
        (Side.PRODUIT, N.REGION, "Région", asked),
        (Side.PRODUIT, N.FSE, "Fonds social européen", fse),
        (Side.PRODUIT, N.AUTOFINANCEMENT, "Autofinancement", charges - asked - fse),
        (Side.VALORISATION, N.LOCAUX, "Mobilier prêté par la commune", 350_000),
    ]


def _invite(by: Actor, file: AmiApplication, rank: int) -> AmiContribution:
    name, box, text = texts.PARTNERS[rank]
    row = partners.save_partner(
        by=by,
        application=file,
        partner_name=f"{name} {of(file.territory.name)}" if rank == 0 else name,
        email=f"{box}.{file.pk}@partenaire.example",
        text=text,
    )
    return partners.invite_partner(by=by, application=file, contribution=row)


def _says(row: AmiContribution, choice: str) -> None:
    """The partner answers on its link, which opens nothing else."""
    token = derive(row.pk, row.nonce)
    with transaction.atomic():
        apply(scope_of(token))
        answer(
            token=token,
            choice=choice,
            amended=texts.AMENDED if choice == "modifiee" else "",
            word="Sous réserve de nos effectifs." if choice == "declinee" else "",
            answered_as="direction",
        )
        apply(NOBODY)
