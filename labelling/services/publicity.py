"""Proof that the funding of the Region and of the FSE is made public: shown by a file, checked (AMI §5).

Hostile until proved otherwise, as the files of the application: ``attachments.prove`` reads the bytes.
"""

import calendar
import datetime
import hashlib

from django.db import transaction
from django.utils import timezone

from labelling.enums_ami import ApplicationState, Funder, ProofState
from labelling.models import AmiApplication, AmiPublicityProof
from labelling.permissions import Perm
from labelling.services import moves
from labelling.services.attachments import prove
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

TITLE_MAX, REASON_MAX, PROOFS_MAX = 160, 400, 30
ADDED, REMOVED = "publicite_deposee", "publicite_retiree"
ACCEPTED, REFUSED = "publicite_acceptee", "publicite_refusee"
FUNDED = (ApplicationState.CONVENTIONNEE, ApplicationState.OUVERTE)
# A proof is due three months after the signature (this portal's rule: the text gives no delay).
MONTHS = 3


def proofs_of(by: Actor, application: AmiApplication) -> list[AmiPublicityProof]:
    """The proofs of a file, the last first, without their bytes."""
    rows = AmiPublicityProof.objects.visible_to(by).filter(application=application).defer("content")
    return list(rows)


def shown(proofs: list[AmiPublicityProof], *states: str) -> set[str]:
    """Funders whose publicity is proved, in one of ``states``."""
    found: set[str] = set()
    for proof in proofs:
        if proof.state in states:
            found |= {Funder.REGION, Funder.FSE} if proof.funder == Funder.LES_DEUX else {proof.funder}
    return found


def wanted(application: AmiApplication) -> tuple[str, ...]:
    """The Region's funding is shown always; the FSE's where the budget has some."""
    return (Funder.REGION, Funder.FSE) if application.fse_asked else (Funder.REGION,)


def still_wanted(application: AmiApplication, proofs: list[AmiPublicityProof]) -> list[Funder]:
    """Funders without an accepted proof."""
    have = shown(proofs, ProofState.ACCEPTEE)
    return [Funder(funder) for funder in wanted(application) if funder not in have]


def may_add(by: Actor, application: AmiApplication) -> bool:
    return application.organisation_id in by.scope.body and application.state in FUNDED


def add_proof(
    *, by: Actor, application: AmiApplication, funder: str, title: str, name: str, content: bytes
) -> AmiPublicityProof:
    """Join a photo or a file; the same file again is answered by the one already there."""
    require(by, Perm.WRITE_FOLLOW_UP)
    if funder not in Funder.values:
        raise Refused("Dites quel financement ce fichier montre.", "financement")
    said = _line(title, "titre", TITLE_MAX)
    if not said:
        raise Refused("Dites en quelques mots ce que montre le fichier.", "titre")
    proved = prove(name, content)
    mark = hashlib.sha256(proved.content).hexdigest()
    with transaction.atomic():
        locked = moves.lock(by, application)
        if not may_add(by, locked):
            raise Refused("Les preuves de publicité se déposent une fois la convention signée.")
        rows = AmiPublicityProof.objects.visible_to(by).filter(application=locked).defer("content")
        same = rows.filter(sha256=mark).exclude(state=ProofState.REFUSEE).first()
        if same is not None:
            return same
        if rows.count() >= PROOFS_MAX:
            raise Refused(f"Un dossier garde {PROOFS_MAX} preuves au plus.", "fichier")
        made = AmiPublicityProof(
            application=locked,
            funder=funder,
            title=said,
            name=proved.name,
            format=proved.kind,
            content=proved.content,
            size=len(proved.content),
            sha256=mark,
            uploaded_at=timezone.now(),
            uploaded_by_label=by.label,
        )
        made.save(force_insert=True)
        moves.leave_step(by=by, application=locked, key=ADDED, comment=said, told=True)
    return made


def remove_proof(*, by: Actor, proof: AmiPublicityProof) -> None:
    """Take back a proof that was not checked yet."""
    require(by, Perm.WRITE_FOLLOW_UP)
    if proof.application.organisation_id not in by.scope.body:
        raise Refused("Seul le porteur retire ses preuves.")
    with transaction.atomic():
        rows = AmiPublicityProof.objects.visible_to(by).filter(pk=proof.pk, state=ProofState.DEPOSEE)
        gone, _ = rows.delete()
        if not gone:
            raise Conflict("Cette preuve est vérifiée, ou déjà retirée.")
        moves.leave_step(by=by, application=proof.application, key=REMOVED, comment=proof.title, told=True)


def check_proof(
    *, by: Actor, proof: AmiPublicityProof, accepted: bool, reason: str = ""
) -> AmiPublicityProof:
    """The Region accepts a proof, or refuses it and says why. Once: another file replaces a refused one."""
    require(by, Perm.FUND)
    said = _line(reason, "motif", REASON_MAX)
    if not accepted and len(said) < 5:
        raise Refused("Écrivez pourquoi : le porteur lira ce motif.", "motif")
    with transaction.atomic():
        rows = AmiPublicityProof.objects.visible_to(by).select_for_update(of=("self",)).defer("content")
        locked = rows.select_related("application").filter(pk=proof.pk).first()
        if locked is None or locked.state != ProofState.DEPOSEE:
            raise Conflict("Cette preuve est déjà vérifiée, ou a été retirée.")
        locked.state = ProofState.ACCEPTEE if accepted else ProofState.REFUSEE
        locked.checked_at, locked.checked_by_label = timezone.now(), by.label
        locked.reason = "" if accepted else said
        locked.save(update_fields=["state", "checked_at", "checked_by_label", "reason"])
        moves.leave_step(
            by=by,
            application=locked.application,
            key=ACCEPTED if accepted else REFUSED,
            comment=f"{locked.title}. {locked.reason}".strip(),
            told=True,
        )
    return locked


def due_on(signed_on: datetime.date) -> datetime.date:
    """The day a proof is due: the same day three months later, or the last of that month."""
    month = signed_on.month - 1 + MONTHS
    year, month = signed_on.year + month // 12, month % 12 + 1
    return datetime.date(year, month, min(signed_on.day, calendar.monthrange(year, month)[1]))


def _line(text: str, field: str, most: int) -> str:
    try:
        cleaned = clean_text(text)
    except TextRefused as error:
        raise Refused(str(error), field) from None
    if len(cleaned) > most:
        raise Refused(f"Gardez {most} caractères au plus.", field)
    return cleaned
