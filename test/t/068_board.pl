# examples/board.sql: every number of the audit against plain SQL that counts what its definition says, and sums of
# different tables that must be the same. Two shops: the demo's, with nothing set, and the same orders under other
# names, in another zone, with a year that ends inside a month, and with what real tables have besides.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use List::Util 'sum';
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $board = top_folder() . '/examples/board.sql';
my $node  = start_server('main');
my ($zone, $out) = ('UTC');

query($node, slurp_file(top_folder() . '/demo/sample.sql'));
query($node, q{
	CREATE SCHEMA "my shop";
	CREATE TABLE "my shop".sales AS
	SELECT 'client ' || customer_id AS client, ordered_at AS "made on", amount::float8 AS total FROM orders
	UNION ALL	-- older years, so that somebody is won back; and one who spends the same each year
	SELECT 'client ' || customer_id % 40 * 100, ordered_at - interval '4 years', amount
	FROM orders WHERE order_id % 40 = 0
	UNION ALL
	SELECT 'subscriber', generate_series(timestamptz '2023-03-01', '2025-03-01', '1 year'), 10.25
	UNION ALL	-- guests, orders without an amount, refunds, gifts
	SELECT NULL, ordered_at, amount FROM orders WHERE order_id % 50 = 0
	UNION ALL
	SELECT 'client ' || customer_id, ordered_at, NULL FROM orders WHERE order_id % 70 = 0
	UNION ALL
	SELECT 'client ' || customer_id, ordered_at + interval '3 days', -amount FROM orders WHERE order_id % 90 = 0
	UNION ALL
	SELECT 'gift ' || customer_id, ordered_at, 0 FROM orders WHERE order_id % 500 = 0});

# Runs the file; what psql prints, and what it complains of.
sub run_board
{
	my (%variables) = @_;
	my @files = ('-f', $board) x (delete $variables{times} // 1);
	my $stderr = '';

	$out = '';
	my @settings = map { ('-v', "$_=$variables{$_}") } sort keys %variables;
	IPC::Run::run([ 'psql', '-X', '-d', $node->connstr('postgres'), @settings, @files ], '>', \$out, '2>', \$stderr);
	return $stderr;
}

# The rows of a table that was printed, with | between their columns.
sub rows_of
{
	my ($title) = @_;
	my ($rows) = $out =~ /^ *\Q$title\E[^\n]*\n[^\n]*\n[─┼]+\n((?:.*│.*\n)+)/m or return ("no table $title");

	return map { join '|', map { s/^ +| +$//gr } split /│/ } split /\n/, $rows;
}

# One column of it, by number.
sub column_of
{
	my ($title, $column) = @_;
	return map { (split /\|/, $_, -1)[$column] } rows_of($title);
}

# The columns of it, from the first on, against the rows of a query.
sub same_as
{
	my ($title, $columns, $sql) = @_;
	my $printed = join "\n", map { join '|', (split /\|/, $_, -1)[ 0 .. $columns - 1 ] } rows_of($title);

	return is($printed, query($node, $sql, timezone => $zone), $title);
}

# What the orders are and which year and quarter each is of, counted back from the day until.
sub plain_orders
{
	my ($source, $until) = @_;

	query($node, qq{
		DROP TABLE IF EXISTS plain, spent, cells;
		CREATE TABLE plain AS
		SELECT o.*, k AS quarter, (k + 3) / 4 AS year
		FROM ($source) o (customer, ordered_at, amount)
		JOIN (SELECT k, (date '$until' - k * interval '3 months')::date AS starts,
				(date '$until' - (k - 1) * interval '3 months')::date AS ends FROM generate_series(1, 60) k) q
			ON ordered_at >= starts AND ordered_at < ends
		WHERE customer IS NOT NULL AND amount IS NOT NULL;

		-- what each customer did in this year, in last year, and before
		CREATE TABLE spent AS
		SELECT *, CASE WHEN orders > 0 AND orders_last > 0 THEN CASE WHEN revenue >= revenue_last THEN 1 ELSE 2 END
				WHEN orders_last > 0 THEN 3 WHEN orders > 0 THEN CASE WHEN came = 1 THEN 4 ELSE 5 END END AS state
		FROM (SELECT customer, count(*) FILTER (WHERE year = 1) AS orders, coalesce(sum(amount) FILTER (WHERE year = 1), 0.00) AS revenue,
			count(*) FILTER (WHERE year = 2) AS orders_last, coalesce(sum(amount) FILTER (WHERE year = 2), 0.00) AS revenue_last,
			count(*) FILTER (WHERE year = 3) AS orders_before, coalesce(sum(amount) FILTER (WHERE year = 3), 0.00) AS revenue_before,
			max(year) AS came, max(quarter) AS came_in
			FROM plain GROUP BY customer) s;

		-- what each cohort did in each quarter
		CREATE TABLE cells AS
		SELECT came_in, came_in - quarter AS age, (date '$until' - came_in * interval '3 months')::date AS cohort,
			(SELECT count(*) FROM spent c WHERE c.came_in = s.came_in) AS customers,
			count(DISTINCT customer) AS ordered, sum(amount) AS revenue
		FROM plain JOIN spent s USING (customer) GROUP BY came_in, quarter}, timezone => $zone);
	return;
}

sub check_tables
{
	my ($until) = @_;

	same_as('This year\'s customers, in tenths by what they spent', 8, q{
		WITH ranked AS (
			SELECT *, row_number() OVER (ORDER BY revenue DESC, orders DESC, customer::text) - 1 AS place,
				count(*) OVER () / 10 AS size, count(*) OVER () % 10 AS larger FROM spent WHERE orders > 0),
		tenths AS (SELECT *, 1 + CASE WHEN place < larger * (size + 1) THEN place / (size + 1)
				ELSE larger + (place - larger * (size + 1)) / size END AS tenth FROM ranked)
		SELECT t, count(*), sum(revenue), round(100 * sum(revenue) / (SELECT sum(revenue) FROM spent), 1),
			round(100 * (SELECT sum(revenue) FROM tenths WHERE tenth <= t) / (SELECT sum(revenue) FROM spent), 1),
			round(avg(revenue), 2), round(avg(orders), 2), round(sum(revenue) / sum(orders), 2)
		FROM generate_series(1, 10) t JOIN tenths ON tenth = t GROUP BY t ORDER BY t});
	same_as('This year\'s customers, by how often they ordered', 5, q{
		SELECT CASE WHEN n = 6 THEN '6 or more' ELSE n::text END, count(*),
			round(100.0 * count(*) / (SELECT count(*) FROM spent WHERE orders > 0), 1), sum(revenue), round(100 * sum(revenue) / (SELECT sum(revenue) FROM spent), 1)
		FROM generate_series(1, 6) n JOIN spent ON orders = n OR n = 6 AND orders > 6 GROUP BY n ORDER BY n});

	same_as('Kept, lost and new customers', 5, q{
		SELECT name, count(customer), coalesce(sum(revenue_last), 0), coalesce(sum(revenue), 0),
			coalesce(sum(revenue - revenue_last), 0)
		FROM (VALUES (1, 'kept, and spent more'), (2, 'kept, and spent less'), (3, 'lost'), (4, 'new'), (5, 'won back'),
			(6, 'all')) v (n, name)
		LEFT JOIN spent ON state = n OR n = 6 AND state > 0 GROUP BY n, name ORDER BY n});
	same_as('Where the change of the revenue comes from', 4, q{
		WITH y AS (SELECT year, count(DISTINCT customer)::numeric AS c, count(*)::numeric AS n, sum(amount) AS r
			FROM plain WHERE year < 3 GROUP BY 1)
		SELECT factor, round(was, 2), round(is_now, 2), round(100 * (is_now - was) / was, 1) FROM y a, y b,
			LATERAL (VALUES (1, 'customers', b.c, a.c), (2, 'orders per customer', b.n / b.c, a.n / a.c),
				(3, 'order value', b.r / b.n, a.r / a.n), (4, 'revenue', b.r, a.r)) f (i, factor, was, is_now)
		WHERE a.year = 1 AND b.year = 2 ORDER BY i});
	my @share = column_of('Where the change of the revenue comes from', 4);
	cmp_ok(abs($share[0] + $share[1] + $share[2] - $share[3]), '<', 0.03, '... and the shares add up');

	same_as('The customers who first ordered in the quarter from', 9, qq{
		SELECT age, (cohort + age * interval '3 months')::date, customers, ordered, round(100.0 * ordered / customers, 1), revenue,
			round(100 * revenue / (SELECT revenue FROM cells WHERE came_in = 8 AND age = 0), 1), round(revenue / ordered, 2),
			round((SELECT sum(revenue) FROM cells c WHERE c.came_in = 8 AND c.age <= d.age) / customers, 2)
		FROM cells d WHERE came_in = 8 ORDER BY age});
	my $by_age = sub {
		my ($first, $value) = @_;
		my @ages = map { "(array_agg($value) FILTER (WHERE age = $_))[1]" } $first .. 7;
		return join(', ', 'SELECT cohort, max(customers)', @ages)
		  . ' FROM cells c WHERE came_in <= 8 GROUP BY cohort, came_in ORDER BY cohort';
	};
	same_as('Customers by the quarter of their first order', 9, $by_age->(1, 'round(100.0 * ordered / customers, 1)'));
	my $worth = 'round((SELECT sum(revenue) FROM cells d WHERE d.came_in = c.came_in AND d.age <= c.age) / customers, 2)';
	same_as('What a customer of each cohort had spent', 10, $by_age->(0, $worth));
	same_as('Do the newest customers come back', 5, q{
		SELECT b.cohort, a.cohort, round(100.0 * b.ordered / b.customers, 1), round(100.0 * a.ordered / a.customers, 1),
			round(100.0 * a.ordered / a.customers - 100.0 * b.ordered / b.customers, 1)
		FROM cells a JOIN cells b ON a.came_in = b.came_in - 4 WHERE a.age = 1 AND b.age = 1 AND a.came_in <= 4 ORDER BY 1});

	# Of both years: a year, and the one before it.
	my $rates = sub {
		my ($y, $orders, $revenue, $before, $was) = @_;
		return qq{SELECT count(*) FILTER (WHERE $orders > 0) AS customers,
			(SELECT count(DISTINCT customer) FROM plain
				WHERE year = $y AND ordered_at >= (date '$until' - ($y - 1) * interval '1 year')::date - 90) AS recent,
			count(*) FILTER (WHERE $orders > 1) AS repeaters, count(*) FILTER (WHERE $orders > 0 AND $before > 0) AS kept,
			nullif(count(*) FILTER (WHERE $before > 0), 0) AS starting, sum($revenue) AS revenue,
			nullif(sum($was), 0) AS was, sum($revenue) FILTER (WHERE $was <> 0) AS stayed,
			sum(least($revenue, $was)) FILTER (WHERE $was <> 0) AS not_more,
			sum($revenue) FILTER (WHERE came = $y) AS from_new,
			(SELECT sum(r) FROM (SELECT $revenue AS r FROM spent WHERE $orders > 0 ORDER BY 1 DESC
				LIMIT (SELECT greatest(1, count(*) / 5) FROM spent WHERE $orders > 0)) best) AS best FROM spent};
	};
	same_as('The base in numbers', 3, 'WITH years AS (SELECT 1 AS year, v.* FROM ('
		  . $rates->(1, 'orders', 'revenue', 'orders_last', 'revenue_last') . ') v UNION ALL SELECT 2, v.* FROM ('
		  . $rates->(2, 'orders_last', 'revenue_last', 'orders_before', 'revenue_before') . q{) v),
		numbers AS (SELECT year, n.* FROM years, LATERAL (VALUES (1, 'customers', round(customers::numeric)),
			(2, 'still there %', round(100.0 * recent / customers, 1)), (3, 'repeat rate %', round(100.0 * repeaters / customers, 1)),
			(4, 'retention rate %', round(100.0 * kept / starting, 1)),
			(5, 'churn rate %', round(100.0 * (starting - kept) / starting, 1)),
			(6, 'quick ratio', round(1.0 * (customers - kept) / nullif(starting - kept, 0), 2)),
			(7, 'net revenue retention %', round(100 * stayed / was, 1)),
			(8, 'gross revenue retention %', round(100 * not_more / was, 1)),
			(9, 'revenue of new customers %', round(CASE WHEN starting > 0 THEN 100 * from_new / revenue END, 1)),
			(10, 'revenue of the best fifth %', round(100 * best / revenue, 1))) n (i, number, value))
		SELECT b.number, b.value, a.value FROM numbers a JOIN numbers b USING (i) WHERE a.year = 1 AND b.year = 2 ORDER BY i});
	same_as('This year\'s revenue, by the year in which its customers came', 7, qq{
		SELECT (date '$until' - came * interval '1 year')::date, count(*), count(*) FILTER (WHERE orders > 0),
			round(100.0 * count(*) FILTER (WHERE orders > 0) / count(*), 1), sum(revenue),
			round(100 * sum(revenue) / (SELECT sum(revenue) FROM spent), 1),
			round(sum(revenue) / nullif(count(*) FILTER (WHERE orders > 0), 0), 2)
		FROM spent GROUP BY came ORDER BY came});
	same_as('Quarter by quarter', 10, qq{
		WITH seen AS (SELECT DISTINCT customer, quarter FROM plain),
		states AS (
			SELECT q, count(*) FILTER (WHERE was) AS starting, count(*) FILTER (WHERE is_now AND came_in = q) AS fresh,
				count(*) FILTER (WHERE is_now AND was) AS kept, count(*) FILTER (WHERE is_now AND NOT was AND came_in > q) AS back,
				count(*) FILTER (WHERE was AND NOT is_now) AS lost, count(*) FILTER (WHERE is_now) AS active
			FROM (SELECT q, came_in, EXISTS (SELECT FROM seen s WHERE s.customer = c.customer AND s.quarter = q) AS is_now,
					EXISTS (SELECT FROM seen s WHERE s.customer = c.customer AND s.quarter = q + 1) AS was
				FROM spent c, generate_series(1, 8) q) x GROUP BY q)
		SELECT (date '$until' - q * interval '3 months')::date, starting, fresh, kept, back, lost, active,
			round(100.0 * kept / nullif(starting, 0), 1),
			round(1.0 * (fresh + back) / nullif(lost, 0), 2), (SELECT sum(amount) FROM plain WHERE quarter = q)
		FROM states ORDER BY q DESC});

	# One revenue of this year, and one of last year, wherever they are.
	my %revenue = (
		'of tenths'           => sum(column_of('This year\'s customers, in tenths by what they spent', 2)),
		'by how often'        => sum(column_of('This year\'s customers, by how often they ordered', 3)),
		'kept, lost, new'     => sum((column_of('Kept, lost and new customers', 3))[ 0 .. 4 ]),
		'all of them'         => (column_of('Kept, lost and new customers', 3))[5],
		'of factors'          => (column_of('Where the change of the revenue comes from', 2))[3],
		'by year of arrival'  => sum(column_of('This year\'s revenue, by the year in which its customers came', 4)),
		'of the four quarters' => sum((column_of('Quarter by quarter', 9))[ 4 .. 7 ]));
	my $revenue = query($node, 'SELECT sum(amount) FROM plain WHERE year = 1');
	is(sprintf('%.2f', $revenue{$_}), sprintf('%.2f', $revenue), "the revenue $_ is this year's") for sort keys %revenue;
	my $last = query($node, 'SELECT sum(amount) FROM plain WHERE year = 2');
	is(sprintf('%.2f', $_), sprintf('%.2f', $last), 'last year has one revenue')
	  for sum((column_of('Kept, lost and new customers', 2))[ 0 .. 4 ]),
	  (column_of('Where the change of the revenue comes from', 1))[3],
	  sum((column_of('Quarter by quarter', 9))[ 0 .. 3 ]);
	return;
}

# 1. The sample shop, with nothing set.
is(run_board(), '', 'the sample shop: nothing to complain of');
is((rows_of('What is counted'))[0], '2025-01-01 to 2025-12-31|2024-01-01 to 2024-12-31|35319|0|0', 'what is counted');
unlike($out, qr/may not be whole/, 'last year is whole');
plain_orders('SELECT customer_id, ordered_at, amount FROM orders', '2026-01-01');
check_tables('2026-01-01');

# 2. Other names, types, zone and end.
$zone = 'America/New_York';
is( run_board(
		orders   => '"my shop".sales',
		customer => 'client',
		at       => '"made on"',
		amount   => 'total',
		until    => '2025-11-15',
		zone     => $zone),
	'', 'another table: nothing to complain of');
plain_orders('SELECT client, "made on", total::numeric FROM "my shop".sales', '2025-11-15');
is( (rows_of('What is counted'))[0],
	'2024-11-15 to 2025-11-14|2023-11-15 to 2024-11-14|' . query($node, q{
		SELECT count(*), count(*) FILTER (WHERE client IS NULL), count(*) FILTER (WHERE client IS NOT NULL AND total IS NULL)
		FROM "my shop".sales WHERE "made on" < '2025-11-15'}, timezone => $zone),
	'what is counted');
cmp_ok(query($node, 'SELECT count(*) FROM spent WHERE state = 5'), '>', 0, 'somebody was won back');
check_tables('2025-11-15');
$zone = 'UTC';

# 3. A subquery, of times without a zone, and a log that begins inside last year.
is(run_board(orders => q{(SELECT customer_id, ordered_at::date, amount FROM orders WHERE ordered_at >= '2024-06-10') AS o}),
	'', 'a subquery');
like($out, qr/^New is who .* of 2024-06-10\nThat is inside last year, which may not be whole/m, '... is told from when on it is');

# 4. What cannot be told is not told.
like(run_board(until => '2999-01-01'), qr/^[^\n]*board: 2999-01-01 is in the future/, 'a year that is not over');
is($out, '', '... has no tables');
like(run_board(orders => '(SELECT * FROM orders WHERE false) AS o'), qr/board: no order from/, 'no order');
is($out, '', '... has no tables');
like(run_board(until => '2023-05-01'), qr/board: no order from 2022-05-01 to the day before 2023-05-01/,
	'a year before the first order');
is(run_board(orders => '(SELECT * FROM orders LIMIT 1) AS o', until => '2024-12-01'), '', 'a single order');
like($out, qr/^ +1 │ +1 │/m, '... is one customer');
like(run_board(amount => 'price'), qr/ERROR:  column "price" does not exist/, 'a column that is not there');

# 5. Small, young and losing shops: nothing is told as if it were known.
query($node, q{
	CREATE TABLE small (customer_id int, ordered_at timestamp, amount float8);
	INSERT INTO small SELECT k, timestamp '2024-02-01' + k * interval '1 day', 10 FROM generate_series(1, 4) k;
	INSERT INTO small SELECT k, timestamp '2025-02-01' + k * interval '1 day', -5 FROM generate_series(3, 5) k});
my $this_year = q{(SELECT * FROM small WHERE ordered_at >= '2025-01-01') AS o};
my $long_ago = q{(SELECT customer_id, ordered_at - CASE WHEN amount > 0 THEN interval '3 years' ELSE interval '0' END AS ordered_at, amount FROM small) AS o};

is(run_board(orders => 'small', until => '2026-01-01'), '', 'more was paid back than sold');
is_deeply([ grep { $_ ne '' } map { column_of(@$_) } [ 'This year\'s customers, in tenths by what they spent', 3 ],
		[ 'This year\'s customers, in tenths by what they spent', 4 ], [ 'This year\'s customers, by how often they ordered', 4 ],
		[ 'This year\'s revenue, by the year in which its customers came', 5 ] ],
	[], '... there are no shares of a loss');
is((column_of('The base in numbers', 2))[8], '', '... nor one of new customers');
is((column_of('Where the change of the revenue comes from', 3))[3], '-137.5', '... from 40 to -15');
like($out, qr/there are fewer than ten customers/, '... and there are no tenths of three');
is(run_board(orders => $this_year, until => '2026-01-01'), '', 'a shop that began this year');
like($out, qr/^That is inside this year: nothing is known of last year/m, '... says so');
unlike($out, qr/inside last year/, '... and not that it was last year');
is_deeply([ grep { $_ ne '' } column_of('Where the change of the revenue comes from', 1) ], [], '... of which nothing is told');
is(run_board(orders => 'small', until => '2025-01-01'), '', 'the year after none');
is_deeply([ column_of('Where the change of the revenue comes from', 1) ], [ '', '', '', '' ], '... before which nothing is known');
is(run_board(orders => $long_ago, until => '2026-01-01'), '', 'a year without orders in between');
is_deeply([ map { column_of('Where the change of the revenue comes from', $_) } 1, 4 ], [ '0.00', '', '', '0.00', '', '', '', '-15' ],
	'... had no customers and no revenue');
is((column_of('The base in numbers', 1))[0], 0, '... which is known');
is((column_of('The base in numbers', 1))[1], '', '... and no share of them');

is( run_board(
		orders => q{(VALUES (1, date '2024-05-01', 0), (1, '2025-05-01', 10), (2, '2025-06-01', 30), (3, '2024-06-01', 5)) AS o (customer_id, ordered_at, amount)},
		until  => '2026-01-01'),
	'', 'a gift before the first payment');
is((column_of('The base in numbers', 2))[8], '75.0', '... is an order: who got it is not new, 30 of 40 is of those who are');

# 6. Nothing is left behind, in the session either.
is(run_board(times => 2), '', 'twice in one session');
my $once = substr $out, 0, length($out) / 2;
is($out, $once x 2, '... with the same numbers');
is(query($node, q{SELECT count(*) FROM pg_class WHERE relname LIKE 'board%'}), 0, '... and nothing is left behind');
$node->psql('postgres', "\\i $board\n\\set orders '(SELECT customer_id, ordered_at - interval ''1 year'' AS ordered_at, amount FROM orders) AS o'\n\\i $board\n",
	stdout => \$out);
is(join(' ', $out =~ /^(\d+-01-01 to \S+)\|/mg), '2025-01-01 to 2025-12-31 2024-01-01 to 2024-12-31', 'another table in the same session: its own year');
$node->psql('postgres', "\\set until 2999-01-01\n\\i $board\nSELECT count(*) FROM pg_class WHERE relname LIKE 'board%';", stdout => \$out);
is($out, 0, 'refused in a session: nothing is left behind either');

$node->stop;
done_testing();
