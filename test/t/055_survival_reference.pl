# Curves, medians, log-rank tests, intervals of rates and of their differences: what R says of 200 random data sets
# must be met to 1e-9 (test/reference/survival.R makes the files), and what Freireich and others published in 1963.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');
my $reference = top_folder() . '/test/reference';

query($node, q{CREATE FUNCTION group_of(list text) RETURNS durations LANGUAGE sql RETURN (
	SELECT survival_agg(rtrim(t, '+')::int * interval '1 day', t !~ '\+$') FROM regexp_split_to_table(list, ' ') t)});
load_csv($node, "$reference/survival.csv", 'curves');
load_csv($node, "$reference/rates.csv", 'rates_text');
query($node, q{
	CREATE TABLE rates AS
	SELECT confidence::float8, k1::bigint, n1::bigint, k2::bigint, n2::bigint, low::float8, high::float8,
		difference_low::float8, difference_high::float8, p_value::float8 FROM rates_text;
	CREATE TABLE groups AS
	SELECT row_number() OVER (ORDER BY r.ctid) - 1 AS id, confidence::float8, curve, group_of(a) AS x, group_of(b) AS y,
		median::float8, chi_square::float8, p_value::float8
	FROM curves r;
	CREATE TABLE points AS
	SELECT id, x, confidence, p[1]::int AS day, p[2]::float8 AS survival, nullif(p[3], '')::float8 AS low,
		nullif(p[4], '')::float8 AS high
	FROM groups, regexp_split_to_table(curve, ' ') c, LATERAL (SELECT string_to_array(c, ':')) l(p)});

# Rows where one of the pairs differs by more than 1e-9, or is NULL on one side only; of numbers that may be tiny
# what counts is the difference in proportion.
sub wrong
{
	my ($from, %pairs) = @_;
	my $where = join ' OR ', map {
		my ($ours, $theirs) = ("($_)", "($pairs{$_})");
		my $size = $_ =~ /chi_square|p_value/ ? "abs($theirs)" : '1';
		"($ours IS NULL) <> ($theirs IS NULL) OR abs($ours - $theirs) > 1e-9 * $size"
	} sort keys %pairs;

	return query($node, "SELECT * FROM $from WHERE $where LIMIT 5");
}

is(query($node, 'SELECT count(*) FROM groups'), 201, 'as many pairs of groups as were made');
cmp_ok(query($node, 'SELECT count(*) FROM points'), '>', 1000, '... with many events');
my $at_points = q{points p JOIN LATERAL survival_curve(x, confidence => p.confidence) c
	ON c.elapsed = p.day * interval '1 day'};
is(wrong($at_points, 'c.survival' => 'p.survival', 'c.low' => 'p.low', 'c.high' => 'p.high'), '',
	'survival and its limits');
is(query($node, "SELECT count(*) FROM $at_points"), query($node, 'SELECT count(*) FROM points'),
	'... at every event');
is(wrong('points p', q{survival_at(p.x, p.day * interval '1 day')} => 'p.survival'), '', 'survival at a time');
is(query($node, q{SELECT * FROM groups WHERE median_survival(x) IS DISTINCT FROM median * interval '24 hours'}), '',
	'medians');
is(wrong('groups g, logrank_test(x, y) t', 't.chi_square' => 'g.chi_square', 't.p_value' => 'g.p_value'),
	'', 'log-rank tests');

is(query($node, 'SELECT count(*) FROM rates'), 200, 'as many rates as were made');
is(wrong('rates r, rate_interval(k1, n1, confidence) i', 'i.low' => 'r.low', 'i.high' => 'r.high'), '',
	q{Wilson's limits});
is(wrong('rates r, rate_difference(k1, n1, k2, n2, confidence) d', 'd.low' => 'r.difference_low',
		'd.high' => 'r.difference_high', 'd.p_value' => 'r.p_value'),
	'', q{Newcombe's limits, and the pooled test});

# The remission of leukaemia with 6-mercaptopurine and without, in weeks.
is(query($node, q{SELECT string_agg(round(survival_at(x, w * interval '1 day')::numeric, 3)::text, ' ' ORDER BY w)
	FROM groups, unnest('{6, 7, 10, 13, 16, 22, 23}'::int[]) w WHERE id = 0}),
	'0.857 0.807 0.753 0.690 0.627 0.538 0.448', 'as was published');
is(query($node, q{SELECT round(t.chi_square::numeric, 2) FROM groups, logrank_test(x, y) t WHERE id = 0}), '16.79',
	'... and the test');

done_testing();
