"""A workbook written by one fresh process: ours, or xlsxwriter alone with the same cells.

``python -m tests.bench.xlsx_alone ours|bare rows``: one JSON line, processor seconds and peak of memory.
"""

import datetime
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator

DAY = datetime.date(2025, 1, 1)
WORDS = (
    "Salarié",
    "Demandeur d’emploi inscrit",
    "Découvrir un métier",
    "Financer une formation",
    "Sur place",
)
HEADS = (
    "Référence", "Date", "Canal", "Sexe", "Âge", "Statut", "Demande initiale", "Réponse apportée", "Issue",
    "Orientée vers", "Suite connue", "Suite connue le", "Suite dite par", "Numéro",
)  # fmt: skip
DATES, NUMBERS = (1, 11), (13,)


def cells(rows: int) -> Iterator[list[object]]:
    """Lines like those of fiches: references, dates, words, a number."""
    for number in range(rows):
        words = [WORDS[(number + place) % len(WORDS)] for place in range(len(HEADS))]
        line: list[object] = [f"LIL-CIO-25-{number:06d}", *words[1:]]
        for place in DATES:
            line[place] = DAY + datetime.timedelta(days=(number + place) % 365)
        line[13] = number
        yield line


def ours(rows: int) -> None:
    from spo_portal.kernel.tables import Column, Table, xlsx_file

    kinds = ["date" if n in DATES else "int" if n in NUMBERS else "text" for n in range(len(HEADS))]
    columns = [Column(head, kind) for head, kind in zip(HEADS, kinds, strict=True)]  # type: ignore[arg-type]
    with tempfile.TemporaryFile() as target:
        xlsx_file([Table("Fiches", "Fiches", columns, cells(rows))], [("Source", "mesure")], target)


def bare(rows: int) -> None:
    import xlsxwriter

    with tempfile.NamedTemporaryFile(suffix=".xlsx") as target:
        book = xlsxwriter.Workbook(target.name, {"constant_memory": True})
        sheet = book.add_worksheet("Fiches")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for place, head in enumerate(HEADS):
            sheet.write_string(0, place, head)
        for number, line in enumerate(cells(rows), 1):
            for place, value in enumerate(line):
                if place in DATES:
                    sheet.write_datetime(number, place, value, day)
                elif place in NUMBERS:
                    sheet.write_number(number, place, value)
                else:
                    sheet.write_string(number, place, value)
        book.close()


def main() -> None:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spo_portal.settings.test")
    which, rows = sys.argv[1], int(sys.argv[2])
    if which == "ours":
        import django

        django.setup()
    started = time.process_time()
    (ours if which == "ours" else bare)(rows)
    spent = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": spent, "peak": peak}))


if __name__ == "__main__":
    main()
