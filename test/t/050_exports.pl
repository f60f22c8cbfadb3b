# The server loads all libraries into one namespace.  So ours exports what SQL calls and nothing else, and a library
# that was loaded before it and happens to use the names of our own functions changes no answer.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use File::Temp 'tempdir';
use Test::More;
use RetentionTest;

my $config = $ENV{PG_CONFIG} || 'pg_config';
chomp(my $library = `$config --pkglibdir`);
$library .= '/retention.so';
my $cc = $ENV{CC} || 'cc';

plan skip_all => 'exported names cannot be listed: nm or a C compiler is missing'
  if system("nm --version >/dev/null 2>&1 && $cc --version >/dev/null 2>&1") != 0;

my $node = start_server('main');

# What is exported, and what SQL calls.
my %sql = map { $_ => 1, "pg_finfo_$_" => 1 } split /\n/, query($node, q{
	SELECT DISTINCT prosrc FROM pg_proc WHERE probin LIKE '%retention' ORDER BY 1});
my @exported = map { /(\S+)$/ } `nm -D --defined-only '$library'`;
cmp_ok(scalar(keys %sql), '>', 200, 'there are functions to look at');
is_deeply([ grep { !$sql{$_} && !/^(?:Pg_magic_func|_PG_init)$/ } @exported ], [], 'nothing else is exported');
my %exported = map { $_ => 1 } @exported;
is_deeply([ grep { !$exported{$_} } sort keys %sql ], [], 'what SQL calls is exported');

# A library with a function of every name that ours has inside; each of them ends the server process.
my @inside = grep { !$sql{$_} && /^[a-z]\w*$/ && !/^(?:deregister_tm_clones|register_tm_clones|frame_dummy)$/ }
  map { / [tT] (\S+)$/ } `nm --defined-only '$library'`;

SKIP:
{
	skip 'the installed library has no names of its own any more', 2 if @inside < 100;
	my $dir = tempdir(CLEANUP => 1);
	chmod 0755, $dir;
	chomp(my $include = `$config --includedir-server`);
	open my $names, '>', "$dir/names.c" or die $!;
	my %seen;
	print $names "void $_(void) { __builtin_trap(); }\n" for grep { !$seen{$_}++ } @inside;
	close $names;
	open my $magic, '>', "$dir/magic.c" or die $!;
	print $magic qq{#include "postgres.h"\n#include "fmgr.h"\nPG_MODULE_MAGIC;\n};
	close $magic;
	is(system("$cc -w -O0 -fno-builtin -fPIC -shared -I'$include' -o '$dir/names.so' '$dir/names.c' '$dir/magic.c'"), 0,
		'a library with ' . @inside . ' names of ours');

	my $queries = q{
		CREATE TEMP TABLE o AS SELECT (i * i) % 97 AS c, '2024-01-01'::timestamptz + i * interval '7 hours' AS at,
			(i % 50)::numeric AS amount FROM generate_series(1, 2000) i;
		SELECT customer_count(c), repeat_rate(c), crr(c, at, tstzrange('2024-03-01', '2024-04-01')),
			top_share(c, amount), clv(c, at, amount, '1 month', 0.3, '2025-06-01') FROM o;
		SELECT g.* FROM (SELECT retention_agg(c, at, '1 month', 'UTC') FROM o) s(s), growth(totals(s), '2025-09-01') g;
		SELECT sum(score) FROM (SELECT rfm_score(max(at), count(*), sum(amount)) OVER () AS score FROM o GROUP BY c) s;
		SELECT bgnbd_fit(frequency, recency, age) FROM (SELECT (purchase_history(at, amount, '1 day', '2025-09-01')).* FROM o GROUP BY c) h;
		SELECT balance(redeem(earn(points_ledger(), 100, '2024-01-01'), 30, '2024-02-01'), '2024-03-01');
	};
	is(query($node, "LOAD '$dir/names.so';\n$queries"), query($node, $queries), 'which does not change an answer');
}

$node->stop;
done_testing();
