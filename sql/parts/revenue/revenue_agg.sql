-- revenue_agg: rows with amounts -> summary

CREATE FUNCTION revenue_orders_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_orders_support(internal) IS
'internal: planner support function of revenue_orders_accum';

CREATE FUNCTION revenue_orders_accum(state internal, customer anyelement, ordered_at timestamptz, amount numeric, bucket interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT revenue_orders_support;

COMMENT ON FUNCTION revenue_orders_accum(internal, anyelement, timestamptz, numeric, interval) IS
'internal: transition function of revenue_agg';

CREATE FUNCTION revenue_orders_accum(state internal, customer anyelement, ordered_at timestamptz, amount numeric, bucket interval, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT revenue_orders_support;

COMMENT ON FUNCTION revenue_orders_accum(internal, anyelement, timestamptz, numeric, interval, text) IS
'internal: transition function of revenue_agg';

CREATE FUNCTION revenue_orders_accum(state internal, customer anyelement, ordered_at timestamptz, amount numeric, bucket interval, zone text, origin date)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT revenue_orders_support;

COMMENT ON FUNCTION revenue_orders_accum(internal, anyelement, timestamptz, numeric, interval, text, date) IS
'internal: transition function of revenue_agg';

CREATE FUNCTION revenue_contracts_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION revenue_contracts_support(internal) IS
'internal: planner support function of revenue_contracts_accum';

CREATE FUNCTION revenue_contracts_accum(state internal, customer anyelement, active tstzrange, price numeric, bucket interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT revenue_contracts_support;

COMMENT ON FUNCTION revenue_contracts_accum(internal, anyelement, tstzrange, numeric, interval) IS
'internal: transition function of revenue_agg';

CREATE FUNCTION revenue_contracts_accum(state internal, customer anyelement, active tstzrange, price numeric, bucket interval, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE
SUPPORT revenue_contracts_support;

COMMENT ON FUNCTION revenue_contracts_accum(internal, anyelement, tstzrange, numeric, interval, text) IS
'internal: transition function of revenue_agg';

CREATE FUNCTION revenue_contracts_accum(state internal, customer anyelement, active tstzrange, price numeric, bucket interval, zone text, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT revenue_contracts_support;

COMMENT ON FUNCTION revenue_contracts_accum(internal, anyelement, tstzrange, numeric, interval, text, timestamptz) IS
'internal: transition function of revenue_agg';

CREATE FUNCTION revenue_contracts_accum(state internal, customer anyelement, active tstzrange, price numeric, bucket interval, zone text, as_of timestamptz, origin date)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT revenue_contracts_support;

COMMENT ON FUNCTION revenue_contracts_accum(internal, anyelement, tstzrange, numeric, interval, text, timestamptz, date) IS
'internal: transition function of revenue_agg';

CREATE FUNCTION revenue_final(state internal)
RETURNS revenue_summary
AS 'MODULE_PATHNAME', 'retention_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION revenue_final(internal) IS
'internal: final function of revenue_agg';

CREATE AGGREGATE revenue_agg(customer anyelement, ordered_at timestamptz, amount numeric, bucket interval) (
	SFUNC = revenue_orders_accum,
	STYPE = internal,
	SSPACE = -400,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = revenue_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE revenue_agg(anyelement, timestamptz, numeric, interval) IS
'the calendar buckets in which each customer was seen, and what they spent there, in the session''s time zone, as a revenue_summary';

CREATE AGGREGATE revenue_agg(customer anyelement, ordered_at timestamptz, amount numeric, bucket interval, zone text) (
	SFUNC = revenue_orders_accum,
	STYPE = internal,
	SSPACE = -400,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = revenue_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE revenue_agg(anyelement, timestamptz, numeric, interval, text) IS
'the calendar buckets in which each customer was seen, and what they spent there, in the given time zone, as a revenue_summary';

CREATE AGGREGATE revenue_agg(customer anyelement, active tstzrange, price numeric, bucket interval) (
	SFUNC = revenue_contracts_accum,
	STYPE = internal,
	SSPACE = -400,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = revenue_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE revenue_agg(anyelement, tstzrange, numeric, interval) IS
'the prices of each customer''s contracts at the end of each calendar bucket, in the session''s time zone, and at now() in the open one, as a revenue_summary';

CREATE AGGREGATE revenue_agg(customer anyelement, active tstzrange, price numeric, bucket interval, zone text) (
	SFUNC = revenue_contracts_accum,
	STYPE = internal,
	SSPACE = -400,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = revenue_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE revenue_agg(anyelement, tstzrange, numeric, interval, text) IS
'the prices of each customer''s contracts at the end of each calendar bucket, in the given time zone, and at now() in the open one, as a revenue_summary';

CREATE AGGREGATE revenue_agg(customer anyelement, active tstzrange, price numeric, bucket interval, zone text, as_of timestamptz) (
	SFUNC = revenue_contracts_accum,
	STYPE = internal,
	SSPACE = -400,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = revenue_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE revenue_agg(anyelement, tstzrange, numeric, interval, text, timestamptz) IS
'the prices of each customer''s contracts at the end of each calendar bucket, in the given time zone, and at as_of in the open one, as a revenue_summary';

CREATE AGGREGATE revenue_agg(customer anyelement, ordered_at timestamptz, amount numeric, bucket interval, zone text, origin date) (
	SFUNC = revenue_orders_accum,
	STYPE = internal,
	SSPACE = -400,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = revenue_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE revenue_agg(anyelement, timestamptz, numeric, interval, text, date) IS
'the calendar buckets in which each customer was seen, and what they spent there, counted from the origin, in the given time zone, as a revenue_summary';

CREATE AGGREGATE revenue_agg(customer anyelement, active tstzrange, price numeric, bucket interval, zone text, as_of timestamptz, origin date) (
	SFUNC = revenue_contracts_accum,
	STYPE = internal,
	SSPACE = -400,
	COMBINEFUNC = retention_combine,
	SERIALFUNC = retention_serialize,
	DESERIALFUNC = retention_deserialize,
	FINALFUNC = revenue_final,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE revenue_agg(anyelement, tstzrange, numeric, interval, text, timestamptz, date) IS
'the prices of each customer''s contracts at the end of each calendar bucket, counted from the origin, in the given time zone, and at as_of in the open one, as a revenue_summary';
