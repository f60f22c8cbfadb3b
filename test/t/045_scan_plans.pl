# The custom scan: which queries it takes, which it leaves to the executor, and that it changes no answer.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;
use ScanCases;

my $PERIOD = q{tstzrange('2024-04-01Z', '2024-07-01Z')};
my $node   = start_server('main', max_parallel_workers_per_gather => 0);

query($node, ORDERS_SQL);

# 1. Taken.
my $customers = 'SELECT count(DISTINCT c) FROM orders';

check_cases($node, 'aggregates by page', [
	[ 'customer_count', 'SELECT customer_count(c) FROM orders', TAKEN, plain => $customers ],
	[ 'repeat_rate', 'SELECT repeat_rate(c) FROM orders', TAKEN,
		plain => 'SELECT count(*) FILTER (WHERE n > 1)::float8 / count(*)
			FROM (SELECT count(*) n FROM orders WHERE c IS NOT NULL GROUP BY c) s' ],
	[ 'repeat_rate with min_orders', 'SELECT repeat_rate(c, 5) FROM orders', TAKEN,
		plain => 'SELECT count(*) FILTER (WHERE n >= 5)::float8 / count(*)
			FROM (SELECT count(*) n FROM orders WHERE c IS NOT NULL GROUP BY c) s' ],
	[ 'purchase_frequency', 'SELECT purchase_frequency(c) FROM orders', TAKEN,
		plain => 'SELECT count(c)::float8 / count(DISTINCT c) FROM orders' ],
	[ 'crr', "SELECT crr(c, at, $PERIOD), churn_rate(c, at, $PERIOD) FROM orders", TAKEN,
		plain => q{SELECT count(*) FILTER (WHERE e)::float8 / count(*),
				count(*) FILTER (WHERE NOT e)::float8 / count(*)
			FROM (SELECT bool_or(at >= '2024-01-01Z' AND at < '2024-04-01Z') s,
				bool_or(at >= '2024-04-01Z' AND at < '2024-07-01Z') e
				FROM orders WHERE c IS NOT NULL AND at IS NOT NULL GROUP BY c) p WHERE s} ],
	[ 'crr with lookback', "SELECT crr(c, at, $PERIOD, '30 days'), churn_rate(c, at, $PERIOD, '30 days') FROM orders",
		TAKEN ],
	[ 'crr with zone', "SELECT crr(c, at, $PERIOD, '1 month', 'Asia/Tokyo'),
		churn_rate(c, at, $PERIOD, NULL, 'America/New_York') FROM orders", TAKEN ],
	[ 'crr of contracts', "SELECT crr(c, active, $PERIOD), churn_rate(c, active, $PERIOD) FROM orders", TAKEN,
		plain => q{SELECT count(*) FILTER (WHERE e)::float8 / count(*),
				count(*) FILTER (WHERE NOT e)::float8 / count(*)
			FROM (SELECT bool_or(active @> '2024-04-01Z'::timestamptz) s,
				bool_or(active @> '2024-07-01Z'::timestamptz) e
				FROM orders WHERE c IS NOT NULL AND active IS NOT NULL GROUP BY c) p WHERE s} ],
	[ 'retention_agg', "SELECT retention_agg(c, at, '1 month') FROM orders", TAKEN ],
	[ 'retention_agg with zone', "SELECT retention_agg(c, at, '1 week', 'Europe/Vilnius') FROM orders", TAKEN ],
	[ 'revenue_agg', "SELECT revenue_agg(c, at, amount, '1 month') FROM orders", TAKEN ],
	[ 'revenue_agg with zone', "SELECT revenue_agg(c, at, amount, '1 week', 'Europe/Vilnius') FROM orders", TAKEN ],
	[ 'revenue_agg of contracts', "SELECT customer_count(revenue_agg(c, active, amount, '1 month')),
		revenue_agg(c, active, amount, '1 month', 'Asia/Tokyo', '2024-08-15Z') FROM orders", TAKEN ],
	[ 'a report of revenue above', "SELECT period, round(revenue, 2) FROM
		(SELECT revenue_agg(c, at, amount, '1 month', 'UTC') s FROM orders) s, revenue_growth(s, '2025-01-01Z')", TAKEN,
		plain => q{SELECT date_trunc('month', at)::date, round(sum(amount), 2) FROM orders
			WHERE c IS NOT NULL AND at IS NOT NULL AND amount IS NOT NULL GROUP BY 1 ORDER BY 1} ],
	[ 'time_to_order', "SELECT time_to_order(c, at, 2, '2024-08-15Z'), time_to_order(c, at, 5, '2024-08-15Z'),
		time_to_order(c, at, 3) = time_to_order(c, at, 3, now()), time_to_order(c, at) = time_to_order(c, at, 2, now())
		FROM orders", TAKEN ],
	[ 'bracket_retention', "SELECT bracket_retention(c, at, '{0,7 days,30 days}', '2024-08-15Z') FROM orders", TAKEN ],
	[ 'several', "SELECT customer_count(c), repeat_rate(c), repeat_rate(c, 3), purchase_frequency(c),
		crr(c, at, $PERIOD), churn_rate(c, active, $PERIOD), retention_agg(c, at, '1 month', 'UTC'),
		customer_count(shop), customer_count(note), customer_count(id) FROM orders", TAKEN ],
	[ 'the same column twice', "SELECT customer_count(at), crr(at, at, $PERIOD) FROM orders", TAKEN ],
	[ 'a report above', "SELECT g.* FROM (SELECT totals(retention_agg(c, at, '1 month', 'UTC')) t FROM orders) s,
		growth(t, '2024-12-01Z') g", TAKEN ],
	[ 'a generated column', 'SELECT customer_count(day) FROM orders', TAKEN,
		plain => 'SELECT count(DISTINCT day) FROM orders' ],
	[ 'parameters that are stable', "SELECT crr(c, at, tstzrange('2024-06-01Z', now())),
		repeat_rate(c, pg_catalog.current_setting('block_size')::int / 4096) FROM orders", TAKEN ],
]);

# Aggregates written in SQL: strict without and with an initial value, not strict, with by-reference states, with one
# that may become NULL; the last ones depend on the order of rows.
query($node, q{
	CREATE FUNCTION greater_text(text, text) RETURNS text IMMUTABLE STRICT LANGUAGE sql
		RETURN CASE WHEN $1 > $2 COLLATE "C" THEN $1 ELSE $2 END;
	CREATE FUNCTION add_amount(numeric, numeric) RETURNS numeric IMMUTABLE STRICT LANGUAGE sql RETURN $1 + $2;
	CREATE FUNCTION count_nulls(bigint, anyelement) RETURNS bigint IMMUTABLE LANGUAGE sql
		AS 'SELECT $1 + ($2 IS NULL)::int';
	CREATE FUNCTION latest(text, text) RETURNS text IMMUTABLE LANGUAGE sql RETURN $2;
	CREATE FUNCTION till_paid(int, int) RETURNS int IMMUTABLE STRICT LANGUAGE sql
		RETURN CASE WHEN $2 % 100 < 99 THEN $1 + 1 END;
	CREATE FUNCTION chain(text, text) RETURNS text IMMUTABLE LANGUAGE plpgsql
		AS $$BEGIN RETURN md5(coalesce($1, '') || coalesce($2, 'none')); END$$;
	CREATE AGGREGATE greatest_text(text) (SFUNC = greater_text, STYPE = text);
	CREATE AGGREGATE total_amount(numeric) (SFUNC = add_amount, STYPE = numeric, INITCOND = '1000.50');
	CREATE AGGREGATE nulls(anyelement) (SFUNC = count_nulls, STYPE = bigint, INITCOND = '0');
	CREATE AGGREGATE latest(text) (SFUNC = latest, STYPE = text);
	CREATE AGGREGATE till_paid(int) (SFUNC = till_paid, STYPE = int, INITCOND = '0');
	CREATE AGGREGATE list(int) (SFUNC = array_append, STYPE = int[], INITCOND = '{}');
	CREATE TABLE of_orders AS SELECT c, shop FROM orders;
	CREATE AGGREGATE chain(text) (SFUNC = chain, STYPE = text);
});

my @server_aggregates = (
	'count(*)', 'count(c)', 'count(orders)', 'sum(amount)', 'sum(cents)', 'sum(c)', 'avg(amount)', 'avg(cents)',
	'sum(price)', 'max(price)', 'min(note)', 'max(note)', 'min(at)', 'bool_or(paid)', 'bool_and(paid)', 'every(paid)',
	'bit_and(c)', 'stddev(amount)', 'variance(cents)', 'stddev(price)', 'corr(price, cents)', 'array_agg(c)',
	'md5(array_agg(note)::text)', q{md5(json_agg(at)::text)}, q{md5(string_agg(note, ','))},
	q{sum(at - '2024-01-01Z')},
	'range_agg(active)', 'sum(c + shop)', 'count(coalesce(note, paid::text))', 'sum(length(md5(note)))',
	'greatest_text(note)', 'total_amount(amount)', 'nulls(c)', 'nulls(note)', 'latest(note)', 'till_paid(id)',
	'list(c)', 'chain(note)', 'sum(1)', "max('x'::text)", 'max(tableoid::regclass::text)', 
	'count(xmin)', 'count(ctid)',
	'top_share(c, amount)', 'aov(amount)', 'nps(shop)', 'repeat_rate(c, two)', 'customer_count(c + 0)');

check_cases($node, 'beside customer_count', [
	map { [ $_, "SELECT $_, customer_count(c) FROM orders", TAKEN ] } @server_aggregates ]);
check_cases($node, 'beside customer_count', [
	[ 'all', 'SELECT customer_count(c), ' . join(', ', @server_aggregates) . ' FROM orders', TAKEN ],
	[ 'string_agg, sorted', q{SELECT customer_count(c), (SELECT md5(string_agg(x, ',' ORDER BY x))
		FROM unnest(string_to_array(string_agg(note, ','), ',')) x) FROM orders}, TAKEN,
		plain => q{SELECT count(DISTINCT c), md5(string_agg(note, ',' ORDER BY note)) FROM orders} ],
	[ 'sums', 'SELECT customer_count(c), count(*), count(note), sum(amount), min(at), max(note) FROM orders', TAKEN,
		plain => 'SELECT count(DISTINCT c), count(*), count(note), sum(amount), min(at), max(note) FROM orders' ],
	[ 'all with WHERE', 'SELECT customer_count(c), ' . join(', ', @server_aggregates) . ' FROM orders WHERE shop < 4',
		TAKEN ],
	[ 'all with FILTER', 'SELECT customer_count(c) FILTER (WHERE cents % 3 = 0), '
		. join(', ', map { /^md5/ ? $_ : "$_ FILTER (WHERE shop > 5)" } @server_aggregates) . ' FROM orders', TAKEN ],
	[ 'all where nobody passes', 'SELECT customer_count(c), ' . join(', ', @server_aggregates)
		. " FROM orders WHERE note = 'none'", TAKEN ]]);

check_cases($node, 'beside customer_count, by row what is no column', [
	map { [ $_->[0], "SELECT customer_count(c), $_->[1]", TAKEN, plain => "SELECT count(DISTINCT c), $_->[2]" ] }
	[ 'a system column', 'customer_count(tableoid) FROM orders', '1 FROM orders' ],
	[ 'the time a system column', "crr(xmin::text, at, $PERIOD) IS NULL FROM orders", 'false FROM orders' ],
	[ 'where a row lies', 'customer_count(ctid) FROM orders', 'count(DISTINCT ctid) FROM orders' ],
	[ 'a whole row of the table',
		'customer_count(of_orders) FROM of_orders', 'count(DISTINCT of_orders) FROM of_orders' ],
	[ 'an expression that the scan computes',
		'customer_count(k) FROM orders o LEFT JOIN LATERAL (SELECT o.shop + 1 AS k) k ON true',
		'count(DISTINCT shop) FROM orders' ],
	[ 'a constant that the scan computes',
		'customer_count(k), repeat_rate(c, k) > 0 FROM orders o LEFT JOIN (VALUES (3)) v(k) ON true',
		'1, true FROM orders' ]]);

query($node, q{
	CREATE FUNCTION is_cheap(bigint) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 < 30000; END';
	CREATE FUNCTION unsafe_true(int) RETURNS boolean STABLE LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
	CREATE FUNCTION customers_of(int) RETURNS bigint STABLE LANGUAGE sql
		AS 'SELECT customer_count(c) FROM orders WHERE shop = $1';
	CREATE FUNCTION add_shop(bigint, int) RETURNS bigint STABLE STRICT LANGUAGE plpgsql
		AS 'BEGIN RETURN $1 + customers_of($2); END';
	CREATE AGGREGATE sum_of_shops(int) (SFUNC = add_shop, STYPE = bigint, INITCOND = '0');
});
my @where = (
	'shop = 3', 'id > 5900', 'id < 40', 'id = 5999', 'shop = 3 AND paid', 'shop = 3 OR note IS NULL',
	'paid', 'NOT paid', 'note LIKE $$%7$$',
	'c IN (1, 2, 3, 5, 8, 13)', 'c = ANY (ARRAY[1, 2, NULL])', '(c, shop) > (450, 5)', 'c IS NULL', 'c IS NOT NULL',
	'at < now()', $PERIOD . ' @> at', 'active IS NULL', 'is_cheap(cents)', 'unsafe_true(c)',
	'true', 'orders IS NOT NULL', 'length(orders::text) > 100', '(ctid::text::point)[0]::int % 2 = 0',
	'tableoid = $$orders$$::regclass',
	'day = 14', 'CASE WHEN paid THEN shop > 3 ELSE shop < 2 END',
	"shop = (extract(day FROM now()) - extract(day FROM now()) + 3)::int",
	'c = (SELECT min(shop) + 4 FROM shops)', 'c < (SELECT customer_count(o.c) / 2 FROM orders o)',
	'shop NOT IN (SELECT shop FROM shops WHERE shop > 5)',
	'(shop IN (SELECT shop FROM shops WHERE shop > 5)) IS NOT FALSE',
	'(SELECT max(s.name) FROM shops s WHERE s.shop <= orders.shop) > $$shop 4$$',
	'EXISTS (SELECT FROM shops WHERE shop = orders.c) OR paid',
	'(SELECT customer_count(s.shop) FROM shops s WHERE s.shop < orders.shop) > 3 AND id % 100 < 9');
check_cases($node, 'WHERE', [
	map { [ $_, "SELECT customer_count(c), crr(c, at, $PERIOD), count(*), sum(amount) FROM orders WHERE $_", TAKEN ],
		  [ "$_, by page alone", "SELECT customer_count(c), customer_count(note) FROM orders WHERE $_", TAKEN,
			plain => "SELECT count(DISTINCT c), count(DISTINCT note) FROM orders WHERE $_" ] } @where ]);

my @filter = grep { !/NOT IN|IS NOT FALSE|orders\.(?:c|shop)/ } @where;
check_cases($node, 'FILTER', [
	[ 'nobody passes', "SELECT customer_count(c) FILTER (WHERE note = 'none'), repeat_rate(c) FILTER (WHERE false),
		sum(amount) FILTER (WHERE note = 'none'), crr(c, at, $PERIOD) FILTER (WHERE NULL) FROM orders", TAKEN ],
	[ 'some have one', 'SELECT customer_count(c) FILTER (WHERE shop = 2), customer_count(c), customer_count(note),
		count(*) FILTER (WHERE shop = 2), count(*) FROM orders', TAKEN ],
	[ 'of growing parts', 'SELECT ' . join(', ', map { "customer_count(c) FILTER (WHERE shop < $_)" } 0 .. 11)
		. ' FROM orders', TAKEN,
		plain => 'SELECT ' . join(', ', map { "count(DISTINCT c) FILTER (WHERE shop < $_)" } 0 .. 11)
			. ' FROM orders' ],
	[ 'with WHERE', "SELECT customer_count(c) FILTER (WHERE paid), retention_agg(c, at, '1 month', 'UTC')
		FILTER (WHERE shop = 1), count(*) FILTER (WHERE paid) FROM orders WHERE cents > 50000", TAKEN ],
	map { [ $_, "SELECT customer_count(c) FILTER (WHERE $_), purchase_frequency(note), sum(amount) FILTER (WHERE $_)
		FROM orders", TAKEN,
		plain => "SELECT count(DISTINCT c) FILTER (WHERE $_), count(note)::float8 / count(DISTINCT note),
		sum(amount) FILTER (WHERE $_) FROM orders" ] } @filter ]);

my $per_shop = 'SELECT shop, (SELECT count(DISTINCT c) FROM orders o WHERE o.shop = s.shop) FROM shops s';
my $rates = "SELECT customer_count(c) n, repeat_rate(c) rate FROM orders WHERE shop < 5";
check_cases($node, 'around it', [
	[ 'HAVING', 'SELECT customer_count(c) FROM orders HAVING customer_count(c) > 5', TAKEN, plain => $customers ],
	[ 'HAVING that fails', 'SELECT customer_count(c) FROM orders HAVING customer_count(note) < 5', TAKEN ],
	[ 'HAVING alone', 'SELECT 1 FROM orders HAVING repeat_rate(c) > 0', TAKEN ],
	[ 'HAVING of a volatile function', 'SELECT customer_count(c) FROM orders HAVING random() >= 0', TAKEN ],
	[ 'expressions', q{SELECT customer_count(c) + 1, round(repeat_rate(c)::numeric, 3) || ' of ' || count(*),
		CASE WHEN bool_or(paid) THEN purchase_frequency(c) END, 7, now() > '2000-01-01' FROM orders}, TAKEN ],
	[ 'a window above',
		'SELECT customer_count(c), sum(customer_count(c)) OVER (), row_number() OVER (ORDER BY count(*))
		FROM orders', TAKEN ],
	[ 'LIMIT', 'SELECT customer_count(c) FROM orders LIMIT 1', TAKEN, plain => $customers ],
	[ 'LIMIT 0', 'SELECT customer_count(c) FROM orders LIMIT 0', TAKEN ],
	[ 'OFFSET', 'SELECT customer_count(c) FROM orders OFFSET 1', TAKEN ],
	[ 'ORDER BY and DISTINCT of the answer', 'SELECT DISTINCT customer_count(c) n FROM orders ORDER BY n', TAKEN ],
	[ 'a set above', 'SELECT generate_series(1, customer_count(shop)), repeat_rate(c) FROM orders', TAKEN ],
	[ 'a CTE', "WITH r AS ($rates) SELECT * FROM r, r again", TAKEN ],
	[ 'a materialized CTE', "WITH r AS MATERIALIZED ($rates) SELECT n FROM r UNION ALL SELECT -n FROM r", TAKEN ],
	[ 'over an inlined CTE',
		'WITH o AS NOT MATERIALIZED (SELECT * FROM orders) SELECT customer_count(c) FROM o', TAKEN,
		plain => $customers ],
	[ 'over a sub-select',
		'SELECT customer_count(k) FROM (SELECT c AS k, shop + 1 FROM orders WHERE id > 0) s', TAKEN,
		plain => $customers ],
	[ 'in a sub-select', "SELECT n + 1 FROM ($rates) s WHERE rate > 0", TAKEN ],
	[ 'as InitPlan', 'SELECT name, (SELECT customer_count(c) FROM orders) FROM shops ORDER BY 1', TAKEN,
		plain => "SELECT name, ($customers) FROM shops ORDER BY 1" ],
	[ 'as SubPlan',
		'SELECT shop, (SELECT customer_count(c) FROM orders o WHERE o.shop = s.shop) FROM shops s ORDER BY 1',
		TAKEN, plain => "$per_shop ORDER BY 1" ],
	[ 'LATERAL',
		'SELECT s.shop, x.n FROM shops s, LATERAL (SELECT customer_count(c) n FROM orders o WHERE o.shop = s.shop) x
		ORDER BY 1', TAKEN, plain => "$per_shop ORDER BY 1" ],
	[ 'LATERAL with a FILTER and a parameter from outside', 'SELECT s.shop, x.* FROM shops s,
			LATERAL (SELECT repeat_rate(c, s.shop + 1) r, customer_count(c) FILTER (WHERE o.shop < s.shop) n,
				count(*) FILTER (WHERE o.shop < s.shop) m
		FROM orders o WHERE o.id % 4 = s.shop % 4) x ORDER BY 1', TAKEN ],
	[ 'LATERAL in LATERAL', 'SELECT s.shop, x.* FROM shops s, LATERAL (SELECT customer_count(c) n,
		sum((SELECT 1)) m FROM orders o WHERE o.shop = s.shop
			AND o.c > (SELECT customer_count(i.c) / 2 FROM orders i WHERE i.shop > s.shop)) x ORDER BY 1', TAKEN ],
	[ 'run again without a parameter', 'SELECT g, x.n FROM generate_series(1, 3) g LEFT JOIN
		(SELECT customer_count(c) n, count(*) m FROM orders WHERE id > 9) x ON g < x.m ORDER BY 1', TAKEN,
		before => 'SET enable_material = off; SET enable_mergejoin = off; SET enable_hashjoin = off;',
		after => 'RESET enable_material; RESET enable_mergejoin; RESET enable_hashjoin;' ],
	[ 'UNION ALL',
		join(' UNION ALL ', map { "SELECT $_, customer_count(c) FROM orders WHERE shop = $_" } 1 .. 4), TAKEN,
		plain => 'SELECT shop, count(DISTINCT c) FROM orders WHERE shop IN (1, 2, 3, 4) GROUP BY 1 ORDER BY 1' ],
	[ 'UNION',
		'SELECT customer_count(c) FROM orders UNION SELECT customer_count(c) FROM orders', TAKEN,
		plain => $customers ],
	[ 'rows locked beside',
		'SELECT s.shop, x.n FROM shops s, (SELECT customer_count(c) n FROM orders) x WHERE s.shop < 3
		FOR UPDATE OF s', TAKEN ],
	[ 'a table of one row that is removed',
		'SELECT customer_count(o.c), max(v.x) FROM orders o, (VALUES (3)) v(x)', TAKEN,
		plain => 'SELECT count(DISTINCT c), 3 FROM orders' ],
	[ 'a join that is removed',
		'SELECT customer_count(o.c) FROM orders o LEFT JOIN shops s ON s.shop = o.shop', TAKEN,
		plain => $customers ],
	[ 'an aggregate that a sub-select asks for',
		'SELECT (SELECT max(name) FROM shops s WHERE s.shop < customer_count(o.shop) - 5)
		FROM orders o', TAKEN ],
	[ 'a sub-select in HAVING',
		'SELECT customer_count(c) FROM orders HAVING customer_count(c) > (SELECT count(*) FROM shops)',
		TAKEN, plain => $customers ],
	[ 'a function in SQL', 'SELECT customers_of(3), customers_of(4)', LEFT,
		plain => 'SELECT count(DISTINCT c) FILTER (WHERE shop = 3), count(DISTINCT c) FILTER (WHERE shop = 4)
			FROM orders' ],
	[ 'a sub-select as a parameter', 'SELECT repeat_rate(c, (SELECT count(*) - 9 FROM shops)) FROM orders', TAKEN ],
	[ 'with rows of the transaction', 'SELECT customer_count(c), count(*) FROM orders', TAKEN,
		before => 'BEGIN; INSERT INTO orders (id, c, two) SELECT 7000 + i, 5000 + i, 2 FROM generate_series(1, 500) i;
			DELETE FROM orders WHERE shop = 1;', after => 'ROLLBACK;' ],
]);

check_cases($node, 'statements', [
	[ 'generic plan', 'EXECUTE generic(3, 2)', TAKEN,
		before => "SET plan_cache_mode = force_generic_plan; PREPARE generic(int, bigint) AS
			SELECT customer_count(c), repeat_rate(c, \$2), count(*) FILTER (WHERE cents > \$2)
			FROM orders WHERE shop = \$1;",
		after => 'EXECUTE generic(4, 3); EXECUTE generic(NULL, 3); RESET plan_cache_mode;' ],
	[ 'custom plan', 'EXECUTE custom(3, 2)', TAKEN,
		before => "SET plan_cache_mode = force_custom_plan; PREPARE custom(int, bigint) AS
			SELECT customer_count(c), repeat_rate(c, \$2), count(*) FILTER (WHERE cents > \$2)
			FROM orders WHERE shop = \$1;",
		after => 'EXECUTE custom(4, 3); EXECUTE custom(NULL, 3); RESET plan_cache_mode;' ],
	[ 'a period that is a parameter', qq{EXECUTE period($PERIOD)}, TAKEN,
		before => 'PREPARE period(tstzrange) AS SELECT crr(c, at, $1), churn_rate(c, active, $1) FROM orders;',
		after => qq{EXECUTE period(tstzrange('2024-05-01Z', '2024-06-01Z'));} ],
	[ 'INSERT', "INSERT INTO results $rates", TAKEN, after => 'TABLE results;' ],
	[ 'INSERT RETURNING', "INSERT INTO results $rates RETURNING *", TAKEN, after => 'TRUNCATE results;' ],
	[ 'into its own table',
		'INSERT INTO orders (id, c, two) SELECT 9000, customer_count(c), 2 FROM orders RETURNING c', TAKEN,
		before => 'BEGIN;', after => 'ROLLBACK;' ],
	[ 'UPDATE',
		'UPDATE shops s SET name = (SELECT customer_count(c) FROM orders o WHERE o.shop = s.shop)::text RETURNING *',
		TAKEN, before => 'BEGIN;', after => 'ROLLBACK;' ],
	[ 'UPDATE FROM',
		"UPDATE shops SET name = n FROM ($rates) r WHERE shop < 3 RETURNING name", TAKEN,
		before => 'BEGIN;', after => 'ROLLBACK;' ],
	[ 'DELETE', 'DELETE FROM shops WHERE shop * 90 > (SELECT customer_count(c) FROM orders)  RETURNING shop', TAKEN,
		before => 'BEGIN;', after => 'ROLLBACK;' ],
	[ 'MERGE',
		"MERGE INTO shops s USING ($rates) r ON s.shop = r.n % 10 WHEN MATCHED
			THEN UPDATE SET name = r.n::text", TAKEN,
		before => 'BEGIN;', after => 'TABLE shops; ROLLBACK;' ],
	[ 'a plan of a table that is altered', 'EXECUTE altering', TAKEN,
		before => 'BEGIN; CREATE TABLE t AS TABLE orders; ANALYZE t;
			PREPARE altering AS SELECT customer_count(c), max(note) FROM t; EXECUTE altering;',
		after => 'ALTER TABLE t DROP id; EXECUTE altering; ALTER TABLE t ADD z int DEFAULT 5; EXECUTE altering;
			ALTER TABLE t ALTER c TYPE bigint; SELECT customer_count(c), max(note), customer_count(z) FROM t;
			ROLLBACK;' ],
	[ 'a modifying CTE beside',
		'WITH d AS (DELETE FROM orders RETURNING *) SELECT customer_count(c), (SELECT count(*) FROM d)
		FROM orders', TAKEN, before => 'BEGIN;', after => 'ROLLBACK;' ],
	[ 'CREATE TABLE AS', "CREATE TABLE made AS $rates", TAKEN, after => 'TABLE made; DROP TABLE made;' ],
	[ 'CREATE MATERIALIZED VIEW', "CREATE MATERIALIZED VIEW made AS $rates", TAKEN,
		after => 'REFRESH MATERIALIZED VIEW made; TABLE made; DROP MATERIALIZED VIEW made;' ],
	[ 'a materialized view', 'SELECT customer_count(c), count(*) FROM of_shop', TAKEN,
		before => 'CREATE MATERIALIZED VIEW of_shop AS SELECT c, at FROM orders WHERE shop = 3;',
		after => 'DROP MATERIALIZED VIEW of_shop;', ],
	[ 'a cursor', 'DECLARE k CURSOR FOR SELECT customer_count(c) FROM orders', TAKEN,
		before => 'BEGIN;', after => 'FETCH k; FETCH k; COMMIT;' ],
	[ 'a cursor that scrolls', 'DECLARE k SCROLL CURSOR FOR SELECT customer_count(c) FROM orders', TAKEN,
		before => 'BEGIN;',
		after => 'FETCH k; FETCH k; FETCH BACKWARD k; FETCH FIRST k; FETCH LAST k; FETCH ABSOLUTE 1 k; COMMIT;' ],
	[ 'a cursor over many',
		'DECLARE k CURSOR FOR SELECT shop, (SELECT customer_count(c) FROM orders o WHERE o.shop = s.shop)
		FROM shops s', TAKEN, before => 'BEGIN;', after => 'FETCH 3 k; FETCH ALL k; COMMIT;' ],
	[ 'a cursor, and rows that come later',
		'DECLARE k CURSOR FOR SELECT customer_count(c), count(*) FROM orders', TAKEN,
		before => 'BEGIN;',
		after => 'INSERT INTO orders (id, c, two) SELECT 7000, 7000 + i, 2 FROM generate_series(1, 50) i;
			DELETE FROM orders WHERE shop = 1; FETCH k; SELECT customer_count(c), count(*) FROM orders; ROLLBACK;' ],
	[ 'COPY', $rates, TAKEN, after => "COPY ($rates) TO STDOUT;" ],
	[ 'a cursor that is held', 'DECLARE k CURSOR WITH HOLD FOR SELECT customer_count(c) FROM orders', TAKEN,
		before => 'BEGIN;', after => 'COMMIT; FETCH k; CLOSE k;' ],
]);

# Errors: at once, in the middle of a page, in a page's columns; and the node runs on where a function has caught one.
query($node, q{
	CREATE FUNCTION looped() RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		answer text := '';
		n text;
	BEGIN
		FOR i IN 0 .. 9 LOOP
			BEGIN
				SELECT customer_count(c) INTO n FROM orders WHERE shop = i AND 1 / (id - 3000 - i * 700) IS NOT NULL;
				answer := answer || ' ' || n;
			EXCEPTION WHEN division_by_zero THEN
				answer := answer || ' none';
			END;
		END LOOP;
		RETURN answer;
	END$$;
	CREATE TABLE points AS SELECT point(i, i) AS p, 1 AS c FROM generate_series(1, 5) i;
});
for my $wrong ([ '22012', 'SELECT customer_count(c) FROM orders WHERE 1 / (id - 3001) IS NOT NULL' ],
	[ '22012', 'SELECT customer_count(c) FILTER (WHERE 1 / (id - 3001) IS NOT NULL) FROM orders' ],
	[ '22012', 'SELECT customer_count(c), sum(1 / (id - 3001)) FROM orders' ],
	[ '22023', 'SELECT repeat_rate(c, 0) FROM orders' ],
	[ '22023', 'SELECT customer_count(c), repeat_rate(c, id) FROM orders' ],
	[ '22023', "SELECT crr(c, at, $PERIOD, NULL, 'Nowhere') FROM orders" ],
	[ '42883', 'SELECT customer_count(p), customer_count(c) FROM points' ])
{
	my ($state, $query) = @$wrong;

	is(sqlstate($node, $query, 'retention.scan' => $_), $state, "$state, scan $_: $query") for qw(on off);
}
check_cases($node, 'functions that run queries', [
	[ 'in WHERE',
		'SELECT customer_count(c), count(*) FROM orders WHERE customers_of(shop) > 390 AND id < 100', TAKEN ],
	[ 'in FILTER',
		'SELECT customer_count(c) FILTER (WHERE customers_of(shop) > 390) FROM orders WHERE id < 100', TAKEN ],
	[ 'in an argument', 'SELECT customer_count(c), sum(customers_of(shop)) FROM orders WHERE id < 100', TAKEN ],
	[ 'as a transition function',
		'SELECT customer_count(c), sum_of_shops(shop), count(*) FROM orders WHERE id < 100', TAKEN,
		plain => 'SELECT count(DISTINCT c), sum(customers_of(shop)), count(*) FROM orders WHERE id < 100' ],
	[ 'with errors that are caught', 'SELECT looped()', LEFT ],
]);

# REFRESH has no EXPLAIN, and a function's query none of its own: auto_explain tells.
SKIP:
{
	skip 'this server has no auto_explain', 2 if sqlstate($node, q{LOAD 'auto_explain'}) ne '00000';
	my $told = "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
		SET auto_explain.log_nested_statements = on; SET client_min_messages = log;";
	my (undef, undef, $stderr) = $node->psql('postgres', "CREATE MATERIALIZED VIEW made AS $rates WITH NO DATA; $told
		REFRESH MATERIALIZED VIEW made; RESET client_min_messages; DROP MATERIALIZED VIEW made");
	like($stderr, NODE, 'REFRESH MATERIALIZED VIEW is taken');
	(undef, undef, $stderr) = $node->psql('postgres', "$told SELECT customers_of(3)");
	like($stderr, NODE, 'the query of a function is taken');
}

# Customers of all types, with columns of all kinds in front: customer k is there in each of them, so that all
# have one answer.
my $alone = q{SELECT customer_count(k), repeat_rate(k), repeat_rate(k, 3), purchase_frequency(k),
	crr(k, at, tstzrange('2024-04-01Z', '2024-07-01Z')) FROM};
my $key_alone = 'SELECT customer_count(k), repeat_rate(k, 3) FROM';
my $mixed = $alone =~ s/ FROM$/, count(*), count(k), customer_count(k) FILTER (WHERE at < '2024-03-01Z') FROM/r;
query($node, q{
	CREATE DOMAIN customer_id AS int CHECK (VALUE >= 0);
	CREATE DOMAIN customer_code AS text;
	CREATE TYPE pair AS (branch int, name text);
	DO $$BEGIN
		EXECUTE format('CREATE TYPE shop AS ENUM (%s)',
			(SELECT string_agg(quote_literal('shop ' || i), ',') FROM generate_series(0, 299) i));
	END$$;
	CREATE TABLE keys AS SELECT i, CASE WHEN rnd(21, i, 20) > 0 THEN rnd(22, i, 300) END AS k,
		CASE WHEN rnd(23, i, 30) > 0
			THEN '2024-01-01Z'::timestamptz + rnd(24, i, 366 * 24) * interval '1 hour' END AS at
	FROM generate_series(1, 600) i;
});
my %key = (
	int2 => 'k::int2',
	int4 => 'k::int',
	int8 => 'k * 1000000007',
	oid => 'k::oid',
	float8 => 'k / 4.0::float8',
	numeric => 'k::numeric / 8',
	date => q{'2000-01-01'::date + k::int},
	timestamptz => q{'2020-01-01Z'::timestamptz + k * interval '1 s'},
	interval => q{make_interval(days => k::int)},
	uuid => 'md5(k::text)::uuid',
	inet => q{'10.0.0.0'::inet + k},
	name => q{('c' || k)::name},
	text => q{repeat('c', (k % 3)::int) || k},
	'long text' => q{repeat('customer ', (k % 30)::int) || k},
	'compressed text' => q{CASE WHEN k % 10 = 1 THEN repeat(k::text || ' ', 2000) ELSE k::text END},
	'text elsewhere' => q{CASE WHEN k % 10 = 1
		THEN (SELECT string_agg(md5(k::text || j), '') FROM generate_series(1, 99) j) ELSE k::text END},
	varchar => 'k::varchar(20)',
	char => 'k::char(12)',
	bytea => 'int8send(k)',
	jsonb => 'to_jsonb(k)',
	array => 'CASE WHEN k IS NOT NULL THEN ARRAY[k, NULL] END',
	enum => q{('shop ' || k)::shop},
	domain => 'k::int::customer_id',
	'domain over text' => 'k::text::customer_code',
	composite => q{CASE WHEN k IS NOT NULL THEN ROW(k / 100, 'no. ' || k % 100)::pair END});
if ($node->psql('postgres', 'CREATE EXTENSION citext') == 0)
{
	$key{citext} = q{(CASE WHEN i % 2 = 0 THEN 'Cust ' ELSE 'CUST ' END || k)::citext};
}
my %front = (
	nothing => '',
	fixed => 'i AS f,',
	'two fixed' => 'i::int2 AS f, i::int8 AS g,',
	unaligned => 'true AS f, i::int2 AS h, true AS g,',
	name => q{'n'::name AS f,},
	nullable => 'CASE WHEN i % 3 > 0 THEN i END AS f,',
	varlena => q{repeat('x', i % 9) AS f,},
	'nullable varlena' => q{CASE WHEN i % 3 > 0 THEN repeat('x', i % 200) END AS f, 7 AS g,},
	'another time' => 'at AS at2, i AS f,');
my @key_cases;
for my $front (sort keys %front)
{
	for my $key (sort keys %key)
	{
		# All of these for a type of each size and alignment, three for the others.
		next if $front !~ /^(?:nothing|fixed|nullable varlena)$/ && $key !~ /^(?:int\d|uuid|text|composite|name)$/;
		push @key_cases, [ "$key behind $front", "$alone key_table", TAKEN,
			plain => "$alone keys; $key_alone keys; $mixed keys",
			before => "CREATE TEMP TABLE key_table AS SELECT $front{$front} $key{$key} AS k, at FROM keys;",
			after => "$key_alone key_table; $mixed key_table; DROP TABLE key_table;" ];
	}
}
check_cases($node, 'keys', \@key_cases);
is(query($node, "$mixed keys"), query($node, q{
	WITH c AS (SELECT count(*) n, bool_or(at >= '2024-01-01Z' AND at < '2024-04-01Z') s,
		bool_or(at >= '2024-04-01Z' AND at < '2024-07-01Z') e, bool_or(at < '2024-03-01Z') f
		FROM keys WHERE k IS NOT NULL GROUP BY k)
	SELECT count(*), count(*) FILTER (WHERE n >= 2)::float8 / count(*),
		count(*) FILTER (WHERE n >= 3)::float8 / count(*),
		sum(n)::float8 / count(*), count(*) FILTER (WHERE s AND e)::float8 / count(*) FILTER (WHERE s),
		(SELECT count(*) FROM keys), sum(n), count(*) FILTER (WHERE f) FROM c}), 'keys: plain SQL');

# Tables of all kinds.
my $of_table = "SELECT customer_count(c), crr(c, at, $PERIOD), retention_agg(c, at, '1 month', 'UTC'), count(*),
	sum(c), array_agg(c) FROM";
query($node, q{
	CREATE TABLE empty (LIKE orders);
	CREATE TABLE one_row AS SELECT * FROM orders WHERE c IS NOT NULL AND at IS NOT NULL LIMIT 1;
	CREATE TABLE all_dead AS SELECT * FROM orders; DELETE FROM all_dead;
	CREATE TABLE first_dead AS SELECT * FROM orders; DELETE FROM first_dead WHERE ctid < '(20,0)';
	CREATE TABLE last_dead AS SELECT * FROM orders; DELETE FROM last_dead WHERE ctid >= '(20,0)';
	CREATE TABLE gaps AS SELECT * FROM orders; DELETE FROM gaps WHERE id % 700 > 20;
	CREATE TABLE updated AS SELECT * FROM orders; UPDATE updated SET c = c + 1 WHERE id % 3 = 0;
		UPDATE updated SET at = at + interval '1 day' WHERE id % 6 = 0;
	CREATE TABLE altered AS SELECT shop, id, c, at FROM orders WHERE id < 2000; ALTER TABLE altered DROP shop;
		ALTER TABLE altered ADD k int DEFAULT 77, ADD n int, ADD t text DEFAULT 'none';
		INSERT INTO altered SELECT id, c, at, shop, shop, note FROM orders WHERE id > 4000;
	CREATE TABLE contracts AS SELECT c::bigint AS k, active FROM orders;
	CREATE UNLOGGED TABLE unlogged AS SELECT * FROM orders;
	CREATE TABLE parts (LIKE orders) PARTITION BY RANGE (id);
	CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (3000);
	CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (3000) TO (9000); INSERT INTO parts SELECT * FROM orders;
	CREATE TABLE parent (LIKE orders); CREATE TABLE child () INHERITS (parent);
		INSERT INTO parent SELECT * FROM orders WHERE id < 1000;
		INSERT INTO child SELECT * FROM orders WHERE id > 1000;
});
check_cases($node, 'tables', [
	map({ [ $_, "$of_table $_", TAKEN, plain => "SELECT n, r, a, m, s, l FROM
		(SELECT count(DISTINCT c) n, count(*) m, sum(c) s FROM $_) x, (SELECT array_agg(c) l FROM $_) z,
		LATERAL (SELECT crr(c + 0, at, $PERIOD) r, retention_agg(c + 0, at, '1 month', 'UTC') a FROM $_) y" ] }
		'empty', 'one_row', 'all_dead', 'first_dead', 'last_dead', 'gaps', 'updated', 'altered', 'unlogged',
		'part_1', 'child', 'ONLY parent'),
	[ 'columns that were added',
		'SELECT customer_count(k), customer_count(n), customer_count(t), purchase_frequency(k) FROM altered', TAKEN,
		plain => 'SELECT count(DISTINCT k), count(DISTINCT n), count(DISTINCT t),
			count(k)::float8 / count(DISTINCT k) FROM altered' ],
	[ 'contracts at an offset',
		"SELECT crr(k, active, $PERIOD), churn_rate(k, active, $PERIOD) FROM contracts", TAKEN,
		plain => "SELECT crr(c + 0, active, $PERIOD), churn_rate(c + 0, active, $PERIOD) FROM orders" ],
	[ 'a temporary table', "$of_table mine", TAKEN, before => 'CREATE TEMP TABLE mine AS SELECT * FROM orders;' ],
	[ 'a system catalog',
		'SELECT customer_count(relname), customer_count(relnamespace), count(*) FROM pg_class', TAKEN,
		plain => 'SELECT count(DISTINCT relname), count(DISTINCT relnamespace), count(*) FROM pg_class' ],
]);

# In parallel: as many workers as there may be, each with the node, and the server's Finalize Aggregate above.
my @parallel = (
	[ 'alone', 'SELECT customer_count(c) FROM orders', TAKEN, plain => $customers ],
	[ 'by page', "SELECT customer_count(c), repeat_rate(c, 3), crr(c, at, $PERIOD), churn_rate(c, active, $PERIOD),
		retention_agg(c, at, '1 month', 'UTC'), customer_count(note) FROM orders", TAKEN ],
	[ 'beside others',
		'SELECT customer_count(c), count(*), sum(amount), avg(cents), min(note), bool_or(paid), top_share(c, amount)
		FROM orders', TAKEN ],
	[ 'WHERE and FILTER',
		'SELECT customer_count(c) FILTER (WHERE paid), customer_count(note), sum(cents) FILTER (WHERE paid)
		FROM orders WHERE shop > 3 AND c > (SELECT min(shop) + 5 FROM shops)', TAKEN ],
	[ 'HAVING and expressions',
		'SELECT customer_count(c) + 1, count(*) / 2 FROM orders HAVING repeat_rate(c) > 0', TAKEN ],
	[ 'nobody',
		"SELECT customer_count(c), repeat_rate(c), sum(amount), count(*) FROM orders WHERE note = 'none'", TAKEN ],
	[ 'run again', 'SELECT shop, (SELECT customer_count(c) FROM orders o WHERE o.id % 4 = x.n) FROM shops s,
		LATERAL (SELECT customer_count(i.c) % 4 n FROM orders i WHERE i.id > 9) x ORDER BY 1', TAKEN ],
	[ 'a row above',
		'SELECT (SELECT max(name) FROM shops s WHERE s.shop < customer_count(o.shop) - 5),
			sum(count(*)) OVER () FROM orders o', TAKEN ],
	[ 'an empty table', 'SELECT customer_count(c), sum(amount) FROM empty', TAKEN ],
	[ 'dead rows', 'SELECT customer_count(c), sum(amount) FROM all_dead', TAKEN ],
	[ 'CREATE TABLE AS',
		'CREATE TABLE made AS SELECT customer_count(c), count(*) FROM orders', TAKEN,
		after => 'TABLE made; DROP TABLE made;' ],
);
push @$_, like => qr/Finalize Aggregate.*Gather.*Retention Scan.*Partial Aggregate.*Parallel Seq Scan/s for @parallel;
for my $with ([ 1, 'on' ], [ 2, 'off' ], [ 3, 'on' ], [ 4, 'off' ])
{
	my ($workers, $leader) = @$with;
	my %settings = (PARALLEL, max_parallel_workers_per_gather => $workers, parallel_leader_participation => $leader);

	check_cases($node, "$workers workers, leader $leader", \@parallel, %settings);
	my $plan = json_plan($node, 'SELECT customer_count(c) FROM orders', ', ANALYZE', %settings);
	is(find_node($plan, 'Gather')->{'Workers Launched'}, $workers, "$workers workers are launched");
}
check_cases($node, 'whole in one process', [
	[ 'several beside one another', 'SELECT n FROM (SELECT customer_count(c) n FROM orders
			UNION ALL SELECT customer_count(shop) FROM orders) u ORDER BY n', TAKEN,
		plain => "SELECT count(DISTINCT shop) FROM orders UNION ALL $customers" ],
	[ 'an aggregate that cannot', 'SELECT customer_count(c), nulls(c) FROM orders', TAKEN ],
	[ 'a function that cannot',
		'SELECT customer_count(c) FROM orders WHERE unsafe_true(c)', TAKEN, plain => $customers ],
], PARALLEL);

# The first query of a session, for each aggregate: the library is not loaded before.
for my $call ('customer_count(c)', 'repeat_rate(c)', 'repeat_rate(c, 2)', 'purchase_frequency(c)',
	"crr(c, at, $PERIOD)", "churn_rate(c, at, $PERIOD)", "crr(c, active, $PERIOD)", "churn_rate(c, active, $PERIOD)",
	"retention_agg(c, at, '1 month')", "revenue_agg(c, at, amount, '1 month')",
	"revenue_agg(c, active, amount, '1 month')", 'time_to_order(c, at)', 'time_to_order(c, at, 3)',
	"time_to_order(c, at, 2, '2024-08-15Z')", "bracket_retention(c, at, '{0,7 days}', '2024-08-15Z')")
{
	like(query($node, "EXPLAIN SELECT $call FROM orders"), NODE, "$call, first in a session");
}

# 2. Left to the executor.
query($node, q{
	CREATE VIEW barred WITH (security_barrier) AS SELECT * FROM orders WHERE shop < 5;
	CREATE VIEW plain_view AS SELECT * FROM orders WHERE shop < 5;
	CREATE FUNCTION orders_of(int) RETURNS SETOF orders STABLE LANGUAGE plpgsql
		AS 'BEGIN RETURN QUERY SELECT * FROM orders WHERE shop = $1; END';
	CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
	CREATE TABLE known_empty (LIKE orders); VACUUM ANALYZE known_empty;
});
my $of_parts = 'SELECT customer_count(c), count(*), sum(id) FROM';
my $count_all = 'SELECT count(DISTINCT c), count(*), sum(id) FROM';
check_cases($node, 'executor', [
	[ 'GROUP BY', 'SELECT shop, customer_count(c) FROM orders GROUP BY shop ORDER BY 1', LEFT,
		plain => 'SELECT shop, count(DISTINCT c) FROM orders GROUP BY shop ORDER BY 1' ],
	[ 'GROUP BY of a constant',
		q{SELECT customer_count(c) FROM orders GROUP BY 'x'::text}, LEFT, plain => $customers ],
	[ 'GROUPING SETS',
		'SELECT shop, paid, customer_count(c) FROM orders GROUP BY GROUPING SETS ((shop), (paid), ())
			ORDER BY 1, 2, 3', LEFT,
		plain => 'SELECT shop, paid, count(DISTINCT c) FROM orders GROUP BY GROUPING SETS ((shop), (paid), ())
			ORDER BY 1, 2, 3' ],
	[ 'ROLLUP', 'SELECT shop, customer_count(c) FROM orders GROUP BY ROLLUP (shop) ORDER BY 1', LEFT ],
	[ 'the empty grouping set', 'SELECT customer_count(c) FROM orders GROUP BY ()', LEFT, plain => $customers ],
	[ 'a join', 'SELECT customer_count(c) FROM orders JOIN shops USING (shop)', LEFT,
		plain => 'SELECT count(DISTINCT c) FROM orders WHERE shop IS NOT NULL' ],
	[ 'an outer join', 'SELECT customer_count(c), count(name) FROM orders RIGHT JOIN shops USING (shop)', LEFT ],
	[ 'a semi-join',
		'SELECT customer_count(c) FROM orders WHERE shop IN (SELECT shop FROM shops WHERE shop > 5)', LEFT,
		plain => 'SELECT count(DISTINCT c) FROM orders WHERE shop > 5' ],
	[ 'an anti-join',
		'SELECT customer_count(c) FROM orders o WHERE NOT EXISTS (SELECT FROM shops s WHERE s.shop = o.c)', LEFT,
		plain => 'SELECT count(DISTINCT c) FROM orders WHERE c > 11' ],
	[ 'a lateral join',
		'SELECT customer_count(o.c) FROM orders o, LATERAL (SELECT o.c LIMIT 1) x', LEFT, plain => $customers ],
	[ 'DISTINCT', 'SELECT customer_count(c), count(DISTINCT c) FROM orders', LEFT,
		plain => 'SELECT count(DISTINCT c), count(DISTINCT c) FROM orders' ],
	[ 'ORDER BY', q{SELECT customer_count(c), md5(string_agg(note, ',' ORDER BY note)) FROM orders}, LEFT ],
	[ 'ORDER BY in ours', 'SELECT customer_count(c ORDER BY at) FROM orders', LEFT, plain => $customers ],
	[ 'an ordered-set aggregate',
		'SELECT customer_count(c), percentile_disc(0.5) WITHIN GROUP (ORDER BY cents) FROM orders', LEFT ],
	[ 'TABLESAMPLE', 'SELECT customer_count(c) FROM orders TABLESAMPLE SYSTEM (50) REPEATABLE (1)', LEFT ],
	[ 'TABLESAMPLE of all',
		'SELECT customer_count(c) FROM orders TABLESAMPLE BERNOULLI (100)', LEFT, plain => $customers ],
	[ 'an inheritance parent', "$of_parts parent", LEFT, plain => "$count_all parent" ],
	[ 'a partitioned table', "$of_parts parts", LEFT, plain => "$count_all parts" ],
	[ 'one partition of it', "$of_parts parts WHERE id < 100", LEFT, plain => "$count_all orders WHERE id < 100" ],
	[ 'row locks', 'SELECT customer_count(c) FROM (SELECT * FROM orders FOR UPDATE) s', LEFT, plain => $customers ],
	[ 'row locks that pass by',
		'SELECT customer_count(c) FROM (SELECT * FROM orders WHERE shop = 1 FOR SHARE SKIP LOCKED) s', LEFT,
		plain => "$customers WHERE shop = 1" ],
	[ 'an expression for the customer', 'SELECT customer_count(c + 0) FROM orders', LEFT, plain => $customers ],
	[ 'a cast for the customer', 'SELECT customer_count(c::bigint) FROM orders', LEFT, plain => $customers ],
	[ 'a constant for the customer', 'SELECT customer_count(7) FROM orders', LEFT, plain => 'SELECT 1' ],
	[ 'an expression for the time', "SELECT crr(c, at + interval '1 day', $PERIOD) FROM orders", LEFT ],
	[ 'an expression in a sub-select',
		'SELECT customer_count(k) FROM (SELECT c + 0 AS k FROM orders) s', LEFT, plain => $customers ],
	[ 'a system column', 'SELECT customer_count(tableoid) FROM orders', LEFT, plain => 'SELECT 1' ],
	[ 'a whole row', 'SELECT customer_count(o) FROM shops o', LEFT, plain => 'SELECT count(*) FROM shops' ],
	[ 'a column as parameter',
		'SELECT repeat_rate(c, two) FROM orders', LEFT, plain => 'SELECT repeat_rate(c + 0) FROM orders' ],
	[ 'a volatile condition', 'SELECT customer_count(c) FROM orders WHERE random() < 2', LEFT, plain => $customers ],
	[ 'a volatile filter', 'SELECT customer_count(c) FILTER (WHERE random() < 2) FROM orders', LEFT,
		plain => $customers ],
	[ 'a volatile argument beside', 'SELECT customer_count(c), min(0 * random()) FROM orders', LEFT ],
	[ 'a volatile parameter', 'SELECT repeat_rate(c, 2 + (random() * 0)::int) FROM orders', LEFT,
		plain => 'SELECT repeat_rate(c + 0) FROM orders' ],
	[ 'a sub-select of each row in an argument',
		'SELECT customer_count(c), max((SELECT s.name FROM shops s WHERE s.shop = o.shop)) FROM orders o', LEFT ],
	[ 'a sub-select of each row in FILTER',
		'SELECT customer_count(c) FILTER (WHERE (SELECT s.name FROM shops s WHERE s.shop = o.shop) > $$shop 4$$)
		FROM orders o', LEFT, plain => 'SELECT count(DISTINCT c) FROM orders WHERE shop > 4' ],
	[ 'a condition without columns',
		q{SELECT customer_count(c), count(*) FROM orders WHERE now() < '2000-01-01'}, LEFT, plain => 'SELECT 0, 0' ],
	[ 'one that is true',
		q{SELECT customer_count(c) FROM orders WHERE now() > '2000-01-01'}, LEFT, plain => $customers ],
	[ 'HAVING without columns',
		q{SELECT customer_count(c) FROM orders HAVING now() > '2000-01-01'}, LEFT, plain => $customers ],
	[ 'WHERE false', 'SELECT customer_count(c), count(*) FROM orders WHERE false', LEFT, plain => 'SELECT 0, 0' ],
	[ 'WHERE that contradicts itself',
		'SELECT customer_count(c), count(*) FROM orders WHERE shop < 1 AND shop > 5', LEFT,
		before => 'SET constraint_exclusion = on;', after => 'RESET constraint_exclusion;', plain => 'SELECT 0, 0' ],
	[ 'HAVING false', 'SELECT customer_count(c) FROM orders HAVING false', LEFT ],
	[ 'a view with a security barrier',
		'SELECT customer_count(c) FROM barred', LEFT, plain => "$customers WHERE shop < 5" ],
	[ 'a sub-select with OFFSET',
		'SELECT customer_count(c) FROM (SELECT c FROM orders OFFSET 0) s', LEFT, plain => $customers ],
	[ 'a sub-select with LIMIT',
		'SELECT customer_count(id), count(*) FROM (SELECT id FROM orders LIMIT 70) s', LEFT,
		plain => 'SELECT 70, 70' ],
	[ 'UNION ALL below',
		'SELECT customer_count(c) FROM (SELECT c FROM orders UNION ALL SELECT c FROM orders) s', LEFT,
		plain => $customers ],
	[ 'VALUES', 'SELECT customer_count(c) FROM (VALUES (1), (2), (2), (NULL)) v(c)', LEFT, plain => 'SELECT 2' ],
	[ 'a function', 'SELECT customer_count(c) FROM orders_of(3)', LEFT, plain => "$customers WHERE shop = 3" ],
	[ 'generate_series',
		'SELECT customer_count(i), repeat_rate(i) FROM generate_series(1, 9) i', LEFT, plain => 'SELECT 9, 0' ],
	[ 'no table', 'SELECT customer_count(1)', LEFT, plain => 'SELECT 1' ],
	[ 'a materialized CTE',
		'WITH o AS MATERIALIZED (SELECT * FROM orders) SELECT customer_count(c) FROM o', LEFT, plain => $customers ],
	[ 'a recursive CTE',
		'WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 9)
			SELECT customer_count(i) FROM r', LEFT,
		plain => 'SELECT 9' ],
	[ 'what a modifying CTE returns',
		'WITH d AS (DELETE FROM orders RETURNING *) SELECT customer_count(c) FROM d', LEFT,
		before => 'BEGIN;', after => 'ROLLBACK;', plain => $customers ],
	[ 'a window aggregate',
		'SELECT id, customer_count(c) OVER (ORDER BY id) FROM orders WHERE id < 50 ORDER BY id', LEFT ],
	[ 'top_share alone', 'SELECT top_share(c, amount) FROM orders', LEFT ],
	[ 'clv alone', "SELECT clv(c, at, amount, '1 month', 0.3, '2025-01-01Z') FROM orders", LEFT ],
	[ 'nps alone', 'SELECT nps(shop) FROM orders', LEFT ],
	[ 'aggregates of the server alone', 'SELECT count(*), sum(amount) FROM orders', LEFT ],
	[ 'a table known to be empty',
		'SELECT customer_count(c), count(*) FROM known_empty', LEFT, plain => 'SELECT 0, 0' ],
]);
check_cases($node, 'not left', [
	[ 'a view without a security barrier',
		'SELECT customer_count(c) FROM plain_view', TAKEN, plain => "$customers WHERE shop < 5" ],
	[ 'another name of heap', 'SELECT customer_count(c), count(*) FROM in_heap2', TAKEN,
		before => 'CREATE TABLE in_heap2 USING heap2 AS TABLE orders;', after => 'DROP TABLE in_heap2;',
		plain => 'SELECT count(DISTINCT c), count(*) FROM orders' ],
	$node->pg_version < 18 ? () : [ 'a column that is computed when it is read',
		'SELECT customer_count(k) FROM computed', LEFT,
	plain => 'SELECT 5',
		before => 'CREATE TEMP TABLE computed (c int, k int GENERATED ALWAYS AS (c % 5) VIRTUAL);
			INSERT INTO computed SELECT generate_series(1, 99);', after => 'DROP TABLE computed;' ],
]);
SKIP:
{
	skip 'this server has no file_fdw', 3 if $node->psql('postgres', 'CREATE EXTENSION file_fdw') != 0;
	my $file = $node->basedir . '/customers.csv';

	query($node, "COPY (SELECT c FROM orders) TO '$file' WITH (FORMAT csv);
		CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
		CREATE FOREIGN TABLE foreign_orders (c int) SERVER files OPTIONS (filename '$file', format 'csv');");
	check_cases($node, 'executor', [ [ 'a foreign table', 'SELECT customer_count(c) FROM foreign_orders', LEFT,
	plain => $customers ] ]);
}

# 3. The setting, before the library is loaded and after.
my $explain = 'EXPLAIN SELECT customer_count(c) FROM orders';
query($node, 'CREATE ROLE without_scan SUPERUSER LOGIN; ALTER ROLE without_scan SET retention.scan = off');
unlike(query($node, "SET retention.scan = off; $explain"), NODE, 'off by SET before the library is loaded');
unlike(query($node, "$explain; \\echo ==\nSET retention.scan = off; $explain") =~ s/\A.*^==\n//smr, NODE,
	'off by SET after it');
like(query($node, "SET retention.scan = off; $explain; RESET retention.scan; $explain"), NODE, 'on again by RESET');
unlike(query($node, "BEGIN; SET LOCAL retention.scan = off; $explain; COMMIT"), NODE, 'off by SET LOCAL');
unlike($node->safe_psql('postgres', $explain, extra_params => [ '-U', 'without_scan' ]), NODE, 'off by ALTER ROLE');
{
	local $ENV{PGOPTIONS} = '-c retention.scan=off';
	unlike(query($node, $explain), NODE, 'off by PGOPTIONS');
}
query($node, 'ALTER DATABASE postgres SET retention.scan = off');
unlike(query($node, $explain), NODE, 'off by ALTER DATABASE');
query($node, 'ALTER DATABASE postgres RESET retention.scan');
is(query($node, "$explain; SHOW retention.scan") =~ s/.*\n//sr, 'on', 'on by default');
is(sqlstate($node, "$explain; SET retention.bogus = 1"), '42602',
	'no setting of another name, once the library is loaded');
is(sqlstate($node, "$explain; SET retention.scan = 'perhaps'"), '22023', 'no value but on and off');
like(query($node, "SET retention.bogus = 1; SET retention.scan = 'perhaps'; $explain",
	client_min_messages => 'error'), NODE, 'what was wrong before the library is loaded is forgotten');

done_testing();
