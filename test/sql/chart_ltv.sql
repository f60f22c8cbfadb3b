-- ltv_chart, on orders that can be added up by hand

SET timezone = 'UTC';

--		Jan			Feb			Mar
--	a	10.00		5.00		.
--	b	20.00		.			4.50
--	c	.			9.00		3.00
CREATE TABLE orders AS SELECT * FROM (VALUES
	('a', '2024-01-05'::timestamptz, 10.00), ('a', '2024-02-05', 5.00),
	('b', '2024-01-31', 20.00), ('b', '2024-03-01', 4.50),
	('c', '2024-02-15', 9.00), ('c', '2024-03-31', 3.00)) o(k, at, amount);
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM orders) o;
CREATE FUNCTION pg_temp.bare(svg text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(svg, '<style>.*</style>\n', '') $$;
CREATE FUNCTION pg_temp.points(svg text) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(m[1]) FROM regexp_matches(svg, '<g class="point"><title>\d+ \w+ after the first: ([^<]*), of', 'g') m $$;
CREATE FUNCTION pg_temp.marks(svg text) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(m[1]) FROM regexp_matches(svg, '<text class="soft end"[^>]*>([^<]*)', 'g') m $$;

-- 39 / 3 = 13, 13 + (5 + 3) / 3 = 15.67, 15.67 + 4.50 / 2 = 17.92
SELECT age, cohorts, customers, revenue, round(per_customer, 2) AS per_customer FROM x, ltv_curve(s, '2024-04-01');
\pset format unaligned
\pset tuples_only on
-- The axis is from 0 to 20, which are 252 pixels; ages from 0 to 2 lie 284 pixels apart.
SELECT pg_temp.bare(ltv_chart(s, '2024-04-01')) FROM x;
\pset format aligned
\pset tuples_only off
SELECT ltv_chart(s) = ltv_chart(t) AS same, ltv_chart(s, '2024-03-31') = ltv_chart(t, '2024-03-31') AS same_as_of,
	pg_temp.points(ltv_chart(s, '2024-03-31')) FROM x;
SELECT ltv_chart(NULL::revenue_summary) IS NULL AS s, ltv_chart(NULL::revenue_totals, now()) IS NULL AS t;
SELECT as_of, m[1] FROM x, unnest(ARRAY['2020-01-01', '2024-01-20']::timestamptz[]) as_of,
	regexp_matches(ltv_chart(s, as_of), '(<desc>[^<]*|<text[^<]*)', 'g') m;

-- amounts of all sizes: points and marks
SELECT one, two, pg_temp.points(svg), pg_temp.marks(svg)
FROM (VALUES ('0', '0'), ('0.001', '0.002'), ('-0.001', '-0.02'), ('0.19', '0'), ('1', '2'), ('33.333', '-50'), ('-5', '2.50'), ('999.94', '0.05'), ('6e-7', '5e-7'), ('1e-4', '-3e-5'), ('1234.5', '0.4'), ('99999', '1'), ('123456', '0'),
	('1e6', '5e5'), ('1.2345e9', '0'), ('7e14', '3e14'), ('1e40', '1e40'), ('-2e40', '1e39'), ('1e-30', '0'), ('1e-300', '0'), ('1e-322', '0'), ('1e-999', '0')) o(one, two),
	LATERAL (SELECT ltv_chart(revenue_agg(1, at, amount, '1 month', 'UTC'), '2024-03-01') AS svg
		FROM (VALUES ('2024-01-01'::timestamptz, one::numeric), ('2024-02-01', two::numeric)) p(at, amount)) c;
-- Of whole amounts, what a customer has spent is no whole number: 1 / 3, 2 / 3.
SELECT pg_temp.points(svg), pg_temp.marks(svg), (regexp_matches(svg, '<desc>(.*?)</desc>'))[1]
FROM (SELECT ltv_chart(revenue_agg(k, '2024-01-01'::timestamptz + n * interval '1 month', CASE k WHEN 1 THEN 1 ELSE 0 END, '1 month', 'UTC'), '2024-03-01') AS svg
	FROM generate_series(1, 3) k, generate_series(0, 1) n) c;
SELECT ltv_chart(revenue_agg(1, '2024-01-01'::timestamptz, 1e301, '1 month', 'UTC'), '2024-03-01');
SELECT ltv_chart(revenue_agg(1, '2024-01-01'::timestamptz, -1e400, '1 month', 'UTC'), '2024-03-01');
SELECT pg_temp.points(ltv_chart(revenue_agg(1, '2024-01-01'::timestamptz, 1e299, '1 month', 'UTC'), '2024-02-01'));

DROP TABLE orders, x;
