# rfm_cuts in parallel.
#
# The cuts that workers make together must be those of one process, for each type of revenue, whether its values are
# compared as integers or not, and however the rows are shared out.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

query($node, RANDOM_SQL . q{
	CREATE TABLE customers (id int, region int, last_order timestamptz, orders bigint,
		revenue bigint) WITH (parallel_workers = 4);
	INSERT INTO customers
	SELECT id, sqrt(id)::int % 7, '2024-01-01Z'::timestamptz + rnd(1, id, 400 * 24) * interval '1 hour',
		CASE WHEN rnd(2, id, 20) > 0 THEN 1 + rnd(3, id, 1 + rnd(4, id, 30)) END, rnd(5, id, 100000) - 5000
	FROM generate_series(1, 50000) id;
	CREATE TABLE nobody (LIKE customers) WITH (parallel_workers = 4);
	VACUUM ANALYZE customers;
});

for my $revenue ('revenue', 'revenue * 0.01', 'revenue::numeric / 7', 'revenue::numeric * 1e20',
	'revenue::float8 / 7')
{
	for my $more ('', ', 9', ", 2, '2025-06-01Z'")
	{
		my $sql = "SELECT rfm_cuts(last_order, orders, $revenue$more) FROM customers";
		my $one = query($node, $sql, SERIAL);

		like($one, qr/"revenue": \[-?\d/, "cuts of $revenue$more");
		for my $leader (qw(on off))
		{
			is(query($node, $sql, PARALLEL, parallel_leader_participation => $leader), $one,
				"... in parallel, leader $leader");
		}
	}
	like(plan_of($node, "SELECT rfm_cuts(last_order, orders, $revenue) FROM customers",
		'ANALYZE, COSTS OFF, TIMING OFF',
			PARALLEL, parallel_leader_participation => 'off'),
		qr/Finalize Aggregate.*Gather.*Workers Launched: [12]\b.*Partial Aggregate/s, "... which it is");
}
same_rows($node, 'SELECT region, rfm_cuts(last_order, orders, revenue / 3.0)::text AS cuts FROM customers
	GROUP BY region', q{
		SELECT region, (array_agg(cuts))[1] AS cuts FROM (
			SELECT region, (rfm_cuts(last_order, orders, revenue / 3.0) OVER (PARTITION BY region))::text AS cuts
				FROM customers) c
		GROUP BY region},
	'of groups', PARALLEL);
is(query($node, 'SELECT rfm_cuts(last_order, orders, revenue) IS NULL FROM nobody', PARALLEL), 't',
	'of nobody, in parallel');
is(query($node, 'SELECT rfm_cuts(last_order, orders, revenue) IS NULL FROM customers WHERE orders IS NULL', PARALLEL),
	't', '... of NULLs');
is(sqlstate($node, 'SELECT rfm_cuts(last_order, orders, revenue, 2 + id % 2) FROM customers', PARALLEL), '22023',
	'bins that vary');

done_testing();
