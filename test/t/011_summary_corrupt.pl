# Summaries and totals that a stranger sends, or that have been damaged where they lie.
#
# Thousands of altered values, always the same ones: bytes flipped, numbers set to their extremes, parts cut out, repeated or
# swapped between values, ends cut off or added to.  What comes in through the receive function must be refused with an
# error of the value, or else be a value that comes back as it is and works in every function.  The same for the
# bytes in a table and for the working states of rollup and totals_agg, which no type's input function lets in; here
# they are made by a cast that takes bytes as they are.  Such a value may say anything, but the server must stay up,
# come to an end, and read nothing that is not there.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main', restart_after_crash => 'off');
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;

# Bytes as values, whatever they are.  A type with the alignment of totals takes bytea's functions.
query($node, ($icu ? q{CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);} : 'CREATE COLLATION ci FROM "C";') . q{
	CREATE CAST (bytea AS retention_summary) WITHOUT FUNCTION;
	CREATE CAST (retention_summary AS bytea) WITHOUT FUNCTION;
	CREATE TYPE bytes8;
	CREATE FUNCTION bytes8_in(cstring) RETURNS bytes8 LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
	CREATE FUNCTION bytes8_out(bytes8) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
	CREATE TYPE bytes8 (INPUT = bytes8_in, OUTPUT = bytes8_out, ALIGNMENT = double, STORAGE = extended);
	CREATE CAST (bytes8 AS retention_totals) WITHOUT FUNCTION;
	CREATE CAST (retention_totals AS bytes8) WITHOUT FUNCTION;
	CREATE AGGREGATE raw_rollup(retention_summary) (SFUNC = rollup_accum, STYPE = retention_summary);
	CREATE AGGREGATE raw_totals(retention_summary) (SFUNC = totals_accum, STYPE = retention_totals);
	CREATE AGGREGATE add_totals(retention_totals) (SFUNC = totals_combine, STYPE = retention_totals, FINALFUNC = totals_final);
	CREATE TYPE loyalty AS ENUM ('gold', 'new', 'regular');
	CREATE TYPE pair AS (branch int, name text);
	CREATE TABLE good (id int GENERATED ALWAYS AS IDENTITY, s retention_summary, t retention_totals);
});
my $rows = q{(SELECT i * i % 7 AS k, '2024-01-01Z'::timestamptz + i * interval '29 days' AS at FROM generate_series(1, 12) i)};
for my $call ("k::bigint, at, '1 month', 'UTC'", "k::smallint, at, '1 month', 'UTC'", "k > 3, at, '7 days', 'Europe/Vilnius'", "at, at, '1 day', 'UTC'",
	"md5(k::text)::uuid, at, '1 month', 'UTC'", "repeat('cust ', k) || k, at, '1 year', 'UTC'", "('c' || k) COLLATE ci, at, '1 month', 'UTC'", "(k || '.00')::numeric, at, '1 day', 'UTC'",
	"k::text::bytea, at, '10 days', 'UTC'", "(ARRAY['gold', 'new', 'regular']::loyalty[])[1 + k % 3], at, '1 month', 'UTC'", "ROW(k, 'x')::pair, at, '1 month', 'UTC'",
	"ARRAY[k, 1], at, '1 month', 'UTC'", "jsonb_build_object('k', k), at, '1 month', 'UTC'", "k / 7.0::float8, at, '1 day', 'UTC'", "('2024-01-01'::date + k), at, '3 months', 'UTC'")
{
	query($node, "INSERT INTO good (s) SELECT retention_agg($call) FROM $rows o");
}
query($node, 'UPDATE good SET t = totals(s)');

# A generator of its own, so that every run and every Perl alters the same.
my $seed = 20240229;
sub random { my ($n) = @_; $seed = ($seed * 1103515245 + 12345) % 2147483648; return int($seed / 65536) % $n }

my @pool;
sub alter
{
	my ($value) = @_;
	my $v = $value;

	for (0 .. random(3))
	{
		my $size = length $v;
		my $at = $size ? random($size) : 0;
		my $way = random(11);

		if ($way <= 2) { substr($v, $at, 1) ^= chr(1 << random(8)) if $size }
		elsif ($way == 3) { substr($v, $at, 1) = chr((0, 1, 0x7F, 0x80, 0xFF)[ random(5) ]) if $size }
		elsif ($way == 4) { substr($v, random($size < 48 ? $size || 1 : 48), 4) = pack('N', (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 16384)[ random(7) ]) }
		elsif ($way == 5) { $v = substr $v, 0, $at }
		elsif ($way == 6) { $v .= join '', map { chr random(256) } 0 .. random(12) }
		elsif ($way == 7) { substr($v, $at, random(9)) = '' }
		elsif ($way == 8) { substr($v, $at, 0) = substr $v, random($size || 1), random(20) }
		elsif ($way == 9) { my $other = $pool[ random(scalar @pool) ]; $v = substr($v, 0, $at) . substr($other, random(length($other) || 1)) }
		else { substr($v, $at, random(11)) = "\xFF" x random(11) }
	}
	return $v;
}

sub bytes_of { my ($sql) = @_; return map { pack 'H*', $_ } split /\n/, query($node, $sql) }

# Functions of each type, by the way in which they read.
my %use = (
	summary => [
		"customer_count(v)", "(SELECT count(*) FROM growth(v, '2025-01-01'))", "(SELECT count(*) FROM cohorts(v, '2025-01-01', 'on_or_after'))", "(SELECT count(*) FROM retention_curve(v))",
		"(SELECT count(*) FROM members(v, '2024-06-01'))", "crr(v, date '2024-06-01')", "v = v", "v = s", "retention_summary_hash(v)", "v::text::retention_summary = v",
		"(SELECT rollup(x) = rollup(y) FROM (VALUES (v, s), (s, v), (v, v)) r(x, y))", "customer_count(totals(v))", "(SELECT totals_agg(x) IS NULL FROM (VALUES (v)) r(x))", "rollup_final(v) IS NULL" ],
	totals => [
		"customer_count(v)", "(SELECT count(*) FROM growth(v, '2025-01-01'))", "(SELECT count(*) FROM cohorts(v, '2025-01-01', 'on_or_after'))", "(SELECT count(*) FROM retention_curve(v, NULL, 'exact', 'chained'))",
		"crr(v, '2024-06-01Z'::timestamptz)", "v = v", "v = t", "retention_totals_hash(v)", "v::text::retention_totals = v", "(SELECT add_totals(x) IS NULL FROM (VALUES (v), (t)) r(x))",
		"(SELECT add_totals(x) IS NULL FROM (VALUES (t), (v)) r(x))", "totals_final(v) IS NULL" ]);

# Applies functions to every value of a table "tried" and returns how often each SQLSTATE occurred.  What was received must be equal
# to itself, and to what its text form makes.
query($node, q{
	CREATE TABLE tried (id int, b bytea);
	CREATE TABLE problems (id int, use text, state text, message text);
	CREATE FUNCTION try_all(cast_sql text, uses text[], received boolean) RETURNS SETOF text LANGUAGE plpgsql AS $$
	DECLARE
		r record;
		use text;
		counts jsonb := '{}';
		answer text;
		state text;
	BEGIN
		FOR r IN SELECT id, b, (SELECT g FROM good g WHERE g.id = 1) AS g FROM tried ORDER BY id LOOP
			FOREACH use IN ARRAY uses LOOP
				BEGIN
					EXECUTE format('SELECT (%s)::text FROM (SELECT (%s) AS v, $2 AS s, $3 AS t) q', use, cast_sql) INTO answer USING r.b, (r.g).s, (r.g).t;
					state := CASE WHEN answer = 'false' AND received AND use ~ '=' AND use !~ '= [st]\M' THEN 'not the same' ELSE 'fine' END;
				EXCEPTION WHEN others THEN
					state := sqlstate;
					answer := sqlerrm;
				END;
				counts := counts || jsonb_build_object(state, coalesce((counts ->> state)::int, 0) + 1);
				-- What jsonb says of bytes that are not its own.
				CONTINUE WHEN state = 'XX000' AND answer LIKE 'unsupported jsonb version number%';
				IF state NOT IN ('fine', '22P03', '22023', '54000', '42704', '22021', '08P01', '22003', '22008', '22P02', '0A000', '42883', '42804', '22P05', '22004', '22001', '22018', '22019', '22030', '22032') THEN
					INSERT INTO problems VALUES (r.id, use, state, answer);
				END IF;
			END LOOP;
		END LOOP;
		RETURN QUERY SELECT key || ' x ' || value FROM jsonb_each_text(counts) ORDER BY key;
	END $$;
});

sub try_values
{
	my ($name, $cast, $uses, @values) = @_;
	my $file = $node->basedir . '/values';

	open my $out, '>', $file or die "$file: $!";
	printf $out "%d\t\\\\x%s\n", $_, unpack 'H*', $values[$_] for 0 .. $#values;
	close $out;
	query($node, "TRUNCATE tried, problems; \\copy tried FROM '$file'\n");
	my $array = join ',', map { '$u$' . $_ . '$u$' } @$uses;
	my $counts = query($node, "SELECT * FROM try_all(\$c\$$cast\$c\$, ARRAY[$array], @{[ $name =~ /received/ ? 'true' : 'false' ]})");

	note("$name: " . scalar(@values) . ' values: ' . join ', ', split /\n/, $counts);
	is(query($node, 'SELECT id, use, state, message FROM problems LIMIT 5'), '', "$name: errors of the value, or values that work");
	is(query($node, 'SELECT 1'), '1', '... and the server is up');
	return $counts;
}

# 1. Through the receive functions, by the text form, which is the binary one in base64.
for my $type ('summary', 'totals')
{
	my $column = substr $type, 0, 1;
	my @good = bytes_of("SELECT encode(retention_${type}_send($column), 'hex') FROM good ORDER BY id");

	@pool = @good;
	my @values = (@good, map { my $v = $_; map { alter($v) } 1 .. 130 } @good);
	push @values, map { my $v = $good[$_]; map { substr $v, 0, $_ } 0 .. length($v) - 1 } 0, 6;
	push @values, map { my $at = $_; map { my $v = $good[0]; substr($v, $at, 1) = chr $_; $v } 0, 1, 0x7F, 0x80, 0xFF } 0 .. length($good[0]) - 1;
	my $received = "replace(encode(\$1, 'base64'), E'\\n', '')::retention_$type";
	my $counts = try_values("$type received", $received, [ @{$use{$type}}[ 0, 1, 2, 4 .. 11 ] ], @values);

	like($counts, qr/fine x \d{3}/, '... some are taken');
	like($counts, qr/22P03 x \d{4}/, '... and most are not');
}

# 2. As COPY BINARY and the binary protocol hand it over, too.
my @sent = bytes_of("SELECT encode(retention_summary_send(s), 'hex') FROM good ORDER BY id");
my $file = $node->basedir . '/copy';
query($node, 'CREATE TABLE copied (s retention_summary)');
@pool = @sent;
my $tries = '';
for my $number (0 .. 59)
{
	my $bytes = $number < @sent ? $sent[$number] : alter($sent[ $number % @sent ]);

	open my $out, '>:raw', "$file.$number" or die "$file.$number: $!";
	print $out "PGCOPY\n\xFF\r\n\0", pack('NNn', 0, 0, 1), pack('N', length $bytes), $bytes, pack('n', 0xFFFF);
	close $out;
	$tries .= "COPY copied FROM '$file.$number' (FORMAT binary);\n";
}
$node->psql('postgres', $tries, on_error_stop => 0, stderr => \my $refused);
is(query($node, 'SELECT count(*) >= 15, count(*) FILTER (WHERE s::text::retention_summary <> s) FROM copied'), 't|0', 'COPY BINARY takes what is right');

# 3. Bytes in a table, canonical and working.
my @stored = bytes_of("SELECT encode(s::bytea, 'hex') FROM good ORDER BY id");
my @working = bytes_of("SELECT encode(raw_rollup(x)::bytea, 'hex') FROM (SELECT id, s AS x FROM good UNION ALL SELECT id, s FROM good UNION ALL SELECT id, s FROM good) w GROUP BY id ORDER BY id");
@pool = (@stored, @working);
try_values('summary stored', '$1::retention_summary', $use{summary}, map { my $v = $_; map { alter($v) } 1 .. 25 } @pool);

my @totals = bytes_of("SELECT ltrim(t::bytes8::text, '\\x') FROM good ORDER BY id LIMIT 4");
my @counting = bytes_of("SELECT ltrim(raw_totals(c.s)::bytes8::text, '\\x') FROM (SELECT k % 3 AS g, retention_agg(k, at, '1 month', 'UTC') AS s FROM $rows o GROUP BY k) c GROUP BY g");
@pool = (@totals, @counting);
try_values('totals stored', '$1::text::bytes8::retention_totals', $use{totals}, map { my $v = $_; map { alter($v) } 1 .. 60 } @pool);

# 4. Customers in another order than that of this server's hashes, as after a new version of a type, are merged all the same.
query($node, q{
	CREATE TABLE ordered AS SELECT retention_agg(md5(k::text)::uuid, '2024-01-05Z'::timestamptz + k * interval '1 month', '1 month', 'UTC') AS s FROM generate_series(1, 2) k;
	CREATE TABLE reordered AS SELECT s, (substr(b, 1, n - 38) || substr(b, n - 18) || substr(b, n - 37, 19))::retention_summary AS d
		FROM (SELECT s, s::bytea AS b, length(s::bytea) AS n FROM ordered) o;
});
is(query($node, 'SELECT customer_count(d), s::bytea <> d::bytea FROM reordered'), '2|t', 'two customers the other way round');
for my $values ('(d, s), (d, s)', '(d, s), (s, s)', '(s, s), (d, s)')
{
	is(query($node, "SELECT (SELECT rollup(x) = rollup(y) FROM (VALUES $values) r(x, y)) FROM reordered"), 't', "rollup of $values");
}

done_testing();
