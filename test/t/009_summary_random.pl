# Summaries, totals and reports over random orders, compared with hand-written SQL.
#
# The SQL here is written from the definitions alone: it finds buckets with AT TIME ZONE and date arithmetic, and
# who is new, retained or lost with joins. For all widths of buckets, several zones and types of keys it must agree
# with growth, cohorts, retention_curve and members, of summaries made in one pass, in parallel, by rollup, and of
# totals. At the end, times around every change of the clock are sorted into buckets.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;
my $citext = query($node, q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'}) > 0;

# 400 customers place 6,000 orders in two years, and some of them one ten years before; "slow" has daily buckets over
# ten years, with many rows in some of them.
query($node, ($icu ? q{CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);} : '')
	  . ($citext ? 'CREATE EXTENSION citext;' : '') . RANDOM_SQL . q{
	CREATE TYPE pair AS (branch int, name text);
	CREATE TABLE orders AS
	SELECT id, k, k::smallint AS s, (k - 100) * 1000000007::bigint AS b, md5(k::text)::uuid AS u,
		repeat('customer ', k % 4) || k AS t,
		CASE rnd(1, id, 3) WHEN 0 THEN 'Cust ' WHEN 1 THEN 'cust ' ELSE 'CUST ' END || k AS ci,
		CASE rnd(2, id, 2) WHEN 0 THEN (k / 10.0)::numeric(12,1) ELSE (k / 10.0)::numeric(12,4) END AS n,
		date '2000-01-01' + k AS d, convert_to(k::text, 'UTF8') AS y, ROW(k / 100, 'no. ' || k % 100)::pair AS c,
		ARRAY[k, k + 1] AS a, k / 7.0::float8 AS f,
		CASE WHEN rnd(3, id, 50) > 0 THEN '2019-01-01Z'::timestamptz + rnd(4, id, 1 + rnd(5, k, 730 * 1440))
			* interval '1 minute' END AS at,
		(ARRAY['lt', 'lv', 'ee', 'pl'])[1 + rnd(6, id, 4)] AS country
	FROM (SELECT id, rnd(7, id, 1 + rnd(8, id, 400))::int AS k FROM generate_series(1, 6000) id) s;
	UPDATE orders SET at = at - interval '10 years' WHERE id % 500 = 0;
	UPDATE orders SET k = NULL, s = NULL, b = NULL, u = NULL, t = NULL, ci = NULL, n = NULL, d = NULL, y = NULL,
		c = NULL, a = NULL, f = NULL
	WHERE id % 100 = 7;
	CREATE TABLE slow AS SELECT rnd(1, i, 60) AS k,
		'2010-01-01Z'::timestamptz + CASE WHEN i % 3 = 0 THEN rnd(2, i / 100, 3650)
			ELSE rnd(2, i, 3650) END * interval '1 day' AS at, i % 7 AS part
	FROM generate_series(1, 20000) i;
	ALTER TABLE orders SET (parallel_workers = 4);
	VACUUM ANALYZE slow;
	CREATE AGGREGATE product(float8) (SFUNC = float8mul, STYPE = float8);
});
query($node, 'ALTER TABLE orders ALTER ci TYPE text COLLATE ci') if $icu;
query($node, 'ALTER TABLE orders ADD cx citext; UPDATE orders SET cx = ci::text') if $citext;
query($node, q{
	CREATE TABLE part (LIKE orders) PARTITION BY HASH (id);
	CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 3, REMAINDER 0);
	CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 3, REMAINDER 1);
	CREATE TABLE part_2 PARTITION OF part FOR VALUES WITH (MODULUS 3, REMAINDER 2);
	INSERT INTO part SELECT * FROM orders;
	VACUUM ANALYZE orders; ANALYZE part});

# The number of a local date's bucket, and the date on which one starts.
sub number_sql
{
	my ($date, $bucket) = @_;
	my ($n, $unit) = split / /, $bucket;

	return "floor(($date - date '2000-01-03') / $n.0)::int" if $unit =~ /day/;
	$n *= 12 if $unit =~ /year/;
	return "floor(((extract(year FROM $date) - 2000) * 12 + extract(month FROM $date) - 1) / $n.0)::int";
}

sub start_sql
{
	my ($number, $bucket) = @_;

	return $bucket =~ /day/ ? "(date '2000-01-03' + ($number) * extract(day FROM interval '$bucket')::int)"
	  : "(date '2000-01-01' + ($number) * interval '$bucket')::date";
}

# What all reports begin with: seen(k, p, n), customers(k, f, l), and span(first, until, done).
sub base_sql
{
	my ($key, $from, $bucket, $zone, $as_of) = @_;
	my $number = number_sql("(at AT TIME ZONE '$zone')::date", $bucket);
	my $ends = sub { start_sql($_[0], $bucket) . "::timestamp AT TIME ZONE '$zone'" };
	my $until = $as_of
	  ? "(SELECT max(i) FROM generate_series((SELECT min(p) - 1 FROM seen), (SELECT max(p) FROM seen) + 60) i
		WHERE @{[ $ends->('i') ]} < '$as_of')"
	  : '(SELECT max(p) FROM seen)';

	return qq{WITH seen AS MATERIALIZED (SELECT $key AS k, $number AS p, count(*) AS n FROM $from
		WHERE $key IS NOT NULL AND at IS NOT NULL GROUP BY 1, 2),
	customers AS MATERIALIZED (SELECT k, min(p) AS f, max(p) AS l FROM seen GROUP BY k),
	span AS MATERIALIZED (SELECT min(p) AS first, $until AS until FROM seen),
	buckets AS MATERIALIZED (SELECT i AS p, @{[ start_sql('i', $bucket) ]} AS period,
		@{[ $ends->('i + 1') ]} <= @{[ $as_of ? "'$as_of'" : 'now()' ]} AS complete
		FROM span, generate_series(first, until) i)};
}

sub growth_sql
{
	return base_sql(@_) . q{,
	moves AS (SELECT s.k, s.p, s.n, c.f, lag(s.p) OVER w = s.p - 1 AS stayed, lead(s.p) OVER w = s.p + 1 AS stays
		FROM seen s JOIN customers c ON c.k = s.k WINDOW w AS (PARTITION BY s.k ORDER BY s.p)),
	came AS (SELECT p, count(*) AS active, count(*) FILTER (WHERE f = p) AS fresh,
		count(*) FILTER (WHERE stayed) AS retained,
		count(*) FILTER (WHERE f < p AND stayed IS NOT TRUE) AS resurrected, count(*) FILTER (WHERE n > 1) AS repeated
			FROM moves GROUP BY p),
	gone AS (SELECT p + 1 AS p, count(*) FILTER (WHERE stays IS NOT TRUE) AS churned, count(*) AS starting FROM moves
		GROUP BY p)
	SELECT period, coalesce(starting, 0) AS starting, coalesce(fresh, 0) AS new_customers,
		coalesce(retained, 0) AS retained,
		coalesce(resurrected, 0) AS resurrected, CASE WHEN complete THEN coalesce(churned, 0) END AS churned,
		coalesce(active, 0) AS active, coalesce(repeated, 0) AS repeat_customers,
		CASE WHEN complete THEN coalesce(retained, 0)::float8 / starting END AS crr,
		CASE WHEN complete THEN coalesce(churned, 0)::float8 / starting END AS churn_rate,
		CASE WHEN complete THEN repeated::float8 / active END AS repeat_rate,
		CASE WHEN complete THEN (coalesce(fresh, 0) + coalesce(resurrected, 0))::float8
			/ NULLIF(churned, 0) END AS quick_ratio, complete
	FROM buckets LEFT JOIN came USING (p) LEFT JOIN gone USING (p)};
}

sub cohorts_sql
{
	my ($mode, @base) = @_;
	my $counted = $mode eq 'exact'
	  ? 'SELECT c.f, s.p, count(*) AS retained FROM seen s JOIN customers c ON c.k = s.k GROUP BY 1, 2'
	  : 'SELECT c.f, b.p, count(*) AS retained FROM customers c JOIN buckets b ON b.p BETWEEN c.f AND c.l
		GROUP BY 1, 2';

	return base_sql(@base) . qq{,
	counted AS MATERIALIZED ($counted),
	sizes AS MATERIALIZED (SELECT f, count(*) AS customers FROM customers GROUP BY f)
	SELECT first.period AS cohort, b.p - z.f AS age, b.period, customers, coalesce(retained, 0) AS retained,
		CASE WHEN b.complete THEN coalesce(retained, 0)::float8 / customers END AS rate, b.complete
	FROM sizes z JOIN buckets first ON first.p = z.f JOIN buckets b ON b.p >= z.f
		LEFT JOIN counted n ON n.f = z.f AND n.p = b.p};
}

# From the rows of cohorts, in a table "matrix".
my %rate = (
	pooled  => 'sum(retained) / sum(customers)::float8',
	simple  => 'avg(retained / customers::float8)',
	chained => 'NULL');
sub curve_sql
{
	my ($weighting) = @_;

	return "SELECT age, count(*)::int AS cohorts, sum(customers)::bigint AS customers,
		sum(retained)::bigint AS retained, round(($rate{$weighting})::numeric, 12) AS rate FROM matrix WHERE complete
		GROUP BY age"
	  if $weighting ne 'chained';
	return q{
	WITH steps AS (SELECT age, count(*)::int AS cohorts, sum(customers)::bigint AS customers,
		sum(retained)::bigint AS retained,
			sum(retained) / NULLIF(sum(before), 0)::float8 AS step
		FROM (SELECT *, CASE WHEN age = 0 THEN retained
			ELSE lag(retained) OVER (PARTITION BY cohort ORDER BY age) END AS before FROM matrix) m
		WHERE complete GROUP BY age)
	SELECT age, cohorts, customers, retained,
		round(CASE WHEN count(*) OVER w = count(step) OVER w THEN product(step) OVER w END::numeric, 12) AS rate
	FROM steps WINDOW w AS (ORDER BY age)};
}

sub members_sql
{
	my ($period, @base) = @_;
	my $number = number_sql("date '$period'", $base[2]);

	return base_sql(@base) . qq{
	SELECT c.k::text AS customer, CASE WHEN here.k IS NULL THEN 'churned' WHEN f = $number THEN 'new'
		WHEN before.k IS NOT NULL THEN 'retained' ELSE 'resurrected' END AS state
	FROM customers c LEFT JOIN seen here ON here.k = c.k AND here.p = $number
		LEFT JOIN seen before ON before.k = c.k AND before.p = $number - 1
	WHERE here.k IS NOT NULL OR before.k IS NOT NULL};
}

my $as_given = sub { $_[0] ? "'$_[0]'" : 'NULL' };
my $IDENTITIES = q{active <> new_customers + retained + resurrected OR complete AND starting <> retained + churned
	OR repeat_customers > active
	OR complete <> (churned IS NOT NULL) OR crr NOT BETWEEN 0 AND 1 OR abs(crr + churn_rate - 1) > 1e-12};

# 1. Every width, in several zones, with and without as_of, which is inside a bucket or where one starts; of the orders
# before it, since 014_as_of.pl has those that came later.
my @widths = ('1 month', '3 months', '5 months', '1 year', '7 days', '10 days', '1 day');
my @zones = ('UTC', 'Europe/Vilnius', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe');
my $round = 0;
for my $bucket (@widths)
{
	for my $as_of ('', '2020-06-17 13:00+00', '2020-07-01 00:00+00')
	{
		next if $bucket =~ /^(5 months|10 days)$/ && $as_of =~ /07-01/;
		my $zone = $as_of =~ /07-01/ ? 'UTC' : $zones[$round++ % @zones];
		my $from = "orders WHERE at > '2018-01-01'" . ($as_of && " AND at < '$as_of'");
		my @base = ('k', "(SELECT * FROM $from) o", $bucket, $zone, $as_of);
		my $summary = "(SELECT retention_agg(k, at, '$bucket', '$zone') FROM $from)";
		my $given = $as_given->($as_of);
		my $name = "$bucket, $zone, as of " . ($as_of || 'now');

		same_rows($node, "SELECT * FROM growth($summary, $given)", growth_sql(@base), "growth: $name",
			timezone => 'Asia/Kolkata');
		same_rows($node, "SELECT * FROM growth(totals($summary), $given)", growth_sql(@base), '... of totals',
			timezone => 'America/Caracas');
		is(query($node, "SELECT * FROM growth($summary, $given) WHERE $IDENTITIES"), '', '... its identities');
		next if $bucket eq '1 day' && $as_of !~ /17/;
		for my $mode ('exact', 'on_or_after')
		{
			query($node, 'DROP TABLE IF EXISTS matrix; CREATE TABLE matrix AS ' . cohorts_sql($mode, @base),
				client_min_messages => 'warning');
			same_rows($node, "SELECT * FROM cohorts($summary, $given, '$mode')", 'TABLE matrix',
				"cohorts, $mode: $name");
			same_rows($node, join(' UNION ALL ',
				map { "SELECT '$_' AS weighting, age, cohorts, customers, retained, round(rate::numeric, 12) AS rate
					FROM retention_curve(totals($summary), $given, '$mode', '$_')" } sort keys %rate),
				join(' UNION ALL ', map { "SELECT '$_' AS weighting, c.*
					FROM (" . curve_sql($_) . ') c' } sort keys %rate), '... curves');
		}
		is(query($node, "SELECT * FROM retention_curve($summary, $given) EXCEPT SELECT *
			FROM retention_curve(totals($summary), $given, 'exact', 'weighted')"), '',
			'... pooled is weighted');
	}
	for my $period ('2019-08-20', '2020-05-31')
	{
		my $summary = "(SELECT retention_agg(k, at, '$bucket', 'Europe/Vilnius') FROM orders)";
		my @base = ('k', 'orders', $bucket, 'Europe/Vilnius', '');

		same_rows($node, "SELECT * FROM members($summary, '$period')", members_sql($period, @base),
			"members of $bucket with $period");
		is( query($node, "SELECT g.new_customers, g.retained, g.resurrected, g.churned, g.crr, g.churn_rate, g.active
			FROM growth($summary) g WHERE g.period = " . start_sql(number_sql("date '$period'", $bucket), $bucket)),
			query($node, qq{WITH v AS MATERIALIZED (SELECT $summary AS s)
				SELECT @{[ join ', ', map { "count(*) FILTER (WHERE state = '$_')" }
					qw(new retained resurrected churned) ]},
					(SELECT crr(s, date '$period') FROM v), (SELECT churn_rate(totals(s), date '$period') FROM v),
						(SELECT customer_count(s, date '$period') FROM v)
				FROM v, members(s, '$period')}), '... and the numbers of that one bucket');
	}
}

# 2. Every type of key: in one pass, in parallel, by countries, months and partitions, and totals by customer.
my @keys = ('k', 's', 'b', 'u', 't', 'n', 'd', 'y', 'c', 'a', 'f', $icu ? 'ci' : (), $citext ? 'cx' : ());
for my $key (@keys)
{
	for my $bucket ($key =~ /^(k|t|ci|cx|n)$/ ? ('1 month', '1 day') : '7 days')
	{
		my $arguments = "($key, at, '$bucket', 'America/New_York')";
		my $once = "(SELECT retention_agg$arguments FROM orders)";
		my $name = "$key by $bucket";

		query($node, "DROP TABLE IF EXISTS one_pass; CREATE TABLE one_pass AS SELECT $once AS s",
			client_min_messages => 'warning', SERIAL);
		same_rows($node, 'SELECT g.* FROM one_pass, growth(s) g',
			growth_sql($key, 'orders', $bucket, 'America/New_York', ''), $name);
		is(query($node, 'SELECT customer_count(s) FROM one_pass'),
			query($node, "SELECT count(DISTINCT $key) FROM orders WHERE at IS NOT NULL"), '... all customers');
		for my $with ([ 1, 'on' ], [ 4, 'off' ])
		{
			is(query($node, "SELECT s = $once, s <> $once FROM one_pass", PARALLEL,
				max_parallel_workers_per_gather => $with->[0], parallel_leader_participation => $with->[1]),
				't|f', "... in parallel, $with->[0] workers, leader $with->[1]");
		}
		my %merged = (
			countries => "SELECT retention_agg$arguments AS s FROM orders GROUP BY country",
			months => "SELECT retention_agg$arguments AS s FROM orders GROUP BY date_trunc('month', at)",
			customers => "SELECT retention_agg$arguments AS s FROM orders GROUP BY $key",
			rows => "SELECT retention_agg$arguments AS s FROM orders GROUP BY id");
		for my $way (sort keys %merged)
		{
			is(query($node, "SELECT rollup(m.s) = (SELECT s FROM one_pass),
				hashtext(totals(rollup(m.s))::text) = (SELECT hashtext(totals(s)::text) FROM one_pass),
				retention_summary_hash(rollup(m.s)) = (SELECT retention_summary_hash(s) FROM one_pass)
					FROM ($merged{$way}) m"), 't|t|t', "... rolled up by $way");
		}
		is(query($node, "SELECT totals_agg(m.s) = (SELECT totals(s) FROM one_pass) FROM ($merged{customers}) m"), 't',
			'... totals by customer');
		is(query($node, "SELECT rollup(m.s) = (SELECT s FROM one_pass)
			FROM (SELECT rollup(n.s) AS s FROM ($merged{rows} ORDER BY rnd(1, id, 1000)) n(s)
			GROUP BY random() < 0.5) m"),
			't', '... by rollups of rows in no order');
		is(query($node, 'SELECT s::text::retention_summary = s, totals(s)::text::retention_totals = totals(s)
			FROM one_pass'), 't|t', '... as text and back');
		is(query($node, "SELECT retention_agg$arguments = (SELECT s FROM one_pass) FROM part",
			enable_partitionwise_aggregate => 'on', SERIAL), 't', '... partitionwise');
	}
}

# A type whose hash is nearly always the same, and whose equal keys are spelt differently.
query($node, q{
	CREATE TYPE clash;
	CREATE FUNCTION clash_in(cstring) RETURNS clash LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
	CREATE FUNCTION clash_out(clash) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
	CREATE FUNCTION clash_recv(internal) RETURNS clash LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textrecv';
	CREATE FUNCTION clash_send(clash) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textsend';
	CREATE TYPE clash (INPUT = clash_in, OUTPUT = clash_out, RECEIVE = clash_recv, SEND = clash_send, LIKE = text);
	CREATE CAST (clash AS text) WITHOUT FUNCTION;
	CREATE CAST (text AS clash) WITHOUT FUNCTION;
	CREATE FUNCTION clash_eq(clash, clash) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
		RETURN lower($1::text) = lower($2::text);
	CREATE FUNCTION clash_hash(clash) RETURNS int IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql RETURN length($1::text);
	CREATE OPERATOR = (LEFTARG = clash, RIGHTARG = clash, FUNCTION = clash_eq, COMMUTATOR = =, HASHES);
	CREATE OPERATOR CLASS clash_ops DEFAULT FOR TYPE clash USING hash AS OPERATOR 1 =, FUNCTION 1 clash_hash(clash);
	CREATE TABLE clashes WITH (parallel_workers = 2) AS SELECT id,
		CASE rnd(1, id, 2) WHEN 0 THEN 'Cust ' ELSE 'CUST ' END || k % 60 AS t, at, country FROM orders
		WHERE id < 1500;
	ANALYZE clashes}, client_min_messages => 'warning');
my $of_clash = "retention_agg(t::clash, at, '7 days', 'UTC')";
my $of_text = "retention_agg(lower(t), at, '7 days', 'UTC')";
is(query($node, "SELECT totals($of_clash) = totals($of_text) FROM clashes"), 't', 'keys that clash');
is(query($node, "SELECT totals($of_clash) = totals($of_text),
	$of_clash = (SELECT $of_clash FROM (SELECT * FROM clashes ORDER BY at DESC) c)
	FROM clashes", PARALLEL), 't|t', '... in parallel');
for my $by ('country', 'id % 50')
{
	is(query($node, "SELECT rollup(s) = once
				AND retention_summary_hash(rollup(s)) = retention_summary_hash(once)
				AND once::text::retention_summary = once
			FROM (SELECT $of_clash AS s FROM clashes GROUP BY $by) p, (SELECT $of_clash AS once FROM clashes) o
				GROUP BY once"), 't', "... rolled up by $by");
}

# rollup and totals_agg of stored summaries in parallel.
query($node, q{
	CREATE TABLE by_month WITH (parallel_workers = 4) AS SELECT date_trunc('month', at) AS month,
		retention_agg(b, at, '1 month', 'UTC') AS s FROM orders GROUP BY 1;
	CREATE TABLE by_customer WITH (parallel_workers = 4) AS SELECT t, retention_agg(t, at, '10 days', 'UTC') AS s
		FROM orders GROUP BY 1;
	ANALYZE by_month; ANALYZE by_customer});
for my $leader (qw(on off))
{
	my @parallel = (PARALLEL, parallel_leader_participation => $leader, max_parallel_workers_per_gather => 4);

	for my $table (qw(by_month by_customer))
	{
		my $sql = "SELECT rollup(s) FROM $table";

		like(plan_of($node, $sql, 'COSTS OFF', @parallel), qr/Gather.*Partial Aggregate/s,
			"rollup of $table in parallel");
		is(query($node, $sql, @parallel), query($node, $sql, SERIAL), '... is that of one process');
	}
	is(query($node, 'SELECT totals_agg(b.s) FROM by_customer b', @parallel),
		query($node, q{SELECT totals(retention_agg(t, at, '10 days', 'UTC')) FROM orders}), 'totals_agg in parallel');
	is(sqlstate($node, 'SELECT totals_agg(s) FROM by_month', @parallel), '22023', '... refuses many customers');
	is(query($node, q{SELECT retention_agg(k, at, '1 day') IS NULL, rollup(v.r) IS NULL, totals_agg(v.r) IS NULL
		FROM orders, (VALUES (NULL::retention_summary)) v(r) WHERE k < 0}, @parallel), 't|t|t',
		'no rows in parallel');
}

# 3. Days over ten years.
my $slow = q{(SELECT retention_agg(k, at, '1 day', 'UTC') FROM slow)};
same_rows($node, "SELECT * FROM growth($slow)", growth_sql('k', 'slow', '1 day', 'UTC', ''),
	'growth, days over ten years');
same_rows($node, "SELECT * FROM growth($slow)", growth_sql('k', 'slow', '1 day', 'UTC', ''), '... in parallel',
	PARALLEL);
is(query($node, "SELECT rollup(s) = $slow
	FROM (SELECT retention_agg(k, at, '1 day', 'UTC') s FROM slow GROUP BY part) p"), 't', '... rolled up');
is(query($node, "SELECT rollup(s) = $slow
	FROM (SELECT retention_agg(k, at, '1 day', 'UTC') s FROM slow GROUP BY at) p"), 't', '... from days');
is(query($node, "SELECT totals_agg(s) = totals($slow)
	FROM (SELECT retention_agg(k, at, '1 day', 'UTC') s FROM slow GROUP BY k) p"), 't', '... totals by customer');
is(query($node, "SELECT (SELECT retention_agg(k, at, '1 day', 'UTC')
	FROM (SELECT * FROM slow ORDER BY at DESC) d) = $slow"), 't', '... in whatever order they come');
is(query($node, "SELECT customer_count($slow),
	(SELECT count(*) FROM cohorts(totals($slow), NULL, 'on_or_after')
	WHERE retained > customers OR age = 0 AND retained <> customers)"), '60|0', '... cohorts');

# 4. The bucket of a time is that of its local date, around every change of the clock.
query($node, q{
	CREATE TABLE zones AS SELECT name, row_number() OVER (ORDER BY name) AS i FROM pg_timezone_names
		WHERE name !~ '^(posix|right)/';
	CREATE TABLE instants AS
		SELECT '1800-01-01Z'::timestamptz + rnd(1, i, 300 * 31557600::bigint) * interval '1 second' AS at
			FROM generate_series(1, 300) i
		UNION ALL SELECT '1960-01-01Z'::timestamptz + rnd(2, i, 24000) * interval '1 day' + (rnd(3, i, 180) - 90)
			* interval '1 minute' FROM generate_series(1, 300) i});
my @special = ('Pacific/Apia', 'Pacific/Kwajalein', 'America/Juneau', 'America/Havana', 'America/St_Johns',
	'Asia/Beirut', 'Asia/Manila', 'America/Sao_Paulo', 'Africa/Cairo', 'Asia/Amman', 'Antarctica/Troll',
	'Europe/Lisbon');
query($node, qq{
	CREATE TABLE near AS
	SELECT DISTINCT zone, t + m * interval '13 minutes' AS at, extract(year FROM t)::int / 40 AS age
	FROM (SELECT zone, t, t AT TIME ZONE zone - lag(t) OVER (PARTITION BY zone ORDER BY t) AT TIME ZONE zone AS step
			FROM unnest('{@{[ join ',', @special ]}}'::text[]) zone,
				generate_series('1840-01-01Z'::timestamptz, '2030-01-01Z', '1 day') t) s,
		generate_series(-230, 120) m
	WHERE step <> interval '1 day';
	ANALYZE near});
cmp_ok(query($node, 'SELECT count(DISTINCT zone) FROM near'), '==', @special, 'clocks change');
for my $bucket ('1 month', '7 days', '1 day')
{
	my $expected = start_sql(number_sql('(at AT TIME ZONE z.name)::date', $bucket), $bucket);
	my $one = "SELECT z.name, at, period, $expected
		FROM instants, zones z, LATERAL (SELECT period
		FROM growth((SELECT retention_agg(1, l, '$bucket', z.name) FROM (SELECT at) v(l)))) g
		WHERE z.i % 40 = 3 AND period <> $expected";

	is(query($node, "$one LIMIT 5"), '', "random instants in many zones, $bucket");

	# All times of a zone use one calendar. Each is a customer of its own, so that counts tell where it went.
	for my $zone (@special)
	{
		my $period = start_sql(number_sql("(at AT TIME ZONE '$zone')::date", $bucket), $bucket);

		same_rows($node,
			"SELECT age, period, new_customers
				FROM (SELECT age, retention_agg(at, at, '$bucket', '$zone') AS s FROM near WHERE zone = '$zone'
				GROUP BY age) n, growth(s) WHERE active > 0",
			"SELECT age, $period AS period, count(*) AS new_customers FROM near WHERE zone = '$zone' GROUP BY 1, 2",
			"changes of the clock in $zone, $bucket");
	}
}

done_testing();
