-- crr and churn_rate: over an order log and over contracts
--
-- The transition function is STABLE where the session's time zone decides what a month is.  The final functions of the
-- forms over orders are STABLE with a zone as well, since they ask whether the period is over at now().

CREATE FUNCTION churn_orders_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_orders_support(internal) IS
'internal: planner support function of churn_orders_accum';

CREATE FUNCTION churn_orders_accum(state internal, customer anyelement, ordered_at timestamptz, period tstzrange)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT churn_orders_support;

COMMENT ON FUNCTION churn_orders_accum(internal, anyelement, timestamptz, tstzrange) IS
'internal: transition function of crr and churn_rate';

CREATE FUNCTION churn_orders_accum(state internal, customer anyelement, ordered_at timestamptz,
	period tstzrange, lookback interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT churn_orders_support;

COMMENT ON FUNCTION churn_orders_accum(internal, anyelement, timestamptz, tstzrange, interval) IS
'internal: transition function of crr and churn_rate';

CREATE FUNCTION churn_orders_accum(state internal, customer anyelement, ordered_at timestamptz,
	period tstzrange, lookback interval, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT churn_orders_support;

COMMENT ON FUNCTION churn_orders_accum(internal, anyelement, timestamptz, tstzrange, interval, text) IS
'internal: transition function of crr and churn_rate';

CREATE FUNCTION churn_contracts_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_contracts_support(internal) IS
'internal: planner support function of churn_contracts_accum';

CREATE FUNCTION churn_contracts_accum(state internal, customer anyelement, active tstzrange, period tstzrange)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT churn_contracts_support;

COMMENT ON FUNCTION churn_contracts_accum(internal, anyelement, tstzrange, tstzrange) IS
'internal: transition function of crr and churn_rate';

CREATE FUNCTION churn_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_combine(internal, internal) IS
'internal: combine function of crr and churn_rate';

CREATE FUNCTION churn_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_serialize(internal) IS
'internal: serialization function of crr and churn_rate';

CREATE FUNCTION churn_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION churn_deserialize(bytea, internal) IS
'internal: deserialization function of crr and churn_rate';

CREATE FUNCTION crr_orders_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION crr_orders_final(internal) IS
'internal: final function of crr over orders';

CREATE FUNCTION crr_contracts_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION crr_contracts_final(internal) IS
'internal: final function of crr over contracts';

CREATE FUNCTION churn_rate_orders_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate_orders_final(internal) IS
'internal: final function of churn_rate over orders';

CREATE FUNCTION churn_rate_contracts_final(state internal)
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION churn_rate_contracts_final(internal) IS
'internal: final function of churn_rate over contracts';

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
'customer retention rate: of the customers who ordered in the period before, the share who ordered in this one';

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
'customer retention rate: of the customers who ordered within the lookback before the period''s start, the share who '
'ordered within it before the period''s end';

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
'customer retention rate with the calendar of a time zone; a null lookback is none';

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
'customer retention rate: of the customers with a contract at the period''s start, the share who have one at its end';

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
'churn rate: of the customers who ordered in the period before, the share who did not order in this one';

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
'churn rate: of the customers who ordered within the lookback before the period''s start, the share who did not order '
'within it before the period''s end';

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
'churn rate with the calendar of a time zone; a null lookback is none';

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
'churn rate: of the customers with a contract at the period''s start, the share who have none at its end';
