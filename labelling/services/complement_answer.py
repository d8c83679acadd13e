"""The porteur answers a request for complements: what was named is written again, then sent (domain § 7)."""

from django.db import connection, transaction
from django.db.utils import IntegrityError

from labelling.enums_ami import PartKey
from labelling.models import AmiApplication, AmiComplement
from labelling.permissions import Perm
from labelling.services import clock, moves
from labelling.services.completeness import BUDGET, IDENTITY, Gap, completeness_of
from labelling.services.dossier import Material, material_of
from labelling.services.parts import open_complement
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from spo_portal.kernel.typography import counted
from territories.access import Actor, require

ANSWERED = "complement_repondu"
ANSWER_MAX = 1000
LATE = "Le délai de réponse est passé : la réponse n’est pas envoyée. Ce que vous avez écrit est gardé."


def gaps_of(material: Material, asked: AmiComplement) -> list[Gap]:
    """What is missing in the parts that were opened again."""
    opened = {str(key) for key in asked.parts}
    if PartKey.FONCTIONNEMENT in opened:
        opened.add(BUDGET)
    if PartKey.GESTION in opened:
        opened.add(IDENTITY)
    return [gap for gap in completeness_of(material).missing if gap.part in opened]


def answer_complement(*, by: Actor, application: AmiApplication, answer: str) -> AmiComplement:
    """Send the answer: the parts close again. A second click finds it sent.

    Raises ``Refused`` when nothing is asked, when it is late or when an opened part is not complete.
    """
    require(by, Perm.SUBMIT_APPLICATION)
    if application.organisation_id not in by.scope.body and not by.scope.system:
        raise Refused("Seul le porteur envoie la réponse de son organisation.")
    try:
        said = clean_text(answer, multiline=True, max_length=ANSWER_MAX)
    except TextRefused as error:
        raise Refused(str(error), "reponse") from None
    try:
        with transaction.atomic():
            locked = moves.lock(by, application)
            asked = open_complement(by, locked)
            if asked is None:
                return _already(by, locked)
            if not said:
                raise Refused("Dites en une phrase ce que vous avez complété.", "reponse")
            missing = gaps_of(material_of(by=by, application=locked), asked)
            if missing:
                raise Refused(
                    f"Il reste {counted(len(missing), 'point')} à compléter dans les parties rouvertes."
                )
            asked.answered_at, asked.answered_by_label, asked.answer = clock.now(), by.label, said
            asked.save(update_fields=["answered_at", "answered_by_label", "answer"])
            moves.leave_step(by=by, application=locked, key=ANSWERED, comment=said, told=True)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise moves.rule_broken(error) from error
    return asked


def _already(by: Actor, application: AmiApplication) -> AmiComplement:
    """No open request: the last one was answered (a second click), is late, or never was."""
    last = (
        AmiComplement.objects.visible_to(by)
        .filter(application=application)
        .order_by("-asked_at", "-pk")
        .first()
    )
    if last is None:
        raise Conflict("Aucun complément n’est demandé sur ce dossier.")
    if last.answered_at is None:
        raise Refused(LATE if last.closed_at is None else "La Région a clos cette demande de complément.")
    return last
