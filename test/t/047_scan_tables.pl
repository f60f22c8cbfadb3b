# The custom scan over tables of all kinds: dropped, added, changed and generated columns, NULLs, keys of any
# type and length, wide rows and wide tables, dead rows, temporary and unlogged tables, other tablespaces; and
# tables that change between two executions of a plan.
#
# Each query runs with retention.scan on and off, and must print the same; the customers must be as many as
# count(DISTINCT) finds, which the node leaves to the executor.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;
use ScanTest;

my $node = start_server('main', max_parallel_workers_per_gather => 0, allow_in_place_tablespaces => 'on');
query($node, q{CREATE TABLESPACE elsewhere LOCATION ''});
query($node, 'CREATE ROLE somebody');

my $PERIOD = q{tstzrange('2024-03-01Z', '2024-06-01Z')};
my $AT = q{'2024-01-01Z'::timestamptz + i * interval '5 hours'};
my $ROWS = 'generate_series(1, 1000) i';

my $PLAIN = "SELECT i % 100 AS customer, $AT AS at FROM $ROWS";

# What is asked of each table t (customer, at).  Groups are hashed, though there may be few.
my @queries = (
	'customer_count(customer), repeat_rate(customer), purchase_frequency(customer) FROM t',
	"crr(customer, at, $PERIOD), churn_rate(customer, at, $PERIOD),
		retention_agg(customer, at, '1 month')::text FROM t",
	"customer_count(customer), count(*), min(at), max(customer::text) FROM t
		WHERE at > '2024-02-01Z' AND customer IS NOT NULL",
	"customer_count(customer) FILTER (WHERE at < '2024-05-01Z'), repeat_rate(customer, 5), count(customer),
		sum(length(customer::text)) FILTER (WHERE at IS NOT NULL) FROM t",
	'customer_count(customer), customer_count(at), customer_count(t.customer) FILTER (WHERE t IS NOT NULL) FROM t',
	'customer_count(customer), min(tableoid::regclass::text), max(ctid), count(xmin) FROM t WHERE ctid > $$(0,3)$$',
	q{string_agg(s::text, ' ' ORDER BY k) FROM (SELECT date_trunc('week', at) AS k, customer_count(customer),
		repeat_rate(customer) FROM t GROUP BY 1) s},
	q{string_agg(s::text, ' ' ORDER BY k) FROM (SELECT to_char(at::date, 'Mon') AS k, customer_count(customer),
		max(customer::text) FROM t WHERE at > '2024-02-01Z' OR at IS NULL GROUP BY 1) s});

# How a table is made; and how it is looked at, if not as most are (see table_is_right).
my @tables = (
	[ 'plain' => "CREATE TABLE t AS $PLAIN" ],
	[ 'no rows' => 'CREATE TABLE t (customer int, at timestamptz)', analyze => '' ],
	[ 'one row' => "CREATE TABLE t AS SELECT 1 AS customer, '2024-03-01Z'::timestamptz AS at" ],
	[ 'the key after columns of all sizes' => qq{
		CREATE TABLE t AS
		SELECT 'c'::"char" a, 2::smallint b, 3 c, 4.5::float8 d, md5('x')::uuid e, $AT AS at, true f,
			i % 100 AS customer FROM $ROWS} ],
	[ 'the key after text of any length' => "
		CREATE TABLE t AS SELECT repeat('x', i % 300) a, $AT AS at, i % 100 AS customer FROM $ROWS" ],
	[ 'NULLs in front, in keys and in times' => "
		CREATE TABLE t AS
		SELECT CASE WHEN i % 3 > 0 THEN i END AS a, CASE WHEN i % 7 > 0 THEN i % 100 END AS customer,
			CASE WHEN i % 11 > 0 THEN $AT END AS at, NULL::int z FROM $ROWS" ],
	[ 'no key at all' => "CREATE TABLE t AS SELECT NULL::text AS customer, $AT AS at FROM $ROWS" ],
	[ 'dropped columns' => "
		CREATE TABLE t AS SELECT i a, 'x' || i b, i % 100 AS customer, 3::smallint c, $AT AS at FROM $ROWS;
		ALTER TABLE t DROP a; ALTER TABLE t DROP c; INSERT INTO t SELECT 'y', 200 + i % 10, $AT FROM $ROWS;
		ALTER TABLE t DROP b; INSERT INTO t SELECT 300, $AT FROM $ROWS" ],
	[ 'dropped columns of fixed size' => "
		CREATE TABLE t AS SELECT i a, i::smallint b, i % 100 AS customer, true c, $AT AS at FROM $ROWS;
		ALTER TABLE t DROP a; ALTER TABLE t DROP c; INSERT INTO t SELECT 1, 200 + i % 10, $AT FROM $ROWS" ],
	[ 'an added column' => "
		CREATE TABLE t AS SELECT $AT AS at FROM $ROWS; ALTER TABLE t ADD customer int DEFAULT 7;
		INSERT INTO t SELECT $AT, i % 10 FROM $ROWS; UPDATE t SET customer = 70 WHERE at < '2024-01-10Z'" ],
	[ 'an added text column' => "
		CREATE TABLE t AS SELECT i a FROM $ROWS; ALTER TABLE t ADD customer text DEFAULT repeat('d', 200);
		ALTER TABLE t ADD at timestamptz DEFAULT '2024-04-01Z';
		INSERT INTO t SELECT i, 'n' || i % 10, $AT FROM $ROWS" ],
	[ 'an added column without a default' => "
		CREATE TABLE t AS SELECT $AT AS at FROM $ROWS; ALTER TABLE t ADD customer int;
		INSERT INTO t SELECT $AT, i % 10 FROM $ROWS" ],
	[ 'a column of another type now' => "
		CREATE TABLE t AS SELECT (i % 100)::smallint AS customer, $AT AS at FROM $ROWS;
		ALTER TABLE t ALTER customer TYPE bigint; INSERT INTO t SELECT 10000000000 + i % 3, $AT FROM $ROWS;
		ALTER TABLE t ALTER customer TYPE text; ALTER TABLE t ALTER customer TYPE varchar(50)" ],
	[ 'a generated column' => "
		CREATE TABLE t (i int, at timestamptz, customer int GENERATED ALWAYS AS (i % 100) STORED);
		INSERT INTO t SELECT i, $AT FROM $ROWS; UPDATE t SET i = i + 50 WHERE i > 900" ],
	[ 'more than 64 columns' => '
		CREATE TABLE t (' . join(', ', map { "c$_ int" } 1 .. 70) . ", at timestamptz, customer text);
		INSERT INTO t (c1, c70, at, customer) SELECT i, i, $AT, 'c' || i % 100 FROM $ROWS;
		INSERT INTO t SELECT " . join(', ', ('i') x 70) . ", $AT, 'd' || i % 20 FROM $ROWS" ],
	[ 'nine columns, all there' => '
		CREATE TABLE t AS
		SELECT ' . join(', ', map { "i AS c$_" } 1 .. 7) . ", i % 100 AS customer, $AT AS at FROM $ROWS" ],
	[ 'few rows a page' => "
		CREATE TABLE t (customer text, at timestamptz) WITH (fillfactor = 10);
		INSERT INTO t SELECT repeat(chr(97 + i % 10), 300), $AT FROM generate_series(1, 200) i" ],
	[ 'wide rows' => "
		CREATE TABLE t (filler text, customer int, at timestamptz); ALTER TABLE t ALTER filler SET STORAGE PLAIN;
		INSERT INTO t SELECT repeat('x', 7000), i % 10, $AT FROM generate_series(1, 50) i" ],
	[ 'dead rows, and pages full of them' => "
		CREATE TABLE t AS $PLAIN;
		DELETE FROM t WHERE ctid < '(2,1)'; DELETE FROM t WHERE ctid >= '(4,0)' AND customer % 2 = 0" ],
	[ 'only dead rows' => "CREATE TABLE t AS $PLAIN; DELETE FROM t", analyze => '' ],
	[ 'chains of HOT updates' => "
		CREATE TABLE t (customer int, at timestamptz) WITH (fillfactor = 30); INSERT INTO t $PLAIN;"
		  . ' UPDATE t SET customer = customer + 1 WHERE customer % 3 = 0;' x 3 ],
	[ 'locked, and rolled back' => "
		CREATE TABLE t AS $PLAIN; SAVEPOINT s;
		UPDATE t SET customer = -1; DELETE FROM t WHERE at < '2024-04-01Z'; ROLLBACK TO s;
		SELECT count(*) FROM (SELECT FROM t FOR UPDATE) x" ],
	[ 'temporary' => "CREATE TEMP TABLE t AS $PLAIN; DELETE FROM t WHERE customer = 3" ],
	[ 'temporary, gone at COMMIT' => "CREATE TEMP TABLE t ON COMMIT DROP AS $PLAIN" ],
	[ 'unlogged' => "CREATE UNLOGGED TABLE t AS $PLAIN" ],
	[ 'a materialized view' => "CREATE MATERIALIZED VIEW t AS $PLAIN" ],
	[ 'a partition by itself' => "
		CREATE TABLE whole (at timestamptz, customer int) PARTITION BY RANGE (at); CREATE TABLE t AS $PLAIN;
		ALTER TABLE whole ATTACH PARTITION t FOR VALUES FROM ('2024-01-01Z') TO ('2025-01-01Z')" ],
	[ 'in another tablespace' => "CREATE TABLE t TABLESPACE elsewhere AS $PLAIN" ]);
push @tables, [ 'a virtual column' => "
	CREATE TABLE t (i int, at timestamptz, customer int GENERATED ALWAYS AS (i % 100) VIRTUAL);
	INSERT INTO t SELECT i, $AT FROM $ROWS", any_plan => 1 ] if $node->pg_version >= 18;

# Keys by type: expressions of k, of which there are 40, and how they are stored.
my %text_of = map { $_ => "repeat('k', $_ - 2) || to_char(k, 'FM00')" } 15, 16, 126, 127, 128, 3000, 1000000;
my @keys = (
	[ 'smallint',            'k::smallint' ],
	[ 'bigint',              'k * 10000000000' ],
	[ '"char"',              'k::int::"char"' ],
	[ 'bool',                'k % 2 = 0' ],
	[ 'date',                "'2024-01-01'::date + k" ],
	[ 'float8',              "CASE k WHEN 1 THEN 'NaN' WHEN 2 THEN '-0' WHEN 3 THEN '0' ELSE k / 7.0 END::float8" ],
	[ 'uuid',                'md5(k::text)::uuid' ],
	[ 'interval',            "k * interval '1 day'" ],
	[ 'name',                "('n' || k)::name" ],
	[ 'numeric',             'k / 10.0::numeric(20, 1) + (i % 2) * 0.00' ],
	[ 'numeric of any size', "('1' || repeat('0', k * 20) || '.5')::numeric" ],
	[ 'bpchar',              "('c' || k)::char(20)" ],
	[ 'varchar',             "('v' || k)::varchar(10)" ],
	[ 'bytea',               "decode(md5(k::text), 'hex')" ],
	[ 'inet',                "'10.0.0.0'::inet + k" ],
	[ 'int[]',               'ARRAY[k, 1]' ],
	[ 'jsonb',               "jsonb_build_object('k', k)" ],
	[ 'tstzrange',           "tstzrange('2024-01-01Z', '2024-01-02Z'::timestamptz + k * interval '1 day')" ],
	[ 'text of 1 to 275',    "repeat('x', k * 7) || k" ],
	(map { [ "text of $_", $text_of{$_} ] } 15, 16, 126, 127, 128),
	[ 'text of 3000, compressed',     $text_of{3000} ],
	[ 'text of 3000, not compressed', $text_of{3000}, 'EXTERNAL' ],
	[ 'text of 3000, in the row',     $text_of{3000}, 'MAIN' ],
	[ 'text of 3000, plain',          $text_of{3000}, 'PLAIN' ],
	[ 'text of 1 MB, compressed',     $text_of{1000000} ],
	[ 'text of 1 MB, not compressed', $text_of{1000000}, 'EXTERNAL' ],
	[ 'text of 0 to 3744, some of it elsewhere', 'repeat(md5(k::text), k * 3)' ],
	[ 'numeric elsewhere', "('1' || repeat('123456789', 600 + k) || '.5')::numeric", 'EXTERNAL' ]);

# Behind columns of fixed size a key is read where it lies, unless one of these is NULL, as in some rows.
sub key_table
{
	my ($key, $storage) = @_;
	my $n = $key =~ /1000000 -/ ? 8 : 400;
	my $rows = "(SELECT i, i % 40 AS k FROM generate_series(1, $n) i) s";

	return "CREATE TABLE t AS SELECT i, $AT AS at, $key AS customer FROM $rows LIMIT 0;"
	  . ($storage ? " ALTER TABLE t ALTER customer SET STORAGE $storage;" : '')
	  . " INSERT INTO t SELECT i, $AT, $key FROM $rows;
		INSERT INTO t SELECT NULL, $AT, $key FROM $rows WHERE i % 3 = 0";
}

# A table is made, and asked under both states of the switch and for its distinct customers, in one session.
# The plans must have the node unless any_plan is set; parallel => 1 has workers run it; vacuum => 1 makes its
# pages all-visible; analyze => '' leaves the planner without statistics, which say that an empty table costs
# nothing.
sub table_is_right
{
	my ($name, $make, $asked, %how) = @_;
	my $workers = $how{parallel} ? 2 : 0;
	my @settings = ('parallel_setup_cost = 0', 'parallel_tuple_cost = 0', 'min_parallel_table_scan_size = 0',
		'enable_sort = off',
		"max_parallel_workers_per_gather = $workers");
	my @asked = map { "SELECT $_;" } @$asked;
	my $script = join "\n", (map { "SET $_;" } @settings),
	  $how{vacuum} ? "$make;\nVACUUM (FREEZE, ANALYZE) t;" : ('BEGIN;', "$make;", $how{analyze} // 'ANALYZE t;'),
	  'SET retention.scan = on;', '\echo <part>', (map { "EXPLAIN (COSTS OFF) $_" } @asked), '\echo <part>', @asked,
	  'SET retention.scan = off;', '\echo <part>', @asked,
	  '\echo <part>', 'SELECT count(DISTINCT customer) FROM t;',
	  '\echo <part>', $how{vacuum} ? 'DROP TABLE t;' : 'ROLLBACK;';
	my (undef, $plans, $on, $off, $distinct, $rest) = split /<part>\n?/, session_output($node, $script);
	my $nodes = () = $plans =~ /Custom Scan \(Retention Scan\)/g;

	is($nodes, scalar @$asked, "$name: the node runs") unless $how{any_plan};
	is($plans =~ /Gather/ ? 2 : 0, $workers, '... in workers, or not');
	is($on, $off, '... as without the node');
	is($on =~ /^(\d+)\|/ ? "$1\n" : $on, $distinct, '... with all customers');
	is($rest // '', '', '... and without a word');
}

for my $table (@tables)
{
	my ($name, $make, %how) = @$table;

	table_is_right($name, $make, \@queries, %how);
}
for my $key (@keys)
{
	my ($type, $expression, $storage) = @$key;

	table_is_right("keys are $type", key_table($expression, $storage), [ @queries[ 0 .. 2, 6 ] ]);
}

# The pages all-visible, or with workers.
my %make = map { @$_[ 0, 1 ] } @tables;
for my $name ('plain', 'NULLs in front, in keys and in times', 'dropped columns', 'an added text column',
	'more than 64 columns', 'dead rows, and pages full of them', 'chains of HOT updates')
{
	table_is_right("$name, after VACUUM", $make{$name}, \@queries, vacuum => 1);
	table_is_right("$name, in parallel", $make{$name}, \@queries, parallel => 1);
}

# A plan is kept while its table changes.
for my $change (
	[ 'ALTER TABLE t ADD x int DEFAULT 5', '100|1000' ],
	[ 'ALTER TABLE t DROP a', '100|1000' ],
	[ 'ALTER TABLE t ALTER customer TYPE text USING (customer % 10)::text', '10|1000' ],
	[ "ALTER TABLE t ALTER a TYPE text USING repeat('a', a % 200)", '100|1000' ],
	[ 'CREATE INDEX ON t (customer)', '100|1000' ],
	[ 'UPDATE t SET customer = 7 WHERE a <= 500', '100|1000' ],
	[ 'ALTER TABLE t DROP customer; ALTER TABLE t ADD customer int DEFAULT 3', '1|1000' ],
	[ 'DROP TABLE t; CREATE TABLE t AS SELECT md5(i::text) AS customer FROM generate_series(1, 50) i', '50|50' ],
	[ 'TRUNCATE t; INSERT INTO t VALUES (1, 1), (2, NULL)', '1|2' ],
	[ 'CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (1, 5000)', '101|1001' ],
	[ 'ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO somebody; SET LOCAL ROLE somebody', '0|0' ],
	[ 'ALTER TABLE t RENAME customer TO client', qr/^100\|1000\n100\|1000\nERROR:  42703: / ])
{
	my ($command, $answer) = @$change;

	both_ways($node, "between two executions: $command",
		before => "SET plan_cache_mode = force_generic_plan; BEGIN;
			CREATE TABLE t AS SELECT i a, i % 100 AS customer FROM $ROWS; ANALYZE t;
			PREPARE p AS SELECT customer_count(customer), count(*) FROM t",
		query => 'EXECUTE p', after => "EXECUTE p; $command; EXECUTE p",
		expect => ref $answer ? $answer : "100|1000\n100|1000\n$answer");
}

nothing_leaked($node);
done_testing();
