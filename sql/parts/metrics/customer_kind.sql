-- customer_category and loyalty_stage: rules of thumb, their thresholds as arguments
--
-- A year is one of customer_category's time zone.  The session's comes into the call as the argument's default, which is STABLE,
-- so that the function itself is IMMUTABLE, and a call that names a zone too.  loyalty_stage is not STRICT: what is
-- not known of a customer is NULL there.

CREATE FUNCTION customer_category(first_order timestamptz, last_order timestamptz, orders bigint, revenue numeric,
	failures bigint, min_revenue numeric, min_orders bigint DEFAULT 2, min_duration interval DEFAULT '1 year',
	max_failures bigint DEFAULT 1, zone text DEFAULT pg_catalog.current_setting('TimeZone'))
RETURNS text
AS 'MODULE_PATHNAME', 'customer_category_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION customer_category(timestamptz, timestamptz, bigint, numeric, bigint, numeric,
	bigint, interval, bigint, text) IS
'star, productive, question mark or problem: by revenue, orders, time from first to last order, and failures '
'(docs/rfm.md)';

CREATE FUNCTION customer_category(first_order timestamptz, last_order timestamptz, orders bigint, revenue bigint,
	failures bigint, min_revenue bigint, min_orders bigint DEFAULT 2, min_duration interval DEFAULT '1 year',
	max_failures bigint DEFAULT 1, zone text DEFAULT pg_catalog.current_setting('TimeZone'))
RETURNS text
AS 'MODULE_PATHNAME', 'customer_category_bigint'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION customer_category(timestamptz, timestamptz, bigint, bigint, bigint, bigint,
	bigint, interval, bigint, text) IS
'star, productive, question mark or problem: by revenue, orders, time from first to last order, and failures '
'(docs/rfm.md)';

CREATE FUNCTION customer_category(first_order timestamptz, last_order timestamptz, orders bigint,
	revenue double precision, failures bigint, min_revenue double precision, min_orders bigint DEFAULT 2,
	min_duration interval DEFAULT '1 year', max_failures bigint DEFAULT 1,
	zone text DEFAULT pg_catalog.current_setting('TimeZone'))
RETURNS text
AS 'MODULE_PATHNAME', 'customer_category_double'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION customer_category(timestamptz, timestamptz, bigint, double precision, bigint,
	double precision, bigint, interval, bigint, text) IS
'star, productive, question mark or problem: by revenue, orders, time from first to last order, and failures '
'(docs/rfm.md)';

CREATE FUNCTION loyalty_stage(orders bigint, categories bigint, referrals bigint, rating bigint,
	min_orders bigint DEFAULT 2, many_orders bigint DEFAULT 5, good_rating bigint DEFAULT 9)
RETURNS int
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION loyalty_stage(bigint, bigint, bigint, bigint, bigint, bigint, bigint) IS
'stage of loyalty: 1 first purchase, 2 evaluation, 3 loyalty, 4 development, 5 solid base (docs/rfm.md)';
