-- rollup: summaries merged into one

SET timezone = 'UTC';
CREATE TABLE orders AS SELECT * FROM (VALUES
	(1::bigint, '2024-01-10'::timestamptz, 'lt'), (1, '2024-01-11', 'lv'), (1, '2024-03-01', 'lt'), (2, '2024-01-20', 'lv'), (-3, '2024-02-05', 'ee')) o(k, at, country);
CREATE TABLE x AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders;

-- nothing of nothing, one of one, and of what has nothing in common
SELECT rollup(s) IS NULL AS none FROM x WHERE false;
SELECT rollup(v) IS NULL AS none FROM (VALUES (NULL::retention_summary), (NULL)) n(v);
SELECT rollup(v) = max(s::text)::retention_summary AS one FROM x, (SELECT s FROM x UNION ALL SELECT NULL UNION ALL SELECT s FROM x WHERE false) n(v);
SELECT g.* FROM (SELECT rollup(v) FROM (SELECT s FROM x UNION ALL SELECT s FROM x) n(v)) r(s), growth(s) g WHERE period = '2024-01-01';
SELECT rollup(v) FROM (SELECT s FROM x UNION ALL SELECT retention_agg(k, at, '7 days', 'UTC') FROM orders) n(v);
SELECT rollup(v) FROM (SELECT s FROM x UNION ALL SELECT retention_agg(k, at, '1 month', 'Asia/Tokyo') FROM orders) n(v);
SELECT rollup(v) FROM (SELECT s FROM x UNION ALL SELECT retention_agg(k::int, at, '1 month', 'UTC') FROM orders) n(v);
SELECT rollup(v) FROM (SELECT s FROM x UNION ALL SELECT retention_agg(k::numeric, at, '1 month', 'UTC') FROM orders) n(v);
\set VERBOSITY sqlstate
SELECT rollup(v) FROM (SELECT s FROM x UNION ALL SELECT retention_agg(k::int, at, '1 month', 'UTC') FROM orders) n(v);
\set VERBOSITY default
-- orders that are in two summaries count twice: 1 has two in March now
SELECT period, active, repeat_customers FROM growth((SELECT rollup(v) FROM (SELECT s FROM x UNION ALL SELECT retention_agg(k, at, '1 month', 'UTC') FROM orders WHERE at >= '2024-03-01') n(v)));
-- DISTINCT would leave out what two countries have alike, and with it the repeats
SELECT rollup(DISTINCT v) FROM (SELECT s FROM x UNION ALL SELECT s FROM x) n(v);
-- text and varchar are not the same type; their collation does not matter where it does not say what is equal
SELECT customer_count(rollup(v)) FROM (SELECT retention_agg(k::text COLLATE "C", at, '1 month', 'UTC') FROM orders UNION ALL SELECT retention_agg(k::text COLLATE "POSIX", at, '1 month', 'UTC') FROM orders) n(v);

-- one customer a summary, many of them, into few and into many groups
SELECT customer_count(rollup(s)), rollup(s) = (SELECT retention_agg(i % 500, '2024-01-01'::timestamptz + i * interval '1 hour', '1 day', 'UTC') FROM generate_series(1, 3000) i) AS same
FROM (SELECT retention_agg(i % 500, '2024-01-01'::timestamptz + i * interval '1 hour', '1 day', 'UTC') AS s FROM generate_series(1, 3000) i GROUP BY i) o;
SELECT i % 3 AS g, customer_count(rollup(s)) FROM (SELECT i, retention_agg('customer ' || i, '2024-01-01'::timestamptz, '1 day', 'UTC') AS s FROM generate_series(1, 3000) i GROUP BY i) o GROUP BY 1 ORDER BY 1;

-- the functions of the aggregate are of use to nobody else
SELECT rollup_accum(s, s) FROM x;
SELECT rollup_accum(NULL::retention_summary, NULL);
SELECT rollup_final(s) = s AS same FROM x;

DROP TABLE orders, x;
