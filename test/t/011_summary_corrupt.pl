# Corrupt summaries and totals: messages, text, and what is stored; see test/perl/Corrupt.pm.
#
# Stored are not only values, but also the working states of rollup and totals_agg, which no input function lets in.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use Corrupt;
use RetentionTest;

my $node = start_server('main', restart_after_crash => 'off');
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;

make_raw_type($node, "retention_$_") for qw(summary totals);
my $collation = $icu ? q{(provider = icu, locale = 'und-u-ks-level2', deterministic = false)} : 'FROM "C"';
query($node, "CREATE COLLATION ci $collation;" . q{
	CREATE AGGREGATE raw_rollup(retention_summary) (SFUNC = rollup_accum, STYPE = retention_summary);
	CREATE AGGREGATE raw_totals(retention_summary) (SFUNC = totals_accum, STYPE = retention_totals);
	CREATE AGGREGATE add_totals(retention_totals) (SFUNC = totals_combine, STYPE = retention_totals,
		FINALFUNC = totals_final);
	CREATE TYPE loyalty AS ENUM ('gold', 'new', 'regular');
	CREATE TYPE pair AS (branch int, name text);
	CREATE TABLE good (id int GENERATED ALWAYS AS IDENTITY, s retention_summary, t retention_totals);
});
my $rows = q{(SELECT i * i % 7 AS k, '2024-01-01Z'::timestamptz + i * interval '29 days' AS at
	FROM generate_series(1, 12) i)};
for my $call ("k::bigint, at, '1 month', 'UTC'", "k::smallint, at, '1 month', 'UTC'",
	"k > 3, at, '7 days', 'Europe/Vilnius'", "at, at, '1 day', 'UTC'",
	"md5(k::text)::uuid, at, '1 month', 'UTC'", "repeat('cust ', k) || k, at, '1 year', 'UTC'",
	"('c' || k) COLLATE ci, at, '1 month', 'UTC'", "(k || '.00')::numeric, at, '1 day', 'UTC'",
	"k::text::bytea, at, '10 days', 'UTC'",
	"(ARRAY['gold', 'new', 'regular']::loyalty[])[1 + k % 3], at, '1 month', 'UTC'",
	"ROW(k, 'x')::pair, at, '1 month', 'UTC'",
	"ARRAY[k, 1], at, '1 month', 'UTC'", "jsonb_build_object('k', k), at, '1 month', 'UTC'",
	"k / 7.0::float8, at, '1 day', 'UTC'", "('2024-01-01'::date + k), at, '3 months', 'UTC'",
	"7, at, '1 month', 'UTC'")
{
	query($node, "INSERT INTO good (s) SELECT retention_agg($call) FROM $rows o");
}
query($node, 'UPDATE good SET t = totals(s)');

# Beside the value v, uses may name a good summary s, its totals t, and the totals "one" of one customer, to which
# others can be added.
my $BESIDE = 's, t, (SELECT t FROM good WHERE customer_count(t) = 1) AS one FROM good WHERE id = 1';

# Functions of each type, by the way in which they read; of a value that was received, some must hold.
my %uses = (
	summary => [
		'v = s', 'customer_count(v)', q{(SELECT count(*) FROM growth(v, '2025-01-01'))},
		q{(SELECT count(*) FROM cohorts(v, '2025-01-01', 'on_or_after'))},
		'(SELECT count(*) FROM retention_curve(v))', q{(SELECT count(*) FROM members(v, '2024-06-01'))},
		q{crr(v, date '2024-06-01')},
		q{growth_chart(v, '2025-01-01')}, 'cohort_heatmap(v)', q{retention_chart(v, NULL, 'on_or_after')},
		'retention_summary_hash(v)', 'customer_count(totals(v))' ],
	totals => [
		'v = t', 'customer_count(v)', q{(SELECT count(*) FROM growth(v, '2025-01-01'))},
		q{(SELECT count(*) FROM cohorts(v, '2025-01-01', 'on_or_after'))},
		q{(SELECT count(*) FROM retention_curve(v, NULL, 'exact', 'chained'))}, q{crr(v, date '2024-06-01')},
		q{growth_chart(v, '2025-01-01')}, q{cohort_heatmap(v, '2025-01-01')}, 'retention_chart(v)',
		'retention_totals_hash(v)',
		'(SELECT add_totals(x) IS NULL FROM (VALUES (v), (one)) r(x))',
		'(SELECT add_totals(x) IS NULL FROM (VALUES (one), (v)) r(x))', 'totals_final(v) IS NULL' ]);
my %holds = (
	summary => [ 'v = v', 'v::text::retention_summary = v',
		'(SELECT rollup(x) = rollup(y) FROM (VALUES (v, s), (s, v), (v, v)) r(x, y))' ],
	totals  => [ 'v = v', 'v::text::retention_totals = v' ]);
my @inside = ('(SELECT totals_agg(x) IS NULL FROM (VALUES (v)) r(x))', 'rollup_final(v) IS NULL');

# Errors of the value; the last is what jsonb says of bytes that are not its own.
my $allowed = '22P03|22023|54000|42704|22021|08P01|22003|22008|22P02|0A000|42883|42804'
  . '|22P05|22004|22001|22018|22019|22030|22032|XX000 unsupported jsonb version number';

# 1. Messages, and the same as text, which is a message in base64.
for my $type (qw(summary totals))
{
	my @good   = messages_of($node, "retention_$type", "SELECT @{[ substr $type, 0, 1 ]} FROM good ORDER BY id");
	my @values = (@good, altered_at_random(130, @good), map { altered_everywhere($_) } @good[ 0, 6 ]);
	my @taken  = send_values($node, "retention_$type", $allowed, @values);
	my $text   = "replace(encode(\$1, 'base64'), E'\\n', '')::retention_$type AS v, $BESIDE";

	cmp_ok(scalar @taken, '>', 100, '... some are taken');
	cmp_ok(scalar @taken, '<', @values / 2, '... and most are not');
	is(use_values($node, "$type as text", source => "SELECT $text", values => \@values, uses => ['v'],
		allowed => $allowed)->{'00000'},
		scalar @taken, '... the same ones are taken');
	use_values($node, "$type taken", source => "SELECT $text", values => [ @values[@taken] ], uses => $uses{$type},
		holds => $holds{$type}, allowed => '22023|54000');
}

# 2. What is stored: values, and working states of several summaries and of totals.
my %working = (
	summary => 'SELECT raw_rollup(s) FROM (SELECT id, s FROM good, generate_series(1, 3)) w GROUP BY id ORDER BY id',
	totals  => "SELECT raw_totals(c.s)
		FROM (SELECT k % 3 AS g, retention_agg(k, at, '1 month', 'UTC') AS s FROM $rows o GROUP BY k) c
		GROUP BY g ORDER BY g");
my %tries = (summary => 25, totals => 60);
for my $type (qw(summary totals))
{
	my $good   = "SELECT @{[ substr $type, 0, 1 ]} FROM good ORDER BY id";
	my @stored = map { stored_bytes_of($node, "retention_$type", $_) } $good, $working{$type};

	use_values($node, "$type stored",
		source  => "SELECT \$1::text::raw_retention_${type}::retention_$type AS v, $BESIDE",
		values  => [ @stored, altered_at_random($tries{$type}, @stored) ],
		uses    => [ @{ $uses{$type} }, @{ $holds{$type} }, $type eq 'summary' ? @inside : () ],
		allowed => $allowed);
}

# 3. Summaries are merged, too, if their customers are not in the order of this server's hashes, as after a new
# version of a type.
query($node, q{
	CREATE TABLE ordered AS SELECT retention_agg(md5(k::text)::uuid,
		'2024-01-05Z'::timestamptz + k * interval '1 month', '1 month', 'UTC') AS s FROM generate_series(1, 2) k;
	CREATE TABLE reordered AS SELECT s, other::text::raw_retention_summary::retention_summary AS d
	FROM (SELECT s, substr(b, 1, n - 38) || substr(b, n - 18) || substr(b, n - 37, 19) AS other
		FROM (SELECT s, b, length(b) AS n
			FROM ordered, LATERAL (SELECT s::raw_retention_summary::text::bytea AS b) l) o) p;
});
is(query($node, 'SELECT customer_count(d), s::raw_retention_summary::text <> d::raw_retention_summary::text
	FROM reordered'), '2|t', 'two customers the other way round');
for my $values ('(d, s), (d, s)', '(d, s), (s, s)', '(s, s), (d, s)')
{
	is(query($node, "SELECT (SELECT rollup(x) = rollup(y) FROM (VALUES $values) r(x, y)) FROM reordered"), 't',
		"rollup of $values");
}

done_testing();
