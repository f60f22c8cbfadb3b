-- crr and churn_rate

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'UTC';

-- An order log.  In January 1, 2, 3 and 4 order, in February 1, 2, 5; 3 comes back in March.
CREATE TABLE orders (customer int, at timestamptz);
INSERT INTO orders VALUES
	(1, '2024-01-01'), (2, '2024-01-31 23:59:59.999999'), (3, '2024-01-10'), (3, '2024-01-11'), (4, '2024-01-12'),
	(1, '2024-02-01'), (2, '2024-02-29 23:59:59.999999'), (5, '2024-02-10'),
	(3, '2024-03-01'), (6, '2023-12-31 23:59:59.999999'), (NULL, '2024-01-10'), (7, NULL),
	(8, 'infinity'), (9, '-infinity');

-- February: S = {1, 2, 3, 4}, E = {1, 2, 5}
SELECT crr(customer, at, '[2024-02-01,2024-03-01)'), churn_rate(customer, at, '[2024-02-01,2024-03-01)') FROM orders;
SELECT crr(customer, at, period('[2024-02-01,2024-03-01)')) FROM orders;
-- 29 days that are no month: S, from January 1st, = {1, 3, 4}, E = {1, 2, 5}
SELECT crr(customer, at, '[2024-01-30,2024-02-28)') FROM orders;
-- 60 days back, from December 3rd, S = {1, 2, 3, 4, 6}; from January 1st, E = {1, 2, 3, 4, 5}
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', '60 days') FROM orders;
-- two months back the same; one month back as without a lookback
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', '2 months'), crr(customer, at, '[2024-02-01,2024-03-01)', '1 month') FROM orders;
-- nobody before: no rate
SELECT crr(customer, at, '[2023-01-01,2023-02-01)'), churn_rate(customer, at, '[2023-01-01,2023-02-01)') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)') FROM orders WHERE false;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)') FROM orders WHERE customer IS NULL;

-- by segment, several months in one pass, running
SELECT customer % 2 AS odd, crr(customer, at, '[2024-02-01,2024-03-01)') FROM orders
WHERE customer IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT month, crr(customer, at, period(daterange(month, (month + interval '1 month')::date)))
FROM orders, (VALUES (date '2024-01-01'), ('2024-02-01'), ('2024-03-01')) m(month) GROUP BY month ORDER BY month;
SELECT customer, at, crr(customer, at, '[2024-02-01,2024-03-01)') OVER (ORDER BY at, customer) FROM orders ORDER BY at, customer;

-- The period before, of the same calendar length: every hour is a group whose one customer orders in it, and is
-- lost if the hour is in S.
CREATE FUNCTION before(period tstzrange) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s .. %s', min(at) FILTER (WHERE churn = 1), max(at) FILTER (WHERE churn = 1))
	FROM (SELECT at, churn_rate(at, at, period) AS churn
		  FROM generate_series(lower(period) - interval '1 year', upper(period) + interval '1 day', '1 hour') at
		  GROUP BY at) s $$;
SELECT before('[2024-03-01,2024-04-01)') AS month, before('[2024-01-01,2024-04-01)') AS quarter,
	before('[2024-02-05,2024-02-12)') AS week;
SELECT before('[2024-03-31,2024-04-30)') AS clamped_month, before('[2024-03-05 06:00,2024-03-05 18:00)') AS half_a_day;
SET TimeZone = 'Europe/Vilnius';
SELECT before('[2024-04-01,2024-05-01)') AS month_of_743_hours, before('[2024-04-01,2024-04-08)') AS week_of_167_hours,
	before('[2024-04-01,2024-04-02)') AS day_of_23_hours, before('[2024-03-31 12:00,2024-03-31 13:00)') AS hour;
SET TimeZone = 'UTC';

-- in a named zone, whatever the session's: a NULL lookback is none
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL, 'UTC') = crr(customer, at, '[2024-02-01,2024-03-01)') AS no_lookback,
	churn_rate(customer, at, '[2024-02-01,2024-03-01)', '60 days', 'UTC') = churn_rate(customer, at, '[2024-02-01,2024-03-01)', '60 days') AS lookback
FROM orders;
CREATE FUNCTION before(period tstzrange, zone text) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s .. %s', min(at) FILTER (WHERE churn = 1), max(at) FILTER (WHERE churn = 1))
	FROM (SELECT at, churn_rate(at, at, period, NULL, zone) AS churn
		  FROM generate_series(lower(period) - interval '1 year', upper(period) + interval '1 day', '1 hour') at
		  GROUP BY at) s $$;
SELECT before('[2024-03-31 21:00,2024-04-30 21:00)', 'Europe/Vilnius') AS month_of_743_hours,
	before('[2024-03-31 21:00,2024-04-07 21:00)', 'Europe/Vilnius') AS week_of_167_hours,
	before('[2024-03-31 21:00,2024-04-01 21:00)', 'Europe/Vilnius') AS day_of_23_hours;
DROP FUNCTION before(tstzrange, text);

-- as the server's own - does it in a session of that zone: where the windows begin, to the microsecond, for starts at
-- midnights around the changes of the clock and at odd times, in zones where it changes in all manners
CREATE TABLE cases AS SELECT ''::text AS zone, now() AS s, now() AS e, interval '1 day' AS lookback, now() AS s_from, now() AS e_from, true AS given WHERE false;
DO $$DECLARE zone text; BEGIN
	FOR zone IN SELECT unnest(ARRAY['Europe/Vilnius', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Asia/Beirut', 'Pacific/Apia', 'UTC']) LOOP
		PERFORM set_config('TimeZone', zone, true);
		INSERT INTO cases SELECT zone, s, s + length, lookback, s - lookback, s + length - lookback, true
		FROM generate_series(timestamptz '2010-12-01', '2012-01-15', '33 hours') at,
			LATERAL (VALUES (at + interval '0.123457'), (date_trunc('day', at)), (date_trunc('month', at))) t(s),
			(VALUES (interval '1 month', interval '1 month'), ('7 days', '30 days'), ('1 day', '1 mon 1 day 01:30'), ('90 days', '1 day'),
				('1 year', '00:00:00.000001'), ('25:00', '1 year 2 mons -3 days')) l(length, lookback);
		INSERT INTO cases SELECT zone, s, s + length, length, s - length, s, false
		FROM generate_series(date '2010-12-01', '2012-01-15', '1 day') at, LATERAL (SELECT date_trunc('day', at)) t(s),
			(VALUES (interval '1 month'), ('3 months'), ('1 day'), ('7 days')) l(length)
		WHERE (s + length)::date = (s::date + length)::date;
	END LOOP;
END$$;
CREATE FUNCTION rate(one timestamptz, other timestamptz, c cases) RETURNS float8 LANGUAGE sql AS $$
	SELECT crr(1, at, tstzrange(c.s, c.e), CASE WHEN c.given THEN c.lookback END, c.zone) FROM unnest(ARRAY[one, other]) at $$;
SELECT given, count(*) > 10000 AS cases, count(*) FILTER (WHERE rate(s_from, NULL, c) IS NULL) AS s_late,
	count(*) FILTER (WHERE rate(s_from - us, NULL, c) IS NOT NULL) AS s_early,
	count(*) FILTER (WHERE rate(e_from, s - us, c) = 0) AS e_late,
	count(*) FILTER (WHERE rate(e_from - us, s - us, c) <> (s - us >= e_from)::int) AS e_early
FROM cases c, (VALUES (interval '0.000001')) v(us)
WHERE s_from < s AND e_from < e		-- a day before December 31st, 2011, is the same instant in Apia
GROUP BY given ORDER BY given;
DROP FUNCTION rate;
DROP TABLE cases;

-- A period of orders that is not over has no rate yet, not even from its first day; from its end on it has.
CREATE VIEW recent AS
SELECT customer, now() - ago AS at FROM (VALUES (1, interval '40 hours'), (1, '1 hour'), (2, '30 hours')) o(customer, ago);
SELECT crr(customer, at, period) AS over, churn_rate(customer, at, period) AS churn, crr(customer, at, period, '20 hours') AS lookback,
	crr(customer, at, period, NULL, 'UTC') AS zone
FROM recent, tstzrange(now() - interval '24:00', now()) period;
SELECT crr(customer, at, period) AS open, churn_rate(customer, at, period) AS churn, crr(customer, at, period, '20 hours') AS lookback,
	churn_rate(customer, at, period, '20 hours') AS churn_lookback, crr(customer, at, period, NULL, 'UTC') AS zone
FROM recent, tstzrange(now() - interval '24:00', now() + interval '0.000001') period;
SELECT crr(customer, at, period) AS to_come, crr(customer, at, period, '2 days') AS lookback FROM recent, tstzrange(now(), now() + interval '1 month') period;
-- a contract says when it ends
SELECT crr(customer, tstzrange(now() - interval '1 year', now() + stays), period), churn_rate(customer, tstzrange(now() - interval '1 year', now() + stays), period)
FROM (VALUES (1, interval '2 years'), (2, '1 day')) c(customer, stays), tstzrange(now(), now() + interval '1 month') period;
DROP VIEW recent;

-- contracts: active when a range holds the instant
CREATE TABLE contracts (customer int, active tstzrange);
INSERT INTO contracts VALUES
	(1, '[2023-01-01,)'),									-- stays
	(2, '[2023-01-01,2024-03-01)'),							-- ends with the period: lost
	(3, '[2023-01-01,2024-03-01]'),							-- holds its last instant
	(4, '[2023-01-01,2024-02-10)'), (4, '[2024-02-20,)'),	-- a gap, but back in time
	(5, '[2024-02-05,)'),									-- new: not in S
	(6, '(,2024-02-01)'),									-- ended at the start: not in S
	(7, '(2024-02-01,)'),									-- begins after the first instant: not in S
	(8, 'empty'), (9, NULL), (NULL, '(,)'),
	(10, '[2024-02-01,2024-02-02)');						-- in S, lost
-- S = {1, 2, 3, 4, 10}; of them 1, 3 and 4 at the end
SELECT crr(customer, active, '[2024-02-01,2024-03-01)'), churn_rate(customer, active, '[2024-02-01,2024-03-01)')
FROM contracts;
SELECT crr(customer, period(days), '[2024-02-01,2024-03-01)')
FROM (VALUES (1, daterange('2024-01-01', NULL)), (2, daterange('2024-01-01', '2024-03-01'))) c(customer, days);
SELECT crr(customer, active, '[2024-02-01,2024-03-01)') FROM contracts WHERE customer IS NULL;

-- a row that repeats another changes nothing, and neither does DISTINCT
SELECT crr(DISTINCT customer, at, '[2024-02-01,2024-03-01)'), churn_rate(DISTINCT customer, at, '[2024-02-01,2024-03-01)') FROM orders;

-- both metrics of one column are the same counts
SELECT crr + churn_rate = 1 AS complement FROM (
	SELECT crr(customer, at, '[2024-02-01,2024-03-01)'), churn_rate(customer, at, '[2024-02-01,2024-03-01)')
	FROM orders) o;

-- errors
SELECT crr(customer, at, 'empty') FROM orders;
SELECT crr(customer, at, '[2024-02-01,)') FROM orders;
SELECT crr(customer, at, '(,2024-02-01)') FROM orders;
SELECT crr(customer, at, '[2024-02-01,infinity)') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01]') FROM orders;
SELECT crr(customer, at, '(2024-02-01,2024-03-01)') FROM orders;
SELECT crr(customer, at, NULL) FROM orders;
SELECT crr(customer, at, tstzrange(at, at + '1 day')) FROM orders WHERE isfinite(at);
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', '-1 day') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', '0') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL) FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', customer * interval '1 day') FROM orders WHERE customer > 1;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL, NULL) FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', '0', 'UTC') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL, 'Mars/Olympus') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL, CASE customer WHEN 1 THEN 'UTC' ELSE 'Europe/Vilnius' END) FROM orders WHERE customer <= 2;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', CASE customer WHEN 2 THEN interval '0' END, 'UTC') FROM orders WHERE customer <= 2;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', CASE customer WHEN 1 THEN interval '1 month' END, 'UTC') FROM orders WHERE customer <= 2;
SELECT crr(customer, active, 'empty') FROM contracts;
SELECT crr(customer, at, '[4713-01-01 BC,4712-01-01 BC)') FROM orders;
\set VERBOSITY sqlstate
SELECT crr(customer, at, 'empty') FROM orders;
SELECT crr(customer, at, NULL) FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', '0') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL) FROM orders;
SELECT crr(customer, at, '[4713-01-01 BC,4712-01-01 BC)') FROM orders;
SELECT crr(customer, at, '[4713-01-01 BC,4712-01-01 BC)', NULL, 'UTC') FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL, NULL) FROM orders;
SELECT crr(customer, at, '[2024-02-01,2024-03-01)', NULL, 'Mars/Olympus') FROM orders;

DROP FUNCTION before;
DROP TABLE orders;
DROP TABLE contracts;
RESET TimeZone;
