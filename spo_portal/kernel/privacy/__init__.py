"""What may be shown or kept about people: small counts masked, personal-looking text refused, text cleaned.

One function masks small counts for the screen, the PDF, the export and the API alike.
Source: règle du portail, « les petits nombres » and « rien sur la personne n’est gardé ».
"""

from .cleaning import TextRefused, clean_text
from .linked import Cover, Sum
from .masking import (
    INSIDE,
    OUTSIDE,
    TOTAL,
    Cell,
    MaskedList,
    Share,
    explain,
    mask_list,
    mask_part,
    mask_share,
    mask_table,
    small_reason,
)
from .personal import Finding, personal_looking
from .release import mask_release

__all__ = [
    "INSIDE",
    "OUTSIDE",
    "TOTAL",
    "Cell",
    "Cover",
    "Finding",
    "MaskedList",
    "Share",
    "Sum",
    "TextRefused",
    "clean_text",
    "explain",
    "mask_list",
    "mask_part",
    "mask_release",
    "mask_share",
    "mask_table",
    "personal_looking",
    "small_reason",
]
