# Simulated customers: shops whose parameters are known and must be found again; customers who are all alike, whose likelihood has
# no maximum or a very flat one; and parameters and histories of any size, for which every prediction must be a number.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

# u(seed, i): between 0 and 1.  gam(shape, seed, i): a gamma variate of a whole shape.  A customer of rate lambda orders until the age, or until
# after some order a chance p says that it was the last, or until a time has come.
query($node, RANDOM_SQL . q{
	CREATE FUNCTION u(seed bigint, i bigint) RETURNS float8 IMMUTABLE LANGUAGE sql RETURN (rnd(seed, i, 1000000007) + 0.5) / 1000000007.0::float8;
	CREATE FUNCTION gam(shape int, seed bigint, i bigint) RETURNS float8 IMMUTABLE LANGUAGE sql
		RETURN (SELECT -sum(ln(u(seed + k, i))) FROM generate_series(1, shape) k);
	CREATE FUNCTION orders(id bigint, lambda float8, p_first float8, p float8, lifetime float8, age float8, OUT frequency bigint, OUT recency float8)
	IMMUTABLE LANGUAGE plpgsql AS $$
	DECLARE t float8 := 0;
	BEGIN
		frequency := 0; recency := 0;
		IF u(999, id) < p_first THEN RETURN; END IF;
		LOOP
			t := t - ln(u(1000 + frequency * 2, id)) / lambda;
			EXIT WHEN t > least(age, lifetime);
			frequency := frequency + 1; recency := t;
			EXIT WHEN u(1001 + frequency * 2, id) < p;
		END LOOP;
	END$$;
	CREATE TABLE shop AS
	SELECT i AS id, 20 + 40 * u(1, i) AS age, gam(2, 10, i) / 15 AS lambda, gam(1, 20, i) AS g, gam(3, 30, i) AS h, gam(2, 40, i) / 40 AS mu
	FROM generate_series(1, 30000) i;
	CREATE TABLE bgnbd AS SELECT o.*, age FROM shop, orders(id, lambda, 0, g / (g + h), 'infinity', age) o;
	CREATE TABLE mbgnbd AS SELECT o.*, age FROM shop, orders(id, lambda, g / (g + h), g / (g + h), 'infinity', age) o;
	CREATE TABLE pnbd AS SELECT o.*, age FROM shop, orders(id, lambda, 0, 0, -ln(u(2, id)) / mu, age) o;
	CREATE TABLE spending AS SELECT 1 + id % 6 AS frequency, (SELECT sum(gam(4, 100 + 10 * k, id)) FROM generate_series(1, 1 + id % 6) k) / (1 + id % 6) * 12 / gam(3, 50, id) AS mean_value
	FROM generate_series(1, 10000) id;
});

# All found parameters lie within a part of the true ones.
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

# Customers who are all alike: rate 0.1, chance to leave 0.2.  There is an end, and what is expected of a new customer is the truth,
# (1 - exp(-0.02 * 10)) / 0.2 = 0.906 orders in ten weeks; models that are not true of them come near it.
query($node, q{CREATE TABLE alike AS SELECT o.*, age FROM shop, orders(id, 0.1, 0, 0.2, 'infinity', age) o WHERE id <= 5000});
for my $fit (qw(bgnbd_fit mbgnbd_fit pnbd_fit))
{
	my ($seconds, $orders) = split /\|/, query($node, qq{
		SELECT extract(epoch FROM clock_timestamp() - statement_timestamp()) < 120, round(expected_orders(f, 10)::numeric, 1) FROM (SELECT $fit($history) AS f FROM alike OFFSET 0) s});

	is($seconds, 't', "$fit of customers who are all alike comes to an end");
	like($orders, $fit eq 'bgnbd_fit' ? qr/^0\.9$/ : qr/^0\.[789]$/, "... and expects what is true: $orders");
}

# A fit that takes long can be cancelled: rows that many are collected in a few milliseconds.
is(sqlstate($node, "SELECT $_($history) FROM alike", statement_timeout => '100ms'), '57014', "$_ can be cancelled") for qw(bgnbd_fit mbgnbd_fit pnbd_fit);

# Anything at all: parameters over eighteen orders of magnitude, up to 100,000 orders, ages and horizons over thirty and forty.
query($node, q{
	CREATE TABLE extremes AS
	SELECT i, ROW(r, alpha, a, b, NULL, NULL, NULL, NULL)::bgnbd_model AS bgnbd, ROW(r, alpha, a, b, NULL, NULL, NULL, NULL)::mbgnbd_model AS mbgnbd,
		ROW(r, alpha, a, b, NULL, NULL, NULL, NULL)::pnbd_model AS pnbd, ROW(a, b, NULL, NULL, NULL, NULL)::sbg_model AS sbg, x, age * part AS recency, age, horizon, discount
	FROM (SELECT i, 10 ^ (18 * u(1, i) - 9) AS r, 10 ^ (18 * u(2, i) - 9) AS alpha, CASE WHEN i % 10 = 0 THEN 1 ELSE 10 ^ (18 * u(3, i) - 9) END AS a,
			10 ^ (18 * u(4, i) - 9) AS b, CASE WHEN i % 3 = 0 THEN 0 ELSE (10 ^ (5 * u(5, i)))::bigint END AS x, 10 ^ (30 * u(6, i) - 15) AS age,
			CASE WHEN i % 3 = 0 OR i % 7 = 0 THEN 0 WHEN i % 7 = 1 THEN 1 ELSE u(7, i) END AS part, 10 ^ (40 * u(8, i) - 20) AS horizon, 10 ^ (10 * u(9, i) - 8) AS discount
		FROM generate_series(1, 5000) i) s;
});
for my $model (qw(bgnbd mbgnbd pnbd))
{
	is(query($node, "SELECT count(*) FROM extremes WHERE (p_alive($model, x, recency, age) BETWEEN 0 AND 1) IS NOT TRUE"), '0', "$model: p_alive is a chance");
	is(query($node, "SELECT count(*) FROM extremes WHERE (expected_orders($model, horizon, x, recency, age) >= 0) IS NOT TRUE"), '0', '... expected orders are a number');
	is(query($node, "SELECT count(*) FROM extremes WHERE (abs(log_likelihood($model, x, recency, age)) < 'infinity') IS NOT TRUE"), '0', '... and so is the likelihood');
}
is(query($node, 'SELECT count(*) FROM extremes WHERE (survival(sbg, x) BETWEEN 0 AND 1 AND retention_rate(sbg, x + 1) BETWEEN 0 AND 1) IS NOT TRUE'), '0', 'sBG: chances');
is(query($node, 'SELECT count(*) FROM extremes WHERE (residual_lifetime(sbg, x, discount) >= 0) IS NOT TRUE'), '0', 'sBG: lifetimes');
is(query($node, q{SELECT count(*) FROM extremes, LATERAL (SELECT ROW(6, 4, 15, NULL, NULL, NULL, NULL)::gamma_gamma_model AS value) v
	WHERE i <= 50 AND (clv(bgnbd, value, x, recency, age, 10, horizon, discount) >= 0 AND clv(pnbd, value, x, recency, age, 10, 'infinity', discount) >= 0) IS NOT TRUE}), '0', 'discounted values');

done_testing();
