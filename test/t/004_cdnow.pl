# Real orders: every order of 2,357 customers of the CD shop CDNOW, 1997-01 to 1998-06, against numbers that were
# computed elsewhere.  025_shop_orders.pl asks the same of orders that are made.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my (undef, $scalars_file) = find_data('cdnow_orders.csv', '../expected/cdnow/scalars.json');
my $node = start_with_data(
	csv => 'cdnow_orders.csv',
	map { ($_ => "../expected/cdnow/$_.csv") } qw(monthly classic_crr_month_90d classic_crr_quarter_90d historic_clv_top20));

is(query($node, 'SELECT count(*), count(DISTINCT customer_id) FROM csv'), '6919|2357', 'all orders are there');

# The times have no zone: an order counts on its day, wherever the session is.
query($node, q{
	CREATE VIEW orders AS SELECT customer_id AS t, customer_id::int AS i, customer_id::bigint AS b, order_date::date::timestamptz AS at,
		order_date::date AS day, amount::numeric FROM csv;
	CREATE FUNCTION near(double precision, text) RETURNS boolean IMMUTABLE LANGUAGE sql
		RETURN CASE WHEN $1 IS NULL OR $2 IS NULL THEN $1 IS NULL AND $2 IS NULL ELSE abs($1 - $2::double precision) <= 1e-9 END;
});

# Rows in which something differs.
sub nothing { my ($sql, $name, %settings) = @_; return is(query($node, $sql, %settings), '', $name) }

for my $zone ('UTC', 'America/Los_Angeles', 'America/Sao_Paulo', 'Asia/Tokyo', 'Pacific/Auckland')
{
	for my $key (qw(t i b))
	{
		my %settings = (timezone => $zone);

		nothing(qq{
			SELECT m.month, g.* FROM monthly m JOIN (
				SELECT to_char(at, 'YYYY-MM') AS month, customer_count($key) AS active, repeat_rate($key), purchase_frequency($key), aov(amount)
				FROM orders GROUP BY 1) g USING (month)
			WHERE m.active::bigint <> g.active OR NOT near(g.repeat_rate, m.repeat_rate_in_month)
				OR NOT near(g.purchase_frequency, m.purchase_frequency) OR NOT near(g.aov::float8, m.aov)},
			"monthly counts of $key, $zone", %settings);
		nothing(qq{
			SELECT m.month, m.crr, g.* FROM monthly m CROSS JOIN LATERAL (
				SELECT crr($key, at, p) crr, churn_rate($key, at, p) churn_rate
				FROM orders, period(daterange((month || '-01')::date, ((month || '-01')::date + interval '1 month')::date)) p) g
			WHERE NOT near(g.crr, m.crr) OR NOT near(g.churn_rate, m.churn_rate)},
			"crr and churn_rate of the months, $key, $zone", %settings);
		for my $table (qw(classic_crr_month_90d classic_crr_quarter_90d))
		{
			nothing(qq{
				SELECT c.period_start, c.crr_strict, g.* FROM $table c CROSS JOIN LATERAL (
					SELECT crr($key, at, p, '90 days') crr, churn_rate($key, at, p, '90 days') churn_rate
					FROM orders, period(daterange(period_start::date, period_end_excl::date)) p) g
				WHERE NOT near(g.crr, c.crr_strict) OR NOT near(1 - g.churn_rate, c.crr_strict)},
				"$table, $key, $zone", %settings);
		}
	}
}
is(query($node, 'SELECT count(*) FILTER (WHERE crr IS NOT NULL), count(*) FROM monthly'), '17|18', 'seventeen months had a month before');

# All orders at once.
my $scalars = slurp_file($scalars_file);
sub scalar_of { my ($name) = @_; return $scalars =~ /"$name": ([-\d.e]+)/ ? $1 : die "no $name in scalars.json" }

for my $key (qw(t i b))
{
	my %call = (
		"customer_count($key)"                 => 'customers',
		"repeat_rate($key)"                    => 'repeat_customer_rate',
		"purchase_frequency($key)"             => 'purchase_frequency',
		'aov(amount)'                          => 'aov',
		"top_share($key, amount)"              => 'top20_floor_share',
		"top_share($key, amount, 0.2)"         => 'top20_floor_share',
		"top_share($key, amount::float8, 0.2)" => 'top20_floor_share');

	for my $call (sort keys %call)
	{
		my $value = query($node, "SELECT $call FROM orders");

		cmp_ok(abs($value - scalar_of($call{$call})), '<=', 1e-9 * abs $value, "$call = $value");
	}
	nothing(qq{
		SELECT round(top_share($key, amount, 0.1)::numeric, 12), x.share FROM orders, (
			SELECT round(sum(r) FILTER (WHERE place <= 235) / sum(r), 12) share
			FROM (SELECT sum(amount) r, row_number() OVER (ORDER BY sum(amount) DESC) place FROM orders GROUP BY t) r) x
		GROUP BY x.share HAVING round(top_share($key, amount, 0.1)::numeric, 12) <> x.share}, "the best tenth, $key");
	is(query($node, "SELECT repeat_rate($key) FROM (SELECT DISTINCT $key, day FROM orders) d") + 0,
		scalar_of('repeat_customer_rate_days') + 0, "customers who came on two days, $key");
}

# Revenue by customer.  With all orders of a customer in one bucket, and in the next those of another who spends as much,
# both have lived for one bucket and one of them is lost: each is worth what they brought.
same_rows($node, q{
		SELECT i, clv(who, at, amount, '10 years', 1, '2010-01-01') AS value
		FROM (SELECT i, 'the customer' AS who, at, amount FROM orders
			UNION ALL SELECT i, 'another one', '2005-01-01', sum(amount) FROM orders GROUP BY i) o
		GROUP BY i ORDER BY value DESC, i LIMIT 20},
	'SELECT customer_id::int AS i, historic_clv::numeric AS value FROM historic_clv_top20', 'clv of the best customers');

# Gaps between the orders of a customer, and of all customers.
my $gaps = q{SELECT t, day, day - lag(day) OVER (PARTITION BY t ORDER BY day) AS gap FROM orders};
same_rows($node,
	'SELECT t, median_order_gap(at) AS gap, next_order_at(at) AS next FROM orders GROUP BY t',
	qq{SELECT t, m * interval '24 hours' AS gap, max(day)::timestamptz + m * interval '24 hours' AS next
		FROM (SELECT t, max(day) AS day, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) m FROM ($gaps) g GROUP BY t) g GROUP BY t, m},
	"median gap and next order of each customer, $_", timezone => $_) for 'UTC', 'Asia/Tokyo';
nothing(q{SELECT t FROM orders GROUP BY t HAVING (median_order_gap(at) IS NULL) <> (count(*) < 2)}, 'one order makes no gap');

done_testing();
