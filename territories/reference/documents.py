"""Readers of the JSON documents: lists of the fiche, words of each Region, orientation rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from territories.reference import colours
from territories.reference import fields as f
from territories.reference.csvfile import read_bytes
from territories.reference.rows import (
    AGES,
    ListItem,
    ListVersionRow,
    Read,
    Refusal,
    ResourceRow,
    RuleRow,
    VocabularyRow,
)
from territories.reference.svg import read_svg

T = TypeVar("T")

ITEM_CODE = re.compile(r"[a-z][a-z0-9_]*\Z")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
HTTPS = re.compile(r"https://[a-z0-9.-]+(?:/[^\s<>\"'@]*)?\Z")
GENDERS = {"masculin": "masculin", "feminin": "feminin"}
REGIMES = {"spo": "spo", "spro": "spro"}
CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class _Object:
    """A JSON object read with typed getters; every error is a ``BadField`` that names the key."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise f.BadField(f"{where} : un objet est attendu")
        self.values: dict[str, Any] = value
        self.where = where

    def text(self, key: str, limit: int, *, required: bool = True) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str) or CONTROL.search(value):
            raise f.BadField(f"{self.where} : {key} doit être un texte simple")
        return f.label({key: value.strip()}, key, limit, required=required)

    def form(self, key: str, pattern: re.Pattern[str], limit: int, *, required: bool = True) -> str:
        return f.matching(
            {key: self.text(key, limit, required=required)}, key, pattern, limit, required=required
        )

    def choice(self, key: str, allowed: Mapping[str, str]) -> str:
        return f.choice({key: self.text(key, 40)}, key, allowed)

    def number(self, key: str, lowest: int, highest: int) -> int:
        value = self.values.get(key)
        if type(value) is not int or not lowest <= value <= highest:
            raise f.BadField(f"{self.where} : {key} doit être un nombre entier de {lowest} à {highest}")
        return value

    def object(self, key: str) -> _Object:
        return _Object(self.values.get(key), f"{self.where}, {key}")

    def array(self, key: str, highest: int) -> list[Any]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or len(value) > highest:
            raise f.BadField(f"{self.where} : {key} doit être une liste de {highest} éléments au plus")
        return value

    def codes(self, key: str, highest: int = 20) -> tuple[str, ...]:
        values = self.array(key, highest)
        if not all(isinstance(v, str) and (v == "" or ITEM_CODE.match(v)) for v in values):
            raise f.BadField(f"{self.where} : {key} contient un code mal écrit")
        if len(set(values)) != len(values):
            raise f.BadField(f"{self.where} : {key} répète un code")
        return tuple(values)


def _regions(path: Path, read: Read[T]) -> dict[str, object]:
    content = read_bytes(path)
    if isinstance(content, Refusal):
        read.refusals.append(content)
        return {}
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        read.refuse(path.name, 0, "le fichier n’est pas un JSON lisible en UTF-8")
        return {}
    if not isinstance(document, dict):
        read.refuse(path.name, 0, "un objet dont les clés sont les régions est attendu")
        return {}
    return document


def _each(path: Path, parse: Callable[[str, object], T]) -> Read[T]:
    read: Read[T] = Read()
    for region, value in _regions(path, read).items():
        try:
            read.take(0, parse(region, value))
        except f.BadField as bad:
            read.refuse(path.name, 0, f"{f.shown(region)} : {bad}")
    return read


def read_lists(path: Path) -> Read[ListVersionRow]:
    """Versioned lists of the fiche (GUIDE p. 16): 10 statuts, 7 demandes, 7 réponses in version 1."""

    def items(source: _Object, key: str) -> tuple[ListItem, ...]:
        found = []
        for rank, value in enumerate(source.array(key, 30), start=1):
            item = _Object(value, f"{key} {rank}")
            found.append(
                ListItem(
                    n=item.number("n", 1, 32_767),
                    code=item.form("code", ITEM_CODE, 32),
                    label=item.text("label", 120),
                    short=item.text("court", 40),
                    paper=item.text("papier", 120),
                )
            )
        if not found or len({i.n for i in found}) != len(found) or len({i.code for i in found}) != len(found):
            raise f.BadField(f"{key} est vide, ou répète un numéro ou un code")
        return tuple(found)

    def words(source: _Object, key: str, known: tuple[ListItem, ...]) -> dict[str, tuple[str, ...]]:
        table = source.object(key)
        mapping = {word: table.codes(word) for word in table.values}
        if not {code for codes in mapping.values() for code in codes} <= {item.code for item in known}:
            raise f.BadField(f"référentiel, {key} : un code n’est pas dans la liste")
        return mapping

    def parse(region: str, value: object) -> ListVersionRow:
        source = _Object(value, "listes")
        statuts, demandes = items(source, "statut"), items(source, "demande")
        reference = source.object("referentiel")
        return ListVersionRow(
            region=region,
            number=source.number("version", 1, 9_999),
            starts_on=f.day(source.values.get("debut"), "debut"),
            statuts=statuts,
            demandes=demandes,
            reponses=items(source, "reponse"),
            referentiel_statuts=words(reference, "statuts", statuts),
            referentiel_demandes=words(reference, "demandes", demandes),
        )

    return _each(path, parse)


def read_vocabularies(path: Path) -> Read[VocabularyRow]:
    """Words, brand and verso of each Region. A colour under its contrast is refused, not corrected."""

    def resource(value: object) -> ResourceRow:
        source = _Object(value, "ressource")
        checked = source.text("verifie_le", 10, required=False)
        return ResourceRow(
            category=source.text("categorie", 80),
            name=source.text("nom", 80),
            url=source.form("url", HTTPS, 200),
            checked_on=f.day(checked, "verifie_le") if checked else None,
            example=source.values.get("exemple") is True,
        )

    def colour(source: _Object, key: str, minimum: float) -> str:
        value = source.text(key, 7)
        if problem := colours.problem(value, minimum):
            raise f.BadField(f"{key} : {problem}")
        return value

    def parse(region: str, value: object) -> VocabularyRow:
        source = _Object(value, "vocabulaire")
        local, body, animation = (source.object(k) for k in ("niveau_local", "instance", "animation"))
        return VocabularyRow(
            region=region,
            name=source.text("nom", 60),
            slug=source.form("slug", SLUG, 40),
            regime=source.choice("regime", REGIMES),
            portal_name=source.text("nom_du_site", 60),
            service_name=source.text("service", 80),
            service_short=source.text("service_court", 8),
            territory_word=local.text("singulier", 40),
            territory_word_plural=local.text("pluriel", 40),
            territory_gender=local.choice("genre", GENDERS),
            territory_short=local.text("court", 20),
            territory_short_plural=local.text("court_pluriel", 20),
            body_name=body.text("sigle", 20),
            body_long=body.text("nom", 120),
            animation_name=animation.text("sigle", 60),
            animation_long=animation.text("nom", 120),
            brand_primary=colour(source, "couleur_principale", colours.PRIMARY_MIN),
            brand_accent=colour(source, "couleur_accent", colours.ACCENT_MIN),
            logo_svg=read_svg(path.parent / "logos" / source.form("logo", f.KEY, 60)),
            public_site=source.form("site_public", HTTPS, 120, required=False),
            welcome_sentence=source.text("accueil", 160),
            resources=tuple(resource(v) for v in source.array("ressources", 60)),
        )

    return _each(path, parse)


def read_rules(path: Path) -> Read[RuleRow]:
    """Orientation rules: a bad rule is refused alone; its rank in the Region stands for the line."""
    read: Read[RuleRow] = Read()

    def parse(region: str, value: object, rank: int) -> RuleRow:
        source = _Object(value, f"règle {rank}")
        reseau = source.form("reseau", f.CODE, 24, required=False)
        partner = source.form("partenaire", f.CODE, 40, required=False)
        if bool(reseau) == bool(partner):
            raise f.BadField("une règle vise un réseau ou une nature de partenaire, et un seul")
        if partner == "ORGANISME_FORMATION":
            raise f.BadField("un organisme de formation n’est jamais proposé")
        ages = source.codes("ages")
        if not set(ages) <= set(AGES):
            raise f.BadField("âge inconnu")
        return RuleRow(
            region=region,
            statuts=source.codes("statuts"),
            ages=ages,
            demandes=source.codes("demandes"),
            reseau=reseau,
            partner_kind=partner,
            weight=source.number("poids", 1, 100),
            reason=source.text("raison", 200),
        )

    for region, values in _regions(path, read).items():
        if not isinstance(values, list) or len(values) > 500:
            read.refuse(path.name, 0, f"{f.shown(region)} : une liste de 500 règles au plus est attendue")
            continue
        for rank, value in enumerate(values, start=1):
            try:
                read.take(rank, parse(region, value, rank))
            except f.BadField as bad:
                read.refuse(path.name, rank, f"{f.shown(region)} : {bad}")
    return read
