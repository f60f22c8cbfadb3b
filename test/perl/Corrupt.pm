# Corrupt - what tests do to the bytes of a value, and how they find out what becomes of it.
#
# A message from a client must be refused with an error of the value, or be a value that works like any other. A
# stored value that is damaged may say anything, but the server must stay up, come to an end, and read nothing that is
# not there.
#
# Messages are binary parameters of a statement, sent by a small client of its own: no function of SQL hands bytes to
# a type's receive function, psql sends text only, and a file for each COPY (FORMAT binary) takes 20 times as long.
# Stored bytes come from a type of their own that is cast to the other as it is.
#
# Alterations are the same in every run. For a longer search, CORRUPT_TIMES=10 makes ten times as many at random, and
# CORRUPT_SEED=2 makes others.
package Corrupt;

use v5.20;
use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use List::Util qw(uniq);
use Test::More;
use RetentionTest;

our @EXPORT = qw(messages_of make_raw_type stored_bytes_of
  altered_everywhere altered_at_random send_values use_values);

# The messages that a type's send function makes of a query's values.
sub messages_of
{
	my ($node, $type, $sql) = @_;

	return map { pack 'H*', $_ } split /\n/, query($node, "SELECT encode(${type}_send(v), 'hex') FROM ($sql) s (v)");
}

# A type raw_... for the stored bytes of another: $1::text::raw_type::type is a value of any bytes.
sub make_raw_type
{
	my ($node, $type) = @_;

	return query($node, qq{
		CREATE TYPE raw_$type;
		CREATE FUNCTION raw_${type}_in(cstring) RETURNS raw_$type LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
		CREATE FUNCTION raw_${type}_out(raw_$type) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
		CREATE TYPE raw_$type (INPUT = raw_${type}_in, OUTPUT = raw_${type}_out, LIKE = $type);
		CREATE CAST (raw_$type AS $type) WITHOUT FUNCTION;
		CREATE CAST ($type AS raw_$type) WITHOUT FUNCTION}, client_min_messages => 'warning');
}

# The bytes in which a query's values are stored, without their length.
sub stored_bytes_of
{
	my ($node, $type, $sql) = @_;

	return map { pack 'H*', $_ =~ s/^\\x//r } split /\n/, query($node, "SELECT v::raw_$type FROM ($sql) s (v)");
}

# ---- alterations ----

# A value, one byte more, all of its beginnings, and each byte altered in several ways.
sub altered_everywhere
{
	my ($value) = @_;
	my @altered = ($value, "$value\0", map { substr $value, 0, $_ } 0 .. length($value) - 1);

	for my $at (0 .. length($value) - 1)
	{
		my $byte = ord substr $value, $at, 1;

		for my $other (uniq map({ $byte ^ $_ } 0x01, 0x02, 0x10, 0x80, 0xFF), 0, 1, 0x7F, 0x80, 0xFF)
		{
			push @altered, $value;
			substr($altered[-1], $at, 1) = chr $other;
		}
	}
	return @altered;
}

sub any { return int rand $_[0] }

# An extreme number, as messages have it or as it is stored.
sub any_number
{
	return pack any(2) ? 'N' : 'V', (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 16384)[ any(7) ];
}

sub any_part { my ($v) = @_; return substr $v, any(length $v), any(20) }

# Each takes a value, a place in it, and a value to take bytes from; a place may be the end.
my @WAYS = (
	sub { my ($v, $at) = @_; substr($v, $at, 1) ^= chr(1 << any(8)) if $at < length $v; return $v },
	sub { my ($v, $at) = @_; substr($v, $at, 1) = chr any(256); return $v },
	sub { my ($v, $at) = @_; substr($v, $at, 1) = chr((0 .. 3, 0x7F, 0x80, 0xFF)[ any(7) ]); return $v },
	sub { my ($v, $at) = @_; substr($v, $at, 4) = any_number(); return $v },
	sub { my ($v, $at) = @_; substr($v, $at % 48, 4) = any_number(); return $v },
	sub { my ($v, $at) = @_; substr($v, $at, any(11)) = "\xFF" x any(11); return $v },
	sub { my ($v, $at) = @_; substr($v, $at, any(9)) = ''; return $v },
	sub { my ($v, $at) = @_; return substr $v, 0, $at },
	sub { my ($v) = @_; return $v . join '', map { chr any(256) } 0 .. any(12) },
	sub { my ($v, $at) = @_; my $part = any_part($v); substr($v, $at, 0) = $part; return $v },
	sub { my ($v, $at) = @_; my $part = any_part($v); substr($v, $at, length $part) = $part; return $v },
	sub { my ($v, $at, $other) = @_; return substr($v, 0, $at) . substr $other, any(length $other) });

# Some alterations of each value, of one to four steps.
sub altered_at_random
{
	my ($tries, @values) = @_;
	my @altered;

	srand($ENV{CORRUPT_SEED} // 1);
	for my $value (@values)
	{
		for (1 .. $tries * ($ENV{CORRUPT_TIMES} // 1))
		{
			my $v = $value;

			$v = $WAYS[ any(scalar @WAYS) ]->($v, any(1 + length $v), $values[ any(scalar @values) ]) for 0 .. any(4);
			push @altered, $v;
		}
	}
	return @altered;
}

# ---- what becomes of them ----

# A client of the server: sends messages of the frontend protocol, and returns the server's until it is ready again.
sub connect_raw
{
	my ($node) = @_;
	my $socket  = $node->raw_connect;
	my $user    = query($node, 'SELECT current_user');
	my $startup = pack('N', 196608) . "user\0$user\0database\0postgres\0\0";

	print {$socket} pack('N', 4 + length $startup), $startup;
	$socket->flush;
	answers($socket);
	return sub {
		print {$socket} map { my ($type, $body) = @$_; $type . pack('N', 4 + length $body) . $body } @_, [ 'S', '' ];
		$socket->flush;
		return answers($socket);
	};
}

sub answers
{
	my ($socket) = @_;
	my @answers;

	while (1)
	{
		my ($head, $body) = ('', '');
		read($socket, $head, 5) == 5 or die 'the server closed the connection';
		my ($type, $size) = unpack 'a N', $head;
		read($socket, $body, $size - 4) == $size - 4 or die 'the server closed the connection';
		return @answers if $type eq 'Z';
		push @answers, [ $type, $body ];
	}
}

# Sends values as messages of a type. Those that are taken are in the table received (id, v) afterwards, where ids
# count from 0; SQLSTATE and message of the errors must match "allowed". Returns the ids of those taken.
sub send_values
{
	my ($node, $type, $allowed, @values) = @_;
	my (%states, @wrong, @taken);

	query($node, "DROP TABLE IF EXISTS received; CREATE TABLE received (id int, v $type)",
		client_min_messages => 'warning');
	my $send = connect_raw($node);
	$send->([ 'P', "insert\0INSERT INTO received VALUES (\$1, \$2)\0" . pack('n', 0) ]);
	for my $id (0 .. $#values)
	{
		my $bind = pack('x Z* nn n NN N/a* n', 'insert', 1, 1, 2, 4, $id, $values[$id], 0);
		my ($error) = map { $_->[1] } grep { $_->[0] eq 'E' } $send->([ 'B', $bind ], [ 'E', pack('x N', 0) ]);
		my %error = map { /^(.)(.*)/s } split /\0/, $error // "C00000\0M";

		$states{ $error{C} }++;
		push @taken, $id unless $error;
		push @wrong, "$id: $error{C} $error{M}" if $error && "$error{C} $error{M}" !~ /^($allowed)\b/;
	}
	note(scalar(@values) . " messages of $type: " . join ', ', map { "$states{$_} x $_" } sort keys %states);
	is(join("\n", grep { defined } @wrong[ 0 .. 4 ]), '', "messages of $type are refused with an error of the value");
	return @taken;
}

# Applies expressions of v to values, each in a statement of its own.
#
#	source   a query that makes v of bytes $1
#	values   the bytes
#	sound    bytes that are not corrupt: every use must have an answer
#	uses     expressions; each has an answer for some of the values, and may be an error for others
#	holds    those that must not be false, either
#	allowed  what SQLSTATE and message of an error must match
#
# Returns how often each SQLSTATE came, 00000 where there was no error.
sub use_values
{
	my ($node, $name, %how) = @_;
	my ($source, $allowed) = @how{qw(source allowed)};
	my @sound  = @{ $how{sound} // [] };
	my @values = (@sound, @{ $how{values} });
	my @holds  = @{ $how{holds} // [] };
	my $file   = $node->basedir . '/values';
	my $array  = sub { return 'ARRAY[' . join(', ', map { "\$use\$$_\$use\$" } @_) . ']::text[]' };

	open my $out, '>', $file or die "$file: $!";
	printf $out "%d\t\\\\x%s\n", $_, unpack 'H*', $values[$_] for 0 .. $#values;
	close $out;
	query($node, qq{
		DROP TABLE IF EXISTS given, uses;
		CREATE TABLE given (id int, bytes bytea);
		CREATE TABLE uses (id int, use text, state text, answer text);
		\\copy given FROM '$file'
		DO \$do\$
		DECLARE
			g given;
			use text;
			state text;
			answer text;
		BEGIN
			FOR g IN SELECT * FROM given ORDER BY id LOOP
				FOREACH use IN ARRAY @{[ $array->(@{ $how{uses} // [] }, @holds) ]} LOOP
					BEGIN
						EXECUTE format('SELECT (%s)::text FROM (%s) source', use, \$source\$$source\$source\$)
						INTO answer USING g.bytes;
						state := '00000';
					EXCEPTION WHEN OTHERS THEN
						state := SQLSTATE;
						answer := SQLERRM;
					END;
					INSERT INTO uses VALUES (g.id, use, state, left(answer, 200));
				END LOOP;
			END LOOP;
		END \$do\$}, client_min_messages => 'warning');

	my %states = map { split /\|/ } split /\n/, query($node, 'SELECT state, count(*) FROM uses GROUP BY state');
	note("$name: " . @values . ' values: ' . join ', ', map { "$states{$_} x $_" } sort keys %states);
	is(query($node, "SELECT use FROM uses GROUP BY use HAVING count(*) FILTER (WHERE state = '00000') = 0"), '',
		"$name: nothing is always an error");
	is(query($node, qq{
			SELECT u.*, bytes FROM uses u JOIN given USING (id)
			WHERE state <> '00000' AND (id < @{[ scalar @sound ]}
					OR state || ' ' || answer !~ \$allowed\$^($allowed)\\M\$allowed\$)
				OR state = '00000' AND answer = 'false' AND use = ANY (@{[ $array->(@holds) ]})
			ORDER BY id LIMIT 5}),
		'', "$name: each has an answer, or an error of the value");
	return \%states;
}

1;
