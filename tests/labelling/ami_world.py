"""Calls for interest to test with: a call that is out, its commissions, porteurs, files written or not.

Rows that a service would write one by one are written straight (system scope); a file is opened and submitted
through the services, by its porteur.
"""

import datetime
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from labelling.enums_ami import BudgetNature, BudgetSide, CallState, ContributionState, SectionKey
from labelling.models import (
    AmiApplication,
    AmiAttachment,
    AmiBudgetLine,
    AmiCall,
    AmiCallCommission,
    AmiContribution,
    AmiCriterion,
    AmiCriterionAnswer,
    AmiGridCriterion,
    AmiPlace,
    AmiProgressLine,
    AmiSection,
)
from labelling.services.opening import open_application
from labelling.services.submission import submit
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories.access import Actor
from territories.enums import Role
from territories.models import Commission, Commune, Membership, Organisation, Region, Site, Territory, User
from territories.scopes import open_for
from tests.factories import acting_as_role, make_membership, make_user, system

_numbers = itertools.count(1)
CODES = (
    "LIEU_PHYSIQUE", "PROJET_COMMUN", "ACCES_SIMPLIFIE", "COMPLEMENTARITE", "ACCESSIBLE", "SIGNALETIQUE",
    "PREMIER_ACCUEIL", "CONFIDENTIALITE", "DOCUMENTATION", "INTERNET", "PARTENARIAT", "CONTRIBUTIONS",
    "PROGRES", "PORTEUR", "BUDGET_SPECIFIQUE", "PLAFOND_80", "PUBLICITE",
)  # fmt: skip
GRID = (
    ("Réponse aux besoins du bassin", 30),
    ("Qualité du partenariat", 30),
    ("Moyens du lieu", 25),
    ("Budget", 15),
)
LEVELS = ["Absent", "Très insuffisant", "Insuffisant", "Correct", "Bon", "Très bon"]
WEEK = [[day, 540, 1020, day != 4] for day in range(5)]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass
class Porteur:
    """An organisation that answers the call, with the account that acts for it."""

    organisation: Organisation
    user: User
    membership: Membership

    @contextmanager
    def acting(self) -> Iterator[Actor]:
        """As the porteur, scope included; the scope found comes back after."""
        with acting(self.user, self.membership) as actor:
            yield actor


@contextmanager
def acting(user: User, membership: Membership) -> Iterator[Actor]:
    """As an account in one of its roles, inside a transaction; the scope found comes back after."""
    with transaction.atomic(), scoped(NOBODY):
        yield open_for(user, membership.pk)


def make_commission(region: Region, *territories: Territory, name: str = "") -> Commission:
    """A commission and its bassins."""
    n = next(_numbers)
    with system():
        made = Commission.objects.create(region=region, code=f"K{n}", name=name or f"Commission {n}")
        for territory in territories:
            territory.commission = made
            territory.save(update_fields=["commission"])
    return made


def make_call(
    region: Region,
    *,
    open: bool = True,
    closes_in: datetime.timedelta = datetime.timedelta(days=30),
    envelope: int = 120_000_000,
    scorers_wanted: int = 3,
    title: str = "",
) -> AmiCall:
    """A call on every bassin of the region, 17 criteria and a grid; bassins without one get a commission."""
    n = next(_numbers)
    now = timezone.now()
    with system():
        bassins = list(Territory.objects.for_system().filter(region=region).order_by("order", "pk"))
        alone = [bassin for bassin in bassins if bassin.commission_id is None]
        for start in range(0, len(alone), 3):
            make_commission(region, *alone[start : start + 3])
        call = AmiCall.objects.create(
            region=region,
            slug=f"appel-{n}",
            title=title or f"Appel à manifestation d’intérêt {n}",
            summary="Un lieu mutualisé au moins par bassin.",
            sections=[{"titre": "Constats et enjeux", "texte": "Un lieu par bassin."}],
            opens_at=now - datetime.timedelta(days=30),
            closes_at=now + closes_in,
            questions_until=now + closes_in - datetime.timedelta(days=1),
            envelope=envelope,
            scorers_wanted=scorers_wanted,
            created_by_label="Région",
        )
        commissions = Commission.objects.for_system().filter(region=region)
        AmiCallCommission.objects.bulk_create(
            AmiCallCommission(call=call, commission=one, region=region) for one in commissions
        )
        AmiCriterion.objects.bulk_create(
            AmiCriterion(
                call=call,
                code=code,
                section=2 if place < 13 else 5,
                text=f"{code.replace('_', ' ').capitalize()} : ce que l’appel demande.",
                position=place,
                evidence_wanted=code == "CONFIDENTIALITE",
            )
            for place, code in enumerate(CODES)
        )
        AmiGridCriterion.objects.bulk_create(
            AmiGridCriterion(call=call, label=label, weight=weight, levels=LEVELS, position=place)
            for place, (label, weight) in enumerate(GRID)
        )
        if open:
            call.state, call.opened_at, call.opened_by_label = CallState.OUVERT, now, "Région"
            call.save()
    return call


def close_call(call: AmiCall, ago: datetime.timedelta = datetime.timedelta(seconds=1)) -> None:
    """Bring the deadline back, as no screen can: ``ago`` before now, by the database's clock."""
    with transaction.atomic(), acting_as_role("spo_owner"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT set_config('app.system', '1', true)")
        cursor.execute("ALTER TABLE labelling_amicall DISABLE TRIGGER call_moves")
        cursor.execute(
            "UPDATE labelling_amicall SET closes_at = date_trunc('second', clock_timestamp()) - %s,"
            " opens_at = opens_at - interval '1 year' WHERE id = %s",
            [ago, call.pk],
        )
        cursor.execute("ALTER TABLE labelling_amicall ENABLE TRIGGER call_moves")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT set_config('app.system', '', true)")
    with system():
        call.refresh_from_db()


def make_porteur(region: Region, name: str = "") -> Porteur:
    """An organisation and its account."""
    n = next(_numbers)
    with system():
        organisation = Organisation.objects.create(region=region, name=name or f"Structure porteuse {n}")
        user = make_user(f"Porteur {n}")
        membership = make_membership(user, Role.PORTEUR, organisation=organisation, region=region)
    return Porteur(organisation, user, membership)


def make_member(commission: Commission) -> tuple[User, Membership]:
    """A member of a commission."""
    with system():
        user = make_user(f"Membre {next(_numbers)}")
        region = Region.objects.get(pk=commission.region_id)
        return user, make_membership(user, Role.MEMBRE_COMMISSION, commission=commission, region=region)


def make_application(
    call: AmiCall, territory: Territory, porteur: Porteur | None = None, **fields: object
) -> AmiApplication:
    """A draft opened by its porteur; ``fields`` are then set on it."""
    who = porteur or make_porteur(call.region)
    with who.acting() as actor:
        made = open_application(by=actor, call=call, territory=territory)
    if fields:
        with system():
            AmiApplication.objects.filter(pk=made.pk).update(**fields)
            made.refresh_from_db()
    return made


def fill(
    application: AmiApplication, *, asked: int = 6_040_000, charges: int = 7_600_000, site: Site | None = None
) -> None:
    """Everything a draft needs to be submitted: texts, place, criteria, progress, one partner, budget."""
    with system():
        AmiApplication.objects.filter(pk=application.pk).update(
            contact_name="Direction", contact_email="direction@structure.example", contact_phone="0549000000"
        )
        AmiSection.objects.bulk_create(
            AmiSection(
                application=application,
                key=key,
                text=f"{key.label} : notre projet.",
                saved_by_label="Porteur",
            )
            for key in SectionKey
        )
        _place(application, site)
        piece = AmiAttachment.objects.create(
            application=application,
            title="Plan de l’espace",
            name="plan.pdf",
            format="pdf",
            content=PDF,
            size=len(PDF),
            sha256=hashlib.sha256(PDF).hexdigest(),
            uploaded_by_label="Porteur",
        )
        AmiCriterionAnswer.objects.bulk_create(
            AmiCriterionAnswer(
                application=application,
                call_id=application.call_id,
                criterion=criterion,
                answer="oui",
                evidence="Décrit dans le dossier.",
                attachment=piece if criterion.evidence_wanted else None,
                saved_by_label="Porteur",
            )
            for criterion in AmiCriterion.objects.for_system().filter(call_id=application.call_id)
        )
        AmiProgressLine.objects.create(
            application=application,
            position=1,
            initial="Aucun accueil commun",
            target="Un accueil quatre jours par semaine",
            means="Une personne à temps plein",
            due_on=timezone.localdate() + datetime.timedelta(days=365),
        )
        now = timezone.now()
        AmiContribution.objects.create(
            application=application,
            region_id=application.region_id,
            partner_name="Mission locale du bassin",
            email="mission@partenaire.example",
            text="Une permanence par semaine.",
            state=ContributionState.CONFIRMEE,
            invited_at=now,
            answered_at=now,
            answered_as="Direction",
        )
        budget(application, asked=asked, charges=charges)
        application.refresh_from_db()


def _place(application: AmiApplication, site: Site | None) -> None:
    commune = Commune.objects.for_system().filter(territory_id=application.territory_id).first()
    if commune is None:
        n = next(_numbers)
        commune = Commune.objects.create(
            code_insee=f"9{n:04d}",
            region_id=application.region_id,
            territory_id=application.territory_id,
            name=f"Commune {n}",
            search_name=f"commune {n}",
            postcodes=["79000"],
        )
    AmiPlace.objects.create(
        application=application,
        site=site,
        name="" if site else "Maison de l’orientation",
        address="" if site else "3 place du Marché",
        postcode="" if site else "79000",
        commune=None if site else commune,
        phone="" if site else "0549000001",
        email="" if site else "accueil@lieu.example",
        accessibility="" if site else "Plain-pied",
        slots=WEEK,
        saved_by_label="Porteur",
    )


def budget(application: AmiApplication, *, asked: int, charges: int) -> None:
    """A balanced budget, in centimes: staff and rent on one side, the Region and the rest on the other."""
    staff = charges * 2 // 3
    lines = (
        (BudgetSide.CHARGE, BudgetNature.PERSONNEL, "Accueil", staff),
        (BudgetSide.CHARGE, BudgetNature.SERVICES_EXTERIEURS, "Loyer du local", charges - staff),
        (BudgetSide.PRODUIT, BudgetNature.REGION, "Région", asked),
        (BudgetSide.PRODUIT, BudgetNature.AUTOFINANCEMENT, "Autofinancement", charges - asked),
    )
    with system():
        for place, (side, nature, label, amount) in enumerate(lines, 1):
            AmiBudgetLine.objects.create(
                application=application, side=side, nature=nature, label=label, amount=amount, position=place
            )


def ready_application(
    call: AmiCall,
    territory: Territory,
    porteur: Porteur | None = None,
    *,
    submitted: bool = True,
    asked: int = 6_040_000,
    charges: int = 7_600_000,
    site: Site | None = None,
) -> AmiApplication:
    """A complete file, submitted by its porteur through the service unless ``submitted`` is false."""
    who = porteur or make_porteur(call.region)
    made = make_application(call, territory, who)
    fill(made, asked=asked, charges=charges, site=site)
    if submitted:
        with who.acting() as actor:
            made = submit(by=actor, application=made)
    return made
