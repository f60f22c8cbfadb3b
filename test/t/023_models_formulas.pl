# The customer models at fixed parameters: every number of the files that test/reference/models.py computes from the
# published formulas must be met to 1e-11 of itself.  What 020_models_reference.pl asks with numbers that were
# computed elsewhere is asked here with the project's own.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

load_csv($node, top_folder() . "/test/reference/$_.csv", $_) for qw(bgnbd mbgnbd pnbd gamma_gamma sbg);

# A column must be met in every row that has it, and this many have.  A number that double precision does not hold
# must be next to nothing; slack is what else is taken for rounding errors, next to zero.
sub meets
{
	my ($table, $ours, $theirs, $rows, $slack) = @_;

	$slack //= 0;
	is( query($node, qq{
			SELECT count(*) || ' rows', string_agg(row_to_json(compared)::text, E'\n')
				FILTER (WHERE (abs(ours - theirs) <= 1e-11 * abs(theirs) + $slack + 1e-300) IS NOT TRUE)
			FROM (SELECT *, ($ours)::numeric AS ours, $theirs\::numeric AS theirs FROM $table
				WHERE $theirs IS NOT NULL) compared}),
		"$rows rows|", "$theirs of $table");
}

# Where a number is undefined, there is an error.
sub refuses
{
	my ($table, $ours, $theirs, $rows) = @_;
	my $undefined = "(SELECT *, row_number() OVER () AS i FROM $table WHERE $theirs IS NULL) s";

	is(query($node, "SELECT count(*) FROM $undefined"), $rows, "undefined $theirs of $table");
	is(sqlstate($node, "SELECT $ours FROM $undefined WHERE i = $_"), '22023', '... is an error') for 1 .. $rows;
}

# Orders.  Each is of a value that is expected to be 1, so that their value is their discounted number.
my $one = 'gamma_gamma_model(1, 2, 1)';
my $history = 'frequency::int, recency::float8, age::float8';
my %columns = (bgnbd => 'r, alpha, a, b', mbgnbd => 'r, alpha, a, b', pnbd => 'r, alpha, s, beta');
my %rows = (bgnbd => 56, mbgnbd => 56, pnbd => 48);

for my $name (sort keys %columns)
{
	my $parameters = join ', ', map { "$_\::float8" } split /, /, $columns{$name};
	my $model = "${name}_model($parameters)";

	meets($name, "log_likelihood($model, $history)", 'log_likelihood', $rows{$name}, 1e-14);
	meets($name, "p_alive($model, $history)", 'p_alive', $rows{$name});
	meets($name, "expected_orders($model, horizon::float8, $history)", 'expected_orders', $rows{$name});
	meets($name, "expected_orders($model, horizon::float8)", 'expected_orders_new', $rows{$name});
	meets($name, "clv($model, $one, $history, 1, horizon::float8, discount::float8)", 'discounted', $rows{$name});
	meets($name, "clv($model, $one, $history, 1, 'infinity', discount::float8)", 'discounted_forever', $rows{$name});
}

# The value of orders; where q <= 1 nothing can be expected of a customer who has not ordered again.
my $spending = 'gamma_gamma_model(p::float8, q::float8, gamma::float8), frequency::int,
	mean_value::float8';

meets('gamma_gamma', "log_likelihood($spending)", 'log_likelihood', 30);
meets('gamma_gamma', "expected_value($spending)", 'expected_value', 29);
refuses('gamma_gamma', "expected_value($spending)", 'expected_value', 1);

# Contracts; where alpha <= 1 they last for ever without a discount.
my $contract = 'sbg_model(alpha::float8, beta::float8), renewals::int';

meets('sbg', "survival($contract)", 'survival', 56);
meets('sbg', "retention_rate($contract + 1)", 'next_retention_rate', 56);
meets('sbg', "residual_lifetime($contract, discount::float8)", 'residual_lifetime', 51);
refuses('sbg', "residual_lifetime($contract, discount::float8)", 'residual_lifetime', 5);

done_testing();
