# A shop's orders: every metric of orders against plain SQL that counts what its definition says.  What 004_cdnow.pl
# asks of real orders is asked here of those that TestShop makes.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use TestShop;

my $node = start_server('main');

make_shop($node);
is(query($node, 'SELECT count(*), count(DISTINCT customer), trim_scale(sum(amount)) FROM orders'),
	'9311|1956|589993.413', 'all orders are there');
is( query($node, q{
		SELECT count(*) FILTER (WHERE orders = 1), count(*) FILTER (WHERE orders > 20),
			count(*) FILTER (WHERE longest > 200), sum(same_day), sum(same_time)
		FROM (SELECT count(*) AS orders, max(day - last_day) AS longest,
				count(*) FILTER (WHERE day = last_day) AS same_day, count(*) FILTER (WHERE at = last) AS same_time
			FROM (SELECT customer, at, at::date AS day, lag(at) OVER w AS last, lag(at::date) OVER w AS last_day
				FROM orders WINDOW w AS (PARTITION BY customer ORDER BY at)) g
			GROUP BY customer) c}),
	'1084|99|192|1041|140', 'one-time buyers, heavy ones, long gaps, orders on one day and at one time');

query($node, q{
	CREATE VIEW shop AS
	SELECT 'customer ' || customer AS t, customer::int AS i, customer AS b, at::timestamptz, at::date AS day, amount
	FROM orders;

	-- Of those who ordered in the 90 days before the start, the share that did so in the 90 days before the end.
	CREATE TABLE lookbacks AS
	SELECT starts::date, ends::date, rates.*
	FROM generate_series(timestamp '2017-01-01', '2018-12-01', '1 month') starts,
		unnest('{1 month,3 months,45 days}'::interval[]) length, LATERAL (SELECT starts + length AS ends) e,
		LATERAL (SELECT count(*) FILTER (WHERE s AND e)::float8 / nullif(count(*) FILTER (WHERE s), 0) AS crr,
				count(*) FILTER (WHERE s AND NOT e)::float8 / nullif(count(*) FILTER (WHERE s), 0) AS churn_rate
			FROM (SELECT bool_or(at >= starts - interval '90 days' AND at < starts) AS s,
					bool_or(at >= ends - interval '90 days' AND at < ends) AS e
				FROM orders GROUP BY customer) c) rates;
});
is(query($node, 'SELECT count(crr), count(*) FILTER (WHERE crr = 0), count(*) FROM months'),
	'22|1|24', 'months have a rate, but the first and the one after the empty one');
is(query($node, 'SELECT count(crr), count(*) FILTER (WHERE crr > 0 AND crr < 1), count(*) FROM lookbacks'),
	'69|66|72', '... and so have those with a lookback');

# Rows in which something differs.
sub nothing { my ($sql, $name, %settings) = @_; return is(query($node, $sql, %settings), '', $name) }

# 1. Months, in zones with and without changes of the clock.
my %keys_in = (
	'UTC' => [qw(t i b)], 'America/Los_Angeles' => ['t'], 'America/Sao_Paulo' => [qw(t b)], 'Asia/Tokyo' => ['i'],
	'Pacific/Auckland' => ['b']);

for my $zone (sort keys %keys_in)
{
	for my $key (@{ $keys_in{$zone} })
	{
		my %settings = (timezone => $zone);

		same_rows($node, qq{
				SELECT date_trunc('month', at)::date AS month, customer_count($key), repeat_rate($key),
					purchase_frequency($key), round(aov(amount), 10)
				FROM shop GROUP BY 1},
			'SELECT month, active, repeat_rate, purchase_frequency, round(aov, 10) FROM months WHERE active > 0',
			"months by $key, $zone", %settings);
		nothing(qq{
			SELECT m.month, m.crr, g.* FROM months m CROSS JOIN LATERAL (
				SELECT crr($key, at, p) crr, churn_rate($key, at, p) churn_rate
				FROM shop, period(daterange(month, (month + interval '1 month')::date)) p) g
			WHERE (g.crr, g.churn_rate) IS DISTINCT FROM (m.crr, m.churn_rate)},
			"crr and churn_rate of the months, $key, $zone", %settings);
		nothing(qq{
			SELECT l.*, g.* FROM lookbacks l CROSS JOIN LATERAL (
				SELECT crr($key, at, p, '90 days') crr, churn_rate($key, at, p, '90 days') churn_rate
				FROM shop, period(daterange(starts, ends)) p) g
			WHERE (g.crr, g.churn_rate) IS DISTINCT FROM (l.crr, l.churn_rate)}, '... with a lookback', %settings);
	}
}

# 2. All orders at once.
for my $key (qw(t i b))
{
	same_rows($node, qq{
			SELECT customer_count($key) AS c, repeat_rate($key) AS r2, repeat_rate($key, 3) AS r3,
				purchase_frequency($key) AS f, round(aov(amount), 10) AS a
			FROM shop},
		q{SELECT count(*) AS c, count(*) FILTER (WHERE n >= 2)::float8 / count(*) AS r2,
				count(*) FILTER (WHERE n >= 3)::float8 / count(*) AS r3, sum(n)::float8 / count(*) AS f,
				round(sum(revenue) / sum(n), 10) AS a
			FROM (SELECT count(*) AS n, sum(amount) AS revenue FROM orders GROUP BY customer) c},
		"all orders, $key");
	same_rows($node, "SELECT repeat_rate($key) AS r FROM (SELECT DISTINCT $key, day FROM shop) d",
		q{SELECT count(*) FILTER (WHERE days >= 2)::float8 / count(*) AS r
			FROM (SELECT count(DISTINCT at::date) AS days FROM orders GROUP BY customer) c},
		"customers who came on two days, $key");
	for my $amount ('amount', 'amount::float8', '(1000 * amount)::bigint')
	{
		nothing(qq{
			SELECT part, ours, by_default, share FROM unnest('{0.01,0.1,0.2,0.5,1}'::numeric[]) part,
				LATERAL (SELECT top_share($key, $amount, part) AS ours, top_share($key, $amount) AS by_default
					FROM shop) o,
				LATERAL (SELECT sum(revenue) FILTER (WHERE place <= floor(part * n)) / sum(revenue) AS share
					FROM (SELECT sum(amount) AS revenue, row_number() OVER (ORDER BY sum(amount) DESC) AS place,
							count(*) OVER () AS n
						FROM orders GROUP BY customer) c) d
			WHERE (abs(ours - share) <= 1e-12) IS NOT TRUE OR part = 0.2 AND by_default <> ours},
			"top_share($key, $amount)");
	}
}

# 3. Gaps between the orders of a customer: exact times, of which the median is taken.
same_rows($node,
	'SELECT b, median_order_gap(at) AS gap, next_order_at(at) AS next FROM shop GROUP BY b',
	q{SELECT b, m * interval '1 second' AS gap, last + m * interval '1 second' AS next
		FROM (SELECT b, max(at) AS last, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS m
			FROM (SELECT b, at, extract(epoch FROM at - lag(at) OVER (PARTITION BY b ORDER BY at)) AS gap FROM shop) g
			GROUP BY b) c},
	"median gap and next order of each customer, $_", timezone => $_) for 'UTC', 'America/Sao_Paulo', 'Asia/Tokyo';
nothing('SELECT b FROM shop GROUP BY b HAVING (median_order_gap(at) IS NULL) <> (count(*) < 2)',
	'one order makes no gap');

done_testing();
