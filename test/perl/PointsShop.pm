# PointsShop - a shop like that of the demo, as large as one likes, and members who do with points whatever they can;
# the same in every run with the same seed.
#
# Orders are of 2024 and 2025, as the pages say.  Some are at midnight, as of shops that store the day only, some at
# the instant at which a month or a year ends, and some of one customer at one instant.
package PointsShop;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use RetentionTest;

our @EXPORT = qw(@MONTHS SERVER orders_sql wanted_sql);

# The months of the orders, and the one after.
our @MONTHS = map { sprintf '%d-%02d-01', 2024 + int($_ / 12), $_ % 12 + 1 } 0 .. 24;

# What a server needs for some millions of movements.
use constant SERVER => (work_mem => '64MB', shared_buffers => '256MB', max_wal_size => '8GB');

# About 40 orders for each customer, and so about 50 movements; a third have few, and may spend all that they have.
# Those that the pages name are among them.
sub orders_sql
{
	my ($seed, $movements) = @_;
	my $customers = int($movements / 50);

	$seed *= 100;

	return RANDOM_SQL . qq{
	CREATE TABLE orders (
		order_id    bigint PRIMARY KEY,
		customer_id bigint NOT NULL,
		ordered_at  timestamptz NOT NULL,
		amount      numeric(12,2) NOT NULL
	);
	WITH customers AS (
		SELECT id, 86400 + rnd($seed + 3, id, 500 * 86400) AS first,
			CASE rnd($seed, id, 3) WHEN 0 THEN 1 + rnd($seed + 1, id, 4)
				ELSE 34 + rnd($seed + 2, id, 50) END AS norders,
			(ARRAY[3, 6, 12, 25, 60])[1 + rnd($seed + 4, id, 5)] AS basket
		FROM (SELECT unnest('{5, 7, 315, 2327, 14990, 14999, 15000}'::bigint[])
			UNION ALL SELECT 100000 + generate_series(1, $customers)) AS c (id)
	),
	visits AS (
		SELECT id, n, key, basket, kind, timestamptz '2024-01-01' + interval '1 second' * (first
			+ rnd($seed + 5, CASE WHEN kind BETWEEN 150 AND 159 THEN key - 1 ELSE key END, 731 * 86400 - first)) AS at
		FROM customers, generate_series(1, norders) AS n, LATERAL (SELECT id * 1000 + n) AS i (key),
			LATERAL (SELECT rnd($seed + 6, key, 1000)) AS k (kind)
	)
	INSERT INTO orders
	SELECT row_number() OVER (ORDER BY ordered_at, id, n), id, ordered_at,
		CASE WHEN rnd($seed + 7, key, 100) = 0 THEN 0.99
			ELSE round(basket * (40 + rnd($seed + 8, key, 12000) / 100.0) / 100, 2) END
	FROM visits, LATERAL (SELECT CASE
		WHEN kind < 100 THEN date_trunc('day', at)
		WHEN kind < 120 AND at >= '2024-03-01' THEN date_trunc('month', at)
		WHEN kind = 120 THEN '2026-01-01'
		ELSE at END) AS o (ordered_at);
	ANALYZE orders;};
}

# What members want who are none of the customers, in time order: points of all kinds, to spend more than they have,
# to return what is gone, and the same again, with other points at times.
sub wanted_sql
{
	my ($seed, $movements) = @_;
	my $members = int($movements / 500);

	$seed *= 100;

	return qq{
	CREATE TABLE wanted AS
	WITH tries AS (
		SELECT 1000000 + m AS member_id, n, k, 1000000000 + m * 1000 + again AS key, again,
			CASE WHEN n % 10 = 3 AND month >= slot THEN month
				ELSE slot + interval '1 second' * rnd($seed + 11, k, 12 * 86400) END AS at
		FROM generate_series(1, $members) AS m, generate_series(1, 55) AS n,
			LATERAL (SELECT m * 1000 + n, timestamptz '2024-01-02' + n * interval '13 days') AS i (k, slot),
			LATERAL (SELECT date_trunc('month', slot + interval '12 days'),
				CASE WHEN n > 1 AND rnd($seed + 12, k, 100) >= 88 THEN 1 + rnd($seed + 13, k, n - 1) ELSE n END
			) AS j (month, again)
	)
	SELECT row_number() OVER (ORDER BY member_id, n) AS place, member_id, 'm' || again AS ref, kind,
		CASE WHEN kind = 'reverse' AND rnd($seed + 14, key, 2) = 0 THEN NULL
			ELSE 1 + rnd($seed + 15, key, CASE kind WHEN 'earn' THEN 120 WHEN 'redeem' THEN 150 ELSE 40 END)
				+ (again < n AND rnd($seed + 16, k, 6) = 0)::int END AS points,
		at,
		CASE WHEN kind = 'earn' THEN CASE rnd($seed + 17, key, 5)
			WHEN 0 THEN NULL
			WHEN 1 THEN at + interval '60 days'
			WHEN 2 THEN date_trunc('month', at) + interval '4 months'
			ELSE at + interval '1 year' END END AS expires,
		CASE WHEN kind = 'earn' AND rnd($seed + 18, key, 3) = 0 THEN at + interval '14 days' END AS available,
		CASE WHEN kind = 'reverse' THEN 'm' || 1 + rnd($seed + 19, key, again) END AS reverses
	FROM tries, LATERAL (SELECT rnd($seed + 20, key, 100)) AS r (r),
		LATERAL (SELECT CASE WHEN r < 50 THEN 'earn' WHEN r < 78 THEN 'redeem' ELSE 'reverse' END) AS c (kind);
	ALTER TABLE wanted ADD PRIMARY KEY (place);
	ANALYZE wanted;};
}

1;
