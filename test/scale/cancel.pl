# What takes long stops soon after it has been cancelled: by a timeout, at several points of the work.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use List::Util qw(max);
use Test::More;
use RetentionTest;
use Simulation;

my $LIMIT = 100;    # ms
my $node  = start_server('main', shared_buffers => '512MB', max_parallel_workers_per_gather => 0);

query($node, RANDOM_SQL . Simulation::SQL . q{
	CREATE TABLE customers AS SELECT hashint8extended(i, 1) AS k FROM generate_series(1, 4200000) i;
	CREATE TABLE orders AS
	SELECT rnd(1, i, 100000) AS k, '2014-01-01Z'::timestamptz + rnd(2, i, 3650) * interval '1 day' AS at
		FROM generate_series(1, 1000000) i;
	CREATE TABLE stored AS SELECT retention_agg(k, at, '1 day', 'UTC') AS s FROM orders;
	CREATE TABLE twins AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders, generate_series(1, 2);
	VACUUM ANALYZE customers; VACUUM ANALYZE orders;

	-- Milliseconds from the timeout until a query has ended; NULL if it ended by itself.
	CREATE FUNCTION delay_of(query text, timeout int) RETURNS float8 LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE query;
		RETURN NULL;
	EXCEPTION WHEN query_canceled THEN
		RETURN 1000 * extract(epoch FROM clock_timestamp() - statement_timestamp()) - timeout;
	END $$;
});

# Reports are called in the select list, since FROM would keep their rows, which the server takes its time to free.
# While a map of 4 million customers grows, most of the time is in the moments when it doubles.
my @growing = map { 50 + 12 * $_ } 0 .. 60;
my @some    = map { 100 + 70 * $_ } 0 .. 9;
for my $work (
	[ 'SELECT customer_count(k) FROM customers', @growing ],
	[ "SELECT retention_agg(k, timestamptz '2024-01-01Z', '1 month', 'UTC') FROM customers", @growing ],
	[ "SELECT revenue_agg(k, timestamptz '2024-01-01Z', 19.99, '1 month', 'UTC') FROM customers", @growing ],
	[ "SELECT time_to_order(k, timestamptz '2024-01-01Z', 2, '2025-01-01Z') FROM customers", @growing ],
	[ "SELECT bracket_retention(k, timestamptz '2024-01-01Z', '{0,30 days}', '2025-01-01Z') FROM customers", @growing ],
	[ "SELECT retention_agg(o.k, o.at, '1 day', 'UTC') FROM orders o, generate_series(1, 100)", @some ],
	[ 'SELECT rollup(t.s) FROM twins t, generate_series(1, 100000)', @some ],
	[ 'SELECT totals(s) FROM twins, generate_series(1, 100000) i WHERE customer_count(totals(s)) < -i', @some ],
	map({ [ "SELECT count(*) FROM (SELECT $_ FROM stored, generate_series(1, 10000) i OFFSET 0) r", @some ] }
		'growth(s)', "cohorts(s, NULL, CASE WHEN i > 0 THEN 'exact' END)", 'retention_curve(s)',
		"members(s, '2015-01-01'::date + i)"),
	map({ [ "SELECT $_(frequency, recency, age) FROM alike, generate_series(1, 100) i GROUP BY i", @some ] }
		qw(bgnbd_fit mbgnbd_fit pnbd_fit)))
{
	my ($sql, @timeouts) = @$work;
	my $delay  = sub { return query($node, "SELECT delay_of(\$\$$sql\$\$, $_[0])", statement_timeout => $_[0]) };
	my @delays = grep { $_ ne '' } map { $delay->($_) } @timeouts;
	my $longest = max(@delays) // 'none';

	cmp_ok(scalar @delays, '>', @timeouts / 2, "cancelled @{[ scalar @delays ]} times: $sql");
	cmp_ok($longest, '<', $LIMIT, "... ended within $longest ms");
}

done_testing();
