-- rebucket, without, rename: changes of stored summaries

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
CREATE TABLE orders AS SELECT k, at, amount FROM (VALUES
	('a', '2024-01-30 10:00'::timestamptz, 1.00), ('a', '2024-01-31 23:59:59.999999', 2.00), ('a', '2024-02-01', 4.00), ('a', '2024-04-30', 8.00),
	('b', '2024-01-15', 0.50), ('b', '2024-01-15', 1.50), ('b', '2024-03-31', -2.00),
	('c', '2024-03-01', 0.25), ('c', '2024-05-31', 0.125),
	('d', '2024-06-30', 100.00)) o(k, at, amount);
CREATE TABLE days AS SELECT retention_agg(k, at, '1 day', 'UTC') AS s, revenue_agg(k, at, amount, '1 day', 'UTC') AS r FROM orders;

-- days make months: a was seen on two days of January, b twice on one
SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated FROM days, growth(rebucket(s, '1 month'), '2024-07-01');
SELECT period, starting, new_revenue AS fresh, reactivated, expansion, contraction, churned, revenue, payers FROM days, revenue_growth(rebucket(r, '1 month'), '2024-07-01');
-- days, weeks, months, quarters, years, from other days as well: as from the orders, to the byte
CREATE TABLE widths AS SELECT * FROM (VALUES (interval '1 day', date '2000-01-01'), ('2 days', '2000-01-03'), ('2 days', '2000-01-04'), ('7 days', '2000-01-03'), ('7 days', '2000-01-02'), ('14 days', '2000-01-02'),
	('14 days', '2000-01-09'), ('28 days', '2000-01-09'), ('1 month', '2000-01-01'), ('1 month', '2000-01-26'), ('3 months', '2000-01-01'), ('3 months', '2000-02-01'), ('6 months', '2000-02-01'), ('1 year', '2000-01-01'),
	('1 year', '2000-02-01'), ('1 year', '2000-04-26'), ('10 years', '2000-01-01')) w(bucket, origin);
CREATE TABLE starts AS SELECT bucket, origin, day, bucket_start(day, bucket, 'UTC', origin) AS start FROM widths, generate_series('2000-01-01Z'::timestamptz, '2030-01-31Z', '1 day') day;
-- ... wherever each narrow bucket of thirty years lies in one wide bucket
CREATE TABLE pairs AS SELECT bucket, origin, wide, wide_origin, bool_and(whole) AS whole
FROM (SELECT n.bucket, n.origin, w.bucket AS wide, w.origin AS wide_origin, min(w.start) = max(w.start) AS whole FROM starts n JOIN starts w USING (day) GROUP BY 1, 2, 3, 4, n.start) b GROUP BY 1, 2, 3, 4;
SELECT bucket, origin, string_agg(wide || ' from ' || wide_origin, ', ' ORDER BY wide, wide_origin) FILTER (WHERE rebucket(narrow.s, wide, wide_origin)::text = o.s::text AND rebucket(narrow.r, wide, wide_origin)::text = o.r::text) AS same,
	count(*) FILTER (WHERE rebucket(narrow.s, wide, wide_origin)::text <> o.s::text OR rebucket(narrow.r, wide, wide_origin)::text <> o.r::text) AS others
FROM (SELECT * FROM pairs WHERE whole OFFSET 0) p, LATERAL (SELECT retention_agg(k, at, bucket, 'UTC', origin) AS s, revenue_agg(k, at, amount, bucket, 'UTC', origin) AS r FROM orders) narrow,
	LATERAL (SELECT retention_agg(k, at, wide, 'UTC', wide_origin) AS s, revenue_agg(k, at, amount, wide, 'UTC', wide_origin) AS r FROM orders) o
GROUP BY bucket, origin ORDER BY bucket, origin;
-- ... and where one does not, it is refused
CREATE FUNCTION refused(s retention_summary, bucket interval, origin date) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
	PERFORM rebucket(s, bucket, origin);
	RETURN false;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN true;
END$$;
SELECT count(*) AS pairs, count(*) FILTER (WHERE refused) AS refused, count(*) FILTER (WHERE refused = whole) AS wrong
FROM pairs, LATERAL (SELECT refused(s, wide, wide_origin) FROM (SELECT retention_agg(k, at, bucket, 'UTC', origin) AS s FROM orders) v) r;
-- step by step
SELECT rebucket(rebucket(rebucket(s, '1 month'), '3 months'), '1 year')::text = rebucket(s, '1 year')::text AS years, rebucket(rebucket(r, '7 days', '2024-01-07'), '14 days', '2024-01-07') = rebucket(r, '14 days', '2024-01-07') AS weeks,
	rebucket(s, '1 day')::text = s::text AS itself, rebucket(rebucket(r, '1 month', '2024-01-26'), '1 month', '1999-12-26')::text = rebucket(r, '1 month', '2024-01-26')::text AS itself FROM days;
-- what belongs to it: without money, totals, merged with others
SELECT rebucket(r, '1 month')::retention_summary::text = rebucket(s, '1 month')::text AS without_money,
	(SELECT rollup(rebucket(p, '1 month'))::text FROM (SELECT revenue_agg(k, at, amount, '1 day', 'UTC') AS p FROM orders GROUP BY at < '2024-01-31') v) = rebucket(r, '1 month')::text AS merged,
	(SELECT totals_agg(rebucket(p, '1 month'))::text FROM (SELECT retention_agg(k, at, '1 day', 'UTC') AS p FROM orders GROUP BY k) v) = totals(rebucket(s, '1 month'))::text AS by_customer FROM days;
-- as_of counts within a bucket: the latest time stays
SELECT as_of, period, active FROM days, unnest('{2024-06-30,2024-06-30 00:00:00.000001}'::timestamptz[]) as_of, growth(rebucket(s, '1 year'), as_of);
-- the bucket of a summary decides, not that of the day: zones
SELECT zone, rebucket(s, '1 month')::text = m::text AS same, rebucket(s, '1 month') = (SELECT rebucket(days.s, '1 month') FROM days) AS utc
FROM unnest('{Asia/Tokyo,Europe/Vilnius,UTC,America/New_York}'::text[]) zone, LATERAL (SELECT retention_agg(k, at, '1 day', zone) AS s, retention_agg(k, at, '1 month', zone) AS m FROM orders) v ORDER BY zone;
-- far away, many days in one bucket, a bucket before the first date
SELECT rebucket(s, '1 year')::text = y::text AS same, (SELECT count(*) FROM growth(rebucket(s, '1 year'), '2024-01-01')) AS years
FROM (SELECT retention_agg(k % 10, '1800-01-01Z'::timestamptz + k * interval '17 days', '1 day', 'UTC') AS s, retention_agg(k % 10, '1800-01-01Z'::timestamptz + k * interval '17 days', '1 year', 'UTC') AS y FROM generate_series(1, 4000) k) v;
SELECT rebucket(s, '21 days')::text = w::text AS weeks, rebucket(rebucket(s, '7 days'), '21 days')::text = w::text AS of_weeks FROM (SELECT retention_agg(1, at, '1 day', 'UTC') AS s, retention_agg(1, at, '21 days', 'UTC') AS w FROM unnest('{4714-11-24 00:00:00+00 BC,294276-12-31}'::timestamptz[]) at) v;
-- of contracts a wide bucket has what its last narrow one has: 3 has none at the end of any month, and 2 is not the open month's
CREATE TABLE contracts AS SELECT * FROM (VALUES (1, tstzrange('2024-01-10', '2024-04-01')), (1, '[2024-03-10,2024-03-20)'), (2, '[2024-02-01,2024-05-10)'), (3, '[2024-03-05,2024-03-25)'), (4, '[2024-02-10,)'), (4, '[2024-04-20,2024-06-10)'),
	(5, '[2024-05-15,)')) c(k, active);
SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated, complete FROM growth((SELECT rebucket(retention_agg(k, active, '1 day', 'UTC', '2024-05-15'), '1 month') FROM contracts));
SELECT as_of, bucket, rebucket(retention_agg(k, active, '1 day', 'UTC', as_of), bucket)::text = retention_agg(k, active, bucket, 'UTC', as_of)::text AS same,
	rebucket(revenue_agg(k, active, 10 * k, '1 day', 'UTC', as_of), bucket)::text = revenue_agg(k, active, 10 * k, bucket, 'UTC', as_of)::text AS money,
	rebucket(revenue_agg(k, active, 10 * k, '1 day', 'UTC', as_of), bucket, '2024-04-14')::text = revenue_agg(k, active, 10 * k, bucket, 'UTC', as_of, date '2024-04-14')::text AS others
FROM contracts, unnest('{2024-04-30 12:00,2024-05-01,2024-05-15,2024-05-31 23:59:59.999999}'::timestamptz[]) as_of, unnest('{1 day,7 days,1 month,1 year}'::interval[]) bucket GROUP BY as_of, bucket ORDER BY as_of, bucket;
SELECT rebucket(rebucket(r, '1 month'), '3 months')::text = q::text AS steps, rebucket(rebucket(r, '7 days'), '14 days')::text = w::text AS steps
FROM (SELECT revenue_agg(k, active, 10, '1 day', 'UTC', '2024-05-15') AS r, revenue_agg(k, active, 10, '3 months', 'UTC', '2024-05-15') AS q, revenue_agg(k, active, 10, '14 days', 'UTC', '2024-05-15') AS w FROM contracts) v;
-- ... also where some of a merged value was known for longer: April, which cannot be told, has each contract once
SELECT m.* FROM (SELECT rollup(s) AS s FROM (SELECT revenue_agg(k, active, 10 * k, '1 day', 'UTC', CASE k WHEN 5 THEN timestamptz '2024-05-15' WHEN 2 THEN '2024-04-15' ELSE '2024-05-12' END) AS s FROM contracts GROUP BY k) p) v,
	members(rebucket(s, '1 month'), '2024-04-01') m ORDER BY customer;
SELECT rebucket(retention_agg(k, active, '1 day', 'UTC', '2024-05-15'), '1 month') IS NULL AS nobody, rebucket(revenue_agg(k, active, 10, '1 day', 'UTC', '2024-05-15'), '1 month') IS NULL AS nobody_pays FROM contracts WHERE k = 3;
DROP TABLE contracts;
-- NULL, and what cannot be put together
SELECT rebucket(NULL::retention_summary, '1 month') IS NULL, rebucket(s, NULL) IS NULL, rebucket(s, '1 month', NULL) IS NULL, rebucket(NULL::revenue_summary, '1 month', '2024-01-26') IS NULL FROM days;
SELECT rebucket(rebucket(s, '1 month'), '1 day') FROM days;
SELECT rebucket(rebucket(s, '7 days'), '1 month') FROM days;
SELECT rebucket(rebucket(s, '2 days'), '7 days') FROM days;
SELECT rebucket(rebucket(s, '7 days'), '14 days', '2024-01-07') FROM days;
SELECT rebucket(rebucket(r, '1 month'), '3 months', '2024-01-26') FROM days;
SELECT rebucket(rebucket(r, '1 month', '2024-01-26'), '3 months') FROM days;
SELECT rebucket(s, '36 hours') FROM days;
SELECT rebucket(s, '1 month', '2024-01-31') FROM days;
SELECT rebucket(s, '7 days', 'infinity') FROM days;

-- without: a customer is forgotten, as if they had never been; only the latest time of all stays
CREATE TABLE months AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s, revenue_agg(k, at, amount, '1 month', 'UTC') AS r FROM orders;
SELECT gone, without(m.s, gone)::text = o.s::text AS text, without(m.r, gone)::text = o.r::text AS money, customer_count(without(m.s, gone)) AS left, (SELECT count(*) FROM growth(without(m.s, gone))) AS months,
	(SELECT array_agg(g) FROM growth(without(m.s, gone)) g) = (SELECT array_agg(g) FROM growth(o.s) g) AS growth,
	(SELECT array_agg(g ORDER BY g.period) FROM revenue_growth(without(m.r, gone)) g) = (SELECT array_agg(g ORDER BY g.period) FROM revenue_growth(o.r) g) AS revenue_growth
FROM months m, unnest('{a,b,c,d}'::text[]) gone, LATERAL (SELECT retention_agg(k, at, '1 month', 'UTC') AS s, revenue_agg(k, at, amount, '1 month', 'UTC') AS r FROM orders WHERE k <> gone) o ORDER BY gone;
SELECT period, active FROM months, growth(without(s, 'd'::text), '2024-06-15');
-- ... and the months before the next customer's first one are gone, too
SELECT gone, without(s, gone)::text = (SELECT retention_agg(k, at, '1 month', 'UTC')::text FROM orders WHERE k IN ('c', 'd') AND k <> gone) AS text, (SELECT string_agg(to_char(period, 'Mon'), ' ') FROM growth(without(s, gone))) AS growth,
	without(r, gone)::text = (SELECT revenue_agg(k, at, amount, '1 month', 'UTC')::text FROM orders WHERE k IN ('c', 'd') AND k <> gone) AS money, (SELECT string_agg(to_char(period, 'Mon'), ' ') FROM revenue_growth(without(r, gone))) AS revenue_growth
FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s, revenue_agg(k, at, amount, '1 month', 'UTC') AS r FROM orders WHERE k IN ('c', 'd')) v, unnest('{c,d}'::text[]) gone;
-- who is not there is not missed; the last one leaves nothing
SELECT without(s, 'e'::text)::text = s::text AS summary, without(r, ''::text)::text = r::text AS money, without(without(without(without(s, 'a'::text), 'b'::text), 'c'::text), 'd'::text) IS NULL AS nobody,
	without(without(without(without(r, 'd'::text), 'c'::text), 'b'::text), 'a'::text) IS NULL AS nobody_paid, without(without(s, 'a'::text), 'b'::text)::text = without(without(s, 'b'::text), 'a'::text)::text AS in_any_order FROM months;
-- the decimals of amounts are those of all that came in
SELECT k, (SELECT sum(revenue) FROM revenue_growth(without(r, k))) FROM months, unnest('{b,c}'::text[]) k;

-- rename: a customer becomes another, and is one with whoever has that key already
SELECT old, new, rename(m.s, old, new)::text = o.s::text AS text, rename(m.r, old, new)::text = o.r::text AS money, customer_count(rename(m.s, old, new)) AS customers
FROM months m, (VALUES ('a', 'b'), ('b', 'a'), ('a', 'z'), ('d', '0'), ('c', 'd'), ('c', 'c'), ('e', 'a'), ('a', 'a longer name'), ('b', '')) v(old, new),
	LATERAL (SELECT retention_agg(CASE k WHEN old THEN new ELSE k END, at, '1 month', 'UTC') AS s, revenue_agg(CASE k WHEN old THEN new ELSE k END, at, amount, '1 month', 'UTC') AS r FROM orders) o;
SELECT period, new_customers AS fresh, retained, resurrected AS back, g.churned, active, repeat_customers AS repeated, revenue
FROM months, growth(rename(s, 'c'::text, 'b'), '2024-07-01') g JOIN revenue_growth(rename(r, 'c'::text, 'b'), '2024-07-01') USING (period);
SELECT m.* FROM months, members(rename(s, 'c'::text, 'b'), '2024-03-01') m;
-- a value of one customer
SELECT rename(s, 1, 2) = t AS renamed, rename(s, 2, 1) = s AS not_there, customer_count(rename(s, 1, 2)) FROM (SELECT retention_agg(1, '2024-01-10'::timestamptz, '1 month', 'UTC') AS s, retention_agg(2, '2024-01-10'::timestamptz, '1 month', 'UTC') AS t) v;
-- of contracts, two that then hold the same end are two of one customer; what is not known stays so
SELECT g.period, g.active, g.repeat_customers AS repeated, g.complete, without(s, 2) = o AS without, rename(s, 3, 2) = n AS renamed
FROM (SELECT retention_agg(k, active, '1 month', 'UTC', '2024-03-15') AS s, retention_agg(k, active, '1 month', 'UTC', '2024-03-15') FILTER (WHERE k <> 2) AS o, retention_agg(least(k, 2), active, '1 month', 'UTC', '2024-03-15') AS n
	FROM (VALUES (1, tstzrange('2024-01-10', '2024-02-20')), (2, '[2024-01-20,)'), (3, '[2024-02-10,2024-03-31)')) c(k, active)) v, growth(rename(s, 3, 2), '2025-01-01') g;

-- keys that are equal, however they are spelt; domains are what they are made of
CREATE DOMAIN customer_id AS bigint CHECK (VALUE > 0);
CREATE TYPE pair AS (branch int, name text);
SELECT customer_count(without(s, 1.00)) AS numeric, customer_count(without(f, '-0'::float8)) AS float, customer_count(without(d, 5::bigint)) AS of_domain, customer_count(without(b, 5::customer_id)) AS by_domain,
	customer_count(without(c, ROW(1, 'x')::pair)) AS rows, rename(s, 1.000, 2.0) = s2 AS renamed
FROM (SELECT retention_agg(v::numeric, '2024-01-10'::timestamptz, '1 month', 'UTC') AS s, retention_agg((v - 1)::float8, '2024-01-10'::timestamptz, '1 month', 'UTC') AS f, retention_agg((v + 4)::customer_id, '2024-01-10'::timestamptz, '1 month', 'UTC') AS d,
	retention_agg((v + 4)::bigint, '2024-01-10'::timestamptz, '1 month', 'UTC') AS b, retention_agg(ROW(v, 'x')::pair, '2024-01-10'::timestamptz, '1 month', 'UTC') AS c, retention_agg(2::numeric, '2024-01-10'::timestamptz, '1 month', 'UTC') AS s2 FROM generate_series(1, 2) v) x;
DROP DOMAIN customer_id;
DROP TYPE pair;
-- no summary, no answer; no customer is an error, or an UPDATE whose subquery finds nobody would lose the value
SELECT without(NULL::retention_summary, 'a'::text) IS NULL AS summary, rename(NULL::revenue_summary, 'a'::text, 'b') IS NULL AS money, without(NULL::revenue_summary, NULL::text) IS NULL AS neither FROM months;
SELECT without(s, NULL::text) FROM months;
SELECT rename(r, NULL::text, 'b') FROM months;
SELECT rename(r, 'a'::text, NULL) FROM months;
-- of the wrong type, of no type
SELECT without(s, 1) FROM months;
SELECT without(r, 'a'::varchar) FROM months;
SELECT rename(s, 1, 2) FROM months;
SELECT without(s, 'a') FROM months;
\set VERBOSITY sqlstate
SELECT rename(s, 'a'::text, 1) FROM months;
\set VERBOSITY default

DROP FUNCTION refused(retention_summary, interval, date);
DROP TABLE orders, days, widths, starts, pairs, months;
