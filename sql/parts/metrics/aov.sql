-- aov: revenue per order
--
-- The mean is the server's own, exact for numeric and bigint: these are avg's support functions under the
-- field's name, but for the last, which refuses DISTINCT and then is avg's.

CREATE FUNCTION aov_final_numeric(state internal)
RETURNS numeric
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION aov_final_numeric(internal) IS
'internal: final function of aov';

CREATE FUNCTION aov_final_bigint(state internal)
RETURNS numeric
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION aov_final_bigint(internal) IS
'internal: final function of aov';

CREATE FUNCTION aov_final_double(state double precision[])
RETURNS double precision
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION aov_final_double(double precision[]) IS
'internal: final function of aov';

CREATE AGGREGATE aov(amount numeric) (
	SFUNC = pg_catalog.numeric_avg_accum,
	STYPE = internal,
	SSPACE = 128,
	COMBINEFUNC = pg_catalog.numeric_avg_combine,
	SERIALFUNC = pg_catalog.numeric_avg_serialize,
	DESERIALFUNC = pg_catalog.numeric_avg_deserialize,
	MSFUNC = pg_catalog.numeric_avg_accum,
	MINVFUNC = pg_catalog.numeric_accum_inv,
	MSTYPE = internal,
	MSSPACE = 128,
	MFINALFUNC = aov_final_numeric,
	FINALFUNC = aov_final_numeric,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE aov(numeric) IS
'average order value: revenue per order, exact';

CREATE AGGREGATE aov(amount bigint) (
	SFUNC = pg_catalog.int8_avg_accum,
	STYPE = internal,
	SSPACE = 48,
	COMBINEFUNC = pg_catalog.int8_avg_combine,
	SERIALFUNC = pg_catalog.int8_avg_serialize,
	DESERIALFUNC = pg_catalog.int8_avg_deserialize,
	MSFUNC = pg_catalog.int8_avg_accum,
	MINVFUNC = pg_catalog.int8_avg_accum_inv,
	MSTYPE = internal,
	MSSPACE = 48,
	MFINALFUNC = aov_final_bigint,
	FINALFUNC = aov_final_bigint,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE aov(bigint) IS
'average order value: revenue per order, exact';

CREATE AGGREGATE aov(amount double precision) (
	SFUNC = pg_catalog.float8_accum,
	STYPE = double precision[],
	INITCOND = '{0,0,0}',
	COMBINEFUNC = pg_catalog.float8_combine,
	FINALFUNC = aov_final_double,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE aov(double precision) IS
'average order value: revenue per order';
