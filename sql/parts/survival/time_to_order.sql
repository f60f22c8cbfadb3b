-- time_to_order: orders -> durations

CREATE FUNCTION time_to_order_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION time_to_order_support(internal) IS
'internal: planner support function of time_to_order_accum';

CREATE FUNCTION time_to_order_accum(state internal, customer anyelement, ordered_at timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT time_to_order_support;

COMMENT ON FUNCTION time_to_order_accum(internal, anyelement, timestamptz) IS
'internal: transition function of time_to_order';

CREATE FUNCTION time_to_order_accum(state internal, customer anyelement, ordered_at timestamptz, nth bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT time_to_order_support;

COMMENT ON FUNCTION time_to_order_accum(internal, anyelement, timestamptz, bigint) IS
'internal: transition function of time_to_order';

CREATE FUNCTION time_to_order_accum(state internal, customer anyelement, ordered_at timestamptz, nth bigint, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT time_to_order_support;

COMMENT ON FUNCTION time_to_order_accum(internal, anyelement, timestamptz, bigint, timestamptz) IS
'internal: transition function of time_to_order';

CREATE FUNCTION time_to_order_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION time_to_order_combine(internal, internal) IS
'internal: combine function of time_to_order';

CREATE FUNCTION time_to_order_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION time_to_order_serialize(internal) IS
'internal: serialization function of time_to_order';

CREATE FUNCTION time_to_order_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION time_to_order_deserialize(bytea, internal) IS
'internal: deserialization function of time_to_order';

CREATE FUNCTION time_to_order_final(state internal)
RETURNS durations
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION time_to_order_final(internal) IS
'internal: final function of time_to_order';

CREATE AGGREGATE time_to_order(customer anyelement, ordered_at timestamptz) (
	SFUNC = time_to_order_accum,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = time_to_order_final,
	COMBINEFUNC = time_to_order_combine,
	SERIALFUNC = time_to_order_serialize,
	DESERIALFUNC = time_to_order_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE time_to_order(anyelement, timestamptz) IS
'the time from each customer''s first order to the second, as durations; who has not come back is watched until now';

CREATE AGGREGATE time_to_order(customer anyelement, ordered_at timestamptz, nth bigint) (
	SFUNC = time_to_order_accum,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = time_to_order_final,
	COMBINEFUNC = time_to_order_combine,
	SERIALFUNC = time_to_order_serialize,
	DESERIALFUNC = time_to_order_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE time_to_order(anyelement, timestamptz, bigint) IS
'the time from each customer''s first order to the nth, as durations; who has fewer is watched until now';

CREATE AGGREGATE time_to_order(customer anyelement, ordered_at timestamptz, nth bigint, as_of timestamptz) (
	SFUNC = time_to_order_accum,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = time_to_order_final,
	COMBINEFUNC = time_to_order_combine,
	SERIALFUNC = time_to_order_serialize,
	DESERIALFUNC = time_to_order_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE time_to_order(anyelement, timestamptz, bigint, timestamptz) IS
'the time from each customer''s first order to the nth, as durations; only orders before as_of count, and who has fewer is watched until then';
