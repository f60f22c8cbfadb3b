-- growth, on orders that can be counted by hand

SET timezone = 'UTC';

--		Jan		Feb		Mar		Apr		May		Jun
--	a	##		#		#		.		#		.
--	b	#		.		#		.		.		.
--	c	.		#		#		.		.		.
--	d	.		.		.		.		##		#
-- d in June on the 30th only; April is empty.
CREATE TABLE orders AS SELECT * FROM (VALUES
	('a', '2024-01-31 10:00'::timestamptz), ('a', '2024-01-31 11:00'), ('a', '2024-02-01'), ('a', '2024-03-15'), ('a', '2024-05-05'),
	('b', '2024-01-15'), ('b', '2024-03-31 23:59:59.999999'),
	('c', '2024-02-15'), ('c', '2024-03-01'),
	('d', '2024-05-01'), ('d', '2024-05-31'), ('d', '2024-06-30')) o(k, at);
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders) o;

SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated,
	round(crr::numeric, 3) AS crr, round(churn_rate::numeric, 3) AS churn, round(repeat_rate::numeric, 3) AS repeat_rate,
	round(quick_ratio::numeric, 3) AS quick, complete
FROM x, growth(s);

-- of totals the same
SELECT (SELECT array_agg(g) FROM growth(s) g) = (SELECT array_agg(g) FROM growth(t) g) AS growth,
	(SELECT array_agg(g) FROM cohorts(s) g) = (SELECT array_agg(g) FROM cohorts(t) g) AS cohorts,
	(SELECT array_agg(g) FROM cohorts(s, '2024-05-05') g) = (SELECT array_agg(g) FROM cohorts(t, '2024-05-05') g) AS cohorts,
	(SELECT array_agg(g) FROM cohorts(s, '2024-07-05', 'on_or_after') g) = (SELECT array_agg(g) FROM cohorts(t, '2024-07-05', 'on_or_after') g) AS cohorts
FROM x;

-- as_of: before the first bucket, where one starts, inside of one, after the last
SELECT as_of, count(period), max(period), max(period) FILTER (WHERE complete) AS last_complete, sum(churned) AS churned, sum(active) AS active
FROM x, unnest('{2023-12-31 23:59, 2024-01-01, 2024-01-01 00:00:00.000001, 2024-02-15, 2024-03-31 23:59:59.999999, 2024-04-01, 2024-06-30, 2024-07-01, 2024-08-20,
		4714-11-24 00:00:00+00 BC}'::timestamptz[]) as_of
	LEFT JOIN LATERAL growth(s, as_of) ON true GROUP BY as_of ORDER BY as_of;
SELECT period, starting, new_customers, retained, churned, active, crr, repeat_rate, quick_ratio, complete FROM x, growth(t, '2024-03-20');
SELECT period, starting, retained, churned, active, crr, complete FROM x, growth(t, '2024-08-01') WHERE period >= '2024-06-01';
SELECT * FROM x, growth(t, 'infinity');

-- as of a time in a bucket its counts are those so far, if that was the latest; else they cannot be told
WITH o(c, t) AS (VALUES (1, timestamptz '2025-01-05'), (2, '2025-01-06'), (2, '2025-03-20'), (3, '2025-03-25'))
SELECT what, g.* FROM (SELECT 'all', retention_agg(c, t, '1 month', 'UTC') FROM o UNION ALL SELECT 'before', retention_agg(c, t, '1 month', 'UTC') FROM o WHERE t < '2025-03-15') r(what, s),
	LATERAL (SELECT period, starting, new_customers, retained, resurrected, churned, active, repeat_customers, complete FROM growth(s, '2025-03-15')) g WHERE period >= '2025-02-01';
WITH o(c, t) AS (VALUES (1, timestamptz '2025-01-05'), (2, '2025-01-06'), (2, '2025-03-20'), (3, '2025-03-25'))
SELECT as_of, period, active FROM (SELECT retention_agg(c, t, '1 month', 'UTC') FROM o) r(s),
	unnest('{2025-03-25, 2025-03-25 00:00:00.000001, 2025-03-31, 2025-04-01}'::timestamptz[]) as_of, growth(totals(s), as_of) WHERE period >= '2025-03-01';

-- the open month: rates are not known yet, so that they are NULL
SELECT new_customers, churned, crr, churn_rate, repeat_rate, quick_ratio, active, complete FROM growth((SELECT retention_agg(1, now(), '1 year', 'UTC')));
SELECT complete FROM growth((SELECT retention_agg(1, now() + interval '3 years', '1 month', 'UTC')), now());

-- a segment whose last bucket is empty ends there; with as_of all segments end alike
SELECT k, (SELECT count(*) FROM growth(s)) AS seen, (SELECT count(*) FROM growth(s, '2024-07-01')) AS months
FROM (SELECT k, retention_agg(k, at, '1 month', 'UTC') AS s FROM orders GROUP BY k) g ORDER BY k;

-- someone who starts in the middle of a month is of that month, in whatever zone the session is
SET timezone = 'Pacific/Kiritimati';
SELECT period, complete FROM x, growth(s, '2024-07-01 00:00+00') WHERE period = '2024-06-01';
SET timezone = 'UTC';

-- filter the report, never the orders: in February alone a is new
SELECT period, new_customers, retained FROM growth((SELECT retention_agg(k, at, '1 month', 'UTC') FROM orders WHERE at >= '2024-02-01')) WHERE period = '2024-02-01';
SELECT period, new_customers, retained FROM x, growth(s) WHERE period = '2024-02-01';

-- NULL, words that are not known, more buckets than there can be
SELECT count(*) FROM growth(NULL::retention_summary), cohorts(NULL::retention_totals), retention_curve(NULL::retention_summary);
SELECT count(*) FROM growth((SELECT retention_agg(1, at, '1 day', 'UTC') FROM unnest('{1970-01-01,2024-01-01}'::timestamptz[]) at));
SELECT count(*) FROM growth((SELECT retention_agg(1, at, '1 day', 'UTC') FROM unnest('{1980-01-01,2024-11-08}'::timestamptz[]) at));
SELECT count(*) FROM growth((SELECT retention_agg(1, at, '1 day', 'UTC') FROM unnest('{1980-01-01,2024-11-09}'::timestamptz[]) at));
SELECT count(*) FROM x, growth(s, '9999-01-01');

-- in the select list, rows as they are asked for
SELECT (growth(s)).period FROM x LIMIT 2;
SELECT growth(s), cohorts(t) FROM x LIMIT 1;

-- midnight comes twice: October is not over when its last hour begins again
SELECT period, complete FROM growth((SELECT retention_agg(1, '2009-10-15Z'::timestamptz, '1 month', 'America/St_Johns')), '2009-11-01 02:45+00');
SELECT period, complete FROM growth((SELECT retention_agg(1, '2009-10-15Z'::timestamptz, '1 month', 'America/St_Johns')), '2009-11-01 03:30+00');

DROP TABLE orders, x;

-- the planner knows how many rows come of a constant, and of nothing else
CREATE FUNCTION planned_rows(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$;
SELECT planned_rows(format('SELECT * FROM growth(%L::retention_summary)', s)) AS growth, planned_rows(format('SELECT * FROM cohorts(%L::retention_summary)', s)) AS cohorts,
	planned_rows(format('SELECT * FROM retention_curve(%L::retention_totals)', t)) AS curve, planned_rows(format('SELECT * FROM cohorts(%L::retention_totals)', t)) AS cohorts,
	planned_rows('SELECT * FROM growth(NULL::retention_totals)') AS "null"
FROM (SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM (VALUES (1, '2024-01-31'::timestamptz), (2, '2025-02-10')) o(k, at)) v) w;
SELECT planned_rows('SELECT * FROM (SELECT totals(retention_agg(1, now(), ''1 day'', ''UTC''))) v(t), growth(t)') AS unknown;
DROP FUNCTION planned_rows(text);
