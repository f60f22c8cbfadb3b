-- median_order_gap and next_order_at

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'UTC';
CREATE TABLE orders (customer int, at timestamptz);
INSERT INTO orders VALUES
	(1, '2024-03-01'), (1, '2024-01-01'), (1, '2024-02-01'), (1, NULL),				-- 31 and 29 days
	(2, '2024-01-01'), (2, '2024-01-11'), (2, '2024-01-31'), (2, '2024-04-10'),		-- 10, 20, 70 days
	(3, '2024-01-01'), (NULL, NULL), (5, '2024-01-01'), (5, '2024-01-01'),
	(6, '2024-01-01'), (6, '2024-01-01 00:00:00.000001'), (6, '2024-01-01 00:00:00.000003');
SELECT customer, median_order_gap(at), next_order_at(at) FROM orders GROUP BY customer ORDER BY customer;
SELECT median_order_gap(at), next_order_at(at) FROM orders WHERE false;

-- elapsed time: the clock change is in the time, not in the gap
SET TimeZone = 'Europe/Vilnius';
SELECT median_order_gap(at), next_order_at(at)
FROM (VALUES (timestamptz '2024-03-01 12:00'), ('2024-03-31 12:00')) o(at);
SET TimeZone = 'UTC';

-- beside plain SQL, for numbers of orders around the sizes at which the state grows; no row is a difference
WITH log AS (
	SELECT n AS customer, timestamptz '2024-01-01' + (i * 7919 % 1009) * interval '1 hour' AS at
	FROM generate_series(1, 40) n, LATERAL generate_series(1, n) i
), gaps AS (
	SELECT customer, at - lag(at) OVER (PARTITION BY customer ORDER BY at) AS gap FROM log
)
SELECT * FROM (SELECT customer, median_order_gap(at) AS ours, next_order_at(at) - max(at) AS to_next
			   FROM log GROUP BY customer) o
JOIN (SELECT customer, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS plain FROM gaps GROUP BY customer) p
	USING (customer)
WHERE ours IS DISTINCT FROM plain OR to_next IS DISTINCT FROM plain;

-- running; a final function leaves the state as it is
SELECT at, median_order_gap(at) OVER w, next_order_at(at) OVER w
FROM orders WHERE customer = 2 WINDOW w AS (ORDER BY at DESC) ORDER BY at DESC;

-- two orders at one instant are a gap: DISTINCT would take it away
SELECT median_order_gap(DISTINCT at) FROM orders WHERE customer = 5;
SELECT customer, next_order_at(DISTINCT at) FROM orders GROUP BY customer;
SELECT median_order_gap(DISTINCT at), next_order_at(DISTINCT at) FROM orders WHERE false;

-- errors
SELECT median_order_gap(at) FROM (VALUES (timestamptz 'infinity')) o(at);
SELECT next_order_at(at) FROM (VALUES (timestamptz '-infinity')) o(at);
SELECT next_order_at(at) FROM (VALUES (timestamptz '4713-01-01 BC'), ('294276-12-31')) o(at);
SELECT next_order_at(at) FROM (VALUES (timestamptz '200000-01-01'), ('294276-12-31')) o(at);

DROP TABLE orders;
RESET TimeZone;
