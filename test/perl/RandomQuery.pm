# RandomQuery - random queries of a RandomTable's aggregates, as the statements that run them under random settings.
#
# A query has {sql}, without parameters; {statements}, some of which give rows; {settings}; and {hazards}, the number
# of its expressions that may fail. Which of several failures comes first is not defined.
#
# Its answer does not depend on the order of rows: lists are sorted, sums of floating point are exact since all values
# are multiples of 1/8, and numerics that are equal are shown alike.
package RandomQuery;

use v5.20;
use strict;
use warnings FATAL => 'all';
use RandomTable;

use constant SQL => q{
	CREATE FUNCTION sorted(text[]) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN (SELECT count(*) || ' ' || md5(string_agg(v, ',' ORDER BY v COLLATE "C")) FROM unnest($1) v);
	-- An aggregate whose first value becomes its state, and one that is not parallel.
	CREATE AGGREGATE greatest_of(numeric) (SFUNC = numeric_larger, STYPE = numeric);
	-- A query within a query.
	CREATE TABLE small WITH (parallel_workers = 0) AS
		SELECT i AS k, '2024-01-01Z'::timestamptz + i * interval '1 day' AS at FROM generate_series(1, 60) i;
	ANALYZE small;
	CREATE FUNCTION nested(n bigint) RETURNS bigint STABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
	BEGIN
		RETURN (SELECT customer_count(k) FROM small WHERE k <= n);
	END $$;
};

sub new
{
	my ($class, $table) = @_;
	my $self = bless { table => $table, hazards => 0, parameters => [] }, $class;

	$self->{settings} = random_settings();
	$self->{only_pages} = chance(0.3);
	$self->{select} = $self->select;
	$self->{sql} = $self->whole;
	$self->{statements} = $self->run;
	return $self;
}

# Zones of a session, and places that date_trunc() takes; some of which are no names of zones.
my @ZONES = (('UTC') x 4, qw(Europe/Vilnius America/New_York Australia/Lord_Howe America/Sao_Paulo Asia/Beirut
	Africa/Cairo America/Havana Asia/Tehran America/St_Johns Pacific/Apia America/Sitka Europe/London
	EST5EDT), '<+03>-3');
my @PLACES = ((@ZONES) x 3, 'europe/vilnius', 'utc', '+02', '-05:30', 'EST', 'CET', 'Etc/GMT-14',
	'EST5EDT,M3.2.0/2,M11.1.0/2');
my @UNITS = (qw(day week month quarter year) x 8, qw(DAY Week QUARTER months mon hour decade));

sub random_settings
{
	my $workers = one_of(0, 0, 0, 1 .. 4);
	my %settings = (max_parallel_workers_per_gather => $workers, timezone => one_of(@ZONES));

	@settings{qw(parallel_setup_cost parallel_tuple_cost min_parallel_table_scan_size)} = (0, 0, 0) if $workers > 0;
	$settings{parallel_leader_participation} = 'off' if $workers > 0 && chance(0.2);
	@settings{qw(jit jit_above_cost jit_inline_above_cost)} = ('on', 0, one_of(0, -1)) if chance(0.01);
	$settings{enable_seqscan} = 'off' if chance(0.04);
	$settings{$_} = 'off' for grep { chance(0.05) } qw(enable_indexscan enable_bitmapscan enable_hashagg);
	$settings{enable_sort} = 'off' if chance(0.2);
	@settings{qw(work_mem hash_mem_multiplier)} = ('64kB', 1) if chance(0.2);
	$settings{plan_cache_mode} = one_of(qw(auto force_generic_plan force_custom_plan));
	return \%settings;
}

# Pieces of SQL, in which {kind} stands for a column of that kind, <name> for a random one of these lists or a number
# below name, and %F, behind an aggregate, for a filter. Those that begin with ! may fail for some rows.
my %CHOICES = (
	churn    => [qw(crr churn_rate)],
	period   => [ map { "'[$_)'" } '2023-03-01Z, 2023-04-01Z', '2023-01-10Z, 2023-01-17Z',
		'2023-06-01 05:00Z, 2023-06-02Z', '2023-01-01Z, 2024-01-01Z', '2023-09-01Z, 2099-09-01Z' ],
	lookback => [ map { "'$_'" } '1 month', '10 days', '1 year', '36 hours' ],
	bucket   => [ map { "'$_'" } '1 month', '3 months', '7 days', '1 day', '1 year' ],
	zone     => [ map { "'$_'" } 'UTC', 'Europe/Vilnius', 'America/New_York' ],
	report   => [qw(growth cohorts)],
	compare  => [qw(= <> < <= > >=)],
	unit     => [ map { "'$_'" } @UNITS ],
	width    => [ map { "'$_'" } '1 day', '7 days', '30 days', '1 month', '5 months', '1 year' ],
	place    => [ map { "'$_'" } @PLACES ],
	fixed    => [ 'true', 'false', 'now() IS NOT NULL', 'EXISTS (SELECT FROM small)' ]);

my @CONDITIONS = (
	(\&comparison) x 8, \&list, \&list, \&place, '{} IS NULL', '{} IS NOT NULL', '{bool}', 'NOT {bool}',
	q({text} LIKE '%<10>%'), 'length({text}) > <20>', '{int} % 3 = 1', '{int} <compare> {int}',
	q({range} @> '2023-05-01Z'::timestamptz), '{number} > (SELECT avg({number}) / 2 FROM t)',
	'{int} > (SELECT customer_count({}) - <100> FROM t)',
	'{int} = ANY (ARRAY(SELECT {int} FROM t ORDER BY 1 LIMIT <20>))',
	'{int} NOT IN (SELECT k FROM small WHERE k < <60>)', 'nested({few}) > <10>', q{tableoid = 't'::regclass},
	't IS NOT NULL', 'random() >= 0', '<fixed>');
my @HAZARDS = (
	'!10 / ({int} - <60>) IS NOT NULL', '!sqrt({number} - <10>) >= 0', '!(32760 + {int} % <60>)::int2 > 0',
	'!substr({text}, 1, length({text}) - <10>) > <60>::text', '!10 / (length(t::text) - <60>) IS NOT NULL');

# Those of ours that take rows by pages, and those that do not.
my @BY_PAGE = (
	('customer_count({})%F', 'repeat_rate({})%F') x 2, 'repeat_rate({}, 1 + <5>)%F', '!repeat_rate({}, 1 / 2)%F',
	'purchase_frequency({})%F', '<churn>({}, {range}, <period>)%F', '<churn>({}, {time}, <period>)%F',
	'<churn>({}, {time}, <period>, <lookback>)%F', '<churn>({}, {time}, <period>, <lookback>, <zone>)%F',
	'<churn>({}, {time}, <period>, NULL, <zone>)%F',
	q{md5(time_to_order({exact}, {time}, 1 + <5>, '2023-10-01Z')%F::text)},
	q{bracket_retention({}, {time}, '{0,3 days,10 days,50 days}', '2023-10-01Z')%F::text},
	('md5(retention_agg({exact}, {time}, <bucket>)%F::text)',
	 'md5(revenue_agg({exact}, {time}, {number}, <bucket>)%F::text)',
	 'md5(revenue_agg({exact}, {time}, {number}, <bucket>, <zone>)%F::text)',
	 q{md5(revenue_agg({exact}, {range}, {number}, <bucket>, <zone>, '2024-03-01Z')%F::text)},
	 q{md5(retention_agg({exact}, {range}, <bucket>, <zone>, '2024-03-01Z')%F::text)},
	 'md5(retention_agg({exact}, {time}, <bucket>, <zone>)%F::text)',
	 '(SELECT sorted(array_agg(r::text)) FROM <report>(retention_agg({}, {time}, <bucket>)%F) r)') x 2);
my @BY_ROW = (
	'top_share({}, {number})%F', 'top_share({}, {float}, 0.5)%F', 'median_order_gap({time})%F',
	'next_order_at({time})%F', 'nps({score})%F', 'aov({number})%F', 'aov({float})%F',
	q{clv({}, {time}, {number}, <bucket>, 0.5, '2024-01-01Z', <zone>)%F}, 'customer_count(upper({text}))%F',
	'customer_count(ROW({}, {})::text)%F', '<churn>({int} % 10, {time}, <period>)%F',
	'repeat_rate({}, 1 + ({number} IS NULL)::int)%F', 'repeat_rate({}, 1 + 0 * (random() * 9)::int)%F');

# The server's, and SQL's.
my @SERVERS = (
	'count(*)%F', 'count(t)%F', 'count({})%F', 'count(ctid)%F', 'sum({number})%F', 'sum({float})%F',
	'sum({int}::numeric * {int} % 100)%F', 'avg({int})%F', 'avg({float})%F', 'trim_scale(min({number})%F)',
	'trim_scale(greatest_of({number})%F)', '(min({minmax})%F)::text COLLATE "C"', 'max({time})%F', 'max({text})%F',
	'bool_and({bool})%F', 'bool_or({bool})%F', 'bit_xor({int}::int8)%F', 'sum(length({text}))%F',
	'sorted(array_agg({}::text)%F)', '(SELECT count(DISTINCT v) FROM unnest(array_agg(t.{}::text)) v)',
	q{length(string_agg({text}, ', ')%F)}, 'round(stddev({int})%F, 6)', 'sum(nested({few}))%F',
	'sum(CASE WHEN {} IS NULL THEN 1 ELSE 2 END)%F', \&failing_count);
my @NOT_PLAIN = (
	'count(DISTINCT t::text)%F', 'count(DISTINCT {ordered})%F', 'customer_count(DISTINCT {ordered})%F',
	'sum((SELECT count(*) FROM small WHERE k = {few}))%F', 'sorted(array_agg({ordered}::text ORDER BY {ordered})%F)',
	'percentile_disc(0.5) WITHIN GROUP (ORDER BY {int})%F');

# What a query groups by: the truncations of times, %T, which the scan takes if their unit and zone are constants, as
# themselves and in expressions; and those that it leaves to the server, with volatile functions or other columns.
my @TRUNCATIONS = (
	(\&truncation) x 8, ('date_trunc(<unit>, {local})') x 2, '{instant}::date', '{instant}::date', '{local}::date');
my @GROUPS = (
	('%T') x 12, 'extract(year FROM %T)', 'extract(isodow FROM %T)', 'extract(epoch FROM %T)', '(%T)::date',
	'(%T)::text', q{to_char(%T, 'YYYY-MM-DD HH24:MI TZH BC')}, q{coalesce(%T, '2023-05-01')},
	q{%T + interval '1 day 1 hour'}, q{CASE WHEN %T < '2023-05-01' THEN 'early' ELSE (%T)::text END},
	q{nullif(%T, '2023-05-01')}, 'ARRAY[%T]',
	q{date_trunc('year', %T)}, q{%T AT TIME ZONE 'Asia/Tehran'}, 'hashtext((%T)::text) % 3', '%T IS NULL',
	'extract(year FROM %T) + (SELECT min(k) FROM small)');
my @OTHER_GROUPS = (
	'greatest(%T, {instant})', '(%T)::text || {int}', q{%T + (random() * 0) * interval '1 day'}, '{text}',
	'{ordered}', 'extract(year FROM %T) + (SELECT count(*) FROM small WHERE k = {few})',
	'(%T)::text || extract(month FROM {instant}::date)');

# A random one of these pieces that has all its columns; undef if none has.
sub some
{
	my ($self, @pieces) = @_;

	while (@pieces)
	{
		my ($piece) = splice @pieces, rand @pieces, 1;
		my $sql = ref $piece ? $piece->($self) : $self->fill($piece);

		return $sql if defined $sql;
	}
	return undef;
}

# A piece with everything put in; undef if the table lacks a column of a kind.
sub fill
{
	my ($self, $sql) = @_;
	my ($missing, $hazards) = (0, $self->{hazards});

	$self->{hazards}++ if $sql =~ s/^!//;
	$sql =~ s/\{(\w*)\}/$self->name($1) \/\/ ($missing = 1)/ge;
	$sql =~ s/<(\w+)>/$CHOICES{$1} ? one_of(@{ $CHOICES{$1} }) : int rand $1/ge;
	return $sql unless $missing;
	$self->{hazards} = $hazards;
	return undef;
}

# The name of a column, or undef: {few} is of a table with few rows, {exact} has no values that are equal and look
# different, and the others are RandomTable's kinds.
sub name
{
	my ($self, $kind) = @_;
	my $table = $self->{table};
	my $column = $kind eq 'few' ? ($table->{inserted} < 100 ? $table->column('int') : undef)
	  : $kind eq 'exact' ? one_of(grep { $_->{type} ne 'numeric' } @{ $table->{columns} })
	  : $table->column($kind || undef);

	$self->{hazards}++ if $column && $column->{kinds}{rare};
	return $column && $column->{name};
}

# A constant, or a parameter with one, and with another one for the second run.
sub value
{
	my ($self, $column) = @_;

	return $self->constant_or_parameter(0.5, $column->{type}, map { $self->{table}->constant($column) } 1 .. 2);
}

sub constant_or_parameter
{
	my ($self, $p, $type, $value, $other) = @_;

	return $value unless chance($p);
	push @{ $self->{parameters} }, { type => $type, value => $value, other => chance(0.05) ? 'NULL' : $other };
	return '$' . @{ $self->{parameters} };
}

# An instant, truncated in the session's zone or another; unit, bucket and zone may be parameters.
sub truncation
{
	my ($self) = @_;
	my $column = $self->name('instant') // return undef;
	my $bucket = chance(0.2);
	my $width = $self->constant_or_parameter(0.15, $bucket ? 'interval' : 'text',
		map { $self->fill($bucket ? '<width>' : '<unit>') } 1 .. 2);
	my @arguments = $bucket ? ($column, $width) : ($width, $column);

	push @arguments, $self->constant_or_parameter(0.15, 'text', map { $self->fill('<place>') } 1 .. 2) if chance(0.4);
	return ($bucket ? 'bucket_start' : 'date_trunc') . '(' . join(', ', @arguments) . ')';
}

sub comparison
{
	my ($self) = @_;
	my $column = $self->{table}->column('ordered') // return undef;

	return "$column->{name} " . $self->fill('<compare> ') . $self->value($column);
}

sub list
{
	my ($self) = @_;
	my $column = $self->{table}->column('ordered') // return undef;

	return "$column->{name} IN (" . join(', ', map { $self->value($column) } 1 .. 1 + int rand 12) . ')';
}

# Where a row lies: not for queries that see rows which each run puts elsewhere.
sub place
{
	my ($self) = @_;

	$self->{by_place} = 1;
	return $self->fill(q{ctid > '(<4>,5)'});
}

sub failing_count { my ($self) = @_; return 'count(*) FILTER (WHERE ' . $self->some(@HAZARDS) . ')' }

# A condition, or several; one that may fail stands alone, since it is the planner that decides which is first.
sub condition
{
	my ($self) = @_;

	return $self->some(@HAZARDS) if chance(0.04);
	my $condition = $self->some(@CONDITIONS);
	$condition = "($condition) " . one_of('AND', 'OR') . ' (' . $self->some(@CONDITIONS) . ')' while chance(0.2);
	return $condition;
}

# An aggregate of a list, perhaps with a filter.
sub aggregate
{
	my ($self, @pieces) = @_;
	my $sql = $self->some(@pieces);
	my $may_filter = $sql =~ /%F/ && !$self->{only_pages};
	my $filter = $may_filter && chance(0.2) ? ' FILTER (WHERE ' . $self->condition . ')' : '';

	return $sql =~ s/%F/$filter/r;
}

# Of a query of only_pages no row need come by itself.
sub aggregates
{
	my ($self) = @_;
	my $by_page = $self->{only_pages} ? 1 : 0.4;
	my @aggregates = map { $self->aggregate(chance($by_page) ? @BY_PAGE : chance(0.3) ? @BY_ROW : @SERVERS) }
	  1 .. one_of(0, 0, 1, 1, 2, 3, 4);

	push @aggregates, $self->aggregate(@NOT_PLAIN) if !$self->{only_pages} && chance(0.05);
	splice @aggregates, rand @aggregates + 1, 0, $self->aggregate(chance(0.95) || !@aggregates ? @BY_PAGE : @SERVERS);
	return map { "$aggregates[$_] AS a$_" } 0 .. $#aggregates;
}

# What most queries group by: an expression, with the outer number perhaps. The others have none.
sub group
{
	my ($self, $outer) = @_;

	return undef if chance(0.35);
	my $truncation = $self->some(@TRUNCATIONS) // return undef;
	my $group = chance(0.9) ? one_of(@GROUPS) : $self->some(@OTHER_GROUPS);

	return undef unless defined $group;
	$group = "extract(year FROM $group) * $outer" if defined $outer && $group eq '%T' && chance(0.3);
	return $group =~ s/%T/$truncation/gr;
}

# A query of the table; with an outer number it is one inside another query.
sub select
{
	my ($self, $outer) = @_;
	my @aggregates = $self->aggregates;
	my $group = $self->{group} = $self->group($outer);
	my @conditions = chance($self->{only_pages} ? 0.05 : 0.5) ? $self->condition : ();

	push @conditions, "coalesce(length(t::text), 0) % 4 >= $outer" if defined $outer;
	my $by = $group;
	my $key = '';
	if (defined $group && chance(0.9))
	{
		$by = one_of(('1') x 12, '1, ' . $self->name(''), 'GROUPING SETS (1, ())');
		$key = "$group AS key, ";
	}
	my $sql = "SELECT $key" . join(', ', @aggregates) . ' FROM t';
	$sql .= ' WHERE ' . join(' AND ', map { "($_)" } @conditions) if @conditions;
	$sql .= " GROUP BY $by" if defined $group;
	$sql .= ' HAVING ' . $self->some('count(*) > <100>', 'count(*) < <9>', 'customer_count({}) < <100>')
	  if chance(0.08);
	return $sql;
}

# The query as a part of another one, which does not ask for the order of its groups.
sub whole
{
	my ($self) = @_;
	my $sql = $self->{select};
	my $dice = rand;

	return $sql if $dice < 0.6;
	return defined $self->{group} ? "SELECT count(*) FROM ($sql LIMIT 2) s" : "$sql LIMIT 1" if $dice < 0.64;
	return "WITH s AS MATERIALIZED ($sql) SELECT * FROM s a CROSS JOIN s b" if $dice < 0.68;
	return "($sql) UNION ALL ($sql)" if $dice < 0.73;
	return "SELECT s.*, sum(g) OVER () FROM ($sql) s CROSS JOIN generate_series(1, 2) g" if $dice < 0.77;
	return "SELECT g, s.* FROM generate_series(0, 3) g CROSS JOIN LATERAL (@{[ $self->select('g') ]}) s"
	  if $dice < 0.86;
	return "SELECT g, (SELECT sorted(array_agg(s::text)) FROM (@{[ $self->select('g') ]}) s)"
	  . ' FROM generate_series(0, 3) g' if $dice < 0.94;
	return "SELECT count(*) FROM small WHERE hashtext((SELECT sorted(array_agg(s::text)) FROM ($sql) s)) % 60 < k";
}

# The text of the query, with values in place of its parameters.
sub with_values
{
	my ($self, $sql) = @_;

	return $sql =~ s/\$(\d+)\b/$self->{parameters}[$1 - 1]{value}/gr;
}

# The statements that run it, each in its way.
sub run
{
	my ($self) = @_;
	my $sql = $self->{sql};
	my $plain = $self->{sql} = $self->with_values($sql);
	my $dice = rand;
	my $begin = 'BEGIN ISOLATION LEVEL ' . one_of('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE');

	return $self->prepared($sql) if @{ $self->{parameters} } && $dice < 0.6 || $sql =~ /date_trunc/ && $dice < 0.1;
	return [ $begin, "DECLARE c SCROLL CURSOR FOR $plain", other_zone(0.6), 'FETCH ALL c', 'MOVE BACKWARD ALL c',
		'MOVE 1 c', 'MOVE BACKWARD ALL c', 'FETCH ALL c', 'COMMIT', $self->same_zone ]
	  if $dice > (defined $self->{group} ? 0.88 : 0.94);
	return [ $begin, $self->own_changes, $plain, 'ROLLBACK' ] if $dice > 0.85 && !$self->{by_place};
	return [ "CREATE TEMP TABLE result AS $plain", 'TABLE result', 'DROP TABLE result' ]
	  if $dice > 0.82 && $plain !~ /GROUP BY/ && $plain !~ /UNION|CROSS/;
	return [$plain];
}

# Prepared once, and run with some values, with others, and with the first ones.
sub prepared
{
	my ($self, $sql) = @_;
	my @parameters = @{ $self->{parameters} };
	my ($types, $values, $others) = ('') x 3;

	if (@parameters)
	{
		($types, $values, $others) = map { my $of = $_; '(' . join(', ', map { $_->{$of} } @parameters) . ')' }
		  qw(type value other);
	}
	return [ "PREPARE q$types AS $sql", (map { ("EXECUTE q$_", other_zone(0.3)) } $values, $others, $values),
		'DEALLOCATE q', $self->same_zone ];
}

sub other_zone { my ($p) = @_; return chance($p) ? "SET timezone = '@{[ one_of(@ZONES) ]}'" : () }
sub same_zone { my ($self) = @_; return "SET timezone = '$self->{settings}{timezone}'" }

# Changes that only this transaction sees, some of them taken back.
sub own_changes
{
	my ($self) = @_;
	my ($column) = grep { !$_->{required} } @{ $self->{table}{columns} };
	my @changes = ('DELETE FROM t WHERE hashtext(t::text) % 3 = 0',
		'INSERT INTO t SELECT * FROM t WHERE hashtext(t::text) % 5 = 0',
		defined $column ? "UPDATE t SET $column->{name} = NULL WHERE hashtext(t::text) % 4 = 0" : ());

	return map { one_of(@changes), chance(0.3) ? ('SAVEPOINT s', one_of(@changes), 'ROLLBACK TO s') : () }
	  1 .. one_of(1, 1, 2);
}

1;
