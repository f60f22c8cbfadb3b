# Durations, happened_within and bracket_retention over random orders, compared with hand-written SQL, in one process
# and in parallel, by the table's pages and row by row, for keys of several types; and how large durations are.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

# 3,000 customers place 20,000 orders in 400 days, in no order, many of them on a few days, and some at one instant.
query($node, RANDOM_SQL . q{
	CREATE TABLE orders AS
	SELECT id, k, k * 1000000007::bigint AS b, md5(k::text)::uuid AS u, repeat('customer ', k % 7) || k AS t,
		(k || '.0')::numeric AS n, rnd(12, k, 4)::int AS part,
		'2024-01-01Z'::timestamptz + CASE rnd(3, id, 3) WHEN 0 THEN rnd(4, id, 400) * interval '1 day'
			ELSE rnd(5, id, 400::bigint * 86400000000) * interval '1 microsecond' END AS at
	FROM (SELECT id, rnd(1, id, 1 + rnd(2, id, 3000))::int AS k FROM generate_series(1, 20000) id) s;
	UPDATE orders SET k = NULL, b = NULL, u = NULL, t = NULL, n = NULL WHERE id % 100 = 7;
	UPDATE orders SET at = NULL WHERE id % 100 = 8;
	ALTER TABLE orders SET (parallel_workers = 3);
	VACUUM ANALYZE orders;
	CREATE TABLE halves (LIKE orders) PARTITION BY LIST (part);
	CREATE TABLE half_1 PARTITION OF halves FOR VALUES IN (0, 1);
	CREATE TABLE half_2 PARTITION OF halves DEFAULT;
	INSERT INTO halves SELECT * FROM orders;
	ANALYZE halves});

# Each customer's first order and nth, by hand, as of a time.
sub histories
{
	my ($nth, $as_of) = @_;

	return "(SELECT k, min(at) AS first, (array_agg(at ORDER BY at))[$nth] AS nth, '$as_of'::timestamptz AS as_of
		FROM orders WHERE k IS NOT NULL AND at < '$as_of' GROUP BY k) h";
}

# The ways in which the same aggregate is computed.
my %ways = (
	'in one process'         => [],
	'row by row'             => [ 'retention.scan' => 'off' ],
	'in parallel'            => [RetentionTest::PARALLEL],
	'in parallel, no leader' => [ RetentionTest::PARALLEL, parallel_leader_participation => 'off' ]);

for my $nth (2, 3, 7)
{
	for my $as_of ('2024-07-01Z', '2024-02-03 12:00Z', '2026-01-01Z')
	{
		my $by_hand = "SELECT survival_agg(coalesce(nth, as_of) - first, nth IS NOT NULL, as_of - first) AS s
			FROM @{[ histories($nth, $as_of) ]}";

		for my $way (sort keys %ways)
		{
			is( query($node, "SELECT time_to_order(k, at, $nth, '$as_of') = ($by_hand),
					time_to_order(b, at, $nth, '$as_of') = ($by_hand), time_to_order(u, at, $nth, '$as_of') = ($by_hand),
					time_to_order(t, at, $nth, '$as_of') = ($by_hand), time_to_order(n, at, $nth, '$as_of') = ($by_hand)
					FROM orders", @{ $ways{$way} }),
				't|t|t|t|t', "order $nth as of $as_of, $way");
		}
		is(query($node, "SELECT rollup(s) = ($by_hand) FROM (SELECT time_to_order(k, at, $nth, '$as_of') AS s
			FROM orders GROUP BY k % 17) p"), 't', '... and of parts');
		is(query($node, "SELECT time_to_order(k, at, $nth, '$as_of') = ($by_hand) FROM halves",
			enable_partitionwise_aggregate => 'on'), 't', '... and of partitions');
		same_rows($node,
			"SELECT d, h.eligible, h.happened, h.rate FROM ($by_hand) s,
				unnest('{0,1 hour,1 day,10 days,30 days,90 days,1000 days}'::interval[]) d, happened_within(s, d) h",
			"SELECT d, eligible, happened, happened::float8 / nullif(eligible, 0) AS rate
			FROM (SELECT d, count(*) FILTER (WHERE first + d <= as_of) AS eligible,
					count(*) FILTER (WHERE first + d <= as_of AND nth < first + d) AS happened
				FROM unnest('{0,1 hour,1 day,10 days,30 days,90 days,1000 days}'::interval[]) d,
					@{[ histories($nth, $as_of) ]} GROUP BY d) c",
			"... and happened_within");
	}
}

# The curve: survival is the product over the events of the share of those watched then to whom it did not happen.
for my $as_of ('2024-07-01Z', '2026-01-01Z')
{
	query($node, "DROP TABLE IF EXISTS waits; CREATE TABLE waits AS SELECT coalesce(nth, as_of) - first AS d,
		nth IS NOT NULL AS happened FROM @{[ histories(2, $as_of) ]}", client_min_messages => 'warning');
	same_rows($node,
		"SELECT elapsed, at_risk, events, censored, round(survival::numeric, 9) AS survival
		FROM survival_curve((SELECT time_to_order(k, at, 2, '$as_of') FROM orders), '7 days')",
		q{WITH at_event AS MATERIALIZED (SELECT d, ln(nullif(n - count(*), 0)::numeric / n) AS step
			FROM waits w, LATERAL (SELECT count(*) AS n FROM waits r WHERE r.d >= w.d) l WHERE happened GROUP BY d, n),
		steps AS (SELECT i * interval '7 days' AS t, (i - 1) * interval '7 days' AS before
			FROM generate_series(0, (SELECT ceil(max(extract(epoch FROM d)) / 604800) FROM waits)::int) i)
		SELECT t, (SELECT count(*) FROM waits WHERE d >= t) AS at_risk,
			(SELECT count(*) FROM waits WHERE d > before AND d <= t AND happened) AS events,
			(SELECT count(*) FROM waits WHERE d > before AND d <= t AND NOT happened) AS censored,
			CASE WHEN t <= (SELECT max(d) FROM waits)
				THEN round(coalesce((SELECT exp(sum(step)) FROM at_event WHERE d <= t), 1), 9) END AS survival
		FROM steps}, "the curve as of $as_of");
}

# Brackets.
for my $brackets ('{0,7 days,30 days,90 days,365 days}', '{1 hour,1 day,2 days 03:04:05.678901,200 days}',
	'{100 days,300 days}')
{
	for my $as_of ('2024-07-01Z', '2024-02-03 12:00Z', '2026-01-01Z')
	{
		my $by_hand = "SELECT f, u, count(*) FILTER (WHERE first + u <= as_of) AS eligible,
				count(*) FILTER (WHERE first + u <= as_of
					AND EXISTS (SELECT FROM unnest(others) o WHERE o >= first + f AND o < first + u)) AS retained
			FROM (SELECT f, lead(f) OVER (ORDER BY f) AS u FROM unnest('$brackets'::interval[]) f) b,
				(SELECT min(at) AS first, (array_agg(at ORDER BY at))[2:] AS others, '$as_of'::timestamptz AS as_of
				FROM orders WHERE k IS NOT NULL AND at < '$as_of' GROUP BY k) h
			WHERE u IS NOT NULL GROUP BY f, u";

		query($node, "DROP TABLE IF EXISTS by_hand; CREATE TABLE by_hand AS $by_hand", client_min_messages => 'warning');
		for my $way (sort keys %ways)
		{
			for my $key (qw(k t))
			{
				is( query($node, "SELECT count(*), count(*) FILTER (
							WHERE (r.eligible, r.retained) IS DISTINCT FROM (b.eligible, b.retained)
							OR rate IS DISTINCT FROM b.retained::float8 / nullif(b.eligible, 0))
						FROM (SELECT bracket_retention($key, at, '$brackets', '$as_of') FROM orders) a (a), unnest(a) r
						FULL JOIN by_hand b ON f = from_age AND u = until_age", @{ $ways{$way} }),
					query($node, 'SELECT count(*), 0 FROM by_hand'), "brackets $brackets of $key as of $as_of, $way");
			}
		}
	}
}

# Intervals may be infinite from 17 on.
SKIP:
{
	skip 'no infinite intervals before 17', 8 if $node->pg_version < 17;

	query($node, q{CREATE TABLE one AS SELECT survival_agg('1 day', true, '2 days') AS s});
	for my $call (q{survival_agg('SIGNinfinity', true)}, q{survival_at(s, 'SIGNinfinity')},
		q{happened_within(s, 'SIGNinfinity')}, q{bracket_retention(1, now(), '{0,SIGNinfinity}', now())})
	{
		is(sqlstate($node, 'SELECT ' . $call =~ s/SIGN/$_/r . ' FROM one'), '22003', "$_ infinity: $call") for '', '-';
	}
}

# A million customers, half of whom came back, so that there are two times of each of these.
query($node, RANDOM_SQL =~ s/rnd/rnd2/r . q{
	CREATE FUNCTION waits_of_a_million(unit interval, units bigint) RETURNS durations LANGUAGE sql RETURN (
		SELECT survival_agg(CASE WHEN i % 2 = 0 THEN w * rnd2(7, i, 1000) / 1000 ELSE w END * unit, i % 2 = 0, w * unit)
		FROM (SELECT i, rnd2(6, i, units) AS w FROM generate_series(1, 1000000) i OFFSET 0) r);
	CREATE TABLE exact AS SELECT waits_of_a_million('1 us', 730::bigint * 86400000000) AS s;
	CREATE TABLE daily AS SELECT waits_of_a_million('1 day', 730) AS s});
cmp_ok(query($node, 'SELECT pg_column_size(s) FROM exact'), '<=', 8 * 1024 * 1024,
	'durations of a million customers by exact time: ' . query($node, 'SELECT pg_column_size(s) FROM exact') . ' bytes');
cmp_ok(query($node, 'SELECT pg_column_size(s) FROM daily'), '<=', 10000,
	'... by day: ' . query($node, 'SELECT pg_column_size(s) FROM daily') . ' bytes');
is(query($node, q{SELECT eligible, happened FROM exact, happened_within(s, '0')}), '1000000|0', '... of everybody');

done_testing();
