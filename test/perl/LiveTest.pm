# LiveTest - what the tests of live reports share: reports, and SQL that puts each beside the orders counted anew, in
# one statement and so in one snapshot.
#
# A report is a hash: name, schema, source, customer, ordered_at, bucket, zone, and perhaps amount and filter.  schema
# and source, which brings its own schema, are written as SQL has them, the others as they are.
package LiveTest;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use Test::More;
use RetentionTest;

our @EXPORT = qw(literal report_name helper create_sql same_sql noticed_sql folded_sql is_current
	is_folded);

sub literal { my ($text) = @_; return defined $text ? "'" . $text =~ s/'/''/gr . "'" : 'NULL' }
sub identifier { my ($name) = @_; return '"' . $name =~ s/"/""/gr . '"' }

# The report or, with a suffix, one of the relations beside it, as SQL has it; and the report as an argument.
sub helper { my ($report, $suffix) = @_; return "$report->{schema}." . identifier($report->{name} . $suffix) }
sub report_name { my ($report) = @_; return literal(helper($report, '')) }

sub create_sql
{
	my ($report) = @_;

	return 'SELECT live_report_create(' . join(', ', map { literal($_) }
		@$report{qw(name source customer ordered_at bucket zone amount filter)}) . ')';
}

# What an aggregate makes of the orders.  Where money is counted, a row without an amount is no order.
sub counted
{
	my ($report, $aggregate) = @_;
	my $amount = defined $report->{amount} ? identifier($report->{amount}) : undef;
	my @where = ($report->{filter} // (), defined $amount ? "$amount IS NOT NULL" : ());

	return "$aggregate(" . join(', ', identifier($report->{customer}), identifier($report->{ordered_at}),
		$aggregate eq 'revenue_agg' ? "$amount\::numeric" : (), literal($report->{bucket}), literal($report->{zone}))
	  . ')' . (@where ? ' FILTER (WHERE ' . join(' AND ', map { "($_)" } @where) . ')' : '');
}

# One word: same, or what differs.
sub same_as_counted
{
	my ($report) = @_;
	my $name = report_name($report);
	my $money = defined $report->{amount};

	return "SELECT CASE
		WHEN live_totals($name)::text IS DISTINCT FROM counts::text THEN 'totals'
		WHEN (SELECT string_agg(g::text, ' ') FROM growth(live_totals($name)) g)
			IS DISTINCT FROM (SELECT string_agg(g::text, ' ') FROM growth(counts) g) THEN 'growth'"
	  . ($money ? "
		WHEN live_revenue_totals($name)::text IS DISTINCT FROM money::text THEN 'money'" : '') . "
		ELSE 'same' END
		FROM (SELECT totals(" . counted($report, 'retention_agg') . ') AS counts'
	  . ($money ? ', totals(' . counted($report, 'revenue_agg') . ') AS money' : '')
	  . " FROM $report->{source}) fresh";
}

# An expression: a word for each report.
sub same_sql { return join " || ' ' || ", map { '(' . same_as_counted($_) . ')' } @_ }

# The same after a refresh that nobody disturbed: nothing waits, and each customer's summary is that of the orders.
sub folded_sql
{
	my ($report) = @_;
	my $customer = identifier($report->{customer});
	my $summary = counted($report, defined $report->{amount} ? 'revenue_agg' : 'retention_agg');

	return 'concat_ws($$, $$, ' . same_sql($report) . ', CASE WHEN ' . noticed_sql($report)
		. q{ <> 'nothing' THEN 'changed' END,
		CASE WHEN EXISTS (SELECT FROM } . helper($report, '_changed') . ") THEN 'keys' END,
		(SELECT 'summary of ' || coalesce(o.customer::text, c.customer::text, 'nobody')
		FROM (SELECT $customer AS customer, $summary AS summary FROM $report->{source} GROUP BY 1) o
		FULL JOIN " . helper($report, '_customers') . ' c ON c.customer = o.customer
		WHERE o.summary IS DISTINCT FROM c.summary LIMIT 1))';
}

# What a report has noticed: changes, nothing, or that the orders must be counted.
sub noticed_sql
{
	my ($report) = @_;

	return q{(SELECT CASE WHEN changed > 0 THEN 'changes' WHEN changed = 0 THEN 'nothing' ELSE 'to be counted' END
		FROM live_reports WHERE report = } . report_name($report) . '::regclass)';
}

sub is_current
{
	my ($node, $report, $name, %settings) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is(query($node, 'SELECT ' . same_sql($report), %settings), 'same', $name);
}

sub is_folded
{
	my ($node, $report, $name, %settings) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is(query($node, 'SELECT ' . folded_sql($report), %settings), 'same', $name);
}

1;
