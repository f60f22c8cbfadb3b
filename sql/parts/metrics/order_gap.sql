-- median_order_gap and next_order_at: when a customer will order again

CREATE FUNCTION order_gap_accum(state internal, ordered_at timestamptz)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION order_gap_accum(internal, timestamptz) IS
'internal: transition function of median_order_gap and next_order_at';

CREATE FUNCTION order_gap_combine(state internal, other internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION order_gap_combine(internal, internal) IS
'internal: combine function of median_order_gap and next_order_at';

CREATE FUNCTION order_gap_serialize(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION order_gap_serialize(internal) IS
'internal: serialization function of median_order_gap and next_order_at';

CREATE FUNCTION order_gap_deserialize(message bytea, state internal)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION order_gap_deserialize(bytea, internal) IS
'internal: deserialization function of median_order_gap and next_order_at';

CREATE FUNCTION median_order_gap_final(state internal)
RETURNS interval
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;

COMMENT ON FUNCTION median_order_gap_final(internal) IS
'internal: final function of median_order_gap';

CREATE FUNCTION next_order_at_final(state internal)
RETURNS timestamptz
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;

COMMENT ON FUNCTION next_order_at_final(internal) IS
'internal: final function of next_order_at';

CREATE AGGREGATE median_order_gap(ordered_at timestamptz) (
	SFUNC = order_gap_accum,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = median_order_gap_final,
	COMBINEFUNC = order_gap_combine,
	SERIALFUNC = order_gap_serialize,
	DESERIALFUNC = order_gap_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE median_order_gap(timestamptz) IS
'median time between one order and the next, of one customer''s orders';

CREATE AGGREGATE next_order_at(ordered_at timestamptz) (
	SFUNC = order_gap_accum,
	STYPE = internal,
	SSPACE = -144,
	FINALFUNC = next_order_at_final,
	COMBINEFUNC = order_gap_combine,
	SERIALFUNC = order_gap_serialize,
	DESERIALFUNC = order_gap_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE next_order_at(timestamptz) IS
'when a customer''s next order is due: the last one and the median time between orders';
