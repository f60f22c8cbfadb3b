# rfm_cuts that have been damaged where they lie, and text that is no rfm_cuts.
#
# No function of the type lets damaged bytes in; here a cast does, which takes bytes as they are.  Every byte of some
# good values is altered in three ways, values are cut off after each byte, and bytes are added.  What comes of it may
# still be a value, with other numbers in it; else reading it is an error that says so.  The server stays up.
#
# Text is refused with the same SQLSTATE whether the error is raised or, from PostgreSQL 16 on, only noted.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main', restart_after_crash => 'off');

# 1. Damaged values.  bytes8 is bytea with the alignment of rfm_cuts.
query($node, q{
	CREATE TYPE bytes8;
	CREATE FUNCTION bytes8_in(cstring) RETURNS bytes8 LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
	CREATE FUNCTION bytes8_out(bytes8) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
	CREATE TYPE bytes8 (INPUT = bytes8_in, OUTPUT = bytes8_out, ALIGNMENT = double, STORAGE = extended);
	CREATE CAST (bytes8 AS rfm_cuts) WITHOUT FUNCTION;
	CREATE CAST (rfm_cuts AS bytes8) WITHOUT FUNCTION;

	CREATE TABLE good (id int GENERATED ALWAYS AS IDENTITY, c rfm_cuts, b bytea);
	CREATE TABLE customers AS
	SELECT i, '2024-01-01Z'::timestamptz + i * interval '31 hours' AS at FROM generate_series(1, 20) i;
	INSERT INTO good (c) SELECT rfm_cuts(at, i * i, i / 3.0, 9, '2024-06-01Z') FROM customers;
	INSERT INTO good (c) SELECT rfm_cuts(at, i % 2, 10.0 ^ (i * 3 - 30) - 4, 5) FROM customers;
	INSERT INTO good (c) VALUES
		(rfm_cuts(ARRAY['90 days', '-1 day']::interval[], ARRAY[2, NULL], ARRAY[0, 1e70 + 1e-70])),
		(rfm_cuts(ARRAY[NULL]::interval[], ARRAY[NULL]::int[], ARRAY[NULL]::int[]));
	UPDATE good SET b = c::bytes8::text::bytea;

	CREATE TABLE damaged AS
	SELECT id, 'altered' AS how, at, set_byte(b, at, get_byte(b, at) # mask) AS b
	FROM good, generate_series(0, length(b) - 1) at, unnest(ARRAY[1, 128, 255]) mask
	UNION ALL SELECT id, 'cut off', at, substr(b, 1, at) FROM good, generate_series(0, length(b) - 1) at
	UNION ALL SELECT id, 'added to', length(b), b || added
	FROM good, unnest(ARRAY['\x00', '\x00000000', '\x0000000000000000', b]) added;

	CREATE FUNCTION outcome(b bytea, use text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		ignored text;
	BEGIN
		EXECUTE format('SELECT (%s)::text FROM (SELECT $1::text::bytes8::rfm_cuts AS v OFFSET 0) d', use)
		INTO ignored USING b;
		RETURN 'fine';
	EXCEPTION WHEN others THEN
		RETURN sqlstate;
	END $$;
});
cmp_ok(query($node, 'SELECT count(*) FROM damaged'), '>', 1500, 'values were damaged');
for my $use ('v', 'rfm_cuts_send(v)', '(SELECT count(*) FROM cuts(v))',
	map({ "rfm_score('2024-03-01Z', 2, 1::$_, v, '2024-06-01Z')" } 'numeric', 'bigint', 'float8'),
	'v = v', 'v <> v', 'rfm_cuts_hash(v)', 'rfm_cuts_hash_extended(v, 7)')
{
	is(query($node, "SELECT DISTINCT outcome(b, \$use\$$use\$use\$) FROM good"), 'fine', "$use of good values");
	query($node, "DROP TABLE IF EXISTS outcomes;
		CREATE TABLE outcomes AS SELECT *, outcome(b, \$use\$$use\$use\$) AS state FROM damaged");
	note(query($node, "SELECT count(*) || ' x ' || state FROM outcomes GROUP BY state ORDER BY state"));
	is(query($node, "SELECT id, how, at, state FROM outcomes
			WHERE state NOT IN ('fine', 'XX001') AND (state <> '0A000' OR at > 0) LIMIT 5"),
		'', '... of damaged ones is an answer, or an error that says so');
}

# Some damage is never overlooked: in the reserved bytes, the numbers of cuts, the size.
query($node, q{DROP TABLE outcomes; CREATE TABLE outcomes AS SELECT *, outcome(b, 'v') AS state FROM damaged});
is(query($node, q{SELECT id, how, at, state FROM outcomes WHERE state <> 'XX001' AND
		(how <> 'altered' OR at IN (2, 3) OR at BETWEEN 12 AND 19) LIMIT 5}), '', 'damage that cannot be overlooked');
is(query($node, q{SELECT DISTINCT outcome(set_byte(b, 0, 2), 'v'), outcome(set_byte(b, 0, 0), 'v') FROM good}),
	'0A000|XX001', 'a later version is none, version 0 is');
is(query($node, 'SELECT count(*) FROM good WHERE c::text::rfm_cuts = c'), '4', 'the server is up');

# 2. Text.
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
	is(query($node, q{SELECT DISTINCT pg_input_is_valid(c::text, 'rfm_cuts') FROM good}), 't', 'what is right is valid');
}

done_testing();
