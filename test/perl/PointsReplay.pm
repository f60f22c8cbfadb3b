# PointsReplay - what becomes of points, replayed lot by lot from rows of a log: the books of millions of movements,
# for the tests of the pages to compare with.
#
# It was written from the rules that docs/points.md states, and uses nothing of the extension.  LedgerModel knows more
# kinds of movements, and those that are entered late; this takes them in the order of their times, and is fast.
#
# A movement is [kind, points, at, expires, available, ref, reverses]; kind is earn, redeem or reverse, times are in
# whole seconds, and what is not there is the empty string.
#
# What happens moves points from one column of a statement to another.  It is counted in its month, for the month in
# which the lot was issued.  The instant at which a month ends belongs to that month.
package PointsReplay;

use strict;
use warnings FATAL => 'all';
use List::Util qw(min sum0);

use constant { NEVER => 1 << 40, DAY => 86400 };
# What happens first at one time.
use constant { EXPIRY => 0, AVAILABLE => 1, MOVEMENT => 2, MONTH_END => 3 };

# The columns of a statement. The first is kept as what came from nowhere: the negative of what was earned.
my @COLUMNS = qw(earned available pending redeemed expired reversed);
my %MOVES = (
	earned   => [ 0, 2 ],
	available => [ 2, 1 ],
	redeemed => [ 1, 3 ],
	returned => [ 3, 1 ],
	expired  => [ 1, 4 ],
	reversed => [ 1, 5 ],
	debt     => [ 1, 5 ],
	paid     => [ 1, 1 ]);

# ends are those of the months, or of longer times; at each of them seen is called with its number and the columns.
sub new
{
	my ($class, $ends, $seen) = @_;
	my $self = bless { ends => $ends, seen => $seen, counted => { map { $_ => [] } keys %MOVES } }, $class;

	$self->{first_day} = day_of($ends->[0]) - 31;
	my $end = 0;
	for my $day ($self->{first_day} .. day_of($ends->[-1]))
	{
		$end++ if $day > day_of($ends->[$end]);
		push @{ $self->{month_of_day} }, $end;
	}
	return $self;
}

# The day that a time belongs to, if midnight belongs to the day that it ends.
sub day_of { my ($t) = @_; return int(($t - 1) / DAY) }

# The number of the end of the month that a time belongs to; one after all for what is later.
sub month_of
{
	my ($self, $t) = @_;

	return $self->{month_of_day}[ day_of($t) - $self->{first_day} ] // scalar @{ $self->{ends} };
}

# Points that an event moved until the end of a month, of all months of issue or of one.
sub sum
{
	my ($self, $event, $end, $issued) = @_;
	my @rows = map { $_ // [] } @{ $self->{counted}{$event} }[ 0 .. $end ];

	return sum0 map { $_ // 0 } defined $issued ? map({ $_->[$issued] } @rows) : map { @$_ } @rows;
}

# All movements of a member, in the order in which they were entered.  Returns the answer to each: done, again, or the
# SQLSTATE with which it is refused; and of what was done its points, and how many of them had expired before.
sub replay
{
	my ($self, $movements) = @_;
	my @moments = map { moment($self->{ends}[$_], MONTH_END, $_) } 0 .. $#{ $self->{ends} };

	for my $i (0 .. $#$movements)
	{
		my ($kind, undef, $at, $expires, $available) = @{ $movements->[$i] };
		push @moments, moment($at, MOVEMENT, $i);
		push @moments, moment($expires, EXPIRY, $i) if $expires;
		push @moments, moment($available, AVAILABLE, $i) if $available && $available > $at;
	}
	@$self{qw(sums lots live refs debts)} = ([ (0) x @COLUMNS ], {}, [], {}, []);
	my (@answers, $last);
	for my $moment (sort { $a <=> $b } @moments)
	{
		my ($t, $what, $i) = ($moment >> 18, $moment >> 16 & 3, $moment & 0xffff);
		# All that comes by itself at one time is there before anything pays.
		$self->pay if @{ $self->{debts} } && ($what >= MOVEMENT || $t > $last);
		$self->{month} = $self->month_of($last = $t);
		if ($what == MOVEMENT)
		{
			$answers[$i] = $self->enter($i, @{ $movements->[$i] });
			$self->pay if @{ $self->{debts} };
		}
		elsif ($what == MONTH_END)
		{
			my ($outside, @sums) = @{ $self->{sums} };
			$self->{seen}->($i, -$outside, @sums);
		}
		elsif (my $lot = $self->{lots}{$i})
		{
			$what == EXPIRY ? $self->expire($lot) : $self->become_available($lot);
		}
	}
	return @answers;
}

sub moment { my ($t, $what, $i) = @_; return ($t << 2 | $what) << 16 | $i }

sub move
{
	my ($self, $event, $issued, $points) = @_;
	my ($from, $to) = @{ $MOVES{$event} };

	$self->{counted}{$event}[ $self->{month} ][$issued] += $points;
	$self->{sums}[$from] -= $points;
	$self->{sums}[$to] += $points;
	return;
}

# Live lots: the soonest to expire first, then the oldest.
sub become_available
{
	my ($self, $lot) = @_;
	my $live  = $self->{live};
	my $place = @$live;

	$place-- while $place > 0 && ($live->[ $place - 1 ]{expires} <=> $lot->{expires}
			|| $live->[ $place - 1 ]{at} <=> $lot->{at} || $live->[ $place - 1 ]{number} <=> $lot->{number}) > 0;
	splice @$live, $place, 0, $lot;
	$lot->{state} = 'live';
	$self->move('available', $lot->{issued}, $lot->{left});
	return;
}

sub expire
{
	my ($self, $lot) = @_;

	shift(@{ $self->{live} }) == $lot or die 'another lot expires sooner';
	$lot->{state} = 'expired';
	$self->move('expired', $lot->{issued}, $lot->{left});
	return;
}

# Takes points from live lots, and says how many from which.
sub draw
{
	my ($self, $event, $points) = @_;
	my @draws;

	for my $lot (@{ $self->{live} })
	{
		last if $points == 0;
		my $n = min($points, $lot->{left}) or next;
		$points -= $n;
		$lot->{left} -= $n;
		$self->move($event, $lot->{issued}, $n);
		push @draws, [ $lot, $n ];
	}
	return @draws;
}

# Pays debts, the oldest first.
sub pay
{
	my ($self) = @_;
	my $debts = $self->{debts};
	my $paid  = sum0 map { $_->[1] } $self->draw('paid', $self->owed);

	while ($paid > 0)
	{
		my $n = min($paid, $debts->[0][1]);
		$paid -= $n;
		shift @$debts if ($debts->[0][1] -= $n) == 0;
	}
	return;
}

sub owed { my ($self) = @_; return sum0 map { $_->[1] } @{ $self->{debts} } }

# The lots that have points, or whose points are owed.
sub open_lots
{
	my ($self) = @_;
	my %owed = map { $_->[0]{number} => 1 } @{ $self->{debts} };

	return grep { $owed{ $_->{number} } || $_->{left} > 0 && $_->{state} ne 'expired' } values %{ $self->{lots} };
}

sub enter
{
	my ($self, $i, $kind, $points, $at, $expires, $available, $ref, $reverses) = @_;
	my $known = $self->{refs}{$ref};

	if ($known)
	{
		# A whole reversal comes again as such, or with its points.
		my $same = $points eq '' ? $known->{whole} : $points == $known->{points};
		return [ $known->{kind} eq $kind && $same ? 'again' : '23505' ];
	}
	my ($answer, $entered) =
		$kind eq 'earn' ? $self->earn($i, $points, $at, $expires, $available)
	  : $kind eq 'redeem' ? $self->redeem($points)
	  :                     $self->reverse($points, $self->{refs}{$reverses});
	return [$answer] if $answer ne 'done';
	$self->{refs}{$ref} = { kind => $kind, undone => 0, %$entered };
	return [ 'done', @$entered{qw(points lapsed)} ];
}

sub earn
{
	my ($self, $i, $points, $at, $expires, $available) = @_;
	my $lot = { left => $points, lapsed => 0, at => $at, number => $i, issued => $self->{month}, state => 'pending',
		expires => $expires || NEVER };

	$self->{lots}{$i} = $lot;
	$self->move('earned', $lot->{issued}, $points);
	$self->become_available($lot) unless $available && $available > $at;
	return ('done', { points => $points, lot => $lot });
}

sub redeem
{
	my ($self, $points) = @_;

	return '23514' if $points > $self->{sums}[1];
	return ('done', { points => $points, draws => [ $self->draw('redeemed', $points) ] });
}

sub reverse
{
	my ($self, $points, $undone) = @_;

	return '22023' if !$undone || $undone->{kind} eq 'reverse';
	my $left = $undone->{points} - $undone->{undone};
	$points = $left if $points eq '';
	return '23514' if $left == 0 || $points > $left;
	$undone->{undone} += $points;
	my $lapsed = $undone->{lot} ? $self->take_back($undone->{lot}, $points) : $self->give_back($undone, $points);
	return ('done', { points => $points, lapsed => $lapsed, whole => $points == $left });
}

# Takes back what is left, or finds that it has expired; the rest is owed.
sub take_back
{
	my ($self, $lot, $points) = @_;
	my $n = min($points, $lot->{left});

	$lot->{left} -= $n;
	if ($lot->{state} ne 'expired')
	{
		$self->move('available', $lot->{issued}, $n) if $lot->{state} eq 'pending';
		$self->move('reversed', $lot->{issued}, $n);
	}
	if ($points > $n)
	{
		push @{ $self->{debts} }, [ $lot, $points - $n ];
		$self->move('debt', $lot->{issued}, $points - $n);
	}
	return $lot->{state} eq 'expired' ? $n : 0;
}

# What was drawn last goes back first.
sub give_back
{
	my ($self, $redemption, $points) = @_;

	while ($points > 0)
	{
		my $draw = $redemption->{draws}[-1];
		my ($lot, $n) = ($draw->[0], min($points, $draw->[1]));
		$points -= $n;
		$lot->{left} += $n;
		pop @{ $redemption->{draws} } if ($draw->[1] -= $n) == 0;
		$self->move('returned', $lot->{issued}, $n);
		$self->move('expired', $lot->{issued}, $n) if $lot->{state} eq 'expired';
	}
	return 0;
}

1;
