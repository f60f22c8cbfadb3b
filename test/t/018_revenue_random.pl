# Money of random logs: every column of every report, to the last digit, against plain SQL of the definitions.
#
# A log is one small shop: a few orders of up to six customers, with its own bucket, zone, units of money and time as
# of which it is reported. Amounts are often 0 or cancel each other, so that customers come, leave and return all the
# time. The value of a log is made in one of several ways, from one of several types of customers, and many logs at
# once by one query; its reports must be those of RevenueModel.pm, and it must equal the value of one pass.
#
# LOGS      how many; default 10000
# SEED      another number gives other logs
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;
use RevenueModel;

my $logs = $ENV{LOGS} || 10000;
my $seed = $ENV{SEED} || 1;
my $node = start_server('main');
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;
my $citext = query($node, q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'}) > 0;

# Units of money: as shops have them, and such that sums need more than 64 or 128 bits, or, rarely, a thousand digits.
my @UNITS = ((('0.01') x 4, '1', '0.5', '1.50', '10.0', '0.000001', '333333333333.3333', '666666666666.6', '1e30',
	'1e-30', '92233720368547758.07', '9223372036854775807', '4611686018427387904',
	'170141183460469231731687303715884105727', '1e-18', '0.1e-29', '1e100',
	'99999999.99999999', '12345678901234567890.123456789012345678901234567890') x 3,
	'1e990', '1e-990');

# A type of customers, and the key of customer c in order id. Some keys that are equal are spelt differently.
my @KEYS = (
	[ 'int', 'c::int' ], [ 'bigint', '(c - 500000) * 1000000007' ], [ 'uuid', 'md5(c::text)::uuid' ],
	[ 'text', q{repeat('customer ', c::int % 4) || c} ],
	[ 'numeric', '(c / 10.0)::numeric(12,1) + CASE WHEN id % 2 = 0 THEN 0.000 ELSE 0 END' ],
	$icu ? [ 'text COLLATE ci', q{CASE WHEN id % 2 = 0 THEN 'Cust ' ELSE 'CUST ' END || c} ] : (),
	$citext ? [ 'citext', q{CASE WHEN id % 2 = 0 THEN 'Cust ' ELSE 'CUST ' END || c} ] : ());

query($node, ($icu ? q{CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);} : '')
	  . ($citext ? 'CREATE EXTENSION citext;' : '') . RANDOM_SQL . MODEL_FUNCTIONS . q{
	CREATE FUNCTION one_of(choices anyarray, number bigint) RETURNS anyelement IMMUTABLE LANGUAGE sql
	AS 'SELECT choices[1 + number % cardinality(choices)]';
});

# 1. The logs. as_of is missing, within the log, where a bucket starts, at an order or a moment after it, before all
# orders or behind them. One log in 500 has many customers, one in 20 many buckets, one in 20 lies in the future.
my $units = 'ARRAY[' . join(', ', map { "$_\::numeric" } @UNITS) . ']';
query($node, qq{
	CREATE UNLOGGED TABLE logs AS
	SELECT *, CASE rnd(2, log, 8) WHEN 0 THEN NULL WHEN 1 THEN start - rnd(3, log, 60) * interval '1 day'
			WHEN 2 THEN start + rnd(3, log, 2 * days) * interval '1 day'
			WHEN 3 THEN bucket_day(bucket_number((start + rnd(3, log, days) * interval '1 day')::date, bucket),
				bucket)::timestamp AT TIME ZONE zone
			ELSE start + rnd(3, log, days * 1440) * interval '1 minute' END AS as_of
	FROM (SELECT log, bucket, key, way, wide, customers, orders,
			one_of('{UTC, Europe/Vilnius, America/New_York, Asia/Kolkata, Australia/Lord_Howe}'::text[],
				rnd(4, log, 100)) AS zone,
			CASE WHEN rnd(5, log, 20) = 0 THEN '2100-01-01Z'::timestamptz ELSE '2015-01-01Z' END
				+ rnd(6, log, 2500) * interval '1 day' AS start,
			(1 + rnd(7, log, CASE WHEN rnd(8, log, 20) = 0 THEN 80 ELSE 8 END))
				* (bucket_day(1, bucket) - bucket_day(0, bucket)) AS days,
			one_of($units, rnd(9, log, 1000)) AS unit, one_of($units, rnd(10, log, 1000)) AS other_unit
		FROM (SELECT log, one_of('{1 day, 7 days, 10 days, 1 month, 1 month, 3 months, 1 year}'::interval[],
					rnd(11, log, 100)) AS bucket,
				rnd(12, log, @{[ scalar @KEYS ]}) AS key, rnd(13, log, 8) AS way, rnd(14, log, 3) = 0 AS wide,
				1 + rnd(15, log, CASE WHEN large THEN 300 ELSE 6 END) AS customers,
				CASE WHEN large THEN 2000 ELSE 1 + rnd(16, log, 30) END AS orders
			FROM (SELECT log, rnd(17, log, 500) = 0 AS large
				FROM generate_series($seed * 1000000000::bigint + 1, $seed * 1000000000::bigint + $logs) log) a) b) l;
	CREATE UNLOGGED TABLE orders AS
	SELECT id, log, key, way, bucket, zone,
		CASE WHEN rnd(21, id, 40) > 0 THEN rnd(22, log * 1000 + rnd(23, id, customers), 1000000) END AS c,
		CASE WHEN rnd(24, id, 40) > 0 THEN start + rnd(25, id, days * 1440) * interval '1 minute' END AS at,
		-- Rates of a log fit a double.
		CASE WHEN rnd(26, id, 40) > 0 THEN
			CASE WHEN rnd(27, id, 2) = 0 AND other_unit / unit BETWEEN 1e-200 AND 1e200 THEN other_unit ELSE unit END
			* CASE WHEN wide THEN rnd(28, id, 20000) - 5000 ELSE rnd(28, id, 7) - 3 END END AS amount,
		rnd(29, id, 1 + rnd(30, log, 6)) AS piece
	FROM (SELECT l.*, log * 2000 + i AS id FROM logs l, generate_series(1, l.orders) i) o;
	UPDATE logs l SET as_of = o.at + rnd(31, l.log, 2) * interval '1 microsecond' FROM orders o
	WHERE o.id = l.log * 2000 + 1 AND o.at IS NOT NULL AND rnd(32, l.log, 8) = 0;
	CREATE UNIQUE INDEX ON logs (log);
	ALTER TABLE orders SET (parallel_workers = 3);
	CREATE VIEW asked AS
	SELECT log, (start + rnd(1, log, days + 20) * interval '1 day')::date - 10 AS period FROM logs;
	ANALYZE logs; ANALYZE orders;} . model_sql);
cmp_ok(query($node, 'SELECT count(*) FROM expected_growth'), '>', 3 * $logs, 'the logs have buckets');
is(query($node, 'SELECT count(DISTINCT movement) FROM movements'), 5, '... with every movement');

# 2. The values: of one pass for all logs, and of the log's own way.
my $VALUE = 'revenue_agg(k, at, amount, bucket, zone)';
my @IN_PARALLEL = (PARALLEL, max_parallel_workers_per_gather => 3, enable_sort => 'off');
my @ways = (
	[ 'one pass', 'SELECT log, s FROM once' ],
	[ 'totals', 'SELECT log, totals(s) FROM once' ],
	[ 'in parallel', "SELECT log, $VALUE FROM keyed GROUP BY log", @IN_PARALLEL ],
	[ 'in parallel without the leader', "SELECT log, $VALUE FROM keyed GROUP BY log", @IN_PARALLEL,
		parallel_leader_participation => 'off' ],
	[ 'pieces', "SELECT log, rollup(s) FROM (SELECT log, $VALUE AS s FROM keyed GROUP BY log, piece) p
		GROUP BY log" ],
	[ 'pieces of rows', "SELECT log, rollup(s) FROM (SELECT log, rollup(s) AS s
		FROM (SELECT log, piece, $VALUE AS s FROM keyed GROUP BY log, piece, id) r GROUP BY log, piece) p
		GROUP BY log" ],
	[ 'customers', "SELECT log, totals_agg(s) FROM (SELECT log, $VALUE AS s FROM keyed GROUP BY log, k) c
		GROUP BY log" ],
	[ 'stored', 'SELECT log, s::text::revenue_summary FROM once' ]);

query($node, q{
	CREATE UNLOGGED TABLE once (log bigint, s revenue_summary);
	CREATE UNLOGGED TABLE made (way text, log bigint, s revenue_summary, t revenue_totals)});
for my $key (0 .. $#KEYS)
{
	my ($type, $expression) = @{ $KEYS[$key] };

	query($node, qq{
		DROP TABLE IF EXISTS all_keyed, names;
		CREATE UNLOGGED TABLE all_keyed AS SELECT *, ($expression)::$type AS k FROM orders WHERE key = $key;
		CREATE UNLOGGED TABLE names AS SELECT DISTINCT log, c, k FROM all_keyed WHERE c IS NOT NULL;
		ANALYZE names;
		INSERT INTO once SELECT log, $VALUE AS s FROM all_keyed GROUP BY log}, SERIAL,
		client_min_messages => 'warning');
	for my $way (0 .. $#ways)
	{
		my ($name, $sql, @settings) = @{ $ways[$way] };
		my $to = $name =~ /totals|customers/ ? 't' : 's';

		query($node, qq{
			DROP TABLE IF EXISTS keyed, fresh;
			CREATE UNLOGGED TABLE keyed AS SELECT * FROM all_keyed WHERE way = $way;
			ALTER TABLE keyed SET (parallel_workers = 3);
			ANALYZE keyed}, client_min_messages => 'warning');
		$sql =~ s/FROM once/FROM once JOIN logs USING (log) WHERE key = $key AND way = $way/;
		like(plan_of($node, $sql, 'COSTS OFF', @settings), qr/Gather.*Partial/s, "$type $name")
		  if $name =~ /parallel/;
		query($node, "CREATE UNLOGGED TABLE fresh (log, v) AS $sql; INSERT INTO made (way, log, $to)
			SELECT '$type, $name', * FROM fresh WHERE v IS NOT NULL", @settings);
	}
	# Customers by name: those of the bucket that the log asks for.
	same_rows($node, "SELECT log, c, state, before::text, revenue::text, movement
		FROM (SELECT log, m.*, customer::$type AS k
			FROM once JOIN logs USING (log) JOIN asked USING (log), members(s, period) m WHERE key = $key) m
				LEFT JOIN names USING (log, k)",
		"SELECT log, c, state, before::text, revenue::text, movement FROM expected_members JOIN logs USING (log)
			WHERE key = $key", "members, $type");
}
query($node, 'ANALYZE once; ANALYZE made');
is(query($node, q{WITH o AS MATERIALIZED (SELECT log, s, totals(s) AS t FROM once)
		SELECT way, log FROM made m JOIN o USING (log)
		WHERE (m.s = o.s AND revenue_summary_hash(m.s) = revenue_summary_hash(o.s)
			OR m.t = o.t AND revenue_totals_hash(m.t) = revenue_totals_hash(o.t)) IS NOT TRUE
		LIMIT 3}), '', 'all ways lead to equal values');

# 3. The reports.
is(query($node, 'SELECT count(*) FROM made'), query($node, 'SELECT count(DISTINCT log) FROM counted'),
	'all logs are there');
compare_reports($node, 'of many logs');
is(query($node, q{SELECT log, g.period FROM once JOIN logs USING (log), revenue_growth(s, as_of) g
	WHERE complete <> (churned IS NOT NULL) OR complete <> (starting IS NOT NULL)
		OR complete AND revenue <> starting + new_revenue + reactivated + expansion - contraction - churned
	LIMIT 3}), '', 'revenue = starting + new + reactivated + expansion - contraction - churned');

# The age at which a log's customers have paid what they cost, which is often just what they have paid at some age.
query($node, q{
	CREATE TABLE costs AS
	SELECT log, margin, abs(coalesce(per_customer, 7) * margin::text::numeric
		+ CASE rnd(42, log, 3) WHEN 0 THEN 1e-1100 WHEN 1 THEN -1e-1100 ELSE 0 END) AS cost
	FROM (SELECT *, one_of('{1, 0.5, 0.29, 0.3, 0.001, 0.07}'::float8[], rnd(41, log, 100)) AS margin FROM logs) l
		LEFT JOIN expected_curve c USING (log) WHERE c.age IS NULL OR c.age = rnd(43, log, 2)});
is(query($node, q{WITH e AS (SELECT log, cost, margin,
			min(age) FILTER (WHERE per_customer * margin::text::numeric >= cost) AS age
		FROM costs LEFT JOIN expected_curve USING (log) GROUP BY log, cost, margin)
	SELECT made.way, log, x.age, e.age FROM made JOIN logs USING (log) JOIN e USING (log),
		LATERAL (SELECT coalesce(payback_age(s, cost, margin, as_of), payback_age(t, cost, margin, as_of))) x (age)
	WHERE x.age IS DISTINCT FROM e.age LIMIT 3}), '', 'payback_age');

# 4. The part without money is what retention_agg makes of the same rows.
is(query($node, q{SELECT log FROM (SELECT log, retention_agg(k, at, bucket, zone) AS r FROM all_keyed
			WHERE amount IS NOT NULL GROUP BY log) o JOIN once USING (log)
		WHERE (s::retention_summary = r AND totals(s)::retention_totals = totals(r)
			AND customer_count(s) = customer_count(r) AND customer_count(totals(s)) = customer_count(r)) IS NOT TRUE
		AND s IS NOT NULL LIMIT 3}), '', 'the part without money');

# 5. Values that leave the server and come back.
my $file = PostgreSQL::Test::Utils::tempdir() . '/values';
query($node, qq{
	CREATE UNLOGGED TABLE again (log bigint, s revenue_summary, t revenue_totals);
	COPY (SELECT log, s, totals(s) FROM once) TO '$file' (FORMAT binary);
	COPY again FROM '$file' (FORMAT binary)});
is(query($node, q{SELECT count(*) = (SELECT count(*) FROM once),
		count(*) FILTER (WHERE a.s::text <> o.s::text OR a.t::text <> totals(o.s)::text
			OR a.s <> o.s OR a.t <> totals(o.s) OR a.t::text::revenue_totals::text <> a.t::text)
	FROM again a JOIN once o USING (log)}), 't|0', 'binary and text');

# 6. A report as of a past time is that of the orders before it, or NULL where later orders hide it. Quotients have
# more digits if later orders are of finer money.
query($node, q{
	CREATE UNLOGGED TABLE replay AS
	SELECT log, as_of, revenue_agg(c, at, amount, l.bucket, l.zone) AS whole,
		revenue_agg(c, at, amount, l.bucket, l.zone) FILTER (WHERE at < as_of) AS before,
		bool_or(at >= as_of) FILTER (WHERE c IS NOT NULL AND amount IS NOT NULL) AS later
	FROM orders JOIN logs l USING (log) WHERE as_of IS NOT NULL GROUP BY log, as_of;
	ANALYZE replay});
for my $report ([ 'revenue_growth', 'period', 'new_revenue, reactivated, revenue' ],
	[ 'revenue_cohorts', 'cohort, age', 'payers, revenue, cumulative' ], [ 'ltv_curve', 'age', 'cohorts' ])
{
	my ($function, $keys, $so_far) = @$report;
	my %rows = map { ($_ => "SELECT log, later, $keys, to_jsonb(r) - 'per_customer' AS $_,
			(to_jsonb(r)->>'per_customer')::numeric AS quotient, num_nonnulls($so_far) AS known
		FROM replay, $function($_, as_of) r") } qw(whole before);

	is(query($node, "SELECT count(*) FILTER (WHERE whole = before) > 1000,
			count(*) FILTER (WHERE NOT (whole IS NOT DISTINCT FROM before
					AND abs(w.quotient - b.quotient) > abs(w.quotient) * 1e-12 + 1e-12 IS NOT TRUE
				OR later AND w.known = 0 AND whole->>'complete' = 'false'
					AND coalesce(before, whole) @> jsonb_strip_nulls(whole)))
		FROM ($rows{whole}) w FULL JOIN ($rows{before}) b USING (log, later, $keys)"), 't|0',
		"$function as it was then");
}

# 7. One large log, whose values workers and merges handle in other ways than small ones: 20,000 customers, 14 months.
query($node, q{
	DROP VIEW asked;
	DROP TABLE logs, orders;
	TRUNCATE made;
	CREATE TABLE logs AS
	SELECT 1 AS log, interval '1 month' AS bucket, 'UTC' AS zone, '2025-02-15Z'::timestamptz AS as_of;
	CREATE VIEW asked AS SELECT log, date '2024-07-04' AS period FROM logs;
	CREATE TABLE orders WITH (parallel_workers = 3) AS
	SELECT 1 AS log, rnd(51, i, 1 + rnd(52, i, 20000)) AS c,
		'2024-01-01Z'::timestamptz + rnd(53, i, 420 * 1440) * interval '1 minute' AS at, i % 5 AS piece,
		(rnd(54, i, 7) - 3) * CASE WHEN i % 1000 = 0 THEN 1e25 ELSE 0.25 END AS amount
	FROM generate_series(1, 80000) i;
	ANALYZE orders;
} . model_sql);
for my $key ('c', 'md5(c::text)')
{
	my $value = "revenue_agg($key, at, amount, '1 month', 'UTC')";
	my %ways = (
		'one pass'  => [ "SELECT $value FROM orders", SERIAL ],
		'parallel'  => [ "SELECT $value FROM orders", @IN_PARALLEL ],
		'workers'   => [ "SELECT $value FROM orders", @IN_PARALLEL, parallel_leader_participation => 'off' ],
		'pieces'    => [ "SELECT rollup(s) FROM (SELECT $value AS s FROM orders GROUP BY piece) p", SERIAL ],
		'customers' => [ "SELECT totals_agg(s) FROM (SELECT $value AS s FROM orders GROUP BY $key) c",
			@IN_PARALLEL ]);

	for my $way (sort keys %ways)
	{
		my ($sql, @settings) = @{ $ways{$way} };

		query($node, "DROP TABLE IF EXISTS fresh; CREATE TABLE fresh (v) AS $sql;
			INSERT INTO made (way, log, @{[ $way eq 'customers' ? 't' : 's' ]}) SELECT '$way, $key', 1, v FROM fresh",
			client_min_messages => 'warning', @settings);
	}
	is(query($node, "SELECT way FROM made, (SELECT $value FROM orders) o (s)
		WHERE way LIKE '%, $key' AND coalesce(made.s = o.s, made.t = totals(o.s)) IS NOT TRUE"), '',
		"large, $key: all ways are equal");
}
compare_reports($node, 'of a large log');
same_rows($node, q{SELECT customer::int AS c, state, before::text, revenue::text, movement
	FROM made, members(s, '2024-07-04') WHERE way = 'parallel, c'},
	'SELECT c, state, before::text, revenue::text, movement FROM expected_members', 'members of a large log');

done_testing();
