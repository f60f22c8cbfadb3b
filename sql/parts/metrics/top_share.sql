-- top_share: how much of the revenue the best customers bring
--
-- The final function sorts the sums of all customers, which COST can only hint at.

CREATE FUNCTION top_share_accum_numeric(state internal, customer anyelement, amount numeric)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION top_share_accum_numeric(internal, anyelement, numeric) IS
'internal: transition function of top_share';

CREATE FUNCTION top_share_accum_numeric(state internal, customer anyelement, amount numeric, fraction double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION top_share_accum_numeric(internal, anyelement, numeric, double precision) IS
'internal: transition function of top_share';

CREATE FUNCTION top_share_accum_bigint(state internal, customer anyelement, amount bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION top_share_accum_bigint(internal, anyelement, bigint) IS
'internal: transition function of top_share';

CREATE FUNCTION top_share_accum_bigint(state internal, customer anyelement, amount bigint, fraction double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION top_share_accum_bigint(internal, anyelement, bigint, double precision) IS
'internal: transition function of top_share';

CREATE FUNCTION top_share_accum_double(state internal, customer anyelement, amount double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION top_share_accum_double(internal, anyelement, double precision) IS
'internal: transition function of top_share';

CREATE FUNCTION top_share_accum_double(state internal, customer anyelement, amount double precision, fraction double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION top_share_accum_double(internal, anyelement, double precision, double precision) IS
'internal: transition function of top_share';

CREATE FUNCTION top_share_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION top_share_combine(internal, internal) IS
'internal: combine function of top_share';

CREATE FUNCTION top_share_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION top_share_serialize(internal) IS
'internal: serialization function of top_share';

CREATE FUNCTION top_share_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION top_share_deserialize(bytea, internal) IS
'internal: deserialization function of top_share';

CREATE FUNCTION top_share_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION top_share_final(internal) IS
'internal: final function of top_share';

CREATE AGGREGATE top_share(customer anyelement, amount numeric) (
	SFUNC = top_share_accum_numeric,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = top_share_final,
	COMBINEFUNC = top_share_combine,
	SERIALFUNC = top_share_serialize,
	DESERIALFUNC = top_share_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE top_share(anyelement, numeric) IS
'share of the revenue that the best fifth of the customers bring, as a fraction';

CREATE AGGREGATE top_share(customer anyelement, amount numeric, fraction double precision) (
	SFUNC = top_share_accum_numeric,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = top_share_final,
	COMBINEFUNC = top_share_combine,
	SERIALFUNC = top_share_serialize,
	DESERIALFUNC = top_share_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE top_share(anyelement, numeric, double precision) IS
'share of the revenue that the best fraction of the customers bring, as a fraction';

CREATE AGGREGATE top_share(customer anyelement, amount bigint) (
	SFUNC = top_share_accum_bigint,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = top_share_final,
	COMBINEFUNC = top_share_combine,
	SERIALFUNC = top_share_serialize,
	DESERIALFUNC = top_share_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE top_share(anyelement, bigint) IS
'share of the revenue that the best fifth of the customers bring, as a fraction';

CREATE AGGREGATE top_share(customer anyelement, amount bigint, fraction double precision) (
	SFUNC = top_share_accum_bigint,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = top_share_final,
	COMBINEFUNC = top_share_combine,
	SERIALFUNC = top_share_serialize,
	DESERIALFUNC = top_share_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE top_share(anyelement, bigint, double precision) IS
'share of the revenue that the best fraction of the customers bring, as a fraction';

CREATE AGGREGATE top_share(customer anyelement, amount double precision) (
	SFUNC = top_share_accum_double,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = top_share_final,
	COMBINEFUNC = top_share_combine,
	SERIALFUNC = top_share_serialize,
	DESERIALFUNC = top_share_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE top_share(anyelement, double precision) IS
'share of the revenue that the best fifth of the customers bring, as a fraction';

CREATE AGGREGATE top_share(customer anyelement, amount double precision, fraction double precision) (
	SFUNC = top_share_accum_double,
	STYPE = internal,
	SSPACE = -400,
	FINALFUNC = top_share_final,
	COMBINEFUNC = top_share_combine,
	SERIALFUNC = top_share_serialize,
	DESERIALFUNC = top_share_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE top_share(anyelement, double precision, double precision) IS
'share of the revenue that the best fraction of the customers bring, as a fraction';
