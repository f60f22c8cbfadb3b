# DBD::Pg for `clients`:  perl client.pl
#
# client.mjs says what is read and written.

use strict;
use warnings;
use DBI;

$| = 1;
my $db = DBI->connect('dbi:Pg:', '', '', { RaiseError => 1, PrintError => 0, PrintWarn => 0 });
my %known = map { $_ => 1 } qw(int float text bool fetched);

sub first
{
	my ($sql, @values) = @_;
	my $statement = $db->prepare($sql);
	$statement->execute(@values);
	return $statement->fetchrow_array;
}

sub value
{
	my ($kind, $text) = split /:/, $_[0], 2;
	return [ map { value("$1:$_") } split /,/, $text ] if $kind =~ /^(.*)\[\]$/;
	die "none\n" unless $known{$kind};
	return $kind eq 'fetched' ? first($text) : $kind =~ /int|float/ ? 0 + $text : $text;
}

sub copy
{
	my ($from, $to) = @_;
	my ($row, @rows);
	$db->do($from);
	push @rows, $row while $db->pg_getcopydata($row) >= 0;
	$db->do($to);
	$db->pg_putcopydata($_) for @rows;
	$db->pg_putcopyend;
	return ();
}

sub type_of
{
	my ($x) = @_;
	return ref $x eq 'ARRAY' ? 'array of ' . type_of($x->[0]) : ref \$x eq 'SCALAR' ? 'string' : ref $x;
}

while (my $line = <STDIN>)
{
	chomp $line;
	my ($verb, $sql, @rest) = split /\t/, $line;
	my @fields = eval {
		return ('ok', copy($sql, @rest)) if $verb eq 'copy';
		my ($answer) = first($sql, map { value($_) } @rest);
		('ok', $answer // 'undef', type_of($answer));
	};
	@fields = $@ eq "none\n" ? ('none') : ('error', $db->state || 'client', $@) if $@;
	s/\s+/ /g for @fields;
	print join("\t", @fields), "\n";
}
