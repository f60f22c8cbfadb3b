-- what the fits of models of orders share

CREATE FUNCTION customer_history_accum(state internal, frequency bigint, recency double precision,
	age double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION customer_history_accum(internal, bigint, double precision, double precision) IS
'internal: transition function of bgnbd_fit, mbgnbd_fit and pnbd_fit';

