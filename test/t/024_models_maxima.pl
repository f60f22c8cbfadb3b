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
	sbg => [ 'sbg_fit(cohort, renewal::int, survivors::bigint ORDER BY hashint4(renewal::int))',
		"(SELECT *, unnest(ARRAY[cohort, 'all']) AS data FROM contracts) c WHERE data" ]);

# 1. The likelihood to 1e-12 of itself, and all digits of the parameters that matter; six digits of their errors.
my (undef, @maxima) = split /\n/, slurp_file("$folder/fits.csv");
is(scalar @maxima, 16, 'all maxima are there');
for (@maxima)
{
	my ($model, $data, $log_likelihood, $parameters, $errors) = split /,/, $_, 5;
	my ($fit, $from) = @{ $fit{$model} };
	my @found = split /\|/, query($node, "SELECT (f).* FROM (SELECT $fit AS f FROM $from = '$data' OFFSET 0) s",
		extra_float_digits => 3), -1;
	my $n = $model eq 'gamma_gamma' ? 3 : $model eq 'sbg' ? 2 : 4;
	my ($found_likelihood, undef, undef, $converged, $status, @found_errors) = @found[ $n .. $#found ];
	my @expected = split / /, $parameters;
	my @expected_errors = split / /, $errors;

	# A standard error of more than a factor of ten tells no more than that.
	my $is_wide = grep { $expected_errors[$_] / $expected[$_] > log(10) } 0 .. $#expected;

	is("$converged $status", !@expected ? 'f limit' : $is_wide ? 't undetermined' : 't ok',
		"$model of $data has " . (@expected ? 'converged' : 'no maximum, and says so'));
	if (!@expected)
	{
		is("@found_errors", ' ' x ($n - 1), '... and has no standard errors');
		next;
	}
	cmp_ok(abs($found_likelihood / $log_likelihood - 1), '<=', 1e-12, "... log-likelihood $found_likelihood");
	cmp_ok(abs($found[$_] / $expected[$_] - 1), '<=', 1e-9, "... parameter $found[$_]") for 0 .. $#expected;
	cmp_ok(abs($found_errors[$_] / $expected_errors[$_] - 1), '<=', 1e-6, "... standard error $found_errors[$_]")
	  for 0 .. $#expected;
}

# 2. The same bits, whatever order the rows come in and however many processes collect them.
query($node, q{
	CREATE TABLE shuffled WITH (parallel_workers = 4) AS
	SELECT * FROM histories ORDER BY hashint4(row_number() OVER ()::int);
	ANALYZE shuffled});
query($node, q{
	CREATE TABLE shuffled_contracts WITH (parallel_workers = 4) AS SELECT * FROM contracts ORDER BY hashtext(contracts::text);
	ANALYZE shuffled_contracts});
{
	# Names of cohorts that are numbers, that are within a key, and that are pointers.
	my @fits = map { "sbg_fit($_, renewal::int, survivors::bigint)" } qw(cohort::int cohort), "repeat('cohort ', 5) || cohort";
	my @alone = map { query($node, "SELECT $_ FROM contracts", SERIAL) } @fits;

	is($alone[$_], $alone[0], "$fits[$_] is the same, whatever the cohorts are called") for 1, 2;
	for my $i (0 .. $#fits)
	{
		is( query($node, "SELECT $fits[$i] FROM shuffled_contracts", PARALLEL, max_parallel_workers_per_gather => $_,
				parallel_leader_participation => 'off'),
			$alone[$i], "... with $_ workers") for 1, 4;
	}
}
for my $fit ("bgnbd_fit($history)", "mbgnbd_fit($history)", "pnbd_fit($history)", "gamma_gamma_fit($spending)")
{
	my $alone = query($node, "SELECT $fit FROM histories", SERIAL);

	like($alone, qr/,t,ok,/, "$fit of all customers has converged");
	is(query($node, "SELECT $fit FROM shuffled", SERIAL), $alone, '... and of shuffled rows is the same');
	is( query($node, "SELECT $fit FROM shuffled", PARALLEL, max_parallel_workers_per_gather => $_,
			parallel_leader_participation => 'off'),
		$alone, "... with $_ workers") for 1, 4;
}

done_testing();
