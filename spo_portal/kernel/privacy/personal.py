"""Refusal of text that looks like it names or reaches someone.

Rule: what is kept holds nothing that leads to a person; e-mail addresses, telephone numbers, long runs of
digits, postal addresses, dates of birth, names after a civility are refused, and the message says what to
remove and why. Ordinary remarks (levels, years, hours, amounts, lists) pass.
Source: règle du portail, « rien sur la personne n’est gardé ».

Every pattern has bounded repeats and is run on folded text, so time grows with the length only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ..typography import NBSP
from .digits import looks_like

KEPT = "le texte gardé"
_WHAT = {
    "email": "l’adresse électronique",
    "handle": "le compte en ligne",
    "phone": "le numéro de téléphone",
    "nir": "le numéro de sécurité sociale",
    "digits": "la longue suite de chiffres",
    "birth": "la date de naissance",
    "address": "l’adresse postale",
    "name": "le nom",
}
_WHY = {
    "email": "ne contient aucune coordonnée",
    "handle": "ne contient aucune coordonnée",
    "phone": "ne contient aucune coordonnée",
    "address": "ne contient aucune coordonnée",
}
_MONTHS = "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
_MAILBOX = "gmail|hotmail|outlook|yahoo|wanadoo|laposte|icloud|live|sfr|orange|free|protonmail|gmx|msn"
_DIGIT_WORD = "un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|zero"
_CIVILITY = r"mme|mlle|mr|monsieur|madame|mademoiselle|messieurs|mesdames|m\.|dr|docteur|maitre"
_STREET = (
    "rue|avenue|av|boulevard|bd|bld|bvd|allee|allees|impasse|chemin|quai|sentier|ruelle|faubourg|hameau|lotissement"
    "|esplanade|rond-point|lieu-dit|route nationale|route departementale"
)
_DOUBTFUL_STREET = "place|cours|route|cite|square|passage|residence|villa|clos|parc|mail|port|pont|voie"

_STREET_NUMBER = r"\b\d{1,4} ?(?:bis|ter|quater|[a-d])?[ ,]{1,2}"
_AT = r"(?:@|[(\[{<] ?(?:at|a|arobase|chez) ?[)\]}>])"
_DOT = r"(?:\.|\bpoint\b|\bdot\b)"
_PLATFORM = "facebook|linkedin|instagram|tiktok|snapchat|twitter|whatsapp|telegram"
_WEEKDAY = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_HOME = "habite|habitant|domicilie|domiciliee|reside|loge|logee|adresse"
# A capitalised word, perhaps after a particle.
_PROPER = r"((?:(?:[dD]e|[dD]u|[lL][ae]|[lL]es|[dD]es|[vV]an) ){0,2}[A-ZÀ-ÖØ-Þ][\w'’-]{1,40})"

# Looked for in folded text (lower case, no accents).
_FOLDED = [
    ("email", r"[\w.+-]{1,64}@[\w-]{1,63}"),
    ("email", rf"[\w.+-]{{1,64}} ?{_AT} ?[\w-]{{1,63}} ?{_DOT} ?[a-z]{{2,10}}\b"),
    ("email", rf"\b[\w.+-]{{1,64}} (?:arobase|at|chez) [\w-]{{1,63}} ?{_DOT} ?[a-z]{{2,10}}\b"),
    ("email", rf"\b(?:{_MAILBOX}) ?{_DOT} ?(?:com|fr|net|org|me)\b"),
    ("email", r"\b[\w-]{1,64} arobase\b"),
    ("handle", r"(?:^|[ (])@[a-z_][\w.]{2,30}"),
    ("handle", rf"\b(?:{_PLATFORM})\.(?:com|fr|me)\b"),
    ("handle", rf"\b(?:{_PLATFORM}|insta|snap|skype|discord) ?: ?\w"),
    (
        "phone",
        rf"\bzero[ ,-](?:{_DIGIT_WORD})[ ,-](?:{_DIGIT_WORD}|vingt|trente|quarante|cinquante|soixante)",
    ),
    ("birth", rf"\bne(?:e|\(e\)|\.e)? (?:le (?:\d|1er|{_WEEKDAY})|en (?:19|20)\d\d)"),
    ("birth", r"\b(?:date de naissance|ddn) ?:? ?\d"),
    ("address", rf"{_STREET_NUMBER}(?:{_STREET})\b(?! ?\d)"),
    ("address", rf"\b(?:{_HOME})\b.{{0,20}}\b(?:{_STREET}|place|route|cite)\b"),
    ("address", r"\b(?:bp|cs|boite postale) ?n?°? ?\d{3,5}\b"),
]
# Looked for in text that keeps its case and accents.
_CASED = [
    ("name", rf"\b(?i:{_CIVILITY}) ?(?:[A-Z]\. ?)?{_PROPER}"),
    ("name", rf"\b(?i:s['’]appelle|se nomme|nommée?|prénommée?|se prénomme) {_PROPER}"),
    ("name", rf"\b(?i:nom|prénom|nom de famille|nom et prénom|identité) ?: ?{_PROPER}"),
    (
        "address",
        rf"{_STREET_NUMBER}(?i:{_DOUBTFUL_STREET}) (?:(?i:de la|de l['’]|des|du|de|d['’]) ?)?[A-ZÀ-ÖØ-Þ]",
    ),
]
_FOLDED_PATTERNS = [(kind, re.compile(pattern)) for kind, pattern in _FOLDED]
_CASED_PATTERNS = [(kind, re.compile(pattern)) for kind, pattern in _CASED]
_BIRTH_DAY = re.compile(rf"\b\d{{1,2}}(?:er)? (?:{_MONTHS}) ((?:19|20)\d\d)\b")
# Words after « Madame » that are a function, not a name.
_NOT_A_NAME = {"le", "la", "les", "un", "une", "qui", "est", "a", "souhaite", "bonjour", "merci"}


@dataclass(frozen=True)
class Finding:
    """One thing to remove: its kind, a few characters of it, and what to tell the person who typed it.

    `excerpt` is cut short on purpose: a finding may end in a log.
    """

    kind: str
    excerpt: str
    message: str


def personal_looking(text: str, *, kept: str = KEPT, today: date | None = None) -> list[Finding]:
    """What in this text looks personal, in reading order; an empty list when it may be kept.

    `kept` names what would keep it (« la note gardée »); a full date more than ten years before `today` reads
    as a date of birth.
    """
    plain = _plain(text)
    folded = _fold(plain)
    last_birth_year = (today or date.today()).year - 10  # noqa: DTZ011
    found: dict[str, tuple[int, str]] = {}
    for kind, start, excerpt in _all(plain, folded, last_birth_year):
        if kind not in found or start < found[kind][0]:
            found[kind] = (start, excerpt)
    findings = []
    for kind, (_, text_found) in sorted(found.items(), key=lambda item: item[1][0]):
        excerpt = _short(kind, text_found)
        findings.append(Finding(kind, excerpt, _message(kind, excerpt, kept)))
    return findings


def _all(plain: str, folded: str, last_birth_year: int) -> Iterator[tuple[str, int, str]]:
    for kind, pattern in _FOLDED_PATTERNS:
        match = pattern.search(folded)
        if match:
            yield kind, match.start(), match[0]
    for match in _BIRTH_DAY.finditer(folded):
        if int(match[1]) <= last_birth_year:
            yield "birth", match.start(), match[0]
            break
    shouted = plain.upper() == plain
    for kind, pattern in _CASED_PATTERNS:
        for match in pattern.finditer(plain):
            word = match[1] if match.lastindex else ""
            if not (kind == "name" and (shouted or word.lower() in _NOT_A_NAME)):
                yield kind, match.start(), match[0]
                break
    yield from looks_like(folded, last_birth_year)


def _message(kind: str, excerpt: str, kept: str) -> str:
    why = _WHY.get(kind, "ne doit mener à personne")
    return f"Retirez {_WHAT[kind]} («{NBSP}{excerpt}{NBSP}»){NBSP}: {kept} {why}."


def _short(kind: str, excerpt: str) -> str:
    excerpt = excerpt.strip()
    if kind == "name":
        return f"{excerpt.split()[0]}…"
    return excerpt if len(excerpt) <= 3 else f"{excerpt[:2].strip()}…"


def _plain(text: str) -> str:
    """Compatibility forms undone (full-width digits), invisible characters out, dashes and blanks alike."""
    kept = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Nd":
            kept.append(str(unicodedata.decimal(character)))
        elif category == "Pd" or character == "\u2212":
            kept.append("-")
        elif category[0] == "Z" or character in "\n\r\t\x0b\x0c":
            kept.append(" ")
        elif category[0] != "C" and unicodedata.combining(character) == 0:
            kept.append("." if character in "·•∙‧・" else character)
    return " ".join("".join(kept).split())


def _fold(text: str) -> str:
    letters = (c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return "".join(letters).replace("’", "'").replace("œ", "oe")
