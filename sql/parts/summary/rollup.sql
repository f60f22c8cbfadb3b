-- rollup: summaries -> summary

CREATE FUNCTION rollup_accum(state retention_summary, other retention_summary)
RETURNS retention_summary
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rollup_accum(retention_summary, retention_summary) IS
'internal: transition and combine function of rollup';

CREATE FUNCTION rollup_final(state retention_summary)
RETURNS retention_summary
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rollup_final(retention_summary) IS
'internal: final function of rollup';

CREATE AGGREGATE rollup(summary retention_summary) (
	SFUNC = rollup_accum,
	STYPE = retention_summary,
	SSPACE = -1024,
	COMBINEFUNC = rollup_accum,
	FINALFUNC = rollup_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rollup(retention_summary) IS
'merges summaries of countries, partitions, months exactly, whatever customers they share; orders must not be '
'shared (docs/growth.md)';
