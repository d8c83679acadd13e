"""A label dossier and its parts, read at once for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelling.enums_label import DossierState, LabelPart
from labelling.models import LabelAttachment, LabelDossier, LabelSection
from labelling.services.label.agreement import Agreement, agreement_of
from labelling.services.label.ground import Ground, ground_of
from labelling.services.label.parts import open_parts
from territories.access import Actor

# Parts that the convention goes with: each place proposed brings its organisation.
BINDING = frozenset({str(LabelPart.LIEUX), str(LabelPart.PIECES)})


@dataclass(frozen=True)
class Material:
    """What the dossier holds: texts, places judged (or as frozen), files, its convention."""

    dossier: LabelDossier
    ground: Ground = field(default_factory=Ground)
    sections: dict[str, LabelSection] = field(default_factory=dict)
    attachments: Sequence[LabelAttachment] = ()
    agreement: Agreement | None = None

    def text(self, key: str) -> str:
        found = self.sections.get(str(key))
        return found.text if found else ""

    @property
    def absent(self) -> dict[int, str]:
        """Organisations of the places proposed that the convention does not bear: key and name, by name.

        The convention is signed by each organisation (domain § 6; GUIDE, « Labellisation »). Those that can't
        be labelled are told of apart.
        """
        if self.agreement is None:
            return {}
        wanted = {
            line.site.organisation_id: line.site.organisation.name
            for line in self.ground.proposed
            if line.may_be_labelled and line.site.organisation_id not in self.agreement.organisations
        }
        return dict(sorted(wanted.items(), key=lambda one: (one[1].casefold(), one[0])))


def material_of(*, by: Actor, dossier: LabelDossier) -> Material:
    """Read the whole dossier. The number of statements does not grow with it."""
    opened = open_parts(by, dossier)
    live = dossier.state == DossierState.BROUILLON or LabelPart.LIEUX in opened
    files = LabelAttachment.objects.visible_to(by).filter(dossier=dossier).defer("content")
    return Material(
        dossier=dossier,
        ground=ground_of(by, dossier.territory, dossier, live=live),
        sections={row.key: row for row in LabelSection.objects.visible_to(by).filter(dossier=dossier)},
        attachments=list(files),
        agreement=agreement_of(by, dossier, again=LabelPart.PIECES in opened),
    )
