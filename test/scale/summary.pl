# Time of summaries: of many small groups, of their rollups and totals, and of a running rollup.
#
# Four times as much may take nine times as long, where quadratic costs would take sixteen.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use Timing;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

query($node, q{
	CREATE TABLE orders AS
	SELECT i::bigint AS k, '2024-01-01Z'::timestamptz + i % 600 * interval '1 day' AS at
		FROM generate_series(1, 1000000) i;
	CREATE TABLE singles AS
	SELECT k % 200000 AS k, retention_agg(k % 200000, at, '1 month', 'UTC') AS s FROM orders WHERE k <= 400000
		GROUP BY 1;
	CREATE TABLE names AS
	SELECT 'customer ' || k AS t, retention_agg('customer ' || k, at, '1 month', 'UTC') AS s FROM orders
		WHERE k <= 60000 GROUP BY 1;
	VACUUM ANALYZE orders; VACUUM ANALYZE singles; VACUUM ANALYZE names;
});

sub linear
{
	my ($name, $small, $large, %settings) = @_;

	return times_at_most($node, 9, $name, $large, 1, $small, 2, %settings);
}

# 1. Groups of one customer.
my %hashed = (enable_sort => 'off', hash_mem_multiplier => 4);
my $groups = "SELECT k, retention_agg(k, at, '1 month', 'UTC') AS s FROM orders WHERE k <= %d GROUP BY k";
linear('groups of one customer', sprintf($groups, 250000), sprintf($groups, 1000000), %hashed);
my $totals = "SELECT totals_agg(s) FROM ($groups) c";
linear('totals of groups', sprintf($totals, 250000), sprintf($totals, 1000000), %hashed);

my $revenue = "SELECT k, revenue_agg(k, at, 19.99, '1 month', 'UTC') AS s FROM orders WHERE k <= %d GROUP BY k";
linear('revenue of groups', sprintf($revenue, 250000), sprintf($revenue, 1000000), %hashed);
my $revenue_totals = "SELECT totals_agg(s) FROM ($revenue) c";
linear('totals of revenue of groups', sprintf($revenue_totals, 250000), sprintf($revenue_totals, 1000000), %hashed);
my $rows = 'SELECT revenue_agg(i %% 10, %s, 19.99, $$1 month$$, $$UTC$$) FROM generate_series(1, %d) i';
my $at = 'timestamptz $$2024-01-01Z$$ + i % 700 * interval $$1 day$$';
linear('revenue of rows of few customers', sprintf($rows, $at, 250000), sprintf($rows, $at, 1000000));

# 2. Rollups of summaries of one customer: of numbers, and of text, whose order is a hash.
linear('rollup of numbers', 'SELECT rollup(s) FROM singles WHERE k < 50000', 'SELECT rollup(s) FROM singles');
linear('rollup of text', 'SELECT rollup(s) FROM (SELECT s FROM names LIMIT 15000) n', 'SELECT rollup(s) FROM names');
linear('rollup into groups', 'SELECT rollup(s) FROM singles WHERE k < 50000 GROUP BY k % 5000',
	'SELECT rollup(s) FROM singles GROUP BY k % 20000');
linear('running rollup',
	'SELECT customer_count(rollup(s) OVER (PARTITION BY k % 500 ORDER BY k)) FROM singles WHERE k < 5000',
	'SELECT customer_count(rollup(s) OVER (PARTITION BY k % 2000 ORDER BY k)) FROM singles WHERE k < 20000');

done_testing();
