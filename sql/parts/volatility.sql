-- The volatility of the aggregates.  CREATE AGGREGATE cannot say it, and makes them all IMMUTABLE; where the session's time zone
-- or now() decides, that is wrong, and postgres_fdw would have them computed in another session.  An aggregate is STABLE if one
-- of the functions is that make its answer.

UPDATE pg_catalog.pg_proc
SET provolatile = 's'
FROM pg_catalog.pg_aggregate a, pg_catalog.pg_depend d
WHERE a.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.=) pg_proc.oid
	AND EXISTS (
		SELECT FROM pg_catalog.pg_proc f
		WHERE f.oid OPERATOR(pg_catalog.=) ANY (ARRAY[a.aggtransfn, a.aggfinalfn, a.aggmtransfn, a.aggminvtransfn,
				a.aggmfinalfn]::pg_catalog.oid[])
			AND f.provolatile OPERATOR(pg_catalog.=) 's')
	AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
	AND d.objid OPERATOR(pg_catalog.=) pg_proc.oid
	AND d.deptype OPERATOR(pg_catalog.=) 'e'
	AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
	AND d.refobjid OPERATOR(pg_catalog.=) (
		SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'retention');
