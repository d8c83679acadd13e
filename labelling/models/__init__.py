"""Tables of the app: the label of each place, and the calls for interest (AMI)."""

from labelling.models.accounts import AmiCowriter, AmiRegistration
from labelling.models.after import (
    AmiConvention,
    AmiFollowUp,
    AmiInstalment,
    AmiProgressReport,
    AmiPublicityProof,
    AmiSpending,
)
from labelling.models.application import (
    AmiApplication,
    AmiAttachment,
    AmiCriterionAnswer,
    AmiPlace,
    AmiProgressLine,
    AmiSection,
)
from labelling.models.budget import AmiBudgetLine
from labelling.models.call import (
    AmiCall,
    AmiCallCommission,
    AmiCallVersion,
    AmiCriterion,
    AmiErratum,
    AmiExtension,
    AmiGridCriterion,
    AmiQuestion,
)
from labelling.models.commission import (
    AmiSession,
    AmiSessionItem,
    AmiSessionMember,
    AmiSessionRecusal,
    Avis,
)
from labelling.models.convention import Convention, ConventionStep, ConventionText
from labelling.models.convention_parties import ConventionParty, ConventionSignatory, ConventionSignature
from labelling.models.coverage import CoverageChange, CoverageFigures
from labelling.models.decision import AmiDecision, AmiLetter, AmiScenario, AmiScenarioLine
from labelling.models.instruction import (
    AmiAssignment,
    AmiComplement,
    AmiEligibility,
    AmiScore,
    AmiScoreSheet,
)
from labelling.models.label_dossier import (
    LabelAttachment,
    LabelDossier,
    LabelPlace,
    LabelSection,
    LabelStep,
)
from labelling.models.label_partners import AssociatedPartner
from labelling.models.label_procedure import (
    LabelAvis,
    LabelCertificate,
    LabelComplement,
    LabelDecision,
    LabelWithdrawal,
    LabelWithdrawalStep,
)
from labelling.models.labels import LabelCount, Labellisation
from labelling.models.partners import AmiContribution
from labelling.models.proposal import AmiOpinionNote, AmiProposal
from labelling.models.share_check import LabelShareCheck
from labelling.models.trace import AmiCoverage, AmiReminder, AmiStep

__all__ = [
    "AmiApplication",
    "AmiAssignment",
    "AmiAttachment",
    "AmiBudgetLine",
    "AmiCall",
    "AmiCallCommission",
    "AmiCallVersion",
    "AmiComplement",
    "AmiContribution",
    "AmiConvention",
    "AmiCoverage",
    "AmiCowriter",
    "AmiCriterion",
    "AmiCriterionAnswer",
    "AmiDecision",
    "AmiEligibility",
    "AmiErratum",
    "AmiExtension",
    "AmiFollowUp",
    "AmiGridCriterion",
    "AmiInstalment",
    "AmiLetter",
    "AmiOpinionNote",
    "AmiPlace",
    "AmiProgressLine",
    "AmiProgressReport",
    "AmiProposal",
    "AmiPublicityProof",
    "AmiQuestion",
    "AmiRegistration",
    "AmiReminder",
    "AmiScenario",
    "AmiScenarioLine",
    "AmiScore",
    "AmiScoreSheet",
    "AmiSection",
    "AmiSession",
    "AmiSessionItem",
    "AmiSessionMember",
    "AmiSessionRecusal",
    "AmiSpending",
    "AmiStep",
    "AssociatedPartner",
    "Avis",
    "Convention",
    "ConventionParty",
    "ConventionSignatory",
    "ConventionSignature",
    "ConventionStep",
    "ConventionText",
    "CoverageChange",
    "CoverageFigures",
    "LabelAttachment",
    "LabelAvis",
    "LabelCertificate",
    "LabelComplement",
    "LabelCount",
    "LabelDecision",
    "LabelDossier",
    "LabelPlace",
    "LabelSection",
    "LabelShareCheck",
    "LabelStep",
    "LabelWithdrawal",
    "LabelWithdrawalStep",
    "Labellisation",
]
