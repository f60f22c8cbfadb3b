# The test of a switch: random queries of random tables, with retention.scan on and off. It may change the plan, never
# the rows, nor the error.
#
# QUERIES   how many; default 300. make scancheck runs 10,000.
# SEED      the first table's, default 1; each next table's is one more. A failure names its table's, and prints the
#           statements that show it.
use strict;
use warnings FATAL => 'all';
use Digest::MD5 'md5';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RandomQuery;
use RandomTable;
use RetentionTest;

use constant QUERIES_A_TABLE => 20;
my $queries = $ENV{QUERIES} || 300;
my $seed = $ENV{SEED} || 1;

# A backend that does not come to an end is a failure, too.
my $node = start_server('main', statement_timeout => '60s');
my $setup = RandomTable::SQL . RandomQuery::SQL;
query($node, $setup);

# A query's statements, each with its SQLSTATE below what it gives.
sub run_sql
{
	my ($query) = @_;

	return join '', map { "$_;\n\\echo #state :SQLSTATE\n" } @{ $query->{statements} };
}

sub settings_sql
{
	my ($query) = @_;

	return join '', map { "SET $_ = '$query->{settings}{$_}';\n" } sort keys %{ $query->{settings} };
}

# Runs the queries with the switch on, off, and on again; each part of the output begins with #number part.
sub script
{
	my ($table, @queries) = @_;
	my $script = "\\pset null NULL\n\\set ON_ERROR_STOP 1\nDROP TABLE IF EXISTS t;\n";

	$script .= join '', map({ "$_;\n" } @{ $table->{statements} }), "\\set ON_ERROR_STOP 0\n";
	for my $i (0 .. $#queries)
	{
		my $query = $queries[$i];

		$script .= settings_sql($query);
		for my $part (qw(on off again))
		{
			my $switch = $part eq 'off' ? 'off' : 'on';

			$script .= "SET retention.scan = $switch;\n\\echo #$i $part\n" . run_sql($query);
			$script .= "\\echo #$i plan_$switch\nEXPLAIN (COSTS OFF) $query->{sql};\n" unless $part eq 'again';
		}
		$script .= "\\echo #$i end\nRESET ALL;\n";
	}
	return $script;
}

# What one part of the output says: the rows of each statement, in order, and the states; of statements that differ in
# their order only the rows are compared, and any error stands for all where several could come first.
sub outcome
{
	my ($text, $query) = @_;
	my $outcome = '';

	for my $answer (split /^(?=#state)/m, $text)
	{
		$answer =~ s/^(#state \w+)\n//;
		my $state = $1 // '';
		$state = 'some error' if $state !~ /00000$/ && $query->{hazards} > 1;
		$outcome .= join "\n", $state, sort split(/\n/, $answer, -1);
	}
	return $outcome;
}

my ($ran, $with_node, $in_workers, $grouped, $failed, $differ, $kept) = (0) x 7;
for (my $number = $seed; $ran < $queries && $differ < 5; $number++)
{
	# Perl's first numbers of neighbouring seeds are alike.
	srand unpack 'N', md5($number);
	my $table = RandomTable->new;
	my @queries = map { RandomQuery->new($table) } 1 .. QUERIES_A_TABLE;
	my ($status, $output, $messages) = $node->psql('postgres', script($table, @queries), on_error_stop => 0);
	my %parts = "$output\n" =~ /^#(\d+ \w+)\n(.*?)(?=^#\d+ \w+\n|\z)/gms;

	if ($status != 0)
	{
		$differ++;
		diag "seed $number: psql ended with $status:\n$messages\n" . join ";\n", @{ $table->{statements} }, '';
		next;
	}
	for my $i (0 .. $#queries)
	{
		my $query = $queries[$i];
		my %outcome = map { $_ => outcome($parts{"$i $_"} // 'nothing', $query) } qw(on off again);

		$ran++;
		my $plan = $parts{"$i plan_on"} // '';
		$with_node++ if $plan =~ /Custom Scan \(Retention Scan\)/;
		$in_workers++ if $plan =~ /Gather.*Custom Scan \(Retention Scan\)/s;
		$grouped++ if $plan =~ /Custom Scan \(Retention Scan\)\s.*\n.*HashAggregate/;
		$kept++ if ($parts{"$i plan_off"} // '') =~ /Retention Scan/;
		$failed++ if $outcome{off} =~ /^#state (?!00000)|^some error/m;
		next if $outcome{on} eq $outcome{off} && $outcome{again} eq $outcome{off};
		$differ++;
		diag "seed $number, query $i differs:\n", script($table, $query),
		  map { "---- $_:\n$parts{qq($i $_)}" } qw(on off again plan_on plan_off);
	}
}
diag "The scripts above run after this one:\n$setup" if $differ;
note "seed $seed, $ran queries, $with_node with the node, $in_workers of them below a Gather, " .
  "$grouped with groups; $failed that fail";
is($differ, 0, "seed $seed, $ran queries: the same rows and errors with the switch on and off");
is($kept, 0, 'off is off');
cmp_ok($with_node, '>', 0.4 * $ran, 'many of them have the node');
cmp_ok($in_workers, '>', 0.1 * $ran, 'parallel ones too');
cmp_ok($grouped, '>', 0.08 * $ran, 'and such that group');
cmp_ok($failed, '<', 0.2 * $ran, 'few of them fail');
done_testing();
