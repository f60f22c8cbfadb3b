# points_balance and points_running over a movement table: random movements beside a model of the ledger's rules, in
# parallel and by partitions, and memory.
#
# LedgerModel.pm enters movements one by one, and tells which rows they are in a table. Nothing is backdated, so that
# table and ledger mean the same.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use LedgerLife;
use RetentionTest;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

# 1. Random members. Times are hours.
query($node, LedgerLife::SQL . q{
	CREATE TABLE hours (kind text, member int, points bigint, at int, expires int, available int);
	CREATE TABLE expected (kind text, member int, t int, balance bigint);
});

# Each movement comes at a time of its own: movements at one time have an order in a ledger, but none in a table. What
# is taken back expires: a row without an expiry names no lot.
my @any   = (pause => [ 1, 6 ], points => 50, lasting => 60);
my @delay = (pending => 0.5, delay => 12);
my %kinds = (
	plain    => [ @any, endless => 0.15 ],
	pending  => [ @any, @delay, endless => 0.15 ],
	reversed => [ @any, @delay, reversals => 0.2 ],
	in_debt  => [ @any, @delay, reversals => 0.2, debts => 1 ]);

srand 35;
my (%said, @rows, @expected);
for my $kind (sort keys %kinds)
{
	for my $member (1 .. 60)
	{
		my $life  = LedgerLife->new('m', @{ $kinds{$kind} })->live(10 + int rand 30);
		my @times = map { 3 * $_ } 0 .. $life->{now} / 3 + 20;
		my @statements = $life->{model}->statements(@times);

		$said{$_}++ for @{ $life->{answers} };
		push @rows, map { '(' . join(', ', "'$kind'", $member, map { $_ // 'NULL' } @$_) . ')' }
		  $life->{model}->table_rows;
		push @expected, map { "('$kind', $member, $times[$_], $statements[$_][1])" } 0 .. $#times;
	}
}
query($node, 'INSERT INTO hours VALUES ' . join(",\n", @rows));
query($node, 'INSERT INTO expected VALUES ' . join(",\n", @expected));
cmp_ok($said{$_} // 0, '>', 50, "movements whose answer was '$_': " . ($said{$_} // 0)) for qw(done 23514);
for my $kind (sort keys %kinds)
{
	cmp_ok(query($node, "SELECT count(DISTINCT balance) FROM expected WHERE kind = '$kind'"), '>', 50,
		"$kind: there is something to compare");
	for my $order ('at', 'at DESC', 'points', 'hashint4(at)')
	{
		same_rows($node,
			"SELECT member, t, points_balance(points, hour(at), hour(expires), hour(t),
				hour(available) ORDER BY $order)
			FROM hours JOIN expected USING (kind, member) WHERE kind = '$kind' GROUP BY member, t",
			"SELECT member, t, balance FROM expected
				WHERE kind = '$kind' AND member IN (SELECT member FROM hours WHERE kind = '$kind')",
			"$kind: points_balance at many times, rows by $order");
	}
}
is(query($node, "SELECT min(balance) < 0 FROM expected WHERE kind = 'in_debt'"), 't', 'some are in debt');

# A window sees no pending points; the hours of a day taken together make peers.
for my $hour ('at', 'at / 24 * 24')
{
	query($node, qq{
		DROP TABLE IF EXISTS peers;
		CREATE TABLE peers AS SELECT kind || member AS member, points, hour($hour) AS at,
			hour(greatest(expires, $hour + 1)) AS expires, row_number() OVER () AS id
		FROM hours WHERE kind IN ('plain', 'reversed');
		CREATE INDEX ON peers (member); ANALYZE peers}, client_min_messages => 'warning');
	for my $frame ('ORDER BY at', 'ORDER BY at, id ROWS UNBOUNDED PRECEDING', 'ORDER BY id', 'ORDER BY at DESC',
		'ORDER BY at, id ROWS 5 PRECEDING')
	{
		is( query($node, qq{
				WITH running AS (SELECT member, points_running(points, at, expires) OVER w AS balance,
					max(at) OVER w AS latest, array_agg(id) OVER w AS ids
					FROM peers WINDOW w AS (PARTITION BY member $frame))
				SELECT count(*) > 1000, count(*) FILTER (WHERE balance IS DISTINCT FROM
					(SELECT points_balance(points, at, expires, latest) FROM peers p
						WHERE p.member = r.member AND p.id = ANY (ids))) FROM running r}),
			't|0', "points_running is points_balance at the latest time of the frame: $hour, $frame");
	}
}
same_rows($node,
	"SELECT DISTINCT member, at, points_running(points, hour(at),
		hour(expires)) OVER (PARTITION BY member ORDER BY at) AS balance FROM hours WHERE kind = 'plain'",
	"SELECT member, r.at, points_balance(m.points, hour(m.at), hour(m.expires), hour(r.at))
		FROM (SELECT DISTINCT member, at FROM hours WHERE kind = 'plain') r
	JOIN hours m USING (member) WHERE m.kind = 'plain' GROUP BY member, r.at",
	'points_running after each movement');

# 2. In parallel, by partitions, and with little memory.
query($node, RANDOM_SQL . q{
	CREATE TABLE movements (id int, member int, points bigint, at timestamptz,
		expires timestamptz) WITH (parallel_workers = 4);
	INSERT INTO movements
	SELECT id, rnd(1, id, 2000), (CASE WHEN rnd(2, id, 10) < 6 THEN 1 ELSE -1 END) * (1 + rnd(3, id, 500)), at,
		CASE WHEN rnd(2, id, 10) < 6 OR rnd(4, id, 8) = 0 THEN at + (1 + rnd(5, id, 360)) * interval '1 day' END
	FROM (SELECT id, '2024-01-01Z'::timestamptz + rnd(6, id, 17520) * interval '1 hour' AS at
		FROM generate_series(1, 200000) id) s;
	CREATE TABLE parts (LIKE movements, part int) PARTITION BY LIST (part);
	CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
	CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2);
	CREATE TABLE part_3 PARTITION OF parts FOR VALUES IN (3);
	INSERT INTO parts SELECT *, CASE WHEN id < 100 THEN 1 ELSE 2 END FROM movements;
	VACUUM ANALYZE movements; ANALYZE parts;
});
my $members = q{SELECT member, points_balance(points, at, expires, '2025-06-01Z') b,
	points_running(points, at, expires) r FROM movements GROUP BY member};
my $all     = q{SELECT points_balance(points, at, expires, '2025-06-01Z'), points_balance(points, at, expires),
	points_running(points, at, expires) FROM movements};
query($node, "CREATE TABLE serial AS $members");
cmp_ok(query($node, 'SELECT count(DISTINCT b) FROM serial'), '>', 1000, 'there is something to compare');
for my $leader (qw(on off))
{
	my @settings = (PARALLEL, max_parallel_workers_per_gather => 4, parallel_leader_participation => $leader,
		enable_sort => 'off');

	like(plan_of($node, $members, 'COSTS OFF', @settings), qr/Finalize.*Gather.*Partial HashAggregate/s,
		"in parallel, leader $leader");
	same_rows($node, $members, 'SELECT * FROM serial', '... with the same balances', @settings);
	is(query($node, $all, @settings), query($node, $all), '... and one of all movements');
}
is(query($node, $all =~ s/movements/parts/r, enable_partitionwise_aggregate => 'on'), query($node, $all),
	'by partitions');
is(sqlstate($node, "SELECT points_balance(points, at, expires, CASE part WHEN 1 THEN now() ELSE '2025-01-01Z' END)
	FROM parts",
	enable_partitionwise_aggregate => 'on'), '22023', 'partitions with different times');
my %little = (work_mem => '1MB', hash_mem_multiplier => 1, enable_sort => 'off');
like(plan_of($node, $members, 'ANALYZE, FORMAT JSON, TIMING OFF', %little), qr/"HashAgg Batches": (?!1\b)\d+/,
	'HashAggregate spills');
same_rows($node, $members, 'SELECT * FROM serial', '... with the same balances', %little);

# 3. Memory of a member with ten movements, beside what the group costs anyway.
sub hash_memory
{
	my ($sql) = @_;
	my $plan = plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', enable_sort => 'off', hash_mem_multiplier => 20);

	die "not one batch in memory: $plan" unless $plan =~ /"HashAgg Batches": 1\b/;
	die $plan unless $plan =~ /"Peak Memory Usage": (\d+)/;
	return 1024 * $1;
}
my $tens = "FROM (
	SELECT i / 10 AS g, i, '2025-01-01Z'::timestamptz AS at FROM generate_series(0, 2999999) i OFFSET 0) s
	GROUP BY g";
my $each = (hash_memory("SELECT g, points_balance(i, at, NULL) $tens") - hash_memory("SELECT g, count(*) $tens"))
	/ 300000;
cmp_ok($each, '<=', 300, sprintf('ten movements: %.0f bytes a group', $each));
cmp_ok($each, '>=', 200, '... which is measured where the states are');

done_testing();
