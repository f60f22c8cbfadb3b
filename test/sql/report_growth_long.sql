-- growth_long, on orders that can be counted by hand: those of report_growth

SET timezone = 'UTC';

--		Jan		Feb		Mar		Apr		May		Jun
--	a	##		#		#		.		#		.
--	b	#		.		#		.		.		.
--	c	.		#		#		.		.		.
--	d	.		.		.		.		##		#
CREATE TABLE x AS SELECT s, totals(s) AS t
FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM (VALUES
		('a', '2024-01-31 10:00'::timestamptz), ('a', '2024-01-31 11:00'), ('a', '2024-02-01'), ('a', '2024-03-15'), ('a', '2024-05-05'),
		('b', '2024-01-15'), ('b', '2024-03-31'), ('c', '2024-02-15'), ('c', '2024-03-01'),
		('d', '2024-05-01'), ('d', '2024-05-31'), ('d', '2024-06-30')) o(k, at)) o;

SELECT period, state, customers, complete FROM x, growth_long(s) g;
\crosstabview period state customers

-- each number is that of growth, in its order; of totals and of a summary, with as_of, and with a lookback
CREATE VIEW wide AS
SELECT what, as_of, array_agg(state || ' ' || coalesce(customers::text, '?') ORDER BY period, place) AS states
FROM x, unnest('{NULL,2024-03-20,2024-05-05,2024-09-01}'::timestamptz[]) as_of, LATERAL (
		SELECT 'totals' AS what, period, retained, resurrected, churned, new_customers FROM growth(t, as_of)
		UNION ALL SELECT 'summary', period, retained, resurrected, churned, new_customers FROM growth(s, as_of)
		UNION ALL SELECT 'lookback', period, retained, resurrected, churned, new_customers FROM growth(s, as_of, 3)) g,
	LATERAL (VALUES (1, 'new', new_customers), (2, 'retained', retained), (3, 'resurrected', resurrected), (4, 'churned', churned)) l(place, state, customers)
GROUP BY what, as_of;
CREATE VIEW long AS
SELECT what, as_of, array_agg(state || ' ' || coalesce(customers::text, '?')) AS states
FROM x, unnest('{NULL,2024-03-20,2024-05-05,2024-09-01}'::timestamptz[]) as_of, LATERAL (
		SELECT 'totals' AS what, l.* FROM growth_long(t, as_of) l
		UNION ALL SELECT 'summary', l.* FROM growth_long(s, as_of) l
		UNION ALL SELECT 'lookback', l.* FROM growth_long(s, as_of, 3) l) g
GROUP BY what, as_of;
SELECT count(*), count(*) FILTER (WHERE wide.states = long.states) AS same, sum(cardinality(long.states)) AS rows
FROM wide FULL JOIN long ON wide.what = long.what AND wide.as_of IS NOT DISTINCT FROM long.as_of;

-- a month that is not over: who was lost in it is not known, and is NULL; the row is there
SELECT g.* FROM x, growth_long(t, '2024-06-30 12:00') g WHERE period = '2024-06-01';
-- nor who came, if rows have come since
SELECT g.* FROM x, growth_long(t, '2024-05-15') g WHERE period = '2024-05-01';

-- no rows of NULL; a lookback that cannot be
SELECT count(*) FROM growth_long(NULL::retention_summary);
SELECT count(*) FROM growth_long(NULL::retention_totals);
SELECT g.* FROM x, growth_long(s, NULL, 0) g;

DROP VIEW wide, long;
DROP TABLE x;
