"""Forms of the instruction: findings, request for complements, scorers, grid, reasons, filters."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from labelling.enums_ami import ApplicationState, PartKey
from labelling.models import AmiGridCriterion, AmiScore, AmiScoreSheet
from labelling.services import complements, eligibility, scoring
from labelling.services.eligibility import Finding
from labelling.services.eligibility import Line as EligibilityLine
from labelling.services.files_filter import Filters, notes_choices
from labelling.services.files_list import Row
from labelling.services.scorers import Scorer
from labelling.services.scoring import Note
from territories.access import Actor

MET, NOT_MET, WAIVED = "rempli", "non", "admis"
FINDINGS = ((MET, "Rempli"), (NOT_MET, "Non rempli"), (WAIVED, "Non rempli, admis malgré tout"))


def day_field(label: str, help_text: str = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Choisissez un jour.",
            "invalid": "Écrivez une date, par exemple 15/12/2026.",
        },
    )


class FindingsForm(forms.Form):
    """One finding and its reason for each criterion; what is left empty is not looked at yet."""

    def __init__(self, *args: Any, lines: Sequence[EligibilityLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            found = line.finding
            self.fields[f"constat-{line.criterion.pk}"] = forms.ChoiceField(
                label="Constat",
                choices=FINDINGS,
                required=False,
                widget=forms.RadioSelect,
                initial=_choice_of(found) if found else "",
            )
            self.fields[f"motif-{line.criterion.pk}"] = forms.CharField(
                label="Motif",
                required=False,
                max_length=eligibility.REASON_MAX,
                initial=found.reason if found else "",
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def rows(self) -> list[tuple[EligibilityLine, BoundField, BoundField]]:
        return [
            (line, self[f"constat-{line.criterion.pk}"], self[f"motif-{line.criterion.pk}"])
            for line in self.lines
        ]

    def findings(self) -> dict[int, Finding]:
        """What was found, by criterion; only where something was."""
        found = {}
        for line in self.lines:
            choice = self.cleaned_data.get(f"constat-{line.criterion.pk}")
            if choice:
                reason = self.cleaned_data.get(f"motif-{line.criterion.pk}", "")
                found[line.criterion.pk] = Finding(choice == MET, choice == WAIVED, reason)
        return found


def _choice_of(found: Any) -> str:
    return MET if found.met else WAIVED if found.waived else NOT_MET


class ComplementForm(forms.Form):
    parties = forms.MultipleChoiceField(
        label="Parties à rouvrir",
        choices=PartKey.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins une partie à rouvrir."},
    )
    texte = forms.CharField(
        label="Ce qui est demandé",
        max_length=complements.TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Le porteur lit ce texte tel quel, sur le dossier et dans le courriel.",
        error_messages={"required": "Écrivez ce qui est attendu : le porteur ne lit que ce texte."},
    )
    jour = day_field("Réponse attendue au plus tard le", "Jusqu’à 23 h 59 ce jour-là, heure de Paris.")


class AssignForm(forms.Form):
    noteur = forms.TypedChoiceField(
        label="Noteur",
        coerce=int,
        error_messages={"required": "Choisissez un noteur.", "invalid_choice": "Choisissez dans la liste."},
    )
    jour = day_field(
        "Note attendue au plus tard le", "Un rappel part 15, 7 et 1 jours avant.", required=False
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["noteur"].choices = [("", "Choisissez…"), *choices]  # type: ignore[attr-defined]


class RecuseForm(AssignForm):
    motif = forms.CharField(
        label="Motif",
        max_length=400,
        required=False,
        help_text="Vide : le conflit trouvé par le portail est repris.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["jour"]


class BulkForm(forms.Form):
    """Files of a call, the accounts among which they are shared out, how many notes each, and until when."""

    noteurs = forms.TypedMultipleChoiceField(
        label="Répartir entre",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un noteur."},
    )
    par_dossier = forms.IntegerField(
        label="Notes par dossier",
        min_value=1,
        max_value=9,
        widget=forms.NumberInput(attrs={"min": 1, "max": 9}),
        error_messages={"required": "Dites combien de notes par dossier."},
    )
    jour = day_field("Notes attendues au plus tard le", required=False)

    def __init__(self, *args: Any, scorers: Iterable[Scorer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["noteurs"].choices = [(one.user_id, one.words) for one in scorers]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    motif = forms.CharField(
        label="Motif",
        max_length=scoring.REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi : ce motif reste au dossier."},
    )


class CommentForm(forms.Form):
    """A word that stays with a step."""

    commentaire = forms.CharField(
        label="Commentaire", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class GridForm(forms.Form):
    """The grid of the call: a note from 0 to 5 with the sentence of each level, and a comment, by line."""

    appreciation = forms.CharField(
        label="Appréciation d’ensemble",
        required=False,
        max_length=scoring.COMMENT_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Lue avec vos notes, par la Région et la commission, une fois l’instruction close.",
    )

    def __init__(
        self,
        *args: Any,
        grid: Sequence[AmiGridCriterion],
        sheet: AmiScoreSheet | None = None,
        notes: dict[int, AmiScore] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.grid = grid
        self.fields["appreciation"].initial = sheet.comment if sheet else ""
        for line in grid:
            noted = (notes or {}).get(line.pk)
            self.fields[f"note-{line.pk}"] = forms.TypedChoiceField(
                label=f"Note : {line.label}",
                coerce=int,
                empty_value=None,
                required=False,
                choices=[(level, str(level)) for level in range(len(line.levels))],
                widget=forms.RadioSelect,
                initial=noted.value if noted else None,
            )
            self.fields[f"commentaire-{line.pk}"] = forms.CharField(
                label=f"Commentaire sur « {line.label} »",
                required=False,
                max_length=scoring.NOTE_COMMENT_MAX,
                widget=forms.Textarea(attrs={"rows": 2}),
                initial=noted.comment if noted else "",
            )

    def rows(self) -> list[tuple[AmiGridCriterion, BoundField, dict[str, str], BoundField]]:
        return [
            (
                line,
                self[f"note-{line.pk}"],
                {str(level): sentence for level, sentence in enumerate(line.levels)},
                self[f"commentaire-{line.pk}"],
            )
            for line in self.grid
        ]

    def notes(self) -> dict[int, Note]:
        """Notes as typed; a field in error counts as not noted."""
        data = self.cleaned_data
        return {
            line.pk: Note(data.get(f"note-{line.pk}"), data.get(f"commentaire-{line.pk}", ""))
            for line in self.grid
        }


class FilesFilterForm(forms.Form):
    """Filters of the list of files; they live in the address."""

    q = forms.CharField(label="Numéro, porteur, bassin", required=False, max_length=80)
    etat = forms.ChoiceField(label="Étape", required=False)
    commission = forms.ChoiceField(label="Commission", required=False)
    bassin = forms.ChoiceField(label="Bassin", required=False)
    notes = forms.ChoiceField(label="Notes", required=False)

    def __init__(self, filters: Filters, rows: Sequence[Row], by: Actor) -> None:
        shown = {"q": filters.q, "etat": filters.etat, "notes": filters.notes}
        super().__init__(
            {**shown, "commission": filters.commission or "", "bassin": filters.bassin or ""},
            auto_id="f-%s",
        )
        states = {row.state: row.state_words for row in rows}
        order = [str(state) for state in ApplicationState]
        self._offer("etat", "Toutes", sorted(states.items(), key=lambda pair: order.index(pair[0])))
        self._offer("commission", "Toutes", _sorted({row.commission_id: row.commission for row in rows}))
        self._offer("bassin", "Tous", _sorted({row.bassin_id: row.bassin for row in rows}))
        self._offer("notes", "Toutes", list(notes_choices(by).items()))

    def _offer(self, name: str, everything: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.fields[name].choices = [("", everything), *choices]  # type: ignore[attr-defined]


def _sorted(names: dict[int, str]) -> list[tuple[int, str]]:
    return sorted(names.items(), key=lambda pair: pair[1])
