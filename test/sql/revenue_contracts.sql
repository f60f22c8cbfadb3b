-- revenue_agg over contracts: a month has the prices of the contracts that hold its end

SET timezone = 'UTC';

-- What each contract is there for is said behind it; what it pays at the end of each month, June so far:
--
--			Oct		Nov		Dec		Jan		Feb		Mar		Apr		May		Jun 15
--	a		.		100		100		100		150		150		150		150		150
--	b		.		.		40		40		60		60		60		60		60
--	c		70		70		.		.		.		.		.		.		.
--	d		.		.		30		30		30		30		.		.		.
--	e		.		.		20		32.50	32.50	27.50	27.50	20		20
--	g		.		.		.		0		0		25		25		25		25
--	h		.		.		80		.		.		50		50		.		.
--	i		.		.		.		.		.		.		.		.		11
--	k		.		.		.		90		90		90		45		45		45
CREATE TABLE contracts (customer text, active tstzrange, price numeric);
INSERT INTO contracts VALUES
	('a', '[2024-11-10, 2025-03-01)', 100), ('a', '[2025-03-01,)', 150),			-- dearer from a month's end: February's
	('b', '[2024-12-05, 2025-02-10 12:00)', 40), ('b', '[2025-02-10 12:00, infinity)', 60),	-- dearer in the midst of one
	('c', '[2024-11-01, 2025-01-01)', 70),	-- holds the end of October; ends at midnight of New Year
	('d', '[2025-01-01, 2025-04-15)', 30),	-- holds the end of December
	('e', '[2024-12-20,)', 20), ('e', '[2025-01-15, 2025-03-20)', 5), ('e', '[2025-02-01, 2025-05-10)', 7.50),	-- add-ons
	('f', '[2025-02-03, 2025-02-25)', 500), ('f', '[2025-03-01 00:00:00.000001, 2025-03-31 23:59:59.999999]', 500),	-- inside a month
	('g', '[2025-01-10, 2025-03-10)', 0), ('g', '[2025-03-10,)', 25),	-- free at first
	('h', '[2024-12-10, 2025-01-20)', 80), ('h', '[2025-03-05, 2025-05-05)', 50),	-- comes back for less
	('i', '[2025-06-10,)', 11), ('j', '[2025-06-20,)', 1000),	-- June: one so far, one later
	('k', '[2025-01-05, 2025-05-01)', 90), ('k', '[2025-05-01,)', 45),	-- cheaper from a month's end
	('x', 'empty', 1000), (NULL, '[2024-01-01,)', 1000), ('x', NULL, 1000), ('x', '[2024-01-01,)', NULL);	-- not there

CREATE TABLE june AS SELECT s, totals(s) AS t
FROM (SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') AS s FROM contracts) r;
SELECT period, starting, new_revenue AS new, reactivated AS back, expansion, contraction, churned, revenue, payers,
	round(nrr::numeric, 4) AS nrr, round(grr::numeric, 4) AS grr, complete
FROM june, revenue_growth(s, '2025-06-15');
SELECT (SELECT array_agg(g) FROM revenue_growth(s, '2025-06-15') g) = (SELECT array_agg(g) FROM revenue_growth(t, '2025-06-15') g) AS of_totals,
	(SELECT array_agg(c) FROM revenue_cohorts(s, '2025-06-15') c) = (SELECT array_agg(c) FROM revenue_cohorts(t, '2025-06-15') c) AS cohorts,
	customer_count(s), customer_count(t)
FROM june;

-- every month's sum is that of plain SQL, and of the cohorts
SELECT period, revenue, (SELECT sum(price) FROM contracts WHERE customer IS NOT NULL AND active @> at) AS plain,
	(SELECT sum(c.revenue) FROM revenue_cohorts(t, '2025-06-15') c WHERE c.period = g.period) AS cohorts
FROM june, revenue_growth(s, '2025-06-15') g, least((period + interval '1 month')::timestamptz, '2025-06-15') at;

-- who they are; someone whose contract is free is there, but does not pay
SELECT m.* FROM june, members(s, '2025-01-15') m ORDER BY customer;
SELECT m.* FROM june, members(s, '2025-03-15') m ORDER BY customer;
SELECT customer, before, revenue, movement FROM june, members(s, '2025-02-01') m WHERE movement <> 'unchanged' ORDER BY customer;

-- without the money: who had a contract at the end of each month, and who had two
SELECT period, new_customers, retained, resurrected, churned, active, repeat_customers,
	(SELECT count(DISTINCT customer) FROM contracts WHERE price IS NOT NULL AND active @> at) AS plain
FROM june, growth(s::retention_summary, '2025-06-15'), least((period + interval '1 month')::timestamptz, '2025-06-15') at;

-- as_of: before the first contract, when it begins, inside a month, on its bound, in the future
SELECT as_of, (SELECT string_agg(to_char(period, 'YYMM ') || coalesce(revenue::text, '-') || CASE WHEN complete THEN '' ELSE ' so far' END, ', ')
	FROM revenue_growth(s, as_of) WHERE period >= '2025-04-01' OR as_of < '2025-04-01') AS revenue
FROM unnest('{2024-10-31 23:59:59.999999, 2024-11-01, 2024-11-01 00:00:00.000001, 2024-12-31, 2025-01-01, 2025-01-02, 2025-06-01,
		2025-06-01 00:00:00.000001, 2025-06-20, 2025-06-30 23:59:59.999999, 2025-07-01}'::timestamptz[]) as_of,
	LATERAL (SELECT revenue_agg(customer, active, price, '1 month', 'UTC', as_of) AS s FROM contracts) r ORDER BY as_of;
SELECT count(*), min(revenue) FILTER (WHERE period >= '2025-06-01' AND complete), max(revenue) FILTER (WHERE period >= '2025-06-01'),
	max(period), max(period) FILTER (WHERE complete) AS last_complete, max(revenue) FILTER (WHERE NOT complete) AS so_far
FROM revenue_growth((SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2095-01-15') FROM contracts), '2095-01-15');
-- what is past does not change: as of May, a summary of June says what one of May said
SELECT period, revenue, complete FROM june, revenue_growth(s, '2025-05-20') WHERE period >= '2025-04-01';
SELECT (SELECT array_agg(g) FROM revenue_growth(r.s, '2025-06-01') g) = (SELECT array_agg(g) FROM revenue_growth(june.s, '2025-06-01') g) AS same
FROM june, (SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-01') AS s FROM contracts) r;

-- ... and of a month in which a contract ended, nothing as of a time before that: it was there, and is in no month's end
SELECT as_of, (SELECT string_agg(to_char(period, 'Mon ') || coalesce(revenue::text, '-'), ', ') FROM revenue_growth(s, as_of)) AS revenue
FROM (SELECT revenue_agg(1, tstzrange('2025-01-05', '2025-03-20'), 100, '1 month', 'UTC', '2025-06-15') AS s) r,
	unnest('{2025-03-10, 2025-03-19 23:59:59.999999, 2025-03-20, 2025-04-10}'::timestamptz[]) as_of ORDER BY as_of;

-- what was said in June ends there: a report made later, or as of later, does not take everybody for lost
SELECT period, revenue, churned, complete FROM june, revenue_growth(s) WHERE period >= '2025-05-01';
SELECT period, revenue, churned, complete FROM june, revenue_growth(t, '2025-10-01') WHERE period >= '2025-05-01';
SELECT cohort, age, period, payers, revenue, per_customer, complete FROM june, revenue_cohorts(t, '2025-10-01') WHERE period >= '2025-06-01' ORDER BY cohort;
SELECT (SELECT array_agg(l) FROM ltv_curve(s, '2025-10-01') l) = (SELECT array_agg(l) FROM ltv_curve(s, '2025-06-15') l) AS ltv,
	(SELECT array_agg(g) FROM growth(s::retention_summary, '2025-10-01') g) = (SELECT array_agg(g) FROM growth(s::retention_summary, '2025-06-15') g) AS growth,
	(SELECT array_agg(g) FROM growth(t::retention_totals, '2025-10-01') g) = (SELECT array_agg(g) FROM growth(t::retention_totals, '2025-06-15') g) AS of_totals
FROM june;
SELECT m.* FROM june, members(s, '2025-06-15') m ORDER BY customer;
-- ... also if it is merged with what was said in July
SELECT period, revenue, churned, complete FROM (SELECT rollup(s) AS s FROM (SELECT s FROM june
		UNION ALL SELECT revenue_agg('z'::text, tstzrange('2025-04-05', '2025-08-20'), 1, '1 month', 'UTC', '2025-07-20')) v) r,
	revenue_growth(s, '2025-07-20') WHERE period >= '2025-04-01';

-- as_of is now() unless it is given: what begins later is not there yet
SELECT revenue_agg(k, active, 5, '1 month', 'UTC') IS NOT DISTINCT FROM revenue_agg(k, active, 5, '1 month', 'UTC', now()) AS zone,
	revenue_agg(k, active, 5, '1 month') IS NOT DISTINCT FROM revenue_agg(k, active, 5, '1 month', 'UTC', now()) AS no_zone,
	customer_count(revenue_agg(k, active, 5, '1 month', 'UTC'))
FROM (VALUES (1, tstzrange(now() - interval '40 days', now() + interval '40 days')), (2, tstzrange(now() - interval '1 second', NULL)),
	(3, tstzrange(now() + interval '1 second', NULL)), (4, tstzrange(now() - interval '100 days', NULL))) c(k, active);

-- bounds: each kind of range that begins at the end of January and ends at that of March; and a single instant
SELECT bounds, (SELECT string_agg(to_char(period, 'Mon'), ' ' ORDER BY period) FROM revenue_growth(s, '2025-05-01') WHERE revenue = 9) AS months
FROM unnest('{[],[),(],()}'::text[]) WITH ORDINALITY b(bounds, i),
	LATERAL (SELECT revenue_agg(k, tstzrange('2025-02-01', '2025-04-01', bounds), 9, '1 month', 'UTC', '2025-05-01') AS s FROM (VALUES (1)) c(k)) r ORDER BY i;
SELECT at, (SELECT string_agg(period || ' ' || revenue, ' ') FROM revenue_growth(s, '2025-05-01')) AS seen
FROM unnest('{2025-02-01, 2025-02-01 00:00:00.000001, 2025-01-31 23:59:59.999999}'::timestamptz[]) at,
	LATERAL (SELECT revenue_agg(k, tstzrange(at, at, '[]'), 9, '1 month', 'UTC', '2025-05-01') AS s FROM (VALUES (1)) c(k)) r;
-- as_of and the open month: a range that begins or ends at that instant
SELECT bounds, (SELECT string_agg(period || ' ' || revenue, ', ') FROM revenue_growth(begins, '2025-05-15')) AS begins,
	(SELECT string_agg(period || ' ' || revenue, ', ') FROM revenue_growth(ends, '2025-05-15')) AS ends
FROM unnest('{[],[),(],()}'::text[]) WITH ORDINALITY b(bounds, i),
	LATERAL (SELECT revenue_agg(k, tstzrange('2025-05-15', '2025-06-15', bounds), 9, '1 month', 'UTC', '2025-05-15') AS begins,
		revenue_agg(k, tstzrange('2025-04-15', '2025-05-15', bounds), 9, '1 month', 'UTC', '2025-05-15') AS ends FROM (VALUES (1)) c(k)) r ORDER BY i;
-- no upper bound, one that is infinite, one beyond what a report reaches
SELECT range, (SELECT string_agg(revenue::text, ' ') FROM revenue_growth(s, '2025-04-20')) AS revenue
FROM unnest(ARRAY['[2025-01-31,)', '[2025-01-31,infinity)', '[2025-01-31,infinity]', '[2025-01-31,294276-12-31)', '(2025-01-31,]']::tstzrange[]) range,
	LATERAL (SELECT revenue_agg(k, range, 9, '1 month', 'UTC', '2025-04-20') AS s FROM (VALUES (1)) c(k)) r;

-- the example of every book: 1000 in January; in February 150 more, 50 less, 100 gone, 300 new
CREATE TABLE book (customer int, active tstzrange, price numeric);
INSERT INTO book VALUES (1, '[2025-01-01 12:00, 2025-02-15)', 400), (1, '[2025-02-15,)', 550), (2, '[2025-01-01 12:00, 2025-02-15)', 300), (2, '[2025-02-15,)', 250),
	(3, '[2025-01-01 12:00,)', 200), (4, '[2025-01-01 12:00, 2025-02-28)', 100), (5, '[2025-02-20,)', 300);
SELECT g.* FROM revenue_growth((SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-03-01') FROM book), '2025-03-01') g;

-- merged by contract, by kind of price, and totals by customer: the same
SELECT rollup(r.s) = june.s AS contracts, (SELECT rollup(p.s) = june.s
	FROM (SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') AS s FROM contracts GROUP BY price > 30) p) AS prices,
	(SELECT totals_agg(c.s) = june.t FROM (SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') AS s FROM contracts GROUP BY customer) c) AS totals
FROM june, (SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') AS s FROM contracts GROUP BY ctid) r GROUP BY june.s, june.t;

-- days put into months have what is there at each month's end; nobody, if nobody is
SELECT rebucket(days, '1 month') = s AS months, rebucket(inside, '1 month') IS NULL AS nobody
FROM june, (SELECT revenue_agg(customer, active, price, '1 day', 'UTC', '2025-06-15') AS days,
	revenue_agg(customer, active, price, '1 day', 'UTC', '2025-06-15') FILTER (WHERE customer = 'f') AS inside FROM contracts) d;
-- orders are something else
SELECT rollup(v) FROM (SELECT s FROM june UNION ALL SELECT revenue_agg('z'::text, timestamptz '2025-04-05', 1, '1 month', 'UTC')) r(v);
SELECT totals_agg(v) FROM (SELECT revenue_agg('z'::text, timestamptz '2025-04-05', 1, '1 month', 'UTC')
	UNION ALL SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer = 'a') r(v);

-- nothing to be seen: no rows, none that count, none that is there at the end of any month
SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE false;
SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer = 'x' OR customer IS NULL;
SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer IN ('f', 'j');
-- ... and the months before and after, where nothing is
SELECT period, revenue, payers FROM revenue_growth((SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15') FROM contracts WHERE customer = 'c'), '2025-03-15');

-- the end of a day is where the zone has it: 23 and 25 hours; midnight that a zone skips; a day that never was
SELECT zone, count(*) AS days, count(*) FILTER (WHERE revenue IS DISTINCT FROM plain) AS wrong, count(DISTINCT revenue) AS kinds
FROM (VALUES ('Europe/Vilnius', timestamptz '2025-03-28Z'), ('Europe/Vilnius', '2025-10-24Z'), ('America/Sao_Paulo', '2018-11-02Z'),
		('America/St_Johns', '2009-10-30Z'), ('Pacific/Apia', '2011-12-28Z'), ('Australia/Lord_Howe', '2025-04-04Z'), ('Asia/Tokyo', '2025-03-28Z')) z(zone, begin),
	LATERAL (SELECT revenue_agg(i % 20, tstzrange(begin + i * interval '30 minutes', begin + i * interval '61 minutes'), i / 10.0, '1 day', zone, begin + interval '5 days') AS s
		FROM generate_series(1, 120) i) r,
	LATERAL (SELECT period, revenue, (SELECT coalesce(sum(i / 10.0), 0) FROM generate_series(1, 120) i
			WHERE tstzrange(begin + i * interval '30 minutes', begin + i * interval '61 minutes') @> least((period + 1)::timestamp AT TIME ZONE zone, begin + interval '5 days')) AS plain
		FROM revenue_growth(s, begin + interval '5 days')) g
GROUP BY zone, begin ORDER BY begin, zone;
SELECT period, revenue FROM revenue_growth((SELECT revenue_agg(1, tstzrange('2011-12-29 12:00-10', '2012-01-01 00:00+14'), 3, '1 day', 'Pacific/Apia', '2012-01-03Z')), '2012-01-03Z');
-- where midnight comes twice, it is the first one
SELECT i AS begins, (SELECT string_agg(period || ' ' || revenue, ' ') FROM revenue_growth(s, '2024-11-04 12:00+00') WHERE revenue > 0) AS held
FROM unnest('{2024-11-03 03:30+00,2024-11-03 04:00+00,2024-11-03 04:30+00,2024-11-03 05:00+00,2024-11-04 05:00+00}'::timestamptz[]) i,
	LATERAL (SELECT revenue_agg(k, tstzrange(i, i + interval '45 minutes'), 3, '1 day', 'America/Havana', '2024-11-04 12:00+00') AS s FROM (VALUES (1)) c(k)) r;
-- New Year comes first in Tokyo, then in Vilnius
SELECT zone, to_char(max(period) FILTER (WHERE revenue > 0), 'Mon YYYY') AS last
FROM unnest('{Asia/Tokyo,Europe/Vilnius,UTC,America/New_York}'::text[]) zone,
	LATERAL (SELECT revenue_agg(k, tstzrange('2024-10-10', '2025-01-01 00:00 Europe/Vilnius'), 3, '1 month', zone, '2025-06-15') AS s FROM (VALUES (1)) c(k)) r,
	revenue_growth(s, '2025-06-15') GROUP BY zone ORDER BY zone;
-- the session's zone, if none is given
SET timezone = 'Asia/Tokyo';
SELECT revenue_agg(customer, active, price, '1 month') = revenue_agg(customer, active, price, '1 month', 'Asia/Tokyo') AS here,
	revenue_agg(customer, active, price, '1 month') = revenue_agg(customer, active, price, '1 month', 'UTC') AS elsewhere FROM contracts;
SELECT revenue_agg(customer, active, price, '1 month', 'UTC', '2025-06-15 00:00+00') = (SELECT s FROM june) AS named FROM contracts;
SET timezone = 'UTC';

-- weeks, quarters and years
SELECT bucket, count(*) AS buckets, count(*) FILTER (WHERE revenue IS DISTINCT FROM plain) AS wrong, sum(revenue)
FROM unnest('{7 days,10 days,3 months,1 year}'::interval[]) bucket,
	LATERAL (SELECT revenue_agg(customer, active, price, bucket, 'UTC', '2025-06-15') AS s FROM contracts) r,
	LATERAL (SELECT revenue, (SELECT sum(price) FROM contracts WHERE customer IS NOT NULL AND active @> least((period + bucket)::timestamptz, '2025-06-15')) AS plain
		FROM revenue_growth(s, '2025-06-15')) g
GROUP BY bucket ORDER BY bucket;

-- prices below zero, of many digits and decimals
SELECT period, starting, new_revenue, expansion, contraction, churned, revenue, payers
FROM revenue_growth((SELECT revenue_agg(k, active, price, '1 month', 'UTC', '2025-04-01')
	FROM (VALUES (1, tstzrange('2025-01-10', '2025-03-10'), 1e30), (1, '[2025-01-20,2025-03-31)', 0.0000000001), (2, '[2025-01-10,2025-02-20)', -5), (2, '[2025-02-10,)', 5)) c(k, active, price)), '2025-04-01');

-- errors: what the row, and what the call has wrong; a row that does not count has no error
CREATE FUNCTION fault(call text, rows text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE format('SELECT %s FROM (VALUES %s) c(k, active, price, i)', call, rows);
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', SQLSTATE || ': ' || SQLERRM, nullif(hint, ''));
END $$;
SELECT range, fault($$revenue_agg(k, active, price, '1 month', 'UTC', '2025-06-15')$$, format('(1, %L::tstzrange, 5, 1)', range))
FROM unnest('{(\,2025-01-01),[-infinity\,2025-01-01),(-infinity\,),(\,),[-infinity\,-infinity],[infinity\,),empty}'::text[]) range;
SELECT fault($$revenue_agg(k, active, price, '1 month', 'UTC', '2025-06-15')$$, rows) FROM unnest(ARRAY[
	$$(1, '[2025-01-01,)'::tstzrange, 'NaN'::numeric, 1)$$, $$(1, '[2025-01-01,)'::tstzrange, 'Infinity'::numeric, 1)$$,
	$$(1, '[2025-01-01,)'::tstzrange, '-Infinity'::numeric, 1)$$,
	$$(1, '(,)'::tstzrange, NULL::numeric, 1)$$, $$(NULL::int, '(,)'::tstzrange, 'NaN'::numeric, 1)$$, $$(1, NULL::tstzrange, 'NaN'::numeric, 1)$$]) rows;
SELECT bounds, fault($$revenue_agg(k, active, price, '1 day', 'UTC', '2044-11-08')$$, format($$(1, '%s'::tstzrange, 5, 1)$$, bounds))
FROM unnest('{[2000-01-01\,),(2000-01-01\,),[1999-12-31\,),[1999-12-31 00:00:00.000001\,infinity],[1999-12-31\,2044-11-08),[1990-01-01\,2000-01-01),[0100-01-01\,0100-01-02)}'::text[]) bounds;
SELECT fault($$revenue_agg(k, active, price, '1 day', 'UTC', '2044-11-09')$$, $$(1, '[2000-01-01,)'::tstzrange, 5, 1)$$) AS one_day_later,
	fault($$revenue_agg(k, active, price, '1 month', 'UTC', '2044-11-09')$$, $$(1, '[2000-01-01,)'::tstzrange, 5, 1)$$) AS months,
	fault($$revenue_agg(k, active, price, '1 month', 'UTC', '2044-11-09')$$, $$(1, '["4000-01-01 BC",)'::tstzrange, 5, 1)$$) AS six_thousand_years;
SELECT call, fault(call, $$(1, '[2025-01-01,)'::tstzrange, 5, 1), (2, '[2025-02-01,)', 5, 2)$$) FROM unnest(ARRAY[
	$$revenue_agg(k, active, price, NULL, 'UTC', '2025-06-15')$$, $$revenue_agg(k, active, price, '1 month', NULL, '2025-06-15')$$,
	$$revenue_agg(k, active, price, '1 month', 'UTC', NULL)$$, $$revenue_agg(k, active, price, NULL)$$, $$revenue_agg(k, active, price, '1 month', NULL)$$,
	$$revenue_agg(k, active, price, i * interval '1 month', 'UTC', '2025-06-15')$$,
	$$revenue_agg(k, active, price, '1 month', CASE i WHEN 1 THEN 'UTC' ELSE 'Asia/Tokyo' END, '2025-06-15')$$,
	$$revenue_agg(k, active, price, '1 month', 'UTC', timestamptz '2025-06-15' + i * interval '1 day')$$,
	$$revenue_agg(k, active, price, '1 month', 'UTC', CASE i WHEN 1 THEN timestamptz '-infinity' ELSE '2025-06-15' END)$$,
	$$revenue_agg(k, active, price, '1 month', 'UTC', CASE i WHEN 2 THEN timestamptz '-infinity' ELSE '2025-06-15' END)$$,
	$$revenue_agg(k, active, price, '1 hour', 'UTC', '2025-06-15')$$, $$revenue_agg(k, active, price, '1 month 1 day', 'UTC', '2025-06-15')$$,
	$$revenue_agg(k, active, price, '-1 month', 'UTC', '2025-06-15')$$, $$revenue_agg(k, active, price, '0', 'UTC', '2025-06-15')$$,
	$$revenue_agg(k, active, price, '1 month', 'Europe/Atlantis', '2025-06-15')$$, $$revenue_agg(k, active, price, '1 month', '+02', '2025-06-15')$$,
	$$revenue_agg(k, active, price, '1 month', 'UTC', 'infinity')$$, $$revenue_agg(k, active, price, '1 month', 'UTC', '-infinity')$$,
	$$revenue_agg(DISTINCT k, active, price, '1 month', 'UTC', '2025-06-15')$$, $$revenue_agg(DISTINCT k, active, price, '1 month')$$,
	$$revenue_agg(json_build_object(), active, price, '1 month')$$]) call;

DROP FUNCTION fault(text, text);
DROP TABLE contracts, june, book;
