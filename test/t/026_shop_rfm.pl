# A shop's customers: RFM scores against plain SQL that counts who is worse.  What 007_rfm_cdnow.pl asks of real
# customers is asked here of those of TestShop.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use TestShop;

my $node = start_server('main');

# A score is 1 + floor(5 * worse / n); rank() - 1 counts those who are worse.
make_shop($node);
query($node, q{
	CREATE TABLE histories AS
	SELECT customer AS id, max(at) AS last_order, count(*) AS orders, sum(amount) AS revenue
	FROM orders GROUP BY customer;
	CREATE VIEW customers AS SELECT id, last_order::timestamptz, orders, revenue FROM histories;
	CREATE TABLE expected AS
	SELECT id, 100 * (1 + 5 * older / n) + 10 * (1 + 5 * fewer / n) + 1 + 5 * less / n AS score
	FROM (SELECT id, count(*) OVER () AS n, rank() OVER (ORDER BY last_order) - 1 AS older,
			rank() OVER (ORDER BY orders) - 1 AS fewer, rank() OVER (ORDER BY revenue) - 1 AS less
		FROM histories) worse;
});
is( query($node, q{
		SELECT count(*), count(DISTINCT score), string_agg(DISTINCT (score / 10 % 10)::text, '') FROM expected}),
	'1956|82|1345', 'scores of many kinds; of the frequency, in which most are equal, one does not occur');

for my $zone ('UTC', 'America/Los_Angeles', 'Asia/Tokyo')
{
	for my $revenue ('revenue', 'revenue::float8', '(revenue * 1000)::bigint', 'revenue / 7')
	{
		same_rows($node, "SELECT id, rfm_score(last_order, orders, $revenue) OVER () AS score FROM customers",
			'SELECT * FROM expected', "rfm_score of $revenue, $zone", timezone => $zone);
		same_rows($node, qq{
				WITH stored AS (SELECT rfm_cuts(last_order, orders, $revenue, 5, '2019-01-01') AS cuts FROM customers)
				SELECT id, rfm_score(cuts, last_order, orders, $revenue) AS score FROM customers, stored},
			'SELECT * FROM expected', '... by stored cuts', timezone => $zone);
	}
}
same_rows($node, 'SELECT id, rfm_segment(last_order, orders, revenue) OVER () AS segment FROM customers',
	q{SELECT id, segment FROM expected JOIN rfm_segments()
		ON score / 100 BETWEEN r_min AND r_max AND score / 10 % 10 BETWEEN f_min AND f_max},
	'rfm_segment');

done_testing();
