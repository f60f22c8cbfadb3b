# Who may do what with a live report, and whose code runs with whose rights.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use LiveTest;
use RetentionTest;

my $node = start_server('main');
my $superuser = query($node, 'SELECT current_user');
query($node, COUNTED_SQL);

query($node, q{
	CREATE ROLE keeper; CREATE ROLE partner IN ROLE keeper; CREATE ROLE heir; CREATE ROLE till; CREATE ROLE analyst;
	CREATE ROLE stranger; CREATE ROLE reader;
	CREATE SCHEMA shop AUTHORIZATION keeper;
	GRANT USAGE ON SCHEMA shop TO till, analyst, stranger, reader;
	SET ROLE keeper;
	CREATE TABLE shop.orders (id int PRIMARY KEY, customer int, ordered_at timestamptz, amount numeric, status text);
	CREATE INDEX ON shop.orders (customer);
	INSERT INTO shop.orders SELECT i, i % 12, '2024-01-01Z'::timestamptz + i * interval '3 days', i
		FROM generate_series(1, 60) i;
	GRANT INSERT ON shop.orders TO till;
	GRANT SELECT ON shop.orders TO reader;
});
my %report = (schema => 'shop', name => 'monthly', source => 'shop.orders', customer => 'customer',
	ordered_at => 'ordered_at', bucket => '1 month', zone => 'UTC', amount => 'amount');
my $CREATE = create_sql(\%report);
my ($TOTALS, $MONEY, $REFRESH, $DROP) =
  map { "SELECT $_('shop.monthly')" } qw(live_totals live_revenue_totals live_refresh live_report_drop);

# What psql prints for a role, notices and errors behind the rows.
sub session
{
	my ($sql) = @_;
	my (undef, $rows, $errors) = $node->psql('postgres', "\\set VERBOSITY terse\n$sql", on_error_stop => 0);

	return join "\n", grep { $_ ne '' } $rows, $errors;
}

# 1. Who may do what.
is(sqlstate($node, "SET ROLE $_; $CREATE"), '42501', "$_ cannot make a report") for qw(till analyst reader stranger);
is(sqlstate($node, "REVOKE CREATE ON SCHEMA shop FROM keeper; SET ROLE keeper; $CREATE"),
	'42501', 'nor can the owner of the table who may not create tables there');
query($node, 'GRANT CREATE ON SCHEMA shop TO keeper');
query($node, "SET ROLE partner; $CREATE");
is(query($node, q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'shop'::regnamespace}),
	'keeper',
	'a member can, and all belongs to the owner');
query($node, "$DROP; $CREATE");
is(query($node, q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'shop'::regnamespace}),
	'keeper',
	'a superuser can, and all belongs to the owner');
query($node, "SET ROLE keeper; $REFRESH; GRANT SELECT ON shop.monthly TO analyst");

query($node, q{SET ROLE till;
	INSERT INTO shop.orders VALUES (101, 1, '2024-08-03Z', 5), (102, 99, '2024-09-03Z', 6.75);
	INSERT INTO shop.orders VALUES (1, 1, '2024-08-03Z', 5) ON CONFLICT DO NOTHING});
is(query($node, 'SELECT ' . same_sql(\%report) . ', ' . noticed_sql(\%report)), 'same|changes',
	'who may insert needs no other right');
for my $refused ($TOTALS, $MONEY, $REFRESH, $DROP, 'TABLE shop.monthly', 'TABLE shop.monthly_changed',
	'TABLE shop.monthly_customers',
	'TABLE shop.monthly_orders', 'INSERT INTO shop.monthly_changed VALUES (1)', 'DELETE FROM shop.monthly_changed',
	'UPDATE shop.monthly SET zone = $$$$', 'TRUNCATE shop.monthly_changed')
{
	is(sqlstate($node, "SET ROLE $_; $refused"), '42501', "$_ cannot $refused") for qw(till stranger reader);
}
my $counts = query($node, $TOTALS);
my $money = query($node, $MONEY);
is(query($node, "SET ROLE analyst; $TOTALS"), $counts, 'who may read the report needs no other right');
is(query($node, "SET ROLE analyst; $MONEY"), $money, '... for the money, too');
is(query($node, "SET ROLE analyst; SELECT report, source, changed > 0, refreshed_at IS NOT NULL FROM live_reports"),
	'shop.monthly|shop.orders|t|t', '... and sees it in live_reports');
is(sqlstate($node, "SET ROLE analyst; $_"), '42501', "... but cannot $_")
  for $REFRESH, $DROP, 'TABLE shop.orders', 'TABLE shop.monthly_customers', 'TABLE shop.monthly_changed',
	'TABLE shop.monthly_orders';
query($node, 'ALTER TABLE shop.orders DISABLE TRIGGER ALL; UPDATE shop.orders SET customer = 1 WHERE id < 5');
is(query($node, "SET ROLE analyst; $TOTALS"), query($node, $TOTALS), '... when the orders are counted, too');
isnt(query($node, $TOTALS), $counts, '... which are others');
query($node, "SET client_min_messages = warning; $REFRESH");
query($node, 'GRANT SELECT (zone) ON shop.monthly TO stranger');
is(sqlstate($node, "SET ROLE stranger; $TOTALS"), '42501', 'a column is not enough');
is(query($node, 'SET ROLE stranger;
	SELECT count(*), count(customers), count(changed), count(size), count(refreshed_at) FROM live_reports'),
	'1|0|0|0|0', 'live_reports says no more than the catalog to a stranger');
query($node, "SET ROLE partner; $REFRESH");
is_folded($node, \%report, 'a member refreshes');

# 2. Row security.  Its policies are not the owner's, who is also the one who reads.
query($node, q{ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY; GRANT SELECT ON shop.orders TO analyst;
	CREATE POLICY p ON shop.orders USING (id < 10)});
query($node, 'UPDATE shop.orders SET customer = 3 WHERE id > 40');
is(query($node, "SET ROLE analyst; SELECT count(*) FROM shop.orders; $TOTALS"), "9\n" . query($node, $TOTALS),
	'a policy of the orders');
is(query($node, "SET ROLE keeper; SET row_security = off; $TOTALS"), query($node, $TOTALS), '... and of the owner');
is_current($node, \%report, '... is not applied');
query($node, 'ALTER TABLE shop.orders FORCE ROW LEVEL SECURITY');
is(sqlstate($node, "SET ROLE $_; $TOTALS"), '42501', "unless it is forced: $_ cannot read") for qw(keeper analyst);
is(sqlstate($node, "SET ROLE keeper; SELECT live_refresh('shop.monthly', recount => true)"), '42501',
	'... nor refresh');
query($node, 'ALTER TABLE shop.orders NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
	REVOKE SELECT ON shop.orders FROM analyst');

# 3. Owners change.  A report runs as the owner of the orders, or not at all; orders come in as long as it has one
# owner.
query($node, 'ALTER TABLE shop.orders OWNER TO heir; GRANT USAGE ON SCHEMA shop TO heir; SET ROLE heir;
	INSERT INTO shop.orders VALUES (201, 201, now(), 1); GRANT SELECT ON shop.orders TO keeper');
is(sqlstate($node, qq{SET ROLE "$_"; $TOTALS}), '42501',
	"orders of another owner than the report's: for $_") for qw(analyst keeper heir), $superuser;
is(sqlstate($node, "SET ROLE keeper; $REFRESH"), '42501', '... nor is it refreshed');
is(sqlstate($node, "ALTER TABLE shop.monthly OWNER TO heir; INSERT INTO shop.orders VALUES (299, 201, now(), 1)"),
	'55000',
	'... nor does an order come in between');
query($node, 'ALTER TABLE shop.monthly OWNER TO keeper');
query($node, 'REASSIGN OWNED BY keeper TO heir');
query($node, "SET ROLE heir; INSERT INTO shop.orders VALUES (202, 202, now(), 1); $REFRESH;
	INSERT INTO shop.orders VALUES (203, 1, now(), 1)");
is_current($node, \%report, 'all belongs to another');
is(query($node, "SET ROLE analyst; $TOTALS"), query($node, $TOTALS), '... and is read by whom it was');
is(sqlstate($node, "SET ROLE keeper; $_"), '42501', "... but the old owner cannot $_") for $REFRESH, $DROP;
query($node, 'REASSIGN OWNED BY heir TO keeper');

# 4. Whose code runs with whose rights.  All functions tell who they run as.
query($node, q{
	CREATE ROLE mallory; CREATE SCHEMA evil AUTHORIZATION mallory; GRANT USAGE ON SCHEMA evil TO public;
	GRANT USAGE ON SCHEMA shop TO mallory;
	GRANT CREATE ON DATABASE postgres TO mallory;
	SET ROLE mallory;
	CREATE FUNCTION evil.tell(what text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
	BEGIN
		RAISE WARNING '% runs as %', what, current_user;
		BEGIN
			PERFORM set_config('role', session_user, false);
			RAISE WARNING 'and is % now', current_user;
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
		RETURN true;
	END$$;
	CREATE FUNCTION evil.equal(a int, b int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
		$$BEGIN RETURN evil.tell('an operator') AND a OPERATOR(pg_catalog.=) b; END$$;
	CREATE OPERATOR evil.= (FUNCTION = evil.equal, LEFTARG = int, RIGHTARG = int, HASHES, MERGES);
	CREATE FUNCTION evil.totals(retention_summary) RETURNS retention_totals IMMUTABLE LANGUAGE plpgsql AS
		$$BEGIN PERFORM evil.tell('totals'); RETURN NULL; END$$;
	CREATE FUNCTION evil.totals(revenue_summary) RETURNS revenue_totals IMMUTABLE LANGUAGE plpgsql AS
		$$BEGIN PERFORM evil.tell('totals'); RETURN NULL; END$$;
	CREATE FUNCTION evil.live_note() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN PERFORM evil.tell('live_note'); RETURN NULL; END$$;
	CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql AS
		$$BEGIN PERFORM evil.tell('now'); RETURN pg_catalog.now(); END$$;
	CREATE FUNCTION evil.count(anyelement) RETURNS bigint LANGUAGE plpgsql AS
		$$BEGIN PERFORM evil.tell('count'); RETURN 1; END$$;
	CREATE TABLE evil.orders (customer int); CREATE TABLE evil.monthly (customer int);
	CREATE TABLE evil.monthly_changed (customer int); CREATE TABLE evil.monthly_customers (customer int);
});
my $PATH = 'SET search_path = evil, pg_temp, pg_catalog, public; CREATE TEMP TABLE orders (x int);
	CREATE TEMP TABLE monthly_changed (customer int); CREATE TEMP TABLE monthly_customers (customer int);';

# Whoever reads, refreshes or inserts brings a path of his own.
is(session("$PATH GRANT ALL ON ALL TABLES IN SCHEMA shop TO mallory; SET ROLE mallory;
	INSERT INTO shop.orders VALUES (301, 301, '2024-08-03Z', 5); DELETE FROM shop.orders WHERE id < 4;
	UPDATE shop.orders SET amount = 7 WHERE id < 6;
	SELECT public.live_totals('shop.monthly') IS NULL, public.live_revenue_totals('shop.monthly') IS NULL"),
	'f|f', 'the path of who writes or reads');
is(session("$PATH SELECT public.live_refresh('shop.monthly') > 0, public.live_refresh('shop.monthly', true) > 0"),
	't|t', 'the path of who refreshes');
is_folded($node, \%report, '... changes nothing');

# An owner: all that can be put into a report of one's own runs as its owner, whoever reads or refreshes.
query($node, q{SET ROLE mallory;
	CREATE DOMAIN evil.key AS int CHECK (evil.tell('a domain'));
	CREATE FUNCTION evil.trigger() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN PERFORM evil.tell('a trigger'); RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END$$});
my $TRIGGER = 'BEFORE INSERT OR DELETE OR UPDATE ON evil.%s FOR EACH ROW EXECUTE FUNCTION evil.trigger()';
my @traps = (
	[ 'a domain' => '', 'evil.key' ],
	[ 'the view' => q{CREATE OR REPLACE VIEW evil.trap_orders AS SELECT customer, ordered_at, amount FROM evil.log
		WHERE evil.tell('the view')} ],
	(map { [ 'a trigger' => "CREATE TRIGGER trap " . sprintf $TRIGGER, $_ ] } qw(trap trap_customers trap_changed)),
	(map { [ 'a check' => "ALTER TABLE evil.$_ ADD CHECK (evil.tell('a check'))" ] } qw(trap trap_customers)),
	[ 'an index' => q{CREATE INDEX ON evil.trap_customers ((evil.tell('an index' || left(customer::text, 0))))} ],
	[ 'an index' => q{CREATE INDEX ON evil.log (customer) WHERE evil.tell('an index' || left(customer::text, 0))} ],
	[ 'a policy' => q{CREATE POLICY p ON evil.log USING (evil.tell('a policy'));
		ALTER TABLE evil.log ENABLE ROW LEVEL SECURITY} ],
	[ 'a rule' => q{CREATE RULE trap AS ON UPDATE TO evil.trap DO ALSO SELECT evil.tell('a rule')} ],
	[ 'a rule' => q{CREATE RULE trap AS ON DELETE TO evil.trap_changed DO ALSO SELECT evil.tell('a rule')} ],
	[ 'a rule' => q{CREATE RULE trap AS ON DELETE TO evil.trap_customers DO INSTEAD SELECT evil.tell('a rule')} ],
	[ 'a default' => q{ALTER TABLE evil.trap_customers ADD x boolean DEFAULT evil.tell('a default')} ]);
my %heard;
for my $trap (@traps)
{
	my ($name, $sql, $type) = @$trap;

	query($node, "SET client_min_messages = error; SET ROLE mallory; CREATE TABLE evil.log (customer "
		. ($type // 'int') . ', ordered_at timestamptz, amount numeric);
		CREATE INDEX ON evil.log (customer);' . q{
		INSERT INTO evil.log SELECT i % 12, '2024-01-01Z'::timestamptz + i * interval '3 days', i
			FROM generate_series(1, 60) i;
		SELECT live_report_create('trap', 'evil.log', 'customer', 'ordered_at', '1 month', 'UTC', 'amount',
			'amount > 0');
		SELECT live_refresh('evil.trap'); DELETE FROM evil.log WHERE amount < 7; } . $sql);
	my $said = session(q{SELECT live_totals('evil.trap') IS NULL; SELECT live_revenue_totals('evil.trap') IS NULL;
		SELECT count(*) FROM live_reports; SELECT live_refresh('evil.trap')});
	session('SET client_min_messages = error; SET ROLE mallory; UPDATE evil.log SET customer = 0 WHERE amount < 9');
	$said .= session(q{SELECT live_totals('evil.trap') IS NULL; SELECT live_refresh('evil.trap', true);
		SELECT live_totals('evil.trap') IS NULL; SELECT live_report_drop('evil.trap');
		SELECT current_user});

	unlike($said, qr/runs as \Q$superuser\E|and is|XX000|server closed/,
		"a hostile owner: $name runs nothing as a superuser");
	like($said, qr/^\Q$superuser\E$/m, '... who comes back as one');
	$heard{$1} = 1 while $said =~ /(\w+ \w+) runs as mallory/g;
	query($node, q{SET client_min_messages = error; DROP TABLE evil.log CASCADE;
		DROP TABLE IF EXISTS evil.trap, evil.trap_customers,
		evil.trap_changed CASCADE});
}
is_deeply([ sort keys %heard ], [ 'a check', 'a default', 'a rule', 'a trigger', 'an index', 'the view' ],
	'all of them ran');

# A trigger of one's own writes into nobody's report.
query($node, 'SET ROLE mallory; CREATE TABLE evil.mine (id int, customer text, ordered_at timestamptz,
	amount numeric, status text)');
my @triggers = split /\n/, query($node, q{SELECT pg_get_triggerdef(oid) FROM pg_trigger
	WHERE tgrelid = 'shop.orders'::regclass AND NOT tgisinternal});
cmp_ok(scalar(@triggers), '>=', 3, 'there are triggers');
my $waiting = query($node, 'SELECT count(*) FROM shop.monthly_changed');
session(join '', 'SET ROLE mallory;', (map { s/ ON shop.orders/ ON evil.mine/r . ';' } @triggers),
	q{INSERT INTO evil.mine VALUES (1, 'mallory', now(), 1); UPDATE evil.mine SET customer = 'eve';
		DELETE FROM evil.mine});
is(query($node, 'SELECT count(*) FROM shop.monthly_changed'),
	$waiting, 'a trigger of a table of his own writes nothing');
is_folded($node, \%report, '... into the report');
isnt(sqlstate($node, 'SET ROLE mallory; SELECT live_note()'), '00000', 'the trigger function cannot be called');

# A report made by hand reads no more than its owner may.
query($node, q{GRANT SELECT ON ALL TABLES IN SCHEMA shop TO mallory; SET ROLE mallory;
	CREATE TABLE evil.fake (LIKE shop.monthly INCLUDING ALL);
	CREATE TABLE evil.fake_customers (LIKE shop.monthly_customers INCLUDING ALL);
	CREATE TABLE evil.fake_changed (LIKE shop.monthly_changed INCLUDING ALL);
	RESET ROLE; REVOKE ALL ON ALL TABLES IN SCHEMA shop FROM mallory; SET ROLE mallory;
	CREATE VIEW evil.fake_orders AS SELECT 1 AS customer, now() AS ordered_at, 1::numeric AS amount
		WHERE evil.tell('a fake');
	INSERT INTO evil.fake (bucket, zone) VALUES ('1 month', 'UTC')});
for my $call ("live_totals('evil.fake')", "live_revenue_totals('evil.fake')", "live_refresh('evil.fake')",
	"live_report_drop('evil.fake')")
{
	my $said = session("SELECT $call IS NULL; SELECT current_user");

	unlike($said, qr/runs as \Q$superuser\E|and is|XX000|cache lookup|server closed/, "a report made by hand: $call");
}

# Damage that an owner can do to his own.
for my $damage ('DELETE FROM shop.monthly', q{UPDATE shop.monthly SET bucket = '5 seconds'},
	q{UPDATE shop.monthly SET zone = 'nowhere'},
	'UPDATE shop.monthly SET bucket = NULL', 'UPDATE shop.monthly SET zone = NULL',
		'UPDATE shop.monthly SET totals = NULL',
	'UPDATE shop.monthly SET counted_as = NULL', 'DELETE FROM shop.monthly_customers',
		'INSERT INTO shop.monthly_changed VALUES (NULL), (4)',
	'UPDATE shop.monthly_customers SET summary = NULL',
		'UPDATE shop.monthly_customers SET customer = customer + 1000',
	q{UPDATE shop.monthly_customers SET summary = (SELECT revenue_agg('x'::text, now(), 1, '1 day', 'UTC'))},
	q{UPDATE shop.monthly SET totals = (SELECT totals(revenue_agg(1, now(), 1, '1 day', 'UTC')))},
	q{UPDATE shop.monthly SET totals = (SELECT totals(revenue_agg(1, '2024-01-01Z', 1, '1 month', 'UTC')))},
	'ALTER TABLE shop.monthly_changed ADD x int', 'ALTER TABLE shop.monthly_customers DROP COLUMN summary CASCADE',
	'ALTER TABLE shop.monthly_customers DROP CONSTRAINT monthly_customers_pkey',
		'ALTER TABLE shop.monthly_changed ALTER customer TYPE text',
	'ALTER TABLE shop.monthly_changed RENAME TO elsewhere', 'ALTER TABLE shop.monthly DROP COLUMN totals',
	'CREATE OR REPLACE VIEW shop.monthly_orders AS SELECT customer, ordered_at, amount FROM shop.orders
		WHERE 1 / (amount - 7) > 0')
{
	my $said = session("\\set VERBOSITY sqlstate\nSET client_min_messages = error; BEGIN; $damage;
		UPDATE shop.orders SET customer = 4 WHERE id > 30 AND ordered_at > '2024-05-05Z'; SAVEPOINT s; $TOTALS;
			ROLLBACK TO s; $MONEY; ROLLBACK TO s;
		$REFRESH; ROLLBACK TO s; SELECT live_refresh('shop.monthly', true); ROLLBACK TO s; $TOTALS; ROLLBACK TO s;
		SELECT * FROM live_reports; ROLLBACK TO s; $DROP; ROLLBACK");

	unlike($said, qr/XX000|server closed|FATAL/, "damaged: $damage");
}
query($node, "SET client_min_messages = warning; $REFRESH");
is_folded($node, \%report, 'all of that was undone');
done_testing();
