"""What every act on a convention does: hold the row, check who acts, leave a trace, tell rules in French."""

import datetime
from collections.abc import Iterable, Mapping

from django.core.exceptions import PermissionDenied
from django.db.utils import IntegrityError

from labelling.enums_convention import ConventionState
from labelling.models import Convention, ConventionStep
from labelling.permissions import Perm
from spo_portal.kernel import audit
from spo_portal.kernel.errors import Conflict, Refused
from spo_portal.kernel.privacy import TextRefused, clean_text
from territories.access import Actor, require

REASON_MIN, REASON_MAX = 5, 600
OPEN = (ConventionState.PROJET, ConventionState.SIGNATURE)

# What the database says when a rule is broken there, in the words of the reader.
RULES: Mapping[str, str] = {
    "convention_one_open": "Une convention est déjà en préparation ou à la signature sur ce territoire :"
    " reprenez celle-là.",
    "convention_number": "Une convention vient d’être ouverte sur ce territoire : reprenez celle-là.",
    "convention_moves": "Cette convention a changé d’étape entre-temps. Rechargez la page.",
    "convention_frozen": "Cette convention est signée ou abandonnée : elle ne change plus.",
    "convention_need": "Une partie n’a pas encore les signataires qu’elle demande.",
    "convention_all_signed": "Il manque encore des signatures sur ce texte.",
    "convention_removed": "Ce qui a été retiré reste retiré : ajoutez de nouveau le signataire.",
    "conventiontext_number": "Un autre texte a été présenté à la signature entre-temps. Rechargez la page.",
    "conventionparty_once": "Cette organisation est déjà partie à la convention.",
    "convention_dates": "Le dernier jour vient après le premier.",
    "conventionsignature_link": "Ce lien ne permet plus de signer : il a expiré ou a été retiré.",
    "conventionsignature_state": "Cette convention n’est pas à la signature en ce moment.",
}


def rule_of(error: IntegrityError) -> str:
    """The name of the rule the database refused by."""
    diagnostic = getattr(error.__cause__, "diag", None)
    return getattr(diagnostic, "constraint_name", "") or ""


def rule_broken(error: IntegrityError) -> Refused:
    """The sentence of that rule; the error itself when it is none of ours."""
    sentence = RULES.get(rule_of(error))
    if sentence is None:
        raise error
    return Refused(sentence)


def is_writer(by: Actor, convention: Convention) -> bool:
    """The coordinator of the territory."""
    return by.scope.system or (
        by.territory_id == convention.territory_id and convention.territory_id in by.scope.tenant
    )


def lock(by: Actor, convention: Convention, *states: str) -> Convention:
    """The convention, held until the end of the transaction, in one of ``states`` (open ones by default)."""
    require(by, Perm.WRITE_CONVENTION)
    if not is_writer(by, convention):
        raise PermissionDenied("Cette convention est tenue par la coordination de son territoire.")
    rows = Convention.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("region", "territory").filter(pk=convention.pk).first()
    if found is None:
        raise Conflict("Cette convention n’est plus dans votre périmètre.")
    if found.state not in (states or OPEN):
        raise Conflict(f"Cette convention est « {found.get_state_display().lower()} » : {CLOSED}")
    return found


def hold(keys: Iterable[int]) -> None:
    """Hold conventions before their signatories, in one order, so that no two acts wait for each other."""
    rows = Convention.objects.for_system().filter(pk__in=set(keys)).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))


CLOSED = "cet acte n’y est plus possible."


def check_reason(text: str, field: str = "reason") -> str:
    """A reason that stays in the history: 5 to 600 characters."""
    said = cleaned(text, field, REASON_MAX)
    if len(said) < REASON_MIN:
        raise Refused("Écrivez pourquoi : ce motif reste dans l’historique.", field)
    return said


def cleaned(text: str, field: str, most: int, *, multiline: bool = False) -> str:
    """A text typed by hand, without invisible characters. Raises ``Refused`` naming the field."""
    try:
        return clean_text(text, multiline=multiline, max_length=most)
    except TextRefused as error:
        raise Refused(str(error), field) from None


def leave(
    by: Actor,
    convention: Convention,
    key: str,
    words: str,
    comment: str = "",
    *,
    at: datetime.datetime | None = None,
    label: str = "",
) -> None:
    """One line of the history with its audit event.

    ``at`` and ``label``: when and by whom it was done, for a line the worker writes after the act.
    """
    when = {} if at is None else {"at": at}
    ConventionStep(
        convention=convention,
        territory_id=convention.territory_id,
        key=key,
        words=words[:600],
        comment=comment,
        by_id=by.user_id,
        by_label=label or by.label or "Système",
        **when,
    ).save(force_insert=True)
    audit.record(
        f"labelling.convention_{key}",
        by=by,
        object_type="convention",
        object_id=convention.pk,
        tenant_id=convention.territory_id,
        data={"etat": convention.state},
    )
