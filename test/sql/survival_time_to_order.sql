-- time_to_order
SET intervalstyle = 'postgres';
SET timezone = 'UTC';
SET extra_float_digits = -3;
CREATE TABLE orders (k int, at timestamptz);
INSERT INTO orders VALUES (1, '2024-01-05'), (1, '2024-01-02'), (1, '2024-01-09'), (2, '2024-01-03'), (3, '2024-01-04'), (3, '2024-01-04'), (4, '2024-01-10'), (4, '2024-01-20'),
	(5, '2024-02-01'), (NULL, '2024-01-01'), (6, NULL);

-- 1: after 3 days; 2 has waited for 17; 3: at once; 4: not before as_of, and has waited for 10; 5 comes later
SELECT elapsed, events, censored FROM survival_curve((SELECT time_to_order(k, at, 2, '2024-01-20') FROM orders)) WHERE events + censored > 0;
SELECT time_to_order(k, at, 2, '2024-01-20') =
	(SELECT survival_agg(d, h, w) FROM (VALUES (interval '3 days', true, interval '18 days'), ('17 days', false, '17 days'), ('0', true, '16 days'), ('10 days', false, NULL)) r(d, h, w)) AS same
FROM orders;
-- the third: 1 after 7 days; the others have waited
SELECT elapsed, events, censored FROM survival_curve((SELECT time_to_order(k, at, 3, '2024-01-20') FROM orders)) WHERE events + censored > 0;
SELECT nth, h.* FROM generate_series(2, 5) nth, LATERAL (SELECT time_to_order(k, at, nth, '2024-01-20') FROM orders) t(s), happened_within(s, '7 days 00:00:01') h;

-- until now
SELECT time_to_order(k, at) = time_to_order(k, at, 2) AND time_to_order(k, at) = time_to_order(k, at, 2, now()) AS same FROM orders;
SELECT time_to_order(k, at, 3) = time_to_order(k, at, 3, now()) AS same FROM orders;
SELECT elapsed, events, censored FROM survival_curve((SELECT time_to_order(k, at) FROM (VALUES (1, now() - interval '5 hours'), (1, now() - interval '2 hours'), (2, now() - interval '4 hours'), (2, now()), (3, now() + interval '1 day')) o(k, at)), '1 hour')
WHERE events + censored > 0;

-- keys of other types, and a group for each
SELECT count(*) FROM orders, LATERAL (VALUES (k::text), ('customer number ' || k)) t(name) HAVING time_to_order(name, at, 2, '2024-01-20') IS NOT NULL;
SELECT time_to_order(k::text, at, 3, '2024-01-20') = time_to_order(k, at, 3, '2024-01-20') AND time_to_order(md5(k::text)::uuid, at, 2, '2024-01-20') = time_to_order(k::numeric, at, 2, '2024-01-20') AS same FROM orders;
SELECT k, s.* FROM (SELECT k, time_to_order(k, at, 2, '2024-03-01') FROM orders GROUP BY k) g(k, x), LATERAL (SELECT max(elapsed), sum(events), sum(censored) FROM survival_curve(x)) s ORDER BY k;

-- nobody
SELECT time_to_order(k, at, 2, '2023-01-01'), time_to_order(k, at, 3, '2023-01-01'), time_to_order(NULL::int, at), time_to_order(k, NULL) FROM orders;
SELECT time_to_order(k, at) FROM orders WHERE false;

-- parameters
SELECT time_to_order(k, at, 1) FROM orders;
SELECT time_to_order(k, at, NULL) FROM orders;
SELECT time_to_order(k, at, 2, NULL) FROM orders;
SELECT time_to_order(k, at, k) FROM orders WHERE k > 1;
SELECT time_to_order(k, at, 2, at) FROM orders WHERE k = 1;
SELECT time_to_order(k, at, 2, 'infinity') FROM orders;
SELECT time_to_order(k, 'infinity') FROM orders;
SELECT time_to_order(DISTINCT k, at) FROM orders;
SELECT time_to_order(point(k, k), at) FROM orders;
SELECT time_to_order(k, at, 2, '294276-12-31') FROM (VALUES (1, timestamptz '4713-01-01 BC')) o(k, at);
SELECT time_to_order(k, at, 2, '294276-12-31') IS NOT NULL AS far FROM (VALUES (1, timestamptz '2024-01-01'), (1, '200000-01-01')) o(k, at);

-- as a window: the rows so far
SELECT k, at, (SELECT string_agg(elapsed || ': ' || events || ' and ' || censored, ', ') FROM survival_curve(x) WHERE events + censored > 0) AS events_and_others
FROM (SELECT k, at, time_to_order(k, at, 2, '2024-01-20') OVER (ORDER BY at, k) AS x FROM orders WHERE k < 5) w;

-- many orders of each: from the first to the hundredth there are 99 days, in whichever order they come
SELECT bool_and(elapsed = '99 days') AS right, sum(events) FROM survival_curve((SELECT time_to_order(k, timestamptz '2024-01-01' + i * 89 % 211 * interval '1 day', 100, '2025-01-01')
	FROM generate_series(0, 210) i, generate_series(1, 50) k)) WHERE events > 0;
DROP TABLE orders;
