-- rate_interval, rate_difference: how sure a rate is, and the difference of two

CREATE FUNCTION rate_interval(k bigint, n bigint, confidence double precision DEFAULT 0.95,
	OUT rate double precision, OUT low double precision, OUT high double precision)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rate_interval(bigint, bigint, double precision) IS
'the rate of k in n with Wilson''s limits of confidence';

CREATE FUNCTION rate_difference(k1 bigint, n1 bigint, k2 bigint, n2 bigint, confidence double precision DEFAULT 0.95,
	OUT difference double precision, OUT low double precision, OUT high double precision, OUT p_value double precision)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION rate_difference(bigint, bigint, bigint, bigint, double precision) IS
'the rate of k1 in n1 less that of k2 in n2 with Newcombe''s limits of confidence, and how likely it is by chance';
