-- retention_totals: input and output, totals, totals_agg

SET timezone = 'UTC';
CREATE TABLE orders AS SELECT * FROM (VALUES
	(1, '2024-01-10'::timestamptz), (1, '2024-01-11'), (1, '2024-03-01'), (2, '2024-01-20'), (2, '2024-02-20'), (3, '2024-02-05')) o(k, at);
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders) o;

-- the text form is the binary one in base64: version, size of the identity, first and last bucket, latest time, customers, largest summary, cells; bucket, until when they know, zone;
-- and for each cell the distance from the one before and its customers.  Cells are seen (cohort x bucket), last (cohort x bucket), retained, repeated.
SELECT t FROM x;
WITH cells(kind, cohort, bucket, customers) AS (VALUES (0, 0, 0, 2), (0, 0, 1, 1), (0, 0, 2, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 0, 2, 1), (1, 1, 1, 1), (2, 0, 1, 1), (3, 0, 0, 1)),
	numbers AS (SELECT (kind * 16384 + cohort) * 16384 + bucket AS n, customers FROM cells),
	steps AS (SELECT n, n - lag(n, 1, 0) OVER (ORDER BY n) AS step, customers FROM numbers),
	septets AS (SELECT n, customers, step, CASE WHEN step < 128 THEN 1 WHEN step < 16384 THEN 2 WHEN step < 2097152 THEN 3 ELSE 4 END AS bytes FROM steps)
SELECT retention_totals_send(t) = decode('01 0003 00000120 00000122 ' || encode(int8send(extract(epoch FROM timestamptz '2024-03-01' - '2000-01-01')::bigint * 1000000), 'hex')
	|| ' 0000000000000003 0000000000000000 00000009 00000001 00000000 00000000 7fffffffffffffff' || encode('UTC', 'hex')
	|| (SELECT string_agg((SELECT string_agg(lpad(to_hex((step >> 7 * i) & 127 | CASE WHEN i < bytes - 1 THEN 128 ELSE 0 END), 2, '0'), '' ORDER BY i)
		FROM generate_series(0, bytes - 1) i) || lpad(to_hex(customers), 2, '0'), '' ORDER BY n) FROM septets), 'hex') AS by_hand FROM x;
SELECT t::text::retention_totals = t AS same, t::text::retention_totals::text = t::text AS same FROM x;

-- totals_agg: a customer at a time
SELECT totals_agg(c.s) = max(t::text)::retention_totals AS same FROM x, (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders GROUP BY k) c;
SELECT totals_agg(x.s) = max(t::text)::retention_totals AS alone FROM x;
SELECT totals_agg(s) IS NULL AS none FROM x WHERE false;
SELECT totals_agg(v) IS NULL AS none FROM (VALUES (NULL::retention_summary), (NULL)) n(v);
SELECT totals_agg(v.s) FROM (SELECT s FROM x UNION ALL SELECT s FROM x) v;
SELECT totals_agg(v.s) FROM (SELECT retention_agg(9, now(), '1 month', 'UTC') AS s UNION ALL SELECT s FROM x) v;
SELECT totals_agg(v.s) FROM (SELECT s FROM x UNION ALL SELECT retention_agg(9, now(), '1 month', 'UTC') AS s) v;
SELECT totals_agg(s) FROM (SELECT retention_agg(k, at, k * interval '1 month', 'UTC') AS s FROM orders GROUP BY k ORDER BY k) c;
SELECT totals_agg(s) FROM (SELECT retention_agg(k, at, '1 month', CASE k WHEN 1 THEN 'UTC' ELSE 'Asia/Tokyo' END) AS s FROM orders GROUP BY k ORDER BY k) c;
SELECT totals_agg(DISTINCT s) FROM x;
-- ... of any type, which counts do not remember
SELECT customer_count(totals_agg(v.s)) FROM (SELECT retention_agg(9, now(), '1 month', 'UTC') AS s UNION ALL SELECT retention_agg('a'::text, now(), '1 month', 'UTC')) v;

-- too many buckets, whichever comes first
SELECT totals(retention_agg(k, at, '1 day', 'UTC')) FROM (VALUES (1, timestamptz '2025-03-01'), (2, '1970-01-02')) o(k, at);
SELECT totals(retention_agg(k, at, '1 day', 'UTC')) FROM (VALUES (2, timestamptz '2025-03-01'), (1, '1970-01-02')) o(k, at);
SELECT count(*) FROM cohorts((SELECT retention_agg(k, at, '1 day', 'UTC') FROM (VALUES (1, timestamptz '2025-03-01'), (2, '1970-01-02')) o(k, at)));
SELECT count(*) FROM retention_curve((SELECT retention_agg(k, at, '1 day', 'UTC') FROM (VALUES (1, timestamptz '2025-03-01'), (2, '1970-01-02')) o(k, at)));
SELECT totals_agg(s ORDER BY k) FROM (SELECT k, retention_agg(k, at, '1 day', 'UTC') AS s FROM (VALUES (1, timestamptz '2025-03-01'), (2, '1970-01-02')) o(k, at) GROUP BY k) c;
SELECT totals_agg(s ORDER BY k DESC) FROM (SELECT k, retention_agg(k, at, '1 day', 'UTC') AS s FROM (VALUES (1, timestamptz '2025-03-01'), (2, '1970-01-02')) o(k, at) GROUP BY k) c;

-- kilobytes, whatever the number of customers
SELECT customer_count(t), pg_column_size(t) < 3000 AS small FROM (SELECT totals(retention_agg(hashint4(i) % 20000, '2022-01-01'::timestamptz + i * interval '17 minutes', '1 month', 'UTC')) AS t FROM generate_series(1, 50000) i) o;

-- too many buckets
SELECT totals(retention_agg(1, at, '1 day', 'UTC')) FROM unnest('{1970-01-01,2024-01-01}'::timestamptz[]) at;
SELECT totals_agg(s) FROM (SELECT retention_agg(y, make_timestamptz(y, 1, 1, 0, 0, 0), '1 day', 'UTC') AS s FROM unnest('{2000,1970,2024}'::int[]) y GROUP BY y) c;
\set VERBOSITY sqlstate
SELECT totals(retention_agg(1, at, '1 day', 'UTC')) FROM unnest('{1970-01-01,2024-01-01}'::timestamptz[]) at;
SELECT totals_agg(v.s) FROM (SELECT s FROM x UNION ALL SELECT s FROM x) v;
\set VERBOSITY default

-- an aggregate of one's own over the same functions, from a first value on
DO $$
BEGIN
	EXECUTE format('CREATE AGGREGATE totals_from(retention_summary) (SFUNC = totals_accum, STYPE = retention_totals, INITCOND = %L)', (SELECT totals(retention_agg(0, '2024-02-01'::timestamptz, '1 month', 'UTC'))));
	EXECUTE format('CREATE AGGREGATE totals_sum(retention_totals) (SFUNC = totals_combine, STYPE = retention_totals, INITCOND = %L)', (SELECT totals(retention_agg(0, '2024-02-01'::timestamptz, '1 month', 'UTC'))));
END
$$;
SELECT period, new_customers, retained FROM (SELECT totals_from(s) FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders GROUP BY k) c) r(t), growth(t);
SELECT period, new_customers, retained FROM (SELECT totals_sum(t) FROM (SELECT totals(retention_agg(k, at, '1 month', 'UTC')) AS t FROM orders GROUP BY k) c) r(t), growth(t);
SELECT totals_from(s) FROM x;
DROP AGGREGATE totals_from(retention_summary);
DROP AGGREGATE totals_sum(retention_totals);

-- what is not one: no base64, cut off, longer, counts that no customers can have
SELECT ''::retention_totals;
SELECT 'no base64 at all'::retention_totals;
SELECT left(t::text, -4)::retention_totals FROM x;
SELECT (t::text || 'AAAA')::retention_totals FROM x;
CREATE FUNCTION changed(t retention_totals, place int, other text) RETURNS retention_totals LANGUAGE sql
	RETURN replace(encode(overlay(retention_totals_send(t) PLACING decode(other, 'hex') FROM place + 1), 'base64'), E'\n', '')::retention_totals;
SELECT changed(t, 0, '02') FROM x;
SELECT changed(t, 26, '04') FROM x;
SELECT changed(t, 63, '03') FROM x;
SELECT changed(t, 65, '03') FROM x;
SELECT changed(t, 39, '00000000') FROM x;
SELECT changed(t, 59, '58') FROM x;
SELECT growth(changed(t, 3, '0000012000000123')) FROM x;
-- ... a latest time that is more than a day before the last bucket, or is none at all; it may be later, as contracts end after the last bucket
-- whose end they hold
SELECT changed(t, 11, encode(int8send(extract(epoch FROM timestamptz '2024-02-28 23:59' - '2000-01-01')::bigint * 1000000), 'hex')) FROM x;
SELECT changed(t, 11, encode(int8send(extract(epoch FROM timestamptz '2024-04-03' - '2000-01-01')::bigint * 1000000), 'hex')) = t AS same FROM x;
SELECT changed(t, 11, '7fffffffffffffff') FROM x;
SELECT count(*) FROM x, growth(changed(t, 11, encode(int8send(extract(epoch FROM timestamptz '2024-03-31 23:59' - '2000-01-01')::bigint * 1000000), 'hex')));
DROP FUNCTION changed(retention_totals, int, text);

SELECT totals_accum(t, s) FROM x;
SELECT totals_combine(NULL::retention_totals, NULL);
SELECT totals_final(t) = t AS same FROM x;
DROP TABLE orders, x;
