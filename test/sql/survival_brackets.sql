-- bracket_retention
SET intervalstyle = 'postgres';
SET timezone = 'UTC';
SET extra_float_digits = -3;
CREATE TABLE orders (k int, at timestamptz);
INSERT INTO orders VALUES (1, '2024-01-01'), (1, '2024-01-04'), (1, '2024-01-20'), (2, '2024-01-10 12:00'), (2, '2024-01-05'), (3, '2024-01-02'), (3, '2024-01-02'), (3, '2024-01-09'),
	(4, '2024-01-25'), (4, '2024-01-26'), (5, '2024-01-08'), (5, '2024-01-31'), (6, '2024-02-01'), (NULL, '2024-01-01'), (7, NULL);

-- as of 31 January 1 to 3 are old enough for 7 to 20 days, and 5; 4 is not even for 0 to 7; the last order of 5 is too late, and so is 6
SELECT b.* FROM (SELECT bracket_retention(k, at, '{0,7 days,20 days,29 days}', '2024-01-31') FROM orders) r(a), unnest(a) b;
-- the bounds: from the start on, before the end
SELECT b.from_age, b.until_age, b.retained FROM (SELECT bracket_retention(k, at, '{2 days,3 days,4 days,19 days,19 days 00:00:00.000001}', '2024-01-31') FROM orders WHERE k = 1) r(a), unnest(a) b;
SELECT b.until_age, b.eligible FROM (SELECT bracket_retention(k, at, '{1 day,30 days,30 days 00:00:00.000001}', '2024-01-31') FROM orders WHERE k = 1) r(a), unnest(a) b;
-- from 0 on it is happened_within of the second order
SELECT b.until_age, b.eligible, b.retained, (b.eligible, b.retained, b.rate, b.low, b.high) = (h.eligible, h.happened, h.rate, h.low, h.high) AS same
FROM unnest('{1 hour,3 days,6 days,7 days,30 days}'::interval[]) until, LATERAL (SELECT bracket_retention(k, at, ARRAY['0', until], '2024-01-31'), time_to_order(k, at, 2, '2024-01-31') FROM orders) r(a, s),
	unnest(a) b, happened_within(s, until) h;

-- groups, and keys of another type
SELECT k, (SELECT string_agg(retained || ' of ' || eligible, ', ') FROM unnest(a)) FROM (SELECT k, bracket_retention('customer number ' || k, at, '{0,7 days,20 days}', '2024-01-31') FROM orders GROUP BY k) g(k, a) ORDER BY k;
-- nobody
SELECT bracket_retention(k, at, '{0,1 day}', '2023-01-01'), bracket_retention(NULL::int, at, '{0,1 day}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{0,1 day}', '2023-01-01') FROM orders WHERE false;

-- 63 brackets, of many customers with many orders: customer k orders every k days
SELECT count(*), bool_and(b.eligible = 50) AS all, bool_and(b.retained = (SELECT count(*) FROM generate_series(1, 50) k WHERE extract(day FROM b.from_age)::int % k = 0 AND b.from_age > '0')) AS right
FROM (SELECT bracket_retention(k, timestamptz '2024-01-01' + i * k * interval '1 day', (SELECT array_agg(d * interval '1 day' ORDER BY d) FROM generate_series(0, 63) d), '2025-01-01')
	FROM generate_series(1, 50) k, generate_series(0, 300) i) r(a), unnest(a) b;

-- parameters
SELECT bracket_retention(k, at, '{}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{1 day}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{{0,1 day},{2 days,3 days}}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, array_fill(interval '1 day', ARRAY[65]), '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{0,1 day,NULL}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{0,1 day,24 hours}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{-1 day,1 day}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{0,1 month}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, NULL, '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, '{0,1 day}', NULL) FROM orders;
SELECT bracket_retention(k, at, '{0,1 day}', 'infinity') FROM orders;
SELECT bracket_retention(k, '-infinity', '{0,1 day}', '2024-01-31') FROM orders;
SELECT bracket_retention(k, at, ARRAY['0', k * interval '1 day'], '2024-01-31') FROM orders WHERE k > 0;
SELECT bracket_retention(k, at, '{0,1 day}', at + interval '1 year') FROM orders;
SELECT bracket_retention(DISTINCT k, at, '{0,1 day}', '2024-01-31') FROM orders;
-- the same bounds in other words are the same
SELECT cardinality(bracket_retention(k, at, CASE WHEN k > 2 THEN '{0,1 day}'::interval[] ELSE '{0,24 hours}' END, '2024-01-31')) FROM orders;
DROP TABLE orders;
