# Models of simulated customers: of shops whose parameters are known and must be found again; of customers who are all
# alike, whose likelihood has no maximum or a very flat one; and with parameters and histories of any size, for which
# every prediction must be a number.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use Simulation;

my $node = start_server('main');

query($node, RANDOM_SQL . Simulation::SQL . q{
	CREATE TABLE spending AS SELECT 1 + id % 6 AS frequency,
		(SELECT sum(gam(4, 100 + 10 * k, id)) FROM generate_series(1, 1 + id % 6) k) / (1 + id % 6) * 12
		/ gam(3, 50, id) AS mean_value
	FROM generate_series(1, 10000) id;
});

# No parameter that was found differs from the true one by more than some part of it.
sub recovers
{
	my ($name, $fit, $from, $part, @true) = @_;
	my @found = split /\|/, query($node, "SELECT (f).* FROM (SELECT $fit AS f FROM $from OFFSET 0) s");

	cmp_ok(abs($found[$_] / $true[$_] - 1), '<', $part, "$name: $found[$_] for $true[$_]") for 0 .. $#true;
	is($found[ $#true + 4 ], 't', "$name: converged");
	return;
}

my $history = 'frequency, recency, age';
recovers('BG/NBD', "bgnbd_fit($history)", 'bgnbd', 0.15, 2, 15, 1, 3);
recovers('MBG/NBD', "mbgnbd_fit($history)", 'mbgnbd', 0.15, 2, 15, 1, 3);
recovers('Pareto/NBD', "pnbd_fit($history)", 'pnbd', 0.25, 2, 15, 2, 40);
recovers('Gamma-Gamma', 'gamma_gamma_fit(frequency, mean_value)', 'spending', 0.15, 4, 3, 12);

# Customers who are all alike. A fit comes to an end, and the BG/NBD model expects of a new customer what is true,
# (1 - exp(-0.02 * 10)) / 0.2 = 0.906 orders in ten weeks; the other models, which are not true here, come near it.
for my $fit (qw(bgnbd_fit mbgnbd_fit pnbd_fit))
{
	my $orders = query($node, "SELECT round(expected_orders(f, 10)::numeric, 1)
		FROM (SELECT $fit($history) AS f FROM alike OFFSET 0) s");

	like($orders, $fit eq 'bgnbd_fit' ? qr/^0\.9$/ : qr/^0\.[789]$/,
		"$fit of customers who are all alike expects what is true: $orders");
}

# Parameters over 18 orders of magnitude, up to 100,000 orders, ages over 30 and horizons over 40 orders of magnitude.
query($node, q{
	CREATE TABLE extremes AS
	SELECT i, ROW(r, alpha, a, b, NULL, NULL, NULL, NULL)::bgnbd_model AS bgnbd,
		ROW(r, alpha, a, b, NULL, NULL, NULL, NULL)::mbgnbd_model AS mbgnbd,
		ROW(r, alpha, a, b, NULL, NULL, NULL, NULL)::pnbd_model AS pnbd,
			ROW(a, b, NULL, NULL, NULL, NULL)::sbg_model AS sbg, x, age * part AS recency, age, horizon, discount
	FROM (SELECT i, 10 ^ (18 * u(1, i) - 9) AS r, 10 ^ (18 * u(2, i) - 9) AS alpha,
		CASE WHEN i % 10 = 0 THEN 1 ELSE 10 ^ (18 * u(3, i) - 9) END AS a,
			10 ^ (18 * u(4, i) - 9) AS b, CASE WHEN i % 3 = 0 THEN 0 ELSE (10 ^ (5 * u(5, i)))::bigint END AS x,
				10 ^ (30 * u(6, i) - 15) AS age,
			CASE WHEN i % 3 = 0 OR i % 7 = 0 THEN 0 WHEN i % 7 = 1 THEN 1 ELSE u(7, i) END AS part,
				10 ^ (40 * u(8, i) - 20) AS horizon, 10 ^ (10 * u(9, i) - 8) AS discount
		FROM generate_series(1, 5000) i) s;
});
for my $model (qw(bgnbd mbgnbd pnbd))
{
	is(query($node, "SELECT count(*) FROM extremes
		WHERE (p_alive($model, x, recency, age) BETWEEN 0 AND 1) IS NOT TRUE"), '0', "$model: p_alive is a chance");
	is(query($node, "SELECT count(*) FROM extremes
		WHERE (expected_orders($model, horizon, x, recency, age) >= 0) IS NOT TRUE"), '0',
		'... expected orders are a number');
	is(query($node, "SELECT count(*) FROM extremes
		WHERE (abs(log_likelihood($model, x, recency, age)) < 'infinity') IS NOT TRUE"), '0',
		'... and so is the likelihood');
}
is(query($node, 'SELECT count(*) FROM extremes
	WHERE (survival(sbg, x) BETWEEN 0 AND 1 AND retention_rate(sbg, x + 1) BETWEEN 0 AND 1) IS NOT TRUE'),
	'0', 'sBG: chances');
is(query($node, 'SELECT count(*) FROM extremes WHERE (residual_lifetime(sbg, x, discount) >= 0) IS NOT TRUE'), '0',
	'sBG: lifetimes');
is(query($node, q{SELECT count(*) FROM extremes,
	LATERAL (SELECT ROW(6, 4, 15, NULL, NULL, NULL, NULL)::gamma_gamma_model AS value) v
	WHERE i <= 50 AND (clv(bgnbd, value, x, recency, age, 10, horizon, discount) >= 0
		AND clv(pnbd, value, x, recency, age, 10, 'infinity', discount) >= 0) IS NOT TRUE}), '0',
		'discounted values');

done_testing();
