"""Pictures someone joins: the same pixels, without what a camera or a program notes beside them.

Place, date and author of a photo lead to a person, and what follows the end of a picture may be anything:
only what draws the picture is kept.
"""

import re
import struct
import zlib

from spo_portal.kernel.errors import Refused

SIDE_MAX, PIXELS_MAX = 12_000, 40_000_000
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# What draws the picture; texts, dates and private parts are left behind.
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
# In a scan, FF is followed by 0 (a byte of the picture), by a restart or by the next mark.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def _no(message: str) -> Refused:
    return Refused(message, "fichier")


def _check_size(width: int, height: int) -> None:
    if not (1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX) or width * height > PIXELS_MAX:
        raise _no("Cette image est trop grande : 40 millions de points au plus.")


def clean_png(content: bytes) -> bytes:
    """The same picture with nothing but what draws it; every part is checked against its own sum."""
    kept, at, seen = [PNG], len(PNG), []
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            break
        data = content[at + 8 : end - 4]
        if zlib.crc32(name + data) != int.from_bytes(content[end - 4 : end], "big"):
            break
        if not seen:
            if name != b"IHDR" or length != 13:
                break
            _check_size(*struct.unpack(">II", data[:8]))
        seen.append(name)
        if name in _PNG_KEPT:
            kept.append(content[at:end])
        elif name[:1].isupper():
            break
        at = end
        if name == b"IEND" and b"IDAT" in seen:
            return b"".join(kept)
    raise _no("Cette image PNG est abîmée. Ouvrez-la, enregistrez-la de nouveau et joignez-la.")


def clean_jpeg(content: bytes) -> bytes:
    """The same picture without its notes (place, date, camera, author, hidden thumbnail)."""
    kept, at, sized = [b"\xff\xd8"], 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(content):
            break
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            if length < 8:
                break
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            _check_size(width, height)
            sized = True
        # APP0 and APP14 say how to read the colours; the other APPn and COM are notes.
        if not (0xE1 <= mark <= 0xED or mark in (0xEF, 0xFE)):
            kept.append(content[at:end])
        at = end
        if mark == 0xDA:
            # The scan runs to its next mark; what follows the end of the picture is not the picture.
            found = _AFTER_SCAN.search(content, end)
            if found is None or not sized:
                break
            at = found.start()
            kept.append(content[end:at])
            if content[at + 1] == 0xD9:
                return b"".join([*kept, b"\xff\xd9"])
    raise _no("Cette photo JPEG est abîmée. Ouvrez-la, enregistrez-la de nouveau et joignez-la.")
