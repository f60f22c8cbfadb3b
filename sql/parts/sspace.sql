-- The sign of SSPACE.  A negative one says that a state grows with its rows.  From 19 on the planner then does not aggregate the
-- rows of one side of a join before it joins them, which would keep a state for each value of the join's key.  An older server
-- takes it for no estimate, which is 8 kB a state, and would sort where it can hash: there the sign is taken away.

UPDATE pg_catalog.pg_aggregate
SET aggtransspace = pg_catalog.abs(aggtransspace)
FROM pg_catalog.pg_depend d
WHERE pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog.<) 190000
	AND aggtransspace OPERATOR(pg_catalog.<) 0
	AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
	AND d.objid OPERATOR(pg_catalog.=) aggfnoid::pg_catalog.oid
	AND d.deptype OPERATOR(pg_catalog.=) 'e'
	AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
	AND d.refobjid OPERATOR(pg_catalog.=) (
		SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'retention');
