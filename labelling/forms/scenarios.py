"""Forms of the simulator: a scenario's name, and the files it keeps with an amount each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django import forms

from labelling.services.scenarios import NAME_MAX
from labelling.services.simulation import File
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.money import parse_amount
from spo_portal.kernel.typography import amount


class NameForm(forms.Form):
    """The name of a scenario. ``vu``: the number of the save that was read."""

    nom = forms.CharField(
        label="Nom du scénario",
        max_length=NAME_MAX,
        error_messages={"required": "Donnez un nom à ce scénario."},
    )
    vu = forms.IntegerField(required=False, widget=forms.HiddenInput)


@dataclass
class Row:
    """One file of the table: kept or not, the amount as it is typed, what is wrong with it."""

    file: File
    kept: bool
    typed: str
    error: str = ""


@dataclass
class Lines:
    """The table as it is typed, then in centimes. A file decided since is shown, never typed."""

    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, files: Iterable[File], lines: Mapping[int, int]) -> "Lines":
        """What is stored; a file not kept shows the amount it would start with."""
        return cls(
            [
                Row(one, one.application.pk in lines, amount(lines.get(one.application.pk, one.usual)))
                for one in files
                if not one.decided
            ]
        )

    @classmethod
    def typed(cls, files: Iterable[File], data: Mapping[str, str]) -> "Lines":
        return cls(
            [
                Row(
                    one,
                    f"garder_{one.application.pk}" in data,
                    str(data.get(f"montant_{one.application.pk}", ""))[:60],
                )
                for one in files
                if not one.decided
            ]
        )

    def read(self) -> dict[int, int]:
        """Amounts of the files kept, in centimes; errors are set on their rows."""
        found: dict[int, int] = {}
        for row in self.rows:
            if not row.kept:
                continue
            try:
                value = parse_amount(row.typed)
                if value > row.file.most:
                    raise Refused(f"Au plus {amount(row.file.most)} € : la demande, et 80 % des charges.")
                if value <= 0:
                    raise Refused("Indiquez un montant, ou décochez ce dossier.")
            except Refused as error:
                row.error = str(error)
            else:
                found[row.file.application.pk] = value
        return found

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(identifier of the field, sentence) of every row to correct."""
        return [
            (f"montant_{row.file.application.pk}", f"{row.file.application.number} : {row.error}")
            for row in self.rows
            if row.error
        ]
