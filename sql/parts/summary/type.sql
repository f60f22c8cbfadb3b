-- retention_summary: the buckets in which each customer was seen

CREATE TYPE retention_summary;

CREATE FUNCTION retention_summary_in(input cstring)
RETURNS retention_summary
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_in(cstring) IS
'input function of retention_summary';

CREATE FUNCTION retention_summary_out(value retention_summary)
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_out(retention_summary) IS
'output function of retention_summary';

CREATE FUNCTION retention_summary_recv(message internal)
RETURNS retention_summary
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_recv(internal) IS
'receive function of retention_summary';

CREATE FUNCTION retention_summary_send(value retention_summary)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_send(retention_summary) IS
'send function of retention_summary';

CREATE TYPE retention_summary (
	INPUT = retention_summary_in,
	OUTPUT = retention_summary_out,
	RECEIVE = retention_summary_recv,
	SEND = retention_summary_send,
	ALIGNMENT = int4,
	STORAGE = EXTERNAL
);

COMMENT ON TYPE retention_summary IS
'the calendar buckets in which each customer was seen; made by retention_agg, read by growth, cohorts, retention_curve';

CREATE FUNCTION retention_summary_eq(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_eq(retention_summary, retention_summary) IS
'implementation of = operator';

CREATE FUNCTION retention_summary_ne(one retention_summary, other retention_summary)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_ne(retention_summary, retention_summary) IS
'implementation of <> operator';

CREATE FUNCTION retention_summary_hash(value retention_summary)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_hash(retention_summary) IS
'hash of retention_summary';

CREATE FUNCTION retention_summary_hash_extended(value retention_summary, seed bigint)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_summary_hash_extended(retention_summary, bigint) IS
'seeded hash of retention_summary';

CREATE OPERATOR = (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = pg_catalog.eqsel,
	JOIN = pg_catalog.eqjoinsel,
	HASHES
);

COMMENT ON OPERATOR = (retention_summary, retention_summary) IS
'equal';

CREATE OPERATOR <> (
	LEFTARG = retention_summary,
	RIGHTARG = retention_summary,
	FUNCTION = retention_summary_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = pg_catalog.neqsel,
	JOIN = pg_catalog.neqjoinsel
);

COMMENT ON OPERATOR <> (retention_summary, retention_summary) IS
'not equal';

CREATE OPERATOR CLASS retention_summary_hash_ops
DEFAULT FOR TYPE retention_summary USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 retention_summary_hash(retention_summary),
	FUNCTION 2 retention_summary_hash_extended(retention_summary, bigint);

COMMENT ON OPERATOR CLASS retention_summary_hash_ops USING hash IS
'hashing of equal values';
