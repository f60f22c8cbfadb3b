-- what the fits of customer models share: states that count identical histories

CREATE FUNCTION customer_history_accum(state internal, frequency bigint, recency double precision, age double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION customer_history_accum(internal, bigint, double precision, double precision) IS
'transition function of bgnbd_fit, mbgnbd_fit and pnbd_fit';

CREATE FUNCTION histories_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION histories_combine(internal, internal) IS
'combine function of the fits';

CREATE FUNCTION histories_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION histories_serialize(internal) IS
'serialization function of the fits';

CREATE FUNCTION histories_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION histories_deserialize(bytea, internal) IS
'deserialization function of the fits';

