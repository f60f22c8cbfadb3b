# Time of fits. For customers who are all alike, whose likelihood has no maximum or a very flat one, the optimizer
# uses all the steps that it is given. That takes up to 160 times as long as for a shop, and the limit is 300.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use Simulation;
use Timing;

my $node = start_server('main', max_parallel_workers_per_gather => 0);

query($node, RANDOM_SQL . Simulation::SQL);
for my $model (qw(bgnbd mbgnbd pnbd))
{
	my $fit = "SELECT ${model}_fit(frequency, recency, age) FROM";

	times_at_most($node, 300, "${model}_fit of 5,000 customers who are all alike and of a shop", "$fit alike", 2,
		"$fit (SELECT * FROM $model LIMIT 5000) s", 3);
}

done_testing();
