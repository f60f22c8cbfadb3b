-- crr and churn_rate: over an order log and over contracts
--
-- The transition function is STABLE where the session's time zone decides what a month is.  The final functions of the
-- forms over orders are STABLE with a zone as well, since they ask whether the period is over at now().

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

CREATE FUNCTION churn_orders_accum(state internal, customer anyelement, ordered_at timestamptz,
	period tstzrange, lookback interval, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_orders_accum(internal, anyelement, timestamptz, tstzrange, interval, text) IS
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

CREATE FUNCTION crr_orders_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION crr_orders_final(internal) IS
'final function of crr over orders';

CREATE FUNCTION crr_contracts_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION crr_contracts_final(internal) IS
'final function of crr over contracts';

CREATE FUNCTION churn_rate_orders_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate_orders_final(internal) IS
'final function of churn_rate over orders';

CREATE FUNCTION churn_rate_contracts_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate_contracts_final(internal) IS
'final function of churn_rate over contracts';

CREATE AGGREGATE crr(customer anyelement, ordered_at timestamptz, period tstzrange) (
	SFUNC = churn_orders_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = crr_orders_final,
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
	FINALFUNC = crr_orders_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE crr(anyelement, timestamptz, tstzrange, interval) IS
'customer retention rate: share of the customers active at the start of the period who are active at its end; '
'active is who ordered within the lookback';

CREATE AGGREGATE crr(customer anyelement, ordered_at timestamptz, period tstzrange, lookback interval, zone text) (
	SFUNC = churn_orders_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = crr_orders_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE crr(anyelement, timestamptz, tstzrange, interval, text) IS
'customer retention rate: share of the customers active at the start of the period who are active at its end; '
'active is who ordered within the lookback, or if that is null in it, or in the period before; in a time zone';

CREATE AGGREGATE crr(customer anyelement, active tstzrange, period tstzrange) (
	SFUNC = churn_contracts_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = crr_contracts_final,
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
	FINALFUNC = churn_rate_orders_final,
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
	FINALFUNC = churn_rate_orders_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE churn_rate(anyelement, timestamptz, tstzrange, interval) IS
'churn rate: share of the customers active at the start of the period who are not active at its end; '
'active is who ordered within the lookback';

CREATE AGGREGATE churn_rate(customer anyelement, ordered_at timestamptz, period tstzrange,
	lookback interval, zone text) (
	SFUNC = churn_orders_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = churn_rate_orders_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE churn_rate(anyelement, timestamptz, tstzrange, interval, text) IS
'churn rate: share of the customers active at the start of the period who are not active at its end; '
'active is who ordered within the lookback, or if that is null in it, or in the period before; in a time zone';

CREATE AGGREGATE churn_rate(customer anyelement, active tstzrange, period tstzrange) (
	SFUNC = churn_contracts_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = churn_rate_contracts_final,
	COMBINEFUNC = churn_combine,
	SERIALFUNC = churn_serialize,
	DESERIALFUNC = churn_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE churn_rate(anyelement, tstzrange, tstzrange) IS
'churn rate: share of the customers active at the start of the period who are not active at its end; '
'active is whose contract holds that instant';
