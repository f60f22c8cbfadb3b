-- The scan that gives a table's rows to aggregates by pages: with it and without it, a query has the same rows.  More is in test/t/04?_scan_*.pl.
\set VERBOSITY terse
SET timezone = 'Europe/Vilnius';
CREATE SCHEMA scan;
SET search_path = scan, public;
SET max_parallel_workers_per_gather = 0;

-- Runs a query with the scan and without it: is the scan in the plan, are the rows the same, and how many are there?
CREATE FUNCTION both_ways(query text, OUT scanned boolean, OUT same boolean, OUT rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	line text;
	on_rows text[];
	off_rows text[];
BEGIN
	SET LOCAL retention.scan = on;
	scanned := false;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		scanned := scanned OR line LIKE '%Retention Scan%';
	END LOOP;
	EXECUTE format('SELECT array_agg(q::text ORDER BY q::text) FROM (%s) q', query) INTO on_rows;
	SET LOCAL retention.scan = off;
	EXECUTE format('SELECT array_agg(q::text ORDER BY q::text) FROM (%s) q', query) INTO off_rows;
	same := on_rows IS NOT DISTINCT FROM off_rows;
	rows := cardinality(on_rows);
END $$;

-- Columns at fixed places in front, then others; NULLs in all of them; a column dropped, one added, long keys.
CREATE TABLE orders (id bigint NOT NULL, customer bigint, at timestamptz, gone int, uid uuid, amount numeric, name text);
INSERT INTO orders
SELECT i, nullif(i % 97, 13), CASE WHEN i % 41 > 0 THEN timestamptz '2024-01-01' + i * interval '5 hours' END, i,
	md5((i % 89)::text)::uuid, nullif(i % 7, 3), CASE WHEN i % 500 = 0 THEN repeat(md5((i % 1000)::text), 300) ELSE 'c' || i % 83 END
FROM generate_series(1, 4000) i;
ALTER TABLE orders DROP COLUMN gone;
INSERT INTO orders SELECT i, i % 97, timestamptz '2024-03-01' + i * interval '5 hours', NULL, i, 'x' FROM generate_series(1, 500) i;
ALTER TABLE orders ADD COLUMN later bigint DEFAULT 7;
INSERT INTO orders SELECT i, i % 50, '2024-06-01', NULL, 1, NULL, i % 11 FROM generate_series(1, 500) i;
DELETE FROM orders WHERE id % 17 = 0;
ANALYZE orders;

SELECT q, b.* FROM unnest(ARRAY[
	'SELECT customer_count(customer) FROM orders',
	'SELECT customer_count(customer), repeat_rate(customer), purchase_frequency(customer), repeat_rate(customer, 40) FROM orders',
	'SELECT customer_count(uid), customer_count(name), customer_count(later) FROM orders',
	'SELECT crr(customer, at, period(''[2024-05-01,2024-06-01)'')), churn_rate(uid, at, ''[2024-05-01,2024-06-01)'', ''30 days'') FROM orders',
	'SELECT retention_agg(customer, at, ''1 month''), retention_agg(name, at, ''1 week'', ''UTC'') FROM orders',
	'SELECT customer_count(name), count(*), sum(amount), min(name), max(at), string_agg(name, '''') FROM orders WHERE amount > 2',
	'SELECT revenue_agg(customer, at, amount, ''1 month''), revenue_agg(name, at, amount, ''1 week'', ''UTC'') FROM orders',
	'SELECT date_trunc(''month'', at), revenue_agg(uid, at, amount, ''1 day'', ''Europe/Vilnius''), sum(amount) FROM orders WHERE id > 9 GROUP BY 1',
	'SELECT customer_count(customer) FILTER (WHERE amount > 3), repeat_rate(customer), sum(amount) FILTER (WHERE id < 200) FROM orders HAVING count(*) > 5',
	'SELECT customer_count(customer) FILTER (WHERE id < 0), max(id) FROM orders WHERE name LIKE ''c%'' AND later = 7',
	'SELECT customer_count(customer) FROM orders WHERE id < 0',
	'SELECT customer_count(customer), max(orders::text), count(ctid) FROM orders WHERE id % 3 = 0 AND ctid > ''(1,3)''',
	'SELECT o.x, (SELECT customer_count(customer) FROM orders WHERE id % 5 = o.x) FROM generate_series(0, 5) o(x)',
	'SELECT date_trunc(''month'', at), customer_count(customer), count(*) FROM orders GROUP BY 1',
	'SELECT at::date, customer_count(name), sum(amount), repeat_rate(customer) FILTER (WHERE amount > 1) FROM orders WHERE id > 9 GROUP BY 1',
	'SELECT extract(year FROM date_trunc(''week'', at, ''America/New_York'')), customer_count(uid), retention_agg(uid, at, ''1 month'') FROM orders GROUP BY 1',
	'SELECT o.x, g.* FROM generate_series(0, 3) o(x), LATERAL (SELECT date_trunc(''quarter'', at) AS q, customer_count(customer) AS c FROM orders WHERE id % 3 = o.x GROUP BY 1) g',
	-- Left to the executor.
	'SELECT customer_count(customer + 1) FROM orders',
	'SELECT customer_count(DISTINCT customer) FROM orders',
	'SELECT repeat_rate(customer, later) FROM orders WHERE later = 7',
	'SELECT customer, customer_count(name) FROM orders GROUP BY 1',
	'SELECT date_trunc(''hour'', at), customer_count(customer) FROM orders GROUP BY 1',
	'SELECT date_trunc(''month'', at), customer, customer_count(name) FROM orders GROUP BY 1, 2',
	'SELECT customer_count(a.customer) FROM orders a JOIN orders b USING (id)'
]) WITH ORDINALITY u(q, i), both_ways(q) b ORDER BY i;

-- What both say is right.
SELECT customer_count(customer) = count(DISTINCT customer) AS customers, customer_count(name) = count(DISTINCT name) AS names,
	purchase_frequency(uid) = count(uid)::float8 / count(DISTINCT uid) AS frequency
FROM orders;
SELECT date_trunc('month', at)::date AS month, customer_count(customer) FROM orders GROUP BY 1
EXCEPT SELECT date_trunc('month', at)::date, count(DISTINCT customer) FROM orders GROUP BY 1;
SELECT date_trunc('quarter', at)::date AS quarter, customer_count(customer), count(*) FROM orders GROUP BY 1 ORDER BY 1;
SELECT period, revenue FROM revenue_growth((SELECT revenue_agg(customer, at, amount, '1 month') FROM orders))
EXCEPT SELECT date_trunc('month', at)::date, sum(amount) FROM orders WHERE customer IS NOT NULL AND amount IS NOT NULL GROUP BY 1;

-- An error in the midst leaves nothing behind.
SELECT customer_count(customer) FROM orders WHERE 1 / (id - 300) < 2;
SELECT customer_count(customer) FROM orders;

-- The setting.
SET retention.scan = 'perhaps';
SET retention.scans = on;
SET retention.scan = on;
SHOW retention.scan;

SET client_min_messages = warning;
DROP SCHEMA scan CASCADE;
