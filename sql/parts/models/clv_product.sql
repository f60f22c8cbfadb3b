-- clv as a plain function: the product of averages

CREATE FUNCTION clv(average_order_value numeric, purchase_frequency numeric, lifespan numeric,
	margin double precision DEFAULT 1)
RETURNS numeric
AS 'MODULE_PATHNAME', 'clv_product_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION clv(numeric, numeric, numeric, double precision) IS
'customer lifetime value: average order value * orders per unit of time * lifespan in such units * margin';

CREATE FUNCTION clv(average_order_value double precision, purchase_frequency double precision,
	lifespan double precision, margin double precision DEFAULT 1)
RETURNS double precision
AS 'MODULE_PATHNAME', 'clv_product_double'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;

COMMENT ON FUNCTION clv(double precision, double precision, double precision, double precision) IS
'customer lifetime value: average order value * orders per unit of time * lifespan in such units * margin';

