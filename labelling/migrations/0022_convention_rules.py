"""Rules of the convention multipartite as triggers: what is signed, by whom, when all have (GUIDE p. 15).

Functions written by ``as_owner`` read as the owner under the system scope: a rule holds over all rows, not over
those of whoever writes.
"""

# ruff: noqa: S608 - our own constants
from django.db import migrations

T = "labelling_"


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


def refuse(why: str, constraint: str) -> str:
    return f"RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation', CONSTRAINT = '{constraint}';"


FINGERPRINTS = """
ALTER TABLE labelling_convention ADD CONSTRAINT convention_fingerprint CHECK (
    sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex'));
ALTER TABLE labelling_convention ADD CONSTRAINT convention_pdf_fingerprint CHECK (
    pdf IS NULL OR pdf_sha256 = encode(sha256(pdf), 'hex'));
ALTER TABLE labelling_convention ALTER COLUMN pdf SET STORAGE EXTERNAL;
ALTER TABLE labelling_conventiontext ADD CONSTRAINT conventiontext_fingerprint CHECK (
    text <> '' AND sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex'));
ALTER TABLE labelling_conventionsignature ADD CONSTRAINT conventionsignature_address CHECK (
    address_hash ~ '^[0-9a-f]{64}$');
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON labelling_conventiontext FOR EACH ROW EXECUTE FUNCTION labelling_never_changes();
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON labelling_conventionsignature FOR EACH ROW EXECUTE FUNCTION labelling_never_changes();
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON labelling_conventionstep FOR EACH ROW EXECUTE FUNCTION labelling_never_changes();
"""

# What a convention still lacks to be signed: « parties », « need », « signatures », or nothing.
LACKS = """
CREATE FUNCTION labelling_convention_lacks(p_id bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM labelling_conventionparty p WHERE p.convention_id = c.id AND p.removed_at IS NULL)
            OR (SELECT array_agg(p.organisation_id ORDER BY p.organisation_id) FROM labelling_conventionparty p
                WHERE p.convention_id = c.id AND p.removed_at IS NULL)
            IS DISTINCT FROM (SELECT x.parties FROM labelling_conventiontext x WHERE x.convention_id = c.id AND x.number = c.text_number)
            THEN 'parties'
        WHEN EXISTS (SELECT 1 FROM labelling_conventionparty p WHERE p.convention_id = c.id AND p.removed_at IS NULL AND (
            NOT EXISTS (SELECT 1 FROM labelling_conventionsignatory s WHERE s.party_id = p.id AND s.removed_at IS NULL)
            OR (p.need = 'deux' AND (SELECT count(DISTINCT s.capacity) FROM labelling_conventionsignatory s
                WHERE s.party_id = p.id AND s.removed_at IS NULL) < 2)))
            THEN 'need'
        WHEN EXISTS (SELECT 1 FROM labelling_conventionsignatory s JOIN labelling_conventionparty p ON p.id = s.party_id
            WHERE s.convention_id = c.id AND s.removed_at IS NULL AND p.removed_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM labelling_conventionsignature g
                WHERE g.signatory_id = s.id AND g.answer = 'signe' AND g.sha256 = c.sha256))
            THEN 'signatures'
        ELSE '' END
    FROM labelling_convention c WHERE c.id = p_id
$$;
REVOKE ALL ON FUNCTION labelling_convention_lacks(bigint) FROM PUBLIC;
"""

MOVES = (
    as_owner(
        "convention_moves",
        f"""    IF (NEW.region_id, NEW.territory_id, NEW.kind, NEW.number, NEW.rank, NEW.parent_id, NEW.created_at, NEW.created_by_label)
        IS DISTINCT FROM (OLD.region_id, OLD.territory_id, OLD.kind, OLD.number, OLD.rank, OLD.parent_id, OLD.created_at, OLD.created_by_label) THEN
        {refuse('a convention stays where it is', 'convention_stays')}
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('projet', 'signature'), ('signature', 'projet'),
        ('projet', 'abandonnee'), ('signature', 'abandonnee'), ('signature', 'signee'), ('signee', 'remplacee')) THEN
        {refuse('no such move', 'convention_moves')}
    END IF;
    IF OLD.state IN ('signee', 'remplacee', 'abandonnee') THEN
        -- What was signed stays as it was signed: only its document comes, once.
        IF (NEW.title, NEW.text, NEW.text_number, NEW.starts_on, NEW.ends_on, NEW.opened_at, NEW.completed_at, NEW.closed_at, NEW.closed_reason)
            IS DISTINCT FROM (OLD.title, OLD.text, OLD.text_number, OLD.starts_on, OLD.ends_on, OLD.opened_at, OLD.completed_at, OLD.closed_at, OLD.closed_reason)
            OR (OLD.pdf IS NOT NULL AND (NEW.pdf, NEW.pdf_sha256) IS DISTINCT FROM (OLD.pdf, OLD.pdf_sha256)) THEN
            {refuse('a signed convention never changes', 'convention_frozen')}
        END IF;
        EXIT work;
    END IF;
    IF (NEW.text, NEW.text_number) IS DISTINCT FROM (OLD.text, OLD.text_number) OR NEW.state = 'signature' THEN
        IF NOT EXISTS (SELECT 1 FROM labelling_conventiontext x WHERE x.convention_id = NEW.id
            AND x.number = NEW.text_number AND x.sha256 = NEW.sha256) THEN
            {refuse('a text that is shown is kept', 'convention_kept')}
        END IF;
    END IF;
    IF NEW.state = 'signature' AND OLD.state = 'projet' AND labelling_convention_lacks(NEW.id) = 'need' THEN
        {refuse('each party has who signs for it', 'convention_need')}
    END IF;
    IF NEW.state = 'signee' THEN
        IF labelling_convention_lacks(NEW.id) <> '' THEN
            {refuse('all have signed this very text', 'convention_all_signed')}
        END IF;
        NEW.completed_at := clock_timestamp();
        UPDATE labelling_convention SET state = 'remplacee' WHERE territory_id = NEW.territory_id AND state = 'signee' AND id <> NEW.id;
    END IF;""",
        returns="NEW",
    )
    + """CREATE TRIGGER convention_moves BEFORE UPDATE ON labelling_convention FOR EACH ROW EXECUTE FUNCTION labelling_convention_moves();

CREATE FUNCTION labelling_convention_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the document is drawn once all have signed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'convention_document';
END $$;
CREATE TRIGGER convention_document BEFORE UPDATE ON labelling_convention FOR EACH ROW
    WHEN (current_user = 'spo_web' AND NEW.pdf IS DISTINCT FROM OLD.pdf) EXECUTE FUNCTION labelling_convention_document();
"""
    + as_owner(
        "convention_lands",
        """    IF labelling_convention_lacks(NEW.id) = '' THEN
        UPDATE labelling_convention SET state = 'signee', completed_at = clock_timestamp() WHERE id = NEW.id AND state = 'signature';
    END IF;""",
        returns="NULL",
    )
    + """CREATE TRIGGER convention_lands AFTER UPDATE ON labelling_convention FOR EACH ROW
    WHEN (NEW.state = 'signature') EXECUTE FUNCTION labelling_convention_lands();
"""
)

# The organisations a text is meant for are those in force when it is shown: the database writes them down.
TEXTS = (
    as_owner(
        "convention_text_kept",
        f"""    SELECT state, text_number INTO the_convention FROM labelling_convention WHERE id = NEW.convention_id FOR UPDATE;
    IF the_convention.state NOT IN ('projet', 'signature') THEN
        {refuse('a signed convention never changes', 'convention_frozen')}
    END IF;
    IF NEW.number <> 1 + (SELECT count(*) FROM labelling_conventiontext x WHERE x.convention_id = NEW.convention_id) THEN
        {refuse('another text was shown in between', 'conventiontext_number')}
    END IF;
    NEW.at := clock_timestamp();
    NEW.parties := coalesce((SELECT array_agg(p.organisation_id ORDER BY p.organisation_id) FROM labelling_conventionparty p
        WHERE p.convention_id = NEW.convention_id AND p.removed_at IS NULL), ARRAY[]::bigint[]);""",
        returns="NEW",
        declare="the_convention record;",
    )
    + "CREATE TRIGGER convention_text_kept BEFORE INSERT ON labelling_conventiontext"
    " FOR EACH ROW EXECUTE FUNCTION labelling_convention_text_kept();\n"
)

PARTS = as_owner(
    "convention_part_is_open",
    f"""    SELECT state INTO the_state FROM labelling_convention WHERE id = NEW.convention_id FOR SHARE;
    IF the_state NOT IN ('projet', 'signature') THEN
        {refuse('a signed convention never changes', 'convention_frozen')}
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.convention_id, NEW.territory_id, NEW.region_id, NEW.added_at) IS DISTINCT FROM (OLD.convention_id, OLD.territory_id, OLD.region_id, OLD.added_at)
            OR (to_jsonb(NEW) -> 'party_id', to_jsonb(NEW) -> 'organisation_id') IS DISTINCT FROM (to_jsonb(OLD) -> 'party_id', to_jsonb(OLD) -> 'organisation_id')
            OR (OLD.removed_at IS NOT NULL AND (NEW.removed_at, NEW.removed_reason, NEW.removed_by_label)
                IS DISTINCT FROM (OLD.removed_at, OLD.removed_reason, OLD.removed_by_label)) THEN
            {refuse('what was removed stays removed', 'convention_removed')}
        END IF;
    END IF;""",
    returns="NEW",
    declare="the_state text;",
) + "".join(
    f"CREATE TRIGGER part_is_open BEFORE INSERT OR UPDATE ON labelling_{table}"
    " FOR EACH ROW EXECUTE FUNCTION labelling_convention_part_is_open();\n"
    for table in ("conventionparty", "conventionsignatory")
) + as_owner(
    "convention_signatory_left",
    """    UPDATE labelling_convention SET state = 'signee', completed_at = clock_timestamp()
        WHERE id = NEW.convention_id AND state = 'signature' AND labelling_convention_lacks(id) = '';""",
    returns="NULL",
) + """CREATE TRIGGER signatory_left AFTER UPDATE ON labelling_conventionsignatory FOR EACH ROW
    WHEN (OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL) EXECUTE FUNCTION labelling_convention_signatory_left();
"""

# The convention is held while it is signed: a text shown meanwhile comes first or waits, and the last of two
# signatures given in the same second sees the other one.
SIGNATURES = (
    as_owner(
        "convention_signature_holds",
        f"""    SELECT state, sha256 INTO the_convention FROM labelling_convention WHERE id = NEW.convention_id FOR UPDATE;
    SELECT s.nonce, s.expires_at, s.removed_at, p.removed_at AS party_removed INTO the_link
        FROM labelling_conventionsignatory s JOIN labelling_conventionparty p ON p.id = s.party_id WHERE s.id = NEW.signatory_id FOR UPDATE OF s;
    IF the_link.removed_at IS NOT NULL OR the_link.party_removed IS NOT NULL
        OR the_link.expires_at IS NULL OR the_link.expires_at <= clock_timestamp() THEN
        {refuse('this link signs no more', 'conventionsignature_link')}
    END IF;
    NEW.nonce := the_link.nonce;
    NEW.at := clock_timestamp();
    IF NEW.answer = 'autre_personne' THEN
        EXIT work;
    END IF;
    IF the_convention.state <> 'signature' THEN
        {refuse('this convention is not out for signature', 'conventionsignature_state')}
    END IF;
    IF NEW.sha256 <> the_convention.sha256 THEN
        {refuse('another text is shown now', 'conventionsignature_stale')}
    END IF;""",
        returns="NEW",
        declare="the_convention record; the_link record;",
    )
    + "CREATE TRIGGER signature_holds BEFORE INSERT ON labelling_conventionsignature"
    " FOR EACH ROW EXECUTE FUNCTION labelling_convention_signature_holds();\n"
    + as_owner(
        "convention_signature_lands",
        """    IF NEW.answer = 'autre_personne' THEN
        UPDATE labelling_conventionsignatory SET token_hash = NULL, misdirected_at = NEW.at WHERE id = NEW.signatory_id;
    ELSIF NEW.answer = 'signe' AND labelling_convention_lacks(NEW.convention_id) = '' THEN
        UPDATE labelling_convention SET state = 'signee', completed_at = clock_timestamp()
            WHERE id = NEW.convention_id AND state = 'signature';
    END IF;""",
        returns="NULL",
    )
    + "CREATE TRIGGER signature_lands AFTER INSERT ON labelling_conventionsignature"
    " FOR EACH ROW EXECUTE FUNCTION labelling_convention_signature_lands();\n"
)

# What anybody who holds a fingerprint may know: which convention, signed by which organisations; no person.
CHECK = """
CREATE FUNCTION labelling_convention_check(p_sha256 text)
RETURNS TABLE (found text, kind text, number int, rank int, title text, territory text, region_id bigint, state text,
    text_number int, latest boolean, shown_at timestamptz, completed_at timestamptz, starts_on date, ends_on date, bodies jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
BEGIN
    PERFORM set_config('app.system', '1', true);
    RETURN QUERY
        SELECT CASE WHEN c.pdf_sha256 = p_sha256 THEN 'document' ELSE 'texte' END, c.kind::text, c.number::int, c.rank::int,
            c.title::text, t.name::text, c.region_id, c.state::text, x.number::int, x.number = c.text_number, x.at,
            c.completed_at, c.starts_on, c.ends_on,
            (SELECT jsonb_agg(jsonb_build_object('nom', o.name, 'signe', o.signed) ORDER BY o.ordre, o.name) FROM (
                SELECT p.name, p."order" AS ordre, CASE WHEN bool_and(g.at IS NOT NULL) THEN max(g.at) END AS signed
                FROM labelling_conventionparty p
                JOIN labelling_conventionsignatory s ON s.party_id = p.id AND s.removed_at IS NULL
                LEFT JOIN labelling_conventionsignature g ON g.signatory_id = s.id AND g.answer = 'signe' AND g.sha256 = x.sha256
                WHERE p.convention_id = c.id AND p.organisation_id = ANY (x.parties) AND (p.removed_at IS NULL OR p.removed_at > x.at)
                GROUP BY p.id) o)
        FROM labelling_convention c
        JOIN territories_territory t ON t.id = c.territory_id
        JOIN labelling_conventiontext x ON x.convention_id = c.id
            AND (x.sha256 = p_sha256 OR (c.pdf_sha256 = p_sha256 AND x.number = c.text_number))
        WHERE p_sha256 ~ '^[0-9a-f]{64}$'
        ORDER BY (c.state = 'signee') DESC, x.at DESC LIMIT 1;
    PERFORM set_config('app.system', before, true);
END $$;
CREATE FUNCTION labelling_convention_link_opened() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
BEGIN
    PERFORM set_config('app.system', '1', true);
    -- The convention first, as every other act holds it.
    PERFORM 1 FROM labelling_convention c JOIN labelling_conventionsignatory s ON s.convention_id = c.id
        WHERE s.token_hash = nullif(current_setting('app.token', true), '') AND s.opened_at IS NULL FOR SHARE OF c;
    UPDATE labelling_conventionsignatory s SET opened_at = clock_timestamp() FROM labelling_convention c
        WHERE s.token_hash = nullif(current_setting('app.token', true), '') AND s.opened_at IS NULL
        AND s.removed_at IS NULL AND c.id = s.convention_id AND c.state IN ('projet', 'signature');
    PERFORM set_config('app.system', before, true);
END $$;
REVOKE ALL ON FUNCTION labelling_convention_check(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION labelling_convention_link_opened() FROM PUBLIC;
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'spo_web') THEN
        GRANT EXECUTE ON FUNCTION labelling_convention_check(text) TO spo_web, spo_worker;
        GRANT EXECUTE ON FUNCTION labelling_convention_link_opened() TO spo_web, spo_worker;
    END IF;
END $$;
"""

NAMES = (
    "convention_lands() CASCADE", "convention_moves() CASCADE", "convention_document() CASCADE", "convention_text_kept() CASCADE",
    "convention_part_is_open() CASCADE", "convention_signatory_left() CASCADE", "convention_signature_holds() CASCADE",
    "convention_signature_lands() CASCADE", "convention_lacks(bigint)", "convention_check(text)", "convention_link_opened()",
)  # fmt: skip
UNDO = "".join(f"DROP FUNCTION labelling_{name};" for name in NAMES) + "".join(
    f"DROP TRIGGER never_changes ON labelling_{table};" for table in ("conventiontext", "conventionsignature", "conventionstep")
) + """
ALTER TABLE labelling_convention DROP CONSTRAINT convention_fingerprint;
ALTER TABLE labelling_convention DROP CONSTRAINT convention_pdf_fingerprint;
ALTER TABLE labelling_conventiontext DROP CONSTRAINT conventiontext_fingerprint;
ALTER TABLE labelling_conventionsignature DROP CONSTRAINT conventionsignature_address;
"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0021_convention_security")]
    operations = [migrations.RunSQL(FINGERPRINTS + LACKS + MOVES + TEXTS + PARTS + SIGNATURES + CHECK, UNDO)]
