"""The part handed over: composed from a fiche and its region, printed, or mailed once (domain § 3).

What is typed for it (a sentence, an e-mail or postal address) is an argument, lives during the request and
goes nowhere else: no table, log, session, queue or file.
"""

from __future__ import annotations

import logging
import re
import smtplib
import uuid as uuid_module
from dataclasses import dataclass

import segno
from django.conf import settings
from django.core.mail import EmailMessage

from contacts import codes
from contacts.enums import Canal, ListKind
from contacts.models import FicheContact, FicheDestination, ListVersion
from contacts.permissions import Perm
from contacts.services import wording
from contacts.services.fiches import code_of
from contacts.sheet import Brand, Destination, Place, Rdv, Sheet, items
from spo_portal.kernel import audit, throttle
from spo_portal.kernel.errors import PortalError, Refused
from territories.access import Actor, get_visible_or_404, require
from territories.models import Brochure, Region, Site
from territories.services.search import fold

log = logging.getLogger("portal.handover")

# One desk does not send more than this in an hour: the portal must not become a way to send mail in numbers.
HOUR = 3600
# Share of the main colour in the soft one, as on the screens.
_SOFT = 0.09
# What the pages of a fiche show beside it.
_SHOWN = ("site", "site__reseau", "list_version", "code", "suite_site")


class MailFailed(PortalError):
    """The mail server did not take the message: nothing was sent, what was typed stays on the screen."""

    def __init__(self) -> None:
        super().__init__(
            "Le courriel n’est pas parti : le serveur d’envoi ne répond pas. Réessayez, ou imprimez la fiche."
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A fiche of the actor's site with what its pages show: lists, destinations in order, return code."""

    fiche: FicheContact
    version: ListVersion
    rows: tuple[FicheDestination, ...]
    code: str | None
    by: Actor

    @property
    def site(self) -> Site:
        return self.fiche.site


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed for the part handed over only."""

    sentence: str = ""
    postal: tuple[str, ...] = ()


def load(*, by: Actor, uuid: uuid_module.UUID) -> Loaded:
    """The fiche of an address, two queries; another site's and a missing one are the same 404."""
    require(by, Perm.READ_FICHES)
    queryset = FicheContact.objects.visible_to(by).select_related(*_SHOWN)
    fiche = get_visible_or_404(queryset, by, uuid=uuid)
    rows = FicheDestination.objects.visible_to(by).filter(fiche=fiche).select_related("site", "site__reseau")
    return Loaded(fiche, fiche.list_version, tuple(rows.order_by("position")), code_of(fiche), by)


def kept_lines(loaded: Loaded) -> list[tuple[str, str]]:
    """The part kept, label and words, as the saved page lists it."""
    fiche, version = loaded.fiche, loaded.version
    lines = [
        ("Canal", Canal(fiche.canal).label),
        ("Statut", wording.kept_statut(version, fiche)),
        ("Demande", wording.boxes(version, ListKind.DEMANDE, fiche.demandes)),
        ("Réponse ici", wording.boxes(version, ListKind.REPONSE, fiche.reponses) or "Aucune"),
        ("Précisions", fiche.precisions),
        ("Vers", " ; ".join(_toward(row) for row in loaded.rows) or "Résolu sur place"),
        ("Suite", fiche.get_suite_display() if fiche.suite else ""),
    ]
    return [(label, words) for label, words in lines if words]


def _toward(row: FicheDestination) -> str:
    return f"{row.site.name}, rendez-vous {wording.appointment(row.rdv_at)}" if row.rdv_at else row.site.name


def slip(loaded: Loaded) -> dict[str, object] | None:
    """The part handed over as the saved page previews it; None for a fiche solved on the spot."""
    if not loaded.rows:
        return None
    networks = [reseau.paper_name for reseau in _region(loaded.by).reseau_set.order_by("order", "code")]
    return {
        "conseiller": wording.counsellor(loaded.by.user, loaded.site),
        "structure": loaded.site.name,
        "objet": wording.subject(loaded.version, loaded.fiche.demandes),
        "rows": [(row, wording.appointment(row.rdv_at) if row.rdv_at else "") for row in loaded.rows],
        "code": codes.display(loaded.code).split("\u00a0") if loaded.code else None,
        "qr": qr_path(loaded.code) if loaded.code else None,
        "type_at": f"{settings.BASE_URL.partition('://')[2]}/r",
        "networks": networks,
    }


@dataclass(frozen=True, slots=True)
class QrPath:
    """A QR code as one SVG path in a square of ``side`` modules, its quiet zone included."""

    side: int
    path: str


def qr_path(code: str, quiet: int = 2) -> QrPath:
    """The address of the public page with the code, drawn for the screen; the paper draws its own."""
    matrix = segno.make(f"{settings.BASE_URL}/r/{codes.normalise(code)}", error="m", micro=False).matrix
    runs = []
    for y, row in enumerate(matrix):
        for found in re.finditer(b"\x01+", bytes(row)):
            runs.append(f"M{found.start() + quiet} {y + quiet}h{len(found[0])}v1h-{len(found[0])}z")
    return QrPath(len(matrix) + 2 * quiet, "".join(runs))


def sheet(loaded: Loaded, typed: Typed = Typed()) -> Sheet:
    """Everything the paper holds. The counsellor named is the one who prints."""
    fiche, site, version = loaded.fiche, loaded.site, loaded.version
    return Sheet(
        brand=brand(loaded.by),
        jour=fiche.jour,
        structure=site.name,
        # « CIO de Lille de Lille » helps nobody.
        city="" if fold(site.city) in fold(site.name) else site.city,
        statuts=items(version.items[ListKind.STATUT]),
        demandes=items(version.items[ListKind.DEMANDE]),
        reponses=items(version.items[ListKind.REPONSE]),
        statut=fiche.statut,
        demandes_ticked=frozenset(fiche.demandes),
        reponses_ticked=frozenset(fiche.reponses),
        network_code=site.reseau.code if site.reseau else "",
        sexe=fiche.sexe,
        age=fiche.age,
        precisions=fiche.precisions,
        destinations=tuple(_printed(row) for row in loaded.rows),
        counsellor=wording.counsellor(loaded.by.user, loaded.site),
        objet=wording.subject(version, fiche.demandes),
        code=loaded.code,
        base_url=settings.BASE_URL,
        sentence=typed.sentence,
        postal=typed.postal,
    )


def _printed(row: FicheDestination) -> Destination:
    site = row.site
    address = ", ".join(part for part in (site.address, site.complement) if part)
    place = Place(site.name, address, site.postcode, site.city, site.phone, site.email)
    rdv = None
    if row.rdv_at:
        rdv = Rdv(wording.appointment(row.rdv_at, full=True), row.rdv_place, row.rdv_with)
    return Destination(place, rdv)


def brand(by: Actor) -> Brand:
    """The region as the paper shows it, from its data alone."""
    region = _region(by)
    networks = region.reseau_set.order_by("order", "code")
    return Brand(
        primary=region.brand_primary,
        soft=_softened(region.brand_primary),
        accent=region.brand_accent,
        service=region.service_name,
        short=region.service_short,
        region=f"Région {region.name.removeprefix('Région ')}",
        logo_svg=region.logo_svg,
        site=region.public_site.removeprefix("https://"),
        leaflet_word=f"la plaquette {region.service_short}" if has_brochure(by=by) else "",
        resources=tuple(
            (
                str(group["titre"]),
                tuple((str(link["nom"]), _bare(str(link["url"]))) for link in group["liens"]),
            )
            for group in region.resources
        ),
        networks=tuple((reseau.code, reseau.paper_name, reseau.logo_svg) for reseau in networks),
    )


def send_by_mail(*, loaded: Loaded, address: str, sentence: str, pdf: bytes) -> None:
    """Send the part handed over (``pdf``) and the region's brochure to one address, then forget the address.

    Raises ``TooManyAttempts`` past the desk's limit, ``Refused`` when the server refuses the address,
    ``MailFailed`` when it does not answer.
    """
    by = loaded.by
    require(by, Perm.FILL_FICHE)
    if not loaded.rows:
        raise Refused("Cette fiche n’a pas de partie à remettre.")
    throttle.limit(f"envoi:site:{by.site_id}", attempts=settings.MAILS_PER_HOUR, seconds=HOUR)
    region = _region(by)
    message = EmailMessage(
        subject=f"Votre fiche contact, {region.portal_name}",
        body=_letter(loaded, sentence),
        to=[address],
    )
    message.attach("fiche-contact.pdf", pdf, "application/pdf")
    leaflet = last_brochure(by=by)
    if leaflet is not None:
        message.attach("plaquette.pdf", bytes(leaflet.content), "application/pdf")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused:
        raise Refused(
            "Le serveur d’envoi refuse cette adresse. Vérifiez-la lettre par lettre.", "courriel"
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        # The kind of failure only: the text of the error may quote the address.
        log.error("mail of a handed part not sent: %s", type(error).__name__)
        raise MailFailed from None
    audit.record(
        "contacts.handed_part_sent",
        by=by,
        object_type="fiche",
        object_id=loaded.fiche.pk,
        tenant_id=loaded.fiche.territory_id,
        unit_id=loaded.fiche.site_id,
        data={"brochure": leaflet is not None},
    )


def _letter(loaded: Loaded, sentence: str) -> str:
    region = _region(loaded.by)
    lines = [
        "Bonjour,",
        "",
        f"Vous avez rencontré un conseiller ({loaded.site.name}). Vous trouverez la partie de la fiche"
        " contact qui vous revient en pièce jointe : les structures à contacter, leur adresse et leur"
        " téléphone.",
        *(["", sentence] if sentence else []),
        "",
        "Votre adresse a servi à cet envoi seulement : elle n’est pas gardée. Ne répondez pas à ce message.",
        "",
        f"{region.service_name}, {region.name}",
    ]
    return "\n".join(lines)


def last_brochure(*, by: Actor) -> Brochure | None:
    """The brochure of the actor's region that serves now: the last one given."""
    found = Brochure.objects.visible_to(by).filter(region_id=by.region_id)
    return found.order_by("-uploaded_at", "-pk").first()


def has_brochure(*, by: Actor) -> bool:
    return Brochure.objects.visible_to(by).filter(region_id=by.region_id).exists()


def _region(by: Actor) -> Region:
    if by.region is None:
        raise Refused("Choisissez d’abord un rôle rattaché à une région.")
    return by.region


def _softened(colour: str) -> str:
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - channel) * _SOFT):02x}" for channel in channels)


def _bare(url: str) -> str:
    """An address as people read it on paper."""
    return re.sub(r"^https?://", "", url).rstrip("/")
