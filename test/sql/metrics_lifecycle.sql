-- order_lifecycle: what an order is in the life of its customer

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'UTC';
CREATE TABLE orders (customer int, at timestamptz);
INSERT INTO orders VALUES
	(1, '2024-01-15'), (1, '2024-02-01'), (1, '2024-05-01'), (1, '2024-08-01 00:00:00.000001'), (1, NULL),
	(2, '2024-03-03'), (2, '2024-03-03'), (3, NULL);

-- three months to the day are not yet too long
SELECT customer, at, order_lifecycle(at, '3 months') OVER (PARTITION BY customer ORDER BY at)
FROM orders ORDER BY customer, at;
SELECT order_lifecycle(at, '1 day') OVER (ORDER BY at) FROM orders WHERE false;
SELECT count(DISTINCT o) AS labels, min(o) FROM (SELECT order_lifecycle(at, '1 day') OVER (PARTITION BY at) AS o FROM orders) s;

-- months, and days with a clock change, are those of the session's time zone
SET TimeZone = 'Europe/Vilnius';
SELECT at, order_lifecycle(at, '1 day') OVER (ORDER BY at) AS day, order_lifecycle(at, '24:00') OVER (ORDER BY at) AS hours
FROM (VALUES (timestamptz '2024-10-26 12:00'), ('2024-10-27 12:00')) o(at) ORDER BY at;
SET TimeZone = 'UTC';
-- or of the zone that the call names
SELECT at, order_lifecycle(at, '1 day', 'Europe/Vilnius') OVER (ORDER BY at) AS day, order_lifecycle(at, '24:00', 'Europe/Vilnius') OVER (ORDER BY at) AS hours,
	order_lifecycle(at, '1 day') OVER (ORDER BY at) AS utc
FROM (VALUES (timestamptz '2024-10-26 12:00+03'), ('2024-10-27 12:00+02')) o(at) ORDER BY at;
SELECT zone, at, order_lifecycle(at, '1 day', zone) OVER (PARTITION BY zone ORDER BY at)
FROM (VALUES (timestamptz '2024-10-26 12:00+03'), ('2024-10-27 12:00+02')) o(at), (VALUES ('Europe/Vilnius'), ('UTC')) z(zone) ORDER BY zone, at;

-- a NULL is passed over, wherever it stands
SELECT at, order_lifecycle(at, '30 days') OVER (ORDER BY at NULLS FIRST) FROM orders WHERE customer IN (1, 3) ORDER BY at NULLS FIRST;

-- beside plain SQL on random orders; no row is a difference
WITH log AS (
	SELECT i % 97 AS customer, timestamptz '2024-01-01' + (hashint8extended(i, 1) & 1023) * interval '1 day' AS at FROM generate_series(1, 5000) i
), labelled AS (
	SELECT customer, at, order_lifecycle(at, '1 month') OVER w AS ours, lag(at) OVER w AS before, row_number() OVER w AS n
	FROM log WINDOW w AS (PARTITION BY customer ORDER BY at)
)
SELECT count(*) AS orders, count(DISTINCT ours) AS labels, count(*) FILTER (WHERE ours <> CASE WHEN n = 1 THEN 'new'
	WHEN at <= before + interval '1 month' THEN 'repeat' ELSE 'reactivated' END) AS wrong FROM labelled;

-- errors
SELECT order_lifecycle(at, '0') OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, '-1 day') OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, NULL) OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, customer * interval '1 day') OVER (ORDER BY customer, at) FROM orders;
SELECT order_lifecycle(at, '1 day') OVER (ORDER BY at DESC) FROM orders WHERE at IS NOT NULL;
SELECT order_lifecycle('infinity', '1 day') OVER () FROM orders;
SELECT order_lifecycle(at, '1 day', NULL) OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, '1 day', 'Mars/Olympus') OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, '1 day', CASE customer WHEN 1 THEN 'UTC' ELSE 'Europe/Vilnius' END) OVER (ORDER BY customer, at) FROM orders;
\set VERBOSITY sqlstate
SELECT order_lifecycle(at, '0') OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, NULL) OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, customer * interval '1 day') OVER (ORDER BY customer, at) FROM orders;
SELECT order_lifecycle(at, '1 day') OVER (ORDER BY at DESC) FROM orders WHERE at IS NOT NULL;
SELECT order_lifecycle('infinity', '1 day') OVER () FROM orders;
SELECT order_lifecycle(at, '1 day', NULL) OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, '1 day', 'Mars/Olympus') OVER (ORDER BY at) FROM orders;
SELECT order_lifecycle(at, '1 day', CASE customer WHEN 1 THEN 'UTC' ELSE 'Europe/Vilnius' END) OVER (ORDER BY customer, at) FROM orders;
\set VERBOSITY default

DROP TABLE orders;
RESET TimeZone;
