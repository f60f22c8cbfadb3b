-- customer_category and loyalty_stage

SET TimeZone = 'UTC';

-- one customer for each rule, at its border and just below
SELECT who, customer_category(first_order, last_order, orders, revenue, failures, 500)
FROM (VALUES
	('star', timestamptz '2023-03-01', timestamptz '2024-03-01', 2, 500.00, 1),
	('a microsecond short', '2023-03-01', '2024-02-29 23:59:59.999999', 2, 500, 1),
	('a cent short', '2023-03-01', '2024-03-01', 2, 499.99, 0),
	('a single large order', '2024-03-01', '2024-03-01', 1, 5000, 0),
	('let down twice', '2023-03-01', '2024-03-01', 2, 500, 2),
	('no revenue known', '2023-03-01', '2024-03-01', 2, NULL, 0)
) c(who, first_order, last_order, orders, revenue, failures);
SELECT customer_category('2024-01-01', '2024-03-01', 3, 10, 0, 10, 3, '2 months', 0) AS bigint,
	customer_category('2024-01-01', '2024-03-01', 3, 10.5::float8, 0, 10.5, min_duration => '61 days') AS double,
	customer_category('2024-01-01', '2024-03-01', 3, 10.5, 1, 10.5, max_failures => 0) AS numeric,
	customer_category('2024-01-01', '2024-03-01', 3, 10.5, 0, 10.5, min_orders => 4) AS min_orders;

-- a month of the zone, which is the session's unless named: on the way, clocks in Vilnius moved an hour
SELECT customer_category('2024-03-15 12:00+02', '2024-04-15 11:00Z', 3, 10, 0, 10, min_duration => '1 month') AS utc,
	customer_category('2024-03-15 12:00+02', '2024-04-15 12:00+03', 3, 10, 0, 10, min_duration => '1 month') AS utc_short,
	customer_category('2024-03-15 12:00+02', '2024-04-15 12:00+03', 3, 10, 0, 10, min_duration => '1 month', zone => 'Europe/Vilnius') AS vilnius,
	customer_category('2024-03-15 12:00+02', '2024-04-15 12:00+03', 3, 10.5::float8, 0, 10.5, 2, '1 month', 1, 'Europe/Vilnius') AS double;
SET TimeZone = 'Europe/Vilnius';
SELECT customer_category('2024-03-15 12:00', '2024-04-15 12:00', 3, 10, 0, 10, min_duration => '1 month') AS vilnius,
	customer_category('2024-03-15 12:00', '2024-04-15 12:00', 3, 10, 0, 10, min_duration => '1 month', zone => 'UTC') AS utc;
SET TIME ZONE INTERVAL '+05:30' HOUR TO MINUTE;
SELECT customer_category('2024-03-15 12:00', '2024-04-15 12:00', 3, 10, 0, 10, min_duration => '1 month') AS no_name,
	customer_category('-infinity', 'infinity', 3, 10, 0, 10) AS ever, customer_category('infinity', 'infinity', 3, 10, 0, 10, zone => 'UTC') AS infinite;
SET TimeZone = 'UTC';
SELECT customer_category('2024-03-15', '2024-04-15', 3, 10, 0, 10, zone => 'Mars/Olympus');
SELECT customer_category('2024-03-15', '2024-04-15', 0, 1, 0, 10, zone => 'Mars/Olympus');
SELECT customer_category('2024-03-15', '2025-04-15', 3, 'NaN'::float8, 0, 10);
SELECT customer_category('2024-03-15', '2025-04-15', 3, 'NaN'::numeric, 0, 10);
SELECT customer_category('2024-03-15', '2025-04-15', 3, 10, 0, 'infinity'::float8);
SELECT customer_category('2024-03-15', '2024-04-15', 3, 10, 0, 10, zone => NULL) IS NULL AS null_for_null;

-- every stage; what is not known counts for nothing
SELECT who, loyalty_stage(orders, categories, referrals, rating)
FROM (VALUES
	('first purchase', 1, 1, 0, NULL),
	('evaluated', 1, 1, 0, 8),
	('content', 1, 1, 0, 9),
	('came back', 2, 1, 0, NULL),
	('came back, was not content', 2, 1, 0, 0),
	('many orders, nothing else', 99, 1, 0, NULL),
	('first order of two categories', 1, 2, 1, NULL),
	('buys of two categories', 2, 2, NULL, NULL),
	('brings others', 4, NULL, 1, NULL),
	('solid base', 5, 2, 0, NULL),
	('no order', 0, 2, 5, 10),
	('unknown', NULL, 2, 5, 10)
) c(who, orders, categories, referrals, rating);
SELECT loyalty_stage(3, 1, 0, 4, min_orders => 4) AS rated, loyalty_stage(3, 1, 0, 4, min_orders => 4, good_rating => 4) AS good,
	loyalty_stage(3, 2, 0, 4, many_orders => 3) AS many;
SELECT loyalty_stage(1, 1, 0, 9::bigint, good_rating => 9::bigint) AS bigint, loyalty_stage(1, 1, 0, 9::smallint) AS smallint;
-- no stage falls when a customer does more
SELECT count(*) AS customers, count(*) FILTER (WHERE loyalty_stage(o + 1, c, r, s) < loyalty_stage(o, c, r, s)
	OR loyalty_stage(o, c + 1, r, s) < loyalty_stage(o, c, r, s) OR loyalty_stage(o, c, r + 1, s) < loyalty_stage(o, c, r, s)) AS fallen
FROM generate_series(1, 7) o, generate_series(0, 3) c, generate_series(0, 2) r, unnest(ARRAY[NULL, 0, 8, 9, 10]) s;

-- errors
SELECT loyalty_stage(1, 1, 1, 1, min_orders => NULL);
SELECT loyalty_stage(1, 1, 1, 1, many_orders => NULL);
SELECT loyalty_stage(1, 1, 1, 1, good_rating => NULL);
\set VERBOSITY sqlstate
SELECT loyalty_stage(1, 1, 1, 1, good_rating => NULL);
\set VERBOSITY default

RESET TimeZone;
