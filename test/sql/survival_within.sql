-- happened_within
SET intervalstyle = 'postgres';
SET extra_float_digits = -3;

-- Ten old customers, of whom three came back within ten days, and ten who are three days old, of whom the two quick ones did.
CREATE TABLE orders (k int, at timestamptz);
INSERT INTO orders SELECT i, '2024-01-01Z' FROM generate_series(1, 10) i;
INSERT INTO orders VALUES (1, '2024-01-03Z'), (2, '2024-01-09Z'), (3, '2024-01-10 23:59:59Z'), (4, '2024-01-11Z'), (5, '2024-02-20Z');
INSERT INTO orders SELECT i, '2024-03-01Z' FROM generate_series(11, 20) i;
INSERT INTO orders VALUES (11, '2024-03-02Z'), (12, '2024-03-03Z'), (13, '2024-03-04Z'), (14, '2024-03-05Z');
CREATE TABLE x AS SELECT time_to_order(k, at, 2, '2024-03-04Z') AS s FROM orders;
SELECT h.* FROM x, happened_within(s, '10 days') h;
SELECT d, h.eligible, h.happened FROM x, unnest('{0,1 us,1 day,2 days,2 days 00:00:00.000001,3 days,3 days 00:00:00.000001,9 days,10 days,10 days 00:00:00.000001,50 days,63 days,64 days}'::interval[]) d,
	happened_within(s, d) h;
-- the same by hand
SELECT count(*), count(*) FILTER (WHERE d <> (SELECT count(*)::text || ' ' || count(*) FILTER (WHERE second < first + w)
	FROM (SELECT min(at) AS first, (array_agg(at ORDER BY at))[2] AS second FROM orders WHERE at < '2024-03-04Z' GROUP BY k) c WHERE first + w <= '2024-03-04Z')) AS different
FROM x, generate_series(0, 280) i, LATERAL (VALUES (i * interval '6 hours')) v(w), happened_within(s, w) h, LATERAL (SELECT h.eligible || ' ' || h.happened) l(d);

-- how long those were watched to whom it happened must be known, of each
SELECT happened_within(survival_agg('3 days', true), '10 days');
SELECT happened_within((SELECT survival_agg(d, true, w) FROM (VALUES (interval '3 days', interval '5 days'), ('3 days', NULL)) r(d, w)), '10 days');
SELECT * FROM happened_within((SELECT survival_agg(d, h, w) FROM (VALUES (interval '3 days', true, interval '50 days'), ('3 days', true, '5 days'), ('10 days', false, NULL), ('9 days', false, '9 days')) r(d, h, w)), '10 days');
-- nobody to whom it happened; nobody was watched for so long
SELECT * FROM happened_within((SELECT survival_agg('3 days', false)), '3 days');
SELECT * FROM happened_within((SELECT survival_agg('3 days', false)), '4 days');
SELECT * FROM happened_within(NULL, '4 days');
SELECT happened_within(s, '1 month') FROM x;
SELECT happened_within(s, '-1 day') FROM x;
DROP TABLE orders, x;
