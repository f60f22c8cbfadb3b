# Real customers: the RFM scores of 2,357 customers of the CD shop CDNOW against numbers that were computed elsewhere.
# 026_shop_rfm.pl asks the same of orders that are made.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_with_data(csv => 'cdnow_orders.csv', rfm => '../expected/cdnow/rfm.csv');

query($node, q{
	CREATE VIEW customers AS
	SELECT customer_id::int AS id, max(order_date::date::timestamptz) AS last_order, count(*) AS orders, sum(amount::numeric) AS revenue
	FROM csv GROUP BY 1;
	CREATE VIEW expected AS
	SELECT customer_id::int AS id, 100 * r_minrank::int + 10 * f_minrank::int + m_minrank::int AS score FROM rfm;
});
is(query($node, 'SELECT count(*), count(DISTINCT score) > 50 FROM expected'), '2357|t', 'all customers are there');

for my $zone ('UTC', 'America/Los_Angeles', 'Asia/Tokyo')
{
	for my $revenue ('revenue', 'revenue::float8', '(revenue * 1000)::bigint', 'revenue / 7')
	{
		same_rows($node, "SELECT id, rfm_score(last_order, orders, $revenue) OVER () AS score FROM customers", 'SELECT * FROM expected',
			"rfm_score of $revenue, $zone", timezone => $zone);
		same_rows($node, qq{
				WITH stored AS (SELECT rfm_cuts(last_order, orders, $revenue, 5, '1998-07-01') AS cuts FROM customers)
				SELECT id, rfm_score(cuts, last_order, orders, $revenue) AS score FROM customers, stored},
			'SELECT * FROM expected', "... by stored cuts", timezone => $zone);
	}
}
same_rows($node, 'SELECT id, rfm_segment(last_order, orders, revenue) OVER () AS segment FROM customers',
	'SELECT id, segment FROM expected JOIN rfm_segments() ON score / 100 BETWEEN r_min AND r_max AND score / 10 % 10 BETWEEN f_min AND f_max',
	'rfm_segment');

done_testing();
