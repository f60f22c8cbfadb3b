# rfm_cuts in parallel, and corrupt ones.
#
# The cuts that workers make together must be those of one process, for each type of revenue, whether its values are
# compared as integers or not, and however the rows are shared out. What corrupt messages and stored bytes may do is told
# in test/perl/Corrupt.pm.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use Corrupt;
use RetentionTest;

my $node = start_server('main');

query($node, RANDOM_SQL . q{
	CREATE TABLE customers (id int, region int, last_order timestamptz, orders bigint, revenue bigint) WITH (parallel_workers = 4);
	INSERT INTO customers
	SELECT id, sqrt(id)::int % 7, '2024-01-01Z'::timestamptz + rnd(1, id, 400 * 24) * interval '1 hour',
		CASE WHEN rnd(2, id, 20) > 0 THEN 1 + rnd(3, id, 1 + rnd(4, id, 30)) END, rnd(5, id, 100000) - 5000
	FROM generate_series(1, 50000) id;
	CREATE TABLE nobody (LIKE customers) WITH (parallel_workers = 4);
	VACUUM ANALYZE customers;
});

# 1. In parallel.
for my $revenue ('revenue', 'revenue * 0.01', 'revenue::numeric / 7', 'revenue::numeric * 1e20', 'revenue::float8 / 7')
{
	for my $more ('', ', 9', ", 2, '2025-06-01Z'")
	{
		my $sql = "SELECT rfm_cuts(last_order, orders, $revenue$more) FROM customers";
		my $one = query($node, $sql, SERIAL);

		like($one, qr/"revenue": \[-?\d/, "cuts of $revenue$more");
		for my $leader (qw(on off))
		{
			is(query($node, $sql, PARALLEL, parallel_leader_participation => $leader), $one, "... in parallel, leader $leader");
		}
	}
	like(plan_of($node, "SELECT rfm_cuts(last_order, orders, $revenue) FROM customers", 'ANALYZE, COSTS OFF, TIMING OFF',
			PARALLEL, parallel_leader_participation => 'off'),
		qr/Finalize Aggregate.*Gather.*Workers Launched: [12]\b.*Partial Aggregate/s, "... which it is");
}
same_rows($node, 'SELECT region, rfm_cuts(last_order, orders, revenue / 3.0)::text AS cuts FROM customers GROUP BY region', q{
		SELECT region, (array_agg(cuts))[1] AS cuts FROM (
			SELECT region, (rfm_cuts(last_order, orders, revenue / 3.0) OVER (PARTITION BY region))::text AS cuts FROM customers) c
		GROUP BY region},
	'of groups', PARALLEL);
is(query($node, 'SELECT rfm_cuts(last_order, orders, revenue) IS NULL FROM nobody', PARALLEL), 't', 'of nobody, in parallel');
is(query($node, 'SELECT rfm_cuts(last_order, orders, revenue) IS NULL FROM customers WHERE orders IS NULL', PARALLEL), 't', '... of NULLs');
is(sqlstate($node, 'SELECT rfm_cuts(last_order, orders, revenue, 2 + id % 2) FROM customers', PARALLEL), '22023', 'bins that vary');

# 2. Messages.
query($node, q{CREATE TABLE good AS
	SELECT rfm_cuts(last_order, orders, revenue / 3.0, 4, '2025-06-01Z') AS c FROM customers
	UNION ALL SELECT rfm_cuts(last_order, orders, revenue * 1e20, 9, '2026-01-01Z') FROM customers
	UNION ALL SELECT rfm_cuts(last_order, 1, revenue, 5, '2025-06-01Z') FROM customers
	UNION ALL SELECT rfm_cuts('{200 days, 30 days}'::interval[], '{2, 5}', '{10, 99.5}')});
my @sent = messages_of($node, 'rfm_cuts', 'SELECT c FROM good');
my @taken = send_values($node, 'rfm_cuts', '22023|22003|22P03|08P01|22008', map({ altered_everywhere($_) } @sent), altered_at_random(200, @sent));
cmp_ok(scalar @taken, '>', 100, '... or taken');
is(query($node, 'SELECT count(*) FROM received WHERE v::text::rfm_cuts <> v OR v <> v OR (SELECT count(from_value) FROM cuts(v)) > 24'),
	'0', '... and then they are values like any other');

done_testing();
