# Live reports that travel: dumped and restored, published and subscribed to, on a standby; an extension that moves to
# another schema; transactions that are prepared.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use LiveTest;
use RetentionTest;

my $node = start_server('main', wal_level => 'logical', max_wal_senders => 8, max_replication_slots => 8,
	max_prepared_transactions => 5, bare => 1);

my $COLUMNS = 'id int PRIMARY KEY, customer int, ordered_at timestamptz, amount numeric, status text';
my $ROWS = "SELECT i, i % 12, '2024-01-01Z'::timestamptz + i * interval '3 days', i,
	CASE WHEN i % 5 = 0 THEN 'cancelled' ELSE 'paid' END FROM generate_series(1, 60) i";
my @reports = (
	{ name => 'monthly', amount => 'amount' }, { name => 'sold', filter => q{status <> 'cancelled'} });
$_ = { schema => 'shop', source => 'shop.orders', customer => 'customer', ordered_at => 'ordered_at',
	bucket => '1 month',
	zone => 'Europe/Vilnius', %$_ } for @reports;
my $REFRESH = "SET client_min_messages = warning; SELECT live_refresh('shop.monthly'), live_refresh('shop.sold')";

# Of both reports: are they the same as the orders, and what have they noticed?
sub states
{
	my ($db, %how) = @_;
	my $states = join ', ', map { same_sql($_), noticed_sql($_) } @reports;

	return query($node, "SELECT $states", dbname => $db, %how);
}

# Both refreshed: are they as new ones would be?
sub folded
{
	my ($db, %how) = @_;

	query($node, $REFRESH, dbname => $db, %how);
	return query($node, 'SELECT ' . join(', ', map { folded_sql($_) } @reports), dbname => $db, %how);
}

sub make_shop
{
	my ($db, $rows) = @_;

	query($node, "CREATE DATABASE $db");
	query($node, "CREATE EXTENSION retention; CREATE SCHEMA shop; CREATE TABLE shop.orders ($COLUMNS);
		CREATE INDEX ON shop.orders (customer); $rows;" . join(';', map { create_sql($_) } @reports), dbname => $db);
}

# 1. A dump has the reports with all that they know, and what waited waits in the copy.
make_shop('original', "INSERT INTO shop.orders $ROWS");
query($node, $REFRESH, dbname => 'original');
query($node, 'UPDATE shop.orders SET customer = 3 WHERE id = 31; GRANT SELECT ON shop.monthly TO public',
	dbname => 'original');
is(states('original'), 'same|changes|same|changes', 'what is dumped');

my $dir = PostgreSQL::Test::Utils::tempdir();
for my $how ([ plain => '--format=plain' ], [ custom => '--format=custom' ], [ inserts => '--format=plain',
	'--inserts', '--rows-per-insert=7' ],
	[ in_parallel => '--format=directory' ])
{
	my ($copy, @options) = @$how;
	my $file = "$dir/$copy";

	$node->command_ok([ 'pg_dump', '--no-sync', @options, '-f', $file, $node->connstr('original') ], "$copy: dumped");
	query($node, "CREATE DATABASE $copy");
	$node->command_ok($options[0] eq '--format=plain'
		? [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($copy), '-f', $file ]
		: [ 'pg_restore', '--exit-on-error', ($copy eq 'in_parallel' ? '-j2' : ()), '-d', $node->connstr($copy),
			$file ],
		'... and restored');
	is(states($copy), 'same|to be counted|same|to be counted', '... it is the same');
	query($node, "INSERT INTO shop.orders VALUES (1001, 1001, '2024-12-12Z', 0.01, 'paid');
		DELETE FROM shop.orders WHERE id = 60", dbname => $copy);
	is(states($copy), 'same|to be counted|same|to be counted', '... when orders come and go');
	is(folded($copy), 'same|same', '... after a refresh');
	query($node, "INSERT INTO shop.orders VALUES (1002, 1001, '2024-12-13Z', 0.01, 'paid');
		DELETE FROM shop.orders WHERE id = 60", dbname => $copy);
	is(states($copy), 'same|changes|same|changes', '... and notices from then on');
	is(folded($copy), 'same|same', '... and is refreshed');
	is(query($node, q{SELECT string_agg(tgenabled::text, '' ORDER BY tgname) FROM pg_trigger
		WHERE tgrelid = 'shop.orders'::regclass AND NOT tgisinternal},
		dbname => $copy), 'AARAAARA', '... its triggers are enabled as they were');
	is(query($node, q{SELECT relacl FROM pg_class WHERE oid = 'shop.monthly'::regclass}, dbname => $copy),
		query($node, q{SELECT relacl FROM pg_class WHERE oid = 'shop.monthly'::regclass}, dbname => 'original'),
			'... with its rights');
	query($node, "SELECT live_report_drop('shop.monthly'), live_report_drop('shop.sold'); DROP TABLE shop.orders",
		dbname => $copy);
	is(query($node, q{SELECT count(*) FROM pg_class WHERE relnamespace = 'shop'::regnamespace}, dbname => $copy),
		'0', '... and can be dropped');
}

# A dump of the schema alone has no report to read.
$node->command_ok([ 'pg_dump', '--no-sync', '--schema-only', '-f', "$dir/schema", $node->connstr('original') ],
	'schema only: dumped');
query($node, 'CREATE DATABASE empty');
$node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('empty'), '-f', "$dir/schema" ],
	'... and restored');
query($node, "INSERT INTO shop.orders $ROWS", dbname => 'empty');
is(sqlstate($node, "SELECT $_('shop.monthly')", dbname => 'empty'), '55000', "... $_ says that it has no row")
  for qw(live_totals live_revenue_totals live_refresh);
query($node, "SELECT live_report_drop('shop.monthly')", dbname => 'empty');

# 2. The extension moves.
make_shop('moved', "INSERT INTO shop.orders $ROWS");
query($node, $REFRESH, dbname => 'moved');
query($node, 'CREATE SCHEMA r; ALTER EXTENSION retention SET SCHEMA r', dbname => 'moved');
query($node, 'UPDATE shop.orders SET customer = 3 WHERE id = 31', dbname => 'moved', search_path => '');
is(states('moved', search_path => 'r'), 'same|changes|same|changes', 'the extension moves: it notices');
is(folded('moved', search_path => 'r'), 'same|same', '... and is refreshed');
query($node, q{SELECT live_report_create('new', 'shop.orders', 'customer', 'ordered_at', '7 days', 'UTC');
	SELECT live_refresh('shop.new');
	SELECT live_report_drop('shop.new')}, dbname => 'moved', search_path => 'r');

# 3. Prepared transactions.
query($node, "BEGIN; INSERT INTO shop.orders VALUES (1001, 77, '2024-12-12Z', 1.5, 'paid');
	DELETE FROM shop.orders WHERE id < 5;
	PREPARE TRANSACTION 'orders'", dbname => 'original');
is(states('original'), 'same|changes|same|changes', 'prepared: not seen');
is(folded('original'), 'same|same', '... nor by a refresh');
query($node, "COMMIT PREPARED 'orders'", dbname => 'original');
is(states('original'), 'same|changes|same|changes', '... committed');
query($node, "BEGIN; $REFRESH; PREPARE TRANSACTION 'refresh'", dbname => 'original');
is(states('original'), 'same|changes|same|changes', '... a refresh is prepared');
query($node, "COMMIT PREPARED 'refresh'", dbname => 'original');
is(folded('original'), 'same|same', '... and committed');

# 4. A publication of all tables: what a refresh changes can be published.
query($node, 'CREATE PUBLICATION everything FOR ALL TABLES', dbname => 'original');
query($node, 'UPDATE shop.orders SET customer = 4 WHERE id = 32; DELETE FROM shop.orders WHERE id = 33',
	dbname => 'original');
is(states('original'), 'same|changes|same|changes', 'published: it notices');
is(folded('original'), 'same|same', '... and is refreshed');
query($node, "SELECT live_refresh('shop.monthly', true)", dbname => 'original');
query($node, 'DROP PUBLICATION everything; CREATE PUBLICATION orders FOR TABLE shop.orders', dbname => 'original');

# A subscriber has reports of its own, made before it subscribes; nothing has to be set.
make_shop('subscriber', '');
query($node, $REFRESH, dbname => 'subscriber');
query($node, "SELECT pg_create_logical_replication_slot('orders', 'pgoutput')", dbname => 'original');
my $connection = $node->connstr('original') =~ s/'/''/gr;
query($node, "CREATE SUBSCRIPTION orders CONNECTION '$connection' PUBLICATION orders WITH (create_slot = false)",
	dbname => 'subscriber');
sub is_subscribed
{
	my ($sql, $noticed, $name) = @_;

	query($node, $sql, dbname => 'original');
	$node->wait_for_subscription_sync($node, 'orders', 'subscriber') if $sql eq '';
	$node->wait_for_catchup('orders');
	is(states('subscriber'), "same|$noticed|same|$noticed", "subscribed: $name");
	is(query($node, 'SELECT count(*), sum(customer) FROM shop.orders', dbname => 'subscriber'),
		query($node, 'SELECT count(*), sum(customer) FROM shop.orders', dbname => 'original'), '... has all orders');
	is(folded('subscriber'), 'same|same', '... and is refreshed');
}
is_subscribed('', 'changes', 'the first orders');
is_subscribed("INSERT INTO shop.orders VALUES (2001, 78, '2024-12-14Z', 1.5, 'paid')", 'changes', 'INSERT');
is_subscribed('UPDATE shop.orders SET customer = 79 WHERE id = 2001', 'changes', 'UPDATE');
is_subscribed('UPDATE shop.orders SET status = status', 'nothing', 'an UPDATE of nothing');
is_subscribed('DELETE FROM shop.orders WHERE id = 2001', 'changes', 'DELETE');
is_subscribed('TRUNCATE shop.orders', 'to be counted', 'TRUNCATE');
is_subscribed("INSERT INTO shop.orders $ROWS", 'changes', 'orders after it');
query($node, 'ALTER SUBSCRIPTION orders DISABLE; ALTER SUBSCRIPTION orders SET (slot_name = NONE);
	DROP SUBSCRIPTION orders', dbname => 'subscriber');
is(states('subscriber'), 'same|nothing|same|nothing', 'no subscriber any more');
query($node, "UPDATE shop.orders SET customer = 5 WHERE id = 6", dbname => 'subscriber');
is(states('subscriber'), 'same|changes|same|changes', '... and still notices');

# 5. A standby reads what waits there, and does not refresh.
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
query($node, "DELETE FROM shop.orders WHERE id > 50; INSERT INTO shop.orders VALUES (3001, 3001, now(), 1, 'paid')",
	dbname => 'original');
for my $step ('', $REFRESH, 'TRUNCATE shop.orders', "INSERT INTO shop.orders $ROWS")
{
	query($node, $step, dbname => 'original') if $step ne '';
	$node->wait_for_catchup($standby);
	is(query($standby, 'SELECT ' . join(', ', map { same_sql($_), noticed_sql($_) } @reports),
		dbname => 'original'), states('original'),
		"on a standby: $step");
}
is(sqlstate($standby, "SELECT live_refresh('shop.monthly')", dbname => 'original'), '25006',
	'a standby cannot refresh');
done_testing();
