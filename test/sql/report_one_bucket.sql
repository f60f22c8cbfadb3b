-- crr, churn_rate, customer_count, members: one bucket

SET timezone = 'UTC';
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'Europe/Vilnius') AS s FROM (VALUES
	('a', '2024-01-31 10:00'::timestamptz), ('a', '2024-02-10'), ('a', '2024-03-15'),
	('b', '2024-01-15'), ('b', '2024-03-31 20:59:59.999999'), ('c', '2024-01-31 22:00'), ('d', '2024-01-01'), ('d', '2024-01-02')) o(k, at)) o;

-- by any day of the month, by any instant, of both types, before and after all
SELECT day, crr(s, day), churn_rate(s, day), customer_count(s, day), crr(t, day), churn_rate(t, day), customer_count(t, day)
FROM x, unnest('{2023-12-31,2024-01-01,2024-01-31,2024-02-01,2024-02-29,2024-03-15,2024-04-01,2024-05-01,4714-11-24 BC,5874897-12-31}'::date[]) day;
SELECT at, crr(s, at), churn_rate(s, at), customer_count(s, at), crr(t, at) = crr(s, at) AS same, customer_count(t, at) = customer_count(s, at) AS same
FROM x, unnest('{2023-12-31 22:00,2024-01-31 21:59:59.999999,2024-01-31 22:00,2024-03-31 20:59:59.999999,2024-03-31 21:00,2024-05-01}'::timestamptz[]) at;
SELECT customer_count(s), customer_count(t) FROM x;
SELECT every(g.crr IS NOT DISTINCT FROM crr(s, g.period) AND g.churn_rate IS NOT DISTINCT FROM churn_rate(t, g.period) AND g.active = customer_count(t, g.period))
FROM x, growth(t) g;

-- what is not over has no rate yet
SELECT crr(o, now()), churn_rate(o, now()), customer_count(o, now()), crr(o, now() + interval '1 year'), crr(o, now() + interval '10 years')
FROM (SELECT retention_agg(1, at, '1 year', 'UTC') FROM unnest(ARRAY[now(), now() - interval '1 year']) at) x(o);
-- ... and nobody is lost
SELECT m.* FROM (SELECT retention_agg(k, at, '1 year', 'UTC') FROM (VALUES ('gone', now() - interval '1 year'), ('still here', now() - interval '1 year'), ('still here', now()), ('new', now())) v(k, at)) x(o), members(o, now()::date) m
ORDER BY customer;

SELECT period, m.* FROM x, generate_series('2023-12-05'::timestamp, '2024-05-05', '1 month') at, LATERAL (SELECT at::date) d(period), members(s, period) m ORDER BY period, customer;
SELECT count(*) FROM x, members(s, '4714-11-24 BC') a, members(s, '5874897-12-31') b;
SELECT members(s, '2024-02-01') FROM x LIMIT 1;
SELECT * FROM members(NULL, '2024-01-01');
SELECT crr(NULL::retention_totals, date '2024-01-01'), customer_count(NULL::retention_summary) FROM x;

-- infinite days
SELECT crr(s, 'infinity'::date) FROM x;
SELECT customer_count(t, '-infinity'::timestamptz) FROM x;
SELECT * FROM x, members(s, '-infinity');

-- a list of buckets, in which some are too far apart for bits
SELECT day, customer_count(s, day), m.* FROM (SELECT retention_agg(1, at, '1 day', 'UTC') AS s FROM unnest('{2024-01-01,2024-01-02,2024-06-01,2024-06-03}'::timestamptz[]) at) o,
	unnest('{2024-01-01,2024-01-02,2024-01-03,2024-01-04,2024-05-31,2024-06-01,2024-06-02,2024-06-03,2024-06-04}'::date[]) day LEFT JOIN LATERAL members(s, day) m ON true ORDER BY day;
DROP TABLE x;
