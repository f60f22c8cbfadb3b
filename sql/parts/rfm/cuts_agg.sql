-- rfm_cuts: the cuts of the RFM scores of customers, an aggregate
--
-- The final function sorts all rows of the group, which COST can only hint at.

CREATE FUNCTION rfm_cuts_accum_numeric(state internal, last_order timestamptz, orders bigint, revenue numeric)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_numeric(internal, timestamptz, bigint, numeric) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_numeric(state internal, last_order timestamptz, orders bigint,
	revenue numeric, bins bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_numeric(internal, timestamptz, bigint, numeric, bigint) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_numeric(state internal, last_order timestamptz, orders bigint,
	revenue numeric, bins bigint, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_numeric(internal, timestamptz, bigint, numeric, bigint, timestamptz) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_bigint(state internal, last_order timestamptz, orders bigint, revenue bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_bigint(internal, timestamptz, bigint, bigint) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_bigint(state internal, last_order timestamptz, orders bigint,
	revenue bigint, bins bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_bigint(internal, timestamptz, bigint, bigint, bigint) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_bigint(state internal, last_order timestamptz, orders bigint,
	revenue bigint, bins bigint, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_bigint(internal, timestamptz, bigint, bigint, bigint, timestamptz) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_double(state internal, last_order timestamptz, orders bigint, revenue double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_double(internal, timestamptz, bigint, double precision) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_double(state internal, last_order timestamptz, orders bigint,
	revenue double precision, bins bigint)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_double(internal, timestamptz, bigint, double precision, bigint) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_accum_double(state internal, last_order timestamptz, orders bigint,
	revenue double precision, bins bigint, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_accum_double(internal, timestamptz, bigint, double precision, bigint, timestamptz) IS
'internal: transition function of rfm_cuts';

CREATE FUNCTION rfm_cuts_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_combine(internal, internal) IS
'internal: combine function of rfm_cuts';

CREATE FUNCTION rfm_cuts_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_serialize(internal) IS
'internal: serialization function of rfm_cuts';

CREATE FUNCTION rfm_cuts_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rfm_cuts_deserialize(bytea, internal) IS
'internal: deserialization function of rfm_cuts';

CREATE FUNCTION rfm_cuts_final(state internal)
RETURNS rfm_cuts
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION rfm_cuts_final(internal) IS
'internal: final function of rfm_cuts';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue numeric) (
	SFUNC = rfm_cuts_accum_numeric,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, numeric) IS
'cuts of the RFM scores of customers, in fifths, with ages at the latest order (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue numeric, bins bigint) (
	SFUNC = rfm_cuts_accum_numeric,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, numeric, bigint) IS
'cuts of the RFM scores of customers, with ages at the latest order (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue numeric, bins bigint, as_of timestamptz) (
	SFUNC = rfm_cuts_accum_numeric,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, numeric, bigint, timestamptz) IS
'cuts of the RFM scores of customers, with ages at as_of (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue bigint) (
	SFUNC = rfm_cuts_accum_bigint,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, bigint) IS
'cuts of the RFM scores of customers, in fifths, with ages at the latest order (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue bigint, bins bigint) (
	SFUNC = rfm_cuts_accum_bigint,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, bigint, bigint) IS
'cuts of the RFM scores of customers, with ages at the latest order (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue bigint, bins bigint, as_of timestamptz) (
	SFUNC = rfm_cuts_accum_bigint,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, bigint, bigint, timestamptz) IS
'cuts of the RFM scores of customers, with ages at as_of (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue double precision) (
	SFUNC = rfm_cuts_accum_double,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, double precision) IS
'cuts of the RFM scores of customers, in fifths, with ages at the latest order (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue double precision, bins bigint) (
	SFUNC = rfm_cuts_accum_double,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, double precision, bigint) IS
'cuts of the RFM scores of customers, with ages at the latest order (docs/rfm.md)';

CREATE AGGREGATE rfm_cuts(last_order timestamptz, orders bigint, revenue double precision,
	bins bigint, as_of timestamptz) (
	SFUNC = rfm_cuts_accum_double,
	STYPE = internal,
	SSPACE = -600,
	FINALFUNC = rfm_cuts_final,
	COMBINEFUNC = rfm_cuts_combine,
	SERIALFUNC = rfm_cuts_serialize,
	DESERIALFUNC = rfm_cuts_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rfm_cuts(timestamptz, bigint, double precision, bigint, timestamptz) IS
'cuts of the RFM scores of customers, with ages at as_of (docs/rfm.md)';
