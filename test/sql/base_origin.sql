-- origin: buckets that are counted from another day, in retention_agg and revenue_agg

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';

-- around the ends of weeks from Sunday, January 28, of months from the 26th, of quarters from February
CREATE TABLE orders AS SELECT k, at, amount FROM (VALUES
	('a', '2024-01-27 10:00'::timestamptz, 1.00), ('a', '2024-01-28', 2.00), ('a', '2024-01-29 23:59:59.999999', 4.00), ('a', '2024-01-31', 8.00),
	('b', '2024-01-29', 1.50), ('b', '2024-02-01', 2.50), ('b', '2024-02-03', 4.50), ('b', '2024-02-04', 8.50), ('b', '2024-02-11', 16.50), ('b', '2024-02-26', 32.50),
	('b', '2024-04-26', 64.50), ('b', '2024-05-01', 128.50),
	('c', '2024-01-28 01:00', 1.25), ('c', '2024-01-28 02:00', 2.25), ('c', '2024-01-30', 4.25), ('c', '2024-02-03 23:59:59.999999', 8.25), ('c', '2024-04-25 23:59:59.999999', 16.25),
	('c', '2024-04-26', 32.25)) o(k, at, amount);

-- weeks from Sunday, quarters from February, months from the 26th, the year of tax
SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated
FROM growth((SELECT retention_agg(k, at, '7 days', 'UTC', '2024-01-07') FROM orders), '2024-02-18');
SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated
FROM growth((SELECT retention_agg(k, at, '3 months', 'UTC', '2024-02-01') FROM orders), '2024-08-01');
SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated
FROM growth((SELECT retention_agg(k, at, '1 month', 'UTC', '2024-01-26') FROM orders), '2024-05-26');
SELECT period, active, repeat_customers AS repeated FROM growth((SELECT retention_agg(k, at, '1 year', 'UTC', '2024-04-06') FROM orders), '2025-01-01');
SELECT period, starting, new_revenue AS fresh, reactivated, expansion, contraction, churned, revenue
FROM revenue_growth((SELECT revenue_agg(k, at, amount, '1 month', 'UTC', '2024-01-26') FROM orders), '2024-05-26');
-- the other reports
CREATE TABLE x AS SELECT s, totals(s) AS t, r, totals(r) AS rt
FROM (SELECT retention_agg(k, at, '1 month', 'UTC', '2024-01-26') AS s, revenue_agg(k, at, amount, '1 month', 'UTC', '2024-01-26') AS r FROM orders) o;
SELECT cohort, age, period, retained FROM x, cohorts(t, '2024-05-26');
SELECT crr(s, '2024-05-25'), crr(s, '2024-04-25') AS month_before, churn_rate(t, '2024-02-26'), customer_count(t, '2024-02-25') AS until_25, customer_count(t, '2024-02-26') AS from_26 FROM x;
SELECT m.* FROM x, members(s, '2024-05-25') m ORDER BY customer;
SELECT (SELECT array_agg(g) FROM growth(s, '2024-05-26') g) = (SELECT array_agg(g) FROM growth(t, '2024-05-26') g) AS totals, r::retention_summary = s AS without_money,
	rt::retention_totals = t AS totals_without_money, t = (SELECT totals_agg(c) FROM (SELECT retention_agg(k, at, '1 month', 'UTC', '2024-01-26') AS c FROM orders GROUP BY k) y) AS by_customer FROM x;

-- every row in the bucket in which bucket_start has it; contracts, too
CREATE TABLE origins AS SELECT * FROM (VALUES (interval '7 days', date '2024-01-07'), ('10 days', '2000-01-01'), ('1 month', '2024-01-26'), ('1 month', '1999-12-02'), ('3 months', '2024-02-01'), ('1 year', '2024-02-28'),
	('5 months', '2011-03-15')) v(bucket, origin);
SELECT bucket, origin, count(*) AS periods, count(*) FILTER (WHERE active IS DISTINCT FROM n) AS wrong
FROM origins, LATERAL (SELECT period, active, n FROM (SELECT bucket_start(at, bucket, 'Europe/Vilnius', origin) AS period, count(DISTINCT k) AS n FROM orders GROUP BY 1) b
	FULL JOIN (SELECT period, active FROM growth((SELECT retention_agg(k, at, bucket, 'Europe/Vilnius', origin) FROM orders)) WHERE active > 0) g USING (period)) both_ways
GROUP BY bucket, origin ORDER BY bucket, origin;
SELECT period, active, revenue FROM growth((SELECT retention_agg(k, active, '1 month', 'UTC', '2024-05-20', date '2024-01-26') FROM (VALUES (1, tstzrange('2024-01-20', '2024-03-26')), (2, '[2024-02-26,)')) c(k, active)), '2024-05-20')
	JOIN revenue_growth((SELECT revenue_agg(k, active, 10, '1 month', 'UTC', '2024-05-20', date '2024-01-26') FROM (VALUES (1, tstzrange('2024-01-20', '2024-03-26')), (2, '[2024-02-26,)')) c(k, active)), '2024-05-20') USING (period);

-- the same buckets are the same kind, from whatever day; and the usual ones, from a usual day
CREATE FUNCTION weeks(origin date) RETURNS retention_summary LANGUAGE sql AS $$SELECT retention_agg(k, at, '7 days', 'UTC', origin) FROM orders$$;
CREATE FUNCTION quarters(origin date) RETURNS revenue_summary LANGUAGE sql AS $$SELECT revenue_agg(k, at, amount, '3 months', 'UTC', origin) FROM orders$$;
SELECT weeks('2024-01-07') = weeks('1999-01-03') AS sundays, weeks('2024-01-07')::text = weeks('1999-01-03')::text AS text, weeks('2024-01-08')::text = retention_agg(k, at, '7 days', 'UTC')::text AS mondays,
	quarters('2024-02-01')::text = quarters('1492-11-01')::text AS quarters, quarters('2024-10-01')::text = revenue_agg(k, at, amount, '3 months', 'UTC')::text AS usual,
	weeks('2024-01-07') = weeks('2024-01-08') AS others, quarters('2024-02-01') = quarters('2024-02-02') AS others, quarters('2024-02-01') = quarters('2024-03-01') AS others FROM orders;
SELECT rollup(s) = weeks('2024-01-07') AS same FROM (SELECT retention_agg(k, at, '7 days', 'UTC', (date '2024-01-07' + ascii(k) * 7)) AS s FROM orders GROUP BY k) g;
-- others do not mix: not in rollup, not in totals, not of the same day of other widths
SELECT rollup(s) FROM (VALUES (weeks('2024-01-07')), (weeks('2024-01-08'))) v(s);
SELECT rollup(s) FROM (VALUES (weeks('2024-01-07')), (weeks('2024-01-10'))) v(s);
SELECT rollup(s) FROM (VALUES (quarters('2024-01-26')), (quarters('2024-02-26'))) v(s);
SELECT rollup(s) FROM (VALUES (quarters('2024-01-26')), (quarters('2024-01-25'))) v(s);
SELECT totals_agg(s) FROM (SELECT retention_agg(1, '2024-01-10'::timestamptz, '7 days', 'UTC', date '2024-01-07') AS s UNION ALL SELECT retention_agg(1, '2024-01-10'::timestamptz, '7 days', 'UTC')) v;
SELECT totals_agg(s) FROM (SELECT revenue_agg(1, '2024-01-10'::timestamptz, 5, '3 months', 'UTC', '2024-02-01') AS s UNION ALL SELECT revenue_agg(1, '2024-01-10'::timestamptz, 5, '3 months', 'UTC', '2024-03-01')) v;

-- as text, which is the binary form in base64; compared and hashed
SELECT s::text::retention_summary::text = s::text AS summary, t::text::retention_totals::text = t::text AS totals, r::text::revenue_summary::text = r::text AS money, rt::text::revenue_totals::text = rt::text AS money_totals,
	replace(encode(retention_summary_send(s), 'base64'), E'\n', '') = s::text AND replace(encode(revenue_totals_send(rt), 'base64'), E'\n', '') = rt::text AS sent,
	(SELECT array_agg(g) FROM growth(s::text::retention_summary) g) = (SELECT array_agg(g) FROM growth(s) g) AS report FROM x;
SELECT count(DISTINCT s) AS kinds, count(DISTINCT retention_summary_hash(s)) AS hashes
FROM unnest('{2024-01-07,2024-01-08,2024-01-14,2024-01-09}'::date[]) o, LATERAL (SELECT retention_agg(k, at, '7 days', 'UTC', o) AS s FROM orders) v;

-- the zone decides on which day a time falls, and so on the bucket
SELECT zone, period, active FROM unnest('{Asia/Tokyo,UTC,America/New_York}'::text[]) zone, growth((SELECT retention_agg(1, at, '7 days', zone, date '2024-01-07') FROM unnest('{2024-01-13 20:00,2024-01-14 03:00}'::timestamptz[]) at)) ORDER BY zone, period;

-- errors
CREATE FUNCTION fault(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE format('SELECT %s FROM (VALUES (1, %L::timestamptz, 1, tstzrange(%2$L, NULL)), (2, %2$L, 2, tstzrange(%2$L, NULL))) c(k, at, i, active)', call, '2024-01-10');
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', SQLSTATE || ': ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT origin, fault(format($$retention_agg(k, at, '1 month', 'UTC', %L)$$, origin)) FROM unnest('{2024-01-28,2024-01-29,2024-02-29,2024-01-30,2024-01-31,infinity,-infinity}'::text[]) origin;
SELECT call, fault(call) FROM unnest(ARRAY[
	$$retention_agg(k, at, '1 year', 'UTC', '2024-01-31')$$, $$retention_agg(k, at, '10 days', 'UTC', '2024-01-31')$$,
	$$retention_agg(k, at, '7 days', 'UTC', 'infinity')$$, $$retention_agg(k, at, '7 days', 'UTC', NULL::date)$$, $$retention_agg(k, at, '7 days', NULL, '2024-01-07')$$, $$retention_agg(k, at, NULL, 'UTC', '2024-01-07')$$,
	$$revenue_agg(k, at, 5, '7 days', 'UTC', NULL::date)$$, $$revenue_agg(k, at, 5, '1 month', 'UTC', '2024-01-31')$$,
	$$retention_agg(k, active, '7 days', 'UTC', now(), NULL)$$, $$retention_agg(k, active, '1 month', 'UTC', now(), '2024-01-30')$$, $$revenue_agg(k, active, 5, '7 days', 'UTC', now(), NULL)$$,
	$$revenue_agg(k, active, 5, '1 month', 'UTC', now(), '-infinity')$$]) call;
-- it must be the same in all rows of a group: the days may differ that make the same buckets
SELECT call, fault(call) FROM unnest(ARRAY[
	$$retention_agg(k, at, '7 days', 'UTC', date '2024-01-07' + i)$$, $$retention_agg(k, at, '7 days', 'UTC', date '2024-01-07' + 7 * i)$$, $$retention_agg(k, at, '7 days', 'UTC', date '2024-01-07' + CASE i WHEN 2 THEN NULL ELSE 0 END)$$,
	$$retention_agg(k, at, '1 month', 'UTC', (date '2024-01-07' + i * interval '1 month')::date)$$, $$retention_agg(k, at, '3 months', 'UTC', (date '2024-01-07' + i * interval '1 month')::date)$$,
	$$revenue_agg(k, at, 5, '1 month', 'UTC', date '2024-01-07' + i)$$, $$retention_agg(k, active, '1 month', 'UTC', now(), date '2024-01-07' + i)$$, $$revenue_agg(k, active, 5, '1 month', 'UTC', now(), date '2024-01-07' + i)$$]) call;

DROP FUNCTION fault(text), weeks(date), quarters(date);
DROP TABLE orders, x, origins;
