# Live reports of tables of all kinds, and what is done to tables: every way in which rows come, change and go;
# partitions, heirs and parents; tables that are rewritten, renamed, altered and dropped.
#
# After each step a report must be equal to the orders, must have noticed as much as it can, and a refresh must leave
# it as a new one would be.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use LiveTest;
use RetentionTest;

my $node = start_server('main', allow_in_place_tablespaces => 'on');
my $WARNINGS = 'SET client_min_messages = warning;';

# A table of 60 orders of 12 customers in a schema of its own, with a report that is up to date.
my $COLUMNS = 'id int, customer int, ordered_at timestamptz, amount numeric, status text';
my $ROWS = "SELECT i, i % 12, '2024-01-01Z'::timestamptz + i * interval '3 days', i + 0.5,
	CASE WHEN i % 5 = 0 THEN 'cancelled' ELSE 'paid' END FROM generate_series(1, 60) i";
my $INDEXES = 'CREATE INDEX ON orders (customer)';
my $INSERT = "INSERT INTO orders SELECT * FROM ($ROWS) o";

sub report
{
	my ($schema, $table, %other) = @_;
	my %report = (schema => $schema, name => 'monthly', source => "$schema.orders", customer => 'customer',
		ordered_at => 'ordered_at', bucket => '1 month', zone => 'Europe/Vilnius', amount => 'amount', %other);

	query($node, "CREATE SCHEMA $schema; SET search_path = $schema, public; $table");
	query($node, create_sql(\%report) . '; SELECT live_refresh(' . report_name(\%report) . ')');
	is_folded($node, \%report, "$schema: a new report");
	return \%report;
}

# What psql prints, with errors behind the rows.
sub session
{
	my ($sql) = @_;
	my (undef, $rows, $errors) = $node->psql('postgres', "SET client_min_messages = warning;\n$sql",
		on_error_stop => 1);

	return join "\n", grep { $_ ne '' } $rows, $errors;
}

# The report is the same, has noticed what it must, and is folded by a refresh.  Where the triggers do not fit any
# more the refresh makes them anew, and the next one counts.
sub after
{
	my ($report, $sql, $noticed, $name) = @_;
	my $refresh = 'SELECT live_refresh(' . report_name($report) . ') >= 0 AS done \gset' . "\n";
	my $mended = $noticed eq 'triggers to mend';
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is(session("SET search_path = $report->{schema}, public;\n$sql") . session('
		SELECT ' . same_sql($report) . ', ' . noticed_sql($report) . ";\n$refresh"
		. ($mended ? 'SELECT ' . same_sql($report) . ', ' . noticed_sql($report) . ";\n$refresh" : '')
		. 'SELECT ' . folded_sql($report)),
		join("\n", $mended ? ('same|to be counted') x 2 : "same|$noticed", 'same'),
		"$report->{schema}: " . ($name // $sql) =~ s/\s+/ /gr);
}

# 1. How rows come, change and go.
my $plain = report('plain', "CREATE TABLE orders ($COLUMNS); $INDEXES; CREATE UNIQUE INDEX ON orders (id); $INSERT");
my $filtered = { %$plain, name => 'sold', amount => undef, filter => q{status <> 'cancelled'} };
query($node, create_sql($filtered) . '; SELECT live_refresh(' . report_name($filtered) . ')');
my @writers = (
	[ q{INSERT INTO orders VALUES (101, 1, '2024-08-03Z', 5.25, 'paid')} => 'changes' ],
	[ q{INSERT INTO orders SELECT 110 + i, i, '2024-08-04Z', 1, 'paid' FROM generate_series(1, 20) i} => 'changes' ],
	[ q{INSERT INTO orders VALUES (131, NULL, '2024-08-03Z', 5, 'paid')} => 'nothing' ],
	[ q{INSERT INTO orders VALUES (132, 1, NULL, 5, 'paid')} => 'changes' ],
	[ q{INSERT INTO orders VALUES (133, 1, '2024-08-05Z', NULL, 'paid')} => 'changes' ],
	[ q{INSERT INTO orders SELECT * FROM orders WHERE false} => 'nothing' ],
	[ "COPY orders FROM STDIN;\n140\t3\t2024-09-01\t7.125\tpaid\n141\t77\t2024-09-02\t8\tpaid\n\\.\n" => 'changes' ],
	[ "INSERT INTO orders VALUES (1, 500, '2020-01-01Z', 1, 'paid') ON CONFLICT DO NOTHING" => 'nothing' ],
	[ "INSERT INTO orders VALUES (1, 501, '2020-01-01Z', 1, 'paid') ON CONFLICT (id) DO UPDATE SET customer = 501"
		=> 'changes' ],
	[ "INSERT INTO orders VALUES (1, 501, now(), 1, 'paid') ON CONFLICT (id) DO UPDATE SET customer = 9 WHERE false"
		=> 'nothing' ],
	[ 'UPDATE orders SET customer = 2 WHERE customer = 1' => 'changes', 'a customer is merged into another' ],
	[ 'UPDATE orders SET customer = customer + 1' => 'changes', 'all customers are others' ],
	[ q{UPDATE orders SET ordered_at = ordered_at + interval '40 days' WHERE id = 7} => 'changes' ],
	[ 'UPDATE orders SET amount = 0.0001 WHERE id = 8' => 'changes', 'the only amount of four decimals' ],
	[ 'UPDATE orders SET amount = 1 WHERE id = 8' => 'changes', '... is gone' ],
	[ 'UPDATE orders SET amount = 1.00 WHERE id = 8' => 'changes', 'an amount is written with other decimals' ],
	[ 'UPDATE orders SET customer = NULL WHERE id = 9' => 'changes' ],
	[ 'UPDATE orders SET customer = 9 WHERE id = 9' => 'changes' ],
	[ 'UPDATE orders SET amount = NULL WHERE id = 9' => 'changes' ],
	[ q{UPDATE orders SET status = 'sent' WHERE status = 'paid' AND id < 20} => 'nothing' ],
	[ 'UPDATE orders SET customer = customer, amount = amount' => 'nothing' ],
	[ q{DELETE FROM orders WHERE ordered_at = (SELECT max(ordered_at) FROM orders)} => 'changes',
		'the last order is cancelled' ],
	[ 'DELETE FROM orders WHERE customer = 5' => 'changes', 'a customer is erased' ],
	[ 'DELETE FROM orders WHERE id < 0' => 'nothing' ],
	[ "MERGE INTO orders o USING (VALUES (2), (3), (4), (150)) n (id) ON o.id = n.id
		WHEN MATCHED AND o.id = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET customer = 300
		WHEN NOT MATCHED THEN INSERT VALUES (n.id, 8, '2024-10-01Z', 1, 'paid')" => 'changes' ],
	[ 'MERGE INTO orders o USING (VALUES (3), (999)) n (id) ON o.id = n.id
		WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN DO NOTHING' => 'nothing' ],
	[ "WITH gone AS (DELETE FROM orders WHERE id % 7 = 0 RETURNING *)
		INSERT INTO orders SELECT id + 1000, customer, ordered_at, amount, status FROM gone" => 'changes' ],
	[ 'SET session_replication_role = replica; DELETE FROM orders WHERE id % 11 = 0' => 'changes' ],
	[ 'BEGIN; DELETE FROM orders; SAVEPOINT s; TRUNCATE orders; ROLLBACK' => 'nothing' ],
	[ "BEGIN; SAVEPOINT s; DELETE FROM orders; ROLLBACK TO s; DELETE FROM orders WHERE id = 20; COMMIT"
		=> 'changes' ],
	[ 'CREATE VIEW thirds AS SELECT * FROM orders WHERE customer % 3 = 0; DELETE FROM thirds WHERE id % 2 = 0'
		=> 'changes' ],
	[ 'INSERT INTO thirds (id, customer, ordered_at) VALUES (151, 1, $$2024-05-05Z$$)' => 'changes' ],
	[ 'CREATE FUNCTION redirect() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.customer := 4711; RETURN NEW; END$$;
		CREATE TRIGGER redirect BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION redirect();
		INSERT INTO orders VALUES (160, 3, $$2024-03-03Z$$, 1); DROP TRIGGER redirect ON orders' => 'changes',
		'a trigger that changes the customer' ],
	[ 'CREATE FUNCTION erase() RETURNS trigger LANGUAGE plpgsql AS
			$$BEGIN DELETE FROM orders WHERE customer = NEW.customer AND id <> NEW.id; RETURN NULL; END$$;
		CREATE TRIGGER a_first AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION erase();
		CREATE TRIGGER z_last AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION erase();
		INSERT INTO orders VALUES (161, 3, $$2024-03-03Z$$, 1), (162, 4, $$2024-03-03Z$$, 1);
		DROP TRIGGER a_first ON orders; DROP TRIGGER z_last ON orders' => 'changes',
			'a trigger that writes the same table' ],
	[ 'CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers SELECT DISTINCT customer FROM orders
			WHERE customer IS NOT NULL;
		ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE'
			=> 'nothing' ],
	[ 'DELETE FROM customers WHERE id = 6' => 'changes', 'a foreign key that deletes' ],
	[ 'UPDATE customers SET id = 6 WHERE id = 7' => 'changes', 'a foreign key that updates' ],
	[ 'TRUNCATE customers CASCADE' => 'to be counted', 'a foreign key that truncates' ],
	[ 'ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey' => 'nothing' ],
	[ $INSERT => 'changes', 'the first orders of an empty table' ],
	[ 'DELETE FROM orders' => 'changes', 'all of them are deleted' ],
	[ $INSERT => 'changes', '... and are there again' ],
	[ 'TRUNCATE orders' => 'to be counted' ],
	[ "BEGIN; $INSERT; TRUNCATE orders; $INSERT; COMMIT" => 'to be counted', 'TRUNCATE between rows' ]);
for my $writer (@writers)
{
	my ($sql, $noticed, $name) = @$writer;

	after($plain, $sql, $noticed, $name);
	is_current($node, $filtered, '... with a filter');
}
query($node, "$WARNINGS SELECT live_refresh(" . report_name($filtered) . ')');
is_folded($node, $filtered, 'plain: with a filter, after one refresh');
after($filtered, q{UPDATE orders SET status = 'cancelled' WHERE id % 3 = 0} => 'changes', 'orders leave the filter');
after($filtered, q{UPDATE orders SET status = NULL WHERE id % 4 = 0} => 'changes', 'a filter that is NULL');
after($filtered, q{UPDATE orders SET status = 'paid'} => 'changes', 'all come back');
after({ %$filtered, filter => q{status = 'paid' AND id > 20} }, 'CREATE OR REPLACE VIEW sold_orders AS
	SELECT customer, ordered_at FROM orders WHERE status = $$paid$$ AND id > 20' => 'triggers to mend',
		'another filter');
query($node, 'SELECT live_report_drop($$plain.sold$$)');

# 2. What is done to the table.
after($plain, @$_) for (
	[ 'VACUUM orders' => 'nothing' ],
	[ 'VACUUM (FREEZE, ANALYZE) orders' => 'nothing' ],
	[ 'REINDEX TABLE orders' => 'nothing' ],
	[ 'VACUUM FULL orders' => 'to be counted' ],
	[ 'CLUSTER orders USING orders_customer_idx' => 'to be counted' ],
	[ 'ALTER TABLE orders ADD x int DEFAULT 5' => 'to be counted' ],
	[ 'ALTER TABLE orders ALTER x TYPE text' => 'to be counted', 'a rewrite' ],
	[ 'ALTER TABLE orders DROP x' => 'to be counted' ],
	[ q{CREATE TABLESPACE elsewhere LOCATION ''; ALTER TABLE orders SET TABLESPACE elsewhere} => 'to be counted',
		'another tablespace' ],
	[ 'ALTER TABLE orders DISABLE TRIGGER ALL; DELETE FROM orders WHERE id < 10;
		ALTER TABLE orders ENABLE TRIGGER ALL; DELETE FROM orders WHERE id = 11' => 'triggers to mend' ],
	[ 'BEGIN; ALTER TABLE orders DISABLE TRIGGER ALL; DELETE FROM orders WHERE id < 13;
		ALTER TABLE orders ENABLE ALWAYS TRIGGER monthly_delete;
			ALTER TABLE orders ENABLE ALWAYS TRIGGER monthly_insert;
		ALTER TABLE orders ENABLE ALWAYS TRIGGER monthly_update;
			ALTER TABLE orders ENABLE REPLICA TRIGGER monthly_row; COMMIT' => 'to be counted' ],
	[ 'BEGIN; ALTER TABLE orders DISABLE TRIGGER ALL; SAVEPOINT s; DELETE FROM orders WHERE id < 15;
		ALTER TABLE orders ENABLE TRIGGER ALL; ROLLBACK' => 'nothing' ],
	[ 'ALTER TABLE orders DISABLE TRIGGER monthly_delete; DELETE FROM orders WHERE id < 15;' => 'triggers to mend' ],
	[ 'DELETE FROM orders WHERE id < 17' => 'changes', 'the refresh has enabled the trigger' ],
	[ 'DROP TRIGGER monthly_update ON orders; UPDATE orders SET customer = 3 WHERE id = 18' => 'triggers to mend' ],
	[ 'UPDATE orders SET customer = 2 WHERE id = 18' => 'changes', 'the refresh has made the trigger' ],
	[ 'ALTER TRIGGER monthly_update ON orders RENAME TO other; UPDATE orders SET customer = 3 WHERE id = 18'
		=> 'to be counted' ],
	[ 'UPDATE orders SET customer = 2 WHERE id = 18' => 'changes', 'a trigger was renamed' ],
	[ 'ALTER TABLE orders SET (fillfactor = 50)' => 'nothing' ],
	[ 'ALTER TABLE orders ADD CHECK (id > 0), ALTER amount SET DEFAULT 5' => 'to be counted' ],
	[ 'CREATE TABLE monthly_copy AS TABLE monthly_changed; DROP TABLE monthly_copy' => 'nothing' ]);
my ($before, $between) = ('ALTER TABLE orders DISABLE TRIGGER ALL', 'ALTER TABLE orders ENABLE TRIGGER ALL');
after($plain, "$before; DELETE FROM orders WHERE id = 3$_; $between;
	SELECT live_refresh('monthly') >= 0 AS done \\gset
	$before; DELETE FROM orders WHERE id = 4$_; $between" => 'triggers to mend', 'triggers disabled twice') for 1, 2;

# The report's own tables are rewritten.  Those of customers are not trusted then: they may have been emptied.
after($plain, "UPDATE orders SET customer = customer + 1 WHERE id = 50; $_->[0];
	UPDATE orders SET customer = customer + 1 WHERE id = 51"
	=> $_->[1]) for [ 'VACUUM FULL monthly' => 'changes' ], [ 'VACUUM FULL monthly_customers' => 'to be counted' ],
	[ 'TRUNCATE monthly_customers' => 'to be counted' ], [ 'TRUNCATE monthly_changed' => 'to be counted' ],
	[ 'ALTER TABLE monthly_changed SET UNLOGGED; ALTER TABLE monthly_changed SET LOGGED' => 'to be counted' ];
for my $unlogged ([ monthly => 'changes' ], [ monthly_customers => 'to be counted' ],
	[ monthly_changed => 'to be counted' ])
{
	my ($own, $noticed) = @$unlogged;

	query($node, "ALTER TABLE plain.$own SET UNLOGGED; UPDATE plain.orders SET amount = amount + 1 WHERE id = 50");
	is_current($node, $plain, "plain: $own would be empty after a crash");
	like(sqlstate($node, 'SELECT live_refresh($$plain.monthly$$)'),
		qr/^(?:55000|0A000)$/, '... and is not counted upon');
	after($plain, "ALTER TABLE $own SET LOGGED" => $noticed);
}

# 3. Names change.
for my $change (
	[ 'ALTER TABLE orders RENAME customer TO "the customer"' => 'to be counted', customer => 'the customer' ],
	[ 'UPDATE orders SET "the customer" = 8 WHERE id = 52' => 'changes' ],
	[ 'ALTER TABLE orders RENAME ordered_at TO "At"; ALTER TABLE orders RENAME amount TO "SELECT"' => 'to be counted',
		ordered_at => 'At', amount => 'SELECT' ],
	[ 'DELETE FROM orders WHERE id = 53' => 'changes' ],
	[ 'ALTER TABLE orders RENAME TO "The Orders"; DELETE FROM "The Orders" WHERE id = 54' => 'changes',
		source => 'plain."The Orders"' ],
	[ 'ALTER SCHEMA plain RENAME TO "my shop"; DELETE FROM "my shop"."The Orders" WHERE id = 55' => 'changes',
		schema => '"my shop"', source => '"my shop"."The Orders"' ])
{
	my ($sql, $noticed, %names) = @$change;

	$plain->{$_} = $names{$_} for keys %names;
	after($plain, $sql => $noticed);
}
# A report is found beside its orders by its name.  If it is not there, orders are refused: they would be missing.
my $MOVE = join ' ', map { "ALTER TABLE \"my shop\".$_ SET SCHEMA other;" }
  qw(monthly monthly_customers monthly_changed monthly_orders);
is(sqlstate($node, 'CREATE SCHEMA other; ALTER TABLE "my shop"."The Orders" SET SCHEMA other;
	DELETE FROM other."The Orders" WHERE id = 56'),
	'55000', 'orders in another schema than their report');
@$plain{qw(schema source)} = ('other', 'other."The Orders"');
after($plain, $MOVE . 'DELETE FROM other."The Orders" WHERE id = 56' => 'changes', '... which is brought there');
my $RENAME = join ' ', map { "ALTER TABLE other.monthly$_ RENAME TO \"by Month$_\";" } '',
	qw(_customers _changed _orders);
is(sqlstate($node, "$RENAME; DELETE FROM other.\"The Orders\" WHERE id = 57"), '55000', 'a report has another name');
$RENAME =~ s/monthly(\w*) RENAME TO "by Month(\w*)"/"by Month$2" RENAME TO monthly$1/g;
after($plain, "$RENAME DELETE FROM other.\"The Orders\" WHERE id = 57" => 'changes', '... and the old one again');
is(sqlstate($node, "ALTER TABLE other.\"The Orders\" $_->[0]"), $_->[1], "refused: $_->[0]")
  for [ 'ALTER "the customer" TYPE bigint', '0A000' ], [ 'ALTER "At" TYPE timestamp', '0A000' ],
	[ 'DROP "the customer"', '2BP01' ], [ 'DROP "At"', '2BP01' ], [ 'DROP "SELECT"', '2BP01' ];
is(sqlstate($node, "SET search_path = other; DROP $_"), '2BP01', "refused: DROP $_")
  for 'TABLE "The Orders"', 'TABLE monthly_changed', 'TABLE monthly_customers', 'VIEW monthly_orders';
is_current($node, $plain, '... and nothing has happened');

# Names that need quotes.
my $quoted = report('"a ""b"""',
	qq{CREATE TABLE "Order's" (id int, "Customer "" Id" text, "Ordered At" timestamptz, "\$1" int);
	CREATE INDEX ON "Order's" ("Customer "" Id");
	INSERT INTO "Order's" SELECT i, 'c' || i % 9, '2024-01-01Z'::timestamptz + i * interval '3 days', i
		FROM generate_series(1, 50) i},
	name => q{It's a "Report" %s \\}, source => q{"a ""b"""."Order's"}, customer => 'Customer " Id',
		ordered_at => 'Ordered At',
	amount => '$1', filter => q{"Customer "" Id" <> 'it''s %L' AND "$1" > 1});
after($quoted, @$_) for (
	[ q{INSERT INTO "Order's" VALUES (60, 'it''s', '2024-04-04Z', 8), (61, 'it''s %L', '2024-04-04Z', 9)}
		=> 'changes' ],
	[ q{UPDATE "Order's" SET "$1" = 2 WHERE id % 2 = 0} => 'changes' ],
	[ q{DELETE FROM "Order's" WHERE id = 60} => 'changes' ],
	[ q{ALTER TABLE "Order's" DISABLE TRIGGER ALL} => 'triggers to mend' ]);
query($node, 'SELECT live_report_drop(' . report_name($quoted) . ')');
is(query($node, q{SELECT relname FROM pg_class
	WHERE relnamespace = '"a ""b"""'::regnamespace AND relkind IN ('r', 'v')}),
	q{Order's}, 'a report with quotes is dropped');

# 4. Partitions.
my $PARTS = "CREATE TABLE orders ($COLUMNS) PARTITION BY RANGE (ordered_at);
	CREATE TABLE part_1 PARTITION OF orders FOR VALUES FROM ('2024-01-01Z') TO ('2024-03-01Z');
	CREATE TABLE part_2 PARTITION OF orders
		FOR VALUES FROM ('2024-03-01Z') TO ('2024-08-01Z') PARTITION BY LIST (status);
	CREATE TABLE part_2_paid PARTITION OF part_2 FOR VALUES IN ('paid');
	CREATE TABLE part_2_rest PARTITION OF part_2 DEFAULT";
my $parts = report('parts', "$PARTS; $INDEXES; $INSERT");
is(query($node, 'SELECT string_agg(tgname, $$ $$) FROM pg_trigger WHERE tgrelid = $$parts.orders$$::regclass
	AND NOT tgisinternal'),
	'monthly_row', 'a partitioned table has a row trigger');
# Its columns lie in another order, and one is gone.
my $OTHER = 'CREATE TABLE other (gone int, status text, amount numeric, ordered_at timestamptz, x text,
	customer int, id int);
	ALTER TABLE other DROP gone; ALTER TABLE other DROP x; CREATE INDEX ON other (customer)';
after($parts, @$_) for (
	[ q{INSERT INTO orders VALUES (101, 1, '2024-02-03Z', 5.25, 'paid'), (102, 2, '2024-05-05Z', 5, 'sent')}
		=> 'changes' ],
	[ q{INSERT INTO part_1 VALUES (103, 3, '2024-02-04Z', 5, 'paid')} => 'changes',
		'rows straight into a partition' ],
	[ q{INSERT INTO part_2_rest VALUES (104, 4, '2024-06-04Z', 5, 'lost')} => 'changes',
		'rows straight into the lowest one' ],
	[ "COPY part_1 FROM STDIN;\n105\t44\t2024-02-05\t7.125\tpaid\n\\.\n" => 'changes' ],
	[ q{UPDATE part_1 SET customer = 9 WHERE id = 103} => 'changes' ],
	[ q{DELETE FROM part_2_paid WHERE id % 4 = 1} => 'changes' ],
	[ q{UPDATE orders SET ordered_at = '2024-04-04Z' WHERE id = 5} => 'changes', 'a row moves to another partition' ],
	[ q{UPDATE orders SET status = 'moved' WHERE id = 31} => 'changes',
		'a row moves though its order does not change' ],
	[ q{UPDATE orders SET status = 'moved' WHERE id = 5} => 'nothing' ],
	[ q{MERGE INTO orders o USING (VALUES (7), (8), (160)) n (id) ON o.id = n.id WHEN MATCHED AND o.id = 7 THEN DELETE
		WHEN MATCHED THEN UPDATE SET ordered_at = '2024-07-07Z'
		WHEN NOT MATCHED THEN INSERT VALUES (n.id, 8, '2024-07-01Z', 1, 'paid')} => 'changes' ],
	[ 'TRUNCATE part_1' => 'to be counted' ],
	[ 'BEGIN; TRUNCATE part_2; ROLLBACK' => 'nothing' ],
	[ q{CREATE TABLE part_3 PARTITION OF orders FOR VALUES FROM ('2024-08-01Z') TO ('2024-09-01Z')}
		=> 'to be counted' ],
	[ q{INSERT INTO part_3 VALUES (106, 44, '2024-08-08Z', 5, 'paid')} => 'changes',
		'a row straight into the new partition' ],
	[ "$OTHER; INSERT INTO other (id, customer, ordered_at, amount) VALUES (107, 107, '2024-09-09Z', 107);
		ALTER TABLE orders ATTACH PARTITION other FOR VALUES FROM ('2024-09-01Z') TO ('2024-10-01Z')"
			=> 'to be counted' ],
	[ q{INSERT INTO other (id, customer, ordered_at, amount) VALUES (108, 108, '2024-09-10Z', 108)} => 'changes',
		'a row straight into the attached partition' ],
	[ q{INSERT INTO orders VALUES (109, 109, '2024-09-10Z', 109)} => 'changes' ],
	[ q{UPDATE orders SET ordered_at = '2024-08-10Z' WHERE id = 108} => 'changes' ],
	[ q{UPDATE other SET customer = 110 WHERE id = 109} => 'changes' ],
	[ 'ALTER TABLE other DISABLE TRIGGER ALL; DELETE FROM other WHERE id = 109' => 'triggers to mend',
		'the triggers of a partition disabled' ],
	[ 'DELETE FROM other WHERE id = 107; INSERT INTO other (id, customer, ordered_at)
		VALUES (111, 111, $$2024-09-09Z$$)' =>
		'changes', '... are enabled' ],
	[ 'ALTER TABLE orders DETACH PARTITION other' => 'to be counted' ],
	[ q{INSERT INTO other (id, customer, ordered_at, amount) VALUES (112, 112, '2024-09-11Z', 1)} => 'nothing',
		'a row into the detached one' ],
	[ 'BEGIN; ALTER TABLE orders DETACH PARTITION part_3; INSERT INTO part_3 VALUES (113, 113, $$2024-08-09Z$$, 5);
		ALTER TABLE orders ATTACH PARTITION part_3 FOR VALUES FROM ($$2024-08-01Z$$) TO ($$2024-09-01Z$$); COMMIT' =>
		'to be counted', 'detached, changed and attached in one transaction' ],
	[ 'ALTER TABLE orders DETACH PARTITION part_3 CONCURRENTLY' => 'to be counted' ],
	[ 'DROP TABLE part_3; DROP TABLE part_2_rest' => 'to be counted' ],
	[ 'VACUUM FULL part_2_paid' => 'to be counted' ],
	[ 'SET session_replication_role = replica; DELETE FROM orders WHERE id % 11 = 0' => 'changes' ],
	[ 'BEGIN; ALTER TABLE orders DISABLE TRIGGER ALL; DELETE FROM orders WHERE id % 2 = 0;
		ALTER TABLE orders ENABLE TRIGGER ALL; COMMIT' => 'triggers to mend' ],
	[ 'DELETE FROM orders' => 'changes' ],
	[ 'DROP TABLE part_1, part_2; CREATE TABLE whole PARTITION OF orders DEFAULT;' . $INSERT => 'to be counted' ]);

# A partition as a source: its rows come through its parent, and change by that.
my $leaf = report('leaf', "CREATE TABLE everything ($COLUMNS) PARTITION BY LIST (status);
	CREATE TABLE orders PARTITION OF everything FOR VALUES IN ('paid');
		CREATE TABLE rest PARTITION OF everything DEFAULT;
	$INDEXES; " . $INSERT =~ s/INTO orders/INTO everything/r);
after($leaf, @$_) for (
	[ q{INSERT INTO everything VALUES (101, 1, '2024-02-03Z', 5.25, 'paid'), (102, 2, '2024-05-05Z', 5, 'sent')}
		=> 'changes' ],
	[ q{INSERT INTO rest VALUES (103, 3, '2024-02-04Z', 5, 'sent')} => 'nothing' ],
	[ q{UPDATE everything SET status = 'sent' WHERE id % 5 = 3} => 'changes', 'rows leave' ],
	[ q{UPDATE everything SET status = 'paid' WHERE id % 2 = 0} => 'changes', 'rows come' ],
	[ q{DELETE FROM everything WHERE id % 6 = 0} => 'changes' ],
	[ 'TRUNCATE everything' => 'to be counted' ],
	[ 'ALTER TABLE everything DETACH PARTITION orders' => 'triggers to mend' ],
	[ $INSERT => 'changes', 'rows into it when it is none any more' ],
	[ q{DELETE FROM orders WHERE status <> 'paid'; ALTER TABLE everything
		ATTACH PARTITION orders FOR VALUES IN ('paid');
		INSERT INTO everything VALUES (104, 104, '2024-05-05Z', 1, 'paid')} => 'triggers to mend', 'attached again' ],
	[ q{INSERT INTO everything VALUES (105, 105, '2024-05-05Z', 1, 'paid')} => 'changes' ]);

# 5. Heirs and parents.
my $child = report('child', "CREATE TABLE everything ($COLUMNS);
	CREATE TABLE orders (more int) INHERITS (everything); $INDEXES;"
	. $INSERT);
after($child, @$_) for (
	[ q{UPDATE everything SET customer = 3 WHERE id % 7 = 0} => 'changes' ],
	[ q{DELETE FROM everything WHERE id % 9 = 0} => 'changes' ],
	[ q{INSERT INTO everything VALUES (1, 1, now(), 1)} => 'nothing' ],
	[ q{TRUNCATE everything} => 'to be counted' ],
	[ $INSERT => 'changes', 'rows into it' ],
	[ 'ALTER TABLE orders NO INHERIT everything' => 'triggers to mend' ],
	[ 'DELETE FROM orders WHERE id = 5' => 'changes' ],
	[ 'ALTER TABLE orders INHERIT everything; UPDATE everything SET customer = 30 WHERE id % 7 = 0'
		=> 'triggers to mend' ],
	[ 'UPDATE everything SET customer = 40 WHERE id % 7 = 0' => 'changes' ]);
# The rows of an heir belong to the table, and no trigger of the table sees them.
query($node, q{SET search_path = child; CREATE TABLE heir () INHERITS (orders);
	INSERT INTO heir VALUES (1, 1, '2024-05-05Z', 1)});
is_current($node, $child, 'child: an heir');
is(sqlstate($node, 'SELECT live_refresh($$child.monthly$$)'), '0A000', '... cannot be refreshed');
after($child, 'DROP TABLE heir' => 'nothing');

# 6. A kept plan.
my $kept = report('kept', "CREATE TABLE orders ($COLUMNS); $INDEXES; $INSERT");
my @steps = ("INSERT INTO orders VALUES (101, 1, '2024-08-03Z', 5.25)",
	'SELECT live_refresh($$monthly$$) >= 0 AS done \gset',
	'DELETE FROM orders WHERE id < 9', 'TRUNCATE orders', 'SELECT live_refresh($$monthly$$) >= 0 AS done \gset',
		$INSERT,
	'CREATE INDEX ON orders (customer, id); DROP INDEX orders_customer_idx',
	'UPDATE orders SET customer = 5 WHERE id > 50',
	'DROP INDEX orders_customer_id_idx', 'UPDATE orders SET customer = 6 WHERE id > 50',
		'ALTER TABLE orders DISABLE TRIGGER ALL',
	'DELETE FROM orders WHERE id > 55', 'ALTER TABLE monthly SET (fillfactor = 90)');
for my $mode (qw(force_generic_plan force_custom_plan))
{
	is(query($node, "SET search_path = kept, public; $WARNINGS BEGIN; SET plan_cache_mode = $mode;
		PREPARE p AS SELECT "
		. same_sql($kept) . '; EXECUTE p; ' . join('', map { "$_" . (/gset$/ ? '' : ';') . "\nEXECUTE p;\n" }
		@steps) . 'ROLLBACK'),
		join("\n", ('same') x (1 + @steps)), "a kept plan: $mode");
}
is_current($node, $kept, "in parallel", PARALLEL);
query($node, "SET search_path = kept; UPDATE orders SET customer = customer + 1 WHERE id < 9");
is_current($node, $kept, "changes, in parallel", PARALLEL);
is_current($node, $kept, "$_->[0] = $_->[1]", @$_) for [ TimeZone => 'Asia/Tokyo' ], [ DateStyle => 'German' ],
	[ enable_seqscan => 'off' ], [ enable_indexscan => 'off' ], [ extra_float_digits => '-5' ],
		[ default_transaction_read_only => 'on' ];

# 7. A statement that writes calls functions which read the report: they see what it has done so far.
my $within = report('within', "CREATE TABLE customers (id int PRIMARY KEY);
	INSERT INTO customers SELECT generate_series(0, 20);
	CREATE TABLE orders ($COLUMNS); ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers
		ON DELETE CASCADE ON UPDATE CASCADE;
	CREATE TABLE log (what text, same text); $INDEXES; $INSERT");
query($node, 'SET search_path = within, public; CREATE FUNCTION look(what text) RETURNS text LANGUAGE plpgsql AS $$
	BEGIN INSERT INTO log SELECT look.what, ' . same_sql($within) . '; RETURN what; END$$;
	CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN PERFORM look(concat_ws($_$ $_$, TG_NAME, TG_WHEN, TG_LEVEL, TG_OP, TG_TABLE_NAME));
		RETURN coalesce(NEW, OLD); END$$;' . join '', map {
	my ($name, $table) = @$_;
	"CREATE TRIGGER ${name}_row BEFORE INSERT OR UPDATE OR DELETE ON $table FOR EACH ROW EXECUTE FUNCTION look();
	 CREATE TRIGGER ${name}_after AFTER INSERT OR UPDATE OR DELETE ON $table FOR EACH ROW EXECUTE FUNCTION look();
	 CREATE TRIGGER ${name}_end AFTER INSERT OR UPDATE OR DELETE ON $table FOR EACH STATEMENT EXECUTE FUNCTION look();
	" . ($table eq 'customers' ? "CREATE CONSTRAINT TRIGGER ${name}_late AFTER INSERT OR UPDATE OR DELETE ON $table
		DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION look();" : '') } [ A => 'orders' ],
			[ z => 'orders' ], [ A => 'customers' ], [ z => 'customers' ]);
my $FEW = "SELECT 200 + i, 7 + i, '2024-08-03Z'::timestamptz + i * interval '1 day', 0.25
	FROM generate_series(1, 3) i";
for my $writer ("INSERT INTO orders $FEW", "INSERT INTO orders $FEW RETURNING look('RETURNING')",
	'UPDATE orders SET customer = 20 WHERE id > 201',
	'DELETE FROM orders WHERE id > 201', 'DELETE FROM customers WHERE id < 2',
	'UPDATE customers SET id = 30 WHERE id = 3',
	"WITH w AS (INSERT INTO orders $FEW RETURNING 1) SELECT look('WITH'), count(*) FROM w",
	"WITH w AS (INSERT INTO orders $FEW RETURNING 1), x AS (DELETE FROM customers WHERE id = 4 RETURNING 1)
		SELECT look('WITH'), count(*) FROM w, x",
	"COPY orders FROM PROGRAM 'echo 301,6,2024-09-01,7.125,paid' (FORMAT csv)",
	'DO $$BEGIN DELETE FROM orders WHERE customer = 5; PERFORM look($_$DO$_$); END$$',
	"MERGE INTO orders o USING (VALUES (205), (12)) n (id) ON o.id = n.id WHEN MATCHED THEN DELETE
		WHEN NOT MATCHED THEN INSERT VALUES (n.id, 8, '2024-10-01Z', 1)")
{
	my $output = session("SET search_path = within, public; TRUNCATE log;
		SELECT live_refresh('monthly') >= 0 AS done \\gset
		BEGIN; $writer; SELECT look('afterwards') IS NULL AS done \\gset\nCOMMIT");
	is(query($node, q{SELECT DISTINCT what || ': ' || same FROM within.log WHERE same <> 'same'}), '',
		"within a statement: $writer" =~ s/\s+/ /gr);
	cmp_ok(query($node, 'SELECT count(*) FROM within.log'),
		'>', 1, '... of which something was seen') or diag $output;
}
is_current($node, $within, '... and after all of them');

# 8. Keys of any type, of which some are equal that are written otherwise; and such that lie elsewhere.
query($node, q{CREATE TYPE color AS ENUM ('red', 'green', 'blue', 'grey'); CREATE TYPE pair AS (a int, b text);
	CREATE DOMAIN code AS text CHECK (value <> '')});
my @keys = (
	[ smallint => 'k' ], [ '"char"' => 'chr(65 + k::int)' ], [ boolean => 'k % 2 = 0' ],
		[ date => q{'2024-01-01'::date + k::int} ],
	[ real => q{CASE k WHEN 0 THEN CASE i % 2 WHEN 0 THEN '0' ELSE '-0' END
		WHEN 1 THEN 'NaN' ELSE (k / 7.0)::text END} ],
	[ 'double precision' => q{CASE k WHEN 0 THEN CASE i % 2 WHEN 0 THEN '0' ELSE '-0' END
		WHEN 1 THEN 'NaN' ELSE (k / 7.0)::text END} ],
	[ numeric => q{CASE k WHEN 0 THEN 'NaN'::numeric ELSE round(k / 10.0, 1 + (i % 3)::int) END} ],
	[ 'numeric(8, 2)' => 'k' ], [ uuid => 'md5(k::text)::uuid' ], [ name => q{'n' || k} ],
		[ 'char(10)' => q{'c' || k} ], [ 'varchar(9)' => q{'v' || k} ],
	[ text => q{'t' || k} ], [ 'text COLLATE "C"' => q{'t' || k} ], [ code => q{'t' || k} ],
		[ color => q{(ARRAY['red', 'green', 'blue', 'grey'])[1 + k % 4]} ],
	[ pair => q{ROW(k, 'b')} ], [ bytea => 'decode(md5(k::text), $$hex$$)' ], [ inet => q{'10.0.0.0'::inet + k} ],
	[ interval => q{CASE i % 2 WHEN 0 THEN '1 mon' ELSE '30 days' END::interval * k} ],
		[ jsonb => q{jsonb_build_object('k', k)} ],
	[ int4range => 'int4range(k, k + 5)' ],
		[ timestamptz => q{'2024-01-01Z'::timestamptz + k * interval '1 second'} ],
		[ time => q{'00:00'::time + k * interval '1 second'} ],
	[ text => q{repeat('long', 10000) || k} ], [ text => q{repeat('long', 400) || k}, 1 ],
	[ numeric => q{('1' || repeat('0', 3000) || k)::numeric}, 1 ]);
for my $key (@keys)
{
	my ($type, $expression, $elsewhere) = @$key;
	my $rows = "INSERT INTO orders SELECT i, ($expression)::" . $type =~ s/ COLLATE.*//r . ",
		'2024-01-01Z'::timestamptz + i * interval '3 days', i
		FROM generate_series(1, 33) i, LATERAL (SELECT i % 6) r (k) WHERE i";
	my $keyed = report('keyed', "CREATE TABLE orders (id int, customer $type, ordered_at timestamptz,
		amount numeric); "
		. ($elsewhere ? "ALTER TABLE orders SET (toast_tuple_target = 128), ADD filler text DEFAULT
			repeat('filler', 500),
			ALTER customer SET STORAGE EXTERNAL, ALTER filler SET STORAGE EXTERNAL; " : '') . "$INDEXES; "
		. "$rows < 31");

	after($keyed, "$rows > 30" => 'changes', "$type, as $expression");
	after($keyed, 'UPDATE orders SET customer = (SELECT customer FROM orders WHERE id = 5) WHERE id % 6 = 2'
		=> 'changes');
	after($keyed, 'DELETE FROM orders WHERE customer = (SELECT customer FROM orders WHERE id = 1) OR id = 7'
		=> 'changes');
	query($node, "$WARNINGS DROP SCHEMA keyed CASCADE");
}
SKIP:
{
	skip 'no ICU', 2 if query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) eq '0';
	query($node, q{CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)});
	my $cased = report('cased', "CREATE TABLE orders (id int, customer text COLLATE any_case, ordered_at timestamptz,
		amount numeric); $INDEXES;
		INSERT INTO orders SELECT i,
			CASE i % 2 WHEN 0 THEN 'ann' ELSE 'Ann' END || i % 3,
			'2024-01-01Z'::timestamptz + i * interval '3 days', i
			FROM generate_series(1, 30) i");
	after($cased, q{INSERT INTO orders VALUES (31, 'ANN1', '2024-05-05Z', 1), (32, 'aNN7', '2024-05-05Z', 1)}
		=> 'changes');
	after($cased, q{UPDATE orders SET customer = upper(customer)} => 'changes', 'the same customers in capitals');
	after($cased, q{DELETE FROM orders WHERE customer = 'aNN1'} => 'changes');
}

# 9. Columns that are computed; many changes; all in one transaction.
my $computed = report('computed', "CREATE TABLE orders (id int, who text,
	customer int GENERATED ALWAYS AS (length(who)) STORED, ordered_on timestamp,
	ordered_at timestamptz GENERATED ALWAYS AS (ordered_on AT TIME ZONE 'Europe/Vilnius') STORED, cents int,
		amount numeric GENERATED ALWAYS AS (cents / 100.0) STORED); $INDEXES;
	INSERT INTO orders (id, who, ordered_on, cents) SELECT i, repeat('x', i % 9),
		'2024-01-01'::timestamp + i * interval '3 days', i FROM generate_series(1, 40) i");
after($computed, q{UPDATE orders SET who = 'xxxxxxxxxxxx' WHERE id % 4 = 0} => 'changes');
after($computed, q{UPDATE orders SET cents = 7 WHERE id = 10} => 'changes');
after($computed, q{UPDATE orders SET ordered_on = '2024-01-31 23:30' WHERE id = 11} => 'changes');
after($computed, q{UPDATE orders SET who = upper(who)} => 'nothing');

my $many = report('many', "CREATE TABLE orders ($COLUMNS); $INDEXES;
	INSERT INTO orders SELECT i, i % 20000, '2024-01-01Z'::timestamptz + i * interval '1 minute', i
	FROM generate_series(1, 40000) i; ANALYZE orders");
after($many, 'UPDATE orders SET amount = amount + 1 WHERE customer < 900' => 'changes', '900 customers of 20000');
after($many, 'UPDATE orders SET amount = amount + 1 WHERE customer < 2000' => 'changes',
	'2000 of them, for which all are counted');
after($many, 'DELETE FROM orders WHERE customer >= 5' => 'changes', 'most of them');
query($node, "$WARNINGS DROP SCHEMA many CASCADE");

query($node, 'CREATE SCHEMA one');
my $one = { %$computed, schema => 'one', source => 'one.orders' };
my ($is, $refresh) = ('SELECT ' . same_sql($one) . ';', 'SELECT live_refresh($$one.monthly$$) AS done \gset' . "\n");
is(session("BEGIN; SET LOCAL search_path = one, public; CREATE TABLE orders ($COLUMNS); $INDEXES;" . create_sql($one)
	. " AS done \\gset
	$is $INSERT; $is $refresh $is DELETE FROM orders WHERE id < 9; $is TRUNCATE orders; $is $INSERT; $is $refresh $is
	SAVEPOINT s; DELETE FROM orders WHERE id < 9; $is $refresh $is TRUNCATE orders; $is $refresh $is
	ROLLBACK TO s; $is
	UPDATE orders SET customer = 5; $is COMMIT; $is $refresh " . 'SELECT ' . folded_sql($one)),
	join("\n", ('same') x 15), 'all in one transaction');

# 10. Dropped.
query($node, "$WARNINGS DROP TABLE kept.orders CASCADE");
is(query($node, q{SELECT tgname FROM pg_trigger WHERE tgname LIKE 'monthly%'
	AND tgrelid::regclass::text LIKE 'kept%'}), '', 'a source is gone');
isnt(sqlstate($node, 'SELECT live_totals($$kept.monthly$$)'), '00000', '... so that its orders cannot be counted');
is(query($node, 'SELECT count(*) FROM live_reports WHERE source IS NOT NULL
	AND report = $$kept.monthly$$::regclass'), '0',
	'... live_reports says so, or nothing');
query($node, 'SELECT live_report_drop($$kept.monthly$$)');
is(query($node, 'SELECT relname FROM pg_class WHERE relnamespace = $$kept$$::regnamespace'), '',
	'... the report goes without it');
query($node, 'SELECT live_report_drop($$parts.monthly$$)');
is(query($node, q{SELECT relname FROM pg_class WHERE relnamespace = 'parts'::regnamespace AND relname LIKE 'monthly%'
	UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE 'monthly%'
		AND tgrelid::regclass::text LIKE 'parts.%'}), '',
	'nothing of a report is left behind');
query($node, "SET search_path = parts; $INSERT");
query($node, "$WARNINGS DROP SCHEMA leaf CASCADE");
is(query($node, q{SELECT count(*) FROM live_reports WHERE report::text LIKE 'leaf%'}), '0',
	'a schema is dropped with its report');

# The extension is dropped: orders go on.
is(sqlstate($node, 'DROP EXTENSION retention'), '2BP01', 'reports keep the extension');
query($node, "$WARNINGS DROP EXTENSION retention CASCADE; INSERT INTO child.orders VALUES (1, 1, now(), 1);
	UPDATE child.orders SET customer = 6; DELETE FROM child.orders WHERE customer = 6");
is(query($node, q{SELECT tgname FROM pg_trigger WHERE tgname LIKE 'monthly%'}), '', 'without it, orders come and go');
done_testing();
