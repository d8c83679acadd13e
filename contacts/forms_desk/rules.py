"""Orientation rules as a form, and the person imagined to preview them."""

from django import forms

from contacts.enums import Age, ListKind
from contacts.models import ListVersion, OrientationRule
from contacts.services.rules import REASON_MAX, RuleData
from territories.models import Reseau

UNSAID = "non_dit"
AGES = [*Age.choices, (UNSAID, "Âge non dit")]
_CHOICE = {"invalid_choice": "Choisissez dans la liste."}


def _boxes(label: str) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages=_CHOICE | {"invalid_list": "Choisissez dans la liste."},
    )


class RuleForm(forms.Form):
    """One rule: whom to suggest, for whom (nothing ticked: everybody), how strongly, why."""

    cible = forms.ChoiceField(
        label="Structures à proposer",
        error_messages=_CHOICE | {"required": "Choisissez un réseau ou une nature de partenaire."},
    )
    reason = forms.CharField(
        label="Raison, telle que le conseiller la lira",
        max_length=REASON_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Écrivez la raison en une phrase.",
            "max_length": "Gardez 200 caractères au plus.",
        },
    )
    weight = forms.IntegerField(
        label="Poids, de 1 à 100",
        min_value=1,
        max_value=100,
        initial=10,
        help_text="Le plus grand passe devant.",
        widget=forms.NumberInput(attrs={"class": "w-num"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Choisissez un poids de 1 à 100."
        ),
    )
    statuts = _boxes("Statuts")
    ages = _boxes("Âges")
    demandes = _boxes("Demandes")
    vu = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, *args: object, version: ListVersion, networks: list[Reseau], kinds: list[str], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        targets: list[object] = [("", "Choisissez")]
        targets.append(("Réseaux", [(f"r{reseau.pk}", reseau.name) for reseau in networks]))
        if kinds:
            targets.append(
                (
                    "Partenaires associés",
                    [(f"p{kind}", kind.replace("_", " ").capitalize()) for kind in kinds],
                )
            )
        choices = {
            "cible": targets,
            "statuts": [(str(item.n), item.label) for item in version.of(ListKind.STATUT)],
            "ages": AGES,
            "demandes": [(str(item.n), item.label) for item in version.of(ListKind.DEMANDE)],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(rule: OrientationRule, mark: str) -> dict[str, object]:
        return {
            "cible": f"r{rule.reseau_id}" if rule.reseau_id else f"p{rule.partner_kind}",
            "reason": rule.reason,
            "weight": rule.weight,
            "statuts": [str(n) for n in rule.statuts],
            "ages": [age or UNSAID for age in rule.ages],
            "demandes": [str(n) for n in rule.demandes],
            "vu": mark,
        }

    def data_of_rule(self) -> RuleData:
        data = self.cleaned_data
        target = str(data["cible"])
        return RuleData(
            reseau_id=int(target[1:]) if target.startswith("r") else None,
            partner_kind=target[1:] if target.startswith("p") else "",
            reason=data["reason"],
            weight=data["weight"],
            statuts=tuple(int(n) for n in data["statuts"]),
            ages=tuple("" if age == UNSAID else age for age in data["ages"]),
            demandes=tuple(int(n) for n in data["demandes"]),
        )


class PreviewForm(forms.Form):
    """« Pour un statut, un âge et une demande, voici l’ordre ».

    Read from the address; a bad value shows nothing.
    """

    statut = forms.ChoiceField(label="Statut", required=False)
    age = forms.ChoiceField(label="Âge", required=False, choices=[("", "Non dit"), *Age.choices])
    demande = forms.ChoiceField(label="Demande", required=False)

    def __init__(self, *args: object, version: ListVersion | None, **kwargs: object) -> None:
        super().__init__(*args, auto_id="p_%s", **kwargs)  # type: ignore[arg-type, misc]
        for name, kind in (("statut", ListKind.STATUT), ("demande", ListKind.DEMANDE)):
            items = version.of(kind) if version else ()
            self.fields[name].choices = [("", "Choisissez"), *((str(i.n), i.label) for i in items)]  # type: ignore[attr-defined]
