# points_ledger against a second writing of its rules (LedgerModel.pm), on random movements.
#
# Every sequence enters earns, redemptions and reversals, in the order of their times and backdated, pending and expiring,
# with refs that repeat, and merges ledgers; whatever is refused must be refused with the same SQLSTATE, and what comes of
# it must have the same draws, debts and statements at every time.  Then the ledgers as they are: the identity, their
# texts and binary form, what later movements leave alone, merges.
#
# LEDGER_SEQUENCES=number of sequences, LEDGER_SEED=another seed: for a longer search.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;
use LedgerModel;

my $sequences = $ENV{LEDGER_SEQUENCES} // 10000;
my $seed      = $ENV{LEDGER_SEED}      // 1;
my @TIMES     = map { $_ * 2 - 1 } 0 .. 20;
my $node      = start_server('main');

# A generator of its own: rand() is another one on other machines.
my $random = $seed;
sub rnd { my ($n) = @_; $random = ($random * 1103515245 + 12345) % 2147483648; return int($random / 2147483648 * $n) }
sub pick { return $_[ rnd(scalar @_) ] }

# One call: its name and arguments.
sub random_call
{
	my ($clock, $refs, $prefix) = @_;
	my $at      = rnd(4) ? ($$clock += rnd(3)) : rnd($$clock + 1);
	my $kind    = rnd(20);
	my $new_ref = sub { my $ref = $prefix . @$refs; push @$refs, $ref; return $ref };
	my $ref     = sub { return @$refs && !rnd(12) ? pick(@$refs) : $new_ref->() };

	if ($kind < 9)
	{
		my $available = rnd(4) ? undef : $at + rnd(5) - !rnd(20);
		my $expires = rnd(4) ? ($available // $at) + rnd(14) : undef;
		return [ 'earn', 1 + rnd(9), $at, $expires, $ref->(), $available ];
	}
	return [ 'redeem', 1 + rnd(rnd(3) ? 8 : 16), $at, rnd(6) ? $ref->() : undef ] if $kind < 14;
	my $target = @$refs ? pick(@$refs) : 'none';
	my $whole = rnd(2);
	return [ 'reverse', $target, $at, $whole ? undef : 1 + rnd(7), $whole && rnd(3) || !rnd(20) ? undef : $ref->(), rnd(3) ? 'true' : 'false' ];
}

# Enters the calls into the model; returns what the server should say.
sub expected
{
	my ($calls) = @_;
	my @models = (LedgerModel->new);
	my @codes;

	for my $call (@$calls)
	{
		my ($name, @args) = @$call;
		if    ($name eq 'push')    { push @models, LedgerModel->new; push @codes, '00000' }
		elsif ($name eq 'join')    { my $other = pop @models; $models[-1]->merge($other); push @codes, '00000' }
		elsif ($name eq 'reverse') { $args[4] = $args[4] eq 'true'; push @codes, $models[-1]->reverse(@args) }
		else                       { push @codes, $models[-1]->$name(@args) }
	}
	return join '|', join(' ', @codes), $models[0]->brief, map { join ',', $models[0]->statement($_) } @TIMES;
}

query($node, q{
	CREATE TABLE calls (id int, calls jsonb);
	CREATE TABLE ledgers (id int PRIMARY KEY, p points_ledger, said text, steps text);
	CREATE FUNCTION hour(h int) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN '2025-01-01Z'::timestamptz + h * interval '1 hour';
	CREATE FUNCTION brief(p points_ledger) RETURNS text LANGUAGE sql AS $$
		SELECT coalesce(string_agg(CASE kind WHEN 'earn' THEN '+' || points WHEN 'redeem' THEN points || '<' ELSE points || ' R' || reverses || '<' END
			|| coalesce((SELECT string_agg(concat(d->'lot', ':', d->'points'), ',') FROM jsonb_array_elements(draws) d), '')
			|| coalesce(' debt ' || debt, ''), '; ' ORDER BY id), '') FROM movements(p) $$;
	-- the calls of a sequence, one by one; steps notes where a movement changed the balance of an earlier time
	CREATE FUNCTION run(calls jsonb, OUT p points_ledger, OUT codes text, OUT steps text) LANGUAGE plpgsql AS $$
	DECLARE
		call jsonb;
		before points_ledger;
		at timestamptz;
		stack points_ledger[] := '{}';
	BEGIN
		p := points_ledger();
		steps := '';
		FOR call IN SELECT * FROM jsonb_array_elements(calls) LOOP
			before := p;
			BEGIN
				CASE call->>0
					WHEN 'earn' THEN p := earn(p, (call->>1)::bigint, hour((call->>2)::int), hour((call->>3)::int), call->>4, hour((call->>5)::int));
					WHEN 'redeem' THEN p := redeem(p, (call->>1)::bigint, hour((call->>2)::int), call->>3);
					WHEN 'reverse' THEN p := reverse(p, call->>1, hour((call->>2)::int), (call->>3)::bigint, call->>4, (call->>5)::boolean);
					WHEN 'push' THEN stack := stack || p; p := points_ledger();
					WHEN 'join' THEN p := stack[cardinality(stack)] || p; stack := trim_array(stack, 1);
				END CASE;
				codes := concat_ws(' ', codes, '00000');
			EXCEPTION WHEN OTHERS THEN
				codes := concat_ws(' ', codes, SQLSTATE);
			END;
			IF call->>0 NOT IN ('push', 'join') AND p <> before THEN
				at := hour((call->>2)::int);
				IF balance(p, at - interval '1 us') <> balance(before, at - interval '1 us') OR balance(p, at - interval '3 h') <> balance(before, at - interval '3 h') THEN
					steps := steps || call;
				END IF;
			END IF;
		END LOOP;
	END $$;
});

# 1. Sequences, and what the model says of them.
my $dir = PostgreSQL::Test::Utils::tempdir();
my @expected;
open my $out, '>', "$dir/calls" or die "$dir/calls: $!";
for my $id (1 .. $sequences)
{
	my ($clock, @refs, @other_refs, @calls) = (0);
	my $json = sub { my ($v) = @_; return !defined $v ? 'null' : $v =~ /^(-?\d+|true|false)$/ ? $v : qq{"$v"} };

	push @calls, random_call(\$clock, \@refs, 'a') for 1 .. 4 + rnd(9);
	if ($id % 4 == 0)
	{
		my $other_clock = 0;
		push @calls, ['push'], map({ random_call(\$other_clock, \@other_refs, 'b') } 1 .. 2 + rnd(6));
		push @calls, [ 'push' ], map({ random_call(\$other_clock, \@other_refs, 'c') } 1 .. 3), ['join'] if $id % 8 == 0 && !@other_refs;
		push @calls, ['join'];
		$clock = LedgerModel::max($clock, $other_clock);
		push @refs, @other_refs;
		push @calls, random_call(\$clock, \@refs, 'd') for 1 .. 3 + rnd(4);
	}
	print $out $id, "\t[", join(', ', map { my $call = $_; '[' . join(', ', map { $json->($_) } @$call) . ']' } @calls), "]\n";
	push @expected, expected(\@calls);
}
close $out;

query($node, qq{\\copy calls FROM '$dir/calls'
	INSERT INTO ledgers SELECT id, r.p, r.codes, r.steps FROM calls, run(calls) r});
my $times = join ', ', @TIMES;
my @said = split /\n/, query($node, qq{SELECT said || '|' || brief(p) || '|' || (SELECT string_agg(concat_ws(',', earned, available, pending, redeemed, expired,
		reversed), '|' ORDER BY t) FROM unnest(ARRAY[$times]) t, statement(p, hour(t))) FROM ledgers ORDER BY id});
is(scalar @said, $sequences, "$sequences sequences");
my @wrong = grep { $said[$_] ne $expected[$_] } 0 .. $#said;
is(scalar @wrong, 0, 'the server says what the model says');
for my $i (grep { defined } @wrong[ 0 .. 2 ])
{
	diag(query($node, 'SELECT calls FROM calls WHERE id = ' . ($i + 1)), "\nserver $said[$i]\nmodel  $expected[$i]");
}
my %codes;
$codes{$_}++ for map { split / / } map { (split /\|/)[0] } @said;
note(join ', ', map { "$codes{$_} x $_" } sort keys %codes);
cmp_ok($codes{$_} // 0, '>', $sequences / 100, "$_ occurred often") for qw(00000 22004 22023 23505 23514);
like(query($node, 'SELECT brief(p) FROM ledgers'), qr/debt/, 'and debts did');

# 2. The ledgers themselves.
sub none { my ($sql, $name) = @_; return is(query($node, $sql), '', $name) }
none(q{SELECT id, steps FROM ledgers WHERE steps <> '' LIMIT 3}, 'no movement changes the balance of an earlier time');
none(q{SELECT id, t FROM ledgers, unnest('{-1, 0, 3, 5, 8, 12, 17, 25, 40}'::int[]) t, statement(p, hour(t)) s
	WHERE s.earned <> s.available + s.pending + s.redeemed + s.expired + s.reversed OR s.available <> balance(p, hour(t)) OR s.pending <> pending(p, hour(t)) LIMIT 3},
	'earned = available + pending + redeemed + expired + reversed');
none(q{SELECT ledgers.id, t FROM ledgers, unnest('{0, 3, 5, 8, 12, 17, 25, 40}'::int[]) t, lots(p, hour(t)) l
	WHERE least(l.remaining, l.redeemed, l.expired, l.reversed) < 0 OR l.earned <> l.remaining + l.redeemed + l.expired + l.reversed
	OR (l.state IN ('pending', 'available')) <> (l.remaining > 0) LIMIT 3}, 'no lot is negative, and each adds up');
none(q{SELECT id FROM ledgers, generate_series(0, 45, 3) t WHERE (statement(p, hour(t))).expired > (statement(p, hour(t + 3))).expired LIMIT 3},
	'what expired stays so');
none(q{SELECT id FROM ledgers WHERE expiring(p, hour(12), hour(6)) <> (SELECT coalesce(sum(remaining), 0) FROM lots(p, hour(6)) l
	WHERE state = 'available' AND expires <= hour(12)) LIMIT 3}, 'expiring');
none(q{SELECT id FROM ledgers WHERE p::text::points_ledger <> p OR p::jsonb::points_ledger <> p OR p::text::jsonb <> p::jsonb LIMIT 3}, 'texts');
query($node, qq{CREATE TABLE copies (LIKE ledgers);
	COPY ledgers TO '$dir/ledgers' (FORMAT binary); COPY copies FROM '$dir/ledgers' (FORMAT binary)});
none(q{SELECT id FROM ledgers JOIN copies c USING (id) WHERE c.p <> ledgers.p OR c.p::text <> ledgers.p::text LIMIT 3}, 'binary');
none(q{SELECT a.id FROM ledgers a JOIN ledgers b ON b.id = a.id + 1, prefix_refs(b.p, 'other ') q, unnest('{0, 3, 5, 8, 12, 17, 25, 40}'::int[]) t
	WHERE balance(a.p || q, hour(t)) <> balance(a.p, hour(t)) + balance(q, hour(t))
		OR statement(a.p || q, hour(t)) IS DISTINCT FROM statement(q || a.p, hour(t)) LIMIT 3}, 'balance(a || b, t) = balance(a, t) + balance(b, t)');
none(q{SELECT a.id FROM ledgers a JOIN ledgers b ON b.id = a.id + 1, prefix_refs(b.p, 'other ') q
	WHERE (a.p || q)::text::points_ledger <> a.p || q LIMIT 3}, 'a merged ledger is a ledger');

# 3. ledger_agg equals entering in the order of times.
query($node, q{
	CREATE TABLE moves AS
	SELECT ledgers.id, m.moved_at AS at, (CASE kind WHEN 'earn' THEN 1 ELSE -1 END) * points AS points, m.expires, m.ref, m.available, m.id AS n
	FROM ledgers, movements(p) m WHERE kind <> 'reverse';
	CREATE FUNCTION entered(member int) RETURNS points_ledger LANGUAGE plpgsql AS $$
	DECLARE
		m moves;
		p points_ledger := points_ledger();
	BEGIN
		FOR m IN SELECT * FROM moves WHERE id = member ORDER BY at, points < 0, expires, available, abs(points) * sign(points), ref COLLATE "C" LOOP
			p := CASE WHEN m.points > 0 THEN earn(p, m.points, m.at, m.expires, m.ref, m.available) ELSE redeem(p, -m.points, m.at, m.ref) END;
		END LOOP;
		RETURN p;
	EXCEPTION WHEN check_violation THEN RETURN NULL;
	END $$;
	CREATE FUNCTION collected(member int) RETURNS points_ledger LANGUAGE plpgsql AS $$
	BEGIN
		RETURN (SELECT ledger_agg(points, at, expires, ref, available ORDER BY hashint4(n)) FROM moves WHERE id = member);
	EXCEPTION WHEN check_violation THEN RETURN NULL;
	END $$;
	CREATE INDEX ON moves (id);
	ANALYZE moves;
});
none(q{SELECT id FROM (SELECT DISTINCT id FROM moves WHERE id % 3 = 0) i WHERE entered(id) IS DISTINCT FROM collected(id) LIMIT 3}, 'ledger_agg is earn and redeem in time order');

done_testing();
