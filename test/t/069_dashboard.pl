# examples/dashboard: its data loader, with the views and the role of docs/bi.md, gives what its page reads.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use JSON::PP;
use List::Util 'sum';
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $source = top_folder() . '/examples/dashboard/src';
my $node = start_server('main');

query($node, slurp_file(top_folder() . '/demo/sample.sql'));
my ($views) = slurp_file(top_folder() . '/docs/bi.md') =~ /^```sql\n(.*?)^```/ms;
query($node, $views);

# The month of this order is not over. Since the sample ends, there are months in which nobody ordered.
query($node, q{INSERT INTO orders VALUES (0, 1, now(), 5)});

my $data = do {
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', PGUSER => 'bi');
	decode_json(scalar `bash $source/data/monthly.json.sh`);
};
is_deeply([ sort keys %$data ], [qw(cohorts growth states)], 'the loader gives three tables');

# What the page reads of them.
my $page = slurp_file("$source/index.md");
my %read = (growth => [ $page =~ /\b(?:last|before)\.(\w+)/g ], states => [qw(period state customers)], cohorts => [qw(cohort age rate)]);
for my $table (sort keys %read)
{
	my @columns = @{ $read{$table} };

	like($page, qr/(?<!\w)(?:d\.|")$_\b/, "the page reads $_ of $table") for $table eq 'growth' ? () : @columns;
	is_deeply([ grep { my $column = $_; grep { !exists $_->{$column} } @{ $data->{$table} } } @columns ], [],
		"$table has all that the page reads");
}
is_deeply([ grep { !defined $_->{customers} } @{ $data->{states} } ], [], 'parts of bars are known');
is_deeply([ grep { !defined $_->{rate} } @{ $data->{cohorts} } ], [], '... and rates of cohorts');
cmp_ok(scalar @{ $read{growth} }, '>', 3, 'which is several numbers');

# Months that are over, in order; and the numbers of one are those of the other.
my $months = query($node, 'SELECT string_agg(period::text, $$ $$ ORDER BY period) FROM monthly_growth WHERE complete');
my %states;
push @{ $states{ $_->{period} } }, $_ for @{ $data->{states} };
is(join(' ', map { $_->{period} } @{ $data->{growth} }), $months, 'the months that are over');
is(join(' ', sort keys %states), $months, '... are those of the stacked bars');
is_deeply([ grep { $_->{active} != sum(map { $_->{state} eq 'churned' ? 0 : $_->{customers} } @{ $states{ $_->{period} } }) }
		@{ $data->{growth} } ],
	[], '... whose bars add up to who was active');
is_deeply([ grep { @{ $states{$_} } != 4 } keys %states ], [], '... and have four parts');
is(@{ $data->{cohorts} }, query($node, 'SELECT count(*) FROM monthly_cohorts WHERE age > 0 AND rate IS NOT NULL'), 'all rates of cohorts');

$node->stop;
done_testing();
