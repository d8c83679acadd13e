"""Addresses of the label dossiers: a draft of Lille, a submitted one of Douai, one of another region."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelling.enums_label import LabelPart
from labelling.models import LabelAttachment, LabelDossier
from territories.enums import Role
from tests.factories import system
from tests.labelling import label_world

if TYPE_CHECKING:
    from tests.permissions.places import Identity, Place, Targets

Maker = Callable[["Place", "Identity"], "Targets"]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_made: dict[int, "Rows"] = {}


@dataclass(frozen=True)
class Rows:
    """``draft`` of Lille, ``sent`` of Douai, ``abroad`` of Niort; ``files``: one of each, by dossier."""

    draft: LabelDossier
    sent: LabelDossier
    abroad: LabelDossier
    files: dict[int, int]


def label_rows(place: "Place") -> Rows:
    """Made once for a place."""
    w = place.world
    if w.region.pk not in _made:
        draft = label_world.ready_dossier(w.lille)
        files = {draft.pk: _file(draft)}
        waiting = label_world.ready_dossier(w.douai)
        files[waiting.pk] = _file(waiting)
        sent = label_world.send(waiting)
        with system():
            abroad = LabelDossier.objects.create(
                region=w.other_region, territory=w.niort, kind="initiale", created_by_label="Coordination"
            )
        files[abroad.pk] = _file(abroad)
        _made[w.region.pk] = Rows(draft, sent, abroad, files)
    return _made[w.region.pk]


def _file(dossier: LabelDossier) -> int:
    content = PDF + str(dossier.pk).encode()
    with system():
        return LabelAttachment.objects.create(
            dossier=dossier,
            title="Plan d’action",
            name="plan.pdf",
            format="pdf",
            content=content,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            uploaded_by_label="Coordination",
        ).pk


def readable(place: "Place", who: "Identity") -> tuple[tuple[LabelDossier, ...], tuple[LabelDossier, ...]]:
    """(dossiers the identity reads, dossiers it must not learn of); the préfet reads no draft."""
    rows = label_rows(place)
    if who.role == Role.PREFECTURE:
        return (rows.sent,), (rows.draft, rows.abroad)
    if who.role in {Role.ANIMATION, Role.REGION}:
        return (rows.draft, rows.sent), (rows.abroad,)
    if who.role in {Role.COORDINATEUR, Role.CHARGE_MISSION, Role.ANIMATEUR_ETAT, Role.REFERENT}:
        return (rows.draft,), (rows.sent, rows.abroad)
    return (), (rows.draft, rows.sent, rows.abroad)


def arguments_label(targets: "type[Targets]", missing: int) -> dict[str, Maker]:
    """Entries for ``ARGUMENTS``, the territory's side."""

    def by_pk(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        return targets(
            tuple({"pk": one.pk} for one in own),
            tuple({"pk": one.pk} for one in foreign),
            ({"pk": missing}, {"pk": 10**24}),
        )

    def by_part(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        return targets(
            tuple({"pk": one.pk, "partie": key} for one in own for key in LabelPart.values),
            tuple({"pk": one.pk, "partie": "lieux"} for one in foreign),
            ({"pk": missing, "partie": "lieux"}, {"pk": 10**24, "partie": "pieces"}),
        )

    def by_file(place: "Place", who: "Identity") -> "Targets":
        own, foreign = readable(place, who)
        files = label_rows(place).files
        return targets(
            tuple({"pk": one.pk, "piece": files[one.pk]} for one in own),
            tuple({"pk": one.pk, "piece": files[one.pk]} for one in foreign),
            ({"pk": missing, "piece": missing}, {"pk": missing, "piece": next(iter(files.values()))}),
        )

    entries: dict[str, Maker] = dict.fromkeys(
        ("label_dossier", "label_deposer", "label_recu", "label_abandonner", "label_repondre"), by_pk
    )
    return entries | {"label_partie": by_part, "label_piece": by_file, "label_piece_retirer": by_file}
