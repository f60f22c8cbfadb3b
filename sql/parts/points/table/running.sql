-- points_running: a member's points after each movement, over a window
--
-- The final function has the default COST: over a window that is ordered by time it adds four numbers.

CREATE FUNCTION points_running_accum(state internal, points bigint, at timestamptz, expires timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_running_accum(internal, bigint, timestamptz, timestamptz) IS
'internal: transition function of points_running';

CREATE FUNCTION points_running_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_running_combine(internal, internal) IS
'internal: combine function of points_running';

CREATE FUNCTION points_running_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_running_serialize(internal) IS
'internal: serialization function of points_running';

CREATE FUNCTION points_running_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_running_deserialize(bytea, internal) IS
'internal: deserialization function of points_running';

CREATE FUNCTION points_running_final(state internal)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_running_final(internal) IS
'internal: final function of points_running';

CREATE AGGREGATE points_running(points bigint, at timestamptz, expires timestamptz) (
	SFUNC = points_running_accum,
	STYPE = internal,
	SSPACE = -416,
	FINALFUNC = points_running_final,
	COMBINEFUNC = points_running_combine,
	SERIALFUNC = points_running_serialize,
	DESERIALFUNC = points_running_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE points_running(bigint, timestamptz, timestamptz) IS
'loyalty points of a member at the latest time of the rows, for OVER (PARTITION BY member ORDER BY at)';

