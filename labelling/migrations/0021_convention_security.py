"""Locks of the convention multipartite: who reads and writes each row (GUIDE p. 15; domain § 6)."""

# ruff: noqa: S608 - our own constants
from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, has_token, is_person, same_tenant, secure, within

T = "labelling_"
CONVENTION = T + "convention"
SIGNATORY = T + "conventionsignatory"

TENANT = within("tenant", "territory_id")
SEAL = within("seal", "region_id")


def own_place(table: str) -> str:
    """The référents of a territory's places sit in its CTT: they read its convention."""
    return (
        f"EXISTS (SELECT 1 FROM territories_site p WHERE p.territory_id = {table}.territory_id"
        f" AND {within('unit', 'p.id')})"
    )


def coordinates(table: str) -> str:
    """Only the coordinator of the territory writes; the axis alone is shared with those who only read."""
    return (
        f"({TENANT} AND EXISTS (SELECT 1 FROM territories_membership m WHERE {is_person('m.user_id')}"
        f" AND m.role = 'coordinateur' AND m.territory_id = {table}.territory_id))"
    )


def linked(column: str, *more: str) -> str:
    """A personal link in force on the convention; rows of signatories lean on no other table: no circle."""
    ways = "".join(f" AND {one}" for one in more)
    return (
        f"EXISTS (SELECT 1 FROM {SIGNATORY} k WHERE {has_token('k.token_hash')} AND k.convention_id = {column}"
        f" AND k.removed_at IS NULL AND k.expires_at > now(){ways})"
    )


OWN_LINK = (
    f"EXISTS (SELECT 1 FROM {SIGNATORY} k WHERE {has_token('k.token_hash')} AND k.id = signatory_id"
)


def read(table: str, seal: str = "") -> tuple[Policy, ...]:
    found = [
        Policy("read_in_area", "SELECT", TENANT),
        Policy("read_in_own_place", "SELECT", own_place(table)),
    ]
    if seal:
        found.append(Policy("read_by_seal", "SELECT", seal))
    return tuple(found)


def keys() -> list[migrations.RunSQL]:
    """Composite keys: no row hangs on another territory's, or another convention's, parent."""
    territory, region = "territories_territory", "convention_id, territory_id"
    rows = [
        (CONVENTION, "territory_id, region_id", territory, "id, region_id", "convention_territory_same_region"),
        (CONVENTION, "parent_id, territory_id", CONVENTION, "id, territory_id", "convention_parent_same_territory"),
        (T + "conventiontext", region, CONVENTION, "id, territory_id", "conventiontext_same_territory"),
        (T + "conventionstep", region, CONVENTION, "id, territory_id", "conventionstep_same_territory"),
        (T + "conventionparty", region, CONVENTION, "id, territory_id", "conventionparty_same_territory"),
        (T + "conventionparty", "convention_id, region_id", CONVENTION, "id, region_id", "conventionparty_same_region"),
        (T + "conventionparty", "organisation_id, region_id", "territories_organisation", "id, region_id", "conventionparty_body_same_region"),
        (SIGNATORY, region, CONVENTION, "id, territory_id", "conventionsignatory_same_territory"),
        (SIGNATORY, "convention_id, region_id", CONVENTION, "id, region_id", "conventionsignatory_same_region"),
        (SIGNATORY, "party_id, convention_id", T + "conventionparty", "id, convention_id", "conventionsignatory_own_party"),
        (T + "conventionsignature", region, CONVENTION, "id, territory_id", "conventionsignature_same_territory"),
        (T + "conventionsignature", "signatory_id, convention_id", SIGNATORY, "id, convention_id", "conventionsignature_own_signatory"),
    ]
    return [same_tenant(*row) for row in rows]


class Migration(migrations.Migration):
    dependencies = [("labelling", "0020_convention")]
    operations = [
        *keys(),
        secure(
            CONVENTION,
            *read(CONVENTION, f"({SEAL} AND state <> 'projet')"),
            Policy("opened_by_coordinator", "INSERT", f"({coordinates(CONVENTION)} AND state = 'projet')"),
            Policy("changed_by_coordinator", "UPDATE", coordinates(CONVENTION)),
            Policy("link_reads", "SELECT", linked(f"{CONVENTION}.id")),
        ),
        secure(
            T + "conventiontext",
            *read(T + "conventiontext"),
            Policy("read_with_convention", "SELECT", f"EXISTS (SELECT 1 FROM {CONVENTION} c WHERE c.id = convention_id)"),
            Policy("shown_by_coordinator", "INSERT", coordinates(T + "conventiontext")),
        ),
        secure(
            T + "conventionstep",
            *read(T + "conventionstep"),
            Policy("left_by_coordinator", "INSERT", coordinates(T + "conventionstep")),
        ),
        secure(
            T + "conventionparty",
            *read(T + "conventionparty", SEAL),
            Policy("added_by_coordinator", "INSERT", coordinates(T + "conventionparty")),
            Policy("changed_by_coordinator", "UPDATE", coordinates(T + "conventionparty")),
            Policy(
                "link_reads",
                "SELECT",
                f"EXISTS (SELECT 1 FROM {SIGNATORY} k WHERE {has_token('k.token_hash')}"
                f" AND k.convention_id = {T}conventionparty.convention_id)",
            ),
        ),
        secure(
            SIGNATORY,
            *read(SIGNATORY, SEAL),
            Policy("added_by_coordinator", "INSERT", coordinates(SIGNATORY)),
            Policy("changed_by_coordinator", "UPDATE", coordinates(SIGNATORY)),
            Policy("link_reads", "SELECT", has_token("token_hash")),
        ),
        secure(
            T + "conventionsignature",
            *read(T + "conventionsignature"),
            Policy("read_with_convention", "SELECT", f"EXISTS (SELECT 1 FROM {CONVENTION} c WHERE c.id = convention_id AND {within('seal', 'c.region_id')})"),
            Policy("own_answers", "SELECT", f"{OWN_LINK})"),
            Policy(
                "answered_by_link",
                "INSERT",
                f"{OWN_LINK} AND k.convention_id = {T}conventionsignature.convention_id"
                " AND k.removed_at IS NULL AND k.expires_at > now())",
            ),
        ),
    ]
