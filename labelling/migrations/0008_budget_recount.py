"""Once submitted, all four sums of a budget are counted again from its lines, not only the charges.

The web role may write the row of its own file: sums changed by hand must not hide a Region's share past 80 %.
"""

from django.db import migrations

HEAD = """
CREATE OR REPLACE FUNCTION labelling_budget_holds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.system', true), '');
    f record;
BEGIN
    PERFORM set_config('app.system', '1', true);
    <<work>>
    BEGIN
"""
TAIL = """
    IF 5 * f.region_asked > 4 * f.charges THEN
        RAISE EXCEPTION 'the Region pays 80 %% at most' USING ERRCODE = 'check_violation', CONSTRAINT = 'amiapplication_80_percent';
    END IF;
    END work;
    PERFORM set_config('app.system', before, true);
    RETURN NULL;
END $$;
"""
ALL_SUMS = """    SELECT a.id, a.state, a.charges, a.products, a.region_asked, a.fse_asked, s.*
        INTO f FROM labelling_amiapplication a, LATERAL (
            SELECT coalesce(sum(amount) FILTER (WHERE side = 'charge'), 0) AS c,
                   coalesce(sum(amount) FILTER (WHERE side = 'produit'), 0) AS p,
                   coalesce(sum(amount) FILTER (WHERE side = 'produit' AND nature = 'region'), 0) AS r,
                   coalesce(sum(amount) FILTER (WHERE side = 'produit' AND nature = 'fse'), 0) AS e
            FROM labelling_amibudgetline WHERE application_id = a.id) s
        WHERE a.id = NEW.id;
    IF NOT FOUND OR f.state IN ('brouillon', 'retiree') THEN
        EXIT work;
    END IF;
    IF f.charges <= 0 OR f.charges <> f.products
        OR (f.charges, f.products, f.region_asked, f.fse_asked) IS DISTINCT FROM (f.c, f.p, f.r, f.e) THEN
        RAISE EXCEPTION 'the budget does not balance' USING ERRCODE = 'check_violation', CONSTRAINT = 'amiapplication_balance';
    END IF;"""
CHARGES_ONLY = """    SELECT a.id, a.state, a.charges, a.products, a.region_asked,
           (SELECT coalesce(sum(amount), 0) FROM labelling_amibudgetline WHERE application_id = a.id AND side = 'charge') AS counted
        INTO f FROM labelling_amiapplication a WHERE a.id = NEW.id;
    IF NOT FOUND OR f.state IN ('brouillon', 'retiree') THEN
        EXIT work;
    END IF;
    IF f.charges <= 0 OR f.charges <> f.counted OR f.charges <> f.products THEN
        RAISE EXCEPTION 'the budget does not balance' USING ERRCODE = 'check_violation', CONSTRAINT = 'amiapplication_balance';
    END IF;"""


class Migration(migrations.Migration):
    dependencies = [("labelling", "0007_commission_rules")]
    operations = [migrations.RunSQL(HEAD + ALL_SUMS + TAIL, HEAD + CHARGES_ONLY + TAIL)]
