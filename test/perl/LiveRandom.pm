# LiveRandom - random work at shops with live reports, as scripts for psql: writers of every kind, and refreshes.
#
# After each statement a script compares the reports with the orders. Lines of its output that begin with # name a
# statement and its SQLSTATE; all others are what a comparison found.
package LiveRandom;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use LiveTest;

our @EXPORT = qw(shops shop_sql work outcome);

use constant CUSTOMERS => 40;
use constant COLUMNS => '(id, customer, ordered_at, amount, status)';

# A shop's table lies in a schema of its own. The key of a customer is an expression, into which a number is put.
# Others are tables by which its rows may be changed as well.
my @shops = (
	{ schema => 'whole', type => 'bigint', key => '%s', amount => 'numeric', others => [] },
	{ schema => 'parts', type => 'uuid', key => 'md5((%s)::text)::uuid', amount => 'numeric',
		others => [qw(year_1 year_2)] },
	{ schema => 'words', type => 'text', collation => ' COLLATE any_case', amount => 'int', others => [],
		key => q{(CASE WHEN random() < 0.5 THEN 'No. ' ELSE 'NO. ' END || (%s))} },
	{ schema => 'child', type => 'varchar(20)', key => q{'no. ' || (%s)}, amount => 'bigint',
		others => ['everything'] },
	{ schema => 'exact', type => 'numeric', key => 'round((%s) / 10.0, 1 + (random() * 3)::int)',
		amount => 'numeric(12, 4)', others => [] });

sub shops
{
	return map {
		my %of = (schema => $_->{schema}, source => "$_->{schema}.orders", customer => 'customer',
			ordered_at => 'ordered_at');
		+{
			%$_,
			  reports => [
				{ %of, name => 'monthly', bucket => '1 month', zone => 'Europe/Vilnius', amount => 'amount' },
				{ %of, name => 'daily', bucket => '1 day', zone => 'UTC' },
				{ %of, name => 'sold', bucket => '7 days', zone => 'America/New_York',
					filter => q{status <> 'cancelled'} } ]
		}
	} @shops;
}

# The table with 300 orders, and its reports.
sub shop_sql
{
	my ($shop) = @_;
	my $columns = "id bigint, customer $shop->{type}" . ($shop->{collation} // '')
	  . ", ordered_at timestamptz, amount $shop->{amount}, status text";
	my %tables = (
		parts => "CREATE TABLE orders ($columns) PARTITION BY RANGE (ordered_at);
			CREATE TABLE year_1 PARTITION OF orders FOR VALUES FROM (MINVALUE) TO ('2024-07-01Z');
			CREATE TABLE year_2 PARTITION OF orders FOR VALUES FROM ('2024-07-01Z') TO (MAXVALUE);",
		child => "CREATE TABLE everything ($columns); CREATE TABLE orders () INHERITS (everything);");

	return "CREATE SCHEMA $shop->{schema}; SET search_path = $shop->{schema}, public;"
	  . ($tables{ $shop->{schema} } // "CREATE TABLE orders ($columns);") . "
		CREATE INDEX ON orders (customer); CREATE UNIQUE INDEX ON orders (id, ordered_at);
		INSERT INTO orders SELECT i, @{[ sprintf $shop->{key}, 'i % ' . CUSTOMERS ]},
			'2024-01-01Z'::timestamptz + i * interval '40 hours', i % 100,
			CASE WHEN i % 10 = 0 THEN 'cancelled' ELSE 'paid' END FROM generate_series(1, 300) i;
		" . join ' ', map { create_sql($_) . ' \gset' . "\n" } @{ $shop->{reports} };
}

sub one_of { return $_[ int rand @_ ] }
sub number { my ($n) = @_; return int rand $n }

# A value of a column.  Many times lie in the last weeks, where each may be the latest; few amounts have the largest
# number of decimals.
sub key { my ($shop) = @_; return (rand() < 0.03 ? 'NULL' : sprintf $shop->{key}, number(CUSTOMERS))
	. "::$shop->{type}" }
sub any_key { my ($shop) = @_; return sprintf($shop->{key}, 'floor(random() * ' . CUSTOMERS . ')::int')
	. "::$shop->{type}" }
sub status { return one_of("'paid'", "'paid'", "'paid'", "'cancelled'", 'NULL') . '::text' }

sub ordered_at
{
	my ($shop) = @_;

	return 'NULL::timestamptz' if !grep({ $_ eq 'year_1' } @{ $shop->{others} }) && rand() < 0.02;
	return q{timestamptz '2024-07-01 00:00 Europe/Vilnius'} if rand() < 0.05;
	return q{timestamptz '2024-01-01Z' + interval '} . one_of(number(800000), 780000 + number(30000)) . q{ minutes'};
}

sub amount
{
	my ($shop) = @_;
	my $amount = rand() < 0.04 ? 'NULL' : one_of(number(200), $shop->{amount} =~ /int$/ ? -number(20)
		: (sprintf('%.2f', rand 100), sprintf('%.2f', -rand 20), sprintf('%.4f', rand 3), '0.0'));

	return "($amount)::$shop->{amount}";
}

# New orders, with numbers that nobody else gives; some orders; and the table, or a part of it.
sub new_orders
{
	my ($shop, $session, $rows) = @_;

	return 'VALUES ' . join ', ',
	  map { '(' . join(', ', $session->{next}++, key($shop), ordered_at($shop), amount($shop), status())
		. ')' } 1 .. $rows;
}

sub computed_orders
{
	my ($shop, $session, $rows) = @_;
	my $first = $session->{next};

	$session->{next} += $rows;
	return "SELECT $first + i, " . any_key($shop)
	  . ", timestamptz '2024-03-01Z' + floor(random() * 10000) * interval '1 hour', i, 'paid'
		FROM generate_series(0, $rows - 1) i";
}

sub some { my ($shop) = @_; return one_of('customer = ' . key($shop), 'id % 60 = ' . number(60)) }
sub table { my ($shop) = @_; return one_of('orders', 'orders', @{ $shop->{others} }) }

# Statements.  Those which others are made of come first.
sub insert { my ($shop, $session) = @_; return 'INSERT INTO orders ' . COLUMNS . ' '
	. new_orders($shop, $session, 1) }
sub set_status { my ($shop) = @_; return 'UPDATE ' . table($shop) . ' SET status = ' . status() . ' WHERE '
	. some($shop) }
sub delete_some { my ($shop) = @_; return 'DELETE FROM ' . table($shop) . ' WHERE ' . some($shop) }

sub on_conflict
{
	my ($shop, $session) = @_;

	return 'INSERT INTO orders ' . COLUMNS . ' SELECT * FROM (' . new_orders($shop, $session, 2)
	  . ' UNION ALL (SELECT id, customer, ordered_at, amount, status FROM orders WHERE ' . some($shop)
		. ' LIMIT 5)) n '
	  . 'ON CONFLICT (id, ordered_at) DO '
	  . one_of('NOTHING', 'UPDATE SET customer = ' . key($shop),
		'UPDATE SET customer = excluded.customer, amount = ' . amount($shop) . ', status = ' . status());
}

sub merge
{
	my ($shop, $session) = @_;
	my $first = $session->{next};

	return 'MERGE INTO orders o USING (' . new_orders($shop, $session, 2)
	  . ' UNION ALL SELECT id, customer, ordered_at, amount, status FROM orders WHERE ' . some($shop) . ') n '
		. COLUMNS
	  . ' ON o.id = n.id AND o.ordered_at = n.ordered_at WHEN MATCHED AND o.id % 4 = ' . number(4)
	  . ' THEN DELETE WHEN MATCHED THEN UPDATE SET amount = ' . amount($shop) . ', customer = ' . key($shop)
	  . " WHEN NOT MATCHED AND n.id >= $first THEN INSERT " . COLUMNS
	  . ' VALUES (n.id, n.customer, n.ordered_at, n.amount, n.status)';
}

# With changes that are undone, in PL/pgSQL; the reports are compared in the middle.
sub undone
{
	my ($shop, $session) = @_;
	my $compare = 'IF (' . same_sql(@{ $shop->{reports} }) . q{) ~ 'totals|growth|money' THEN
		RAISE 'in the middle'; END IF};

	return 'DO $do$ BEGIN ' . insert($shop, $session) . "; $compare; BEGIN " . delete_some($shop)
	  . "; $compare; PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END; $compare; " . set_status($shop)
	  . '; END $do$';
}

# A cursor looks at what was there when it was opened.
sub behind_cursor
{
	my ($shop, $session) = @_;

	return ('DECLARE c CURSOR FOR SELECT ' . same_sql(@{ $shop->{reports} }),
		insert($shop, $session), delete_some($shop), 'FETCH c', 'CLOSE c');
}

# A statement that writes does not see that.
sub beside_writer
{
	my ($shop, $session) = @_;
	my $writer = one_of(insert($shop, $session), set_status($shop), delete_some($shop));

	return "WITH written AS ($writer RETURNING 1) SELECT " . same_sql(@{ $shop->{reports} });
}

sub copy
{
	my ($shop, $session) = @_;

	return ('COPY (' . computed_orders($shop, $session, 1 + number(8)) . ") TO '$session->{file}'",
		'COPY orders ' . COLUMNS . " FROM '$session->{file}'");
}

# What no trigger sees.
sub unnoticed
{
	my ($shop, $session) = @_;

	return ('ALTER TABLE orders DISABLE TRIGGER ALL', insert($shop, $session), set_status($shop),
		'ALTER TABLE orders ENABLE TRIGGER ALL');
}

sub refresh
{
	my ($shop, $recount) = @_;

	return 'SELECT live_refresh(' . report_name(one_of(@{ $shop->{reports} }))
	  . ($recount ? ', recount => true' : '') . ') >= 0 AS done \gset';
}

# How often; what; and whether it must stand in a transaction, or cannot.
my @kinds = (
	[ 170, insert => \&insert ],
	[ 60, insert_rows => sub { 'INSERT INTO orders ' . COLUMNS . ' ' . new_orders(@_, 2 + number(9)) } ],
	[ 30, insert_many => sub { 'INSERT INTO orders ' . COLUMNS . ' ' . computed_orders(@_, 20 + number(40)) } ],
	[ 60, on_conflict => \&on_conflict ],
	[ 50, copy => \&copy ],
	[ 50, merge => \&merge ],
	[ 60, merge_customers => sub { my ($shop) = @_;
		'UPDATE ' . table($shop) . ' SET customer = ' . key($shop) . ' WHERE ' . some($shop) } ],
	[ 50, move_time => sub { my ($shop) = @_;
		"UPDATE orders SET ordered_at = ordered_at + interval '@{[ number(4000) - 2000 ]} hours' WHERE "
			. some($shop) } ],
	[ 40, set_amount => sub { my ($shop) = @_;
		'UPDATE ' . table($shop) . ' SET amount = ' . amount($shop) . ' WHERE ' . some($shop) } ],
	[ 40, set_status => \&set_status ],
	[ 30, set_nothing => sub { my ($shop) = @_; 'UPDATE orders SET customer = customer WHERE ' . some($shop) } ],
	[ 60, delete_some => \&delete_some ],
	[ 20, delete_last => sub { 'DELETE FROM orders WHERE ordered_at = (SELECT max(ordered_at) FROM orders)' } ],
	[ 25, delete_many => sub { my ($shop) = @_; 'DELETE FROM ' . table($shop) . ' WHERE id % 4 = ' . number(4) } ],
	[ 6, truncate => sub { my ($shop) = @_; 'TRUNCATE ' . table($shop) } ],
	[ 30, undone => \&undone ],
	[ 25, behind_cursor => \&behind_cursor, 'inside' ],
	[ 40, beside_writer => \&beside_writer ],
	[ 4, unnoticed => \&unnoticed, 'inside' ],
	[ 3, rewrite => sub { 'VACUUM FULL orders' }, 'alone' ],
	[ 100, refresh => sub { refresh($_[0]) } ],
	[ 10, recount => sub { refresh($_[0], 1) } ]);
my @weighted = map { my $kind = $_; ($kind) x $kind->[0] } @kinds;

# One kind of work, compared after each of its statements.
sub step
{
	my ($shop, $session, $place, $level) = @_;
	my $kind;

	do { $kind = one_of(@weighted) } until ($kind->[3] // $place) eq $place;
	return join '', map { compared($shop, $_, $kind->[1], $level) } $kind->[2]->($shop, $session);
}

sub compared
{
	my ($shop, $sql, $name, $level) = @_;

	return $sql . ($sql =~ /\\gset$/ ? '' : ';') . "\n\\echo # $name :SQLSTATE $level\nSELECT "
	  . same_sql(@{ $shop->{reports} }) . ";\n\\echo # compare :SQLSTATE $level\n";
}

# A script of so many steps: one of three stands alone, the others are in transactions, some of them taken back.
# session has next, the number of its next order, and file, the name of one.
sub work
{
	my ($shop, $session, $steps) = @_;
	my $script = "\\set ON_ERROR_STOP 0\nSET search_path = $shop->{schema}, public;\n"
	  . 'SET session_replication_role = ' . one_of('origin', 'origin', 'replica') . ";\n";

	while ($steps > 0)
	{
		my $level = one_of('read committed', 'read committed', 'repeatable read', 'serializable');

		if (rand() < 0.33)
		{
			$script .= "SET default_transaction_isolation = '$level';\n" . step($shop, $session, 'alone', $level);
			$steps--;
			next;
		}
		$script .= "BEGIN ISOLATION LEVEL $level;\n";
		for (1 .. 2 + number(3))
		{
			my $back = rand() < 0.15;

			$script .= "SAVEPOINT s;\n" if $back;
			$script .= step($shop, $session, 'inside', $level);
			$script .= compared($shop, 'ROLLBACK TO s', 'rollback_to', $level) if $back;
			$steps--;
		}
		$script .= compared($shop, one_of('COMMIT', 'COMMIT', 'COMMIT', 'ROLLBACK'), 'end', $level);
	}
	return $script;
}

# What a session has printed: how many statements of each kind succeeded, and all that must not be.  A transaction may
# have to be tried again, and then 25P02 follows in what is left of it, or 3B001 where it did not come to a savepoint;
# a recount wants READ COMMITTED.
sub outcome
{
	my ($output) = @_;
	my (%done, @wrong);
	my $last = '';

	for my $line (split /\n/, $output)
	{
		if ($line =~ /^# (\w+) (\w+) (.*)/)
		{
			my ($kind, $state, $level) = ($1, $2, $3);

			$done{$kind}++ if $state eq '00000';
			$last = $line if $kind ne 'compare';
			push @wrong, "$last\n$line" unless $state =~ /^(?:00000|40001|40P01|25P02)$/
			  || ($state eq '25000' && $kind =~ /^(?:refresh|recount)$/ && $level ne 'read committed')
			  || ($state eq '3B001' && $kind eq 'rollback_to');
		}
		elsif ($line ne 'same same same')
		{
			push @wrong, "$last\n$line";
		}
	}
	return (\%done, \@wrong);
}

1;
