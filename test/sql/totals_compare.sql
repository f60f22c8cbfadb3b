-- retention_totals: equality, hash, order

SET timezone = 'UTC';
CREATE TABLE orders AS SELECT * FROM (VALUES
	(1, '2024-01-10'::timestamptz), (1, '2024-01-11'), (1, '2024-03-01'), (2, '2024-01-20'), (2, '2024-02-20'), (3, '2024-02-05')) o(k, at);
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders) o;

-- equal are the same counts
SELECT t = o AS same, t <> o AS other, retention_totals_hash(t) = retention_totals_hash(o) AS hash, retention_totals_hash_extended(t, 3) = retention_totals_hash_extended(o, 3) AS seeded
FROM x, (SELECT totals(retention_agg('customer ' || k, at, '1 month', 'UTC')) FROM orders) v(o);
SELECT t = o AS same FROM x, (SELECT totals(retention_agg(k, at, '1 month', 'Europe/Vilnius')) FROM orders) v(o);
SELECT count(*) FROM (SELECT t FROM x UNION SELECT t FROM x) u;

-- the latest time counts, too
SELECT t = o AS same, t < o OR t > o AS other FROM x, (SELECT totals(retention_agg(k, at, '1 month', 'UTC')) FROM (TABLE orders UNION ALL SELECT 1, '2024-03-02') o) v(o);

-- an order, which means nothing
CREATE TABLE many AS SELECT i, totals(retention_agg(k, at + i % 7 * interval '1 day', CASE WHEN i % 2 = 0 THEN interval '1 month' ELSE '1 day' END, 'UTC')) AS t
FROM orders, generate_series(1, 60) i WHERE k <= 1 + i % 3 GROUP BY i;
SELECT count(*), count(DISTINCT t), count(DISTINCT t::text) AS texts, (SELECT count(*) FROM (SELECT t FROM many GROUP BY t) g) AS groups FROM many;
SELECT count(*) FILTER (WHERE (a.t < b.t)::int + (a.t = b.t)::int + (a.t > b.t)::int <> 1) AS neither,
	count(*) FILTER (WHERE (a.t <= b.t) <> (a.t < b.t OR a.t = b.t) OR (a.t >= b.t) <> (b.t <= a.t) OR (a.t <> b.t) <> NOT (a.t = b.t)) AS odd,
	count(*) FILTER (WHERE retention_totals_cmp(a.t, b.t) <> -retention_totals_cmp(b.t, a.t)) AS odd_cmp FROM many a, many b;
SELECT count(*) FILTER (WHERE a.t <= b.t AND b.t <= c.t AND NOT a.t <= c.t) AS not_transitive FROM many a, many b, many c;
CREATE TABLE keyed (t retention_totals PRIMARY KEY);
INSERT INTO keyed SELECT t FROM many ON CONFLICT DO NOTHING;
SELECT count(*) FROM keyed;
SET enable_seqscan = off;
SELECT count(*) FROM many m WHERE EXISTS (SELECT FROM keyed k WHERE k.t = m.t);
RESET enable_seqscan;
SELECT bool_and(t > before) AS sorted FROM (SELECT t, lag(t) OVER (ORDER BY t) AS before FROM keyed) o WHERE before IS NOT NULL;

DROP TABLE orders, x, many, keyed;
