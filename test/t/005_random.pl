# Random orders, random parameters, and plain SQL: every metric must say what its definition says.
#
# The definitions are written here a second time, from the documentation and as plainly as SQL allows: the rows of a
# frame are those that array_agg collects over it, a length of time is found by trying lengths. Numbers come from a
# hash of fixed seeds, so that a failure can be repeated.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use RetentionTest;

my @seeds = (11, 22, 33, 44);
my $node  = start_server('main');

query($node, RANDOM_SQL . q{
	-- Orders of a few customers, on the hour or at any microsecond, some of them without a customer or a time.
	CREATE FUNCTION random_orders(seed bigint, norders int, ncustomers int) RETURNS
		TABLE (id int, k int, t text, u uuid, n numeric, at timestamptz, active tstzrange, score int, region int)
			STABLE LANGUAGE sql AS $$
		SELECT id, k, 'customer ' || k, md5(k::text)::uuid,
			CASE rnd(seed + 5, id, 3) WHEN 0 THEN k::numeric WHEN 1 THEN k::numeric(10,2) ELSE k::numeric(12,6) END,
			CASE WHEN rnd(seed + 6, id, 40) > 0 THEN at END,
			CASE rnd(seed + 7, id, 12)
				WHEN 0 THEN 'empty' WHEN 1 THEN tstzrange(NULL, at) WHEN 2 THEN tstzrange(at, NULL) WHEN 3 THEN NULL
				WHEN 4 THEN tstzrange(at, 'infinity', '[]') WHEN 5 THEN tstzrange('-infinity', at, '(]')
					WHEN 6 THEN '(,)'
				ELSE tstzrange(at, at + rnd(seed + 8, id, 400) * interval '6 hours',
					(ARRAY['[)', '[]', '()', '(]'])[1 + rnd(seed + 9, id, 4)]) END,
			CASE WHEN rnd(seed + 10, id, 15) > 0 THEN rnd(seed + 11, id, 11)::int END, rnd(seed + 12, id, 3)::int
		FROM (SELECT id, CASE WHEN rnd(seed + 1, id, 30) > 0 THEN rnd(seed + 2,
			rnd(seed + 3, id, 1 + rnd(seed + 4, id, 1000)), ncustomers)::int END k,
				CASE rnd(seed + 13, id, 60) WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity'
					ELSE '2017-07-01Z'::timestamptz + rnd(seed + 14, id, 17520) * interval '1 hour'
						+ CASE rnd(seed + 15, id, 3) WHEN 0 THEN rnd(seed + 16, id, 3600000000)
							ELSE 0 END * interval '1 microsecond' END::timestamptz at
			FROM generate_series(1, norders) id) s $$;
	-- Whether two numbers are equal but for the last digits; nulls are equal.
	CREATE FUNCTION near(double precision, double precision) RETURNS boolean IMMUTABLE LANGUAGE sql
		RETURN CASE WHEN $1 IS NULL OR $2 IS NULL THEN $1 IS NULL AND $2 IS NULL
			ELSE abs($1 - $2) <= 1e-13 * abs($2) END;
});

# A query of differences must have no rows.
sub nothing { my ($sql, $name, %settings) = @_; return is(query($node, "$sql LIMIT 3", %settings), '', $name) }

# 1. Windows.
my @frames = (
	'ORDER BY at',
	'ORDER BY at DESC',
	'PARTITION BY region ORDER BY at',
	'PARTITION BY region',
	'ORDER BY at, id ROWS 5 PRECEDING',
	'ORDER BY at, id ROWS BETWEEN 60 PRECEDING AND 40 FOLLOWING',
	'ORDER BY at, id ROWS BETWEEN 30 PRECEDING AND 20 PRECEDING',
	'ORDER BY at, id ROWS BETWEEN 3 FOLLOWING AND 50 FOLLOWING',
	'ORDER BY at, id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
	'PARTITION BY region ORDER BY at, id ROWS BETWEEN 25 PRECEDING AND CURRENT ROW',
	"ORDER BY at RANGE BETWEEN '30 days' PRECEDING AND CURRENT ROW",
	"ORDER BY at RANGE BETWEEN '90 days' PRECEDING AND '1 month' PRECEDING",
	"ORDER BY at RANGE BETWEEN '1 day' FOLLOWING AND '40 days' FOLLOWING",
	"PARTITION BY region ORDER BY at DESC RANGE BETWEEN '20 days' PRECEDING AND '20 days' FOLLOWING",
	'ORDER BY score GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW',
	'ORDER BY score GROUPS BETWEEN 3 PRECEDING AND 2 PRECEDING',
	'ORDER BY score NULLS FIRST GROUPS BETWEEN CURRENT ROW AND 2 FOLLOWING',
	'ORDER BY at, id ROWS BETWEEN 40 PRECEDING AND 5 FOLLOWING EXCLUDE CURRENT ROW',
	'ORDER BY score ROWS BETWEEN 40 PRECEDING AND 40 FOLLOWING EXCLUDE TIES',
	'PARTITION BY region ORDER BY score GROUPS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE GROUP');
my @keys = qw(k t u n);

for my $i (0 .. $#seeds)
{
	my $key = $keys[$i];

	query($node, "DROP TABLE IF EXISTS windowed; CREATE TABLE windowed AS
		SELECT * FROM random_orders($seeds[$i], 250, " . (3 + 25 * $i) . ') WHERE isfinite(at)',
		client_min_messages => 'warning');
	for my $frame (@frames)
	{
		nothing(qq{
			SELECT g.*, p.* FROM (
				SELECT id, customer_count($key) OVER w c, repeat_rate($key) OVER w r, repeat_rate($key, 4) OVER w r4,
					purchase_frequency($key) OVER w f,
					nps(score) OVER w s, repeat_rate($key) FILTER (WHERE score > 5) OVER w rf,
					array_agg($key) OVER w ks, array_agg(score) OVER w ss,
						array_agg($key) FILTER (WHERE score > 5) OVER w kf
				FROM windowed WINDOW w AS ($frame)) g,
			LATERAL (
				SELECT count(*) c, count(*) FILTER (WHERE n >= 2)::float8 / NULLIF(count(*), 0) r,
					count(*) FILTER (WHERE n >= 4)::float8 / NULLIF(count(*), 0) r4,
					sum(n)::float8 / NULLIF(count(*), 0) f,
					(SELECT 100 * (count(*) FILTER (WHERE x IN (9, 10))
						- count(*) FILTER (WHERE x BETWEEN 0 AND 6))::float8 / NULLIF(count(x), 0)
						FROM unnest(ss) x) s,
					(SELECT count(*) FILTER (WHERE n >= 2)::float8 / NULLIF(count(*), 0)
						FROM (SELECT count(*) n FROM unnest(kf) x WHERE x IS NOT NULL GROUP BY x) y) rf
				FROM (SELECT count(*) n FROM unnest(ks) x WHERE x IS NOT NULL GROUP BY x) y) p
			WHERE (g.c, g.r, g.r4, g.f, g.s, g.rf) IS DISTINCT FROM (p.c, p.r, p.r4, p.f, p.s, p.rf)},
				"seed $seeds[$i], $key OVER ($frame)");
	}
}

# 2. crr and churn_rate, in zones with and without daylight saving time, of an hour or half an hour.
query($node, q{
	-- Periods that begin at a month, a day, an hour or anywhere, and last some months, days, hours or microseconds.
	CREATE FUNCTION random_periods(seed bigint, nperiods int) RETURNS TABLE (s timestamptz, e timestamptz)
		STABLE LANGUAGE sql AS $$
		SELECT s, CASE rnd(seed + 23, i, 4)
				WHEN 0 THEN s + (1 + rnd(seed + 24, i, 6)) * interval '1 month'
					WHEN 1 THEN s + (1 + rnd(seed + 24, i, 100)) * interval '1 day'
				WHEN 2 THEN s + (1 + rnd(seed + 24, i, 2000)) * interval '1 hour'
					ELSE s + (1 + rnd(seed + 24, i, 5000000000000)) * interval '1 microsecond' END
		FROM (SELECT i, CASE rnd(seed + 21, i, 5) WHEN 0 THEN date_trunc('month', b)
			WHEN 1 THEN date_trunc('month', b) - interval '1 day'
					WHEN 2 THEN date_trunc('day', b) WHEN 3 THEN date_trunc('hour', b) ELSE b END s
			FROM (SELECT i, '2017-09-01Z'::timestamptz + rnd(seed + 22, i, 600 * 86400) * interval '1 second' b
				FROM generate_series(1, nperiods) i) b) s $$;
	-- Where the period before begins: earlier by the months of the period, or else by its days or microseconds.
	CREATE FUNCTION before_start(s timestamptz, e timestamptz) RETURNS timestamptz STABLE LANGUAGE sql
		RETURN coalesce(
		(SELECT s - k * interval '1 month' FROM generate_series(1, 12) k
			WHERE s + k * interval '1 month' = e ORDER BY k LIMIT 1),
		(SELECT s - k * interval '1 day' FROM generate_series(1, 400) k
			WHERE s + k * interval '1 day' = e ORDER BY k LIMIT 1),
		s - (extract(epoch FROM e) - extract(epoch FROM s)) * 1000000 * interval '1 microsecond');
});

# Shares of the customers in S who are in E, and who are not; S and E are conditions on a row.
sub rates
{
	my ($in_s, $in_e, $key) = @_;

	return qq{(SELECT count(*) FILTER (WHERE s AND e)::float8 / NULLIF(count(*) FILTER (WHERE s), 0) stay,
			count(*) FILTER (WHERE s AND NOT e)::float8 / NULLIF(count(*) FILTER (WHERE s), 0) go
		FROM (SELECT bool_or($in_s) IS TRUE s, bool_or($in_e) IS TRUE e FROM dated o WHERE $key IS NOT NULL
			GROUP BY $key) b)};
}

my @lookbacks = ('1 month', '90 days', '36 hours', '1 month 3 days 02:00:00.000001');
my @zones = ('UTC', 'Europe/Vilnius', 'America/New_York', 'America/Sao_Paulo', 'Australia/Lord_Howe',
	'Asia/Kathmandu');
for my $i (0 .. $#seeds)
{
	query($node, "DROP TABLE IF EXISTS dated; CREATE TABLE dated AS SELECT * FROM random_orders($seeds[$i], 800, "
		. (40 + 40 * $i) . ')',
		client_min_messages => 'warning');
	for my $zone (@zones)
	{
		my $key = $keys[ ($i + length $zone) % @keys ];
		my $from = "(SELECT s, e, before_start(s, e) AS b FROM random_periods($seeds[$i] + " . length($zone)
			. ', 16) OFFSET 0) p';

		nothing(qq{
			SELECT p.*, g.*, r.* FROM $from,
			LATERAL (SELECT crr($key, at, tstzrange(p.s, p.e)) stay, churn_rate($key, at, tstzrange(p.s, p.e)) go
				FROM dated) g,
			LATERAL @{[ rates('at >= p.b AND at < p.s', 'at >= p.s AND at < p.e', $key) ]} r
			WHERE (g.stay, g.go) IS DISTINCT FROM (r.stay, r.go)}, "crr, seed $seeds[$i], $key, $zone",
				timezone => $zone);
		for my $lookback ($lookbacks[ $i % 2 ], $lookbacks[ 2 + length($zone) % 2 ])
		{
			my $l = "interval '$lookback'";

			nothing(qq{
				SELECT p.*, g.*, r.* FROM $from,
				LATERAL (SELECT crr($key, at, tstzrange(p.s, p.e), $l) stay,
					churn_rate($key, at, tstzrange(p.s, p.e), $l) go FROM dated) g,
				LATERAL @{[ rates("at >= p.s - $l AND at < p.s", "at >= p.e - $l AND at < p.e", $key) ]} r
				WHERE (g.stay, g.go) IS DISTINCT FROM (r.stay, r.go)}, "... $lookback", timezone => $zone);
		}
		nothing(qq{
			SELECT p.*, g.*, r.* FROM $from,
			LATERAL (SELECT crr($key, active, tstzrange(p.s, p.e)) stay,
				churn_rate($key, active, tstzrange(p.s, p.e)) go FROM dated) g,
			LATERAL @{[ rates('active @> p.s', 'active @> p.e', $key) ]} r
			WHERE (g.stay, g.go) IS DISTINCT FROM (r.stay, r.go)}, "contracts", timezone => $zone);
	}
}

# Some of these periods must retain some customers and lose others.
cmp_ok(query($node, q{SELECT count(DISTINCT x) FROM random_periods(11, 25) p,
	LATERAL (SELECT crr(k, at, tstzrange(s, e)) x FROM dated) c WHERE x > 0 AND x < 1}),
	'>', 5, 'these periods are no trivial ones');

# period(daterange): local midnights, for each kind of bounds.
for my $zone (@zones)
{
	nothing(qq{
		SELECT d, g FROM (SELECT daterange(s::date, e::date, b) d FROM random_periods(99, 100),
			unnest('{[),[],(),(]}'::text[]) b
			UNION ALL SELECT x::daterange FROM unnest('{empty,"(,)","[2018-01-01,)","(,2018-01-01]"}'::text[]) x) d,
		LATERAL (SELECT CASE WHEN isempty(d) THEN 'empty'
			ELSE tstzrange(lower(d)::timestamptz, upper(d)::timestamptz) END g) r
		WHERE period(d) IS DISTINCT FROM g OR period(d, '$zone') IS DISTINCT FROM g}, "period(daterange), $zone",
			timezone => $zone);
}

# 3. top_share: amounts with ties, below zero, with many decimals, larger than any integer.
my %amount = (
	cents    => 'rnd(s, id, 100000) / 100.0',
	ties     => 'rnd(s, id, 4)',
	losses   => '(rnd(s, id, 100000) - 45000) / 100.0',
	all_lost => '-rnd(s, id, 10) / 10.0',
	decimals => 'rnd(s, id, 1000000007) / 1000000000::numeric',
	mixed    => 'rnd(s, id, 100000) * (ARRAY[1, 0.01, 0.000001, 1e20, -1e18, 1e-20])[1 + rnd(s + 1, id, 6)]',
	huge     => '(rnd(s, id, 100000) - 20000) * 1e20',
	tiny     => '(1 + rnd(s, id, 100)) * 1e-30',
	vanishing => '(1 + rnd(s, id, 100)) * 1e-400',
	around_2_63 => '(rnd(s, id, 20) - 5) * 461168601842738.7903');
for my $seed (@seeds)
{
	for my $kind (sort keys %amount)
	{
		query($node, qq{
			DROP TABLE IF EXISTS paid;
			CREATE TABLE paid AS SELECT k, t, CASE WHEN rnd(s + 2, id, 20) > 0 THEN ($amount{$kind})::numeric END a
			FROM random_orders($seed, 600, (3 + $seed * 5)), (SELECT $seed + 100 s) s},
				client_min_messages => 'warning');
		# numeric as they are; bigint, whole parts of them; double precision, of amounts that it can hold exactly
		for my $type ([ 'numeric', 'a' ], [ 'bigint', 'trunc(a % 1e18)' ],
			[ 'double precision', 'floor(a * 1024) % 1e12 / 1024' ])
		{
			my ($name, $value) = @$type;

			nothing(qq{
				SELECT f, g.*, r.* FROM unnest('{0.0001,0.01,0.1,0.2,0.333,0.5,0.99,1}'::numeric[]) f,
				LATERAL (SELECT top_share(k, ($value)::$name, f) x, top_share(t, ($value)::$name) d FROM paid) g,
				LATERAL (SELECT sum(r) FILTER (WHERE place <= greatest(1, floor(f * n))) * 1.00000000000000000000
					/ CASE WHEN sum(r) > 0 THEN sum(r) END x,
						sum(r) FILTER (WHERE place <= greatest(1, floor(0.2 * n))) * 1.00000000000000000000 / CASE
							WHEN sum(r) > 0 THEN sum(r) END d
					FROM (SELECT sum($value) r, row_number() OVER (ORDER BY sum($value) DESC) place,
						count(*) OVER () n
						FROM paid WHERE k IS NOT NULL AND a IS NOT NULL GROUP BY k) s) r
				WHERE NOT near(g.x, r.x::float8) OR NOT near(g.d, r.d::float8)},
					"top_share of $name, $kind, seed $seed");
		}
	}
}

# Sums that double precision cannot hold are an error, a customer's and all customers'.
is(sqlstate($node, "SELECT top_share(k, 1e308::float8) FROM unnest('{$_}'::int[]) k"), '22003',
	"sums of 1e308, customers $_") for '1,1,2', '1,2';

# 4. Gaps of each customer, and of a running window: the median of exact times between orders.
my $gap = q{
	LATERAL (SELECT (floor((us[(n + 1) / 2] + us[n / 2 + 1]) / 2.0))::bigint us
		FROM (SELECT array_agg(us ORDER BY us) us, count(*)::int n FROM (
			SELECT ((extract(epoch FROM x) - extract(epoch FROM lag(x) OVER (ORDER BY x))) * 1000000)::bigint us
				FROM unnest(ats) x WHERE x IS NOT NULL) l
			WHERE us IS NOT NULL) a) m,
	LATERAL (SELECT (timestamp 'epoch' + m.us * interval '1 microsecond' - timestamp 'epoch')::text gap,
		max(x) + m.us * interval '1 microsecond' AS next FROM unnest(ats) x) p
	WHERE (g.gap::text, g.next) IS DISTINCT FROM (p.gap, CASE WHEN m.us IS NOT NULL THEN p.next END)};
for my $i (0 .. $#seeds)
{
	my $orders = "(SELECT * FROM random_orders($seeds[$i], 500, " . (4 + 30 * $i)
		. ') o WHERE at IS NULL OR isfinite(at)) o';
	my $zone = $zones[ $i + 1 ];

	nothing(qq{
		SELECT g.*, m.us, p.* FROM (SELECT k, median_order_gap(at) gap, next_order_at(at) AS next, array_agg(at) ats
			FROM $orders GROUP BY k) g, $gap},
		"gaps of customers, seed $seeds[$i], $zone", timezone => $zone);
	nothing(qq{
		SELECT g.*, m.us, p.* FROM (SELECT median_order_gap(at) OVER w gap, next_order_at(at) OVER w AS next,
			array_agg(at) OVER w ats FROM $orders
			WINDOW w AS (PARTITION BY k ORDER BY score, id ROWS BETWEEN UNBOUNDED PRECEDING AND 2 FOLLOWING)) g,
				$gap},
		"... and as they grow", timezone => $zone);
}

# 5. aov is the mean, in windows too.
for my $seed (@seeds)
{
	nothing(qq{
		SELECT * FROM (SELECT aov(a) OVER w x, avg(a) OVER w y, aov(b) OVER w x2, avg(b) OVER w y2, aov(d) OVER w x3,
			avg(d) OVER w y3
			FROM (SELECT id, $amount{losses} a, (rnd(s, id, 1000) - 500) b, rnd(s, id, 1000)::float8 d
				FROM generate_series(1, 300) id, (SELECT $seed s) s) v
			WINDOW w AS (ORDER BY id ROWS 20 PRECEDING)) g
		WHERE (x, x2, x3) IS DISTINCT FROM (y, y2, y3)}, "aov, seed $seed");
}

done_testing();
