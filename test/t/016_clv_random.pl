# clv and purchase_history over random orders, compared with plain SQL: for buckets of any width, as of any time, in
# zones with and without daylight saving time, in one process, in parallel and from partitions of any size.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my $node = start_server('main');

# 40,000 orders of up to 5,000 customers over two years, some at midnight and some without a customer, a time or an
# amount. The partitions have very different sizes.
query($node, RANDOM_SQL . q{
	CREATE TABLE orders (id int, k bigint, u uuid, t text, at timestamptz, amount numeric, money bigint,
		dollars double precision,
		part int) PARTITION BY LIST (part);
	CREATE TABLE orders_small PARTITION OF orders FOR VALUES IN (1) WITH (parallel_workers = 3);
	CREATE TABLE orders_large PARTITION OF orders FOR VALUES IN (2) WITH (parallel_workers = 3);
	CREATE TABLE orders_empty PARTITION OF orders FOR VALUES IN (3) WITH (parallel_workers = 3);
	INSERT INTO orders
	SELECT id, k, md5(k::text)::uuid, repeat('customer ', (k % 5)::int) || k,
		CASE rnd(5, id, 50) WHEN 0 THEN NULL WHEN 1 THEN date_trunc('day', at) ELSE at END,
		CASE rnd(6, id, 60) WHEN 0 THEN NULL WHEN 1 THEN rnd(7, id, 1000) / 1000000.0 WHEN 2 THEN 1e13
			ELSE (rnd(8, id, 10000) - 500) / 100.0 END,
		rnd(9, id, 10000) - 500, (rnd(10, id, 10000) - 500) / 64.0, CASE WHEN id < 40 THEN 1 ELSE 2 END
	FROM (SELECT id, CASE WHEN rnd(1, id, 40) > 0 THEN rnd(2, id, 1 + rnd(3, id, 5000)) END AS k,
			'2017-03-01Z'::timestamptz + rnd(4, id, 730 * 86400) * interval '1 second' AS at
		FROM generate_series(1, 40000) id) s;
	ANALYZE orders;

	-- The number of a bucket: months from January 2000 on, or else days from Monday, 2000-01-03.
	CREATE FUNCTION bucket_number(at timestamptz, bucket interval) RETURNS bigint STABLE PARALLEL SAFE LANGUAGE sql
		RETURN
		CASE WHEN bucket >= interval '1 month' AND extract(day FROM bucket) = 0
			THEN floor((12 * extract(year FROM at) + extract(month FROM at) - 24001)
				/ (12 * extract(year FROM bucket) + extract(month FROM bucket)))
			ELSE floor((at::date - date '2000-01-03') / extract(day FROM bucket)) END;
});

# The definition.
sub plain_clv
{
	my ($amount, $bucket, $margin, $as_of, $from) = @_;

	return qq{
	WITH rows AS (SELECT k, $amount AS amount, bucket_number(at, '$bucket') AS b FROM $from
			WHERE k IS NOT NULL AND $amount IS NOT NULL AND at < '$as_of'),
		open AS (SELECT bucket_number('$as_of', '$bucket') AS open),
		n AS (SELECT max(b) AS n FROM rows, open WHERE b < open),
		customers AS (SELECT k, min(b) AS f, CASE WHEN max(b) = max(open) THEN max(n) ELSE max(b) END AS l,
			sum(amount) FILTER (WHERE b < open) AS r
			FROM rows, open, n GROUP BY k HAVING min(b) < max(open))
	SELECT sum(r) / count(*) AS so_far,
		$margin * sum(r) / sum(l - f + 1) * sum(least(l, n - 1) - f + 1)
		/ nullif(count(*) FILTER (WHERE l < n), 0) AS clv
	FROM customers, n};
}

# 1. clv in zones, where daylight saving time may begin at midnight or be half an hour.
my @buckets = ('1 month', '3 months', '1 year', '7 months', '7 days', '1 day', '30 days');
my @as_ofs  = ('2019-03-01Z', '2018-08-13 11:22:33Z', '2018-01-01Z', '2017-03-20Z', '2030-01-01Z');
my @keys    = qw(k u t);
my $answers = 0;
my $i       = 0;
for my $zone ('UTC', 'Europe/Vilnius', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kathmandu')
{
	for my $bucket (@buckets)
	{
		for my $as_of (@as_ofs)
		{
			my $key = $keys[ $i++ % 3 ];
			my @settings = (timezone => $zone,
				$i % 2 ? SERIAL : (PARALLEL, parallel_leader_participation => $i % 4 ? 'on' : 'off'));
			my $result = query($node, join(' UNION ALL ', map { qq{
				SELECT CASE WHEN o.clv IS NULL OR p.clv IS NULL THEN CASE WHEN o.clv IS NULL
					AND p.clv IS NULL THEN 'none' ELSE 'wrong' END
						WHEN abs(o.clv - p.clv::numeric) > 1e-12 * abs(p.clv) THEN 'wrong ' || o.clv || ' ' || p.clv
						WHEN o.clv < 0.3 * p.so_far::numeric THEN 'below' ELSE 'right' END
				FROM (SELECT clv($key, at, $_, '$bucket', 0.3, '$as_of')::numeric AS clv FROM orders) o,
					(@{[ plain_clv($_, $bucket, 0.3, $as_of, 'orders') ]}) p} } qw(amount money dollars)), @settings);

			like($result, qr/^(right|none)(\n\1){2}$/, "clv($key, $bucket) as of $as_of, $zone");
			$answers++ if $result =~ /right/;
		}
	}
}
cmp_ok($answers, '>', 2 / 3 * $i, 'most of these are numbers');

# 2. Parallel and partitionwise, all keys: exact money gives the same digits.
for my $bucket ('1 month', '1 day')
{
	for my $as_of ('2018-08-13 11:22:33Z', '2019-03-01Z')
	{
		my $rest = "'$bucket', 1, '$as_of')";
		for my $call (map { ("clv($_, at, amount, $rest", "clv($_, at, money, $rest") } @keys)
		{
			my $serial = query($node, "SELECT $call FROM orders", SERIAL);

			for my $settings ([ PARALLEL, max_parallel_workers_per_gather => 1 ],
				[ PARALLEL, max_parallel_workers_per_gather => 4 ],
				[ PARALLEL, parallel_leader_participation => 'off' ],
				[ SERIAL, enable_partitionwise_aggregate => 'on' ],
				[ PARALLEL, enable_partitionwise_aggregate => 'on' ])
			{
				is(query($node, "SELECT $call FROM orders", @$settings), $serial, "$call, @$settings[-2, -1]");
			}
		}
	}
}
is(query($node, "SELECT clv(k, at, amount, '1 month', 1, '2018-01-01Z') FROM orders WHERE id < 0", PARALLEL), '',
	'no rows in parallel');

# 3. A zone that is named is that of a session which has it, in any session and any plan.
for my $zone ('Europe/Vilnius', 'America/Sao_Paulo', 'Australia/Lord_Howe')
{
	my $call = "clv(u, at, amount, '1 day', 0.29, '2018-08-13 11:22:33Z'";
	my $histories = 'SELECT k, purchase_history(at, amount, %s) AS h FROM orders GROUP BY k';
	my $expected = query($node, "SELECT $call) FROM orders", SERIAL, timezone => $zone);

	isnt($expected, query($node, "SELECT $call) FROM orders", SERIAL), "clv in $zone is not that of UTC");
	for my $settings ([SERIAL], [PARALLEL], [ SERIAL, enable_partitionwise_aggregate => 'on' ],
		[ PARALLEL, enable_partitionwise_aggregate => 'on', timezone => 'Asia/Tokyo' ])
	{
		is(query($node, "SELECT $call, '$zone') FROM orders", @$settings), $expected, "clv in $zone, @$settings[-2, -1]");
	}
	query($node, 'CREATE TABLE known AS ' . sprintf($histories, "'1 day', '2018-08-13 17:00Z'"), SERIAL, timezone => $zone);
	same_rows($node, sprintf($histories, "'1 day', '2018-08-13 17:00Z', '$zone'"), 'SELECT * FROM known',
		"purchase_history in $zone", PARALLEL, max_parallel_workers_per_gather => 4);
	query($node, 'DROP TABLE known');
}

# 4. As a window aggregate: each row has the answer of the rows up to it.
is( query($node, qq{
		SELECT count(*) FROM (SELECT at, id,
			clv(k, at, amount, '1 month', 1, '2019-03-01Z') OVER (ORDER BY at, id) AS clv,
			row_number() OVER (ORDER BY at, id) AS i
			FROM orders WHERE k IS NOT NULL AND at IS NOT NULL AND amount IS NOT NULL) w
		WHERE i % 2500 = 7 AND clv IS DISTINCT FROM (
			SELECT clv(k, o.at, amount, '1 month', 1, '2019-03-01Z') FROM orders o
			WHERE (o.at, o.id) <= (w.at, w.id))}),
	'0', 'running');

# 5. purchase_history, by customer, in zones; exact money gives the same digits in every plan.
for my $zone ('UTC', 'America/Sao_Paulo', 'Australia/Lord_Howe')
{
	for my $unit (1, 7)
	{
		my $plain = qq{
			SELECT k, (count(*) - 1) AS f, round(((max(day) - min(day)) / $unit.0)::numeric, 10) AS r,
				round((date '2018-08-13' - min(day)) / $unit.0, 10) AS a,
				round(coalesce(sum(amount) FILTER (WHERE day > first) / nullif(count(*) - 1, 0), 0), 6) AS m,
				round(coalesce(sum(dollars::numeric) FILTER (WHERE day > first) / nullif(count(*) - 1, 0), 0), 6) AS d
			FROM (SELECT k, at::date AS day, sum(amount) AS amount, sum(dollars) AS dollars,
				min(at::date) OVER (PARTITION BY k) AS first FROM orders
				WHERE at::date <= '2018-08-13' AND amount < 1e10 GROUP BY k, at::date) d GROUP BY k};
		my $ours = qq{
			SELECT k, (h).frequency AS f, round((h).recency::numeric, 10) AS r, round((h).age::numeric, 10) AS a,
				round((h).mean_value::numeric, 6) AS m, round((d).mean_value::numeric, 6) AS d
			FROM (SELECT k, purchase_history(at, amount, '$unit days', '2018-08-13 17:00') AS h,
				purchase_history(at, dollars, '$unit days', '2018-08-13 17:00') AS d
				FROM orders WHERE amount < 1e10 GROUP BY k) h WHERE h IS NOT NULL};

		same_rows($node, $ours, $plain, "purchase_history in $unit days, $zone", timezone => $zone, SERIAL,
			extra_float_digits => 3);
		same_rows($node, $ours, $plain, '... in parallel', timezone => $zone, PARALLEL,
			max_parallel_workers_per_gather => 4);
		same_rows($node, $ours, $plain, '... partitionwise', timezone => $zone, SERIAL,
			enable_partitionwise_aggregate => 'on');
	}
}
like(plan_of($node, "SELECT k, purchase_history(at, amount, '1 day', '2018-08-13') FROM orders GROUP BY k",
	'COSTS OFF', SERIAL, enable_partitionwise_aggregate => 'on'),
	qr/Finalize.*Append.*Partial/s, 'partitionwise is what it says');
is( query($node, "SELECT purchase_history(at, amount, '1 day', '2018-08-13') FROM orders", PARALLEL),
	query($node, "SELECT purchase_history(at, amount, '1 day', '2018-08-13') FROM orders", SERIAL),
		'all orders as one customer\'s');

done_testing();
