-- retention_totals: counts of customers by bucket and cohort; totals, totals_agg

CREATE TYPE retention_totals;

CREATE FUNCTION retention_totals_in(input cstring)
RETURNS retention_totals
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_in(cstring) IS
'internal: input function of retention_totals';

CREATE FUNCTION retention_totals_out(value retention_totals)
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_out(retention_totals) IS
'internal: output function of retention_totals';

CREATE FUNCTION retention_totals_recv(message internal)
RETURNS retention_totals
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_recv(internal) IS
'internal: receive function of retention_totals';

CREATE FUNCTION retention_totals_send(value retention_totals)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals_send(retention_totals) IS
'internal: send function of retention_totals';

CREATE TYPE retention_totals (
	INPUT = retention_totals_in,
	OUTPUT = retention_totals_out,
	RECEIVE = retention_totals_recv,
	SEND = retention_totals_send,
	ALIGNMENT = double,
	STORAGE = EXTERNAL
);

COMMENT ON TYPE retention_totals IS
'counts of customers by calendar bucket, cohort and last bucket, without the customers; totals of different months cannot be added up, for each would take its customers for new ones: roll up summaries instead';

CREATE FUNCTION totals(summary retention_summary)
RETURNS retention_totals
AS 'MODULE_PATHNAME', 'totals_of_summary'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION totals(retention_summary) IS
'counts of a summary''s customers by bucket and cohort; kilobytes, whatever their number (docs/growth.md)';

CREATE FUNCTION totals_accum(state retention_totals, summary retention_summary)
RETURNS retention_totals
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION totals_accum(retention_totals, retention_summary) IS
'internal: transition function of totals_agg';

CREATE FUNCTION totals_combine(state retention_totals, other retention_totals)
RETURNS retention_totals
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION totals_combine(retention_totals, retention_totals) IS
'internal: combine function of totals_agg';

CREATE FUNCTION totals_final(state retention_totals)
RETURNS retention_totals
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION totals_final(retention_totals) IS
'internal: final function of totals_agg';

CREATE AGGREGATE totals_agg(summary retention_summary) (
	SFUNC = totals_accum,
	STYPE = retention_totals,
	SSPACE = -4096,
	COMBINEFUNC = totals_combine,
	FINALFUNC = totals_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE totals_agg(retention_summary) IS
'counts of customers by bucket and cohort, from summaries of one customer each, as GROUP BY customer makes them '
'(docs/growth.md)';
