"""Rules of the sessions as triggers: moves, one to three bassins, quorum, votes that add up (AMI §4)."""

# ruff: noqa: S608 - our own constants
from django.db import migrations

from spo_portal.kernel.tenancy.rls import Policy, is_person, within

SITS = (
    "EXISTS (SELECT 1 FROM labelling_amisession s WHERE s.id = session_id AND "
    f"{within('board', 's.commission_id')})"
    f" AND EXISTS (SELECT 1 FROM labelling_amisessionmember m WHERE m.id = member_id AND {is_person('m.user_id')})"
)


def as_owner(name: str, declare: str, body: str) -> str:
    """A trigger function that sees every row, whoever writes; the scope it found comes back."""
    return f"""
CREATE FUNCTION labelling_{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    {declare}
BEGIN
    PERFORM set_config('app.system', '1', true);
{body}
    PERFORM set_config('app.system', before, true);
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION labelling_{name}() FROM PUBLIC;
"""


RULES = (
    as_owner(
        "session_commission",
        "bassins int;",
        """    SELECT count(*) INTO bassins FROM territories_territory WHERE commission_id = NEW.commission_id;
    IF bassins NOT BETWEEN 1 AND 3 THEN
        RAISE EXCEPTION 'a commission covers one to three bassins' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'amisession_one_to_three_bassins';
    END IF;""",
    )
    + """CREATE TRIGGER session_commission BEFORE INSERT OR UPDATE OF commission_id ON labelling_amisession
    FOR EACH ROW EXECUTE FUNCTION labelling_session_commission();

CREATE FUNCTION labelling_session_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.region_id, NEW.commission_id, NEW.call_id) IS DISTINCT FROM (OLD.region_id, OLD.commission_id, OLD.call_id)
        OR NEW.ics_sequence < OLD.ics_sequence THEN
        RAISE EXCEPTION 'a session stays where it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('preparee', 'convoquee'), ('preparee', 'annulee'),
        ('convoquee', 'annulee'), ('convoquee', 'tenue'), ('tenue', 'convoquee'), ('tenue', 'approuvee')) THEN
        RAISE EXCEPTION 'no such move' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisession_moves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER session_moves BEFORE UPDATE ON labelling_amisession FOR EACH ROW EXECUTE FUNCTION labelling_session_moves();
"""
    + as_owner(
        "item_is_instructed",
        "file_state text;",
        """    SELECT state INTO file_state FROM labelling_amiapplication WHERE id = NEW.application_id FOR SHARE;
    IF FOUND AND file_state <> 'instruite' THEN
        RAISE EXCEPTION 'a session hears instructed files' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisessionitem_instructed';
    END IF;""",
    )
    + """CREATE TRIGGER item_is_instructed BEFORE INSERT ON labelling_amisessionitem
    FOR EACH ROW EXECUTE FUNCTION labelling_item_is_instructed();
"""
    + as_owner(
        "avis_holds",
        "point record; voters int;",
        """    IF TG_OP = 'UPDATE' AND (NEW.application_id, NEW.item_id, NEW.present, NEW.recused) IS NOT DISTINCT FROM
        (OLD.application_id, OLD.item_id, OLD.present, OLD.recused) THEN
        PERFORM set_config('app.system', before, true);
        RETURN NEW;
    END IF;
    SELECT i.votes_for, i.votes_against, i.abstentions, s.quorum, s.state INTO point FROM labelling_amisessionitem i
        JOIN labelling_amisession s ON s.id = i.session_id WHERE i.id = NEW.item_id FOR SHARE OF i, s;
    voters := NEW.present - NEW.recused;
    IF point.state NOT IN ('convoquee', 'tenue') THEN
        RAISE EXCEPTION 'an avis is given in a session' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'avis_session';
    END IF;
    IF voters < point.quorum THEN
        RAISE EXCEPTION 'no quorum' USING ERRCODE = 'check_violation', CONSTRAINT = 'avis_quorum';
    END IF;
    IF coalesce(point.votes_for + point.votes_against + point.abstentions, -1) <> voters THEN
        RAISE EXCEPTION 'votes are those of the voters' USING ERRCODE = 'check_violation', CONSTRAINT = 'avis_votes';
    END IF;""",
    )
    + """CREATE TRIGGER avis_holds BEFORE INSERT OR UPDATE ON labelling_avis FOR EACH ROW EXECUTE FUNCTION labelling_avis_holds();
"""
    + as_owner(
        "vote_stays",
        "",
        """    IF (NEW.votes_for, NEW.votes_against, NEW.abstentions, NEW.session_id, NEW.application_id)
        IS DISTINCT FROM (OLD.votes_for, OLD.votes_against, OLD.abstentions, OLD.session_id, OLD.application_id)
        AND EXISTS (SELECT 1 FROM labelling_avis v WHERE v.item_id = NEW.id) THEN
        RAISE EXCEPTION 'take the avis back first' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisessionitem_voted';
    END IF;""",
    )
    + """CREATE TRIGGER vote_stays BEFORE UPDATE ON labelling_amisessionitem FOR EACH ROW EXECUTE FUNCTION labelling_vote_stays();

CREATE FUNCTION labelling_recusal_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Who may write a recusal reads the avis of the same session: no owner's eye is needed.
    IF EXISTS (SELECT 1 FROM labelling_avis v WHERE v.item_id = CASE WHEN TG_OP = 'DELETE' THEN OLD.item_id ELSE NEW.item_id END) THEN
        RAISE EXCEPTION 'take the avis back first' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'amisessionitem_voted';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER recusal_stays BEFORE INSERT OR UPDATE OR DELETE ON labelling_amisessionrecusal
    FOR EACH ROW EXECUTE FUNCTION labelling_recusal_stays();
DROP POLICY declared_by_member ON labelling_amisessionrecusal;
"""
    + Policy("declared_by_member", "INSERT", SITS).sql("labelling_amisessionrecusal")
)
BEFORE = (
    "EXISTS (SELECT 1 FROM labelling_amisession s WHERE s.id = session_id AND "
    f"{within('board', 's.commission_id')})"
)
UNDO = "".join(
    f"DROP FUNCTION labelling_{name} CASCADE;"
    for name in (
        "session_commission",
        "session_moves",
        "item_is_instructed",
        "avis_holds",
        "vote_stays",
        "recusal_stays",
    )
) + "DROP POLICY declared_by_member ON labelling_amisessionrecusal;" + Policy(
    "declared_by_member", "INSERT", BEFORE
).sql("labelling_amisessionrecusal")


class Migration(migrations.Migration):
    dependencies = [("labelling", "0006_commission_sessions")]
    operations = [migrations.RunSQL(RULES, UNDO)]
