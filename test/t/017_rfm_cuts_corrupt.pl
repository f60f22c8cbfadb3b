# Corrupt rfm_cuts: messages and stored bytes (see test/perl/Corrupt.pm), and text that is no rfm_cuts.
#
# Text is refused with the same SQLSTATE whether the error is raised or, from PostgreSQL 16 on, only noted.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use Corrupt;
use RetentionTest;

my $node = start_server('main', restart_after_crash => 'off');

query($node, q{
	CREATE TABLE good (id int GENERATED ALWAYS AS IDENTITY, c rfm_cuts);
	CREATE TABLE customers AS
	SELECT i, '2024-01-01Z'::timestamptz + i * interval '31 hours' AS at FROM generate_series(1, 20) i;
	INSERT INTO good (c) SELECT rfm_cuts(at, i * i, i / 3.0, 9, '2024-06-01Z') FROM customers;
	INSERT INTO good (c) SELECT rfm_cuts(at, i % 2, 10.0 ^ (i * 3 - 30) - 4, 5, '2024-07-01Z') FROM customers;
	INSERT INTO good (c) VALUES
		(rfm_cuts(ARRAY['90 days', '-1 day']::interval[], ARRAY[2, NULL], ARRAY[0, 1e70 + 1e-70])),
		(rfm_cuts(ARRAY[NULL]::interval[], ARRAY[NULL]::int[], ARRAY[NULL]::int[]));
});

# 1. Messages.
my @sent  = messages_of($node, 'rfm_cuts', 'SELECT c FROM good ORDER BY id');
my @taken = send_values($node, 'rfm_cuts', '22023|22003|22P03|08P01|22008',
	map({ altered_everywhere($_) } @sent), altered_at_random(200, @sent));
cmp_ok(scalar @taken, '>', 100, '... or taken');
is(query($node, 'SELECT count(*) FROM received
		WHERE v::text::rfm_cuts <> v OR v <> v OR (SELECT count(from_value) FROM cuts(v)) > 24'),
	'0', '... and then they are values like any other');

# 2. Stored bytes.
make_raw_type($node, 'rfm_cuts');
my @stored = stored_bytes_of($node, 'rfm_cuts', 'SELECT c FROM good ORDER BY id');
my $source = 'SELECT $1::text::raw_rfm_cuts::rfm_cuts AS v';
use_values($node, 'rfm_cuts stored',
	source  => $source,
	sound   => \@stored,
	values  => [ map({ altered_everywhere($_) } @stored), altered_at_random(100, @stored) ],
	allowed => 'XX001|0A000 rfm_cuts version',
	uses    => [
		'v', 'rfm_cuts_send(v)', '(SELECT count(x.*) FROM cuts(v) x)',
		map({ "rfm_score(v, '2024-03-01Z', 2, 1::$_, '2024-06-01Z')" } 'numeric', 'bigint', 'float8'),
		'v = v', 'v <> v', 'v < v', 'v::json', 'v::jsonb', 'rfm_cuts_hash(v)', 'rfm_cuts_hash_extended(v, 7)' ]);

# Some damage is never overlooked: in the reserved bytes, the numbers of cuts, the size.
my @seen;
for my $value (@stored)
{
	push @seen, map({ substr $value, 0, $_ } 0 .. length($value) - 1), map { $value . $_ } "\0", "\0" x 4, "\0" x 8,
		$value;
	for my $at (2, 3, 12 .. 19)
	{
		push @seen, map { my $v = $value; substr($v, $at, 1) ^= chr $_; $v } 0x01, 0x80, 0xFF;
	}
}
is_deeply(use_values($node, 'rfm_cuts stored with plain damage', source => $source, sound => \@stored,
	values => \@seen,
		allowed => 'XX001', uses => ['v']),
	{ '00000' => scalar @stored, XX001 => scalar @seen }, '... which is never overlooked');
is_deeply(use_values($node, 'rfm_cuts of another version', source => $source, allowed => 'XX001|0A000', uses => ['v'],
		sound => [ $stored[0] ], values => [ map { my $v = $stored[0]; substr($v, 0, 1) = chr $_; $v } 2, 0 ]),
	{ '00000' => 1, '0A000' => 1, XX001 => 1 }, 'a later version is none, version 0 is');

# 3. Text.
my %refused = (
	'' => '22P02', '{' => '22P02', '[]' => '22P02', '2' => '22P02', 'null' => '22P02',
	'{"bins": 2}' => '22P02',
	'{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1], "revenues": [1]}' => '22P02',
	'{"bins": "2", "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": [1]}' => '22P02',
	'{"bins": 2.5, "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": [1]}' => '22P02',
	'{"bins": 10, "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": [1]}' => '22023',
	'{"bins": 1e30, "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": [1]}' => '22003',
	'{"bins": 2, "as_of": "soon", "recency": ["1 day"], "orders": [1], "revenue": [1]}' => '22007',
	'{"bins": 2, "as_of": "300000-01-01", "recency": ["1 day"], "orders": [1], "revenue": [1]}' => '22008',
	'{"bins": 2, "as_of": "infinity", "recency": ["1 day"], "orders": [1], "revenue": [1]}' => '22008',
	'{"bins": 2, "as_of": null, "recency": "1 day", "orders": [1], "revenue": [1]}' => '22P02',
	'{"bins": 2, "as_of": null, "recency": ["a day"], "orders": [1], "revenue": [1]}' => '22007',
	'{"bins": 2, "as_of": null, "recency": ["1 mon"], "orders": [1], "revenue": [1]}' => '22023',
	'{"bins": 2, "as_of": null, "recency": ["1000000000 days"], "orders": [1], "revenue": [1]}' => '22008',
	'{"bins": 2, "as_of": "2024-01-01", "recency": ["-106751991 days"], "orders": [1], "revenue": [1]}' => '22008',
	'{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1.5], "revenue": [1]}' => '22P02',
	'{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1e20], "revenue": [1]}' => '22003',
	'{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": ["1"]}' => '22P02',
	'{"bins": 3, "as_of": null, "recency": ["1 day", "2 days"], "orders": [1, 2], "revenue": [1, 2]}' => '22023',
	'{"bins": 3, "as_of": null, "recency": ["2 days", "1 day"], "orders": [2, 1], "revenue": [1, 2]}' => '22023',
	'{"bins": 3, "as_of": null, "recency": ["2 days", "1 day"], "orders": [1, 2], "revenue": [2, 1]}' => '22023',
	'{"bins": 3, "as_of": null, "recency": ["2 days", "1 day"], "orders": [null, 2], "revenue": [1, 2]}' => '22023');
for my $text (sort keys %refused)
{
	is(sqlstate($node, "SELECT '$text'::rfm_cuts"), $refused{$text}, "refused: $text");
}
SKIP:
{
	skip 'no soft errors before 16', 2 if $node->pg_version < 16;

	my $list = join ', ', map { "('$_', '$refused{$_}')" } sort keys %refused;
	is(query($node, "SELECT t, i.sql_error_code FROM (VALUES $list) v(t, state), pg_input_error_info(t, 'rfm_cuts') i
			WHERE pg_input_is_valid(t, 'rfm_cuts') OR i.sql_error_code IS DISTINCT FROM state"),
		'', 'the same is noted where it is not raised');
	is(query($node, q{SELECT DISTINCT pg_input_is_valid(c::text, 'rfm_cuts') FROM good}), 't',
		'what is right is valid');
}

done_testing();
