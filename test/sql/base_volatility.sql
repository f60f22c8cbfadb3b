-- an aggregate is as volatile as the functions that make its answer; no row is a difference
CREATE VIEW aggregates AS
SELECT p.oid::regprocedure AS aggregate, p.provolatile, (
	SELECT max(f.provolatile::text) FROM pg_proc f
	WHERE f.oid = ANY (ARRAY[a.aggtransfn, a.aggfinalfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[])) AS functions
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'retention');
SELECT * FROM aggregates WHERE provolatile::text <> functions;
SELECT count(*) > 50 AS all, every(provolatile IN ('i', 's')) AS none_is_volatile FROM aggregates;

-- where the session's time zone or now() decides, that is STABLE
SELECT aggregate, provolatile FROM aggregates WHERE aggregate::text ~ '^(crr|churn_rate|retention_agg|customer_count|nps)\(' ORDER BY aggregate::text COLLATE "C";
SELECT aggregate, provolatile FROM aggregates WHERE aggregate::text ~ '^(revenue_agg|rollup|totals_agg)\(' ORDER BY aggregate::text COLLATE "C";
DROP VIEW aggregates;
