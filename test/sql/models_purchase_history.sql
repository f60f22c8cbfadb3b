-- purchase_history: what a customer's orders tell the models of lifetime value

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'UTC';

-- by hand: days 0, 10 and 31, two orders on the first and on the last; 60 days observed, the last of them inclusive
CREATE TABLE orders (customer int, at timestamptz, amount numeric);
INSERT INTO orders VALUES
	(1, '2024-01-11 09:00', 20), (1, '2024-01-01 18:00', 5), (1, '2024-02-01 23:59:59.999999', 10),
	(1, '2024-01-01 08:00', 7), (1, '2024-02-01 00:00', 30), (1, '2024-03-02 00:00', 1000),
	(1, NULL, 1000), (1, '2024-01-02', NULL),
	(2, '2024-03-01 23:59', 5), (2, '2024-03-01 00:00', 5),		-- on the last day
	(3, '2024-03-02 00:00', 5),									-- after it
	(4, NULL, 5), (4, '2024-01-01', NULL);						-- never
SELECT customer, (purchase_history(at, amount, '1 day', '2024-03-01')).*
FROM orders GROUP BY customer ORDER BY customer;
SELECT customer, (purchase_history(at, amount, '1 week', '2024-03-01 15:00')).*
FROM orders GROUP BY customer ORDER BY customer;
SELECT purchase_history(at, amount, '1 day', '2024-03-01') AS numeric,
	purchase_history(at, amount::bigint, '1 day', '2024-03-01') AS bigint,
	purchase_history(at, amount::float8, '1 day', '2024-03-01') AS double,
	purchase_history(at, amount::int, '1 day', '2024-03-01') AS int
FROM orders WHERE customer = 1;
SELECT purchase_history(at, amount, '1 day', '2024-03-01') FROM orders WHERE false;
SELECT purchase_history(at, amount, '1 day', '2023-12-31') FROM orders;
SELECT purchase_history(now() - i * interval '5 days', i, '1 day') FROM generate_series(-1, 3) i;
SELECT pg_typeof(purchase_history(at, amount, '1 day')) FROM orders;

-- refunds and orders of nothing are orders; the mean is rounded once
SELECT purchase_history(at, amount, '1 day', '2024-01-31') AS refunds
FROM (VALUES (date '2024-01-01', 10), ('2024-01-02', -5), ('2024-01-04', 0)) o(at, amount);
SELECT (purchase_history(date '2024-01-01' + i, a, '1 day', '2024-01-31')).mean_value
	= (0.1 + 0.2 + 1e-20) / 3 AS numeric
FROM (VALUES (0, 7), (1, 0.1), (2, 0.2), (3, 1e-20)) o(i, a);
SELECT purchase_history('2024-01-01'::date + i, 9223372036854775807, '1 day', '2024-01-31') AS bigint,
	purchase_history('2024-01-01'::date + i, 900000000000000, '1 day', '2024-01-31') AS large,
	purchase_history('2024-01-01'::date + i, 1e40, '1 day', '2024-01-31') AS numeric FROM generate_series(0, 3) i;
SELECT purchase_history(date '2024-01-01' + i % 3, CASE i % 3 WHEN 0 THEN 1e30 ELSE 0.000001 END,
	'1 day', '2024-01-31')
FROM generate_series(5, 0, -1) i;

-- the local day: both orders are of March 31 in Vilnius, an hour shorter than others, and of two days in UTC
SELECT purchase_history(at, 10, '1 day', '2024-03-31 21:30Z') AS utc
FROM (VALUES (timestamptz '2024-03-30 22:00Z'), ('2024-03-31 20:59:59Z')) o(at);
SET TimeZone = 'Europe/Vilnius';
SELECT purchase_history(at, 10, '1 day', '2024-03-31 21:30Z') AS vilnius
FROM (VALUES (timestamptz '2024-03-30 22:00Z'), ('2024-03-31 20:59:59Z')) o(at);
-- the same in any session, if the zone is named
SELECT purchase_history(at, 10, '1 day', '2024-03-31 21:30Z', 'UTC') AS utc,
	purchase_history(at, 10.00, '1 day', '2024-03-31 21:30Z', 'Europe/Vilnius') AS vilnius,
	purchase_history(at, 10::float8, '1 day', '2024-03-31 21:30Z', 'Europe/Vilnius') AS double
FROM (VALUES (timestamptz '2024-03-30 22:00Z'), ('2024-03-31 20:59:59Z')) o(at);
SET TimeZone = 'UTC';

-- beside plain SQL: numbers of days around the sizes at which the state grows, in and out of order; no row is
-- a difference
CREATE TABLE log AS
SELECT n AS customer, '2023-01-01 03:00Z'::timestamptz
		+ CASE n % 3 WHEN 0 THEN i WHEN 1 THEN n - i ELSE hashint8extended(i, n) & 255 END
			* interval '11 hours' AS at,
	((hashint8extended(i, n + 1) & 8191) - 500) / CASE WHEN n % 7 = 0 THEN 1000000.0 ELSE 100.0 END AS amount
FROM generate_series(1, 90) n, LATERAL generate_series(1, n) i;
CREATE VIEW plain AS
SELECT customer, (count(*) - 1) AS frequency, (max(day) - min(day)) / unit::float8 AS recency,
	(date '2023-03-15' - min(day)) / unit::float8 AS age,
	coalesce(((sum(spent) FILTER (WHERE day > first)) / nullif(count(*) - 1, 0))::float8, 0) AS mean_value, unit
FROM (SELECT customer, at::date AS day, sum(amount) AS spent,
		min(at::date) OVER (PARTITION BY customer) AS first, unit
	FROM log, (VALUES (1), (7)) u(unit) WHERE at::date <= '2023-03-15' GROUP BY customer, at::date, unit) d
GROUP BY customer, unit;
CREATE VIEW ours AS
SELECT customer, unit, (purchase_history(at, amount, unit * interval '1 day', '2023-03-15')).*,
	purchase_history(at, amount::float8, unit * interval '1 day', '2023-03-15') AS double
FROM log, (VALUES (1), (7)) u(unit) GROUP BY customer, unit;
SELECT count(*), count(frequency), max(frequency) FROM ours;
SELECT * FROM ours o FULL JOIN plain p USING (customer, unit)
WHERE (o.frequency, o.recency, o.age) IS DISTINCT FROM (p.frequency, p.recency, p.age)
	OR NOT abs(o.mean_value - p.mean_value) < 1e-13 * greatest(1, abs(p.mean_value))
	OR (o.mean_value IS NULL) <> (p.mean_value IS NULL)
	OR NOT abs((double).mean_value - p.mean_value) < 1e-13 * greatest(1, abs(p.mean_value));
SET TimeZone = 'Asia/Kathmandu';
SELECT * FROM ours o FULL JOIN plain p USING (customer, unit)
WHERE (o.frequency, o.recency, o.age) IS DISTINCT FROM (p.frequency, p.recency, p.age)
	OR NOT abs(o.mean_value - p.mean_value) < 1e-13 * greatest(1, abs(p.mean_value));
SET TimeZone = 'UTC';
-- zones by turns, as if the session had each of them
CREATE TABLE zones AS SELECT zone FROM unnest('{Asia/Kathmandu, UTC, America/Sao_Paulo}'::text[]) zone;
CREATE TABLE named AS
SELECT zone, customer, purchase_history(at, amount, '1 day', '2023-03-14 18:30Z', zone) AS history
FROM log, zones GROUP BY customer, zone ORDER BY customer, zone;
SELECT count(*) FROM named;
SET TimeZone = 'America/Sao_Paulo';
SELECT customer FROM named n
WHERE zone = 'America/Sao_Paulo' AND history IS DISTINCT FROM (
	SELECT purchase_history(at, amount, '1 day', '2023-03-14 18:30Z') FROM log l WHERE l.customer = n.customer);
SET TimeZone = 'Asia/Kathmandu';
SELECT customer FROM named n
WHERE zone = 'Asia/Kathmandu' AND history IS DISTINCT FROM (
	SELECT purchase_history(at, amount, '1 day', '2023-03-14 18:30Z') FROM log l WHERE l.customer = n.customer);
SET TimeZone = 'UTC';

-- running, from the last order to the first; a final function leaves the state as it is
SELECT at, purchase_history(at, amount, '1 day', '2024-03-01') OVER (ORDER BY at DESC NULLS LAST)
FROM orders WHERE customer = 1 ORDER BY at DESC NULLS LAST;

-- errors
SELECT purchase_history(at, amount, NULL) FROM orders;
SELECT purchase_history(at, amount, '1 day', NULL) FROM orders;
SELECT purchase_history(at, amount, '1 month') FROM orders;
SELECT purchase_history(at, amount, '1 day 12 hours') FROM orders;
SELECT purchase_history(at, amount, '0 days') FROM orders;
SELECT purchase_history(at, amount, '-7 days') FROM orders;
SELECT purchase_history(at, amount, '1 day', '-infinity') FROM orders;
SELECT purchase_history(at, amount, customer * interval '1 day') FROM orders;
SELECT purchase_history(at, amount, '1 day', '2024-01-01'::date + customer) FROM orders;
SELECT purchase_history(at, amount, '1 day', '2024-01-01', NULL) FROM orders;
SELECT purchase_history(at, amount, '1 day', '2024-01-01', 'Mars/Olympus') FROM orders;
SELECT purchase_history(at, amount, '1 day', '2024-01-01', CASE customer WHEN 1 THEN 'UTC' ELSE 'Asia/Tokyo' END)
FROM orders;
SELECT purchase_history(DISTINCT at, amount, '1 day') FROM orders;
SELECT purchase_history('infinity'::timestamptz, amount, '1 day') FROM orders;
SELECT purchase_history('-infinity'::timestamptz, amount, '1 day') FROM orders;
SELECT purchase_history(at, 'NaN'::numeric, '1 day', '2024-03-01') FROM orders;
SELECT purchase_history(at, 'Infinity'::float8, '1 day', '2024-03-01') FROM orders;
SELECT purchase_history('2024-01-01'::date + i, 1e308::float8, '1 day', '2024-03-01') FROM generate_series(1, 4) i;
-- the whole calendar
SELECT purchase_history(at, 1, '1 day', '294276-12-31')
FROM (VALUES (timestamptz '4713-01-01 BC'), ('294276-12-31 23:59:59')) o(at);

DROP VIEW ours, plain;
DROP TABLE orders, log, zones, named;
RESET TimeZone;
RESET IntervalStyle;
RESET DateStyle;
