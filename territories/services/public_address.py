"""The readable end of a place's public address: one rule for the directory, its files and what is printed."""

from django.utils.text import slugify

from territories.models import Site


def slug_of(site: Site) -> str:
    """Its name; a name without letters is « lieu »."""
    return slugify(site.name.replace("’", " ").replace("œ", "oe"))[:80].strip("-") or "lieu"
