-- crr and churn_rate: over an order log and over contracts

CREATE FUNCTION churn_orders_accum(state internal, customer anyelement, ordered_at timestamptz, period tstzrange)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_orders_accum(internal, anyelement, timestamptz, tstzrange) IS
'transition function of crr and churn_rate';

CREATE FUNCTION churn_orders_accum(state internal, customer anyelement, ordered_at timestamptz,
	period tstzrange, lookback interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_orders_accum(internal, anyelement, timestamptz, tstzrange, interval) IS
'transition function of crr and churn_rate';

CREATE FUNCTION churn_contracts_accum(state internal, customer anyelement, active tstzrange, period tstzrange)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_contracts_accum(internal, anyelement, tstzrange, tstzrange) IS
'transition function of crr and churn_rate';

CREATE FUNCTION churn_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_combine(internal, internal) IS
'combine function of crr and churn_rate';

CREATE FUNCTION churn_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_serialize(internal) IS
'serialization function of crr and churn_rate';

CREATE FUNCTION churn_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_deserialize(bytea, internal) IS
'deserialization function of crr and churn_rate';

CREATE FUNCTION crr_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION crr_final(internal) IS
'final function of crr';

CREATE FUNCTION churn_rate_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate_final(internal) IS
'final function of churn_rate';

CREATE AGGREGATE crr(customer anyelement, ordered_at timestamptz, period tstzrange) (
	SFUNC = churn_orders_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = crr_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE crr(anyelement, timestamptz, tstzrange) IS
'customer retention rate: share of the customers active at the start of the period who are active at its end; '
'active is who ordered in it, or in the period before';

CREATE AGGREGATE crr(customer anyelement, ordered_at timestamptz, period tstzrange, lookback interval) (
	SFUNC = churn_orders_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = crr_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE crr(anyelement, timestamptz, tstzrange, interval) IS
'customer retention rate: share of the customers active at the start of the period who are active at its end; '
'active is who ordered within the lookback';

CREATE AGGREGATE crr(customer anyelement, active tstzrange, period tstzrange) (
	SFUNC = churn_contracts_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = crr_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE crr(anyelement, tstzrange, tstzrange) IS
'customer retention rate: share of the customers active at the start of the period who are active at its end; '
'active is whose contract holds that instant';

CREATE AGGREGATE churn_rate(customer anyelement, ordered_at timestamptz, period tstzrange) (
	SFUNC = churn_orders_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = churn_rate_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE churn_rate(anyelement, timestamptz, tstzrange) IS
'churn rate: share of the customers active at the start of the period who are not active at its end; '
'active is who ordered in it, or in the period before';

CREATE AGGREGATE churn_rate(customer anyelement, ordered_at timestamptz, period tstzrange, lookback interval) (
	SFUNC = churn_orders_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = churn_rate_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE churn_rate(anyelement, timestamptz, tstzrange, interval) IS
'churn rate: share of the customers active at the start of the period who are not active at its end; '
'active is who ordered within the lookback';

CREATE AGGREGATE churn_rate(customer anyelement, active tstzrange, period tstzrange) (
	SFUNC = churn_contracts_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = churn_rate_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE churn_rate(anyelement, tstzrange, tstzrange) IS
'churn rate: share of the customers active at the start of the period who are not active at its end; '
'active is whose contract holds that instant';
