# docs/books.md on a shop of its own: every number that the page's queries print, and every row of the tables that it
# makes, beside a replay of the log and exact fractions that know nothing of the extension.
#
# MOVEMENTS   about how many movements; default 20,000. make bookscheck takes 5,000,000.
# SEED        default 1
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use List::Util qw(max min sum0);
use Math::BigRat;
use Test::More;
use Time::HiRes 'time';
use EarningRules qw(utc);
use MemberRows;
use PageBooks;
use PointsReplay;
use PointsShop;
use RetentionTest;

use constant { FIRST => 17, LAST => 23 };    # the numbers of the first and the last month of the books
my $movements = $ENV{MOVEMENTS} || 20000;
my $seed = $ENV{SEED} || 1;
my @ends = @MONTHS[ 1 .. 24 ];

my $node = start_server('main', SERVER);
my $page = PageBooks->new($node, 'books');

$page->step('the orders', orders_sql($seed, $movements));
$page->run_to;

# ---- 1. The log, replayed: points by event and month, and what was paid, by the month of issue ----

my $start = time;
my $log = PointsReplay->new([ map { utc($_) } @ends ], sub { });
my $rows = MemberRows->new($node, q{
	SELECT member_id, kind, points, extract(epoch FROM at)::bigint, extract(epoch FROM expires)::bigint, NULL, ref,
		reverses, (price * 100)::bigint, lapsed
	FROM point_log ORDER BY member_id, at, kind, ref});
my (%kinds, @paid, @wrong);
while (my ($member, $entered) = $rows->next)
{
	my @answers = $log->replay($entered);

	for my $i (0 .. $#answers)
	{
		my ($answer, undef, $lapsed) = @{ $answers[$i] };
		my ($ref, $logged) = @{ $entered->[$i] }[ 5, 8 ];

		push @wrong, "$member, $ref: $answer" if $answer ne 'done' || ($lapsed // 0) != $logged;
		count_kind($entered->[$i], $lapsed // 0);
	}
	count_paid(@$entered);
}
$page->took('the replay', $start);
is_deeply([ @wrong[ 0 .. min(5, $#wrong) ] ], [], 'the log can be replayed, and says what had expired');
cmp_ok($log->sum($_, LAST), '>', 0, "some points are $_") for qw(redeemed returned expired reversed debt paid);

sub count_kind
{
	my ($entered, $lapsed) = @_;
	my $sums = $kinds{ $entered->[0] } //= [ 0, 0, 0, undef ];

	$sums->[0]++;
	$sums->[1] += $entered->[1];
	$sums->[2] += $lapsed;
	$sums->[3] += $entered->[7] if $entered->[7] ne '';
	return;
}

# Cents by the month, and the month of the sale.
sub count_paid
{
	my %sold = map { $_->[5] => $log->month_of($_->[2]) } grep { $_->[0] eq 'earn' } @_;

	for (grep { $_->[7] ne '' } @_)
	{
		my ($kind, undef, $at, undef, undef, $ref, $reverses, $cents) = @$_;
		my $sold = $sold{ $kind eq 'earn' ? $ref : $reverses };

		$paid[ $log->month_of($at) ][$sold] += $kind eq 'earn' ? $cents : -$cents;
	}
	return;
}

# ---- 2. The books, by the page's words ----

# Sums until the end of a month, of the points issued in one, or of all.
sub net { my ($event, $back, @of) = @_; return $log->sum($event, @of) - $log->sum($back, @of) }
sub points { return net('earned', 'reversed', @_) }
sub redeemed { my @of = @_; return net('redeemed', 'returned', @of) + $log->sum('paid', @of) }
sub expired { return $log->sum('expired', @_) }
sub outstanding { return points(@_) - redeemed(@_) - expired(@_) }
sub price { my ($end, $issued) = @_; return sum0 map { $_->[$issued] // 0 } map { $_ // [] } @paid[ 0 .. $end ] }

# Rounded, half away from zero: to a whole number, and as psql prints it.
sub whole
{
	my ($n) = @_;
	my $half = (Math::BigRat->new($n)->babs + Math::BigRat->new('1/2'))->bfloor->numify;

	return $n < 0 ? -$half : $half;
}

sub rounded
{
	my ($n, $digits) = @_;

	return sprintf "%.${digits}f", whole(Math::BigRat->new($n) * 10**$digits) / 10**$digits;
}

sub money { my ($cents) = @_; return defined $cents ? sprintf '%.2f', $cents / 100 : '' }

# The share that is redeemed at each age, and by it, as it is known at the end of a month.
my @ladder;
for my $end (FIRST .. LAST)
{
	my $share = Math::BigRat->new(0);

	for my $age (0 .. $end)
	{
		my @known    = map { [ $_ + $age, $_ ] } 0 .. $end - $age;
		my $redeemed = sum0 map { redeemed(@$_) - ($age > 0 ? redeemed($_->[0] - 1, $_->[1]) : 0) } @known;
		my $points   = sum0 map { points(@$_) } @known;
		my $step     = Math::BigRat->new($points == 0 ? 0 : $redeemed) / ($points || 1);
		push @{ $ladder[$end] }, { step => $step, share => $share += $step };
		$share = $share->copy;
	}
}
sub ever { my ($end) = @_; return $ladder[$end][-1]{share} }
sub share { my ($end, $issued) = @_; return $ladder[$end][ $end - $issued ]{share} }

# In cents: the price is split by the share that was expected at the sale, or when the books began.
my @contracts;
for my $end (FIRST .. LAST)
{
	$contracts[$end][$_] = contract($end, $_) for 0 .. $end;
}

sub contract
{
	my @of = my ($end, $issued) = @_;
	my $price = price(@of);
	my $alone = $price + points(@of) * 5 * ever(max($issued, FIRST));
	my $deferred = $alone == 0 ? 0 : $price - whole(Math::BigRat->new($price) * $price / $alone);
	my ($to_come) = sort { $a <=> $b } points(@of) * (ever($end) - share(@of)), Math::BigRat->new(outstanding(@of));
	my $expected = redeemed(@of) + ($to_come > 0 ? $to_come : 0);
	my $released = sub { return $expected == 0 ? $deferred : whole($deferred * $_[0] / $expected) };
	my $before = $end > FIRST && $issued < $end ? $contracts[ $end - 1 ][$issued]
	  : { price => 0, deferred => 0, released => 0, redeemed => 0 };

	return { price => $price, deferred => $deferred, redeemed => redeemed(@of), expected => $expected,
		released => $released->(redeemed(@of)), anew => $released->($before->{redeemed}), before => $before };
}

# In cents, by account; debits are positive.
my %ACCOUNTS = (
	'cash' => sub { $_->{price} - $_->{before}{price} },
	'revenue from goods' => sub { $_->{before}{price} - $_->{before}{deferred} - $_->{price} + $_->{deferred} },
	'contract liability' => sub { $_->{before}{deferred} - $_->{before}{released} - $_->{deferred} + $_->{released} },
	'revenue from points' => sub { $_->{before}{released} - $_->{released} });
my (@lines, %since);
for my $end (FIRST + 1 .. LAST)
{
	my $owed = 5 * (net('debt', 'paid', $end) - net('debt', 'paid', $end - 1));
	my %line;

	for my $account (keys %ACCOUNTS)
	{
		$line{$account} = sum0 map { $ACCOUNTS{$account}->() } @{ $contracts[$end] };
	}
	$line{'revenue from points'} -= $owed;
	$line{'points owed by members'} = $owed if grep { $log->sum($_, $end) > $log->sum($_, $end - 1) } qw(debt paid);
	$since{$_} += $line{$_} for keys %line;
	$lines[$end] = \%line;
}

# ---- 3. What the page has printed ----

$page->check(
	'kind|count|points|lapsed|price' =>
	  [ sub { map { join '|', $_, @{ $kinds{$_} }[ 0 .. 2 ], money($kinds{$_}[3]) } sort keys %kinds } ],
	'event|december|ever' => [ \&events ],
	'issued|points|0|3|6|9|12|expired' => [ sub { map { by_age($_) } 0 .. 11 } ],
	'age|step|share|breakage' => [ sub { map { step($_) } 0 .. 13 } ],
	'issued|points|redeemed|scaled_up|expected|half_a_year_later|outstanding' =>
	  [ sub { map { half_a_year($_) } FIRST - 11 .. FIRST } ],
	'issued|price|deferred|redeemed|expected|released|liability' =>
	  [ sub { map { printed_contract($_) } LAST - 12 .. LAST } ],
	'until|opening|sold|returned|redeemed|caught_up|closing' => [ sub { map { rolled($_) } FIRST + 1 .. LAST } ],
	'account|december_debit|december_credit|since_july' => [ \&journal_lines ],
	'until|earned|redeemed|reversed|expired|debts|paid|liability|receivable|as_the_ledgers|as_the_log|'
	  . 'debits_less_credits|cash_difference' => [ sub { map { closed($_) } FIRST + 1 .. LAST } ]);

sub events
{
	my @events = qw(available debt earned expired paid redeemed returned reversed);
	my %ever   = map { $_ => $log->sum($_, LAST) } @events;

	return map { join '|', $_, $ever{$_} - $log->sum($_, LAST - 1) || '', $ever{$_} }
	  sort { $ever{$b} <=> $ever{$a} || $a cmp $b } @events;
}

sub by_age
{
	my ($issued) = @_;

	return join '|', $MONTHS[$issued], points($issued + 12, $issued),
	  map({ redeemed($issued + $_, $issued) } 0, 3, 6, 9, 12), expired($issued + 12, $issued);
}

sub step
{
	my ($age) = @_;

	return join '|', $age, map { rounded($_, 3) } @{ $ladder[LAST][$age] }{qw(step share)}, 1 - ever(LAST);
}

sub half_a_year
{
	my ($issued) = @_;
	my @of = (FIRST, $issued);
	my $scaled_up = share(@of) == 0 ? '' : whole(redeemed(@of) * ever(FIRST) / share(@of));

	return join '|', $MONTHS[$issued], points(@of), redeemed(@of), $scaled_up,
	  whole(redeemed(@of) + points(@of) * (ever(FIRST) - share(@of))),
	  redeemed(LAST, $issued), outstanding(LAST, $issued);
}

sub printed_contract
{
	my ($issued) = @_;
	my $c = $contracts[LAST][$issued];

	return join '|', $MONTHS[$issued], money($c->{price}), money($c->{deferred}), $c->{redeemed},
	  whole($c->{expected}), money($c->{released}), money($c->{deferred} - $c->{released});
}

sub rolled
{
	my ($end) = @_;
	my @all = @{ $contracts[$end] };
	my ($new, @old) = reverse @all;

	return join '|', $ends[$end], map { money($_) }
	  sum0(map { $_->{before}{deferred} - $_->{before}{released} } @all), $new->{deferred},
	  sum0(map { $_->{deferred} - $_->{before}{deferred} } @old),
	  sum0(map { $_->{released} - $_->{anew} } @all), sum0(map { $_->{anew} - $_->{before}{released} } @all),
	  sum0(map { $_->{deferred} - $_->{released} } @all);
}

sub journal_lines
{
	my $last   = $lines[LAST];
	my $debits = money(sum0 grep { $_ > 0 } values %$last);

	return map({ my $n = $last->{$_} // 0;
		join '|', $_, $n > 0 ? money($n) : '', $n < 0 ? money(-$n) : '', money($since{$_}) } sort keys %since),
	  "|$debits|$debits|0.00";
}

sub closed
{
	my ($end) = @_;
	my @until = map { my $of = $_; [ $log->sum('earned', $of), net('redeemed', 'returned', $of),
		map { $log->sum($_, $of) } qw(reversed expired debt paid) ] } $end - 1, $end;

	return join '|', $ends[$end], map({ $until[1][$_] - $until[0][$_] } 0 .. 5), outstanding($end),
	  net('debt', 'paid', $end), 't', 't', '0.00', '0.00';
}

# ---- 4. The tables that it has made, whole ----

sub is_table
{
	my ($sql, $name, @expected) = @_;

	return is_deeply([ split /\n/, query($node, $sql) ], [ map { join '|', @$_ } @expected ], $name);
}

my @of = map { my $end = $_; map { [ $end, $_ ] } 0 .. $end } 0 .. LAST;
my @of_books = grep { $_->[0] >= FIRST } @of;
is_table('SELECT until::date, issued::date, age, price, points, redeemed, expired, outstanding
	FROM vintages ORDER BY until, issued',
	'vintages', map { [ $ends[ $_->[0] ], $MONTHS[ $_->[1] ], $_->[0] - $_->[1], money(price(@$_)),
		points(@$_), redeemed(@$_), expired(@$_), outstanding(@$_) ] } @of);
is_table('SELECT until::date, age, round(step, 9), round(share, 9), round(ever, 9) FROM ladder ORDER BY until, age',
	'ladder', map { my ($end, $age) = @$_;
		[ $ends[$end], $age, map { rounded($_, 9) } @{ $ladder[$end][$age] }{qw(step share)}, ever($end) ]
	} @of_books);
is_table('SELECT until::date, issued::date, age, price, deferred, redeemed, round(expected, 6), released
	FROM contracts ORDER BY until, issued',
	'contracts', map { my ($end, $issued) = @$_; my $c = $contracts[$end][$issued];
		[ $ends[$end], $MONTHS[$issued], $end - $issued, money($c->{price}), money($c->{deferred}), $c->{redeemed},
		rounded($c->{expected}, 6), money($c->{released}) ] } @of_books);
is_table('SELECT until::date, account, amount::numeric(20,2) FROM journal_lines ORDER BY until, account',
	'journal lines', map { my $end = $_; my $line = $lines[$end];
		map { [ $ends[$end], $_, money($line->{$_}) ] } sort keys %$line } FIRST + 1 .. LAST);

done_testing();
