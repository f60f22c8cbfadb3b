# Timing - how the tests of test/scale measure time. These run on a quiet machine (make scaletest), never with make test.
#
# Times are compared with each other only, each the best of several runs: those of a size with those of one several times
# as large. The limit lies between what linear and what quadratic costs would make of it.
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

	return min(map { plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', %settings) =~ /"Execution Time": ([\d.]+)/; $1 } 1 .. $runs);
}

# One query must not take more than some times as long as another: limit, name, the two queries and their numbers of runs.
sub times_at_most
{
	my ($node, $limit, $name, $large, $large_runs, $small, $small_runs, %settings) = @_;
	my $small_time = best_time($node, $small, $small_runs, %settings);
	my $large_time = best_time($node, $large, $large_runs, %settings);

	return cmp_ok($large_time / $small_time, '<', $limit, sprintf('%s: %.0f ms against %.0f ms', $name, $large_time, $small_time));
}

1;
