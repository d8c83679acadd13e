"""Letters of the Region: what each one says, and the frozen bytes of what was sent (domain § 7).

A letter is drawn from these facts by ``labelling.documents.letters``, then kept whole with its SHA-256. The
porteur downloads it from its publication on; the database never lets it change.
"""

import datetime
import hashlib
from dataclasses import dataclass

from django.utils import timezone

from labelling.enums_ami import LetterKind, Outcome, PartKey
from labelling.models import AmiApplication, AmiDecision, AmiEligibility, AmiLetter, Avis
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.typography import euros, moment, number, of, plain_date
from territories.access import Actor

SUBJECTS: dict[str, str] = {
    LetterKind.RECEVABLE: "Votre dossier est recevable",
    LetterKind.IRRECEVABLE: "Votre dossier n’est pas recevable",
    LetterKind.RETENUE: "Votre projet est retenu",
    LetterKind.NON_RETENUE: "Votre projet n’est pas retenu",
    LetterKind.A_COMPLETER: "Votre dossier est à compléter",
}
# Code de justice administrative, R. 421-1; code des relations entre le public et l'administration, L. 411-2.
REMEDIES = (
    "Cette décision peut être contestée dans les deux mois qui suivent sa réception, par un recours gracieux"
    " auprès de la Région ou par un recours contentieux devant le tribunal administratif compétent (code de"
    " justice administrative, article R. 421-1). Un recours gracieux présenté dans ce délai le fait repartir"
    " à zéro."
)
WITH_REMEDIES = frozenset({LetterKind.IRRECEVABLE, LetterKind.RETENUE, LetterKind.NON_RETENUE})


@dataclass(frozen=True)
class Drawn:
    """A letter laid out: its bytes and its number of pages."""

    pdf: bytes
    pages: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.pdf).hexdigest()


@dataclass(frozen=True)
class Section:
    """A titled part of a letter: paragraphs, then points."""

    title: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class LetterFacts:
    """All a letter says, ready to be laid out. Plain text."""

    kind: str
    application: AmiApplication
    day: datetime.date
    subject: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    remedies: str

    @property
    def body(self) -> str:
        return self.application.organisation.name


def letter_facts(
    *,
    by: Actor,
    application: AmiApplication,
    kind: str,
    day: datetime.date,
    decision: AmiDecision | None = None,
) -> LetterFacts:
    """What the letter of this kind says of this file, with the reasons as they were written.

    ``application`` with its call, territory and organisation. ``decision`` for the three decisions.
    """
    wanted = LetterKind(kind)
    if (wanted in Outcome.values) != (decision is not None):
        raise ValueError("a letter of decision tells a decision, the others none")
    if decision is not None:
        sections = _OF_DECISION[wanted](by, application, decision)
    else:
        sections = _OF_ADMISSION[wanted](by, application)
    return LetterFacts(
        kind=wanted,
        application=application,
        day=day,
        subject=SUBJECTS[wanted],
        opening=(_opening(application, wanted, decision),),
        sections=tuple(sections),
        remedies=REMEDIES if wanted in WITH_REMEDIES else "",
    )


def _opening(application: AmiApplication, kind: LetterKind, decision: AmiDecision | None) -> str:
    submitted = timezone.localtime(application.submitted_at) if application.submitted_at else None
    what = (
        f"Vous avez déposé{f', le {plain_date(submitted)}' if submitted else ''}, le projet"
        f" « {application.title} » pour le bassin {of(application.territory.name)}, en réponse à l’appel"
        f" « {application.call.title} »."
    )
    said = {
        LetterKind.RECEVABLE: "Après examen des critères de l’appel, la Région le déclare recevable.",
        LetterKind.IRRECEVABLE: "Après examen des critères de l’appel, la Région le déclare irrecevable.",
        LetterKind.RETENUE: "Après avis de la commission territoriale, la Région a décidé de le retenir.",
        LetterKind.NON_RETENUE: "Après avis de la commission territoriale, la Région a décidé de ne pas le"
        " retenir.",
        LetterKind.A_COMPLETER: "Après avis de la commission territoriale, la Région vous demande de le"
        " compléter ; elle décidera ensuite.",
    }[kind]
    return f"{what} {said}"


def _avis(by: Actor, application: AmiApplication) -> Section:
    avis = Avis.objects.visible_to(by).filter(application=application).select_related("item__session").first()
    if avis is None:
        raise Refused("Aucune décision sans avis de la commission.")
    held = timezone.localtime(avis.item.session.starts_at)
    opinion = avis.get_opinion_display().lower()  # type: ignore[attr-defined]
    first = f"Avis {opinion}, séance du {plain_date(held)}."
    return Section("Avis de la commission", (first, *_lines(avis.text)))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _retained(by: Actor, application: AmiApplication, decision: AmiDecision) -> list[Section]:
    charges = application.charges
    share = f"{number(100 * decision.amount / charges, 1)} %" if charges else ""
    amount = (
        f"La Région soutient le lieu mutualisé à hauteur de {euros(decision.amount)}, soit {share}"
        f" des charges prévisionnelles ({euros(charges)})."
    )
    if decision.amount < application.region_asked:
        less = euros(application.region_asked - decision.amount)
        amount += f" C’est {less} de moins que votre demande : ajustez votre plan de financement."
    return [
        Section("Soutien de la Région", (amount,)),
        Section("Motifs de la décision", _lines(decision.reasons)),
        _avis(by, application),
        Section(
            "La suite",
            (
                "La Région établit avec vous une convention de financement. Les versements suivent sa"
                " signature.",
                "Vous informez vos partenaires et le public de la participation de la Région et, s’il y a"
                " lieu, de celle du Fonds social européen.",
            ),
        ),
    ]


def _refused(by: Actor, application: AmiApplication, decision: AmiDecision) -> list[Section]:
    return [Section("Motifs de la décision", _lines(decision.reasons)), _avis(by, application)]


def _to_complete(by: Actor, application: AmiApplication, decision: AmiDecision) -> list[Section]:
    until = moment(timezone.localtime(decision.deadline)) if decision.deadline else ""
    parts = tuple(str(PartKey(key).label) for key in PartKey.values if key in decision.parts)
    return [
        Section("Ce qui est demandé", _lines(decision.reasons)),
        Section(
            "Parties à compléter",
            (f"Ces parties de votre dossier sont ouvertes à la saisie jusqu’au {until} :",),
            parts,
        ),
        _avis(by, application),
    ]


def _admissible(by: Actor, application: AmiApplication) -> list[Section]:
    return [
        Section(
            "La suite",
            (
                "Votre dossier est instruit, puis présenté à la commission territoriale. La Région décide"
                " ensuite ; avis et décision vous seront communiqués ensemble, à la publication des"
                " résultats.",
            ),
        )
    ]


def _inadmissible(by: Actor, application: AmiApplication) -> list[Section]:
    rows = AmiEligibility.objects.visible_to(by).filter(application=application, met=False, waived=False)
    points = tuple(
        f"{one.criterion.text} : {one.reason}"
        for one in rows.select_related("criterion").order_by("criterion__position")
    )
    if not points:
        raise Refused("Une lettre d’irrecevabilité nomme les critères non remplis : aucun n’est noté.")
    return [Section("Critères non remplis", (), points)]


_OF_DECISION = {
    LetterKind.RETENUE: _retained,
    LetterKind.NON_RETENUE: _refused,
    LetterKind.A_COMPLETER: _to_complete,
}
_OF_ADMISSION = {LetterKind.RECEVABLE: _admissible, LetterKind.IRRECEVABLE: _inadmissible}


def keep_letter(
    *,
    by: Actor,
    application: AmiApplication,
    kind: str,
    drawn: Drawn,
    at: datetime.datetime,
    decision: AmiDecision | None = None,
) -> AmiLetter:
    """Freeze a letter and hand it over at ``at`` (with its decision, or at once)."""
    letter = AmiLetter(
        application=application,
        decision=decision,
        kind=kind,
        pdf=drawn.pdf,
        pages=drawn.pages,
        sha256=drawn.sha256,
        made_at=at,
        made_by_label=by.label or "Système",
        published_at=at,
    )
    letter.save(force_insert=True)
    return letter


def letters_of(by: Actor, application: AmiApplication) -> list[AmiLetter]:
    """Letters of a file the reader may have, the latest first, without their bytes."""
    rows = AmiLetter.objects.visible_to(by).filter(application=application)
    return list(rows.defer("pdf").order_by("-made_at", "-pk"))


def file_name(letter: AmiLetter, application: AmiApplication) -> str:
    """« AMI-2026-019-retenue.pdf »"""
    return f"{application.number}-{letter.kind}.pdf".replace("_", "-")
