# Every aggregate runs in parallel, and has the same answer in parallel as in one process.
#
# The plan of each aggregate of the extension must have a Partial Aggregate below a Gather whose workers were
# launched. For customers of many types, the answers with 1, 2 and 4 workers, with and without the leader, must equal
# those of one process, and those of the hand-written SQL that a metric replaces. Partitionwise aggregation combines
# partial states of chosen sizes: small into huge, huge into small, and those of empty partitions.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

# 15,000 customers place 60,000 orders, a few of them many; customer k is there in nine types.
my $icu = query($node, q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) > 0;
my $ci  = $icu ? 'ci' : '"C"';
query($node, ($icu ? q{CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);} : '')
	  . RANDOM_SQL . qq{
	CREATE TYPE pair AS (branch int, name text);
	DO \$\$BEGIN
		EXECUTE format('CREATE TYPE shop AS ENUM (%s)',
			(SELECT string_agg(quote_literal('shop ' || i), ',') FROM generate_series(0, 499) i));
	END\$\$;
	CREATE TABLE orders (id int, k int, s smallint, b bigint, u uuid, t text, ci text COLLATE $ci, n numeric,
		c pair, e shop,
		f double precision, ordered_at timestamptz, active tstzrange, score int, amount numeric, money bigint,
		dollars double precision, region int, nobody int, seen retention_summary) WITH (parallel_workers = 4);
	INSERT INTO orders
	SELECT id, k, k % 30000, k * 1000000007::bigint, md5(k::text)::uuid, repeat('customer ', k % 7) || k,
		CASE rnd(1, id, 3) WHEN 0 THEN 'Cust ' WHEN 1 THEN 'cust ' ELSE 'CUST ' END || k,
		CASE rnd(2, id, 2) WHEN 0 THEN (k / 10.0)::numeric(12,1) ELSE (k / 10.0)::numeric(12,4) END,
		CASE WHEN rnd(5, k, 10) > 0 THEN ROW(k / 100, 'no. ' || k % 100)::pair END, ('shop ' || k % 500)::shop,
		CASE WHEN k % 1000 = 1 THEN 'NaN' WHEN k % 1000 <> 0 THEN k / 3.0 WHEN rnd(3, id, 2) = 0 THEN 0.0
			ELSE '-0.0' END::float8,
		'2024-01-01Z'::timestamptz + rnd(4, id, 366 * 86400) * interval '1 second',
		tstzrange('2024-01-01Z'::timestamptz + rnd(6, id, 120) * interval '1 day',
			'2024-07-20Z'::timestamptz + (rnd(7, id, 200) - 80) * interval '1 day'),
		rnd(8, id, 11), (rnd(9, id, 100000) - 5000) / 100.0, rnd(10, id, 100000) - 5000,
			(rnd(11, id, 100000) - 5000) / 64.0,
		rnd(12, k, 20), NULL, CASE WHEN id % 100 = 1 THEN (SELECT retention_agg(0, '2024-01-01Z'::timestamptz,
			'1 month', 'UTC')) END
	FROM (SELECT id, rnd(13, id, 1 + rnd(14, id, 15000))::int k FROM generate_series(1, 60000) id) s;
	UPDATE orders SET k = NULL, s = NULL, b = NULL, u = NULL, t = NULL, ci = NULL, n = NULL, c = NULL, e = NULL,
		f = NULL WHERE id % 50 = 0;
	ALTER TABLE orders ADD earned revenue_summary, ADD waits durations;
	UPDATE orders SET earned = (SELECT revenue_agg(0, '2024-01-01Z'::timestamptz, 7.5, '1 month', 'UTC')),
		waits = (SELECT survival_agg('5 days', true, '7 days'))
		WHERE id % 100 = 1;
	VACUUM ANALYZE orders;
	CREATE TABLE no_orders (LIKE orders) WITH (parallel_workers = 4);
});

my $PERIOD = q{tstzrange('2024-04-01Z', '2024-07-01Z')};

# 1. Plans. A call of each aggregate, by its signature.
my %call = (
	'customer_count(anyelement)'                           => 'customer_count(k)',
	'repeat_rate(anyelement)'                              => 'repeat_rate(k)',
	'repeat_rate(anyelement, bigint)'                      => 'repeat_rate(k, 3)',
	'purchase_frequency(anyelement)'                       => 'purchase_frequency(k)',
	'aov(numeric)'                                         => 'aov(amount)',
	'aov(bigint)'                                          => 'aov(money)',
	'aov(double precision)'                                => 'aov(dollars)',
	'crr(anyelement, timestamp with time zone, tstzrange)' => "crr(k, ordered_at, $PERIOD)",
	'crr(anyelement, timestamp with time zone, tstzrange, interval)' => "crr(k, ordered_at, $PERIOD, '100 days')",
	'crr(anyelement, timestamp with time zone, tstzrange, interval, text)' =>
	  "crr(k, ordered_at, $PERIOD, NULL, 'Europe/Vilnius')",
	'crr(anyelement, tstzrange, tstzrange)'                       => "crr(k, active, $PERIOD)",
	'churn_rate(anyelement, timestamp with time zone, tstzrange)' => "churn_rate(k, ordered_at, $PERIOD)",
	'churn_rate(anyelement, timestamp with time zone, tstzrange, interval)' =>
	  "churn_rate(k, ordered_at, $PERIOD, '100 days')",
	'churn_rate(anyelement, timestamp with time zone, tstzrange, interval, text)' =>
	  "churn_rate(k, ordered_at, $PERIOD, '100 days', 'Asia/Tokyo')",
	'churn_rate(anyelement, tstzrange, tstzrange)'     => "churn_rate(k, active, $PERIOD)",
	'top_share(anyelement, numeric)'                   => 'top_share(k, amount)',
	'top_share(anyelement, numeric, double precision)' => 'top_share(k, amount, 0.01)',
	'top_share(anyelement, bigint)'                    => 'top_share(k, money)',
	'top_share(anyelement, bigint, double precision)'  => 'top_share(k, money, 0.5)',
	'top_share(anyelement, double precision)'          => 'top_share(k, dollars)',
	'top_share(anyelement, double precision, double precision)' => 'top_share(k, dollars, 0.33)',
	'median_order_gap(timestamp with time zone)'       => 'median_order_gap(ordered_at)',
	'next_order_at(timestamp with time zone)'          => 'next_order_at(ordered_at)',
	'rfm_cuts(timestamp with time zone, bigint, numeric)' => 'rfm_cuts(ordered_at, k, amount)',
	'rfm_cuts(timestamp with time zone, bigint, numeric, bigint)' => 'rfm_cuts(ordered_at, k, amount, 9)',
	'rfm_cuts(timestamp with time zone, bigint, numeric, bigint, timestamp with time zone)' =>
	  "rfm_cuts(ordered_at, k, amount, 2, '2025-01-01Z')",
	'rfm_cuts(timestamp with time zone, bigint, bigint)' => 'rfm_cuts(ordered_at, k, money)',
	'rfm_cuts(timestamp with time zone, bigint, bigint, bigint)' => 'rfm_cuts(ordered_at, k, money, 9)',
	'rfm_cuts(timestamp with time zone, bigint, bigint, bigint, timestamp with time zone)' =>
	  "rfm_cuts(ordered_at, k, money, 2, '2025-01-01Z')",
	'rfm_cuts(timestamp with time zone, bigint, double precision)' => 'rfm_cuts(ordered_at, k, dollars)',
	'rfm_cuts(timestamp with time zone, bigint, double precision, bigint)' => 'rfm_cuts(ordered_at, k, dollars, 9)',
	'rfm_cuts(timestamp with time zone, bigint, double precision, bigint, timestamp with time zone)' =>
	  "rfm_cuts(ordered_at, k, dollars, 2, '2025-01-01Z')",
	'bgnbd_fit(bigint, double precision, double precision)'  => 'bgnbd_fit(score % 3, score % 3, score)',
	'mbgnbd_fit(bigint, double precision, double precision)' => 'mbgnbd_fit(score % 3, score % 3, score)',
	'pnbd_fit(bigint, double precision, double precision)'   => 'pnbd_fit(score % 3, score % 3, score)',
	'gamma_gamma_fit(bigint, double precision)'              => 'gamma_gamma_fit(score, abs(dollars) + 1)',
	'sbg_fit(anyelement, bigint, bigint)'                    => 'sbg_fit((id + 1) / 2, (id + 1) % 2, 1 + id % 2)',
	'ledger_agg(bigint, timestamp with time zone)'     => 'ledger_agg(money + 5001, ordered_at)',
	'ledger_agg(bigint, timestamp with time zone, timestamp with time zone)' =>
	  "ledger_agg(money + 5001, ordered_at, '2030-01-01Z')",
	'ledger_agg(bigint, timestamp with time zone, timestamp with time zone, text)' =>
	  "ledger_agg(money + 5001, ordered_at, '2030-01-01Z', id::text)",
	'ledger_agg(bigint, timestamp with time zone, timestamp with time zone, text, timestamp with time zone)' =>
	  "ledger_agg(money + 5001, ordered_at, '2030-01-01Z', id::text, ordered_at)",
	'clv(anyelement, timestamp with time zone, numeric, interval)' => "clv(k, ordered_at, amount, '1 month')",
	'clv(anyelement, timestamp with time zone, numeric, interval, double precision)' =>
	  "clv(k, ordered_at, amount, '1 week', 0.3)",
	'clv(anyelement, timestamp with time zone, numeric, interval, double precision, timestamp with time zone)' =>
	  "clv(k, ordered_at, amount, '1 day', 1, '2024-12-01Z')",
	'clv(anyelement, timestamp with time zone, numeric, interval, double precision, timestamp with time zone, text)' =>
	  "clv(k, ordered_at, amount, '1 month', 0.29, '2024-12-01Z', 'Asia/Tokyo')",
	'clv(anyelement, timestamp with time zone, bigint, interval)' => "clv(k, ordered_at, money, '1 month')",
	'clv(anyelement, timestamp with time zone, bigint, interval, double precision)' =>
	  "clv(k, ordered_at, money, '1 week', 0.3)",
	'clv(anyelement, timestamp with time zone, bigint, interval, double precision, timestamp with time zone)' =>
	  "clv(k, ordered_at, money, '1 day', 1, '2024-12-01Z')",
	'clv(anyelement, timestamp with time zone, bigint, interval, double precision, timestamp with time zone, text)' =>
	  "clv(k, ordered_at, money, '1 month', 0.29, '2024-12-01Z', 'Asia/Tokyo')",
	'clv(anyelement, timestamp with time zone, double precision, interval)' =>
	  "clv(k, ordered_at, dollars, '1 month')",
	'clv(anyelement, timestamp with time zone, double precision, interval, double precision)' =>
	  "clv(k, ordered_at, dollars, '1 week', 0.3)",
	'clv(anyelement, timestamp with time zone, double precision, interval, double precision, timestamp with time zone)' =>
	  "clv(k, ordered_at, dollars, '1 day', 1, '2024-12-01Z')",
	'clv(anyelement, timestamp with time zone, double precision, interval, double precision, timestamp with time zone, text)' =>
	  "clv(k, ordered_at, dollars, '1 month', 0.29, '2024-12-01Z', 'Asia/Tokyo')",
	'purchase_history(timestamp with time zone, numeric, interval)' =>
	  "purchase_history(ordered_at, amount, '1 day')",
	'purchase_history(timestamp with time zone, numeric, interval, timestamp with time zone)' =>
	  "purchase_history(ordered_at, amount, '1 week', '2024-12-01Z')",
	'purchase_history(timestamp with time zone, numeric, interval, timestamp with time zone, text)' =>
	  "purchase_history(ordered_at, amount, '1 week', '2024-12-01Z', 'Asia/Tokyo')",
	'purchase_history(timestamp with time zone, bigint, interval)' => "purchase_history(ordered_at, money, '1 day')",
	'purchase_history(timestamp with time zone, bigint, interval, timestamp with time zone)' =>
	  "purchase_history(ordered_at, money, '1 week', '2024-12-01Z')",
	'purchase_history(timestamp with time zone, bigint, interval, timestamp with time zone, text)' =>
	  "purchase_history(ordered_at, money, '1 week', '2024-12-01Z', 'Asia/Tokyo')",
	'purchase_history(timestamp with time zone, double precision, interval)' =>
	  "purchase_history(ordered_at, dollars, '1 day')",
	'purchase_history(timestamp with time zone, double precision, interval, timestamp with time zone)' =>
	  "purchase_history(ordered_at, dollars, '1 week', '2024-12-01Z')",
	'purchase_history(timestamp with time zone, double precision, interval, timestamp with time zone, text)' =>
	  "purchase_history(ordered_at, dollars, '1 week', '2024-12-01Z', 'Asia/Tokyo')",
	'retention_agg(anyelement, timestamp with time zone, interval)' => "retention_agg(k, ordered_at, '1 month')",
	'retention_agg(anyelement, timestamp with time zone, interval, text)' =>
	  "retention_agg(k, ordered_at, '7 days', 'Europe/Vilnius')",
	'retention_agg(anyelement, timestamp with time zone, interval, text, date)' =>
	  "retention_agg(k, ordered_at, '7 days', 'Europe/Vilnius', '2000-01-02')",
	'retention_agg(anyelement, tstzrange, interval)' => "retention_agg(k, active, '1 month')",
	'retention_agg(anyelement, tstzrange, interval, text)' =>
	  "retention_agg(k, active, '7 days', 'Europe/Vilnius')",
	'retention_agg(anyelement, tstzrange, interval, text, timestamp with time zone)' =>
	  "retention_agg(k, active, '1 month', 'Europe/Vilnius', '2024-07-01Z')",
	'retention_agg(anyelement, tstzrange, interval, text, timestamp with time zone, date)' =>
	  "retention_agg(k, active, '1 month', 'Europe/Vilnius', '2024-07-01Z', '2000-01-15')",
	'rollup(retention_summary)'                        => 'rollup(seen)',
	'totals_agg(retention_summary)'                    => 'totals_agg(seen)',
	'revenue_agg(anyelement, timestamp with time zone, numeric, interval)' =>
	  "revenue_agg(k, ordered_at, amount, '1 month')",
	'revenue_agg(anyelement, timestamp with time zone, numeric, interval, text)' =>
	  "revenue_agg(k, ordered_at, amount, '7 days', 'Europe/Vilnius')",
	'revenue_agg(anyelement, timestamp with time zone, numeric, interval, text, date)' =>
	  "revenue_agg(k, ordered_at, amount, '7 days', 'Europe/Vilnius', '2000-01-02')",
	'revenue_agg(anyelement, tstzrange, numeric, interval)' => "revenue_agg(k, active, amount, '1 month')",
	'revenue_agg(anyelement, tstzrange, numeric, interval, text)' =>
	  "revenue_agg(k, active, amount, '7 days', 'Europe/Vilnius')",
	'revenue_agg(anyelement, tstzrange, numeric, interval, text, timestamp with time zone)' =>
	  "revenue_agg(k, active, amount, '1 month', 'Europe/Vilnius', '2024-07-01Z')",
	'revenue_agg(anyelement, tstzrange, numeric, interval, text, timestamp with time zone, date)' =>
	  "revenue_agg(k, active, amount, '1 month', 'Europe/Vilnius', '2024-07-01Z', '2000-01-15')",
	'rollup(revenue_summary)'                          => 'rollup(earned)',
	'totals_agg(revenue_summary)'                      => 'totals_agg(earned)',
	'survival_agg(interval, boolean)'                  => "survival_agg(score * interval '1 day', score % 2 = 0)",
	'survival_agg(interval, boolean, interval)'        =>
	  "survival_agg(score * interval '1 day', true, score * interval '2 days')",
	'rollup(durations)'                                => 'rollup(waits)',
	'time_to_order(anyelement, timestamp with time zone)' => 'time_to_order(k, ordered_at)',
	'time_to_order(anyelement, timestamp with time zone, bigint)' => 'time_to_order(k, ordered_at, 3)',
	'time_to_order(anyelement, timestamp with time zone, bigint, timestamp with time zone)' =>
	  "time_to_order(k, ordered_at, 2, '2024-10-01Z')",
	'bracket_retention(anyelement, timestamp with time zone, interval[], timestamp with time zone)' =>
	  "bracket_retention(k, ordered_at, '{0,7 days,30 days}', '2024-10-01Z')",
	'nps(bigint)'                                      => 'nps(score)',
	'points_balance(bigint, timestamp with time zone, timestamp with time zone)' =>
	  "points_balance(money, ordered_at, ordered_at + interval '1 year')",
	'points_balance(bigint, timestamp with time zone, timestamp with time zone, timestamp with time zone)' =>
	  "points_balance(money, ordered_at, ordered_at + interval '1 year', '2024-07-01Z')",
	'points_balance(bigint, ' . join(', ', ('timestamp with time zone') x 4) . ')' =>
	  "points_balance(money, ordered_at, ordered_at + interval '1 year', '2024-07-01Z', ordered_at + '2 weeks')",
	'points_running(bigint, timestamp with time zone, timestamp with time zone)' =>
	  "points_running(money, ordered_at, ordered_at + interval '1 year')");

my @aggregates = split /\n/, query($node, q{
	SELECT a.aggfnoid::regprocedure FROM pg_aggregate a
	JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = a.aggfnoid AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'retention' ORDER BY 1::text}) =~ s/,(?=\S)/, /gr;

cmp_ok(scalar @aggregates, '>=', 22, 'the extension has its aggregates');
for my $aggregate (@aggregates)
{
	ok($call{$aggregate}, "$aggregate is tested here") or next;
	my $plan = plan_of($node, "SELECT $call{$aggregate} FROM orders", 'ANALYZE, COSTS OFF, TIMING OFF',
		PARALLEL, parallel_leader_participation => 'off');
	like($plan, qr/Finalize Aggregate.*Gather.*Workers Launched: [12]\b.*Partial Aggregate/s,
		"$aggregate in parallel");
}

# 2. Answers. One row of all metrics of a customer column, and the same in plain SQL.
sub metrics
{
	my ($key, $from) = @_;

	return qq{SELECT customer_count($key) m1, repeat_rate($key) m2, repeat_rate($key, 5) m3,
		purchase_frequency($key) m4,
		crr($key, ordered_at, $PERIOD) m5, churn_rate($key, ordered_at, $PERIOD) m6,
		crr($key, ordered_at, $PERIOD, '100 days') m7, churn_rate($key, ordered_at, $PERIOD, '100 days', 'Etc/UTC') m8,
		crr($key, active, $PERIOD) m9, churn_rate($key, active, $PERIOD) m10,
		round(top_share($key, amount)::numeric, 13) m11, round(top_share($key, money, 0.01)::numeric, 13) m12,
		round(top_share($key, dollars, 0.5)::numeric, 13) m13 FROM $from};
}

sub active_in
{
	my ($from, $to) = @_;

	return "bool_or(ordered_at >= '$from' AND ordered_at < '$to')";
}

sub plain_metrics
{
	my ($key, $from) = @_;
	my %share = (amount => 0.2, money => 0.01, dollars => 0.5);
	my $rates = join ",\n", map {
		qq{count(*) FILTER (WHERE s$_ AND e$_)::float8 / NULLIF(count(*) FILTER (WHERE s$_), 0),
			count(*) FILTER (WHERE s$_ AND NOT e$_)::float8 / NULLIF(count(*) FILTER (WHERE s$_), 0)}
	} 1 .. 3;
	my $shares = join ",\n", map {
		qq{(SELECT round((sum($_) FILTER (WHERE place <= greatest(1, floor($share{$_} * n)))::numeric
			/ NULLIF(sum($_), 0)::numeric), 13)
			FROM (SELECT $_, row_number() OVER (ORDER BY $_ DESC) place, count(*) OVER () n FROM customers) r)}
	} qw(amount money dollars);

	return qq{
	WITH customers AS MATERIALIZED (SELECT count(*) n, sum(amount) amount, sum(money) money, sum(dollars) dollars,
			@{[ active_in('2024-01-01Z', '2024-04-01Z') ]} s1, @{[ active_in('2024-04-01Z', '2024-07-01Z') ]} e1,
			@{[ active_in('2023-12-23Z', '2024-04-01Z') ]} s2, @{[ active_in('2024-03-23Z', '2024-07-01Z') ]} e2,
			bool_or(active @> '2024-04-01Z'::timestamptz) s3, bool_or(active @> '2024-07-01Z'::timestamptz) e3
		FROM $from WHERE $key IS NOT NULL GROUP BY $key)
	SELECT count(*), count(*) FILTER (WHERE n >= 2)::float8 / NULLIF(count(*), 0),
		count(*) FILTER (WHERE n >= 5)::float8 / NULLIF(count(*), 0),
		sum(n)::float8 / NULLIF(count(*), 0), $rates, $shares FROM customers};
}

# Metrics without a customer column.
sub other_metrics
{
	return "SELECT aov(amount), aov(money), aov(dollars), nps(score), median_order_gap(ordered_at),
		next_order_at(ordered_at) FROM $_[0]";
}

sub plain_other_metrics
{
	my ($from) = @_;

	return qq{
	WITH gaps AS (SELECT count(*) n,
		(sum(us) FILTER (WHERE 2 * place IN (n, n + 1, n + 2))
		/ count(*) FILTER (WHERE 2 * place IN (n, n + 1, n + 2)))::bigint us
		FROM (SELECT us, row_number() OVER (ORDER BY us) place, count(*) OVER () n
			FROM (SELECT (extract(epoch FROM ordered_at - lag(ordered_at) OVER (ORDER BY ordered_at))
				* 1000000)::bigint us FROM $from) l
			WHERE us IS NOT NULL) o)
	SELECT avg(amount), avg(money), avg(dollars),
		100.0::float8 * (count(*) FILTER (WHERE score >= 9) - count(*) FILTER (WHERE score <= 6))
			/ NULLIF(count(score), 0),
		(SELECT make_interval(days => (us / 86400000000)::int, secs => us % 86400000000 / 1000000.0) FROM gaps),
		max(ordered_at) + (SELECT us * interval '1 microsecond' FROM gaps) FROM $from};
}

my $skip = $icu ? '' : 'this server has no ICU';
my $of_k;
for my $key (qw(k b u t ci n s c e f))
{
  SKIP:
	{
		skip $skip, 4 if $key eq 'ci' && $skip;
		my $plain = query($node, plain_metrics($key, 'orders'));
		my $query = metrics($key, 'orders');

		$of_k //= $plain;
		# Most columns have the same customers, so plain SQL must have the same answer for them.
		is($plain, $of_k, "plain SQL over $key") if $key =~ /^(b|u|t|ci|n|s)$/;
		is(query($node, $query, SERIAL), $plain, "$key: one process says what plain SQL says");
		for my $with ([ 1, 'on' ], [ 1, 'off' ], [ 2, 'on' ], [ 2, 'off' ], [ 4, 'on' ], [ 4, 'off' ])
		{
			my ($workers, $leader) = @$with;

			# All of these for one type of each key layout, the first and the last for the others.
			next if $key !~ /^[but]$/ && "$workers $leader" !~ /1 on|4 off/;
			is( query($node, $query, PARALLEL, max_parallel_workers_per_gather => $workers,
				parallel_leader_participation => $leader),
				$plain, "$key: $workers workers, leader $leader");
		}
	}
}
unlike($of_k, qr/\|\|/, 'none of these answers is null');

for my $settings ([SERIAL], [PARALLEL], [ PARALLEL, parallel_leader_participation => 'off' ])
{
	is(query($node, other_metrics('orders'), @$settings), query($node, plain_other_metrics('orders')),
		"metrics without a customer, @$settings[-2, -1]");
	is(query($node, other_metrics('orders WHERE id % 2 = 2'), @$settings), '|||||', '... without a row');
}

# Just-in-time compilation, where the server has it.
is(query($node, metrics('t', 'orders'), PARALLEL, jit => 'on', jit_above_cost => 0), $of_k, 'compiled just in time');

# 3. No rows and no customers, in parallel and in one process.
my $nothing = '0' . '|' x 12;
my $nobody = metrics('nobody', 'orders WHERE id < 1000');
for my $settings ([SERIAL], [PARALLEL], [ PARALLEL, parallel_leader_participation => 'off' ])
{
	my $where = "@$settings[-2, -1]";
	for my $from ('no_orders', 'orders WHERE id % 2 = 2')
	{
		my $query = metrics('b', $from);
		is(query($node, $query, @$settings), $nothing, "no rows of $from, $where");
		like(plan_of($node, $query, 'COSTS OFF', @$settings), qr/Partial Aggregate/, "... in a parallel plan")
		  if $settings->[0] ne 'max_parallel_workers_per_gather';
	}
	like(query($node, $nobody, @$settings), qr/^0\|{12}$/, "customers are all null, $where");
}

# 4. GROUP BY: many groups, some of them small, each with partial states of several workers.
my $groups = sub { my ($key) = @_; return "SELECT region, x.*
	FROM (SELECT DISTINCT region FROM orders) r,
	LATERAL ($key) x (m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13)" };
my $grouped = metrics('t', 'orders GROUP BY region') =~ s/^SELECT/SELECT region,/r;
for my $leader (qw(on off))
{
	my @settings = (PARALLEL, max_parallel_workers_per_gather => 4, parallel_leader_participation => $leader,
		enable_sort => 'off');

	like(plan_of($node, $grouped, 'COSTS OFF', @settings), qr/Finalize.*Gather.*Partial HashAggregate/s,
		"GROUP BY in parallel, leader $leader");
	same_rows($node, $grouped, $groups->(plain_metrics('t', '(SELECT * FROM orders o WHERE o.region = r.region) o')),
		"GROUP BY equals plain SQL, leader $leader", @settings);
}
same_rows($node,
	"SELECT k, customer_count(b) c, repeat_rate(b) r, median_order_gap(ordered_at) g, next_order_at(ordered_at) x
		FROM orders GROUP BY k",
	q{SELECT k, count(DISTINCT b) c, CASE WHEN k IS NOT NULL THEN (count(*) > 1)::int::float8 END r,
		CASE WHEN count(*) > 1 THEN make_interval(days => div(m, 86400)::int, secs => m % 86400) END g,
		CASE WHEN count(*) > 1 THEN max(ordered_at) + make_interval(secs => m) END x
	  FROM (SELECT *, (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY g) FROM unnest(gaps) g)::numeric m
		FROM (SELECT *, array_agg(gap) OVER (PARTITION BY k) gaps FROM (
			SELECT k, b, ordered_at,
				extract(epoch FROM ordered_at - lag(ordered_at) OVER (PARTITION BY k ORDER BY ordered_at)) gap
			FROM orders) l) w) m
	  GROUP BY k, m},
	'a group a customer', PARALLEL, max_parallel_workers_per_gather => 4);

# 5. Partitionwise: each partition makes a partial state, whatever its size; one process combines them.
for my $order (1, -1)
{
	my %part = (tiny => 1, huge => 2, empty => 3, null => 4, same => 5);
	my $table = $order > 0 ? 'upward' : 'downward';

	query($node, "CREATE TABLE $table (LIKE orders, part int) PARTITION BY LIST (part);" . join '',
		map { "CREATE TABLE ${table}_$_ PARTITION OF $table FOR VALUES IN ($part{$_} * $order);" } sort keys %part);
	query($node, qq{
		INSERT INTO $table SELECT *, $part{tiny} * $order FROM orders WHERE id <= 5;
		INSERT INTO $table SELECT *, $part{huge} * $order FROM orders WHERE id > 5;
		INSERT INTO $table (part, ordered_at, score) SELECT $part{null} * $order, '2024-12-31Z', 10
			FROM generate_series(1, 5);
		INSERT INTO $table SELECT *, $part{same} * $order FROM orders WHERE id > 50000;
		ANALYZE $table;});
	for my $key ('b', 'u', 't', $icu && $order > 0 ? 'ci' : ())
	{
		my $query = metrics($key, $table);
		my @settings = (SERIAL, enable_partitionwise_aggregate => 'on');

		like(plan_of($node, $query, 'COSTS OFF', @settings), qr/Append(.*Partial Aggregate){5}/s,
			"$table: partitionwise plan")
		  if $key eq 'b';
		is(query($node, $query, @settings), query($node, plain_metrics($key, $table)), "$table partitions of $key");
	}
}

# 6. Parameters that differ between partial states.
my $as_of = "CASE WHEN part > 1 THEN timestamptz '2024-12-01Z' ELSE '2024-11-30Z' END";
for my $call ("crr(k, ordered_at, CASE WHEN part > 1 THEN $PERIOD ELSE tstzrange('2024-01-01Z', '2024-02-01Z') END)",
	"churn_rate(k, ordered_at, $PERIOD, CASE WHEN part > 1 THEN interval '1 day' ELSE interval '24 hours' END)",
	"crr(k, ordered_at, $PERIOD, CASE WHEN part > 1 THEN interval '1 day' END, 'UTC')",
	"crr(k, ordered_at, $PERIOD, NULL, CASE WHEN part > 1 THEN 'UTC' ELSE 'Europe/Vilnius' END)",
	"crr(k, active, CASE WHEN part > 1 THEN $PERIOD ELSE tstzrange('2024-01-01Z', '2024-02-01Z') END)",
	'repeat_rate(k, CASE WHEN part > 1 THEN 2 ELSE 3 END)',
	'top_share(k, amount, CASE WHEN part > 1 THEN 0.2 ELSE 0.3 END)',
	"clv(k, ordered_at, amount, CASE WHEN part > 1 THEN interval '1 month' ELSE '30 days' END)",
	"clv(k, ordered_at, amount, '1 month', CASE WHEN part > 1 THEN 0.5 ELSE 1 END)",
	"clv(k, ordered_at, amount, '1 month', 1, $as_of)",
	"revenue_agg(k, ordered_at, amount, CASE WHEN part > 1 THEN interval '1 month' ELSE '30 days' END, 'UTC')",
	"revenue_agg(k, active, amount, '1 month', CASE WHEN part > 1 THEN 'UTC' ELSE 'Asia/Tokyo' END)",
	"revenue_agg(k, active, amount, '1 month', 'UTC', $as_of)",
	"retention_agg(k, active, '1 month', 'UTC', $as_of)",
	"revenue_agg(k, ordered_at, amount, '1 month', 'UTC', CASE WHEN part > 1 THEN date '2000-01-15' ELSE '2000-01-16' END)",
	"clv(k, ordered_at, amount, '1 month', 1, '2024-12-01Z', CASE WHEN part > 1 THEN 'UTC' ELSE 'Asia/Tokyo' END)",
	"purchase_history(ordered_at, amount, CASE WHEN part > 1 THEN interval '1 day' ELSE '7 days' END)",
	"purchase_history(ordered_at, amount, '1 day', $as_of)",
	"purchase_history(ordered_at, amount, '1 day', '2024-12-01Z', CASE WHEN part > 1 THEN 'UTC' ELSE 'Asia/Tokyo' END)")
{
	is(sqlstate($node, "SELECT $call FROM upward", SERIAL, enable_partitionwise_aggregate => 'on'), '22023',
		"conflict between partitions: $call");
	is(sqlstate($node, "SELECT $call FROM upward", SERIAL), '22023', 'the same in one state');
}
is( query($node,
		'SELECT top_share(k, amount, CASE WHEN part > 1 THEN 0.2 ELSE 0.20 END) = top_share(k, amount) FROM upward',
		SERIAL, enable_partitionwise_aggregate => 'on'),
	't', 'equal parameters that are written differently are no conflict');

done_testing();
