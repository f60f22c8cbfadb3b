# The custom scan and the rest of the server: cancellation, parallel workers, memory, others who change the
# table meanwhile, a standby.  As in 046, with retention.scan on and off.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run qw(start timeout);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;
use ScanTest;

my $node = start_server('main', wal_level => 'replica', max_wal_senders => 5, max_parallel_workers_per_gather => 0);

query($node, q{
	CREATE UNLOGGED TABLE big AS
		SELECT i AS customer, '2024-01-01Z'::timestamptz AS at, NULL::timestamptz AS never
		FROM generate_series(1, 1500000) i;
	CREATE TABLE orders AS SELECT i AS id, i % 50 AS customer, NULL::timestamptz AS never
		FROM generate_series(1, 4000) i;
	CREATE UNLOGGED TABLE unlogged AS TABLE orders;
	CREATE ROLE clerk;
	GRANT SELECT ON orders TO clerk;
	CREATE POLICY few ON orders TO clerk USING (id % 100 < 10);
	ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
	ANALYZE;
});

# A psql of its own that runs a script; finish() gives its output.
my $nscripts = 0;
sub background
{
	my ($server, $script) = @_;
	my %session = (out => '', err => '');
	my $file = PostgreSQL::Test::Utils::tempdir() . '/' . $nscripts++ . '.sql';

	append_to_file($file, $script);
	$session{run} = start(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $server->connstr('postgres'), '-f', $file ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err}, timeout($PostgreSQL::Test::Utils::timeout_default));
	return \%session;
}

sub finish
{
	my ($session) = @_;

	$session->{run}->finish;
	return join "\n", map { s/^psql:\S+ //r } grep { !/^LOCATION/ } split /\n/, $session->{out} . $session->{err};
}

# 1. Cancellation.  A session cancels itself at a row, and must not look at many more; no function that it
# calls there asks for interrupts.
query($node, q{CREATE SEQUENCE looked;
	CREATE FUNCTION at_row(int) RETURNS bool STABLE LANGUAGE plpgsql AS
		$$BEGIN RETURN nextval('looked') <> 100000 OR pg_cancel_backend(pg_backend_pid()); END$$});
my $AT_ROW = 'at_row(customer)';
my $CANCELLED = qr/^ERROR:  57014: canceling statement due to (?:user request|statement timeout)$/m;
for my $query ("SELECT customer_count(customer) FROM big WHERE $AT_ROW",
	"SELECT customer_count(customer) FILTER (WHERE $AT_ROW) FROM big",
	"SELECT customer_count(customer), bool_and($AT_ROW) FROM big",
	"SELECT at::date, customer_count(customer) FROM big WHERE $AT_ROW GROUP BY 1",
	"SELECT coalesce(never::date, '2024-01-01'), customer_count(customer) FROM big WHERE $AT_ROW GROUP BY 1")
{
	both_ways($node, "cancelled at a row: $query", before => q{SELECT setval('looked', 1, false)}, query => $query,
		after => 'SELECT last_value BETWEEN 100000 AND 100009 FROM looked;
			SELECT customer_count(customer) FROM orders',
		expect => qr/^1\nt\n50\nERROR:  57014: [^\n]*/);
}

# The rows of whole pages, where there is nothing else to be called.
my $LONG = 'SELECT customer_count(customer), retention_agg(customer, at, $$1 day$$) FROM big';
my $GROUPED = "$LONG GROUP BY at::date";
for my $timed ([ 'in one process', $LONG ], [ 'in parallel', $LONG, PARALLEL ], [ 'in groups', $GROUPED ],
	[ 'in groups, row by row', $GROUPED =~ s/BY at/BY never/r ])
{
	my ($how, $query, %settings) = @$timed;
	my $set = join ' ', map { "SET $_ = '$settings{$_}';" } sort keys %settings;

	both_ways($node, "statement_timeout $how", before => $set, plan => $query,
		query  => "SET statement_timeout = '5ms'; $query; RESET statement_timeout",
		after  => 'SELECT customer_count(customer) FROM orders', expect => qr/^50\nERROR:  57014: [^\n]*$/);
}
for my $scan (qw(on off))
{
	my $session = background($node, "SET retention.scan = $scan; SET application_name = 'to be cancelled';
		DO 'BEGIN LOOP PERFORM customer_count(customer) FROM big; END LOOP; END';
		SELECT customer_count(customer) FROM orders");

	$node->poll_query_until('postgres', q{SELECT count(pg_cancel_backend(pid)) = 1 FROM pg_stat_activity
		WHERE application_name = 'to be cancelled' AND query LIKE 'DO%' AND state = 'active'
			AND query_start < now() - interval '50 ms'}) or die 'no session to cancel';
	like(finish($session), qr/^50\n.*$CANCELLED/s, "cancelled by another session, retention.scan $scan");
}
query($node, 'TRUNCATE big');

# 2. Parallel workers: without any, without the leader, with an error in one of them, with privileges and
# locks.
my %parallel = (PARALLEL, parallel_leader_participation => 'off');
my $parallel = join ' ', map { "SET $_ = '$parallel{$_}';" } sort keys %parallel;
my $COUNT = 'SELECT customer_count(customer), count(*) FROM orders';
like(plan_of($node, $COUNT, 'COSTS OFF', %parallel), qr/Gather.*Retention Scan/s, 'the node runs in workers');
both_ways($node, 'in workers', before => $parallel, query => $COUNT, expect => '50|4000');
both_ways($node, 'in workers that are not there', before => "$parallel SET max_parallel_workers = 0", query => $COUNT,
	expect => '50|4000');
both_ways($node, 'in workers, one of which fails', before => $parallel, query => "$COUNT WHERE 1 / (id - 3000) < 1",
	after => $COUNT, expect => qr/^50\|4000\nERROR:  22012: division by zero(?:\nCONTEXT:  parallel worker)?$/);
both_ways($node, 'in workers, one of which fails in a filter', before => $parallel,
	query => 'SELECT customer_count(customer) FILTER (WHERE 1 / (id - 3000) < 1) FROM orders',
	after => $COUNT, expect => qr/^50\|4000\nERROR:  22012: /);
both_ways($node, 'in workers, under a policy', before => "$parallel SET ROLE clerk", query => $COUNT,
	expect => '10|400');
both_ways($node, 'in workers, SERIALIZABLE', before => "$parallel BEGIN ISOLATION LEVEL SERIALIZABLE",
	query  => $COUNT, after => q{SELECT relation::regclass, mode FROM pg_locks WHERE mode = 'SIReadLock'},
	expect => "50|4000\norders|SIReadLock");
both_ways($node, 'in workers, rows of the own transaction',
	before => "$parallel BEGIN; INSERT INTO orders SELECT i, i FROM generate_series(5001, 5100) i;
		DELETE FROM orders WHERE id < 2001",
	query => $COUNT, expect => '150|2100');
both_ways($node, 'a temporary table', before => "$parallel CREATE TEMP TABLE mine AS TABLE orders",
	query => 'SELECT customer_count(customer) FROM mine', expect => '50');
unlike(session_output($node, "$parallel CREATE TEMP TABLE mine AS TABLE orders;
	EXPLAIN SELECT customer_count(customer) FROM mine"), qr/Gather/, '... is not read by workers');

# 3. Long keys: 60 of 2 MB, all of them pointed to from one page.
query($node, q{
	CREATE TABLE long_keys AS SELECT repeat('x', 2000000) || i % 3 AS customer, now() AS at, NULL::timestamptz AS never
		FROM generate_series(1, 60) i;
	ANALYZE long_keys});

# They are not there all at once: the node needs as much memory as the executor does, give or take two keys.
# The process tells how much it ever had.
SKIP:
{
	skip 'no /proc/self/status', 10 unless -r '/proc/self/status';
	query($node, q{
		CREATE FUNCTION peak_kb() RETURNS bigint VOLATILE LANGUAGE sql AS
			$$SELECT substring(pg_read_file('/proc/self/status') FROM 'VmPeak:\s+(\d+)')::bigint$$});
	for my $test ([ 'all rows', 'customer_count(customer) FROM long_keys' ],
		[ 'a filter', 'customer_count(customer) FILTER (WHERE customer IS NOT NULL) FROM long_keys' ],
		[ 'a function beside', 'customer_count(customer), max(length(customer)) FROM long_keys' ],
		[ 'groups', 'customer_count(customer) FROM long_keys GROUP BY at::date' ],
		[ 'a long expression of rows without a time',
			'customer_count(customer) FROM orders GROUP BY repeat(coalesce(never::date, now())::text, 1000)' ])
	{
		my ($name, $query) = @$test;
		my ($on, $off) = map {
			query($node, "SELECT customer_count('x'::text) FROM orders; SELECT peak_kb() AS before \\gset\n
				SELECT $query; SELECT peak_kb() - :before;", 'retention.scan' => $_) =~ s/.*\n//sr
		} qw(on off);

		cmp_ok($on, '<', $off + 4000, "long keys, $name: $on kB, and $off kB without the node");
		cmp_ok($off, '<', 60000, '... of 120,000 kB');
	}
}

# There is time to be cancelled between two of them: few are fetched, of which each has three blocks or more.
my $FEW = q{SELECT pg_stat_force_next_flush();
	SELECT toast_blks_read + toast_blks_hit < 90 FROM pg_statio_user_tables WHERE relname = 'long_keys'};
for my $query ('SELECT customer_count(customer) FROM long_keys',
	'SELECT customer_count(customer) FROM long_keys WHERE md5(customer) IS NOT NULL',
	'SELECT customer_count(customer) FILTER (WHERE customer IS NOT NULL) FROM long_keys',
	'SELECT customer_count(customer) FROM long_keys GROUP BY at::date',
	'SELECT customer_count(customer) FROM long_keys GROUP BY never::date')
{
	both_ways($node, "statement_timeout between long keys: $query", plan => $query,
		before => 'SELECT pg_stat_reset(), customer_count(1)',
		query  => "SET statement_timeout = '20ms'; $query; RESET statement_timeout",
		after  => $FEW, expect => qr/^\|1\s*t\nERROR:  57014: [^\n]*$/);
}

# 4. Others move rows: every snapshot has the same customers.
query($node, q{
	CREATE TABLE moving (customer int, filler text) WITH (fillfactor = 50);
	INSERT INTO moving SELECT i % 200, repeat('x', i % 90) FROM generate_series(1, 2000) i;
	ANALYZE moving;
	CREATE PROCEDURE move(command text) LANGUAGE plpgsql AS $$
	DECLARE until timestamptz := clock_timestamp() + interval '1500 ms';
	BEGIN
		WHILE clock_timestamp() < until LOOP
			EXECUTE command USING (random() * 99)::int;
			COMMIT;
		END LOOP;
	END$$;
	-- Counts again and again, with and without a filter, and says how often that was wrong.
	CREATE PROCEDURE watch() LANGUAGE plpgsql AS $$
	DECLARE
		until timestamptz := clock_timestamp() + interval '1500 ms';
		looks int := 0;
		wrong int := 0;
		seen record;
	BEGIN
		WHILE clock_timestamp() < until OR looks < 4 LOOP
			SELECT customer_count(customer), purchase_frequency(customer) FILTER (WHERE customer < 100), count(*)
				INTO seen FROM moving;
			wrong := wrong + (seen IS DISTINCT FROM (200::bigint, 10::float8, 2000::bigint))::int;
			SELECT customer_count(customer), repeat_rate(customer, 10) INTO seen FROM moving;
			wrong := wrong + (seen IS DISTINCT FROM (200::bigint, 1::float8))::int;
			looks := looks + 1;
			COMMIT;
		END LOOP;
		RAISE NOTICE '% wrong', wrong;
	END$$;
});
both_ways($node, 'rows that nobody moves', query => 'SELECT customer_count(customer), count(*) FROM moving',
	expect => '200|2000');
my @movers = map { background($node, "CALL move(\$\$$_\$\$)") }
  'UPDATE moving SET filler = filler WHERE customer = 2 * $1',
  'WITH d AS (DELETE FROM moving WHERE customer = 2 * $1 + 1 RETURNING *) INSERT INTO moving TABLE d';
my %watchers = map { $_->[0] => background($node, "$_->[1]; CALL watch()") } [ on => 'SET retention.scan = on' ],
  [ off => 'SET retention.scan = off' ], [ 'on, in parallel' => $parallel ];
for (1 .. 3)
{
	query($node, 'VACUUM moving');
	query($node, 'VACUUM FULL moving');
	query($node, 'CREATE INDEX i ON moving (customer)');
	query($node, 'CLUSTER moving USING i; DROP INDEX i');
}
is(finish($_), '', 'rows were moved') for @movers;
like(finish($watchers{$_}), qr/^NOTICE:  00000: 0 wrong$/m,
	"retention.scan $_: always the same customers") for sort keys %watchers;

# 5. A standby.
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = '100ms'\nhot_standby_feedback = off\n");
$standby->start;
$node->wait_for_catchup($standby);
both_ways($standby, 'on a standby', query => $COUNT, expect => '50|4000');
both_ways($standby, 'on a standby, in parallel', before => $parallel, query => $COUNT, expect => '50|4000');
both_ways($standby, 'on a standby, under a policy', before => 'SET ROLE clerk', query => $COUNT, expect => '10|400');
both_ways($standby, 'on a standby, an unlogged table', plan => '',
	query  => 'SELECT customer_count(customer) FROM unlogged',
	expect => qr/^ERROR:  0A000: cannot access temporary or unlogged relations during recovery$/);

query($node, 'UPDATE orders SET customer = customer + 1; VACUUM orders;
	DELETE FROM orders WHERE id > 2000; VACUUM orders;
	INSERT INTO orders VALUES (9000, 900)');
$node->wait_for_catchup($standby);
both_ways($standby, 'on a standby, after VACUUM', query => $COUNT, expect => '51|2001');

# The primary takes away rows that a query still has to read: it is cancelled.
my %slow = map {
	$_ => background($standby, "SET retention.scan = $_;
		SELECT customer_count(customer) FROM orders WHERE pg_sleep(0.02) IS NOT NULL;
		SELECT customer_count(customer) FROM orders")
} qw(on off);
$standby->poll_query_until('postgres', q{SELECT count(*) = 2 FROM pg_stat_activity
	WHERE query LIKE 'SELECT%pg_sleep(0.02)%' AND pid <> pg_backend_pid() AND state = 'active'})
  or die 'no slow queries';
query($node, 'DELETE FROM orders WHERE id > 1000; VACUUM orders');
$node->wait_for_catchup($standby);
like(finish($slow{$_}), qr/^50\n.*ERROR:  40001: canceling statement due to conflict with recovery/s,
	"a conflict with recovery, retention.scan $_") for qw(on off);
both_ways($standby, 'on a standby, after it', query => $COUNT, expect => '50|1000');

nothing_leaked($_) for $node, $standby;
done_testing();
