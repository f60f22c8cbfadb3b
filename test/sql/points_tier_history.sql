-- tier_history

SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

-- the instant after some days
CREATE FUNCTION d(days numeric) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN '2025-01-01Z'::timestamptz + days * interval '1 day';

-- 100, 150 and 300 come on days 0, 10 and 20, and leave a window of 30 days on days 30, 40 and 50: the sum is
-- 100, 250, 550, from day 30 on 450, from 40 on 300, from 50 on 0.  Rows with 0 only ask, just before and at each change.
CREATE TABLE asked (day numeric, value numeric);
INSERT INTO asked VALUES (0, 100), (9.999999, 0), (10, 150), (20, 300), (29.999999, 0), (30, 0), (39.999999, 0), (40, 0), (49.999999, 0), (50, 0),
	(50.000001, 0), (54.999999, 0), (55, 0), (59.999999, 0), (60, 0), (69.999999, 0), (70, 0);
SELECT day, value, sum(value) OVER (ORDER BY d(day) RANGE BETWEEN interval '30 days -00:00:00.000001' PRECEDING AND CURRENT ROW) AS sum,
	tier_history(value, d(day), '{100,250,500}', '{low,middle,high}', '30 days') OVER w AS tier,
	-- high is lost on day 30 and kept until 40 or 50, middle is lost on day 50, as is low
	tier_history(value, d(day), '{100,250,500}', '{low,middle,high}', '30 days', '10 days') OVER w AS grace_10,
	tier_history(value, d(day), '{100,250,500}', '{low,middle,high}', '30 days', '20 days') OVER w AS grace_20
FROM asked WINDOW w AS (ORDER BY d(day)) ORDER BY day;

-- the moment of the fall is that at which the value leaves, also without a row then: day 30, kept until day 40
SELECT day, value, tier_history(value, d(day), '{100}', '{card}', '30 days', '10 days') OVER (ORDER BY d(day)) AS tier
FROM (VALUES (0, 100), (39.999999, 0), (40, 0)) v(day, value) ORDER BY day;
-- ... or that of the row which takes it away: day 5, kept until day 15; had again on day 7, it is lost on day 37 and kept until 47
SELECT day, value, tier_history(value, d(day), '{100}', '{card}', '30 days', '10 days') OVER (ORDER BY d(day)) AS tier
FROM (VALUES (0, 100), (5, -1), (14.999999, 0), (15, 0)) v(day, value) ORDER BY day;
SELECT day, value, tier_history(value, d(day), '{100}', '{card}', '30 days', '10 days') OVER (ORDER BY d(day)) AS tier
FROM (VALUES (0, 100), (5, -1), (7, 101), (20, 0), (46.999999, 0), (47, 0)) v(day, value) ORDER BY day;
-- what comes when something leaves: no fall between, so that the grace counts from day 60
SELECT day, value, tier_history(value, d(day), '{100}', '{card}', '30 days', '10 days') OVER (ORDER BY d(day)) AS tier
FROM (VALUES (0, 100), (30, 100), (45, 0), (69.999999, 0), (70, 0)) v(day, value) ORDER BY day;
-- a refund leaves, too: from day 35, when the -60 of day 5 is gone, until day 40 the sum is 120, with no row between
SELECT day, value, tier_history(value, d(day), '{100}', '{card}', '30 days') OVER w AS none,
	tier_history(value, d(day), '{100}', '{card}', '30 days', '10 days') OVER w AS grace_10
FROM (VALUES (5, -60), (10, 120), (34.999999, 0), (49.999999, 0), (50, 0)) v(day, value) WINDOW w AS (ORDER BY d(day)) ORDER BY day;
-- several tiers lost one after the other: each is kept by itself.  High leaves on day 30, middle on day 32, low on day 34; each has
-- 3 days more
SELECT day, value, tier_history(value, d(day), '{1,2,3}', '{low,middle,high}', '30 days', '3 days') OVER (ORDER BY d(day)) AS tier
FROM (VALUES (0, 1), (2, 1), (4, 1), (32.999999, 0), (33, 0), (34.999999, 0), (35, 0), (36.999999, 0), (37, 0)) v(day, value) ORDER BY day;

-- rows of one time are peers: all have the tier after them, in whatever order they come
SELECT day, value, tier_history(value, d(day), '{100}', '{card}', '30 days') OVER (ORDER BY d(day), value DESC) AS one,
	tier_history(value, d(day), '{100}', '{card}', '30 days') OVER (ORDER BY d(day), value) AS other
FROM (VALUES (0, 60), (0, 50), (0, -5), (1, 200), (1, -250), (31, 0)) v(day, value) ORDER BY day, value;
-- by member; NULL as a value counts nothing, as a time the row counts nothing and has no tier, wherever it stands
SELECT member, day, value, tier_history(value, d(day), '{100}', '{card}', '30 days') OVER (PARTITION BY member ORDER BY d(day)) AS tier,
	tier_history(value, d(day), '{100}', '{card}', '30 days') OVER (PARTITION BY member ORDER BY d(day) NULLS FIRST) AS nulls_first
FROM (VALUES ('ann', 1, 99), ('ann', 2, NULL), ('ann', 3, 1), ('ann', NULL, 1000), ('ann', NULL, NULL), ('bob', 2, 100), ('bob', 33, NULL), ('cid', NULL, 100))
	v(member, day, value) ORDER BY member, day;
SELECT n, day, value, tier_history(value, d(day), '{100}', '{card}', '30 days') OVER (ORDER BY n) AS tier
FROM (VALUES (1, NULL, 500), (2, 1, 60), (3, NULL, 500), (4, 1, 40), (5, NULL, 500), (6, 31, 10)) v(n, day, value) ORDER BY n;
SELECT tier_history(1, d(1), '{1}', '{card}', '30 days') OVER () AS no_row WHERE false;
-- no tiers; a threshold of 0 is reached by nobody's sum, too, and lost by the first row below it
SELECT tier_history(1, d(1), '{}', '{}', '30 days') OVER ();
SELECT day, value, tier_history(value, d(day), '{0,10}', '{member,card}', '30 days') OVER w AS tier,
	tier_history(value, d(day), '{0,10}', '{member,card}', '30 days', '1 day') OVER w AS grace_1
FROM (VALUES (0, -1), (0.5, 5), (1, -5), (2, 20)) v(day, value) WINDOW w AS (ORDER BY d(day)) ORDER BY day;
-- the frame does not matter, nor do other functions beside it
SELECT day, value, tier_history(value, d(day), '{100}', '{card}', '30 days') OVER (ORDER BY d(day) ROWS BETWEEN CURRENT ROW AND CURRENT ROW) AS tier,
	count(*) OVER (ORDER BY d(day)), lag(value) OVER (ORDER BY d(day))
FROM (VALUES (0, 60), (1, 50), (31, 0)) v(day, value) ORDER BY day;

-- exact: 0.1 ten times is 1, and what leaves leaves nothing; numbers of any size
SELECT n, tier_history(0.1, d(n), '{1}', '{one}', '10 days') OVER (ORDER BY n) FROM generate_series(1, 12) n WHERE n <> 11 ORDER BY n;
SELECT day, value, tier_history(value, d(day), '{0.00000000000000000001,99999999999999999999.5}', '{low,high}', '30 days') OVER (ORDER BY d(day)) AS tier
FROM (VALUES (0, 99999999999999999999.49), (1, 0.01), (29, 0.00000000000000000001), (30, 0), (32, 0), (59, 0)) v(day, value) ORDER BY day;
SELECT n, tier_history(999999999999.9999, d(n * 0.001), '{9999999999999.9990,10000000000000}', '{low,high}', '30 days') OVER (ORDER BY n)
FROM generate_series(1, 11) n ORDER BY n;
-- more than fits a bigint of ten-thousandths, and all of it gone
WITH many AS (SELECT n, tier_history(CASE WHEN n < 2000 THEN 999999999999 ELSE 0 END, d(n * 0.001), '{0,999999999999000,1000000000000000}', '{zero,low,high}', '1 day') OVER (ORDER BY n) AS tier
	FROM (SELECT generate_series(1, 2000) UNION ALL SELECT 2999 UNION ALL SELECT 3000) v(n))
SELECT tier, count(*), min(n), max(n) FROM many GROUP BY tier ORDER BY min(n);
-- bigint points, and thresholds of integers
SELECT tier_history(points, d(1), ARRAY[100, 500], ARRAY['low', 'high'], '1 year') OVER () FROM (VALUES (500::bigint)) v(points);

-- a month is the calendar's: in at 28 February is what came after 28 January, on 1 March what came after 1 February.  So what came on
-- the 31st leaves at the end of February, and with a grace of an hour the card is kept into 1 March
CREATE TABLE months (at timestamptz, value numeric);
INSERT INTO months VALUES ('2025-01-28 12:00', 10), ('2025-01-31 12:00', 100), ('2025-02-28 11:00', 0), ('2025-02-28 12:00', 0), ('2025-02-28 23:59', 0), ('2025-03-01', 0),
	('2025-03-01 00:59:59.999999', 0), ('2025-03-01 01:00', 0);
SELECT at, value, sum(value) OVER (ORDER BY at RANGE BETWEEN interval '1 month -00:00:00.000001' PRECEDING AND CURRENT ROW) AS sum,
	tier_history(value, at, '{100,110}', '{low,high}', '1 month') OVER w AS tier,
	tier_history(value, at, '{100,110}', '{low,high}', '1 month', '1 hour') OVER w AS grace
FROM months WINDOW w AS (ORDER BY at) ORDER BY at;
-- ... also if no row comes at these times
SELECT at, tier_history(value, at, '{100,110}', '{low,high}', '1 month', '1 hour') OVER (ORDER BY at) AS grace
FROM months WHERE at NOT IN ('2025-02-28 12:00', '2025-02-28 23:59', '2025-03-01') ORDER BY at;
-- as the server's frames, what has left does not come back: on 29 March at 1:00 a month starts on 28 February at 1:00 again
SELECT at, value, sum(value) OVER (ORDER BY at RANGE BETWEEN interval '1 month -00:00:00.000001' PRECEDING AND CURRENT ROW) AS sum,
	tier_history(value, at, '{100}', '{card}', '1 month') OVER (ORDER BY at) AS tier
FROM (VALUES (timestamptz '2025-02-28 12:00', 100), ('2025-03-28 11:59', 0), ('2025-03-28 12:00', 0), ('2025-03-29 01:00', 0)) v(at, value) ORDER BY at;
-- without a row on the 28th at noon it is in the window on the 29th once more, and leaves just after that row: the grace counts from there
SELECT at, value, tier_history(value, at, '{100}', '{card}', '1 month', '3 days') OVER (ORDER BY at) AS tier
FROM (VALUES (timestamptz '2025-02-28 12:00', 100), ('2025-03-29 01:00', 0), ('2025-04-01 00:59:59.999999', 0), ('2025-04-01 01:00', 0)) v(at, value) ORDER BY at;
-- months, days and hours: 29 March 10:00 less a month is 28 February, less two days the 26th, less an hour 9:00.  The 26th has its month
-- in March, and leaves on the 28th, at 10:00; with a day of grace it stays until the 29th
SELECT at, value, tier_history(value, at, '{100}', '{card}', '1 month 2 days 1 hour') OVER w AS tier,
	tier_history(value, at, '{100}', '{card}', '1 month 2 days 1 hour', '1 day') OVER w AS grace
FROM (VALUES (timestamptz '2025-02-26 09:00', 100), ('2025-03-28 09:59:59.999999', 0), ('2025-03-28 10:00', 0), ('2025-03-29 09:59:59.999999', 0), ('2025-03-29 10:00', 0)) v(at, value)
WINDOW w AS (ORDER BY at) ORDER BY at;
-- a local day of 23 hours, and one of 25
SET TimeZone = 'Europe/Vilnius';
SELECT at, value, tier_history(value, at, '{100}', '{card}', '1 day') OVER w AS day,
	tier_history(value, at, '{100}', '{card}', '24 hours') OVER w AS hours,
	tier_history(value, at, '{100}', '{card}', '1 hour', '1 day') OVER w AS grace
FROM (VALUES (timestamptz '2025-03-29 12:00', 100), ('2025-03-30 11:59:59', 0), ('2025-03-30 12:00', 0), ('2025-03-30 12:59:59', 0), ('2025-03-30 13:00', 0),
	('2025-10-25 12:00', 100), ('2025-10-26 10:59:59', 0), ('2025-10-26 11:00', 0), ('2025-10-26 11:59:59', 0), ('2025-10-26 12:00', 0), ('2025-10-26 13:00', 0)) v(at, value)
WINDOW w AS (ORDER BY at) ORDER BY at;
SET TimeZone = 'UTC';

-- beside frames of the server: random values at random hours of two years, some of them refunds; no row is a difference
CREATE FUNCTION rnd(seed bigint, i bigint, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql RETURN (hashint8extended(i, seed) & 9223372036854775807) % n;
CREATE TABLE spent AS
SELECT id, rnd(1, id, 40) AS member, '2023-12-01Z'::timestamptz + rnd(2, id, 17520) * interval '1 hour' AS at, (rnd(3, id, 4000) - 500) / 100.0 AS value
FROM generate_series(1, 4000) id;
SELECT count(DISTINCT tier) AS tiers, count(*) FILTER (WHERE tier IS DISTINCT FROM loyalty_tier(sum, '{10,60,120}', '{low,middle,high}')) AS differences
FROM (SELECT tier_history(value, at, '{10,60,120}', '{low,middle,high}', '1 month') OVER w AS tier,
	sum(value) OVER (w RANGE BETWEEN interval '1 month -00:00:00.000001' PRECEDING AND CURRENT ROW) AS sum
	FROM spent WINDOW w AS (PARTITION BY member ORDER BY at)) s;

-- errors
SELECT tier_history(1, d(-n), '{1}', '{card}', '30 days') OVER (ORDER BY n) FROM generate_series(1, 2) n;
SELECT tier_history(1, d(n), '{1}', '{card}', '30 days') OVER (ORDER BY d(n) DESC) FROM generate_series(1, 2) n;
SELECT tier_history(1, d(1), '{1,2}', '{card}', '30 days') OVER ();
SELECT tier_history(1, d(1), '{2,1}', '{low,high}', '30 days') OVER ();
SELECT tier_history(1, d(1), '{1,NULL}', '{low,high}', '30 days') OVER ();
SELECT tier_history(1, d(1), '{1,NaN}', '{low,high}', '30 days') OVER ();
SELECT tier_history(1, d(1), '{1,2}', '{low,NULL}', '30 days') OVER ();
SELECT tier_history('NaN', d(1), '{1}', '{card}', '30 days') OVER ();
SELECT tier_history('Infinity', d(1), '{1}', '{card}', '30 days') OVER ();
SELECT tier_history(1, '-infinity', '{1}', '{card}', '30 days') OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', '0') OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', '-1 month') OVER ();
SELECT tier_history(1, '2025-03-15', '{1}', '{card}', '1 month -29 days') OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', '30 days', '-1 day') OVER ();
SELECT tier_history(1, d(1), NULL, '{card}', '30 days') OVER ();
SELECT tier_history(1, d(1), '{1}', NULL, '30 days') OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', NULL) OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', '30 days', NULL) OVER ();
SELECT tier_history(1, d(n), ARRAY[n], '{card}', '30 days') OVER (ORDER BY n) FROM generate_series(1, 2) n;
SELECT tier_history(1, d(n), '{1}', ARRAY['card ' || n], '30 days') OVER (ORDER BY n) FROM generate_series(1, 2) n;
SELECT tier_history(1, d(n), '{1}', '{card}', n * interval '30 days') OVER (ORDER BY n) FROM generate_series(1, 2) n;
SELECT tier_history(1, d(n), '{1}', '{card}', '30 days', n * interval '1 day') OVER (ORDER BY n) FROM generate_series(1, 2) n;
-- each partition may have its own
SELECT n, tier_history(1, d(1), ARRAY[n], ARRAY['card ' || n], n * interval '30 days') OVER (PARTITION BY n) FROM generate_series(0, 2) n WHERE n > 0 ORDER BY n;
SELECT tier_history(1, d(1), '{1}', '{card}', '30 days');
\set VERBOSITY sqlstate
SELECT tier_history(1, d(-n), '{1}', '{card}', '30 days') OVER (ORDER BY n) FROM generate_series(1, 2) n;
SELECT tier_history('NaN', d(1), '{1}', '{card}', '30 days') OVER ();
SELECT tier_history(1, 'infinity', '{1}', '{card}', '30 days') OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', '0') OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', '30 days', '-1 day') OVER ();
SELECT tier_history(1, d(1), '{1}', '{card}', NULL) OVER ();
SELECT tier_history(1, d(n), ARRAY[n], '{card}', '30 days') OVER (ORDER BY n) FROM generate_series(1, 2) n;
\set VERBOSITY default

DROP TABLE asked, months, spent;
DROP FUNCTION d, rnd;
RESET TimeZone;
RESET DateStyle;
