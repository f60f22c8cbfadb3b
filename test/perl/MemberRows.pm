# MemberRows - the rows of a query, member by member: for more rows than one wants to have in memory.
package MemberRows;

use strict;
use warnings FATAL => 'all';

# select is a query whose first column is the member, by which it is ordered.
sub new
{
	my ($class, $node, $select) = @_;
	my $self = bless {}, $class;

	open $self->{in}, '-|', 'psql', '-XAtq', '-d', $node->connstr('postgres'),
	  '-c', "COPY ($select) TO STDOUT (NULL '')" or die "psql: $!";
	$self->{ahead} = $self->read;
	return $self;
}

sub read
{
	my ($self) = @_;
	my $line = readline $self->{in};

	return unless defined $line;
	chomp $line;
	return [ split /\t/, $line, -1 ];
}

# The next member, and an array of its rows without it; nothing at the end.
sub next
{
	my ($self) = @_;
	my $row = $self->{ahead} or return $self->end;
	my $member = $row->[0];
	my @rows;

	while ($row && $row->[0] eq $member)
	{
		shift @$row;
		push @rows, $row;
		$row = $self->read;
	}
	$self->{ahead} = $row;
	return ($member, \@rows);
}

sub end
{
	my ($self) = @_;

	close $self->{in} or die "psql: $?";
	return;
}

1;
