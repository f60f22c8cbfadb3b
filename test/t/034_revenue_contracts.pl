# revenue_agg over random contracts, compared with hand-written SQL.
#
# The SQL here is written from the definitions alone: it asks each contract whether it holds the end of each
# bucket, which it finds with date arithmetic and AT TIME ZONE, adds prices, and sorts each customer's change from
# one bucket to the next. For several widths, zones and times of knowledge, revenue_growth, revenue_cohorts,
# ltv_curve, members, and growth of the part without money must agree with it; the values must be the same in one
# pass, in parallel, rolled up, and of totals.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

# 3,000 contracts of 300 customers over three years, with ranges of all kinds. Many begin or end at midnight, often
# that of a month's first day, in UTC or in Vilnius; each customer's next contract mostly begins when the one before
# ends. Prices are 0, negative, and of up to six decimals, too.
query($node, RANDOM_SQL . q{
	CREATE TABLE drawn AS
	SELECT i, 1 + rnd(1, i / 3, 300)::int AS k, i % 3 AS part, rnd(2, i, 4)::int AS kind,
		CASE rnd(3, i / 3, 3)
			WHEN 0 THEN ('2019-01-01'::timestamp + rnd(4, i / 3, 30) * interval '1 month') AT TIME ZONE 'Europe/Vilnius'
			WHEN 1 THEN '2019-01-01Z'::timestamptz + rnd(4, i / 3, 30) * interval '1 month'
			ELSE '2019-01-01Z'::timestamptz + rnd(4, i / 3, 1000 * 24) * interval '1 hour' END AS begins,
		rnd(5, i / 3, 4) AS step, rnd(6, i, 10) AS oddity,
		CASE rnd(7, i, 12) WHEN 0 THEN 0 WHEN 1 THEN -round(rnd(8, i, 500) / 100.0, 2)
			WHEN 2 THEN round(rnd(8, i, 10000000) / 1000000.0, 6)
			WHEN 3 THEN rnd(8, i, 9) * 100000000000 ELSE 10 * rnd(8, i, 10) END AS price
	FROM generate_series(1, 3000) i;
	CREATE TABLE contracts AS
	SELECT i, k, (k - 100) * 1000000007::bigint AS b, 'customer ' || k AS t, part,
		CASE oddity
			WHEN 0 THEN tstzrange(begins, NULL, '[)')
			WHEN 1 THEN tstzrange(begins, 'infinity', '[]')
			WHEN 2 THEN tstzrange(begins + part * interval '10 days', begins + part * interval '10 days', '[]')
			WHEN 3 THEN tstzrange(begins + part * interval '3 days', begins + (2 + part) * interval '3 days',
				(ARRAY['[)', '(]', '[]', '()'])[1 + kind])
			ELSE tstzrange(begins + part * width, begins + (part + 1) * width, (ARRAY['[)', '(]', '[)', '()'])[1 + kind])
		END AS active,
		price
	FROM (SELECT *, (ARRAY['1 month', '45 days', '3 months', '1 year']::interval[])[1 + step] AS width FROM drawn) d;
	UPDATE contracts SET k = NULL, b = NULL, t = NULL WHERE i % 97 = 0;
	UPDATE contracts SET active = NULL WHERE i % 101 = 0;
	UPDATE contracts SET active = 'empty' WHERE i % 103 = 0;
	UPDATE contracts SET price = NULL WHERE i % 107 = 0;
	ALTER TABLE contracts SET (parallel_workers = 4);
	VACUUM ANALYZE contracts});

# The date on which a bucket starts that lies some buckets after the one of a date.
sub start_sql
{
	my ($date, $bucket, $after) = @_;
	my ($n, $unit) = split / /, $bucket;

	return "(date '2000-01-03' + (div($date - date '2000-01-03', $n) + $after)::int * $n)" if $unit =~ /day/;
	return "(date_trunc('year', $date\::timestamp) + $after * interval '$bucket')::date" if $unit =~ /year/;
	return "(date '2000-01-01' + (div(((extract(year FROM $date) - 2000) * 12 + extract(month FROM $date) - 1)::int, $n)"
	  . " + $after)::int * interval '$bucket')::date";
}

# Makes the table paid(p, period, complete, k, seen, s, before, fresh): a row for each bucket and customer, from the
# bucket in which anybody is first seen, and until(as_of).
sub make_paid
{
	my ($bucket, $zone, $as_of) = @_;
	my $start = start_sql(q{date '2018-11-15'}, $bucket, 'i');
	my $end = start_sql(q{date '2018-11-15'}, $bucket, '(i + 1)');

	query($node, qq{
		DROP TABLE IF EXISTS buckets, held, paid;
		CREATE TABLE buckets AS
		SELECT i AS p, period, least(ends, '$as_of') AS at, ends <= '$as_of' AS complete
		FROM generate_series(0, 6000) i, LATERAL (SELECT $start AS period,
			$start\::timestamp AT TIME ZONE '$zone' AS starts, $end\::timestamp AT TIME ZONE '$zone' AS ends) b
		WHERE starts < '$as_of';
		CREATE TABLE held AS
		SELECT p, k, count(*) AS n, sum(price) AS s FROM buckets JOIN contracts ON active @> at
		WHERE k IS NOT NULL AND price IS NOT NULL GROUP BY p, k;
		CREATE TABLE paid AS
		SELECT p, period, complete, c.k, h.k IS NOT NULL AS seen, coalesce(n, 0) AS n, c.first AS cohort,
			coalesce(s, 0) AS s, coalesce(lag(s) OVER w, 0) AS before, lag(h.k) OVER w IS NOT NULL AS seen_before,
			p = c.first_paid AS fresh
		FROM (SELECT k, min(p) AS first, min(p) FILTER (WHERE s <> 0) AS first_paid FROM held GROUP BY k) c
			CROSS JOIN (SELECT * FROM buckets WHERE p >= (SELECT min(p) FROM held)) b LEFT JOIN held h USING (p, k)
		WINDOW w AS (PARTITION BY c.k ORDER BY p);
		ANALYZE paid}, client_min_messages => 'warning');
}

# Money as text with the decimals that all of it has.
my $money = sub { return join ', ', map { s/^(.*)\sAS (\w+)$/round($1, 6)::text AS $2/sr } @_ };

my $GROWTH = 'SELECT period, ' . $money->(
	'CASE WHEN complete THEN sum(before) END AS starting',
	'sum(CASE WHEN fresh THEN s ELSE 0 END) AS new_revenue',
	'sum(CASE WHEN before = 0 AND s <> 0 AND fresh IS NOT TRUE THEN s ELSE 0 END) AS reactivated',
	'CASE WHEN complete THEN sum(CASE WHEN before <> 0 AND s <> 0 THEN greatest(s - before, 0) ELSE 0 END) END
		AS expansion',
	'CASE WHEN complete THEN sum(CASE WHEN before <> 0 AND s <> 0 THEN greatest(before - s, 0) ELSE 0 END) END
		AS contraction',
	'CASE WHEN complete THEN sum(CASE WHEN s = 0 THEN before ELSE 0 END) END AS churned',
	'sum(s) AS revenue') . q{,
	CASE WHEN complete THEN count(*) FILTER (WHERE s <> 0) END AS payers,
	CASE WHEN complete AND sum(before) > 0
		THEN round(1 + sum(CASE WHEN before <> 0 THEN s - before ELSE 0 END) / sum(before), 9) END AS nrr,
	CASE WHEN complete AND sum(before) > 0 THEN round(1 + sum(CASE WHEN before <> 0 THEN
		CASE WHEN s = 0 THEN -before ELSE least(s - before, 0) END ELSE 0 END) / sum(before), 9) END AS grr, complete
	FROM paid GROUP BY p, period, complete};
my $COHORTS = 'SELECT c.period AS cohort, p.p - c.p AS age, p.period, customers, payers, '
  . $money->('revenue AS revenue', 'sum(revenue) OVER w AS cumulative') . q{,
	CASE WHEN p.complete THEN round(round(sum(revenue) OVER w, 6) / customers, 9) END AS per_customer,
	CASE WHEN p.complete AND first_value(revenue) OVER w > 0
		THEN to_char((revenue / first_value(revenue) OVER w)::float8, '9.99999999999EEEE') END AS rate, p.complete
	FROM (SELECT cohort, p, period, complete, count(*) AS customers, count(*) FILTER (WHERE s <> 0) AS payers,
			sum(s) AS revenue
		FROM paid WHERE p >= cohort GROUP BY 1, 2, 3, 4) p JOIN buckets c ON c.p = p.cohort
	WINDOW w AS (PARTITION BY p.cohort ORDER BY p.p)};
my $LTV = 'SELECT age, cohorts, customers, ' . $money->('revenue AS revenue') . q{,
	round(sum(round(revenue, 6) / customers) OVER (ORDER BY age), 9) AS per_customer
	FROM (SELECT p - cohort AS age, count(DISTINCT cohort)::int AS cohorts, count(*) AS customers, sum(s) AS revenue
		FROM paid WHERE p >= cohort AND complete GROUP BY 1) a};
my $MEMBERS = 'SELECT k::text AS customer, CASE WHEN p = cohort THEN $$new$$
		WHEN seen AND seen_before THEN $$retained$$ WHEN seen THEN $$resurrected$$ ELSE $$churned$$ END AS state, '
  . $money->('before AS before', 's AS revenue') . q{,
	CASE WHEN fresh THEN 'new' WHEN s = 0 AND before = 0 THEN NULL WHEN before = 0 THEN 'reactivated'
		WHEN s = 0 THEN 'churned' WHEN s > before THEN 'expansion' WHEN s < before THEN 'contraction'
		ELSE 'unchanged' END AS movement
	FROM paid WHERE (seen OR seen_before) AND period = '%s'};
my $SEEN = q{SELECT period, sum(seen_before::int) AS starting, sum((seen AND p = cohort)::int) AS new_customers,
	sum((seen AND seen_before)::int) AS retained,
	CASE WHEN complete THEN sum((seen_before AND NOT seen)::int) END AS churned, sum(seen::int) AS active,
	sum((n > 1)::int) AS repeat_customers, complete
	FROM paid GROUP BY p, period, complete};

my $AS_GROWTH = 'SELECT period, '
  . $money->(map { "$_ AS $_" } qw(starting new_revenue reactivated expansion contraction churned revenue))
  . ', payers, round(nrr::numeric, 9) AS nrr, round(grr::numeric, 9) AS grr, complete FROM revenue_growth(%s, %s)';
my $AS_COHORTS = 'SELECT cohort, age, period, customers, payers, '
  . $money->(map { "$_ AS $_" } qw(revenue cumulative))
  . ', round(per_customer, 9) AS per_customer,
	to_char(rate, $$9.99999999999EEEE$$) AS rate, complete FROM revenue_cohorts(%s, %s)';
my $AS_LTV = 'SELECT age, cohorts, customers, ' . $money->('revenue AS revenue')
  . ', round(per_customer, 9) AS per_customer FROM ltv_curve(%s, %s)';
my $AS_MEMBERS = 'SELECT customer, state, ' . $money->('before AS before', 'revenue AS revenue')
  . ', movement FROM members(%s, %s)';
my $AS_SEEN = 'SELECT period, starting, new_customers, retained, churned, active, repeat_customers, complete
	FROM growth(%s::%s, %s)';

# 1. Every width, in several zones, as of times inside a bucket, where one starts, and after all that ends.
for my $case ([ '1 month', 'UTC', '2020-06-17 13:00+00' ], [ '1 month', 'Europe/Vilnius', '2020-07-01 00:00+03' ],
	[ '1 month', 'America/New_York', '2023-01-15 00:00+00' ], [ '3 months', 'Europe/Vilnius', '2021-02-01 00:00+00' ],
	[ '1 year', 'Asia/Tokyo', '2022-06-30 15:00+00' ], [ '7 days', 'Europe/Vilnius', '2020-03-30 12:00+00' ],
	[ '10 days', 'UTC', '2021-01-01 00:00+00' ], [ '1 day', 'Europe/Vilnius', '2019-11-05 06:00+02' ])
{
	my ($bucket, $zone, $as_of) = @$case;
	my $name = "$bucket, $zone, as of $as_of";

	make_paid($bucket, $zone, $as_of);
	query($node, qq{DROP TABLE IF EXISTS x; CREATE TABLE x AS SELECT s, totals(s) AS t
		FROM (SELECT revenue_agg(k, active, price, '$bucket', '$zone', '$as_of') AS s FROM contracts) r},
		client_min_messages => 'warning', TimeZone => 'Asia/Kolkata');
	for my $value ('s', 't')
	{
		my @arguments = ("(SELECT $value FROM x)", "'$as_of'");

		same_rows($node, sprintf($AS_GROWTH, @arguments), $GROWTH, "revenue_growth of $value: $name",
			TimeZone => 'Asia/Kolkata');
		same_rows($node, sprintf($AS_COHORTS, @arguments), $COHORTS, '... revenue_cohorts');
		same_rows($node, sprintf($AS_LTV, @arguments), $LTV, '... ltv_curve');
		same_rows($node,
			sprintf($AS_SEEN, $arguments[0], $value eq 's' ? 'retention_summary' : 'retention_totals', $arguments[1]),
			$SEEN, '... who was seen');
	}
	for my $period (split /\n/, query($node, 'SELECT period FROM buckets
		WHERE p >= (SELECT min(p) FROM held) AND complete ORDER BY hashint4(p) LIMIT 2'))
	{
		same_rows($node, sprintf($AS_MEMBERS, '(SELECT s FROM x)', "'$period'"), sprintf($MEMBERS, $period),
			"... members of $period");
	}
	is(query($node, "SELECT * FROM x, revenue_growth(t, '$as_of') WHERE complete
		AND revenue IS DISTINCT FROM starting + new_revenue + reactivated + expansion - contraction - churned"), '',
		'... its identity');
}

# 2. What was known of the past does not change: as of any earlier time, the last summary says what one of that time
# said of the buckets that had ended by then, and of the open one the same or nothing.
query($node, q{
	CREATE TABLE past AS
	SELECT at, bucket, (SELECT revenue_agg(k, active, price, bucket, 'Europe/Vilnius', at) FROM contracts) AS s
	FROM unnest('{1 month, 7 days}'::interval[]) bucket,
		LATERAL (SELECT DISTINCT '2019-03-15Z'::timestamptz + rnd(20, i, 900) * interval '1 day' + rnd(21, i, 2)
			* interval '22 hours' FROM generate_series(1, 30) i) t (at);
	CREATE TABLE last AS
	SELECT bucket, totals(revenue_agg(k, active, price, bucket, 'Europe/Vilnius', '2022-09-01Z')) AS t
	FROM contracts, unnest('{1 month, 7 days}'::interval[]) bucket GROUP BY bucket});
is(query($node, q{SELECT at, bucket, o, n FROM past JOIN last USING (bucket), LATERAL (
		SELECT o, n FROM revenue_growth(t, at) o FULL JOIN revenue_growth(s, at) n USING (period)
		WHERE coalesce(o.complete, n.complete) AND o IS DISTINCT FROM n OR o.revenue <> n.revenue) d}), '',
	'revenue_growth of the past');
is(query($node, q{SELECT at, bucket FROM past JOIN last USING (bucket)
	WHERE (SELECT array_agg(l) FROM ltv_curve(t, at) l) IS DISTINCT FROM (SELECT array_agg(l) FROM ltv_curve(s, at) l)}),
	'', '... ltv_curve');
is(query($node, q{SELECT count(*) > 40, count(revenue) FROM past JOIN last USING (bucket), revenue_growth(t, at)
	WHERE NOT complete}), 't|0', '... where the open bucket is not known any more');

# 3. Days of contracts put into wider buckets are what the contracts make there.
for my $as_of ('2020-06-17 13:00+00', '2020-07-01 00:00+03', '2021-01-31 22:00+00')
{
	my $agg = "revenue_agg(k, active, price, %s, 'Europe/Vilnius', '$as_of')";
	my ($days, $wide) = map { sprintf "SELECT $agg", $_ } "'1 day'", 'bucket';

	is(query($node, qq{SELECT bucket FROM ($days AS s FROM contracts) d,
			unnest('{1 month,7 days,3 months,1 year}'::interval[]) bucket, LATERAL ($wide AS w FROM contracts) w
		WHERE rebucket(s, bucket)::text IS DISTINCT FROM w::text}), '', "wider buckets, as of $as_of");
}

# 4. In one pass, in parallel, merged, and of every kind of key.
for my $key (qw(k b t))
{
	my $call = "revenue_agg($key, active, price, '1 month', 'Europe/Vilnius', '2021-02-10 00:00+02')";

	query($node, "DROP TABLE IF EXISTS one_pass; CREATE TABLE one_pass AS SELECT $call AS s FROM contracts",
		client_min_messages => 'warning', SERIAL);
	like(plan_of($node, "SELECT $call FROM contracts", 'COSTS OFF', PARALLEL), qr/Partial Aggregate/,
		"$key: a parallel plan");
	for my $with ([ 1, 'on' ], [ 4, 'off' ])
	{
		is(query($node, "SELECT s = v, s <> v, totals(s)::text = totals(v)::text
			FROM one_pass, (SELECT $call AS v FROM contracts) c", PARALLEL,
			max_parallel_workers_per_gather => $with->[0], parallel_leader_participation => $with->[1]),
			't|f|t', "... in parallel, $with->[0] workers, leader $with->[1]");
	}
	for my $by ('part', 'i', $key, 'lower(active)', 'price')
	{
		is(query($node, "SELECT rollup(s) = (SELECT s FROM one_pass),
				totals(rollup(s))::text = (SELECT totals(s)::text FROM one_pass)
			FROM (SELECT $call AS s FROM contracts GROUP BY $by) p"), 't|t', "... rolled up by $by");
	}
	is(query($node, "SELECT totals_agg(s) = (SELECT totals(s) FROM one_pass),
			totals_agg(s)::text = (SELECT totals(s)::text FROM one_pass)
		FROM (SELECT $call AS s FROM contracts GROUP BY $key) p"), 't|t', '... totals by customer');
	is(query($node, 'SELECT s::text::revenue_summary = s, totals(s)::text::revenue_totals = totals(s) FROM one_pass'),
		't|t', '... as text and back');
}

done_testing();
