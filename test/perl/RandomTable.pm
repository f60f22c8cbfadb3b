# RandomTable - a table t with random columns, rows and a random past, as the statements that make it.
#
# Each column's values come from a small whole number K by an SQL expression, so that they repeat, and so that a
# constant of the same kind can be made as well. Random numbers are Perl's own, which after srand() are the same on
# every machine since Perl 5.20; those in rows are rnd()'s, so that the statements alone make the same table again.
package RandomTable;

use v5.20;
use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use RetentionTest 'RANDOM_SQL';

our @EXPORT = qw(chance one_of);

use constant SQL => RANDOM_SQL . q{
	CREATE TYPE mood AS ENUM ('awful', 'bad', 'so so', 'good', 'great');
	CREATE TYPE pair AS (branch int, name text);
	CREATE DOMAIN code AS text CHECK (length(VALUE) < 20);
	-- 80 bytes for each piece, which do not compress.
	CREATE FUNCTION noise(k bigint, pieces int) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN (SELECT string_agg(sha224((k * 1000 + j)::text::bytea)::text, '') FROM generate_series(1, pieces) j);
};

my $DAY = "'2023-01-01Z'::timestamptz";
my $INFINITE = "WHEN I % 40 = 0 THEN 'infinity' WHEN I % 41 = 0 THEN '-infinity'";

# Changes of clocks: over midnight in Sao Paulo, Beirut, Cairo, Havana, Tehran and St. John's, at other hours in New
# York and London; days that Samoa skipped and Alaska had twice; and the years between which London had summer time
# always.
my @CLOCK_CHANGES = ('2017-10-15 03:00', '2018-02-18 02:00', '2023-03-25 22:00', '2022-10-29 21:00',
	'2023-04-27 22:00', '2023-10-26 21:00', '2023-03-12 05:00', '2023-11-05 05:00', '2022-03-21 20:30',
	'2022-09-21 19:30', '2006-10-29 02:31', '2023-03-12 07:00', '2023-10-29 01:00', '2011-12-30 10:00',
	'1867-10-18 09:00', '1968-02-18 02:00', '1971-10-31 02:00', '1971-12-31 23:00');
my $CLOCK_CHANGES = 'ARRAY[' . join(', ', map { "'${_}Z'" } @CLOCK_CHANGES) . ']::timestamptz[]';

# SQL's type, the value of a whole number K in row I, and what can be done with it: what the braces in RandomQuery's
# pieces of SQL name. Of the "rare" ones a table seldom has a column, since aggregates fail that have no hash function
# for it, or meet NaN or infinity. No "minmax" has equal values that look different: which of them a min() shows
# depends on the order of rows.
my %TYPES = (
	int2        => [ 'int2', 'K::int2', 'int number ordered minmax' ],
	int4        => [ 'int4', 'K::int4', 'int number ordered minmax' ],
	int8        => [ 'int8', '(K * 1000000007)::int8', 'int number ordered minmax' ],
	numeric     => [ 'numeric', 'round(K / 4.0, (2 + I % 3)::int)', 'number ordered' ],
	nan         => [ 'numeric', q{CASE WHEN I % 50 = 0 THEN 'NaN' ELSE K / 4.0 END}, 'rare number ordered' ],
	score       => [ 'int8', '(K % 11)::int8', 'int number score ordered minmax' ],
	float8      => [ 'float8', '(K / 8.0)::float8', 'float ordered minmax' ],
	float4      => [ 'float4', '(K / 8.0)::float4', 'ordered minmax' ],
	text        => [ 'text', q{'customer ' || K}, 'text ordered minmax' ],
	longer      => [ 'text',
		q{CASE WHEN I % 7 = 0 THEN repeat('order ' || K, 700) ELSE 'o' || K END}, 'text ordered minmax' ],
	long        => [ 'text', q{CASE WHEN I % 11 = 0 THEN noise(K, 40) ELSE 'o' || K END}, 'text ordered minmax' ],
	varchar     => [ 'varchar(40)', q{repeat('v', (K % 7)::int) || K}, 'text ordered minmax' ],
	char        => [ 'char(12)', q{'c' || K}, 'text ordered minmax' ],
	code        => [ 'code', q{('code' || K)::code}, 'text ordered minmax' ],
	uuid        => [ 'uuid', 'md5((K)::text)::uuid', 'ordered' ],
	bytea       => [ 'bytea', q{decode(md5((K)::text), 'hex')}, 'ordered' ],
	bool        => [ 'bool', '(K % 3 = 0)', 'bool ordered' ],
	date        => [ 'date', q{date '2023-01-01' + (K)::int}, 'ordered minmax' ],
	timestamptz => [ 'timestamptz', qq{$DAY + (K + I % 5) * interval '9 hours'}, 'time instant ordered minmax' ],
	infinite    => [ 'timestamptz', qq{CASE WHEN I % 50 = 0 THEN 'infinity' ELSE $DAY + K * interval '9 hours' END},
		'rare time instant ordered minmax' ],
	decades     => [ 'timestamptz', qq{$DAY - K * interval '25 hours' + I % 97 * interval '33 days 5 hours'},
		'time instant ordered minmax' ],
	changes     => [ 'timestamptz',
		"($CLOCK_CHANGES)[1 + K % @{[ scalar @CLOCK_CHANGES ]}] + (I % 9 - 4) * interval '15 minutes'",
		'time instant ordered minmax' ],
	far         => [ 'timestamptz', "CASE $INFINITE ELSE $DAY + (K - 40) * interval '111 years 7 days 5 hours' END",
		'instant ordered minmax' ],
	timestamp   => [ 'timestamp', q{timestamp '2023-01-01' + (K + I % 5) * interval '9 hours'},
		'local ordered minmax' ],
	far_local   => [ 'timestamp',
		"CASE $INFINITE ELSE timestamp '1970-01-01' + (K - 40) * interval '10 years 31 hours' END",
		'local ordered minmax' ],
	tstzrange   => [ 'tstzrange',
		qq{tstzrange($DAY + K * interval '1 day', $DAY + (K + I % 50) * interval '36 hours')}, 'range ordered' ],
	name        => [ 'name', q{('name' || K)::name}, 'ordered' ],
	byte        => [ '"char"', '(33 + K % 90)::int::"char"', 'ordered' ],
	mood        => [ 'mood', '(enum_range(NULL::mood))[1 + K % 5]', 'ordered minmax' ],
	pair        => [ 'pair', q{ROW(K % 7, 'no. ' || K)::pair}, 'ordered' ],
	ints        => [ 'int[]', 'ARRAY[K, K % 3]::int[]', 'ordered minmax' ],
	interval    => [ 'interval', q{(K * interval '11 hours')}, 'ordered minmax' ],
	inet        => [ 'inet', q{('10.0.0.0'::inet + K)}, 'ordered minmax' ],
	time        => [ 'time', q{(time '00:00' + K * interval '1 minute')}, 'ordered minmax' ],
	jsonb       => [ 'jsonb', q{jsonb_build_object('id', K)}, 'ordered' ],
	json        => [ 'json', q{json_build_object('id', K)}, 'rare' ],
	bit         => [ 'varbit', q{(K)::int::bit(20)::varbit}, 'rare ordered' ]);
my @RARE = grep { $TYPES{$_}[2] =~ /rare/ } sort keys %TYPES;
my @USUAL = grep { $TYPES{$_}[2] !~ /rare/ } sort keys %TYPES;
my @FIXED = qw(int2 int4 int8 score float8 float4 uuid bool date timestamptz decades changes far timestamp far_local
	name byte mood interval time);

sub chance { my ($p) = @_; return rand() < $p }
sub one_of { return $_[ rand @_ ] }

sub new
{
	my ($class) = @_;
	my $types = chance(0.4) ? \@FIXED : \@USUAL;
	my $self = bless {
		types => $types, columns => [], statements => [], ncolumns => 0, inserted => 0, salt => int rand 1e6
	}, $class;

	$self->{nrows} = one_of(0, 1, 2 + int rand 20, 100, 100 + int rand 300, 300 + int rand 700, 1000 + int rand 2000);
	$self->create;
	$self->insert($self->{nrows});
	$self->change for 1 .. one_of(0, 1, 1, 2, 3, 5, 8);
	$self->alter_add if chance(0.3);
	$self->did('ANALYZE t') if chance(0.8);
	return $self;
}

sub did { my ($self, @statements) = @_; push @{ $self->{statements} }, @statements; return }

# Most tables are such as have orders or contracts; many have columns of fixed size only, which are read where they
# lie.
sub create
{
	my ($self) = @_;
	my @types = map { $self->some_type } 1 .. 1 + int rand 9;

	splice @types, rand @types + 1, 0, one_of(qw(timestamptz timestamptz decades changes)) if chance(0.75);
	splice @types, rand @types + 1, 0, 'tstzrange' if $self->{types} == \@USUAL && chance(0.4);
	splice @types, rand @types + 1, 0, $self->some_type if chance(0.6);
	my $columns = join ', ', map { $self->add_column($_) } @types;
	my $fillfactor = chance(0.2) ? ' WITH (fillfactor = ' . one_of(10, 30, 70) . ')' : '';
	my $kind = one_of('', '', '', '', '', 'TEMP ', 'UNLOGGED ');

	$self->did("CREATE ${kind}TABLE t ($columns)$fillfactor");
	$self->did('ALTER TABLE t SET (parallel_workers = ' . one_of(1 .. 4) . ')') if chance(0.2);
	return;
}

sub some_type { my ($self) = @_; return one_of(chance(0.02) ? @RARE : @{ $self->{types} }) }

# A new column; returns its definition.
sub add_column
{
	my ($self, $type) = @_;
	my %column = (
		name   => 'c' . ++$self->{ncolumns},
		type   => $TYPES{$type}[0],
		value  => $TYPES{$type}[1],
		kinds  => { map { $_ => 1 } split / /, $TYPES{$type}[2] },
		nulls  => one_of(0, 0, 0, 2, 20, 50, 95, 100),
		values => one_of(2, 10, 100, 1000));

	$column{required} = $column{nulls} == 0 && chance(0.5);
	push @{ $self->{columns} }, \%column;
	return "$column{name} $column{type}" . ($column{required} ? ' NOT NULL' : '');
}

# An expression for the values of a column in rows that generate_series(...) I makes.
sub values_sql
{
	my ($self, $column) = @_;
	my $salt = ++$self->{salt};
	my $k = "rnd($salt, I, $column->{values})";
	my $value = $column->{value} =~ s/\bK\b/$k/gr;

	return $column->{nulls} == 0 ? $value : "CASE WHEN rnd(-$salt, I, 100) >= $column->{nulls} THEN $value END";
}

# A constant of a column's kind, and mostly one that it has.
sub constant
{
	my ($self, $column) = @_;
	my $k = int rand $column->{values} * (chance(0.1) ? 2 : 1);

	return '(' . ($column->{value} =~ s/\bK\b/$k\::bigint/gr =~ s/\bI\b/one_of(0 .. 4)/ger) . ")::$column->{type}";
}

# Some column, or one of a kind, or undef if there is none; there is always some column. The last one, which rows may
# lack, comes more often.
sub column
{
	my ($self, $kind) = @_;
	my @columns = grep { !defined $kind || $_->{kinds}{$kind} } @{ $self->{columns} };

	return @columns ? one_of(@columns, $columns[-1]) : undef;
}

sub insert
{
	my ($self, $n) = @_;
	my $values = join ', ', map { $self->values_sql($_) } @{ $self->{columns} };
	my $names  = join ', ', map { $_->{name} } @{ $self->{columns} };

	$self->{inserted} += $n;
	$self->did("INSERT INTO t ($names) SELECT $values FROM generate_series(1, $n) I");
	return;
}

# What may happen to a table.
my @CHANGES = (
	sub { $_[0]->did('UPDATE t SET ' . $_[0]->assignment . ' WHERE ' . some_rows()) },
	sub { $_[0]->did('UPDATE t SET ' . $_[0]->assignment . ' WHERE ' . some_rows()) },
	sub { $_[0]->did('DELETE FROM t WHERE ' . some_rows()) },
	sub { $_[0]->did('DELETE FROM t WHERE ' . some_pages()) },
	sub { $_[0]->did('DELETE FROM t') if chance(0.1) },
	sub { $_[0]->insert(1 + int rand 300) },
	sub { $_[0]->undone },
	sub { $_[0]->refill },
	sub { $_[0]->drop_column },
	sub { $_[0]->alter_add },
	sub { $_[0]->alter_add },
	sub { $_[0]->alter_storage },
	sub { $_[0]->index },
	sub { $_[0]->did('VACUUM t') },
	sub { $_[0]->did('VACUUM (FREEZE) t') },
	sub { $_[0]->did('VACUUM FULL t') });

sub change { my ($self) = @_; one_of(@CHANGES)->($self); return }

sub some_rows { return 'hashtext(ctid::text) % ' . one_of(2, 3, 10) . ' = 0' }

sub some_pages
{
	my $from = int rand 10;

	return "(ctid::text::point)[0] BETWEEN $from AND " . ($from + int rand 10);
}

sub assignment
{
	my ($self) = @_;
	my $column = $self->column;

	return "$column->{name} = "
	  . (chance(0.2) && !$column->{required} ? 'NULL' : $self->constant($column));
}

# Rows that never were, of a transaction or of its part.
sub undone
{
	my ($self) = @_;
	my $part = chance(0.5);

	$self->did('BEGIN', $part ? 'SAVEPOINT s' : ());
	$self->insert(1 + int rand 200);
	$self->did('DELETE FROM t WHERE ' . some_rows()) if chance(0.5);
	$self->did($part ? 'ROLLBACK TO s' : (), $part ? 'COMMIT' : 'ROLLBACK');
	return;
}

sub refill
{
	my ($self) = @_;

	$self->did('TRUNCATE t');
	$self->insert($self->{nrows});
	return;
}

sub drop_column
{
	my ($self) = @_;
	my $columns = $self->{columns};

	return if @$columns < 2;
	my ($column) = splice @$columns, rand @$columns, 1;
	$self->did("ALTER TABLE t DROP COLUMN $column->{name}");
	return;
}

# The rows that are there get no value, or the default, without being written again.
sub alter_add
{
	my ($self) = @_;
	my $definition = $self->add_column($self->some_type);
	my $column = $self->{columns}[-1];
	my $default = $column->{required} || chance(0.5) ? ' DEFAULT ' . $self->constant($column) : '';

	$self->did("ALTER TABLE t ADD COLUMN $definition$default");
	$self->insert(1 + int rand 100) if chance(0.6);
	return;
}

sub alter_storage
{
	my ($self) = @_;
	my $column = $self->column('text') // return;

	$self->did("ALTER TABLE t ALTER $column->{name} SET STORAGE " . one_of(qw(MAIN EXTERNAL EXTENDED)));
	$self->insert(1 + int rand 100);
	return;
}

# Sometimes the table is put into the order of the index.
sub index
{
	my ($self) = @_;
	my $column = $self->column('ordered') // return;
	my $method = one_of('btree', 'btree', 'brin', 'hash');

	return if $column->{value} =~ /noise|repeat/ || $method eq 'brin' && !$column->{kinds}{minmax}
	  || $column->{type} =~ /int\[\]|varbit|mood/;
	my $name = 'i' . ++$self->{salt};
	$self->did("CREATE INDEX $name ON t USING $method ($column->{name})");
	$self->did("CLUSTER t USING $name") if $method eq 'btree' && chance(0.4);
	return;
}

1;
