# What `bench` measures: the tables, then the queries.  Data only; `bench` is the machinery.
#
# $ROWS is set by `bench`.  Everything scales with it: ROWS orders of ROWS / 10 customers over the two years 2024 and
# 2025.  The tables are made of hashint8extended(), which gives the same numbers on every version and platform.

our $ROWS;

my $CUSTOMERS = int($ROWS / 10);
my $GROUPS    = int($ROWS / 10);
my $CLUSTERED = int($ROWS / 100);
my $DAILY     = int($ROWS / 10);
my $HOLDERS   = int($ROWS / 100);

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
	orders_hashed => [ 'SELECT hashint8extended(customer_id, 7) AS customer_id, ordered_at FROM orders' ],
	orders_text => [ q{SELECT 'cust_' || lpad(customer_id::text, 10, '0') AS customer_id, ordered_at FROM orders} ],

	summaries => [ q{SELECT date_trunc('month', ordered_at, 'UTC') AS month, retention_agg(customer_id, ordered_at, '1 month', 'UTC') AS s FROM orders GROUP BY month} ],
	summary_all => [ q{SELECT retention_agg(customer_id, ordered_at, '1 month', 'UTC') AS s FROM orders} ],
	revenue_all => [ q{SELECT revenue_agg(customer_id, ordered_at, amount, '1 month', 'UTC') AS s FROM orders} ],

	# The time to the second order, to the microsecond: the log's own orders are whole steps apart.
	waits => [ <<"" ],
SELECT time_to_order(customer_id, ordered_at + (hashint8extended((extract(epoch FROM ordered_at) * 1000000)::bigint, 20) & 8388607) * interval '1 microsecond', 2, '2026-02-01 00:00Z') AS s
FROM orders

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

	# Points of members: ten rows each, give or take, of which six in ten are earned and live for a year.
	movements => [ <<"" ],
SELECT (hashint8extended(i, 7) & 9223372036854775807) % $CUSTOMERS AS member,
       CASE WHEN earned THEN points ELSE -points END AS points, at, CASE WHEN earned THEN at + interval '1 year' END AS expires
FROM (SELECT i, hashint8extended(i, 8) & 511 < 307 AS earned, 1 + (hashint8extended(i, 9) & 511) AS points,
             to_timestamp(1704067200 + i * (731 * 86400.0::float8 / $ROWS)) AS at
      FROM generate_series(0::bigint, $ROWS - 1) i OFFSET 0) a

	# The same two years, sparse and dense.
	map({ ($_->[0] => [ <<"", "CREATE INDEX ON $_->[0] (day)" ]) } [ daily_half => int($DAILY / 2) ], [ daily => $DAILY ]),
SELECT date '2024-01-01' + (i * 731 / $_->[1])::int AS day, (hashint8extended(i, 6) & 2147483647) % ($DAILY / 20) AS customer_id
FROM generate_series(0::bigint, $_->[1] - 1) i

	# Points: members with 1,000 movements each, the same as arrays of objects, and where either goes with one more; members
	# with 25 movements in less than 1 kB, and counters of the same width.
	ledgers1000 => [ ledgers(1000, int($ROWS / 30000) || 1) ],
	arrays1000  => [ 'SELECT p::jsonb AS p FROM ledgers1000' ],
	ledgers1001 => [ 'SELECT p FROM ledgers1000 LIMIT 0' ],
	arrays1001  => [ 'SELECT p FROM arrays1000 LIMIT 0' ],
	ledgers25   => [ ledgers(25, int($ROWS / 200)), 'CREATE UNIQUE INDEX ON ledgers25 (member)' ],
	counters25  => [ q{SELECT member, 1000000::bigint AS n, repeat('x', pg_column_size(p) - 8) AS rest FROM ledgers25}, 'ALTER TABLE counters25 ALTER rest SET STORAGE plain',
		'CREATE UNIQUE INDEX ON counters25 (member)' ],

	# Members with a movement every 88 hours for ten years, 1,000 of them, whose points live for a year: their ledgers
	# compacted, and those of members who have had the last hundred only.
	ledgers_compact => [ q{SELECT member, compact(p, '2024-09-01Z') AS p FROM (} . lasting_a_year(1) . ') old', 'CREATE UNIQUE INDEX ON ledgers_compact (member)' ],
	ledgers_young   => [ lasting_a_year(901), 'CREATE UNIQUE INDEX ON ledgers_young (member)' ],

	# The books of a programme at a month's end: fifty movements of each member over the two years, of which every fifth
	# redeems some of what the four before it earned, as a log in the order of time; the members' ledgers; and the same
	# movements as accounts and entries, where the primary key of the entries finds a member's and refuses a second.
	point_log => [ <<"" ],
SELECT member, ref, at, CASE WHEN k < 4 THEN at + interval '1 year' END AS expires,
       CASE WHEN k < 4 THEN points ELSE -1 - sum(points) OVER (PARTITION BY member, block ORDER BY k ROWS 4 PRECEDING EXCLUDE CURRENT ROW)::bigint * (points & 127) / 128 END AS points
FROM (SELECT member, block, k, 'order ' || i AS ref, 1 + (hashint8extended(i, 21) & 511) AS points,
             to_timestamp(1704067200 + (5 * block + k + (hashint8extended(i, 22) & 1048575) / 1048576.0::float8) * (731 * 86400.0::float8 / 50)) AS at
      FROM generate_series(1, $HOLDERS) member, generate_series(0, 9) block, generate_series(0, 4) k, LATERAL (SELECT member * 50::bigint + 5 * block + k) n(i)) m
ORDER BY at

	point_ledgers => [ 'SELECT member, ledger_agg(points, at, expires, ref) AS p FROM point_log GROUP BY member', 'ALTER TABLE point_ledgers ADD PRIMARY KEY (member)' ],
	point_accounts => [ 'SELECT member AS account, sum(points)::bigint AS balance FROM point_log GROUP BY member', 'ALTER TABLE point_accounts ADD PRIMARY KEY (account)' ],
	point_entries => [ <<"", 'ALTER TABLE point_entries ADD PRIMARY KEY (account, ref)' ],
SELECT member AS account, at, points AS amount, sum(points) OVER (PARTITION BY member ORDER BY at)::bigint AS balance, ref FROM point_log

	# What transfers are made between; filled before each run.
	holders  => [ 'SELECT member, p FROM ledgers25 LIMIT 0', 'ALTER TABLE holders ADD PRIMARY KEY (member)' ],
	accounts => [ 'SELECT 0::bigint AS account, 0::bigint AS balance LIMIT 0', 'ALTER TABLE accounts ADD PRIMARY KEY (account), ADD CHECK (balance >= 0)' ],
	entries  => [ q{SELECT 0::bigint AS account, now() AS at, 0::bigint AS amount, 0::bigint AS balance, '' AS ref LIMIT 0}, 'ALTER TABLE entries ADD PRIMARY KEY (account, ref)' ],

);

# An UPDATE for each of so many members.
sub one_by_one
{
	my ($table, $members, $set) = @_;
	return "VACUUM $table; DO 'BEGIN FOR i IN 1 .. $members LOOP UPDATE $table SET $set WHERE member = i; END LOOP; END'";
}

# Every fourth movement redeems, the others earn.
sub ledgers
{
	my ($movements, $members) = @_;
	return <<"";
SELECT member, ledger_agg(CASE WHEN i % 4 = 0 THEN -(i % 50) ELSE i % 50 + 50 END, '2024-01-01Z'::timestamptz + i * interval '37 minutes 11.123456 seconds',
       '2035-01-01Z'::timestamptz + i * interval '1 day', 'order ' || member * 1000 + i) AS p
FROM generate_series(1, $members) member, generate_series(1, $movements) i GROUP BY member

}

sub lasting_a_year
{
	my ($first) = @_;
	return <<"";
SELECT member, ledger_agg(CASE WHEN i % 4 = 0 THEN -(i % 50) ELSE i % 50 + 50 END, at, at + interval '1 year', 'order ' || member * 1000 + i) AS p
FROM generate_series(1, @{[ int($ROWS / 3000) ]}) member, generate_series($first, 1000) i, LATERAL (SELECT '2015-01-01Z'::timestamptz + i * interval '88 hours') a(at) GROUP BY member

}

# Transfers of points between two members, each in one call of a function that locks both first, in an order that all keep to.
# A ref that comes again is refused by the entries' key, and known to the ledgers; these also keep the points' issue and expiry, of
# which entries know nothing.  Nobody waits for a disk (fsync is off), where both would mostly wait.
my $TRANSFER_FUNCTIONS = <<'';
CREATE OR REPLACE FUNCTION transfer_of_ledgers(bigint, bigint, bigint, text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE moved record;
BEGIN
	PERFORM member FROM holders WHERE member IN ($1, $2) ORDER BY member FOR UPDATE;
	SELECT t.giver, t.parcel INTO moved FROM holders, transfer(p, $3, ref => $4) AS t WHERE member = $1;
	UPDATE holders SET p = CASE member WHEN $1 THEN moved.giver ELSE receive(p, moved.parcel) END WHERE member IN ($1, $2);
END $$;
CREATE OR REPLACE FUNCTION transfer_of_entries(bigint, bigint, bigint, text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM account FROM accounts WHERE account IN ($1, $2) ORDER BY account FOR UPDATE;
	WITH moved AS (UPDATE accounts SET balance = balance + CASE account WHEN $1 THEN -$3 ELSE $3 END WHERE account IN ($1, $2) RETURNING *)
	INSERT INTO entries SELECT account, clock_timestamp(), CASE account WHEN $1 THEN -$3 ELSE $3 END, balance, $4 FROM moved;
END $$

# So many in all, of one point between any two of the first members.  Both begin with what ledgers25 has: 25 movements a
# member, or an opening entry.
sub transfers
{
	my ($sessions, $members, $transfers) = @_;
	my $script = sub { return <<"" };
\\set giver random(1, $members)
\\set receiver 1 + (:giver - 1 + random(1, $members - 1)) % $members
\\set transfer random(1, 1000000000000)
SELECT $_[0](:giver, :receiver, 1, 'transfer ' || :transfer)

	return (
		sessions => $sessions, transfers => int($transfers / $sessions), before => $TRANSFER_FUNCTIONS,
		ours => $script->('transfer_of_ledgers'), floor => $script->('transfer_of_entries'), reset => <<"", check => <<"" );
TRUNCATE holders, accounts, entries;
INSERT INTO holders SELECT member, p FROM ledgers25 WHERE member <= $members;
INSERT INTO accounts SELECT member, balance(p) FROM holders;
INSERT INTO entries SELECT account, now(), balance, balance, 'opening' FROM accounts;
VACUUM ANALYZE holders, accounts, entries

SELECT count(*) = $members AND every(balance(p) = balance AND balance = entered) AND sum(n) = 2 * $sessions * @{[ int($transfers / $sessions) ]} + $members
FROM holders JOIN accounts ON account = member JOIN (SELECT account, sum(amount) AS entered, count(*) AS n FROM entries GROUP BY account) e USING (account)

}

# Queries: a hash each.
#   name    what the table of results calls it, and what ONLY= matches
#   ours    the extension's query
#   floor   what the time is divided by, and bar: what the ratio may be at most (none: for information)
#   sql     the SQL that one would write without the extension; its answer must be ours
#   duckdb, clickhouse   the best that we know to write there; the answers must be ours
#   set, floor_set       settings of ours, of floor; without floor_set floor and sql get those of set
#   plan    what EXPLAIN of ours must show, or the result says that it does not
#   before  a statement to run first, once
# ours, floor and before may also be Perl: ours and floor return milliseconds, an answer, and an error if there was one.  With
# `ms` the bar is not of the ratio but of ours, in milliseconds.
# A query with `bytes` instead of `floor` is measured in memory: what a HashAggregate of ours takes beyond that of `bytes`,
# per group; the bar is in bytes.  One with `size` is not run for its time either: it selects two sizes in bytes and how many things the
# first has that the second has not; the bar is bytes for each of these.  One with `transfers` is run by pgbench in as many
# sessions: ours and floor are its scripts, reset makes both ready, and check says whether both have come to the same.

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

# As of a time at which all orders are of the past and all months complete.
my $CLV = <<'';
SELECT round(sum(r) / sum(l - f + 1) * sum(least(l, n - 1) - f + 1) / count(*) FILTER (WHERE l < n), 6)
FROM (SELECT sum(amount) AS r, min(b) AS f, max(b) AS l, max(max(b)) OVER () AS n
FROM (SELECT customer_id, amount, (12 * extract(year FROM ordered_at) + extract(month FROM ordered_at))::int AS b FROM orders) o GROUP BY customer_id) c

my $HISTORY = <<'';
SELECT count(*), sum(n), round(sum(m)::numeric, 3) FROM (SELECT count(*) - 1 AS n, coalesce(sum(a) FILTER (WHERE day > first) / nullif(count(*) - 1, 0), 0) AS m
FROM (SELECT customer_id, ordered_at::date AS day, sum(amount) AS a, min(ordered_at::date) OVER (PARTITION BY customer_id) AS first
FROM orders GROUP BY customer_id, ordered_at::date) d GROUP BY customer_id) c

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

# Growth, each of its counts weighted with the bucket's number, so that every bucket must be right.
sub summary { my ($table, $bucket) = @_; return "(SELECT retention_agg(customer_id, ordered_at, '$bucket', 'UTC') FROM $table)" }
sub growth
{
	my ($x) = @_;
	return 'SELECT ' . join(', ', map { "sum(k * $_)" } qw(new_customers retained resurrected churned))
	  . " FROM (SELECT row_number() OVER (ORDER BY period) AS k, g.* FROM growth($x, '2026-01-01 00:00Z') g) b";
}
sub cohorts
{
	my ($x) = @_;
	return "SELECT sum(retained * (age + 1) * (extract(year FROM cohort) * 12 + extract(month FROM cohort) - 24288)) FROM cohorts($x, '2026-01-01 00:00Z')";
}

# By hand: a row for each customer and bucket, and the one before it.
my $MONTH = q{(extract(year FROM ordered_at AT TIME ZONE 'UTC') * 12 + extract(month FROM ordered_at AT TIME ZONE 'UTC') - 24288)::int};
my $DAY   = q{(ordered_at AT TIME ZONE 'UTC')::date - date '2023-12-31'};
sub growth_by_hand
{
	my ($bucket) = @_;
	return <<"";
WITH seen AS (SELECT DISTINCT customer_id, $bucket AS k FROM orders),
steps AS (SELECT k, lag(k) OVER (PARTITION BY customer_id ORDER BY k) AS before FROM seen),
buckets AS (SELECT k, count(*) AS active, count(*) FILTER (WHERE before IS NULL) AS new_customers, count(*) FILTER (WHERE before = k - 1) AS retained FROM steps GROUP BY k),
report AS (SELECT k, new_customers, retained, active - new_customers - retained AS resurrected, coalesce(lag(active) OVER (ORDER BY k), 0) - retained AS churned FROM buckets)
SELECT sum(k * new_customers), sum(k * retained), sum(k * resurrected), sum(k * churned) FROM report

}
my $COHORTS = <<"";
WITH seen AS (SELECT DISTINCT customer_id, $MONTH AS k FROM orders),
ages AS (SELECT k, min(k) OVER (PARTITION BY customer_id) AS cohort FROM seen)
SELECT sum((k - cohort + 1) * cohort) FROM ages

# The column stores are faster with a bit for each month: s has them all, r those whose month before is set too, f the
# first.  A weighted count is then a sum over the bits of each customer.
sub bits { my ($bit, $from, $to, $weight) = @_; return 'sum(' . join(' + ', map { ($_ + $weight) . ' * ' . $bit->($_) } $from .. $to) . ')' }
sub growth_bits
{
	my ($bit, $seen) = @_;
	my ($active, $fresh, $retained) = map { my $word = $_; bits(sub { $bit->($word, $_[0]) }, 0, 23, 1) } qw(s f r);
	my $starting = bits(sub { $bit->('s', $_[0]) }, 0, 22, 2);
	return "SELECT n, r, a - n - r, st - r FROM (SELECT $fresh AS n, $retained AS r, $active AS a, $starting AS st FROM ($seen) b) c";
}
my $BITS_DUCKDB = q{SELECT s, s & (s << 1) AS r, s & -s AS f FROM (SELECT bit_or(1::bigint << date_diff('month', timestamp '2024-01-01', ordered_at)::int) AS s FROM orders GROUP BY customer_id) o};
my $BITS_CH     = q{SELECT s, bitAnd(s, bitShiftLeft(s, 1)) AS r, bitAnd(s, -s) AS f FROM (SELECT toInt64(groupBitOr(bitShiftLeft(toUInt64(1), toYear(ordered_at) * 12 + toMonth(ordered_at) - 24289))) AS s FROM orders GROUP BY customer_id)};
my $GROWTH_DUCKDB = growth_bits(sub { "(($_[0] >> $_[1]) & 1)" }, $BITS_DUCKDB);
my $GROWTH_CH     = growth_bits(sub { "bitAnd(bitShiftRight($_[0], $_[1]), 1)" }, $BITS_CH);

# In ClickHouse too for any number of buckets: the buckets of each customer in order, each beside the one before it.
my $GROWTH_CH_ANY = <<"";
SELECT sum(k * n), sum(k * r), sum(k * (a - n - r)), sum(k * (p - r))
FROM (SELECT k, a, n, r, lagInFrame(a, 1, 0) OVER (ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS p
FROM (SELECT k, toInt64(count()) AS a, toInt64(countIf(b = -9)) AS n, toInt64(countIf(b = k - 1)) AS r
FROM (SELECT arraySort(groupUniqArray(toInt32(toYear(ordered_at) * 12 + toMonth(ordered_at) - 24288))) AS ks FROM orders GROUP BY customer_id) s
ARRAY JOIN ks AS k, arrayPushFront(arrayPopBack(ks), toInt32(-9)) AS b GROUP BY k))

my $COHORTS_DUCKDB = 'SELECT ' . bits(sub { "((s >> $_[0]) & 1) * ($_[0] - c + 1) * (c + 1)" }, 0, 23, 0) =~ s/\d+ \* \(\(s/((s/gr
  . " FROM (SELECT s, log2(f)::bigint AS c FROM ($BITS_DUCKDB) b) d";
my $COHORTS_CH = 'SELECT ' . bits(sub { "bitAnd(bitShiftRight(s, $_[0]), 1) * ($_[0] - c + 1) * (c + 1)" }, 0, 23, 0) =~ s/\d+ \* bitAnd/bitAnd/gr
  . " FROM (SELECT s, toInt64(round(log2(f))) AS c FROM ($BITS_CH) b) d";

my $BY_CUSTOMER = 'SELECT count(*) FROM (SELECT customer_id, max(ordered_at), count(*) FROM orders GROUP BY customer_id OFFSET 0) c';
my $TOTALS = q{(SELECT totals_agg(s) FROM (SELECT retention_agg(customer_id, ordered_at, '1 month', 'UTC') AS s FROM orders GROUP BY customer_id) c)};

my %EXECUTOR = ('retention.scan' => 'off', enable_bitmapscan => 'off');
my $HALF     = q{ordered_at >= '2025-01-01'};

# Money.  Movements, weighted as above, so that every bucket must be right.
my $FLOOR_MONEY = 'SELECT count(customer_id), max(ordered_at), sum(amount) FROM orders';
my $AS_OF = q{'2026-01-01 00:00Z'};
sub revenue { my ($bucket) = @_; return "(SELECT revenue_agg(customer_id, ordered_at, amount, '$bucket', 'UTC') FROM orders)" }
sub movements
{
	my ($x) = @_;
	return 'SELECT ' . join(', ', map { "sum(k * $_)" } qw(starting new_revenue reactivated expansion contraction churned revenue payers))
	  . " FROM (SELECT row_number() OVER (ORDER BY period) AS k, g.* FROM revenue_growth($x, $AS_OF) g) b";
}
my $MONEY_TOTALS = q{(SELECT totals_agg(s) FROM (SELECT revenue_agg(customer_id, ordered_at, amount, '1 month', 'UTC') AS s FROM orders GROUP BY customer_id) c)};
my $MONEY_BY_CUSTOMER = 'SELECT count(*) FROM (SELECT customer_id, max(ordered_at), count(*), sum(amount) FROM orders GROUP BY customer_id OFFSET 0) c';
my $MONEY_COHORTS = "SELECT sum(payers * (age + 1) * c), sum(revenue * (age + 1) * c) FROM (SELECT *, extract(year FROM cohort) * 12 + extract(month FROM cohort) - 24288 AS c "
  . 'FROM revenue_cohorts(' . revenue('1 month') . ", $AS_OF)) r";
my $LTV = 'SELECT sum((age + 1) * cohorts), sum((age + 1) * customers), sum((age + 1) * revenue), round(sum((age + 1) * per_customer), 6) FROM ltv_curve('
  . revenue('1 month') . ", $AS_OF)";

# By hand: each customer's first two orders, of those whose first is old enough.
my $WITHIN_30 = <<"";
SELECT count(*), count(*) FILTER (WHERE second < first + interval '30 days')
FROM (SELECT min(ordered_at) AS first, max(ordered_at) FILTER (WHERE r = 2) AS second
FROM (SELECT customer_id, ordered_at, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at) AS r FROM orders) o WHERE r <= 2 GROUP BY customer_id) c
WHERE first <= $AS_OF\::timestamptz - interval '30 days'

# By hand: as for growth, with the revenue of each customer and bucket.
sub movements_by_hand
{
	my ($bucket) = @_;
	return <<"";
WITH sums AS (SELECT customer_id, $bucket AS k, sum(amount) AS s FROM orders GROUP BY 1, 2),
steps AS (SELECT k, s, lag(k) OVER w AS before, lag(s) OVER w AS was FROM sums WHERE s <> 0 WINDOW w AS (PARTITION BY customer_id ORDER BY k)),
buckets AS (SELECT k, count(*) AS payers, sum(s) AS revenue, sum(s) FILTER (WHERE before IS NULL) AS new_revenue, sum(s) FILTER (WHERE before < k - 1) AS reactivated,
sum(s - was) FILTER (WHERE before = k - 1 AND s > was) AS expansion, sum(was - s) FILTER (WHERE before = k - 1 AND s < was) AS contraction, sum(was) FILTER (WHERE before = k - 1) AS stayed FROM steps GROUP BY k),
report AS (SELECT *, coalesce(lag(revenue) OVER (ORDER BY k), 0) AS starting FROM buckets)
SELECT sum(k * starting), sum(k * new_revenue), sum(k * reactivated), sum(k * expansion), sum(k * contraction), sum(k * (starting - coalesce(stayed, 0))), sum(k * revenue), sum(k * payers) FROM report

}
my $MONEY_AGES = <<"";
WITH sums AS (SELECT customer_id, $MONTH AS k, sum(amount) AS s FROM orders GROUP BY 1, 2),
ages AS (SELECT k, s, min(k) OVER (PARTITION BY customer_id) AS cohort FROM sums)

my $COHORTS_MONEY = "$MONEY_AGES SELECT sum((k - cohort + 1) * cohort), sum(s * (k - cohort + 1) * cohort) FROM ages";
my $LTV_BY_HAND = <<"";
$MONEY_AGES, ages_of_all AS (SELECT k - cohort AS age, sum(s) AS revenue FROM ages GROUP BY 1),
sizes AS (SELECT cohort, count(*) AS n FROM ages WHERE k = cohort GROUP BY 1),
curve AS (SELECT age, revenue, count(*) AS cohorts, sum(n) AS customers FROM ages_of_all, sizes WHERE cohort + age <= 24 GROUP BY 1, 2)
SELECT sum((age + 1) * cohorts), sum((age + 1) * customers), sum((age + 1) * revenue), round(sum((age + 1) * per_customer), 6)
FROM (SELECT *, sum(revenue / customers) OVER (ORDER BY age) AS per_customer FROM curve) c

# In the column stores customer and bucket are best one number, i, with 1024 for the buckets: a single window over it has each bucket
# beside the customer's last one.  For few buckets an array of sums for each customer is faster in ClickHouse.
sub movements_duckdb
{
	my ($bucket) = @_;
	return <<"";
WITH sums AS (SELECT customer_id * 1024 + $bucket AS i, sum(amount)::decimal(18,2) AS s FROM orders GROUP BY i),
steps AS (SELECT i % 1024 AS k, s, i, CASE WHEN lag(i) OVER w // 1024 = i // 1024 THEN lag(i) OVER w END AS before, lag(s) OVER w AS was FROM sums WHERE s <> 0 WINDOW w AS (ORDER BY i)),
buckets AS (SELECT k, count(*) AS payers, sum(s) AS revenue, sum(s) FILTER (WHERE before IS NULL) AS new_revenue, sum(s) FILTER (WHERE before < i - 1) AS reactivated,
sum(s - was) FILTER (WHERE before = i - 1 AND s > was) AS expansion, sum(was - s) FILTER (WHERE before = i - 1 AND s < was) AS contraction, sum(was) FILTER (WHERE before = i - 1) AS stayed FROM steps GROUP BY k),
report AS (SELECT *, coalesce(lag(revenue) OVER (ORDER BY k), 0) AS starting FROM buckets)
SELECT sum(k * starting), sum(k * new_revenue), sum(k * reactivated), sum(k * expansion), sum(k * contraction), sum(k * (starting - coalesce(stayed, 0))), sum(k * revenue), sum(k * payers) FROM report

}
my $COHORTS_MONEY_DUCKDB = <<'';
WITH sums AS MATERIALIZED (SELECT customer_id, date_diff('month', timestamp '2023-12-01', ordered_at) AS k, sum(amount)::decimal(18,2) AS s FROM orders GROUP BY 1, 2),
firsts AS (SELECT customer_id, min(k) AS cohort FROM sums GROUP BY 1),
cells AS (SELECT cohort, k - cohort + 1 AS a, count(*) AS payers, sum(s) AS revenue FROM sums JOIN firsts USING (customer_id) GROUP BY 1, 2)
SELECT sum(payers * a * cohort), sum(revenue * a * cohort) FROM cells

my $FIRST_TO_LAST = 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING';
my $MOVEMENTS_CH = <<"";
SELECT sum(k * st), sum(k * n), sum(k * r), sum(k * e), sum(k * c), sum(k * (st - stayed)), sum(k * rev), sum(k * payers)
FROM (SELECT *, lagInFrame(rev, 1, 0) OVER (ORDER BY k $FIRST_TO_LAST) AS st
FROM (SELECT i % 1024 AS k, toInt64(count()) AS payers, sum(s) AS rev, sumIf(s, intDiv(j, 1024) <> intDiv(i, 1024)) AS n, sumIf(s, intDiv(j, 1024) = intDiv(i, 1024) AND j < i - 1) AS r,
sumIf(s - was, j = i - 1 AND s > was) AS e, sumIf(was - s, j = i - 1 AND s < was) AS c, sumIf(was, j = i - 1) AS stayed
FROM (SELECT i, s, lagInFrame(i, 1, 0) OVER w AS j, lagInFrame(s, 1, 0) OVER w AS was
FROM (SELECT customer_id * 1024 + toInt32(toDate(ordered_at) - toDate('2023-12-31')) AS i, sum(amount) AS s FROM orders GROUP BY i HAVING s <> 0)
WINDOW w AS (ORDER BY i $FIRST_TO_LAST)) GROUP BY k))

my $SUMS_CH = 'SELECT arrayMap(x -> toInt64(x * 100), sumResample(0, 24, 1)(amount, toYear(ordered_at) * 12 + toMonth(ordered_at) - 24289)) AS m, '
  . 'arrayPushFront(arrayPopBack(m), 0) AS p, toInt64(arrayFirstIndex(x -> x <> 0, m)) AS f FROM orders GROUP BY customer_id';
my $MOVEMENTS_CH_ARRAYS = 'SELECT ' . join(', ', map { "sum(arraySum((a, b, k) -> k * ($_), p, m, range(1, 25))) / 100" } 'a', 'if(k = f, b, 0)', 'if(a = 0 AND k > f, b, 0)',
	'if(a <> 0 AND b <> 0 AND b > a, b - a, 0)', 'if(a <> 0 AND b <> 0 AND b < a, a - b, 0)', 'if(b = 0, a, 0)', 'b', 'if(b <> 0, 100, 0)') . " FROM ($SUMS_CH)";
my $COHORTS_MONEY_CH = "SELECT sum(arraySum((b, k) -> if(b <> 0, (k - f + 1) * f, 0), m, range(1, 25))), sum(arraySum((b, k) -> b * (k - f + 1) * f, m, range(1, 25))) / 100 FROM ($SUMS_CH)";

# A window of 90 days, by hand: each day with an order counts until the next one, or for 90 days.
my $LOOKBACK = q{SELECT sum(active), sum(churned), sum(new_customers), sum(resurrected) FROM growth((SELECT retention_agg(customer_id, ordered_at, '1 day', 'UTC') FROM orders), '2026-01-01 00:00Z', 90)};
my $LOOKBACK_BY_HAND = <<"";
SELECT sum(least(90, coalesce(n, 732) - d)), count(*) FILTER (WHERE d + 90 <= 731 AND coalesce(n > d + 90, true)), count(DISTINCT customer_id), count(*) FILTER (WHERE n > d + 90)
FROM (SELECT customer_id, d, lead(d) OVER (PARTITION BY customer_id ORDER BY d) AS n FROM (SELECT DISTINCT customer_id, $DAY AS d FROM orders) days) s

# The end of December 2025.  By hand: since all points live for a year, they leave in the order in which they came.  What has gone by
# expiry and spending together is at least all that was earned more than a year before, at whichever of the expiries that was the most
# beyond what had been spent by then.
my $OPENING = q{'2025-12-01 00:00Z'};
my $CLOSING = q{'2026-01-01 00:00Z'};
my $POINTS_OF_MEMBERS = 'SELECT sum(balance) FROM (SELECT member, sum(points) AS balance FROM point_log GROUP BY member) s';
sub balances_by_hand
{
	my ($until) = @_;
	return <<"";
SELECT sum(balance) AS points FROM (SELECT sum(earned - spent) - greatest(0, max(gone)) AS balance
FROM (SELECT member, earned, spent, CASE WHEN expired > 0 THEN sum(expired) OVER w - sum(spent) OVER w END AS gone
FROM (SELECT member, at, greatest(points, 0) AS earned, greatest(-points, 0) AS spent, 0 AS expired FROM point_log WHERE at <= $until
UNION ALL SELECT member, expires, 0, 0, points FROM point_log WHERE expires <= $until) m
WINDOW w AS (PARTITION BY member ORDER BY at ROWS UNBOUNDED PRECEDING)) s GROUP BY member) b

}
my $ROLL_FORWARD = <<"";
WITH ends AS (SELECT at, sum(earned) AS earned, sum(redeemed) AS redeemed, sum(expired) AS expired, sum(available) AS available
FROM point_ledgers, (VALUES ($OPENING\::timestamptz), ($CLOSING)) v(at), statement(p, at) GROUP BY at)
SELECT o.available, c.earned - o.earned, c.redeemed - o.redeemed, c.expired - o.expired, c.available FROM ends o JOIN ends c ON o.at < c.at

my $ROLL_FORWARD_BY_HAND = <<"";
SELECT o.points, earned, spent, o.points + earned - spent - c.points, c.points
FROM (@{[ balances_by_hand($OPENING) ]}) o, (@{[ balances_by_hand($CLOSING) ]}) c,
(SELECT sum(points) FILTER (WHERE points > 0) AS earned, -sum(points) FILTER (WHERE points < 0) AS spent FROM point_log WHERE at > $OPENING AND at <= $CLOSING) m

# By month of issue, each month weighted with its number.
sub vintages { return 'SELECT ' . join(', ', map { "sum(k * $_)" } qw(earned redeemed expired remaining)) . " FROM ($_[0]) v" }
my $MONTH_OF_ISSUE = q{12 * extract(year FROM date_trunc('month', earned_at)) + extract(month FROM date_trunc('month', earned_at)) - 24288 AS k};
my $VINTAGES = "SELECT $MONTH_OF_ISSUE, sum(earned) AS earned, sum(redeemed) AS redeemed, sum(expired) AS expired, sum(remaining) AS remaining FROM point_ledgers, lots(p, $CLOSING) GROUP BY k";
my $VINTAGES_BY_HAND = <<"";
SELECT $MONTH_OF_ISSUE, sum(lot) AS earned, sum(lot - x) AS redeemed, sum(x) FILTER (WHERE at <= $CLOSING) AS expired, sum(x) FILTER (WHERE at > $CLOSING) AS remaining
FROM (SELECT earned_at, at, lot, greatest(0, least(lot, over - greatest(0, max(over) FILTER (WHERE lot > 0 AND at <= $CLOSING)
OVER (PARTITION BY member ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)))) AS x
FROM (SELECT *, sum(lot - spent) OVER (PARTITION BY member ORDER BY at ROWS UNBOUNDED PRECEDING) AS over
FROM (SELECT member, expires AS at, at AS earned_at, points AS lot, 0 AS spent FROM point_log WHERE points > 0 AND at <= $CLOSING
UNION ALL SELECT member, at, NULL, 0, -points FROM point_log WHERE points < 0 AND at <= $CLOSING) e) r) l WHERE lot > 0 GROUP BY k

# Months, each by its number.
sub months { return "SELECT count(*), sum(n * extract(month FROM $_[1])) FROM (SELECT $_[0] AS month, count(*) AS n FROM orders GROUP BY 1) s" }

# Customers of each month.
my $BY_MONTH = q{SELECT sum(c)::bigint FROM (SELECT date_trunc('month', ordered_at) AS month, customer_count(customer_id) AS c FROM orders GROUP BY month) s};
my $BY_MONTH_STORES = q{SELECT sum(c) FROM (SELECT date_trunc('month', ordered_at) AS m, count(DISTINCT customer_id) AS c FROM orders GROUP BY m) s};

our @QUERIES = (
	{ name => 'customer_count', bar => 0.55, floor => $FLOOR,
		ours => 'SELECT customer_count(customer_id) FROM orders',
		sql => $COUNT, duckdb => $COUNT_DUCKDB, clickhouse => $COUNT_CH },
	{ name => 'repeat_rate', bar => 0.55, floor => $FLOOR,
		ours => 'SELECT repeat_rate(customer_id) FROM orders',
		sql => $REPEAT, duckdb => $REPEAT, clickhouse => $REPEAT_CH },
	{ name => 'purchase_frequency', bar => 0.55, floor => $FLOOR,
		ours => 'SELECT purchase_frequency(customer_id) FROM orders',
		sql => $FREQ, duckdb => $FREQ, clickhouse => $FREQ_CH },
	{ name => 'crr, one month', bar => 0.55, floor => $FLOOR,
		ours => "SELECT crr(customer_id, ordered_at, $PERIOD) FROM orders",
		sql => retained(@MONTH, $CRR), duckdb => retained(@MONTH, $CRR), clickhouse => retained(@MONTH, $CRR_CH) },
	{ name => 'crr, 90 days lookback', bar => 0.55, floor => $FLOOR,
		ours => "SELECT crr(customer_id, ordered_at, $PERIOD, '90 days') FROM orders",
		sql => retained(@DAYS90, $CRR), duckdb => retained(@DAYS90, $CRR), clickhouse => retained(@DAYS90, $CRR_CH) },
	{ name => 'churn_rate, one month', bar => 0.55, floor => $FLOOR,
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
	{ name => 'clv', bar => 2.0, floor => $FLOOR_SUM,
		ours => "SELECT round(clv(customer_id, ordered_at, amount, '1 month', 1, '2026-01-01'), 6) FROM orders", sql => $CLV },
	# Beside the aggregates that everybody has for each customer.
	{ name => 'purchase_history', set => { work_mem => '1GB' },
		floor => 'SELECT max(m), sum(n), sum(a) FROM (SELECT max(ordered_at) AS m, count(*) AS n, sum(amount) AS a FROM orders GROUP BY customer_id) c',
		ours => "SELECT count(*), sum((h).frequency), round(sum((h).mean_value)::numeric, 3) FROM (SELECT purchase_history(ordered_at, amount, '1 week', '2026-01-01') AS h FROM orders GROUP BY customer_id) c",
		sql => $HISTORY },
	{ name => 'aov', floor => $FLOOR_SUM,
		ours => 'SELECT aov(amount) FROM orders', sql => 'SELECT avg(amount) FROM orders' },
	{ name => 'three metrics, one state', bar => 0.55, floor => $FLOOR,
		ours => 'SELECT customer_count(customer_id), repeat_rate(customer_id), purchase_frequency(customer_id) FROM orders',
		sql => 'SELECT count(*), count(*) FILTER (WHERE n >= 2) / count(*)::float8, sum(n) / count(*)::float8 FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id) s' },
	{ name => 'four metrics, with aov', floor => 'SELECT count(customer_id), max(ordered_at), sum(amount) FROM orders',
		ours => 'SELECT customer_count(customer_id), repeat_rate(customer_id), purchase_frequency(customer_id), aov(amount) FROM orders',
		sql => 'SELECT count(*), count(*) FILTER (WHERE n >= 2) / count(*)::float8, sum(n) / count(*)::float8, sum(a) / sum(n) FROM (SELECT count(*) AS n, sum(amount) AS a FROM orders GROUP BY customer_id) s' },

	{ name => 'growth, months', bar => 0.65, floor => $FLOOR, ours => growth(summary('orders', '1 month')),
		sql => growth_by_hand($MONTH), duckdb => $GROWTH_DUCKDB, clickhouse => $GROWTH_CH },
	{ name => 'growth, months, however many', floor => $FLOOR, ours => growth(summary('orders', '1 month')), clickhouse => $GROWTH_CH_ANY },
	{ name => 'cohorts, months', bar => 0.65, floor => $FLOOR, ours => cohorts(summary('orders', '1 month')),
		sql => $COHORTS, duckdb => $COHORTS_DUCKDB, clickhouse => $COHORTS_CH },
	{ name => 'growth, days', bar => 3.0, floor => $FLOOR, ours => growth(summary('orders', '1 day')),
		sql => growth_by_hand($DAY), duckdb => growth_by_hand(q{date_diff('day', timestamp '2023-12-31', ordered_at)}) },
	{ name => 'growth, days, lookback of 90', bar => 1.2, floor => growth(summary('orders', '1 day')), ours => $LOOKBACK, sql => $LOOKBACK_BY_HAND },
	# At most 25 ns a row more than the same without it, which takes some 70.
	{ name => 'GROUP BY bucket_start', bar => 1.4, floor => 'SELECT count(*), sum(n) FROM (SELECT ordered_at IS NULL, count(*) AS n FROM orders GROUP BY 1) s',
		ours => months(q{bucket_start(ordered_at, '1 month', 'UTC')}, 'month'), sql => months(q{date_trunc('month', ordered_at, 'UTC')}, q{month AT TIME ZONE 'UTC'}) },
	{ name => 'growth, totals of GROUP BY customer', bar => 1.5, floor => $BY_CUSTOMER, set => { work_mem => '1GB' },
		ours => growth($TOTALS), sql => growth_by_hand($MONTH) },
	# Other keys; "hashed" are numbers as those of orders, but scattered.
	map({ my $t = "orders_$_"; { name => "growth, months, $t", bar => { hashed => 2.0, uuid => 2.0, text => 2.2 }->{$_}, floor => $FLOOR =~ s/\borders\b/$t/r,
		ours => growth(summary($t, '1 month')), sql => growth_by_hand($MONTH) =~ s/\borders\b/$t/r } } qw(hashed uuid text)),

	# Rows by page against the executor, which has the bars of before: over all rows, half of them, and by month.
	map({ my ($name, $query, $bar) = @$_; my ($t) = $query =~ /(orders\w*)/; { name => "$name, scan off", bar => $bar, floor => $FLOOR =~ s/\borders\b/$t/r, set => \%EXECUTOR, ours => $query } }
		[ 'customer_count', 'SELECT customer_count(customer_id) FROM orders', 2.0 ],
		[ 'crr, one month', "SELECT crr(customer_id, ordered_at, $PERIOD) FROM orders", 2.0 ],
		[ 'growth, months', growth(summary('orders', '1 month')), 2.3 ],
		[ 'growth, days', growth(summary('orders', '1 day')), 3.0 ],
		[ 'growth, months, orders_uuid', growth(summary('orders_uuid', '1 month')), 3.0 ],
		[ 'growth, months, orders_text', growth(summary('orders_text', '1 month')), 3.0 ]),
	map({ my ($name, $query, @stores) = @$_; { name => $name, bar => 0.7, floor => $query, floor_set => \%EXECUTOR, set => { enable_bitmapscan => 'off' }, ours => $query, plan => qr/Retention Scan/, @stores } }
		[ 'customer_count, WHERE', "SELECT customer_count(customer_id) FROM orders WHERE $HALF" ],
		[ 'growth, months, WHERE', growth("(SELECT retention_agg(customer_id, ordered_at, '1 month', 'UTC') FROM orders WHERE $HALF)") ],
		[ 'customer_count, FILTER', "SELECT customer_count(customer_id) FILTER (WHERE $HALF) FROM orders" ],
		[ 'growth, months, FILTER', growth("(SELECT retention_agg(customer_id, ordered_at, '1 month', 'UTC') FILTER (WHERE $HALF) FROM orders)") ],
		[ 'customer_count, GROUP BY month', $BY_MONTH, duckdb => $BY_MONTH_STORES, clickhouse => $BY_MONTH_STORES ],
		[ 'customer_count, GROUP BY month, uuid', $BY_MONTH =~ s/\borders\b/orders_uuid/r ],
		[ 'customer_count, GROUP BY day', $BY_MONTH =~ s/month/day/gr ]),

	# What is stored: a summary a month, and one of all months.
	{ name => 'growth of 24 stored months', floor => 'SELECT sum(length(s::text)) FROM summaries',
		ours => growth('(SELECT rollup(s) FROM summaries)'), sql => growth('(SELECT s FROM summary_all)') },
	{ name => 'growth of a stored summary', floor => $FLOOR, ours => growth('(SELECT s FROM summary_all)') },
	{ name => 'growth of stored totals', floor => $FLOOR, ours => growth('(SELECT totals(s) FROM summary_all)') },

	# Money.
	{ name => 'revenue_growth, months', bar => 2.0, floor => $FLOOR_MONEY, ours => movements(revenue('1 month')),
		sql => movements_by_hand($MONTH), duckdb => movements_duckdb(q{date_diff('month', timestamp '2023-12-01', ordered_at)}), clickhouse => $MOVEMENTS_CH_ARRAYS },
	{ name => 'revenue_cohorts, months', floor => $FLOOR_MONEY, ours => $MONEY_COHORTS,
		sql => $COHORTS_MONEY, duckdb => $COHORTS_MONEY_DUCKDB, clickhouse => $COHORTS_MONEY_CH },
	{ name => 'ltv_curve, months', floor => $FLOOR_MONEY, ours => $LTV, sql => $LTV_BY_HAND },
	{ name => 'revenue_growth, days', floor => $FLOOR_MONEY, ours => movements(revenue('1 day')),
		sql => movements_by_hand($DAY), duckdb => movements_duckdb(q{date_diff('day', timestamp '2023-12-31', ordered_at)}), clickhouse => $MOVEMENTS_CH },
	{ name => 'revenue_growth, totals of GROUP BY customer', floor => $MONEY_BY_CUSTOMER, set => { work_mem => '1GB' },
		ours => movements($MONEY_TOTALS), sql => movements_by_hand($MONTH) },
	parallel('revenue_growth, months', movements(revenue('1 month')), 1, 0.80),
	{ name => 'money, bytes a customer and month', bar => 8,
		size => "SELECT pg_column_size(s), pg_column_size(s::retention_summary), (SELECT sum(payers) FROM revenue_growth(s, $AS_OF)) FROM revenue_all" },

	# The time to the second order.
	{ name => 'time_to_order', bar => 2.0, floor => $FLOOR, ours => "SELECT h.eligible, h.happened FROM happened_within((SELECT time_to_order(customer_id, ordered_at, 2, $AS_OF) FROM orders), '30 days') h",
		sql => $WITHIN_30 },
	parallel('time_to_order', "SELECT durations_hash(time_to_order(customer_id, ordered_at, 2, $AS_OF)) FROM orders", 1, 0.80),
	{ name => 'bracket_retention', floor => $FLOOR,
		ours => "SELECT sum(eligible), sum(retained) FROM unnest((SELECT bracket_retention(customer_id, ordered_at, '{0 days,30 days,60 days,90 days}', $AS_OF) FROM orders)) b" },
	{ name => 'durations, bytes a customer', bar => 8, size => q{SELECT pg_column_size(s), 0, (SELECT eligible FROM happened_within(s, '0')) FROM waits} },

	# Floor: a single ntile, as RFM by hand would have three.
	map({ { name => "rfm_segment, work_mem $_", bar => 2.0, floor => $NTILE, sql => $CHAMPIONS, set => { work_mem => $_ },
		ours => q{SELECT count(*) FROM (SELECT rfm_segment(last_order, orders, revenue) OVER () AS s FROM customers) c WHERE s = 'Champions'} } } qw(4MB 256MB)),

	map({ my $t = "orders_$_"; my $bar = { hashed => 1.1, uuid => 1.1, text => 1.6 }->{$_}; map { my $q = $_; {
		name => $q->[0] . ", $t", bar => $bar, floor => $FLOOR =~ s/\borders\b/$t/r,
		ours => "SELECT $q->[0](customer_id) FROM $t", sql => $q->[1] =~ s/\borders\b/$t/r } }
		[ customer_count => $COUNT ], [ repeat_rate => $REPEAT ] } qw(hashed uuid text)),

	map({ parallel('customer_count', 'SELECT customer_count(customer_id) FROM orders', $_, $_ == 1 ? 0.75 : 1.00) } 1, 2, 4, 8),
	map({ parallel('growth, months', growth(summary('orders', '1 month')), $_, $_ == 1 ? 0.75 : 1.00) } 1, 2, 4, 8),
	map({ parallel('crr', "SELECT crr(customer_id, ordered_at, $PERIOD) FROM orders", $_, $_ == 1 ? 0.75 : 1.00) } 1, 2, 4, 8),
	parallel('repeat_rate, text', 'SELECT repeat_rate(customer_id) FROM orders_text', 1, 0.75),

	map({ my $w = $_; map { +{ name => "$_->[0], groups of 10, work_mem $w", bar => 1.5, floor => $DISTINCT10, set => { work_mem => $w },
		ours => $_->[1], sql => $_->[2] } }
		[ 'customer_count', 'SELECT sum(c)::bigint FROM (SELECT g, customer_count(customer_id) AS c FROM groups10 GROUP BY g) s', $DISTINCT10 ],
		[ 'repeat_rate', 'SELECT sum(r) FROM (SELECT g, repeat_rate(customer_id) AS r FROM groups10 GROUP BY g) s', $REPEAT10 ] } qw(1GB 4MB)),

	map({ +{ name => "$_, bytes a group of ten", bar => 300, set => { work_mem => '8GB', enable_sort => 'off' },
		ours  => "SELECT count(c) FROM (SELECT g, $_(customer_id) AS c FROM groups10 WHERE g % 4 > 0 GROUP BY g) s",
		bytes => 'SELECT count(c) FROM (SELECT g, count(*) AS c FROM groups10 WHERE g % 4 > 0 GROUP BY g) s' } } qw(customer_count repeat_rate)),

	# Floor: what the balance would cost if points did not expire.
	map({ +{ name => "points_balance, members, work_mem $_", bar => 3.0, set => { work_mem => $_ },
		ours  => q{SELECT sum(balance) FROM (SELECT member, points_balance(points, at, expires, '2026-01-01') AS balance FROM movements GROUP BY member) s},
		floor => 'SELECT sum(balance) FROM (SELECT member, sum(points) AS balance FROM movements GROUP BY member) s' } } qw(1GB 4MB)),
	{ name => 'points_running, members',
		ours  => 'SELECT sum(balance) FROM (SELECT points_running(points, at, expires) OVER (PARTITION BY member ORDER BY at) AS balance FROM movements) s',
		floor => 'SELECT sum(balance) FROM (SELECT sum(points) OVER (PARTITION BY member ORDER BY at) AS balance FROM movements) s' },
	{ name => 'points_balance, bytes a group of ten', bar => 300, set => { work_mem => '8GB', enable_sort => 'off' },
		ours  => q{SELECT count(c) FROM (SELECT g, points_balance(1 + (customer_id & 255), '2025-01-01', NULL) AS c FROM groups10 GROUP BY g) s},
		bytes => 'SELECT count(c) FROM (SELECT g, count(*) AS c FROM groups10 GROUP BY g) s' },
	{ name => 'points_running of one member, twice the rows', bar => 2.3,
		ours  => 'SELECT sum(balance) FROM (SELECT points_running(points, at, expires) OVER (ORDER BY at) AS balance FROM (SELECT * FROM movements LIMIT ' . $DAILY . ') m) s',
		floor => 'SELECT sum(balance) FROM (SELECT points_running(points, at, expires) OVER (ORDER BY at) AS balance FROM (SELECT * FROM movements LIMIT ' . int($DAILY / 2) . ') m) s' },
	# A fit, against the aggregate that does nothing but collect the histories; predictions for each customer.
	{ name => 'bgnbd_fit', bar => 10, ours => 'SELECT (model).customers FROM (SELECT bgnbd_fit(frequency, recency, age) AS model FROM histories OFFSET 0) s',
		floor => 'SELECT length(pg_temp.collect(frequency, recency, age)) FROM histories', sql => 'SELECT count(*) FROM histories',
		before => 'CREATE AGGREGATE pg_temp.collect(bigint, double precision, double precision) (SFUNC = customer_history_accum, STYPE = internal, FINALFUNC = histories_serialize)' },
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

	# Points.  The bar of the second is 1 / 0.7: at least 0.7 times the rate.
	{ name => 'a movement more, 1,000 there, against jsonb', bar => 1,
		ours  => "TRUNCATE ledgers1001; WITH more AS (INSERT INTO ledgers1001 SELECT redeem(p, 1, '2025-01-01Z', 'x') FROM ledgers1000 RETURNING 1) SELECT count(*) FROM more",
		floor => 'TRUNCATE arrays1001; WITH more AS (INSERT INTO arrays1001 SELECT p || \'{"id": 1001, "kind": "redeem", "at": "2025-01-01T00:00:00+00:00", "points": 1,'
			. ' "ref": "x", "draws": [{"lot": 1, "points": 1}]}\' FROM arrays1000 RETURNING 1) SELECT count(*) FROM more' },
	{ name => 'redeem one by one, against n = n - 1', bar => 1 / 0.7,
		ours  => one_by_one('ledgers25', int($ROWS / 200), 'p = redeem(p, 1)'), floor => one_by_one('counters25', int($ROWS / 200), 'n = n - 1') },
	{ name => 'redeem, 1,000 compacted, against 100', bar => 1.2,
		map { my ($who, $table) = @$_; $who => one_by_one($table, int($ROWS / 3000), q{p = redeem(p, 1, ''2025-01-20Z'')}) } [ ours => 'ledgers_compact' ], [ floor => 'ledgers_young' ] },
	{ name => 'redeem in one UPDATE, against n = n - 1',
		ours  => 'VACUUM ledgers25; WITH moved AS (UPDATE ledgers25 SET p = redeem(p, 1) RETURNING 1) SELECT count(*) FROM moved',
		floor => 'VACUUM counters25; WITH moved AS (UPDATE counters25 SET n = n - 1 RETURNING 1) SELECT count(*) FROM moved' },

	# Points at a month's end, each in one query, against the sum of each member's points.
	{ name => 'points, month-end: build the ledgers', floor => $POINTS_OF_MEMBERS,
		ours => 'SELECT count(p) FROM (SELECT ledger_agg(points, at, expires, ref) AS p FROM point_log GROUP BY member OFFSET 0) s' },
	{ name => 'points, month-end: balances', floor => $POINTS_OF_MEMBERS,
		ours => "SELECT sum(balance(p, $CLOSING)) FROM point_ledgers", sql => balances_by_hand($CLOSING) },
	{ name => 'points, month-end: balances of the log', floor => $POINTS_OF_MEMBERS, sql => balances_by_hand($CLOSING),
		ours => "SELECT sum(balance) FROM (SELECT points_balance(points, at, expires, $CLOSING) AS balance FROM point_log GROUP BY member) s" },
	{ name => 'points, month-end: roll-forward', floor => $POINTS_OF_MEMBERS, ours => $ROLL_FORWARD, sql => $ROLL_FORWARD_BY_HAND },
	{ name => 'points, month-end: vintages', floor => $POINTS_OF_MEMBERS, ours => vintages($VINTAGES), sql => vintages($VINTAGES_BY_HAND) },
	{ name => 'points, tiers of each movement', floor => 'SELECT count(sum) FROM (SELECT sum(points) OVER (PARTITION BY member ORDER BY at) FROM point_log) s',
		ours => q{SELECT count(tier) FROM (SELECT tier_history(points, at, '{1000,2500}', '{silver,gold}', '180 days') OVER (PARTITION BY member ORDER BY at) AS tier FROM point_log) s},
		sql => q{SELECT count(*) FROM (SELECT sum(points) OVER (PARTITION BY member ORDER BY at RANGE BETWEEN interval '180 days -00:00:00.000001' PRECEDING AND CURRENT ROW) AS sum FROM point_log) s WHERE sum >= 1000} },

	# Beside accounts and entries.
	map({ { name => "points, transfers, $_->[0], $_->[1]", transfers($_->[0] =~ /(\d+)/, @$_[ 2, 3 ]) } }
		[ '1 session', 'all members', int($ROWS / 200), int($ROWS / 1000) ], [ '1 session', '10 members', 10, int($ROWS / 5000) ],
		[ '8 sessions', 'all members', int($ROWS / 200), int($ROWS / 1000) ], [ '8 sessions', '10 members', 10, int($ROWS / 5000) ]),
	{ name => 'points, bytes a movement on disk', size => q{SELECT pg_total_relation_size('point_ledgers'), 0, count(*) FROM point_log} },
	{ name => 'points, bytes of an entry on disk',
		size => q{SELECT pg_total_relation_size('point_entries') + pg_total_relation_size('point_accounts'), 0, count(*) FROM point_log} },

);

1;
