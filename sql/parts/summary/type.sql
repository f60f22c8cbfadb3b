-- retention_summary: the buckets in which each customer was seen

CREATE TYPE retention_summary;

CREATE FUNCTION retention_summary_in(input cstring)
RETURNS retention_summary
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_in(cstring) IS
'internal: input function of retention_summary';

CREATE FUNCTION retention_summary_out(value retention_summary)
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_out(retention_summary) IS
'internal: output function of retention_summary';

CREATE FUNCTION retention_summary_recv(message internal)
RETURNS retention_summary
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_recv(internal) IS
'internal: receive function of retention_summary';

CREATE FUNCTION retention_summary_send(value retention_summary)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_send(retention_summary) IS
'internal: send function of retention_summary';

CREATE TYPE retention_summary (
	INPUT = retention_summary_in,
	OUTPUT = retention_summary_out,
	RECEIVE = retention_summary_recv,
	SEND = retention_summary_send,
	ALIGNMENT = double,
	STORAGE = EXTERNAL
);

COMMENT ON TYPE retention_summary IS
'the calendar buckets in which each customer was seen; made by retention_agg, read by growth, cohorts, retention_curve';
