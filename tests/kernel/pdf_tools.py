"""Probes of the document tests: a listening socket, a file that must not be read, and a walk of the tags."""

from __future__ import annotations

import base64
import io
import secrets
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from pypdf import PdfReader

_NESTED = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    '<image href="HTTP/nested" width="9" height="9"/></svg>'
)

# HTTP becomes the probe's address, FILE the address of the file that must not be read.
VECTORS = {
    "01-img": '<img src="HTTP/img" alt="x">',
    "02-import": '<style>@import url("HTTP/import");</style>',
    "03-background": '<p style="background: url(HTTP/background)">x</p>',
    "04-stylesheet": '<link rel="stylesheet" href="HTTP/sheet">',
    "05-link-attachment": '<link rel="attachment" href="FILE">',
    "06-anchor-attachment": '<a rel="attachment" href="FILE">x</a>',
    "07-object": '<object data="HTTP/object" type="image/png">x</object>',
    "08-embed": '<embed src="HTTP/embed" type="image/png">',
    "09-svg-image": '<svg width="9" height="9"><image href="HTTP/svg" width="9" height="9"/></svg>',
    "10-svg-use": '<svg width="9" height="9"><use href="HTTP/use.svg#a"/></svg>',
    "11-font": '<style>@font-face {font-family: f; src: url("HTTP/font")} p {font-family: f}</style><p>x</p>',
    "12-content": '<style>i::before { content: url("HTTP/content") }</style><i>x</i>',
    "13-list-image": '<ul style="list-style-image: url(HTTP/list)"><li>x</li></ul>',
    "14-base": '<base href="HTTP/base/"><img src="relative" alt="x">',
    "15-data-svg": f'<img alt="x" src="data:image/svg+xml,{quote(_NESTED, safe="HTP/")}">',
    "16-file-img": '<img src="FILE" alt="x"><iframe src="FILE"></iframe>',
    "17-data-svg-file": '<img alt="x" src="data:image/svg+xml,SVGFILE">',
    "18-file-sheet": '<link rel="stylesheet" href="FILE"><link rel="icon" href="HTTP/icon">',
}


class Canary:
    """A loopback address that counts connections, and a file whose content must not come out."""

    def __enter__(self) -> Canary:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.token = secrets.token_hex(12)
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name, "canary.txt")
        path.write_text(self.token, encoding="ascii")
        self.file = path.as_uri()
        self._seen: list[int] = []
        self._probes: set[int] = set()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()
        return self

    def _count(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:
                return
            self._seen.append(address[1])
            connection.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._folder.cleanup()

    def fill(self, vector: str) -> str:
        """Put this probe's addresses in a vector."""
        address = f"http://127.0.0.1:{self.port}"
        nested = _NESTED.replace("HTTP/nested", self.file)
        return vector.replace("SVGFILE", quote(nested)).replace("HTTP", address).replace("FILE", self.file)

    def hits(self) -> int:
        """Return the connections seen; a probing one is made last, so that none is still on its way."""
        with socket.create_connection(("127.0.0.1", self.port)) as probe:
            mine = probe.getsockname()[1]
            self._probes.add(mine)
            # Connections are taken in their order: once the probe is seen, all those before it are.
            for _ in range(2000):
                if mine in self._seen:
                    break
                threading.Event().wait(0.005)
            else:
                raise AssertionError("the probe was not seen")
        return sum(port not in self._probes for port in self._seen)

    def leaked(self, data: bytes) -> bool:
        """Say whether the file's content is anywhere in a PDF, embedded, compressed or printed."""
        reader = PdfReader(io.BytesIO(data))
        if reader.attachments:
            return True
        wanted = {self.token.encode(), base64.b64encode(self.token.encode())}
        streams = [data]
        for number in range(1, len(reader.xref_objStm) + sum(len(v) for v in reader.xref.values()) + 1):
            try:
                thing = reader.get_object(number)
                streams.append(thing.get_data())  # type: ignore[union-attr]
            except Exception:
                continue
        streams.append("".join(page.extract_text() for page in reader.pages).encode())
        return any(token in stream for token in wanted for stream in streams)


def elements(reader: PdfReader) -> list[tuple[str, str]]:
    """Return the tags of a PDF in reading order, each with its alternative text or an empty one."""
    found: list[tuple[str, str]] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for kid in node:
                walk(kid)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append((str(node["/S"]), str(node.get("/Alt", ""))))
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found
