"""Outbox events of the app: names and payloads (ids and codes only)."""

# payload: {"site": site id, "month": "YYYY-MM-01"}: the cells of that site and month must be counted again.
FICHE_CHANGED = "contacts.fiche_changed"
