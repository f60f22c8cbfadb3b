-- bgnbd_fit, mbgnbd_fit and what the models predict: customers who drop out after an order
--
-- COST here is measured, in units of the time of an addition: that of a fit with thousands of customers, and of a
-- prediction some months ahead.

CREATE TYPE bgnbd_model AS (
	r double precision,
	alpha double precision,
	a double precision,
	b double precision,
	log_likelihood double precision,
	customers bigint,
	iterations int,
	converged boolean,
	status text,
	se_r double precision,
	se_alpha double precision,
	se_a double precision,
	se_b double precision
);

COMMENT ON TYPE bgnbd_model IS
'how customers order and drop out: parameters of the BG/NBD model, made by bgnbd_fit';

CREATE FUNCTION bgnbd_model(r double precision, alpha double precision, a double precision, b double precision)
RETURNS bgnbd_model
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN ROW(r, alpha, a, b, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::bgnbd_model;

COMMENT ON FUNCTION bgnbd_model(double precision, double precision, double precision, double precision) IS
'BG/NBD model with these parameters, from elsewhere than a fit (docs/models.md)';

CREATE FUNCTION bgnbd_fit_final(state internal)
RETURNS bgnbd_model
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000000;

COMMENT ON FUNCTION bgnbd_fit_final(internal) IS
'internal: final function of bgnbd_fit';

CREATE AGGREGATE bgnbd_fit(frequency bigint, recency double precision, age double precision) (
	SFUNC = customer_history_accum,
	STYPE = internal,
	SSPACE = -800,
	FINALFUNC = bgnbd_fit_final,
	COMBINEFUNC = histories_combine,
	SERIALFUNC = histories_serialize,
	DESERIALFUNC = histories_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE bgnbd_fit(bigint, double precision, double precision) IS
'BG/NBD model, most likely for customers with these histories: frequency, recency, age (docs/models.md)';

CREATE FUNCTION p_alive(model bgnbd_model, frequency bigint, recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'bgnbd_p_alive'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;

COMMENT ON FUNCTION p_alive(bgnbd_model, bigint, double precision, double precision) IS
'probability that a customer with this history has not dropped out (docs/models.md)';

CREATE FUNCTION expected_orders(model bgnbd_model, horizon double precision, frequency bigint,
	recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'bgnbd_expected_orders'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION expected_orders(bgnbd_model, double precision, bigint, double precision, double precision) IS
'number of orders expected until the horizon of a customer with this history (docs/models.md)';

CREATE FUNCTION expected_orders(model bgnbd_model, horizon double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'bgnbd_expected_orders_new'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION expected_orders(bgnbd_model, double precision) IS
'number of further orders expected until the horizon of a new customer (docs/models.md)';

CREATE FUNCTION log_likelihood(model bgnbd_model, frequency bigint, recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'bgnbd_log_likelihood'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION log_likelihood(bgnbd_model, bigint, double precision, double precision) IS
'logarithm of the likelihood of a customer''s history under the model (docs/models.md)';

CREATE FUNCTION clv(model bgnbd_model, value gamma_gamma_model, frequency bigint, recency double precision,
	age double precision, mean_value double precision, horizon double precision, discount double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'bgnbd_clv'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION clv(bgnbd_model, gamma_gamma_model, bigint, double precision, double precision, double precision,
	double precision, double precision) IS
'expected value of a customer''s orders until the horizon, each discounted by its time at this rate per unit '
'(docs/models.md)';

CREATE TYPE mbgnbd_model AS (
	r double precision,
	alpha double precision,
	a double precision,
	b double precision,
	log_likelihood double precision,
	customers bigint,
	iterations int,
	converged boolean,
	status text,
	se_r double precision,
	se_alpha double precision,
	se_a double precision,
	se_b double precision
);

COMMENT ON TYPE mbgnbd_model IS
'how customers order and drop out: parameters of the MBG/NBD model, made by mbgnbd_fit';

CREATE FUNCTION mbgnbd_model(r double precision, alpha double precision, a double precision, b double precision)
RETURNS mbgnbd_model
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1
RETURN ROW(r, alpha, a, b, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::mbgnbd_model;

COMMENT ON FUNCTION mbgnbd_model(double precision, double precision, double precision, double precision) IS
'MBG/NBD model with these parameters, from elsewhere than a fit (docs/models.md)';

CREATE FUNCTION mbgnbd_fit_final(state internal)
RETURNS mbgnbd_model
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000000;

COMMENT ON FUNCTION mbgnbd_fit_final(internal) IS
'internal: final function of mbgnbd_fit';

CREATE AGGREGATE mbgnbd_fit(frequency bigint, recency double precision, age double precision) (
	SFUNC = customer_history_accum,
	STYPE = internal,
	SSPACE = -800,
	FINALFUNC = mbgnbd_fit_final,
	COMBINEFUNC = histories_combine,
	SERIALFUNC = histories_serialize,
	DESERIALFUNC = histories_deserialize,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE mbgnbd_fit(bigint, double precision, double precision) IS
'MBG/NBD model, most likely for customers with these histories: frequency, recency, age (docs/models.md)';

CREATE FUNCTION p_alive(model mbgnbd_model, frequency bigint, recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'mbgnbd_p_alive'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;

COMMENT ON FUNCTION p_alive(mbgnbd_model, bigint, double precision, double precision) IS
'probability that a customer with this history has not dropped out (docs/models.md)';

CREATE FUNCTION expected_orders(model mbgnbd_model, horizon double precision, frequency bigint,
	recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'mbgnbd_expected_orders'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION expected_orders(mbgnbd_model, double precision, bigint, double precision, double precision) IS
'number of orders expected until the horizon of a customer with this history (docs/models.md)';

CREATE FUNCTION expected_orders(model mbgnbd_model, horizon double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'mbgnbd_expected_orders_new'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION expected_orders(mbgnbd_model, double precision) IS
'number of further orders expected until the horizon of a new customer (docs/models.md)';

CREATE FUNCTION log_likelihood(model mbgnbd_model, frequency bigint, recency double precision, age double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'mbgnbd_log_likelihood'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION log_likelihood(mbgnbd_model, bigint, double precision, double precision) IS
'logarithm of the likelihood of a customer''s history under the model (docs/models.md)';

CREATE FUNCTION clv(model mbgnbd_model, value gamma_gamma_model, frequency bigint, recency double precision,
	age double precision, mean_value double precision, horizon double precision, discount double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'mbgnbd_clv'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION clv(mbgnbd_model, gamma_gamma_model, bigint, double precision, double precision, double precision,
	double precision, double precision) IS
'expected value of a customer''s orders until the horizon, each discounted by its time at this rate per unit '
'(docs/models.md)';

