# tier_history over random values, beside a definition in SQL: the sum of a RANGE frame at each row, the moments at which
# values leave found hour by hour, and for each threshold the last time at which the sum fell below it.
#
# All times are full hours of the daytime, so that no clock changes then, and moments can be looked for by the hour.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main', work_mem => '256MB');

# A third are refunds; members have from a few to 160 rows, some of them at one hour.
query($node, RANDOM_SQL . q{
	CREATE TABLE spent AS
	SELECT id, member, at, CASE rnd(5, id, 12) WHEN 0 THEN NULL WHEN 1 THEN 0 ELSE round((rnd(4, id, 3000) - 1000) / 100.0, rnd(6, id, 3)::int) END AS value
	FROM (SELECT id, rnd(1, id, 1 + rnd(2, id, 40)) AS member,
			'2023-12-15 06:00Z'::timestamptz + rnd(3, id, 460) * interval '1 day' + rnd(7, id, 6) * interval '1 hour' AS at
		FROM generate_series(1, 1500) id) r;
	ANALYZE spent;
});

# The first hour for which hour - window is not before a time.
sub first_hour
{
	my ($at, $window) = @_;
	return "(SELECT min(h) FROM generate_series($at + interval '$window' - interval '5 days', $at + interval '$window' + interval '5 days', '1 hour') h
		WHERE h - interval '$window' >= $at)";
}

# A value leaves at that hour, or else just after the last row in whose frame it still is, or else at the first row in whose frame
# it is no more.  Then the sum at each moment at which it may change; falls, and at each row what is kept since such a fall.
sub defined_sql
{
	my ($window, $grace) = @_;
	my $first_hour = first_hour('at', $window);

	return qq{
		WITH frames AS MATERIALIZED (SELECT id, member, at, sum(value) OVER w AS sum, min(at) OVER w AS begins FROM spent
			WINDOW w AS (PARTITION BY member ORDER BY at RANGE BETWEEN interval '$window' - interval '1 microsecond' PRECEDING AND CURRENT ROW)),
		times AS MATERIALIZED (SELECT member, at, min(begins) AS begins, coalesce(sum(value), 0) AS value, lead(at) OVER (PARTITION BY member ORDER BY at) AS next
			FROM frames JOIN spent USING (id, member, at) GROUP BY member, at),
		stays AS MATERIALIZED (SELECT s.member, s.at, s.value, max(f.at) AS until, max(f.next) AS gone
			FROM times s JOIN times f ON f.member = s.member AND s.at BETWEEN f.begins AND f.at GROUP BY 1, 2, 3),
		leaves AS MATERIALIZED (SELECT member, at, value, least(greatest($first_hour, until + interval '1 microsecond'), CASE WHEN gone > until THEN gone END) AS leaves FROM stays),
		moments AS (SELECT member, at AS moment FROM leaves UNION SELECT member, leaves FROM leaves),
		sums AS MATERIALIZED (SELECT m.member, moment, coalesce(sum(value), 0) AS sum
			FROM moments m LEFT JOIN leaves l ON l.member = m.member AND at <= moment AND moment < leaves GROUP BY 1, 2),
		falls AS MATERIALIZED (SELECT member, date_trunc('second', moment) AS moment, threshold
			FROM (SELECT *, lag(sum, 1, 0) OVER (PARTITION BY member ORDER BY moment) AS was FROM sums) s,
				unnest('{0.01,15,40.5,80}'::numeric[]) threshold
			WHERE was >= threshold AND sum < threshold)
		SELECT id, loyalty_tier(greatest(f.sum, max(threshold)), '{0.01,15,40.5,80}', '{a,b,c,d}') AS tier
		FROM frames f LEFT JOIN falls l ON l.member = f.member AND moment <= f.at AND f.at < moment + interval '$grace'
		GROUP BY id, f.sum};
}

my %tiers;
for my $case (
	[ 'UTC',              '30 days',               '0' ],
	[ 'UTC',              '30 days',               '10 days' ],
	[ 'UTC',              '5 days 7 hours',        '3 days 1 hour' ],
	[ 'UTC',              '1 month',               '1 day' ],
	[ 'UTC',              '1 month',               '1 month' ],
	[ 'UTC',              '3 months',              '45 days' ],
	[ 'UTC',              '1 month 10 days 1 hour', '36 hours' ],
	[ 'UTC',              '1 year -1 day',         '2 months' ],
	[ 'Europe/Vilnius',   '1 month',               '7 days' ],
	[ 'America/New_York', '10 days',               '1 month' ])
{
	my ($zone, $window, $grace) = @$case;
	my $ours = "SELECT id, tier_history(value, at, '{0.01,15,40.5,80}', '{a,b,c,d}', '$window', '$grace') OVER (PARTITION BY member ORDER BY at) AS tier FROM spent";

	same_rows($node, $ours, defined_sql($window, $grace), "a window of $window, kept for $grace, in $zone", TimeZone => $zone);
	$tiers{"$window $grace"} = query($node, "SELECT count(*) FILTER (WHERE o.tier IS DISTINCT FROM n.tier), count(DISTINCT o.tier)
		FROM ($ours) o JOIN (" . $ours =~ s/, '\Q$grace\E'\)/)/r . ') n USING (id)', TimeZone => $zone);
}
is($tiers{'30 days 0'} =~ s/.*\|//r, 4, 'all tiers occur');
is(join(' ', grep { my ($kept) = split /\|/, $tiers{$_}; $kept < 25 } keys %tiers), '30 days 0', 'a grace matters');

# On disk, and in parallel over several partitions at a time.
query($node, q{
	CREATE TABLE many AS SELECT id, rnd(1, id, 20) AS member, '2020-01-01Z'::timestamptz + id * interval '1 minute' AS at, (rnd(2, id, 3000) - 1000) / 100.0 AS value
	FROM generate_series(1, 100000) id;
	ALTER TABLE many SET (parallel_workers = 2);
	ANALYZE many});
my $many = q{SELECT id, tier_history(value, at, '{1000,1250,1500}', '{a,b,c}', '1 week', '1 day') OVER (PARTITION BY member ORDER BY at) AS tier FROM many};
query($node, "CREATE TABLE expected AS $many");
is(query($node, 'SELECT count(DISTINCT tier) FROM expected'), 3, 'there is something to compare');
same_rows($node, $many, 'SELECT * FROM expected', 'with little memory', work_mem => '64kB');
same_rows($node, $many, 'SELECT * FROM expected', 'in parallel', PARALLEL, debug_parallel());

# The name of the setting changed with 16.
sub debug_parallel { return ($node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode') => 'on' }

done_testing();
