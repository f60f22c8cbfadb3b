# Real customers: lifetime value of 2,357 customers of the CD shop CDNOW, and their histories as the models see them,
# against numbers that were computed elsewhere.  028_shop_clv.pl asks the same of orders that are made.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_with_data(csv => 'cdnow_orders.csv', summary => 'cdnow_summary.csv');

query($node, q{
	CREATE VIEW orders AS
	SELECT customer_id::int AS customer_id, order_date::date AS ordered_at, amount::numeric AS amount FROM csv});
is(query($node, 'SELECT count(*) FROM orders'), '6919', 'all orders are there');

# 1. clv; the revenue per customer so far is 103.56.
for my $zone ('UTC', 'America/Los_Angeles', 'Asia/Tokyo')
{
	for my $bucket ([ '1 month', '108.78' ], [ '3 months', '112.36' ])
	{
		is( query($node, "SELECT round(clv(customer_id, ordered_at, amount, '$bucket->[0]', 1, '1998-07-01'), 2) FROM orders", timezone => $zone),
			$bucket->[1], "clv by $bucket->[0], $zone");
		is( query($node, "SELECT round(100 * clv(customer_id, ordered_at, amount::float8, '$bucket->[0]', 0.01, '1998-07-01')::numeric, 2) FROM orders",
				timezone => $zone, PARALLEL),
			$bucket->[1], '... in parallel, of double precision, with a margin');
	}
}
is(query($node, "SELECT clv(customer_id, ordered_at, amount, '10 years', 1, '2010-01-01') IS NULL FROM orders"), 't', 'one bucket is none');

# 2. Histories in the 39 weeks of calibration, to the two decimals of the published table.
query($node, q{
	CREATE TABLE histories AS
	SELECT customer_id, (purchase_history(ordered_at, amount, '1 week', '1997-09-30')).* FROM orders GROUP BY customer_id});
is(query($node, 'SELECT count(*), sum(frequency) FROM histories'), query($node, 'SELECT count(*), sum(x::int) FROM summary'), 'customers and repeat days');
same_rows($node,
	'SELECT customer_id, frequency, round(recency::numeric, 2) AS recency, round(age::numeric, 2) AS age FROM histories',
	'SELECT customer_id::int AS customer_id, x::bigint AS frequency, t_x::numeric AS recency, t::numeric AS age FROM summary',
	'frequency, recency and age');
# A half of the last digit, and what double precision makes of it.
is( query($node, 'SELECT h.customer_id, mean_value, m_x FROM histories h JOIN summary s ON s.customer_id::int = h.customer_id
		WHERE abs(mean_value - m_x::float8) > 0.005000001 LIMIT 5'),
	'', 'mean values');

done_testing();
