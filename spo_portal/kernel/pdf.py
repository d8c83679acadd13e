"""HTML to tagged PDF (PDF/UA-1), made in capped child processes; nothing reaches a disk.

Only `pdf_child.py`, run apart, imports WeasyPrint: a document holds the interpreter for a fifth of a second,
and only a process can be capped in memory and time. Texts and logs never quote a document.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spo_portal.kernel.pdf_pool import Limits, PdfBusy, PdfFailed, Pool

__all__ = ["Limits", "Part", "PdfBusy", "PdfFailed", "Pool", "Rendered", "fit", "pool", "prewarm", "render"]


@dataclass(frozen=True)
class Part:
    """Consecutive pages laid out together: versions of one HTML from roomy to tight, and the pages expected.

    A ``reusable`` part, the same for many documents and never personal, has its laid-out pages kept.
    """

    html: tuple[str, ...]
    pages: int | None = None
    reusable: bool = False


@dataclass(frozen=True)
class Rendered:
    """A document and what was chosen to make it: candidate, version of each part, whether all fitted."""

    pdf: bytes
    pages: int
    candidate: int
    sizes: tuple[int, ...]
    fits: bool
    cpu_ms: float


_pool: Pool | None = None
_pool_lock = threading.Lock()


def pool() -> Pool:
    """Return this process's pool, made at first use."""
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = Pool(Limits.from_settings())
            atexit.register(_pool.close)
        return _pool


def _forget_parent() -> None:
    """After a fork, the children belong to the parent: leave them alone and start afresh."""
    global _pool, _pool_lock
    _pool, _pool_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_parent)


def prewarm() -> None:
    """Start a child in advance; called by a server process once it is forked."""
    pool().prewarm()


def fit(
    candidates: Sequence[Sequence[Part]],
    *,
    stylesheets: Sequence[str] = (),
    assets: Mapping[str, bytes] | None = None,
    strict: bool = False,
    using: Pool | None = None,
) -> Rendered:
    """Make the first candidate whose parts all have their expected pages; the last one if none fits.

    When none fits and `strict` is true, nothing is made: `pdf` is empty and `fits` false.

    `stylesheets` are CSS texts (parsed once per child), `assets` the only addresses HTML and CSS may use, by
    name; `using` another pool than this process's, for long documents. Raises PdfBusy when the queue is full,
    PdfFailed beyond the caps of time and memory.
    """
    if not candidates or not all(candidates):
        raise ValueError("a document needs at least one part")
    files = dict(assets or {})
    request: dict[str, Any] = {
        "candidates": [
            [{"html": part.html, "pages": part.pages, "reusable": part.reusable} for part in parts]
            for parts in candidates
        ],
        "stylesheets": list(stylesheets),
        "strict": strict,
        "assets": [(name, len(data)) for name, data in files.items()],
    }
    answer, pdf = (using or pool()).ask(request, b"".join(files.values()))
    return Rendered(
        pdf=pdf,
        pages=answer["pages"],
        candidate=answer["candidate"],
        sizes=tuple(answer["sizes"]),
        fits=answer["fits"],
        cpu_ms=answer["cpu_ms"],
    )


def render(html: str, *, stylesheets: Sequence[str] = (), assets: Mapping[str, bytes] | None = None) -> bytes:
    """Return one HTML document as a tagged PDF; its ``<html lang>`` and ``<title>`` become the PDF's."""
    return fit(((Part((html,)),),), stylesheets=stylesheets, assets=assets).pdf
