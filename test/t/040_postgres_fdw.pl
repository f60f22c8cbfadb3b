# Aggregates over a foreign table.  postgres_fdw with extensions 'retention' has the other server compute what is
# IMMUTABLE, in a session whose time zone is GMT.  What the session's zone decides must be computed here, and give what it
# gives over a table of one's own.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $node = start_server('main', timezone => 'Europe/Vilnius');
plan skip_all => 'postgres_fdw is not installed'
  if query($node, q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'}) eq '0';

my ($host, $port) = ($node->host, $node->port);
my $columns = 'customer int, name text, ordered_at timestamptz, amount numeric, cents bigint, dollars float8, score int,
	active tstzrange';
query($node, RANDOM_SQL . qq{
	CREATE TABLE orders ($columns);
	INSERT INTO orders
	SELECT k, 'no. ' || k, at, cents / 100.0, cents, cents / 100.0, rnd(4, i, 11),
		tstzrange(at, at + rnd(5, i, 400) * interval '1 day')
	FROM generate_series(1, 5000) i, LATERAL (
		SELECT rnd(1, i, 300), timestamptz '2024-01-01Z' + rnd(2, i, 700 * 24) * interval '1 hour', rnd(3, i, 10000))
		o(k, at, cents);
	ANALYZE orders;
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw
		OPTIONS (host '$host', port '$port', dbname 'postgres', extensions 'retention');
	CREATE USER MAPPING FOR CURRENT_USER SERVER other;
	CREATE FOREIGN TABLE far ($columns) SERVER other OPTIONS (table_name 'orders');
	ANALYZE far;});

my $PERIOD = q{tstzrange('2025-03-01+02', '2025-04-01+03')};

# The session's time zone decides these ...
my @by_zone = (
	"crr(customer, ordered_at, $PERIOD)",
	"crr(customer, ordered_at, $PERIOD, '1 month')",
	"churn_rate(customer, ordered_at, $PERIOD)",
	"churn_rate(customer, ordered_at, $PERIOD, '1 month')",
	"retention_agg(customer, ordered_at, '1 month')",
	"revenue_agg(customer, ordered_at, amount, '1 month')",
	"clv(customer, ordered_at, amount, '1 month')",
	"clv(customer, ordered_at, cents, '1 month', 0.3)",
	"clv(customer, ordered_at, dollars, '1 month', 0.3, '2025-06-01+03')",
	"purchase_history(ordered_at, amount, '1 day')",
	"purchase_history(ordered_at, cents, '1 day', '2025-06-01+03')",
	"purchase_history(ordered_at, dollars, '7 days', '2025-06-01+03')");

# ... and now() those.
my @by_now = (
	"crr(customer, ordered_at, $PERIOD, NULL, 'Europe/Vilnius')",
	"churn_rate(customer, ordered_at, $PERIOD, '1 month', 'Europe/Vilnius')",
	"points_balance(cents, ordered_at, '2099-01-01+02')");

# These values hold now() itself, which must be that of one statement.
my @holds_now = (
	"retention_agg(customer, active, '1 month')", "retention_agg(name, active, '1 month', 'Europe/Vilnius')",
	"revenue_agg(customer, active, amount, '1 month')", "revenue_agg(name, active, amount, '1 month', 'Europe/Vilnius')",
	'time_to_order(customer, ordered_at)', 'time_to_order(customer, ordered_at, 3)');

# The other server may compute these.  A text argument stands in the way of that unless a column brings its collation.
my @anywhere = (
	'customer_count(customer)', 'repeat_rate(customer, 20)', 'purchase_frequency(customer)',
	'aov(amount)', 'aov(cents)', 'top_share(customer, amount, 0.29)', 'nps(score)',
	'median_order_gap(ordered_at)', 'next_order_at(ordered_at)',
	"crr(customer, active, $PERIOD)", "churn_rate(customer, active, $PERIOD)",
	"retention_agg(name, ordered_at, '1 month', 'Europe/Vilnius')",
	"revenue_agg(name, ordered_at, amount, '1 month', 'Europe/Vilnius')",
	"revenue_agg(name, active, amount, '1 month', 'Europe/Vilnius', '2025-06-01+03')",
	"retention_agg(name, active, '1 month', 'Europe/Vilnius', '2025-06-01+03')",
	"time_to_order(customer, ordered_at, 2, '2025-06-01+03')",
	"survival_agg('5 days', cents > 5000)",
	"points_balance(cents, ordered_at, '2099-01-01+02', '2025-06-01+03')");

sub is_sent
{
	my ($call) = @_;
	my ($name) = $call =~ /^(\w+)/;

	return plan_of($node, "SELECT $call FROM far", 'VERBOSE, COSTS OFF') =~ /Remote SQL: SELECT .*$name\(/;
}

sub same_as_here
{
	my ($call) = @_;

	return is(query($node, "SELECT $call FROM far"), query($node, "SELECT $call FROM orders"), "$call gives the same");
}

for my $call (@by_zone)
{
	isnt(query($node, "SELECT $call FROM orders", TimeZone => 'GMT'), query($node, "SELECT $call FROM orders"),
		"the zone decides $call");
}
for my $call (@by_zone, @by_now)
{
	ok(!is_sent($call), "... computed here");
	same_as_here($call);
}

for my $call (@holds_now)
{
	ok(!is_sent($call), "$call is computed here");
	is(query($node, "SELECT (SELECT $call FROM far)::text = (SELECT $call FROM orders)::text"), 't',
		'... and gives the same');
}
for my $call (@anywhere)
{
	ok(is_sent($call), "$call is sent");
	same_as_here($call);
}

my %called = map { /^(\w+)/ => 1 } @by_zone, @by_now, @holds_now;
is_deeply([ grep { !$called{$_} } split /\n/, query($node, q{
	SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'retention'
	WHERE p.prokind = 'a' AND p.provolatile <> 'i'}) ], [], 'every aggregate that is not IMMUTABLE is among them');

# What CREATE AGGREGATE alone gives, and pg_upgrade leaves: the other session's answer.  The last part of the
# extension's script mends that.
query($node, q{UPDATE pg_proc SET provolatile = 'i' WHERE prokind = 'a' AND proname IN ('crr', 'clv')});
my $crr = "crr(customer, ordered_at, $PERIOD)";
ok(is_sent($crr), 'marked as IMMUTABLE, it is sent');
is(query($node, "SELECT $crr FROM far"), query($node, "SELECT $crr FROM orders", TimeZone => 'GMT'),
	'... and the other session decides');
$node->safe_psql('postgres', slurp_file(top_folder() . '/sql/parts/volatility.sql'));
ok(!is_sent($crr), 'marked again, it is not');
same_as_here($crr);

done_testing();
