# Live reports are equal to the orders, counted anew in the same snapshot, whatever eight sessions do.
#
# STATEMENTS   how many random steps all sessions take together; default 800. make livecheck runs 10,000.
# SEED         default 1. It gives the same scripts again, but their sessions need not meet in the same way.
use strict;
use warnings FATAL => 'all';
use Digest::MD5 'md5';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run qw(start);
use PostgreSQL::Test::Utils;
use Test::More;
use LiveRandom;
use LiveTest;
use RetentionTest;

use constant SESSIONS => 8;
my $statements = $ENV{STATEMENTS} || 800;
my $seed = $ENV{SEED} || 1;

# Nobody waits long for anybody; a session that does is a failure.
my $node = start_server('main', deadlock_timeout => '20ms', statement_timeout => '60s',
	max_pred_locks_per_transaction => 512);
my $icu = query($node, q{SELECT count(*) > 0 FROM pg_collation WHERE collprovider = 'i'}) eq 't';
query($node, q{CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)})
  if $icu;
my @shops = grep { $icu || !$_->{collation} } shops();

# Perl's first numbers of neighbouring seeds are alike.
srand unpack 'N', md5($seed);
my $dir = PostgreSQL::Test::Utils::tempdir();
my %done;
for my $shop (@shops)
{
	my @sessions;

	query($node, shop_sql($shop));
	is_current($node, $_, "$shop->{schema}: $_->{name} before its first refresh") for @{ $shop->{reports} };
	query($node, 'SELECT live_refresh(' . report_name($_) . ')') for @{ $shop->{reports} };
	for my $number (1 .. SESSIONS)
	{
		my %session = (next => 1000000 * $number, file => "$dir/$shop->{schema}_$number");

		append_to_file("$session{file}.sql", work($shop, \%session, $statements / SESSIONS / @shops));
		$session{run} = start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', "$session{file}.sql" ],
			'>', "$session{file}.out", '2>', "$session{file}.err");
		push @sessions, \%session;
	}
	for my $session (@sessions)
	{
		$session->{run}->finish;
		my ($done, $wrong) = outcome(slurp_file("$session->{file}.out"));

		$done{$_} += $done->{$_} for keys %$done;
		is_deeply($wrong, [], "$shop->{schema}: always the same") or diag slurp_file("$session->{file}.err");
	}
	for my $report (@{ $shop->{reports} })
	{
		my $name = "$shop->{schema}, $report->{name}";

		is_current($node, $report, "$name: after all of them");
		# The last transaction may have left triggers that the first refresh makes anew.
		query($node, 'SET client_min_messages = warning; SELECT live_refresh(' . report_name($report) . ')') for 1, 2;
		is_folded($node, $report, "$name, refreshed");
	}
}

# The test must have done what it says.
my $compared = delete $done{compare};
my $all = 0;
$all += $_ for values %done;
note "seed $seed, $all statements, $compared comparisons: " . join ', ', map { "$_ $done{$_}" } sort keys %done;
cmp_ok($compared, '>', $statements, "seed $seed: $compared comparisons");
cmp_ok($done{$_} // 0, '>', 0, "... after $_")
  for qw(insert copy merge on_conflict merge_customers refresh recount end);
done_testing();
