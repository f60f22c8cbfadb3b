# The fits, on real customers: the likelihoods and parameters that were published for the CD shop CDNOW and for two cohorts of
# contracts, and exact maxima that were computed elsewhere.  024_models_maxima.pl asks the same of customers who are
# simulated.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_with_data(map { ($_ => "$_.csv") } qw(cdnow_orders cdnow_summary sbg_survival));

# Histories in weeks of the 39 weeks to 1997-09-30, by plain SQL: orders of a day are one, the first day is where time begins.
query($node, q{
	CREATE TABLE histories AS
	SELECT id, count(*) - 1 AS frequency, (max(day) - min(day)) / 7.0::float8 AS recency, (date '1997-09-30' - min(day)) / 7.0::float8 AS age,
		(avg(spent) FILTER (WHERE nth > 1))::float8 AS mean_value
	FROM (SELECT customer_id::int AS id, order_date::date AS day, sum(amount::numeric) AS spent,
			row_number() OVER (PARTITION BY customer_id ORDER BY order_date::date) AS nth
		FROM cdnow_orders WHERE order_date::date <= '1997-09-30' GROUP BY customer_id, order_date::date) days
	GROUP BY id;
	CREATE TABLE printed AS SELECT x::int AS frequency, t_x::float8 AS recency, t::float8 AS age FROM cdnow_summary;
});
is(query($node, 'SELECT count(*), sum(frequency) FROM histories'), '2357|2457', 'the customers and their repeat orders');

# A fit finds these parameters to so much of themselves, and this likelihood to 1e-4, and says that it has converged.
sub finds
{
	my ($name, $fit, $from, $log_likelihood, $tolerance, @parameters) = @_;
	my @fields = split /\|/, query($node, "SELECT (f).* FROM (SELECT $fit AS f FROM $from OFFSET 0) s", extra_float_digits => 3);

	for my $i (0 .. $#parameters)
	{
		cmp_ok(abs($fields[$i] / $parameters[$i] - 1), '<=', $tolerance, "$name: parameter " . ($i + 1) . " is $fields[$i]");
	}
	my ($ll, $customers, $iterations, $converged, $status) = @fields[ $#parameters + 1 .. $#parameters + 5 ];
	cmp_ok(abs($ll - $log_likelihood), '<=', 1e-4, "$name: log-likelihood is $ll");
	is("$converged $status", 't ok', "$name: converged, after $iterations steps");
	return $ll;
}

my $history = 'frequency, recency, age';
finds('BG/NBD', "bgnbd_fit($history)", 'histories', -9582.4292, 1e-5, 0.2425945, 4.413602, 0.792922, 2.425907);
finds('MBG/NBD', "mbgnbd_fit($history)", 'histories', -9582.1357, 1e-5, 0.524843, 6.183085, 0.891359, 1.614002);
finds('Pareto/NBD', "pnbd_fit($history)", 'histories', -9594.9762, 1e-3, 0.553277, 10.57768, 0.606240, 11.66874);
finds('Gamma-Gamma', 'gamma_gamma_fit(frequency, mean_value)', 'histories', -4055.9177, 1e-5, 6.249572, 3.744225, 15.443521);
# With histories as they are printed, rounded; their likelihood is nowhere published, and is compared with the sum over all customers.
finds('BG/NBD of printed histories', "bgnbd_fit($history)", 'printed',
	query($node, "SELECT sum(log_likelihood(f, $history)) FROM printed, (SELECT bgnbd_fit($history) AS f FROM printed) s"),
	1e-5, 0.242593, 4.413532, 0.792886, 2.425754);

# The exact maxima: all digits that matter.
finds('BG/NBD, exact', "bgnbd_fit($history)", 'histories', -9582.429206673931, 1e-9, 0.24259452243016, 4.4136020190135, 0.7929220172256, 2.4259067768263);
finds('MBG/NBD, exact', "mbgnbd_fit($history)", 'histories', -9582.13571555375, 1e-9, 0.5248431591063, 6.183085279576, 0.89135939073222, 1.6140022401703);
finds('Gamma-Gamma, exact', 'gamma_gamma_fit(frequency, mean_value)', 'histories', -4055.917694801874, 1e-9, 6.2495722713238, 3.744224667132, 15.443520962589);

# Contracts: seven renewals, as the paper fits, in any order.
finds("sBG, $_->[0]", "sbg_fit('$_->[0]'::text, year::int, $_->[0]_n::bigint)", "(SELECT * FROM sbg_survival WHERE year::int <= 7 ORDER BY hashint4(year::int)) s", $_->[1], 1e-3, @$_[ 2, 3 ])
  for [ 'regular', -1680.2652, 0.704, 1.182 ], [ 'high_end', -1611.158147, 0.668, 3.806 ];

# What the paper expects of one customer in the next 39 weeks.
is(query($node, "SELECT round(expected_orders(f, 39, 2, 30.43, 38.86)::numeric, 3) FROM (SELECT bgnbd_fit($history) AS f FROM histories) s"),
	'1.226', 'the expected orders of customer 1');

# The same bits, whatever order the rows come in and however many processes collect them.
query($node, 'CREATE TABLE shuffled WITH (parallel_workers = 4) AS SELECT * FROM histories ORDER BY hashint4(id); ANALYZE shuffled');
for my $fit ("bgnbd_fit($history)", "mbgnbd_fit($history)", "pnbd_fit($history)", 'gamma_gamma_fit(frequency, mean_value)')
{
	my $alone = query($node, "SELECT $fit FROM histories", SERIAL);

	is(query($node, "SELECT $fit FROM shuffled", SERIAL), $alone, "$fit of shuffled rows");
	is(query($node, "SELECT $fit FROM shuffled", PARALLEL, max_parallel_workers_per_gather => $_, parallel_leader_participation => 'off'),
		$alone, "... with $_ workers") for 1, 4;
}

done_testing();
