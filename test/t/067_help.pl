# retention_help names for each function the page that tells about it: it is there, and does.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $node = start_server('main');
my %functions_of;
for (split /\n/, query($node, 'SELECT DISTINCT page, name FROM retention_help()'))
{
	my ($page, $name) = split /\|/;
	push @{ $functions_of{$page} }, $name;
}
cmp_ok(scalar(keys %functions_of), '>', 1, 'there are pages');
for my $page (sort keys %functions_of)
{
	my $path = top_folder() . "/$page";
	my $text = -e $path ? slurp_file($path) : '';

	is_deeply([ sort grep { $text !~ /(?<!\w)\Q$_\E\(/ } @{ $functions_of{$page} } ], [], "$page has a word on all its functions");
}

$node->stop;
done_testing();
