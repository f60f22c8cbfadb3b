# points_ledger from strangers: binary messages and stored bytes that are cut off or altered, text with soft errors, and
# partial states of ledger_agg.
#
# A message must be refused, or be a ledger that comes back as it is and keeps the rules; a stored value that is damaged must
# give an error, or some answer; the server stays up.
#
# LEDGER_FLIPS=random alterations, LEDGER_SEED=another seed: for a longer search.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $flips = $ENV{LEDGER_FLIPS} // 2000;
my $random = $ENV{LEDGER_SEED} // 1;
sub rnd { my ($n) = @_; $random = ($random * 1103515245 + 12345) % 2147483648; return int($random / 2147483648 * $n) }

my $node = start_server('main');
my $file = $node->basedir . '/value';

# Ledgers with everything in them: pending, expiring, refs, reversals of both kinds, a debt, a merged ledger, a preferred expiry.
query($node, q{
	CREATE TABLE ledgers (id int, p points_ledger);
	INSERT INTO ledgers VALUES
		(1, points_ledger()),
		(2, reverse(redeem(earn(earn(points_ledger(), 100, '2025-01-01Z', '2026-01-01Z', 'a'), 50, '2025-02-01Z', '2025-06-01Z', E'b\u20ac', '2025-02-03Z'),
			60, '2025-03-01Z', 'r'), 'r', '2025-03-02Z', 25, 'part')),
		(3, earn(reverse(redeem(earn(points_ledger(), 100, '2025-01-01Z', ref => 'a'), 90, '2025-01-02Z'), 'a', '2025-01-03Z', allow_negative => true),
			40, '2025-01-04Z', ref => 'c')),
		(4, (SELECT ledger_agg(v, t, e) FROM (VALUES (10, '2025-01-01Z'::timestamptz, '2025-06-01Z'::timestamptz), (5, '2025-01-01Z', '2025-07-01Z'),
			(-8, '2025-02-01Z', '2025-07-01Z')) m (v, t, e)));
	INSERT INTO ledgers SELECT 5, redeem((SELECT p FROM ledgers WHERE id = 2) || (SELECT prefix_refs(p, 'x') FROM ledgers WHERE id = 3), 20, '2025-04-01Z', 'z');
	CREATE TABLE loaded (p points_ledger);
});

# 1. Messages: the values as COPY writes them; cut off everywhere, each byte altered, then several bytes at random.
my ($tries, $number) = ('', 0);
my $head = 19 + 2;    # signature, flags, extension, number of fields; then the length of the value
for my $id (1 .. 5)
{
	query($node, "COPY (SELECT p FROM ledgers WHERE id = $id) TO '$file' (FORMAT binary)");
	my $good = do { local $/; open my $in, '<:raw', $file or die "$file: $!"; <$in> };
	my $size = unpack 'N', substr $good, $head, 4;
	my $value = substr $good, $head + 4, $size;
	my @altered = ($value, "$value\0", map { substr $value, 0, $_ } 0 .. $size - 1);

	for my $at (0 .. $size - 1)
	{
		push @altered, map { my $v = $value; substr($v, $at, 1) ^= chr $_; $v } 0x01, 0x80, 0xFF;
	}
	for (1 .. $flips / 5)
	{
		my $v = $value;
		substr($v, rnd($size), 1) = chr rnd(rnd(2) ? 256 : 4) for 0 .. rnd(4);
		substr($v, rnd($size), rnd(9)) = substr($value, rnd($size), rnd(9)) unless rnd(3);
		push @altered, $v;
	}
	for my $bytes (@altered)
	{
		my $name = "$file." . $number++;

		open my $out, '>:raw', $name or die "$name: $!";
		print $out substr($good, 0, $head), pack('N', length $bytes), $bytes, pack('n', 0xFFFF);
		close $out;
		$tries .= "COPY loaded FROM '$name' (FORMAT binary);\n";
	}
}
my ($status, $stdout, $stderr) = $node->psql('postgres', $tries, on_error_stop => 0, extra_params => [ '-v', 'VERBOSITY=sqlstate' ]);
my %seen;
$seen{$_}++ for $stderr =~ /ERROR:  (\w{5})/g;
note("$number messages: " . join ', ', map { "$seen{$_} x $_" } sort keys %seen);
cmp_ok($number, '>', 4000, 'thousands of messages were sent');
is(join(' ', grep { !/^(22\w{3}|23505|23514|08P01)$/ } sort keys %seen), '', 'they are refused with an error of the value');
my $loaded = query($node, 'SELECT count(*) FROM loaded');
note("$loaded were taken");
cmp_ok($loaded, '>', 100, 'or taken');
query($node, "COPY loaded TO '$file' (FORMAT binary); CREATE TABLE again (p points_ledger); COPY again FROM '$file' (FORMAT binary)");
is(query($node, 'SELECT count(*) FROM (TABLE loaded EXCEPT ALL TABLE again) d'), '0', '... and then they come back, sent');
is(query($node, q{SELECT count(*) FROM loaded WHERE p::text::points_ledger <> p}), '0', '... as text');
is(query($node, q{SELECT count(*) FROM loaded, unnest('{2024-12-01Z, 2025-01-02Z, 2025-02-02Z, 2025-03-05Z, 2025-07-01Z, infinity}'::timestamptz[]) t, statement(p, t) s
	WHERE s.earned <> s.available + s.pending + s.redeemed + s.expired + s.reversed}), '0', '... and add up');
is(query($node, q{SELECT count(*) FROM loaded, lots(p, '2025-03-05Z') l WHERE least(remaining, redeemed, expired, reversed) < 0}), '0', '... without a negative lot');

# 2. Stored bytes, by a cast that checks nothing.
query($node, q{
	CREATE CAST (bytea AS points_ledger) WITHOUT FUNCTION;
	CREATE CAST (points_ledger AS bytea) WITHOUT FUNCTION;
	CREATE FUNCTION try(stored bytea) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		p points_ledger := stored::points_ledger;
		how text;
		answers text := '';
	BEGIN
		FOREACH how IN ARRAY ARRAY['$1::text', 'points_ledger_send($1)::text', '$1 = points_ledger()', 'hashtext($1::text)', 'statement($1, ''2025-03-05Z'')',
			'balance($1, ''infinity'')', '(SELECT count(l) FROM lots($1, ''2025-02-02Z'') l)', '(SELECT count(m.*) FROM movements($1) m)',
			'earn($1, 5, ''2025-01-05Z'')', 'redeem($1, 5, ''2025-02-05Z'')', 'redeem($1, 1, ''2026-02-05Z'')', 'reverse($1, ''a'', ''2025-02-05Z'', allow_negative => true)',
			'reverse($1, ''r'', ''2025-03-05Z'')', '$1 || $1', 'prefix_refs($1, ''p'')', 'expiring($1, ''2025-12-31Z'', ''2025-02-05Z'')', 'has_ref($1, ''r'')'] LOOP
			BEGIN
				EXECUTE 'SELECT (' || how || ')::text' INTO how USING p;
			EXCEPTION WHEN OTHERS THEN
				answers := concat_ws(' ', answers, SQLSTATE);
			END;
		END LOOP;
		RETURN answers;
	END $$;
	CREATE TABLE answers AS
		SELECT id, try(stored) FROM (SELECT id, p::bytea AS good FROM ledgers) l,
		LATERAL (SELECT substr(good, 1, n) AS stored FROM generate_series(0, length(good)) n
			UNION ALL SELECT set_byte(good, n, (get_byte(good, n) # mask) & 255) FROM generate_series(0, length(good) - 1) n, unnest('{1, 2, 16, 128, 255}'::int[]) mask
			UNION ALL SELECT good || '\x00'::bytea) d;
});
my %states = map { $_ => 1 } split /\s+/, query($node, 'SELECT DISTINCT unnest(string_to_array(try, $$ $$)) FROM answers');
delete $states{''};
note(join ' ', sort keys %states);
is(join(' ', grep { !/^(XX001|0A000|22\w{3}|23505|23514|54000)$/ } sort keys %states), '', 'damaged bytes give an error, or an answer');
ok($states{XX001}, 'damage is called by its name');
cmp_ok(query($node, 'SELECT count(*) FROM answers'), '>', 1000, 'for many kinds of damage');

# 3. Errors that are noted, not raised.
SKIP:
{
	skip 'no soft errors before 16', 3 if $node->pg_version < 16;
	my $valid = q{pg_input_is_valid(t, 'points_ledger')};

	is(query($node, "SELECT bool_and($valid) FROM (SELECT p::text FROM ledgers) l (t)"), 't', 'pg_input_is_valid takes what is valid');
	is(query($node, q{SELECT sql_error_code, message FROM (VALUES
			('x'), ('{}'), ('[1]'), ('[{"kind": "earn", "at": "soon", "points": 1}]'), ('[{"kind": "earn", "at": "2025-01-01Z", "points": 1e40}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 0}]'), ('[{"kind": "earn", "at": "infinity", "points": 1}]'), ('[{"kind": "earn", "at": "2025-01-01Z", "points": 1, "ref": ""}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 1, "expires": "2025-01-01Z"}]'), ('[{"kind": "redeem", "at": "2025-01-01Z", "points": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 1, "merged_from": 7}]'), ('[{"kind": "reverse", "at": "2025-01-01Z", "points": 1, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2, "ref": "a"}, {"kind": "redeem", "at": "2025-01-02Z", "points": 1, "ref": "a"}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2}, {"kind": "redeem", "at": "2025-01-02Z", "points": 1, "draws": []}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2}, {"kind": "reverse", "at": "2025-01-02Z", "points": 1, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2}, {"kind": "reverse", "at": "2025-01-02Z", "points": 3, "reverses": 1, "ref": "r"}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2}, {"kind": "reverse", "at": "2024-01-02Z", "points": 2, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2}, {"kind": "redeem", "at": "2025-01-02Z", "points": 1}, {"kind": "reverse", "at": "2025-01-03Z", "points": 2, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2}, {"kind": "redeem", "at": "2025-01-03Z", "points": 2}, {"kind": "redeem", "at": "2025-01-02Z", "points": 2}]')
		) v (t), pg_input_error_info(t, 'points_ledger')}),
		join("\n",
			'22P02|invalid input syntax for type json', '22P02|invalid input syntax for type points_ledger', '22P02|invalid input syntax for type points_ledger',
			'22007|invalid input syntax for type timestamp with time zone: "soon"', '22003|value "10000000000000000000000000000000000000000" is out of range for type bigint',
			'22023|points must be positive, not 0', '22008|the time of a movement must be finite, not infinity', '22023|ref must not be empty',
			'22023|points must be earned, become available and expire in this order', '23514|not enough points',
			'22023|movement 1 cannot have been merged from a ledger that begins with movement 7', '22023|there is no movement 1 to reverse', '23505|ref "a" occurs twice',
			'23514|movement 2 does not draw as the rules say', '22004|reversal_ref must not be null where points are given',
			'23514|no more can be reversed than there was', '22023|a reversal cannot lie before what it reverses',
			'23514|points to be taken back were redeemed', '23514|points are needed by a later movement'),
		'the rest is noted, rule by rule');
	is(query($node, "SELECT count(*) FROM (SELECT left(p::text, n) FROM ledgers, generate_series(0, length(p::text) - 1) n) v (t) WHERE $valid"), '0', 'nothing of it is half valid');
}

# 4. ledger_agg: partial states of every size, and of none.
query($node, RANDOM_SQL . q{
	CREATE TABLE moves (id int, member int, points bigint, at timestamptz, expires timestamptz, ref text, available timestamptz) WITH (parallel_workers = 4);
	INSERT INTO moves
	SELECT id, rnd(1, id, 1 + rnd(2, id, 3000)), CASE WHEN rnd(3, id, 3) = 0 THEN -1 ELSE 1 + rnd(4, id, 100) END,
		'2025-01-01Z'::timestamptz + rnd(5, id, 8000) * interval '1 hour', '2026-06-01Z'::timestamptz + rnd(6, id, 300) * interval '1 day', CASE WHEN rnd(7, id, 3) > 0 THEN repeat('r', rnd(8, id, 60)::int) || id END, NULL
	FROM generate_series(1, 40000) id;
	UPDATE moves SET expires = NULL WHERE points < 0 AND id % 4 > 0;
	INSERT INTO moves SELECT -member, member, 100000, '2024-01-01Z' FROM generate_series(0, 3000) member;
	VACUUM ANALYZE moves;
});
my $agg = 'SELECT member, ledger_agg(points, at, expires, ref, available)::text AS p FROM moves GROUP BY member';
query($node, "CREATE TABLE serial AS $agg", SERIAL);
for my $leader (qw(on off))
{
	same_rows($node, $agg, 'TABLE serial', "ledger_agg in parallel, leader $leader", PARALLEL, parallel_leader_participation => $leader);
}
same_rows($node, 'SELECT member, balance(p::points_ledger, $$2026-01-01Z$$) AS points FROM serial',
	'SELECT member, sum(points)::bigint AS points FROM moves GROUP BY member', 'its balance is the sum while nothing has expired');
is(query($node, 'SELECT ledger_agg(points, at) FROM moves WHERE points IS NULL', PARALLEL), '', '... of nothing, in parallel');

done_testing();
