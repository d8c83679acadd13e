"""What every page of a convention shows above its own: its name, its state, its tabs."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from labelling.enums_convention import ConventionState, SignatoryState
from labelling.models import Convention
from labelling.permissions import Perm
from labelling.services.convention import acts
from territories.access import Actor, can, get_visible_or_404

TONES = {
    ConventionState.PROJET: "info",
    ConventionState.SIGNATURE: "warn",
    ConventionState.SIGNEE: "ok",
    ConventionState.REMPLACEE: "plain",
    ConventionState.ABANDONNEE: "plain",
}
LINE_TONES = {
    SignatoryState.A_INVITER: "plain",
    SignatoryState.INVITE: "info",
    SignatoryState.OUVERT: "info",
    SignatoryState.EXPIRE: "warn",
    SignatoryState.SIGNE: "ok",
    SignatoryState.REFUSE: "error",
    SignatoryState.RETIRE: "plain",
}


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    current: bool


def readable(actor: Actor, pk: int) -> Convention:
    return get_visible_or_404(
        Convention.objects.select_related("region", "territory", "parent").defer("pdf"), actor, pk=pk
    )


def may_write(actor: Actor, convention: Convention) -> bool:
    return (
        can(actor, Perm.WRITE_CONVENTION)
        and acts.is_writer(actor, convention)
        and convention.state in acts.OPEN
    )


def head(actor: Actor, convention: Convention, current: str) -> dict[str, Any]:
    """Context of the head: tabs of what the reader may open."""
    pages = [("Avancement", "convention"), ("Texte", "convention_texte"), ("Parties", "convention_parties")]
    pages.append(("Versions", "convention_versions"))
    tabs = [Tab(label, reverse(name, args=[convention.pk]), name == current) for label, name in pages]
    return {
        "convention": convention,
        "tone": TONES[ConventionState(convention.state)],
        "tabs": tabs,
        "may_write": may_write(actor, convention),
        "coordinates": can(actor, Perm.WRITE_CONVENTION) and acts.is_writer(actor, convention),
    }
