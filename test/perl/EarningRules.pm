# EarningRules - the earning rules and the cards of docs/points.md, worked out from a customer's orders without SQL.
#
# Orders are [time in whole seconds, order_id, amount in cents], in this order; the session's zone is UTC.
package EarningRules;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use List::Util qw(max min sum0);
use Time::Local qw(timegm_modern);

our @EXPORT = qw(movements_of spent_since card_of cards_at a_year_later utc);

use constant DAY => 86400;
my @CARDS = ([ 10000, '5 %' ], [ 25000, '7 %' ], [ 50000, '10 %' ]);

# The time at which a day begins.
my %begins;

sub utc
{
	my ($date) = @_;

	return $begins{$date} //= do
	{
		my ($y, $m, $d) = split /-/, $date;
		timegm_modern(0, 0, 0, $d, $m - 1, $y);
	};
}

# February 29 plus a year is February 28.
my %year_later;

sub a_year_later
{
	my ($t) = @_;
	my $day = int($t / DAY);

	$year_later{$day} //= do
	{
		my (undef, undef, undef, $d, $m, $y) = gmtime($t);
		timegm_modern(0, 0, 0, $m == 1 && $d == 29 ? 28 : $d, $m, $y + 1901) - $day * DAY;
	};
	return $t + $year_later{$day};
}

# What a customer's orders bring: [kind, points, at, expires, available, ref].  referred are pairs of the ref and the
# time of a referral.
sub movements_of
{
	my ($orders, @referred) = @_;
	my $first = $orders->[0][0];
	my @moves = [ 'earn', 25, $first, a_year_later($first), '', 'welcome' ];

	push @moves, map { [ 'earn', 30, $_->[1], a_year_later($_->[1]), '', $_->[0] ] } @referred;
	for (@$orders)
	{
		my ($at, $id, $cents) = @$_;
		my @euros = ('earn', int($cents / 100), $at, a_year_later($at), $at + 14 * DAY);
		push @moves, [ @euros, "order $id" ] if $cents >= 100;
		push @moves, [ @euros, "double day, order $id" ]
		  if $cents >= 100 && $at >= utc('2025-11-28') && $at < utc('2025-11-29');
		push @moves, [ 'earn', 10, $at, utc('2026-01-01'), '', "advent order $id" ]
		  if $at >= utc('2025-12-01') && $at < utc('2025-12-25');
	}
	push @moves, [ 'earn', 50, $orders->[1][0], $orders->[1][0] + 30 * DAY, '', 'second purchase' ] if @$orders > 1;
	if (@$orders > 3)
	{
		my $t = $orders->[3][0];
		my $balance = sum0 map { $_->[1] } grep { ($_->[4] || $_->[2]) <= $t && $t < $_->[3] } @moves;
		push @moves, [ 'redeem', 60, $t, '', '', "spent on order $orders->[3][1]" ] if $balance >= 60;
	}
	return @moves;
}

sub spent_since { my ($t, $orders) = @_; return sum0 map { $_->[2] } grep { $_->[0] >= $t } @$orders }

# The name of the card, and what is missing to the next.
sub card_of
{
	my ($spent) = @_;
	my ($next)  = grep { $spent < $_->[0] } @CARDS;
	my @reached = grep { $spent >= $_->[0] } @CARDS;

	return (@reached ? $reached[-1][1] : 'none', $next ? $next->[0] - $spent : undef);
}

# The cards just before the end of a quarter, by what was spent in the year before: by the sum then, and, with three
# months of grace, by the highest sum of the quarter.  An order counts until it is a year old, one of February 29
# until that month is over.
sub cards_at
{
	my ($from, $until, $orders) = @_;
	my (%change, @sums);
	my $sum = 0;

	for (@$orders)
	{
		my ($at, undef, $cents) = @$_;
		my $leaves = a_year_later($at);
		$leaves = utc('2025-03-01') if $at >= utc('2024-02-29') && $at < utc('2024-03-01');
		next if $at >= $until || $leaves < $from;
		$at < $from ? $sum += $cents : ($change{$at} += $cents);
		$change{$leaves} -= $cents if $leaves < $until;
	}
	@sums = $sum;
	push @sums, $sum += $change{$_} for sort { $a <=> $b } keys %change;
	return map { (card_of($_))[0] } $sum, max @sums;
}

1;
