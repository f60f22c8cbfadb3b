-- clv as an aggregate: what a customer is worth, from orders alone

CREATE FUNCTION clv_accum_numeric(state internal, customer anyelement, ordered_at timestamptz, amount numeric,
							   bucket interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_numeric(internal, anyelement, timestamptz, numeric, interval) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_numeric(state internal, customer anyelement, ordered_at timestamptz, amount numeric,
							   bucket interval, margin double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_numeric(internal, anyelement, timestamptz, numeric, interval, double precision) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_numeric(state internal, customer anyelement, ordered_at timestamptz, amount numeric,
							   bucket interval, margin double precision, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_numeric(internal, anyelement, timestamptz, numeric, interval,
	double precision, timestamptz) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_numeric(state internal, customer anyelement, ordered_at timestamptz, amount numeric,
							   bucket interval, margin double precision, as_of timestamptz, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_numeric(internal, anyelement, timestamptz, numeric, interval, double precision,
	timestamptz, text) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_bigint(state internal, customer anyelement, ordered_at timestamptz, amount bigint,
							   bucket interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_bigint(internal, anyelement, timestamptz, bigint, interval) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_bigint(state internal, customer anyelement, ordered_at timestamptz, amount bigint,
							   bucket interval, margin double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_bigint(internal, anyelement, timestamptz, bigint, interval, double precision) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_bigint(state internal, customer anyelement, ordered_at timestamptz, amount bigint,
							   bucket interval, margin double precision, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_bigint(internal, anyelement, timestamptz, bigint, interval,
	double precision, timestamptz) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_bigint(state internal, customer anyelement, ordered_at timestamptz, amount bigint,
							   bucket interval, margin double precision, as_of timestamptz, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_bigint(internal, anyelement, timestamptz, bigint, interval, double precision,
	timestamptz, text) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_double(state internal, customer anyelement, ordered_at timestamptz, amount double precision,
							   bucket interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_double(internal, anyelement, timestamptz, double precision, interval) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_double(state internal, customer anyelement, ordered_at timestamptz, amount double precision,
							   bucket interval, margin double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_double(internal, anyelement, timestamptz, double precision, interval,
	double precision) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_double(state internal, customer anyelement, ordered_at timestamptz, amount double precision,
							   bucket interval, margin double precision, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_double(internal, anyelement, timestamptz, double precision, interval, double precision,
	timestamptz) IS
'internal: transition function of clv';

CREATE FUNCTION clv_accum_double(state internal, customer anyelement, ordered_at timestamptz, amount double precision,
							   bucket interval, margin double precision, as_of timestamptz, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_accum_double(internal, anyelement, timestamptz, double precision, interval, double precision,
	timestamptz, text) IS
'internal: transition function of clv';

CREATE FUNCTION clv_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION clv_combine(internal, internal) IS
'internal: combine function of clv';

CREATE FUNCTION clv_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv_serialize(internal) IS
'internal: serialization function of clv';

CREATE FUNCTION clv_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv_deserialize(bytea, internal) IS
'internal: deserialization function of clv';

CREATE FUNCTION clv_final_numeric(state internal)
RETURNS numeric
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;

COMMENT ON FUNCTION clv_final_numeric(internal) IS
'internal: final function of clv';

CREATE FUNCTION clv_final_double(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION clv_final_double(internal) IS
'internal: final function of clv';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount numeric, bucket interval) (
	SFUNC = clv_accum_numeric,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, numeric, interval) IS
'customer lifetime value as of now: revenue per customer and bucket * mean lifespan in buckets';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount numeric, bucket interval,
	margin double precision) (
	SFUNC = clv_accum_numeric,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, numeric, interval, double precision) IS
'customer lifetime value as of now, as profit: revenue per customer and bucket * mean lifespan * margin';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount numeric, bucket interval,
	margin double precision,
	as_of timestamptz) (
	SFUNC = clv_accum_numeric,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, numeric, interval, double precision, timestamptz) IS
'customer lifetime value as of a time, as profit: revenue per customer and bucket * mean lifespan * margin';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount numeric, bucket interval,
	margin double precision, as_of timestamptz, zone text) (
	SFUNC = clv_accum_numeric,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, numeric, interval, double precision, timestamptz, text) IS
'customer lifetime value as of a time, as profit, in buckets of a time zone';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount bigint, bucket interval) (
	SFUNC = clv_accum_bigint,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, bigint, interval) IS
'customer lifetime value as of now: revenue per customer and bucket * mean lifespan in buckets';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount bigint, bucket interval,
	margin double precision) (
	SFUNC = clv_accum_bigint,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, bigint, interval, double precision) IS
'customer lifetime value as of now, as profit: revenue per customer and bucket * mean lifespan * margin';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount bigint, bucket interval,
	margin double precision,
	as_of timestamptz) (
	SFUNC = clv_accum_bigint,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, bigint, interval, double precision, timestamptz) IS
'customer lifetime value as of a time, as profit: revenue per customer and bucket * mean lifespan * margin';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount bigint, bucket interval,
	margin double precision, as_of timestamptz, zone text) (
	SFUNC = clv_accum_bigint,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_numeric,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, bigint, interval, double precision, timestamptz, text) IS
'customer lifetime value as of a time, as profit, in buckets of a time zone';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount double precision, bucket interval) (
	SFUNC = clv_accum_double,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_double,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, double precision, interval) IS
'customer lifetime value as of now: revenue per customer and bucket * mean lifespan in buckets';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount double precision, bucket interval,
	margin double precision) (
	SFUNC = clv_accum_double,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_double,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, double precision, interval, double precision) IS
'customer lifetime value as of now, as profit: revenue per customer and bucket * mean lifespan * margin';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount double precision, bucket interval,
	margin double precision, as_of timestamptz) (
	SFUNC = clv_accum_double,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_double,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, double precision, interval, double precision, timestamptz) IS
'customer lifetime value as of a time, as profit: revenue per customer and bucket * mean lifespan * margin';

CREATE AGGREGATE clv(customer anyelement, ordered_at timestamptz, amount double precision, bucket interval,
	margin double precision, as_of timestamptz, zone text) (
	SFUNC = clv_accum_double,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = clv_final_double,
	COMBINEFUNC = clv_combine,
	SERIALFUNC = clv_serialize,
	DESERIALFUNC = clv_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE clv(anyelement, timestamptz, double precision, interval, double precision, timestamptz, text) IS
'customer lifetime value as of a time, as profit, in buckets of a time zone';

