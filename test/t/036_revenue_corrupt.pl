# Corrupt summaries and totals with money: messages, text, and what is stored; see test/perl/Corrupt.pm.
#
# What they have in common with those without money is in 011_summary_corrupt.pl. Here are the amounts: altered, and
# made up, in forms that no sum has.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use Corrupt;
use RetentionTest;

my $node = start_server('main', restart_after_crash => 'off');

make_raw_type($node, $_) for qw(revenue_summary revenue_totals retention_summary retention_totals);
query($node, q{
	CREATE AGGREGATE raw_rollup(revenue_summary) (SFUNC = rollup_accum, STYPE = revenue_summary);
	CREATE AGGREGATE raw_totals(revenue_summary) (SFUNC = totals_accum, STYPE = revenue_totals);
	CREATE AGGREGATE add_totals(revenue_totals) (SFUNC = totals_combine, STYPE = revenue_totals,
		FINALFUNC = totals_final);
	CREATE TABLE good (id int GENERATED ALWAYS AS IDENTITY, s revenue_summary, t revenue_totals);
});
my $rows = q{(SELECT i, i * i % 7 AS k, '2024-01-01Z'::timestamptz + i * interval '29 days' AS at
	FROM generate_series(1, 12) i)};
for my $call ("k::bigint, at, i * 1.25, '1 month', 'UTC'", "k::smallint, at, (i % 3 - 1) * 100, '1 month', 'UTC'",
	"md5(k::text)::uuid, at, (i - 6) * 10.0 ^ (4 * i - 24), '1 month', 'UTC'",
	"repeat('cust ', k) || k, at, i / 7.0, '1 year', 'UTC'", "(k || '.00')::numeric, at, -i, '7 days', 'Europe/Vilnius'",
	"k, tstzrange(at, at + i * interval '13 days'), 9.99 * (i % 4), '1 month', 'UTC', '2025-01-15Z'",
	"k, at, 10.0 ^ (i * 80) * 3, '1 month', 'UTC'", "7, at, 0.00, '1 month', 'UTC'", "7, at, 12.34, '1 month', 'UTC'")
{
	query($node, "INSERT INTO good (s) SELECT revenue_agg($call) FROM $rows o");
}
query($node, 'UPDATE good SET t = totals(s)');

# Beside the value v, uses may name a good summary s, its totals t, and the totals "one" of one customer, to which
# others can be added.
my $BESIDE = 's, t, (SELECT t FROM good WHERE customer_count(t) = 1 ORDER BY id LIMIT 1) AS one
	FROM good WHERE id = 1';

# Functions of each type, by the way in which they read; of a value that was received, some must hold.
my @reports = (
	q{(SELECT count(*) FROM revenue_growth(v))},
	q{(SELECT sum(revenue + expansion) FROM revenue_growth(v, '2025-01-01'))},
	q{(SELECT sum(cumulative) FROM revenue_cohorts(v, '2025-01-01'))}, q{(SELECT max(per_customer) FROM ltv_curve(v))},
	'ltv_chart(v)', 'payback_age(v, 100.5)', 'customer_count(v)');
my %uses = (
	summary => [
		@reports, 'v = s', 'v < s', q{(SELECT count(*) FROM members(v, '2024-06-01'))}, 'revenue_summary_hash(v)',
		'customer_count(totals(v))', 'customer_count(v::retention_summary)',
		'(SELECT rollup(x) IS NULL FROM (VALUES (v), (s), (v)) r(x))', q{customer_count(totals(rebucket(v, '1 year')))},
		'customer_count(totals(without(v, 3)))', 'customer_count(totals(rename(v, 3, 8)))' ],
	totals => [
		@reports, 'v = t', 'v < t', 'revenue_totals_hash(v)', 'customer_count(v::retention_totals)',
		'(SELECT add_totals(x) IS NULL FROM (VALUES (v), (one)) r(x))',
		'(SELECT add_totals(x) IS NULL FROM (VALUES (one), (v)) r(x))' ]);

# Money is neither lost nor made: in the months, of the cohorts, of the customers.
my $IDENTITY = q{NOT EXISTS (SELECT FROM revenue_growth(v, '2030-01-01')
	WHERE revenue <> starting + new_revenue + reactivated + expansion - contraction - churned OR payers < 0)};
my $COHORTS = q{(SELECT sum(revenue) FROM revenue_growth(v, '2030-01-01'))
	= (SELECT sum(revenue) FROM revenue_cohorts(v, '2030-01-01'))};
my $PAYERS = q{NOT EXISTS (SELECT FROM revenue_cohorts(v, '2030-01-01') WHERE payers NOT BETWEEN 0 AND customers
	OR revenue <> 0 AND payers = 0)};
my %holds = (
	summary => [ 'v = v', 'v::text::revenue_summary = v', 'v::text::revenue_summary::text = v::text',
		'totals(v)::text::revenue_totals = totals(v)',
		'v::retention_summary::text::retention_summary = v::retention_summary',
		'totals(v)::retention_totals = totals(v::retention_summary)',
		'(SELECT rollup(x) = rollup(y) FROM (VALUES (v, s), (s, v)) r(x, y))', $IDENTITY, $COHORTS, $PAYERS ],
	totals => [ 'v = v', 'v::text::revenue_totals = v', 'v::text::revenue_totals::text = v::text',
		'v::retention_totals::text::retention_totals = v::retention_totals', $IDENTITY, $COHORTS, $PAYERS ]);

# Errors of the value, and those of the sums and reports of one that was taken.
my $allowed = '22P03|22023|54000|42704|22021|08P01|22003|22008|22P02|0A000|42883|42804';
my $of_taken = '22023|54000|22003|42804';

sub text_of { my ($type) = @_; return "replace(encode(\$1, 'base64'), E'\\n', '')::revenue_$type AS v, $BESIDE" }

# 1. Messages, and the same as text, which is a message in base64.
for my $type (qw(summary totals))
{
	my @good   = messages_of($node, "revenue_$type", "SELECT @{[ substr $type, 0, 1 ]} FROM good ORDER BY id");
	my @values = (@good, altered_at_random(130, @good), map { altered_everywhere($_) } $good[0]);
	my @taken  = send_values($node, "revenue_$type", $allowed, @values);

	cmp_ok(scalar @taken, '>', 100, '... some are taken');
	cmp_ok(scalar @taken, '<', @values / 2, '... and most are not');
	is(use_values($node, "$type as text", source => 'SELECT ' . text_of($type), values => \@values, uses => ['v'],
		allowed => $allowed)->{'00000'},
		scalar @taken, '... the same ones are taken');
	use_values($node, "$type taken", source => 'SELECT ' . text_of($type), values => [ @values[@taken] ],
		uses => $uses{$type}, holds => $holds{$type}, allowed => $of_taken);
}

# 2. Bytes of the type without money, and the other way round.
for my $type (qw(summary totals))
{
	my $column = substr $type, 0, 1;
	my @with = messages_of($node, "revenue_$type", "SELECT $column FROM good ORDER BY id");
	my @without = messages_of($node, "retention_$type", "SELECT $column\::retention_$type FROM good ORDER BY id");

	is_deeply([ send_values($node, "revenue_$type", '22P03', @without) ], [], 'no money where money is due');
	is_deeply([ send_values($node, "retention_$type", '22P03', @with) ], [], '... and the other way round');
	for my $use (grep { !/customer_count/ } @reports)
	{
		is(sqlstate($node, "SELECT $use FROM (SELECT $column\::retention_$type\::raw_retention_$type\::text
			::raw_revenue_$type\::revenue_$type AS v, $BESIDE) x"), '22P03', "... stored: $use");
	}
}

# 3. Amounts that are made up, each in the place of the 12.34 of one customer in one month, or right behind it.
sub varint
{
	my ($number) = @_;
	my $bytes = '';

	use integer;
	while ($number < 0 || $number >= 0x80)
	{
		$bytes .= chr(0x80 | $number & 0x7F);
		$number = $number >> 7 & (1 << 57) - 1;
	}
	return $bytes . chr $number;
}

sub zigzag { use integer; my ($number) = @_; return $number < 0 ? -2 * $number - 1 : 2 * $number }
sub whole { return varint(4 * zigzag($_[0])) }
sub cents { return varint(4 * zigzag($_[0]) + 1) }
sub units { return varint(4 * zigzag($_[0]) + 2) }

sub limbs
{
	my ($least, @limbs) = @_;

	return varint(4 * @limbs + 3) . varint(zigzag($least)) . join '', map { varint(zigzag($_)) } @limbs;
}

my $MAKE = q{SELECT revenue_agg(7, '2024-05-05Z'::timestamptz, 12.34, '1 month', 'UTC')};
use constant SCALE_AT => 28;
my ($message) = messages_of($node, 'revenue_summary', $MAKE);
my $amount = cents(1234);
is(unpack('H*', substr $message, -length $amount), unpack('H*', $amount), 'an amount as it is written');
is(unpack('N', substr $message, SCALE_AT, 4), 2, '... and its decimals');

# The message with other bytes for the amount, and other decimals.
sub message_with
{
	my ($bytes, $scale) = @_;
	my $other = substr($message, 0, -length $amount) . $bytes;

	substr($other, SCALE_AT, 4) = pack 'N', $scale;
	return $other;
}

use constant LIMB_BASE => 10_000_000_000_000_000;
my %made = (
	'12.34' => [ $amount, 2, '12.34' ], 'less than nothing' => [ cents(-1234), 2, '-12.34' ],
	'nothing' => [ whole(0), 2, '0.00' ], 'a whole number' => [ whole(12), 2, '12.00' ],
	'four decimals' => [ units(123456), 4, '12.3456' ], 'more decimals than there are' => [ $amount, 5, '12.34000' ],
	'the largest that is no limb' => [ units(LIMB_BASE - 1), 4, '999999999999.9999' ],
	'the least that is a limb' => [ limbs(1, 1), 0, '1000000000000' ],
	'limbs' => [ limbs(0, 5, 0, -0 + 7), 4, '70000000000000000000000000000.0005' ],
	'limbs below zero' => [ limbs(-1, -5, -LIMB_BASE + 1), 20, '-999999999999.99990000000000000005' ],
	'the thousandth decimal' => [ limbs(-63, 1_000_000_000_000), 1000, '0.' . '0' x 999 . '1' ],
	'the greatest limb' => [ limbs(65, LIMB_BASE - 1), 0, '9999999999999999' . '0' x 1036 ],
	'cents as units' => [ units(123400), 4 ], 'a whole number as cents' => [ cents(1200), 4 ],
	'a whole number as units' => [ units(120000), 4 ], 'nothing as cents' => [ cents(0), 4 ],
	'nothing as units' => [ units(0), 4 ], 'nothing as limbs' => [ limbs(0, 0), 4 ], 'no limbs' => [ limbs(0), 4 ],
	'units as a limb' => [ limbs(0, 123456), 4 ], 'a limb of zero in front' => [ limbs(-1, 0, 5, 5), 20 ],
	'... and behind' => [ limbs(0, 5, 5, 0), 20 ], 'units and a limb of zero' => [ limbs(0, 5, 0), 20 ],
	'limbs of both signs' => [ limbs(0, 5, -5), 4 ], 'a limb that is too large' => [ limbs(0, 5, LIMB_BASE), 4 ],
	'... below zero' => [ limbs(0, -5, -LIMB_BASE), 4 ],
	'the least limb that can be said' => [ varint(4 * 2 + 3) . varint(0) . "\xFF" x 9 . "\x01" . varint(2), 4 ],
	'a limb that is above all' => [ limbs(66, 1), 0 ], '... below all' => [ limbs(-64, LIMB_BASE / 10), 1000 ],
	'limbs that end above all' => [ limbs(64, 1, 1, 1), 0 ], 'limbs from far away' => [ limbs(1 << 40, 1), 0 ],
	'more limbs than there can be' => [ limbs(-63, (1) x 130), 1000 ],
	'... by far' => [ varint(-1) . limbs(0, 1), 4 ],
	'limbs that are not there' => [ varint(4 * 3 + 3) . varint(0) . varint(1), 4 ],
	'units that are too large' => [ units(LIMB_BASE + 1), 4 ],
	'cents that are too large' => [ cents(LIMB_BASE / 100 + 1), 4 ],
	'a whole number that is too large' => [ whole(LIMB_BASE / 10000), 4 ],
	'the largest number of all' => [ varint(-2), 4 ],
	'a number that does not end' => [ "\xFF" x 12, 4 ], '... in the midst' => [ "\x91", 2 ],
	'a number longer than it must be' => [ "\x91\xCD\x00", 2 ], 'no amount' => [ '', 2 ],
	'one amount more' => [ $amount . $amount, 2 ], 'a byte more' => [ "$amount\0", 2 ],
	'fewer decimals than there are' => [ $amount, 1 ], '... none' => [ $amount, 0 ],
	'... of units' => [ units(123456), 3 ], '... of a limb' => [ limbs(-1, 5), 19 ],
	'more than a thousand decimals' => [ $amount, 1001 ], '... than can be' => [ $amount, 0x7FFFFFFF ],
	'decimals below zero' => [ $amount, 0xFFFFFFFF ], '... by far' => [ $amount, 0x80000000 ],
	'more digits than a thousand' => [ limbs(-63, 1), 1000 ]);
my @sums;
for my $name (sort keys %made)
{
	my ($bytes, $scale, $revenue) = @{ $made{$name} };
	my $other = message_with($bytes, $scale);
	my @taken = send_values($node, 'revenue_summary', '22P03', $other);

	is(@taken ? query($node, 'SELECT revenue FROM received, revenue_growth(v)') : undef, $revenue, "... $name");
	push @sums, $other if @taken;
}
use_values($node, 'sums that were made up', source => 'SELECT ' . text_of('summary') =~ s/id = 1/id = 9/r,
	values => \@sums, uses => $uses{summary}, holds => $holds{summary}, allowed => $of_taken);

# The time until which contracts are known, in front of the decimals: any time that there is, or none.
my %until = ('7FFFFFFFFFFFFFFF' => 1, '0000000000000000' => 0, '8000000000000000' => undef,
	'7FFFFFFFFFFFFFFE' => undef, '8000000000000001' => undef);
for my $until (sort keys %until)
{
	my $other = message_with($amount, 2);

	substr($other, SCALE_AT - 8, 8) = pack 'H*', $until;
	my @taken = send_values($node, 'revenue_summary', '22P03', $other);
	is(@taken ? query($node, 'SELECT count(*) FROM received, revenue_growth(v)') : undef, $until{$until},
		"... known until $until");
}

# 4. Totals that are made up. Real ones: of two customers first seen in May one pays 12.34 and then 20, the other 5.
my $TOTALS = q{SELECT totals(revenue_agg(k, at, amount, '1 month', 'UTC'))
	FROM (VALUES (1, '2024-05-05Z'::timestamptz, 12.34), (2, '2024-05-06Z', 5), (1, '2024-06-05Z', 20))
		o (k, at, amount)};
my ($real) = messages_of($node, 'revenue_totals', $TOTALS);
use constant { SEEN => 0, LAST => 1, RETAINED => 2, PAYERS => 4, REVENUE => 5, NEW => 6, REACTIVATED => 7,
	EXPANSION => 8, CONTRACTION => 9, SPAN => 16384 };

# A cell of customers or of money: its number, and what is in it.
sub cell
{
	my ($kind, $cohort, $bucket, $contents) = @_;

	return [ ($kind * SPAN + $cohort) * SPAN + $bucket, $contents ];
}

my @customers = (cell(SEEN, 0, 0, varint(2)), cell(SEEN, 0, 1, varint(1)), cell(LAST, 0, 0, varint(1)),
	cell(LAST, 0, 1, varint(1)), cell(RETAINED, 0, 1, varint(1)));
my @payers = (cell(PAYERS, 0, 0, varint(2)), cell(PAYERS, 0, 1, varint(1)));
my @money = (cell(REVENUE, 0, 0, cents(1734)), cell(REVENUE, 0, 1, whole(20)), cell(NEW, 0, 0, cents(1734)),
	cell(EXPANSION, 0, 1, cents(766)));

# The message with other cells, and other decimals.
sub totals_with
{
	my ($scale, @cells) = @_;
	my $other = substr($real, 0, 59) . pack('N', $scale) . 'UTC';
	my $number = 0;

	substr($other, 35, 4) = pack 'N', scalar @cells;
	for my $cell (@cells)
	{
		$other .= varint($cell->[0] - $number) . $cell->[1];
		$number = $cell->[0];
	}
	return $other;
}

# The cells with one that takes the place of another, or its own between the others.
sub real_with
{
	my (@other) = @_;
	my %cells = map { $_->[0] => $_ } @customers, @payers, @money, @other;

	return map { $cells{$_} } sort { $a <=> $b } keys %cells;
}

sub real_without { my ($cell) = @_; return grep { $_->[0] != $cell->[0] } @customers, @payers, @money }

is(unpack('H*', totals_with(2, real_with())), unpack('H*', $real), 'totals as they are written');
my %made_up = (
	'more payers than were seen' => [ 2, real_with(cell(PAYERS, 0, 1, varint(2))) ],
	'... than there are' => [ 2, real_with(cell(PAYERS, 0, 0, varint(3))) ],
	'payers whom nobody has seen' => [ 2, real_with(cell(PAYERS, 1, 1, varint(1))) ],
	'no payers where there is a cell for them' => [ 2, real_with(cell(PAYERS, 0, 1, varint(0))) ],
	'money where nobody was seen' => [ 2, real_with(cell(REVENUE, 1, 1, whole(1))) ],
	'money that nobody has paid' => [ 2, real_without($payers[1]) ],
	'only what is new is paid by nobody' => [ 2, @customers, cell(NEW, 0, 0, cents(1734)) ],
	'no money where there is a cell for it' => [ 2, real_with(cell(REVENUE, 0, 1, whole(0))) ],
	'an expansion below zero' => [ 2, real_with(cell(EXPANSION, 0, 1, cents(-766))) ],
	'a contraction below zero' => [ 2, real_with(cell(CONTRACTION, 0, 1, whole(-1))) ],
	'an expansion at first' => [ 2, real_with(cell(EXPANSION, 0, 0, whole(1))) ],
	'a contraction at first' => [ 2, real_with(cell(CONTRACTION, 0, 0, whole(1))) ],
	'a movement of a cohort' => [ 2, real_with(cell(REACTIVATED, 1, 1, whole(1))) ],
	'a kind that is not known' => [ 2, real_with(cell(CONTRACTION + 1, 0, 1, whole(1))) ],
	'the same cell twice' => [ 2, @customers, @payers, @money[ 0 .. 3, 3 ] ],
	'money after the last bucket' => [ 2, real_with(cell(REVENUE, 0, 2, whole(1))) ],
	'money before the cohort' => [ 2, real_with(cell(REVENUE, 1, 0, whole(1))) ],
	'an amount longer than it must be' => [ 2, real_with(cell(REVENUE, 0, 1, cents(2000))) ],
	'fewer decimals than there are' => [ 1, real_with() ],
	'more than a thousand decimals' => [ 1001, real_with() ], 'decimals below zero' => [ 0xFFFFFFFF, real_with() ]);
is_deeply([ send_values($node, 'revenue_totals', '22P03', totals_with(@{ $made_up{$_} })) ], [], "... $_")
  for sort keys %made_up;

# Those that customers could have.
my @could = map { totals_with(2, @$_) } [ real_with() ], [ real_with(cell(REVENUE, 0, 1, cents(-1))) ],
  [ real_without($money[3]) ], [@customers], [ @customers, @payers ], [ real_with(cell(REVENUE, 0, 1, limbs(1, 5))) ],
  [ real_with(cell(REACTIVATED, 0, 1, whole(-3))) ], [ real_with(cell(CONTRACTION, 0, 1, whole(12))) ];
is(scalar send_values($node, 'revenue_totals', '22P03', @could), scalar @could, 'customers could have paid so');
use_values($node, 'totals that were made up', source => 'SELECT ' . text_of('totals'), values => \@could,
	uses => [ grep { !/add_totals/ } @{ $uses{totals} } ], holds => $holds{totals}, allowed => $of_taken);

# 5. What is stored: values, and working states of several summaries and of totals.
my %working = (
	summary => 'SELECT raw_rollup(s) FROM (SELECT id, s FROM good, generate_series(1, 3)) w GROUP BY id ORDER BY id',
	totals => "SELECT raw_totals(c.s)
		FROM (SELECT k % 3 AS g, revenue_agg(k, at, amount, '1 month', 'UTC') AS s
			FROM (SELECT *, 10.0 ^ (i * 5) AS amount FROM $rows o) o GROUP BY k) c
		GROUP BY g ORDER BY g");
for my $type (qw(summary totals))
{
	my $good   = "SELECT @{[ substr $type, 0, 1 ]} FROM good ORDER BY id";
	my @stored = map { stored_bytes_of($node, "revenue_$type", $_) } $good, $working{$type};

	use_values($node, "$type stored",
		source  => "SELECT \$1::text::raw_revenue_${type}::revenue_$type AS v, $BESIDE",
		values  => [ @stored, altered_at_random(30, @stored) ],
		uses    => [ @{ $uses{$type} }, $type eq 'totals' ? 'totals_final(v) IS NULL' : ('rollup_final(v) IS NULL',
			'(SELECT totals_agg(x) IS NULL FROM (VALUES (v)) r(x))') ],
		allowed => $allowed);
}

done_testing();
