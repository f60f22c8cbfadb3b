# LedgerModel - the rules of points_ledger a second time, as plainly as can be, for tests to compare with.
#
# A model is an array of movements in the order of their entry; each is a hash with kind, at, points, expires, available (or
# undef), ref, target (its place), draws ([place of the lot, points], ...), debt and since.  Times are whole numbers.
# Nothing is kept from one question to the next: every question goes through all events of all lots again.
package LedgerModel;

use strict;
use warnings FATAL => 'all';
use List::Util qw(min max sum0);

use constant NEVER => 1e9;

sub new { return bless [], shift }

sub end_of { my ($lot) = @_; return $lot->{expires} // NEVER }
sub start_of { my ($lot) = @_; return $lot->{available} // $lot->{at} }
sub live { my ($lot, $t) = @_; return $lot->{kind} eq 'earn' && start_of($lot) <= $t && $t < end_of($lot) }

# Places of lots, soonest to expire first, then oldest.
sub draw_order
{
	my ($self, @lots) = @_;

	return sort { end_of($self->[$a]) <=> end_of($self->[$b]) || $self->[$a]{at} <=> $self->[$b]{at} || $a <=> $b } @lots;
}

# What a movement does to lots: [lot, points, what becomes of them].
sub effects
{
	my ($self, $i) = @_;
	my $m = $self->[$i];

	return [ $i, $m->{points}, 'earned' ] if $m->{kind} eq 'earn';
	return map { [ $_->[0], -$_->[1], 'redeemed' ] } @{ $m->{draws} } if $m->{kind} eq 'redeem';
	return map { [ $_->[0], $_->[1], 'redeemed' ] } @{ $m->{draws} } if $self->[ $m->{target} ]{kind} eq 'redeem';
	my $taken = sum0 map { $_->[1] } @{ $m->{draws} };
	return map({ [ $_->[0], -$_->[1], 'reversed' ] } @{ $m->{draws} }), [ $m->{target}, -($m->{points} - $taken - $m->{debt}), 'lapsed' ];
}

# Everything that happens from movement $since on, in order: [time, 0 for a lot that becomes available or 1, movement].
sub events
{
	my ($self, $since) = @_;
	my @places = $since .. $#$self;

	return sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] || $a->[2] <=> $b->[2] }
	  map({ [ $self->[$_]{at}, 1, $_ ] } @places),
	  map { [ start_of($self->[$_]), 0, $_ ] } grep { $self->[$_]{kind} eq 'earn' && start_of($self->[$_]) > $self->[$_]{at} } @places;
}

# The lots at a time: left, lapsed, redeemed, reversed of each, and the open debt; and what a movement entered then might take of
# each lot: the least that will ever be left of it, where debts of before that time do not count.
sub state_at
{
	my ($self, $t, $since) = @_;
	my @events = $self->events($since // 0);
	my (%left, %kept, %sum, %paid, %spare, %state, @debts, $open);

	# What is left of each lot behind each event, if nothing were paid; and the least of it from there on.
	my @history;
	for my $event (@events)
	{
		if ($event->[1]) { $left{ $_->[0] } += $_->[1] for $self->effects($event->[2]) }
		push @history, {%left};
	}
	my %least;
	for my $after (reverse @history)
	{
		$least{$_} = min($after->{$_}, $least{$_} // $after->{$_}) for keys %$after;
		$after->{"least $_"} = $least{$_} for keys %$after;
	}

	my $note = sub {
		my ($now) = @_;
		$open = sum0 map { $_->{owed} } @debts;
		for my $lot (grep { $self->[$_]{kind} eq 'earn' } ($since // 0) .. $#$self)
		{
			$state{$lot} = { left => ($now->{$lot} // 0) - ($paid{$lot} // 0), redeemed => $sum{$lot}{redeemed} // 0,
				reversed => ($sum{$lot}{reversed} // 0) + ($paid{$lot} // 0), lapsed => $sum{$lot}{lapsed} // 0 };
			$state{$lot}{free} = $state{$lot}{left};
		}
		$_->{old} = 1 for @debts;
	};
	my $then;
	for my $e (0 .. $#events)
	{
		my ($now, $moves, $i) = @{ $events[$e] };
		if ($now > $t && !$then)
		{
			$note->($e > 0 ? $history[ $e - 1 ] : {});
			$then = 1;
		}
		if ($moves)
		{
			for ($self->effects($i))
			{
				my ($lot, $points, $what) = @$_;
				$sum{$lot}{$what} -= $points if $what ne 'earned';
			}
			push @debts, { by => $i, owed => $self->[$i]{debt} } if $self->[$i]{debt};
		}
		for my $debt (@debts)
		{
			for my $lot ($self->draw_order(grep { live($self->[$_], $now) } ($since // 0) .. $#$self))
			{
				my ($first, $second) = sort { $a <=> $b } $lot, $debt->{by};
				next if $self->[$second]{since} > $first || !defined $history[$e]{"least $lot"};
				my $pays = min($debt->{owed}, $history[$e]{"least $lot"} - ($paid{$lot} // 0));
				next if $pays <= 0;
				$debt->{owed} -= $pays;
				$paid{$lot} += $pays;
				$spare{$lot} += $pays if $debt->{old};
			}
		}
		next unless $then;
		for my $lot (keys %state)
		{
			next unless defined $history[$e]{$lot} && $self->[$lot]{at} <= $t;
			$state{$lot}{free} = min($state{$lot}{free}, $history[$e]{$lot} - ($paid{$lot} // 0) + ($spare{$lot} // 0));
		}
	}
	$note->(@history ? $history[-1] : {}) unless $then;
	return (\%state, $open);
}

# earned, available, pending, redeemed, expired, reversed
sub statement
{
	my ($self, $t) = @_;
	my ($state, $open) = $self->state_at($t);
	my @sums = (0, -$open, 0, 0, 0, $open);

	for my $place (grep { $self->[$_]{at} <= $t } keys %$state)
	{
		my ($lot, $s) = ($self->[$place], $state->{$place});
		$sums[0] += $lot->{points};
		$sums[ end_of($lot) <= $t ? 4 : live($lot, $t) ? 1 : 2 ] += $s->{left};
		$sums[3] += $s->{redeemed};
		$sums[4] += $s->{lapsed};
		$sums[5] += $s->{reversed};
	}
	return @sums;
}

sub find { my ($self, $ref) = @_; return defined $ref ? (grep { ($self->[$_]{ref} // '') eq $ref } 0 .. $#$self)[0] : undef }

# These enter a movement and return 00000, or an error's SQLSTATE.
sub earn
{
	my ($self, $points, $at, $expires, $ref, $available) = @_;
	my $same = $self->find($ref);

	return $self->[$same]{kind} eq 'earn' && $self->[$same]{points} == $points ? '00000' : '23505' if defined $same;
	return '22023' if ($available // $at) < $at || ($expires // NEVER) <= ($available // $at);
	push @$self, { kind => 'earn', at => $at, points => $points, expires => $expires, ref => $ref,
		available => $available, draws => [], debt => 0, since => 0 };
	return '00000';
}

sub redeem
{
	my ($self, $points, $at, $ref) = @_;
	my $same = $self->find($ref);

	return $self->[$same]{kind} eq 'redeem' && $self->[$same]{points} == $points ? '00000' : '23505' if defined $same;
	my ($state, $open) = $self->state_at($at);
	my @lots = $self->draw_order(grep { live($self->[$_], $at) && $state->{$_}{left} > 0 } keys %$state);
	return '23514' if $points > sum0(map { $state->{$_}{left} } @lots) - $open;
	return '23514' if $points > sum0(map { $state->{$_}{free} } @lots) - $open;
	my $rest = $points;
	my @draws;
	for my $lot (@lots)
	{
		my $draw = min($rest, $state->{$lot}{free});
		push @draws, [ $lot, $draw ] if $draw > 0;
		$rest -= $draw;
	}
	push @$self, { kind => 'redeem', at => $at, points => $points, ref => $ref, draws => \@draws, debt => 0, since => 0 };
	return '00000';
}

sub reverse
{
	my ($self, $ref, $at, $points, $reversal_ref, $allow_negative) = @_;
	my $target = $self->find($ref);
	my $same   = $self->find($reversal_ref);

	return '22004' if defined $points && !defined $reversal_ref;
	my $reversed = sub { my ($until) = @_; return sum0 map { $_->{points} } grep { $_->{kind} eq 'reverse' && $_->{target} == $target } @$self[ 0 .. $until ] };
	if (defined $same)
	{
		my $m = $self->[$same];
		return '23505' unless defined $target && $m->{kind} eq 'reverse' && $m->{target} == $target;
		return '00000' if defined $points ? $points == $m->{points} : $reversed->($same) == $self->[$target]{points};
		return '23505';
	}
	return '22023' if !defined $target || $self->[$target]{kind} eq 'reverse';
	my $m    = $self->[$target];
	my $left = $m->{points} - $reversed->($#$self);
	return defined $reversal_ref ? '23514' : '00000' if $left == 0 && !defined $points;
	return '22023' if $at < $m->{at};
	$points //= $left;
	return '23514' if $points > $left;

	my $new = { kind => 'reverse', at => $at, points => $points, ref => $reversal_ref, target => $target, draws => [], debt => 0, since => 0 };
	if ($m->{kind} eq 'redeem')
	{
		# One by one: the points drawn, the last first, less those that went back.
		my @back = (map { my ($lot, $n) = @$_; ($lot) x $n } CORE::reverse @{ $m->{draws} })[ $m->{points} - $left .. $m->{points} - $left + $points - 1 ];
		for my $lot (@back)
		{
			push @{ $new->{draws} }, [ $lot, 0 ] unless @{ $new->{draws} } && $new->{draws}[-1][0] == $lot;
			$new->{draws}[-1][1]++;
		}
	}
	else
	{
		my ($state) = $self->state_at($at);
		my $free    = $state->{$target}{free};
		my $expired = end_of($m) <= $at ? $free : 0;
		my $taken   = $expired ? 0 : min($points, $free);
		$taken = 0 if end_of($m) <= $at;
		$new->{debt} = max(0, $points - $taken - $expired);
		return '23514' if $new->{debt} && !$allow_negative;
		$new->{draws} = [ [ $target, $taken ] ] if $taken > 0;
	}
	push @$self, $new;
	return '00000';
}

# The other's movements behind our own.
sub merge
{
	my ($self, $other) = @_;
	my $n = @$self;

	for my $m (@$other)
	{
		push @$self, { %$m, since => $m->{since} + $n, draws => [ map { [ $_->[0] + $n, $_->[1] ] } @{ $m->{draws} } ],
			defined $m->{target} ? (target => $m->{target} + $n) : () };
	}
	return;
}

# In a word each, as the test's brief(): 60<2:50,1:10 is a redemption of 60, 50 of lot 2 and 10 of lot 1.
sub brief
{
	my ($self) = @_;

	return join '; ', map {
		($_->{kind} eq 'earn' ? "+$_->{points}" : $_->{kind} eq 'redeem' ? "$_->{points}<" : "$_->{points} R" . ($_->{target} + 1) . '<')
		  . join(',', map { ($_->[0] + 1) . ":$_->[1]" } @{ $_->{draws} })
		  . ($_->{debt} ? " debt $_->{debt}" : '')
	} @$self;
}

1;
