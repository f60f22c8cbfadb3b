# What `bench` measures: the tables, then the queries.  Data only; `bench` is the machinery.
#
# $ROWS is set by `bench`.  Everything scales with it: ROWS orders of ROWS / 10 customers over the two years 2024 and
# 2025.  The tables are made of hashint8extended(), which gives the same numbers on every version and platform.

our $ROWS;

my $CUSTOMERS = int($ROWS / 10);
my $GROUPS    = int($ROWS / 10);
my $CLUSTERED = int($ROWS / 100);
my $DAILY     = int($ROWS / 10);

# Tables: name => [ what CREATE TABLE name AS selects, statements to run after it ].  Made in this order, and only those
# which a chosen query names.
#
# orders: a log that begins with a shop already running.  By row i there are n = CUSTOMERS * sqrt(i / ROWS) customers; a
# row for which n steps up is that customer's first order, any other row is, half and half, an order of a loyal
# customer (the older, the more often) or of a recent one, and one customer in three never comes back.
our @TABLES = (
	orders => [ <<"", 'CREATE INDEX ON orders USING brin (ordered_at)' ],
SELECT CASE WHEN n > before THEN n ELSE pick - CASE WHEN pick % 3 = 0 THEN 1 ELSE 0 END END AS customer_id,
       to_timestamp(1704067200 + i * (731 * 86400.0::float8 / $ROWS)) AS ordered_at,
       ((500 + (hashint8extended(i, 2) & 255) * (hashint8extended(i, 3) & 127)) * 0.01)::numeric(10,2) AS amount
FROM (SELECT i, n, before, CASE WHEN h < 0 THEN ceil(n * u * u) ELSE n - floor(n * u * u) END::bigint AS pick
      FROM (SELECT i, ceil($CUSTOMERS * sqrt((i + 1) / $ROWS\::float8))::bigint AS n, ceil($CUSTOMERS * sqrt(i / $ROWS\::float8))::bigint AS before,
                   h, ((h & 9007199254740991) + 1) / 9007199254740992.0::float8 AS u
            FROM (SELECT i, hashint8extended(i, 1) AS h FROM generate_series(0, $ROWS - 1) i OFFSET 0) a OFFSET 0) b OFFSET 0) c

	orders_uuid => [ 'SELECT md5(customer_id::text)::uuid AS customer_id, ordered_at FROM orders' ],
	orders_text => [ q{SELECT 'cust_' || lpad(customer_id::text, 10, '0') AS customer_id, ordered_at FROM orders} ],

	# One row a customer.
	customers => [ <<"" ],
SELECT customer_id, max(ordered_at) AS last_order, count(*) AS orders, sum(amount)::numeric(10,2) AS revenue
FROM orders GROUP BY customer_id

	# The histories of customers who order at rates of their own and leave in their own time, in days of a year in which some join every
	# fourth day; x is any number.  A million customers have about a hundred thousand different histories.
	histories => [ <<"" ],
SELECT frequency, (CASE WHEN frequency = 0 THEN 0 WHEN leaves <= due THEN least(age, ceil(leaves / rate)) ELSE ceil(age * frequency / (frequency + u5)) END)::float8 AS recency,
       age::float8 AS age, u5 AS x
FROM (SELECT *, least(leaves, floor(due + u5))::bigint AS frequency
      FROM (SELECT *, rate * age AS due, 1 + floor(ln(u3) / ln(u2 ^ 0.4::float8)) AS leaves
            FROM (SELECT -ln(u1) / 60 AS rate, u2, u3, 4 * ceil(91 * u4) AS age, u5
                  FROM generate_series(1, $CUSTOMERS) i,
                  LATERAL (SELECT @{[ join ', ', map { "((hashint8extended(i, 1$_) & 9007199254740991) + 1) / 9007199254740993.0::float8 AS u$_" } 1 .. 5 ]}) u OFFSET 0) a OFFSET 0) b OFFSET 0) c

	models => [ 'SELECT bgnbd_fit(frequency, recency, age) AS model FROM histories' ],

	# Groups of ten rows that lie scattered over the whole table.  Three groups in four have ten customers, the fourth
	# has eight, two of them twice.
	groups10 => [ <<"" ],
SELECT g::int AS g, hashint8extended(CASE WHEN g % 4 = 0 AND i / $GROUPS > 7 THEN i - 8::bigint * $GROUPS ELSE i END, 4) AS customer_id
FROM (SELECT i, i % $GROUPS * 617 % $GROUPS AS g FROM generate_series(0, 10::bigint * $GROUPS - 1) i OFFSET 0) a

	# Groups of a hundred rows, one group after the other.
	clustered_half => [ "SELECT (i / 100)::int AS g, hashint8extended(i, 5) AS customer_id FROM generate_series(0, 100::bigint * ($CLUSTERED / 2) - 1) i" ],
	clustered      => [ "SELECT (i / 100)::int AS g, hashint8extended(i, 5) AS customer_id FROM generate_series(0, 100::bigint * $CLUSTERED - 1) i" ],

	# The same two years, sparse and dense.
	map({ ($_->[0] => [ <<"", "CREATE INDEX ON $_->[0] (day)" ]) } [ daily_half => int($DAILY / 2) ], [ daily => $DAILY ]),
SELECT date '2024-01-01' + (i * 731 / $_->[1])::int AS day, (hashint8extended(i, 6) & 2147483647) % ($DAILY / 20) AS customer_id
FROM generate_series(0::bigint, $_->[1] - 1) i

);

# Queries: a hash each.
#   name    what the table of results calls it, and what ONLY= matches
#   ours    the extension's query
#   floor   what the time is divided by, and bar: what the ratio may be at most (none: for information)
#   sql     the SQL that one would write without the extension; its answer must be ours
#   duckdb, clickhouse   the best that we know to write there; the answers must be ours
#   set, floor_set       settings of ours, of floor; without floor_set floor and sql get those of set
#   plan    what EXPLAIN of ours must show, or the result says that it does not
#   before  a statement to run first, once
# A query with `bytes` instead of `floor` is measured in memory: what a HashAggregate of ours takes beyond that of `bytes`,
# per group; the bar is in bytes.

my $FLOOR     = 'SELECT count(customer_id), max(ordered_at) FROM orders';
my $FLOOR_SUM = 'SELECT count(customer_id), sum(amount) FROM orders';

my $COUNT  = 'SELECT count(DISTINCT customer_id) FROM orders';
my $REPEAT = 'SELECT count(*) FILTER (WHERE n >= 2) / count(*)::float8 FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id) s';
my $FREQ   = 'SELECT count(customer_id) / count(DISTINCT customer_id)::float8 FROM orders';

# One pass over the rows from $from to $end: S came before $s_end, E from $e_from on.
sub retained
{
	my ($from, $e_from, $s_end, $end, $what) = @_;
	return "SELECT $what FROM (SELECT max(CASE WHEN ordered_at < '$s_end' THEN 1 ELSE 0 END) AS s, max(CASE WHEN ordered_at >= '$e_from' THEN 1 ELSE 0 END) AS e "
	  . "FROM orders WHERE ordered_at >= '$from' AND ordered_at < '$end' GROUP BY customer_id) x";
}
my $CRR    = 'sum(s * e) / sum(s)::float8';
my $CRR_CH = 'sum(s * e) / sum(s)';
my @MONTH  = ('2025-05-01', '2025-06-01', '2025-06-01', '2025-07-01');
my @DAYS90 = ('2025-03-03', '2025-04-02', '2025-06-01', '2025-07-01');    # 90 days before 06-01; before 07-01
my $PERIOD = q{'[2025-06-01,2025-07-01)'};

# What the column stores do better in other words.
my $COUNT_DUCKDB = 'SELECT count(*) FROM (SELECT DISTINCT customer_id FROM orders) s';
my $COUNT_CH     = 'SELECT count() FROM (SELECT customer_id FROM orders GROUP BY customer_id)';
my $REPEAT_CH    = 'SELECT countIf(n >= 2) / count() FROM (SELECT count() AS n FROM orders GROUP BY customer_id)';
my $FREQ_CH      = 'SELECT sum(n) / count() FROM (SELECT count() AS n FROM orders GROUP BY customer_id)';

my $TOP_SHARE = <<'';
SELECT sum(r) FILTER (WHERE k <= greatest(1, floor(0.2 * n))) / sum(r)
FROM (SELECT sum(amount) AS r, row_number() OVER (ORDER BY sum(amount) DESC) AS k, count(*) OVER () AS n FROM orders GROUP BY customer_id) s

my $TOP_SHARE_DUCKDB = <<'';
WITH c AS (SELECT sum(amount) AS r FROM orders GROUP BY customer_id)
SELECT (SELECT sum(r) FROM (SELECT r FROM c ORDER BY r DESC LIMIT (SELECT greatest(1, count(*) // 5) FROM c)))::double / (SELECT sum(r) FROM c)

my $TOP_SHARE_CH = <<'';
SELECT toFloat64(arraySum(arraySlice(arrayReverseSort(groupArray(r)) AS a, 1, greatest(1, intDiv(length(a), 5))))) / toFloat64(arraySum(a))
FROM (SELECT sum(amount) AS r FROM orders GROUP BY customer_id)

my $NTILE = 'SELECT count(*) FROM (SELECT ntile(5) OVER (ORDER BY revenue) AS s FROM customers) c WHERE s = 5';
my $CHAMPIONS = <<'';
SELECT count(*) FROM (SELECT 1 + 5 * (rank() OVER (ORDER BY last_order) - 1) / count(*) OVER () AS r,
1 + 5 * (rank() OVER (ORDER BY orders) - 1) / count(*) OVER () AS f FROM customers) c WHERE r = 5 AND f >= 4

my $DISTINCT10 = 'SELECT sum(c)::bigint FROM (SELECT g, count(DISTINCT customer_id) AS c FROM groups10 GROUP BY g) s';
my $REPEAT10   = <<'';
SELECT sum(r) FROM (SELECT g, count(*) FILTER (WHERE n >= 2) / count(*)::float8 AS r
FROM (SELECT g, customer_id, count(*) AS n FROM groups10 GROUP BY g, customer_id) c GROUP BY g) s

sub rolling { "SELECT sum(r) FROM (SELECT repeat_rate(customer_id) OVER (ORDER BY day RANGE BETWEEN '29 days' PRECEDING AND CURRENT ROW) AS r FROM $_[0]) s" }

sub parallel
{
	my ($name, $sql, $workers, $bar) = @_;
	return {
		name => "$name, " . ($workers == 1 ? '1 worker' : "$workers workers"),
		ours => $sql, floor => $sql, bar => $bar,
		set => { max_parallel_workers_per_gather => $workers, min_parallel_table_scan_size => 0,
			parallel_setup_cost => 0, parallel_tuple_cost => 0 },
		floor_set => { max_parallel_workers_per_gather => 0 },
		plan => "Workers Planned: $workers",
	};
}

our @QUERIES = (
	{ name => 'customer_count', bar => 2.0, floor => $FLOOR,
		ours => 'SELECT customer_count(customer_id) FROM orders',
		sql => $COUNT, duckdb => $COUNT_DUCKDB, clickhouse => $COUNT_CH },
	{ name => 'repeat_rate', bar => 2.0, floor => $FLOOR,
		ours => 'SELECT repeat_rate(customer_id) FROM orders',
		sql => $REPEAT, duckdb => $REPEAT, clickhouse => $REPEAT_CH },
	{ name => 'purchase_frequency', bar => 2.0, floor => $FLOOR,
		ours => 'SELECT purchase_frequency(customer_id) FROM orders',
		sql => $FREQ, duckdb => $FREQ, clickhouse => $FREQ_CH },
	{ name => 'crr, one month', bar => 2.0, floor => $FLOOR,
		ours => "SELECT crr(customer_id, ordered_at, $PERIOD) FROM orders",
		sql => retained(@MONTH, $CRR), duckdb => retained(@MONTH, $CRR), clickhouse => retained(@MONTH, $CRR_CH) },
	{ name => 'crr, 90 days lookback', bar => 2.0, floor => $FLOOR,
		ours => "SELECT crr(customer_id, ordered_at, $PERIOD, '90 days') FROM orders",
		sql => retained(@DAYS90, $CRR), duckdb => retained(@DAYS90, $CRR), clickhouse => retained(@DAYS90, $CRR_CH) },
	{ name => 'churn_rate, one month', bar => 2.0, floor => $FLOOR,
		ours => "SELECT churn_rate(customer_id, ordered_at, $PERIOD) FROM orders",
		sql => retained(@MONTH, "1 - $CRR"), duckdb => retained(@MONTH, "1 - $CRR"), clickhouse => retained(@MONTH, "1 - $CRR_CH") },

	# The hand-written SQL and the column stores above read two months only (from a BRIN index, zone maps, a sparse
	# primary key); so can we.
	{ name => 'crr, one month, WHERE', floor => "$FLOOR WHERE ordered_at >= '2025-05-01' AND ordered_at < '2025-07-01'",
		ours => "SELECT crr(customer_id, ordered_at, $PERIOD) FROM orders WHERE ordered_at >= '2025-05-01' AND ordered_at < '2025-07-01'",
		sql => retained(@MONTH, $CRR), duckdb => retained(@MONTH, $CRR), clickhouse => retained(@MONTH, $CRR_CH) },

	{ name => 'top_share', floor => $FLOOR_SUM,
		ours => 'SELECT top_share(customer_id, amount) FROM orders',
		sql => $TOP_SHARE, duckdb => $TOP_SHARE_DUCKDB, clickhouse => $TOP_SHARE_CH },
	{ name => 'aov', floor => $FLOOR_SUM,
		ours => 'SELECT aov(amount) FROM orders', sql => 'SELECT avg(amount) FROM orders' },
	{ name => 'three metrics, one state', bar => 2.0, floor => $FLOOR,
		ours => 'SELECT customer_count(customer_id), repeat_rate(customer_id), purchase_frequency(customer_id) FROM orders',
		sql => 'SELECT count(*), count(*) FILTER (WHERE n >= 2) / count(*)::float8, sum(n) / count(*)::float8 FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id) s' },
	{ name => 'four metrics, with aov', floor => 'SELECT count(customer_id), max(ordered_at), sum(amount) FROM orders',
		ours => 'SELECT customer_count(customer_id), repeat_rate(customer_id), purchase_frequency(customer_id), aov(amount) FROM orders',
		sql => 'SELECT count(*), count(*) FILTER (WHERE n >= 2) / count(*)::float8, sum(n) / count(*)::float8, sum(a) / sum(n) FROM (SELECT count(*) AS n, sum(amount) AS a FROM orders GROUP BY customer_id) s' },

	# Floor: a single ntile, as RFM by hand would have three.
	map({ { name => "rfm_segment, work_mem $_", bar => 2.0, floor => $NTILE, sql => $CHAMPIONS, set => { work_mem => $_ },
		ours => q{SELECT count(*) FROM (SELECT rfm_segment(last_order, orders, revenue) OVER () AS s FROM customers) c WHERE s = 'Champions'} } } qw(4MB 256MB)),

	map({ my $t = "orders_$_"; map { my $q = $_; {
		name => $q->[0] . ", $t", bar => 3.0, floor => $FLOOR =~ s/\borders\b/$t/r,
		ours => "SELECT $q->[0](customer_id) FROM $t", sql => $q->[1] =~ s/\borders\b/$t/r } }
		[ customer_count => $COUNT ], [ repeat_rate => $REPEAT ] } qw(uuid text)),

	map({ parallel('customer_count', 'SELECT customer_count(customer_id) FROM orders', $_, $_ == 1 ? 0.80 : 1.00) } 1, 2, 4, 8),
	map({ parallel('crr', "SELECT crr(customer_id, ordered_at, $PERIOD) FROM orders", $_, $_ == 1 ? 0.80 : 1.00) } 1, 2, 4, 8),
	parallel('repeat_rate, text', 'SELECT repeat_rate(customer_id) FROM orders_text', 1, 0.80),

	map({ my $w = $_; map { +{ name => "$_->[0], groups of 10, work_mem $w", bar => 1.5, floor => $DISTINCT10, set => { work_mem => $w },
		ours => $_->[1], sql => $_->[2] } }
		[ 'customer_count', 'SELECT sum(c)::bigint FROM (SELECT g, customer_count(customer_id) AS c FROM groups10 GROUP BY g) s', $DISTINCT10 ],
		[ 'repeat_rate', 'SELECT sum(r) FROM (SELECT g, repeat_rate(customer_id) AS r FROM groups10 GROUP BY g) s', $REPEAT10 ] } qw(1GB 4MB)),

	map({ +{ name => "$_, bytes a group of ten", bar => 300, set => { work_mem => '8GB', enable_sort => 'off' },
		ours  => "SELECT count(c) FROM (SELECT g, $_(customer_id) AS c FROM groups10 WHERE g % 4 > 0 GROUP BY g) s",
		bytes => 'SELECT count(c) FROM (SELECT g, count(*) AS c FROM groups10 WHERE g % 4 > 0 GROUP BY g) s' } } qw(customer_count repeat_rate)),

	# A fit, against the aggregate that does nothing but collect the histories; predictions for each customer.
	{ name => 'bgnbd_fit', bar => 10, ours => 'SELECT (model).customers FROM (SELECT bgnbd_fit(frequency, recency, age) AS model FROM histories OFFSET 0) s',
		floor => 'SELECT length(pg_temp.collect(frequency, recency, age)) FROM histories', sql => 'SELECT count(*) FROM histories',
		before => 'CREATE AGGREGATE pg_temp.collect(bigint, double precision, double precision) (SFUNC = clv_history_accum, STYPE = internal, FINALFUNC = histories_serialize)' },
	map({ { name => "$_->[0] for each customer", bar => $_->[1], floor => 'SELECT sum(exp(x)) FROM histories',
		ours => "SELECT sum($_->[0]($_->[2])) FROM histories, models" } }
		[ p_alive => 10, 'model, frequency, recency, age' ], [ expected_orders => 50, 'model, 52, frequency, recency, age' ]),

	# Twice the groups, twice the rows: about twice the time.  Here the floor is the same query over half as much.
	{ name => 'clustered groups, twice as many', bar => 2.3,
		ours  => 'SELECT sum(c)::bigint FROM (SELECT g, customer_count(customer_id) AS c FROM clustered GROUP BY g) s',
		floor => 'SELECT sum(c)::bigint FROM (SELECT g, customer_count(customer_id) AS c FROM clustered_half GROUP BY g) s',
		sql   => 'SELECT sum(c)::bigint FROM (SELECT g, count(DISTINCT customer_id) AS c FROM clustered GROUP BY g) s' },
	{ name => 'rolling 30 days, twice the rows', bar => 2.3, ours => rolling('daily'), floor => rolling('daily_half'), sql => <<'' },
SELECT sum(rows * r) FROM (SELECT day AS today, count(*) AS rows FROM daily GROUP BY day) d,
LATERAL (SELECT count(*) FILTER (WHERE n >= 2) / count(*)::float8 AS r
FROM (SELECT count(*) AS n FROM daily WHERE day BETWEEN today - 29 AND today GROUP BY customer_id) c) s

);

1;
