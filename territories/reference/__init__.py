"""Reference data: who and where, the words of each Region, the lists of the fiche, the orientation rules.

``integre/`` is the portal's own small reference, enough for a fresh clone. A directory in the same formats
may replace it, file by file: ``read_reference(directory)`` reads either. Pure Python: no Django, no database.
"""

from territories.reference.reader import BUILTIN, read_reference
from territories.reference.rows import Reference, Refusal

__all__ = ["BUILTIN", "Reference", "Refusal", "read_reference"]
