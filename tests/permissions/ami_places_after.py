"""Addresses after the selection: projects of the home bassin, of the next one, of another region."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from labelling.models import AmiApplication, AmiFollowUp, AmiInstalment, AmiPublicityProof
from labelling.services import publicity
from territories.enums import Role
from territories.models import Territory
from tests.factories import system
from tests.labelling.ami_after import funded, opened, photo, prepared, selected
from tests.labelling.ami_instruction import make_officer
from tests.labelling.ami_world import Porteur, make_call, make_porteur

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
Row = AmiInstalment | AmiFollowUp | AmiPublicityProof
_made: dict[int, "Projects"] = {}


@dataclass(frozen=True)
class Projects:
    """``home``: of the sweep's porteur, at each step; ``next``: in the next bassin; ``abroad``: elsewhere."""

    home: tuple[AmiApplication, ...]
    next: AmiApplication
    abroad: AmiApplication


def projects(place: "Place") -> Projects:
    """Made once for a place."""
    w = place.world
    if w.region.pk not in _made:
        who = place.identities["porteur"]
        assert who.user is not None
        assert who.membership is not None
        own = Porteur(w.cio.organisation, who.user, who.membership)
        with system():
            lille = Territory.objects.get(pk=w.lille.pk)
            lille.commission = place.commissions["home"]
            lille.save(update_fields=["commission"])
        officer, far = make_officer(w.region), make_officer(w.other_region)
        calls = [make_call(w.region) for _ in range(3)]
        chosen, signed, living = (selected(call, lille, officer, own) for call in calls)
        prepared(chosen, officer)
        funded(signed, officer)
        opened(funded(living, officer), officer)
        beside, abroad = make_porteur(w.region), make_porteur(w.other_region)
        next_door = funded(selected(calls[0], w.douai, officer, beside), officer)
        away = funded(selected(make_call(w.other_region), w.niort, far, abroad), far)
        with system():
            AmiFollowUp.objects.filter(application=living).update(
                state="remis", handed_at=timezone.now(), handed_by_label="Porteur"
            )
        for file, porteur in ((signed, own), (living, own), (next_door, beside), (away, abroad)):
            _proof(file, porteur)
        _made[w.region.pk] = Projects((chosen, signed, living), next_door, away)
    return _made[w.region.pk]


def _proof(file: AmiApplication, porteur: Porteur) -> None:
    with porteur.acting() as by:
        publicity.add_proof(
            by=by, application=file, funder="region", title="Plaque", name="plaque.png", content=photo()
        )


def readable(
    place: "Place", who: "Identity"
) -> tuple[tuple[AmiApplication, ...], tuple[AmiApplication, ...]]:
    """(projects the identity reads, projects it must not learn of)."""
    found = projects(place)
    if who.role in (Role.REGION, Role.ANIMATION):
        return (*found.home, found.next), (found.abroad,)
    if who.role in (Role.PORTEUR, Role.COORDINATEUR, Role.CHARGE_MISSION, Role.MEMBRE_COMMISSION):
        return found.home, (found.next, found.abroad)
    return (), (*found.home, found.next, found.abroad)


def arguments_after(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``."""

    def whole(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        return targets(
            tuple({"pk": one.pk} for one in own),
            tuple({"pk": one.pk} for one in foreign),
            ({"pk": missing},),
        )

    def signed_first(place: "Place", who: "Identity") -> "Targets":
        """What is posted goes to the first: a project whose place may open, and be shown to be funded."""
        own, foreign = readable(place, who)
        ordered = sorted(own, key=lambda one: one.pk != projects(place).home[1].pk)
        return targets(
            tuple({"pk": one.pk} for one in ordered),
            tuple({"pk": one.pk} for one in foreign),
            ({"pk": missing},),
        )

    def row_of(model: type[Row], name: str, field: str, order: str = "pk") -> Maker:
        def make(place: "Place", who: "Identity") -> "Targets":
            own, foreign = readable(place, who)
            with system():
                rows = model.objects.for_system().order_by(order, "pk")
                mine = list(rows.filter(application__in=own).values_list("application_id", field))
                theirs = list(rows.filter(application__in=foreign).values_list("application_id", field))
            none = 1900 if name == "annee" else missing
            return targets(
                tuple({"pk": pk, name: value} for pk, value in mine),
                tuple({"pk": pk, name: value} for pk, value in theirs),
                tuple({"pk": one.pk, name: none} for one in own) or ({"pk": missing, name: none},),
            )

        return make

    # Those still written come first for who writes, those handed in for who reads them again.
    report = row_of(AmiFollowUp, "annee", "year", "state")
    handed = row_of(AmiFollowUp, "annee", "year", "-state")
    proof = row_of(AmiPublicityProof, "preuve", "pk")
    pages = (
        "ami_convention",
        "ami_convention_pdf",
        "ami_convention_signer",
        "ami_desister",
        "ami_ouverture",
        "ami_suivi",
        "ami_publicite",
    )
    return {
        **dict.fromkeys(pages, whole),
        "ami_versement": row_of(AmiInstalment, "versement", "pk"),
        **dict.fromkeys(("ami_bilan", "ami_bilan_enregistrer"), report),
        "ami_bilan_verifier": handed,
        **dict.fromkeys(("ami_ouvrir", "ami_preuve_deposer"), signed_first),
        **dict.fromkeys(("ami_preuve", "ami_preuve_retirer", "ami_preuve_verifier"), proof),
    }
