-- retention_help: the functions that people call, from their COMMENTs

CREATE VIEW members AS
SELECT p.oid, p.oid::regprocedure AS function, p.proname, p.prokind, obj_description(p.oid, 'pg_proc') AS comment
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'retention';

-- What the server calls for an aggregate, a type, an operator, an index, a cast, the planner or a trigger; and what a
-- view of the extension calls.
CREATE VIEW plumbing AS
SELECT unnest(ARRAY[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn]::oid[]) AS oid
FROM pg_aggregate
UNION SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typsubscript]::oid[]) FROM pg_type
UNION SELECT unnest(ARRAY[oprcode, oprrest, oprjoin]::oid[]) FROM pg_operator
UNION SELECT amproc FROM pg_amproc
UNION SELECT castfunc FROM pg_cast
UNION SELECT prosupport FROM pg_proc
UNION SELECT oid FROM pg_proc WHERE prorettype = 'trigger'::regtype
UNION SELECT refobjid FROM pg_depend WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_proc'::regclass;

-- no function is without a COMMENT; it begins with "internal:" where the server calls it, and nowhere else
SELECT count(*) > 200 AS enough, count(*) FILTER (WHERE comment IS NULL) AS without_comment FROM members;
SELECT function, comment FROM members WHERE (comment ~ '^internal:') <> (oid IN (SELECT oid FROM plumbing WHERE oid IS NOT NULL));

-- and the help has exactly the rest
SELECT count(*) = (SELECT count(*) FROM members WHERE comment !~ '^internal:') AS all_of_them,
	count(*) = count(DISTINCT (name, arguments)) AS once, every(answers <> '' AND answers !~ 'internal:|docs/') AS answers, every(page ~ '^docs/[a-z-]+\.md$') AS pages
FROM retention_help();
SELECT name FROM retention_help() EXCEPT SELECT proname FROM members WHERE comment !~ '^internal:';
SELECT proname FROM members WHERE comment !~ '^internal:' EXCEPT SELECT name FROM retention_help();

-- a word, in the name, the arguments or the answer; in any case; all of several; each function with its page
SELECT * FROM retention_help('promoter');
SELECT name, arguments, page FROM retention_help('quantile') UNION ALL SELECT name, arguments, page FROM retention_help('Stacked BARS') ORDER BY 1, 2;
SELECT DISTINCT name FROM retention_help('repeat rate') ORDER BY name;
SELECT DISTINCT name, page FROM retention_help('probability') ORDER BY name;
SELECT DISTINCT name, page FROM retention_help('rfm score') ORDER BY name;
SELECT * FROM retention_help('no such word');
SELECT count(*) FROM retention_help(NULL);
SELECT count(*) = (SELECT count(*) FROM retention_help()) AS all FROM retention_help('  ');

-- what is given back is not an argument; defaults have no types
SELECT DISTINCT arguments FROM retention_help('survival_curve') UNION ALL SELECT arguments FROM retention_help('rfm_segments');

-- wherever the extension is, and whatever is looked up first
CREATE SCHEMA aside;
ALTER EXTENSION retention SET SCHEMA aside;
SET search_path = '';
SELECT name, arguments FROM aside.retention_help('kaplan step');
SELECT name, arguments FROM aside.retention_help('half');
RESET search_path;
ALTER EXTENSION retention SET SCHEMA public;
DROP SCHEMA aside;
DROP VIEW members, plumbing;
