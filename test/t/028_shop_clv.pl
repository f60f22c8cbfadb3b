# A shop's customers: their lifetime value, and their histories as the models see them, against plain SQL.  What
# 015_clv_cdnow.pl asks of real customers is asked here of those of TestShop.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use TestShop;

my $node = start_server('main');

make_shop($node);
query($node, q{
	CREATE VIEW shop AS SELECT customer, at::timestamptz, amount FROM orders;
	CREATE FUNCTION bucket_of(at timestamp, months int) RETURNS int LANGUAGE sql
		RETURN floor((12 * extract(year FROM at) + extract(month FROM at) - 24001) / months);
});

# The definition in docs/lifetime-value.md, from a row for each bucket that a customer lives; and the revenue for each
# customer so far, below which it cannot be.
sub plain_clv
{
	my ($months, $as_of) = @_;

	return split /\|/, query($node, qq{
		WITH seen AS (SELECT customer, amount, bucket_of(at, $months) AS bucket FROM orders WHERE at < '$as_of'),
			complete AS (SELECT * FROM seen WHERE bucket < bucket_of('$as_of', $months)),
			still_there AS (SELECT customer FROM seen WHERE bucket = bucket_of('$as_of', $months)),
			lives AS (SELECT customer, min(bucket) AS f, n,
					CASE WHEN customer IN (TABLE still_there) THEN n ELSE max(bucket) END AS l
				FROM complete, (SELECT max(bucket) AS n FROM complete) n GROUP BY customer, n),
			lived AS (SELECT bucket < n AS is_known, bucket = l AND l < n AS is_lost
				FROM lives, generate_series(f, l) bucket)
		SELECT round(revenue / count(*) * count(*) FILTER (WHERE is_known) / count(*) FILTER (WHERE is_lost), 8),
			revenue / (SELECT count(*) FROM lives)
		FROM lived, (SELECT sum(amount) AS revenue FROM complete) r GROUP BY revenue});
}

# 1. clv.
for my $months (1, 3)
{
	for my $as_of ('2019-01-01', '2018-10-12')
	{
		my ($clv, $so_far) = plain_clv($months, $as_of);

		cmp_ok($clv, '>', $so_far, "lifetime value by $months months as of $as_of is $clv");
		for my $zone ('UTC', 'America/Sao_Paulo', 'Asia/Tokyo')
		{
			is( query($node, "SELECT round(clv(customer, at, amount, '$months months', 1, '$as_of'), 8) FROM shop",
					timezone => $zone),
				$clv, "... by clv, $zone");
			is( query($node, qq{
					SELECT round(100 * clv::numeric, 8)
					FROM (SELECT clv(customer, at, amount::float8, '$months months', 0.01, '$as_of') FROM shop) s},
					timezone => $zone, PARALLEL),
				$clv, '... in parallel, of double precision, with a margin');
		}
	}
}
is(query($node, "SELECT clv(customer, at, amount, '10 years', 1, '2030-01-01') IS NULL FROM shop"), 't',
	'one bucket is none');

# 2. Histories until a day in the shop's second year.
for my $zone ('UTC', 'America/Sao_Paulo', 'Asia/Tokyo')
{
	for my $days (1, 7)
	{
		same_rows($node, qq{
				SELECT customer, (h).frequency, round((h).recency::numeric, 10) AS recency,
					round((h).age::numeric, 10) AS age, round((h).mean_value::numeric, 8) AS mean_value
				FROM (SELECT customer, purchase_history(at, amount, '$days days', '2018-06-30 15:00') AS h FROM shop
					GROUP BY customer) c
				WHERE h IS NOT NULL},
			qq{SELECT customer, count(*) - 1 AS frequency, round((max(day) - min(day)) / $days.0, 10) AS recency,
					round((date '2018-06-30' - min(day)) / $days.0, 10) AS age,
					round(coalesce(avg(spent) FILTER (WHERE nth > 1), 0), 8) AS mean_value
				FROM (SELECT customer, at::date AS day, sum(amount) AS spent,
						row_number() OVER (PARTITION BY customer ORDER BY at::date) AS nth
					FROM orders WHERE at < '2018-07-01' GROUP BY customer, at::date) days
				GROUP BY customer},
			"purchase_history in $days days, $zone", timezone => $zone);
	}
}

# 3. Revenue by customer, as clv has it: with all orders of a customer in one bucket, and in the next those of another
# who spends as much, both have lived for one bucket and one of them is lost, so that each is worth what they brought.
same_rows($node, q{
		SELECT customer, clv(who, at, amount, '10 years', 1, '2040-01-01') AS value
		FROM (SELECT customer, 'the customer' AS who, at, amount FROM shop
			UNION ALL SELECT customer, 'another one', '2025-01-01', sum(amount) FROM shop GROUP BY customer) o
		GROUP BY customer},
	'SELECT customer, sum(amount) AS value FROM orders GROUP BY customer', 'revenue of every customer');

done_testing();
