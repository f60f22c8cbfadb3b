# Time of the metrics in the number of groups and in the length of a window.
#
# Sizes are ten times apart: linear costs are a ratio of 10, quadratic ones 100, and the limit is 25.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use Timing;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

query($node, RANDOM_SQL . q{
	CREATE TABLE small AS SELECT i / 10 AS g, i::bigint AS k FROM generate_series(0, 1999999) i;
	CREATE TABLE series AS SELECT i AS id, '2024-01-01Z'::timestamptz + i * interval '5 minutes' AS at,
		rnd(1, i, 5000) AS k, 'customer ' || rnd(1, i, 5000) AS t, rnd(2, i, 11)::int AS score
			FROM generate_series(1, 200000) i;
	VACUUM ANALYZE small; VACUUM ANALYZE series;
});

# 1. Groups: 10,000 and 100,000 of 20 customers, whose rows lie together.
for my $call ('customer_count(k)', "crr(k, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z'))")
{
	my $from = 'FROM (SELECT k / 20 AS g, k FROM small';

	times_at_most($node, 25, "groups of $call", "SELECT g, $call $from) s GROUP BY g", 2,
		"SELECT g, $call $from WHERE k < 200000) s GROUP BY g", 5, enable_sort => 'off');
}

# 2. A series: a window that moves, and one that runs.
my $PERIOD = "tstzrange('2024-03-01Z', '2024-05-01Z')";
for my $call ('customer_count(k)', 'repeat_rate(t)', 'purchase_frequency(k)', 'nps(score)')
{
	my $rolling = "SELECT $call OVER (ORDER BY at RANGE BETWEEN '2 days' PRECEDING AND CURRENT ROW) FROM series";

	times_at_most($node, 25, "rolling $call", $rolling, 2, "$rolling WHERE id <= 20000", 5);
}
for my $call ('repeat_rate(t)', 'purchase_frequency(k)', "crr(k, at, $PERIOD)",
	"churn_rate(k, at, $PERIOD, '30 days')",
	"crr(k, tstzrange(at, NULL), $PERIOD)", 'nps(score)')
{
	my $running = "SELECT $call OVER (ORDER BY at) FROM series";

	times_at_most($node, 25, "running $call", $running, 2, "$running WHERE id <= 20000", 5);
}

# A row that enters or leaves costs the same however long the frame is, as nothing is counted anew.
for my $call ('customer_count(k)', 'repeat_rate(t)', 'nps(score)')
{
	my $frame = "SELECT $call OVER (ORDER BY at ROWS %d PRECEDING) FROM series WHERE id <= 30000";

	times_at_most($node, 8, "frames of 2,000 rows and of 20, $call", sprintf($frame, 2000), 3,
		sprintf($frame, 20), 3);
}

done_testing();
