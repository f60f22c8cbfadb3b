-- retention_summary: equality, hash, order

SET timezone = 'UTC';
CREATE TABLE orders AS SELECT * FROM (VALUES
	(1::bigint, '2024-01-10'::timestamptz, 'lt'), (1, '2024-01-11', 'lv'), (1, '2024-03-01', 'lt'), (2, '2024-01-20', 'lv'), (-3, '2024-02-05', 'ee')) o(k, at, country);
CREATE TABLE x AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders;

-- equal are the same customers in the same buckets, however they got in
SELECT s = m AS same, s <> m AS other, retention_summary_hash(s) = retention_summary_hash(m) AS hash,
	retention_summary_hash_extended(s, 7) = retention_summary_hash_extended(m, 7) AS seeded,
	retention_summary_hash_extended(s, 7) = retention_summary_hash_extended(m, 8) AS seeds, (s::text = m::text) AS bytes
FROM x, (SELECT rollup(c ORDER BY country) FROM (SELECT country, retention_agg(k, at, '1 month', 'UTC') AS c FROM orders GROUP BY country) c) r(m);
SELECT what, s = o AS same FROM x, (VALUES
	('twice or more is twice', (SELECT retention_agg(k, at, '1 month', 'UTC') FROM (TABLE orders UNION ALL SELECT * FROM orders WHERE at = '2024-01-11') o)),
	('once more', (SELECT retention_agg(k, at, '1 month', 'UTC') FROM (TABLE orders UNION ALL SELECT * FROM orders WHERE k = 2) o)),
	('one less', (SELECT retention_agg(k, at, '1 month', 'UTC') FROM orders WHERE k <> 2)),
	('a month later', (SELECT retention_agg(k, at + interval '1 month', '1 month', 'UTC') FROM orders)),
	('another bucket', (SELECT retention_agg(k, at, '30 days', 'UTC') FROM orders)),
	('another zone', (SELECT retention_agg(k, at, '1 month', 'Europe/Vilnius') FROM orders)),
	('another type', (SELECT retention_agg(k::int, at, '1 month', 'UTC') FROM orders))) v(what, o);
SELECT count(*), count(DISTINCT s::text) FROM (SELECT s FROM x UNION SELECT s FROM x UNION SELECT retention_agg(1, now(), '1 day')) u;
SELECT count(*) FROM x a JOIN x b ON a.s = b.s;

-- numbers that are equal but written differently, in an order that hashing decides
SELECT a = b AS same, retention_summary_hash(a) = retention_summary_hash(b) AS hash, totals(a) = totals(b) AS totals, a::text = b::text AS bytes
FROM (SELECT retention_agg(i::numeric, '2024-01-01'::timestamptz, '1 month', 'UTC') FROM generate_series(1, 200) i) x(a),
	(SELECT retention_agg((i || '.' || repeat('0', i % 5))::numeric, '2024-01-01'::timestamptz, '1 month', 'UTC') FROM generate_series(200, 1, -1) i) y(b);

-- the latest time counts, too: what a report as of a past day can tell depends on it
SELECT s = o AS same, s < o OR s > o AS other FROM x, (SELECT retention_agg(k, at, '1 month', 'UTC') FROM (TABLE orders UNION ALL SELECT -3, '2024-03-02', 'ee' EXCEPT SELECT 1, '2024-03-01', 'lt') o) v(o);

-- an order, which means nothing: of numbers, of text, of numerics that are written differently
CREATE TABLE many AS SELECT i, retention_agg(k, at + i % 7 * interval '1 day', CASE WHEN i % 2 = 0 THEN interval '1 month' ELSE '1 day' END, 'UTC') AS s
FROM orders, generate_series(1, 20) i WHERE k <= 1 + i % 3 GROUP BY i
UNION ALL SELECT i, retention_agg('c' || k, at, '1 month', 'UTC') FROM orders, generate_series(21, 25) i WHERE k <> 1 + i % 2 GROUP BY i
UNION ALL SELECT i, retention_agg((k || '.' || repeat('0', i % 3))::numeric, at, '1 month', 'UTC') FROM orders, generate_series(26, 34) i WHERE k <> 1 + i % 2 GROUP BY i;
SELECT count(*), count(DISTINCT s), count(DISTINCT s::text) AS texts, (SELECT count(*) FROM (SELECT s FROM many GROUP BY s) g) AS groups FROM many;
SELECT count(*) FILTER (WHERE (a.s < b.s)::int + (a.s = b.s)::int + (a.s > b.s)::int <> 1) AS neither,
	count(*) FILTER (WHERE (a.s <= b.s) <> (a.s < b.s OR a.s = b.s) OR (a.s >= b.s) <> (b.s <= a.s) OR (a.s <> b.s) <> NOT (a.s = b.s)) AS odd,
	count(*) FILTER (WHERE retention_summary_cmp(a.s, b.s) <> -retention_summary_cmp(b.s, a.s)) AS odd_cmp FROM many a, many b;
SELECT count(*) FILTER (WHERE a.s <= b.s AND b.s <= c.s AND NOT a.s <= c.s) AS not_transitive FROM many a, many b, many c;
CREATE TABLE keyed (s retention_summary PRIMARY KEY);
INSERT INTO keyed SELECT s FROM many ON CONFLICT DO NOTHING;
SELECT count(*) FROM keyed;
SET enable_seqscan = off;
SELECT count(*) FROM many m WHERE EXISTS (SELECT FROM keyed k WHERE k.s = m.s);
RESET enable_seqscan;
SELECT bool_and(s > before) AS sorted FROM (SELECT s, lag(s) OVER (ORDER BY s) AS before FROM keyed) o WHERE before IS NOT NULL;

-- keys with the same hash are sorted by their own order, if their type has one
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TYPE poor;
CREATE FUNCTION poor_in(cstring) RETURNS poor LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION poor_out(poor) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION poor_recv(internal) RETURNS poor LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
CREATE FUNCTION poor_send(poor) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int4send';
CREATE TYPE poor (INPUT = poor_in, OUTPUT = poor_out, RECEIVE = poor_recv, SEND = poor_send, LIKE = int4);
CREATE FUNCTION poor_eq(poor, poor) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE FUNCTION poor_lt(poor, poor) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE FUNCTION poor_cmp(poor, poor) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION poor_hash(poor) RETURNS int LANGUAGE sql IMMUTABLE RETURN length($1::text);
CREATE OPERATOR = (LEFTARG = poor, RIGHTARG = poor, FUNCTION = poor_eq, COMMUTATOR = =, HASHES);
CREATE OPERATOR < (LEFTARG = poor, RIGHTARG = poor, FUNCTION = poor_lt);
CREATE OPERATOR CLASS poor_hash DEFAULT FOR TYPE poor USING hash AS OPERATOR 1 =, FUNCTION 1 poor_hash(poor);
CREATE TABLE hashed AS SELECT i, retention_agg(k::text::poor, '2024-01-01'::timestamptz + k % 3 * interval '1 month', '1 month', 'UTC') AS s
FROM generate_series(1, 4) i, generate_series(1, 8) k WHERE k <> i GROUP BY i;
SELECT a.s = b.s AS same, a.s = a.s AS self FROM hashed a, hashed b WHERE a.i = 1 AND b.i = 3;
SELECT a.s < b.s AS less FROM hashed a, hashed b WHERE a.i = 1 AND b.i = 3;
CREATE OPERATOR CLASS poor_btree DEFAULT FOR TYPE poor USING btree AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 poor_cmp(poor, poor);
-- ... who leaves out the lowest number has the greatest list, at the first place where they differ
SELECT array_agg(i ORDER BY s) AS sorted FROM hashed WHERE i < 4;
SELECT count(*) FILTER (WHERE (a.s < b.s)::int + (a.s = b.s)::int + (a.s > b.s)::int <> 1) AS neither FROM hashed a, hashed b;

DROP TABLE orders, x, many, keyed, hashed;
DROP TYPE poor CASCADE;
