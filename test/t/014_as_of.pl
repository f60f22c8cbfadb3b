# A log replayed day by day: a report as of a past day is what the orders before that day make, or NULL.
#
# The same random orders are counted whole and, for each day, up to that day.  Every report of the whole log as of the
# day must have the rows of the report of the orders before it, with the same values.  Only if orders have come since
# are the counts of the bucket that holds the day NULL, and there may be a row for its cohort; and mode on_or_after
# gives NULL where they make a difference.  Totals give the same, or refuse that mode.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

# Two customers come back after years, so that their buckets are lists; some orders lie at just the times of reports.
query($node, RANDOM_SQL . q{
	CREATE TABLE orders AS
	SELECT rnd(1, i, 1 + rnd(2, i, 40)) AS customer,
		'2024-01-01Z'::timestamptz + rnd(3, i, 200 * 24 * 60) * interval '1 minute' AS at
	FROM generate_series(1, 300) i;
	INSERT INTO orders SELECT customer, at + interval '3 years' FROM orders WHERE customer < 2;
	INSERT INTO orders VALUES (1, '2024-03-01Z'), (41, '2024-04-01Z'), (42, '2024-05-15Z');
	CREATE TABLE as_of AS
	SELECT t, EXISTS (SELECT FROM orders WHERE at >= t) AS later
	FROM (SELECT generate_series('2023-12-31Z'::timestamptz, '2024-08-02Z', '1 day') AS t
		UNION SELECT at FROM orders WHERE rnd(4, customer, 10) = 0
		UNION SELECT at + interval '1 microsecond' FROM orders WHERE rnd(5, customer, 10) = 0
		UNION VALUES ('2027-06-01Z'::timestamptz)) s (t);
});

# Calls of reports, of the value x as of the time t, and the columns that tell their rows apart.
my %reports = (
	"growth(x, t)" => 'period',
	map({ my $mode = $_;
		("cohorts(x, t, '$mode')" => 'cohort, age',
			map({ ("retention_curve(x, t, '$mode', '$_')" => 'age') } qw(pooled simple chained)))
	} qw(exact on_or_after)));

for my $call ("'1 month', 'UTC'", "'3 months', 'Europe/Vilnius'", "'7 days', 'America/St_Johns'", "'1 day', 'UTC'")
{
	query($node, "DROP TABLE IF EXISTS replay;
		CREATE TABLE replay AS SELECT t, whole,
			later AND EXISTS (SELECT FROM growth(whole, t) g WHERE NOT g.complete) AS unknown,
			(SELECT retention_agg(customer, at, $call) FROM orders WHERE at < t) AS before
		FROM as_of, (SELECT retention_agg(customer, at, $call) FROM orders) o (whole)");
	for my $report (sort keys %reports)
	{
		my $key = $reports{$report};
		my %rows = map { my $x = $_; ($x => "SELECT t, unknown, $key, to_jsonb(r) AS $x
			FROM (SELECT t, unknown, $x AS x FROM replay) s, LATERAL $report r") } qw(whole before);
		my $open  = q{unknown AND whole->>'complete' = 'false'};
		my $count = $report =~ /chained/ ? q{whole->>'rate'} : q{coalesce(whole->>'active', whole->>'retained')};
		my $may_be_null = $report =~ /on_or_after/ ? 'unknown' : $open;

		is(query($node, "SELECT count(*) FILTER (WHERE unknown AND $count IS NOT NULL) > 0,
				count(*) FILTER (WHERE whole IS DISTINCT FROM before
					AND ($may_be_null AND coalesce(before, whole) @> jsonb_strip_nulls(whole)
						AND $count IS NULL) IS NOT TRUE),
				count(*) FILTER (WHERE $open AND $count IS NOT NULL)
			FROM ($rows{whole}) w FULL JOIN ($rows{before}) b USING (t, unknown, $key)"),
			't|0|0', "$report of buckets of $call");
	}
}

# Totals of the last ones: the same, or an error where later orders would have to be left out.
for my $report (sort keys %reports)
{
	my $of_totals = $report =~ s/\(x/(totals(x)/r;
	my $rows = sub { my ($report, $where) = @_;
		"SELECT t, to_jsonb(r)
		FROM (SELECT t, whole AS x FROM replay JOIN as_of USING (t) WHERE $where) s, LATERAL $report r" };
	my $where = $report =~ /on_or_after/ ? 'NOT later' : 'true';

	is(query($node, "SELECT count(*) FROM (($_->[0] EXCEPT ALL $_->[1]) UNION ALL ($_->[1] EXCEPT ALL $_->[0])) d"),
		0, "$report of totals") for [ $rows->($report, $where), $rows->($of_totals, $where) ];
	next if $report !~ /on_or_after/;
	is(sqlstate($node, $rows->($of_totals, "t = $_")), '22023', "... as of $_ is refused")
	  for "'2024-03-01Z'", '(SELECT max(t) FROM as_of WHERE later)';
}

done_testing();
