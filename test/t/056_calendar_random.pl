# bucket_start, origins, rebucket, growth with a lookback, contracts, without and rename, over random data around
# changes of the clock, compared with hand-written SQL.
#
# The SQL here is written from the definitions alone: it finds a bucket by local date and date arithmetic, an end of a
# bucket by looking, minute by minute, for the last instant of a local day, and who was seen in a window with joins.
# Half of all times lie within a day and a half of a change: in Sao Paulo and Beirut clocks skip midnight, in St. John's
# it comes twice a minute apart, in Havana an hour apart, and Apia and Kiritimati have skipped a day.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;
my $citext = query($node, q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'}) > 0;
my %begin = (
	'UTC' => '2019-01-01', 'Europe/Vilnius' => '2019-01-01', 'Asia/Tokyo' => '2019-01-01',
	'America/New_York' => '2019-01-01', 'America/Sao_Paulo' => '2017-08-01', 'Asia/Beirut' => '2022-06-01',
	'America/St_Johns' => '2005-09-01', 'America/Havana' => '2023-01-01', 'Pacific/Apia' => '2010-08-01',
	'Pacific/Kiritimati' => '1994-06-01');
my @zones = sort keys %begin;

# 1. For each zone the instants from which on it is a day or later; 60 customers with 1,000 orders in two years, with
# amounts of up to four decimals; and 400 contracts, many of which begin or end at a midnight. Other times lie near the
# middle of a night in which clocks change.
query($node, RANDOM_SQL . ($icu ? q{CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);} : '')
	  . ($citext ? 'CREATE EXTENSION citext;' : '') . q{
	CREATE TYPE pair AS (branch int, name text);
	CREATE TABLE zones (zone text, begin timestamptz);
	INSERT INTO zones VALUES } . join(', ', map { "('$_', '$begin{$_}Z')" } @zones) . q{;
	CREATE TABLE changes AS
	SELECT zone, t AS at, row_number() OVER (PARTITION BY zone ORDER BY t) - 1 AS i, count(*) OVER (PARTITION BY zone) AS n
	FROM (SELECT zone, t, t AT TIME ZONE zone - lag(t) OVER (PARTITION BY zone ORDER BY t) AT TIME ZONE zone AS step
		FROM zones, generate_series(begin, begin + interval '760 days', '1 day') t) s
	WHERE step <> interval '1 day';
	CREATE TABLE around AS
	SELECT zone, day, max(t) + interval '1 minute' AS at
	FROM (SELECT zone, (at AT TIME ZONE zone)::date AS change, t, (t AT TIME ZONE zone)::date AS local
			FROM changes, generate_series(-4000, 4000) m, LATERAL (SELECT at + m * interval '1 minute') v(t)) n
		JOIN LATERAL (SELECT change + i AS day FROM generate_series(-1, 1) i) d ON local < day
	GROUP BY zone, day;
	CREATE TABLE midnights AS
	SELECT zone, day, coalesce(a.at, day::timestamp AT TIME ZONE zone) AS at
	FROM (SELECT zone, (begin AT TIME ZONE zone)::date + i AS day FROM zones, generate_series(-470, 1500) i) d LEFT JOIN around a USING (zone, day);
	CREATE INDEX ON midnights (zone, day);
	ANALYZE midnights;
	CREATE FUNCTION near(zone text, begin timestamptz, seed bigint, i bigint) RETURNS timestamptz STABLE LANGUAGE sql
	RETURN CASE WHEN rnd(seed, i, 2) = 0 THEN begin + rnd(seed + 1, i, 730 * 86400) * interval '1 second'
		ELSE coalesce((SELECT at FROM changes c WHERE c.zone = $1 AND c.i = rnd(seed + 2, $4, n)), begin + interval '1 year')
			+ (rnd(seed + 3, i, 4320) - 2880) * interval '1 minute' END;
	CREATE TABLE orders AS
	SELECT zone, id, k, k::smallint AS s, (k - 30) * 1000000007::bigint AS b, md5(k::text)::uuid AS u,
		repeat('customer ', k % 4) || k AS t, CASE rnd(11, id, 3) WHEN 0 THEN 'Cust ' WHEN 1 THEN 'cust ' ELSE 'CUST ' END || k AS ci,
		CASE rnd(12, id, 2) WHEN 0 THEN (k / 10.0)::numeric(12,1) ELSE (k / 10.0)::numeric(12,4) END AS n,
		date '2000-01-01' + k AS d, convert_to(k::text, 'UTF8') AS y, ROW(k / 10, 'no. ' || k % 10)::pair AS c, ARRAY[k, k + 1] AS a,
		k / 7.0::float8 AS f, near(zone, begin, 20, id) AS at,
		CASE rnd(13, id, 8) WHEN 0 THEN 0 WHEN 1 THEN -round(rnd(14, id, 500) / 100.0, 2) WHEN 2 THEN round(rnd(14, id, 100000) / 10000.0, 4)
			ELSE round(rnd(14, id, 10000) / 100.0, 2) END AS amount
	FROM (SELECT zone, begin, z * 10000 + i AS id, 1 + rnd(10, z * 10000 + i, 1 + rnd(9, z * 10000 + i, 60))::int AS k
		FROM (SELECT *, row_number() OVER (ORDER BY zone) AS z FROM zones) z, generate_series(1, 1000) i) o;
	CREATE TABLE contracts AS
	SELECT zone, id, k, CASE WHEN kind < 8 THEN tstzrange(begins, begins + rnd(31, id, 100 * 1440) * interval '1 minute',
				(ARRAY['[)', '(]', '[]', '()'])[1 + rnd(32, id, 4)])
			WHEN kind = 8 THEN tstzrange(begins, NULL)
			ELSE tstzrange(begins, ends, (ARRAY['[)', '(]', '[]', '()'])[1 + rnd(32, id, 4)]) END AS active
	FROM (SELECT *, (SELECT at FROM midnights m WHERE m.zone = b.zone AND day > (begins AT TIME ZONE zone)::date ORDER BY day OFFSET rnd(36, id, 120) LIMIT 1) AS ends
		FROM (SELECT zone, id, 1 + rnd(30, id, 60)::int AS k, rnd(33, id, 20) AS kind, CASE rnd(34, id, 2) WHEN 0 THEN near(zone, begin, 40, id)
				ELSE (SELECT at FROM midnights m WHERE m.zone = z.zone AND day = (begin AT TIME ZONE zone)::date + rnd(35, id, 700)::int) END AS begins
			FROM (SELECT zone, begin, row_number() OVER (ORDER BY zone) AS z FROM zones) z, LATERAL (SELECT z * 10000 + i AS id FROM generate_series(1, 400) i) i OFFSET 0) b) c;
	ALTER TABLE orders SET (parallel_workers = 3);
	ALTER TABLE contracts SET (parallel_workers = 3);
	VACUUM ANALYZE orders, contracts, midnights});
query($node, 'ALTER TABLE orders ALTER ci TYPE text COLLATE ci') if $icu;
query($node, 'ALTER TABLE orders ADD cx citext; UPDATE orders SET cx = ci::text') if $citext;
query($node, 'VACUUM FULL orders; VACUUM ANALYZE orders');
is(query($node, 'SELECT count(DISTINCT zone) FROM changes'), 8, 'clocks change in all zones but UTC and Tokyo');
is(query($node, "SELECT string_agg(DISTINCT zone, ' ') FROM midnights WHERE at <> day::timestamp AT TIME ZONE zone"), 'America/Havana',
	'AT TIME ZONE says the same of a midnight, but where it comes twice on one day');

# The number of a local date's bucket, and the date on which one starts, counted from any day on which one does.
sub number_sql
{
	my ($date, $bucket, $origin) = @_;
	my ($n, $unit) = split / /, $bucket;
	my $month = sub { my $x = "($_[0] - (extract(day FROM date '$origin')::int - 1))"; "(12 * extract(year FROM $x) + extract(month FROM $x))" };

	return "floor(($date - date '$origin') / $n.0)::int" if $unit =~ /day/;
	$n *= 12 if $unit =~ /year/;
	return "floor((@{[ $month->($date) ]} - @{[ $month->(qq{date '$origin'}) ]}) / $n.0)::int";
}

sub start_sql
{
	my ($number, $bucket, $origin) = @_;

	return "(date '$origin' + ($number) * interval '$bucket')::date";
}

my $FROM_MONDAY = '2001-01-01';
my @widths = ([ '1 day', $FROM_MONDAY ], [ '7 days', $FROM_MONDAY ], [ '7 days', '2011-12-25' ], [ '10 days', '2011-12-27' ],
	[ '1 month', $FROM_MONDAY ], [ '1 month', '2007-10-28' ], [ '1 month', '1999-12-02' ], [ '3 months', '2000-01-01' ],
	[ '3 months', '2000-02-01' ], [ '5 months', '2031-05-15' ], [ '1 year', '2000-01-01' ], [ '1 year', '1970-04-06' ]);

# 2. bucket_start: with the zone named or the session's, constants or columns, in one process, in parallel, by pages.
for my $zone (@zones)
{
	my $here = "orders WHERE zone = '$zone'";
	my $date = "(at AT TIME ZONE '$zone')::date";
	my $wrong = join ' OR ', map { my ($bucket, $origin) = @$_; "bucket_start(at, '$bucket', '$zone', '$origin') <> "
		  . start_sql(number_sql($date, $bucket, $origin), $bucket, $origin) } @widths;

	is(query($node, "SELECT at FROM $here AND ($wrong) LIMIT 5"), '', "bucket_start in $zone");
	is(query($node, "SELECT at FROM $here AND (bucket_start(at, '1 day') <> at::date OR bucket_start(at, '1 month') <> date_trunc('month', at)::date
			OR bucket_start(at, '7 days') <> date_trunc('week', at)::date OR bucket_start(at, '1 year', '$zone') <> date_trunc('year', at)::date
			OR bucket_start(at, '7 days', zone, '2011-12-25') <> bucket_start(at, '7 days', '$zone', '2011-12-25')) LIMIT 5",
		TimeZone => $zone), '', "... the session's, beside date_trunc");
}
is(query($node, "SELECT at FROM orders WHERE bucket_start(at, '1 day', zone) <> (at AT TIME ZONE zone)::date LIMIT 5"), '', 'the zone is a column');
for my $zone ('Pacific/Apia', 'America/St_Johns', 'America/Sao_Paulo')
{
	for my $bucket ('1 day', '7 days', '1 month', '3 months')
	{
		my $sql = "SELECT bucket_start(at, '$bucket', '$zone') AS period, customer_count(k) AS n, repeat_rate(k) AS r FROM orders GROUP BY 1";
		my $plain = "SELECT " . start_sql(number_sql("(at AT TIME ZONE '$zone')::date", $bucket, '2001-01-01'), $bucket, '2001-01-01')
		  . " AS period, k, count(*) AS n FROM orders GROUP BY 1, 2";
		$plain = "SELECT period, count(*) AS n, count(*) FILTER (WHERE n > 1) / count(*)::float8 AS r FROM ($plain) o GROUP BY 1";

		same_rows($node, $sql, $plain, "GROUP BY $bucket in $zone", SERIAL);
		same_rows($node, $sql, $plain, '... without pages', SERIAL, 'retention.scan' => 'off');
		same_rows($node, $sql, $plain, '... in parallel', PARALLEL);
		same_rows($node, "SELECT bucket_start(at, '$bucket') AS period, customer_count(k) AS n, repeat_rate(k) AS r FROM orders GROUP BY 1", $plain,
			"... the session's zone", SERIAL, TimeZone => $zone);
	}
}
like(plan_of($node, "SELECT bucket_start(at, '1 day', 'Pacific/Apia'), customer_count(k) FROM orders GROUP BY 1", 'COSTS OFF', SERIAL),
	qr/Retention Scan/, '... by pages, indeed');

# 3. Origins and lookbacks: growth beside joins. Makes the tables seen(k, p, n) and buckets(p, period, ends).
sub make_seen
{
	my ($zone, $bucket, $origin) = @_;
	my $number = number_sql("(at AT TIME ZONE '$zone')::date", $bucket, $origin);

	query($node, qq{
		DROP TABLE IF EXISTS seen, buckets;
		CREATE TABLE seen AS SELECT k, $number AS p, count(*) AS n, sum(amount) AS s FROM orders WHERE zone = '$zone' GROUP BY 1, 2;
		CREATE TABLE buckets AS SELECT p, @{[ start_sql('p', $bucket, $origin) ]} AS period,
			(SELECT at FROM midnights WHERE zone = '$zone' AND day = @{[ start_sql('p', $bucket, $origin) ]}) AS starts,
			(SELECT at FROM midnights WHERE zone = '$zone' AND day = @{[ start_sql('p + 1', $bucket, $origin) ]}) AS ends
		FROM (SELECT min(p) AS first, max(p) + 40 AS last FROM seen) s, generate_series(first, last) p;
		ANALYZE seen; ANALYZE buckets}, client_min_messages => 'warning');
}

sub growth_sql
{
	my ($lookback, $as_of) = @_;

	return qq{WITH rows AS MATERIALIZED (SELECT * FROM buckets WHERE starts < '$as_of'),
	windows AS MATERIALIZED (SELECT b.p, s.k, sum(s.n) AS n, min(f.first) AS first FROM rows b JOIN seen s ON s.p BETWEEN b.p - $lookback + 1 AND b.p
		JOIN (SELECT k, min(p) AS first FROM seen GROUP BY k) f ON f.k = s.k GROUP BY 1, 2)
	SELECT period, count(*) FILTER (WHERE before.k IS NOT NULL) AS starting, count(*) FILTER (WHERE here.first = b.p) AS new_customers,
		count(*) FILTER (WHERE here.k IS NOT NULL AND before.k IS NOT NULL) AS retained,
		count(*) FILTER (WHERE here.k IS NOT NULL AND before.k IS NULL AND here.first < b.p) AS resurrected,
		CASE WHEN ends <= '$as_of' THEN count(*) FILTER (WHERE here.k IS NULL AND before.k IS NOT NULL) END AS churned,
		count(here.k) AS active, count(*) FILTER (WHERE here.n > 1) AS repeat_customers,
		CASE WHEN ends <= '$as_of' THEN count(*) FILTER (WHERE here.k IS NOT NULL AND before.k IS NOT NULL)::float8
			/ nullif(count(before.k), 0) END AS crr, ends <= '$as_of' AS complete
	FROM rows b CROSS JOIN (SELECT DISTINCT k FROM seen) c LEFT JOIN windows here ON here.p = b.p AND here.k = c.k
		LEFT JOIN windows before ON before.p = b.p - 1 AND before.k = c.k
	GROUP BY b.p, period, ends};
}

my $COLUMNS = 'period, starting, new_customers, retained, resurrected, churned, active, repeat_customers, crr, complete';
my $turn = 0;
for my $width (@widths)
{
	my ($bucket, $origin) = @$width;
	my $zone = $zones[$turn++ % @zones];
	my $name = "$bucket from $origin, $zone";
	my @calls = map { my $call = $_; "$call, '$bucket', '$zone', date '$origin')" } 'retention_agg(k, at', 'revenue_agg(k, at, amount';
	my $as_of = query($node, "SELECT max(at) + interval '40 days' FROM orders WHERE zone = '$zone'");

	make_seen($zone, $bucket, $origin);
	query($node, "DROP TABLE IF EXISTS x; CREATE TABLE x AS SELECT $calls[0] AS s, $calls[1] AS r FROM orders WHERE zone = '$zone'",
		client_min_messages => 'warning', SERIAL);
	for my $lookback (1, 2 + $turn % 6, $bucket eq '1 day' ? 90 : ())
	{
		same_rows($node, "SELECT $COLUMNS FROM x, growth(s, '$as_of', $lookback)", growth_sql($lookback, $as_of), "growth by $lookback: $name",
			TimeZone => 'Asia/Kolkata', enable_nestloop => 'off');
	}
	same_rows($node, "SELECT $COLUMNS FROM x, growth(totals(s), '$as_of')", growth_sql(1, $as_of), '... of totals', enable_nestloop => 'off');
	same_rows($node, "SELECT period, revenue::numeric(20, 4), payers FROM x, revenue_growth(totals(r)) WHERE revenue <> 0 OR payers > 0",
		'SELECT period, sum(s)::numeric(20, 4) AS revenue, count(*) FILTER (WHERE s <> 0) AS payers FROM seen JOIN buckets USING (p) GROUP BY 1
		HAVING sum(s) <> 0 OR count(*) FILTER (WHERE s <> 0) > 0', '... revenue');
	for my $way ([ 'in parallel', PARALLEL ], [ 'without pages', SERIAL, 'retention.scan' => 'off' ])
	{
		my ($what, @settings) = @$way;

		is(query($node, "SELECT v.s::text = x.s::text, v.r::text = x.r::text FROM x,
			(SELECT $calls[0] AS s, $calls[1] AS r FROM orders WHERE zone = '$zone') v", @settings), 't|t', "... $what");
	}
	is(query($node, "SELECT rollup(v.s)::text = x.s::text, rollup(v.r)::text = x.r::text FROM x, (SELECT $calls[0] AS s, $calls[1] AS r FROM orders
		WHERE zone = '$zone' GROUP BY id % 7) v GROUP BY x.s::text, x.r::text"), 't|t', '... rolled up');
}
like(plan_of($node, "SELECT retention_agg(k, at, '1 month', 'UTC', date '2000-01-26') FROM orders", 'COSTS OFF', SERIAL), qr/Retention Scan/,
	'a constant origin does not hinder the pages');

# 4. rebucket: of each narrow bucket each wider one, to the byte.
for my $case ([ '1 day', '2001-01-01', @widths ], [ '7 days', '2011-12-25', [ '14 days', '2011-12-25' ], [ '21 days', '2012-01-01' ] ],
	[ '1 month', '2000-01-01', @widths[ 4, 7, 8, 10 ], [ '5 months', '2031-05-01' ], [ '6 months', '2000-04-01' ] ],
	[ '1 month', '1999-12-26', [ '3 months', '2020-02-26' ], [ '1 year', '1970-04-26' ] ], [ '3 months', '2000-02-01', [ '1 year', '2019-05-01' ], [ '6 months', '2019-08-01' ] ])
{
	my ($narrow, $origin, @wide) = @$case;

	for my $zone ($narrow eq '1 day' ? @zones : @zones[ 2, 4, 8 ])
	{
		my $wrong = join ' UNION ALL ', map { my ($bucket, $from) = @$_; qq{
			SELECT '$bucket from $from' FROM narrow, (SELECT retention_agg(k, at, '$bucket', '$zone', date '$from') AS s,
				revenue_agg(k, at, amount, '$bucket', '$zone', date '$from') AS r FROM here) o
			WHERE rebucket(narrow.s, '$bucket', '$from')::text <> o.s::text OR rebucket(narrow.r, '$bucket', '$from')::text <> o.r::text} } @wide;

		is(query($node, "CREATE TEMP TABLE here AS SELECT * FROM orders WHERE zone = '$zone';
			CREATE TEMP TABLE narrow AS SELECT retention_agg(k, at, '$narrow', '$zone', date '$origin') AS s, revenue_agg(k, at, amount, '$narrow', '$zone', date '$origin') AS r FROM here;
			$wrong"), '', "rebucket of $narrow from $origin in $zone: " . scalar(@wide) . ' widths');
	}
}

# 5. Contracts: each is asked whether it holds the end of a bucket, or as_of.
for my $width (@widths)
{
	my ($bucket, $origin) = @$width;
	my $zone = $zones[$turn++ % @zones];
	my $as_of = query($node, "SELECT CASE rnd(1, $turn, 2) WHEN 0 THEN begin + interval '600 days' + rnd(2, $turn, 100000) * interval '1 minute'
		ELSE (SELECT at FROM midnights m WHERE m.zone = z.zone AND day = (begin AT TIME ZONE zone)::date + 500 + rnd(3, $turn, 100)::int) END FROM zones z WHERE zone = '$zone'");
	my $call = "retention_agg(k, active, '$bucket', '$zone', '$as_of', date '$origin')";
	my $first = number_sql("(SELECT (begin AT TIME ZONE zone)::date FROM zones WHERE zone = '$zone')", $bucket, $origin);
	my $name = "contracts, $bucket from $origin, $zone, as of $as_of";

	query($node, qq{
		DROP TABLE IF EXISTS buckets, seen, x;
		CREATE TABLE buckets AS SELECT * FROM (SELECT p, @{[ start_sql('p', $bucket, $origin) ]} AS period,
			(SELECT at FROM midnights WHERE zone = '$zone' AND day = @{[ start_sql('p', $bucket, $origin) ]}) AS starts,
			(SELECT at FROM midnights WHERE zone = '$zone' AND day = @{[ start_sql('p + 1', $bucket, $origin) ]}) AS ends
		FROM generate_series($first - 2, $first + 740) p) b WHERE starts < '$as_of';
		CREATE TABLE seen AS SELECT k, p, count(*) AS n FROM buckets JOIN contracts ON active @> least(ends, '$as_of') WHERE zone = '$zone' GROUP BY 1, 2;
		DELETE FROM buckets WHERE p < (SELECT min(p) FROM seen);
		ANALYZE buckets; ANALYZE seen;
		CREATE TABLE x AS SELECT $call AS s FROM contracts WHERE zone = '$zone'}, client_min_messages => 'warning', SERIAL);
	for my $lookback (1, 3)
	{
		same_rows($node, "SELECT $COLUMNS FROM x, growth(s, '$as_of', $lookback)", growth_sql($lookback, $as_of), "$name, by $lookback", TimeZone => 'America/Caracas', enable_nestloop => 'off');
	}
	same_rows($node, "SELECT $COLUMNS FROM x, growth(totals(s), timestamptz '$as_of' + interval '5 years')", growth_sql(1, $as_of), '... read five years later', enable_nestloop => 'off');
	is(query($node, "SELECT x.s::text = v.s::text, x.s::text = v.r::text FROM x, (SELECT $call AS s, revenue_agg(k, active, 5, '$bucket', '$zone', '$as_of', date '$origin')::retention_summary AS r
		FROM contracts WHERE zone = '$zone') v", PARALLEL), 't|t', '... in parallel, and with money');
	is(query($node, "SELECT v.s::text = x.s::text FROM x, (SELECT $call AS s FROM contracts WHERE zone = '$zone') v", SERIAL, 'retention.scan' => 'off'), 't', '... without pages');
	is(query($node, "SELECT rebucket(v.s, '$bucket', '$origin')::text = x.s::text, rebucket(v.r, '$bucket', '$origin')::text = v.x::text
		FROM x, (SELECT retention_agg(k, active, '1 day', '$zone', '$as_of') AS s, revenue_agg(k, active, k / 4.0, '1 day', '$zone', '$as_of') AS r,
			revenue_agg(k, active, k / 4.0, '$bucket', '$zone', '$as_of', date '$origin') AS x FROM contracts WHERE zone = '$zone') v"), 't|t', '... of days');
	is(query($node, "SELECT rollup(v.s) = x.s, totals(rollup(v.s))::text = totals(x.s)::text FROM x, (SELECT $call AS s FROM contracts WHERE zone = '$zone' GROUP BY id) v GROUP BY x.s"), 't|t', '... rolled up');
}

# 6. without and rename, of every type of key: as if the orders had been others. Nobody is taken out who came last, since
# the latest time of all stays.
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
	ALTER TABLE orders ADD h clash;
	UPDATE orders SET h = (CASE id % 2 WHEN 0 THEN 'Cust ' ELSE 'CUST ' END || k)::clash}, client_min_messages => 'warning');
for my $key ('k', 's', 'b', 'u', 't', 'n', 'd', 'y', 'c', 'a', 'f', 'h', $icu ? 'ci' : (), $citext ? 'cx' : ())
{
	query($node, qq{
		DROP TABLE IF EXISTS here, pairs;
		CREATE TABLE here AS SELECT k, $key AS key, at, amount FROM orders WHERE zone = 'Europe/Vilnius';
		CREATE TABLE pairs AS SELECT o.key AS old, n.key AS new FROM (SELECT DISTINCT ON (k) * FROM here ORDER BY k, at) o, (SELECT DISTINCT ON (k) * FROM here ORDER BY k, at DESC) n
		WHERE (o.k, n.k) IN ((1, 2), (2, 1), (7, 7), (9, 55), (60, 3), (33, 17), (58, 59)) AND o.k <> (SELECT k FROM here ORDER BY at DESC LIMIT 1)},
		client_min_messages => 'warning');
	cmp_ok(query($node, 'SELECT count(*) FROM pairs'), '>=', 5, "$key: pairs of customers");
	for my $bucket ('1 day', '1 month')
	{
		my $arguments = "'$bucket', 'Europe/Vilnius', date '2000-01-26'";

		is(query($node, "SELECT bool_and(without(x.s, old) = w.s), bool_and(without(x.r, old) = w.r), bool_and(retention_summary_hash(without(x.s, old)) = retention_summary_hash(w.s)),
				bool_and(customer_count(without(x.s, old)) = customer_count(x.s) - 1), bool_and(without(x.r, old)::retention_summary = w.s)
			FROM (SELECT retention_agg(key, at, $arguments) AS s, revenue_agg(key, at, amount, $arguments) AS r FROM here) x, pairs,
				LATERAL (SELECT retention_agg(key, at, $arguments) AS s, revenue_agg(key, at, amount, $arguments) AS r FROM here WHERE NOT key = old) w"), 't|t|t|t|t', "... without, $bucket");
		is(query($node, "SELECT bool_and(rename(x.s, old, new) = w.s), bool_and(rename(x.r, old, new) = w.r), bool_and(retention_summary_hash(rename(x.s, old, new)) = retention_summary_hash(w.s)),
				bool_and(customer_count(rename(x.s, old, new)) = customer_count(x.s) - CASE WHEN old = new THEN 0 ELSE 1 END)
			FROM (SELECT retention_agg(key, at, $arguments) AS s, revenue_agg(key, at, amount, $arguments) AS r FROM here) x, pairs,
				LATERAL (SELECT retention_agg(CASE WHEN key = old THEN new ELSE key END, at, $arguments) AS s,
					revenue_agg(CASE WHEN key = old THEN new ELSE key END, at, amount, $arguments) AS r FROM here) w"), 't|t|t|t', '... rename');
		# One after the other, until nobody is left.
		is(query($node, "WITH RECURSIVE left_over AS (
				SELECT 0 AS n, retention_agg(key, at, $arguments) AS s, revenue_agg(key, at, amount, $arguments) AS r, array_agg(DISTINCT k) AS ks FROM here
				UNION ALL SELECT n + 1, without(s, key), without(r, key), ks[2:] FROM left_over, LATERAL (SELECT key FROM here WHERE k = ks[1] LIMIT 1) f)
			SELECT count(*) - count(s), count(*) - count(r), count(s) = (SELECT count(DISTINCT k) FROM here), bool_and(customer_count(s) = cardinality(ks)) FROM left_over"), '1|1|t|t', '... everybody');
	}
}

# 7. In binary and back, as COPY sends it: all four types, with origins, of orders and of contracts.
my $file = $node->basedir . '/values';
query($node, qq{
	CREATE TABLE stored AS SELECT s, totals(s) AS t, r, totals(r) AS rt FROM (
		SELECT retention_agg(k, at, '1 month', zone, date '2000-01-26') AS s, revenue_agg(k, at, amount, '1 month', zone, date '2000-01-26') AS r FROM orders GROUP BY zone
		UNION ALL SELECT retention_agg(k, active, '7 days', zone, '2024-05-05', date '2000-01-02'), revenue_agg(k, active, 5, '7 days', zone, '2024-05-05', date '2000-01-02') FROM contracts GROUP BY zone) v;
	CREATE TABLE copied (LIKE stored);
	COPY stored TO '$file' (FORMAT binary);
	COPY copied FROM '$file' (FORMAT binary)});
is(query($node, 'SELECT count(*) FROM (SELECT s::text, t::text, r::text, rt::text FROM stored INTERSECT SELECT s::text, t::text, r::text, rt::text FROM copied) b'), 2 * @zones, 'in binary and back');

done_testing();
