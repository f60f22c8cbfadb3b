# The custom scan with GROUP BY of a day, week, month, quarter or year: which of these it takes, and that it
# changes no answer, whatever clocks do at midnight, and where groups go to disk.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use ScanCases;

my $node = start_server('main', max_parallel_workers_per_gather => 0);

# Each page of orders has all months; visits come in order of time, and has times without a zone as well.
query($node, ORDERS_SQL . q{
	CREATE DOMAIN moment AS timestamptz;
	CREATE TABLE visits WITH (parallel_workers = 4) AS
	SELECT id, c, at, at AT TIME ZONE 'UTC' AS local, (at AT TIME ZONE 'UTC')::date AS day, shop, cents, note, paid,
		at - '2024-01-01Z' AS since, at::moment AS moment, CASE WHEN id % 2 = 0 THEN 'day' ELSE 'month' END AS unit
	FROM orders ORDER BY at;
	CREATE TABLE backwards AS SELECT * FROM visits ORDER BY at DESC;
	CREATE TABLE indexed AS TABLE visits;
	CREATE INDEX by_time ON indexed (at);
	CREATE TABLE empty (LIKE visits);
	CREATE TABLE one_row AS SELECT * FROM visits WHERE id = 1;
	VACUUM ANALYZE visits; ANALYZE backwards; VACUUM ANALYZE indexed;
});

# A query that groups by an expression, and the same in plain SQL; with the aggregates in $ROWS beside it is not
# answered by pages alone.
my $MONTH = q{date_trunc('month', at)};
my $ROWS = ', count(*), sum(cents), min(note)';
my $PLAIN = 'count(DISTINCT c), count(c)::float8 / nullif(count(DISTINCT c), 0)';

sub grouped
{
	my ($key, %more) = @_;
	my ($beside, $table, $where, $taken) =
	  map { delete $more{ $_->[0] } // $_->[1] } [ beside => '' ], [ table => 'visits' ], [ where => '' ],
	  [ taken => TAKEN ];
	my $rest = "$beside FROM $table $where GROUP BY 1 ORDER BY 1";

	return [ "$key$beside FROM $table" . ($where && " $where"),
		"SELECT $key AS k, customer_count(c), purchase_frequency(c)$rest", $taken,
		plain => "SELECT $key AS k, $PLAIN$rest", %more ];
}

# 1. Truncations.
my @truncations = ("date_trunc('MONTH', at)", "date_trunc('Year', local)", 'at::date', 'local::date', 'date(at)',
	"date_trunc('day', at, 'CST6CDT,M3.2.0/0,M11.1.0/0')",
	(map { my $bucket = $_; map { "bucket_start(at, '$bucket'$_)" } '', ", 'Europe/Vilnius'", ", 'UTC'" }
		'1 day', '7 days', '1 month', '5 months', '90 days'),
	map { my $unit = $_; map { "date_trunc('$unit', $_)" } "at", "at, 'Europe/Vilnius'", "at, 'UTC'", 'local' }
	  qw(day week month quarter year));
for my $zone ('UTC', 'America/New_York')
{
	check_cases($node, "truncations in $zone", [
		map { (grouped($_), grouped($_, beside => $ROWS, where => 'WHERE cents > 20000')) } @truncations ],
		timezone => $zone);
}
check_cases($node, 'order of rows', [
	map { my $key = $_; map { (grouped($key, table => $_), grouped($key, table => $_, beside => $ROWS)) }
		  qw(orders backwards) } $MONTH, 'at::date' ]);

# 2. Expressions of one.
my @expressions = (
	"$MONTH\::date", "extract(year FROM $MONTH)", "to_char($MONTH, 'YYYY-MM')", "coalesce($MONTH, '2000-01-01')",
	"CASE WHEN $MONTH < '2024-06-01' THEN $MONTH END", "$MONTH + interval '1 month' - interval '1 day'",
	"$MONTH = '2024-05-01'", "$MONTH IS NULL", "ARRAY[$MONTH, $MONTH]",
	"extract(quarter FROM $MONTH)", "extract(month FROM $MONTH) % 2", "extract(dow FROM at::date)", "now() > $MONTH",
	"at::date - '2024-01-01'::date", "date_trunc('year', $MONTH)", "date_trunc('month', date_trunc('week', at))",
	"$MONTH AT TIME ZONE 'Asia/Tokyo'", "to_char(date_trunc('day', at, 'Asia/Tokyo'), 'YYYY-MM-DD HH24')",
	"$MONTH <> ALL (ARRAY['2024-03-01', '2024-04-01']::timestamptz[])", "nullif($MONTH, '2024-03-01')",
	"greatest($MONTH, '2024-06-01')", "age('2025-01-01', $MONTH)",
	"pg_typeof($MONTH)::text", "jsonb_build_object('month', $MONTH)", "tstzrange($MONTH, $MONTH + '1 month')");
check_cases($node, 'expressions', [
	grouped('extract(epoch FROM local::date)'),
	map { (grouped($_), grouped($_, beside => $ROWS, table => 'orders')) } @expressions ]);

# 3. Where things stand in a query.
my $ANSWER = 'customer_count(c) FROM visits';
my $DISTINCT = 'count(DISTINCT c) FROM visits';
check_cases($node, 'GROUP BY', [
	[ 'by name', "SELECT $ANSWER GROUP BY $MONTH ORDER BY $MONTH", TAKEN,
		plain => "SELECT $DISTINCT GROUP BY $MONTH ORDER BY $MONTH" ],
	[ 'by an alias', "SELECT $MONTH AS month, $ANSWER GROUP BY month ORDER BY month", TAKEN ],
	[ 'not in the select list', "SELECT $ANSWER GROUP BY $MONTH ORDER BY 1", TAKEN,
		plain => "SELECT $DISTINCT GROUP BY $MONTH ORDER BY 1" ],
	[ 'more of it in the select list',
		"SELECT extract(month FROM $MONTH) m, $MONTH + '1 month' - interval '1 day', $MONTH, $ANSWER
		GROUP BY $MONTH ORDER BY m", TAKEN ],
	[ 'by it twice', "SELECT $MONTH, $ANSWER GROUP BY $MONTH, 1 ORDER BY 1", TAKEN ],
	[ 'GROUPING of it', "SELECT $MONTH, GROUPING($MONTH), $ANSWER GROUP BY 1 ORDER BY 1", TAKEN ],
	[ 'one grouping set', "SELECT $MONTH, $ANSWER GROUP BY GROUPING SETS ((1)) ORDER BY 1", EITHER ],
	[ 'FILTER', "SELECT $MONTH, customer_count(c) FILTER (WHERE paid), count(*) FILTER (WHERE shop > 3),
		customer_count(c) FROM visits GROUP BY 1 ORDER BY 1", TAKEN,
		plain => "SELECT $MONTH, count(DISTINCT c) FILTER (WHERE paid), count(*) FILTER (WHERE shop > 3),
			count(DISTINCT c) FROM visits GROUP BY 1 ORDER BY 1" ],
	[ 'FILTER of which groups are empty', "SELECT $MONTH, customer_count(c) FILTER (WHERE at < '2024-03-09'),
		repeat_rate(c) FILTER (WHERE shop = 3 AND at > '2024-03-09') FROM orders GROUP BY 1 ORDER BY 1", TAKEN ],
	[ 'HAVING', "SELECT $MONTH, $ANSWER GROUP BY 1 HAVING customer_count(c) > 340 AND $MONTH > '2024-02-01'
		ORDER BY 1", TAKEN,
		plain => "SELECT $MONTH, $DISTINCT GROUP BY 1 HAVING count(DISTINCT c) > 340 AND $MONTH > '2024-02-01'
			ORDER BY 1" ],
	[ 'HAVING alone', "SELECT $MONTH FROM visits GROUP BY 1 HAVING repeat_rate(c) > 0.17 ORDER BY 1", TAKEN ],
	[ 'HAVING of a sub-select', "SELECT $MONTH, $ANSWER GROUP BY 1
		HAVING customer_count(c) > (SELECT customer_count(c) / 3 FROM orders) ORDER BY 1", TAKEN ],
	[ 'LIMIT', "SELECT $MONTH, $ANSWER GROUP BY 1 ORDER BY customer_count(c) DESC, 1 LIMIT 3 OFFSET 1", TAKEN ],
	[ 'DISTINCT above', "SELECT DISTINCT customer_count(c) / 10 FROM visits GROUP BY at::date ORDER BY 1", TAKEN ],
	[ 'growth by month', "SELECT $MONTH, customer_count(c),
		customer_count(c) - lag(customer_count(c)) OVER (ORDER BY $MONTH) FROM visits GROUP BY 1 ORDER BY 1", TAKEN,
		plain => "SELECT *, n - lag(n) OVER (ORDER BY k)
			FROM (SELECT $MONTH k, count(DISTINCT c) n FROM visits GROUP BY 1) s ORDER BY 1" ],
	[ 'a set above', "SELECT $MONTH, generate_series(1, customer_count(shop) / 4), repeat_rate(c)
		FROM visits GROUP BY 1 ORDER BY 1, 2", TAKEN ],
	[ 'several by page', "SELECT $MONTH, customer_count(c), customer_count(note), repeat_rate(c),
		repeat_rate(c, 3), purchase_frequency(shop), customer_count(at),
		crr(c, at, tstzrange('2024-03-15Z', '2024-03-20Z'), '9 days'), retention_agg(c, at, '1 week', 'UTC')
		FROM visits GROUP BY 1 ORDER BY 1", TAKEN ],
	[ 'states shared', "SELECT $MONTH, repeat_rate(c) + repeat_rate(c), repeat_rate(c), repeat_rate(c, 2),
		sum(cents), avg(cents), stddev(cents) FROM visits GROUP BY 1 ORDER BY 1", TAKEN ],
	[ 'all kinds by row', "SELECT $MONTH, customer_count(c), count(*), sum(cents), md5(string_agg(note, ',')),
		md5(array_agg(id)::text), top_share(c, cents), aov(cents), max(at), bool_or(paid), avg(since),
		clv(c, at, cents, '1 month', 0.3, '2025-01-01Z') FROM visits GROUP BY 1 ORDER BY 1", TAKEN ],
	[ 'the time as a customer', "SELECT $MONTH, customer_count(at), repeat_rate(at) FROM orders GROUP BY 1 ORDER BY 1",
		TAKEN, plain => "SELECT $MONTH, count(DISTINCT at), CASE WHEN count(at) > 0 THEN 0 END
			FROM orders GROUP BY 1 ORDER BY 1" ],
	[ 'in an array', "SELECT array_agg(n ORDER BY k) FROM (SELECT $MONTH k, customer_count(c) n
		FROM visits GROUP BY 1) s", TAKEN ],
]);

my $by_month = "SELECT $MONTH AS k, customer_count(c) AS n, count(*) AS rows FROM orders";
my $per_shop = "$by_month o WHERE o.shop = s.shop GROUP BY 1";
check_cases($node, 'around it', [
	[ 'a view', 'SELECT * FROM monthly ORDER BY 1', TAKEN, before => "CREATE VIEW monthly AS $by_month GROUP BY 1;",
		after => 'DROP VIEW monthly;',
		plain => "SELECT $MONTH, count(DISTINCT c), count(*) FROM orders GROUP BY 1 ORDER BY 1" ],
	[ 'over a view', 'SELECT month, customer_count(c) FROM months GROUP BY 1 ORDER BY 1', TAKEN,
		before => "CREATE VIEW months AS SELECT $MONTH AS month, c FROM orders;", after => 'DROP VIEW months;',
		plain => "SELECT $MONTH, count(DISTINCT c) FROM orders GROUP BY 1 ORDER BY 1" ],
	[ 'a CTE', "WITH m AS ($by_month GROUP BY 1) SELECT * FROM m JOIN m n USING (k) ORDER BY 1", TAKEN ],
	[ 'a sub-select', "SELECT avg(n) FROM ($by_month GROUP BY 1) s", TAKEN ],
	[ 'over a sub-select', "SELECT k, customer_count(c) FROM (SELECT $MONTH k, c FROM orders) s GROUP BY 1 ORDER BY 1",
		TAKEN ],
	[ 'over LATERAL', "SELECT k, customer_count(c) FROM orders o LEFT JOIN LATERAL (SELECT date_trunc('month', o.at) k)
		s ON true GROUP BY 1 ORDER BY 1", TAKEN ],
	[ 'LATERAL', "SELECT s.shop, x.* FROM shops s, LATERAL ($per_shop) x ORDER BY 1, 2", TAKEN,
		plain => "SELECT shop, $MONTH, count(DISTINCT c), count(*) FROM orders WHERE shop IS NOT NULL
			GROUP BY 1, 2 ORDER BY 1, 2" ],
	[ 'LATERAL, by page alone', "SELECT g, x.* FROM generate_series(1, 4) g,
		LATERAL (SELECT $MONTH + g * interval '1 hour' k, customer_count(c), repeat_rate(c, g + 0)
		FROM orders GROUP BY 1) x ORDER BY 1, 2", TAKEN,
		before => 'SET enable_material = off; SET enable_memoize = off;',
		after => 'RESET enable_material; RESET enable_memoize;' ],
	[ 'run again without a parameter', "SELECT g, x.* FROM generate_series(1, 3) g LEFT JOIN
		($by_month GROUP BY 1) x ON g < x.n ORDER BY 1, 2", TAKEN,
		before => 'SET enable_material = off; SET enable_mergejoin = off; SET enable_hashjoin = off;',
		after => 'RESET enable_material; RESET enable_mergejoin; RESET enable_hashjoin;' ],
	[ 'correlated', "SELECT shop, ARRAY(SELECT ROW(k, n, rows)::text FROM ($per_shop) x ORDER BY k) FROM shops s
		ORDER BY 1", TAKEN ],
	[ 'correlated in a truncation\'s expression', "SELECT shop, (SELECT sum(n) FROM (SELECT customer_count(c) n
		FROM orders GROUP BY extract(month FROM $MONTH) % (s.shop + 1)) x) FROM shops s ORDER BY 1", TAKEN ],
	[ 'in itself', "SELECT k, n, (SELECT max(i.n) FROM ($by_month i WHERE i.shop < o.rows % 9 GROUP BY 1) i)
		FROM ($by_month GROUP BY 1) o ORDER BY 1", TAKEN ],
	[ 'UNION ALL', join(' UNION ALL ', map { "($by_month WHERE shop = $_ GROUP BY 1 ORDER BY 1)" } 1 .. 3), TAKEN ],
	[ 'a cursor', "DECLARE k CURSOR FOR $by_month GROUP BY 1 ORDER BY 1", TAKEN,
		before => 'BEGIN;', after => 'FETCH 3 k; FETCH ALL k; COMMIT;' ],
	[ 'a cursor that scrolls', "DECLARE k SCROLL CURSOR FOR $by_month GROUP BY 1 HAVING $MONTH < '2024-02-01'", TAKEN,
		before => 'BEGIN;', after => 'FETCH k; FETCH k; FETCH BACKWARD k; FETCH FIRST k; COMMIT;' ],
	[ 'INSERT', "INSERT INTO results SELECT n, rows FROM ($by_month GROUP BY 1) s", TAKEN,
		after => 'SELECT * FROM results ORDER BY 1, 2; TRUNCATE results;' ],
	[ 'CREATE TABLE AS', "CREATE TABLE made AS $by_month GROUP BY 1", TAKEN,
		after => 'SELECT * FROM made ORDER BY 1; DROP TABLE made;' ],
	[ 'REFRESH', "CREATE MATERIALIZED VIEW made AS $by_month GROUP BY 1", TAKEN,
		before => 'BEGIN;', after => 'UPDATE orders SET c = c + 1 WHERE c < 9; REFRESH MATERIALIZED VIEW made;
			SELECT * FROM made ORDER BY 1; ROLLBACK;' ],
	map { my $mode = $_; [ "parameters, $mode", q{EXECUTE p('1 day', 2, 3)}, TAKEN,
		before => "SET plan_cache_mode = $mode; PREPARE p(interval, int, bigint) AS
			SELECT $MONTH + \$1 k, customer_count(c), repeat_rate(c, \$3), count(*) FROM visits WHERE shop > \$2
			GROUP BY $MONTH + \$1 ORDER BY 1;",
		after => q{EXECUTE p('2 days', 7, 1); EXECUTE p(NULL, 1, 2); DEALLOCATE p; RESET plan_cache_mode;} ] }
		qw(force_generic_plan force_custom_plan)
]);

# 4. Times of all kinds.
query($node, q{
	CREATE TABLE times AS
	SELECT i % 7 AS c, at::timestamptz AS at, at::timestamp AS local
	FROM generate_series(1, 20) i, unnest(ARRAY[NULL, 'infinity', '-infinity', '4713-01-01 12:00 BC', '4713-01-03 BC',
		'4713-02-29 12:00 BC', '0002-12-31 23:59:59.999999 BC', '0001-01-01 BC', '0001-12-31 BC', '0001-01-01',
		'0001-01-08', '1582-10-15', '1899-12-31', '1969-12-31 23:59:59.999999', '1970-01-01', '1999-12-31',
		'2000-01-01', '2000-02-29', '2024-12-30', '2038-01-20', '200000-05-05', '200000-12-31', '294276-12-31']) at;
	CREATE TABLE ancient AS SELECT 1 AS c, '4714-11-24 BC'::timestamptz AS at FROM generate_series(1, 5);
	CREATE TABLE no_times AS SELECT i % 5 AS c, NULL::timestamptz AS at FROM generate_series(1, 500) i;
	ANALYZE times; ANALYZE no_times; ANALYZE ancient;
	CREATE TABLE later AS TABLE orders;
	DELETE FROM later WHERE shop = 1;
	INSERT INTO later (id, c, at, two) SELECT 7000 + i, i % 700,
		'2023-12-15Z'::timestamptz + (i * 7919 % 400) * interval '1 day', 2 FROM generate_series(1, 900) i;
});
check_cases($node, 'times', [
	(map { my $key = $_; map { grouped($key, table => 'times', beside => $_) } '', ', count(*), count(at)' }
		(grep { !/^bucket_start/ } @truncations), "coalesce($MONTH, '2001-01-01')", "extract(century FROM $MONTH)", "isfinite($MONTH)"),
	(map { grouped($_, table => 'no_times') } $MONTH, "coalesce($MONTH, '2000-01-01')"),
	(map { grouped($_, table => 'empty') } $MONTH, 'at::date'),
	(map { grouped($_, table => 'one_row') } $MONTH, 'at::date', "coalesce($MONTH, '2000-01-01')"),
	grouped($MONTH, where => "WHERE note = 'none'"),
	grouped('at::date', where => 'WHERE id % 1000 = 3'),
	grouped('at::date', table => 'ancient'),
	(map { (grouped($_, table => 'later'), grouped($_, table => 'later', beside => $ROWS)) } $MONTH, 'at::date') ]);
for my $unit (qw(month year))
{
	is(sqlstate($node, "SELECT date_trunc('$unit', at), customer_count(c) FROM ancient GROUP BY 1",
			'retention.scan' => $_), '22008', "no first day of this $unit, scan $_") for qw(on off);
}

# 5. In parallel.
my $FINALIZE = qr/Finalize HashAggregate.*Gather.*Retention Scan.*Partial HashAggregate.*Parallel Seq Scan/s;
check_cases($node, 'parallel', [
	(map { (grouped($_, like => $FINALIZE), grouped($_, like => $FINALIZE, table => 'orders', beside => $ROWS)) }
		$MONTH, "to_char($MONTH, 'Mon')", 'at::date', "date_trunc('week', at, 'Asia/Tokyo')"),
	grouped($MONTH, like => $FINALIZE, where => 'WHERE paid', beside => ', max(id)') ],
	PARALLEL);

# 6. On disk: 4,000 days, each of some customers that come once.
my @little = (work_mem => '64kB', hash_mem_multiplier => 1, enable_sort => 'off');
query($node, q{
	CREATE TABLE many WITH (parallel_workers = 4) AS
	SELECT i AS c, '2010-01-01Z'::timestamptz + (i * 7919 % 4000) * interval '1 day' AS at, i AS cents, 'n' || i AS note
	FROM generate_series(1, 16000) i;
	ANALYZE many;
});
my @keys = ('at::date', "date_trunc('day', at)", "to_char(at::date, 'YYYY-MM-DD')", "extract(doy FROM at::date)");
# The final Sort is as disabled as the one below a GroupAggregate, which may cost less.
check_cases($node, 'on disk', [ map { (grouped($_, table => 'many', taken => EITHER),
		grouped($_, table => 'many', beside => $ROWS, taken => EITHER)) } @keys ], @little);
check_cases($node, 'on disk, parallel', [ grouped($keys[0], table => 'many', taken => EITHER) ], PARALLEL, @little);
for my $query ('SELECT at::date, customer_count(c) FROM many GROUP BY 1',
	'SELECT at::date, customer_count(c), max(note) FROM many WHERE c > 9 GROUP BY 1')
{
	my $plan = json_plan($node, $query, ', ANALYZE, TIMING OFF', @little);
	my $aggregate = find_node($plan, 'Aggregate');

	ok(find_node($plan, 'Retention Scan'), "on disk: $query");
	cmp_ok($aggregate->{'HashAgg Batches'}, '>', 1, '... is done in batches');
	cmp_ok($aggregate->{'Disk Usage'}, '>', 0, '... on disk');
	cmp_ok($aggregate->{'Actual Rows'}, '==', 4000, '... with all groups');
}

# 7. Clocks: minutes around changes at midnight, and hours of the days around these.
my @changes = (
	[ 'America/Sao_Paulo', '2018-02-18 02:00Z', '2018-11-04 03:00Z' ],
	[ 'Asia/Beirut', '2024-03-30 22:00Z', '2024-10-26 21:00Z' ],
	[ 'America/Havana', '2024-03-10 05:00Z', '2024-11-03 05:00Z' ],
	[ 'America/St_Johns', '2006-04-02 03:31Z', '2006-10-29 02:31Z' ],
	[ 'Antarctica/Casey', '2020-10-03 16:01Z', '2021-03-13 13:00Z' ],
	[ 'Pacific/Apia', '2011-12-30 10:00Z' ],
	[ 'Pacific/Kwajalein', '1993-08-21 12:00Z' ],
	[ 'Asia/Manila', '1844-12-31 15:56Z' ],
	[ 'America/Juneau', '1867-10-18 15:29Z' ],
	[ 'America/Scoresbysund', '2024-03-31 01:00Z', '2024-10-27 01:00Z' ],
	[ 'Europe/Vilnius', '2024-03-31 01:00Z', '2024-10-27 01:00Z' ]);
my @instants = map { my ($zone, @at) = @$_; map { "('$zone', '$_'::timestamptz)" } @at } @changes;
query($node, "
	CREATE TABLE clocks AS
	SELECT zone, change + step AS at, row_number() OVER (ORDER BY zone, change + step) % 97 AS c
	FROM (VALUES " . join(', ', @instants) . ") v(zone, change), (
		SELECT i * interval '1 min' FROM generate_series(-240, 240) i UNION ALL
		SELECT i * interval '1 h' FROM generate_series(-60, 60) i UNION ALL
		SELECT i * interval '1 us' FROM generate_series(-1, 1) i) s(step);
	CREATE TABLE shuffled AS SELECT * FROM clocks ORDER BY md5(at::text);
	ANALYZE clocks; ANALYZE shuffled;
");
my @by = ('at::date', map { "date_trunc('$_', at)" } qw(day week month quarter year));
for my $changes (@changes)
{
	my $zone = $changes->[0];
	my $here = "WHERE zone = '$zone'";
	# In later versions a Sort of so few rows may cost less than a hash table.
	my @taken = (taken => $node->pg_version >= 18 ? EITHER : TAKEN);

	check_cases($node, "clocks of $zone", [
		(map { my $key = $_; map { grouped($key, table => $_, where => $here, @taken) } qw(clocks shuffled) } @by),
		grouped('at::date', table => 'shuffled', @taken),
		(map { grouped("date_trunc('$_', at, '$zone')", table => 'shuffled', @taken, before => "SET timezone = 'Asia/Tokyo';") }
			qw(day month)) ], timezone => $zone);
}

# 8. The session's zone: it may be an offset, and change between two executions or rows.
query($node, q{
	CREATE FUNCTION moves(id int, at_row int, zone text) RETURNS bool VOLATILE LANGUAGE sql
	RETURN id IS DISTINCT FROM at_row OR set_config('timezone', zone, false) IS NOT NULL;
	CREATE FUNCTION to_and_fro(id int) RETURNS bool VOLATILE LANGUAGE sql
	RETURN id % 50 <> 0 OR
		set_config('timezone', CASE WHEN id % 100 = 0 THEN 'UTC' ELSE 'Asia/Tokyo' END, false) IS NOT NULL;
});
my @from_utc = (before => "SET timezone = 'UTC';", after => "SET timezone = 'UTC';");
check_cases($node, 'zones', [
	(map { my $zone = $_; map { grouped($_, before => "SET timezone = '$zone';") }
		'at::date', $MONTH, "$MONTH\::text" } 'UTC', '+02', '<+02>-2', 'EST5EDT', 'Etc/GMT-14'),
	(map { my $mode = $_; [ "set between executions, $mode", 'EXECUTE zoned', TAKEN,
		before => "SET plan_cache_mode = $mode; PREPARE zoned AS SELECT at::date, customer_count(c), count(*)
			FROM visits GROUP BY 1 ORDER BY 1;",
		after => "SET timezone = 'Asia/Tokyo'; EXECUTE zoned; SET timezone = 'Pacific/Apia'; EXECUTE zoned;
			DEALLOCATE zoned; RESET timezone; RESET plan_cache_mode;" ] } qw(force_generic_plan force_custom_plan)),
	(map { my $key = $_; map { grouped($key, where => "WHERE $_", @from_utc, taken => LEFT),
			grouped($key, where => "WHERE $_", @from_utc, beside => $ROWS, taken => LEFT) }
		"moves(id, 3000, 'Asia/Tokyo')", 'to_and_fro(id)' } 'at::date', $MONTH, "date_trunc('week', at, 'UTC')",
		"to_char(date_trunc('month', at, 'UTC'), 'YYYY-MM-DD HH24')"),
	(map { [ "set by $_->[0]", "SELECT * FROM (SELECT at::date, customer_count(c), $_->[1]
		FROM visits GROUP BY 1 OFFSET 0) s ORDER BY 1", LEFT, @from_utc ] }
		[ 'a filter', 'customer_count(note) FILTER (WHERE to_and_fro(id))' ],
		[ 'an argument', 'bool_and(to_and_fro(id)), count(*)' ])
], enable_sort => 'off');

# 9. Left to the executor.
check_cases($node, 'executor', [
	(map { grouped($_, taken => LEFT) }
		"date_trunc('hour', at)", "date_trunc('decade', at)", "date_trunc('millennium', local)",
		"date_trunc('mon', at)", "date_trunc('day', since)", "date_trunc('month', day)", "date_trunc('month', moment)",
		(map { "date_trunc('day', at, '$_')" } 'CET', 'EST', '+02', '<+02>-2'), 'date_trunc(unit, at)',
		"date_trunc('month', at, NULL)", "date_trunc(NULL, at)", "bucket_start(at, '1 month', 'GMT')",
		"bucket_start(at, '1 month', 'UTC', '2000-01-15')",
		"date_trunc('month', at + interval '1 day')", 'at', 'day', 'local',
		"date_bin('1 day', at, '2024-01-01')", "$MONTH + shop * interval '1 day'", "at - $MONTH",
		"$MONTH - date_trunc('year', at)", "$MONTH + random() * interval '0'", "(SELECT $MONTH)",
		"date_trunc('day', at) = at::date", "extract(month FROM $MONTH)::money", "ROW($MONTH, 1)",
		'extract(month FROM at)', "generate_series(1, extract(month FROM $MONTH)::int)",
		"unnest(ARRAY[$MONTH, NULL])"),
	[ 'a unit that is a parameter', "EXECUTE p('month')", LEFT,
		before => 'SET plan_cache_mode = force_generic_plan; PREPARE p(text) AS
			SELECT date_trunc($1, at), customer_count(c) FROM visits GROUP BY date_trunc($1, at) ORDER BY 1;',
		after => 'DEALLOCATE p; RESET plan_cache_mode;' ],
	[ 'two items', "SELECT $MONTH, shop, $ANSWER GROUP BY 1, 2 ORDER BY 1, 2", LEFT,
		plain => "SELECT $MONTH, shop, $DISTINCT GROUP BY 1, 2 ORDER BY 1, 2" ],
	[ 'two truncations', "SELECT $MONTH, at::date, $ANSWER GROUP BY 1, 2 ORDER BY 1, 2", LEFT ],
	(map { [ $_, "SELECT $MONTH, $ANSWER GROUP BY $_ ORDER BY 1, 2", LEFT,
		plain => "SELECT $MONTH, $DISTINCT GROUP BY $_ ORDER BY 1, 2" ] }
		"GROUPING SETS (($MONTH), ())", "ROLLUP ($MONTH)", "CUBE ($MONTH)"),
	[ 'no hashing', "SELECT $MONTH, $ANSWER GROUP BY 1 ORDER BY 1", LEFT,
		before => 'SET enable_hashagg = off;', after => 'RESET enable_hashagg;' ],
	[ 'DISTINCT beside', "SELECT $MONTH, customer_count(c), count(DISTINCT c) FROM visits GROUP BY 1 ORDER BY 1", LEFT ],
	[ 'none by page', "SELECT $MONTH, count(*), top_share(c, cents) FROM visits GROUP BY 1 ORDER BY 1", LEFT ],
	[ 'an expression for the customer', "SELECT $MONTH, customer_count(c + 0) FROM visits GROUP BY 1 ORDER BY 1", LEFT ],
	[ 'a join', "SELECT $MONTH, customer_count(c) FROM visits JOIN shops USING (shop) GROUP BY 1 ORDER BY 1", LEFT ],
	[ 'few rows of an index', "SELECT at::date, customer_count(c) FROM indexed
		WHERE at >= '2024-06-01Z' AND at < '2024-06-02Z' GROUP BY 1", LEFT, like => qr/by_time/,
		plain => "SELECT '2024-06-01'::date, count(DISTINCT c) FROM visits
			WHERE at >= '2024-06-01Z' AND at < '2024-06-02Z'" ],
]);

# From 16 on the planner drops an item that can have one value only.
check_cases($node, 'planner', [
	[ 'one month', "SELECT $MONTH, $ANSWER WHERE $MONTH = '2024-03-01' GROUP BY 1", EITHER,
		plain => "SELECT $MONTH, $DISTINCT WHERE $MONTH = '2024-03-01' GROUP BY 1" ],
	[ 'one month, and nobody', "SELECT $MONTH, $ANSWER WHERE $MONTH = '2030-03-01' GROUP BY 1", EITHER, plain => '' ],
	[ 'a constant beside', "SELECT $MONTH, 'x'::text, $ANSWER GROUP BY 1, 2 ORDER BY 1", EITHER ],
	[ 'one shop beside', "SELECT shop, $MONTH, $ANSWER WHERE shop = 3 GROUP BY 1, 2 ORDER BY 2", EITHER,
		plain => "SELECT shop, $MONTH, $DISTINCT WHERE shop = 3 GROUP BY 1, 2 ORDER BY 2" ],
]);

# How many groups there will be.
for my $key (@by, map { "date_trunc('$_', local)" } qw(day week month))
{
	for my $table (qw(visits backwards))
	{
		my $plan = json_plan($node, "SELECT $key, customer_count(c) FROM $table GROUP BY 1", ', ANALYZE, TIMING OFF');
		my $aggregate = find_node($plan, 'Aggregate');
		my ($guess, $rows) = @$aggregate{ 'Plan Rows', 'Actual Rows' };

		cmp_ok(abs($guess - $rows), '<=', 2, "groups of $key, $table: $rows, and $guess before");
	}
}

done_testing();
