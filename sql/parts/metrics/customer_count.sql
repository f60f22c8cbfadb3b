-- customer_count, repeat_rate, purchase_frequency: one state, three answers

CREATE FUNCTION purchase_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION purchase_support(internal) IS
'internal: planner support function of purchase_accum';

CREATE FUNCTION purchase_accum(state internal, customer anyelement)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT purchase_support;

COMMENT ON FUNCTION purchase_accum(internal, anyelement) IS
'internal: transition function of customer_count, repeat_rate and purchase_frequency';

CREATE FUNCTION purchase_accum(state internal, customer anyelement, min_orders bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT purchase_support;

COMMENT ON FUNCTION purchase_accum(internal, anyelement, bigint) IS
'internal: transition function of repeat_rate';

CREATE FUNCTION purchase_accum_inv(state internal, customer anyelement)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_accum_inv(internal, anyelement) IS
'internal: inverse transition function of customer_count, repeat_rate and purchase_frequency';

CREATE FUNCTION purchase_accum_inv(state internal, customer anyelement, min_orders bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_accum_inv(internal, anyelement, bigint) IS
'internal: inverse transition function of repeat_rate';

CREATE FUNCTION purchase_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_combine(internal, internal) IS
'internal: combine function of customer_count, repeat_rate and purchase_frequency';

CREATE FUNCTION purchase_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION purchase_serialize(internal) IS
'internal: serialization function of customer_count, repeat_rate and purchase_frequency';

CREATE FUNCTION purchase_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION purchase_deserialize(bytea, internal) IS
'internal: deserialization function of customer_count, repeat_rate and purchase_frequency';

CREATE FUNCTION customer_count_final(state internal)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION customer_count_final(internal) IS
'internal: final function of customer_count';

CREATE FUNCTION repeat_rate_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION repeat_rate_final(internal) IS
'internal: final function of repeat_rate';

CREATE FUNCTION purchase_frequency_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_frequency_final(internal) IS
'internal: final function of purchase_frequency';

CREATE AGGREGATE customer_count(customer anyelement) (
	SFUNC = purchase_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = customer_count_final,
	COMBINEFUNC = purchase_combine,
	SERIALFUNC = purchase_serialize,
	DESERIALFUNC = purchase_deserialize,
	MSFUNC = purchase_accum,
	MINVFUNC = purchase_accum_inv,
	MSTYPE = internal,
	MSSPACE = 272,
	MFINALFUNC = customer_count_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE customer_count(anyelement) IS
'number of distinct customers';

CREATE AGGREGATE repeat_rate(customer anyelement) (
	SFUNC = purchase_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = repeat_rate_final,
	COMBINEFUNC = purchase_combine,
	SERIALFUNC = purchase_serialize,
	DESERIALFUNC = purchase_deserialize,
	MSFUNC = purchase_accum,
	MINVFUNC = purchase_accum_inv,
	MSTYPE = internal,
	MSSPACE = 272,
	MFINALFUNC = repeat_rate_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE repeat_rate(anyelement) IS
'share of the customers who have at least two orders, as a fraction';

CREATE AGGREGATE repeat_rate(customer anyelement, min_orders bigint) (
	SFUNC = purchase_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = repeat_rate_final,
	COMBINEFUNC = purchase_combine,
	SERIALFUNC = purchase_serialize,
	DESERIALFUNC = purchase_deserialize,
	MSFUNC = purchase_accum,
	MINVFUNC = purchase_accum_inv,
	MSTYPE = internal,
	MSSPACE = 272,
	MFINALFUNC = repeat_rate_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE repeat_rate(anyelement, bigint) IS
'share of the customers who have at least min_orders orders, as a fraction';

CREATE AGGREGATE purchase_frequency(customer anyelement) (
	SFUNC = purchase_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = purchase_frequency_final,
	COMBINEFUNC = purchase_combine,
	SERIALFUNC = purchase_serialize,
	DESERIALFUNC = purchase_deserialize,
	MSFUNC = purchase_accum,
	MINVFUNC = purchase_accum_inv,
	MSTYPE = internal,
	MSSPACE = 272,
	MFINALFUNC = purchase_frequency_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_frequency(anyelement) IS
'orders per customer';
