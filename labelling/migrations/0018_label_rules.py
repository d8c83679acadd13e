"""Locks and rules of the label's procedure: who reads and writes, moves with their trace, parts open, acts that stay."""

# ruff: noqa: S608 - our own constants
from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, has_token, same_tenant, secure, within

DOSSIER = "labelling_labeldossier"
OWN_PLACE = (
    "EXISTS (SELECT 1 FROM territories_site s WHERE s.territory_id = {alias}territory_id AND "
    + within("unit", "s.id")
    + ")"
)
TENANT = within("tenant", "territory_id")
SEAL = within("seal", "region_id")


def of_dossier(*ways: str) -> str:
    """The dossier exists for the reader, and one of ``ways`` (on alias ``d``) holds."""
    more = f" AND ({' OR '.join(ways)})" if ways else ""
    return f"EXISTS (SELECT 1 FROM {DOSSIER} d WHERE d.id = dossier_id{more})"


WRITES = of_dossier(within("tenant", "d.territory_id"))
DECIDES = of_dossier(within("seal", "d.region_id"))
RUNS = of_dossier(within("tenant", "d.territory_id"), within("seal", "d.region_id"))


def part(table: str) -> migrations.RunSQL:
    return secure(
        table,
        Policy("read_with_dossier", "SELECT", of_dossier()),
        Policy("added_by_territory", "INSERT", WRITES),
        Policy("changed_by_territory", "UPDATE", WRITES),
        Policy("removed_by_territory", "DELETE", WRITES),
    )


def as_owner(name: str, body: str, *, returns: str, declare: str = "") -> str:
    """A trigger function that sees every row; ``EXIT work`` ends it early. The scope it found comes back."""
    return f"""
CREATE FUNCTION labelling_{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    {declare}
BEGIN
    PERFORM set_config('app.system', '1', true);
    <<work>>
    BEGIN
{body}
    END work;
    PERFORM set_config('app.system', before, true);
    RETURN {returns};
END $$;
REVOKE ALL ON FUNCTION labelling_{name}() FROM PUBLIC;
"""


# The number is the territory's own: « LAB-LIL-2026-02 », never given twice. The dates are the database's.
MOVES = (
    as_owner(
        "labeldossier_moves",
        """    IF (NEW.region_id, NEW.territory_id, NEW.kind, NEW.parent_id, NEW.created_at, NEW.created_by_label)
        IS DISTINCT FROM (OLD.region_id, OLD.territory_id, OLD.kind, OLD.parent_id, OLD.created_at, OLD.created_by_label) THEN
        RAISE EXCEPTION 'a dossier stays where it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        IF (NEW.number, NEW.submitted_at, NEW.submitted_by_label, NEW.complete_at, NEW.transmitted_at, NEW.avis_at, NEW.decided_at)
            IS DISTINCT FROM (OLD.number, OLD.submitted_at, OLD.submitted_by_label, OLD.complete_at, OLD.transmitted_at, OLD.avis_at, OLD.decided_at) THEN
            RAISE EXCEPTION 'a date goes with its move' USING ERRCODE = 'restrict_violation';
        END IF;
        EXIT work;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('brouillon', 'depose'), ('depose', 'complet'), ('complet', 'transmis'),
        ('transmis', 'avis_rendu'), ('avis_rendu', 'accorde'), ('avis_rendu', 'refuse'),
        ('brouillon', 'abandonne'), ('depose', 'abandonne'), ('complet', 'abandonne'), ('transmis', 'abandonne'), ('avis_rendu', 'abandonne')) THEN
        RAISE EXCEPTION 'no such move' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_moves';
    END IF;
    IF NEW.state <> 'abandonne' AND EXISTS (SELECT 1 FROM labelling_labelcomplement k WHERE k.dossier_id = NEW.id
        AND k.answered_at IS NULL AND k.closed_at IS NULL) THEN
        RAISE EXCEPTION 'the clock stands still' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_suspended';
    END IF;
    NEW.number := OLD.number; NEW.submitted_at := OLD.submitted_at; NEW.complete_at := OLD.complete_at;
    NEW.transmitted_at := OLD.transmitted_at; NEW.avis_at := OLD.avis_at; NEW.decided_at := OLD.decided_at;
    IF NEW.state = 'depose' THEN
        NEW.submitted_at := clock_timestamp();
        PERFORM pg_advisory_xact_lock(hashtextextended('labelling_label_number', NEW.region_id));
        SELECT 'LAB-' || upper(t.short_code) || '-' || to_char(clock_timestamp() AT TIME ZONE 'Europe/Paris', 'YYYY') INTO prefix
            FROM territories_territory t WHERE t.id = NEW.territory_id;
        NEW.number := prefix || '-' || lpad((SELECT count(*) + 1 FROM labelling_labeldossier d
            WHERE d.region_id = NEW.region_id AND d.number LIKE prefix || '-%')::text, 2, '0');
    ELSIF NEW.state = 'complet' THEN NEW.complete_at := clock_timestamp();
    ELSIF NEW.state = 'transmis' THEN NEW.transmitted_at := clock_timestamp();
    ELSIF NEW.state = 'avis_rendu' THEN
        NEW.avis_at := clock_timestamp();
        IF NOT EXISTS (SELECT 1 FROM labelling_labelavis a WHERE a.dossier_id = NEW.id) THEN
            RAISE EXCEPTION 'an avis is written' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_avis_written';
        END IF;
    ELSIF NEW.state IN ('accorde', 'refuse') THEN
        NEW.decided_at := clock_timestamp();
        IF NOT EXISTS (SELECT 1 FROM labelling_labeldecision x WHERE x.dossier_id = NEW.id AND x.granted = (NEW.state = 'accorde')) THEN
            RAISE EXCEPTION 'a decision has its act' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_act';
        END IF;
    END IF;""",
        returns="NEW",
        declare="prefix text;",
    )
    + "CREATE TRIGGER dossier_moves BEFORE UPDATE ON labelling_labeldossier FOR EACH ROW EXECUTE FUNCTION labelling_labeldossier_moves();\n"
    + """
CREATE FUNCTION labelling_labeldossier_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'brouillon' THEN
        RAISE EXCEPTION 'a dossier starts as a draft' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_moves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dossier_starts BEFORE INSERT ON labelling_labeldossier FOR EACH ROW EXECUTE FUNCTION labelling_labeldossier_starts();
"""
    + as_owner(
        "labeldossier_step",
        """    IF NOT EXISTS (SELECT 1 FROM labelling_labelstep s WHERE s.dossier_id = NEW.id
        AND s.from_state = OLD.state AND s.to_state = NEW.state AND s.at >= transaction_timestamp()) THEN
        RAISE EXCEPTION 'a step leaves its trace' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_step';
    END IF;""",
        returns="NULL",
    )
    + """CREATE CONSTRAINT TRIGGER dossier_step AFTER UPDATE ON labelling_labeldossier DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION labelling_labeldossier_step();
"""
)
# FOR SHARE on the dossier: a text saved while it is submitted comes first or is refused.
PARTS = """
CREATE FUNCTION labelling_labelpart_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_dossier record;
    owner_id bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.dossier_id ELSE NEW.dossier_id END;
    wanted text;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.dossier_id <> OLD.dossier_id THEN
        RAISE EXCEPTION 'a part stays in its dossier' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT id, state INTO the_dossier FROM labelling_labeldossier WHERE id = owner_id FOR SHARE;
    IF TG_TABLE_NAME = 'labelling_labelplace' AND TG_OP = 'UPDATE' THEN
        -- What was proposed is closed; what is decided is written when the avis is there.
        IF (to_jsonb(NEW) - 'outcome' - 'outcome_reason') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'outcome' - 'outcome_reason') THEN
            IF the_dossier.state = 'avis_rendu' THEN
                RETURN NEW;
            END IF;
        ELSIF NEW.outcome <> OLD.outcome THEN
            RAISE EXCEPTION 'proposed or decided, not both' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    -- A dossier that can't be seen is the business of row security, which speaks next.
    IF the_dossier.id IS NULL OR the_dossier.state = 'brouillon' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    wanted := CASE TG_TABLE_NAME
        WHEN 'labelling_labelsection' THEN (CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END) ->> 'key'
        WHEN 'labelling_labelplace' THEN 'lieux'
        ELSE 'pieces' END;
    IF NOT EXISTS (SELECT 1 FROM labelling_labelcomplement k WHERE k.dossier_id = owner_id AND wanted = ANY (k.parts)
        AND k.answered_at IS NULL AND k.closed_at IS NULL) THEN
        RAISE EXCEPTION 'this part is closed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_part_closed';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
""" + "".join(
    f"CREATE TRIGGER part_is_open BEFORE INSERT OR UPDATE OR DELETE ON labelling_{table}"
    " FOR EACH ROW EXECUTE FUNCTION labelling_labelpart_is_open();\n"
    for table in ("labelsection", "labelplace", "labelattachment")
)
STAYS = (
    """
CREATE FUNCTION labelling_act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an act stays as it was' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelact_stays';
END $$;
"""
    + "".join(
        f"CREATE TRIGGER act_stays BEFORE UPDATE OR DELETE ON labelling_{table} FOR EACH ROW EXECUTE FUNCTION labelling_act_stays();\n"
        for table in ("labelstep", "labelavis", "labeldecision", "labelcertificate", "labelwithdrawalstep")
    )
    + """
ALTER TABLE labelling_labelattachment ADD CONSTRAINT labelattachment_fingerprint CHECK (
    sha256 = encode(sha256(content), 'hex') AND size = octet_length(content));
ALTER TABLE labelling_labeldecision ADD CONSTRAINT labeldecision_fingerprint CHECK (sha256 = encode(sha256(content), 'hex'));
ALTER TABLE labelling_labelcertificate ADD CONSTRAINT labelcertificate_fingerprint CHECK (sha256 = encode(sha256(pdf), 'hex'));
ALTER TABLE labelling_labelattachment ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE labelling_labeldecision ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE FUNCTION labelling_labelcomplement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL OR OLD.closed_at IS NOT NULL OR
        (NEW.dossier_id, NEW.parts, NEW.text, NEW.asked_at, NEW.asked_by_label) IS DISTINCT FROM
        (OLD.dossier_id, OLD.parts, OLD.text, OLD.asked_at, OLD.asked_by_label) THEN
        RAISE EXCEPTION 'what was asked stays asked' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelcomplement_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER complement_stays BEFORE UPDATE ON labelling_labelcomplement FOR EACH ROW EXECUTE FUNCTION labelling_labelcomplement_stays();
"""
    + as_owner(
        "labelcomplement_asked",
        """    SELECT state INTO the_state FROM labelling_labeldossier WHERE id = NEW.dossier_id FOR UPDATE;
    IF the_state NOT IN ('depose', 'complet', 'transmis', 'avis_rendu') THEN
        RAISE EXCEPTION 'nothing to complete' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelcomplement_asked';
    END IF;
    NEW.asked_at := clock_timestamp();""",
        returns="NEW",
        declare="the_state text;",
    )
    + "CREATE TRIGGER complement_asked BEFORE INSERT ON labelling_labelcomplement FOR EACH ROW EXECUTE FUNCTION labelling_labelcomplement_asked();\n"
    + as_owner(
        "labelact_time",
        """    SELECT state INTO the_state FROM labelling_labeldossier WHERE id = NEW.dossier_id FOR UPDATE;
    IF the_state <> (CASE TG_TABLE_NAME WHEN 'labelling_labelavis' THEN 'transmis' ELSE 'avis_rendu' END) THEN
        RAISE EXCEPTION 'not the time of this act' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labeldossier_moves';
    END IF;""",
        returns="NEW",
        declare="the_state text;",
    )
    + """CREATE TRIGGER act_time BEFORE INSERT ON labelling_labelavis FOR EACH ROW EXECUTE FUNCTION labelling_labelact_time();
CREATE TRIGGER act_time BEFORE INSERT ON labelling_labeldecision FOR EACH ROW EXECUTE FUNCTION labelling_labelact_time();
"""
)
WITHDRAWAL = (
    as_owner(
        "labelwithdrawal_moves",
        """    IF (NEW.region_id, NEW.territory_id, NEW.site_id, NEW.label_id, NEW.motive, NEW.started_at, NEW.started_by_label)
        IS DISTINCT FROM (OLD.region_id, OLD.territory_id, OLD.site_id, OLD.label_id, OLD.motive, OLD.started_at, OLD.started_by_label)
        OR OLD.state IN ('retire', 'maintenu')
        OR (OLD.observed_at IS NOT NULL AND NEW.observations <> OLD.observations AND OLD.state <> 'observations') THEN
        RAISE EXCEPTION 'a withdrawal stays as it was started' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_moves';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('observations', 'avis'), ('avis', 'notification'),
        ('notification', 'retire'), ('notification', 'maintenu'), ('observations', 'maintenu'), ('avis', 'maintenu')) THEN
        RAISE EXCEPTION 'no such move' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_moves';
    END IF;
    IF NEW.state = 'avis' AND OLD.state = 'observations' AND OLD.observed_at IS NULL
        AND (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date <= (OLD.started_at AT TIME ZONE 'Europe/Paris')::date + 30 THEN
        RAISE EXCEPTION 'the place may still answer' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_thirty_days';
    END IF;""",
        returns="NEW",
    )
    + "CREATE TRIGGER withdrawal_moves BEFORE UPDATE ON labelling_labelwithdrawal FOR EACH ROW EXECUTE FUNCTION labelling_labelwithdrawal_moves();\n"
    + as_owner(
        "labelwithdrawal_step",
        """    IF NOT EXISTS (SELECT 1 FROM labelling_labelwithdrawalstep s WHERE s.withdrawal_id = NEW.id
        AND s.from_state = OLD.state AND s.to_state = NEW.state AND s.at >= transaction_timestamp()) THEN
        RAISE EXCEPTION 'a step leaves its trace' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'labelwithdrawal_step';
    END IF;""",
        returns="NULL",
    )
    + """CREATE CONSTRAINT TRIGGER withdrawal_step AFTER UPDATE ON labelling_labelwithdrawal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION labelling_labelwithdrawal_step();
"""
)
# Row security already says who writes; these functions only read what the writer can't.
UNDO = """
DROP TRIGGER dossier_moves ON labelling_labeldossier; DROP TRIGGER dossier_starts ON labelling_labeldossier;
DROP TRIGGER dossier_step ON labelling_labeldossier;
DROP TRIGGER part_is_open ON labelling_labelsection; DROP TRIGGER part_is_open ON labelling_labelplace;
DROP TRIGGER part_is_open ON labelling_labelattachment;
DROP TRIGGER act_stays ON labelling_labelstep; DROP TRIGGER act_stays ON labelling_labelavis;
DROP TRIGGER act_stays ON labelling_labeldecision; DROP TRIGGER act_stays ON labelling_labelcertificate;
DROP TRIGGER act_stays ON labelling_labelwithdrawalstep;
DROP TRIGGER complement_stays ON labelling_labelcomplement; DROP TRIGGER complement_asked ON labelling_labelcomplement;
DROP TRIGGER act_time ON labelling_labelavis; DROP TRIGGER act_time ON labelling_labeldecision;
DROP TRIGGER withdrawal_moves ON labelling_labelwithdrawal; DROP TRIGGER withdrawal_step ON labelling_labelwithdrawal;
ALTER TABLE labelling_labelattachment DROP CONSTRAINT labelattachment_fingerprint;
ALTER TABLE labelling_labeldecision DROP CONSTRAINT labeldecision_fingerprint;
ALTER TABLE labelling_labelcertificate DROP CONSTRAINT labelcertificate_fingerprint;
""" + "".join(
    f"DROP FUNCTION labelling_{name}();\n"
    for name in (
        "labeldossier_moves",
        "labeldossier_starts",
        "labeldossier_step",
        "labelpart_is_open",
        "act_stays",
        "labelcomplement_stays",
        "labelcomplement_asked",
        "labelact_time",
        "labelwithdrawal_moves",
        "labelwithdrawal_step",
    )
)
TERRITORY = ("territories_territory", "id, region_id")
KEYS = [
    same_tenant(DOSSIER, "territory_id, region_id", *TERRITORY, "labeldossier_territory_same_region"),
    same_tenant(DOSSIER, "parent_id, territory_id", DOSSIER, "id, territory_id", "labeldossier_parent_same_territory"),
    same_tenant("labelling_labelplace", "dossier_id, territory_id", DOSSIER, "id, territory_id", "labelplace_own_dossier"),
    same_tenant("labelling_labelplace", "site_id, territory_id", "territories_site", "id, territory_id", "labelplace_same_territory"),
    same_tenant("labelling_labelcertificate", "site_id, territory_id", "territories_site", "id, territory_id", "labelcertificate_same_territory"),
    same_tenant("labelling_labelcertificate", "territory_id, region_id", *TERRITORY, "labelcertificate_same_region"),
    same_tenant("labelling_labelwithdrawal", "site_id, territory_id", "territories_site", "id, territory_id", "labelwithdrawal_same_territory"),
    same_tenant("labelling_labelwithdrawal", "territory_id, region_id", *TERRITORY, "labelwithdrawal_same_region"),
    migrations.RunSQL(
        "ALTER TABLE labelling_labellisation ADD CONSTRAINT labellisation_id_site UNIQUE (id, site_id);",
        "ALTER TABLE labelling_labellisation DROP CONSTRAINT labellisation_id_site;",
    ),
    same_tenant("labelling_labelcertificate", "label_id, site_id", "labelling_labellisation", "id, site_id", "labelcertificate_own_label"),
    same_tenant("labelling_labelwithdrawal", "label_id, site_id", "labelling_labellisation", "id, site_id", "labelwithdrawal_own_label"),
]
PLACE_READS = f"({TENANT} OR {SEAL} OR {within('unit', 'site_id')})"


class Migration(migrations.Migration):
    dependencies = [("labelling", "0017_label_dossier"), ("territories", "0012_site_record_security")]
    operations = [
        *KEYS,
        secure(
            DOSSIER,
            Policy(
                "read",
                "SELECT",
                f"({TENANT} OR ({SEAL} AND submitted_at IS NOT NULL) OR {OWN_PLACE.format(alias=DOSSIER + '.')})",
            ),
            Policy("opened_by_territory", "INSERT", TENANT),
            Policy("moved", "UPDATE", f"({TENANT} OR ({SEAL} AND submitted_at IS NOT NULL))"),
        ),
        part("labelling_labelsection"),
        part("labelling_labelattachment"),
        secure(
            "labelling_labelplace",
            Policy("read_with_dossier", "SELECT", of_dossier()),
            Policy("added_by_territory", "INSERT", WRITES),
            Policy("changed", "UPDATE", RUNS),
            Policy("removed_by_territory", "DELETE", WRITES),
        ),
        secure(
            "labelling_labelstep",
            Policy("read_with_dossier", "SELECT", of_dossier()),
            Policy("step_left", "INSERT", RUNS),
        ),
        secure(
            "labelling_labelcomplement",
            Policy("read_with_dossier", "SELECT", of_dossier()),
            Policy("asked_by_state", "INSERT", DECIDES),
            Policy("answered", "UPDATE", RUNS),
        ),
        # The regional animation records the avis of its instance; it runs the region.
        secure(
            "labelling_labelavis",
            Policy("read_with_dossier", "SELECT", of_dossier()),
            Policy("recorded", "INSERT", of_dossier(within("seal", "d.region_id"), within("lead", "d.region_id"))),
        ),
        secure(
            "labelling_labeldecision",
            Policy("read_with_dossier", "SELECT", of_dossier()),
            Policy("recorded_by_state", "INSERT", DECIDES),
        ),
        secure(
            "labelling_labelcertificate",
            Policy("read", "SELECT", PLACE_READS),
            Policy("code_reads", "SELECT", has_token("code")),
            Policy("made_by_state", "INSERT", SEAL),
        ),
        secure(
            "labelling_labelwithdrawal",
            Policy("read", "SELECT", PLACE_READS),
            Policy("started_by_state", "INSERT", SEAL),
            Policy("moved", "UPDATE", PLACE_READS),
        ),
        secure(
            "labelling_labelwithdrawalstep",
            Policy("read_with_withdrawal", "SELECT", "EXISTS (SELECT 1 FROM labelling_labelwithdrawal w WHERE w.id = withdrawal_id)"),
            Policy("step_left", "INSERT", "EXISTS (SELECT 1 FROM labelling_labelwithdrawal w WHERE w.id = withdrawal_id)"),
        ),
        migrations.RunSQL(
            "CREATE POLICY recorded_by_state ON labelling_labellisation FOR INSERT TO spo_web, spo_worker, spo_owner"
            f" WITH CHECK ({SEAL});"
            "CREATE POLICY ended_by_state ON labelling_labellisation FOR UPDATE TO spo_web, spo_worker, spo_owner"
            f" USING ({SEAL}) WITH CHECK ({SEAL});",
            "DROP POLICY recorded_by_state ON labelling_labellisation; DROP POLICY ended_by_state ON labelling_labellisation;",
        ),
        migrations.RunSQL(MOVES + PARTS + STAYS + WITHDRAWAL, UNDO),
    ]
