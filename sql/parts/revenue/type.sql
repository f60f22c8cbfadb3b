-- revenue_summary and revenue_totals: what retention_summary and retention_totals have, and what was spent

CREATE TYPE revenue_summary;

CREATE FUNCTION revenue_summary_in(input cstring)
RETURNS revenue_summary
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_summary_in(cstring) IS
'internal: input function of revenue_summary';

CREATE FUNCTION revenue_summary_out(value revenue_summary)
RETURNS cstring
AS 'MODULE_PATHNAME', 'retention_summary_out'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_summary_out(revenue_summary) IS
'internal: output function of revenue_summary';

CREATE FUNCTION revenue_summary_recv(message internal)
RETURNS revenue_summary
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_summary_recv(internal) IS
'internal: receive function of revenue_summary';

CREATE FUNCTION revenue_summary_send(value revenue_summary)
RETURNS bytea
AS 'MODULE_PATHNAME', 'retention_summary_send'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_summary_send(revenue_summary) IS
'internal: send function of revenue_summary';

CREATE TYPE revenue_summary (
	INPUT = revenue_summary_in,
	OUTPUT = revenue_summary_out,
	RECEIVE = revenue_summary_recv,
	SEND = revenue_summary_send,
	ALIGNMENT = double,
	STORAGE = EXTERNAL
);

COMMENT ON TYPE revenue_summary IS
'the calendar buckets in which each customer was seen, and what they spent there; made by revenue_agg, read by revenue_growth, revenue_cohorts, ltv_curve';

CREATE FUNCTION retention_summary(summary revenue_summary)
RETURNS retention_summary
AS 'MODULE_PATHNAME', 'retention_summary_of_revenue_summary'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary(revenue_summary) IS
'internal: the buckets in which each customer was seen, without what they spent';

CREATE CAST (revenue_summary AS retention_summary) WITH FUNCTION retention_summary(revenue_summary) AS ASSIGNMENT;

COMMENT ON CAST (revenue_summary AS retention_summary) IS
'the same customers without what they spent, for growth, cohorts and retention_curve';

CREATE FUNCTION rollup_accum(state revenue_summary, other revenue_summary)
RETURNS revenue_summary
AS 'MODULE_PATHNAME', 'rollup_accum'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rollup_accum(revenue_summary, revenue_summary) IS
'internal: transition and combine function of rollup';

CREATE FUNCTION rollup_final(state revenue_summary)
RETURNS revenue_summary
AS 'MODULE_PATHNAME', 'rollup_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rollup_final(revenue_summary) IS
'internal: final function of rollup';

CREATE AGGREGATE rollup(summary revenue_summary) (
	SFUNC = rollup_accum,
	STYPE = revenue_summary,
	SSPACE = -1024,
	COMBINEFUNC = rollup_accum,
	FINALFUNC = rollup_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rollup(revenue_summary) IS
'merges summaries of countries, partitions, months exactly, whatever customers they share; orders must not be shared';

CREATE TYPE revenue_totals;

CREATE FUNCTION revenue_totals_in(input cstring)
RETURNS revenue_totals
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_totals_in(cstring) IS
'internal: input function of revenue_totals';

CREATE FUNCTION revenue_totals_out(value revenue_totals)
RETURNS cstring
AS 'MODULE_PATHNAME', 'retention_totals_out'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_totals_out(revenue_totals) IS
'internal: output function of revenue_totals';

CREATE FUNCTION revenue_totals_recv(message internal)
RETURNS revenue_totals
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_totals_recv(internal) IS
'internal: receive function of revenue_totals';

CREATE FUNCTION revenue_totals_send(value revenue_totals)
RETURNS bytea
AS 'MODULE_PATHNAME', 'retention_totals_send'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_totals_send(revenue_totals) IS
'internal: send function of revenue_totals';

CREATE TYPE revenue_totals (
	INPUT = revenue_totals_in,
	OUTPUT = revenue_totals_out,
	RECEIVE = revenue_totals_recv,
	SEND = revenue_totals_send,
	ALIGNMENT = double,
	STORAGE = EXTERNAL
);

COMMENT ON TYPE revenue_totals IS
'counts of customers and what they spent, by calendar bucket and cohort, without the customers; totals of different months cannot be added up, for each would take its customers for new ones: roll up summaries instead';

CREATE FUNCTION retention_totals(totals revenue_totals)
RETURNS retention_totals
AS 'MODULE_PATHNAME', 'retention_totals_of_revenue_totals'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_totals(revenue_totals) IS
'internal: the counts of customers, without what they spent';

CREATE CAST (revenue_totals AS retention_totals) WITH FUNCTION retention_totals(revenue_totals) AS ASSIGNMENT;

COMMENT ON CAST (revenue_totals AS retention_totals) IS
'the same counts without what was spent, for growth, cohorts and retention_curve';

CREATE FUNCTION totals(summary revenue_summary)
RETURNS revenue_totals
AS 'MODULE_PATHNAME', 'totals_of_summary'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION totals(revenue_summary) IS
'counts of a summary''s customers, and what they spent, by bucket and cohort; kilobytes, whatever their number';

CREATE FUNCTION totals_accum(state revenue_totals, summary revenue_summary)
RETURNS revenue_totals
AS 'MODULE_PATHNAME', 'totals_accum'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION totals_accum(revenue_totals, revenue_summary) IS
'internal: transition function of totals_agg';

CREATE FUNCTION totals_combine(state revenue_totals, other revenue_totals)
RETURNS revenue_totals
AS 'MODULE_PATHNAME', 'totals_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION totals_combine(revenue_totals, revenue_totals) IS
'internal: combine function of totals_agg';

CREATE FUNCTION totals_final(state revenue_totals)
RETURNS revenue_totals
AS 'MODULE_PATHNAME', 'totals_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION totals_final(revenue_totals) IS
'internal: final function of totals_agg';

CREATE AGGREGATE totals_agg(summary revenue_summary) (
	SFUNC = totals_accum,
	STYPE = revenue_totals,
	SSPACE = -4096,
	COMBINEFUNC = totals_combine,
	FINALFUNC = totals_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE totals_agg(revenue_summary) IS
'counts of customers and what they spent, by bucket and cohort, from summaries of one customer each, as GROUP BY customer makes them';

CREATE FUNCTION customer_count(x revenue_summary)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_summary'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(revenue_summary) IS
'all customers';

CREATE FUNCTION customer_count(x revenue_totals)
RETURNS bigint
AS 'MODULE_PATHNAME', 'customer_count_of_totals'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION customer_count(revenue_totals) IS
'all customers';
