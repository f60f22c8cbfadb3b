-- retention_agg: rows -> summary

CREATE FUNCTION retention_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_support(internal) IS
'internal: planner support function of retention_accum';

CREATE FUNCTION retention_accum(state internal, customer anyelement, ordered_at timestamptz, bucket interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT retention_support;

COMMENT ON FUNCTION retention_accum(internal, anyelement, timestamptz, interval) IS
'internal: transition function of retention_agg';

CREATE FUNCTION retention_accum(state internal, customer anyelement, ordered_at timestamptz, bucket interval, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT retention_support;

COMMENT ON FUNCTION retention_accum(internal, anyelement, timestamptz, interval, text) IS
'internal: transition function of retention_agg';

CREATE FUNCTION retention_accum(state internal, customer anyelement, ordered_at timestamptz, bucket interval, zone text, origin date)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT retention_support;

COMMENT ON FUNCTION retention_accum(internal, anyelement, timestamptz, interval, text, date) IS
'internal: transition function of retention_agg';

CREATE FUNCTION retention_contracts_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_contracts_support(internal) IS
'internal: planner support function of retention_contracts_accum';

CREATE FUNCTION retention_contracts_accum(state internal, customer anyelement, active tstzrange, bucket interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT retention_contracts_support;

COMMENT ON FUNCTION retention_contracts_accum(internal, anyelement, tstzrange, interval) IS
'internal: transition function of retention_agg';

CREATE FUNCTION retention_contracts_accum(state internal, customer anyelement, active tstzrange, bucket interval, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT retention_contracts_support;

COMMENT ON FUNCTION retention_contracts_accum(internal, anyelement, tstzrange, interval, text) IS
'internal: transition function of retention_agg';

CREATE FUNCTION retention_contracts_accum(state internal, customer anyelement, active tstzrange, bucket interval, zone text, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT retention_contracts_support;

COMMENT ON FUNCTION retention_contracts_accum(internal, anyelement, tstzrange, interval, text, timestamptz) IS
'internal: transition function of retention_agg';

CREATE FUNCTION retention_contracts_accum(state internal, customer anyelement, active tstzrange, bucket interval, zone text, as_of timestamptz, origin date)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT retention_contracts_support;

COMMENT ON FUNCTION retention_contracts_accum(internal, anyelement, tstzrange, interval, text, timestamptz, date) IS
'internal: transition function of retention_agg';

CREATE FUNCTION retention_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION retention_combine(internal, internal) IS
'internal: combine function of retention_agg';

CREATE FUNCTION retention_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_serialize(internal) IS
'internal: serialization function of retention_agg';

CREATE FUNCTION retention_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION retention_deserialize(bytea, internal) IS
'internal: deserialization function of retention_agg';

CREATE FUNCTION retention_final(state internal)
RETURNS retention_summary
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION retention_final(internal) IS
'internal: final function of retention_agg';

CREATE AGGREGATE retention_agg(customer anyelement, ordered_at timestamptz, bucket interval) (
	SFUNC = retention_accum,
	STYPE = internal,
	SSPACE = -112,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = retention_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE retention_agg(anyelement, timestamptz, interval) IS
'the calendar buckets in which each customer was seen, in the session''s time zone, as a retention_summary '
'(docs/growth.md)';

CREATE AGGREGATE retention_agg(customer anyelement, ordered_at timestamptz, bucket interval, zone text) (
	SFUNC = retention_accum,
	STYPE = internal,
	SSPACE = -112,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = retention_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE retention_agg(anyelement, timestamptz, interval, text) IS
'the calendar buckets in which each customer was seen, in the given time zone, as a retention_summary '
'(docs/growth.md)';

CREATE AGGREGATE retention_agg(customer anyelement, ordered_at timestamptz, bucket interval, zone text, origin date) (
	SFUNC = retention_accum,
	STYPE = internal,
	SSPACE = -112,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = retention_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE retention_agg(anyelement, timestamptz, interval, text, date) IS
'the calendar buckets in which each customer was seen, counted from the origin, in the given time zone, as a '
'retention_summary (docs/growth.md)';

CREATE AGGREGATE retention_agg(customer anyelement, active tstzrange, bucket interval) (
	SFUNC = retention_contracts_accum,
	STYPE = internal,
	SSPACE = -176,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = retention_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE retention_agg(anyelement, tstzrange, interval) IS
'who has a contract at the end of each calendar bucket, in the session''s time zone, and at now() in the open one, '
'as a retention_summary (docs/growth.md)';

CREATE AGGREGATE retention_agg(customer anyelement, active tstzrange, bucket interval, zone text) (
	SFUNC = retention_contracts_accum,
	STYPE = internal,
	SSPACE = -176,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = retention_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE retention_agg(anyelement, tstzrange, interval, text) IS
'who has a contract at the end of each calendar bucket, in the given time zone, and at now() in the open one, as a '
'retention_summary (docs/growth.md)';

CREATE AGGREGATE retention_agg(customer anyelement, active tstzrange, bucket interval, zone text, as_of timestamptz) (
	SFUNC = retention_contracts_accum,
	STYPE = internal,
	SSPACE = -176,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = retention_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE retention_agg(anyelement, tstzrange, interval, text, timestamptz) IS
'who has a contract at the end of each calendar bucket, in the given time zone, and at as_of in the open one, as a '
'retention_summary (docs/growth.md)';

CREATE AGGREGATE retention_agg(customer anyelement, active tstzrange, bucket interval, zone text, as_of timestamptz, origin date) (
	SFUNC = retention_contracts_accum,
	STYPE = internal,
	SSPACE = -176,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = retention_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE retention_agg(anyelement, tstzrange, interval, text, timestamptz, date) IS
'who has a contract at the end of each calendar bucket, counted from the origin, in the given time zone, and at '
'as_of in the open one, as a retention_summary (docs/growth.md)';
