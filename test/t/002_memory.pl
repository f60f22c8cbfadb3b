# Memory: of many small groups, of several metrics that share a state, of a window that moves, of sorted values; and the
# answers when hashed grouping spills to disk. Time is measured in test/scale.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

query($node, q{
	CREATE TABLE small AS SELECT i / 10 AS g, i::bigint AS k FROM generate_series(0, 1999999) i;
	CREATE TABLE wide AS SELECT g, md5(k::text)::uuid AS u, 'customer ' || k AS t FROM small WHERE g < 20000;
	VACUUM ANALYZE small; VACUUM ANALYZE wide;
});

# Bytes of a HashAggregate that stays in memory.
sub hash_memory
{
	my ($sql) = @_;
	my $plan = plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', enable_sort => 'off',
		hash_mem_multiplier => 2);

	die "not one batch in memory: $plan" unless $plan =~ /"HashAgg Batches": 1\b/;
	die $plan unless $plan =~ /"Peak Memory Usage": (\d+)/;
	return 1024 * $1;
}

# 1. 200,000 groups of ten customers, without what the groups cost anyway.
my $groups = 200000;
my $floor = hash_memory('SELECT g, count(*) FROM small GROUP BY g');
for my $call ('customer_count(k)', 'repeat_rate(k, 3)')
{
	my $each = (hash_memory("SELECT g, $call FROM small GROUP BY g") - $floor) / $groups;

	cmp_ok($each, '<=', 300, sprintf('%s of ten customers: %.0f bytes a group', $call, $each));
	cmp_ok($each, '>=', 100, '... which is measured where the states are');
}

# For other keys and states there is no promise, but a memory context for each group would be 8 kB.
for my $call ('customer_count(u)', 'customer_count(t)',
	"crr(u, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z'))", "top_share(u, 1::numeric)",
	"median_order_gap('2024-01-15Z'::timestamptz)",
	"time_to_order(u, '2024-01-15Z'::timestamptz, 2, '2024-03-01Z')",
	"time_to_order(t, '2024-01-15Z'::timestamptz, 3, '2024-03-01Z')",
	"bracket_retention(u, '2024-01-15Z'::timestamptz, '{0,7 days,30 days}', '2024-03-01Z')",
	"survival_agg('5 days', true, '7 days')",
	"revenue_agg(u, '2024-01-15Z'::timestamptz, 19.99, '1 month', 'UTC')",
	"revenue_agg(t, tstzrange('2024-01-15Z', '2024-02-15Z'), 10, '1 month', 'UTC', '2024-03-01Z')")
{
	my $memory = hash_memory("SELECT g, $call FROM wide GROUP BY g")
		- hash_memory('SELECT g, count(*) FROM wide GROUP BY g');
	my $each = $memory / 20000;
	my $most = $call =~ /^revenue/ ? 3000 : 2000;    # beside the map there is a log of amounts

	cmp_ok($each, '<=', $most, sprintf('%s of ten customers: %.0f bytes a group', $call, $each));
}

# 2. One state for all metrics of the same column.
my $from = 'FROM small WHERE g < 100000 GROUP BY g';
my $three = hash_memory("SELECT g, customer_count(k), repeat_rate(k), purchase_frequency(k) $from");
my $one   = hash_memory("SELECT g, customer_count(k) $from");
cmp_ok($three, '<', 1.2 * $one, 'three metrics of one column share one state');
my $arguments = "(k, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z'))";
cmp_ok(hash_memory("SELECT g, crr$arguments, churn_rate$arguments $from"), '<',
	1.2 * hash_memory("SELECT g, crr$arguments $from"),
	'so do crr and churn_rate');
cmp_ok(hash_memory("SELECT g, customer_count(k), customer_count(-k) $from"), '>', $one + 150 * 100000,
	'different columns do not: this memory is that of states');

# 3. A window that moves over ever new customers needs memory for its frame only.
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

# 4. Hashed grouping that spills to disk answers the same.
my $spilled = q{
	SELECT g, customer_count(t) c, repeat_rate(u) r, purchase_frequency(t) f, top_share(u, length(t)::numeric) s,
		crr(t, '2024-01-15Z'::timestamptz, tstzrange('2024-01-01Z', '2024-02-01Z')) x,
			median_order_gap('2024-01-15Z'::timestamptz) m
	FROM (SELECT g % 2000 g, u, t FROM wide) w GROUP BY g};
my %little = (work_mem => '1MB', hash_mem_multiplier => 1, enable_sort => 'off');
like(plan_of($node, $spilled, 'ANALYZE, FORMAT JSON, TIMING OFF', %little), qr/"HashAgg Batches": (?!1\b)\d+/,
	'HashAggregate spills');
query($node, "CREATE TABLE in_memory AS $spilled", enable_sort => 'off');
same_rows($node, $spilled, 'SELECT * FROM in_memory', 'spilled groups have the same answers', %little);
is(query($node, 'SELECT count(*), min(c), max(c), min(r), min(f), min(x), min(m) FROM in_memory'),
	'2000|100|100|0|1||00:00:00', '... which are the right ones');

# 5. A sort compares a value some fifteen times, and each time may have to unpack it: its memory is that of the values.
query($node, q{
	CREATE TABLE stored AS
	SELECT s, totals(s) AS t, earn(points_ledger(), i, '2024-01-01Z') AS l,
		rfm_cuts(ARRAY[i * interval '1 day'], ARRAY[1::bigint], ARRAY[1.0]) AS c
	FROM (SELECT i, retention_agg((i % 1000 + k)::numeric, timestamptz '2024-01-01Z', '1 month', 'UTC') AS s
		FROM generate_series(1, 20000) i, generate_series(1, 3) k GROUP BY i) g});
query($node, q{
	ALTER TABLE stored ADD r revenue_summary, ADD m revenue_totals;
	UPDATE stored SET (r, m) = (SELECT r, totals(r)
		FROM (SELECT revenue_agg(customer::numeric, '2024-01-01Z'::timestamptz, customer::numeric, '1 month', 'UTC') AS r
			FROM members(s, '2024-01-01')) e)});
for my $column (qw(s t l c r m))
{
	my $memory = query($node, "SELECT total FROM (SELECT $column FROM stored ORDER BY $column OFFSET 0) o,
		LATERAL (SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE o IS NOT NULL) m (total) LIMIT 1",
		enable_material => 'off');

	cmp_ok($memory, '<', 20e6, "sort of stored values ($column): $memory bytes");
	cmp_ok($memory, '>', 2e6, '... which is measured while they are sorted');
}

done_testing();
