# Summaries and totals with money that are stored, and large ones: in tables, materialized views, dumps, files; exact
# whichever way they were made; and what their making takes.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $node = start_server('main', work_mem => '256MB', shared_buffers => '256MB');
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;

# 1. A summary for each type of key, and one of some hundred kilobytes.
my %key = (
	int => 'k', bigint => '-k::bigint', uuid => 'md5(k::text)::uuid', text => q{U&'K\00E4ufer ' || k},
	nondeterministic => q{(CASE WHEN i % 2 = 0 THEN U&'K\00C4UFER ' ELSE U&'K\00E4ufer ' END || k) COLLATE ci},
	numeric => 'k * 1.10', enum => q{(enum_range(NULL::loyalty))[1 + k % 3]}, composite => q{ROW(k, U&'\00E9')::pair});
my $rows = q{(SELECT i, (i * i % 101) AS k, '2024-01-01Z'::timestamptz + i * interval '3 days' AS at,
	(ARRAY[i * 0.01, -i, 0, i / 7.0, i * 1e12])[1 + i % 5] AS amount FROM generate_series(1, 300) i) o};
my @inserts = map { "INSERT INTO kept SELECT '$_', s, totals(s)
	FROM (SELECT revenue_agg($key{$_}, at, amount, '1 month', 'Europe/Vilnius') AS s FROM $rows) x;" } sort keys %key;
query($node, ($icu ? q{CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);}
	: q{CREATE COLLATION ci FROM "C";}) . q{
	CREATE TYPE loyalty AS ENUM ('new', 'régulier', 'gold');
	CREATE TYPE pair AS (branch int, name text);
	CREATE TABLE kept (key text PRIMARY KEY, s revenue_summary NOT NULL, t revenue_totals);
	} . join("\n", @inserts) . q{
	INSERT INTO kept SELECT 'large', s, totals(s)
		FROM (SELECT revenue_agg(hashint8(i)::bigint, '2024-01-01Z'::timestamptz + i % 700 * interval '1 day', i * 0.01,
		'1 day', 'UTC') AS s FROM generate_series(1, 50000) i) x;
	CREATE INDEX ON kept USING hash (s);
	CREATE INDEX ON kept USING hash (t);
	CREATE TABLE orders AS SELECT k, at, amount FROM } . $rows . q{;
	CREATE MATERIALIZED VIEW by_month AS SELECT date_trunc('month', at) AS month,
		revenue_agg(k, at, amount, '1 month', 'UTC') AS s, totals(revenue_agg(k, at, amount, '1 month', 'UTC')) AS t
		FROM orders GROUP BY 1;
	CREATE UNIQUE INDEX ON by_month (month);
	CREATE VIEW report AS SELECT g.* FROM (SELECT rollup(s) AS s FROM by_month) m, revenue_growth(s) g;
	ANALYZE;
});
my $kinds = keys(%key) + 1;
is(query($node, q{SELECT count(DISTINCT s), count(DISTINCT t) > 1, max(pg_column_size(s)) > 200000 FROM kept}),
	"$kinds|t|t", 'summaries of all keys are kept');
is(query($node, q{SELECT attname, attstorage FROM pg_attribute
	WHERE attrelid = 'kept'::regclass AND attname IN ('s', 't') ORDER BY 1}), "s|e\nt|e", 'never compressed');

# What a database says of them: counts, money, members by name, and whether its own rows make the same values.
my $SAYS = q{SELECT key, customer_count(s), customer_count(t),
	(SELECT array_agg(g) FROM revenue_growth(t) g) = (SELECT array_agg(g) FROM revenue_growth(s) g),
	(SELECT md5(array_agg(c)::text) FROM revenue_cohorts(t) c), (SELECT max(per_customer) FROM ltv_curve(t)),
	totals(s) = t,
	(SELECT md5(string_agg(m::text, ',' ORDER BY customer COLLATE "C")) FROM members(s, '2024-05-17') m)
		FROM kept ORDER BY key};
my $says = query($node, $SAYS);
unlike($says, qr/\|f\||\|\||\|$/m, 'all of them answer');
my $AGAIN = join ' UNION ALL ',
	map { "SELECT '$_', s = (SELECT revenue_agg($key{$_}, at, amount, '1 month', 'Europe/Vilnius') FROM $rows),
	(SELECT rollup(x) = (SELECT revenue_agg($key{$_}, at, amount, '1 month', 'Europe/Vilnius')
	FROM (SELECT * FROM $rows UNION ALL SELECT * FROM $rows) o)
	FROM (SELECT s UNION ALL SELECT revenue_agg($key{$_}, at, amount, '1 month', 'Europe/Vilnius') FROM $rows) v(x))
		FROM kept WHERE key = '$_'" } sort keys %key;
my $UNEQUAL = "SELECT * FROM ($AGAIN) a (key, same, merged) WHERE (same AND merged) IS NOT TRUE";
is(query($node, $UNEQUAL), '', 'they equal what their rows make, and merge with it');
is(query($node, 'SELECT count(*) FROM kept a JOIN kept b ON a.s = b.s', enable_seqscan => 'off',
	enable_hashjoin => 'off', enable_mergejoin => 'off'), $kinds, 'found by a hash index');

# 2. Storage that somebody has changed; views that are refreshed; clients with another encoding.
query($node, q{
	CREATE TABLE squeezed (key text, s revenue_summary, t revenue_totals);
	ALTER TABLE squeezed ALTER s SET STORAGE EXTENDED, ALTER t SET STORAGE MAIN;
	INSERT INTO squeezed SELECT key, s::text::revenue_summary, t::text::revenue_totals FROM kept;
	INSERT INTO orders SELECT k + 50, '2026-03-03Z', 1.125 FROM orders LIMIT 30;
	REFRESH MATERIALIZED VIEW CONCURRENTLY by_month});
is(query($node, $SAYS =~ s/FROM kept/FROM squeezed/r), $says, 'compressed and out of line');
is(query($node, q{SELECT (SELECT rollup(s) FROM by_month) = (SELECT revenue_agg(k, at, amount, '1 month', 'UTC')
	FROM orders), (SELECT count(*) FROM by_month WHERE totals(s) <> t)}), 't|0',
	'REFRESH MATERIALIZED VIEW CONCURRENTLY');
is(query($node, $UNEQUAL, client_encoding => 'LATIN1'), '', 'rows that a client in Latin 1 adds');

# 3. In binary files, in dumps, and in a database with another encoding.
my $dir = PostgreSQL::Test::Utils::tempdir();
query($node, qq{CREATE TABLE read (LIKE kept); COPY kept TO '$dir/binary' (FORMAT binary);
	COPY read FROM '$dir/binary' (FORMAT binary)});
is(query($node, $SAYS =~ s/FROM kept/FROM read/r), $says, 'written and read in binary');
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
	is(query($node, 'TABLE report', dbname => $copy), query($node, 'TABLE report'), '... in views, too');
}
query($node, q{CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'});
query($node, 'CREATE EXTENSION retention', dbname => 'latin');
for my $key (qw(int text))
{
	my ($summary, $totals) = split /\|/, query($node, "SELECT s, t FROM kept WHERE key = '$key'");

	is(sqlstate($node, "SELECT '$summary'::revenue_summary", dbname => 'latin'), $key eq 'int' ? '00000' : '22023',
		"$key in another encoding");
	is(sqlstate($node, "SELECT '$totals'::revenue_totals", dbname => 'latin'), '00000', '... and its totals');
}

# 4. Large ones. Half a million rows over four years: sums of amounts that need more than 64 bits, and exact ones.
query($node, RANDOM_SQL . q{
	CREATE TABLE large WITH (parallel_workers = 4) AS SELECT rnd(1, i, 50000) AS k,
		'2020-01-01Z'::timestamptz + rnd(2, i, 1400) * interval '1 day' AS at, i % 12 AS shop,
		CASE rnd(3, i, 20) WHEN 0 THEN 999999999999.9999 WHEN 1 THEN -rnd(4, i, 100000) / 100.0 WHEN 2 THEN 0
			WHEN 3 THEN rnd(4, i, 100000) / 1000000.0 ELSE rnd(4, i, 10000) / 100.0 END::numeric(20,6) AS amount
		FROM generate_series(1, 500000) i;
	VACUUM ANALYZE large;
	CREATE TABLE stored AS SELECT revenue_agg(k, at, amount, '1 day', 'UTC') AS s,
		revenue_agg(k, at, amount, '1 month', 'UTC') AS m FROM large}, SERIAL);
is(query($node, 'SELECT sum(revenue), min(revenue), max(revenue), sum(payers) FROM stored, revenue_growth(s)'),
	query($node, 'SELECT sum(r), min(r), max(r), sum(p) FROM (SELECT sum(s) AS r, count(*) FILTER (WHERE s <> 0) AS p
		FROM (SELECT k, at, sum(amount) AS s FROM large GROUP BY 1, 2) c GROUP BY at) d'),
	'four years of days, to the last digit');
is(query($node, 'SELECT (SELECT rollup(p.s) FROM (SELECT revenue_agg(k, at, amount, $$1 day$$, $$UTC$$) AS s
	FROM large GROUP BY shop) p) = s FROM stored'), 't', '... in twelve shops');
is(query($node, 'SELECT (SELECT rollup(p.s) FROM (SELECT revenue_agg(k, at, amount, $$1 month$$, $$UTC$$) AS s
	FROM large GROUP BY date_trunc($$month$$, at)) p) = m FROM stored'), 't', '... month by month');
is(query($node, 'SELECT totals_agg(s) = (SELECT totals(m) FROM stored)
	FROM (SELECT revenue_agg(k, at, amount, $$1 month$$, $$UTC$$) AS s FROM large GROUP BY k) c'), 't',
	'... customer by customer');
for my $key ('k', 'md5(k::text)::uuid', q{'customer ' || k})
{
	my $value = "SELECT revenue_agg($key, at, amount, '1 day', 'UTC') FROM large";

	is(query($node, "SELECT ($value) = (SELECT rollup(s)
		FROM (SELECT revenue_agg($key, at, amount, '1 day', 'UTC') AS s FROM large GROUP BY k % 3 OFFSET 0) p)",
			PARALLEL, max_parallel_workers_per_gather => 4), 't', "... of $key, by several workers");
}
my $one_bucket = q{SELECT revenue
	FROM revenue_growth((SELECT revenue_agg(1, timestamptz '2024-01-01Z', amount, '1 month', 'UTC')
		FROM (SELECT CASE WHEN i < 300000 THEN 999999999999.9999 ELSE -999999999999.9999 END
			FROM generate_series(1, 500000) i) a (amount)))};
is(query($node, $one_bucket), query($node, 'SELECT 999999999999.9999 * 99998'),
	'a sum beyond 64 bits, up and down again');

# 5. Memory: of rows without end of a few customers, and of many groups.
my $peak = sub {
	my ($sql) = @_;
	plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', SERIAL, enable_sort => 'off', hash_mem_multiplier => 4,
		'retention.scan' => 'off') =~ /"Peak Memory Usage": (\d+)/;
	return 1024 * $1;
};
my $few = 'SELECT i % 1, revenue_agg(i % %s, at, i * 0.01, $$1 month$$, $$UTC$$) FROM generate_series(1, %s) i,
	LATERAL (SELECT timestamptz $$2024-01-01Z$$ + i % 700 * interval $$1 day$$) a (at) GROUP BY 1';
my $once = $peak->($few =~ s/%s/10/r =~ s/%s/20000/r);
my $more = $peak->($few =~ s/%s/10/r =~ s/%s/400000/r);
cmp_ok($more, '<=', $once, "memory of 400,000 rows of ten customers, $more bytes, is that of 20,000, $once");
my $single = $peak->($few =~ s/%s/1/r =~ s/%s/400000/r);
cmp_ok($single, '<', 100000, "... of one customer, $single bytes");
my $groups = '(SELECT i AS k, timestamptz $$2024-01-15Z$$ AS at FROM generate_series(1, 200000) i) o GROUP BY k';
my $each = ($peak->("SELECT k, revenue_agg(k, at, 19.99, '1 month', 'UTC') FROM $groups")
	- $peak->("SELECT k, count(*) FROM $groups")) / 200000;
cmp_ok($each, '<=', 500, sprintf('groups of one customer: %.0f bytes a group', $each));

# 6. Groups that spill to disk, and windows.
my %little = (SERIAL, work_mem => '64kB', hash_mem_multiplier => 1, enable_sort => 'off');
my $spilled = "SELECT k % 5000 AS g, revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM large WHERE shop = 1
	GROUP BY 1";
like(plan_of($node, $spilled, 'ANALYZE, FORMAT JSON, TIMING OFF', %little), qr/"HashAgg Batches": (?!1\b)\d+/,
	'HashAggregate spills');
query($node, "CREATE TABLE in_memory AS $spilled", enable_sort => 'off');
is(query($node, "SELECT count(*) FROM ($spilled) s JOIN in_memory m USING (g) WHERE s.s = m.s", %little),
	query($node, 'SELECT count(*) FROM in_memory'), 'spilled groups have the same answers');
is(query($node, q{SELECT count(*) FILTER (WHERE (SELECT sum(revenue) FROM revenue_growth(s)) IS DISTINCT FROM plain
		OR (SELECT sum(revenue) FROM revenue_growth(r)) IS DISTINCT FROM plain), count(*)
	FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') OVER w AS s, sum(amount) OVER w AS plain,
			rollup(one) OVER w AS r
		FROM (SELECT *, (SELECT revenue_agg(l.k, l.at, o.amount, '1 month', 'UTC') FROM (SELECT l.amount) o) AS one
			FROM large l LIMIT 300) l
		WINDOW w AS (PARTITION BY shop ORDER BY at, k)) x}), '0|300', 'running values are those of the rows so far');

# 7. Limits, and what takes long can be cancelled.
is(sqlstate($node, q{SELECT totals(revenue_agg(1, at, 1, '1 day', 'UTC'))
	FROM unnest('{1970-01-01,2024-01-01}'::timestamptz[]) at}), '54000', 'totals of too many buckets');
is(sqlstate($node, q{SELECT totals_agg(s) FROM (SELECT revenue_agg(1, at, 1, '1 day', 'UTC') AS s
	FROM unnest('{1970-01-01,2024-01-01}'::timestamptz[]) at GROUP BY at) x}), '54000', '... of several summaries');
is(query($node, q{SELECT count(*), sum(revenue)
	FROM revenue_growth((SELECT totals(revenue_agg(i % 3, date '1980-01-01' + i, 0.1, '1 day', 'UTC'))
		FROM generate_series(0, 16383) i))}), '16384|1638.4', 'as many as there can be');
for my $sql ('SELECT revenue_agg(l.k, l.at, l.amount, $$1 day$$, $$UTC$$) FROM large l, generate_series(1, 100)',
	'SELECT revenue_agg(1, tstzrange($$1980-01-01$$, NULL), 1, $$1 day$$, $$UTC$$, $$2024-01-01Z$$)
		FROM generate_series(1, 100000)',
	'SELECT rollup(s.m) FROM stored s, generate_series(1, 100000)',
	'SELECT totals(s) FROM stored, generate_series(1, 100000) i WHERE customer_count(totals(s)) < -i',
	'SELECT count(*) FROM stored, generate_series(1, 100000), revenue_growth(s)',
	'SELECT count(*) FROM stored, generate_series(1, 10000), revenue_cohorts(s, CASE WHEN s = s THEN now() END)',
	'SELECT count(*) FROM stored, generate_series(1, 10000) i, ltv_curve(s)',
	q{SELECT count(*) FROM stored, generate_series(1, 10000) i, members(s, '2020-05-01'::date + i % 1000)})
{
	is(sqlstate($node, $sql, statement_timeout => '500ms'), '57014', "cancelled: $sql");
}

# 8. After the customers' type was dropped there is still money, but no names.
query($node, 'DROP TYPE loyalty');
is(query($node, q{SELECT customer_count(s), (SELECT count(*) FROM revenue_growth(s)) > 5
	FROM kept WHERE key = 'enum'}), '3|t', 'reports do not need the type of the customers');
is(sqlstate($node, q{SELECT members(s, '2024-05-17') FROM kept WHERE key = 'enum'}), '42704', 'their names do');

done_testing();
