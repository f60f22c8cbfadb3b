# The ledger beside a replay of its rules: random movements through earn, redeem and reverse, some of them backdated, some
# retried, some refused; and balance, pending and statement at many times must be what test/perl/PointsReplay.pm says.
#
# The replay was written from the rules, not from the code. Each movement is a call in a block of its own, so that
# one that is refused leaves the ledger as it was; the SQLSTATE is compared too. A day is the unit of time.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use PointsReplay;
use RetentionTest;

my $node = start_server('main');

query($node, q{
	CREATE TABLE calls (kind text, member int, step int, what text, points bigint, at int, expires int, available int, ref text, target text,
		allow_negative boolean, expected text, PRIMARY KEY (kind, member, step));
	CREATE TABLE answers (kind text, member int, step int, answer text);
	CREATE TABLE ledgers (kind text, member int, ledger points_ledger);
	CREATE TABLE expected (kind text, member int, t int, earned bigint, available bigint, pending bigint, redeemed bigint, expired bigint, reversed bigint);
	CREATE FUNCTION d(day int) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN '2025-01-01Z'::timestamptz + day * interval '1 day';

	-- Enters a member's calls one by one. 'again' is a call that changes nothing.
	CREATE FUNCTION enter(of_kind text, of_member int) RETURNS points_ledger LANGUAGE plpgsql AS $$
	DECLARE
		ledger points_ledger := points_ledger();
		entered points_ledger;
		c calls;
		answer text;
	BEGIN
		FOR c IN SELECT * FROM calls WHERE kind = of_kind AND member = of_member ORDER BY step LOOP
			BEGIN
				entered := CASE c.what
					WHEN 'earn' THEN earn(ledger, c.points, d(c.at), d(c.expires), c.ref, d(c.available))
					WHEN 'redeem' THEN redeem(ledger, c.points, d(c.at), c.ref)
					ELSE reverse(ledger, c.target, d(c.at), c.points, c.ref, c.allow_negative) END;
				answer := CASE WHEN entered = ledger THEN 'again' ELSE 'done' END;
				ledger := entered;
			EXCEPTION WHEN OTHERS THEN
				answer := SQLSTATE;
			END;
			INSERT INTO answers VALUES (of_kind, of_member, c.step, answer);
		END LOOP;
		RETURN ledger;
	END $$;
});

# What may happen to members of each kind. Debts and backdated movements do not meet: which points pay a debt when
# others are entered before them later on is not for the rules to say.
my %kinds = (
	plain     => {},
	pending   => { pending => 1 },
	reversed  => { pending => 1, reversals => 1 },
	in_debt   => { pending => 1, reversals => 1, debts => 1 },
	backdated => { pending => 1, reversals => 1, backdated => 1 },
	retried   => { pending => 1, reversals => 1, retries => 1 });

# A call that nobody has made yet.
sub random_call
{
	my ($kind, $replay, $step, $now, @refs) = @_;
	my $at   = $kind->{backdated} && rand() < 0.3 ? int rand($now + 1) : $now;
	my $dice = rand;

	if ($dice < 0.45)
	{
		my $available = $kind->{pending} && rand() < 0.4 ? $at + int rand 15 : undef;
		my $expires   = rand() < 0.2 ? undef : ($available // $at) + (rand() < 0.02 ? 0 : 1 + int rand(rand() < 0.5 ? 10 : 80));

		return { what => 'earn', points => 1 + int rand 50, at => $at, available => $available, expires => $expires, ref => "m$step" };
	}
	if ($dice < 0.8 || !$kind->{reversals} || !@refs)
	{
		my $there = $replay->balance($at);

		return { what => 'redeem', points => $there > 0 && rand() < 0.9 ? 1 + int rand $there : 1 + int rand 60, at => $at, ref => "m$step" };
	}
	my $target = $refs[rand @refs];
	return { what => 'reverse', target => $target, at => $at, points => rand() < 0.5 ? 1 + int rand 20 : undef, ref => "m$step",
		allow_negative => $kind->{debts} && rand() < 0.7 ? 1 : 0 };
}

sub enter
{
	my ($replay, $call) = @_;
	my %m    = %$call;
	my $what = delete $m{what};

	return $replay->$what(%m);
}

srand 36;
my (%said, @calls, @expected);
for my $kind (sort keys %kinds)
{
	for my $member (1 .. 80)
	{
		my $replay = PointsReplay->new;
		my $now    = 0;
		my (@refs, @made);

		for my $step (1 .. 10 + int rand 30)
		{
			$now += 1 + int rand 4;
			my $call;
			if ($kinds{$kind}{retries} && @made && rand() < 0.25)
			{
				# The same once more at another time, or the same ref for something else.
				$call = { %{ $made[rand @made] }, at => $now };
				$call->{points} = ($call->{points} // 0) + 1 if rand() < 0.3;
			}
			else
			{
				$call = random_call($kinds{$kind}, $replay, $step, $now, @refs);
			}
			my $answer = enter($replay, $call);

			if ($answer eq 'done')
			{
				push @made, $call;
				push @refs, $call->{ref} if $call->{what} ne 'reverse' || rand() < 0.1;
			}
			$said{$answer}++;
			push @calls, '(' . join(', ', map { defined $_ ? "'$_'" : 'NULL' } $kind, $member, $step,
				@$call{qw(what points at expires available ref target)}, $call->{allow_negative} ? 't' : 'f', $answer) . ')';
		}
		for my $t (map { 2 * $_ } 0 .. ($now + 100) / 2)
		{
			my $state = $replay->state($t);

			push @expected, "('$kind', $member, $t, " . join(', ', @$state{qw(earned available pending redeemed expired reversed)}) . ')';
		}
	}
}
query($node, 'INSERT INTO calls VALUES ' . join(",\n", @calls));
query($node, 'INSERT INTO expected VALUES ' . join(",\n", @expected));
query($node, 'INSERT INTO ledgers SELECT kind, member, enter(kind, member) FROM (SELECT DISTINCT kind, member FROM calls) c');
cmp_ok($said{$_} // 0, '>', 20, "calls whose answer is '$_': " . ($said{$_} // 0)) for qw(done again 23514 23505 22023);

for my $kind (sort keys %kinds)
{
	is( query($node, qq{SELECT c.* FROM calls c JOIN answers a USING (kind, member, step) WHERE kind = '$kind' AND expected <> answer ORDER BY member, step LIMIT 5}),
		'', "$kind: every call has its answer");
	same_rows($node,
		"SELECT member, t, s.earned, s.available, s.pending, s.redeemed, s.expired, s.reversed FROM ledgers JOIN expected USING (kind, member),
			LATERAL statement(ledger, d(t)) s WHERE kind = '$kind'",
		"SELECT member, t, earned, available, pending, redeemed, expired, reversed FROM expected WHERE kind = '$kind'",
		"$kind: statement at many times");
	same_rows($node,
		"SELECT member, t, balance(ledger, d(t)), pending(ledger, d(t)) FROM ledgers JOIN expected USING (kind, member) WHERE kind = '$kind'",
		"SELECT member, t, available, pending FROM expected WHERE kind = '$kind'",
		"$kind: balance and pending at many times");
	is( query($node, qq{
			SELECT count(*) FILTER (WHERE n = 0), count(*) FILTER (WHERE bad > 0) FROM (
				SELECT count(l.*) n, count(*) FILTER (WHERE l.remaining < 0 OR l.earned <> l.redeemed + l.expired + l.reversed + l.remaining) bad
				FROM ledgers JOIN expected USING (kind, member), LATERAL lots(ledger, d(t)) l WHERE kind = '$kind' GROUP BY member) m}),
		'0|0', "$kind: each lot adds up, and none is negative")
	  if $kind ne 'in_debt';
	is(query($node, qq{SELECT count(*) FROM ledgers WHERE kind = '$kind' AND (ledger::text::points_ledger <> ledger OR ledger::jsonb::points_ledger <> ledger)}),
		'0', "$kind: text and jsonb give the same ledger");
}

done_testing();
