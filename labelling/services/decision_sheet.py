"""All that a Region officer needs on one page to decide of one file.

Source: what committees ask of their tools (amount asked, notes, avis, coverage, agree or disagree with a
note). Notes follow ``services.notes``: nothing before one's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labelling.enums_ami import (
    ApplicationState,
    BudgetNature,
    BudgetSide,
    ContributionState,
    CriterionAnswer,
    Opinion,
)
from labelling.models import (
    AmiApplication,
    AmiBudgetLine,
    AmiComplement,
    AmiContribution,
    AmiCriterionAnswer,
    AmiDecision,
    AmiEligibility,
    AmiOpinionNote,
    AmiProposal,
    AmiSession,
    AmiSessionItem,
    Avis,
)
from labelling.services.coverage import Coverage, coverage_of, effect_words
from labelling.services.decisions import decision_of
from labelling.services.envelope import Ceiling, Envelope, ceiling_of, envelope_of
from labelling.services.notes import Notes, notes_with_grid, recused
from spo_portal.kernel.typography import counted, euros, join
from territories.access import Actor

CONFIRMED = (ContributionState.CONFIRMEE, ContributionState.MODIFIEE)
SHADES = 5


@dataclass(frozen=True)
class AvisRead:
    """The avis with the session it comes from."""

    avis: Avis
    session: AmiSession
    item: AmiSessionItem

    @property
    def words(self) -> str:
        return Opinion(self.avis.opinion).label

    @property
    def present(self) -> str:
        """« 12 présents, dont 2 récusés »"""
        said = counted(self.avis.present, "présent")
        return f"{said}, dont {counted(self.avis.recused, 'récusé')}" if self.avis.recused else said

    @property
    def quorum(self) -> str:
        reached = self.avis.present - self.avis.recused >= self.session.quorum
        return f"Quorum {'atteint' if reached else 'non atteint'} ({self.session.quorum})"

    @property
    def vote(self) -> str:
        item = self.item
        if item.votes_for is None:
            return ""
        stayed = counted(item.abstentions or 0, "abstention")
        return f"{item.votes_for} pour, {item.votes_against or 0} contre, {stayed}"


@dataclass(frozen=True)
class Part:
    """One share of the financing: words, centimes, where its bar starts and how long it is (out of 1000)."""

    words: str
    amount: int
    x: int
    width: int
    shade: int


@dataclass(frozen=True)
class Sheet:
    """The decision sheet as one officer reads it."""

    application: AmiApplication
    envelope: Envelope
    ceiling: Ceiling
    proposal: AmiProposal | None
    notes: Notes
    avis: AvisRead | None
    decision: AmiDecision | None
    earlier: Sequence[AmiDecision]
    contributions: Sequence[AmiContribution]
    reserves: Sequence[AmiCriterionAnswer]
    unmet: Sequence[AmiEligibility]
    answered: int
    complements: Sequence[AmiComplement]
    opinions: Sequence[AmiOpinionNote]
    coverage: Coverage
    effect: str
    rivals: Sequence[AmiApplication]
    parts: Sequence[Part]
    recused: bool

    @property
    def amount(self) -> int:
        """The amount the sheet speaks of: decided, else proposed, else asked."""
        if self.decision is not None and self.decision.amount:
            return self.decision.amount
        return self.proposal.amount if self.proposal else self.application.region_asked

    @property
    def share(self) -> float | None:
        """That amount in percent of the forecast charges."""
        charges = self.application.charges
        return 100 * self.amount / charges if charges else None

    @property
    def after(self) -> int:
        """What the envelope has left once that amount is given."""
        return self.envelope.left - (self.amount if self.decision is None else 0)

    @property
    def decidable(self) -> bool:
        return self.application.state == ApplicationState.AVIS_RENDU and not self.recused

    @property
    def withdrawable(self) -> bool:
        return self.application.state == ApplicationState.DECIDEE and not self.recused

    @property
    def confirmed(self) -> int:
        return sum(one.state in CONFIRMED for one in self.contributions)

    @property
    def agreeing(self) -> int:
        return sum(one.agrees for one in self.opinions)

    @property
    def disagreeing(self) -> int:
        return len(self.opinions) - self.agreeing

    @property
    def facts(self) -> list[str]:
        """What to know before deciding, in plain sentences."""
        said = []
        total = len(self.contributions)
        if not total:
            said.append("Aucune contribution de partenaire n’est inscrite.")
        else:
            line = (
                f"{self.confirmed} contribution{'s' if self.confirmed > 1 else ''} de partenaires sur {total}"
            )
            line += " confirmées" if self.confirmed > 1 else " confirmée"
            waiting = [c.partner_name for c in self.contributions if c.state == ContributionState.INVITEE]
            declined = [c.partner_name for c in self.contributions if c.state == ContributionState.DECLINEE]
            if waiting:
                line += f" ; réponse attendue : {join(waiting)}"
            if declined:
                line += f" ; déclinée : {join(declined)}"
            said.append(f"{line}.")
        asked, most = self.application.region_asked, self.ceiling.share
        if asked > most:
            said.append(f"La demande dépasse 80 % des charges de {euros(asked - most)}.")
        if self.proposal and self.proposal.amount and self.proposal.amount < asked:
            less = euros(asked - self.proposal.amount)
            note = self.proposal.note.rstrip(".")
            said.append(f"{less} de moins que la demande{f' : {note}' if note else ''}.")
        return said


def sheet_of(*, by: Actor, application: AmiApplication) -> Sheet:
    """Read the sheet. The query count does not grow with notes, partners or files."""
    mine = {"application": application}
    decision = decision_of(by, application)
    envelope = envelope_of(by, application.call)
    without = envelope_of(by, application.call, without=application.pk) if decision else envelope
    proposal = AmiProposal.objects.visible_to(by).filter(**mine).first()
    answers = list(AmiCriterionAnswer.objects.visible_to(by).filter(**mine).select_related("criterion"))
    unmet = AmiEligibility.objects.visible_to(by).filter(**mine, met=False).select_related("criterion")
    outcome = decision.outcome if decision else ""
    coverage = coverage_of(by, application.call, chosen=set() if outcome else {application.territory_id})
    amount = (decision.amount if decision and decision.amount else None) or (
        proposal.amount if proposal else application.region_asked
    )
    return Sheet(
        application=application,
        envelope=envelope,
        ceiling=ceiling_of(application, without),
        proposal=proposal,
        notes=notes_with_grid(by, application),
        avis=avis_of(by, application),
        decision=decision,
        earlier=list(
            AmiDecision.objects.visible_to(by)
            .filter(**mine, superseded_at__isnull=False)
            .order_by("decided_at")
        ),
        contributions=list(AmiContribution.objects.visible_to(by).filter(**mine)),
        reserves=[one for one in answers if one.answer != CriterionAnswer.OUI],
        unmet=list(unmet),
        answered=len(answers),
        complements=list(AmiComplement.objects.visible_to(by).filter(**mine)),
        opinions=list(AmiOpinionNote.objects.visible_to(by).filter(**mine)),
        coverage=coverage,
        effect=effect_words(coverage, application.territory_id, decided=outcome),
        rivals=list(
            AmiApplication.objects.visible_to(by)
            .filter(call=application.call_id, territory=application.territory_id)
            .exclude(pk=application.pk)
            .exclude(state__in=[ApplicationState.BROUILLON, ApplicationState.RETIREE])
            .select_related("organisation")
        ),
        parts=financing(by, application, amount),
        recused=recused(by, application),
    )


def avis_of(by: Actor, application: AmiApplication) -> AvisRead | None:
    """The avis of the commission, its session and its vote, as far as the reader may know them."""
    avis = (
        Avis.objects.visible_to(by)
        .filter(application=application)
        .select_related("item__session__commission")
        .defer("item__session__minutes_pdf")
        .first()
    )
    return AvisRead(avis, avis.item.session, avis.item) if avis else None


def financing(by: Actor, application: AmiApplication, amount: int) -> list[Part]:
    """Who pays, the Region at the amount on the sheet; what it gives less is « à trouver »."""
    rows = AmiBudgetLine.objects.visible_to(by).filter(application=application, side=BudgetSide.PRODUIT)
    sums: dict[str, int] = {}
    for nature, value in rows.values_list("nature", "amount"):
        sums[nature] = sums.get(nature, 0) + value
    sums[BudgetNature.REGION] = amount
    shares = [(BudgetNature(key).label, sums[key]) for key in BudgetNature.values if sums.get(key)]
    if application.region_asked > amount:
        shares.append(("À trouver ailleurs", application.region_asked - amount))
    total = sum(value for _, value in shares) or 1
    found, x = [], 0
    for place, (words, value) in enumerate(shares):
        width = round(1000 * value / total)
        found.append(Part(words, value, x, width, min(place + 1, SHADES)))
        x += width
    return found
