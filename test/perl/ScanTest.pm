# ScanTest - for tests of the custom scan: one script under both states of its switch must print the same.
package ScanTest;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(both_ways session_output nothing_leaked);

# These tests set the switch themselves, whatever all others run with.
delete $ENV{PGOPTIONS};

# What psql prints for a script, errors and notices behind the rows.
sub session_output
{
	my ($node, $script) = @_;
	my ($status, $stdout, $stderr) =
	  $node->psql('postgres', "\\set VERBOSITY verbose\n\\pset null NULL\n$script", on_error_stop => 0);

	# An error's place is that of the executor's code, or of this extension's.
	return join "\n", grep { $_ ne '' } $stdout, map { s/^psql:\S+ //r } grep { !/^LOCATION: / } split /\n/, $stderr;
}

# Runs, in a session each, with retention.scan on and off: before, query, after.  Both must print the same,
# which must be what is expected, a string or a pattern.  When it is on, the plan of the query must have the
# node, or that of another one, which stands in plan and is run by the query; plan => '' asks for no plan.
sub both_ways
{
	my ($node, $name, %test) = @_;
	my ($before, $query, $after) = map { defined $test{$_} ? "$test{$_};\n" : '' } qw(before query after);
	my $planned = $test{plan} // $test{query};
	my ($on, $off) = map { session_output($node, "SET retention.scan = $_;\n$before$query$after") } qw(on off);

	like(session_output($node, "SET retention.scan = on;\n${before}EXPLAIN (COSTS OFF) $planned"),
		qr/Custom Scan \(Retention Scan\)/, "$name: the node runs") if $planned ne '';
	is($on, $off, "$name: as without the node");
	return is($off, $test{expect}, '... as expected') unless ref $test{expect};
	return like($off, $test{expect}, '... as expected');
}

# A server says in its log that a buffer, a snapshot or a table was not given back, in other words from 17 on.
sub nothing_leaked
{
	my ($node) = @_;
	my @complaints = grep { /WARNING:.*(?:leak|not closed)|TRAP|PANIC|terminated by signal/ } split /\n/,
	  slurp_file($node->logfile);

	return is_deeply(\@complaints, [], 'nothing is left behind');
}

1;
