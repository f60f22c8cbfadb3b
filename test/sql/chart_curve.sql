-- retention_chart, on orders that can be counted by hand

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
CREATE FUNCTION pg_temp.points(svg text) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(m[1]) FROM regexp_matches(svg, '<g class="point"><title>(.*?)</title>', 'g') m $$;

SELECT age, cohorts, customers, retained, rate FROM x, retention_curve(s, '2024-07-01');
\pset format unaligned
\pset tuples_only on
-- The axis is from 0 to 80 %, which are 252 pixels; ages from 1 to 5 lie 142 pixels apart.
SELECT pg_temp.bare(retention_chart(s, '2024-07-01')) FROM x;

-- every mode and weighting, as the curve has them
SELECT mode, weighting, pg_temp.points(retention_chart(s, '2024-07-01', mode, weighting)),
	(SELECT array_agg(round(100 * rate::numeric, 1)) FROM retention_curve(s, '2024-07-01', mode, weighting) WHERE age > 0)
FROM x, unnest(ARRAY['exact', 'on_or_after']) mode, unnest(ARRAY['pooled', 'weighted', 'simple', 'chained']) weighting;

-- A value that is not known leaves a gap: as of May 4 it is not known who of January is seen in April or later, as a is;
-- and a chain ends where nobody is left.
SELECT (regexp_matches(svg, '<path class="line" d="(.*?)"'))[1], pg_temp.points(svg), (regexp_matches(svg, '<desc>(.*?)</desc>'))[1]
FROM x, LATERAL (SELECT retention_chart(s, '2024-05-04', 'on_or_after') AS svg) c;
SELECT (regexp_matches(svg, '<path class="line" d="(.*?)"'))[1], pg_temp.points(svg), (regexp_matches(svg, '<desc>(.*?)</desc>'))[1]
FROM x, LATERAL (SELECT retention_chart(s, '2024-07-01', 'exact', 'chained') AS svg) c;

-- What is not counted as usual is told, above the curve and in the description.
SELECT mode, weighting, (regexp_matches(svg, 'y="50">([^<]*)|$'))[1], (regexp_matches(svg, '<desc>(.*?)</desc>'))[1]
FROM x, unnest(ARRAY['exact', 'on_or_after']) mode, unnest(ARRAY['pooled', 'simple', 'chained']) weighting,
	LATERAL (SELECT retention_chart(s, '2024-07-01', mode, weighting) AS svg) c;

-- A chain can go beyond 100 %: of two in January one came in February and both did in March, of those of February all.
SELECT (regexp_matches(retention_chart(retention_agg(k, at, '1 month', 'UTC'), '2024-04-01', 'exact', 'chained'), '<desc>(.*?)</desc>'))[1]
FROM (VALUES (1, '2024-01-01'::timestamptz), (2, '2024-01-01'), (1, '2024-02-01'), (1, '2024-03-01'), (2, '2024-03-01'), (3, '2024-02-01'), (3, '2024-03-01'), (4, '2024-02-01'), (4, '2024-03-01')) o(k, at);

-- Of more than 60 ages, where there are no dots, one that is known between others that are not is not lost: 1 to 3, and 70.
SELECT (regexp_matches(retention_chart(retention_agg(k, at, '1 day', 'UTC'), '2024-03-21 10:00', 'on_or_after'), '<path class="line" d="(.*?)"'))[1]
FROM (VALUES ('a', '2024-01-01'::timestamptz), ('a', '2024-03-11'), ('a', '2024-03-21 12:00'), ('b', '2024-01-11'), ('b', '2024-01-14'), ('b', '2024-03-21 12:00')) o(k, at);

\pset format aligned
\pset tuples_only off
SELECT retention_chart(s) = retention_chart(t) AS same, retention_chart(s, '2024-07-01', 'on_or_after') = retention_chart(t, '2024-07-01', 'on_or_after') AS same_as_of FROM x;
SELECT retention_chart(NULL::retention_summary) IS NULL AS s, retention_chart(NULL::retention_totals, now(), 'exact', 'simple') IS NULL AS t;
SELECT retention_chart(s, NULL, 'exact', 'by weight') FROM x;
SELECT retention_chart(t, NULL, NULL) FROM x;
SELECT retention_chart(t, '2024-04-15', 'on_or_after') FROM x;

-- nothing, and nothing yet
SELECT as_of, m[1] FROM x, unnest(ARRAY['2020-01-01', '2024-01-20', '2024-02-20']::timestamptz[]) as_of,
	regexp_matches(retention_chart(s, as_of), '(<desc>[^<]*|<text[^<]*)', 'g') m;

-- many ages: the first 366, and dots on up to 60 of them
SELECT n, (SELECT count(*) FROM regexp_matches(svg, '<circle', 'g')) AS dots,
	length(regexp_replace((regexp_matches(svg, 'class="line" d="([^"]*)'))[1], '[^ML]', '', 'g')) AS points,
	(SELECT array_agg(m[1]) FROM regexp_matches(svg, '<text class="soft middle[^>]*>([^<]*)', 'g') m) AS labels
FROM unnest(ARRAY[2, 14, 61, 62, 366, 367, 16384]) n,
	LATERAL (SELECT retention_chart(retention_agg(1, at, '1 day', 'UTC'), '1980-01-01'::timestamptz + n * interval '1 day') AS svg
		FROM (VALUES ('1980-01-01'::timestamptz), ('1980-01-01'::timestamptz + (n - 1) * interval '1 day')) o(at)) c;

DROP TABLE orders, x;
