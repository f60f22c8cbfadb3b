-- rfm_score and rfm_segment: customers scored by recency, frequency and monetary value

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';

-- ten customers, each better than the one before; scored by rank
CREATE TABLE customers (customer int, country text, last_order timestamptz, orders bigint, revenue numeric);
INSERT INTO customers
SELECT i, CASE WHEN i <= 7 THEN 'lt' ELSE 'lv' END, timestamptz '2024-01-01' + i * interval '1 day', i, i * 10.5
FROM generate_series(1, 10) i;
SELECT customer, rfm_score(last_order, orders, revenue) OVER (),
	rfm_score(last_order, -orders, revenue) OVER () AS fewest_orders_first,
	rfm_score(last_order, orders, revenue, 2) OVER () AS halves,
	rfm_score(last_order, orders, revenue, 9) OVER () AS ninths,
	rfm_segment(last_order, orders, revenue) OVER ()
FROM customers ORDER BY customer;

-- of a partition, whatever frame the window has, and straight over GROUP BY
SELECT country, customer, rfm_score(last_order, orders, revenue) OVER w, rfm_segment(last_order, orders, revenue) OVER w
FROM customers
WINDOW w AS (PARTITION BY country ORDER BY customer ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) ORDER BY customer;
SELECT customer, rfm_segment(max(at), count(*), sum(amount)) OVER ()
FROM (VALUES (1, timestamptz '2024-01-01', 10), (2, '2024-02-01', 20), (1, '2024-03-01', 30)) o(customer, at, amount)
GROUP BY customer ORDER BY customer;

-- ties: equal values have equal scores, and some scores do not occur
SELECT orders, rfm_score(last_order, orders, revenue) OVER ()
FROM (SELECT timestamptz '2024-01-01', unnest(ARRAY[1, 1, 1, 1, 2, 2, 2, 3, 9, 9]), 0) c(last_order, orders, revenue)
ORDER BY orders;

-- one row, all equal, none
SELECT rfm_score(last_order, orders, revenue) OVER (), rfm_score(last_order, orders, revenue, 9) OVER (),
	rfm_segment(last_order, orders, revenue) OVER ()
FROM customers WHERE customer = 10;
SELECT DISTINCT rfm_score('2024-01-01', 5, 100) OVER () FROM customers;
SELECT rfm_score(last_order, orders, revenue) OVER () FROM customers WHERE false;

-- a NULL in any argument gives NULL and does not count; a partition of nothing else
SELECT customer, rfm_score(last_order, orders, revenue, 2) OVER (), rfm_segment(last_order, orders, revenue) OVER ()
FROM (VALUES (1, timestamptz '2024-01-01', 1, 1.0), (2, NULL, 9, 9), (3, '2024-01-09', NULL, 9), (4, '2024-01-09', 9, NULL),
	(5, '2024-01-02', 2, 2), (6, NULL, NULL, NULL)) c(customer, last_order, orders, revenue)
ORDER BY customer;
SELECT rfm_score(NULL, orders, revenue) OVER (), rfm_segment(last_order, NULL, revenue) OVER () FROM customers LIMIT 2;

-- each type of revenue, beside the definition in plain SQL: random rows with heavy ties in the dimensions, small and
-- larger partitions, every number of bins; no row is a difference
CREATE FUNCTION rnd(seed bigint, i bigint, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
RETURN (hashint8extended(i, seed) & 9223372036854775807) % n;
CREATE TABLE log AS
SELECT id, p, timestamptz '2024-01-01' + rnd(1, id, 1 + p * p) * interval '7 hours' AS last_order,
	CASE WHEN rnd(2, id, 50) > 0 THEN 1 + rnd(3, id, 4) * rnd(4, id, 1 + p) END AS orders,
	rnd(5, id, 1 + p * 3) - p AS revenue
FROM (SELECT id, (sqrt(id) / 2)::int AS p FROM generate_series(1, 3000) id) s;
CREATE VIEW defined AS
SELECT id, b, 100 * (1 + b * (rank() OVER r - 1) / n) + 10 * (1 + b * (rank() OVER f - 1) / n) + 1 + b * (rank() OVER m - 1) / n AS score
FROM (SELECT *, count(*) OVER (PARTITION BY b, p) AS n FROM log, generate_series(2, 9) b WHERE orders IS NOT NULL) l
WINDOW r AS (PARTITION BY b, p ORDER BY last_order), f AS (PARTITION BY b, p ORDER BY orders),
	m AS (PARTITION BY b, p ORDER BY revenue);
CREATE VIEW scored AS
SELECT id, b, unnest(ARRAY[rfm_score(last_order, orders, revenue, b) OVER w,
	rfm_score(last_order, orders, revenue::float8, b) OVER w,
	rfm_score(last_order, orders, revenue::numeric, b) OVER w,
	rfm_score(last_order, orders, revenue / 3.0, b) OVER w,
	rfm_score(last_order, orders, revenue::numeric * 1e20, b) OVER w]) AS score
FROM log, generate_series(2, 9) b WINDOW w AS (PARTITION BY b, p);
SELECT count(*) AS scores, count(DISTINCT d.score) > 300 AS varied,
	count(*) FILTER (WHERE s.score IS DISTINCT FROM d.score) AS wrong
FROM scored s LEFT JOIN defined d USING (id, b);
-- an order of the rows, or a hundred, makes no difference
SELECT count(*) AS rows, count(*) FILTER (WHERE score <> ALL (others)) AS wrong FROM (
	SELECT id, rfm_score(last_order, orders, revenue) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS score,
		ARRAY[rfm_score(last_order, orders, revenue) OVER (ORDER BY rnd(6, id, 1000)),
			rfm_score(last_order, orders, revenue) OVER (ORDER BY rnd(7, id, 1000)),
			rfm_score(last_order, orders, revenue) OVER (ORDER BY id DESC)] AS others
	FROM log) s WHERE score IS NOT NULL;

-- numeric without loss: beyond four decimals, beyond 64 bits, and where doubles are the same
SELECT revenue, rfm_score('2024-01-01', 1, revenue, 9) OVER () - 110 AS m
FROM (VALUES (-1e40), (-1e15), (-0.00001), (0), (0.00001), (0.00002), (1e15 + 0.1), (1e15 + 0.2), (1e40)) c(revenue) ORDER BY revenue;
SELECT revenue, rfm_score('2024-01-01', 1, revenue, 9) OVER () - 110 AS m
FROM (VALUES (-9223372036854775808), (-1000000000000), (-999999999999), (-1), (0), (999999999999), (1000000000000),
	(9223372036854775806), (9223372036854775807)) c(revenue) ORDER BY revenue;
SELECT revenue, rfm_score('2024-01-01', 1, revenue, 9) OVER () - 110 AS m
FROM (VALUES ('-1e308'::float8), (-1), ('-1e-300'), ('-0'), ('0'), ('5e-324'), (1), ('1.0000000000000002'), ('1e308')) c(revenue)
ORDER BY revenue;
-- every way in which numeric stores a value: ranks without ties are the scores' order
SELECT count(*) AS values, count(*) FILTER (WHERE m <> 1 + 9 * (r - 1) / n) AS wrong FROM (
	SELECT rfm_score('2024-01-01', 1, v, 9) OVER () - 110 AS m, rank() OVER (ORDER BY v) AS r, count(*) OVER () AS n
	FROM (SELECT s * m * 10::numeric ^ e FROM unnest(ARRAY[1, -1]) s, unnest(ARRAY[1, 9, 10, 99, 1234, 12345, 100000, 99999999]) m,
		generate_series(-12, 14) e) x(v)) t;
-- a value that the sample did not see
SELECT min(s) >= 111 AND max(s) <= 555 AS whatever
FROM (SELECT rfm_score('2024-01-01', 1, random()) OVER () AS s FROM generate_series(1, 100)) x;

-- errors
SELECT rfm_score(last_order, orders, revenue, 1) OVER () FROM customers;
SELECT rfm_score(last_order, orders, revenue, 10) OVER () FROM customers;
SELECT rfm_score(last_order, orders, revenue, NULL::int) OVER () FROM customers;
SELECT rfm_score(last_order, orders, revenue, 2 + customer % 5) OVER (ORDER BY customer) FROM customers;
SELECT rfm_score('infinity', orders, revenue) OVER () FROM customers;
SELECT rfm_segment('-infinity', orders, revenue) OVER () FROM customers;
SELECT rfm_score(last_order, orders, 'NaN'::numeric) OVER () FROM customers;
SELECT rfm_score(last_order, orders, '-Infinity'::numeric) OVER () FROM customers;
SELECT rfm_score(last_order, orders, 'NaN'::float8) OVER () FROM customers;
SELECT rfm_segment(last_order, orders, 'Infinity'::float8) OVER () FROM customers;
SELECT rfm_score(last_order, orders, revenue) FROM customers;
\set VERBOSITY sqlstate
SELECT rfm_score(last_order, orders, revenue, 1) OVER () FROM customers;
SELECT rfm_score(last_order, orders, revenue, NULL::int) OVER () FROM customers;
SELECT rfm_score(last_order, orders, revenue, 2 + customer % 5) OVER (ORDER BY customer) FROM customers;
SELECT rfm_score('infinity', orders, revenue) OVER () FROM customers;
SELECT rfm_score(last_order, orders, 'NaN'::numeric) OVER () FROM customers;
SELECT rfm_score(last_order, orders, 'NaN'::float8) OVER () FROM customers;
\set VERBOSITY default

DROP VIEW scored, defined;
DROP TABLE log, customers;
DROP FUNCTION rnd;
RESET TimeZone;
