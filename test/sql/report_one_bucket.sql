-- crr, churn_rate, customer_count: one bucket

SET timezone = 'UTC';
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'Europe/Vilnius') AS s FROM (VALUES
	('a', '2024-01-31 10:00'::timestamptz), ('a', '2024-02-10'), ('a', '2024-03-15'),
	('b', '2024-01-15'), ('b', '2024-03-31 20:59:59.999999'), ('c', '2024-01-31 22:00'), ('d', '2024-01-01'), ('d', '2024-01-02')) o(k, at)) o;

-- by any day of the month, of both types, before and after all
SELECT day, crr(s, day), churn_rate(s, day), customer_count(s, day), crr(t, day), churn_rate(t, day), customer_count(t, day)
FROM x, unnest('{2023-12-31,2024-01-01,2024-01-31,2024-02-01,2024-02-29,2024-03-15,2024-04-01,2024-05-01,4714-11-24 BC,5874897-12-31}'::date[]) day;
SELECT customer_count(s), customer_count(t) FROM x;
SELECT every(g.crr IS NOT DISTINCT FROM crr(s, g.period) AND g.churn_rate IS NOT DISTINCT FROM churn_rate(t, g.period) AND g.active = customer_count(t, g.period))
FROM x, growth(t) g;

-- what is not over has no rate yet
SELECT crr(o, day), churn_rate(o, day), customer_count(o, day), crr(o, day + 365), crr(o, day + 3650)
FROM (SELECT retention_agg(1, at, '1 year', 'UTC') FROM unnest(ARRAY[now(), now() - interval '1 year']) at) x(o), LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date) d(day);
SELECT crr(NULL::retention_totals, date '2024-01-01'), customer_count(NULL::retention_summary) FROM x;

-- infinite days
SELECT crr(s, 'infinity'::date) FROM x;
SELECT customer_count(t, '-infinity'::date) FROM x;

-- a time names no period: which one depends on the zone
\set VERBOSITY sqlstate
SELECT crr(s, now()) FROM x;
\set VERBOSITY default

-- a list of buckets, in which some are too far apart for bits
SELECT day, customer_count(s, day) FROM (SELECT retention_agg(1, at, '1 day', 'UTC') AS s FROM unnest('{2024-01-01,2024-01-02,2024-06-01,2024-06-03}'::timestamptz[]) at) o,
	unnest('{2024-01-01,2024-01-02,2024-01-03,2024-01-04,2024-05-31,2024-06-01,2024-06-02,2024-06-03,2024-06-04}'::date[]) day ORDER BY day;
DROP TABLE x;
