"""Text search of places: French full text without accents; a word no place has is read as the closest ones.

« misson local » finds the missions locales, « cio lile » the CIO of Lille. The words are compared, and the
places found, by two functions of the database that keep to the regions of the transaction's scope.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models.expressions import RawSQL

from territories.services.search import QUERY_MAX, fold

# Words that tell nothing apart when looking for a place.
EMPTY = frozenset({"de", "du", "des", "la", "le", "les", "l", "d", "et", "a", "au", "aux", "en"})
MOST_WORDS = 8
# A word is read as its closest ones, and those almost as close.
NEARLY = 0.12


@dataclass(frozen=True, slots=True)
class Question:
    """What a text asks: ``strict`` every word, ``loose`` some of them, as PostgreSQL reads them.

    ``read`` is the text with misspelt words replaced, empty when none was; a question without words (nothing
    typed, or signs alone) has both empty.
    """

    strict: str = ""
    loose: str = ""
    read: str = ""


def words_of(text: str) -> list[str]:
    """The words that count, folded: letters and digits alone, so that nothing typed is an operator."""
    words = [word[:40] for word in fold(text[:QUERY_MAX]).split() if word not in EMPTY]
    return list(dict.fromkeys(words))[:MOST_WORDS]


def question_of(text: str) -> Question:
    """Read a text within the scope of the transaction, in one query."""
    words = words_of(text)
    if not words:
        return Question()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT place, word, known, close, (ts_lexize('french_stem', word))[1]"
            " FROM territories_search_words(%s)",
            [words],
        )
        rows = cursor.fetchall()
    terms, read = [], []
    for number, typed in enumerate(words, 1):
        found = [row for row in rows if row[0] == number]
        known = [row for row in found if row[2]]
        if known:
            stem = known[0][4]
            # The stem finds plurals and feminines; the start finds a word still being typed.
            terms.append(f"({typed}:* | {stem})" if stem else f"{typed}:*")
            read.append(typed)
        elif found:
            near = [row[1] for row in found if row[3] >= found[0][3] - NEARLY][:4]
            terms.append(f"({' | '.join(near)})")
            read.append(near[0])
        else:
            terms.append(typed)
            read.append(typed)
    corrected = " ".join(read) if read != words else ""
    return Question(" & ".join(terms), " | ".join(terms), corrected)


def found_by(tsquery: str) -> RawSQL:
    """Keys of the places whose text answers: ``filter(pk__in=found_by(question.strict))``."""
    return RawSQL("SELECT territories_search_places(to_tsquery('simple', %s))", [tsquery])
