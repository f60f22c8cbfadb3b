# The customer models at fixed parameters: every number of the files in expected/models of the reference data, which were
# computed elsewhere with fifty digits, must be met to 1e-9 of itself.  023_models_formulas.pl asks the same of numbers
# computed for this project.
#
# The files of the BG/BB and BdW models, which the extension does not have, are left out, and so are those of bare
# special functions.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_with_data(map { ("their_$_" => "../expected/models/$_.csv") }
	  qw(bgnbd_customers bgnbd_expectation mbgnbd_customers mbgnbd_expectation pareto_nbd_customers pareto_nbd_expectation
	  bgnbd_pmf_paper3dp pareto_nbd_dert gamma_gamma sbg_bdw_survival sbg_del_derl));

# The parameters that the files call by these names.
my %parameters = (
	bgnbd => {
		paper3dp => [ 0.243, 4.414, 0.793, 2.426 ],
		mle_unrounded => [ 0.2425945, 4.4136022, 0.7929218, 2.4259064 ],
		pymc_test => [ 0.25, 4.0, 0.8, 2.5 ],
		a_gt_1 => [ 0.5, 6.0, 1.6, 3.2 ],
		a_eq_1 => [ 0.5, 6.0, 1.0, 3.2 ],
		a_near_1 => [ 0.5, 6.0, 1.0000001, 3.2 ],
		a_plus_b_lt_1 => [ 0.5, 6.0, 0.3, 0.4 ] },
	mbgnbd => {
		btydplus3dp => [ 0.525, 6.183, 0.891, 1.614 ],
		mle_unrounded => [ 0.5248431, 6.1830854, 0.8913596, 1.6140027 ],
		pymc_test => [ 0.25, 4.0, 0.8, 2.5 ] },
	pnbd => {
		paper3dp => [ 0.553, 10.578, 0.606, 11.669 ],
		btyd => [ 0.5534, 10.5802, 0.6061, 11.6562 ],
		mle_unrounded => [ 0.553277, 10.5776831, 0.6062401, 11.6687376 ],
		btyd_78w => [ 0.5629966, 12.559037, 0.4081095, 10.5148048 ],
		al_gt_be_far => [ 0.5, 200, 0.6, 0.5 ],
		al_lt_be_far => [ 0.5, 0.5, 0.6, 200 ],
		al_eq_be => [ 0.55, 11, 0.6, 11 ],
		s_eq_1 => [ 0.55, 10, 1, 12 ],
		s_gt_1 => [ 1.2, 8, 2.5, 30 ],
		lifetimes_overflow => [ 10.465, '7.98565181e-3', 3.0516, 2.82 ],
		clvtools_nan => [ 0.5143, 2.8845, 0.2856, 14.1087 ] },
	gamma_gamma => {
		paper2dp => [ 6.25, 3.74, 15.44 ],
		mle => [ 6.2495715, 3.7442246, 15.4435227 ],
		q_lt_1 => [ 6, 0.5, 15 ] },
	sbg => {
		regular_paper => [ 0.704, 1.182 ],
		high_end_paper => [ 0.668, 3.806 ],
		high_end_notebook => [ 0.6678, 3.8041 ],
		multi => [ 3.80, 15.19 ],
		alpha_lt_1_slow => [ 0.2, 1.0 ] });

for my $model (sort keys %parameters)
{
	my $sets = $parameters{$model};

	query($node, "CREATE TABLE $model AS SELECT params, ${model}_model(" . join(', ', map { "p[$_]" } 1 .. @{ (values %$sets)[0] })
		  . ') AS model FROM (VALUES '
		  . join(', ', map { "('$_', '{" . join(',', @{ $sets->{$_} }) . "}'::float8[])" } sort keys %$sets) . ') sets (params, p)');
}

# A column must be met in each row of which it is a number, and there are so many.  What is too small for double precision must
# be next to nothing; slack is what else is taken for rounding errors, next to zero.
sub meets
{
	my ($from, $ours, $theirs, $rows, $slack) = @_;

	$slack //= 0;
	is( query($node, qq{
			SELECT count(*) || ' rows', string_agg(params || ': ' || ours || ', not ' || theirs, E'\n')
				FILTER (WHERE (abs(ours::numeric - theirs::numeric) <= 1e-9 * abs(theirs::numeric) + $slack + 1e-300) IS NOT TRUE)
			FROM (SELECT params, $ours AS ours, $theirs AS theirs FROM their_$from WHERE $theirs ~ '^-?[0-9]') s}),
		"$rows rows|", "$ours is $theirs of $from");
}

sub rows_of { return query($node, "SELECT count(*) FROM their_$_[0] WHERE $_[1] ~ '^-?[0-9]'") }

my %horizons = (bgnbd => [ 1, 39, 52 ], mbgnbd => [39], pnbd => [ 1, 10, 39, 52 ]);
my %rows = (bgnbd => 81, mbgnbd => 38, pnbd => 182);

for my $model (sort keys %horizons)
{
	my $file = $model =~ s/^pnbd/pareto_nbd/r;
	my $from = "${file}_customers JOIN $model USING (params)";
	my $history = 'x::int, t_x::float8, t::float8';

	meets($from, "log_likelihood(model, $history)", 'loglik', $rows{$model}, 1e-14);
	meets($from, "p_alive(model, $history)", 'p_alive', $rows{$model});
	meets($from, "expected_orders(model, $_, $history)", "ey_$_", rows_of("${file}_customers", "ey_$_")) for @{ $horizons{$model} };
	meets("${file}_expectation JOIN $model USING (params)",
		'expected_orders(model, t::float8)', 'expected_purchases', rows_of("${file}_expectation", 'expected_purchases'));
}

# The probability of just x orders by a new customer is the likelihood of x orders, the last at t_x, times t_x^(x-1) / (x-1)! for the
# others before it, integrated over t_x: by Gauss's rule of five nodes in 200 panels.
query($node, q{
	ALTER TABLE their_bgnbd_pmf_paper3dp ADD params text DEFAULT 'paper3dp';
	CREATE FUNCTION probability(m bgnbd_model, x bigint, t float8) RETURNS float8 LANGUAGE sql RETURN CASE WHEN x = 0 THEN exp(log_likelihood(m, 0, 0, t)) ELSE (
		SELECT sum(weight * t / 400 * exp(greatest(log_likelihood(m, x, at, t) + (x - 1) * ln(at) - before, -700)))
		FROM (SELECT coalesce(sum(ln(i::float8)), 0) AS before FROM generate_series(1, x - 1) i) f, generate_series(0, 199) panel,
			(VALUES (0.5688888888888889::float8, 0::float8), (0.4786286704993665, 0.5384693101056831), (0.4786286704993665, -0.5384693101056831),
				(0.2369268850561891, 0.9061798459386640), (0.2369268850561891, -0.9061798459386640)) rule (weight, node),
			LATERAL (SELECT (panel + 0.5 + 0.5 * node) * t / 200) s (at)) END;
});
# The file's number for 100 orders by t = 2 is the difference of 1 and a sum that is 1 to 55 digits, of which it has 50; with 200 digits it is
# 9.2469376313694e-55.
query($node, q{UPDATE their_bgnbd_pmf_paper3dp SET prob = '9.2469376313694e-55' WHERE t = '2' AND x = '100'});
meets('bgnbd_pmf_paper3dp JOIN bgnbd USING (params)', 'probability(model, x::bigint, t::float8)', 'prob', 36);

# Residual transactions: orders for ever, discounted continuously at the rate delta, each of a value that is expected to be 1.
query($node, q{
	ALTER TABLE their_pareto_nbd_dert ADD params text DEFAULT 'btyd_78w', ADD d float8, ADD one gamma_gamma_model;
	UPDATE their_pareto_nbd_dert SET one = gamma_gamma_model(1, 2, 1),
		d = CASE delta WHEN 'ln(1.15)/52' THEN ln(1.15::float8) / 52 ELSE delta::float8 END;
});
meets('pareto_nbd_dert JOIN pnbd USING (params)', q{clv(model, one, x::int, t_x::float8, t::float8, 1, 'infinity', exp(d) - 1)}, 'dert', 13);

# The value of orders; where q <= 1 nothing can be expected of a customer who has not ordered again.
my $spending = 'model, x::int, m_x::float8';
meets('gamma_gamma JOIN gamma_gamma USING (params)', "expected_value($spending)", 'expected_avg_value', 17);
meets('gamma_gamma JOIN gamma_gamma USING (params)', "log_likelihood($spending)", 'loglik', 15);
is(sqlstate($node, "SELECT expected_value($spending) FROM their_gamma_gamma JOIN gamma_gamma USING (params) WHERE expected_avg_value ~ 'undefined'"),
	'22023', 'no mean where the model has none');

# Contracts; the other sets of this file are of the BdW model.
my $from = 'sbg_bdw_survival JOIN sbg USING (params)';
meets($from, 'survival(model, t::int)', 'survival', 20);
meets("$from CROSS JOIN LATERAL (SELECT greatest(t::int, 1) AS n) o", 'retention_rate(model, n)', 'retention_rate', 18);
meets("$from CROSS JOIN LATERAL (SELECT greatest(t::int, 1) AS n) o", 'survival(model, n - 1) - survival(model, n)', 'prob_churn_at_t', 18);
query($node, 'ALTER TABLE their_sbg_del_derl RENAME d TO rate; ALTER TABLE their_sbg_del_derl ADD d float8; UPDATE their_sbg_del_derl SET d = rate::float8');
my %residual = (
	'DEL ' => '1 + residual_lifetime(model, 0, d) / (1 + d)',
	'DERL just BEFORE' => 'residual_lifetime(model, n::int - 1, d)',
	'DERL just AFTER' => 'residual_lifetime(model, n::int, d) / (1 + d)');
for my $quantity (sort keys %residual)
{
	my $rows = query($node, "SELECT count(*) FROM their_sbg_del_derl WHERE quantity LIKE '$quantity%'");

	cmp_ok($rows, '>=', 8, "the file has rows of $quantity");
	query($node, "CREATE TABLE their_residual AS SELECT * FROM their_sbg_del_derl WHERE quantity LIKE '$quantity%'");
	meets('residual JOIN sbg USING (params)', $residual{$quantity}, 'value', $rows);
	query($node, 'DROP TABLE their_residual');
}

done_testing();
