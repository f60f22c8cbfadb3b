-- states that grow have a negative SSPACE from 19 on, and a plain estimate before
SELECT every((aggtransspace < 0) = (current_setting('server_version_num')::int >= 190000 AND aggfnoid::text NOT LIKE '%aov' AND aggfnoid::text NOT LIKE '%nps')) AS sign,
	every(abs(aggtransspace) BETWEEN 16 AND 4096 OR aggtransspace = 0 AND aggfnoid::text ~ 'aov|nps') AS size, count(*) > 50 AS all
FROM pg_aggregate JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = aggfnoid
WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'retention');
