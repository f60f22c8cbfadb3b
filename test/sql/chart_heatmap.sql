-- cohort_heatmap, on orders that can be counted by hand

SET timezone = 'UTC';

--		Jan		Feb		Mar		Apr		May		Jun
--	a	##		#		#		.		#		.
--	b	#		.		#		.		.		.
--	c	.		#		#		.		.		.
--	d	.		.		.		.		##		#
CREATE TABLE orders AS SELECT * FROM (VALUES
	('a', '2024-01-31 10:00'::timestamptz), ('a', '2024-01-31 11:00'), ('a', '2024-02-01'), ('a', '2024-03-15'), ('a', '2024-05-05'),
	('b', '2024-01-15'), ('b', '2024-03-31 23:59:59.999999'),
	('c', '2024-02-15'), ('c', '2024-03-01'),
	('d', '2024-05-01'), ('d', '2024-05-31'), ('d', '2024-06-30')) o(k, at);
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders) o;
CREATE FUNCTION pg_temp.bare(svg text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(svg, '<style>.*</style>\n', '') $$;

\pset format unaligned
\pset tuples_only on
-- The colours end at 100 %: half of a cohort is step 4 of 0 to 8.  May is not over: two of its cells have counts so far.
SELECT pg_temp.bare(cohort_heatmap(retention_agg(k, at, '1 month', 'UTC'), '2024-05-06')) FROM orders WHERE at < '2024-05-06';
-- As of a day in May since which rows have come, its counts cannot be told.
SELECT m[1] FROM x, regexp_matches(cohort_heatmap(s, '2024-05-04'), '<title>(2[^<]*)', 'g') m;

\pset format aligned
\pset tuples_only off
SELECT cohort_heatmap(s) = cohort_heatmap(t) AS same, cohort_heatmap(s, '2024-05-04') = cohort_heatmap(t, '2024-05-04') AS same_as_of FROM x;
SELECT cohort_heatmap(NULL::retention_summary) IS NULL AS s, cohort_heatmap(NULL::retention_totals, now()) IS NULL AS t;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.bare(cohort_heatmap(s, '2020-01-01')) FROM x;
-- one bucket only, which is not over
SELECT pg_temp.bare(cohort_heatmap(retention_agg(k, at, '1 year', 'UTC'), '2024-07-01')) FROM orders;
\pset format aligned
\pset tuples_only off

-- Colours and numbers: of 1000 customers, so many come again in the months after.  Below 10 % numbers have a decimal.
SELECT most, (SELECT array_agg(m[1] || ' ' || m[2]) FROM regexp_matches(svg, '<g class="heat(\d)"><title>[^<]*</title>\n<rect[^>]*>\n<text[^>]*>([^<]*)', 'g') m) AS cells,
	(SELECT array_agg(m[1]) FROM regexp_matches(svg, '<text class="soft(?: end)?"[^>]*>(\S*%)<', 'g') m) AS legend
FROM unnest(ARRAY[0, 1, 9, 90, 99, 100, 101, 300, 301, 900, 1000]) most,
	LATERAL (SELECT cohort_heatmap(retention_agg(k, at, '1 month', 'UTC'), '2024-07-01') AS svg
		FROM (SELECT k, '2024-01-01'::timestamptz AS at FROM generate_series(1, 1000) k
			UNION ALL SELECT k, '2024-01-01'::timestamptz + n * interval '1 month' FROM generate_series(1, 4) n, generate_series(1, most * n / 4) k) o) c;

-- Few are not nobody, and nearly all are not all.
SELECT (SELECT array_agg(m[1]) FROM regexp_matches(cohort_heatmap(retention_agg(k, at, '1 month', 'UTC'), '2024-09-01'), '<text class="middle"[^>]*>([^<]*)', 'g') m)
FROM (SELECT k, '2024-01-01'::timestamptz AS at FROM generate_series(1, 20000) k
	UNION ALL SELECT k, '2024-01-01'::timestamptz + n * interval '1 month' FROM unnest('{0,1,100,19899,19901,19999,20000}'::int[]) WITH ORDINALITY c(most, n), generate_series(1, most) k) o;

-- Many buckets: the latest 40.  Cohorts are only where customers began.
SELECT n, (regexp_matches(svg, 'width="(\d+)" height="(\d+)"')) AS size, (SELECT count(*) FROM regexp_matches(svg, '<g class="(heat|cell)', 'g')) AS cells,
	(SELECT min(m[1]) || ' to ' || max(m[1]) FROM regexp_matches(svg, '<title>(\S+): ', 'g') m) AS cohorts,
	(regexp_matches(svg, '>(the last[^<]*)|$'))[1] AS note, length(svg) < 300000 AS bounded
FROM unnest(ARRAY[1, 12, 13, 14, 25, 26, 37, 40, 41, 1000]) n,
	LATERAL (SELECT cohort_heatmap(retention_agg(k, '2020-01-01'::timestamptz + k * interval '1 day', '1 day', 'UTC'), '2020-01-01'::timestamptz + n * interval '1 day') AS svg
		FROM generate_series(0, n - 1) k) c;
SELECT (SELECT array_agg(m[1]) FROM regexp_matches(cohort_heatmap(retention_agg(k, at, '1 month', 'UTC'), '2024-01-01'), '<title>([^<]*)', 'g') m)
FROM (VALUES (1, '2000-01-01'::timestamptz), (2, '2023-10-01'), (1, '2023-11-01')) o(k, at);
-- Nobody came in the latest 40: those who had come before may be there all the same.
SELECT (SELECT array_agg(m[1]) FROM regexp_matches(cohort_heatmap(retention_agg(k, '2024-01-01'::timestamptz + n * interval '1 day', '1 day', 'UTC')), '(<desc>[^<]*|<text[^<]*)', 'g') m)
FROM generate_series(1, 3) k, generate_series(0, 40) n;
-- numbers of customers
SELECT n, (SELECT array_agg(m[1]) FROM regexp_matches(cohort_heatmap(t, '2024-02-01'), '<g class="cell"><title>[^<]*</title>\n<rect[^>]*>\n<text[^>]*>([^<]*)', 'g') m)
FROM unnest(ARRAY[1, 999, 1000, 99999, 100000, 123456, 999500, 1250000]) n,
	LATERAL (SELECT totals(retention_agg(k, '2024-01-01'::timestamptz, '1 month', 'UTC')) AS t FROM generate_series(1, n) k) c;

DROP TABLE orders, x;
