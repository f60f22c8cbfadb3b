# What it costs: memory of many small groups, time in the number of groups and in the length of a window, memory of a
# window that moves, one state for several metrics, and the answers when hashed grouping spills to disk.
#
# Times are compared with each other only, each the best of several runs, and between sizes ten times apart: linear
# costs are a ratio of 10, quadratic ones 100, and the line is drawn at 25.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use List::Util qw(min max);
use Test::More;
use RetentionTest;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

query($node, RANDOM_SQL . q{
	CREATE TABLE small AS SELECT i / 10 AS g, i::bigint AS k FROM generate_series(0, 1999999) i;
	CREATE TABLE wide AS SELECT g, md5(k::text)::uuid AS u, 'customer ' || k AS t FROM small WHERE g < 20000;
	CREATE TABLE series AS SELECT i AS id, '2024-01-01Z'::timestamptz + i * interval '5 minutes' AS at,
		rnd(1, i, 5000) AS k, 'customer ' || rnd(1, i, 5000) AS t, rnd(2, i, 11)::int AS score FROM generate_series(1, 200000) i;
	VACUUM ANALYZE small; VACUUM ANALYZE wide; VACUUM ANALYZE series;
});

# Bytes of a HashAggregate that stays in memory.
sub hash_memory
{
	my ($sql) = @_;
	my $plan = plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', enable_sort => 'off', hash_mem_multiplier => 2);

	die "not one batch in memory: $plan" unless $plan =~ /"HashAgg Batches": 1\b/;
	die $plan unless $plan =~ /"Peak Memory Usage": (\d+)/;
	return 1024 * $1;
}

# Milliseconds of the best of some runs.
sub best_time
{
	my ($sql, $runs, %settings) = @_;

	return min(map { plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', %settings) =~ /"Execution Time": ([\d.]+)/; $1 } 1 .. $runs);
}

sub linear
{
	my ($name, $large, $small, %settings) = @_;
	my $small_time = best_time($small, 5, %settings);
	my $large_time = best_time($large, 2, %settings);

	return cmp_ok($large_time / $small_time, '<', 25, sprintf('%s: %.0f ms against %.0f ms', $name, $large_time, $small_time));
}

# 1. Memory of 200,000 groups of ten customers, beside what the groups cost anyway.
my $groups = 200000;
my $floor = hash_memory('SELECT g, count(*) FROM small GROUP BY g');
for my $call ('customer_count(k)', 'repeat_rate(k, 3)')
{
	my $each = (hash_memory("SELECT g, $call FROM small GROUP BY g") - $floor) / $groups;

	cmp_ok($each, '<=', 300, sprintf('%s of ten customers: %.0f bytes a group', $call, $each));
	cmp_ok($each, '>=', 100, '... which is measured where the states are');
}

# Other keys and states have no promise but to be far from the 8 kB of a memory context for each group.
for my $call ('customer_count(u)', 'customer_count(t)',
	"crr(u, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z'))", "top_share(u, 1::numeric)", "median_order_gap('2024-01-15Z'::timestamptz)")
{
	my $memory = hash_memory("SELECT g, $call FROM wide GROUP BY g") - hash_memory('SELECT g, count(*) FROM wide GROUP BY g');
	my $each = $memory / 20000;

	cmp_ok($each, '<=', 2000, sprintf('%s of ten customers: %.0f bytes a group', $call, $each));
}

# 2. One state for all metrics of the same column.
my $from = 'FROM small WHERE g < 100000 GROUP BY g';
my $three = hash_memory("SELECT g, customer_count(k), repeat_rate(k), purchase_frequency(k) $from");
my $one   = hash_memory("SELECT g, customer_count(k) $from");
cmp_ok($three, '<', 1.2 * $one, 'three metrics of one column share one state');
my $arguments = "(k, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z'))";
cmp_ok(hash_memory("SELECT g, crr$arguments, churn_rate$arguments $from"), '<', 1.2 * hash_memory("SELECT g, crr$arguments $from"),
	'so do crr and churn_rate');
cmp_ok(hash_memory("SELECT g, customer_count(k), customer_count(-k) $from"), '>', $one + 150 * 100000,
	'different columns do not: this memory is that of states');

# 3. Time in the number of groups: 10,000 and 100,000 of 20 customers, whose rows lie together.
for my $call ('customer_count(k)', "crr(k, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z'))")
{
	my $from = 'FROM (SELECT k / 20 AS g, k FROM small';

	linear("groups of $call", "SELECT g, $call $from) s GROUP BY g", "SELECT g, $call $from WHERE k < 200000) s GROUP BY g",
		enable_sort => 'off');
}

# 4. Time in the length of a series: a window that moves, and one that runs.
my $PERIOD = "tstzrange('2024-03-01Z', '2024-05-01Z')";
for my $call ('customer_count(k)', 'repeat_rate(t)', 'purchase_frequency(k)', 'nps(score)')
{
	my $rolling = "SELECT $call OVER (ORDER BY at RANGE BETWEEN '2 days' PRECEDING AND CURRENT ROW) FROM series";

	linear("rolling $call", $rolling, "$rolling WHERE id <= 20000");
}
for my $call ('repeat_rate(t)', 'purchase_frequency(k)', "crr(k, at, $PERIOD)", "churn_rate(k, at, $PERIOD, '30 days')",
	"crr(k, tstzrange(at, NULL), $PERIOD)", 'nps(score)')
{
	my $running = "SELECT $call OVER (ORDER BY at) FROM series";

	linear("running $call", $running, "$running WHERE id <= 20000");
}

# A row that enters or leaves costs the same however long the frame is, as nothing is counted anew.
for my $call ('customer_count(k)', 'repeat_rate(t)', 'nps(score)')
{
	my $short = best_time("SELECT $call OVER (ORDER BY at ROWS 20 PRECEDING) FROM series WHERE id <= 30000", 3);
	my $long  = best_time("SELECT $call OVER (ORDER BY at ROWS 2000 PRECEDING) FROM series WHERE id <= 30000", 3);

	cmp_ok($long / $short, '<', 8, sprintf('frames of 2,000 rows: %.0f ms, of 20: %.0f ms, %s', $long, $short, $call));
}

# 5. Memory of a window that moves over ever new customers follows the frame.
query($node, q{
	CREATE FUNCTION memory_of(context text) RETURNS bigint VOLATILE LANGUAGE sql
	RETURN (SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name LIKE context);
});
for my $key ('k', 'md5(k::text)::uuid', "'customer ' || k")
{
	my ($early, $late) = split /\n/, query($node, qq{
		SELECT memory_of('WindowAgg%') FROM (
			SELECT k, customer_count($key) OVER w AS c, repeat_rate($key) OVER w AS r
			FROM small WHERE k < 500000 WINDOW w AS (ORDER BY k ROWS 999 PRECEDING) OFFSET 0) s
		WHERE k IN (5000, 499999) AND c + r = 1000});

	cmp_ok($early, '>', 16000, "moving window of $key: the states are in what is measured");
	cmp_ok($late, '<=', 1.5 * $early, "... memory after 500,000 customers, $late bytes, is that after 5,000, $early");
}

# 6. Hashed grouping that spills to disk answers the same.
my $spilled = q{
	SELECT g, customer_count(t) c, repeat_rate(u) r, purchase_frequency(t) f, top_share(u, length(t)::numeric) s,
		crr(t, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z')) x, median_order_gap('2024-01-15Z'::timestamptz) m
	FROM (SELECT g % 2000 g, u, t FROM wide) w GROUP BY g};
my %little = (work_mem => '1MB', hash_mem_multiplier => 1, enable_sort => 'off');
like(plan_of($node, $spilled, 'ANALYZE, FORMAT JSON, TIMING OFF', %little), qr/"HashAgg Batches": (?!1\b)\d+/, 'HashAggregate spills');
query($node, "CREATE TABLE in_memory AS $spilled", enable_sort => 'off');
same_rows($node, $spilled, 'SELECT * FROM in_memory', 'spilled groups have the same answers', %little);
is(query($node, 'SELECT count(*), min(c), max(c), min(r), min(f), min(x), min(m) FROM in_memory'), '2000|100|100|0|1||00:00:00', '... which are the right ones');

done_testing();
