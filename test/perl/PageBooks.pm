# PageBooks - runs the blocks of a page, as they stand there, on a shop of the test's own, and compares every table
# that is printed with what the test has worked out.
#
# A block that prints nothing of the shop must print what the page shows.
package PageBooks;

use strict;
use warnings FATAL => 'all';
use Time::HiRes 'time';
use PostgreSQL::Test::Utils;
use Test::More;
use PageBlocks;
use RetentionTest;

sub new
{
	my ($class, $node, $name) = @_;
	my $text = slurp_file(top_folder() . "/docs/$name.md");

	return bless { node => $node, name => $name, blocks => [ sql_blocks($text) ], next => 0, printed => [] }, $class;
}

# Runs the blocks from the next to the first that has a pattern in it; without one, all that are left.
sub run_to
{
	my ($self, $pattern) = @_;
	my $blocks = $self->{blocks};

	while ($self->{next} < @$blocks)
	{
		my $block = $blocks->[ $self->{next}++ ];
		my $start = time;
		my ($output) = outputs_of($self->{node}, 'postgres', $block);

		$self->{printed}[ $self->{next} - 1 ] = trimmed($output // '');
		$self->took("$self->{name}.md, line $block->{line}", $start);
		query($self->{node}, 'ANALYZE');
		return if $pattern && $block->{sql} =~ $pattern;
	}
	die "no block of $self->{name}.md has $pattern" if $pattern;
	return;
}

# Runs what is not of the page, and says how long it took.
sub step
{
	my ($self, $what, $sql) = @_;
	my $start  = time;
	my $answer = query($self->{node}, $sql, client_min_messages => 'warning');

	$self->took($what, $start);
	return $answer;
}

# What takes long is shown.
sub took
{
	my ($self, $what, $start) = @_;
	my $seconds = time - $start;

	note(sprintf '%6.1f s  %s', $seconds, $what) if $seconds >= 0.5;
	return;
}

# The SQL of the block that has a pattern in it.
sub sql_with
{
	my ($self, $pattern) = @_;
	my ($block) = grep { $_->{sql} =~ $pattern } @{ $self->{blocks} } or die "no block has $pattern";

	return $block->{sql};
}

# Compares what was printed.  expected has, by the names of a table's columns, an array of functions: each gives the
# rows of the next such table, and all of them must be used.
sub check
{
	my ($self, %expected) = @_;

	for my $i (0 .. $#{ $self->{blocks} })
	{
		my $block = $self->{blocks}[$i];
		my @got   = pieces($self->{printed}[$i]);
		my $mine  = grep { ref && $expected{ $_->{columns} } } @got;
		my $name  = "$self->{name}.md, line $block->{line}";

		unlike($self->{printed}[$i], qr/ERROR/, "$name: no error") unless defined $block->{output};
		next unless defined $block->{output};
		is_deeply([ map { shape($_, $mine) } @got ], [ map { shape($_, $mine) } pieces(trimmed($block->{output})) ],
			$mine ? "$name: prints such tables" : "$name: prints what the page shows");
		for my $table (grep { ref } $mine ? @got : ())
		{
			my $next = shift @{ $expected{ $table->{columns} } // [] };
			my @rows = $next ? $next->(@{ $table->{rows} }) : 'nothing is expected';
			is_deeply($table->{rows}, \@rows, "$name: $table->{columns}");
		}
	}
	is_deeply([ grep { @{ $expected{$_} } } sort keys %expected ], [], 'every table was printed');
	return;
}

# The lines of an output, and its tables, as columns and rows whose values are joined.
sub pieces
{
	my @lines = split /\n/, shift;
	my @pieces;

	while (@lines)
	{
		my $line = shift @lines;
		if (@lines && $lines[0] =~ /^-[-+]*$/)
		{
			push @pieces, { columns => joined($line), rows => [] };
			shift @lines;
			push @{ $pieces[-1]{rows} }, joined(shift @lines) while @lines && $lines[0] !~ /^\(\d+ rows?\)$/;
			shift @lines;
		}
		elsif ($line ne '')
		{
			push @pieces, $line;
		}
	}
	return @pieces;
}

sub joined { return join '|', map { s/^\s+|\s+$//gr } split /\|/, shift, -1 }

# Of a block with tables of the shop, only which tables there are, and which commands were run.  An update of hundreds
# of rows is of the shop, too.
sub shape
{
	my ($piece, $of_shop) = @_;

	return ref $piece ? $of_shop ? $piece->{columns} : ($piece->{columns}, @{ $piece->{rows} })
	  : $of_shop || $piece =~ /^UPDATE \d{3,}$/ ? $piece =~ s/\d+$//r : $piece;
}

1;
