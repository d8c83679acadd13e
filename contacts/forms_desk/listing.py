"""Filters of the list: the same names in the address, on the screen and in the exports."""

from django import forms

from contacts.enums import Canal, Entry, ListKind
from contacts.models import ListVersion
from contacts.services.listing import ISSUES, SUITES, Filters


def _select(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False)


class FilterForm(forms.Form):
    """Never bound: the filters read from the address are its initial values, so that a bad one shows
    nothing.
    """

    du = forms.DateField(
        label="Du",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-date"}),
    )
    au = forms.DateField(
        label="Au",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "w-date"}),
    )
    statut = _select("Statut")
    demande = _select("Demande")
    canal = _select("Canal")
    issue = _select("Issue")
    suite = _select("Suite")
    saisie = _select("Saisie")

    def __init__(self, filters: Filters, version: ListVersion | None) -> None:
        super().__init__(initial=filters.values(), auto_id="f_%s")
        everything = [("", "Tous")]
        for name, kind in (("statut", ListKind.STATUT), ("demande", ListKind.DEMANDE)):
            items = version.of(kind) if version else ()
            self._choose(
                name, [("", "Toutes" if name == "demande" else "Tous"), *((str(i.n), i.label) for i in items)]
            )
        self._choose("canal", everything + list(Canal.choices))
        self._choose("issue", [("", "Toutes"), *ISSUES.items()])
        self._choose("suite", [("", "Toutes"), *SUITES.items()])
        self._choose("saisie", [("", "Toutes"), *Entry.choices])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices
