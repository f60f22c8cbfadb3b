# The structure of the sources: which folder may include which, no circle of calls between files, and the table of
# docs/internals.md that says where a function of SQL lies.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest 'top_folder';

chdir top_folder() or die;

# A folder may include itself and those that stand here.
my @metrics = qw(base agg);
my %below = (
	''             => ['scan'],
	base           => [],
	scan           => \@metrics,
	agg            => ['base'],
	metrics        => \@metrics,
	summary        => \@metrics,
	totals         => [ @metrics, 'summary' ],
	report         => [ @metrics, qw(summary totals) ],
	revenue        => [ @metrics, qw(summary totals report) ],
	survival       => \@metrics,
	live           => [ @metrics, qw(summary totals) ],
	rfm            => \@metrics,
	models         => \@metrics,
	points         => \@metrics,
	'points/table' => [ @metrics, 'points' ]);

my @files = glob 'src/*.[ch] src/*/*.[ch] src/*/*/*.[ch]';
my @wrong;
my @versions;
my @long;
for my $file (@files)
{
	my ($folder) = $file =~ m{^src/(?:(.*)/)?[^/]+$};
	$folder //= '';
	my %may = map { $_ => 1 } $folder, '', @{ $below{$folder} // die "$file: a folder that this test does not know" };
	open my $in, '<', $file or die "$file: $!";
	my $lines = 0;
	while (<$in>)
	{
		$lines++;
		push @wrong, "$file includes $1/" if m{^#include "(\w+(?:/table)?)/\w+\.h"} && exists $below{$1} && !$may{$1};
		push @versions, $file if /PG_VERSION_NUM/ && $file ne 'src/compat.h' && /^\s*#/;
	}
	push @long, "$file: $lines" if $lines > 500;
}
cmp_ok(scalar(@files), '>', 80, 'there are files to look at');
is_deeply(\@wrong, [], 'no folder includes one that is not below it');
is_deeply(\@versions, [], 'only compat.h asks for the version of the server');
is_deeply(\@long, [], 'no file has more than 500 lines');

# Who calls whom, by the names that object files define and lack.
my @objects = glob 'src/*.o src/*/*.o src/*/*/*.o';
SKIP:
{
	skip 'no object files, or no nm', 1 if !@objects || system('nm --version >/dev/null 2>&1') != 0;
	my (%defined_in, %lacks);
	for my $object (@objects)
	{
		for (`nm '$object'`)
		{
			$defined_in{$1} = $object if /^\w+ [TDBRC] (\w+)$/;
			$lacks{$object}{$1} = 1 if /^ +U (\w+)$/;
		}
	}
	my %calls = map {
		my $object = $_;
		$object => { map { $_ => 1 } grep { defined && $_ ne $object } map { $defined_in{$_} } keys %{ $lacks{$object} // {} } }
	} @objects;

	# Take away, again and again, the files that call none that is left: those of a circle stay.
	while (my @free = grep { !%{ $calls{$_} } } sort keys %calls)
	{
		delete @calls{@free};
		delete @{ $calls{$_} }{@free} for keys %calls;
	}
	is_deeply([ sort keys %calls ], [], 'no circle of calls between files');
}

is(system('tools/function-list -c'), 0, "docs/internals.md says where each function lies (tools/function-list -w brings it up to date)");

done_testing();
