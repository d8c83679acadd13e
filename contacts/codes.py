"""Return codes: the only thing that links a re-oriented person's visit to a fiche, without a name.

A code is eight symbols plus a check character (domain: "the loop closes without a name"). It is derived,
never drawn and stored: the printed sheet can be made again from the fiche, and the database keeps a keyed
hash only, so that neither a dump nor a log gives a code back. Pure functions, no framework, no clock.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from uuid import UUID

# 23 symbols, a prime, without 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: none of them is mistaken for another, on a bad
# photocopy or over the telephone. Weights 1..8 modulo 23 catch any single wrong character and any swap of
# two neighbours, the check character included (9 is invertible modulo 23).
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
BODY = 8
LENGTH = BODY + 1

_MODULUS = len(ALPHABET)
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
# Bytes above the largest multiple of 23 are thrown away, so that every symbol is equally likely.
_UNBIASED = 256 - 256 % _MODULUS
_DERIVE = b"return-code/derive/1\x00"
_HASH = b"return-code/hash/1\x00"
_NBSP = "\u00a0"
# Typed text longer than this is not a code with separators; it is cut before any work is done on it.
_LONGEST_INPUT = 64

# Characters that never appear in a code, and what the reader probably saw.
_LOOKALIKES = {
    "0": "D ou Q",
    "O": "D ou Q",
    "1": "7 ou T",
    "I": "T ou J",
    "L": "E ou T",
    "2": "7",
    "Z": "7",
    "5": "6",
    "S": "9 ou 6",
    "8": "3 ou 6",
    "B": "3 ou R",
    "U": "W ou J",
    "V": "Y ou W",
}


def check_character(body: str) -> str:
    """Return the ninth character of an eight-symbol body."""
    if len(body) != BODY or any(symbol not in _VALUES for symbol in body):
        raise ValueError("a body is eight symbols of the alphabet")
    return ALPHABET[sum(weight * _VALUES[symbol] for weight, symbol in enumerate(body, 1)) % _MODULUS]


def normalise(text: str) -> str:
    """Return what was meant by a typed code: upper case, without spaces, dashes, dots or invisible marks."""
    wide = unicodedata.normalize("NFKC", text[:_LONGEST_INPUT]).upper()
    return "".join(c for c in wide if c.isalnum())


def is_valid(text: str) -> bool:
    """Say whether a typed text is a well-formed code; it says nothing about the code having been given."""
    code = normalise(text)
    if len(code) != LENGTH or any(symbol not in _VALUES for symbol in code):
        return False
    return check_character(code[:BODY]) == code[BODY]


def hint(text: str) -> str:
    """Return one plain French sentence telling what is wrong with a typed code, or an empty string."""
    code = normalise(text)
    for symbol in code:
        if symbol in _LOOKALIKES:
            likely = _LOOKALIKES[symbol]
            return f"Le caractère « {symbol} » n’existe pas dans un code : relisez-le (peut-être {likely})."
        if symbol not in _VALUES:
            return f"Le caractère « {symbol} » n’existe pas dans un code."
    if len(code) != LENGTH:
        missing = "il en manque" if len(code) < LENGTH else "il y en a trop"
        return f"Un code compte {LENGTH} caractères : {missing}."
    if is_valid(code):
        return ""
    return "Un caractère est mal lu, ou deux caractères sont inversés : relisez le code."


def display(code: str) -> str:
    """Return the code as printed: 4 + 4 + 1 characters, kept on one line by no-break spaces."""
    plain = normalise(code)
    return _NBSP.join((plain[:4], plain[4:BODY], plain[BODY:]))


def derive(key: bytes, fiche_uuid: UUID, nonce: int) -> str:
    """Return the code of a fiche: the same key, fiche and nonce always give the same nine characters.

    `nonce` moves on when a code collides with a live one or is given again after a correction.
    """
    if not key:
        raise ValueError("an empty key would make every code guessable")
    message = _DERIVE + fiche_uuid.bytes + nonce.to_bytes(8, "big")
    body, block = "", 0
    while len(body) < BODY:
        digest = hmac.new(key, message + block.to_bytes(4, "big"), hashlib.sha256).digest()
        body += "".join(ALPHABET[byte % _MODULUS] for byte in digest if byte < _UNBIASED)
        block += 1
    body = body[:BODY]
    return body + check_character(body)


def code_hash(key: bytes, code: str) -> bytes:
    """Return the 32 bytes kept in the database in place of the code; ValueError if it is malformed."""
    if not key:
        raise ValueError("an empty key would make the hash reversible by trying every code")
    if not is_valid(code):
        raise ValueError("malformed return code")
    return hmac.new(key, _HASH + normalise(code).encode("ascii"), hashlib.sha256).digest()
