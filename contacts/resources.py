"""Columns of a file of past fiches, each read the way people write it; the rest is refused with its line."""

import csv
import datetime
import io
import re
import unicodedata
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.conf import settings

from contacts.enums import Age, Canal, ListKind, Sexe
from contacts.models import ListVersion
from contacts.services.fiches import DestinationData, FicheData, check_precisions
from contacts.services.imports import DryRun, Line
from contacts.services.past import PastFiche, PastRules, known_keys
from spo_portal.kernel import sheets
from spo_portal.kernel.errors import Refused
from spo_portal.kernel.privacy import clean_text
from spo_portal.kernel.transfer import Column, Reading, Resource, Row
from territories.access import Actor
from territories.models import Site

HEADERS = ("date", "canal", "sexe", "age", "statut", "demandes", "reponses", "vers", "precisions", "numero")
# Errors of a service name its fields; a file names its columns.
_COLUMN = {"jour": "date", "destinations": "vers", "rdv_jour": "vers"}
_SPACE = uuid.UUID("6f1c6c3e-2d0b-5b0e-9a55-5f3c0a7b1f1c")
_SEPARATORS = re.compile(r"[,/|;+\n]|(?<=\d)[. ](?=\d)")


def fold(text: str) -> str:
    """Lower case, no accent, words separated by one space: how labels are compared."""
    signs = text.replace("\u2212", "-").replace("\u2013", "-")
    plain = unicodedata.normalize("NFKD", signs).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9+]+|-(?=\d)", plain)).replace("- ", "-")


_CANAUX = {
    "sur place": Canal.SUR_PLACE,
    "place": Canal.SUR_PLACE,
    "telephone": Canal.TELEPHONE,
    "tel": Canal.TELEPHONE,
    "courriel": Canal.COURRIEL,
    "mail": Canal.COURRIEL,
    "e mail": Canal.COURRIEL,
}
_SEXES = {"": "", "f": Sexe.FEMME, "femme": Sexe.FEMME, "h": Sexe.HOMME, "homme": Sexe.HOMME}
_AGES = {
    "": "",
    "-26": Age.MOINS_26,
    "-26 ans": Age.MOINS_26,
    "moins 26": Age.MOINS_26,
    "moins de 26": Age.MOINS_26,
    "moins de 26 ans": Age.MOINS_26,
    "+26": Age.PLUS_26,
    "+26 ans": Age.PLUS_26,
    "26": Age.PLUS_26,
    "plus 26": Age.PLUS_26,
    "plus de 26 ans": Age.PLUS_26,
    "26 ans et plus": Age.PLUS_26,
}


def read_day(text: str) -> datetime.date:
    """JJ/MM/AAAA, AAAA-MM-JJ, or the date cell of a workbook."""
    for shape in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y"):
        try:
            return datetime.datetime.strptime(text, shape).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError("Écrivez la date comme 24/11/2026." if text else "La date manque.")


def chooser(known: Mapping[str, str], allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        value = known.get(fold(text))
        if value is None:
            raise ValueError(f"« {text[:30]} » n’est pas prévu : {allowed}.")
        return str(value)

    return read


class Boxes:
    """Reads the boxes of one list: numbers, codes or labels, separated by commas or slashes."""

    def __init__(self, versions: Sequence[ListVersion], kind: ListKind) -> None:
        self.numbers: dict[str, int] = {}
        for version in reversed(versions):
            for item in version.of(kind):
                self.numbers |= {
                    fold(text): item.n
                    for text in (str(item.n), item.code, item.label, item.short, item.paper)
                }
        self.what = str(kind.label).lower()

    def one(self, text: str) -> int:
        if not text:
            raise ValueError("Le statut manque.")
        return self._number(text)

    def several(self, text: str) -> tuple[int, ...]:
        whole = self.numbers.get(fold(text))
        if whole is not None:
            return (whole,)
        return tuple(sorted({self._number(part) for part in _SEPARATORS.split(text) if part.strip()}))

    def at_least_one(self, text: str) -> tuple[int, ...]:
        numbers = self.several(text)
        if not numbers:
            raise ValueError("Il faut au moins une demande.")
        return numbers

    def _number(self, text: str) -> int:
        number = self.numbers.get(fold(text))
        if number is None:
            dated = re.match(r"\d{4}-\d\d-\d\d", text.strip())
            advice = " (le tableur en a fait une date : mettez la colonne au format texte)" if dated else ""
            raise ValueError(
                f"« {text.strip()[:30]} » n’est pas une case de la liste « {self.what} »{advice}."
            )
        return number


class PastFicheResource(Resource):
    """A file of past fiches of one site.

    ``sites`` maps « LIL-CIO » to the id of a structure of the region.
    """

    required = ("date", "canal", "statut", "demandes")
    date = Column("date", read_day, attribute="jour")
    canal = Column("canal", chooser(_CANAUX, "sur place, téléphone ou courriel"))
    sexe = Column("sexe", chooser(_SEXES, "F, H ou rien"))
    age = Column("age", chooser(_AGES, "-26, +26 ou rien"))

    def __init__(self, *, rules: PastRules, sites: Mapping[str, int]) -> None:
        super().__init__()
        self.rules, self.sites = rules, {fold(code): pk for code, pk in sites.items()}
        statuts, demandes, reponses = (Boxes(rules.versions, kind) for kind in ListKind)
        for name, reader in (
            ("statut", statuts.one),
            ("demandes", demandes.at_least_one),
            ("reponses", reponses.several),
            ("vers", self._places),
            ("precisions", _remark),
            ("numero", _number),
        ):
            self.fields[name] = Column(name, reader)
        self._numbers: dict[str, int] = {}

    def get_import_order(self) -> list[str]:
        return list(self.fields)

    def _places(self, text: str) -> tuple[int, ...]:
        found = []
        for part in re.split(r"[,/|\n]", text):
            if part.strip():
                pk = self.sites.get(fold(part))
                if pk is None:
                    raise ValueError(
                        f"« {part.strip()[:30]} » n’est pas le sigle d’une structure de la région."
                    )
                found.append(pk)
        return tuple(found)

    def check_row(self, row: Row) -> None:
        try:
            row.data = fiche_of(row)  # type: ignore[attr-defined]
            row.version = self.rules.check(row.data)  # type: ignore[attr-defined]
        except Refused as refused:
            raise Refused(str(refused), _COLUMN.get(refused.field or "", refused.field)) from None
        numero = getattr(row, "numero", "")
        if numero and self._numbers.setdefault(numero, row.line) != row.line:
            raise Refused(f"Ce numéro est déjà celui de la ligne {self._numbers[numero]}.", "numero")

    def keyed(self, reading: Reading) -> list[tuple[Row, PastFiche]]:
        """Rows with their key: the same file, deposited again or sorted otherwise, gives the same keys."""
        seen: Counter[str] = Counter()
        keyed = []
        for row in reading.rows:
            numero = getattr(row, "numero", "")
            content = f"n:{numero}" if numero else "c:" + canonical_line(row)
            seen[content] += 1
            key = uuid.uuid5(_SPACE, f"{self.rules.site.pk}|{content}|{seen[content]}")
            keyed.append((row, PastFiche(row.data, key)))  # type: ignore[attr-defined]
        return keyed


def _remark(text: str) -> str:
    cleaned = clean_text(text)
    check_precisions(cleaned)
    return cleaned


def _number(text: str) -> str:
    if len(text) > 20 or not re.fullmatch(r"[\w./-]*", text, re.ASCII):
        raise ValueError("Un numéro de fiche tient en 20 lettres et chiffres.")
    return text


def fiche_of(row: Row) -> FicheData:
    """The contact of one row, as the services take it."""
    value = {name: getattr(row, name, None) for name in ("jour", *HEADERS)}
    return FicheData(
        jour=value["jour"],
        canal=value["canal"],
        statut=value["statut"],
        demandes=value["demandes"],
        reponses=value["reponses"] or (),
        sexe=value["sexe"] or "",
        age=value["age"] or "",
        precisions=value["precisions"] or "",
        destinations=tuple(DestinationData(pk) for pk in value["vers"] or ()),
    )


def canonical_line(row: Row, places: Mapping[int, str] | None = None) -> str:
    """One row as the portal writes it: numbers and codes, in the order of ``HEADERS``."""
    data: FicheData = row.data  # type: ignore[attr-defined]
    to = [places[d.site_id] if places else str(d.site_id) for d in data.destinations]
    cells: Iterable[str] = (
        data.jour.isoformat(),
        data.canal.replace("_", " "),
        data.sexe,
        {"": "", Age.MOINS_26: "moins 26", Age.PLUS_26: "plus 26"}[data.age],
        str(data.statut),
        ",".join(map(str, data.demandes)),
        ",".join(map(str, data.reponses)),
        ",".join(to),
        data.precisions,
        getattr(row, "numero", "") or "",
    )
    return _line(cells)


def places_of(by: Actor, site: Site) -> dict[str, int]:
    """« LIL-CIO » to id: how a file names the structures people were sent to."""
    rows = Site.objects.visible_to(by).can_be_suggested().filter(region_id=site.region_id).exclude(pk=site.pk)
    return {
        f"{short}-{code}": pk for pk, short, code in rows.values_list("pk", "territory__short_code", "code")
    }


def dry_run(*, by: Actor, site: Site, content: bytes) -> tuple[DryRun, bytes]:
    """Read a file and compare it with what the site has; nothing is written. Also returns what would be kept
    of it.

    Raises ``Refused`` (field ``fichier``) when the file can't be read as a table of the model.
    """
    sheet = sheets.read(
        content, max_rows=settings.IMPORT_MAX_ROWS, max_bytes=settings.UPLOAD_MAX_BYTES, sheet="fiches"
    )
    places = places_of(by, site)
    resource = PastFicheResource(rules=PastRules(site), sites=places)
    reading = resource.read(sheet)
    keyed = resource.keyed(reading)
    known = known_keys(by, site, (fiche.cle_idempotence for _, fiche in keyed))
    lines = [Line(row, fiche, fiche.cle_idempotence in known) for row, fiche in keyed]
    run = DryRun(lines, sorted(reading.errors, key=lambda error: error.line), reading.total)
    kept = b"" if run.errors else canonical_file(reading.rows, {pk: code for code, pk in places.items()})
    return run, kept


def canonical_file(rows: Iterable[Row], places: Mapping[int, str]) -> bytes:
    """What is kept of a deposited file: the columns of the model, checked, and nothing else."""
    return (_line(HEADERS) + "".join(canonical_line(row, places) for row in rows)).encode()


def _line(cells: Iterable[str]) -> str:
    """Kept as it is, never shown to a spreadsheet: an added apostrophe would come back as text."""
    target = io.StringIO()
    csv.writer(target, delimiter=";", lineterminator="\n").writerow(cells)
    return target.getvalue()
