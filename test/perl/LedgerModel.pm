# LedgerModel - the rules of a points ledger a second time, as plainly as possible, for tests to compare with.
#
# One model serves the type points_ledger and movement tables: enter() and statements() say what the type must say,
# table_rows() which rows the same movements are in a table. It was written from the rules, not from the C code, and
# works in another way: the C code keeps what it needs as it goes, the model goes through everything that ever
# happens, again for each question.
#
# There used to be a second model, for movement tables. On millions of random movements the two agreed except where a
# backdated redemption met points that had expired before their earn was reversed; there the second was wrong, and it
# did not know merged ledgers, nor debts beside backdated movements.
#
# A model is an array of movements in the order of their entry. Each is a hash: kind (earn, redeem, reverse, transfer,
# hold, capture, release, extend or close), at, points, expires and available (or undef), issued_at, until (of a hold),
# ref (or undef), target (the index of what is reversed, captured or released), draws ([index of the lot, points], ...),
# debt, and merged_from (the index at which the ledger began that it was entered into: more than 0 if that was merged
# into this one). Times are whole numbers.
package LedgerModel;

use strict;
use warnings FATAL => 'all';
use List::Util qw(min max sum0);

use constant NEVER => 9**9**9;

sub new { return bless [], shift }

sub lots { my ($self) = @_; return grep { $self->[$_]{kind} eq 'earn' } 0 .. $#$self }
sub start_of { my ($lot) = @_; return $lot->{available} // $lot->{at} }
sub end_of { my ($lot) = @_; return $lot->{expires} // NEVER }
sub issue_of { my ($lot) = @_; return $lot->{issued_at} // $lot->{at} }

# When a lot expires, as far as is known at a time: each extension until then prolongs the life of what was there, if
# it was not over.
sub end_at
{
	my ($self, $lot, $t) = @_;
	my $end = end_of($self->[$lot]);

	for my $e (sort { $self->[$a]{at} <=> $self->[$b]{at} || $a <=> $b }
		grep { $self->[$_]{kind} eq 'extend' && $self->[$_]{at} <= $t } 0 .. $#$self)
	{
		my ($at, $earned) = ($self->[$e]{at}, $self->[$lot]{at});
		next unless $self->together($lot, $e) && ($earned < $at || ($earned == $at && $lot < $e));
		$end = max($end, end_of($self->[$e])) if $at < $end;
	}
	return $end;
}

# Lots that count at a time: the soonest to expire first, then the oldest.
sub live_lots
{
	my ($self, $t) = @_;
	my %end = map { $_ => $self->end_at($_, $t) } $self->lots;

	return sort { $end{$a} <=> $end{$b} || issue_of($self->[$a]) <=> issue_of($self->[$b]) || $a <=> $b }
	  grep { start_of($self->[$_]) <= $t && $t < $end{$_} } $self->lots;
}

# The capture or release of a hold.
sub end_of_hold
{
	my ($self, $hold) = @_;

	return (grep { $self->[$_]{kind} =~ /^(capture|release)$/ && $self->[$_]{target} == $hold } 0 .. $#$self)[0];
}

sub closed
{
	my ($self) = @_;

	return max(-9**9, map { $_->{at} } grep { $_->{kind} eq 'close' } @$self);
}

# ---- what the movements make of the lots ----

# Where drawn points go.
my %COLUMN = (redeem => 'redeemed', transfer => 'reversed', hold => 'held');

sub freed { my ($self, $hold) = @_; return map { [ $_->[0], $_->[1], 'held' ] } @{ $self->[$hold]{draws} } }

# What a movement does to lots: [lot, points, why].
sub effects
{
	my ($self, $i) = @_;
	my $m     = $self->[$i];
	my @draws = @{ $m->{draws} };

	return [ $i, $m->{points}, 'earned' ] if $m->{kind} eq 'earn';
	return map { [ $_->[0], -$_->[1], $COLUMN{ $m->{kind} } ] } @draws if $COLUMN{ $m->{kind} };
	return () if $m->{kind} =~ /^(extend|close)$/;
	# All that is held is free again; what is captured is then spent.
	return $self->freed($m->{target}), map { [ $_->[0], -$_->[1], 'redeemed' ] } @draws if $m->{kind} ne 'reverse';
	return map { [ $_->[0], $_->[1], 'redeemed' ] } @draws if $self->[ $m->{target} ]{kind} ne 'earn';
	# Of an earn that is reversed, what was neither left nor spent had expired, and stays so.
	my $lapsed = $m->{points} - $m->{debt} - sum0 map { $_->[1] } @draws;
	return map({ [ $_->[0], -$_->[1], 'reversed' ] } @draws), [ $m->{target}, -$lapsed, 'lapsed' ];
}

# What happens, in time order: [time, 1 if a movement is entered, 0 if a lot becomes available, -1 if a hold ends by
# itself, index]. At one time holds end first, and movements follow in the order of their entry.
sub events
{
	my ($self) = @_;

	return sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] || $a->[2] <=> $b->[2] }
	  map({ [ $self->[$_]{at}, 1, $_ ] } 0 .. $#$self),
	  map({ [ $self->[$_]{until}, -1, $_ ] }
		grep { $self->[$_]{kind} eq 'hold' && !defined $self->end_of_hold($_) } 0 .. $#$self),
	  map { [ start_of($self->[$_]), 0, $_ ] } grep { start_of($self->[$_]) > $self->[$_]{at} } $self->lots;
}

sub effects_of
{
	my ($self, $entered, $i) = @_;

	return $entered > 0 ? $self->effects($i) : $entered < 0 ? $self->freed($i) : ();
}

# The least that each lot ever holds from each event on, before any debt is paid: one hash for each event.
sub least_from_now_on
{
	my ($self, @events) = @_;
	my (%left, @after, %least);

	for my $event (@events)
	{
		my (undef, $entered, $i) = @$event;
		$left{ $_->[0] } += $_->[1] for $self->effects_of($entered, $i);
		push @after, {%left};
	}
	for my $after (CORE::reverse @after)
	{
		$least{$_} = min($after->{$_}, $least{$_} // $after->{$_}) for keys %$after;
		$after->{$_} = $least{$_} for keys %$after;
	}
	return @after;
}

# How things are after each event: at, its time; lots, with what is left of each, redeemed, reversed and lapsed;
# debts, what is owed of each, by the index of the reversal that made it; and paid, what the event has paid of them:
# [debt, lot, points].
#
# A debt is paid as soon as there are live points that no later movement needs, the oldest debt first.
sub replay
{
	my ($self) = @_;
	my @events = $self->events;
	my @least  = $self->least_from_now_on(@events);
	my (%lots, @debtors, %debts, %paid, @moments);

	for my $e (0 .. $#events)
	{
		my ($now, $entered, $i) = @{ $events[$e] };
		my @paid;

		$lots{$i} = { left => 0, held => 0, redeemed => 0, reversed => 0, lapsed => 0 }
		  if $entered > 0 && $self->[$i]{kind} eq 'earn';
		for ($self->effects_of($entered, $i))
		{
			my ($lot, $points, $why) = @$_;
			$lots{$lot}{left} += $points;
			$lots{$lot}{$why} -= $points if $why ne 'earned';
		}
		if ($entered > 0 && $self->[$i]{debt})
		{
			push @debtors, $i;
			$debts{$i} = $self->[$i]{debt};
		}
		# All that comes by itself at one time is there before anything pays.
		my $next = $events[ $e + 1 ];
		my $settled = $entered > 0 || !$next || $next->[0] > $now || $next->[1] > 0;
		for my $debtor ($settled ? @debtors : ())
		{
			for my $lot (grep { $lots{$_} && $self->together($debtor, $_) } $self->live_lots($now))
			{
				my $points = min($debts{$debtor}, $least[$e]{$lot} - ($paid{$lot} // 0));
				next if $points <= 0;
				$debts{$debtor} -= $points;
				$paid{$lot} += $points;
				$lots{$lot}{left} -= $points;
				$lots{$lot}{reversed} += $points;
				push @paid, [ $debtor, $lot, $points ];
			}
		}
		push @moments, { at => $now, debts => {%debts}, paid => \@paid,
			lots => { map { $_ => { %{ $lots{$_} } } } keys %lots } };
	}
	return @moments;
}

# Whether two movements were entered into one ledger, not into two that were merged.
sub together { my ($self, $i, $j) = @_; return $self->[ max($i, $j) ]{merged_from} <= min($i, $j) }

# The last moment until a time, and those that follow.
sub moments_from
{
	my ($t, @moments) = @_;
	my $past = grep { $_->{at} <= $t } @moments;

	return @moments[ $past - 1 .. $#moments ] if $past > 0;
	return ({ at => $t, debts => {}, paid => [], lots => {} }, @moments);
}

# What of a lot can be taken out at a time: what is left, and no later movement needs. The debts of that time get paid
# after what is taken out now.
sub free
{
	my ($lot, $now, @later) = @_;
	my $free  = $now->{lots}{$lot}{left};
	my $spare = 0;

	for my $moment (@later)
	{
		my @paid = grep { $_->[1] == $lot && exists $now->{debts}{ $_->[0] } } @{ $moment->{paid} };
		$spare += sum0 map { $_->[2] } @paid;
		$free = min($free, $moment->{lots}{$lot}{left} + $spare);
	}
	return $free;
}

# earned, available, pending, held, redeemed, expired, reversed, at each of some times
sub statements
{
	my ($self, @times) = @_;
	my @moments = $self->replay;

	return map { $self->statement($_, (moments_from($_, @moments))[0]) } @times;
}

sub statement
{
	my ($self, $t, $now) = @_;
	my $owed = sum0 values %{ $now->{debts} };
	my @sums = (0, -$owed, 0, 0, 0, 0, $owed);

	for my $i (keys %{ $now->{lots} })
	{
		my ($lot, $state) = ($self->[$i], $now->{lots}{$i});

		die "lot $i has $state->{left} left at $t" if $state->{left} < 0;
		$sums[0] += $lot->{points};
		$sums[ $t < start_of($lot) ? 2 : $t < $self->end_at($i, $t) ? 1 : 5 ] += $state->{left};
		$sums[3] += $state->{held};
		$sums[4] += $state->{redeemed};
		$sums[5] += $state->{lapsed};
		$sums[6] += $state->{reversed};
	}
	die "does not add up at $t: @sums" if $sums[0] != sum0 @sums[ 1 .. 6 ];
	return \@sums;
}

sub balance { my ($self, $t) = @_; return ($self->statements($t))[0][1] }

# ---- movements ----

# Enters a call, which is a hash: what (the name of a function; receive: the parcel of a transfer that another
# ledger made), at, points and the other arguments of that function.
# Returns 'done', 'again' (it is there already: nothing changes) or the SQLSTATE with which it is refused.
sub enter
{
	my ($self, $call) = @_;
	my $what = "enter_$call->{what}";

	return $self->$what($call);
}

sub add
{
	my ($self, %movement) = @_;

	push @$self, { draws => [], debt => 0, merged_from => 0, %movement };
	return 'done';
}

# The index of the movement with a ref.
sub find
{
	my ($self, $ref) = @_;

	return defined $ref ? (grep { ($self->[$_]{ref} // '') eq $ref } 0 .. $#$self)[0] : undef;
}

# The answer to an earn or a redemption whose ref is there. Times are not compared.
sub known
{
	my ($self, $call) = @_;
	my $i = $self->find($call->{ref});

	return unless defined $i;
	return '23505' if $self->[$i]{kind} ne $call->{what};
	return $call->{what} eq 'extend' || $self->[$i]{points} == $call->{points} ? 'again' : '23505';
}

sub enter_earn
{
	my ($self, $call) = @_;
	my $known = $self->known($call);

	return $known if $known;
	return '22023' if $call->{at} <= $self->closed;
	return '22023' if start_of($call) < $call->{at} || end_of($call) <= start_of($call);
	return $self->add(kind => 'earn', map { $_ => $call->{$_} } qw(points at expires ref available));
}

sub enter_redeem { my ($self, $call) = @_; return $self->enter_draw($call) }
sub enter_transfer { my ($self, $call) = @_; return $self->enter_draw($call) }
sub enter_hold { my ($self, $call) = @_; return $self->enter_draw($call) }

sub enter_draw
{
	my ($self, $call) = @_;
	my $known = $self->known($call);

	return $known if $known;
	return '22023' if $call->{at} <= $self->closed;
	return '22023' if $call->{what} eq 'hold' && $call->{until} <= $call->{at};
	return '22004' if $call->{what} eq 'hold' && !defined $call->{ref};
	my ($now, @later) = moments_from($call->{at}, $self->replay);
	my @lots = grep { $now->{lots}{$_} } $self->live_lots($call->{at});
	my %free = map { $_ => free($_, $now, @later) } @lots;
	return '23514' if $call->{points} > sum0(values %free) - sum0 values %{ $now->{debts} };

	my $rest = $call->{points};
	my @draws;
	for my $lot (@lots)
	{
		my $points = min($rest, $free{$lot});
		push @draws, [ $lot, $points ] if $points > 0;
		$rest -= $points;
	}
	return $self->add(kind => $call->{what}, draws => \@draws, map { $_ => $call->{$_} } qw(points at ref until));
}

# target, points (undef: all that is held). Whatever is drawn later from what the hold would have left must be there.
sub enter_capture
{
	my ($self, $call) = @_;
	my $target = $self->find($call->{target});

	return '22023' if !defined $target || $self->[$target]{kind} ne 'hold';
	my ($hold, $end) = ($self->[$target], $self->end_of_hold($target));
	my $points = $call->{points} // $hold->{points};
	return $self->[$end]{points} == $points ? 'again' : '23505' if defined $end && $self->[$end]{kind} eq 'capture';
	return '22023' if $call->{at} <= $self->closed || $call->{at} < $hold->{at};
	return '23514' if defined $end || $call->{at} >= $hold->{until} || $points > $hold->{points};

	my $rest  = $points;
	my @draws = grep { $_->[1] > 0 } map { my $n = min($rest, $_->[1]); $rest -= $n; [ $_->[0], $n ] } @{ $hold->{draws} };
	$self->add(kind => 'capture', at => $call->{at}, points => $points, target => $target, draws => \@draws);
	return 'done' unless grep { $_ < 0 } map { values %$_ } $self->least_from_now_on($self->events);
	pop @$self;
	return '23514';
}

sub enter_release
{
	my ($self, $call) = @_;
	my $target = $self->find($call->{target});

	return '22023' if !defined $target || $self->[$target]{kind} ne 'hold';
	my ($hold, $end) = ($self->[$target], $self->end_of_hold($target));
	return 'again' if defined $end ? $self->[$end]{kind} eq 'release' : $call->{at} >= $hold->{until};
	return '22023' if $call->{at} <= $self->closed || $call->{at} < $hold->{at};
	return '23514' if defined $end || $call->{at} >= $hold->{until};
	return $self->add(kind => 'release', at => $call->{at}, points => $hold->{points}, target => $target);
}

sub enter_extend
{
	my ($self, $call) = @_;
	my $known = $self->known($call);

	return $known if $known;
	return '22023' if $call->{at} <= $self->closed || end_of($call) <= $call->{at};
	return $self->add(kind => 'extend', points => 0, map { $_ => $call->{$_} } qw(at expires ref));
}

sub enter_close
{
	my ($self, $call) = @_;

	return 'again' if $call->{at} <= $self->closed;
	return $self->add(kind => 'close', points => 0, at => $call->{at});
}

# A parcel: one lot of another ledger, with its issued_at and expiry, which must be there at that time.
sub enter_receive
{
	my ($self, $call) = @_;

	return '23514' if $call->{at} < $call->{issued_at} || end_of($call) <= $call->{at};
	return '23505' if defined $self->find($call->{ref});
	return '22023' if $call->{at} <= $self->closed;
	return $self->add(kind => 'earn',
		map { $_ => $call->{$_} } qw(points at expires ref issued_at));
}

# target, ref (of the reversal), points (undef: all that is left of it), allow_negative
sub enter_reverse
{
	my ($self, $call) = @_;
	my ($points, $at) = @$call{qw(points at)};
	my $target = $self->find($call->{target});
	my $same   = $self->find($call->{ref});

	# Of a hold, what is reversed is its capture.
	$target = $self->end_of_hold($target) // $target if defined $target && $self->[$target]{kind} eq 'hold';

	return '22004' if defined $points && !defined $call->{ref};
	return $self->known_reversal($target, $same, $points) if defined $same;
	return '22023' if !defined $target || $self->[$target]{kind} !~ /^(earn|redeem|capture)$/;
	my $m    = $self->[$target];
	my $left = $m->{points} - $self->reversed($target, $#$self);
	return defined $call->{ref} ? '23514' : 'again' if $left == 0 && !defined $points;
	return '22023' if $at < $m->{at} || $at <= $self->closed;
	$points //= $left;
	return '23514' if $points > $left;

	my %new = (kind => 'reverse', at => $at, points => $points, ref => $call->{ref}, target => $target);
	return $self->add(%new, draws => [ $self->give_back($m, $m->{points} - $left, $points) ])
	  if $m->{kind} ne 'earn';
	my $free = free($target, moments_from($at, $self->replay));
	my $taken = $at < $self->end_at($target, $at) ? min($points, $free) : 0;
	# Points that had expired stay expired; what is missing beyond them was spent.
	my $debt = max(0, $points - ($at < $self->end_at($target, $at) ? $taken : $free));
	return '23514' if $debt > 0 && !$call->{allow_negative};
	return $self->add(%new, debt => $debt, draws => $taken > 0 ? [ [ $target, $taken ] ] : []);
}

# Points of a movement that reversals until some index have reversed.
sub reversed
{
	my ($self, $target, $until) = @_;

	return sum0 map { $_->{points} }
	  grep { $_->{kind} eq 'reverse' && $_->{target} == $target } @$self[ 0 .. $until ];
}

# The answer to a reversal whose ref is there: it is the same one if it asked for as much, or for all that was left.
sub known_reversal
{
	my ($self, $target, $same, $points) = @_;
	my $m = $self->[$same];

	return '23505' unless defined $target && $m->{kind} eq 'reverse' && $m->{target} == $target;
	return $points == $m->{points} ? 'again' : '23505' if defined $points;
	return $self->reversed($target, $same) == $self->[$target]{points} ? 'again' : '23505';
}

# The draws of a redemption's reversal: point by point, the last drawn first, behind those that went back already.
sub give_back
{
	my ($self, $redemption, $before, $points) = @_;
	my @drawn = map { my ($lot, $n) = @$_; ($lot) x $n } CORE::reverse @{ $redemption->{draws} };
	my @draws;

	for my $lot (@drawn[ $before .. $before + $points - 1 ])
	{
		push @draws, [ $lot, 0 ] unless @draws && $draws[-1][0] == $lot;
		$draws[-1][1]++;
	}
	return @draws;
}

# The other's movements behind one's own.
sub merge
{
	my ($self, $other) = @_;
	my $n = @$self;

	for my $m (@$other)
	{
		push @$self, { %$m, merged_from => $m->{merged_from} + $n,
			draws => [ map { [ $_->[0] + $n, $_->[1] ] } @{ $m->{draws} } ],
			defined $m->{target} ? (target => $m->{target} + $n) : () };
	}
	return;
}

# ---- other forms ----

# A word for each movement, as in brief() of LedgerLife: 60<2:50,1:10 is a redemption of 60, of which 50 were drawn
# from lot 2 and 10 from lot 1.
sub brief
{
	my ($self) = @_;

	my %word = (
		earn    => sub { return "+$_[0]{points}" },
		redeem  => sub { return "$_[0]{points}<" },
		reverse => sub { return "$_[0]{points} R" . ($_[0]{target} + 1) . '<' },
		transfer => sub { return "$_[0]{points}>" },
		hold => sub { return "$_[0]{points}!" },
		capture => sub { return "$_[0]{points} C" . ($_[0]{target} + 1) . '<' },
		release => sub { return "$_[0]{points} F" . ($_[0]{target} + 1) },
		extend => sub { return 'X' },
		close => sub { return 'Z' });

	return join '; ', map {
		$word{ $_->{kind} }->($_)
		  . join(',', map { ($_->[0] + 1) . ":$_->[1]" } @{ $_->{draws} })
		  . ($_->{debt} ? " debt $_->{debt}" : '')
	} @$self;
}

# The same movements in a table: rows of points, at, expires, available.
sub table_rows
{
	my ($self) = @_;

	return map { $self->table_rows_of($_) } @$self;
}

sub table_rows_of
{
	my ($self, $m) = @_;
	my $at = $m->{at};

	return [ $m->{points}, $at, $m->{expires}, $m->{available} ] if $m->{kind} eq 'earn';
	return [ -$m->{points}, $at, undef, undef ] if $m->{kind} eq 'redeem';
	my @draws = map { [ $self->[ $_->[0] ], $_->[1] ] } @{ $m->{draws} };
	# What goes back to a lot that has expired is of no account.
	return map { [ $_->[1], $at, $_->[0]{expires}, undef ] } grep { $at < end_of($_->[0]) } @draws
	  if $self->[ $m->{target} ]{kind} eq 'redeem';
	return map({ [ -$_->[1], $at, $_->[0]{expires}, max(start_of($_->[0]), $at) ] } @draws),
		$m->{debt} ? [ -$m->{debt}, $at, undef, undef ] : ();
}

1;
