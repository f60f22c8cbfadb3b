-- zones that have the same buckets, under whatever name

SET timezone = 'UTC';
CREATE TABLE orders AS SELECT * FROM (VALUES (1, '2024-01-10'::timestamptz), (1, '2024-02-11'), (2, '2024-01-20'), (3, '2024-02-05'), (3, '2024-02-06')) o(k, at);
CREATE TABLE x AS SELECT zone, k, retention_agg(k, at, '1 month', zone) AS s FROM orders, unnest('{UTC, Etc/UTC, Europe/Paris, Africa/Lagos, Europe/Athens}'::text[]) zone GROUP BY zone, k;

-- one zone with two names; the summary has the name that comes first, whatever the order
SELECT customer_count(up), up = down AS any_order, up = whole AS same
FROM (SELECT rollup(s ORDER BY k), rollup(s ORDER BY k DESC) FROM x WHERE zone = CASE WHEN k = 1 THEN 'UTC' ELSE 'Etc/UTC' END) r(up, down),
	(SELECT rollup(s) FROM x WHERE zone = 'Etc/UTC') w(whole);
SELECT period, new_customers, retained, churned, active, repeat_customers FROM growth((SELECT rollup(s ORDER BY k) FROM x WHERE zone = CASE WHEN k = 1 THEN 'UTC' ELSE 'Etc/UTC' END), '2024-04-01');
SELECT period, new_customers, retained, churned, active, repeat_customers FROM growth((SELECT totals_agg(s ORDER BY k) FROM x WHERE zone = CASE WHEN k = 1 THEN 'UTC' ELSE 'Etc/UTC' END), '2024-04-01');
SELECT a = b AS any_order, a = (SELECT totals_agg(s) FROM x WHERE zone = 'Etc/UTC') AS same
FROM (SELECT totals_agg(s ORDER BY k), totals_agg(s ORDER BY k DESC) FROM x WHERE zone = CASE WHEN k = 1 THEN 'UTC' ELSE 'Etc/UTC' END) t(a, b);

-- two zones that keep the same time in winter
SELECT rollup(s) = (SELECT rollup(s) FROM x WHERE zone = 'Africa/Lagos') AS same FROM x WHERE zone = CASE WHEN k = 1 THEN 'Africa/Lagos' ELSE 'Europe/Paris' END;
-- ... and not in summer: from January to June they are two, whichever comes first
SELECT rollup(v ORDER BY i) FROM (SELECT k, s FROM x WHERE zone = 'Africa/Lagos' UNION ALL SELECT 4, retention_agg(4, '2024-06-15'::timestamptz, '1 month', 'Europe/Paris')) n(i, v);
SELECT rollup(v ORDER BY i DESC) FROM (SELECT k, s FROM x WHERE zone = 'Africa/Lagos' UNION ALL SELECT 4, retention_agg(4, '2024-06-15'::timestamptz, '1 month', 'Europe/Paris')) n(i, v);
SELECT totals_agg(v ORDER BY i) FROM (SELECT k, s FROM x WHERE zone = 'Africa/Lagos' UNION ALL SELECT 4, retention_agg(4, '2024-06-15'::timestamptz, '1 month', 'Europe/Paris')) n(i, v);

-- other buckets
SELECT rollup(s) FROM x WHERE zone IN ('UTC', 'Europe/Athens');
SELECT totals_agg(s) FROM x WHERE zone = CASE WHEN k = 1 THEN 'UTC' ELSE 'Europe/Athens' END;

DROP TABLE orders, x;
