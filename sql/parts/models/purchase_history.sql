-- purchase_history: what a customer's orders tell the models of lifetime value

CREATE TYPE purchase_history AS (
	frequency bigint,
	recency double precision,
	age double precision,
	mean_value double precision
);

COMMENT ON TYPE purchase_history IS
'a customer as the models see one: repeat days, time from the first to the last, time since the first, mean value';

CREATE FUNCTION purchase_history_accum_numeric(state internal, ordered_at timestamptz, amount numeric, unit interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_numeric(internal, timestamptz, numeric, interval) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_numeric(state internal, ordered_at timestamptz, amount numeric, unit interval,
	as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_numeric(internal, timestamptz, numeric, interval, timestamptz) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_numeric(state internal, ordered_at timestamptz, amount numeric,
	unit interval, as_of timestamptz, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_numeric(internal, timestamptz, numeric, interval, timestamptz, text) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_bigint(state internal, ordered_at timestamptz, amount bigint, unit interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_bigint(internal, timestamptz, bigint, interval) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_bigint(state internal, ordered_at timestamptz, amount bigint, unit interval,
	as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_bigint(internal, timestamptz, bigint, interval, timestamptz) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_bigint(state internal, ordered_at timestamptz, amount bigint,
	unit interval, as_of timestamptz, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_bigint(internal, timestamptz, bigint, interval, timestamptz, text) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_double(state internal, ordered_at timestamptz, amount double precision,
	unit interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_double(internal, timestamptz, double precision, interval) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_double(state internal, ordered_at timestamptz, amount double precision,
	unit interval, as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_double(internal, timestamptz, double precision, interval, timestamptz) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_accum_double(state internal, ordered_at timestamptz, amount double precision,
	unit interval, as_of timestamptz, zone text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_accum_double(internal, timestamptz, double precision,
	interval, timestamptz, text) IS
'internal: transition function of purchase_history';

CREATE FUNCTION purchase_history_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_combine(internal, internal) IS
'internal: combine function of purchase_history';

CREATE FUNCTION purchase_history_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_serialize(internal) IS
'internal: serialization function of purchase_history';

CREATE FUNCTION purchase_history_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION purchase_history_deserialize(bytea, internal) IS
'internal: deserialization function of purchase_history';

CREATE FUNCTION purchase_history_final(state internal)
RETURNS purchase_history
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;

COMMENT ON FUNCTION purchase_history_final(internal) IS
'internal: final function of purchase_history';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount numeric, unit interval) (
	SFUNC = purchase_history_accum_numeric,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, numeric, interval) IS
'frequency, recency, age and mean value of one customer''s orders up to today, in days or weeks';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount numeric, unit interval, as_of timestamptz) (
	SFUNC = purchase_history_accum_numeric,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, numeric, interval, timestamptz) IS
'frequency, recency, age and mean value of one customer''s orders up to the day of a time, in days or weeks';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount numeric, unit interval, as_of timestamptz,
	zone text) (
	SFUNC = purchase_history_accum_numeric,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, numeric, interval, timestamptz, text) IS
'frequency, recency, age and mean value of one customer''s orders up to the day of a time, in days of a time zone';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount bigint, unit interval) (
	SFUNC = purchase_history_accum_bigint,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, bigint, interval) IS
'frequency, recency, age and mean value of one customer''s orders up to today, in days or weeks';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount bigint, unit interval, as_of timestamptz) (
	SFUNC = purchase_history_accum_bigint,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, bigint, interval, timestamptz) IS
'frequency, recency, age and mean value of one customer''s orders up to the day of a time, in days or weeks';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount bigint, unit interval, as_of timestamptz,
	zone text) (
	SFUNC = purchase_history_accum_bigint,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, bigint, interval, timestamptz, text) IS
'frequency, recency, age and mean value of one customer''s orders up to the day of a time, in days of a time zone';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount double precision, unit interval) (
	SFUNC = purchase_history_accum_double,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, double precision, interval) IS
'frequency, recency, age and mean value of one customer''s orders up to today, in days or weeks';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount double precision, unit interval, as_of timestamptz) (
	SFUNC = purchase_history_accum_double,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, double precision, interval, timestamptz) IS
'frequency, recency, age and mean value of one customer''s orders up to the day of a time, in days or weeks';

CREATE AGGREGATE purchase_history(ordered_at timestamptz, amount double precision, unit interval, as_of timestamptz,
	zone text) (
	SFUNC = purchase_history_accum_double,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = purchase_history_final,
	COMBINEFUNC = purchase_history_combine,
	SERIALFUNC = purchase_history_serialize,
	DESERIALFUNC = purchase_history_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE purchase_history(timestamptz, double precision, interval, timestamptz, text) IS
'frequency, recency, age and mean value of one customer''s orders up to the day of a time, in days of a time zone';

