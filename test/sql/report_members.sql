-- members: who was new, retained, resurrected, churned in a bucket

SET timezone = 'UTC';
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'Europe/Vilnius') AS s FROM (VALUES
	('a', '2024-01-31 10:00'::timestamptz), ('a', '2024-02-10'), ('a', '2024-03-15'),
	('b', '2024-01-15'), ('b', '2024-03-31 20:59:59.999999'), ('c', '2024-01-31 22:00'), ('d', '2024-01-01'), ('d', '2024-01-02')) o(k, at)) o;

-- nobody has churned in a bucket that has not ended
SELECT m.* FROM (SELECT retention_agg(k, at, '1 year', 'UTC') FROM (VALUES ('gone', now() - interval '1 year'), ('still here', now() - interval '1 year'), ('still here', now()), ('new', now())) v(k, at)) x(o), members(o, now()::date) m
ORDER BY customer;

SELECT period, m.* FROM x, generate_series('2023-12-05'::timestamp, '2024-05-05', '1 month') at, LATERAL (SELECT at::date) d(period), members(s, period) m ORDER BY period, customer;
SELECT count(*) FROM x, members(s, '4714-11-24 BC') a, members(s, '5874897-12-31') b;
SELECT members(s, '2024-02-01') FROM x LIMIT 1;
SELECT * FROM members(NULL::retention_summary, '2024-01-01');
SELECT * FROM x, members(s, '-infinity');

-- a list of buckets, in which some are too far apart for bits
SELECT day, m.* FROM (SELECT retention_agg(1, at, '1 day', 'UTC') AS s FROM unnest('{2024-01-01,2024-01-02,2024-06-01,2024-06-03}'::timestamptz[]) at) o,
	unnest('{2024-01-01,2024-01-02,2024-01-03,2024-01-04,2024-05-31,2024-06-01,2024-06-02,2024-06-03,2024-06-04}'::date[]) day LEFT JOIN LATERAL members(s, day) m ON true ORDER BY day;
DROP TABLE x;
