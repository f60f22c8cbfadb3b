-- Customers are the same when their type says so.

CREATE TYPE loyalty AS ENUM ('new', 'regular', 'gold');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN account AS bigint;
CREATE TYPE till AS (shop int, receipt text);

-- every one of these columns holds two customers, the first of them twice
SELECT
	customer_count(i2) AS int2, customer_count(i4) AS int4, customer_count(i8) AS int8,
	customer_count(u) AS uuid, customer_count(t) AS text, customer_count(c) AS char,
	customer_count(v) AS varchar, customer_count(ch) AS "char", customer_count(b) AS bool,
	customer_count(d) AS date, customer_count(ts) AS timestamptz, customer_count(e) AS enum,
	customer_count(em) AS domain, customer_count(ac) AS bigint_domain
FROM (VALUES
	(1::int2, 1, 1::int8, '00000000-0000-0000-0000-000000000001'::uuid, 'ann', 'ann'::char(5), 'ann'::varchar,
	 'a'::"char", true, date '2024-01-01', timestamptz '2024-01-01', 'new'::loyalty, 'a@x'::email, 1::account),
	(1, 1, 1, '00000000-0000-0000-0000-000000000001', 'ann', 'ann', 'ann',
	 'a', true, '2024-01-01', '2024-01-01', 'new', 'a@x', 1),
	(-1, -1, -1, '10000000-0000-0000-0000-000000000001', 'Ann', 'Ann', 'Ann',
	 'A', false, '2024-01-02', '2024-01-02', 'gold', 'A@x', -1)
) AS o(i2, i4, i8, u, t, c, v, ch, b, d, ts, e, em, ac);

SELECT
	customer_count(n) AS numeric, customer_count(f) AS float8, customer_count(f4) AS float4,
	customer_count(ch) AS padded, customer_count(r) AS composite,
	customer_count(a) AS array, customer_count(j) AS jsonb, customer_count(by) AS bytea,
	customer_count(na) AS name, customer_count(iv) AS interval, customer_count(ne) AS inet,
	customer_count(tr) AS range
FROM (VALUES
	(1.0, '0'::float8, 'NaN'::float4, 'a '::char(3), ROW(1, 'x')::till, ARRAY[1, 2], '{"a": 1, "b": 2}'::jsonb,
	 '\x01'::bytea, 'ann'::name, interval '1 month', inet '10.0.0.1', int4range(1, 3)),
	(1.00, '-0', 'NaN', 'a', ROW(1, 'x')::till, ARRAY[1, 2], '{"b": 2, "a": 1}',
	 '\x01', 'ann', interval '30 days', '10.0.0.1', int4range(1, 2, '[]')),
	(1.01, '1', '1', 'b', ROW(1, NULL)::till, ARRAY[2, 1], '{}',
	 '\x0100', 'Ann', interval '1 day', '10.0.0.2', 'empty')
) AS o(n, f, f4, ch, r, a, j, by, na, iv, ne, tr);

-- empty and very long keys, compressed and short ones
SELECT customer_count(k), repeat_rate(k) FROM (
	SELECT repeat('x', n) FROM unnest(ARRAY[0, 1, 126, 127, 128, 3000, 5000, 100000, 100001]) n
	CROSS JOIN generate_series(1, 2)) o(k);

-- ids that end in digits, around the 15 bytes that a key holds itself
SELECT f, customer_count(format(f, lpad(i::text, 9, '0'))), repeat_rate(format(f, lpad(i::text, 9, '0')))
FROM unnest(ARRAY['%s', 'C%s', 'user-%s', 'shop:%s', 'client%s', 'client-%s', 'customer %s']) f,
	generate_series(1, 3000) i, generate_series(1, 2)
GROUP BY f ORDER BY length(f), f COLLATE "C";
SELECT customer_count(k), repeat_rate(k) FROM (VALUES ('a'), ('a'), (E'a\001'), ('a '), ('')) o(k);
SELECT customer_count(k), repeat_rate(k) FROM (VALUES ('\x'::bytea), ('\x00'), ('\x0000'), ('\x00')) o(k);

-- long keys in a large map do not fit a batch
SELECT customer_count(k), repeat_rate(k) FROM (
	SELECT CASE WHEN i % 1000 = 0 THEN repeat(i::text, 2000) ELSE i::text END
	FROM generate_series(1, 20000) i CROSS JOIN generate_series(1, 2)) o(k);

-- the key of a table row that is gone by the time of the final function
CREATE TABLE toasted (k text);
ALTER TABLE toasted ALTER k SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT repeat(i::text, 5000) FROM generate_series(1, 30) i, generate_series(1, 2);
SELECT customer_count(k), repeat_rate(k) FROM toasted;
DROP TABLE toasted;

-- no hash function, no type, no collation
SELECT customer_count('(1,2)'::point);
SELECT customer_count(ROW(1));
SELECT customer_count(ARRAY['(1,2)'::point]);
SELECT crr('(1,2)'::point, now(), '[2024-01-01,2024-02-01)');
SELECT customer_count(a || b) FROM (VALUES ('a' COLLATE "C", 'b' COLLATE "POSIX")) v(a, b);
\set VERBOSITY sqlstate
SELECT customer_count('(1,2)'::point);
\set VERBOSITY default

DROP DOMAIN email;
DROP DOMAIN account;
DROP TYPE loyalty;
DROP TYPE till;
