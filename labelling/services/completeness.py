"""What a file still lacks before it can be submitted, in plain words, part by part (AMI §2, §3 and §5)."""

from collections.abc import Iterator
from dataclasses import dataclass

from labelling.enums_ami import ContributionState, CriterionAnswer, PartKey, SectionKey
from labelling.services.budget_rules import sentences
from labelling.services.dossier import Material
from spo_portal.kernel.typography import counted, join

IDENTITY, BUDGET, PARTNERS = "identite", "budget", "partenaires"
ANSWERED = (ContributionState.CONFIRMEE, ContributionState.MODIFIEE)
WAITING = (ContributionState.A_INVITER, ContributionState.INVITEE)


@dataclass(frozen=True)
class Gap:
    """One thing to do: the part it belongs to, the screen that mends it, where on it, and the words.

    ``blocking``: the file can't be submitted without it. The others are advice.
    """

    part: str
    screen: str
    text: str
    anchor: str = ""
    blocking: bool = True


@dataclass(frozen=True)
class Step:
    """One stop of the progress bar: a part, a label, how many things are asked and how many are there."""

    key: str
    screen: str
    label: str
    asked: int
    done: int

    @property
    def complete(self) -> bool:
        return self.done >= self.asked

    @property
    def started(self) -> bool:
        return self.done > 0


@dataclass(frozen=True)
class Completeness:
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]

    @property
    def missing(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.blocking]

    @property
    def advice(self) -> list[Gap]:
        return [gap for gap in self.gaps if not gap.blocking]

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def asked(self) -> int:
        return sum(step.asked for step in self.steps)

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def percent(self) -> int:
        """Cut down, so that 100 means that nothing is missing."""
        return 100 * self.done // self.asked if self.asked else 0

    def of(self, part: str) -> list[Gap]:
        return [gap for gap in self.gaps if gap.part == part]


# (key, screen, label, number of things asked) in the order of the seven contents, then what goes with them.
LABELS: tuple[tuple[str, str], ...] = (
    (IDENTITY, "Projet et porteur"),
    (PartKey.SERVICES, "Services"),
    (PartKey.CONDITIONS, "Lieu et horaires"),
    (PartKey.CONTRIBUTIONS, "Contributions"),
    (PartKey.PARTENARIATS, "Partenariats"),
    (PartKey.PROGRES, "Progrès"),
    (PartKey.GESTION, "Gestion"),
    (PartKey.FONCTIONNEMENT, "Fonctionnement"),
    (BUDGET, "Budget"),
    (PartKey.CRITERES, "Critères"),
)
SECTION_WANTED = {
    SectionKey.SERVICES: "Décrivez les services proposés.",
    SectionKey.CONDITIONS: "Décrivez les conditions des services : accueil, contact, accès.",
    SectionKey.CONTRIBUTIONS: "Décrivez la contribution de l’ensemble des partenaires.",
    SectionKey.PARTENARIATS: "Décrivez les partenariats, leur développement et les actions innovantes.",
    SectionKey.PROGRES: "Décrivez les objectifs et les modalités de la démarche de progrès.",
    SectionKey.GESTION: "Décrivez la gestion et l’administration du lieu.",
    SectionKey.FONCTIONNEMENT: "Décrivez le fonctionnement et l’organisation du lieu.",
}


def completeness_of(material: Material) -> Completeness:
    """The stops of the progress bar and everything that is missing, in the order of the file."""
    steps: list[Step] = []
    gaps: list[Gap] = []
    for key, label in LABELS:
        asked, found = _part(material, str(key))
        gaps += found
        blocking = sum(gap.blocking for gap in found)
        steps.append(Step(str(key), _screen(str(key)), label, asked, max(0, asked - blocking)))
    return Completeness(tuple(steps), tuple(gaps))


def _screen(key: str) -> str:
    return BUDGET if key == BUDGET else IDENTITY if key == IDENTITY else "partie"


def _part(material: Material, key: str) -> tuple[int, list[Gap]]:
    """How many things this part asks for, and those that are missing."""
    if key == IDENTITY:
        return 3, list(_identity(material))
    if key == BUDGET:
        return 1, list(_budget(material))
    if key == PartKey.CRITERES:
        return max(1, len(material.criteria)), list(_criteria(material))
    asked, gaps = 1, list(_text(material, key))
    if key == PartKey.CONDITIONS:
        return asked + 4, [*gaps, *_place(material)]
    if key == PartKey.CONTRIBUTIONS:
        return asked + 1, [*gaps, *_partners(material)]
    if key == PartKey.PROGRES:
        return asked + 1, [*gaps, *_progress(material)]
    return asked, gaps


def _text(material: Material, key: str) -> Iterator[Gap]:
    if not material.text(key):
        yield Gap(key, "partie", SECTION_WANTED[SectionKey(key)], f"texte-{key}")


def _identity(material: Material) -> Iterator[Gap]:
    application = material.application
    for field, words in (
        ("title", "Donnez un nom au projet."),
        ("contact_name", "Dites la fonction de l’interlocuteur de la Région."),
        ("contact_email", "Donnez un courriel où joindre l’interlocuteur."),
    ):
        if not getattr(application, field):
            yield Gap(IDENTITY, IDENTITY, words, f"id_{field}")


def _place(material: Material) -> Iterator[Gap]:
    part, place = str(PartKey.CONDITIONS), material.place
    if place is None or not place.name:
        yield Gap(part, "partie", "Choisissez un lieu existant, ou nommez le nouveau lieu.", "lieu")
    if place is None or not (place.address and place.city):
        yield Gap(part, "partie", "Donnez l’adresse et la commune du lieu.", "lieu")
    if place is None or not (place.phone or place.email):
        yield Gap(part, "partie", "Donnez un téléphone ou un courriel du lieu.", "lieu")
    if place is None or not place.week.slots:
        yield Gap(part, "partie", "Écrivez les horaires d’ouverture du lieu.", "semaine")


def _partners(material: Material) -> Iterator[Gap]:
    part = str(PartKey.CONTRIBUTIONS)
    if not any(one.state in ANSWERED for one in material.contributions):
        words = (
            "Aucun partenaire n’a encore confirmé sa contribution."
            if material.contributions
            else "Proposez à chaque partenaire sa contribution : un au moins doit la confirmer."
        )
        yield Gap(part, PARTNERS, words)
    else:
        waiting = [one.partner_name for one in material.contributions if one.state in WAITING]
        if waiting:
            names = join(waiting[:3]) + (
                f" et {counted(len(waiting) - 3, 'autre')}" if len(waiting) > 3 else ""
            )
            yield Gap(part, PARTNERS, f"Réponse encore attendue de {names}.", blocking=False)


def _progress(material: Material) -> Iterator[Gap]:
    part = str(PartKey.PROGRES)
    if not material.progress:
        yield Gap(part, "partie", "Ajoutez une ligne au moins au tableau de progrès.", "tableau")
        return
    bare = [line for line in material.progress if not (line.means and line.due_on)]
    if bare:
        words = "Complétez les moyens et l’échéance"
        yield Gap(
            part, "partie", f"{words} de {counted(len(bare), 'ligne')} du tableau de progrès.", "tableau"
        )


def _criteria(material: Material) -> Iterator[Gap]:
    part = str(PartKey.CRITERES)
    if not material.criteria:
        return
    for number, line in enumerate(material.criteria, 1):
        words, answer = "", line.answer
        if answer is None:
            words = "répondez"
        elif answer.answer != CriterionAnswer.NON and not answer.evidence:
            words = "dites ce qui le montre"
        elif (
            answer.answer != CriterionAnswer.NON
            and line.criterion.evidence_wanted
            and not answer.attachment_id
        ):
            words = "joignez la pièce demandée"
        if words:
            yield Gap(
                part,
                "partie",
                f"Critère {number}, « {_short(line.criterion.text)} » : {words}.",
                f"critere-{line.criterion.pk}",
            )


def _budget(material: Material) -> Iterator[Gap]:
    """What the rules of the budget say (AMI §5): by how much, which line."""
    for words in sentences(material.budget):
        yield Gap(BUDGET, BUDGET, words)


def _short(text: str) -> str:
    if len(text) <= 60:
        return text
    # Whole words only, and no sign left hanging before the dots.
    return f"{text[:58].rsplit(' ', 1)[0].rstrip(' ,;:«')}…"
