# PointsReplay - a member's points ledger once more, as slowly and plainly as its rules can be written down.
#
# Times are numbers. A movement is entered with earn, redeem or reverse, which return 'done', 'again' (the same
# movement is there: nothing changes) or the SQLSTATE with which it is refused. state(t) tells what there is at t:
# earned, available, pending, redeemed, expired, reversed.
#
# Nothing is kept but lots and what has been done to them, each with its time. What is left in a lot at t is what was
# earned less all that was done to it until t; whether that is pending, available or expired is for the lot's own
# times to say.
#
#	redeem   spent by a redemption
#	return   put back by the reversal of a redemption
#	take     taken back by the reversal of an earn
#	owe      what such a reversal could not take back, because it was spent: a debt, of no lot
#	pay      a debt that is paid by a lot
package PointsReplay;

use strict;
use warnings FATAL => 'all';
use List::Util qw(min max sum0);

use constant NEVER => 9**9**9;

sub new { return bless { lots => [], effects => [], refs => {}, rows => [] }, shift }

# What the movements look like in a table, as rows of points, at, expires, available.
sub table_rows { return @{ $_[0]{rows} } }

# ---- movements ----

# points, at; expires, available, ref
sub earn
{
	my ($self, %m) = @_;
	my $known = $self->_known(earn => %m);

	return $known if $known;
	$m{expires}   //= NEVER;
	$m{available} //= $m{at};
	return '22023' if $m{points} <= 0 || $m{available} < $m{at} || $m{expires} <= $m{available};
	$self->_settle($m{at});
	my $lot = { %m, id => scalar @{ $self->{lots} } };
	push @{ $self->{lots} }, $lot;
	$self->_remember(earn => %m, lot => $lot, claimed => 0, void => 0);
	$self->_row($m{points}, $m{at}, $m{expires}, $m{available});
	return 'done';
}

# points, at; ref
sub redeem
{
	my ($self, %m) = @_;
	my $known = $self->_known(redeem => %m);
	my @draws;

	return $known      if $known;
	return '22023'     if $m{points} <= 0;
	$self->_settle($m{at});
	my $wanted = $m{points};
	for my $lot ($self->_live($m{at}))
	{
		my $points = min($wanted, $self->_free($lot, $m{at})) or next;
		push @draws, { lot => $lot, points => $points, returned => 0 };
		$wanted -= $points;
	}
	return '23514' if $wanted > 0;
	$self->_do($m{at}, redeem => $_->{points}, $_->{lot}) for @draws;
	$self->_remember(redeem => %m, draws => \@draws);
	$self->_row(-$m{points}, $m{at}, NEVER, $m{at});
	return 'done';
}

# target, at; points and ref, allow_negative
sub reverse
{
	my ($self, %m) = @_;
	my $known = $self->_known(reverse => %m);
	my $target = $self->{refs}{ $m{target} };
	my $asked = $m{points};

	return $known if $known;
	return '22023' if !$target || $target->{kind} eq 'reverse' || (defined $m{points} && $m{points} <= 0);
	my $open = $target->{kind} eq 'redeem' ? sum0(map { $_->{points} - $_->{returned} } @{ $target->{draws} }) : $target->{lot}{points} - $target->{claimed};
	return defined $m{ref} ? '23514' : 'again' if !defined $m{points} && $open == 0;
	return '22023' if $m{at} < $target->{at};
	return '23514' if ($m{points} // 0) > $open;
	$m{points} //= $open;
	$self->_settle($m{at});
	my $answer = $target->{kind} eq 'redeem' ? $self->_give_back($target, %m) : $self->_take_back($target, %m);
	$self->_remember(reverse => %m, points => $asked) if $answer eq 'done';
	return $answer;
}

# The reversal of a redemption: to its lots, last drawn first.
sub _give_back
{
	my ($self, $target, %m) = @_;
	my $wanted = $m{points};

	for my $draw (CORE::reverse @{ $target->{draws} })
	{
		my $points = min($wanted, $draw->{points} - $draw->{returned}) or next;
		$self->_do($m{at}, return => $points, $draw->{lot});
		$self->_row($points, $m{at}, $draw->{lot}{expires}, $m{at}) if $m{at} < $draw->{lot}{expires};
		$draw->{returned} += $points;
		$wanted -= $points;
	}
	return 'done';
}

# The reversal of an earn: what is left in the lot; of the rest, what expired stays expired, and what was spent is a debt.
sub _take_back
{
	my ($self, $target, %m) = @_;
	my $lot    = $target->{lot};
	my $wanted = $m{points};
	my $over = $m{at} >= $lot->{expires};
	my $take = $over ? 0 : min($wanted, $self->_free($lot, $m{at}));
	my $void = $over ? min($wanted, $self->_left($lot, $m{at}) - $target->{void}) : 0;
	my $owe  = $wanted - $take - $void;
	return '23514' if $owe > 0 && !$m{allow_negative};

	$self->_do($m{at}, take => $take, $lot) if $take > 0;
	$self->_do($m{at}, owe => $owe) if $owe > 0;
	$self->_row(-$take, $m{at}, $lot->{expires}, max($lot->{available}, $m{at})) if $take > 0;
	$self->_row(-$owe, $m{at}, NEVER, $m{at}) if $owe > 0;
	$target->{claimed} += $wanted;
	$target->{void}    += $void;
	$lot->{void} = $target->{void};
	return 'done';
}

# ---- the state at a time ----

sub state
{
	my ($self, $t) = @_;
	local $self->{effects} = [ @{ $self->{effects} } ];
	my %state = map { $_ => 0 } qw(earned available pending redeemed expired reversed);

	$self->_settle($t);
	for my $lot (grep { $_->{at} <= $t } @{ $self->{lots} })
	{
		my $left = $self->_left($lot, $t);

		die "lot $lot->{id} has $left left at $t" if $left < 0;
		$state{earned} += $lot->{points};
		$state{ $t < $lot->{available} ? 'pending' : $t < $lot->{expires} ? 'available' : 'expired' } += $left;
	}
	$state{available} -= $self->_debt($t);
	$state{redeemed} = $self->_total('redeem', $t) - $self->_total('return', $t);
	$state{reversed} = $self->_total('take', $t) + $self->_total('owe', $t);
	die "does not add up at $t" if $state{earned} != sum0 @state{qw(available pending redeemed expired reversed)};
	return \%state;
}

sub balance { return $_[0]->state($_[1])->{available} }

# Lots that count at a time: the soonest to expire first, then the oldest.
sub _live
{
	my ($self, $t) = @_;

	return sort { $a->{expires} <=> $b->{expires} || $a->{at} <=> $b->{at} || $a->{id} <=> $b->{id} }
	  grep { $_->{available} <= $t && $t < $_->{expires} } @{ $self->{lots} };
}

sub _left
{
	my ($self, $lot, $t) = @_;
	my %sign = (return => 1, redeem => -1, take => -1, pay => -1);

	return $lot->{points} + sum0 map { $sign{ $_->{what} } * $_->{points} }
	  grep { $_->{lot} && $_->{lot} == $lot && $_->{at} <= $t } @{ $self->{effects} };
}

# What is left at a time and not needed by anything that is in the ledger for later: neither spent or taken back, nor
# found expired when its earn was reversed.
sub _free
{
	my ($self, $lot, $t) = @_;

	return -($lot->{void} // 0) + min map { $self->_left($lot, $_) } $t, grep { $_ > $t } map { $_->{at} } @{ $self->{effects} };
}

sub _total
{
	my ($self, $what, $t) = @_;

	return sum0 map { $_->{points} } grep { $_->{what} eq $what && $_->{at} <= $t } @{ $self->{effects} };
}

sub _debt { my ($self, $t) = @_; return $self->_total('owe', $t) - $self->_total('pay', $t) }

# Debts are paid as soon as there are points, until a time.
sub _settle
{
	my ($self, $until) = @_;
	my %times = map { $_ => 1 } grep { $_ <= $until } map({ $_->{available} } @{ $self->{lots} }), map { $_->{at} } @{ $self->{effects} };

	return if $self->_debt($until) == 0;
	for my $t (sort { $a <=> $b } keys %times)
	{
		for my $lot ($self->_live($t))
		{
			my $points = min($self->_debt($t), $self->_free($lot, $t));

			$self->_do($t, pay => $points, $lot) if $points > 0;
		}
	}
	return;
}

# ---- what is remembered ----

sub _do
{
	my ($self, $at, $what, $points, $lot) = @_;

	push @{ $self->{effects} }, { at => $at, what => $what, points => $points, lot => $lot };
	return;
}

# The answer for a movement whose ref is taken. Times are not compared.
sub _known
{
	my ($self, $kind, %m) = @_;
	my $known = defined $m{ref} && $self->{refs}{ $m{ref} } or return;
	my $same  = sub { return ($_[0] // '-') eq ($_[1] // '-') };

	return $known->{kind} eq $kind && $same->($known->{points}, $m{points}) && $same->($known->{target}, $m{target}) ? 'again' : '23505';
}

sub _remember
{
	my ($self, $kind, %m) = @_;

	$self->{refs}{ $m{ref} } = { %m, kind => $kind } if defined $m{ref};
	return;
}

sub _row
{
	my ($self, @row) = @_;

	push @{ $self->{rows} }, \@row;
	return;
}

1;
