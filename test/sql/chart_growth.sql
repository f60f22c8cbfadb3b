-- growth_chart, on orders that can be counted by hand; and what all charts share: how they are written

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
SELECT period, new_customers, resurrected, retained, churned, complete FROM x, growth(s, '2024-08-01');

\pset format unaligned
\pset tuples_only on
-- A picture as it is written.  The axis is from -3 to 3, which are 252 pixels: 42 for a customer, and 0 is at 210.
SELECT growth_chart(s, '2024-08-01') FROM x;

-- Without the style sheet, as all that follow.  In June, rows have come since: nothing is known of it.
CREATE FUNCTION pg_temp.bare(svg text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(svg, '<style>.*</style>\n', '') $$;
SELECT pg_temp.bare(growth_chart(s, '2024-06-15')) FROM x;
-- In May, counts so far are known, but not who left.
SELECT (regexp_matches(growth_chart(retention_agg(k, at, '1 month', 'UTC'), '2024-05-06'), '<g class="bar"><title>2024-05.*?</g>'))[1]
FROM orders WHERE at < '2024-05-06';

\pset format aligned
\pset tuples_only off
-- A summary and totals make the same picture, and no setting of the session changes it.
SELECT growth_chart(s) = growth_chart(t) AS same, growth_chart(s, '2024-06-15') = growth_chart(t, '2024-06-15') AS same_as_of FROM x;
CREATE TABLE before AS SELECT growth_chart(s, '2024-06-15Z') AS svg FROM x;
SET datestyle = 'German';
SET intervalstyle = 'iso_8601';
SET timezone = 'Asia/Tokyo';
SET extra_float_digits = -15;
SELECT growth_chart(s, '2024-06-15Z') = svg AS same FROM x, before;
RESET datestyle;
RESET intervalstyle;
RESET extra_float_digits;
SET timezone = 'UTC';

-- nothing
SELECT growth_chart(NULL::retention_summary) IS NULL AS s, growth_chart(NULL::retention_totals, now()) IS NULL AS t;
SELECT growth_chart(t, NULL) = growth_chart(t) AS same FROM x;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.bare(growth_chart(s, '2020-01-01')) FROM x;

-- The name of a zone is the only text that others write: it stays text.
SELECT (regexp_matches(growth_chart(retention_agg(1, '2024-01-01'::timestamptz, '1 week', $$<"&'<script>5$$)), '<desc>.*</desc>'))[1];
SELECT (regexp_matches(growth_chart(retention_agg(1, '2024-01-01'::timestamptz, '1 week', E'<\u00e9\x01\x7f>5')), '<desc>.*</desc>'))[1];
\pset format aligned
\pset tuples_only off
SELECT svg ~ '[^\n\x20-\x7e]' AS other_signs, svg ~* 'script|@import|http(?!://www.w3.org/2000/svg")|src=|href|url\(' AS from_elsewhere,
	svg ~ '\mid=' AS ids
FROM x, growth_chart(s) svg;

-- buckets and their names
SELECT width, (regexp_matches(svg, '<title>(.*?)</title>'))[1] AS title, (regexp_matches(svg, '<desc>(.*?)</desc>'))[1] AS description
FROM unnest(ARRAY['1 day', '1 week', '14 days', '1 month', '2 months', '3 months', '1 year', '2 years']::interval[]) WITH ORDINALITY w(width, n),
	LATERAL (SELECT growth_chart(retention_agg(k, at, width, 'UTC'), '2024-08-01') AS svg FROM orders) c ORDER BY n;
SELECT (regexp_matches(growth_chart(retention_agg(k, at::timestamptz, '1 month', 'UTC')), 'zone UTC. (.*?)</desc>'))[1]
FROM (VALUES (1, '0044-03-15 BC'), (2, '0044-04-01 BC')) o(k, at);
SELECT (regexp_matches(growth_chart(retention_agg(1, '2024-02-20'::timestamptz, '1 month', 'UTC', '2024-01-15')), '<desc>.*, (from .*), in'))[1];

-- Many buckets: the latest 366, in a wider picture; and not more than reports have.
SELECT n, (regexp_matches(svg, 'width="(\d+)"'))[1] AS width, (SELECT count(*) FROM regexp_matches(svg, '<g class="bar">', 'g')) AS bars,
	(SELECT min(m[1]) || ' to ' || max(m[1]) FROM regexp_matches(svg, '<g class="bar"><title>(\S+):', 'g') m) AS days,
	(SELECT array_agg(m[1]) FROM regexp_matches(svg, '>(\d{4}-\d\d-\d\d|the last.*)</text>', 'g') m) AS labels, length(svg) < 200000 AS bounded
FROM unnest(ARRAY[1, 2, 9, 213, 214, 366, 367, 16384]) n,
	LATERAL (SELECT growth_chart(retention_agg(1, at, '1 day', 'UTC'), '1980-01-01'::timestamptz + n * interval '1 day') AS svg
		FROM (VALUES ('1980-01-01'::timestamptz), ('1980-01-01'::timestamptz + (n - 1) * interval '1 day')) o(at)) c;
SELECT growth_chart(retention_agg(1, at, '1 day', 'UTC'), '2030-01-01') FROM (VALUES ('1980-01-01'::timestamptz), ('2024-12-31')) o(at);

-- labels stand where years begin, or at a part of one
SELECT width, (SELECT array_agg(m[1]) FROM regexp_matches(svg, '<text class="soft middle[^>]*>([^<]*)', 'g') m) AS labels
FROM unnest(ARRAY['1 month', '2 months', '3 months', '4 months', '6 months', '1 year', '5 months']::interval[]) WITH ORDINALITY w(width, n),
	LATERAL (SELECT growth_chart(retention_agg(1, at, width, 'UTC'), '2025-01-01') AS svg
		FROM (VALUES ('2011-05-01'::timestamptz), ('2024-12-31')) o(at)) c ORDER BY n;

-- round numbers on the axis
SELECT n, (SELECT array_agg(m[1]) FROM regexp_matches(svg, '<text class="soft end"[^>]*>([^<]*)', 'g') m) AS marks
FROM unnest(ARRAY[1, 2, 6, 11, 49, 50, 51, 999, 12345]) n,
	LATERAL (SELECT growth_chart(retention_agg(k, '2024-01-01'::timestamptz, '1 month', 'UTC'), '2024-02-01') AS svg FROM generate_series(1, n) k) c;

DROP TABLE orders, x, before;
