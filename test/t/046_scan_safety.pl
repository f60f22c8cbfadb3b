# The custom scan is as safe as the executor's: who may see what, snapshots and own changes, cursors, errors,
# queries within queries.
#
# Each query runs with retention.scan on and off, and must print the same: rows, errors, and the notices of
# functions that tell what they see.  Sessions in step are in the isolation tests scan_*, tables of all kinds
# in 047; cancellation, parallel workers, changes by others, a standby and memory in 049.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run qw(start);
use Test::More;
use RetentionTest;
use ScanTest;

my $node = start_server('main', max_parallel_workers_per_gather => 0);

# Customers 1 to 60 order in shops a, b and c in turn; three customers of ten are on a list.
query($node, q{
	CREATE ROLE keeper; CREATE ROLE clerk; CREATE ROLE stranger; CREATE ROLE reader; CREATE ROLE auditor BYPASSRLS;
	GRANT CREATE ON SCHEMA public TO keeper;
	SET ROLE keeper;
	CREATE TABLE orders (id int, customer int, at timestamptz, shop text, secret text);
	INSERT INTO orders
	SELECT i, 1 + i % 60, '2024-01-01Z'::timestamptz + i * interval '1 day', chr(97 + i % 3), 's' || i
	FROM generate_series(0, 299) i;
	CREATE TABLE open_orders AS TABLE orders;
	CREATE TABLE listed AS SELECT customer FROM generate_series(1, 60) customer WHERE customer % 10 < 3;
	ANALYZE orders; ANALYZE open_orders; ANALYZE listed;
	GRANT SELECT ON orders, listed, open_orders TO clerk, stranger, auditor;
	GRANT SELECT (id, customer, at) ON open_orders TO reader;
	CREATE VIEW a_orders WITH (security_barrier) AS
		SELECT * FROM open_orders WHERE shop = 'a' AND secret NOT LIKE 's1%';
	CREATE VIEW b_orders AS SELECT * FROM open_orders WHERE shop = 'b';
	CREATE VIEW invoker_orders WITH (security_invoker) AS SELECT * FROM open_orders WHERE shop = 'b';
	GRANT SELECT ON a_orders, b_orders, invoker_orders TO reader;
	ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own_shop ON orders FOR SELECT TO clerk, keeper USING (shop = current_setting('test.shop'));
	RESET ROLE;

	-- They tell all that they are shown, and ask to be called first.
	CREATE FUNCTION sees(int) RETURNS bool STABLE LANGUAGE plpgsql COST 0.0001 AS
		$$BEGIN RAISE NOTICE 'sees %', $1; RETURN true; END$$;
	CREATE FUNCTION seen(int) RETURNS int STABLE LANGUAGE plpgsql COST 0.0001 AS
		$$BEGIN RAISE NOTICE 'seen %', $1; RETURN $1; END$$;
	CREATE FUNCTION sees_leakproof(int) RETURNS bool STABLE LANGUAGE plpgsql COST 0.0001 LEAKPROOF AS
		$$BEGIN RAISE NOTICE 'sees %', $1; RETURN true; END$$;

	-- The answer to a query of one value, or its error.
	CREATE FUNCTION try(query text) RETURNS text STABLE LANGUAGE plpgsql AS $$
	DECLARE answer text;
	BEGIN
		EXECUTE query INTO answer;
		RETURN answer;
	EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
	END$$;
});

my $COUNT = 'SELECT customer_count(customer), count(*) FROM';

# 1. Row security.  Shop a has the orders 0, 3, 6 ..., of 20 customers.
my $clerk = "SET ROLE clerk; SET test.shop = 'a'";
my $list_too = 'CREATE POLICY of_list ON orders AS RESTRICTIVE FOR SELECT TO clerk
	USING (customer IN (SELECT customer FROM listed))';
my $a_orders = join "\n", map { 'NOTICE:  00000: sees ' . 3 * $_ } 0 .. 99;

both_ways($node, 'a policy', before => $clerk, query => "$COUNT orders", expect => '20|100');
both_ways($node, 'a policy for another shop', before => "$clerk; SET test.shop = 'z'", query => "$COUNT orders",
	expect => '0|0');
both_ways($node, 'a policy, and a leaky condition', before => $clerk, query => "$COUNT orders WHERE sees(id)",
	expect => "20|100\n$a_orders");
both_ways($node, 'a policy, and a leaky filter', before => $clerk,
	query => 'SELECT customer_count(customer) FILTER (WHERE sees(id)), count(*) FROM orders',
	expect => "20|100\n$a_orders");
both_ways($node, 'a policy, and a leaky argument', before => $clerk,
	query  => 'SELECT customer_count(customer), max(seen(id)) FROM orders',
	expect => "20|297\n" . $a_orders =~ s/sees/seen/gr);
both_ways($node, 'a policy, and a leakproof condition', before => $clerk,
	query => "$COUNT orders WHERE sees_leakproof(id)", expect => qr/^20\|100\n(?:.*\n){299}.*$/);
both_ways($node, 'a policy, and an error in a row that it hides', before => $clerk,
	query => "$COUNT orders WHERE 1 / (id - 100) < 1", expect => '20|100');
both_ways($node, 'a policy, and an error in a row that it shows', before => $clerk,
	query => "$COUNT orders WHERE 1 / (id - 99) < 1", expect => qr/^ERROR:  22012: /);
both_ways($node, 'a second policy with a sub-select',
	before => "BEGIN; $list_too; $clerk", query => "$COUNT orders WHERE sees(id)",
	expect => join "\n", '6|30',
	map { "NOTICE:  00000: sees $_" } grep { $_ % 3 == 0 && (1 + $_ % 60) % 10 < 3 } 0 .. 299);
both_ways($node, 'a second policy with a sub-select, and a leaky filter',
	before => "BEGIN; $list_too; $clerk",
	query  => 'SELECT customer_count(customer) FILTER (WHERE sees(id)) FROM orders',
	expect => qr/^6\n(?:.*\n){29}.*$/);
my $QUARTERS = q{date_trunc('quarter', at)::date, customer_count(customer), count(*) FROM};
my $of_a = "2024-01-01|20|31\n2024-04-01|20|30\n2024-07-01|20|31\n2024-10-01|8|8";
both_ways($node, 'a policy, grouped', before => $clerk, query => "SELECT $QUARTERS orders GROUP BY 1 ORDER BY 1",
	expect => $of_a);
both_ways($node, 'a policy, grouped, and a leaky condition', before => $clerk, expect => "$of_a\n$a_orders",
	query => "SELECT $QUARTERS orders WHERE sees(id) GROUP BY 1 ORDER BY 1");
both_ways($node, 'no policy for the role', before => 'SET ROLE stranger', query => "$COUNT orders", plan => '',
	expect => '0|0');
both_ways($node, 'the owner', before => 'SET ROLE keeper', query => "$COUNT orders", expect => '60|300');
both_ways($node, 'the owner, forced',
	before => "BEGIN; ALTER TABLE orders FORCE ROW LEVEL SECURITY; SET ROLE keeper; SET test.shop = 'b'",
	query => "$COUNT orders", expect => '20|100');
both_ways($node, 'a role with BYPASSRLS', before => 'SET ROLE auditor', query => "$COUNT orders", expect => '60|300');
both_ways($node, 'row security switched off', before => "$clerk; SET row_security = off", query => "$COUNT orders",
	plan => '', expect => qr/^ERROR:  42501: query would be affected by row-level security policy/);
both_ways($node, 'one plan for several roles', before => "SET plan_cache_mode = force_generic_plan;
	PREPARE p AS $COUNT orders; EXECUTE p; $clerk; EXECUTE p; SET test.shop = 'z'; EXECUTE p; SET ROLE auditor",
	query => 'EXECUTE p', expect => "60|300\n20|100\n0|0\n60|300");

# 2. Privileges.
my $denied = qr/^ERROR:  42501: permission denied for (?:table|view|aggregate) /;

both_ways($node, 'a role that may read some columns', before => 'SET ROLE reader',
	query => "$COUNT open_orders WHERE at > '2024-01-02Z'", expect => '60|298');
both_ways($node, 'a role that may read some columns: any of them', before => 'SET ROLE reader',
	query => 'SELECT customer_count(1), count(*), customer_count(customer) FROM open_orders', expect => '1|300|60');
both_ways($node, 'a role that may read some columns, grouped', before => 'SET ROLE reader',
	query => "SELECT $QUARTERS open_orders GROUP BY 1 ORDER BY 1",
	expect => "2024-01-01|60|91\n2024-04-01|60|91\n2024-07-01|60|92\n2024-10-01|26|26");
for my $refused (
	'customer_count(shop) FROM open_orders',
	'customer_count(customer) FROM open_orders WHERE shop = $$a$$',
	'customer_count(customer) FILTER (WHERE secret IS NULL) FROM open_orders',
	'customer_count(customer), max(secret) FROM open_orders',
	'customer_count(customer) FROM open_orders HAVING max(secret) > $$s$$',
	'customer_count(customer) FROM open_orders o WHERE o IS NOT NULL', 'customer_count(ctid) FROM open_orders',
	'customer_count(customer) FROM open_orders GROUP BY at::date HAVING max(secret) > $$s$$',
	'customer_count(customer) FROM orders', 'customer_count(customer) FROM invoker_orders')
{
	both_ways($node, "refused: $refused", before => 'SET ROLE reader', query => "SELECT $refused", plan => '',
		expect => $denied);
}
for my $revoked ('customer_count(anyelement)', 'count("any")')
{
	both_ways($node, "$revoked is revoked",
		before => "BEGIN; REVOKE EXECUTE ON FUNCTION $revoked FROM PUBLIC; SET ROLE reader",
		query  => 'SELECT customer_count(customer), count(id) FROM open_orders', plan => '', expect => $denied);
}
both_ways($node, 'a privilege is gone between two executions',
	before => "PREPARE p AS $COUNT open_orders; SET ROLE clerk; EXECUTE p; RESET ROLE;
		BEGIN; REVOKE ALL ON open_orders FROM clerk; SET ROLE clerk",
	query => 'EXECUTE p', plan => '', expect => qr/^60\|300\nERROR:  42501: /);
both_ways($node, 'a view', before => 'SET ROLE reader', query => "$COUNT b_orders", expect => '20|100');
# The barrier hides shops b and c, and the orders 1, 10 to 19, 100 to 199.  To the planner a view with a
# barrier is a query of its own, so that the node stands aside.
my @unbarred = grep { $_ % 3 == 0 && "s$_" !~ /^s1/ } 0 .. 299;
my $unbarred = join "\n", map { "NOTICE:  00000: sees $_" } @unbarred;
my $customers = keys %{ { map { $_ % 60 => 1 } @unbarred } };
both_ways($node, 'a security barrier, and a leaky condition', before => 'SET ROLE reader', plan => '',
	query => "$COUNT a_orders WHERE sees(id)", expect => "$customers|@{[ scalar @unbarred ]}\n$unbarred");
both_ways($node, 'a security barrier, and a leaky filter', before => 'SET ROLE reader', plan => '',
	query  => 'SELECT customer_count(customer) FILTER (WHERE sees(id)) FROM a_orders',
	expect => "$customers\n$unbarred");
both_ways($node, 'a security barrier, and an error in a row that it hides', before => 'SET ROLE reader', plan => '',
	query => 'SELECT customer_count(customer), max(1 / (id - 12)) FROM a_orders', expect => "$customers|0");

# 3. Predicate locks and snapshots.
my $LOCKS = q{SELECT locktype, relation::regclass, mode FROM pg_locks WHERE mode = 'SIReadLock'};

both_ways($node, 'SERIALIZABLE takes its lock', before => 'BEGIN ISOLATION LEVEL SERIALIZABLE',
	query => "$COUNT open_orders", after => $LOCKS, expect => "60|300\nrelation|open_orders|SIReadLock");
both_ways($node, 'SERIALIZABLE takes its lock though no row suits', before => 'BEGIN ISOLATION LEVEL SERIALIZABLE',
	query => "$COUNT open_orders WHERE id < 0", after => $LOCKS, expect => "0|0\nrelation|open_orders|SIReadLock");
both_ways($node, 'REPEATABLE READ takes none', before => 'BEGIN ISOLATION LEVEL REPEATABLE READ',
	query => "$COUNT open_orders", after => $LOCKS, expect => '60|300');

my $ADD = 'INSERT INTO open_orders SELECT i, i FROM generate_series(1001, 1400) i';
both_ways($node, 'rows of the own transaction', before => "BEGIN; $ADD; DELETE FROM open_orders WHERE id < 60",
	query => "$COUNT open_orders", expect => '460|640');
both_ways($node, 'rows of a savepoint rolled back',
	before => "BEGIN; DELETE FROM open_orders WHERE customer = 1; SAVEPOINT s;
		$ADD; UPDATE open_orders SET customer = id; $COUNT open_orders; ROLLBACK TO s",
	query => "$COUNT open_orders", expect => "695|695\n59|295");
both_ways($node, 'rows of the same command', before => 'BEGIN',
	query => 'INSERT INTO open_orders (id, customer) SELECT count(*), 1000 + customer_count(customer) FROM open_orders
		RETURNING id, customer', after => "$COUNT open_orders", expect => "300|1060\n61|301");
both_ways($node, 'rows that a WITH adds beside', before => 'BEGIN', query => "WITH added AS ($ADD RETURNING 1),
	gone AS (DELETE FROM open_orders WHERE id < 60 RETURNING 1) $COUNT open_orders", after => "$COUNT open_orders",
	expect => "60|300\n460|640");
query($node, qq{
	CREATE FUNCTION add_one() RETURNS bigint VOLATILE LANGUAGE sql AS
		'INSERT INTO open_orders (id, customer) SELECT 2000 + count(*), 2000 + count(*) FROM open_orders RETURNING 1';
	CREATE FUNCTION volatile_count() RETURNS text VOLATILE LANGUAGE plpgsql AS
		'BEGIN RETURN (SELECT customer_count(customer) || \$\$/\$\$ || count(*) FROM open_orders); END';
	CREATE FUNCTION stable_count() RETURNS text STABLE LANGUAGE plpgsql AS
		'BEGIN RETURN (SELECT customer_count(customer) || \$\$/\$\$ || count(*) FROM open_orders); END'});
both_ways($node, 'what a function sees', before => 'BEGIN', plan => "$COUNT open_orders",
	query => 'SELECT volatile_count(), stable_count(), add_one(), volatile_count(), stable_count()
		FROM generate_series(1, 2)', expect => "60/300|60/300|1|61/301|60/300\n61/301|60/300|1|62/302|60/300");
both_ways($node, 'a function in WHERE that adds rows', plan => '', before => 'BEGIN', after => "$COUNT open_orders",
	query => "$COUNT open_orders WHERE id % 100 <> 1 OR add_one() = 1", expect => "60|300\n63|303");

# 4. Cursors.
both_ways($node, 'a cursor that goes to and fro', before => "BEGIN; DECLARE c SCROLL CURSOR FOR $COUNT open_orders",
	plan  => "$COUNT open_orders",
	query => join(';', map { "FETCH $_ c" } 'FIRST', 'NEXT', 'PRIOR', 'ABSOLUTE 0', 'LAST', 'BACKWARD ALL',
		'FORWARD ALL', 'ABSOLUTE 1', 'RELATIVE 0'),
	after => 'MOVE BACKWARD ALL c; DELETE FROM open_orders; FETCH c; CLOSE c; ROLLBACK',
	expect => join "\n", ('60|300') x 7);
both_ways($node, 'a cursor that goes on after COMMIT', plan => "$COUNT open_orders",
	before => "BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR $COUNT open_orders; $ADD; COMMIT;
		DELETE FROM open_orders WHERE id > 1000",
	query => 'FETCH c; FETCH BACKWARD c; FETCH BACKWARD c; FETCH c; CLOSE c', expect => "60|300\n60|300");
both_ways($node, 'a cursor that was opened before', plan => "$COUNT open_orders",
	before => "BEGIN; DECLARE c CURSOR FOR $COUNT open_orders; $ADD; DELETE FROM open_orders WHERE id < 60",
	query => 'FETCH c; FETCH c', after => "$COUNT open_orders", expect => "60|300\n460|640");
both_ways($node, 'a cursor that is closed, or left, before and after its row', plan => "$COUNT open_orders",
	before => 'BEGIN; ' . join('; ', map { "DECLARE $_ CURSOR FOR $COUNT open_orders" } 'c' .. 'f')
	  . '; CLOSE c; FETCH 0 d; CLOSE d; FETCH e; FETCH f; CLOSE f',
	query => 'COMMIT; ALTER TABLE open_orders ADD x int; ALTER TABLE open_orders DROP x',
	after => "$COUNT open_orders", expect => "60|300\n60|300\n60|300");

# 5. Errors in the middle leave nothing behind: neither locks of the subtransaction nor uses of the table.
my $FAILS = "$COUNT open_orders WHERE 1 / (id - 200) < 1";
my $MY_LOCKS = q{SELECT relation::regclass, mode FROM pg_locks
	WHERE pid = pg_backend_pid() AND relation = 'open_orders'::regclass};
for my $fails ($FAILS, 'SELECT customer_count(customer) FILTER (WHERE 1 / (id - 200) < 1) FROM open_orders',
	'SELECT customer_count(customer), sum(1 / (id - 200)) FROM open_orders',
	'SELECT customer_count(customer) FROM open_orders HAVING 1 / (count(*) - 300) = 1',
	'SELECT customer_count(customer) FROM open_orders WHERE 1 / (id - 200) < 1 GROUP BY at::date',
	'SELECT customer_count(customer) FROM open_orders GROUP BY 1 / (extract(month FROM at::date) - 7)')
{
	both_ways($node, "caught: $fails", before => 'BEGIN', plan => $fails, query => "SELECT try(\$\$$fails\$\$)",
		after => "$MY_LOCKS; SELECT try(\$\$$fails\$\$); ALTER TABLE open_orders ADD x int; $COUNT open_orders",
		expect => "22012\n22012\n60|300");
	both_ways($node, "at a savepoint: $fails", before => 'BEGIN; SAVEPOINT s', plan => $fails, query => $fails,
		after  => "ROLLBACK TO s; $MY_LOCKS; TRUNCATE open_orders; $COUNT open_orders",
		expect => qr/^0\|0\nERROR:  22012: /);
}
both_ways($node, 'a cursor that fails', before => "BEGIN; DECLARE c CURSOR FOR $FAILS; SAVEPOINT s", plan => $FAILS,
	query => 'FETCH c; ROLLBACK TO s; FETCH c', after => "ROLLBACK TO s; CLOSE c; $COUNT open_orders",
	expect => qr/^60\|300\nERROR:  22012: .*\nERROR:  55000: portal "c" cannot be run$/);

# 6. Within each other: a condition runs such a query on another table, whose condition runs one, and so on;
# some of them fail.
query($node, q{
	CREATE TABLE few (customer int) WITH (autovacuum_enabled = off);
	INSERT INTO few SELECT generate_series(1, 8);
	CREATE FUNCTION dive(depth int, k int) RETURNS bigint STABLE LANGUAGE plpgsql AS $$
	DECLARE n bigint;
	BEGIN
		IF depth = 0 THEN
			RETURN 1 / (k % 7 - 3);
		END IF;
		SELECT customer_count(customer) + count(*) INTO n FROM few WHERE dive(depth - 1, customer * k) >= 0;
		RETURN n - 10;
	EXCEPTION WHEN division_by_zero THEN
		RETURN k % 3 - 1;
	END$$;
	-- Leaves a cursor open, in the middle of another scan.
	CREATE FUNCTION leaves_open(k int) RETURNS int STABLE LANGUAGE plpgsql AS $$
	DECLARE
		c CURSOR FOR SELECT customer_count(customer) FROM few;
		n int;
	BEGIN
		c := 'cursor ' || k;
		OPEN c;
		IF k % 2 = 0 THEN
			FETCH c INTO n;
		END IF;
		RETURN k;
	END$$;
});
for my $depth (1 .. 3)
{
	both_ways($node, "$depth deep", query => 'SELECT customer_count(customer), count(*) FILTER (WHERE customer > 4)
		FROM few WHERE dive(' . "$depth, customer) >= 0",
		plan => 'SELECT customer_count(customer) + count(*) FROM few',
		expect => qr/^[1-8]\|\d$/);
	both_ways($node, "$depth deep, in a filter",
		query => "SELECT customer_count(customer) FILTER (WHERE dive($depth, customer) >= 0), count(*) FROM few",
		expect => qr/^[1-8]\|8$/);
}
both_ways($node, 'at each row an error that is caught', query => "$COUNT few WHERE try(\$\$$FAILS\$\$ || left(customer::text, 0)) = '22012'",
	expect => '8|8');
both_ways($node, 'at each row an error that is caught, in a filter and beside',
	query => "SELECT customer_count(customer) FILTER (WHERE try(\$\$$FAILS\$\$) = '22012' AND customer % 2 = 0),
		max(try(replace('$FAILS', '200', customer::text))), customer_count(customer) FROM few",
	expect => '4|22012|8');
both_ways($node, 'cursors opened by a condition', before => 'BEGIN',
	query => 'SELECT customer_count(customer) FROM few WHERE leaves_open(customer) > 0',
	after => 'FETCH "cursor 1"; FETCH "cursor 2"; CLOSE "cursor 3"; FETCH "cursor 8"; FETCH "cursor 5"; COMMIT',
	expect => "8\n8\n8");
both_ways($node, 'for each row of another table',
	query => 'SELECT string_agg(n::text, $$ $$ ORDER BY customer) FROM few LEFT JOIN LATERAL
		(SELECT customer_count(o.customer) n FROM open_orders o WHERE o.customer <= few.customer) x ON true',
	expect => '1 2 3 4 5 6 7 8');
my $EACH = q{SELECT customer,
	(SELECT customer_count(o.customer) FILTER (WHERE o.id < 10 * few.customer) FROM open_orders o),
	(SELECT repeat_rate(o.customer, few.customer) FROM open_orders o WHERE o.id < 200) FROM few};
both_ways($node, 'for each row of another table, in a filter and an argument', query => $EACH,
	expect => join "\n",
	'1|10|1', '2|20|1', '3|30|1', '4|40|0.3333333333333333', '5|50|0', '6|60|0', '7|60|0', '8|60|0');
both_ways($node, 'for each row of a cursor, with other queries between',
	before => "BEGIN; DECLARE c CURSOR FOR $EACH", plan => $EACH,
	query => "FETCH c; $COUNT few; SAVEPOINT s; SELECT try(\$\$$FAILS\$\$); FETCH c; $FAILS",
	after => 'ROLLBACK TO s; FETCH 2 c',
	expect => qr/^1\|10\|1\n8\|8\n22012\n2\|20\|1\n3\|30\|1\n4\|40\|0\.33+\nERROR:  22012: /);
both_ways($node, 'a sub-select in WHERE and HAVING', query => "$COUNT open_orders
	WHERE id >= (SELECT 10 * max(customer) FROM few) AND customer NOT IN (SELECT customer FROM listed)
	HAVING count(*) > (SELECT count(*) FROM few)", expect => '42|154');
both_ways($node, 'for each row of another table, failing at one and caught', before => 'BEGIN',
	plan => 'SELECT customer_count(id) FROM open_orders WHERE customer / 2 > 5',
	query => q{SELECT try(format('SELECT customer_count(id) FROM open_orders WHERE customer / (%s - 4) > 5',
		customer)) FROM few}, expect => qr/^\d+\n\d+\n\d+\n22012\n\d+\n\d+\n\d+\n\d+$/);

# An outer join that is none may leave an expression in what the table's scan gives: a column to the aggregate
# above, but none of the table's.
for my $output ([ 'o.customer / 2', 31 ], [ '5', 1 ], [ 'CASE WHEN o.customer > 5 THEN o.id END', 275 ])
{
	my ($expression, $customers) = @$output;

	both_ways($node, "an output that is an expression: $expression", plan => '', expect => "60|$customers",
		query => "SELECT customer_count(o.customer), customer_count(y.x)
			FROM open_orders o LEFT JOIN LATERAL (SELECT $expression AS x) y ON true");
}

nothing_leaked($node);
done_testing();
