-- gamma_gamma_fit and what its model predicts: the value of orders
--
-- COST here is measured, in units of the time of an addition: that of a fit with thousands of customers, and of a
-- prediction some months ahead.

CREATE TYPE gamma_gamma_model AS (
	p double precision,
	q double precision,
	gamma double precision,
	log_likelihood double precision,
	customers bigint,
	iterations int,
	converged boolean,
	status text,
	se_p double precision,
	se_q double precision,
	se_gamma double precision
);

COMMENT ON TYPE gamma_gamma_model IS
'the value of customers'' orders: parameters of the Gamma-Gamma model of Fader and Hardie, made by gamma_gamma_fit';

CREATE FUNCTION gamma_gamma_model(p double precision, q double precision, gamma double precision)
RETURNS gamma_gamma_model
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN ROW(p, q, gamma, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::gamma_gamma_model;

COMMENT ON FUNCTION gamma_gamma_model(double precision, double precision, double precision) IS
'Gamma-Gamma model with these parameters, from elsewhere than a fit (docs/models.md)';

CREATE FUNCTION gamma_gamma_accum(state internal, frequency bigint, mean_value double precision)
RETURNS internal
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION gamma_gamma_accum(internal, bigint, double precision) IS
'internal: transition function of gamma_gamma_fit';

CREATE FUNCTION gamma_gamma_fit_final(state internal)
RETURNS gamma_gamma_model
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000;

COMMENT ON FUNCTION gamma_gamma_fit_final(internal) IS
'internal: final function of gamma_gamma_fit';

CREATE AGGREGATE gamma_gamma_fit(frequency bigint, mean_value double precision) (
	SFUNC = gamma_gamma_accum,
	STYPE = internal,
	SSPACE = -800,
	FINALFUNC = gamma_gamma_fit_final,
	COMBINEFUNC = histories_combine,
	SERIALFUNC = histories_serialize,
	DESERIALFUNC = histories_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE gamma_gamma_fit(bigint, double precision) IS
'Gamma-Gamma model of the value of orders, most likely for customers with these frequencies and mean values '
'(docs/models.md)';

CREATE FUNCTION expected_value(model gamma_gamma_model, frequency bigint, mean_value double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'gamma_gamma_expected_value'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;

COMMENT ON FUNCTION expected_value(gamma_gamma_model, bigint, double precision) IS
'expected mean value of the future orders of a customer whose repeat orders had this number and mean value '
'(docs/models.md)';

CREATE FUNCTION log_likelihood(model gamma_gamma_model, frequency bigint, mean_value double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'gamma_gamma_log_likelihood'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION log_likelihood(gamma_gamma_model, bigint, double precision) IS
'logarithm of the likelihood of a customer''s mean value under the model (docs/models.md)';

