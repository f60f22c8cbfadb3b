# The server dies while several clients redeem, hold and capture, and give points to other members: after recovery every
# movement is there whose commit a client was told, at most one more of each client, whose commit was under way, and
# nothing else.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run qw(start);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use RetentionTest;

my $STREAMS = 3;
my $node = start_server('main', restart_after_crash => 'on', synchronous_commit => 'on', checkpoint_timeout => '30s');
my $dir = PostgreSQL::Test::Utils::tempdir();

query($node, q{CREATE TABLE members (id int PRIMARY KEY, p points_ledger NOT NULL DEFAULT points_ledger());
	INSERT INTO members SELECT id, earn(points_ledger(), 1000000, '2025-01-01Z', ref => 'start')
		FROM generate_series(1, 5) id});

# How many commits a client was told.
sub told
{
	my ($name) = @_;
	open my $in, '<', "$dir/$name.out" or return 0;
	return scalar grep { /^$name-\d+$/ } <$in>;
}

# A redemption, a purchase whose points are held and captured, or a gift to the member with the next id.
sub statement_of
{
	my ($name, $i) = @_;
	my $ref = "'$name-$i'";
	my $id  = 1 + $i % 4;

	return "UPDATE members SET p = redeem(p, 1, ref => $ref) WHERE id = $id + 1 RETURNING $ref" if $i % 3 == 0;
	return "UPDATE members SET p = capture(hold(p, 2, 'tomorrow', ref => $ref), $ref, 1) WHERE id = $id + 1
		RETURNING $ref" if $i % 3 == 1;
	return "WITH giver AS (UPDATE members SET p = (transfer(p, 1, ref => $ref)).giver WHERE id = $id RETURNING p)
		UPDATE members SET p = receive(members.p, (transfer(giver.p, 1, ref => $ref)).parcel) FROM giver WHERE id = $id + 1
		RETURNING $ref";
}

# All clients do so with all members, in a transaction for each statement, until the server dies.
for my $round (1 .. 4)
{
	my @streams;
	my @names = map { "round $round stream $_" } 1 .. $STREAMS;

	for my $name (@names)
	{
		open my $sql, '>', "$dir/$name.sql" or die "$dir/$name.sql: $!";
		print $sql "\\set ON_ERROR_STOP on\n";
		print $sql statement_of($name, $_), ";\n" for 1 .. 20000;
		close $sql;
		push @streams, start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', "$dir/$name.sql" ], '>',
			"$dir/$name.out", '2>', "$dir/$name.err");
	}
	for (1 .. 600)
	{
		last if !grep { told($_) < 100 * $round } @names;
		sleep 0.1;
	}
	if ($round % 2)
	{
		$node->stop('immediate');
	}
	else
	{
		my $victim = query($node, q{SELECT pid FROM pg_stat_activity
			WHERE query ~ '^(UPDATE members|WITH giver)' AND pid <> pg_backend_pid() LIMIT 1});
		kill 'KILL', $victim;
	}
	$_->finish for @streams;
	$node->start if $round % 2;
	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'the server does not come back';

	my %told = map { $_ => told($_) } @names;
	cmp_ok($told{$_}, '>=', 100, "$_ was told of $told{$_} movements") for @names;
	is(query($node, join(' UNION ALL ', map { qq{SELECT '$_-' || n FROM generate_series(1, $told{$_}) n} } @names)
			. q{ EXCEPT SELECT ref FROM members, movements(p)}), '', '... they are all there');
	is(query($node, qq{SELECT ref FROM members, movements(p) WHERE ref LIKE 'round $round %' AND kind <> 'earn' EXCEPT ALL ( }
			. join(' UNION ALL ', map { qq{SELECT '$_-' || n FROM generate_series(1, $told{$_} + 1) n} } @names)
				. ')'),
		'', '... and no others, nor any twice');
	is(query($node, q{SELECT id FROM members WHERE p::text::points_ledger <> p}), '', '... in whole ledgers');
	is(query($node, q{SELECT ref FROM members, movements(p) WHERE kind = 'transfer' EXCEPT ALL
			SELECT ref FROM members, movements(p) WHERE kind = 'earn'}),
		'', '... and each gift has come to its member');
	is(query($node, q{SELECT sum(balance(p)) + sum(redeemed) - 5 * 1000000, sum(redeemed) - (SELECT count(*)
			FROM members, movements(p) WHERE kind IN ('redeem', 'capture')), sum(held) FROM members, statement(p)}),
		'0|0|0', '... each for its point');
}

done_testing();
