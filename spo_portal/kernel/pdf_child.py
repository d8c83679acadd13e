"""The process that turns HTML into tagged PDF: `python -m spo_portal.kernel.pdf_child`, driven by `pdf.py`.

It reads requests on its standard input and answers on its standard output, so nothing ever reaches a disk:
it may not write files (RLIMIT_FSIZE 0), dump core, open a socket, or read a file outside Python's own
directories. It ends by itself when its parent does (end of input), whatever killed the parent. It lives in
another process because WeasyPrint holds the interpreter and because only a process can be capped.

Frame, both ways: 4 bytes (length of the JSON header), 8 bytes (length of the payload), header, payload.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import signal
import struct
import sys
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, BinaryIO

from weasyprint import CSS, HTML
from weasyprint.document import Document, Page
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

HEADER = struct.Struct(">IQ")
# Relative addresses resolve to a host that can't exist (RFC 2606); the fetcher answers for it from a mapping.
ORIGIN = "https://asset.invalid/"
TYPES = {"css": "text/css", "svg": "image/svg+xml", "png": "image/png"}
VARIANT = "pdf/ua-1"
MAX_SHEETS = 32
MAX_LAID_OUT = 24
# A document leaves garbage in cycles: collecting it at each step costs a tenth of the time (measured).
GC_THRESHOLD = (50_000, 20, 50)
_WARM_UP = (
    '<html lang="fr"><title>x</title>'
    '<style>*{font-family:"DejaVu Sans Condensed","DejaVu Sans",sans-serif}</style>'
    "<h1>Éà</h1><p>Œuf <b>gras ☒</b></p></html>"
)

Laid = tuple[list[Page], Document]


class DenyAll(URLFetcher):
    """Serve the request's own assets and inline SVG pictures; refuse every other address."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self.assets: Mapping[str, bytes] = {}

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix(ORIGIN)
        if name != url and name in self.assets:
            kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
            return URLFetcherResponse(url, self.assets[name], {"Content-Type": kind})
        if url.startswith("data:image/svg+xml"):
            return super().fetch(url, headers)
        # ValueError, not FatalURLFetchingError: the latter is a BaseException and would end the process.
        raise ValueError("refused address")


class Renderer:
    """Lay out and write documents; style sheets, fonts and reusable parts are kept between documents."""

    def __init__(self) -> None:
        self.fetcher = DenyAll()
        self.fonts = FontConfiguration()
        self._sheets: OrderedDict[str, CSS] = OrderedDict()
        self._laid: OrderedDict[bytes, Laid] = OrderedDict()

    def _sheet(self, text: str) -> CSS:
        sheet = self._sheets.get(text)
        if sheet is None:
            sheet = CSS(string=text, base_url=ORIGIN, font_config=self.fonts, url_fetcher=self.fetcher)
            self._sheets[text] = sheet
            if len(self._sheets) > MAX_SHEETS:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(text)
        return sheet

    def _lay_out(self, html: str, sheets: list[CSS]) -> Laid:
        # A fresh image cache: a shared one would keep every inline picture ever seen.
        document = HTML(string=html, base_url=ORIGIN, url_fetcher=self.fetcher).render(
            stylesheets=sheets, font_config=self.fonts, pdf_variant=VARIANT, pdf_tags=True, cache={}
        )
        return list(document.pages), document

    def render(
        self,
        candidates: list[list[dict[str, Any]]],
        stylesheets: list[str],
        assets: Mapping[str, bytes],
        strict: bool = False,
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the first candidate whose parts all have their expected pages; else the last, or nothing."""
        self.fetcher.assets = assets
        sheets = [self._sheet(text) for text in stylesheets]
        context = hashlib.sha256(repr(stylesheets).encode())
        for name in sorted(assets):
            context.update(name.encode() + b"\x00" + hashlib.sha256(assets[name]).digest())
        seen: dict[bytes, Laid] = {}

        def laid(html: str, reusable: bool) -> Laid:
            digest = context.copy()
            digest.update(html.encode())
            key = digest.digest()
            found = seen.get(key) or self._laid.get(key)
            if found is None:
                found = self._lay_out(html, sheets)
                if reusable:
                    self._laid[key] = found
                    if len(self._laid) > MAX_LAID_OUT:
                        self._laid.popitem(last=False)
            elif reusable:
                self._laid.move_to_end(key)
            seen[key] = found
            return found

        def attempt(parts: list[dict[str, Any]], final: bool) -> tuple[list[tuple[int, Laid]], bool]:
            """Take the first version of each part that fits; give up on a part without one, unless final."""
            chosen, fits = [], True
            for part in parts:
                size, fitting = -1, False
                while not fitting and size + 1 < len(part["html"]):
                    size += 1
                    found = laid(part["html"][size], part["reusable"])
                    fitting = part["pages"] in (None, len(found[0]))
                chosen.append((size, found))
                fits = fits and fitting
                if not fits and not final:
                    break
            return chosen, fits

        for number, parts in enumerate(candidates):
            chosen, fits = attempt(parts, final=not strict and number == len(candidates) - 1)
            if fits:
                break
        pages = [page for _, found in chosen for page in found[0]]
        pdf = b""
        if fits or not strict:
            # The title and the language are those of the first part.
            pdf = chosen[0][1][1].copy(pages).write_pdf(pdf_variant=VARIANT)
        return pdf, {
            "pages": len(pages),
            "candidate": number,
            "sizes": [size for size, _ in chosen],
            "fits": fits,
        }


def lock_down(memory: int) -> None:
    """Cap this process and refuse what a document has no reason to do. Irreversible."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    homes = {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)}
    allowed = tuple(os.path.realpath(home) + os.sep for home in homes)
    refused = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "ctypes.dlopen")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(refused):
            raise PermissionError("refused by the document process")
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(allowed):
                raise PermissionError("refused by the document process")

    sys.addaudithook(hook)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _send(stream: BinaryIO, header: dict[str, Any], payload: bytes = b"") -> None:
    head = json.dumps(header).encode()
    stream.write(HEADER.pack(len(head), len(payload)) + head)
    stream.write(payload)
    stream.flush()


def _where(error: BaseException) -> list[str]:
    """Return file names and line numbers only: a message could quote the document."""
    steps, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}")
        trace = trace.tb_next
    return steps[-4:]


def serve(source: BinaryIO, target: BinaryIO, memory: int, seconds: int) -> None:
    """Answer requests until the end of input, or until a document left this process unfit for another."""
    renderer = Renderer()
    renderer.render([[{"html": [_WARM_UP], "pages": None, "reusable": False}]], [], {})
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    lock_down(memory)
    _send(target, {"ready": True})
    while True:
        try:
            head, body = HEADER.unpack(_exactly(source, HEADER.size))
            request = json.loads(_exactly(source, head))
            payload = _exactly(source, body)
        except EOFError:
            return
        if request.get("ping"):
            _send(target, {"ready": True})
            continue
        assets, at = {}, 0
        for name, size in request["assets"]:
            assets[name] = payload[at : at + size]
            at += size
        used = time.process_time()
        # The parent's clock is the first cap; this one holds even when the parent has just died.
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + seconds + 2, resource.RLIM_INFINITY))
        try:
            pdf, answer = renderer.render(
                request["candidates"], request["stylesheets"], assets, request["strict"]
            )
        except BaseException as error:
            _send(target, {"error": type(error).__name__, "where": _where(error)})
            return
        answer["cpu_ms"] = round((time.process_time() - used) * 1000, 1)
        size = int(os.pread(statm, 64, 0).split()[0]) * resource.getpagesize()
        answer["retire"] = size > memory * 0.7
        _send(target, answer, pdf)
        if answer["retire"]:
            return
        del request, payload, assets, pdf, answer


def main() -> None:
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    # Standard output is the channel: anything printed by a library must not end up in a frame.
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, channel, memory, seconds)


if __name__ == "__main__":
    main()
