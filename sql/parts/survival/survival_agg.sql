-- survival_agg: rows -> durations; rollup: durations -> durations

CREATE FUNCTION survival_accum(state internal, duration interval, happened boolean)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION survival_accum(internal, interval, boolean) IS
'internal: transition function of survival_agg';

CREATE FUNCTION survival_accum(state internal, duration interval, happened boolean, watched interval)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION survival_accum(internal, interval, boolean, interval) IS
'internal: transition function of survival_agg';

CREATE FUNCTION durations_accum(state internal, other durations)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION durations_accum(internal, durations) IS
'internal: transition function of rollup';

CREATE FUNCTION survival_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION survival_combine(internal, internal) IS
'internal: combine function of survival_agg and rollup';

CREATE FUNCTION survival_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION survival_serialize(internal) IS
'internal: serialization function of survival_agg and rollup';

CREATE FUNCTION survival_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION survival_deserialize(bytea, internal) IS
'internal: deserialization function of survival_agg and rollup';

CREATE FUNCTION survival_final(state internal)
RETURNS durations
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION survival_final(internal) IS
'internal: final function of survival_agg and rollup';

CREATE AGGREGATE survival_agg(duration interval, happened boolean) (
	SFUNC = survival_accum,
	STYPE = internal,
	SSPACE = -256,
	FINALFUNC = survival_final,
	COMBINEFUNC = survival_combine,
	SERIALFUNC = survival_serialize,
	DESERIALFUNC = survival_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE survival_agg(interval, boolean) IS
'after how long it happened, or for how long it has not, as durations; what happened ended the watching';

CREATE AGGREGATE survival_agg(duration interval, happened boolean, watched interval) (
	SFUNC = survival_accum,
	STYPE = internal,
	SSPACE = -256,
	FINALFUNC = survival_final,
	COMBINEFUNC = survival_combine,
	SERIALFUNC = survival_serialize,
	DESERIALFUNC = survival_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE survival_agg(interval, boolean, interval) IS
'after how long it happened, or for how long it has not, and how long each was watched in all, as durations';

CREATE AGGREGATE rollup(durations durations) (
	SFUNC = durations_accum,
	STYPE = internal,
	SSPACE = -1024,
	FINALFUNC = survival_final,
	COMBINEFUNC = survival_combine,
	SERIALFUNC = survival_serialize,
	DESERIALFUNC = survival_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE rollup(durations) IS
'puts the durations of countries, months, products together; nobody may be in two of them';
