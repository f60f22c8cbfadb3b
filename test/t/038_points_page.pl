# docs/points.md on a shop of its own: every number that the page's queries print, and every member's columns at every
# month's end, beside a replay that knows nothing of the extension.  Then gifts, mergers, checkouts, extensions and
# closings in bulk, by the page's statements.
#
# MOVEMENTS   about how many movements; default 20,000. make bookscheck takes 5,000,000.
# SEED        default 1
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use List::Util qw(max min sum0);
use PostgreSQL::Test::Utils;
use Test::More;
use EarningRules;
use MemberRows;
use PageBooks;
use PointsBulk;
use PointsReplay;
use PointsShop;
use RetentionTest;

use constant CLOSED => 23;    # the number of the end of 2025
my $movements = $ENV{MOVEMENTS} || 20000;
my $seed = $ENV{SEED} || 1;
my $dir  = PostgreSQL::Test::Utils::tempdir();
my @ends = (@MONTHS[ 1 .. 24 ], '2026-07-01', '2027-03-01');

my $node = start_server('main', SERVER);
my $page = PageBooks->new($node, 'points');

# ---- 1. The page ----

$page->step('the orders', orders_sql($seed, $movements));
$page->run_to(qr/DISABLE TRIGGER/);

# Members of the log, and what the trigger says to each thing that they want.
$page->step('what members want', wanted_sql($seed, $movements) . q{
	INSERT INTO card_holders SELECT DISTINCT member_id FROM wanted;
	CREATE TABLE outcome (place bigint PRIMARY KEY, answer text);
	DO $$
	DECLARE
		w wanted;
		answer text;
	BEGIN
		FOR w IN TABLE wanted ORDER BY place LOOP
			BEGIN
				INSERT INTO point_log (member_id, ref, kind, points, at, expires, available, reverses)
				VALUES (w.member_id, w.ref, w.kind, w.points, w.at, w.expires, w.available, w.reverses)
				ON CONFLICT DO NOTHING;
				answer := CASE WHEN FOUND THEN 'done' ELSE 'again' END;
			EXCEPTION WHEN OTHERS THEN
				answer := SQLSTATE;
			END;
			INSERT INTO outcome VALUES (w.place, answer);
			IF w.place % 1000 = 0 THEN
				COMMIT;
			END IF;
		END LOOP;
	END $$;});

# Returns of orders, one of a member, when the year ends or just before, after all that the member had done.  Which of
# two lots that expire together is spent first, the page does not say; such orders are left alone.
$page->step('returns', q{
	INSERT INTO point_log (member_id, ref, kind, at, reverses)
	SELECT DISTINCT ON (member_id) member_id, 'return of ' || ref, 'reverse',
		CASE WHEN member_id % 2 = 0 THEN '2026-01-01' ELSE greatest('2025-12-31 12:00', last) END, ref
	FROM (SELECT *, count(*) OVER (PARTITION BY member_id, at, expires) AS alike,
			max(at) OVER (PARTITION BY member_id) AS last
		FROM point_movements) AS m
	WHERE ref LIKE 'order%' AND alike = 1 AND member_id % 4 > 0
	ORDER BY member_id, rnd(99, hashtext(ref), 1000000);});
$page->run_to(qr/IS DISTINCT FROM \(b\.earned/);

# ---- 2. The replay ----

# Of the table, what the shop owes at each end; of the log, also what becomes of all points, and of every member's.
my ($member, @owes, %balance, %closing);
my $table = PointsReplay->new([ map { utc($_) } @ends ], sub {
	my ($end, undef, $available, $pending) = @_;
	my $sums = $owes[$end] //= [ 0, 0, 0, 0 ];

	$sums->[0] += max($available, 0);
	$sums->[1] += $pending;
	$sums->[2] += max($available, 0) + $pending;
	$sums->[3] += max(-$available, 0);
	$balance{$member} = $available if $end == CLOSED && $member <= 15000;
});
open my $truth, '>', "$dir/truth" or die $!;
my $log = PointsReplay->new([ map { utc($_) } @ends ], sub {
	print $truth join("\t", $member, @_), "\n";
	at_closing(@_) if $_[0] == CLOSED;
});

# What compact leaves: lots that have points or are owed, one for all others, the debts, and the closing.
sub at_closing
{
	my (undef, undef, $available, $pending) = @_;
	my @lots = $log->open_lots;

	$closing{liability} = $available + $log->owed + $pending;
	$closing{after} = @lots + (@lots < keys %{ $log->{lots} }) + @{ $log->{debts} } + 1;
	return;
}

# A query for MemberRows; <at> is a time in seconds.
sub rows { my ($sql) = @_; return MemberRows->new($node, $sql =~ s/<(\w+)>/extract(epoch FROM $1)::bigint/gr) }

my $orders = rows(q{SELECT customer_id, <ordered_at>, order_id, (amount * 100)::bigint
	FROM orders ORDER BY customer_id, ordered_at, order_id});
my $table_rows = rows(q{SELECT member_id, CASE WHEN points > 0 THEN 'earn' ELSE 'redeem' END, abs(points),
		<at>, <expires>, <available>, ref
	FROM point_movements ORDER BY member_id, at, points < 0, expires, coalesce(available, at), points, ref});
my $log_rows = rows(q{SELECT member_id, kind, CASE WHEN ref NOT LIKE 'return of %' THEN points END,
		<at>, <expires>, <available>, ref, reverses, points, lapsed
	FROM point_log WHERE member_id < 1000000
	ORDER BY member_id, at, kind, expires, coalesce(available, at), points, ref});

# Who was brought by whom, and when: both get points then, if the one was there before.
my %first = map { split /\|/ } split /\n/, query($node, q{
	SELECT customer_id, extract(epoch FROM min(ordered_at))::bigint FROM orders
	WHERE customer_id IN (SELECT unnest(ARRAY[new_member, brought_by]) FROM referrals) GROUP BY customer_id});
my %referrals;
for (split /\n/, query($node, 'SELECT new_member, brought_by FROM referrals'))
{
	my ($new, $by) = split /\|/;

	push @{ $referrals{$_} }, [ "referral of $new", $first{$new} ]
	  for $first{$new} && $first{$by} && $first{$by} < $first{$new} ? ($new, $by) : ();
}

# When October begins and ends.
my %october_of = (
	'America/New_York' => [ utc('2025-10-01') + 4 * 3600, utc('2025-11-01') + 4 * 3600 ],
	'Europe/Riga' => [ utc('2025-10-01') - 3 * 3600, utc('2025-11-01') - 2 * 3600 ],
	'UTC' => [ utc('2025-10-01'), utc('2025-11-01') ]);
my @quarters = map { utc($_) } '2025-01-01', '2025-04-01', '2025-07-01', '2025-10-01', '2026-01-01';
my (%rules, %october, %cards, @kept, %sum, %unexpired, @account, @wrong);
my %long = map { $_ => 0 } qw(members before after liability);

while (my ($id, $entered) = $log_rows->next)
{
	$member = $id;
	customer($orders->next, $table_rows->next) if $id != 20001;    # who is one of the page's own
	my @answers = $log->replay($entered);
	for my $i (0 .. $#answers)
	{
		my ($answer, $points, $lapsed) = @{ $answers[$i] };
		my (undef, undef, undef, undef, undef, $ref, undef, $logged, $had_lapsed) = @{ $entered->[$i] };

		push @wrong, "$id, $ref: $answer"
		  if $answer ne 'done' || $points != $logged || ($lapsed // 0) != ($had_lapsed || 0);
	}
	if_long(scalar @answers);
}

# A customer's orders: what they bring, which must be what is in the table, and the cards.
sub customer
{
	my ($id, $orders, $also, $entered) = @_;
	my @mine = movements_of($orders, @{ $referrals{$id} // [] });

	push @wrong, "members $member, $id, $also" if $id != $member || $also != $member;
	push @wrong, "what $id earns"
	  if join("\n", sort map { join ',', @$_ } @mine) ne join "\n", sort map { join ',', @$_ } @$entered;
	by_rule($_) for @mine;
	if ($id <= 15000)
	{
		$sum{$id} = sum0 map { signed($_) } @mine;
		$unexpired{$id} = sum0 map { signed($_) } grep { $_->[0] eq 'redeem' || $_->[3] > utc('2026-01-01') } @mine;
		@account = account_of($entered) if $id == 2327;
	}
	$table->replay($entered);
	cards($orders);
	return;
}

sub signed { my ($movement) = @_; return $movement->[0] eq 'earn' ? $movement->[1] : -$movement->[1] }

sub by_rule
{
	my ($movement) = @_;
	my ($kind, $points, $at, undef, undef, $ref) = @$movement;
	my $rule = $rules{ $ref =~ /^(\S+)/ ? $1 : '' } //= [ 0, 0 ];

	$rule->[0]++;
	$rule->[1] += signed($movement);
	return if $kind ne 'earn' || $at < utc('2025-09-30') || $at > utc('2025-11-02');
	for my $zone (keys %october_of)
	{
		my ($from, $until) = @{ $october_of{$zone} };
		$october{$zone} += $points if $at >= $from && $at < $until;
	}
	return;
}

# The account page: the balance after every movement, of points when they become available.
sub account_of
{
	my ($entered) = @_;
	my @at    = map { $_->[4] || $_->[2] } @$entered;
	my %times = map { $_ => 1 } @at;
	my @times = sort { $a <=> $b } keys %times;
	my %balance;

	PointsReplay->new(\@times, sub { $balance{ $times[ $_[0] ] } = $_[2] })->replay($entered);
	return map { join '|', day($at[$_]), substr($entered->[$_][5], 0, 20), signed($entered->[$_]),
		$entered->[$_][3] ? day($entered->[$_][3]) : '', $balance{ $at[$_] } } sort { $at[$a] <=> $at[$b] } 0 .. $#at;
}

sub day { my (undef, undef, undef, $d, $m, $y) = gmtime shift; return sprintf '%d-%02d-%02d', $y + 1900, $m + 1, $d }

sub cards
{
	my ($orders) = @_;
	my $spent = spent_since(utc('2025-01-01'), $orders);

	if ($spent > 0)
	{
		my ($card, $missing) = card_of($spent);
		my $these = $cards{$card} //= { customers => 0, nearest => $missing };
		$these->{customers}++;
		$these->{nearest} = min($missing, $these->{nearest}) if defined $missing;
	}
	for my $quarter (1 .. 4)
	{
		my ($card, $kept) = cards_at(@quarters[ $quarter - 1, $quarter ], $orders);
		$kept[$quarter]{$kept}++;
		$kept[$quarter]{only_kept}++ if $kept ne $card;
	}
	return;
}

# Long ledgers are those of at least 20 movements.
sub if_long
{
	my ($rows) = @_;

	return if $rows < 20;
	$long{members}++;
	$long{before} += $rows + 1;                                    # it is closed
	$long{$_} += $closing{$_} for qw(after liability);
	return;
}

# What members wanted: the answers, and what the log must have of it.
my $wanted_rows = rows(q{SELECT member_id, kind, points, <at>, <expires>, <available>, ref, reverses, place
	FROM wanted ORDER BY place});
open my $answers, '>', "$dir/answers" or die $!;
while (my ($id, $wanted) = $wanted_rows->next)
{
	$member = $id;
	my @answers = $log->replay($wanted);
	for my $i (0 .. $#answers)
	{
		my ($answer, $points, $lapsed) = @{ $answers[$i] };
		print $answers join("\t", $wanted->[$i][7], $answer, $points // '', $lapsed // ''), "\n";
	}
	if_long(scalar grep { $_->[0] eq 'done' } @answers);
}
is(scalar($_->next), undef, 'all is replayed') for $orders, $table_rows;
close $_ or die $! for $truth, $answers;
is_deeply([ @wrong[ 0 .. min(5, $#wrong) ] ], [], 'the rules bring what they say, returns take back what they must');

# ---- 3. Every member at every end, and every answer ----

$page->step('what is true', q{
	CREATE TABLE ends (number int PRIMARY KEY, until timestamptz);
	CREATE TABLE truth (member_id bigint, number int, earned bigint, available bigint, pending bigint,
		redeemed bigint, expired bigint, reversed bigint);
	CREATE TABLE answers (place bigint PRIMARY KEY, answer text, points bigint, lapsed bigint);
	INSERT INTO ends VALUES } . join(', ', map { "($_, '$ends[$_]')" } 0 .. $#ends) . ";\n" . qq{
	\\copy truth FROM '$dir/truth'
	\\copy answers FROM '$dir/answers' (NULL '')
	ANALYZE;});
is(query($node, q{SELECT count(*) = (SELECT count(*) FROM card_holders) * (SELECT count(*) FROM ends),
	count(DISTINCT available) > 100 FROM truth}), 't|t', 'there are members to compare');
is($page->step('every member at every end', q{
	SELECT count(*), min(member_id)
	FROM truth AS t JOIN ends USING (number) JOIN card_holders USING (member_id), statement(points, until) AS s
	WHERE (s.earned, s.available, s.pending, s.held, s.redeemed, s.expired, s.reversed)
		IS DISTINCT FROM (t.earned, t.available, t.pending, 0, t.redeemed, t.expired, t.reversed)}),
	'0|', 'every column of every member is right at every end');
is(query($node, q{SELECT count(*) FROM answers AS a FULL JOIN outcome AS o USING (place)
	WHERE a.answer IS DISTINCT FROM o.answer}), 0, 'what members want is done, and refused, as it must be');
cmp_ok(query($node, "SELECT count(*) FROM outcome WHERE answer = '$_'"), '>', $movements / 5000, "... some is $_")
  for qw(done again 22023 23505 23514);
same_rows($node, q{SELECT member_id, ref, kind, points, at, coalesce(lapsed, 0) AS lapsed
		FROM point_log WHERE member_id > 1000000},
	q{SELECT member_id, ref, kind, a.points, at, coalesce(lapsed, 0)
		FROM answers AS a JOIN wanted USING (place) WHERE answer = 'done'}, '... and logged, with what had expired');

# ---- 4. Gifts and the like in bulk; then the page's last blocks, after which the past of the ledgers is gone ----

check_bulk($page);
$page->run_to;
is($page->step('every member from then on', q{
	SELECT count(*), min(member_id)
	FROM truth AS t JOIN ends USING (number) JOIN card_holders USING (member_id), statement(points, until) AS s
	WHERE number >= } . CLOSED . q{
		AND (s.available, s.pending, s.held) IS DISTINCT FROM (t.available, t.pending, 0)}),
	'0|', 'compacted ledgers have what they had');

# ---- 5. What the page has printed ----

# What became of the points of a month, or of all, until an end.
sub net { my ($event, $back, @of) = @_; return $log->sum($event, @of) - $log->sum($back, @of) }
sub liability { return net('earned', 'expired', @_) - net('redeemed', 'returned', @_) - reversed(@_) }
sub reversed { my @of = @_; return sum0 map { $log->sum($_, @of) } qw(reversed paid) }
sub receivable { return net('debt', 'paid', @_) }
sub cents { my ($n) = @_; return defined $n ? sprintf '%.2f', $n / 100 : '' }

$page->check(
	'rule|movements|points' => [ sub { map { join '|', $_, @{ $rules{$_} } } sort keys %rules } ],
	'zone|october' => [ sub { map { "$_|$october{$_}" } sort keys %october } ],
	'member_id|sum|unexpired_less_spent|balance' =>
	  [ sub { map { join '|', $_, $sum{$_}, $unexpired{$_}, $balance{$_} } 5, 315, 2327, 15000 } ],
	'day|what|points|expires|balance' => [ \&printed_account ],
	'until|available|pending|liability|receivable' =>
	  [ sub { map { join '|', $ends[$_], @{ $owes[$_] } } 17 .. CLOSED } ],
	'card|customers|nearest_to_the_next' => [ \&printed_cards ],
	'at|5 %|7 %|10 %|only_kept' => [ sub { map { printed_quarter($_) } 1 .. 4 } ],
	'issued|age|earned|redeemed|expired|reversed|outstanding|breakage' =>
	  [ sub { map { of_issue($_) } 0 .. CLOSED } ],
	'after|opening|earned|redeemed|reversed|expired|liability|receivable|closes' =>
	  [ sub { map { rolled($_) } 12 .. CLOSED } ],
	'member_id|earned|redeemed|reversed|log_earned|log_redeemed|log_reversed' => [ sub { () } ],
	'members|movements|bytes|liability' =>
	  [ sub { long_ledgers('before', @_) }, sub { long_ledgers('after', @_) } ]);

# What happens at one time may be printed in any order.
sub printed_account
{
	my @printed = @_;

	return join("\n", sort @printed) eq join("\n", sort @account) ? @printed : @account;
}

sub printed_cards
{
	return map { join '|', $_, $cards{$_}{customers}, cents($cards{$_}{nearest}) }
	  sort { $cards{$b}{customers} <=> $cards{$a}{customers} } keys %cards;
}

sub printed_quarter
{
	my ($quarter) = @_;

	return join '|', day($quarters[$quarter] - 1),
	  map { $kept[$quarter]{$_} // 0 } '5 %', '7 %', '10 %', 'only_kept';
}

# How many bytes there are must be seen; there must be fewer in the end.
sub long_ledgers
{
	my ($when, $printed) = @_;
	my ($bytes) = $printed =~ /(\d+)\|\d+$/;

	cmp_ok($bytes, '<', $long{bytes} // 100 * $long{before}, "$when: $bytes bytes");
	$long{bytes} = $bytes;
	return join '|', @long{ 'members', $when, 'bytes', 'liability' };
}

sub of_issue
{
	my ($issued) = @_;
	my @of = (CLOSED, $issued);
	my $expired = $log->sum('expired', @of);
	my $given   = $log->sum('earned', @of) - reversed(@of);

	return join '|', $MONTHS[$issued], 24 - $issued, $log->sum('earned', @of), net('redeemed', 'returned', @of),
	  $expired, reversed(@of), liability(@of), sprintf '%.3f', int((2000 * $expired + $given) / (2 * $given)) / 1000;
}

# What members owe is a part of the balance: a debt is taken back when it is made, and nothing moves when it is paid.
sub rolled
{
	my ($end) = @_;
	my @until = map { my $end = $_; [ $log->sum('earned', $end), net('redeemed', 'returned', $end),
		$log->sum('reversed', $end) + $log->sum('debt', $end), $log->sum('expired', $end) ] } $end - 1, $end;

	return join '|', $ends[ $end - 1 ], liability($end - 1) - receivable($end - 1),
	  map({ $until[1][$_] - $until[0][$_] } 0 .. 3), liability($end), receivable($end), 't';
}

done_testing();
