-- bracket_retention: who came back so long after their own first order

CREATE TYPE bracket AS (
	from_age interval,
	until_age interval,
	eligible bigint,
	retained bigint,
	rate double precision,
	low double precision,
	high double precision
);

COMMENT ON TYPE bracket IS
'a bracket of ages: customers old enough for it, those of them who ordered in it, the rate with Wilson''s 95 % limits';

CREATE FUNCTION bracket_retention_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bracket_retention_support(internal) IS
'internal: planner support function of bracket_retention_accum';

CREATE FUNCTION bracket_retention_accum(state internal, customer anyelement, ordered_at timestamptz, brackets interval[], as_of timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE
SUPPORT bracket_retention_support;

COMMENT ON FUNCTION bracket_retention_accum(internal, anyelement, timestamptz, interval[], timestamptz) IS
'internal: transition function of bracket_retention';

CREATE FUNCTION bracket_retention_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION bracket_retention_combine(internal, internal) IS
'internal: combine function of bracket_retention';

CREATE FUNCTION bracket_retention_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bracket_retention_serialize(internal) IS
'internal: serialization function of bracket_retention';

CREATE FUNCTION bracket_retention_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bracket_retention_deserialize(bytea, internal) IS
'internal: deserialization function of bracket_retention';

CREATE FUNCTION bracket_retention_final(state internal)
RETURNS bracket[]
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION bracket_retention_final(internal) IS
'internal: final function of bracket_retention';

CREATE AGGREGATE bracket_retention(customer anyelement, ordered_at timestamptz, brackets interval[], as_of timestamptz) (
	SFUNC = bracket_retention_accum,
	STYPE = internal,
	SSPACE = -1024,
	FINALFUNC = bracket_retention_final,
	COMBINEFUNC = bracket_retention_combine,
	SERIALFUNC = bracket_retention_serialize,
	DESERIALFUNC = bracket_retention_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE bracket_retention(anyelement, timestamptz, interval[], timestamptz) IS
'for each bracket of ages after the customers'' own first orders, those old enough for it and those of them who ordered again in it';
