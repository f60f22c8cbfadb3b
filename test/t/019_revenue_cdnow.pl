# Real money: the orders of the CD shop CDNOW by month and by week, every cell of every report against plain SQL of
# the definitions, whole and as of times between. 018_revenue_random.pl asks the same of orders that are made.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use RevenueModel;

my $node = start_with_data(csv => 'cdnow_orders.csv');

is(query($node, 'SELECT count(*), count(DISTINCT customer_id), count(*) FILTER (WHERE amount::numeric = 0) > 0
	FROM csv'), '6919|2357|t', 'all orders are there, some of them of 0.00');

# The orders end on 1998-06-30: June 1998 is open then, and known at noon. Of November 1997 later orders hide what was
# known in its middle. In September 1998 two months had been empty. Days have no zone, so that they are those of any.
query($node, MODEL_FUNCTIONS . q{
	CREATE TABLE logs AS
	SELECT row_number() OVER () AS log, bucket, zone, as_of AT TIME ZONE zone AS as_of FROM (VALUES
		('1 month'::interval, 'UTC', NULL::timestamp), ('1 month', 'Pacific/Auckland', '1998-06-30 12:00'),
		('1 month', 'America/Los_Angeles', '1997-11-14'), ('1 month', 'Europe/London', '1998-09-02'),
		('7 days', 'America/Los_Angeles', NULL), ('7 days', 'UTC', '1997-11-14')) v (bucket, zone, as_of);
	CREATE TABLE orders AS
	SELECT log, customer_id::int AS c, customer_id AS t, order_date::date::timestamp AT TIME ZONE zone AS at,
		order_date::date AS day, amount::numeric AS amount, bucket, zone
	FROM csv, logs;
	CREATE TABLE asked AS SELECT log, day::date AS period FROM logs,
		LATERAL (SELECT date '1996-12-15' + n * bucket AS day FROM generate_series(0, 80) n) d
	WHERE as_of IS NULL AND day < '1998-08-20';
	ANALYZE orders;} . model_sql);

my $VALUE = 'revenue_agg(c, at, amount, bucket, zone)';
query($node, qq{
	CREATE TABLE made (way text, log bigint, s revenue_summary, t revenue_totals);
	INSERT INTO made (way, log, s) SELECT 'one pass', log, $VALUE FROM orders GROUP BY log
		UNION ALL SELECT 'text', log, revenue_agg(t, at, amount, bucket, zone) FROM orders GROUP BY log
		UNION ALL SELECT 'months', log, rollup(s) FROM (SELECT log, $VALUE AS s FROM orders
			GROUP BY log, date_trunc('month', day)) m GROUP BY log
		UNION ALL SELECT 'weekdays', log, rollup(s) FROM (SELECT log, $VALUE AS s FROM orders
			GROUP BY log, extract(dow FROM day)) m GROUP BY log;
	INSERT INTO made (way, log, t) SELECT 'totals', log, totals(s) FROM made WHERE way = 'one pass'
		UNION ALL SELECT 'customers', log, totals_agg(s) FROM (SELECT log, $VALUE AS s FROM orders GROUP BY log, c) c
			GROUP BY log});

is(query($node, 'SELECT count(DISTINCT way), count(*) FROM made'), '6|36', 'six ways, six reports each');
is(query($node, q{SELECT log, sum(g.revenue) FROM made, revenue_growth(s) g WHERE way = 'one pass' GROUP BY log
	EXCEPT SELECT log, sum(amount) FROM orders GROUP BY log}), '', 'nothing of the money is lost');
compare_reports($node, 'of CDNOW');
is(query($node, q{SELECT count(*) FROM made, revenue_growth(s) WHERE revenue
	<> starting + new_revenue + reactivated + expansion - contraction - churned}), 0, 'movements add up');
same_rows($node, q{SELECT log, period, customer::int AS c, state, before::text, m.revenue::text, movement
	FROM made JOIN asked USING (log), members(s, period) m WHERE way = 'months'},
	'SELECT log, period, c, state, before::text, revenue::text, movement FROM expected_members',
	'members of every month and every week');
is(query($node, q{SELECT log, cost FROM made JOIN logs USING (log), generate_series(0, 120, 2.5) cost
	WHERE way IN ('one pass', 'customers')
		AND coalesce(payback_age(s, cost, 0.6, as_of), payback_age(t, cost, 0.6, as_of)) IS DISTINCT FROM
			(SELECT min(age) FROM expected_curve e WHERE e.log = made.log AND per_customer * 0.6 >= cost)}),
	'', 'payback_age');
is(query($node, q{
	WITH seen AS (SELECT log, retention_agg(c, at, bucket, zone) AS c, retention_agg(t, at, bucket, zone) AS t
		FROM orders GROUP BY log)
	SELECT way, log FROM made m JOIN seen USING (log)
	WHERE coalesce(s::retention_summary = CASE way WHEN 'text' THEN seen.t ELSE c END,
		m.t::retention_totals = totals(c)) IS NOT TRUE}), '', 'the part without money');

done_testing();
