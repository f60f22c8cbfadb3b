-- aov: revenue per order
--
-- The mean is the server's own, exact for numeric and bigint: these are avg's support functions under the
-- field's name, so that there is nothing here to be wrong.

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
	MFINALFUNC = pg_catalog.numeric_avg,
	FINALFUNC = pg_catalog.numeric_avg,
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
	MFINALFUNC = pg_catalog.numeric_poly_avg,
	FINALFUNC = pg_catalog.numeric_poly_avg,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE aov(bigint) IS
'average order value: revenue per order, exact';

CREATE AGGREGATE aov(amount double precision) (
	SFUNC = pg_catalog.float8_accum,
	STYPE = double precision[],
	INITCOND = '{0,0,0}',
	COMBINEFUNC = pg_catalog.float8_combine,
	FINALFUNC = pg_catalog.float8_avg,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE aov(double precision) IS
'average order value: revenue per order';
