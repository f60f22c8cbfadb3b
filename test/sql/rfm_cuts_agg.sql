-- rfm_cuts: the cuts of the RFM scores of customers

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'UTC';
CREATE TABLE customers (customer int, country text, last_order timestamptz, orders bigint, revenue numeric);
INSERT INTO customers
SELECT i, CASE WHEN i <= 7 THEN 'lt' ELSE 'lv' END, timestamptz '2024-01-01' + i * interval '1.25 days', i, i * 10.5
FROM generate_series(1, 10) i;

-- as text and as rows; of groups; revenue of each type
SELECT rfm_cuts(last_order, orders, revenue) FROM customers;
SELECT r.* FROM (SELECT rfm_cuts(last_order, orders, revenue, 3, '2024-02-01') FROM customers) x(c), cuts(c) r;
SELECT country, rfm_cuts(last_order, orders, revenue, 2) FROM customers GROUP BY country ORDER BY country;
SELECT rfm_cuts(last_order, orders, revenue::float8 / 3, 3), rfm_cuts(last_order, orders, (revenue * 10)::bigint, 3) FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, 2, '2024-02-01') = rfm_cuts(last_order, orders, revenue::float8, 2, '2024-02-01') AS same
FROM customers;

-- scores that cannot be reached are NULL, scores that are leapt over have the cut of the next
SELECT rfm_cuts('2024-01-01', orders, revenue)
FROM (SELECT unnest(ARRAY[1, 1, 1, 1, 1, 1, 2, 2, 2, 2]), 0.50) c(orders, revenue);
-- one row, none, only NULLs
SELECT rfm_cuts(last_order, orders, revenue) FROM customers WHERE customer = 1;
SELECT rfm_cuts(last_order, orders, revenue) IS NULL AS none FROM customers WHERE false;
SELECT rfm_cuts(last_order, orders, NULL::numeric, 3, now()) IS NULL AS none FROM customers;
SELECT rfm_cuts(l, o, r, 2) FROM (VALUES (timestamptz '2024-01-01', 1, 1.5), ('2024-01-02', 2, NULL), (NULL, 3, 3),
	('2024-01-04', NULL, 4), ('2024-01-05', 5, 5)) c(l, o, r);
-- running: a final function leaves the state as it is
SELECT customer, (rfm_cuts(last_order, orders, -revenue, 2) OVER (ORDER BY customer))::text::jsonb -> 'revenue' AS median
FROM customers WHERE customer < 6;

-- Stored cuts give every source row its own score back: random rows with heavy ties, each type of revenue, every number
-- of bins, with ages at the latest order or at another time, also after a way through text.  No row is a difference.
CREATE FUNCTION rnd(seed bigint, i bigint, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
RETURN (hashint8extended(i, seed) & 9223372036854775807) % n;
CREATE TABLE log AS
SELECT id, p, timestamptz '2024-01-01' + rnd(1, id, 1 + p * p) * interval '7.000001 hours' AS last_order,
	1 + rnd(3, id, 4) * rnd(4, id, 1 + p) AS orders, rnd(5, id, 1 + p * 3) - p AS revenue
FROM (SELECT id, (sqrt(id) / 2)::int AS p FROM generate_series(1, 1500) id) s;
WITH scored AS (
	SELECT *, rfm_score(last_order, orders, revenue, b) OVER (PARTITION BY p, b) AS score
	FROM log, generate_series(2, 9) b
), made AS (
	SELECT p, b, rfm_cuts(last_order, orders, revenue, b) AS big, rfm_cuts(last_order, orders, revenue / 3.0, b) AS num,
		rfm_cuts(last_order, orders, revenue / 3.0::float8, b) AS dbl,
		rfm_cuts(last_order, orders, revenue / 3.0, b, '2024-07-01 12:34:56.789') AS then,
		rfm_cuts(last_order, orders, revenue * 1e20, b) AS huge
	FROM scored GROUP BY p, b
)
SELECT count(*) AS rows, count(DISTINCT score) > 300 AS varied, count(*) FILTER (WHERE
	score <> rfm_score(big, last_order, orders, revenue)
	OR score <> rfm_score(big, last_order, orders, revenue::numeric)
	OR score <> rfm_score(big, last_order, orders, revenue::float8)
	OR score <> rfm_score(num, last_order, orders, revenue / 3.0)
	OR score <> rfm_score(dbl, last_order, orders, revenue / 3.0::float8)
	OR score <> rfm_score("then", last_order, orders, revenue / 3.0)
	OR score <> rfm_score("then"::text::rfm_cuts, last_order, orders, revenue / 3.0)
	OR score <> rfm_score(dbl::text::rfm_cuts, last_order, orders, revenue / 3.0::float8)
	OR score <> rfm_score(huge, last_order, orders, revenue * 1e20)
	OR num::text::rfm_cuts <> num OR dbl::text::rfm_cuts <> dbl OR huge::text::rfm_cuts <> huge) AS wrong
FROM scored JOIN made USING (p, b);
-- and these are the cuts of the definition: the worst value that is better than enough others
WITH made AS (
	SELECT p, b, rfm_cuts(last_order, orders, revenue, b, '2024-07-01') AS c FROM log, generate_series(2, 9) b GROUP BY p, b
), worse AS (
	SELECT p, last_order, orders, revenue, count(*) OVER (PARTITION BY p) AS n, rank() OVER (PARTITION BY p ORDER BY last_order) - 1 AS wr,
		rank() OVER (PARTITION BY p ORDER BY orders) - 1 AS wf, rank() OVER (PARTITION BY p ORDER BY revenue) - 1 AS wm FROM log
)
SELECT count(*) AS cuts, count(from_value) < count(*) AS some_null, count(*) FILTER (WHERE CASE dimension
	WHEN 'recency' THEN timestamptz '2024-07-01' - from_value::interval IS DISTINCT FROM
		(SELECT min(last_order) FROM worse w WHERE w.p = m.p AND b * wr >= (score - 1) * n)
	WHEN 'orders' THEN from_value::bigint IS DISTINCT FROM (SELECT min(orders) FROM worse w WHERE w.p = m.p AND b * wf >= (score - 1) * n)
	ELSE from_value::bigint IS DISTINCT FROM (SELECT min(revenue) FROM worse w WHERE w.p = m.p AND b * wm >= (score - 1) * n) END) AS wrong
FROM made m, cuts(c);

-- ages, not dates: what scores like this in one quarter scores the same in the next, hours of clock change or not
SET TimeZone = 'Europe/Vilnius';
WITH stored AS (SELECT rfm_cuts(last_order, orders, revenue, 5, '2024-01-15') AS c FROM customers)
SELECT count(*) AS rows, count(*) FILTER (WHERE rfm_score(c, last_order, orders, revenue)
	<> rfm_score(c, last_order + interval '2184 hours', orders, revenue, timestamptz '2024-01-15' + interval '2184 hours')) AS wrong
FROM customers, stored;
SET TimeZone = 'UTC';

-- As of a time, later orders are not known, nor one at that time: an error, not cuts of negative ages and of revenue to come.
-- The tenth customer's last order is at 2024-01-13 12:00.
SELECT rfm_cuts(last_order, orders, revenue, 2, '2024-01-10') FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, 2, '2024-01-13 12:00') FROM customers;
SELECT rfm_cuts(last_order, orders, revenue::float8, 2, '2024-01-13 12:00') FROM customers;
SELECT rfm_cuts(last_order, orders, revenue::bigint, 2, '2024-01-13 12:00') FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, 2, '2024-01-13 12:00:00.000001') FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, 2, '2024-01-10') FROM customers WHERE last_order < '2024-01-10';
-- a row that does not count has nothing to say
SELECT rfm_cuts(last_order, orders, CASE WHEN customer < 8 THEN revenue END, 2, '2024-01-10') FROM customers;
-- scoring: no later order either, whether as_of is given or the cuts' own; at as_of an order has age 0, as the latest one has
WITH made AS (SELECT rfm_cuts(last_order, orders, revenue, 5) AS own, rfm_cuts(last_order, orders, revenue, 5, '2024-01-15') AS later FROM customers)
SELECT rfm_score(own, '2024-01-13 12:00', 9, 90) AS own, rfm_score(own, '2024-01-13 12:00', 9, 90, '2024-01-13 12:00') AS given,
	rfm_score(later, '2024-01-15', 9, 90) AS at_as_of FROM made;
SELECT rfm_score(c, '2024-01-13 12:00:00.000001', 9, 90) FROM (SELECT rfm_cuts(last_order, orders, revenue) FROM customers) x(c);
SELECT rfm_score(c, '2024-01-13 12:00', 9, 90.5, '2024-01-13') FROM (SELECT rfm_cuts(last_order, orders, revenue) FROM customers) x(c);
SELECT rfm_score(c, '2024-01-13 12:00', 9, 90.5::float8, '-infinity') FROM (SELECT rfm_cuts(last_order, orders, revenue) FROM customers) x(c);

-- two customers may have the same last order, orders and revenue: DISTINCT would make them one
SELECT rfm_cuts(DISTINCT last_order, orders, revenue) FROM customers;
SELECT rfm_cuts(DISTINCT last_order, orders, revenue, 5, '2024-02-01') FROM customers WHERE false;

-- what drivers send: arguments without a type, and bigint
PREPARE cuts AS SELECT rfm_cuts(last_order, orders, revenue, $1, $2) FROM customers;
EXECUTE cuts (2, '2024-02-01');
PREPARE score AS SELECT customer, rfm_score(last_order, orders, revenue, $1) OVER () FROM customers ORDER BY 1 LIMIT 1;
EXECUTE score (9);
PREPARE segment AS SELECT rfm_segment($1);
EXECUTE segment (543);
PREPARE stored AS SELECT rfm_score(c, $1, $2, $3), rfm_score(c, $1, $2, $3, $4) FROM (SELECT rfm_cuts(last_order, orders, revenue) FROM customers) x(c);
EXECUTE stored ('2024-01-11', 5, 52.5, '2024-01-14');
PREPARE untyped AS SELECT rfm_score($1, $2, $3, $4, $5);
EXECUTE untyped ('{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [2], "revenue": [1]}', '2024-01-31', 1, 1.5, '2024-02-01');
SELECT name, parameter_types FROM pg_prepared_statements ORDER BY name;
DEALLOCATE ALL;

-- errors
SELECT rfm_cuts(last_order, orders, revenue, 1) FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, NULL) FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, customer + 1) FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, 5, NULL) FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, 5, last_order + interval '1 hour') FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, 5, '-infinity') FROM customers;
SELECT rfm_cuts('infinity', orders, revenue) FROM customers;
SELECT rfm_cuts(last_order, orders, 'NaN'::float8) FROM customers;
SELECT rfm_cuts(l, 1, 1, 2, '294276-12-31') FROM (VALUES (timestamptz '4713-01-01 BC'), ('4712-01-01 BC'), ('4711-01-01 BC')) v(l);
\set VERBOSITY sqlstate
SELECT rfm_cuts(last_order, orders, revenue, 2, '2024-01-10') FROM customers;
SELECT rfm_score(c, '2024-01-14', 9, 90) FROM (SELECT rfm_cuts(last_order, orders, revenue) FROM customers) x(c);
SELECT rfm_cuts(DISTINCT last_order, orders, revenue) FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, NULL) FROM customers;
SELECT rfm_cuts(last_order, orders, revenue, customer + 1) FROM customers;
SELECT rfm_cuts(l, 1, 1, 2, '294276-12-31') FROM (VALUES (timestamptz '4713-01-01 BC'), ('4712-01-01 BC'), ('4711-01-01 BC')) v(l);
\set VERBOSITY default

DROP TABLE log, customers;
DROP FUNCTION rnd;
RESET TimeZone;
