"""Projects selected, funded or opened, through the services, for the tests of what comes after."""

import datetime
import io

from django.utils import timezone
from PIL import Image

from labelling.models import AmiApplication, AmiCall, AmiConvention
from labelling.services import conventions, openings, publication
from labelling.services.letters import Drawn
from territories.models import Site, Territory
from tests.labelling.ami_decisions import advised, decided, reload
from tests.labelling.ami_instruction import Account
from tests.labelling.ami_world import Porteur, acting

AMOUNT = 5_800_000
PDF = b"%PDF-1.7 convention"


def selected(
    call: AmiCall, territory: Territory, region: Account, porteur: Porteur, site: Site | None = None
) -> AmiApplication:
    """A project whose published decision selects it, for 58 000 €."""
    file = advised(call, territory, porteur=porteur, site=site)
    decision = decided(file, region, amount=AMOUNT)
    with acting(*region) as by:
        publication.publish(
            by=by, call=call, decisions=[decision.pk], letters={decision.pk: Drawn(b"%PDF-1.7 lettre", 1)}
        )
    return reload(file)


def terms(**changes: object) -> conventions.Terms:
    today = timezone.localdate()
    values: dict[str, object] = {
        "number": "2026-118",
        "starts_on": today,
        "ends_on": today.replace(year=today.year + 1),
        "follow_up_month": 3,
        "payments": (
            conventions.Payment("Acompte", 2_900_000, today),
            conventions.Payment("Solde", 2_900_000, today + datetime.timedelta(365)),
        ),
    }
    return conventions.Terms(**(values | changes))  # type: ignore[arg-type]


def prepared(file: AmiApplication, region: Account, **changes: object) -> AmiConvention:
    with acting(*region) as by:
        return conventions.prepare(by=by, application=file, terms=terms(**changes))


def funded(file: AmiApplication, region: Account) -> AmiApplication:
    """The convention signed today."""
    prepared(file, region)
    with acting(*region) as by:
        conventions.sign(by=by, application=file, signed_on=timezone.localdate(), pdf=PDF)
    return reload(file)


def opened(file: AmiApplication, region: Account) -> AmiApplication:
    with acting(*region) as by:
        openings.open_place(by=by, application=file)
    return reload(file)


def photo(colour: str = "white") -> bytes:
    """A true picture."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()
