# TestShop - the orders of a shop, the same in every run, and what its months and cohorts are by their definitions.
#
# The shop is made to have in it what real shops have and random orders rarely do.  Half of the customers buy
# once, a few nearly every day; some come every four weeks, some once a year, and some come back after most of a
# year.  Orders of one customer fall on one day, and at one instant.  Prices are few, so that customers' revenues
# are equal, and some goods are free.  In August 2017 it is closed: nobody is retained in that month, and no share
# of anybody in the next.
#
# Times have no zone.  They are between nine and ten at night, or midnight, as of shops that store the day only:
# they keep their order in any zone, even in one without a midnight on the day that the clocks change.
package TestShop;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use RetentionTest;

our @EXPORT = qw(make_shop);

# A customer's kind is id % 20: it says how many orders follow the first, and how many days lie before each.
use constant ORDERS_SQL => q{
	CREATE TABLE orders AS
	WITH customers AS (
		SELECT id, id % 20 AS kind, timestamp '2017-01-01' + rnd(1, id, 640) * interval '1 day' AS first_day
		FROM generate_series(1, 2000) id
	), visits AS (
		SELECT id * 100 + n AS visit, id, first_day + interval '1 day' * sum(CASE
				WHEN n = 0 THEN 0
				WHEN kind < 15 THEN 5 + rnd(2, id * 100 + n, 110)
				WHEN kind = 15 THEN 28
				WHEN kind = 16 THEN 364
				WHEN kind < 19 AND n = 3 THEN 220 + rnd(3, id, 120)
				WHEN kind < 19 THEN rnd(4, id * 100 + n, 40)
				ELSE rnd(5, id * 100 + n, 5) END) OVER (PARTITION BY id ORDER BY n) AS day
		FROM customers, generate_series(0, CASE
				WHEN kind < 10 THEN 0
				WHEN kind < 15 THEN rnd(6, id, 6)
				WHEN kind = 15 THEN rnd(7, id, 9)
				WHEN kind = 16 THEN 1
				WHEN kind < 19 THEN 5
				ELSE 20 + rnd(8, id, 70) END) n
	)
	SELECT id::bigint AS customer,
		CASE WHEN rnd(9, visit, 3) = 0 THEN day
			ELSE day + interval '9 hours' + rnd(10, visit, 13 * 60) * interval '1 minute' END AS at,
		(ARRAY[0, 4.9, 9.99, 19.95, 19.95, 25, 49.9, 120])[1 + rnd(11, visit, 8)] * (1 + rnd(12, visit, 3))
			+ CASE WHEN rnd(13, visit, 9) = 0 THEN rnd(14, visit, 5000) / 1000.0 ELSE 0 END AS amount
	FROM visits
	WHERE day < '2019-01-01' AND NOT (day >= '2017-08-01' AND day < '2017-09-01');
};

# Plain SQL over the months in which each customer was seen: a number is a count of those for whom its definition,
# which stands in docs/growth.md, holds.
use constant REPORTS_SQL => q{
	CREATE TABLE seen AS
	SELECT customer, date_trunc('month', at) AS month, count(*) AS orders, sum(amount) AS revenue
	FROM orders GROUP BY 1, 2;
	CREATE INDEX ON seen (customer, month);

	CREATE FUNCTION seen_in(who bigint, m timestamp) RETURNS boolean LANGUAGE sql
		RETURN EXISTS (SELECT FROM seen WHERE customer = who AND month = m);
	CREATE FUNCTION seen_before(who bigint, m timestamp) RETURNS boolean LANGUAGE sql
		RETURN EXISTS (SELECT FROM seen WHERE customer = who AND month < m);

	CREATE TABLE months AS
	SELECT this::date AS month, now.*, before.*,
		retained::float8 / nullif(starting, 0) AS crr, churned::float8 / nullif(starting, 0) AS churn_rate,
		repeat_customers::float8 / nullif(active, 0) AS repeat_rate,
		orders::float8 / nullif(active, 0) AS purchase_frequency, revenue / orders AS aov
	FROM generate_series(timestamp '2017-01-01', '2018-12-01', '1 month') this,
		LATERAL (SELECT this - interval '1 month' AS last) l,
		LATERAL (SELECT count(*) AS active, sum(orders) AS orders, sum(revenue) AS revenue,
				count(*) FILTER (WHERE orders >= 2) AS repeat_customers,
				count(*) FILTER (WHERE NOT seen_before(customer, this)) AS new_customers,
				count(*) FILTER (WHERE seen_in(customer, last)) AS retained,
				count(*) FILTER (WHERE seen_before(customer, this) AND NOT seen_in(customer, last)) AS resurrected
			FROM seen WHERE month = this) now,
		LATERAL (SELECT count(*) AS starting, count(*) FILTER (WHERE NOT seen_in(customer, this)) AS churned
			FROM seen WHERE month = last) before;

	CREATE TABLE cohort_months AS
	SELECT cohort::date, age, count(*) AS customers, count(*) FILTER (WHERE seen_in(customer, month)) AS retained
	FROM (SELECT customer, min(month) AS cohort FROM seen GROUP BY customer) c, generate_series(0, 23) age,
		LATERAL (SELECT cohort + age * interval '1 month' AS month) m
	WHERE month <= '2018-12-01'
	GROUP BY cohort, age;
};

# Makes the tables orders, months and cohort_months.
sub make_shop
{
	my ($node) = @_;

	return query($node, RANDOM_SQL . ORDERS_SQL . REPORTS_SQL);
}

1;
