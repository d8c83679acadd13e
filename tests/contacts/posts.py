"""What a browser sends from the fiche's screen, and the helpers of its tests."""

import html
import re
import uuid
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from contacts.models import FicheContact
from contacts.services.fiches import DestinationData, FicheData, record_fiche
from tests.factories import World, system

NEW = "/fiches/nouvelle/"
TYPED = "Veut reprendre un CAP cuisine"


def sent(**changes: Any) -> dict[str, Any]:
    """A complete form solved on the spot; ``None`` leaves a field out."""
    form: dict[str, Any] = {
        "cle_idempotence": str(uuid.uuid4()),
        "canal": "sur_place",
        "statut": "5",
        "age": "moins_26",
        "sexe": "femme",
        "demandes": ["1", "2"],
        "reponses": ["1"],
        "precisions": TYPED,
        "rdv": "non",
        "jour": timezone.localdate().isoformat(),
        "fin": "place",
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def reoriented(world: World, **changes: Any) -> dict[str, Any]:
    return sent(**({"vers": [str(world.mission.pk)], "fin": "remettre"} | changes))


def plain(content: bytes) -> str:
    """Text of a page with ordinary spaces."""
    text = html.unescape(content.decode())
    return re.sub(r"[\s\u00a0\u202f]+", " ", text)


def count_fiches() -> int:
    with system():
        return FicheContact.objects.all().count()


def only_fiche() -> FicheContact:
    with system():
        return FicheContact.objects.select_related("list_version").get()


def recorded(world: World, *destinations: int, **changes: Any) -> FicheContact:
    """A fiche of the CIO, recorded by its counsellor through the service."""
    wanted: dict[str, Any] = {
        "jour": timezone.localdate(),
        "canal": "sur_place",
        "statut": 5,
        "demandes": (1, 2),
        "age": "moins_26",
        "precisions": TYPED,
        "destinations": tuple(DestinationData(pk) for pk in destinations),
    }
    data = FicheData(**(wanted | changes))
    fiche, _ = record_fiche(by=world.actor("conseiller"), data=data, cle_idempotence=uuid.uuid4())
    return fiche


def everything_in_the_database() -> str:
    """Every row of every table as text, read under the system scope."""
    lines: list[str] = []
    with system(), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute("SELECT has_table_privilege(current_user, %s, 'SELECT')", [table])
            if cursor.fetchone()[0]:
                cursor.execute(f'SELECT t::text FROM "{table}" t')
                lines += [row[0] for row in cursor.fetchall()]
    return "\n".join(lines)


def post(client: Client, data: dict[str, Any], **headers: Any) -> Any:
    return client.post(NEW, data, **headers)
