# rfm_cuts in parallel, and rfm_cuts that a stranger sends.
#
# The cuts that workers make together must be those of one process, for each type of revenue, whether its values are
# compared as integers or not, and however the rows are shared out.  A binary value that is cut off or altered anywhere
# must be refused, or else be a value that comes back as it is; the server stays up.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

query($node, RANDOM_SQL . q{
	CREATE TABLE customers (id int, region int, last_order timestamptz, orders bigint, revenue bigint) WITH (parallel_workers = 4);
	INSERT INTO customers
	SELECT id, sqrt(id)::int % 7, '2024-01-01Z'::timestamptz + rnd(1, id, 400 * 24) * interval '1 hour',
		CASE WHEN rnd(2, id, 20) > 0 THEN 1 + rnd(3, id, 1 + rnd(4, id, 30)) END, rnd(5, id, 100000) - 5000
	FROM generate_series(1, 50000) id;
	CREATE TABLE nobody (LIKE customers) WITH (parallel_workers = 4);
	VACUUM ANALYZE customers;
});

# 1. In parallel.
for my $revenue ('revenue', 'revenue * 0.01', 'revenue::numeric / 7', 'revenue::numeric * 1e20', 'revenue::float8 / 7')
{
	for my $more ('', ', 9', ", 2, '2025-06-01Z'")
	{
		my $sql = "SELECT rfm_cuts(last_order, orders, $revenue$more) FROM customers";
		my $one = query($node, $sql, SERIAL);

		like($one, qr/"revenue": \[-?\d/, "cuts of $revenue$more");
		for my $leader (qw(on off))
		{
			is(query($node, $sql, PARALLEL, parallel_leader_participation => $leader), $one, "... in parallel, leader $leader");
		}
	}
	like(plan_of($node, "SELECT rfm_cuts(last_order, orders, $revenue) FROM customers", 'ANALYZE, COSTS OFF, TIMING OFF',
			PARALLEL, parallel_leader_participation => 'off'),
		qr/Finalize Aggregate.*Gather.*Workers Launched: [12]\b.*Partial Aggregate/s, "... which it is");
}
same_rows($node, 'SELECT region, rfm_cuts(last_order, orders, revenue / 3.0)::text AS cuts FROM customers GROUP BY region', q{
		SELECT region, (array_agg(cuts))[1] AS cuts FROM (
			SELECT region, (rfm_cuts(last_order, orders, revenue / 3.0) OVER (PARTITION BY region))::text AS cuts FROM customers) c
		GROUP BY region},
	'of groups', PARALLEL);
is(query($node, 'SELECT rfm_cuts(last_order, orders, revenue) IS NULL FROM nobody', PARALLEL), 't', 'of nobody, in parallel');
is(query($node, 'SELECT rfm_cuts(last_order, orders, revenue) IS NULL FROM customers WHERE orders IS NULL', PARALLEL), 't', '... of NULLs');
is(sqlstate($node, 'SELECT rfm_cuts(last_order, orders, revenue, 2 + id % 2) FROM customers', PARALLEL), '22023', 'bins that vary');

# 2. Sent by a stranger: the value as COPY writes it, every byte of it altered, and every part of it from the front.
my $file = $node->basedir . '/value';
query($node, qq{CREATE TABLE loaded (c rfm_cuts);
	COPY (SELECT rfm_cuts(last_order, orders, revenue / 3.0, 4) FROM customers) TO '$file' (FORMAT binary)});
my $good = do { local $/; open my $in, '<:raw', $file or die "$file: $!"; <$in> };
my $head = 19 + 2;    # signature, flags, extension, number of fields; then the length of the value
my $size = unpack 'N', substr $good, $head, 4;
my $value = substr $good, $head + 4, $size;

my $tries = '';
my $number = 0;
for my $bytes ($value,
	map({ substr $value, 0, $_ } 0 .. $size - 1), "$value\0",
	map({ my $at = $_; map { my $v = $value; substr($v, $at, 1) ^= chr $_; $v } 0x01, 0x80, 0xFF } 0 .. $size - 1))
{
	my $name = "$file." . $number++;

	open my $out, '>:raw', $name or die "$name: $!";
	print $out substr($good, 0, $head), pack('N', length $bytes), $bytes, pack('n', 0xFFFF);
	close $out;
	$tries .= "COPY loaded FROM '$name' (FORMAT binary);\n";
}
my ($status, $stdout, $stderr) = $node->psql('postgres', $tries, on_error_stop => 0, extra_params => [ '-v', 'VERBOSITY=sqlstate' ]);
my %seen;
$seen{$_}++ for $stderr =~ /ERROR:  (\w{5})/g;
note("$number values: " . join ', ', map { "$seen{$_} x $_" } sort keys %seen);
cmp_ok($number, '>', 300, 'many values were sent');
is(join(' ', grep { !/^(22023|22003|22P03|08P01|22008)$/ } sort keys %seen), '', 'they are refused with an error of the value');
cmp_ok(query($node, 'SELECT count(*) FROM loaded'), '>', 1, 'or taken');
is(query($node, 'SELECT count(*) FROM loaded WHERE c::text::rfm_cuts <> c OR (SELECT count(from_value) FROM cuts(c)) > 24'),
	'0', '... and then they are values like any other');

done_testing();
