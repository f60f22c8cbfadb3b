# points_ledger against LedgerModel.pm, a second writing of its rules, on random movements.
#
# Lives of members enter earns, redemptions, reversals, transfers, holds, extensions and closings, in the order of their
# times and backdated, pending and expiring, with refs that repeat, and merge ledgers. What the model refuses must be
# refused with the same SQLSTATE, and what it enters must have the same draws, debts and statements at every time. Then
# come rules for the ledgers themselves: the identity, text and binary forms, what later movements leave as it was,
# merges, the journal; and compacted ledgers beside the whole.
#
# LEDGER_LIVES=number of short lives, LEDGER_SEED=another seed: for a longer search.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;
use LedgerLife;

my $short = $ENV{LEDGER_LIVES} // 10000;
my $node  = start_server('main');
my $dir   = PostgreSQL::Test::Utils::tempdir();

query($node, LedgerLife::SQL . q{
	CREATE TABLE lives (id int, kind text, times int[], calls jsonb);
	CREATE TABLE ledgers (id int PRIMARY KEY, kind text, times int[], p points_ledger, answers text,
		changed_earlier text);
});

# 1. Lives, and what the model says of them.

# A short life meets every rule soon: few points, many movements at one time, and mistakes. One in four is merged, one
# in eight with a ledger that is itself merged.
my @short = (pause => [ 0, 2 ], points => 9, lasting => 14, endless => 0.25, pending => 0.25, delay => 5,
	reversals => 0.25, debts => 0.65,
	backdated => 0.25, nameless => 0.15, slips => 0.08, holds => 0.08, transfers => 0.05, extensions => 0.06);

sub short_life
{
	my ($id) = @_;
	my $life = LedgerLife->new('a', @short, $id % 4 > 0 ? (closings => 0.06) : ())->live(4 + int rand 9);

	return $life if $id % 4 > 0;
	my $other = LedgerLife->new('b', @short)->live(2 + int rand 6);
	$other->merge(LedgerLife->new('c', @short)->live(3)) if $id % 8 == 0;
	return $life->merge($other)->live(3 + int rand 4);
}

# Long lives are of several kinds, in some of which little is refused.
my @long = (pause => [ 1, 4 ], points => 50, lasting => 80, endless => 0.2, slips => 0.02);
my @all  = (pending => 0.4, delay => 15, reversals => 0.2);
my @new  = (holds => 0.12, transfers => 0.06, extensions => 0.06);
my %long = (
	plain     => [@long],
	pending   => [ @long, pending => 0.4, delay => 15 ],
	reversed  => [ @long, @all ],
	in_debt   => [ @long, @all, debts => 0.7 ],
	backdated => [ @long, @all, backdated => 0.3 ],
	retried   => [ @long, @all, retries => 0.25 ],
	held      => [ @long, holds => 0.2 ],
	extended  => [ @long, @all, extensions => 0.2 ],
	closed    => [ @long, @all, backdated => 0.2, closings => 0.08 ],
	given     => [ @long, @all, transfers => 0.15 ],
	anything  => [ @long, @all, @new, reversals => 0.35, debts => 0.8, backdated => 0.3, retries => 0.1, closings => 0.02 ]);

my (@expected, %answers, %calls);
open my $out, '>', "$dir/lives" or die "$dir/lives: $!";

sub keep
{
	my ($kind, $life, @times) = @_;
	my @answers = @{ $life->{answers} };

	push @expected, join '|', "@answers", $life->{model}->brief,
		map { join ',', @$_ } $life->{model}->statements(@times);
	$answers{$_}++ for @answers;
	$calls{$kind} += @answers;
	return print $out join("\t", scalar @expected, $kind, '{' . join(',', @times) . '}', $life->json), "\n";
}

srand($ENV{LEDGER_SEED} // 1);
keep('short', short_life($_), map { $_ * 2 - 1 } 0 .. 20) for 1 .. $short;
for my $kind (sort keys %long)
{
	for (1 .. 80)
	{
		my $life = LedgerLife->new('m', @{ $long{$kind} })->live(10 + int rand 30);
		keep($kind, $life, map { $_ * 2 } 0 .. ($life->{now} + 100) / 2);
	}
}
close $out;
note(join ', ', map { "$calls{$_} calls of kind $_" } sort keys %calls);
note(join ', ', map { "$answers{$_} x $_" } sort keys %answers);
cmp_ok($answers{$_} // 0, '>', @expected / 100, "the answer $_ occurred often")
  for qw(done again 22004 22023 23505 23514);

query($node, qq{\\copy lives FROM '$dir/lives'
	INSERT INTO ledgers SELECT id, kind, times, e.p, e.answers, e.changed_earlier FROM lives, enter(calls) e;
	VACUUM ANALYZE ledgers});
my @said = split /\n/, query($node, q{SELECT concat_ws('|', answers, brief(p),
		(SELECT string_agg(concat_ws(',', earned, available, pending, held, redeemed, expired, reversed), '|' ORDER BY t)
			FROM unnest(times) t, statement(p, hour(t))))
	FROM ledgers ORDER BY id});
is(scalar @said, scalar @expected, @expected . ' lives');
my %wrong = map { $_ => [] } 'short', sort keys %long;
my @kinds = split /\n/, query($node, 'SELECT kind FROM ledgers ORDER BY id');
push @{ $wrong{ $kinds[$_] } }, $_ for grep { $said[$_] ne $expected[$_] } 0 .. $#said;
for my $kind (sort keys %wrong)
{
	my @places = @{ $wrong{$kind} };

	is(scalar @places, 0, "$kind: the server says what the model says");
	for my $place (grep { defined } @places[ 0, 1 ])
	{
		diag(query($node, "SELECT calls FROM lives WHERE id = $place + 1"));
		diag("server $said[$place]\nmodel  $expected[$place]");
	}
}
cmp_ok(query($node, "SELECT count(*) FROM ledgers WHERE brief(p) ~ 'debt' AND kind = '$_'"), '>', 5,
	"$_: there are debts") for qw(short in_debt anything);
cmp_ok(query($node, "SELECT count(*) FROM ledgers WHERE brief(p) ~ '$_'"), '>', 20, "there are many '$_'")
  for '>', '!', 'C\\d', 'F\\d', 'X', 'Z';

# 2. The ledgers themselves.
sub none { my ($sql, $name) = @_; return is(query($node, $sql), '', $name) }
none(q{SELECT id, changed_earlier FROM ledgers WHERE changed_earlier <> '' LIMIT 3},
	'no movement changes the balance of an earlier time');
none(q{SELECT id, t FROM ledgers, unnest(times || '{0, 8, 12, 40}') t, statement(p, hour(t)) s
	WHERE s.earned <> s.available + s.pending + s.held + s.redeemed + s.expired + s.reversed
		OR s.available <> balance(p, hour(t)) OR s.pending <> pending(p, hour(t)) LIMIT 3},
	'earned = available + pending + held + redeemed + expired + reversed');
none(q{SELECT ledgers.id, t FROM ledgers, unnest(times || '{0, 8, 12, 40}') t, lots(p, hour(t)) l
	WHERE least(l.remaining, l.held, l.redeemed, l.expired, l.reversed) < 0
		OR l.earned <> l.remaining + l.held + l.redeemed + l.expired + l.reversed
	OR (l.state IN ('pending', 'available')) <> (l.remaining > 0) LIMIT 3}, 'no lot is negative, and each adds up');
none(q{SELECT id FROM ledgers, unnest(times) t
	WHERE (statement(p, hour(t))).expired > (statement(p, hour(t + 3))).expired LIMIT 3},
	'what expired stays so');
none(q{SELECT id FROM ledgers WHERE expiring(p, hour(12), hour(6)) <> (
	SELECT coalesce(sum(remaining), 0) FROM lots(p, hour(6)) l
	WHERE state = 'available' AND expires <= hour(12)) LIMIT 3}, 'expiring');
none(q{SELECT id FROM ledgers WHERE p::text::points_ledger <> p OR p::jsonb::points_ledger <> p
	OR p::text::jsonb <> p::jsonb LIMIT 3}, 'texts');
query($node, qq{CREATE TABLE copies (LIKE ledgers);
	COPY ledgers TO '$dir/ledgers' (FORMAT binary); COPY copies FROM '$dir/ledgers' (FORMAT binary)});
none(q{SELECT id FROM ledgers JOIN copies c USING (id)
	WHERE c.p <> ledgers.p OR c.p::text <> ledgers.p::text LIMIT 3}, 'binary');
query($node, q{CREATE TABLE open AS SELECT id, p FROM ledgers WHERE brief(p) !~ 'Z'});
none(q{SELECT a.id FROM open a JOIN open b ON b.id = a.id + 1, prefix_refs(b.p, 'other ') q,
	unnest('{0, 3, 5, 8, 12, 17, 25, 40}'::int[]) t
	WHERE balance(a.p || q, hour(t)) <> balance(a.p, hour(t)) + balance(q, hour(t))
		OR statement(a.p || q, hour(t)) IS DISTINCT FROM statement(q || a.p, hour(t)) LIMIT 3},
			'balance(a || b, t) = balance(a, t) + balance(b, t)');
none(q{SELECT a.id FROM open a JOIN open b ON b.id = a.id + 1, prefix_refs(b.p, 'other ') q
	WHERE (a.p || q)::text::points_ledger <> a.p || q LIMIT 3}, 'a merged ledger is a ledger');
none(q{SELECT id, t, n FROM ledgers, unnest('{0, 6, 12, 25}'::int[]) t, next_expiry(p, hour(t)) n
	WHERE n IS DISTINCT FROM (SELECT (expires, sum(remaining)::bigint) FROM lots(p, hour(t))
		WHERE state = 'available' AND expires IS NOT NULL GROUP BY expires ORDER BY expires LIMIT 1)
		AND (n.points IS NOT NULL OR EXISTS (SELECT FROM lots(p, hour(t)) WHERE state = 'available'
			AND expires IS NOT NULL)) LIMIT 3}, 'next_expiry');

# 3. The journal sums to the change of each column, of the whole and of each lot.
query($node, q{
	CREATE FUNCTION changes(p points_ledger, since timestamptz, until timestamptz, by_lot boolean)
	RETURNS TABLE (lot int, earned bigint, available bigint, pending bigint, held bigint, redeemed bigint,
		expired bigint, reversed bigint, paid bigint) LANGUAGE sql AS $$
		SELECT CASE WHEN by_lot THEN lot END, sum(s) FILTER (WHERE event = 'earned'),
			sum(s * CASE WHEN event IN ('available', 'returned', 'released') THEN 1
				WHEN event IN ('redeemed', 'held', 'transferred', 'expired', 'reversed', 'debt') THEN -1 END),
			sum(s * CASE event WHEN 'earned' THEN 1 WHEN 'available' THEN -1 END),
			sum(s * CASE event WHEN 'held' THEN 1 WHEN 'released' THEN -1 WHEN 'captured' THEN -1 END),
			sum(s * CASE event WHEN 'redeemed' THEN 1 WHEN 'captured' THEN 1 WHEN 'returned' THEN -1 END),
			sum(s) FILTER (WHERE event = 'expired'),
			sum(s) FILTER (WHERE event IN ('transferred', 'reversed', 'debt')), sum(s) FILTER (WHERE event = 'paid')
		FROM (SELECT lot, event, sum(points) AS s FROM journal(p, since, until) GROUP BY 1, 2) j GROUP BY 1 $$;
	CREATE TABLE spans AS SELECT id, p, hour(id % 7 * 3) AS since, hour(id % 11 * 5 + 2) AS until FROM ledgers
		UNION ALL SELECT id, p, '-infinity', 'infinity' FROM ledgers;
	DELETE FROM spans WHERE since > until;
});
none(q{SELECT id, since, until, c FROM spans, statement(p, since) a, statement(p, until) b
	LEFT JOIN LATERAL changes(p, since, until, false) c ON true
	WHERE b.earned - a.earned <> coalesce(c.earned, 0) OR b.available - a.available <> coalesce(c.available, 0)
		OR b.pending - a.pending <> coalesce(c.pending, 0) OR b.held - a.held <> coalesce(c.held, 0)
		OR b.redeemed - a.redeemed <> coalesce(c.redeemed, 0) OR b.expired - a.expired <> coalesce(c.expired, 0)
		OR b.reversed - a.reversed <> coalesce(c.reversed, 0) LIMIT 3}, 'the journal sums to the statement');
none(q{SELECT spans.id, since, until, b.id, c FROM spans, lots(p, until) b
		LEFT JOIN LATERAL (SELECT * FROM lots(p, since) x WHERE x.id = b.id) a ON true
		LEFT JOIN LATERAL (SELECT * FROM changes(p, since, until, true) x WHERE x.lot = b.id) c ON true
	WHERE b.earned - coalesce(a.earned, 0) <> coalesce(c.earned, 0)
		OR b.remaining - coalesce(a.remaining, 0) <> coalesce(c.available, 0) + coalesce(c.pending, 0)
			- coalesce(c.paid, 0)
		OR b.held - coalesce(a.held, 0) <> coalesce(c.held, 0)
		OR b.redeemed - coalesce(a.redeemed, 0) <> coalesce(c.redeemed, 0)
		OR b.expired - coalesce(a.expired, 0) <> coalesce(c.expired, 0)
		OR b.reversed - coalesce(a.reversed, 0) <> coalesce(c.reversed, 0) + coalesce(c.paid, 0) LIMIT 3},
	'... and to each lot');
none(q{SELECT spans.id, j FROM spans, journal(p, since, until) j
	WHERE points <= 0 OR happened_at <= since OR happened_at > until OR (lot IS NULL) <> (event = 'debt') LIMIT 3},
	'... with points, in the range');

# 4. A compacted ledger answers from then on as it did, and takes the same movements.
open $out, '>', "$dir/more" or die "$dir/more: $!";
for (1 .. 500)
{
	my $more = LedgerLife->new('later', @long, @all, @new, debts => 0.7, backdated => 0.2, reversals => 0.2);
	$more->{now} = 60;
	print $out "$_\t", $more->live(8)->json, "\n";
}
close $out;
query($node, qq{
	CREATE TABLE more (id int PRIMARY KEY, calls jsonb);
	\\copy more FROM '$dir/more'
	CREATE TABLE compacted AS SELECT id, before, p, compact(p, hour(before)) AS q
		FROM ledgers, LATERAL (VALUES (id % 13), (id % 29 + 3), (id % 67)) v (before)
		WHERE kind <> 'short' OR id % 4 = 0;
	ANALYZE compacted});
cmp_ok(query($node, q{SELECT count(*) FROM compacted, jsonb_array_elements(q::jsonb) m
	WHERE m->>'kind' = 'hold' AND m ? 'opening'}), '>', 20, 'holds are kept');
cmp_ok(query($node, q{SELECT count(*) FROM compacted, jsonb_array_elements(q::jsonb) m
	WHERE m->>'kind' = 'redeem' AND m ? 'opening'}), '>', 20, 'redemptions are');
cmp_ok(query($node, q{SELECT count(*) FROM compacted, jsonb_array_elements(q::jsonb) m
	WHERE m->>'kind' = 'reverse' AND m ? 'opening'}), '>', 20, 'debts are');
none(q{SELECT id, before, t, statement(p, hour(t)), statement(q, hour(t)) FROM compacted,
		unnest(ARRAY[0, 1, 2, 3, 5, 8, 13, 21, 34, 90] || 1000000) d, LATERAL (SELECT before + d AS t) x
	WHERE statement(p, hour(t)) IS DISTINCT FROM statement(q, hour(t))
		OR next_expiry(p, hour(t)) IS DISTINCT FROM next_expiry(q, hour(t))
		OR expiring(p, hour(t + 9), hour(t)) <> expiring(q, hour(t + 9), hour(t)) LIMIT 3},
	'a compacted ledger: statement, next_expiry, expiring');
none(q{WITH rows AS (SELECT id, before, w.whole, row(happened_at, event, issued_at, points) AS r
		FROM compacted, LATERAL (VALUES (true, p), (false, q)) w (whole, ledger),
			journal(ledger, hour(before), 'infinity'))
	(SELECT id, before, r FROM rows WHERE whole EXCEPT ALL SELECT id, before, r FROM rows WHERE NOT whole)
	UNION ALL (SELECT id, before, r FROM rows WHERE NOT whole EXCEPT ALL SELECT id, before, r FROM rows WHERE whole)
	LIMIT 3}, '... journal');
none(q{SELECT id, before FROM compacted, hour(before) t WHERE (SELECT (sum(earned), sum(remaining), sum(held), sum(redeemed),
		sum(expired), sum(reversed)) FROM lots(p, t)) IS DISTINCT FROM
	(SELECT (sum(earned), sum(remaining), sum(held), sum(redeemed), sum(expired), sum(reversed)) FROM lots(q, t))
	LIMIT 3}, '... lots');
none(q{SELECT id, before FROM compacted, LATERAL (SELECT q::text::points_ledger AS r) x
	WHERE q <> r OR compact(q, hour(before)) <> q OR q::jsonb::points_ledger <> q LIMIT 3},
	'... is itself, from its text');
query($node, qq{CREATE TABLE copied (LIKE compacted);
	COPY compacted TO '$dir/compacted' (FORMAT binary); COPY copied FROM '$dir/compacted' (FORMAT binary)});
none(q{SELECT id FROM compacted c JOIN copied d USING (id, before) WHERE c.q <> d.q LIMIT 3}, '... binary');
none(q{SELECT c.id, before, c.t FROM (SELECT c.*, b.q AS twice, hour(before + 20 + d) AS t FROM compacted c,
		LATERAL (SELECT compact(q, hour(before + 20)) AS q) b, unnest('{0, 7, 50}'::int[]) d) c
	WHERE statement(p, t) IS DISTINCT FROM statement(twice, t) OR twice::text::points_ledger <> twice LIMIT 3},
	'... compacted twice');
none(q{SELECT c.id, before, a.answers, b.answers FROM compacted c JOIN more m ON m.id = c.id % 500 + 1,
		enter(calls, close(p, hour(before))) a, enter(calls, q) b, unnest('{60, 70, 80, 100, 200}'::int[]) t
	WHERE a.answers <> b.answers OR b.p::text::points_ledger <> b.p
		OR (t >= before AND statement(a.p, hour(t)) IS DISTINCT FROM statement(b.p, hour(t))) LIMIT 3},
	'... takes the same movements');

# 5. ledger_agg equals entering in the order of times.
query($node, q{
	CREATE TABLE moves AS
	SELECT ledgers.id, m.moved_at AS at, (CASE m.kind WHEN 'earn' THEN 1 ELSE -1 END) * m.points AS points, m.expires,
		m.ref, m.available, m.id AS n
	FROM ledgers, movements(p) m WHERE m.kind IN ('earn', 'redeem') AND m.issued_at IS NOT DISTINCT FROM
		CASE m.kind WHEN 'earn' THEN m.moved_at END;
	CREATE FUNCTION entered(member int) RETURNS points_ledger LANGUAGE plpgsql AS $$
	DECLARE
		m moves;
		p points_ledger := points_ledger();
	BEGIN
		FOR m IN SELECT * FROM moves WHERE id = member ORDER BY at, points < 0, expires, available, points,
			ref COLLATE "C" LOOP
			p := CASE WHEN m.points > 0 THEN earn(p, m.points, m.at, m.expires, m.ref, m.available)
				ELSE redeem(p, -m.points, m.at, m.ref) END;
		END LOOP;
		RETURN p;
	EXCEPTION WHEN check_violation THEN RETURN NULL;
	END $$;
	CREATE FUNCTION collected(member int) RETURNS points_ledger LANGUAGE plpgsql AS $$
	BEGIN
		RETURN (SELECT ledger_agg(points, at, expires, ref, available ORDER BY hashint4(n)) FROM moves
			WHERE id = member);
	EXCEPTION WHEN check_violation THEN RETURN NULL;
	END $$;
	CREATE INDEX ON moves (id);
	ANALYZE moves;
});
none(q{SELECT id FROM (SELECT DISTINCT id FROM moves WHERE id % 3 = 0) i
	WHERE entered(id) IS DISTINCT FROM collected(id) LIMIT 3}, 'ledger_agg is earn and redeem in time order');

done_testing();
