-- pnbd_fit and what its model predicts: customers who may drop out at any time
--
-- COST here is measured, in units of the time of an addition: that of a fit with thousands of customers, and of a
-- prediction some months ahead.  A fit takes longer than its COST says.  The planner takes plans for equal that are
-- within one per cent of each other: with a higher COST it would not see what parallel workers save on the way to the
-- fit.

CREATE TYPE pnbd_model AS (
	r double precision,
	alpha double precision,
	s double precision,
	beta double precision,
	log_likelihood double precision,
	customers bigint,
	iterations int,
	converged boolean,
	status text,
	se_r double precision,
	se_alpha double precision,
	se_s double precision,
	se_beta double precision
);

COMMENT ON TYPE pnbd_model IS
'how customers order and drop out: parameters of the Pareto/NBD model, made by pnbd_fit';

CREATE FUNCTION pnbd_model(r double precision, alpha double precision, s double precision, beta double precision)
RETURNS pnbd_model
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN ROW(r, alpha, s, beta, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::pnbd_model;

COMMENT ON FUNCTION pnbd_model(double precision, double precision, double precision, double precision) IS
'Pareto/NBD model with these parameters, from elsewhere than a fit (docs/models.md)';

CREATE FUNCTION pnbd_fit_final(state internal)
RETURNS pnbd_model
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000000;

COMMENT ON FUNCTION pnbd_fit_final(internal) IS
'internal: final function of pnbd_fit';

CREATE AGGREGATE pnbd_fit(frequency bigint, recency double precision, age double precision) (
	SFUNC = customer_history_accum,
	STYPE = internal,
	SSPACE = -800,
	FINALFUNC = pnbd_fit_final,
	COMBINEFUNC = histories_combine,
	SERIALFUNC = histories_serialize,
	DESERIALFUNC = histories_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE pnbd_fit(bigint, double precision, double precision) IS
'Pareto/NBD model, most likely for customers with these histories: frequency, recency, age (docs/models.md)';

CREATE FUNCTION p_alive(model pnbd_model, frequency bigint, recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'pnbd_p_alive'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION p_alive(pnbd_model, bigint, double precision, double precision) IS
'probability that a customer with this history has not dropped out (docs/models.md)';

CREATE FUNCTION expected_orders(model pnbd_model, horizon double precision, frequency bigint,
	recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'pnbd_expected_orders'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION expected_orders(pnbd_model, double precision, bigint, double precision, double precision) IS
'number of orders expected until the horizon of a customer with this history (docs/models.md)';

CREATE FUNCTION expected_orders(model pnbd_model, horizon double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'pnbd_expected_orders_new'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION expected_orders(pnbd_model, double precision) IS
'number of further orders expected until the horizon of a new customer (docs/models.md)';

CREATE FUNCTION log_likelihood(model pnbd_model, frequency bigint, recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'pnbd_log_likelihood'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION log_likelihood(pnbd_model, bigint, double precision, double precision) IS
'logarithm of the likelihood of a customer''s history under the model (docs/models.md)';

CREATE FUNCTION clv(model pnbd_model, value gamma_gamma_model, frequency bigint, recency double precision,
	age double precision, mean_value double precision, horizon double precision, discount double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'pnbd_clv'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION clv(pnbd_model, gamma_gamma_model, bigint, double precision, double precision, double precision,
	double precision, double precision) IS
'expected value of a customer''s orders until the horizon, each discounted by its time at this rate per unit '
'(docs/models.md)';

