# PageBlocks - the ```sql blocks of a page, and what psql prints for them.
package PageBlocks;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use PostgreSQL::Test::Utils;

our @EXPORT = qw(sql_blocks trimmed outputs_of);

# The blocks of a text that are to be run: line, sql, output (undef where none is shown).
sub sql_blocks
{
	my ($text) = @_;
	my (@blocks, $open, $last);
	my $line = 0;

	for (split /\n/, $text)
	{
		$line++;
		s/\r$//;
		if ($open)
		{
			if (/^\s*(`{3,}|~{3,})\s*$/ && index($1, $open->{fence}) == 0)
			{
				if ($open->{info} eq 'sql')
				{
					push @blocks, $last = { line => $open->{line}, sql => $open->{body}, output => undef };
				}
				else
				{
					$last->{output} = $open->{body} if $last && $open->{info} =~ /^(text)?$/;
					undef $last;
				}
				undef $open;
				next;
			}
			s/^ {0,$open->{indent}}//;
			$open->{body} .= "$_\n";
		}
		elsif (/^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/)
		{
			$open = { indent => length $1, fence => $2, info => lc $3, line => $line, body => '' };
		}
		elsif (/\S/)
		{
			undef $last;
		}
	}
	die "the block of line $open->{line} has no end" if $open;
	return @blocks;
}

# Lines without spaces at their ends, text without empty lines at its ends.
sub trimmed
{
	my ($text) = @_;

	$text =~ s/[ \t\r]+$//mg;
	$text =~ s/\A\n+//;
	$text =~ s/\n+\z//;
	return $text;
}

# What psql prints for each of the blocks.
sub outputs_of
{
	my ($node, $db, @blocks) = @_;
	my $mark   = '--- end of block ---';
	my $script = join '', map { "$_->{sql}\n\\echo\n\\echo '$mark'\n" } @blocks;
	my $file   = PostgreSQL::Test::Utils::tempdir() . '/script';
	my $output = '';

	append_to_file($file, "\\set SHOW_CONTEXT never\n$script");
	local $ENV{PGOPTIONS}        = '-c TimeZone=UTC -c DateStyle=ISO,MDY';
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	IPC::Run::run([ 'psql', '-X', '-d', $node->connstr($db) ], '<', $file, '>', \$output, '2>&1');
	return split /^\Q$mark\E\n/m, $output;
}

1;
