# A shop's months and cohorts, from one pass, from totals and from summaries of parts, against plain SQL.  What
# 010_summary_cdnow.pl asks of real orders is asked here of those that TestShop makes.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use TestShop;

my $node = start_server('main');

make_shop($node);
is( query($node, q{SELECT count(*), count(*) FILTER (WHERE active = 0), sum(new_customers), sum(retained) > 1000,
		sum(resurrected) > 500 FROM months}),
	'24|1|1956|t|t', 'months, one of them empty');
is( query($node, q{SELECT count(DISTINCT cohort), sum(customers) FILTER (WHERE age = 0),
		sum(retained) = (SELECT sum(active) FROM months) FROM cohort_months}),
	'21|1956|t', 'cohorts of all customers, who are those of the months');

for my $zone ('UTC', 'America/Sao_Paulo', 'Pacific/Auckland')
{
	my %settings = (timezone => $zone);

	query($node, qq{
		DROP TABLE IF EXISTS shop, sources CASCADE;
		CREATE TABLE shop AS SELECT 'customer ' || customer AS t, customer AS b, at::timestamptz FROM orders;
		CREATE TABLE sources AS
			SELECT 'one pass' AS source, retention_agg(b, at, '1 month') AS s FROM shop
			UNION ALL SELECT 'text, named zone', retention_agg(t, at, '1 month', '$zone') FROM shop
			UNION ALL SELECT 'months', rollup(s)
				FROM (SELECT retention_agg(b, at, '1 month') AS s FROM shop GROUP BY date_trunc('month', at)) m
			UNION ALL SELECT 'weekdays', rollup(s)
				FROM (SELECT retention_agg(b, at, '1 month') AS s FROM shop GROUP BY extract(dow FROM at)) m;
		CREATE VIEW reports AS
			SELECT source, g.* FROM sources, growth(s) g
			UNION ALL SELECT source || ', totals', g.* FROM sources, growth(totals(s)) g
			UNION ALL SELECT 'customers', g.*
				FROM (SELECT totals_agg(s) AS t
					FROM (SELECT retention_agg(b, at, '1 month') AS s FROM shop GROUP BY b) c) whole, growth(t) g;
		CREATE VIEW matrices AS
			SELECT source, c.* FROM sources, cohorts(s) c
			UNION ALL SELECT source || ', totals', c.* FROM sources, cohorts(totals(s)) c},
		%settings, client_min_messages => 'warning');
	is(query($node, 'SELECT count(DISTINCT source) FROM reports', %settings), '9', "nine ways to the months, $zone");
	same_rows($node, q{
			SELECT source, period, active, new_customers, retained, resurrected, churned, starting,
				repeat_customers, crr, churn_rate, repeat_rate, complete
			FROM reports},
		q{SELECT source, month AS period, active, new_customers, retained, resurrected, churned, starting,
				repeat_customers, crr, churn_rate, repeat_rate, true AS complete
			FROM months, (SELECT DISTINCT source FROM reports) s},
		'... are the same', %settings);
	is(query($node, 'SELECT count(DISTINCT source) FROM matrices', %settings), '8',
		"eight ways to the cohorts, $zone");
	same_rows($node, 'SELECT source, cohort, age, period, customers, retained, rate, complete FROM matrices',
		q{SELECT source, cohort, age, (cohort + age * interval '1 month')::date AS period, customers, retained,
				retained::float8 / customers AS rate, true AS complete
			FROM cohort_months, (SELECT DISTINCT source FROM matrices) s},
		'... are the same', %settings);
	same_rows($node, 'SELECT source, age, cohorts, customers, retained, rate FROM sources, retention_curve(s)',
		q{SELECT source, age, count(*) AS cohorts, sum(customers)::bigint AS customers,
				sum(retained)::bigint AS retained, sum(retained)::float8 / sum(customers)::float8 AS rate
			FROM cohort_months, sources GROUP BY source, age},
		"all cohorts in one curve, $zone", %settings);
	is( query($node, q{
			SELECT source, m.month FROM months m, sources, LATERAL (SELECT month + 16 AS day) d
			WHERE (crr(s, day), churn_rate(totals(s), day), customer_count(s, day),
					(SELECT count(*) FROM members(s, day) WHERE state = 'resurrected'))
				IS DISTINCT FROM (m.crr, m.churn_rate, m.active, m.resurrected)}, %settings),
		'', "month by month, $zone");
}

# A report of a month that is not over has no churned and no rate of it, nor counts, since orders have come later.
same_rows($node, q{
		SELECT period, starting, retained, churned, crr, complete FROM sources, growth(s, as_of => '2018-11-01 00:01')
		WHERE source = 'one pass'},
	q{SELECT month AS period, starting, retained, churned, crr, true AS complete
		FROM months WHERE month < '2018-11-01'
		UNION ALL SELECT month, starting, NULL, NULL, NULL, false FROM months WHERE month = '2018-11-01'},
	'a month that has begun', timezone => 'Pacific/Auckland');

done_testing();
