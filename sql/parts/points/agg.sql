-- ledger_agg: a points_ledger from the rows of a table of movements
--
-- The final function enters all rows of a group one by one.

CREATE FUNCTION ledger_agg_accum(state internal, points bigint, at timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION ledger_agg_accum(internal, bigint, timestamptz) IS
'internal: transition function of ledger_agg';

CREATE FUNCTION ledger_agg_accum(state internal, points bigint, at timestamptz, expires timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION ledger_agg_accum(internal, bigint, timestamptz, timestamptz) IS
'internal: transition function of ledger_agg';

CREATE FUNCTION ledger_agg_accum(state internal, points bigint, at timestamptz, expires timestamptz, ref text)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION ledger_agg_accum(internal, bigint, timestamptz, timestamptz, text) IS
'internal: transition function of ledger_agg';

CREATE FUNCTION ledger_agg_accum(state internal, points bigint, at timestamptz, expires timestamptz, ref text,
	available timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION ledger_agg_accum(internal, bigint, timestamptz, timestamptz, text, timestamptz) IS
'internal: transition function of ledger_agg';

CREATE FUNCTION ledger_agg_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION ledger_agg_combine(internal, internal) IS
'internal: combine function of ledger_agg';

CREATE FUNCTION ledger_agg_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ledger_agg_serialize(internal) IS
'internal: serialization function of ledger_agg';

CREATE FUNCTION ledger_agg_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ledger_agg_deserialize(bytea, internal) IS
'internal: deserialization function of ledger_agg';

CREATE FUNCTION ledger_agg_final(state internal)
RETURNS points_ledger
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION ledger_agg_final(internal) IS
'internal: final function of ledger_agg';

CREATE AGGREGATE ledger_agg(points bigint, at timestamptz) (
	SFUNC = ledger_agg_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = ledger_agg_final,
	COMBINEFUNC = ledger_agg_combine,
	SERIALFUNC = ledger_agg_serialize,
	DESERIALFUNC = ledger_agg_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE ledger_agg(bigint, timestamptz) IS
'a ledger from movements in any order: positive points are earned, negative ones redeemed (docs/points.md)';

CREATE AGGREGATE ledger_agg(points bigint, at timestamptz, expires timestamptz) (
	SFUNC = ledger_agg_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = ledger_agg_final,
	COMBINEFUNC = ledger_agg_combine,
	SERIALFUNC = ledger_agg_serialize,
	DESERIALFUNC = ledger_agg_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE ledger_agg(bigint, timestamptz, timestamptz) IS
'a ledger from movements; a redemption with an expiry draws first from lots with that expiry (docs/points.md)';

CREATE AGGREGATE ledger_agg(points bigint, at timestamptz, expires timestamptz, ref text) (
	SFUNC = ledger_agg_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = ledger_agg_final,
	COMBINEFUNC = ledger_agg_combine,
	SERIALFUNC = ledger_agg_serialize,
	DESERIALFUNC = ledger_agg_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE ledger_agg(bigint, timestamptz, timestamptz, text) IS
'a ledger from movements; those with the same ref are one (docs/points.md)';

CREATE AGGREGATE ledger_agg(points bigint, at timestamptz, expires timestamptz, ref text, available timestamptz) (
	SFUNC = ledger_agg_accum,
	STYPE = internal,
	SSPACE = -272,
	FINALFUNC = ledger_agg_final,
	COMBINEFUNC = ledger_agg_combine,
	SERIALFUNC = ledger_agg_serialize,
	DESERIALFUNC = ledger_agg_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE ledger_agg(bigint, timestamptz, timestamptz, text, timestamptz) IS
'a ledger from movements; points count from available on (docs/points.md)';

