# The custom scan beside others: its cost, what EXPLAIN and the statistics say of it, and just-in-time compilation.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use ScanCases;

my $PERIOD = q{tstzrange('2024-04-01Z', '2024-07-01Z')};
my $node   = start_server('main', max_parallel_workers_per_gather => 0, shared_buffers => '16MB');

query($node, ORDERS_SQL . q{
	CREATE TABLE gaps AS SELECT * FROM orders; DELETE FROM gaps WHERE id % 700 > 20;
	CREATE TABLE updated AS SELECT * FROM orders; UPDATE updated SET c = c + 1 WHERE id % 3 = 0;
	CREATE TABLE all_dead AS SELECT * FROM orders; DELETE FROM all_dead;
	CREATE TABLE empty (LIKE orders);
});

# 1. Cost.  200,000 orders that come in order of time; seen, which does not.
query($node, q{
	CREATE TABLE big (c int NOT NULL, at timestamptz, seen int, note text) WITH (autovacuum_enabled = off);
	INSERT INTO big
	SELECT (i::bigint * 7919 % 30011)::int, '2024-01-01Z'::timestamptz + i * interval '150 s',
		(i::bigint * 104729 % 200003)::int, repeat('x', 60)
		FROM generate_series(1, 200000) i;
	CREATE INDEX by_time ON big USING brin (at) WITH (pages_per_range = 16);
	CREATE INDEX by_seen ON big (seen);
	VACUUM ANALYZE big;
});
my @scans = qw(seqscan indexscan indexonlyscan bitmapscan);
my $day = q{at >= '2024-06-01Z' AND at < '2024-06-02Z'};
check_cases($node, 'cost', [
	[ 'all rows', 'SELECT customer_count(c) FROM big', TAKEN, plain => 'SELECT count(DISTINCT c) FROM big' ],
	[ 'most rows', q{SELECT customer_count(c) FROM big WHERE at >= '2024-02-01Z' AND seen > 100}, TAKEN,
		plain => q{SELECT count(DISTINCT c) FROM big WHERE at >= '2024-02-01Z' AND seen > 100} ],
	[ 'a condition without an index', 'SELECT customer_count(c) FROM big WHERE c = 5', TAKEN, plain => 'SELECT 1' ],
	[ 'few rows of an index', 'SELECT customer_count(c) FROM big WHERE seen BETWEEN 70 AND 90', LEFT,
		like => qr/by_seen/,
		plain => 'SELECT count(DISTINCT c) FROM big WHERE seen BETWEEN 70 AND 90' ],
	[ 'few pages of a BRIN index', "SELECT customer_count(c) FROM big WHERE $day", LEFT, like => qr/by_time/,
		plain => "SELECT count(DISTINCT c) FROM big WHERE $day" ],
	[ 'a row at its place', q{SELECT customer_count(c) FROM big WHERE ctid = '(5,1)'}, LEFT, like => qr/Tid Scan/,
		plain => 'SELECT 1' ],
	[ 'an index scan alone', 'SELECT customer_count(seen) FROM big', LEFT, like => qr/Index Only Scan.*by_seen/,
		before => 'SET enable_seqscan = off;', after => 'RESET enable_seqscan;', plain => 'SELECT 200000' ],
	[ 'no sequential scan', q{SELECT customer_count(c) FROM big WHERE seen > 100}, LEFT, like => qr/by_seen/,
		before => 'SET enable_seqscan = off;', after => 'RESET enable_seqscan;' ],
	[ 'nothing but a sequential scan', 'SELECT customer_count(c) FROM big', TAKEN,
		before => join(' ', map { "SET enable_$_ = off;" } @scans),
		after => join(' ', map { "RESET enable_$_;" } @scans) ],
]);
# A scan that begins in the middle, where one before it has left off.
check_cases($node, 'in step', [
	[ 'with a scan that is not done', 'SELECT customer_count(c), count(*), sum(seen) FROM big', TAKEN,
		before => 'SELECT FROM big OFFSET 120000 LIMIT 1;',
		plain => 'SELECT count(DISTINCT c), count(*), sum(seen) FROM big' ],
	[ 'by page alone', 'SELECT customer_count(c), customer_count(seen) FROM big', TAKEN,
		before => 'SELECT FROM big OFFSET 120000 LIMIT 1;',
		plain => 'SELECT count(DISTINCT c), count(DISTINCT seen) FROM big' ],
	[ 'in parallel', 'SELECT customer_count(c), count(*), sum(seen) FROM big', TAKEN, like => qr/Finalize/,
		before => 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
			SELECT FROM big OFFSET 120000 LIMIT 1;' ] ]);
is( query($node, q{SELECT FROM big OFFSET 120000 LIMIT 1; SELECT at > '2024-01-02Z' FROM big LIMIT 1}),
	't', '... which is where the next one begins');
for my $query ('SELECT customer_count(c) FROM big',
	'SELECT customer_count(c), count(*), sum(seen) FROM big WHERE seen > 100',
	"SELECT retention_agg(c, at, '1 month') FILTER (WHERE seen > 100) FROM big")
{
	for my $settings ([SERIAL], [ PARALLEL, parallel_setup_cost => 1000, parallel_tuple_cost => 0.1 ])
	{
		my ($on, $off) = map { json_plan($node, $query, '', @$settings, 'retention.scan' => $_) } qw(on off);

		ok(find_node($on, 'Retention Scan') && !find_node($off, 'Retention Scan'), "cost: $query");
		cmp_ok($on->{'Total Cost'}, '<', $off->{'Total Cost'}, '... is below the executor\'s');
		cmp_ok($on->{'Total Cost'}, '>', $off->{'Total Cost'} / 2, '... but not by half');
		is($on->{'Plan Rows'}, $off->{'Plan Rows'}, '... of as many rows');
	}
}

# 2. EXPLAIN, and the counters of statistics.
my @counted = (
	[ 'all rows', 'SELECT customer_count(c) FROM orders' ],
	[ 'WHERE', 'SELECT customer_count(c) FROM orders WHERE shop = 3' ],
	[ 'WHERE that few rows pass', 'SELECT customer_count(c), count(*) FROM orders WHERE id % 1000 = 1' ],
	[ 'WHERE that nobody passes', q{SELECT customer_count(c) FROM orders WHERE note = 'none'} ],
	[ 'WHERE that the last row passes', 'SELECT customer_count(c) FROM orders WHERE id = 6000' ],
	[ 'FILTER',
		'SELECT customer_count(c) FILTER (WHERE paid), sum(cents), retention_agg(c, at, $$1 month$$)
			FROM orders WHERE shop > 2' ],
	[ 'HAVING', 'SELECT customer_count(c) FROM orders WHERE shop > 2 HAVING count(*) < 5' ],
	[ 'dead rows', 'SELECT customer_count(c) FROM gaps WHERE shop > 2' ],
	[ 'updated rows', 'SELECT customer_count(c) FROM updated' ],
	[ 'no rows', 'SELECT customer_count(c) FROM empty' ],
	[ 'all rows dead', 'SELECT customer_count(c) FROM all_dead' ],
	[ 'grouped', 'SELECT at::date, customer_count(c) FROM orders GROUP BY 1' ],
	[ 'grouped, dead rows', 'SELECT date_trunc($$month$$, at), customer_count(c) FROM gaps GROUP BY 1' ],
	[ 'grouped, WHERE and FILTER',
		'SELECT date_trunc($$month$$, at), customer_count(c) FILTER (WHERE paid), sum(cents) FROM orders
			WHERE shop > 2 GROUP BY 1' ],
	[ 'grouped, run again', 'SELECT shop, x.* FROM shops s,
		LATERAL (SELECT at::date, customer_count(c) FROM orders o WHERE o.shop = s.shop GROUP BY 1) x' ],
	[ 'run again', 'SELECT shop, (SELECT customer_count(c) FROM orders o WHERE o.shop = s.shop) FROM shops s' ],
);

# What EXPLAIN says of the sequential scan on a query's table, and of the pages of the aggregate above it.
sub scan_counts
{
	my ($json) = @_;
	my @nodes = nodes_of(JSON::PP::decode_json($json)->[0]{Plan});
	my ($scan) = grep { $_->{'Node Type'} eq 'Seq Scan' && $_->{'Relation Name'} ne 'shops' } @nodes;
	my ($aggregate) = grep { $_->{'Node Type'} eq 'Aggregate' } @nodes;

	return join ', ', "rows $scan->{'Actual Rows'}", "loops $scan->{'Actual Loops'}",
	  'removed ' . ($scan->{'Rows Removed by Filter'} // 0),
	  map { 'pages ' . ($_->{'Shared Hit Blocks'} + $_->{'Shared Read Blocks'}) } $scan, $aggregate;
}

# For each counted query, all in one session: what EXPLAIN says, and by how much its table's counters grow.
sub counts_of
{
	my (%settings) = @_;
	my $script = "LOAD 'retention'; SET stats_fetch_consistency = none;\n";

	for my $counted (@counted)
	{
		my $query = $counted->[1];
		my ($table) = $query =~ m{customer_count.*?\sFROM (\w+)}s;
		my $numbers = "\\o /dev/null\nSELECT pg_stat_force_next_flush();\n\\o\nSELECT seq_scan, seq_tup_read,
			coalesce(idx_scan, 0) FROM pg_stat_all_tables WHERE relid = '$table'::regclass;";

		# The first run sets hints and, from 19 on, bits of the visibility map, which takes a page more; the second
		# finds the catalog's rows in the cache.
		$script .= join "\n", '\o /dev/null', "$query;", '\o', '\echo ==explain==', "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) $query;",
		  '\echo ==counters==', $numbers, "\\o /dev/null\n$query;\n\\o", $numbers, '';
	}
	my (undef, @parts) = split /^==(?:explain|counters)==\n/m, query($node, $script, %settings);
	return map { my ($json, $lines) = splice @parts, 0, 2; [ scan_counts($json), growth_of($lines) ] } @counted;
}

# From counters before and after, on two lines.
sub growth_of
{
	my ($lines) = @_;
	my ($before, $after) = map { [ split /\|/ ] } split /\n/, $lines;

	return 'grow by ' . join ', ', map { $after->[$_] - $before->[$_] } 0 .. $#$after;
}

for my $settings ([SERIAL], [PARALLEL])
{
	my @on = counts_of(@$settings, 'retention.scan' => 'on');
	my @off = counts_of(@$settings, 'retention.scan' => 'off');
	my $where = "@$settings[-2, -1]";

	for my $i (0 .. $#counted)
	{
		my $name = "$counted[$i][0], $where";

		is($on[$i][0], $off[$i][0], "EXPLAIN: $name: $on[$i][0]") if @$settings == 2;
		is($on[$i][1], $off[$i][1], "statistics: $name: $on[$i][1]");
	}
}

# Rows of all processes together.
{
	my @rows = map {
		my $plan = json_plan($node, 'SELECT customer_count(c) FROM orders', ', ANALYZE, TIMING OFF', PARALLEL,
			max_parallel_workers_per_gather => 1, parallel_leader_participation => 'off', 'retention.scan' => $_);
		my $scan = find_node($plan, 'Seq Scan');

		"$scan->{'Actual Rows'} in $scan->{'Actual Loops'}"
	} qw(on off);
	is($rows[0], $rows[1], "EXPLAIN in parallel: rows $rows[0]");
}

# Which aggregates take pages, and which rows.
for my $listed (
	[ 'customer_count(c)', [qw(customer_count)], undef ],
	[ "customer_count(c), repeat_rate(c, 2), crr(c, at, $PERIOD)", [qw(customer_count repeat_rate crr)], undef ],
	[ 'count(*), customer_count(c), sum(amount), purchase_frequency(c)',
		[qw(customer_count purchase_frequency)], [qw(count sum)] ],
	[ 'customer_count(c) FILTER (WHERE paid), count(*) FILTER (WHERE paid)', [qw(customer_count)], [qw(count)] ],
	[ 'customer_count(c), customer_count(c + 0), repeat_rate(c, two), top_share(c, amount)', [qw(customer_count)],
		[qw(customer_count repeat_rate top_share)] ],
	[ 'customer_count(c) + customer_count(c)', [qw(customer_count)], undef ],
	[ "retention_agg(c, at, '1 month'), churn_rate(c, active, $PERIOD)", [qw(retention_agg churn_rate)], undef ])
{
	my ($calls, $by_page, $by_row) = @$listed;

	my $plan = json_plan($node, "SELECT $calls FROM orders", '', $by_row ? SERIAL : PARALLEL);
	my $scan = find_node($plan, 'Retention Scan');

	is_deeply([ @$scan{'Aggregates by Page', 'Aggregates by Row'} ], [ $by_page, $by_row ], "EXPLAIN lists $calls");
}
{
	my $query = 'SELECT customer_count(c) + 1, count(*), sum(amount) FROM orders WHERE shop > 2
		HAVING repeat_rate(c) > 0';
	my $custom = NODE;

	my $output = qr/\n\s*Output: \(*customer_count\(c\) \+ 1\)+, /;

	like(query($node, "EXPLAIN $query"),
		qr/$custom.*by Page: customer_count, repeat_rate\n\s*Aggregates by Row: count, sum\n.*Aggregate.*Seq Scan/s,
		'EXPLAIN');
	for my $options ('VERBOSE', 'ANALYZE, VERBOSE', 'ANALYZE, BUFFERS, WAL, SETTINGS', 'ANALYZE, FORMAT YAML',
		'FORMAT XML')
	{
		like(plan_of($node, $query, $options, @$_), qr/Retention.Scan.*Aggregates.by.Page.*Seq Scan/s,
			"EXPLAIN ($options), @$_[-2, -1]")
		  for [SERIAL], [PARALLEL];
	}
	like(plan_of($node, $query, 'VERBOSE', SERIAL), qr/$custom.*?$output/, 'EXPLAIN VERBOSE: output');
	like(plan_of($node, $query, 'VERBOSE', PARALLEL),
		qr/Finalize Aggregate.*?$output.*$custom.*?\n\s*Output: \(*PARTIAL customer_count\(c\)/s,
		'EXPLAIN VERBOSE: output in parallel');
	like(plan_of($node, $query, 'SETTINGS', 'retention.scan' => 'off'), qr/retention\.scan = 'off'/,
		'EXPLAIN (SETTINGS)');
}
SKIP:
{
	skip 'EXPLAIN (GENERIC_PLAN) came in 16', 1 if $node->pg_version < 16;
	like(plan_of($node, 'SELECT customer_count(c), repeat_rate(c, $2) FROM orders WHERE shop = $1', 'GENERIC_PLAN'),
		NODE, 'EXPLAIN (GENERIC_PLAN)');
}

# 3. Just-in-time compilation.
SKIP:
{
	skip 'this server has no just-in-time compilation', 2
	  if query($node, 'SELECT pg_jit_available()', jit => 'on') ne 't';
	my @jit = (jit => 'on', jit_above_cost => 0, jit_inline_above_cost => -1, jit_optimize_above_cost => -1);
	my $query = 'SELECT customer_count(c), sum(amount), count(*) FILTER (WHERE paid), max(note),
		repeat_rate(c) FILTER (WHERE cents % 3 = 0) FROM orders WHERE shop > 2 AND cents > 50000';
	my @cases = (
		[ 'by page',
			"SELECT customer_count(c), repeat_rate(c, 3), crr(c, at, $PERIOD), retention_agg(c, at, '1 month')
			FROM orders", TAKEN ],
		[ 'with others, WHERE and FILTER', $query, TAKEN ],
		[ 'above and beside',
			"SELECT s.n + count(*), (SELECT customer_count(o.c) FROM orders o WHERE o.shop < max(s.n) % 7)
				FROM (SELECT customer_count(c) n FROM orders) s, shops GROUP BY s.n", TAKEN ],
	);

	check_cases($node, 'jit', \@cases, @jit);
	check_cases($node, 'jit, parallel', \@cases, PARALLEL, @jit);
	unlike(plan_of($node, $query, 'ANALYZE', @jit), qr/JIT:/, 'jit: the node compiles nothing');
	like(plan_of($node, $query, 'ANALYZE', @jit, 'retention.scan' => 'off'), qr/JIT:/, '... the executor does');
}

done_testing();
