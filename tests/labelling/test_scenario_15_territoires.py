"""Fifteen territories and the 384 places of the GUIDE's table, from an empty page to 260 labels.

Counts by network are those of the table (GUIDE, « Cartographies et Nb labellisations »). Each territory opens
its dossier, proposes its places, has its convention signed by every organisation, submits; the préfecture
receives, transmits and decides, the animation records the avis. What shows afterwards is counted.
"""

import datetime
from collections import Counter
from io import BytesIO

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from labelling.documents.certificate import certificate_pdf
from labelling.enums import LabelStatus
from labelling.enums_label import DossierState, PlaceProposal
from labelling.models import (
    Convention,
    ConventionSignature,
    LabelDossier,
    Labellisation,
    LabelPlace,
    LabelStep,
)
from labelling.services.convention import inviting, opening, parties, presenting, signing
from labelling.services.label import avis, certificates, decision, effects, moves
from labelling.services.label.places import propose_all
from labelling.services.label.submission import submit
from labelling.services.label_coverage.cells import CellState, coverage_grid
from labelling.services.label_coverage.page import Asked, coverage_map, coverage_page
from labelling.services.tables import label_table
from labelling.workflows import label as flow
from spo_portal.kernel.models import OutboxEvent
from spo_portal.kernel.tenancy.scope import NOBODY, scoped
from territories.enums import Role
from territories.models import (
    Membership,
    OpeningSlot,
    Organisation,
    Region,
    Reseau,
    Site,
    SiteService,
    Territory,
    User,
)
from tests.conftest import LoginAs
from tests.factories import make_membership, make_region, make_site, make_territory, make_user, system
from tests.labelling.label_world import acting, coordinator, fill_texts, make_dossier, make_grid

pytestmark = pytest.mark.django_db

# GUIDE: existing and labelled places of each network, October 2013.
TABLE = {
    "CIO": (25, 25),
    "EIF": (17, 17),
    "FONGECIF": (4, 4),
    "MISSION_LOCALE": (170, 124),
    "PIJ": (83, 53),
    "POLE_EMPLOI": (66, 18),
    "UNIVERSITE": (19, 19),
}
NAMES = (
    "Artois-Ternois", "Berck-Montreuil", "Béthune-Bruay", "Boulogne", "Calais", "Cambrai", "Douai",
    "Dunkerque", "Flandre-Lys", "Lens-Liévin", "Lille", "Maubeuge", "Roubaix-Tourcoing", "Saint-Omer",
    "Valenciennes",
)  # fmt: skip
PDF = b"%PDF-1.4\n1 0 obj<</Type/Page>>endobj\nstartxref\n9\n%%EOF\n"


def share(total: int, rank: int) -> int:
    """Part of ``total`` given to the territory of that rank, so that the fifteen parts make the total."""
    return total // len(NAMES) + (rank < total % len(NAMES))


class Play:
    """The region, its accounts and its territories."""

    def __init__(self) -> None:
        with system():
            self.region: Region = make_region("A32")
            self.reseaux = {
                code: Reseau.objects.create(
                    region=self.region, code=code, name=code, short_name=code, paper_name=code, order=at
                )
                for at, code in enumerate(TABLE)
            }
            self.prefect: User = make_user("Préfecture")
            self.mandate: Membership = make_membership(self.prefect, Role.PREFECTURE, region=self.region)
            self.animator: User = make_user("Animation régionale")
            self.animation = make_membership(self.animator, Role.ANIMATION, region=self.region)
        self.items = make_grid(self.region)
        self.territories = [self.territory(rank, name) for rank, name in enumerate(NAMES)]

    def territory(self, rank: int, name: str) -> Territory:
        """A territory with its share of the places; those past the labelled ones open by appointment only."""
        with system():
            made = make_territory(self.region, name, f"T{rank:02d}")
            for code, (existing, labelled) in TABLE.items():
                count = share(existing, rank)
                if not count:
                    continue
                body = Organisation.objects.create(region=self.region, name=f"{code} {name}")
                sites = [
                    make_site(made, f"{code} {name} {number}", self.reseaux[code], organisation=body)
                    for number in range(count)
                ]
                self._equip(sites, share(labelled, rank))
        return made

    def _equip(self, sites: list[Site], eligible: int) -> None:
        Site.objects.for_system().filter(pk__in=[site.pk for site in sites]).update(wheelchair="oui")
        services, slots = [], []
        for at, site in enumerate(sites):
            where = {"site": site, "region_id": site.region_id}
            services += [SiteService(**where, item=item, mode="sur_place") for item in self.items]
            if at < eligible:
                # Mornings and three afternoons without appointment: enough for a network with short weeks.
                week = [(day, *slot) for day in range(5) for slot in ((540, 720, True), (810, 1020, day < 3))]
            else:
                week = [(0, 540, 570, False)]
            slots += [
                OpeningSlot(**where, weekday=day, start=start, end=end, walk_in=walk_in)
                for day, start, end, walk_in in week
            ]
        SiteService.objects.bulk_create(services)
        OpeningSlot.objects.bulk_create(slots)

    def sign(self, territory: Territory) -> None:
        """The convention of the territory: every organisation is a party, each signs on its own link."""
        with coordinator(territory) as by:
            made = opening.open_convention(by=by, territory=territory)
            bodies = parties.may_join(by, made)
            for rank, party in enumerate(parties.add_parties(by=by, convention=made, organisations=bodies)):
                parties.add_signatory(
                    by=by,
                    convention=made,
                    party=party,
                    capacity="administratif",
                    function="Direction",
                    email=f"direction-{territory.pk}-{rank}@exemple.example",
                )
            planned = presenting.preview(by, made)
            presenting.present(by=by, convention=made, seen=planned.sha256)
        with system():
            rows = Convention.objects.for_system().get(pk=made.pk).signatories.order_by("pk")
            links = [inviting.derive(one) for one in rows]
        for link in links:
            with transaction.atomic(), scoped(NOBODY):
                signing.sign(
                    token=link,
                    sha256=planned.sha256,
                    name="Signataire d’essai",
                    function="Direction",
                    agreed=True,
                    address="127.0.0.1",
                )

    def ask(self, territory: Territory) -> LabelDossier:
        """The territory's side, to the submission."""
        dossier = make_dossier(territory)
        fill_texts(dossier)
        self.sign(territory)
        with coordinator(territory) as by:
            propose_all(by=by, dossier=dossier, partners=True)
            return submit(by=by, dossier=dossier)

    def grant(self, dossier: LabelDossier, number: str) -> LabelDossier:
        """The State's side, to the decision; the instance's avis is recorded by the regional animation."""
        today = timezone.localdate()
        with acting(self.prefect, self.mandate) as by:
            moves.move(by=by, dossier=dossier, key=flow.DECLARER_COMPLET.key)
            moves.move(by=by, dossier=dossier, key=flow.TRANSMETTRE.key)
        with acting(self.animator, self.animation) as by:
            avis.record_avis(by=by, dossier=dossier, sense="favorable", given_on=today, text="")
        with acting(self.prefect, self.mandate) as by:
            places = decision.places_of(by, dossier)
            act = decision.Act(
                granted=True,
                number=number,
                decided_on=today,
                starts_on=today,
                ends_on=today.replace(year=today.year + 5) - datetime.timedelta(days=1),
                outcomes={row.pk: effects.proposed_outcome(row, None) for row in places},
                file_name="acte.pdf",
                content=PDF,
            )
            return decision.decide(by=by, dossier=dossier, act=act)


def test_fifteen_territories_are_labelled_as_in_the_guide(client: Client, login: LoginAs) -> None:
    play = Play()
    with system():
        assert Site.objects.for_system().filter(region=play.region).count() == 384
    for rank, territory in enumerate(play.territories):
        dossier = play.ask(territory)
        assert dossier.state == DossierState.DEPOSE
        assert dossier.number.startswith(f"LAB-T{rank:02d}-")
        assert play.grant(dossier, f"R32-2026-{rank:03d}").state == DossierState.ACCORDE

    check_rows(play)
    check_certificates(play)
    check_screens(play, login(play.animator))


def check_rows(play: Play) -> None:
    """260 labels, 124 partners, each by its network; every place with its step, its reasons and its act."""
    with system():
        labels = Labellisation.objects.for_system().filter(region=play.region)
        rows = list(labels.select_related("site__reseau"))
        proposed = Counter(LabelPlace.objects.for_system().values_list("proposal", flat=True))
        steps = Counter(LabelStep.objects.for_system().values_list("key", flat=True))
        signatures = ConventionSignature.objects.for_system().filter(answer="signe").count()
        bodies = Organisation.objects.for_system().filter(region=play.region).count()
    found = Counter((row.site.reseau.code, row.status) for row in rows if row.site.reseau)
    for code, (existing, labelled) in TABLE.items():
        assert found[code, LabelStatus.LABELLISE] == labelled, code
        assert found[code, LabelStatus.ASSOCIE] == existing - labelled, code
    assert sum(row.status == LabelStatus.LABELLISE for row in rows) == 260
    assert len(rows) == 384
    assert all(row.decision_number.startswith("R32-2026-") for row in rows)
    assert proposed == {PlaceProposal.LABEL: 260, PlaceProposal.ASSOCIE: 124}
    for key in ("deposer", "declarer_complet", "transmettre", "rendre_avis", "accorder"):
        assert steps[key] == 15, key
    assert signatures == bodies


def check_certificates(play: Play) -> None:
    """The worker is asked one certificate by label; drawn, the first names its place and its act."""
    with system():
        asked = OutboxEvent.objects.filter(kind=decision.CERTIFY)
        assert asked.count() == 260
        label = certificates.wanted(asked.order_by("pk")[0].payload["label"])
        assert label is not None
        code = certificates.new_code()
        pdf = certificate_pdf(certificates.facts_of(label, code), region=play.region)
    said = " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    assert label.site.name in said
    assert label.decision_number in said


def check_screens(play: Play, client: Client) -> None:
    """The table, the map and the coverage show the counts of the GUIDE."""
    day = timezone.localdate()
    with acting(play.animator, play.animation) as by:
        table = label_table(by=by, region=play.region, day=day)
        grid = coverage_grid(by=by, region=play.region, day=day)
        page = coverage_page(by=by, region=play.region, asked=Asked(), day=day)
        drawn = coverage_map(by, page, "carte")
    counts = {row.reseau.code: (row.now.existing, row.now.labelled) for row in table.rows if row.reseau}
    assert counts == TABLE
    assert (table.total.now.labelled, table.total.now.existing) == (260, 384)
    assert (grid.total.total.labelled, grid.total.total.associated) == (260, 124)
    assert len(grid.rows) == 15
    at_cio = list(TABLE).index("CIO")
    assert all(row.cells[at_cio].state == CellState.LABELLISE for row in grid.rows)
    for name in NAMES:
        assert name in str(drawn.svg)
    answer = client.get(reverse("couverture_labels"))
    assert answer.status_code == 200
    assert "260 / 384" in " ".join(answer.content.decode().replace("<b>", "").replace("</b>", "").split())
