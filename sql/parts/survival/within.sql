-- happened_within: the share of those watched that long to whom it happened

CREATE FUNCTION happened_within(x durations, elapsed interval,
	OUT eligible bigint, OUT happened bigint, OUT rate double precision, OUT low double precision, OUT high double precision)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION happened_within(durations, interval) IS
'of those who were watched for a time, the share to whom it happened in it, with Wilson''s 95 % limits';
