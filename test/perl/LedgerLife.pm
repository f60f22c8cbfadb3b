# LedgerLife - random calls of earn, redeem, reverse and the functions of the other movements, entered into LedgerModel
# as they are made, and the SQL that enters the same calls into a points_ledger.
#
# A kind says what may happen in a life; each chance is between 0 and 1:
#
#	pause      [least, most] time between two calls
#	points     most points of an earn
#	pending    chance that an earn becomes available later, up to delay
#	endless    chance that it never expires; else it expires within lasting
#	reversals  share of reversals among the calls; debts is the chance that one may leave a debt
#	holds      share of holds among the calls, and as many captures and releases
#	transfers  share of transfers among the calls, and as many parcels that come from others
#	extensions share of extensions
#	closings   share of closings
#	backdated  chance of a call at an earlier time
#	retries    chance that an earlier call comes again, sometimes with other points
#	nameless   chance of a redemption without a ref
#	slips      chance of each mistake: a time too early, a ref that is taken or missing, an unknown target
#
# Random numbers are Perl's own, which after srand() are the same on every machine since Perl 5.20.
package LedgerLife;

use v5.20;
use strict;
use warnings FATAL => 'all';
use JSON::PP ();
use List::Util qw(max);
use LedgerModel;

my %DEFAULT = (pending => 0, delay => 0, endless => 0, reversals => 0, debts => 0, backdated => 0, retries => 0,
	nameless => 0, slips => 0, holds => 0, transfers => 0, extensions => 0, closings => 0);

# The refs of a life begin with prefix. It has the model, the calls, the answer to each, and now, the latest time.
sub new
{
	my ($class, $prefix, %kind) = @_;

	return bless {
		%DEFAULT, %kind, prefix => $prefix, now => 0, model => LedgerModel->new,
		calls => [], answers => [], refs => [], targets => [], held => []
	}, $class;
}

sub chance { my ($p) = @_; return rand() < $p }
sub one_of { return $_[ rand @_ ] }

# Some more calls.
sub live
{
	my ($self, $ncalls) = @_;

	for (1 .. $ncalls)
	{
		my $call   = $self->random_call;
		my $answer = $self->{model}->enter($call);

		push @{ $self->{calls} }, $call;
		push @{ $self->{answers} }, $answer;
		push @{ $self->{targets} }, $call->{ref}
		  if $answer eq 'done' && $call->{what} ne 'reverse' && defined $call->{ref};
		push @{ $self->{held} }, $call->{ref} if $answer eq 'done' && $call->{what} eq 'hold';
	}
	return $self;
}

# What a call is, and its share of all.
my @SHARES = (
	[ reversals => 'random_reverse' ], [ holds => 'random_hold' ], [ holds => 'random_hold_end' ],
	[ transfers => 'random_transfer' ], [ transfers => 'random_receive' ], [ extensions => 'random_extend' ],
	[ closings => 'random_close' ]);

sub random_call
{
	my ($self) = @_;
	my ($least, $most) = @{ $self->{pause} };
	my $backdated = chance($self->{backdated});

	$self->{now} += $least + int rand($most - $least + 1) unless $backdated;
	my $at = $backdated ? int rand($self->{now} + 1) : $self->{now};
	return $self->retried($at) if @{ $self->{calls} } && chance($self->{retries});
	my $dice = rand;
	for (@SHARES)
	{
		my ($share, $what) = @$_;
		return $self->$what($at) if ($dice -= $self->{$share}) < 0;
	}
	return $dice < 0.35 ? $self->random_draw($at, 'redeem') : $self->random_earn($at);
}

sub retried
{
	my ($self, $at) = @_;
	my %call = (%{ one_of(@{ $self->{calls} }) }, at => $at);

	$call{points} = ($call{points} // 0) + 1 if chance(0.3);
	return \%call;
}

sub random_earn
{
	my ($self, $at) = @_;
	my $available = chance($self->{pending}) ? $at + int(rand $self->{delay}) - chance($self->{slips}) : undef;
	my $lasting   = chance(0.5) ? $self->{lasting} : $self->{lasting} / 8;
	my $expires   = ($available // $at) + 1 + int(rand $lasting) - chance($self->{slips});


	return { what => 'earn', points => 1 + int rand $self->{points}, at => $at, available => $available,
		expires => chance($self->{endless}) ? undef : $expires, ref => $self->some_ref };
}

sub random_expiry { my ($self, $at) = @_; return $at + 1 + int(rand $self->{lasting}) - chance($self->{slips}) }

sub random_transfer { my ($self, $at) = @_; return $self->random_draw($at, 'transfer') }

sub random_hold
{
	my ($self, $at) = @_;
	my $until = $at + 1 + int(rand(0.3 * $self->{lasting})) - chance($self->{slips});

	return { %{ $self->random_draw($at, 'hold') }, until => $until };
}

# Of a hold that was made, or by a slip of anything.
sub random_hold_end
{
	my ($self, $at) = @_;
	my $known  = @{ $self->{held} } && !chance($self->{slips});
	my @held   = $known ? @{ $self->{held} } : (@{ $self->{refs} }, 'none');
	my $target = $known && chance(0.7) ? $held[-1] : one_of(@held);
	my $points = chance(0.6) ? undef : 1 + int rand(0.5 * $self->{points});

	return { what => 'release', target => $target, at => $at } if chance(0.3);
	return { what => 'capture', target => $target, at => $at, points => $points };
}

sub random_receive
{
	my ($self, $at) = @_;
	my $expires = $at + 1 + int rand $self->{lasting};

	return { what => 'receive', points => 1 + int rand $self->{points}, at => $at, issued_at => $at - int rand 20,
		expires => chance($self->{endless}) ? undef : $expires, ref => $self->some_ref };
}

sub random_extend
{
	my ($self, $at) = @_;

	return { what => 'extend', at => $at, expires => chance($self->{endless}) ? undef : $self->random_expiry($at),
		ref => chance($self->{nameless}) ? undef : $self->some_ref };
}

sub random_close { my ($self, $at) = @_; return { what => 'close', at => $at - int rand 6 } }

# Most of them ask for what is there.
sub random_draw
{
	my ($self, $at, $what) = @_;
	my $there  = $self->{model}->balance($at);
	my $points = 1 + int rand($there > 0 && chance(0.8) ? $there : 1.2 * $self->{points});

	return { what => $what, points => $points, at => $at,
		ref => chance($self->{nameless}) ? undef : $self->some_ref };
}

sub random_reverse
{
	my ($self, $at) = @_;
	my $known  = @{ $self->{targets} } && !chance($self->{slips});
	my $target = $known ? one_of(@{ $self->{targets} }) : one_of(@{ $self->{refs} }, 'none');
	my $points = chance(0.5) ? undef : 1 + int rand(0.7 * $self->{points});
	my $ref    = chance(defined $points ? $self->{slips} : 0.6) ? undef : $self->some_ref;

	return { what => 'reverse', target => $target, at => $at, points => $points, ref => $ref,
		allow_negative => chance($self->{debts}) ? JSON::PP::true : JSON::PP::false };
}

# A ref that is new, unless by a slip.
sub some_ref
{
	my ($self) = @_;
	my $refs = $self->{refs};

	return one_of(@$refs) if @$refs && chance($self->{slips});
	push @$refs, $self->{prefix} . @$refs;
	return $refs->[-1];
}

# Goes on with another's ledger merged into one's own.
sub merge
{
	my ($self, $other) = @_;

	$self->{model}->merge($other->{model});
	push @{ $self->{$_} }, @{ $other->{$_} } for qw(answers refs targets held);
	push @{ $self->{calls} }, { what => 'push' }, @{ $other->{calls} }, { what => 'merge' };
	$self->{now} = max($self->{now}, $other->{now});
	return $self;
}

# The calls as enter() takes them.
sub json { my ($self) = @_; return JSON::PP->new->canonical->encode($self->{calls}) }

# hour: a time of the model. brief: LedgerModel's brief. enter: a ledger made by calls, the answers as LedgerModel
# gives them, and the calls that changed the balance of a time before their own, of which there should be none.
use constant SQL => q{
	CREATE FUNCTION hour(h int) RETURNS timestamptz IMMUTABLE PARALLEL SAFE LANGUAGE sql
		RETURN '2025-01-01Z'::timestamptz + h * interval '1 hour';
	CREATE FUNCTION brief(p points_ledger) RETURNS text LANGUAGE sql AS $$
		SELECT coalesce(string_agg(CASE kind WHEN 'earn' THEN '+' || points WHEN 'redeem' THEN points || '<'
				WHEN 'transfer' THEN points || '>' WHEN 'hold' THEN points || '!'
				WHEN 'capture' THEN points || ' C' || hold || '<' WHEN 'release' THEN points || ' F' || hold
				WHEN 'extend' THEN 'X' WHEN 'close' THEN 'Z' ELSE points || ' R' || reverses || '<' END
			|| coalesce((SELECT string_agg(concat(d->'lot', ':', d->'points'), ',')
				FROM jsonb_array_elements(draws) d), '')
			|| coalesce(' debt ' || debt, ''), '; ' ORDER BY id), '') FROM movements(p) $$;
	CREATE FUNCTION enter(calls jsonb, start points_ledger DEFAULT points_ledger(), OUT p points_ledger,
		OUT answers text, OUT changed_earlier text)
	LANGUAGE plpgsql AS $$
	DECLARE
		call jsonb;
		at timestamptz;
		points bigint;
		expires timestamptz;
		before points_ledger;
		stack points_ledger[] := '{}';
		earlier interval;
	BEGIN
		p := start;
		changed_earlier := '';
		FOR call IN SELECT * FROM jsonb_array_elements(calls) LOOP
			at := hour((call->>'at')::int);
			points := (call->>'points')::bigint;
			expires := hour((call->>'expires')::int);
			before := p;
			IF call->>'what' = 'push' THEN
				stack := stack || p;
				p := points_ledger();
				CONTINUE;
			ELSIF call->>'what' = 'merge' THEN
				p := stack[cardinality(stack)] || p;
				stack := trim_array(stack, 1);
				CONTINUE;
			END IF;
			BEGIN
				CASE call->>'what'
					WHEN 'earn' THEN p := earn(p, points, at, expires, call->>'ref',
						hour((call->>'available')::int));
					WHEN 'redeem' THEN p := redeem(p, points, at, call->>'ref');
					WHEN 'reverse' THEN p := reverse(p, call->>'target', at, points, call->>'ref',
						(call->>'allow_negative')::boolean);
					WHEN 'transfer' THEN p := (transfer(p, points, at, call->>'ref')).giver;
					WHEN 'receive' THEN p := receive(p, (transfer(earn(points_ledger(), points,
						hour((call->>'issued_at')::int), expires, 'x'), points, at, call->>'ref')).parcel);
					WHEN 'hold' THEN p := hold(p, points, hour((call->>'until')::int), at, call->>'ref');
					WHEN 'capture' THEN p := capture(p, call->>'target', points, at);
					WHEN 'release' THEN p := release(p, call->>'target', at);
					WHEN 'extend' THEN p := extend(p, coalesce(expires, 'infinity'), at, call->>'ref');
					WHEN 'close' THEN p := close(p, at);
				END CASE;
				answers := concat_ws(' ', answers, CASE WHEN p = before THEN 'again' ELSE 'done' END);
			EXCEPTION WHEN OTHERS THEN
				answers := concat_ws(' ', answers, SQLSTATE);
			END;
			FOREACH earlier IN ARRAY '{1 us, 3 hours}'::interval[] LOOP
				CONTINUE WHEN start <> points_ledger();
				IF balance(p, at - earlier) <> balance(before, at - earlier) THEN
					changed_earlier := changed_earlier || call;
				END IF;
			END LOOP;
		END LOOP;
	END $$;
};

1;
