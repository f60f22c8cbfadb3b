# Timing - how the tests of test/scale measure time. They need a quiet machine, and run with make scaletest only.
#
# Times are compared with each other, each the best of several runs: the time of some rows with that of several times
# as many. The limit is between what linear and what quadratic costs would be.
package Timing;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use List::Util qw(min);
use Test::More;
use RetentionTest;

our @EXPORT = qw(best_time times_at_most);

# Milliseconds of the best of some runs.
sub best_time
{
	my ($node, $sql, $runs, %settings) = @_;

	my @plans = map { plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', %settings) } 1 .. $runs;

	return min(map { /"Execution Time": ([\d.]+)/ } @plans);
}

# One query must not take more than limit times as long as another. Each has a number of runs.
sub times_at_most
{
	my ($node, $limit, $name, $large, $large_runs, $small, $small_runs, %settings) = @_;
	my $small_time = best_time($node, $small, $small_runs, %settings);
	my $large_time = best_time($node, $large, $large_runs, %settings);

	return cmp_ok($large_time / $small_time, '<', $limit,
		sprintf('%s: %.0f ms against %.0f ms', $name, $large_time, $small_time));
}

1;
