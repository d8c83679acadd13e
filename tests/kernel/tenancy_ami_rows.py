"""One row at least in every table of the calls for interest, in one region: written straight (system scope).

The call stays a draft, so that nothing of it is public: what a draft hides, its children hide too.
"""

import datetime
import hashlib
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from labelling.models import (
    AmiApplication,
    AmiAssignment,
    AmiAttachment,
    AmiBudgetLine,
    AmiCall,
    AmiCallCommission,
    AmiCallVersion,
    AmiComplement,
    AmiContribution,
    AmiConvention,
    AmiCowriter,
    AmiCriterion,
    AmiCriterionAnswer,
    AmiDecision,
    AmiEligibility,
    AmiErratum,
    AmiFollowUp,
    AmiGridCriterion,
    AmiInstalment,
    AmiLetter,
    AmiOpinionNote,
    AmiPlace,
    AmiProgressLine,
    AmiProgressReport,
    AmiProposal,
    AmiPublicityProof,
    AmiQuestion,
    AmiRegistration,
    AmiReminder,
    AmiScenario,
    AmiScenarioLine,
    AmiScore,
    AmiScoreSheet,
    AmiSection,
    AmiSession,
    AmiSessionItem,
    AmiSessionMember,
    AmiSessionRecusal,
    AmiSpending,
    AmiStep,
    Avis,
)
from territories.models import Commission, Site, User
from tests.factories import acting_as_role

DAY = datetime.date(2026, 3, 1)
LEVELS = ["Absent", "Très insuffisant", "Insuffisant", "Correct", "Bon", "Très bon"]


@dataclass(frozen=True)
class AmiRows:
    """The rows other tests start from."""

    call: AmiCall
    application: AmiApplication
    session: AmiSession


def make_ami_rows(site: Site, commission: Commission, people: tuple[User, User]) -> AmiRows:
    """A draft call with an application in each table; ``people``: a scorer and a member of the commission."""
    scorer, member = people
    call = _call(site, commission)
    application = AmiApplication.objects.create(
        region_id=site.region_id, call=call, territory_id=site.territory_id, commission=commission,
        organisation_id=site.organisation_id, title=f"Lieu de {site.pk}", state="instruite",
        number=f"AMI-{site.pk}", submitted_at=timezone.now(), submitted_by_label="Porteur",
        created_by_label="Porteur", site=site,
    )  # fmt: skip
    _parts(application, call, site)
    _instruction(application, call, scorer)
    session = _session(application, call, member)
    _decision(application, call, scorer)
    _after(application)
    # A file without parts: where a child may be moved without meeting its twin.
    AmiApplication.objects.create(
        region_id=site.region_id,
        call=call,
        territory_id=site.territory_id,
        commission=commission,
        organisation_id=site.organisation_id,
        title="Retiré",
        state="retiree",
        created_by_label="Porteur",
    )
    return AmiRows(call, application, session)


def _call(site: Site, commission: Commission) -> AmiCall:
    earlier = AmiCall.objects.create(
        region_id=site.region_id, slug=f"ancien-{site.pk}", title="Ancien", created_by_label="Région"
    )
    call = AmiCall.objects.create(
        region_id=site.region_id, slug=f"appel-{site.pk}", copied_from=earlier, title=f"Appel {site.pk}",
        envelope=10_000_000, created_by_label="Région",
        opens_at=timezone.now(), closes_at=timezone.now() + datetime.timedelta(30),
    )  # fmt: skip
    AmiCallCommission.objects.create(call=call, commission=commission, region_id=site.region_id)
    AmiCallVersion.objects.create(call=call, number=1, content={}, saved_by_label="Région")
    AmiCriterion.objects.create(call=call, code="LIEU", section=2, text="Un lieu physique.", position=1)
    AmiGridCriterion.objects.create(call=call, label="Besoins", weight=100, levels=LEVELS, position=1)
    AmiErratum.objects.create(call=call, text="Lire 2026.", added_by_label="Région")
    AmiQuestion.objects.create(call=call, region_id=site.region_id, text="Quand ?", asked_by_id=0)
    AmiReminder.objects.create(
        region_id=site.region_id, about=f"appel {site.pk}", days=7, due_on=DAY, user_id=0
    )
    AmiRegistration.objects.create(
        call=call, region_id=site.region_id, organisation_id=site.organisation_id,
        organisation_name="Organisation", email="demande@exemple.example", display_name="Direction",
    )  # fmt: skip
    # A deadline is put off once the call is out: here its rule looks away, the row alone is wanted.
    with acting_as_role("spo_owner"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE labelling_amiextension DISABLE TRIGGER extension_in_time")
        cursor.execute(
            "INSERT INTO labelling_amiextension (call_id, before, after, reason, added_by_label)"
            " VALUES (%s, now(), now() + interval '1 day', 'Affluence', 'Région')",
            [call.pk],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE labelling_amiextension ENABLE TRIGGER extension_in_time")
    return call


def _file(application: AmiApplication, title: str) -> dict[str, object]:
    content = f"%PDF-1.4 {application.pk} {title}".encode()
    return {
        "application": application, "title": title, "name": "piece.pdf", "format": "pdf", "content": content,
        "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "uploaded_by_label": "Porteur",
    }  # fmt: skip


def _parts(application: AmiApplication, call: AmiCall, site: Site) -> None:
    # An instructed file is closed: its parts are written as they were before.
    with _open_part(application):
        AmiSection.objects.create(application=application, key="services", text="…", saved_by_label="Porteur")
        AmiPlace.objects.create(
            application=application, site=site, commune=site.commune, saved_by_label="Porteur"
        )
        attachment = AmiAttachment.objects.create(**_file(application, "Règlement"))
        AmiCriterionAnswer.objects.create(
            application=application, call=call, criterion=call.criteria.get(), answer="oui",
            attachment=attachment, saved_by_label="Porteur",
        )  # fmt: skip
        AmiProgressLine.objects.create(application=application, position=1, initial="Rien", target="Un lieu")
        for side, nature in (("charge", "personnel"), ("produit", "region"), ("produit", "communes")):
            amount = {"personnel": 100_000, "region": 80_000, "communes": 20_000}[nature]
            AmiBudgetLine.objects.create(
                application=application, side=side, nature=nature, amount=amount, position=1
            )
        AmiContribution.objects.create(
            application=application, region_id=site.region_id, organisation_id=site.organisation_id,
            partner_name="Partenaire", email="partenaire@exemple.example", text="Une permanence.",
        )  # fmt: skip
    AmiCowriter.objects.create(
        application=application, region_id=site.region_id, email=f"nomme{site.pk}@exemple.example",
        label="Corédacteur", right="lire", until=timezone.now() + datetime.timedelta(30), named_by_id=0,
        membership_id=0,
    )  # fmt: skip


class _open_part:
    """A request for complements that opens every part for the block, and stays as a row."""

    def __init__(self, application: AmiApplication) -> None:
        self.row = AmiComplement(
            application=application, text="Complétez.", asked_by_label="Région",
            deadline=timezone.now() + datetime.timedelta(5),
            parts=[
                "services", "conditions", "contributions", "partenariats", "progres", "gestion",
                "fonctionnement", "criteres", "pieces",
            ],
        )  # fmt: skip

    def __enter__(self) -> None:
        self.row.save()

    def __exit__(self, *_: object) -> None:
        self.row.closed_at = timezone.now()
        self.row.save()


def _instruction(application: AmiApplication, call: AmiCall, scorer: User) -> None:
    AmiEligibility.objects.create(
        application=application, call=call, criterion=call.criteria.get(), met=True, noted_by_label="Région"
    )
    work = AmiAssignment.objects.create(
        region_id=application.region_id, application=application, scorer=scorer, scorer_label="Noteur",
        state="attendue", assigned_by_label="Région",
    )  # fmt: skip
    sheet = AmiScoreSheet.objects.create(
        region_id=application.region_id, application=application, assignment=work, scorer=scorer
    )
    AmiScore.objects.create(sheet=sheet, grid=call.grid.get(), value=4)


def _session(application: AmiApplication, call: AmiCall, member: User) -> AmiSession:
    session = AmiSession.objects.create(
        region_id=application.region_id, commission_id=application.commission_id, call=call,
        starts_at=timezone.now(), place="Salle du conseil", state="convoquee", created_by_label="Région",
    )  # fmt: skip
    sits = AmiSessionMember.objects.create(session=session, user=member, label="Membre")
    item = AmiSessionItem.objects.create(
        session=session, application=application, commission_id=application.commission_id, position=1,
        votes_for=1, votes_against=0, abstentions=0,
    )  # fmt: skip
    AmiSessionRecusal.objects.create(
        session=session, item=item, member=sits, reason="Partenaire du projet", noted_by_label="Région"
    )
    Avis.objects.create(
        application=application, item=item, opinion="favorable", text="Utile.", present=2, recused=1,
        given_by_label="Région",
    )  # fmt: skip
    return session


def _decision(application: AmiApplication, call: AmiCall, author: User) -> None:
    region_id = application.region_id
    AmiStep.objects.create(
        application=application, key="rendre_avis", from_state="instruite", to_state="avis_rendu",
        by_label="Région", at=timezone.now(),
    )  # fmt: skip
    AmiProposal.objects.create(
        region_id=region_id, application=application, amount=80_000, set_by_label="Région"
    )
    AmiOpinionNote.objects.create(
        region_id=region_id, application=application, author=author, author_label="Région", agrees=True
    )
    application.state = "avis_rendu"
    application.save(update_fields=["state"])
    scenario = AmiScenario.objects.create(
        region_id=region_id, call=call, name="Premier", created_by_label="Région"
    )
    AmiScenarioLine.objects.create(
        region_id=region_id, scenario=scenario, call=call, application=application, amount=80_000
    )
    decision = AmiDecision.objects.create(
        application=application, call=call, avis=application.avis, outcome="retenue", amount=80_000,
        reasons="Le projet répond.", decided_by_label="Région",
    )  # fmt: skip
    letter = f"%PDF-1.7 lettre {application.pk}".encode()
    AmiLetter.objects.create(
        application=application, decision=decision, kind="retenue", pdf=letter, pages=1,
        sha256=hashlib.sha256(letter).hexdigest(), made_by_label="Région",
    )  # fmt: skip


def _after(application: AmiApplication) -> None:
    convention = AmiConvention.objects.create(
        application=application, number=f"C-{application.pk}", amount=80_000, starts_on=DAY,
        ends_on=DAY + datetime.timedelta(365), made_by_label="Région",
    )  # fmt: skip
    AmiInstalment.objects.create(
        application=application, convention=convention, label="Solde", amount=80_000, due_on=DAY
    )
    report = AmiFollowUp.objects.create(application=application, year=2027, due_on=DAY)
    AmiSpending.objects.create(
        application=application, follow_up=report, line=application.budget.first(), actual=100
    )
    AmiProgressReport.objects.create(
        application=application, follow_up=report, line=application.progress.get(), reached=10
    )
    AmiPublicityProof.objects.create(**_file(application, "Plaque"), funder="les_deux")
