# points_balance and points_running over a movement table: random movements beside a replay of the ledger's rules, in
# parallel and by partitions, memory and time.
#
# The replay (test/perl/PointsReplay.pm) enters movements one by one, and tells which rows they are in a table. Nothing
# is backdated, so that the table says what the ledger says.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use List::Util qw(min);
use Test::More;
use PointsReplay;
use RetentionTest;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

# 1. Random members. An hour is the unit of time, a null a time that never comes.
query($node, q{
	CREATE TABLE hours (kind text, member int, points bigint, at int, expires int, available int);
	CREATE TABLE expected (kind text, member int, t int, balance bigint);
	CREATE FUNCTION h(hour int) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN '2025-01-01Z'::timestamptz + hour * interval '1 hour';
});

# What may happen to members of each kind.
my %kinds = (
	plain    => { pending => 0, reversals => 0, debts => 0 },
	pending  => { pending => 1, reversals => 0, debts => 0 },
	reversed => { pending => 1, reversals => 1, debts => 0 },
	in_debt  => { pending => 1, reversals => 1, debts => 1 });

# One member's life. Later movements come at later times: what comes at one instant has an order in the ledger, but
# none in a table. What is taken back expires: a row without an expiry names no lot.
sub random_member
{
	my ($kind) = @_;
	my $replay = PointsReplay->new;
	my ($at, @refs, %said) = (0);

	for my $i (1 .. 10 + int rand 30)
	{
		my $dice = rand;
		my $answer;

		$at += 1 + int rand 6;
		if ($dice < 0.45)
		{
			my $available = $at + ($kind->{pending} && rand() < 0.5 ? int rand 12 : 0);

			$answer = $replay->earn(ref => "m$i", points => 1 + int rand 50, at => $at, available => $available,
				expires => !$kind->{reversals} && rand() < 0.15 ? undef : $available + 1 + int rand(rand() < 0.5 ? 10 : 60));
		}
		elsif ($dice < 0.8 || !$kind->{reversals} || !@refs)
		{
			my $there = $replay->balance($at);

			$answer = $replay->redeem(ref => "m$i", points => $there > 0 && rand() < 0.9 ? 1 + int rand $there : 1 + int rand 60, at => $at);
		}
		else
		{
			$answer = $replay->reverse(ref => "m$i", target => $refs[rand @refs], at => $at,
				points => rand() < 0.4 ? 1 + int rand 20 : undef, allow_negative => $kind->{debts});
		}
		push @refs, "m$i" if $answer eq 'done' && $dice < 0.8;
		$said{$answer}++;
	}
	return ($replay, $at, \%said);
}

srand 35;
my (%said, @rows, @expected);
for my $kind (sort keys %kinds)
{
	for my $member (1 .. 60)
	{
		my ($replay, $end, $said) = random_member($kinds{$kind});

		$said{$_} += $said->{$_} for keys %$said;
		push @rows, map { "('$kind', $member, " . join(', ', map { $_ == PointsReplay::NEVER ? 'NULL' : $_ } @$_) . ')' } $replay->table_rows;
		push @expected, map { "('$kind', $member, $_, " . $replay->balance($_) . ')' } map { 3 * $_ } 0 .. $end / 3 + 20;
	}
}
query($node, 'INSERT INTO hours VALUES ' . join(",\n", @rows));
query($node, 'INSERT INTO expected VALUES ' . join(",\n", @expected));
cmp_ok($said{$_} // 0, '>', 50, "movements whose answer was '$_': " . ($said{$_} // 0)) for qw(done 23514);
for my $kind (sort keys %kinds)
{
	cmp_ok(query($node, "SELECT count(DISTINCT balance) FROM expected WHERE kind = '$kind'"), '>', 50, "$kind: there is something to compare");
	for my $order ('at', 'at DESC', 'points', 'hashint4(at)')
	{
		same_rows($node,
			"SELECT member, t, points_balance(points, h(at), h(expires), h(t), h(available) ORDER BY $order)
			FROM hours JOIN expected USING (kind, member) WHERE kind = '$kind' GROUP BY member, t",
			"SELECT member, t, balance FROM expected WHERE kind = '$kind' AND member IN (SELECT member FROM hours WHERE kind = '$kind')",
			"$kind: points_balance at many times, rows by $order");
	}
}
is(query($node, "SELECT min(balance) < 0 FROM expected WHERE kind = 'in_debt'"), 't', 'some are in debt');

# A window sees no pending points; the hours of a day taken together make peers.
for my $hour ('at', 'at / 24 * 24')
{
	query($node, qq{
		DROP TABLE IF EXISTS peers;
		CREATE TABLE peers AS SELECT kind || member AS member, points, h($hour) AS at, h(greatest(expires, $hour + 1)) AS expires, row_number() OVER () AS id
		FROM hours WHERE kind IN ('plain', 'reversed');
		CREATE INDEX ON peers (member); ANALYZE peers}, client_min_messages => 'warning');
	for my $frame ('ORDER BY at', 'ORDER BY at, id ROWS UNBOUNDED PRECEDING', 'ORDER BY id', 'ORDER BY at DESC', 'ORDER BY at, id ROWS 5 PRECEDING')
	{
		is( query($node, qq{
				WITH running AS (SELECT member, points_running(points, at, expires) OVER w AS balance, max(at) OVER w AS latest, array_agg(id) OVER w AS ids
					FROM peers WINDOW w AS (PARTITION BY member $frame))
				SELECT count(*) > 1000, count(*) FILTER (WHERE balance IS DISTINCT FROM
					(SELECT points_balance(points, at, expires, latest) FROM peers p WHERE p.member = r.member AND p.id = ANY (ids))) FROM running r}),
			't|0', "points_running is points_balance at the latest time of the frame: $hour, $frame");
	}
}
same_rows($node,
	"SELECT DISTINCT member, at, points_running(points, h(at), h(expires)) OVER (PARTITION BY member ORDER BY at) AS balance FROM hours WHERE kind = 'plain'",
	"SELECT member, r.at, points_balance(m.points, h(m.at), h(m.expires), h(r.at)) FROM (SELECT DISTINCT member, at FROM hours WHERE kind = 'plain') r
	JOIN hours m USING (member) WHERE m.kind = 'plain' GROUP BY member, r.at",
	'points_running after each movement');

# 2. In parallel, by partitions, and with little memory.
query($node, RANDOM_SQL . q{
	CREATE TABLE movements (id int, member int, points bigint, at timestamptz, expires timestamptz) WITH (parallel_workers = 4);
	INSERT INTO movements
	SELECT id, rnd(1, id, 2000), (CASE WHEN rnd(2, id, 10) < 6 THEN 1 ELSE -1 END) * (1 + rnd(3, id, 500)), at,
		CASE WHEN rnd(2, id, 10) < 6 OR rnd(4, id, 8) = 0 THEN at + (1 + rnd(5, id, 360)) * interval '1 day' END
	FROM (SELECT id, '2024-01-01Z'::timestamptz + rnd(6, id, 17520) * interval '1 hour' AS at FROM generate_series(1, 200000) id) s;
	CREATE TABLE parts (LIKE movements, part int) PARTITION BY LIST (part);
	CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
	CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2);
	CREATE TABLE part_3 PARTITION OF parts FOR VALUES IN (3);
	INSERT INTO parts SELECT *, CASE WHEN id < 100 THEN 1 ELSE 2 END FROM movements;
	VACUUM ANALYZE movements; ANALYZE parts;
});
my $members = q{SELECT member, points_balance(points, at, expires, '2025-06-01Z') b, points_running(points, at, expires) r FROM movements GROUP BY member};
my $all     = q{SELECT points_balance(points, at, expires, '2025-06-01Z'), points_balance(points, at, expires), points_running(points, at, expires) FROM movements};
query($node, "CREATE TABLE serial AS $members");
cmp_ok(query($node, 'SELECT count(DISTINCT b) FROM serial'), '>', 1000, 'there is something to compare');
for my $leader (qw(on off))
{
	my @settings = (PARALLEL, max_parallel_workers_per_gather => 4, parallel_leader_participation => $leader, enable_sort => 'off');

	like(plan_of($node, $members, 'COSTS OFF', @settings), qr/Finalize.*Gather.*Partial HashAggregate/s, "in parallel, leader $leader");
	same_rows($node, $members, 'SELECT * FROM serial', '... with the same balances', @settings);
	is(query($node, $all, @settings), query($node, $all), '... and one of all movements');
}
is(query($node, $all =~ s/movements/parts/r, enable_partitionwise_aggregate => 'on'), query($node, $all), 'by partitions');
is(sqlstate($node, "SELECT points_balance(points, at, expires, CASE part WHEN 1 THEN now() ELSE '2025-01-01Z' END) FROM parts",
	enable_partitionwise_aggregate => 'on'), '22023', 'partitions with different times');
my %little = (work_mem => '1MB', hash_mem_multiplier => 1, enable_sort => 'off');
like(plan_of($node, $members, 'ANALYZE, FORMAT JSON, TIMING OFF', %little), qr/"HashAgg Batches": (?!1\b)\d+/, 'HashAggregate spills');
same_rows($node, $members, 'SELECT * FROM serial', '... with the same balances', %little);

# 3. Memory of a member with ten movements, beside what the group costs anyway.
sub hash_memory
{
	my ($sql) = @_;
	my $plan = plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', enable_sort => 'off');

	die "not one batch in memory: $plan" unless $plan =~ /"HashAgg Batches": 1\b/;
	die $plan unless $plan =~ /"Peak Memory Usage": (\d+)/;
	return 1024 * $1;
}
my $tens = "FROM (SELECT i / 10 AS g, i, '2025-01-01Z'::timestamptz AS at FROM generate_series(0, 2999999) i OFFSET 0) s GROUP BY g";
my $each = (hash_memory("SELECT g, points_balance(i, at, NULL) $tens") - hash_memory("SELECT g, count(*) $tens")) / 300000;
cmp_ok($each, '<=', 300, sprintf('ten movements: %.0f bytes a group', $each));
cmp_ok($each, '>=', 200, '... which is measured where the states are');

# 4. Time: ten times the rows, about ten times the time, whatever the movements are. A tree of lots that no longer fits the
# cache can make it 25, quadratic costs are 100, and the line is drawn at 50.
sub best_time
{
	my ($sql, $runs) = @_;

	return min(map { plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF') =~ /"Execution Time": ([\d.]+)/; $1 } 1 .. $runs);
}
my %shape = (
	'a year each'              => "at + interval '1 year'",
	'expiring in any order'    => "at + (1 + rnd(7, id, 100000)) * interval '1 hour'",
	'the last to expire first' => "'2200-01-01Z'::timestamptz - id * interval '1 minute'",
	'never expiring'           => 'NULL::timestamptz');
my %call = (
	'a group'                 => q{points_balance(points, at, expires, '2021-01-01Z')},
	'of rows in any order'    => q{points_balance(points, at, expires, '2021-01-01Z' ORDER BY hashint4(id))},
	'spending from lots'      => q{points_balance(points, at, lot_expires, '2021-01-01Z')},
	'running'                 => q{points_running(points, at, expires) OVER (ORDER BY at)},
	'running, at one instant' => q{points_running(points, '2020-01-01Z', expires) OVER (ORDER BY at ROWS UNBOUNDED PRECEDING)});
for my $name (sort keys %shape)
{
	# What is spent names the expiry of the lot before it, or none.
	query($node, qq{
		DROP TABLE IF EXISTS small, large;
		CREATE TABLE large AS
		SELECT *, CASE WHEN points > 0 THEN expires ELSE lag(expires) OVER (ORDER BY id) END AS lot_expires
		FROM (SELECT id, CASE WHEN id % 3 = 0 THEN -150 ELSE 100 END AS points, at, CASE WHEN id % 3 > 0 THEN $shape{$name} END AS expires
			FROM (SELECT id, '2020-01-01Z'::timestamptz + id * interval '1 minute' AS at FROM generate_series(1, 200000) id) s) p;
		CREATE TABLE small AS SELECT * FROM large WHERE id <= 20000;
		VACUUM ANALYZE small; VACUUM ANALYZE large;}, client_min_messages => 'warning');
	for my $call (sort keys %call)
	{
		my $small = best_time("SELECT $call{$call} FROM small", 5);
		my $large = best_time("SELECT $call{$call} FROM large", 3);

		cmp_ok($large / $small, '<', 50, sprintf('%s, %s: %.0f ms against %.0f ms', $call, $name, $large, $small));
	}
}

done_testing();
