# points_ledger from outside: corrupt messages and stored bytes (see test/perl/Corrupt.pm), text with soft errors, and
# partial states of ledger_agg.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use Corrupt;
use RetentionTest;

my $node = start_server('main', restart_after_crash => 'off');

# Ledgers with everything: pending, expiring, refs, reversals of both kinds, a debt, a merged ledger, a chosen expiry;
# a transfer and its parcel, holds that are captured, released and neither, extensions, a closing; and openings: a hold,
# a redemption of which a part comes back, a debt, lots with and without points.
query($node, q{
	CREATE TABLE ledgers (id int, p points_ledger);
	INSERT INTO ledgers VALUES
		(1, points_ledger()),
		(2, reverse(redeem(earn(earn(points_ledger(), 100, '2025-01-01Z', '2026-01-01Z', 'a'), 50, '2025-02-01Z',
			'2025-06-01Z', E'b\u20ac', '2025-02-03Z'),
			60, '2025-03-01Z', 'r'), 'r', '2025-03-02Z', 25, 'part')),
		(3, earn(reverse(redeem(earn(points_ledger(), 100, '2025-01-01Z', ref => 'a'), 90, '2025-01-02Z'), 'a',
			'2025-01-03Z', allow_negative => true),
			40, '2025-01-04Z', ref => 'c')),
		(4, (SELECT ledger_agg(v, t, e)
			FROM (VALUES (10, '2025-01-01Z'::timestamptz, '2025-06-01Z'::timestamptz),
			(5, '2025-01-01Z', '2025-07-01Z'),
			(-8, '2025-02-01Z', '2025-07-01Z')) m (v, t, e)));
	INSERT INTO ledgers SELECT 5, redeem((SELECT p FROM ledgers WHERE id = 2)
		|| (SELECT prefix_refs(p, 'x') FROM ledgers WHERE id = 3), 20, '2025-04-01Z', 'z');
	INSERT INTO ledgers SELECT 6, close(extend(hold(release(hold(reverse(capture(hold(giver || prefix_refs(parcel, 'to '),
			20, '2025-03-01Z', '2025-02-10Z', 'r'), 'r', 15, '2025-02-11Z'), 'r', '2025-02-12Z', 5, 'part'),
			7, '2025-03-01Z', '2025-02-13Z', 's'), 's', '2025-02-14Z'), 9, '2025-03-06Z', '2025-02-15Z', 'u'),
			'2026-06-01Z', '2025-02-16Z', 'v'), '2025-02-01Z')
		FROM transfer(earn(earn(points_ledger(), 100, '2025-01-01Z', '2026-01-01Z', 'a'), 50, '2025-02-01Z', '2025-06-01Z'),
			30, '2025-02-05Z', 'a2');
	INSERT INTO ledgers SELECT 7, compact(reverse(hold(reverse(reverse(redeem(earn(earn(earn(points_ledger(),
			10, '2024-01-01Z', '2024-02-01Z'), 30, '2025-01-01Z', ref => 'a'), 50, '2025-01-02Z', '2025-12-01Z', 'b'),
			60, '2025-01-03Z', 'r'), 'r', '2025-01-04Z', 15, 'x'), 'r', '2025-02-01Z', 5, 'y'), 30, '2025-02-10Z', '2025-01-05Z',
			'cart'), 'b', '2025-01-06Z', allow_negative => true), '2025-01-31Z');
});

# And times near and far: issued long before, the same duration and the same end as the lot before, and neither.
query($node, q{
	INSERT INTO ledgers SELECT 8, earn(earn(earn(earn(receive(receive(earn(points_ledger(), 10, '4714-11-24Z BC', '294276-12-31Z',
			'a'), long_ago.parcel), of_late.parcel), 5, '2025-01-04Z', '2025-02-04Z', 'b'), 5, '2025-01-05Z', '2025-02-05Z'), 5,
			'2025-01-05Z', '2025-02-05Z', available => '2025-01-06Z'), 5, '2025-01-07Z', '2025-02-05Z')
		FROM transfer(earn(points_ledger(), 10, '0001-01-01Z BC', '2026-01-01Z'), 4, '2025-01-02Z', 'c') long_ago,
			transfer(earn(points_ledger(), 10, '2024-12-01Z'), 4, '2025-01-03Z', 'd') of_late});

# 1. Messages.
my @sent = messages_of($node, 'points_ledger', 'SELECT p FROM ledgers ORDER BY id');
my @taken = send_values($node, 'points_ledger', '22\w{3}|23505|23514|08P01', map({ altered_everywhere($_) } @sent),
	altered_at_random(400, @sent));
cmp_ok(scalar @taken, '>', 100, '... or taken');
is(query($node, q{SELECT count(*) FROM received WHERE v::text::points_ledger <> v OR v::jsonb::points_ledger <> v}),
	'0', '... and then they come back, as text');
my $file = $node->basedir . '/received';
query($node, "COPY received TO '$file' (FORMAT binary);
	CREATE TABLE again (LIKE received); COPY again FROM '$file' (FORMAT binary)");
is(query($node, 'SELECT count(*) FROM (TABLE received EXCEPT ALL TABLE again) d'), '0', '... sent');
is(query($node, q{SELECT count(*) FROM received,
	unnest('{2025-02-02Z, 2025-02-12Z, 2025-03-05Z, 2025-07-01Z, infinity}'::timestamptz[]) t,
	statement(v, t) s
	WHERE s.earned <> s.available + s.pending + s.held + s.redeemed + s.expired + s.reversed}), '0', '... and add up');
is(query($node, q{SELECT count(*) FROM received, lots(v, '2025-03-05Z') l
	WHERE least(remaining, held, redeemed, expired, reversed) < 0}), '0', '... without a negative lot');

# 2. Stored bytes. Those that are taken are the only ones of their ledger: written anew, they are the same.
make_raw_type($node, 'points_ledger');
my @stored = stored_bytes_of($node, 'points_ledger', 'SELECT p FROM ledgers ORDER BY id');
my $states = use_values($node, 'points_ledger stored',
	source  => 'SELECT $1::text::raw_points_ledger::points_ledger AS v',
	values  => [ map({ altered_everywhere($_) } @stored), altered_at_random(50, @stored) ],
	allowed => 'XX001|0A000|22\w{3}|23505|23514|54000',
	uses    => [
		'v', 'points_ledger_send(v)', 'v = points_ledger()', 'v < points_ledger()', 'v::json',
		'hashtext(v::text)', q{statement(v, '2025-03-05Z')},
		q{balance(v, 'infinity')},
		q{(SELECT count(l) FROM lots(v, '2025-02-02Z') l)}, '(SELECT count(m.*) FROM movements(v) m)',
		q{earn(v, 5, '2025-01-05Z')},
		q{redeem(v, 5, '2025-02-05Z')}, q{redeem(v, 1, '2026-02-05Z')},
		q{reverse(v, 'a', '2025-02-05Z', allow_negative => true)},
		q{reverse(v, 'r', '2025-03-05Z')}, 'v || v', q{prefix_refs(v, 'p')},
		q{expiring(v, '2025-12-31Z', '2025-02-05Z')}, q{has_ref(v, 'r')}, q{next_expiry(v, '2025-02-05Z')},
		q{transfer(v, 5, '2025-02-17Z')}, q{hold(v, 5, '2025-04-01Z', '2025-02-17Z', 'h')},
		q{capture(v, 'u', 2, '2025-02-18Z')}, q{release(v, 'u', '2025-02-18Z')}, q{capture(v, 'cart', at => '2025-02-01Z')},
		q{extend(v, '2027-01-01Z', '2025-02-18Z')}, q{close(v, '2025-06-01Z')}, q{compact(v, '2025-02-14Z')},
		q{compact(v, '2026-02-14Z')}, q{merge(v, v, 'p')},
		q{(SELECT count(j) FROM journal(v, '2025-02-01Z', 'infinity') j)} ],
	holds => [
		q{prefix_refs(v, '') = v},
		q{(SELECT bool_and(earned = available + pending + held + redeemed + expired + reversed)
			FROM unnest('{2025-02-02Z, 2025-02-12Z, 2025-03-05Z, 2026-02-14Z, infinity}'::timestamptz[]) t, statement(v, t))} ]);
cmp_ok($states->{XX001}, '>', 1000, '... damage is called by its name');

# 3. Soft errors.
SKIP:
{
	skip 'no soft errors before 16', 3 if $node->pg_version < 16;
	my $valid = q{pg_input_is_valid(t, 'points_ledger')};

	is(query($node, "SELECT bool_and($valid) FROM (SELECT p::text FROM ledgers) l (t)"), 't',
		'pg_input_is_valid takes what is valid');
	is(query($node, q{SELECT sql_error_code, message FROM (VALUES
			('x'), ('{}'), ('[1]'), ('[{"kind": "earn", "at": "soon", "points": 1}]'),
				('[{"kind": "earn", "at": "2025-01-01Z", "points": 1e40}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 0}]'),
			('[{"kind": "earn", "at": "infinity", "points": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 1, "ref": ""}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 1, "expires": "2025-01-01Z"}]'),
			('[{"kind": "redeem", "at": "2025-01-01Z", "points": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 1, "merged_from": 7}]'),
			('[{"kind": "reverse", "at": "2025-01-01Z", "points": 1, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2, "ref": "a"},
				{"kind": "redeem", "at": "2025-01-02Z", "points": 1, "ref": "a"}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2},
				{"kind": "redeem", "at": "2025-01-02Z", "points": 1, "draws": []}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2},
				{"kind": "reverse", "at": "2025-01-02Z", "points": 1, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2},
				{"kind": "reverse", "at": "2025-01-02Z", "points": 3, "reverses": 1, "ref": "r"}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2},
				{"kind": "reverse", "at": "2024-01-02Z", "points": 2, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2},
				{"kind": "redeem", "at": "2025-01-02Z", "points": 1},
				{"kind": "reverse", "at": "2025-01-03Z", "points": 2, "reverses": 1}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2},
				{"kind": "redeem", "at": "2025-01-03Z", "points": 2},
				{"kind": "redeem", "at": "2025-01-02Z", "points": 2}]'),
			('[{"kind": "hold", "at": "2025-01-01Z", "points": 1, "until": "2025-01-02Z"}]'),
			('[{"kind": "hold", "at": "2025-01-01Z", "points": 1, "until": "2025-01-01Z", "ref": "h"}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 2},
				{"kind": "capture", "at": "2025-01-02Z", "points": 1, "hold": 1}]'),
			('[{"kind": "extend", "at": "2025-01-02Z", "expires": "2025-01-01Z"}]'),
			('[{"kind": "earn", "at": "2025-01-01Z", "points": 1, "issued_at": "2025-01-02Z"}]'),
			('[{"kind": "redeem", "at": "2025-01-01Z", "points": 1, "opening": {}}]')
		) v (t), pg_input_error_info(t, 'points_ledger')}),
		join("\n",
			'22P02|invalid input syntax for type json', '22P02|invalid input syntax for type points_ledger',
			'22P02|invalid input syntax for type points_ledger',
			'22007|invalid input syntax for type timestamp with time zone: "soon"',
			'22003|value "10000000000000000000000000000000000000000" is out of range for type bigint',
			'22023|points must be positive, not 0', '22008|the time of a movement must be finite, not infinity',
			'22023|ref must not be empty',
			'22023|points must be earned, become available and expire in this order', '23514|not enough points',
			'22023|movement 1 cannot have been merged from a ledger that begins with movement 7',
			'22023|there is no movement 1 to reverse', '23505|ref "a" occurs twice',
			'23514|movement 2 does not draw as the rules say',
			'22004|reversal_ref must not be null where points are given',
			'23514|no more can be reversed than there was', '22023|a reversal cannot lie before what it reverses',
			'23514|points to be taken back were redeemed', '23514|points are needed by a later movement',
			'22004|ref must not be null for a hold', '22023|a hold must end after it begins, at a finite time',
			'22023|movement 1 is not a hold', '22023|points cannot be extended to a time that is over',
			'22023|points cannot be issued after they were earned', '22023|movement 1 cannot be an opening'),
		'the rest is noted, rule by rule');
	is(query($node, "SELECT count(*)
		FROM (SELECT left(p::text, n) FROM ledgers, generate_series(0, length(p::text) - 1) n) v (t)
		WHERE $valid"), '0', 'nothing of it is half valid');
}

# 4. ledger_agg: partial states of every size, and of no rows.
query($node, RANDOM_SQL . q{
	CREATE TABLE moves (id int, member int, points bigint, at timestamptz, expires timestamptz, ref text,
		available timestamptz) WITH (parallel_workers = 4);
	INSERT INTO moves
	SELECT id, rnd(1, id, 1 + rnd(2, id, 3000)), CASE WHEN rnd(3, id, 3) = 0 THEN -1 ELSE 1 + rnd(4, id, 100) END,
		'2025-01-01Z'::timestamptz + rnd(5, id, 8000) * interval '1 hour',
		'2026-06-01Z'::timestamptz + rnd(6, id, 300) * interval '1 day',
			CASE WHEN rnd(7, id, 3) > 0 THEN repeat('r', rnd(8, id, 60)::int) || id END, NULL
	FROM generate_series(1, 40000) id;
	UPDATE moves SET expires = NULL WHERE points < 0 AND id % 4 > 0;
	INSERT INTO moves SELECT -member, member, 100000, '2024-01-01Z' FROM generate_series(0, 3000) member;
	VACUUM ANALYZE moves;
});
my $agg = 'SELECT member, ledger_agg(points, at, expires, ref, available)::text AS p FROM moves GROUP BY member';
query($node, "CREATE TABLE serial AS $agg", SERIAL);
for my $leader (qw(on off))
{
	same_rows($node, $agg, 'TABLE serial', "ledger_agg in parallel, leader $leader", PARALLEL,
		parallel_leader_participation => $leader);
}
same_rows($node, 'SELECT member, balance(p::points_ledger, $$2026-01-01Z$$) AS points FROM serial',
	'SELECT member, sum(points)::bigint AS points FROM moves GROUP BY member',
	'its balance is the sum while nothing has expired');
is(query($node, 'SELECT ledger_agg(points, at) FROM moves WHERE points IS NULL', PARALLEL), '',
	'... of nothing, in parallel');

done_testing();
