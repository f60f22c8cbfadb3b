-- retention_agg over contracts: who has one at the end of each bucket

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
--		Jan		Feb		Mar		Apr		May		Jun 15
--	a	10 -----------> 31 ...									ends at midnight of April 1: not March
--	b			1 ---------------------------------------->	begins at midnight of February 1: January
--	c			10 -> 20										never at an end of month
--	d	15 -------> 28								10 ----->	back in May
--	e			5 -------------------------------------->	and a second contract from March 10 to May 10
--	f												1 Jun>	known on June 15; begins at the end of May
--	g																15 >	begins at as_of
--	h																16 >	begins later
CREATE TABLE contracts AS SELECT customer, active FROM (VALUES
	('a', tstzrange('2025-01-10', '2025-04-01')), ('b', '[2025-02-01,)'), ('c', '[2025-02-10,2025-02-20)'), ('d', '[2025-01-15,2025-02-28)'), ('d', '[2025-05-10,infinity)'),
	('e', '[2025-02-05,2025-12-24)'), ('e', '[2025-03-10,2025-05-10)'), ('f', '[2025-06-01,2025-06-20)'), ('g', '[2025-06-15,)'), ('h', '[2025-06-16,)'),
	('x', 'empty'), ('y', NULL), (NULL, '[2025-01-01,)')) c(customer, active);
CREATE TABLE june AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') AS s FROM contracts) r;

SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated, round(crr::numeric, 3) AS crr, complete FROM june, growth(s, '2025-06-15');
-- plain SQL asks each contract whether it holds the end
SELECT period, active, repeat_customers AS repeated, (SELECT count(DISTINCT customer) FROM contracts WHERE active @> at) AS plain,
	(SELECT count(*) FROM (SELECT FROM contracts WHERE customer IS NOT NULL AND active @> at GROUP BY customer HAVING count(*) > 1) r) AS plain_repeated
FROM june, growth(s, '2025-06-15'), least((period + interval '1 month')::timestamptz, '2025-06-15') at;
-- of totals, and with money the same, which is known to be right
SELECT (SELECT array_agg(g) FROM growth(s, '2025-06-15') g) = (SELECT array_agg(g) FROM growth(t, '2025-06-15') g) AS growth, (SELECT array_agg(c) FROM cohorts(s, '2025-06-15') c) = (SELECT array_agg(c) FROM cohorts(t, '2025-06-15') c) AS cohorts,
	s::text = (SELECT revenue_agg(customer, active, 10, '1 month', 'UTC', '2025-06-15')::retention_summary::text FROM contracts) AS money FROM june;
SELECT cohort, customers, string_agg(coalesce(retained::text, '-') || CASE WHEN complete THEN '' ELSE ' so far' END, ', ' ORDER BY age) AS retained FROM june, cohorts(t, '2025-06-15') GROUP BY 1, 2 ORDER BY 1;
SELECT m.* FROM june, members(s, '2025-05-31') m ORDER BY customer;
SELECT m.* FROM june, members(s, '2025-03-31') m ORDER BY customer;

-- nothing is known after as_of: a report made later (now), as of later, or of July, shows what was known
SELECT what, period, retained, churned, active, crr, complete FROM june, LATERAL (SELECT 'now' AS what, * FROM growth(s) UNION ALL SELECT 'next year', * FROM growth(s, '2026-06-15') UNION ALL SELECT 'totals, next year', * FROM growth(t, '2026-06-15')) g
WHERE period >= '2025-05-01' ORDER BY what, period;
SELECT (SELECT array_agg(g) FROM growth(s) g) = (SELECT array_agg(g) FROM growth(s, '2025-06-15') g) AS now, (SELECT array_agg(g) FROM growth(t, '3000-01-01') g) = (SELECT array_agg(g) FROM growth(s, '2025-06-15') g) AS later,
	(SELECT array_agg(g) FROM cohorts(t) g) = (SELECT array_agg(g) FROM cohorts(s, '2025-06-15') g) AS cohorts, (SELECT array_agg(g) FROM cohorts(s, '2027-01-01', 'on_or_after') g) = (SELECT array_agg(g) FROM cohorts(s, '2025-06-15', 'on_or_after') g) AS on_or_after,
	(SELECT array_agg(g) FROM retention_curve(s) g) = (SELECT array_agg(g) FROM retention_curve(t, '2025-06-15') g) AS curve, (SELECT array_agg(g) FROM growth(s, '2026-01-01', 3) g) = (SELECT array_agg(g) FROM growth(s, '2025-06-15', 3) g) AS lookback
FROM june;
SELECT crr(s, '2025-05-10'), crr(s, '2025-06-10') AS open, crr(t, '2025-07-10') AS later, churn_rate(s, '2025-06-10') AS open, churn_rate(t, '2025-07-10') AS later, customer_count(s, '2025-06-10') AS so_far FROM june;
SELECT m.* FROM june, members(s, '2025-06-15') m ORDER BY customer;
SELECT count(*) AS july FROM june, members(s, '2025-07-15') m;
-- where the last contract has ended, rows go on to the bucket that holds as_of: everybody left, and that is known
SELECT period, churned, active, complete FROM growth((SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer IN ('a', 'c')), '2026-01-01');
-- as_of on the bound of a bucket; the bucket before is complete, and there is none after it
SELECT period, churned, active, complete FROM growth((SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-01') FROM contracts)) WHERE period >= '2025-04-01';
-- what is past does not change: as of May, one of June says what one of May says
SELECT as_of, (SELECT array_agg(g) FROM growth(r.s, as_of) g WHERE complete) = (SELECT array_agg(g) FROM growth(june.s, as_of) g WHERE complete) AS same, (SELECT string_agg(coalesce(active::text, '-'), ' ') FROM growth(r.s, as_of)) AS then,
	(SELECT string_agg(coalesce(active::text, '-'), ' ') FROM growth(june.s, as_of)) AS later
FROM june, unnest('{2025-03-15,2025-05-20,2025-06-01,2025-06-14}'::timestamptz[]) as_of, LATERAL (SELECT retention_agg(customer, active, '1 month', 'UTC', as_of) AS s FROM contracts) r;
-- a count after as_of is not known; before the first bucket it is 0
SELECT customer_count(s, '2024-01-01') AS before, customer_count(s, '2025-05-01') AS may, customer_count(s, '2025-06-01') AS june, customer_count(s, '2025-07-01') AS july, customer_count(t, '2025-07-01') AS july FROM june;

-- rollup and totals know until the earlier of two as_of
SELECT period, active, complete FROM (SELECT rollup(s) AS s FROM (SELECT s FROM june UNION ALL SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-04-10') FROM contracts WHERE customer = 'b') v) r, growth(s, '2026-01-01') WHERE period >= '2025-02-01';
SELECT max(period), bool_and(complete) AS complete FROM growth((SELECT totals_agg(s) FROM (SELECT retention_agg(customer, active, '1 month', 'UTC', CASE customer WHEN 'a' THEN timestamptz '2025-05-10' ELSE '2025-06-15' END) AS s FROM contracts GROUP BY customer) c), '2026-01-01');
SELECT s = (SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15 00:00:00.000001') FROM contracts) AS another_as_of, t = (SELECT totals(retention_agg(customer, active, '1 month', 'UTC', '2025-06-16')) FROM contracts) AS another_as_of,
	s::text::retention_summary::text = s::text AS as_text, t::text::retention_totals::text = t::text AS totals_as_text, (SELECT array_agg(g) FROM growth(s::text::retention_summary, '2026-01-01') g) = (SELECT array_agg(g) FROM growth(s) g) AS report FROM june;
-- ... in whatever order they come, of one customer and of many, in one step and in two
CREATE TABLE parts AS SELECT i, s FROM (VALUES (1, timestamptz '2025-06-15', '.'), (2, '2025-04-10', 'b'), (3, '2025-05-20', 'e'), (4, '2025-06-10', 'd'), (5, '2025-05-30', '[a-e]')) p(i, as_of, who),
	LATERAL (SELECT retention_agg(customer, active, '1 month', 'UTC', as_of) AS s FROM contracts WHERE customer ~ who) v;
CREATE TABLE merged AS SELECT n, rollup(s ORDER BY (i * n) % 7) AS s FROM parts, generate_series(1, 6) n GROUP BY n
	UNION ALL SELECT 10 + n, rollup(s ORDER BY n * half) FROM (SELECT n, i % 2 AS half, rollup(s ORDER BY (i * n) % 7) AS s FROM parts, generate_series(1, 6) n GROUP BY n, i % 2) v GROUP BY n;
SELECT count(*), count(DISTINCT s::text) AS values, count(DISTINCT totals(s)::text) AS totals, max(now) AS now, max(later) AS later, max(of_totals) AS of_totals FROM merged,
	LATERAL (SELECT (SELECT string_agg(to_char(period, 'Mon ') || coalesce(active::text, '-'), ', ') FROM growth(s)) AS now, (SELECT string_agg(to_char(period, 'Mon ') || coalesce(active::text, '-'), ', ') FROM growth(s, '2027-01-01')) AS later,
		(SELECT string_agg(to_char(period, 'Mon ') || coalesce(active::text, '-'), ', ') FROM growth(totals(s))) AS of_totals) g;
DROP TABLE parts, merged;
-- orders are something else: what happened in a bucket, not what was at its end
SELECT rollup(v.s) FROM (SELECT s FROM june UNION ALL SELECT retention_agg('z'::text, timestamptz '2025-08-10', '1 month', 'UTC')) v;
SELECT totals_agg(v.s) FROM (SELECT retention_agg('z'::text, timestamptz '2025-05-10', '1 month', 'UTC') AS s UNION ALL SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer = 'b') v;
SELECT rollup(v.s) FROM (SELECT revenue_agg('z'::text, timestamptz '2025-05-10', 5, '1 month', 'UTC') AS s UNION ALL SELECT revenue_agg(customer, active, 5, '1 month', 'UTC', '2025-06-15') FROM contracts) v;
-- merged by contract, and totals by customer: the same
SELECT rollup(r.s) = june.s AS contracts, (SELECT totals_agg(c.s) = june.t FROM (SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') AS s FROM contracts GROUP BY customer) c) AS customers
FROM june, (SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') AS s FROM contracts GROUP BY ctid) r GROUP BY june.s, june.t;

-- as_of is now() unless it is given: what begins later is not there yet
SELECT retention_agg(k, active, '1 month', 'UTC')::text = retention_agg(k, active, '1 month', 'UTC', now())::text AS zone, retention_agg(k, active, '1 month')::text = retention_agg(k, active, '1 month', 'UTC', now())::text AS no_zone,
	customer_count(retention_agg(k, active, '1 month', 'UTC'))
FROM (VALUES (1, tstzrange(now() - interval '40 days', now() + interval '40 days')), (2, tstzrange(now() - interval '1 second', NULL)), (3, tstzrange(now() + interval '1 second', NULL)), (4, tstzrange(now() - interval '100 days', NULL))) c(k, active);
SELECT bool_and(complete = (period < date_trunc('month', now()))) AS complete, bool_and((churned IS NULL) = (period = date_trunc('month', now()))) AS churned
FROM growth((SELECT retention_agg(1, tstzrange(now() - interval '100 days', NULL), '1 month', 'UTC')));

-- bounds: each kind of range that begins at the end of January and ends at that of March; a single instant; no upper bound
SELECT bounds, (SELECT string_agg(to_char(period, 'Mon'), ' ' ORDER BY period) FROM growth(s) WHERE active = 1) AS months
FROM unnest('{[],[),(],()}'::text[]) WITH ORDINALITY b(bounds, i), LATERAL (SELECT retention_agg(k, tstzrange('2025-02-01', '2025-04-01', bounds), '1 month', 'UTC', '2025-05-01') AS s FROM (VALUES (1)) c(k)) r ORDER BY i;
SELECT at, (SELECT string_agg(to_char(period, 'Mon ') || active, ' ') FROM growth(s)) AS months
FROM unnest('{2025-02-01,2025-02-01 00:00:00.000001,2025-01-31 23:59:59.999999}'::timestamptz[]) at, LATERAL (SELECT retention_agg(k, tstzrange(at, at, '[]'), '1 month', 'UTC', '2025-05-01') AS s FROM (VALUES (1)) c(k)) r;
SELECT bounds, (SELECT string_agg(to_char(period, 'Mon'), ' ') FROM growth(begins) WHERE active = 1) AS begins_at_as_of, (SELECT string_agg(to_char(period, 'Mon'), ' ') FROM growth(ends) WHERE active = 1) AS ends_at_as_of
FROM unnest('{[],[),(],()}'::text[]) WITH ORDINALITY b(bounds, i), LATERAL (SELECT retention_agg(k, tstzrange('2025-05-15', '2025-06-15', bounds), '1 month', 'UTC', '2025-05-15') AS begins,
	retention_agg(k, tstzrange('2025-04-15', '2025-05-15', bounds), '1 month', 'UTC', '2025-05-15') AS ends FROM (VALUES (1)) c(k)) r ORDER BY i;
SELECT range, (SELECT string_agg(active::text, ' ') FROM growth(s)) AS active
FROM unnest(ARRAY['[2025-01-31,)', '[2025-01-31,infinity)', '[2025-01-31,infinity]', '[2025-01-31,294276-12-31)', '(2025-01-31,]']::tstzrange[]) range, LATERAL (SELECT retention_agg(k, range, '1 month', 'UTC', '2025-04-20') AS s FROM (VALUES (1)) c(k)) r;

-- the end of a day is where the zone has it: 23 and 25 hours; midnight that a zone skips, or that comes twice; a day that never was
SELECT zone, count(*) AS days, count(*) FILTER (WHERE active IS DISTINCT FROM plain) AS wrong, count(DISTINCT active) AS kinds
FROM (VALUES ('Europe/Vilnius', timestamptz '2025-03-28Z'), ('Europe/Vilnius', '2025-10-24Z'), ('America/Sao_Paulo', '2018-11-02Z'), ('America/Sao_Paulo', '2018-02-16Z'), ('Asia/Beirut', '2023-03-24Z'), ('America/St_Johns', '2006-03-31Z'),
		('Pacific/Apia', '2011-12-28Z'), ('Asia/Tokyo', '2025-03-28Z')) z(zone, begin),
	LATERAL (SELECT retention_agg(i, tstzrange(begin + i * interval '30 minutes', begin + i * interval '61 minutes'), '1 day', zone, begin + interval '5 days') AS s FROM generate_series(1, 120) i) r,
	LATERAL (SELECT period, active, (SELECT count(*) FROM generate_series(1, 120) i
		WHERE tstzrange(begin + i * interval '30 minutes', begin + i * interval '61 minutes') @> least((period + 1)::timestamp AT TIME ZONE zone, begin + interval '5 days')) AS plain
		FROM growth(s)) g
GROUP BY zone, begin ORDER BY begin, zone;
SELECT period, active FROM growth((SELECT retention_agg(1, tstzrange('2011-12-29 12:00-10', '2012-01-01 00:00+14'), '1 day', 'Pacific/Apia', '2012-01-03Z')));
-- where midnight comes twice, it is the first one
SELECT i AS begins, (SELECT string_agg(to_char(period, 'Mon DD'), ', ') FROM growth(s) WHERE active > 0) AS held
FROM unnest('{2024-11-03 03:30+00,2024-11-03 04:00+00,2024-11-03 04:30+00,2024-11-03 05:00+00,2024-11-04 05:00+00}'::timestamptz[]) i,
	LATERAL (SELECT retention_agg(k, tstzrange(i, i + interval '45 minutes'), '1 day', 'America/Havana', '2024-11-04 12:00+00') AS s FROM (VALUES (1)) c(k)) r;
-- where a minute after midnight it is the day before again for an hour, that day ends with the second midnight, 03:30
SELECT ends, (SELECT to_char(max(period), 'Mon DD') FROM growth(s, '2006-11-02 12:00+00') WHERE active > 0) AS last, (SELECT to_char(min(period), 'Mon DD') FROM growth(t) WHERE active > 0) AS first_if_it_begins_then
FROM unnest('{2006-10-29 02:29+00,2006-10-29 02:30+00,2006-10-29 02:30:30+00,2006-10-29 02:31+00,2006-10-29 03:29:59.999999+00,2006-10-29 03:30+00,2006-10-29 03:30:00.000001+00}'::timestamptz[]) ends,
	LATERAL (SELECT retention_agg(k, tstzrange('2006-10-20', ends), '1 day', 'America/St_Johns', '2006-11-02 12:00+00') AS s, retention_agg(k, tstzrange(ends, NULL), '1 day', 'America/St_Johns', '2006-11-02 12:00+00') AS t FROM (VALUES (1)) c(k)) r;
-- New Year comes first in Tokyo, then in Vilnius
SELECT zone, to_char(max(period) FILTER (WHERE active > 0), 'Mon YYYY') AS last FROM unnest('{Asia/Tokyo,Europe/Vilnius,UTC,America/New_York}'::text[]) zone,
	LATERAL (SELECT retention_agg(k, tstzrange('2024-10-10', '2025-01-01 00:00 Europe/Vilnius'), '1 month', zone, '2025-06-15') AS s FROM (VALUES (1)) c(k)) r, growth(s) GROUP BY zone ORDER BY zone;
SET TimeZone = 'Asia/Tokyo';
SELECT retention_agg(customer, active, '1 month') = retention_agg(customer, active, '1 month', 'Asia/Tokyo') AS here, retention_agg(customer, active, '1 month') = retention_agg(customer, active, '1 month', 'UTC') AS elsewhere FROM contracts;
SET TimeZone = 'UTC';
-- weeks, quarters, years
SELECT bucket, count(*) AS buckets, count(*) FILTER (WHERE active IS DISTINCT FROM plain) AS wrong FROM unnest('{1 day,7 days,10 days,3 months,1 year}'::interval[]) bucket,
	LATERAL (SELECT retention_agg(customer, active, bucket, 'UTC', '2025-06-15') AS s FROM contracts) r,
	LATERAL (SELECT active, (SELECT count(DISTINCT customer) FROM contracts WHERE active @> least((period + bucket)::timestamptz, '2025-06-15')) AS plain FROM growth(s)) g
GROUP BY bucket ORDER BY bucket;

-- nothing to be seen: no rows, none that count, none that is there at the end of any month
SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE false;
SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer IN ('x', 'y', 'h') OR customer IS NULL;
SELECT retention_agg(customer, active, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer = 'c';

-- errors: what the row, and what the call has wrong; a row that does not count has no error
CREATE FUNCTION fault(call text, rows text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE format('SELECT %s FROM (VALUES %s) c(k, active, i)', call, rows);
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	-- The server's own hint about a call that fits twice has other words from 19 on.
	RETURN concat_ws(E'\n', SQLSTATE || ': ' || SQLERRM, CASE WHEN SQLSTATE <> '42725' THEN nullif(hint, '') END);
END $$;
SELECT range, fault($$retention_agg(k, active, '1 month', 'UTC', '2025-06-15')$$, format('(1, %L::tstzrange, 1)', range))
FROM unnest('{(\,2025-01-01),[-infinity\,2025-01-01),(-infinity\,),(\,),[-infinity\,-infinity],[infinity\,),empty}'::text[]) range;
SELECT fault($$retention_agg(k, active, '1 month', 'UTC', '2025-06-15')$$, $$(NULL::int, '(,)'::tstzrange, 1)$$) AS nobody;
SELECT bounds, fault($$retention_agg(k, active, '1 day', 'UTC', '2044-11-08')$$, format($$(1, '%s'::tstzrange, 1)$$, bounds))
FROM unnest('{[2000-01-01\,),(2000-01-01\,),[1999-12-31\,),[1999-12-31 00:00:00.000001\,infinity],[1999-12-31\,2044-11-08),[1990-01-01\,2000-01-01),[0100-01-01\,0100-01-02)}'::text[]) bounds;
SELECT call, fault(call, $$(1, '[2025-01-01,)'::tstzrange, 1), (2, '[2025-02-01,)', 2)$$) FROM unnest(ARRAY[
	$$retention_agg(k, active, NULL, 'UTC', '2025-06-15')$$, $$retention_agg(k, active, '1 month', NULL, '2025-06-15')$$, $$retention_agg(k, active, '1 month', 'UTC', NULL)$$, $$retention_agg(k, active, NULL)$$,
	$$retention_agg(k, active, '1 month', NULL)$$, $$retention_agg(k, active, i * interval '1 month', 'UTC', '2025-06-15')$$, $$retention_agg(k, active, '1 month', CASE i WHEN 1 THEN 'UTC' ELSE 'Asia/Tokyo' END, '2025-06-15')$$,
	$$retention_agg(k, active, '1 month', 'UTC', timestamptz '2025-06-15' + i * interval '1 day')$$, $$retention_agg(k, active, '1 month', 'UTC', CASE i WHEN 2 THEN NULL ELSE timestamptz '2025-06-15' END)$$,
	$$retention_agg(k, active, '1 month', 'UTC', CASE i WHEN 1 THEN timestamptz '-infinity' ELSE '2025-06-15' END)$$, $$retention_agg(k, active, '1 month', 'UTC', CASE i WHEN 2 THEN timestamptz '-infinity' ELSE '2025-06-15' END)$$,
	$$retention_agg(k, active, '1 hour', 'UTC', '2025-06-15')$$, $$retention_agg(k, active, '-1 month', 'UTC', '2025-06-15')$$, $$retention_agg(k, active, '1 month', 'Europe/Atlantis', '2025-06-15')$$,
	$$retention_agg(k, active, '1 month', '+02', '2025-06-15')$$, $$retention_agg(k, active, '1 month', 'UTC', 'infinity')$$, $$retention_agg(k, active, '1 month', 'UTC', '-infinity')$$,
	$$retention_agg(DISTINCT k, active, '1 month', 'UTC', '2025-06-15')$$, $$retention_agg(DISTINCT k, active, '1 month')$$, $$retention_agg(json_build_object(), active, '1 month')$$, $$retention_agg(k, '[2025-01-01,)', '1 month')$$]) call;

DROP FUNCTION fault(text, text);
DROP TABLE contracts, june;
