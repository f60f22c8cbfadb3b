# RetentionTest - what the TAP tests share: a server with the extension, queries under settings, plans, real orders.
package RetentionTest;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use File::Basename qw(dirname);
use File::Spec;
use List::Util qw(pairkeys pairvalues);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(start_server query sqlstate plan_of same_rows load_csv find_data start_with_data top_folder
	RANDOM_SQL PARALLEL SERIAL);

# Plans run in parallel whatever they cost, or not at all.
use constant PARALLEL => (
	parallel_setup_cost          => 0,
	parallel_tuple_cost          => 0,
	min_parallel_table_scan_size => 0,
	max_parallel_workers_per_gather => 2);
use constant SERIAL => (max_parallel_workers_per_gather => 0);

# rnd(seed, i, n): a number from 0 to n - 1 that looks random, and is the same in every run.
use constant RANDOM_SQL => q{
	CREATE FUNCTION rnd(seed bigint, i bigint, n bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
	RETURN (hashint8extended(i, seed) & 9223372036854775807) % n;
};

# A server of its own; settings as name => value. Its database postgres has the extension unless bare => 1.
sub start_server
{
	my ($name, %settings) = @_;
	my $bare = delete $settings{bare};
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
	%settings = (
		jit => 'off', log_statement => 'none', timezone => 'UTC',
		autovacuum => 'off', max_worker_processes => 16, max_parallel_workers => 16,
		%settings);
	$node->append_conf('postgresql.conf', join '', map { "$_ = '$settings{$_}'\n" } sort keys %settings);
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION retention') unless $bare;
	return $node;
}

# The answer to a query under some settings; rows as psql -At prints them.
sub query
{
	my ($node, $sql, %settings) = @_;
	my $db = delete $settings{dbname} // 'postgres';

	return $node->safe_psql($db, settings_sql(%settings) . $sql);
}

sub settings_sql
{
	my (%settings) = @_;

	return join '', map { "SET $_ = '$settings{$_}';\n" } sort keys %settings;
}

# The SQLSTATE of a query that must fail; '00000' if it does not.
sub sqlstate
{
	my ($node, $sql, %settings) = @_;
	my $db = delete $settings{dbname} // 'postgres';
	my ($status, $stdout, $stderr) =
	  $node->psql($db, "\\set VERBOSITY sqlstate\n" . settings_sql(%settings) . $sql);

	return '00000' if $status == 0;
	return $stderr =~ /ERROR:  (\w{5})/ ? $1 : $stderr;
}

# The executed plan of a query, as text or, with FORMAT JSON in the options, as JSON.
sub plan_of
{
	my ($node, $sql, $options, %settings) = @_;

	return query($node, "EXPLAIN ($options) $sql", %settings);
}

# Two queries with the same columns must have the same rows.
sub same_rows
{
	my ($node, $one, $other, $name, %settings) = @_;
	my $differences = query($node, qq{
		CREATE TEMP TABLE one AS $one;
		CREATE TEMP TABLE other AS $other;
		SELECT 'no rows at all' WHERE NOT EXISTS (SELECT FROM one);
		(SELECT 'first', * FROM (TABLE one EXCEPT ALL TABLE other) d LIMIT 5)
		UNION ALL
		(SELECT 'second', * FROM (TABLE other EXCEPT ALL TABLE one) d LIMIT 5);
	}, client_min_messages => 'warning', %settings);

	return is($differences, '', $name);
}

# Loads a file whose header names its columns; all of them are text.
sub load_csv
{
	my ($node, $file, $table) = @_;
	open my $in, '<', $file or die "$file: $!";
	chomp(my $header = <$in>);

	return query($node, "CREATE TABLE $table (" . join(', ', map { "$_ text" } split /,/, $header =~ s/\r//r) . ");\n"
		  . "\\copy $table FROM '$file' WITH (FORMAT csv, HEADER)\n");
}

# Files that are not the project's own: where they can be had, and their columns.
my %real_data = (
	'cdnow_orders.csv' => [
		'the CDNOW sample of Bruce Hardie, brucehardie.com',
		'customer_id,order_id,order_date,units,amount' ],
	'cdnow_summary.csv' => [
		'histories of these customers, github.com/CamDavidsonPilon/lifetimes', 'customer_id,x,t_x,T,m_x' ],
	'sbg_survival.csv' => [
		'contracts, Table 1 of Fader and Hardie 2007', 'year,regular_pct,high_end_pct,regular_n,high_end_n' ]);

# The paths of such files in the folder that RETENTION_DATA names, or of ../expected/NAME from there.  A test that
# misses one of them is skipped as a whole, and says which.
sub find_data
{
	my (@files) = @_;
	my $folder = File::Spec->rel2abs($ENV{RETENTION_DATA} || '../shared/data', top_folder());

	for my $file (@files)
	{
		my ($what, $columns) = @{ $real_data{$file} // ['numbers computed elsewhere, not published'] };
		my $first_line = first_line("$folder/$file");

		plan skip_all => "RETENTION_DATA names no folder with $file: $what" . ($columns ? ", as $columns" : '')
		  unless $columns ? $first_line eq $columns : $first_line ne '';
	}
	return map { "$folder/$_" } @files;
}

# Without spaces at its end; nothing of a file that cannot be read.
sub first_line
{
	my ($file) = @_;

	open my $in, '<', $file or return '';
	return (<$in> // '') =~ s/\s+$//r;
}

# A server with such files as tables, given as table => file; those that can be had first.
sub start_with_data
{
	my @tables = pairkeys @_;
	my @paths = find_data(pairvalues @_);
	my $node = start_server('main');

	load_csv($node, $paths[$_], $tables[$_]) for 0 .. $#tables;
	return $node;
}

# The project's top folder.
sub top_folder
{
	return File::Spec->rel2abs(File::Spec->catdir(dirname(__FILE__), File::Spec->updir, File::Spec->updir));
}

1;
