# Real orders once more: the months and the cohorts of the CD shop CDNOW, from one pass, from totals and from
# summaries of each month, against numbers that were computed elsewhere.  027_shop_summary.pl asks the same of orders
# that are made.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_with_data(csv => 'cdnow_orders.csv', map { ($_ => "../expected/cdnow/$_.csv") } qw(monthly cohort_matrix_long));

is(query($node, 'SELECT count(*), count(DISTINCT customer_id) FROM csv'), '6919|2357', 'all orders are there');
is(query($node, 'SELECT count(*), sum(active_customers::int) FROM cohort_matrix_long'),
	query($node, "SELECT count(*), sum(n) FROM (SELECT cohort, age, count(DISTINCT customer_id) FILTER (WHERE m = (cohort + age * interval '1 month')) AS n
		FROM (SELECT customer_id, date_trunc('month', order_date::timestamp) AS m, date_trunc('month', min(order_date::timestamp) OVER (PARTITION BY customer_id)) AS cohort FROM csv) o,
			generate_series(0, 17) age WHERE cohort + age * interval '1 month' < '1998-07-01' GROUP BY cohort, age) c"), 'and all cohorts');

# Times without a zone: midnight of the day, in whichever zone the session is and the call names.
for my $zone ('UTC', 'America/Los_Angeles', 'Pacific/Auckland')
{
	query($node, qq{
		DROP TABLE IF EXISTS orders, sources CASCADE;
		CREATE TABLE orders AS SELECT customer_id AS t, customer_id::bigint AS b, order_date::date::timestamptz AS at FROM csv;
		CREATE TABLE sources AS
			SELECT 'one pass' AS source, retention_agg(b, at, '1 month') AS s FROM orders
			UNION ALL SELECT 'text, named zone', retention_agg(t, at, '1 month', '$zone') FROM orders
			UNION ALL SELECT 'months', rollup(s) FROM (SELECT retention_agg(b, at, '1 month') AS s FROM orders GROUP BY date_trunc('month', at)) m
			UNION ALL SELECT 'weekdays', rollup(s) FROM (SELECT retention_agg(b, at, '1 month') AS s FROM orders GROUP BY extract(dow FROM at)) m;
		CREATE VIEW reports AS
			SELECT source, g.* FROM sources, growth(s) g UNION ALL SELECT source || ', totals', g.* FROM sources, growth(totals(s)) g
			UNION ALL SELECT 'customers', g.* FROM (SELECT totals_agg(s) FROM (SELECT retention_agg(b, at, '1 month') AS s FROM orders GROUP BY b) c) x(t), growth(t) g;
		CREATE VIEW matrices AS
			SELECT source, c.* FROM sources, cohorts(s) c UNION ALL SELECT source || ', totals', c.* FROM sources, cohorts(totals(s)) c},
		timezone => $zone, client_min_messages => 'warning');
	is(query($node, 'SELECT count(DISTINCT source), count(*) FROM reports', timezone => $zone), '9|162', "nine ways to the months, $zone");
	is( query($node, q{
			SELECT r.source, m.* FROM reports r FULL JOIN (SELECT * FROM monthly, (SELECT DISTINCT source FROM reports) s) m
				ON m.month = to_char(r.period, 'YYYY-MM') AND m.source = r.source
			WHERE (r.active, r.new_customers, r.retained, r.resurrected, r.churned, r.starting, r.repeat_customers)
				IS DISTINCT FROM (m.active::bigint, m.new::bigint, m.retained::bigint, m.resurrected::bigint, m.churned::bigint, m.prev_active::bigint, m.customers_2plus_orders_in_month::bigint)
				OR round(r.crr::numeric, 10) IS DISTINCT FROM m.crr::numeric OR round(r.churn_rate::numeric, 10) IS DISTINCT FROM m.churn_rate::numeric
				OR round(r.repeat_rate::numeric, 10) IS DISTINCT FROM m.repeat_rate_in_month::numeric OR NOT r.complete}, timezone => $zone),
		'', "monthly.csv, $zone");
	is( query($node, q{
			SELECT c.source, m.* FROM matrices c FULL JOIN (SELECT * FROM cohort_matrix_long, (SELECT DISTINCT source FROM matrices) s) m
				ON m.cohort = to_char(c.cohort, 'YYYY-MM') AND m.month_offset::int = c.age AND m.source = c.source
			WHERE (c.customers, c.retained) IS DISTINCT FROM (m.cohort_size::bigint, m.active_customers::bigint)
				OR round(c.rate::numeric, 10) IS DISTINCT FROM m.retention::numeric OR NOT c.complete}, timezone => $zone),
		'', "cohort_matrix_long.csv, $zone");
	is( query($node, q{
			SELECT m.month FROM monthly m, sources, LATERAL (SELECT (month || '-17')::date) d(day)
			WHERE round(crr(s, day)::numeric, 10) IS DISTINCT FROM m.crr::numeric OR customer_count(s, day) <> m.active::bigint
				OR round(churn_rate(totals(s), day)::numeric, 10) IS DISTINCT FROM m.churn_rate::numeric
				OR (SELECT count(*) FROM members(s, day) WHERE state = 'resurrected') <> m.resurrected::bigint}, timezone => $zone),
		'', "month by month, $zone");
}

done_testing();
