# The extension as an object of a database: what its install script makes, in which schemas it works, who may install
# and use it, and what pg_dump and pg_restore make of views, materialized views, indexes and functions that use it.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $node = start_server('main', bare => 1);

# A query of a database.
sub in_db { my ($db, $sql, %settings) = @_; return query($node, $sql, dbname => $db, %settings) }

# The extension's members of pg_proc, aggregates included.
my $MEMBERS = q{(SELECT p.* FROM pg_proc p
	JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		AND d.refclassid = 'pg_extension'::regclass
	JOIN pg_extension e ON e.oid = d.refobjid WHERE e.extname = 'retention')};

# 1. The install script, in a schema of its own.
in_db('postgres', 'CREATE DATABASE catalog');
in_db('catalog', 'CREATE SCHEMA r; CREATE EXTENSION retention SCHEMA r');
cmp_ok(in_db('catalog', "SELECT count(*) FROM $MEMBERS m"), '>', 50, 'the extension has functions');

my %rule = (
	'has a COMMENT'                         => "obj_description(oid, 'pg_proc') IS NOT NULL",
	'is PARALLEL SAFE, or has tables'       => "proparallel = 's' OR (proname LIKE 'live%'
		AND proparallel = CASE provolatile WHEN 's' THEN 'r' ELSE 'u' END)",
	'has no setting, nor its owner\'s rights' => 'proconfig IS NULL AND NOT prosecdef',
	'may be called by everybody'            => "has_function_privilege('public', oid, 'EXECUTE')",
	'lives in the chosen schema'            => "pronamespace = 'r'::regnamespace",
	'aggregate: combines'                   => "prokind <> 'a' OR EXISTS (SELECT FROM pg_aggregate a
		WHERE a.aggfnoid = m.oid AND a.aggcombinefn <> 0)",
	'aggregate: an internal state travels'  => "prokind <> 'a' OR EXISTS (SELECT FROM pg_aggregate a
		WHERE a.aggfnoid = m.oid
		AND (a.aggtranstype <> 'internal'::regtype OR (a.aggserialfn <> 0 AND a.aggdeserialfn <> 0)))",
	'aggregate: tells the planner its size' => "prokind <> 'a' OR EXISTS (SELECT FROM pg_aggregate a
		WHERE a.aggfnoid = m.oid
		AND (a.aggtranstype <> 'internal'::regtype OR a.aggtransspace <> 0))",
	'aggregate: moves with an inverse' => "prokind <> 'a' OR EXISTS (SELECT FROM pg_aggregate a
		WHERE a.aggfnoid = m.oid
		AND (a.aggmtransfn = 0) = (a.aggminvtransfn = 0))");
for my $rule (sort keys %rule)
{
	is(in_db('catalog', "SELECT oid::regprocedure FROM $MEMBERS m WHERE NOT ($rule{$rule})"), '',
		"every function $rule");
}
is(in_db('catalog', "SELECT oid::regprocedure FROM pg_proc
	WHERE pronamespace = 'r'::regnamespace AND oid NOT IN (SELECT oid FROM $MEMBERS m)"),
	'', 'every function belongs to the extension');
is( in_db('catalog', q{SELECT pg_describe_object(classid, objid, 0) FROM pg_depend d
	JOIN pg_extension e ON e.oid = refobjid
		JOIN pg_type t ON t.oid = objid AND t.typcategory <> 'A'
		WHERE extname = 'retention' AND refclassid = 'pg_extension'::regclass AND deptype = 'e'
			AND classid = 'pg_type'::regclass
		AND NOT EXISTS (SELECT FROM pg_class v WHERE v.oid = t.typrelid AND v.relkind = 'v')
		AND obj_description(objid, 'pg_type') IS NULL}),
	'', 'every type has a COMMENT');
isnt(in_db('catalog', "SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'retention'"),
	'', 'so has the extension');
is(in_db('catalog', "SELECT extrelocatable FROM pg_extension WHERE extname = 'retention'"), 't', 'it is relocatable');

# 2. Qualified names work with an empty search path, before and after the extension moves.
my $USE = q{SELECT %1$s.customer_count(k), %1$s.repeat_rate(k),
	%1$s.crr(k, at, %1$s.period('[2024-02-01,2024-03-01)'::daterange)),
	%1$s.churn_rate(k, at, %1$s.period('[2024-02-01,2024-03-01)'::daterange, 'UTC'), '90 days'),
		%1$s.crr(450, 405, 20),
	%1$s.top_share(k, 1::numeric), %1$s.median_order_gap(at), %1$s.nps(9)
	FROM (VALUES (1, '2024-01-05Z'::timestamptz), (2, '2024-01-06Z'), (1, '2024-02-05Z')) o (k, at)};
my $ANSWER = '2|0.5|0.5|0|0.8555555555555555|0.6666666666666666|15 days 12:00:00|100';
is(in_db('catalog', sprintf($USE, 'r'), search_path => ''), $ANSWER, 'in a schema of its own');
in_db('catalog', 'CREATE VIEW v (a, b, c, d, e, f, g, h) AS ' . sprintf($USE, 'r')
	. '; CREATE SCHEMA other; ALTER EXTENSION retention SET SCHEMA other');
is(in_db('catalog', sprintf($USE, 'other'), search_path => ''), $ANSWER, 'after ALTER EXTENSION SET SCHEMA');
is(in_db('catalog', 'SELECT * FROM public.v', search_path => ''), $ANSWER, '... a view follows');
is(in_db('catalog', "SELECT count(*) FROM pg_proc WHERE pronamespace = 'r'::regnamespace"), '0',
	'... and nothing stays behind');
is( in_db('catalog', 'SELECT other.customer_count(k)
	FROM (SELECT generate_series(1, 1000) k) s, generate_series(1, 20)',
		search_path => '', RetentionTest::PARALLEL),
	'1000', '... nor does its state miss anything');

# 3. Dropped and created again.
is(sqlstate($node, 'DROP EXTENSION retention', dbname => 'catalog'), '2BP01', 'a view keeps the extension');
in_db('catalog', 'DROP EXTENSION retention CASCADE', client_min_messages => 'warning');
is(in_db('catalog', q{SELECT count(*) FROM pg_proc WHERE probin LIKE '%retention%'}), '0', 'dropped without a trace');
in_db('catalog', 'CREATE EXTENSION retention; DROP EXTENSION retention; CREATE EXTENSION retention SCHEMA r');
is(in_db('catalog', sprintf($USE, 'r')), $ANSWER, 'and made again');

# The same in one session, which keeps the module loaded.
is(in_db('catalog', sprintf($USE, 'r') . '; DROP EXTENSION retention; CREATE EXTENSION retention SCHEMA other; '
	. sprintf($USE, 'other')),
	"$ANSWER\n$ANSWER", 'in one session');

# 4. Trusted: CREATE on the database is enough to install, and nothing is needed to use.
in_db('postgres', 'CREATE ROLE owner LOGIN; CREATE ROLE analyst LOGIN; CREATE DATABASE shop;
	GRANT CREATE ON DATABASE shop TO owner');
is(sqlstate($node, 'SET ROLE analyst; CREATE EXTENSION retention', dbname => 'shop'), '42501',
	'not everybody installs');
in_db('shop', 'SET ROLE owner; CREATE SCHEMA metrics; CREATE EXTENSION retention SCHEMA metrics;
	GRANT USAGE ON SCHEMA metrics TO public');
is(in_db('shop', "SELECT pg_get_userbyid(extowner) FROM pg_extension WHERE extname = 'retention'"), 'owner',
	'installed by an ordinary role');
is(in_db('shop', "SELECT count(*) FROM $MEMBERS m WHERE proowner <> 10"), '0',
	'... but its functions are the superuser\'s');
is(in_db('shop', 'SET ROLE analyst; ' . sprintf($USE, 'metrics')), $ANSWER, 'used by another');

# The install script does not take over a function that was there before it.
in_db('postgres', 'CREATE DATABASE trap; GRANT CREATE ON DATABASE trap TO owner');
in_db('trap', 'SET ROLE owner; CREATE SCHEMA trap;
	CREATE FUNCTION trap.nps_final(bigint[]) RETURNS float8 LANGUAGE sql RETURN 1');
is(sqlstate($node, 'SET ROLE owner; CREATE EXTENSION retention SCHEMA trap', dbname => 'trap'), '42723',
	'no function of somebody else\'s becomes a member');

# 5. Dump and restore. The extension is in a schema that is not on the search path when objects are restored.
in_db('shop', q{
	SET search_path = public, metrics;
	CREATE TABLE orders (k text, at timestamptz, days daterange, amount numeric, score int);
	INSERT INTO orders SELECT 'c' || i % 37, '2024-01-01Z'::timestamptz + i * interval '7 hours',
		daterange('2024-01-01', date '2024-01-02' + i % 90), i % 11, i % 11
	FROM generate_series(1, 400) i;
	CREATE INDEX ON orders USING gist (period(days, 'Europe/Vilnius'));
	CREATE VIEW monthly AS SELECT date_trunc('month', at) AS month, customer_count(k), repeat_rate(k),
		repeat_rate(k, 3) AS r3,
		purchase_frequency(k), aov(amount), nps(score), top_share(k, amount, 0.1) FROM orders GROUP BY 1;
	CREATE VIEW rolling AS SELECT at,
		repeat_rate(k) OVER (ORDER BY at RANGE BETWEEN '29 days' PRECEDING AND CURRENT ROW) AS r FROM orders;
	CREATE MATERIALIZED VIEW retention_of AS SELECT m,
		crr(k, at, period(daterange(m, (m + interval '1 month')::date), 'UTC')) AS crr,
		churn_rate(k, at, tstzrange(m, m + interval '1 month'), '60 days') AS churn,
		crr(k, period(days, 'UTC'), period(daterange(m, (m + interval '1 month')::date), 'UTC')) AS contractual
		FROM orders, unnest('{2024-02-01,2024-03-01,2024-04-01}'::date[]) m GROUP BY m;
	CREATE TABLE members (id int PRIMARY KEY, p points_ledger NOT NULL DEFAULT points_ledger(),
		in_june bigint GENERATED ALWAYS AS (balance(p, '2024-06-01Z')) STORED);
	INSERT INTO members SELECT i, reverse(redeem(earn(points_ledger(), 100 + i, '2024-01-01Z', '2025-01-01Z',
		'order ' || i), 40, '2024-02-01Z', 'till'), 'till', '2024-03-01Z', 10, 'return')
	FROM generate_series(1, 20) i;
	CREATE INDEX ON members USING hash (p);
	CREATE VIEW lots_of AS SELECT m.id AS member, l.* FROM members m, lots(m.p, '2024-06-01Z') l;
	CREATE VIEW next_orders AS SELECT k, median_order_gap(at) AS gap, next_order_at(at) AS next FROM orders
		GROUP BY k;
	CREATE MATERIALIZED VIEW worth AS SELECT clv(k, at, amount, '1 month', 0.5, '2024-05-01Z'),
		clv(k, at, score::float8, '7 days', 1, '2024-05-01Z') AS by_score,
		clv(12.5, 0.5, 24) AS product FROM orders;
	CREATE TABLE histories AS SELECT k, purchase_history(at, amount, '1 week', '2024-04-01Z') AS history FROM orders
		GROUP BY k;
	CREATE TABLE models AS SELECT bgnbd_fit(score % 3, score % 3, score) AS model,
		gamma_gamma_fit(score, 1 + amount) AS value FROM orders;
	CREATE VIEW predicted AS SELECT p_alive(model, 1, 2, 3), clv(model, value, 1, 2, 3, 10, 52, 0.002) FROM models;
	CREATE TABLE earned (month timestamptz PRIMARY KEY, s revenue_summary NOT NULL, t revenue_totals,
		customers bigint GENERATED ALWAYS AS (customer_count(s)) STORED);
	INSERT INTO earned SELECT month, s, totals(s) FROM (SELECT date_trunc('month', at) AS month,
		revenue_agg(k, at, amount / 7, '1 month', 'Europe/Vilnius') AS s FROM orders GROUP BY 1) r;
	CREATE INDEX ON earned USING hash (s);
	CREATE INDEX ON earned (t);
	CREATE VIEW revenue AS SELECT g.* FROM (SELECT rollup(s) AS s FROM earned) e, revenue_growth(s, '2024-05-01Z') g;
	CREATE MATERIALIZED VIEW subscriptions AS SELECT revenue_agg(k, period(days, 'UTC'), amount, '7 days', 'UTC',
		'2024-03-20Z') AS s FROM orders;
	CREATE VIEW subscribers AS SELECT c.* FROM subscriptions, revenue_cohorts(totals(s), '2024-03-20Z') c;
	CREATE FUNCTION rate(since timestamptz) RETURNS double precision STABLE LANGUAGE sql
		BEGIN ATOMIC SELECT repeat_rate(k) FROM orders WHERE at >= since; END;
	CREATE FUNCTION rate_by_name(since timestamptz) RETURNS double precision STABLE LANGUAGE plpgsql AS
		'BEGIN RETURN (SELECT metrics.repeat_rate(k) FROM public.orders WHERE at >= since); END';
});
my @objects = ('SELECT * FROM members', 'SELECT * FROM lots_of', 'SELECT * FROM monthly', 'SELECT * FROM rolling',
	'SELECT * FROM retention_of', 'SELECT * FROM next_orders', 'SELECT * FROM worth', 'SELECT * FROM models',
	'SELECT * FROM predicted', 'SELECT k, (history).* FROM histories',
	q{SELECT rate('2024-02-01Z'), rate_by_name('2024-02-01Z')},
	q{SELECT indexdef FROM pg_indexes WHERE tablename = 'orders'},
	q{SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'},
	q{SELECT extname, extversion, extnamespace::regnamespace FROM pg_extension WHERE extname = 'retention'},
	'SELECT * FROM earned', 'SELECT * FROM revenue', 'SELECT * FROM subscriptions', 'SELECT * FROM subscribers',
	'SELECT indexdef FROM pg_indexes WHERE tablename = $$earned$$');
my %before = map { $_ => in_db('shop', "$_ ORDER BY 1") } @objects;
unlike($before{$objects[4]}, qr/\|\|/, 'there is something to compare');

my $dir = PostgreSQL::Test::Utils::tempdir();
for my $format (qw(custom plain))
{
	my $file = "$dir/$format";
	my $copy = "copy_$format";

	$node->command_ok([ 'pg_dump', '--no-sync', "--format=$format", '-f', $file, $node->connstr('shop') ],
		"pg_dump --format=$format");
	in_db('postgres', "CREATE DATABASE $copy");
	$node->command_ok(
		$format eq 'custom'
		? [ 'pg_restore', '--exit-on-error', '-d', $node->connstr($copy), $file ]
		: [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($copy), '-f', $file ],
		'... is restored');
	is(in_db($copy, "$_ ORDER BY 1"), $before{$_}, "... $_") for @objects;
	in_db($copy, 'REFRESH MATERIALIZED VIEW retention_of; REINDEX TABLE orders');
	is(in_db($copy, "$objects[4] ORDER BY 1"), $before{$objects[4]}, '... and refreshed');
}
unlike(slurp_file("$dir/plain"), qr/customer_count_final/, 'a dump names the extension, not what is in it');

done_testing();
