# The fits, on simulated customers: the exact maxima of their likelihoods, which test/reference/fits.py found at fifty
# digits.  What 021_models_fit.pl asks of real customers is asked here of those that come with the project.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use PostgreSQL::Test::Utils;
use RetentionTest;

my $node = start_server('main');
my $folder = top_folder() . '/test/reference';

load_csv($node, "$folder/$_.csv", $_) for qw(histories contracts);

my $history = 'frequency::bigint, recency::float8, age::float8';
my $spending = 'frequency::bigint, mean_value::float8';
my %fit = (
	bgnbd => [ "bgnbd_fit($history)", 'histories WHERE shop' ],
	mbgnbd => [ "mbgnbd_fit($history)", 'histories WHERE shop' ],
	pnbd => [ "pnbd_fit($history)", 'histories WHERE shop' ],
	gamma_gamma => [ "gamma_gamma_fit($spending)", 'histories WHERE shop' ],
	sbg => [ 'sbg_fit(survivors::bigint ORDER BY hashint4(renewal::int))', 'contracts WHERE cohort' ]);

# 1. The likelihood to 1e-12 of itself, and all digits of the parameters that matter.
my (undef, @maxima) = split /\n/, slurp_file("$folder/fits.csv");
is(scalar @maxima, 14, 'all maxima are there');
for (@maxima)
{
	my ($model, $data, $log_likelihood, $parameters) = split /,/, $_, 4;
	my ($fit, $from) = @{ $fit{$model} };
	my @found = split /\|/, query($node, "SELECT (f).* FROM (SELECT $fit AS f FROM $from = '$data' OFFSET 0) s",
		extra_float_digits => 3);
	my ($converged, undef, undef, $found_likelihood) = reverse @found;
	my @expected = split / /, $parameters;

	is($converged, @expected ? 't' : 'f',
		"$model of $data has " . (@expected ? 'converged' : 'no maximum, and says so'));
	next unless @expected;
	cmp_ok(abs($found_likelihood / $log_likelihood - 1), '<=', 1e-12, "... log-likelihood $found_likelihood");
	cmp_ok(abs($found[$_] / $expected[$_] - 1), '<=', 1e-9, "... parameter $found[$_]") for 0 .. $#expected;
}

# 2. The same bits, whatever order the rows come in and however many processes collect them.
query($node, q{
	CREATE TABLE shuffled WITH (parallel_workers = 4) AS
	SELECT * FROM histories ORDER BY hashint4(row_number() OVER ()::int);
	ANALYZE shuffled});
for my $fit ("bgnbd_fit($history)", "mbgnbd_fit($history)", "pnbd_fit($history)", "gamma_gamma_fit($spending)")
{
	my $alone = query($node, "SELECT $fit FROM histories", SERIAL);

	like($alone, qr/,t\)$/, "$fit of all customers has converged");
	is(query($node, "SELECT $fit FROM shuffled", SERIAL), $alone, '... and of shuffled rows is the same');
	is( query($node, "SELECT $fit FROM shuffled", PARALLEL, max_parallel_workers_per_gather => $_,
			parallel_leader_participation => 'off'),
		$alone, "... with $_ workers") for 1, 4;
}

done_testing();
