# RevenueModel - what the reports of revenue_agg must say, in plain SQL written from the definitions alone.
#
# Many logs at once: orders(log, c, at, amount), where c is the customer as a number; logs(log, bucket, zone, as_of),
# as_of NULL if it is omitted; and asked(log, period), the buckets whose members are wanted. Every customer is asked
# for every bucket, so that nothing depends on who comes when:
#
#	before = s(p - 1), revenue = s(p), and the movement follows from these two and from the first bucket with s <> 0
#
# model_sql() makes the tables expected_growth, expected_cohorts, expected_curve and expected_members from them, with
# the columns of the reports.
#
# compare_reports() holds the reports of values against them: made(way, log, s, t), a summary or totals of each log.
package RevenueModel;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';

use RetentionTest;
use Test::More;

our @EXPORT = qw(MODEL_FUNCTIONS model_sql compare_reports);

use constant MODEL_FUNCTIONS => q{
	-- The number of a day's bucket: months from January 2000 on, or days from Monday, 2000-01-03; and its first day.
	CREATE FUNCTION bucket_number(day date, bucket interval) RETURNS int IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN CASE WHEN extract(day FROM bucket) > 0 THEN floor((day - date '2000-01-03') / extract(day FROM bucket))
		ELSE floor((12 * extract(year FROM day) + extract(month FROM day) - 24001)
			/ (12 * extract(year FROM bucket) + extract(month FROM bucket))) END;
	CREATE FUNCTION bucket_day(number int, bucket interval) RETURNS date IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN CASE WHEN extract(day FROM bucket) > 0 THEN date '2000-01-03' + number * extract(day FROM bucket)::int
		ELSE date '2000-01-01' + number * bucket END;

	-- The double next to a quotient, which is computed with hundreds of decimals before it is rounded.
	CREATE FUNCTION quotient(a numeric, b numeric) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN round(a, greatest(scale(a), 400)) / b;
};

# What is common to all: the rows that count, and who spent what in which bucket.
my $SUMS = q{
	CREATE UNLOGGED TABLE counted AS
	SELECT log, c, at, amount, bucket_number((at AT TIME ZONE l.zone)::date, l.bucket) AS p
	FROM orders JOIN logs l USING (log)
	WHERE c IS NOT NULL AND at IS NOT NULL AND amount IS NOT NULL;
	CREATE UNLOGGED TABLE sums AS SELECT log, c, p, sum(amount) AS s FROM counted GROUP BY log, c, p;
	CREATE UNLOGGED TABLE customers AS
	SELECT log, c, min(p) AS first_seen, min(p) FILTER (WHERE s <> 0) AS first_paid FROM sums GROUP BY log, c;
	ANALYZE sums; ANALYZE customers;
};

# The rows of the reports: without as_of to the last bucket seen, else to the last one that starts before as_of, which
# is the one of the microsecond before. What is in a bucket that has not ended is known unless later rows have come.
my $BUCKETS = q{
	CREATE UNLOGGED TABLE buckets AS
	WITH span AS (SELECT log, min(p) AS first, max(p) AS last, max(at) AS last_at, max(scale(amount)) AS decimals
			FROM counted GROUP BY log),
		until AS (SELECT *, CASE WHEN as_of IS NULL THEN last
				ELSE bucket_number(((as_of - interval '1 microsecond') AT TIME ZONE zone)::date, bucket) END AS until
			FROM span JOIN logs USING (log)),
		ends AS (SELECT *,
				bucket_day(p + 1, bucket)::timestamp AT TIME ZONE zone <= coalesce(as_of, now()) AS complete
			FROM until, generate_series(first, until) p)
	SELECT log, p, bucket_day(p, bucket) AS period, decimals, complete,
		complete OR as_of IS NULL OR last_at < as_of AS known FROM ends;
	ANALYZE buckets;
};

my $MOVEMENTS = q{
	CREATE UNLOGGED TABLE movements AS
	WITH amounts AS (SELECT b.*, c, first_seen, first_paid, coalesce(s.s, 0) AS s, coalesce(o.s, 0) AS before
			FROM buckets b JOIN customers USING (log) LEFT JOIN sums s USING (log, c, p)
				LEFT JOIN (SELECT log, c, p + 1 AS p, s FROM sums) o USING (log, c, p))
	SELECT *, CASE WHEN p = first_paid THEN 'new' WHEN before = 0 AND s <> 0 THEN 'reactivated'
		WHEN s = 0 AND before <> 0 THEN 'churned' WHEN s > before THEN 'expansion'
		WHEN s < before THEN 'contraction' END AS movement, s - before AS d FROM amounts;
};

my $GROWTH = q{
	CREATE UNLOGGED TABLE expected_growth AS
	WITH parts AS (SELECT log, p, period, decimals, complete, known, count(*) FILTER (WHERE s <> 0) AS payers,
			sum(s) AS revenue, sum(d) FILTER (WHERE movement = 'new') AS new_revenue,
			sum(d) FILTER (WHERE movement = 'reactivated') AS reactivated,
			sum(d) FILTER (WHERE movement = 'expansion') AS expansion,
			-sum(d) FILTER (WHERE movement = 'contraction') AS contraction,
			-sum(d) FILTER (WHERE movement = 'churned') AS churned
		FROM movements GROUP BY log, p, period, decimals, complete, known),
		money AS (SELECT log, period, complete, known, payers, decimals,
			round(coalesce(lag(revenue) OVER (PARTITION BY log ORDER BY p), 0), decimals) AS starting,
			round(coalesce(new_revenue, 0), decimals) AS new_revenue,
			round(coalesce(reactivated, 0), decimals) AS reactivated,
			round(coalesce(expansion, 0), decimals) AS expansion,
			round(coalesce(contraction, 0), decimals) AS contraction,
			round(coalesce(churned, 0), decimals) AS churned, round(revenue, decimals) AS revenue FROM parts)
	SELECT log, period, CASE WHEN complete THEN starting END AS starting,
		CASE WHEN known THEN new_revenue END AS new_revenue, CASE WHEN known THEN reactivated END AS reactivated,
		CASE WHEN complete THEN expansion END AS expansion,
		CASE WHEN complete THEN contraction END AS contraction, CASE WHEN complete THEN churned END AS churned,
		CASE WHEN known THEN revenue END AS revenue, CASE WHEN complete THEN payers END AS payers,
		CASE WHEN complete AND starting > 0
			THEN quotient(starting + expansion - contraction - churned, starting) END AS nrr,
		CASE WHEN complete AND starting > 0 THEN quotient(starting - contraction - churned, starting) END AS grr,
		complete
	FROM money;
};

# If it is not known who was in the bucket that holds as_of, there is one row for its cohort, whoever is in it.
my $COHORTS = q{
	CREATE UNLOGGED TABLE expected_cohorts AS
	WITH born AS (SELECT m.log, m.c, m.p, m.s, m.decimals, m.complete, m.known, m.period, first_seen,
			b.period AS cohort FROM movements m JOIN buckets b ON b.log = m.log AND b.p = first_seen AND b.known
		WHERE m.p >= first_seen),
		cells AS (SELECT log, cohort, p - first_seen AS age, period, complete, known, decimals, count(*) AS customers,
			count(*) FILTER (WHERE s <> 0) AS payers, sum(s) AS revenue
		FROM born GROUP BY log, cohort, p - first_seen, period, complete, known, decimals),
		money AS (SELECT *, round(sum(revenue) OVER w, decimals) AS cumulative,
			first_value(revenue) OVER w AS at_first
		FROM cells WINDOW w AS (PARTITION BY log, cohort ORDER BY age))
	SELECT log, cohort, age, period, customers, CASE WHEN known THEN payers END AS payers,
		CASE WHEN known THEN round(revenue, decimals) END AS revenue,
		CASE WHEN known THEN cumulative END AS cumulative,
		CASE WHEN complete THEN cumulative / customers END AS per_customer,
		CASE WHEN complete AND at_first > 0 THEN quotient(revenue, at_first) END AS rate, complete
	FROM money
	UNION ALL
	SELECT log, period, 0, period, NULL, NULL, NULL, NULL, NULL, NULL, false FROM buckets WHERE NOT known;
	CREATE UNLOGGED TABLE expected_curve AS
	WITH ages AS (SELECT log, age, count(*)::int AS cohorts, sum(customers)::bigint AS customers,
			sum(revenue) AS revenue
		FROM expected_cohorts WHERE complete GROUP BY log, age)
	SELECT log, age, cohorts, customers, revenue,
		sum(revenue / customers) OVER (PARTITION BY log ORDER BY age) AS per_customer FROM ages;
};

# Of the buckets that are asked for: judged at now(), whatever as_of is.
my $MEMBERS = q{
	CREATE UNLOGGED TABLE expected_members AS
	WITH numbered AS (SELECT log, period, bucket_number(period, bucket) AS p,
			bucket_day(bucket_number(period, bucket) + 1, bucket)::timestamp AT TIME ZONE zone <= now() AS complete
		FROM asked JOIN logs USING (log)),
		scales AS (SELECT log, max(scale(amount)) AS decimals FROM counted GROUP BY log),
		amounts AS (SELECT log, period, c, p, complete, decimals, first_seen, first_paid, here.s IS NOT NULL AS seen,
			gone.s IS NOT NULL AS seen_before, coalesce(gone.s, 0) AS before, coalesce(here.s, 0) AS s
		FROM numbered JOIN customers USING (log) JOIN scales USING (log) LEFT JOIN sums here USING (log, c, p)
			LEFT JOIN (SELECT log, c, p + 1 AS p, s FROM sums) gone USING (log, c, p))
	SELECT log, period, c, CASE WHEN NOT seen THEN 'churned' WHEN p = first_seen THEN 'new'
			WHEN seen_before THEN 'retained' ELSE 'resurrected' END AS state,
		round(before, decimals) AS before, round(s, decimals) AS revenue,
		CASE WHEN p = first_paid THEN 'new' WHEN before = 0 AND s <> 0 THEN 'reactivated' WHEN NOT complete THEN NULL
			WHEN s = 0 AND before <> 0 THEN 'churned' WHEN s > before THEN 'expansion'
			WHEN s < before THEN 'contraction' WHEN s <> 0 THEN 'unchanged' END AS movement
	FROM amounts WHERE seen OR seen_before AND complete;
};

# Makes the tables anew.
sub model_sql
{
	return 'DROP TABLE IF EXISTS counted, sums, customers, buckets, movements, expected_growth, expected_cohorts,
		expected_curve, expected_members;' . $SUMS . $BUCKETS . $MOVEMENTS . $GROWTH . $COHORTS . $MEMBERS
	  . 'ANALYZE expected_growth; ANALYZE expected_cohorts; ANALYZE expected_curve; ANALYZE expected_members;';
}

# Report => its expected rows, the columns that tell them apart, and all others.
my %REPORTS = (
	revenue_growth => [ 'expected_growth', [qw(period)],
		[qw(starting new_revenue reactivated expansion contraction churned revenue payers nrr grr complete)] ],
	revenue_cohorts => [ 'expected_cohorts', [qw(cohort age period)],
		[qw(customers payers revenue cumulative per_customer rate complete)] ],
	ltv_curve => [ 'expected_curve', ['age'], [qw(cohorts customers revenue per_customer)] ]);

sub compare_reports
{
	my ($node, $name) = @_;

	for my $report (sort keys %REPORTS)
	{
		my ($expected, $keys, $columns) = @{ $REPORTS{$report} };
		my $key = join ', ', 'way', 'log', @$keys;
		my ($got, $wanted) = map { my $of = $_; 'ROW(' . join(', ', map { "$of.$_" } @$columns) . ')::text' } qw(a e);

		is(query($node, qq{
			WITH a AS MATERIALIZED (SELECT made.way, log, r.* FROM made JOIN logs USING (log),
					LATERAL (SELECT * FROM $report(s, as_of) UNION ALL SELECT * FROM $report(t, as_of)) r),
				e AS MATERIALIZED (SELECT m.way, x.*
					FROM $expected x JOIN (SELECT DISTINCT way, log FROM made) m USING (log))
			SELECT $key, $got, $wanted FROM a FULL JOIN e USING ($key) WHERE $got <> $wanted LIMIT 3}), '',
			"$report $name");
	}
	return;
}

1;
