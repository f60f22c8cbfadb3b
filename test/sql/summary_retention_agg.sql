-- retention_agg: which bucket a row falls into, and who is the same customer

SET timezone = 'UTC';

-- every width of bucket: the day on which the bucket of an instant starts
CREATE FUNCTION bucket_of(at timestamptz, bucket interval, zone text) RETURNS date LANGUAGE sql
	RETURN (SELECT period FROM growth((SELECT retention_agg(1, x, bucket, zone) FROM (SELECT at) o(x))));
SELECT at, bucket_of(at, '1 month', 'UTC') AS month, bucket_of(at, '3 months', 'UTC') AS quarter,
	bucket_of(at, '1 year', 'UTC') AS year, bucket_of(at, '7 days', 'UTC') AS week, bucket_of(at, '1 day', 'UTC') AS day,
	bucket_of(at, '10 days', 'UTC') AS ten_days
FROM unnest('{2000-01-01, 2000-01-02 23:59:59.999999, 2000-01-03, 2000-01-12, 2000-01-13, 1999-12-31 23:59:59.999999,
	2024-02-29 12:00, 2024-12-29, 2024-12-30, 1970-01-01, 0001-01-01, 0001-12-31 BC}'::timestamptz[]) at;

-- a week is Monday to Sunday, as in date_trunc
SELECT count(*) FROM generate_series('2023-12-20'::timestamptz, '2025-01-10', '11 hours') at
WHERE bucket_of(at, '7 days', 'UTC') <> date_trunc('week', at)::date
	OR bucket_of(at, '3 months', 'UTC') <> date_trunc('quarter', at)::date;

-- the zone decides: an instant is March in Tokyo, February in London
SELECT zone, bucket_of('2024-02-29 18:00', '1 month', zone) FROM unnest('{Asia/Tokyo,Europe/London,UTC,EST5EDT,Etc/GMT+3}'::text[]) zone;

-- changes of the clock: 23 and 25 hours, a day that was skipped, one that came twice, midnight twice
SELECT zone, at, bucket_of(at, '1 day', zone), (at AT TIME ZONE zone)::date AS local
FROM (VALUES
	('Europe/Vilnius', '2024-03-30 21:59:59+00'::timestamptz), ('Europe/Vilnius', '2024-03-30 22:00+00'),
	('Europe/Vilnius', '2024-03-31 20:59:59+00'), ('Europe/Vilnius', '2024-03-31 21:00+00'),
	('Europe/Vilnius', '2024-10-27 21:59:59+00'), ('Europe/Vilnius', '2024-10-27 22:00+00'),
	('Pacific/Apia', '2011-12-30 09:59:59+00'), ('Pacific/Apia', '2011-12-30 10:00+00'),
	('America/Juneau', '1867-10-18 12:00+00'), ('America/Juneau', '1867-10-19 02:00+00'), ('America/Juneau', '1867-10-19 12:00+00'),
	('America/Havana', '2024-11-03 04:30+00'), ('America/Havana', '2024-11-03 05:30+00'), ('America/Havana', '2024-03-10 05:00+00'),
	('America/St_Johns', '2006-10-29 02:30+00'), ('America/St_Johns', '2006-10-29 02:31+00'), ('America/St_Johns', '2006-10-29 03:30+00'),
	('Asia/Beirut', '2023-03-25 22:30+00')) v(zone, at);
SELECT period, new_customers, active FROM growth((SELECT retention_agg(k, at, '1 day', 'Pacific/Apia')
	FROM (VALUES (1, '2011-12-29 12:00-10'::timestamptz), (1, '2011-12-31 12:00+14')) o(k, at)));

-- the first and the last instants that a timestamp can hold
SELECT zone, bucket_of(at, '1 day', zone), bucket_of(at, '1 month', zone), bucket_of(at, '1 year', zone)
FROM unnest('{4714-11-24 00:00:00+00 BC, 294276-12-31 23:59:59.999999+00}'::timestamptz[]) at, unnest('{UTC,Asia/Tokyo,America/New_York}'::text[]) zone;
-- ... also when asked again
SELECT period, new_customers FROM growth((SELECT retention_agg(k, '294276-12-31 20:00+00'::timestamptz, '1 day', 'Asia/Tokyo') FROM generate_series(1, 3) k));
SELECT customer_count(retention_agg(k, at, '1 day', 'UTC')) FROM (VALUES (1, '4714-11-24 BC'::timestamptz), (2, '294276-12-31'), (1, '2024-01-01')) o(k, at);

-- A customer who is alone, one beside another, and one whose rows were merged one by one are the same, whichever row comes
-- first and however far apart the rows are.
SELECT seen_over, count(*) AS summaries, count(*) FILTER (WHERE ascending = merged AND descending = merged) AS same_alone,
	count(*) FILTER (WHERE both_ascending = both_merged AND both_descending = both_merged) AS same_beside,
	sum(retained) AS retained
FROM (SELECT width, seen_over,
		retention_agg(1, at, width, 'UTC' ORDER BY at) FILTER (WHERE customer = 1) AS ascending,
		retention_agg(1, at, width, 'UTC' ORDER BY at DESC) FILTER (WHERE customer = 1) AS descending,
		retention_agg(customer, at, width, 'UTC' ORDER BY at) AS both_ascending,
		retention_agg(customer, at, width, 'UTC' ORDER BY at DESC) AS both_descending,
		rollup(one) FILTER (WHERE customer = 1) AS merged, rollup(one) AS both_merged
	FROM unnest('{4000-01-03 BC, 1951-05-01, 2024-01-01, 294000-01-01}'::timestamptz[]) start,
		unnest('{1 month, 3 months, 7 days, 1 day}'::interval[]) width,
		unnest('{2, 47, 48, 49, 63, 64, 65, 200}'::int[]) seen_over,
		(VALUES (1, 0), (1, 0), (1, -1), (1, -1), (1, -2), (2, 0), (2, -1)) r(customer, behind),
		LATERAL (SELECT start + CASE WHEN behind = 0 THEN 0 ELSE seen_over + behind END * width AS at) t,
		LATERAL (SELECT retention_agg(c, a, w, 'UTC') AS one FROM (VALUES (customer, at, width)) v(c, a, w)) s
	GROUP BY start, width, seen_over) x,
	LATERAL (SELECT sum(g.retained) AS retained FROM growth(both_ascending) g) g
GROUP BY seen_over ORDER BY seen_over;

-- without a zone the session's
SET timezone = 'Asia/Tokyo';
SELECT period FROM growth((SELECT retention_agg(1, '2024-02-29 18:00Z'::timestamptz, '1 month')));
SELECT retention_agg(1, now(), '1 month') = retention_agg(1, now(), '1 month', 'Asia/Tokyo') AS same FROM (SELECT) s;
SELECT retention_agg(1, now(), '1 month') = retention_agg(1, now(), '1 month', 'asia/tokyo') AS same FROM (SELECT) s;
SET timezone = 'UTC';

-- buckets that are none
SELECT retention_agg(1, now(), '1 hour');
SELECT retention_agg(1, now(), '1 month 1 day');
SELECT retention_agg(1, now(), '0 days');
SELECT retention_agg(1, now(), '-1 month');
SELECT retention_agg(1, now(), '1 day 1 microsecond', 'UTC');
SELECT retention_agg(1, now(), NULL);
SELECT retention_agg(1, now(), '1 day', NULL);
SELECT retention_agg(1, now(), '1 day', 'Middle/Earth');
SELECT retention_agg(1, 'infinity'::timestamptz, '1 day');
SELECT retention_agg(1, '-infinity'::timestamptz, '1 day', 'UTC');
\set VERBOSITY sqlstate
SELECT retention_agg(1, now(), '1 hour');
SELECT retention_agg(1, now(), NULL);
SELECT retention_agg(1, now(), '1 day', NULL);
SELECT retention_agg(1, 'infinity'::timestamptz, '1 day');
\set VERBOSITY default

-- parameters that change from row to row
SELECT retention_agg(i, now(), i * interval '1 month') FROM generate_series(1, 2) i;
SELECT retention_agg(i, now(), '1 day', CASE i WHEN 1 THEN 'UTC' ELSE 'Asia/Tokyo' END) FROM generate_series(1, 2) i;
SELECT customer_count(retention_agg(i, now(), CASE i WHEN 1 THEN interval '1 year' ELSE interval '12 months' END, CASE i WHEN 1 THEN 'UTC' ELSE 'utc' END))
FROM generate_series(1, 2) i;
-- ... but may from group to group
SELECT i, period FROM (SELECT i, retention_agg(i, '2024-05-15'::timestamptz, i * interval '1 month', 'UTC') AS s FROM generate_series(1, 4) i GROUP BY i) g, growth(s)
ORDER BY i;
-- ... more of them than a call site keeps calendars, in one hash table and one by one
SET enable_sort = off;
WITH orders AS MATERIALIZED (SELECT k, '2024-01-01Z'::timestamptz + k * interval '37 days 5 hours' AS at FROM generate_series(1, 3) k)
SELECT count(*) AS groups, count(*) FILTER (WHERE s = alone) AS same_alone, count(*) FILTER (WHERE period = first) AS same_date
FROM (SELECT n, zone, retention_agg(k, at, n * interval '1 day', zone) AS s
	FROM (SELECT k, at, n, CASE n % 2 WHEN 0 THEN 'UTC' ELSE 'Asia/Tokyo' END AS zone FROM orders, generate_series(1, 700) n ORDER BY k, n) o
	GROUP BY n, zone) g,
	LATERAL (SELECT retention_agg(k, at, n * interval '1 day', zone) AS alone FROM orders) a,
	LATERAL (SELECT min(period) AS period FROM growth(s)) p,
	LATERAL (SELECT min(date '2000-01-03' + ((at AT TIME ZONE zone)::date - date '2000-01-03') / n * n) AS first FROM orders) d;
RESET enable_sort;
-- The session's zone may also change from group to group, but not within one.
BEGIN;
SET LOCAL enable_hashagg = off;
DECLARE months CURSOR FOR SELECT i, period
	FROM (SELECT i, retention_agg(1, '2024-02-29 18:00Z'::timestamptz, '1 month') AS s FROM generate_series(1, 3) i GROUP BY i ORDER BY i) g, growth(s);
FETCH months;
SET LOCAL timezone = 'Asia/Tokyo';
FETCH months;
SET LOCAL timezone = 'UTC';
FETCH months;
COMMIT;
SELECT retention_agg(zone, now(), '1 month') FROM (SELECT set_config('timezone', z, true) FROM unnest('{UTC, Asia/Tokyo}'::text[]) z) s(zone);

-- zero rows, and rows without customer or time
SELECT retention_agg(1, now(), '1 day') IS NULL AS none FROM generate_series(1, 0);
SELECT retention_agg(k, at, '1 day') IS NULL AS none FROM (VALUES (1, NULL::timestamptz), (NULL, 'infinity')) o(k, at);
SELECT customer_count(retention_agg(k, at, '1 day', 'UTC')) FROM (VALUES (1, NULL::timestamptz), (NULL, 'infinity'), (2, now())) o(k, at);
SELECT retention_agg(k, at, '1 day', 'UTC') FILTER (WHERE false) IS NULL AS none FROM (VALUES (1, now())) o(k, at);

-- keys: each column has two customers, the first of them in two months
CREATE TYPE loyalty AS ENUM ('gold', 'new', 'regular');
CREATE DOMAIN account AS bigint CHECK (VALUE <> 0);
CREATE TYPE till AS (shop int, receipt text);
CREATE TABLE orders AS SELECT * FROM (VALUES
	('2024-01-10'::timestamptz, 1::int2, -1, 1::int8, '00000000-0000-0000-0000-000000000001'::uuid, 'ann', 'ann'::varchar, 'ann'::char(5), '\x0061'::bytea,
	 date '2024-01-01', 1.0::numeric, 'gold'::loyalty, ROW(1, 'x')::till, ARRAY[1, 2], 7::account, true, 'a'::"char", '0'::float8, 'ann'::name,
	 interval '1 month', inet '10.0.0.1', '{"a": 1, "b": 2}'::jsonb, int4range(1, 3), timestamptz '2024-01-01', time '10:00', 4000000000::oid, '4000000000'::xid),
	('2024-02-10', 1, -1, 1, '00000000-0000-0000-0000-000000000001', 'ann', 'ann', 'ann', '\x0061',
	 '2024-01-01', 1.00, 'gold', ROW(1, 'x')::till, ARRAY[1, 2], 7, true, 'a', '-0', 'ann',
	 '30 days', '10.0.0.1', '{"b": 2, "a": 1}', int4range(1, 2, '[]'), '2024-01-01', '10:00', 4000000000, '4000000000'),
	('2024-02-11', -1, 1, -1, 'ffffffff-0000-0000-0000-000000000001', 'Ann', 'Ann', 'Ann', '\x006100',
	 '-infinity', 1.01, 'new', ROW(1, NULL)::till, ARRAY[2, 1], -7, false, 'z', 'NaN', 'Ann',
	 '1 day', '10.0.0.2', '{}', 'empty', '2024-01-02', '10:01', 5, '5')
	) AS o(at, i2, i4, i8, u, t, v, c, y, d, n, e, r, a, ac, b, ch, f, na, iv, ne, j, tr, ts, ti, o, x);
CREATE TABLE summaries (key name, s retention_summary);
DO $$
DECLARE
	key name;
BEGIN
	FOR key IN SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 1 ORDER BY attnum
	LOOP
		EXECUTE format('INSERT INTO summaries SELECT %L, retention_agg(%I, at, ''1 month'', ''UTC'') FROM orders', key, key);
	END LOOP;
END
$$;
SELECT key, customer_count(s) AS customers, g.retained, g.new_customers, m.customer, m.state
FROM summaries, growth(s) g, members(s, '2024-02-01') m WHERE g.period = '2024-02-01' ORDER BY key, m.state;
SELECT key FROM summaries WHERE s::text::retention_summary <> s OR (SELECT rollup(x) FROM (VALUES (s), (s)) v(x)) = s
	OR (SELECT customer_count(rollup(x)) FROM (VALUES (s), (s)) v(x)) <> 2 OR s <> s OR totals(s) <> (SELECT totals(s) FROM summaries WHERE key = 'i4');

-- no hash function, no way to store it, no collation
SELECT retention_agg('(1,2)'::point, now(), '1 day');
SELECT retention_agg(ROW(1, 2), now(), '1 day');
SELECT retention_agg(acl, now(), '1 day') FROM unnest(acldefault('r', 10)) acl;
SELECT retention_agg(a || b, now(), '1 day') FROM (VALUES ('a' COLLATE "C", 'b' COLLATE "POSIX")) v(a, b);
-- the collation of the zone is not that of the customers
SELECT customer_count(retention_agg(i, now(), '1 day', z COLLATE "C")) FROM (VALUES (1, 'UTC')) v(i, z);

-- what would refer to a type by its OID could not be restored elsewhere
CREATE TYPE card AS (number int, level loyalty);
CREATE TYPE levels AS RANGE (SUBTYPE = loyalty);
CREATE DOMAIN some_levels AS loyalty[];
SELECT retention_agg(ARRAY['new']::loyalty[], now(), '1 day');
SELECT retention_agg(ROW(1, 'new')::card, now(), '1 day');
SELECT retention_agg(ARRAY[ROW(1, 'x')]::till[], now(), '1 day');
SELECT retention_agg(ARRAY['new']::some_levels, now(), '1 day');
SELECT customer_count(retention_agg(k::levels, now(), '1 day')), customer_count(retention_agg(ROW(1, upper(k::levels))::card::text, now(), '1 day'))
FROM (VALUES ('[gold,new)'), ('[gold,regular)'), ('[new,regular)'), ('[gold,new)')) v(k);
DROP DOMAIN some_levels;
DROP TYPE card, levels;

-- more than 64 buckets between two orders of a customer; many rows in one
SELECT age, retained FROM cohorts((SELECT retention_agg(1, at, '1 day', 'UTC')
	FROM unnest('{2024-06-01,2024-01-01,2024-03-04,2024-03-05,2024-01-01,2020-01-01,2024-06-01}'::timestamptz[]) at)) WHERE retained > 0;
SELECT sum(active), sum(repeat_customers), count(*) FROM growth((SELECT retention_agg(k, '2014-01-01'::timestamptz + i * interval '9 days', '1 day', 'UTC')
	FROM generate_series(1, 5) k, generate_series(1, 400) i, generate_series(1, 2 - k % 2)));
SELECT repeat_customers FROM growth((SELECT retention_agg(1, at, '1 day', 'UTC') FROM
	(SELECT '2024-01-01'::timestamptz UNION ALL SELECT '2020-01-01' FROM generate_series(1, 1000)) o(at))) WHERE active > 0;

-- DISTINCT would leave out repeats
SELECT retention_agg(DISTINCT k, at, '1 month', 'UTC') FROM (VALUES (1, '2024-01-01'::timestamptz), (1, '2024-01-01')) o(k, at);

-- beside other aggregates, over windows, in grouping sets
SELECT customer_count(k), customer_count(retention_agg(k, at, '1 month', 'UTC')), customer_count(retention_agg(k, at, '1 month', 'UTC'))
FROM (VALUES (1, '2024-01-01'::timestamptz), (2, '2024-01-02'), (1, '2024-01-01')) o(k, at);
SELECT k, customer_count(retention_agg(k, at, '1 month', 'UTC') OVER w), customer_count(retention_agg(k, at, '1 month', 'UTC') OVER (ORDER BY at ROWS 1 PRECEDING)),
	customer_count(rollup(s) OVER w) AS rollup, customer_count(totals_agg(s) OVER w) AS totals
FROM (SELECT k, at, retention_agg(k, at, '1 month', 'UTC') AS s FROM (VALUES (1, '2024-01-01'::timestamptz), (2, '2024-01-02'), (3, '2024-01-03')) o(k, at) GROUP BY k, at) o
WINDOW w AS (ORDER BY at) ORDER BY k;
SELECT country, k, customer_count(retention_agg(k, at, '1 month', 'UTC'))
FROM (VALUES ('lt', 1, '2024-01-01'::timestamptz), ('lt', 2, '2024-01-02'), ('lv', 1, '2024-01-03')) o(country, k, at)
GROUP BY GROUPING SETS ((country), (k), ()) ORDER BY 1, 2;

-- A state that grows is not made for each row of a join's other side: from 19 on the planner might aggregate before it joins.
CREATE TABLE shoppers AS SELECT k, k % 5 AS country, i FROM generate_series(1, 200) k, generate_series(1, 50) i;
CREATE TABLE places AS SELECT k, k % 5 AS country FROM generate_series(1, 200) k;
CREATE TABLE parts AS SELECT k, retention_agg(k, '2024-01-01'::timestamptz, '1 month', 'UTC') AS s FROM shoppers GROUP BY k, i;
ANALYZE shoppers, places, parts;
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SET max_parallel_workers_per_gather = 0;
SELECT what, count(*) FILTER (WHERE line ~ 'Aggregate') AS aggregates, count(*) FILTER (WHERE line ~ 'Partial') AS partial
FROM (VALUES ('retention_agg', $$SELECT p.country, retention_agg(o.k, '2024-01-01'::timestamptz, '1 month', 'UTC') FROM shoppers o JOIN places p USING (k) GROUP BY p.country$$),
	('in the session''s zone', $$SELECT p.country, retention_agg(o.k, '2024-01-01'::timestamptz, '1 month') FROM shoppers o JOIN places p USING (k) GROUP BY p.country$$),
	('rollup', $$SELECT p.country, rollup(o.s) FROM parts o JOIN places p USING (k) GROUP BY p.country$$)) q(what, query), plan_of(query) line
GROUP BY what ORDER BY what;

-- more large values to be combined than wait for each other, each with customers of the one before
CREATE TABLE large (part int, k bigint, at timestamptz) PARTITION BY LIST (part);
DO $$ BEGIN FOR i IN 1..25 LOOP EXECUTE format('CREATE TABLE large_%s PARTITION OF large FOR VALUES IN (%1$s)', i); END LOOP; END $$;
INSERT INTO large SELECT part, hashint8extended(part * 3000 + i, 0), '2024-01-05Z'::timestamptz + part * interval '1 month'
FROM generate_series(1, 25) part, generate_series(1, 9000) i;
ANALYZE large;
SELECT count(*) FILTER (WHERE line ~ 'Partial') AS partial FROM (SELECT set_config('enable_partitionwise_aggregate', 'on', false)) s,
	LATERAL plan_of($$SELECT retention_agg(k, at, '1 month', 'UTC') FROM large$$) line;
CREATE TABLE combined AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM large;
SET enable_partitionwise_aggregate = off;
SELECT customer_count(s), s = (SELECT retention_agg(k, at, '1 month', 'UTC') FROM large) AS same,
	(SELECT min(length(retention_summary_send(retention_agg)::text)) > 2 * 65536 FROM (SELECT retention_agg(k, at, '1 month', 'UTC') FROM large GROUP BY part) p) AS large
FROM combined;
RESET enable_partitionwise_aggregate;
DROP TABLE large, combined;
RESET max_parallel_workers_per_gather;
DROP FUNCTION plan_of(text);
DROP TABLE shoppers, places, parts;

DROP TABLE orders, summaries;
DROP FUNCTION bucket_of(timestamptz, interval, text);
DROP DOMAIN account;
DROP TYPE loyalty, till;
