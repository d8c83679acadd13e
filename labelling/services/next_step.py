"""What the reader of a file has to do now, by its role and by where the file stands."""

from dataclasses import dataclass

from labelling.enums_ami import ApplicationState, AssignmentState
from labelling.models import AmiApplication, AmiAssignment
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.completeness import Completeness
from labelling.services.parts import may_write, open_complement
from spo_portal.kernel.typography import counted, moment
from territories.access import Actor, can

S = ApplicationState


# Where the Region takes a file up again, from a list; none for one that waits for its scorers.
NEXT_PAGES: dict[str, str] = {
    S.DEPOSEE: "ami_recevabilite",
    S.INSTRUITE: "ami_decision",
    S.AVIS_RENDU: "ami_decision",
    S.DECIDEE: "ami_decision",
    S.NON_RETENUE: "ami_decision",
    S.RETENUE: "ami_convention",
    S.CONVENTIONNEE: "ami_ouverture",
    S.OUVERTE: "ami_suivi",
}


@dataclass(frozen=True)
class NextStep:
    """A sentence and one button. ``url_name`` takes the file's key; empty: nothing to press."""

    words: str
    url_name: str = ""
    label: str = ""
    tone: str = "info"


def next_step(
    *, by: Actor, application: AmiApplication, found: Completeness | None, late: bool
) -> NextStep | None:
    """The first thing to do, or None when nobody waits for this reader."""
    return _scorer(by, application) or _writer(by, application, found, late) or _others(by, application)


def _scorer(by: Actor, application: AmiApplication) -> NextStep | None:
    mine = AmiAssignment.objects.visible_to(by).filter(
        application=application, scorer_id=by.user_id, state=AssignmentState.ATTENDUE
    )
    row = mine.first()
    if row is None or application.state != S.RECEVABLE:
        return None
    until = f" Votre note est attendue avant le {moment(row.due_at)}." if row.due_at else ""
    return NextStep(f"Ce dossier vous est confié.{until}", "ami_noter", "Noter le dossier")


def _writer(
    by: Actor, application: AmiApplication, found: Completeness | None, late: bool
) -> NextStep | None:
    if not may_write(by, application):
        return None
    owner = can(by, Perm.SUBMIT_APPLICATION) and application.organisation_id in by.scope.body
    if application.state == S.BROUILLON:
        if late:
            return NextStep(
                "L’appel est clos : ce brouillon est gardé, il ne peut plus être déposé.", tone="warn"
            )
        if found is not None and not found.complete:
            words = f"Il reste {counted(len(found.missing), 'point')} à compléter avant le dépôt."
            return NextStep(
                words, "ami_deposer" if owner else "", "Voir ce qui manque" if owner else "", "warn"
            )
        if owner:
            return NextStep(
                "Le dossier est complet : vous pouvez le déposer.", "ami_deposer", "Déposer", "ok"
            )
        return NextStep("Le dossier est complet : le porteur peut le déposer.", tone="ok")
    asked = open_complement(by, application)
    if asked is not None:
        words = f"La Région demande un complément, attendu avant le {moment(asked.deadline)}."
        return NextStep(
            words, "ami_repondre_complement" if owner else "", "Répondre" if owner else "", "warn"
        )
    if not owner:
        return None
    return _told(moves.told_state(by, application))


def _told(state: ApplicationState) -> NextStep | None:
    """What the porteur waits for, in what it may know."""
    words = {
        S.DEPOSEE: "La Région examine la recevabilité du dossier. Vous n’avez rien à faire.",
        S.RECEVABLE: "Le dossier est instruit. Vous serez prévenu de la décision à sa publication.",
        S.RETENUE: "Le projet est retenu : la convention de financement se prépare avec la Région.",
        S.NON_RETENUE: "Le projet n’est pas retenu. La décision et ses motifs sont plus bas.",
        S.IRRECEVABLE: "Le dossier n’est pas recevable. Les motifs sont plus bas.",
    }
    if state == S.RETENUE:
        return NextStep(words[state], "ami_convention", "Voir la convention", "ok")
    if state in words:
        return NextStep(words[state])
    if state in (S.CONVENTIONNEE, S.OUVERTE):
        return NextStep(
            "Tenez le suivi du lieu : bilans, dépenses, publicité.", "ami_suivi", "Ouvrir le suivi"
        )
    return None


# (right, state) > what waits for who holds it; the first that fits.
_WAITING: tuple[tuple[Perm, ApplicationState, NextStep], ...] = (
    (Perm.INSTRUCT, S.DEPOSEE, NextStep("La recevabilité est à examiner.", "ami_recevabilite", "Examiner")),
    (Perm.INSTRUCT, S.RECEVABLE, NextStep("Le dossier est à noter.", "ami_noteurs", "Voir les noteurs")),
    (
        Perm.DECIDE,
        S.INSTRUITE,
        NextStep("La commission doit rendre son avis.", "ami_decision", "Lire la fiche"),
    ),
    (Perm.DECIDE, S.AVIS_RENDU, NextStep("L’avis est rendu : à décider.", "ami_decision", "Décider")),
    (Perm.DECIDE, S.DECIDEE, NextStep("Décision enregistrée, à publier.", "ami_decision", "Lire la fiche")),
    (
        Perm.FUND,
        S.RETENUE,
        NextStep("La convention est à établir.", "ami_convention", "Préparer la convention"),
    ),
    (Perm.FUND, S.CONVENTIONNEE, NextStep("Le lieu est à ouvrir.", "ami_ouverture", "Ouvrir le lieu")),
    (
        Perm.READ_FOLLOW_UP,
        S.RETENUE,
        NextStep("Le projet est retenu, sa convention se prépare.", "ami_convention", "Voir la convention"),
    ),
    (
        Perm.READ_FOLLOW_UP,
        S.CONVENTIONNEE,
        NextStep("La convention est signée, le lieu se prépare.", "ami_convention", "Lire la convention"),
    ),
    (Perm.READ_FOLLOW_UP, S.OUVERTE, NextStep("Le lieu est ouvert.", "ami_suivi", "Lire le suivi")),
)


def _others(by: Actor, application: AmiApplication) -> NextStep | None:
    told = moves.told_state(by, application)
    for right, state, step in _WAITING:
        if told == state and can(by, right):
            return step
    return None
