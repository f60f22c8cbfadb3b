# Time of points_balance and points_running: ten times the rows, about ten times the time, whatever the movements are.
#
# A tree of lots that is larger than the cache can make it 25, quadratic costs are 100, and the limit is 50.  tier_history keeps
# no tree: its limit is 25.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use Timing;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

query($node, RANDOM_SQL);
my %shape = (
	'a year each'              => "at + interval '1 year'",
	'expiring in any order'    => "at + (1 + rnd(7, id, 100000)) * interval '1 hour'",
	'the last to expire first' => "'2200-01-01Z'::timestamptz - id * interval '1 minute'",
	'never expiring'           => 'NULL::timestamptz');
my %call = (
	'a group'                 => q{points_balance(points, at, expires, '2021-01-01Z')},
	'of rows in any order'    => q{points_balance(points, at, expires, '2021-01-01Z' ORDER BY hashint4(id))},
	'spending from lots'      => q{points_balance(points, at, lot_expires, '2021-01-01Z')},
	'running'                 => q{points_running(points, at, expires) OVER (ORDER BY at)},
	'running, at one instant' =>
	  q{points_running(points, '2020-01-01Z', expires) OVER (ORDER BY at ROWS UNBOUNDED PRECEDING)});
for my $name (sort keys %shape)
{
	# What is spent names the expiry of the lot before it, or none.
	query($node, qq{
		DROP TABLE IF EXISTS small, large;
		CREATE TABLE large AS
		SELECT *, CASE WHEN points > 0 THEN expires ELSE lag(expires) OVER (ORDER BY id) END AS lot_expires
		FROM (SELECT id, CASE WHEN id % 3 = 0 THEN -150 ELSE 100 END AS points, at,
			CASE WHEN id % 3 > 0 THEN $shape{$name} END AS expires
			FROM (SELECT id, '2020-01-01Z'::timestamptz + id * interval '1 minute' AS at
				FROM generate_series(1, 200000) id) s) p;
		CREATE TABLE small AS SELECT * FROM large WHERE id <= 20000;
		VACUUM ANALYZE small; VACUUM ANALYZE large;}, client_min_messages => 'warning');
	for my $call (sort keys %call)
	{
		times_at_most($node, 50, "$call, $name", "SELECT $call{$call} FROM large", 3,
			"SELECT $call{$call} FROM small", 5);
	}
}

# Windows of 200 rows and of all, a sum with more decimals than ten-thousandths, tiers lost all the time, one instant; a row costs the
# same however long the window is.
my $TIERS = "tier_history(%s, at, '{0,5000,10000}', '{low,middle,high}', '%s', '1 hour') OVER (ORDER BY at)";
for my $call (sprintf($TIERS, 'points', '200 minutes'), sprintf($TIERS, 'points', '1 year'), sprintf($TIERS, 'points + 0.123456', '200 minutes'),
	sprintf($TIERS, 'points * 50', '3 minutes'), sprintf($TIERS =~ s/\bat\b/'2020-01-01Z'/gr, 'points', '200 minutes'))
{
	times_at_most($node, 25, $call, "SELECT $call FROM large", 3, "SELECT $call FROM small", 5);
}
times_at_most($node, 4, 'tier_history, windows of 20,000 rows and of 20', 'SELECT ' . sprintf($TIERS, 'points', '20000 minutes') . ' FROM large', 3,
	'SELECT ' . sprintf($TIERS, 'points', '20 minutes') . ' FROM large', 3);
times_at_most($node, 4, '... on disk', 'SELECT ' . sprintf($TIERS, 'points', '20000 minutes') . ' FROM large', 3,
	'SELECT ' . sprintf($TIERS, 'points', '20 minutes') . ' FROM large', 3, work_mem => '64kB');

done_testing();
