# Summaries and totals that are stored: in tables, materialized views, dumps, replicas, and in other databases.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $node = start_server('main', wal_level => 'logical', max_wal_senders => 8, max_replication_slots => 8);
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;
my $citext = query($node, q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'}) > 0;

# A summary for each type of key, in one column; names that are not ASCII, and one value of a megabyte.
my $OBJECTS = ($icu ? q{CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);}
	: q{CREATE COLLATION ci FROM "C";})
  . ($citext ? 'CREATE EXTENSION citext;' : '') . q{
	CREATE TYPE loyalty AS ENUM ('new', 'régulier', 'gold');
	CREATE TYPE pair AS (branch int, name text);
	CREATE DOMAIN account AS text;
};
# Written as escapes, which mean the same to clients with another encoding.
my %key = (
	int => 'k', bigint => '-k::bigint', uuid => 'md5(k::text)::uuid', text => q{U&'K\00E4ufer ' || k},
	nondeterministic => q{(CASE WHEN i % 2 = 0 THEN U&'K\00C4UFER ' ELSE U&'K\00E4ufer ' END || k) COLLATE ci},
	numeric => 'k * 1.10', bytea => q{decode(lpad(k::text, 6, '0'), 'hex')},
	enum => q{(enum_range(NULL::loyalty))[1 + k % 3]}, composite => q{ROW(k, U&'\00E9')::pair},
	array => 'ARRAY[k::text]',
	domain => q{(U&'\00E9' || k)::account}, jsonb => q{jsonb_build_object(U&'\00E9', k)},
	timestamp => q{'2024-01-01'::timestamp + k * interval '1 hour'},
	$citext ? (citext => q{(CASE WHEN i % 2 = 0 THEN U&'K\00C4UFER ' ELSE U&'K\00E4ufer ' END || k)::citext}) : ());
my $rows = q{(SELECT i, (i * i % 101) AS k, '2024-01-01Z'::timestamptz + i * interval '3 days' AS at
	FROM generate_series(1, 300) i) o};
my @inserts = map { "INSERT INTO kept SELECT '$_', s, totals(s)
	FROM (SELECT retention_agg($key{$_}, at, '1 month', 'Europe/Vilnius') AS s FROM $rows) x;" } sort keys %key;
query($node, $OBJECTS . q{
	CREATE TABLE kept (key text PRIMARY KEY, s retention_summary NOT NULL, t retention_totals);
	} . join("\n", @inserts) . q{
	INSERT INTO kept SELECT 'large', s, totals(s)
		FROM (SELECT retention_agg(hashint8(i)::bigint, '2024-01-01Z'::timestamptz + i % 700 * interval '1 day',
		'1 day', 'UTC') AS s FROM generate_series(1, 150000) i) x;
	CREATE INDEX ON kept USING hash (s);
	CREATE MATERIALIZED VIEW months AS SELECT date_trunc('month', at) AS month,
		retention_agg(k, at, '1 month', 'UTC') AS s FROM } . $rows . q{ GROUP BY 1;
	CREATE UNIQUE INDEX ON months (month);
	CREATE VIEW report AS SELECT g.* FROM (SELECT rollup(s) AS s FROM months) m, growth(s) g;
	CREATE TABLE orders (k int, at timestamptz);
	INSERT INTO orders SELECT k, at FROM } . $rows . q{;
	CREATE MATERIALIZED VIEW by_month AS SELECT date_trunc('month', at) AS month,
		retention_agg(k, at, '1 month', 'UTC') AS s, totals(retention_agg(k, at, '1 month', 'UTC')) AS t FROM orders
		GROUP BY 1;
	CREATE UNIQUE INDEX ON by_month (month);
	ANALYZE;
});
my $kinds = keys(%key) + 1;
is(query($node, q{SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT s FROM kept) d),
	max(pg_column_size(s)) > 500000 FROM kept}), "$kinds|$kinds|t", 'summaries of all keys are kept');
is(query($node, q{SELECT attname, attstorage FROM pg_attribute
	WHERE attrelid = 'kept'::regclass AND attname IN ('s', 't') ORDER BY 1}), "s|e\nt|e", 'never compressed');

# What a database says of them: counts, members by name, and whether its own rows make the same values.
my $SAYS = q{SELECT key, customer_count(s), customer_count(t),
	(SELECT array_agg(g) FROM growth(t) g) = (SELECT array_agg(g) FROM growth(s) g),
	(SELECT count(*) FROM cohorts(s) WHERE retained > 0), totals(s) = t,
	(SELECT md5(string_agg(customer || state, ',' ORDER BY customer COLLATE "C")) FROM members(s, '2024-05-17'))
		FROM kept ORDER BY key};
my $says = query($node, $SAYS);
unlike($says, qr/\|f\||\|\||\|$/m, 'all of them answer');
my $AGAIN = join ' UNION ALL ',
	map { "SELECT '$_', s = (SELECT retention_agg($key{$_}, at, '1 month', 'Europe/Vilnius') FROM $rows),
	(SELECT rollup(x) = (SELECT retention_agg($key{$_}, at, '1 month', 'Europe/Vilnius')
	FROM (SELECT * FROM $rows UNION ALL SELECT * FROM $rows) o)
	FROM (SELECT s UNION ALL SELECT retention_agg($key{$_}, at, '1 month', 'Europe/Vilnius') FROM $rows) v(x))
		FROM kept WHERE key = '$_'" } sort keys %key;
my $UNEQUAL = "SELECT * FROM ($AGAIN) a (key, same, merged) WHERE (same AND merged) IS NOT TRUE";
is(query($node, $UNEQUAL), '', 'they equal what their rows make, and merge with it');
is(query($node, 'SELECT count(*) FROM kept a JOIN kept b ON a.s = b.s', enable_seqscan => 'off',
	enable_hashjoin => 'off', enable_mergejoin => 'off'), $kinds, 'found by a hash index');

# 1. Storage that somebody has changed: short headers, compression, inline.
query($node, q{
	CREATE TABLE squeezed (key text, s retention_summary, t retention_totals);
	ALTER TABLE squeezed ALTER s SET STORAGE EXTENDED, ALTER t SET STORAGE MAIN;
	INSERT INTO squeezed SELECT key, s::text::retention_summary, t::text::retention_totals FROM kept;
});
is(query($node, $SAYS =~ s/FROM kept/FROM squeezed/r), $says, 'compressed and out of line');

# 2. Materialized views, refreshed while they are read.
query($node, q{INSERT INTO orders SELECT k + 50, '2026-03-03Z'
	FROM orders LIMIT 30; REFRESH MATERIALIZED VIEW CONCURRENTLY by_month});
is(query($node, q{SELECT (SELECT rollup(s) FROM by_month) = (SELECT retention_agg(k, at, '1 month', 'UTC')
	FROM orders), (SELECT count(*) FROM by_month WHERE totals(s) <> t)}), 't|0',
	'REFRESH MATERIALIZED VIEW CONCURRENTLY');
is(query($node, q{BEGIN; CREATE TEMP TABLE before AS SELECT ctid AS place, month
	FROM by_month; REFRESH MATERIALIZED VIEW CONCURRENTLY by_month;
	SELECT count(*) FROM by_month b LEFT JOIN before o ON o.place = b.ctid AND o.month = b.month
		WHERE o.month IS NULL; COMMIT}), '0', '... touches nothing that has not changed');

# 3. Clients with another encoding, and other styles of dates and numbers, see the same bytes.
is(query($node, 'SELECT md5(string_agg(s::text, key)) FROM (SELECT * FROM kept ORDER BY key) k',
	client_encoding => 'LATIN1', datestyle => 'German', extra_float_digits => '-5'),
	query($node, 'SELECT md5(string_agg(s::text, key)) FROM (SELECT * FROM kept ORDER BY key) k'),
		'text does not depend on the client');
is(query($node, $UNEQUAL, client_encoding => 'LATIN1'), '', 'nor do the rows that a client in Latin 1 adds');
is(query($node, "SELECT count(*) FROM kept, members(s, '2024-05-17') WHERE customer LIKE 'K' || chr(228) || '%'",
	client_encoding => 'LATIN1') > 0, 1, 'nor names');

# 4. Dumped, and restored into a database where types have other OIDs.
my $dir = PostgreSQL::Test::Utils::tempdir();
for my $format (qw(custom plain))
{
	my $copy = "copy_$format";

	$node->command_ok([ 'pg_dump', '--no-sync', "--format=$format", '-f', "$dir/$format",
		$node->connstr('postgres') ], "pg_dump --format=$format");
	query($node, "CREATE DATABASE $copy TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
	query($node, q{CREATE TYPE before AS ENUM ('a', 'b', 'c', 'd', 'e')}, dbname => $copy);
	$node->command_ok($format eq 'custom'
		? [ 'pg_restore', '--exit-on-error', '-d', $node->connstr($copy), "$dir/$format" ]
		: [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($copy), '-f', "$dir/$format" ],
			'... is restored');
	is(query($node, $SAYS, dbname => $copy), $says, '... and says the same');
	is(query($node, $UNEQUAL, dbname => $copy), '', '... and equals what its rows make there');
	is(query($node, 'SELECT md5(string_agg(r::text, chr(10))) FROM report r', dbname => $copy),
		query($node, 'SELECT md5(string_agg(r::text, chr(10))) FROM report r'), '... in views, too');
}

# Into another encoding: numbers and totals can be loaded, text is refused.
query($node, q{CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'});
query($node, 'CREATE EXTENSION retention; CREATE TABLE kept (key text, s retention_summary, t retention_totals)',
	dbname => 'latin');
for my $key (sort keys %key)
{
	my ($summary, $totals) = split /\|/, query($node, "SELECT s, t FROM kept WHERE key = '$key'");
	my $state = sqlstate($node, "INSERT INTO kept VALUES ('$key', '$summary')", dbname => 'latin');

	is($state, $key =~ /^(int|bigint|uuid|bytea|timestamp)$/ ? '00000' : '22023', "$key in another encoding");
	is(sqlstate($node, "INSERT INTO kept VALUES ('$key', NULL, '$totals')", dbname => 'latin'), '00000',
		'... and its totals');
}

# 5. Replicated as text and in binary.
my $replica = start_server('replica', wal_level => 'logical');
query($replica, $OBJECTS);
query($node, 'CREATE PUBLICATION p FOR TABLE kept');
for my $binary (qw(false true))
{
	query($replica, 'DROP TABLE IF EXISTS kept;
		CREATE TABLE kept (key text PRIMARY KEY, s retention_summary, t retention_totals)',
		client_min_messages => 'error');
	my $from = $node->connstr('postgres') =~ s/'/''/gr;
	query($replica, "CREATE SUBSCRIPTION s_$binary CONNECTION '$from' PUBLICATION p WITH (binary = $binary)");
	$replica->wait_for_subscription_sync($node, "s_$binary");
	is(query($replica, $SAYS), $says, "copied to a replica, binary = $binary");
	query($node, q{BEGIN; UPDATE kept SET s = (SELECT rollup(x)
		FROM (VALUES (s), (s)) v(x)); UPDATE kept SET t = totals(s); COMMIT});
	$node->wait_for_catchup("s_$binary");
	is(query($replica, 'SELECT md5(string_agg(totals(s)::text, key)) FROM (SELECT * FROM kept ORDER BY key) k'),
		query($node, 'SELECT md5(string_agg(totals(s)::text, key)) FROM (SELECT * FROM kept ORDER BY key) k'),
			'... and changed there');
	is(query($replica, 'SELECT count(*) FROM kept WHERE totals(s) <> t OR s::text::retention_summary <> s'), '0',
		'... as values like any other');
	query($node, q{TRUNCATE kept; } . join("\n", @inserts)
		. q{ INSERT INTO kept SELECT 'large', s, totals(s)
		FROM (SELECT retention_agg(hashint8(i)::bigint, '2024-01-01Z'::timestamptz + i % 700 * interval '1 day',
		'1 day', 'UTC') AS s FROM generate_series(1, 150000) i) x});
	query($replica, "DROP SUBSCRIPTION s_$binary");
}

# 6. After the customers' type was dropped there are still counts, but no names.
query($node, 'DROP TYPE loyalty');
is(query($node, q{SELECT customer_count(s), (SELECT count(*) FROM growth(s)) > 5 FROM kept WHERE key = 'enum'}),
	'3|t', 'counts do not need the type of the customers');
is(sqlstate($node, q{SELECT members(s, '2024-05-17') FROM kept WHERE key = 'enum'}), '42704', 'their names do');
is(sqlstate($node, q{SELECT rollup(s)
	FROM (SELECT s FROM kept WHERE key = 'enum' UNION ALL SELECT s FROM kept WHERE key = 'enum') x}), '42704',
	'... and so does merging');
query($node, q{CREATE TYPE loyalty AS (other int)});
is(sqlstate($node, q{SELECT members(s, '2024-05-17') FROM kept WHERE key = 'enum'}) =~ /^(22P03|08P01|42804|22023)$/,
	1, 'another type of that name is noticed');

done_testing();
