"""The public list of results of a call: the projects selected and published, and nothing of the others."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from labelling.enums_ami import ApplicationState
from labelling.models import AmiCall


@dataclass(frozen=True)
class Result:
    """One project selected. ``amount`` in centimes."""

    territory_id: int
    territory: str
    place: str
    city: str
    body: str
    title: str
    amount: int
    state: str
    published_at: datetime.datetime

    @property
    def opened(self) -> bool:
        return self.state == ApplicationState.OUVERTE


def results_of(call: AmiCall) -> Sequence[Result]:
    """Read by anybody: a function of the database answers these columns and shows no other row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM labelling_public_results(%s)", [call.pk])
        return [Result(*row) for row in cursor.fetchall()]
