# Real customers: the RFM scores of 2,357 customers of the CD shop CDNOW against numbers that were computed elsewhere.
# The orders and these numbers are not part of the project: RETENTION_DATA names the folder of cdnow_orders.csv, beside
# which lies expected/cdnow; without them there is nothing to test.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use File::Spec;
use Test::More;
use RetentionTest;

my $data = File::Spec->rel2abs($ENV{RETENTION_DATA} || '../shared/data', top_folder());
my $expected = "$data/../expected/cdnow/rfm.csv";

plan skip_all => "no orders: there is no $data/cdnow_orders.csv (RETENTION_DATA)" unless -r "$data/cdnow_orders.csv";
plan skip_all => "no expected numbers: there is no $expected" unless -r $expected;

my $node = start_server('main');

load_csv($node, "$data/cdnow_orders.csv", 'csv');
load_csv($node, $expected, 'rfm');
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
				SELECT id, rfm_score(last_order, orders, $revenue, cuts) AS score FROM customers, stored},
			'SELECT * FROM expected', "... by stored cuts", timezone => $zone);
	}
}
same_rows($node, 'SELECT id, rfm_segment(last_order, orders, revenue) OVER () AS segment FROM customers',
	'SELECT id, segment FROM expected JOIN rfm_segments() ON score / 100 BETWEEN r_min AND r_max AND score / 10 % 10 BETWEEN f_min AND f_max',
	'rfm_segment');

done_testing();
