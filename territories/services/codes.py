"""Short codes of a fiche's reference: « LIL » for a territory, « CIO » or « ML2 » for a site."""

import itertools
import unicodedata


def _letters(name: str) -> str:
    flat = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "".join(c for c in flat.upper() if c.isascii() and c.isalpha()) or "X"


def territory_code(name: str, taken: set[str]) -> str:
    """Three letters unique in the region, the first ones if free; added to ``taken``."""
    letters = _letters(name)
    candidates = itertools.chain(
        [letters[:3]],
        (letters[0] + a + b for a, b in itertools.combinations(letters[1:], 2)),
        (f"{letters[:2]}{n}" for n in range(2, 100)),
    )
    code = next(c for c in candidates if c not in taken)
    taken.add(code)
    return code


def site_code(network: str, taken: set[str]) -> str:
    """Initials of the network (« ML »), numbered from the territory's second site on; added to ``taken``."""
    words = [w for w in network.replace("-", "_").split("_") if w]
    base = "".join(w[0] for w in words) if len(words) > 1 else _letters(network)[:3]
    base = base.upper() or "LIEU"
    code = next(
        c for c in itertools.chain([base], (f"{base}{n}" for n in itertools.count(2))) if c not in taken
    )
    taken.add(code)
    return code
