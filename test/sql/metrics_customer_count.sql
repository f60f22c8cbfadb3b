-- customer_count, repeat_rate, purchase_frequency

CREATE TABLE orders (customer int, country text, day int);
INSERT INTO orders VALUES
	(1, 'lt', 1), (1, 'lt', 2), (1, 'lt', 9), (2, 'lt', 3), (3, 'lt', 3),
	(4, 'lv', 1), (4, 'lv', 1), (NULL, 'lv', 5), (NULL, 'ee', 1), (NULL, 'ee', 2);

-- 4 customers, two of whom ordered again, 7 orders
SELECT customer_count(customer), repeat_rate(customer), purchase_frequency(customer) FROM orders;
SELECT country, customer_count(customer), repeat_rate(customer), repeat_rate(customer, 3),
	purchase_frequency(customer)
FROM orders GROUP BY country ORDER BY country;

-- nothing to count: no rows, only NULLs; one row
SELECT customer_count(customer), repeat_rate(customer), repeat_rate(customer, 3), purchase_frequency(customer)
FROM orders WHERE false;
SELECT customer_count(customer), repeat_rate(customer), repeat_rate(customer, 3), purchase_frequency(customer)
FROM orders WHERE customer IS NULL;
SELECT customer_count(customer), repeat_rate(customer), repeat_rate(customer, 1), purchase_frequency(customer)
FROM orders WHERE customer = 2;
SELECT country, customer_count(customer) FROM orders WHERE false GROUP BY country;
SELECT customer_count(customer) FROM orders WHERE false GROUP BY ();

-- FILTER, ORDER BY, grouping sets
SELECT customer_count(customer) FILTER (WHERE day > 1), repeat_rate(customer) FILTER (WHERE day > 1),
	purchase_frequency(customer ORDER BY day DESC)
FROM orders;
SELECT country, day, customer_count(customer), purchase_frequency(customer)
FROM orders GROUP BY GROUPING SETS ((country), (day), ()) ORDER BY country, day;

-- over windows: running, moving, whole partition, excluded rows
SELECT day, customer,
	customer_count(customer) OVER (ORDER BY day, customer) AS running,
	customer_count(customer) OVER (ORDER BY day RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving,
	repeat_rate(customer) OVER (ORDER BY day RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) AS rate,
	purchase_frequency(customer) OVER (ORDER BY day RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) AS frequency,
	customer_count(customer) OVER (ORDER BY day ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS ahead,
	customer_count(customer) OVER () AS whole,
	customer_count(customer) OVER (ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING
		AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS others
FROM orders ORDER BY day, customer;

-- min_orders of any integer type, and more than anybody has
SELECT repeat_rate(customer, 3::smallint) AS smallint, repeat_rate(customer, 3) AS int, repeat_rate(customer, 3::bigint) AS bigint,
	repeat_rate(customer, 9223372036854775807) AS too_many
FROM orders;
PREPARE rate AS SELECT repeat_rate(customer, $1) FROM orders;
EXECUTE rate('3');
DEALLOCATE rate;

-- DISTINCT leaves the number of customers as it is; what counts orders refuses it
SELECT customer_count(DISTINCT customer), customer_count(customer) FROM orders;
SELECT country, customer_count(DISTINCT customer) FROM orders GROUP BY country ORDER BY country;
SELECT repeat_rate(DISTINCT customer) FROM orders;
SELECT repeat_rate(DISTINCT customer, 3) FROM orders;
SELECT purchase_frequency(DISTINCT customer) FROM orders;
SELECT country, repeat_rate(DISTINCT customer) FROM orders GROUP BY country;
SELECT customer_count(DISTINCT customer), purchase_frequency(DISTINCT customer) FROM orders;
SELECT repeat_rate(DISTINCT customer) FROM orders WHERE false;

-- errors
SELECT repeat_rate(customer, 0) FROM orders;
SELECT repeat_rate(customer, NULL) FROM orders;
SELECT repeat_rate(customer, day) FROM orders;
SELECT repeat_rate(customer, day) OVER (ORDER BY day) FROM orders;
SELECT repeat_rate(customer, day + 9000000000) FROM orders;
\set VERBOSITY sqlstate
SELECT repeat_rate(DISTINCT customer) FROM orders;
SELECT repeat_rate(customer, 0) FROM orders;
SELECT repeat_rate(customer, NULL) FROM orders;
SELECT repeat_rate(customer, day) FROM orders;
\set VERBOSITY default

-- A map passes through its stages: inline entries, table, table with a batch.  Every size near a border, with
-- each key layout, beside plain SQL; no row is a difference.
WITH sizes AS (
	SELECT n FROM unnest(ARRAY[1, 2, 6, 7, 8, 9, 10, 11, 12, 13, 22, 23, 28, 29, 30, 58, 59,
		10000, 14745, 14746, 16384, 29491, 29492, 40000]) n
), rows AS (
	SELECT n, i % n AS k FROM sizes, LATERAL generate_series(1, n + n / 2) i
), ours AS (
	SELECT n,
		ARRAY[customer_count(k), customer_count(k::bigint), customer_count(k::smallint % 32000),
			customer_count(md5(k::text)::uuid), customer_count(k::text), customer_count(k::numeric),
			customer_count(k::float8)] AS counts,
		ARRAY[repeat_rate(k), repeat_rate(k::bigint), repeat_rate(md5(k::text)::uuid), repeat_rate(k::text),
			repeat_rate(k::numeric), repeat_rate(k::float8)] AS rates
	FROM rows WHERE n < 32000 GROUP BY n
), plain AS (
	SELECT n, count(DISTINCT k) AS c,
		(SELECT avg((r > 1)::int)::float8
		 FROM (SELECT count(*) AS r FROM rows i WHERE i.n = o.n GROUP BY k) s) AS rate
	FROM rows o WHERE n < 32000 GROUP BY n
)
SELECT * FROM ours JOIN plain USING (n)
WHERE counts <> array_fill(c, ARRAY[7]) OR EXISTS (SELECT FROM unnest(rates) r WHERE abs(r - rate) > 1e-12);

-- a frame that slides over ever new customers, in each layout: entering and leaving, also across the borders
WITH log AS (
	SELECT i, i * 7919 % (5 + i / 40) AS k FROM generate_series(1, 2000) i
), w AS (
	SELECT i,
		customer_count(k) OVER w AS c1, customer_count(k::text) OVER w AS c2,
		customer_count(md5(k::text)::uuid) OVER w AS c3, customer_count(k::numeric) OVER w AS c4,
		repeat_rate(k, 3) OVER w AS r1, repeat_rate(k::text, 3) OVER w AS r2,
		purchase_frequency(k) OVER w AS f1
	FROM log WINDOW w AS (ORDER BY i ROWS BETWEEN 40 PRECEDING AND CURRENT ROW)
), plain AS (
	SELECT i, count(*) AS c, avg((n >= 3)::int)::float8 AS r, sum(n)::float8 / count(*) AS f
	FROM (SELECT o.i, l.k, count(*) AS n FROM log o JOIN log l ON l.i BETWEEN o.i - 40 AND o.i
		  GROUP BY o.i, l.k) s
	GROUP BY i
)
SELECT count(*) AS frames, min(c) AS fewest, max(c) AS most, count(DISTINCT r) > 10 AS varied,
	count(*) FILTER (WHERE c1 <> c OR c2 <> c OR c3 <> c OR c4 <> c
		OR abs(r1 - r) > 1e-12 OR abs(r2 - r) > 1e-12 OR abs(f1 - f) > 1e-12) AS wrong
FROM w JOIN plain USING (i);

DROP TABLE orders;
