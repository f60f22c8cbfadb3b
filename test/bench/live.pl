# What `bench` measures of live reports.  Data for `bench`, as queries.pl is: entries are added to its @QUERIES.
#
# Writers change the tables, so all of it is done to copies of the orders in a schema `live`, which `bench` drops again:
# `orders` has the reports, `twin` is the same without, for what writers pay.  A reading must say what a recount says.
# Customers change by an order more.  Beside all this stands a materialized view of the same report.  General
# incremental view maintenance does not: Debian 12 has no package of pg_ivm, which would refuse count(DISTINCT ...).

our ($ROWS, @QUERIES);

my $CUSTOMERS = int($ROWS / 10);
my $SINGLE    = int($ROWS / 500);    # INSERTs, one by one
my $AT_ONCE   = int($ROWS / 100);    # rows in one INSERT
my $made;

# Once, whatever entry comes first.
sub make_live
{
	return if $made++;
	pg(<<'');
CREATE SCHEMA live;
CREATE TABLE live.orders AS SELECT * FROM orders;
CREATE INDEX ON live.orders (customer_id);
CREATE TABLE live.twin AS SELECT * FROM orders;
CREATE INDEX ON live.twin (customer_id);
SELECT live_report_create('monthly', 'live.orders', 'customer_id', 'ordered_at', '1 month', 'UTC');
SELECT live_refresh('live.monthly');
CREATE MATERIALIZED VIEW live.by_month AS
SELECT g.* FROM growth((SELECT retention_agg(customer_id, ordered_at, '1 month', 'UTC') FROM live.orders)) AS g;
VACUUM (FREEZE, ANALYZE) live.orders, live.twin, live.monthly, live.monthly_customers;
CHECKPOINT

}

# Orders more, of so many customers.  The numbers are spread, as 7919 divides none that ends in zeros.
sub orders_more
{
	my ($table, $n) = @_;
	return "INSERT INTO live.$table SELECT 1 + i * 7919 % $CUSTOMERS, timestamptz '2025-12-31 12:00Z', 10.00 FROM generate_series(1, $n\::bigint) i";
}

sub refresh { return "SELECT live_refresh('live.monthly'); VACUUM live.monthly, live.monthly_customers, live.monthly_changed" }

# A reading of growth after a change, against a recount.
sub reading
{
	my ($what, $change, %bar) = @_;
	return reading_of($what, growth => retention_agg => 'customer_id, ordered_at', orders => 'monthly',
		before => sub { make_live(); pg(refresh() . "; $change") }, %bar);
}

# The same with money.  The twin gets a report when nobody needs it without one any more.
my $has_money;
sub reading_of_money
{
	my ($what, $change) = @_;
	my $create = q{SELECT live_report_create('money', 'live.twin', 'customer_id', 'ordered_at', '1 month', 'UTC', 'amount')};
	return reading_of("money, $what", revenue_growth => revenue_agg => 'customer_id, ordered_at, amount', twin => 'money',
		before => sub {
			make_live();
			pg($create) unless $has_money++;
			pg("SELECT live_refresh('live.money'); VACUUM live.money, live.money_customers, live.money_changed; $change");
		});
}

sub reading_of
{
	my ($what, $report, $agg, $columns, $table, $name, @rest) = @_;
	my $rows    = sub { "SELECT md5(string_agg(g::text, ' ' ORDER BY period)) FROM $report($_[0], '2026-01-01 00:00Z') g" };
	my $recount = $rows->("(SELECT totals($agg($columns, '1 month', 'UTC')) FROM live.$table)");
	my $totals  = $report eq 'growth' ? 'live_totals' : 'live_revenue_totals';
	return { name => "live reading, $what", ours => $rows->("$totals('live.$name')"), floor => $recount, sql => $recount, @rest };
}

sub with_commas { return scalar reverse join ',', unpack '(A3)*', reverse $_[0] }

sub single_inserts
{
	my ($table) = @_;
	my $script = "\\set customer random(1, $CUSTOMERS)\nINSERT INTO live.$table VALUES (:customer, '2025-12-31 12:00Z', 10.00);\n";
	return sub {
		my ($tps, $error) = pgbench($script, 1, $SINGLE);
		return $tps ? ($SINGLE * 1000 / $tps, '') : (undef, undef, $error);
	};
}

# As many as are looked up one by one, at most.
my $most = 100 + int($ROWS / 1000);

push @QUERIES,
	{ name => 'live, bytes a customer', before => \&make_live,
		size => q{SELECT size, 0, customer_count(live_totals(report)) FROM live_reports WHERE report = 'live.monthly'::regclass} },
	reading('nothing changed', 'SELECT', bar => 5, ms => 1),
	reading('1,000 customers changed', orders_more('orders', 1_000), bar => 5 + 1_000 / 10, ms => 1),
	map({ reading(with_commas($_) . ' changed', orders_more('orders', $_), bar => 1.1) } $most, int($CUSTOMERS / 10)),
	reading('the last order cancelled', 'DELETE FROM live.orders WHERE ordered_at = (SELECT max(ordered_at) FROM live.orders)', bar => 1.1),
	{ name => 'live_refresh of 1,000, against REFRESH', bar => 200, ms => 1, before => sub { make_live(); pg(refresh()) },
		ours => orders_more('orders', 1_000) . q{; SELECT live_refresh('live.monthly')}, floor => 'REFRESH MATERIALIZED VIEW live.by_month' },
	{ name => 'live_refresh of all, against REFRESH', before => \&make_live,
		ours => q{SELECT live_refresh('live.monthly', true)}, floor => 'REFRESH MATERIALIZED VIEW live.by_month' },

	# The bars of the writers: 0.7 and 0.75 of the rate of the table without a report.
	{ name => 'live, ' . with_commas($SINGLE) . ' INSERTs', bar => 1 / 0.7, before => \&make_live,
		ours => single_inserts('orders'), floor => single_inserts('twin') },
	{ name => 'live, INSERT of ' . with_commas($AT_ONCE) . ' rows', bar => 1 / 0.75, before => \&make_live,
		ours => orders_more('orders', $AT_ONCE), floor => orders_more('twin', $AT_ONCE) },

	reading_of_money('nothing changed', 'SELECT'), reading_of_money('1,000 changed', orders_more('twin', 1_000));

1;
