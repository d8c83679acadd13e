"""Contrast of two colours (WCAG 2.2, 1.4.3): a Region's colours are refused under their ratio."""

from __future__ import annotations

import re

HEX = re.compile(r"#[0-9a-f]{6}\Z")
PRIMARY_MIN = 7.0  # text and buttons on white
ACCENT_MIN = 3.0  # decoration and charts on white, never text
# Bleu France and rouge Marianne, reserved to .gouv.fr sites.
STATE_COLOURS = frozenset({"#000091", "#e1000f", "#c9191e"})


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1, of a colour written ``#rrggbb``."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str = "#ffffff") -> float:
    """Contrast ratio, 1 to 21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def problem(colour: str, minimum: float) -> str:
    """Why a Region can't take this colour, in French; empty when it can."""
    if not HEX.match(colour):
        return f"couleur à écrire comme #0e5159 : {colour[:20]}"
    if colour in STATE_COLOURS:
        return f"{colour} est une couleur réservée à l’État"
    ratio = contrast(colour)
    if ratio >= minimum:
        return ""
    return f"{colour} : contraste {ratio:.1f} sur blanc, {minimum:.0f} au moins est demandé"
