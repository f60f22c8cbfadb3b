# Live reports after a crash: the server is killed while sessions write and refresh, and comes back with reports that
# are equal to the orders, and stay so.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run qw(start);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use LiveRandom;
use LiveTest;
use RetentionTest;

use constant STEPS => 3000;
my $node = start_server('main', restart_after_crash => 'on', synchronous_commit => 'on', checkpoint_timeout => '30s',
	deadlock_timeout => '20ms', max_pred_locks_per_transaction => 512);
query($node, COUNTED_SQL);
my $dir = PostgreSQL::Test::Utils::tempdir();
my @shops = grep { $_->{schema} =~ /^(?:whole|parts)$/ } shops();

for my $shop (@shops)
{
	query($node, shop_sql($shop));
	query($node, 'SELECT live_refresh(' . report_name($_) . ')') for @{ $shop->{reports} };
}

# A session with work for longer than it will live.
my $sessions = 0;
sub start_session
{
	my ($shop, $script) = @_;
	my $file = "$dir/" . $sessions++;

	append_to_file("$file.sql", $script // work($shop, { next => 1000000 * $sessions, file => "$file.copy" }, STEPS));
	return { file => $file, run => start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', "$file.sql" ],
			'>', "$file.out", '2>', "$file.err") };
}

# Counts all of a shop's reports anew, again and again.
sub recounts
{
	my ($shop) = @_;

	return join '', map { 'SELECT live_refresh(' . report_name($_)
		. ", true) AS done \\gset\n" } (@{ $shop->{reports} }) x STEPS;
}

sub lines { my ($session) = @_; return scalar split /\n/, slurp_file("$session->{file}.out") }

# Nobody may be there to see a process off.
sub is_gone
{
	my ($pid) = @_;

	return 1 if !kill 0, $pid;
	open my $stat, '<', "/proc/$pid/stat" or return 0;
	return <$stat> =~ /\) Z /;
}

# The server starts once the processes of the last one have noticed; its lock files would stand in the way where the
# number of one that was killed is not free.
sub kill_and_start
{
	my $postmaster = $node->{_pid};
	my @processes = split /\n/, query($node, 'SELECT pid FROM pg_stat_activity');

	$node->kill9;
	for (1 .. 600)
	{
		last if !grep { !is_gone($_) } $postmaster, @processes;
		sleep 0.1;
	}
	unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
	$node->start;
}

srand 17;
for my $round (1 .. 3)
{
	my @writers = map { my $shop = $_; map { start_session($shop) } 1 .. 3 } @shops;
	my @others = map { start_session($_, recounts($_)) } @shops;

	for (1 .. 600)
	{
		last if !grep { lines($_) < 50 } @writers;
		sleep 0.1;
	}
	sleep rand 0.5;
	if ($round % 2)
	{
		kill_and_start();
	}
	else
	{
		my $victim = query($node, q{SELECT pid FROM pg_stat_activity
			WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid() LIMIT 1});
		kill 'KILL', $victim;
	}
	for my $session (@writers, @others)
	{
		$session->{run}->finish;
		my (undef, $wrong) = outcome(slurp_file("$session->{file}.out"));
		# The last one was cut off.
		is_deeply([ grep { !/57P0|:SQLSTATE/ } @$wrong ], [], "round $round: the same until then");
	}
	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'the server does not come back';

	for my $report (map { @{ $_->{reports} } } @shops)
	{
		my $name = "round $round: $report->{schema}, $report->{name}";

		is_current($node, $report, "$name is the same when the server is back");
		query($node, 'SET client_min_messages = warning; SELECT live_refresh(' . report_name($report) . ')') for 1, 2;
		is_folded($node, $report, "$name, refreshed");
	}
}
done_testing();
