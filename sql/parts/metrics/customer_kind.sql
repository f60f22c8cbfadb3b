-- customer_category and loyalty_stage: rules of thumb, their thresholds as arguments
--
-- customer_category is STABLE, since a year is one of the session's time zone.  loyalty_stage is not STRICT: what is
-- not known of a customer is NULL there.

CREATE FUNCTION customer_category(first_order timestamptz, last_order timestamptz, orders bigint, revenue numeric,
	failures bigint, min_revenue numeric, min_orders bigint DEFAULT 2, min_duration interval DEFAULT '1 year',
	max_failures bigint DEFAULT 1)
RETURNS text
AS 'MODULE_PATHNAME', 'customer_category_numeric'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION customer_category(timestamptz, timestamptz, bigint, numeric, bigint, numeric,
	bigint, interval, bigint) IS
'star, productive, question mark or problem: by revenue, orders, time from first to last order, and failures';

CREATE FUNCTION customer_category(first_order timestamptz, last_order timestamptz, orders bigint, revenue bigint,
	failures bigint, min_revenue bigint, min_orders bigint DEFAULT 2, min_duration interval DEFAULT '1 year',
	max_failures bigint DEFAULT 1)
RETURNS text
AS 'MODULE_PATHNAME', 'customer_category_bigint'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION customer_category(timestamptz, timestamptz, bigint, bigint, bigint, bigint,
	bigint, interval, bigint) IS
'star, productive, question mark or problem: by revenue, orders, time from first to last order, and failures';

CREATE FUNCTION customer_category(first_order timestamptz, last_order timestamptz, orders bigint,
	revenue double precision, failures bigint, min_revenue double precision, min_orders bigint DEFAULT 2,
	min_duration interval DEFAULT '1 year', max_failures bigint DEFAULT 1)
RETURNS text
AS 'MODULE_PATHNAME', 'customer_category_double'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION customer_category(timestamptz, timestamptz, bigint, double precision, bigint,
	double precision, bigint, interval, bigint) IS
'star, productive, question mark or problem: by revenue, orders, time from first to last order, and failures';

CREATE FUNCTION loyalty_stage(orders bigint, categories bigint, referrals bigint, rating int,
	min_orders bigint DEFAULT 2, many_orders bigint DEFAULT 5, good_rating int DEFAULT 9)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION loyalty_stage(bigint, bigint, bigint, int, bigint, bigint, int) IS
'stage of loyalty: 1 first purchase, 2 evaluation, 3 loyalty, 4 development, 5 solid base';
