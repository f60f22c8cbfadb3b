-- growth with a lookback: active in a bucket is who was seen in it or in the few before

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
--		Jan		Feb		Mar		Apr		May		Jun		Jul
--	a	##		.		#		.		.		.		#
--	b	#		.		.		.		#		.		.
--	c	.		#		#		#		.		.		.
--	d	.		.		.		.		##		.		.
CREATE TABLE orders AS SELECT * FROM (VALUES
	('a', '2024-01-10'::timestamptz), ('a', '2024-01-11'), ('a', '2024-03-15'), ('a', '2024-07-01'),
	('b', '2024-01-31 23:59:59.999999'), ('b', '2024-05-01'),
	('c', '2024-02-15'), ('c', '2024-03-15'), ('c', '2024-04-15'),
	('d', '2024-05-10'), ('d', '2024-05-20')) o(k, at);
CREATE TABLE x AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders;

-- by three months: a until May, and again from July; b until March, and again from May; c until June; d until July
SELECT period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated, round(crr::numeric, 3) AS crr, round(churn_rate::numeric, 3) AS churn,
	round(repeat_rate::numeric, 3) AS repeat_rate, round(quick_ratio::numeric, 3) AS quick, complete FROM x, growth(s, '2024-11-01', 3);
-- without as_of up to the last month in which anybody was seen
SELECT period, starting, retained, churned, active, complete FROM x, growth(s, lookback => 3) WHERE period >= '2024-06-01';
-- one bucket is growth as it was
SELECT (SELECT array_agg(g) FROM growth(s, '2024-11-01', 1) g) = (SELECT array_agg(g) FROM growth(s, '2024-11-01') g) AS one, (SELECT array_agg(g) FROM growth(s, NULL, 1) g) = (SELECT array_agg(g) FROM growth(s) g) AS one,
	(SELECT array_agg(g) FROM growth(s, '2024-11-01', 2) g) = (SELECT array_agg(g) FROM growth(s, '2024-11-01') g) AS two FROM x;
-- more than there are: nobody ever leaves
SELECT lookback, max(period), max(active) AS active, sum(churned) AS churned, sum(resurrected) AS back, max(repeat_customers) AS repeated FROM x, unnest('{7,8,100,16000}'::int[]) lookback, growth(s, '2024-11-01', lookback) GROUP BY lookback ORDER BY lookback;

-- beside plain SQL, for each lookback: who was seen in the window, and in the one before
SELECT lookback, count(*) AS months, count(*) FILTER (WHERE g IS DISTINCT FROM p) AS wrong
FROM x, generate_series(1, 12) lookback, LATERAL (SELECT g, p FROM (SELECT period, ROW(starting, new_customers, retained, resurrected, churned, active, repeat_customers) AS g FROM growth(s, '2025-03-01', lookback)) g
	FULL JOIN (SELECT month AS period, ROW(count(*) FILTER (WHERE before > 0), count(*) FILTER (WHERE first >= month AND here > 0), count(*) FILTER (WHERE here > 0 AND before > 0),
			count(*) FILTER (WHERE here > 0 AND before = 0 AND first < month), count(*) FILTER (WHERE here = 0 AND before > 0), count(*) FILTER (WHERE here > 0), count(*) FILTER (WHERE here > 1)) AS p
		FROM (SELECT month::date, k, min(at) AS first, count(*) FILTER (WHERE at >= month - (lookback - 1) * interval '1 month' AND at < month + interval '1 month') AS here,
				count(*) FILTER (WHERE at >= month - lookback * interval '1 month' AND at < month) AS before
			FROM generate_series('2024-01-01Z'::timestamptz, '2025-02-01Z', '1 month') month, orders GROUP BY month, k) w GROUP BY month) p USING (period)) both_ways
GROUP BY lookback ORDER BY lookback;

-- as_of inside a month: those so far, or NULL if rows came since; nobody has left yet
SELECT what, period, starting, new_customers AS fresh, retained, resurrected AS back, churned, active, repeat_customers AS repeated, crr, complete
FROM (SELECT 'all' AS what, s FROM x UNION ALL SELECT 'before', retention_agg(k, at, '1 month', 'UTC') FROM orders WHERE at < '2024-05-15') v, growth(s, '2024-05-15', 3) WHERE period >= '2024-04-01' ORDER BY what, period;
SELECT as_of, (SELECT string_agg(coalesce(active::text, '-'), ' ') FROM growth(s, as_of, 2)) AS active FROM x, unnest('{2023-12-31,2024-01-01,2024-01-01 00:00:00.000001,2024-02-01,2024-06-10,2024-07-01,2024-07-02,2024-08-01,2024-08-02}'::timestamptz[]) as_of;
-- past reports do not change
SELECT bool_and((SELECT array_agg(g) FROM growth(s, as_of, 4) g WHERE complete) IS NOT DISTINCT FROM (SELECT array_agg(g) FROM growth((SELECT retention_agg(k, at, '1 month', 'UTC') FROM orders WHERE at < as_of), as_of, 4) g WHERE complete)) AS same
FROM x, generate_series('2024-01-02'::timestamptz, '2024-09-01', '5 days') as_of;

-- a daily series: active in 90 days
SELECT count(*) AS days, count(*) FILTER (WHERE active <> plain) AS wrong, min(active), max(active), sum(churned) AS left
FROM (SELECT *, (SELECT count(DISTINCT k) FROM orders WHERE at < period + 1 AND at >= period - 89) AS plain FROM growth((SELECT retention_agg(k, at, '1 day', 'UTC') FROM orders), '2024-12-01', 90)) g;
-- of money and of merged values, too; from the 26th
SELECT (SELECT array_agg(g) FROM growth(revenue_agg(k, at, 5, '1 month', 'UTC')::retention_summary, '2024-11-01', 3) g) = (SELECT array_agg(g) FROM x, growth(s, '2024-11-01', 3) g) AS money FROM orders;
SELECT (SELECT array_agg(g) FROM growth(rollup(c), '2024-11-01', 3) g) = (SELECT array_agg(g) FROM x, growth(s, '2024-11-01', 3) g) AS merged FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS c FROM orders GROUP BY at) v;
SELECT period, active FROM growth((SELECT retention_agg(k, at, '1 month', 'UTC', '2024-01-26') FROM orders), '2024-05-26', 2);
-- contracts: at the end of this bucket or of the one before; nothing is known later
SELECT period, active, churned, complete FROM growth((SELECT retention_agg(k, r, '1 month', 'UTC', '2024-05-10') FROM (VALUES (1, tstzrange('2024-01-10', '2024-02-10')), (2, '[2024-01-20,2024-04-20)')) c(k, r)), '2025-01-01', 2);

-- many customers in a small set, and one in every bucket
SELECT lookback, count(*), sum(active), sum(retained), sum(resurrected), sum(churned), sum(repeat_customers) FROM unnest('{1,2,7,30}'::int[]) lookback,
	growth((SELECT retention_agg(i % 3, '2024-01-01'::timestamptz + i * interval '1 day', '1 day', 'UTC') FROM generate_series(0, 299) i), '2025-02-01', lookback) GROUP BY lookback ORDER BY lookback;

-- as many rows as there can be: windows that reach beyond the last are counted up to it
SELECT lookback, count(*), sum(active), sum(retained), sum(repeat_customers) AS repeated, max(period) FROM unnest('{1,2,90,16384}'::bigint[]) lookback, growth((SELECT retention_agg(k, at, '1 day', 'UTC')
	FROM (VALUES (1, '1980-01-01'::timestamptz), (1, '2024-11-08'), (1, '2024-11-08'), (2, '2024-11-03'), (2, '2024-11-03'), (2, '2024-11-08'), (2, '2024-11-08')) o(k, at)), NULL, lookback) GROUP BY lookback ORDER BY lookback;
-- of nothing; of what there cannot be
SELECT count(*) FROM growth(NULL::retention_summary, NULL, 90);
SELECT count(*) FROM x, growth(s, NULL, NULL);
SELECT count(*) FROM x, growth(s, NULL, 0);
SELECT count(*) FROM x, growth(s, NULL, -3);
SELECT count(*) FROM x, growth(s, NULL, 16385);
SELECT count(*) FROM growth(NULL::retention_summary, NULL, 0);
SELECT count(*) FROM x, growth(s, 'infinity', 3);
\set VERBOSITY sqlstate
SELECT count(*) FROM x, growth(totals(s), NULL, 3);
\set VERBOSITY default
-- in the select list
SELECT (growth(s, '2024-11-01', 3)).active FROM x LIMIT 2;

DROP TABLE orders, x;
