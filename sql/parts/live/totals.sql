-- live_totals, live_revenue_totals

CREATE FUNCTION live_totals(report regclass)
RETURNS retention_totals
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10000;

COMMENT ON FUNCTION live_totals(regclass) IS
'counts of a live report''s customers by bucket and cohort, as the orders are now';

CREATE FUNCTION live_revenue_totals(report regclass)
RETURNS revenue_totals
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10000;

COMMENT ON FUNCTION live_revenue_totals(regclass) IS
'counts of a live report''s customers and what they spent, by bucket and cohort, as the orders are now';
