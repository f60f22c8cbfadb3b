-- what the fits share: states that count equal histories

CREATE FUNCTION histories_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION histories_combine(internal, internal) IS
'internal: combine function of the fits';

CREATE FUNCTION histories_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION histories_serialize(internal) IS
'internal: serialization function of the fits';

CREATE FUNCTION histories_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION histories_deserialize(bytea, internal) IS
'internal: deserialization function of the fits';

