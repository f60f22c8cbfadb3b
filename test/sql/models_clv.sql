-- clv: what a customer is worth, from orders alone

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'UTC';

-- a customer with an order of 50 in each bucket of two months, twelve of them; another customer is still
-- there, and so one of two is lost in 13 buckets lived: 650 / 13 in each, and 12 after which one could be
-- lost
CREATE TABLE shop (customer int, at timestamptz, amount numeric(10,2));
INSERT INTO shop SELECT 1, '2023-01-15Z'::timestamptz + i * interval '2 months', 50 FROM generate_series(0, 11) i;
INSERT INTO shop VALUES (2, '2025-01-20Z', 50);
SELECT clv(customer, at, amount, '2 months', 1, '2025-03-01Z'),
	clv(customer, at, amount, '2 months', 0.3, '2025-03-01Z') AS profit
FROM shop;
-- by month the first one lived for 23 buckets: 650 / 24 in each, and 23 after which one could be lost
SELECT round(clv(customer, at, amount, '1 month', 1, '2025-02-01Z'), 10) AS month,
	round(650.0 / 24 * 23, 10) AS expected FROM shop;
-- nobody is lost: no answer
SELECT clv(customer, at, amount, '2 months', 1, '2025-03-01Z') FROM shop WHERE customer = 1;
SELECT clv(customer, at, amount, '2 months', 1, '2025-01-01Z') FROM shop;
TRUNCATE shop;

-- the picture in the source: L = 2 + 3 + 3, D = 1, X = 6; each order brings 12
INSERT INTO shop VALUES
	(1, '2024-01-10Z', 12), (1, '2024-02-10Z', 12),								-- lost after February
	(2, '2024-02-20Z', 12), (2, '2024-04-20Z', 12),								-- ordered in the last complete month
	(3, '2024-02-29Z', 12), (3, '2024-05-01Z', 1000),							-- ordered in the open month
	(4, '2024-05-02Z', 1000),													-- only there: no customer yet
	(5, '2024-01-01Z', NULL), (NULL, '2024-01-01Z', 1000), (6, NULL, 1000),		-- no orders
	(1, '2024-05-20Z', 1000), (7, '2024-01-20Z'::timestamptz + interval '1 year', 1000);	-- not yet
SELECT clv(customer, at, amount, '1 month', 1, '2024-05-15Z') = 60.0 / 8 * 6 / 1 AS numeric,
	clv(customer, at, amount::bigint, '1 month', 1, '2024-05-15Z') = 60.0 / 8 * 6 / 1 AS bigint,
	clv(customer, at, amount::float8, '1 month', 1, '2024-05-15Z') = 60.0 / 8 * 6 / 1 AS double,
	clv(customer, at, amount::int, '1 month', 0.5, '2024-05-15Z') = 60.0 / 8 * 6 / 1 * 0.5 AS int,
	clv(customer, at, amount, '1 month', 1, '2024-06-01Z') AS all_of_may
FROM shop;
-- all of May: L = 5 + 3 + 4 + 1, D = 1 (customer 2), X = 4 + 3 + 3 + 0, R = 3060
SELECT 3060.0 * 10 / (13 * 1) AS expected;
SELECT pg_typeof(clv(customer, at, amount, '1 month')) AS numeric,
	pg_typeof(clv(customer, at, 1::bigint, '1 month')) AS bigint, pg_typeof(clv(customer, at, 1, '1 month')) AS int,
	pg_typeof(clv(customer, at, 1::float8, '1 month', 1)) AS double
FROM shop;
SELECT clv(customer, at, amount, '1 month', 1, '2024-05-15Z') FROM shop WHERE false;
SELECT clv(customer, at, amount, '1 month', 1, '2024-05-15Z') FROM shop WHERE customer IS NULL;
SELECT clv(customer, at, amount, '1 month', 1, '2024-02-15Z') FROM shop;
SELECT clv(customer, at, amount, '1 month', 1, '2020-01-01Z') FROM shop;
-- as it grows; the final function leaves the state as it is
SELECT at, customer, round(clv(customer, at, amount, '1 month', 1, '2024-06-01Z') OVER (ORDER BY at), 6) AS clv
FROM shop WHERE customer IS NOT NULL AND amount IS NOT NULL ORDER BY at;

-- as of now, unless it is said
SELECT clv(c, now() - t, a, '1 month') = 15 AS clv, clv(c, now() - t, a, '1 month', 0.5) = 7.5 AS half
FROM (VALUES (1, interval '3 months', 10), (2, '1 month', 20), (3, '-1 day', 1000)) o(c, t, a);

-- a refund is a row with a negative amount; all customers of one bucket are worth what they brought
SELECT clv(c, t, a, '1 month', 1, '2024-06-01') AS refunds
FROM (VALUES (1, date '2024-01-05', 100.0), (1, '2024-02-05', -40), (2, '2024-03-01', 12)) o(c, t, a);
SELECT clv(c, t, a, '1 year', 0.7, '2026-06-01') = 0.7 * 100.01 / 3 AS never_below,
	clv(c, t, a, '1 year', 0.7, '2026-06-01')
FROM (VALUES (1, date '2024-01-05', 50.01), (2, '2024-02-05', 20), (3, '2025-03-01', 30)) o(c, t, a);

-- exact: more than four decimals, more than 64 bits, and sums that pass both
SELECT clv(c, t, a, '1 month', 1, '2024-06-01')
FROM (VALUES (1, date '2024-01-05', 1.5e30), (1, '2024-02-05', 0.00001), (2, '2024-03-05', 0.00002)) o(c, t, a);
SELECT clv(c, t, a, '1 month', 1, '2024-06-01')
FROM (VALUES (1, date '2024-01-05', 9223372036854775807), (2, '2024-03-05', 9223372036854775807)) o(c, t, a);
SELECT clv(1 + i % 2, date '2024-01-05' + (i % 2) * 60, 900000000000.0000, '1 month', 1, '2024-06-01')
FROM generate_series(1, 20000) i;

-- the local calendar: an order late on January 31 in Vilnius is one of February in Tokyo, and as_of has its
-- own month too
SET TimeZone = 'Europe/Vilnius';
SELECT clv(c, t, 12, '1 month', 1, '2024-03-31 22:00Z') AS vilnius
FROM (VALUES (1, timestamptz '2024-01-31 21:59Z'), (2, '2024-02-10Z'), (2, '2024-01-10Z')) o(c, t);
SET TimeZone = 'Asia/Tokyo';
SELECT clv(c, t, 12, '1 month', 1, '2024-03-31 22:00Z') AS tokyo
FROM (VALUES (1, timestamptz '2024-01-31 21:59Z'), (2, '2024-02-10Z'), (2, '2024-01-10Z')) o(c, t);
RESET TimeZone;
SET TimeZone = 'UTC';

-- the same in any session, if the zone is named
SET TimeZone = 'America/New_York';
SELECT clv(c, t, 12, '1 month', 1, '2024-03-31 22:00Z', 'Europe/Vilnius') AS vilnius,
	clv(c, t, 12.0, '1 month', 1, '2024-03-31 22:00Z', 'Asia/Tokyo') AS tokyo,
	clv(c, t, 12::float8, '1 month', 0.5, '2024-03-31 22:00Z', 'Asia/Tokyo') AS half,
	clv(c, t, 12, '1 month', 1, '2024-03-31 22:00Z')
		= clv(c, t, 12, '1 month', 1, '2024-03-31 22:00Z', 'America/New_York') AS session
FROM (VALUES (1, timestamptz '2024-01-31 21:59Z'), (2, '2024-02-10Z'), (2, '2024-01-10Z')) o(c, t);
SELECT zone, clv(c, t, 12, '1 month', 1, '2024-03-31 22:00Z', zone)
FROM (VALUES (1, timestamptz '2024-01-31 21:59Z'), (2, '2024-02-10Z'), (2, '2024-01-10Z')) o(c, t),
	(VALUES ('Europe/Vilnius'), ('Asia/Tokyo'), ('utc')) z(zone)
GROUP BY zone ORDER BY zone;
SET TimeZone = 'UTC';

-- a margin is read as it is written, and exact
SELECT clv(c, t, a, '1 month', 0.29, '2024-06-01') AS numeric,
	clv(c, t, a, '1 month', 0.29::float8, '2024-06-01') AS double,
	clv(c, t, a, '1 month', 0.1::float4, '2024-06-01')
		= clv(c, t, a, '1 month', 0.10000000149011612, '2024-06-01') AS real,
	clv(c, t, a, '1 month', 0, '2024-06-01') AS zero
FROM (VALUES (1, date '2024-01-05', 100.00), (2, '2024-02-05', 300.00)) o(c, t, a);

-- what is immutable: only what names a time and a zone
SELECT p.oid::regprocedure, provolatile FROM pg_proc p
WHERE proname ~ '^(clv|purchase_history)_accum' AND provolatile = 'i' ORDER BY p.oid::regprocedure::text COLLATE "C";

-- beside plain SQL: buckets of many widths, in one query, in zones, as of times with and without an open bucket
CREATE FUNCTION bucket_number(at timestamptz, bucket interval) RETURNS int STABLE LANGUAGE sql RETURN
	CASE WHEN extract(month FROM bucket) + extract(year FROM bucket) > 0
		THEN floor(((extract(year FROM at) - 2000) * 12 + extract(month FROM at) - 1)
			/ (extract(month FROM bucket) + 12 * extract(year FROM bucket)))
		ELSE floor((at::date - date '2000-01-03') / extract(day FROM bucket)) END::int;
CREATE TABLE log AS
SELECT i, (hashint8extended(i, 1) & 1023) * (hashint8extended(i, 2) & 1023) / 4096 AS customer,
	'2021-12-20Z'::timestamptz + (hashint8extended(i, 3) & 63) * (hashint8extended(i, 4) & 255)
		* interval '1 hour' AS at,
	((hashint8extended(i, 5) & 8191) - 500) / 100.0 AS amount
FROM generate_series(1, 3000) i;
CREATE TABLE buckets AS SELECT bucket, as_of
FROM unnest('{1 month, 3 months, 1 year, 5 months, 7 days, 1 day, 10 days}'::interval[]) bucket,
	unnest('{2023-11-01Z, 2023-03-17 13:00Z, 2022-07-04Z, 2022-01-10Z}'::timestamptz[]) as_of;
ANALYZE log, buckets;
CREATE VIEW plain AS
WITH rows AS (
	SELECT bucket, as_of, customer, amount, bucket_number(at, bucket) AS b, bucket_number(as_of, bucket) AS open
	FROM log, buckets WHERE at < as_of
), customers AS (
	SELECT bucket, as_of, customer, min(b) FILTER (WHERE b < open) AS f, max(b) FILTER (WHERE b < open) AS l,
		bool_or(b >= open) AS in_open, sum(amount) FILTER (WHERE b < open) AS revenue,
		max(max(b) FILTER (WHERE b < open)) OVER (PARTITION BY bucket, as_of) AS n
	FROM rows GROUP BY bucket, as_of, customer
), lives AS (
	SELECT bucket, as_of, revenue, n, f, CASE WHEN in_open THEN n ELSE l END AS l FROM customers WHERE f IS NOT NULL
)
SELECT bucket, as_of, sum(revenue) / count(*) AS so_far,
	sum(revenue) / sum(l - f + 1) * sum(least(l, n - 1) - f + 1) / nullif(count(*) FILTER (WHERE l < n), 0) AS clv
FROM lives GROUP BY bucket, as_of;
CREATE VIEW ours AS
SELECT bucket, as_of, clv(customer, at, amount, bucket, 1, as_of),
	clv(customer, at, amount, bucket, 0.25, as_of) AS quarter,
	clv('customer no. ' || customer, at, amount::float8, bucket, 1, as_of) AS double,
	clv(md5(customer::text)::uuid, at, (amount * 100)::bigint, bucket, 1, as_of) AS bigint
FROM log, buckets GROUP BY bucket, as_of;

SET TimeZone = 'UTC';
SELECT count(*), count(o.clv) AS answers, count(*) FILTER (WHERE round(o.clv, 8) IS DISTINCT FROM round(p.clv, 8)
		OR round(quarter * 4, 8) IS DISTINCT FROM round(p.clv, 8)
		OR round(double::numeric, 8) IS DISTINCT FROM round(p.clv, 8)
		OR round(bigint / 100, 8) IS DISTINCT FROM round(p.clv, 8)) AS wrong,
	count(*) FILTER (WHERE o.clv < so_far) AS below
FROM ours o FULL JOIN plain p USING (bucket, as_of);
SET TimeZone = 'America/Santiago';
SELECT count(*), count(o.clv) AS answers,
	count(*) FILTER (WHERE round(o.clv, 8) IS DISTINCT FROM round(p.clv, 8)) AS wrong
FROM ours o FULL JOIN plain p USING (bucket, as_of);
SET TimeZone = 'UTC';

-- errors
SELECT clv(customer, at, amount, NULL) FROM log;
SELECT clv(customer, at, amount, '1 month', NULL) FROM log;
SELECT clv(customer, at, amount, '1 month', 1, NULL) FROM log;
SELECT clv(customer, at, amount, '1 month 1 day') FROM log;
SELECT clv(customer, at, amount, '12 hours') FROM log;
SELECT clv(customer, at, amount, '-1 month') FROM log;
SELECT clv(customer, at, amount, '1 month', 30) FROM log;
SELECT clv(customer, at, amount, '1 month', -0.01) FROM log;
SELECT clv(customer, at, amount, '1 month', 'NaN') FROM log;
SELECT clv(customer, at, amount, '1 month', 1, 'infinity') FROM log;
SELECT clv(customer, at, amount, CASE WHEN i % 2 = 1 THEN interval '1 month' ELSE '28 days' END) FROM log;
SELECT clv(customer, at, amount, '1 month', 1 - i % 2 / 2.0) FROM log;
SELECT clv(customer, at, amount, '1 month', 1, as_of)
FROM log, (VALUES (timestamptz '2024-01-01'), ('2024-01-02')) a(as_of);
SELECT clv(customer, at, amount, '1 month', 1, '2024-01-01', NULL) FROM log;
SELECT clv(customer, at, amount, '1 month', 1, '2024-01-01', 'Mars/Olympus') FROM log;
SELECT clv(customer, at, amount, '1 month', 1, '2024-01-01', CASE WHEN i % 2 = 1 THEN 'UTC' ELSE 'Asia/Tokyo' END)
FROM log;
SELECT clv(DISTINCT customer, at, amount, '1 month') FROM log;
SELECT clv(DISTINCT customer, at, amount::float8, '1 month') FROM log;
SELECT clv(customer, 'infinity'::timestamptz, amount, '1 month') FROM log;
SELECT clv(customer, '-infinity'::timestamptz, amount, '1 month') FROM log;
SELECT clv(customer, at, 'NaN'::numeric, '1 month') FROM log;
SELECT clv(customer, at, '-Infinity'::float8, '1 month') FROM log;
SELECT clv(1 + i % 2, date '2024-01-05' + (i % 2) * 60, 1e308::float8, '1 month') FROM generate_series(1, 4) i;
SELECT clv(point(1, 2), at, amount, '1 month') FROM log;
-- at most 65534 complete buckets
SELECT clv(c, t, 1, '1 day', 1, '2024-06-01'::date + 0)
FROM (VALUES (1, '2024-06-01'::date - 65534), (2, '2024-05-31')) o(c, t);
SELECT clv(c, t, 1, '1 day', 1, '2024-06-01'::date + 0)
FROM (VALUES (1, '2024-06-01'::date - 65535), (2, '2024-05-31')) o(c, t);
SELECT clv(c, t, 1, '1 day', 1, '294276-12-31') FROM (VALUES (1, timestamptz '4713-01-01 BC')) o(c, t);

DROP VIEW ours, plain;
DROP TABLE shop, log, buckets;
DROP FUNCTION bucket_number;
RESET TimeZone;
RESET IntervalStyle;
RESET DateStyle;
