-- points_balance: a member's points, straight from a table of movements
--
-- The transition function without as_of is STABLE, as now() is.  The final function sorts the rows of a group and
-- makes their lots.

CREATE FUNCTION points_balance_accum(state internal, points bigint, at timestamptz, expires timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_balance_accum(internal, bigint, timestamptz, timestamptz) IS
'internal: transition function of points_balance';

CREATE FUNCTION points_balance_accum(state internal, points bigint, at timestamptz, expires timestamptz,
	as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_balance_accum(internal, bigint, timestamptz, timestamptz, timestamptz) IS
'internal: transition function of points_balance';

CREATE FUNCTION points_balance_accum(state internal, points bigint, at timestamptz, expires timestamptz,
	as_of timestamptz, available timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_balance_accum(internal, bigint, timestamptz, timestamptz, timestamptz, timestamptz) IS
'internal: transition function of points_balance';

CREATE FUNCTION points_balance_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION points_balance_combine(internal, internal) IS
'internal: combine function of points_balance';

CREATE FUNCTION points_balance_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_balance_serialize(internal) IS
'internal: serialization function of points_balance';

CREATE FUNCTION points_balance_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION points_balance_deserialize(bytea, internal) IS
'internal: deserialization function of points_balance';

CREATE FUNCTION points_balance_final(state internal)
RETURNS bigint
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

COMMENT ON FUNCTION points_balance_final(internal) IS
'internal: final function of points_balance';

CREATE AGGREGATE points_balance(points bigint, at timestamptz, expires timestamptz) (
	SFUNC = points_balance_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = points_balance_final,
	COMBINEFUNC = points_balance_combine,
	SERIALFUNC = points_balance_serialize,
	DESERIALFUNC = points_balance_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE points_balance(bigint, timestamptz, timestamptz) IS
'loyalty points that a member has now, from movements of points';

CREATE AGGREGATE points_balance(points bigint, at timestamptz, expires timestamptz, as_of timestamptz) (
	SFUNC = points_balance_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = points_balance_final,
	COMBINEFUNC = points_balance_combine,
	SERIALFUNC = points_balance_serialize,
	DESERIALFUNC = points_balance_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE points_balance(bigint, timestamptz, timestamptz, timestamptz) IS
'loyalty points that a member had at a time, from movements of points';

CREATE AGGREGATE points_balance(points bigint, at timestamptz, expires timestamptz, as_of timestamptz,
	available timestamptz) (
	SFUNC = points_balance_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = points_balance_final,
	COMBINEFUNC = points_balance_combine,
	SERIALFUNC = points_balance_serialize,
	DESERIALFUNC = points_balance_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE points_balance(bigint, timestamptz, timestamptz, timestamptz, timestamptz) IS
'loyalty points that a member had at a time, from movements of points that are pending until they are available';

