# ScanCases - for tests of the custom scan's plans: queries with retention.scan on and off, and orders for them.
#
# A case is a name, a query, and whether the plan has the node (TAKEN), has not (LEFT), or may have it (EITHER).
# Each runs twice, in a session with the setting on and in one with it off: the plans must be as the case says, and
# never have the node if the setting is off; the answers must be equal, and equal to those of plain SQL where the
# case has it (plain).  The plan must be like a pattern, if there is one (like).
package ScanCases;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use JSON::PP ();
use RetentionTest;
use Test::More;

our @EXPORT = qw(TAKEN LEFT EITHER NODE ORDERS_SQL check_cases json_plan nodes_of find_node);

# These tests set the switch themselves, whatever all others run with.
delete $ENV{PGOPTIONS};

use constant { TAKEN => 1, LEFT => 0, EITHER => 2, NODE => qr/Custom Scan \(Retention Scan\)/ };

# 5,455 orders of 900 customers on 100 pages.  Columns have NULLs but for those that say that they have none.
use constant ORDERS_SQL => RANDOM_SQL . q{
	CREATE TABLE orders (id int NOT NULL, c int, at timestamptz, shop int, amount numeric, cents bigint, note text,
		paid boolean, price double precision, active tstzrange, two bigint NOT NULL,
		day int GENERATED ALWAYS AS (shop * 7) STORED)
		WITH (parallel_workers = 4);
	INSERT INTO orders
	SELECT id, CASE WHEN rnd(1, id, 50) > 0 THEN rnd(2, id, 900) END,
		CASE WHEN rnd(3, id, 60) > 0
			THEN '2024-01-01Z'::timestamptz + rnd(4, id, 366 * 86400) * interval '1 second' END,
		CASE WHEN rnd(5, id, 40) > 0 THEN rnd(6, id, 10) END,
		CASE WHEN rnd(7, id, 30) > 0 THEN (rnd(8, id, 100000) - 5000) / 100.0 END, rnd(9, id, 100000),
		CASE WHEN rnd(10, id, 30) > 0 THEN repeat('note ', rnd(11, id, 9)::int) || rnd(12, id, 5000) END,
		CASE WHEN rnd(13, id, 9) > 0 THEN rnd(14, id, 2) = 0 END, rnd(15, id, 100000) / 64.0,
		CASE WHEN rnd(16, id, 20) > 0 THEN tstzrange('2024-01-01Z'::timestamptz + rnd(17, id, 120) * interval '1 day',
			'2024-07-20Z'::timestamptz + (rnd(18, id, 200) - 80) * interval '1 day') END,
		2
	FROM generate_series(1, 6000) id;
	DELETE FROM orders WHERE id % 11 = 0;
	CREATE TABLE shops AS SELECT i AS shop, 'shop ' || i AS name FROM generate_series(0, 11) i;
	ALTER TABLE shops ADD PRIMARY KEY (shop);
	CREATE TABLE results (n bigint, rate double precision);
	VACUUM ANALYZE orders; VACUUM ANALYZE shops;
};

# All cases of a group, in two sessions.
sub check_cases
{
	my ($node, $group, $cases, %settings) = @_;
	my %common = (client_min_messages => 'error', %settings);
	my @on  = run_session($node, $group, $cases, %common, 'retention.scan' => 'on');
	my @off = run_session($node, $group, $cases, %common, 'retention.scan' => 'off');

	for my $i (0 .. $#$cases)
	{
		my ($name, undef, $taken, %more) = @{ $cases->[$i] };
		my ($plan, $answer, $plain) = @{ $on[$i] };
		my ($plan_off, $answer_off) = @{ $off[$i] };
		my $like = $more{like} // ($taken == TAKEN ? NODE : qr/Scan|Result/);

		is_deeply({
				plan        => $plan =~ $like ? 'as wanted' : $plan,
				'taken on'  => $plan =~ NODE ? 1 : 0,
				'taken off' => $plan_off =~ NODE ? 1 : 0,
				answer      => $answer,
				plain       => $more{plain} ? $plain : $answer_off },
			{
				plan        => 'as wanted',
				'taken on'  => $taken == EITHER && $plan =~ NODE ? 1 : $taken % EITHER,
				'taken off' => 0,
				answer      => $answer_off,
				plain       => $answer_off },
			"$group: $name" . ($taken == LEFT ? ' is left to the executor' : ''));
	}
	return;
}

# All cases in one session: for each of them the plan, the answer, and that of plain SQL.
sub run_session
{
	my ($node, $group, $cases, %settings) = @_;
	my $script = join '', map { "SET $_ = '$settings{$_}';\n" } sort keys %settings;
	my ($stdout, $stderr);

	$node->psql('postgres', $script . join("\n", map { script_of(@$_) } @$cases),
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	is($stderr, '', "$group, scan $settings{'retention.scan'}: no errors");
	my (undef, @parts) = split /^==(?:plan|answer|plain)==\n?/m, "$stdout\n";
	s/\n+\z// for @parts;
	push @parts, '' while @parts < 3 * @$cases;
	return map { [ splice @parts, 0, 3 ] } @$cases;
}

# A case's part in a session, with a mark in front of the plan and of each answer.  Around the query there may be
# statements (before, after), whose rows are part of the answer if they come after it.
sub script_of
{
	my (undef, $query, undef, %more) = @_;

	return join "\n", $more{before} // '', '\echo ==plan==', "EXPLAIN (VERBOSE, COSTS OFF) $query;",
	  '\echo ==answer==', "$query;", $more{after} // '', '\echo ==plain==', $more{plain} ? "$more{plain};" : '';
}

# A plan from EXPLAIN, whose options begin with a comma.
sub json_plan
{
	my ($node, $sql, $options, %settings) = @_;
	my $json = plan_of($node, $sql, "FORMAT JSON$options", %settings);

	return JSON::PP::decode_json($json)->[0]{Plan};
}

# All nodes of such a plan, from the top.
sub nodes_of
{
	my ($plan) = @_;

	return ($plan, map { nodes_of($_) } @{ $plan->{Plans} // [] });
}

# The first node of a kind.
sub find_node
{
	my ($plan, $type) = @_;
	my ($found) = grep { ($_->{'Custom Plan Provider'} // $_->{'Node Type'}) eq $type } nodes_of($plan);

	return $found;
}

1;
