# Many summaries and large ones: memory of a million small groups, rollups of 200,000 summaries, ten years of days,
# windows, groups that spill to disk; and what takes long can be cancelled. Time is measured in test/scale.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main', work_mem => '1GB', shared_buffers => '256MB', max_parallel_workers_per_gather => 0);

query($node, RANDOM_SQL . q{
	CREATE TABLE orders AS SELECT i::bigint AS k, '2024-01-01Z'::timestamptz + i % 600 * interval '1 day' AS at
		FROM generate_series(1, 1000000) i;
	CREATE TABLE large AS SELECT rnd(1, i, 100000) AS k,
		'2014-01-01Z'::timestamptz + rnd(2, i, 3650) * interval '1 day' AS at FROM generate_series(1, 1000000) i;
	CREATE TABLE singles AS SELECT k % 200000 AS k, retention_agg(k % 200000, at, '1 month', 'UTC') AS s FROM orders
		WHERE k <= 400000 GROUP BY 1;
	CREATE TABLE names AS SELECT 'customer ' || k AS t, retention_agg('customer ' || k, at, '1 month', 'UTC') AS s
		FROM orders WHERE k <= 60000 GROUP BY 1;
	VACUUM ANALYZE orders; VACUUM ANALYZE large; VACUUM ANALYZE singles; VACUUM ANALYZE names;
});

sub plan_json
{
	my ($sql, %settings) = @_;

	return plan_of($node, $sql, 'ANALYZE, FORMAT JSON, TIMING OFF', %settings);
}

# 1. A million groups of one customer.
my $groups = "SELECT k, retention_agg(k, at, '1 month', 'UTC') FROM orders";
my $peak = sub {
	my ($sql) = @_;
	plan_json($sql, enable_sort => 'off', hash_mem_multiplier => 4) =~ /"Peak Memory Usage": (\d+)/;
	return 1024 * $1;
};
my $each = ($peak->("$groups GROUP BY k") - $peak->('SELECT k, count(*) FROM orders GROUP BY k')) / 1000000;
cmp_ok($each, '<=', 300, sprintf('a million groups of one customer: %.0f bytes a group', $each));

# 2. Rollups of many summaries of one customer: of numbers, and of text, whose order is a hash.
is(query($node, q{SELECT rollup(s) = (SELECT retention_agg(k % 200000, at, '1 month', 'UTC') FROM orders
	WHERE k <= 400000) FROM singles}), 't', 'rollup of 200,000 customers');
is(query($node, q{SELECT rollup(s) = (SELECT retention_agg('customer ' || k, at, '1 month', 'UTC') FROM orders
	WHERE k <= 60000) FROM names}), 't', '... of 60,000 named by text');
is(query($node, q{SELECT count(*), sum(customer_count(r))
	FROM (SELECT rollup(s) AS r FROM singles GROUP BY k % 20000) x}), '20000|200000', '... into groups');

# 3. Large values: a million rows over ten years of days.
query($node, q{CREATE TABLE stored AS SELECT retention_agg(k, at, '1 day', 'UTC') AS s,
	retention_agg(k, at, '1 month', 'UTC') AS m FROM large});
is(query($node, 'SELECT customer_count(s), customer_count(s) = customer_count(m), (SELECT sum(active) FROM growth(s))
	FROM stored'),
	query($node, "SELECT count(DISTINCT k), true, count(DISTINCT (k, at)) FROM large"), 'ten years of days');
is(query($node, q{SELECT count(*) FROM (SELECT retention_agg(k, at, '1 day', 'UTC') AS s FROM large GROUP BY k) g,
	stored WHERE (SELECT rollup(x) FROM (VALUES (g.s)) v(x)) <> g.s}), '0', '... and of each customer');
is(query($node, q{SELECT (SELECT rollup(p.s)
	FROM (SELECT retention_agg(k, at, '1 day', 'UTC') AS s FROM large GROUP BY k % 7) p) = s FROM stored}), 't',
	'... in seven parts');
is(query($node, q{SELECT (SELECT rollup(p.s)
	FROM (SELECT retention_agg(k, at, '1 day', 'UTC') AS s FROM large GROUP BY extract(year FROM at)) p) = s
	FROM stored}), 't', '... year by year');
query($node, 'ALTER TABLE large SET (parallel_workers = 4)');
for my $key ('k', 'hashint8extended(k, 7)', 'md5(k::text)::uuid', q{'customer ' || k})
{
	my $value = "SELECT retention_agg($key, at, '1 day', 'UTC') FROM large";

	is(query($node, "SELECT ($value) = (SELECT rollup(s)
		FROM (SELECT retention_agg($key, at, '1 day', 'UTC') AS s FROM large GROUP BY k % 3 OFFSET 0) p)",
			PARALLEL, max_parallel_workers_per_gather => 4), 't', "... of $key, large values of several workers");
}

# Shops whose customers' numbers and months overlap or lie far apart. A worker may read one shop or several, so that
# what the workers send has few customers in common, or many.
query($node, q{
	CREATE TABLE shop_is (shop int, least bigint, customers int, month int, months int);
	INSERT INTO shop_is VALUES (0, 1, 20000, 0, 6), (1, 10001, 20000, -3, 6), (2, 1000000, 20000, 0, 20),
		(3, 5, 200, -20, 40), (4, 1, 15000, 0, 40),
		(5, 27000, 20000, 26, 6), (6, -15000, 20000, 2, 1);
	CREATE TABLE shops (shop int, k bigint, at timestamptz) PARTITION BY LIST (shop);
} . join '',
	map { "CREATE TABLE shop_$_ PARTITION OF shops FOR VALUES IN ($_) WITH (parallel_workers = 2);" } 0 .. 6);
query($node, q{INSERT INTO shops SELECT shop, least + rnd(shop, i, customers),
	'2024-01-05Z'::timestamptz + (month + rnd(shop + 10, i, months)) * interval '1 month'
	FROM shop_is, generate_series(1, 3 * customers) i; ANALYZE shops});
my $different = 0;
for my $subset (1 .. 127)
{
	my $of_shops = 'FROM shops WHERE shop IN (' . join(', ', grep { $subset >> $_ & 1 } 0 .. 6) . ')';
	my $hash = "SELECT retention_summary_hash(retention_agg(k, at, '1 month', 'UTC')),
		customer_count(retention_agg(k, at, '1 month', 'UTC')) $of_shops";
	my $alone = query($node, $hash);

	$different += (query($node, $hash, PARALLEL, max_parallel_workers_per_gather => 4,
		parallel_leader_participation => $_) ne $alone) for qw(on off);
	$different++ if $alone !~ ('\|' . query($node, "SELECT count(DISTINCT k) $of_shops") . '$');
}
is($different, 0, 'shops together, in parallel as alone');
like(plan_of($node, "SELECT retention_agg(k, at, '1 month', 'UTC') FROM shops", 'ANALYZE', PARALLEL,
	max_parallel_workers_per_gather => 4),
	qr/Workers Launched: [1-4].*Parallel Append/s, '... which several workers read');

cmp_ok(query($node, q{SELECT octet_length(retention_summary_send(retention_agg(i::bigint,
	'2024-01-01Z'::timestamptz + (i + j * j) % 24 * interval '30 days', '1 month', 'UTC')))
	FROM generate_series(1, 100000) i, generate_series(1, 5) j}), '<', 1000000,
		'100,000 customers of two years take a megabyte at most');

# 4. Windows.
is(query($node, q{SELECT count(*)
	FROM (SELECT k, row_number() OVER w AS n, customer_count(rollup(s) OVER w) AS c,
	customer_count(totals_agg(s) OVER w) AS t,
		customer_count(retention_agg(k, '2024-01-01'::timestamptz, '1 day', 'UTC') OVER w) AS a FROM singles
			WHERE k < 1000 WINDOW w AS (PARTITION BY k % 10 ORDER BY k)) w
	WHERE (c, t, a) IS DISTINCT FROM (n, n, n)}),
	'0', 'running values are those of the rows so far');
is(query($node, q{SELECT count(*) FILTER (WHERE c <> 3), count(*)
	FROM (SELECT k, customer_count(rollup(s) OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)) AS c
	FROM singles WHERE k < 500) w}), '2|500', 'frames that move');

# 5. Groups that spill to disk, and sorted ones, have the same values.
my %little = (work_mem => '64kB', hash_mem_multiplier => 1, enable_sort => 'off');
my $spilled = "SELECT k % 5000 AS g, retention_agg(k, at, '1 month', 'UTC') AS s FROM orders WHERE k <= 200000
	GROUP BY 1";
like(plan_json($spilled, %little), qr/"HashAgg Batches": (?!1\b)\d+/, 'HashAggregate spills');
query($node, "CREATE TABLE in_memory AS $spilled", enable_sort => 'off');
is(query($node, "SELECT count(*) FROM ($spilled) s JOIN in_memory m USING (g) WHERE s.s = m.s", %little), '5000',
	'spilled groups have the same answers');
is(query($node, "SELECT count(*) FROM ($spilled) s JOIN in_memory m USING (g) WHERE s.s = m.s",
	enable_hashagg => 'off'), '5000', 'sorted ones, too');
is(query($node, 'SELECT g, customer_count(rollup(s)) FROM in_memory GROUP BY GROUPING SETS ((g % 3), (g), ())
	HAVING customer_count(rollup(s)) > 1000 ORDER BY 2 LIMIT 4' =~ s/SELECT g,/SELECT g % 3,/r, %little),
	"2|66640\n0|66680\n1|66680\n|200000", 'grouping sets');

# 6. What takes long can be cancelled.
query($node, q{CREATE TABLE twins AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM large,
	generate_series(1, 2)});
for my $sql (q{SELECT retention_agg(l.k, l.at, '1 day', 'UTC') FROM large l, generate_series(1, 100)},
	'SELECT rollup(t.s) FROM twins t, generate_series(1, 100000)',
	'SELECT totals(s) FROM twins, generate_series(1, 100000) i WHERE customer_count(totals(s)) < -i',
	q{SELECT count(*) FROM stored, generate_series(1, 100000), growth(s)},
	q{SELECT count(*) FROM stored, generate_series(1, 10000), cohorts(s, NULL, CASE WHEN s = s THEN 'exact' END)},
	q{SELECT count(*) FROM stored, generate_series(1, 10000) i, retention_curve(s)},
	q{SELECT count(*) FROM stored, generate_series(1, 10000) i, members(s, '2015-01-01'::date + i)})
{
	is(sqlstate($node, $sql, statement_timeout => '500ms'), '57014', "cancelled: $sql");
}

done_testing();
