-- retention_summary: input and output, equality, hash, rollup

SET timezone = 'UTC';
CREATE TABLE orders AS SELECT * FROM (VALUES
	(1::bigint, '2024-01-10'::timestamptz, 'lt'), (1, '2024-01-11', 'lv'), (1, '2024-03-01', 'lt'), (2, '2024-01-20', 'lv'), (-3, '2024-02-05', 'ee')) o(k, at, country);
CREATE TABLE x AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders;

-- the text form is the binary one in base64: version, layout, size of the identity, base, customers; identity; and for each customer
-- the distance from the key before, the first bucket, the others, those with two rows.  -3 is above all as an unsigned number.
SELECT s FROM x;
SELECT retention_summary_send(s) = decode(replace('01 00 001f 00000120 00000003 00000001 00000000 0a' || encode('pg_catalog', 'hex') || '04' || encode('int8', 'hex') || '00 00 00 03' || encode('UTC', 'hex')
	|| '01 00 02 01 01 00 00 00 fbffffffffffffffff01 04 00 00', ' ', ''), 'hex') AS by_hand FROM x;
SELECT s::text::retention_summary = s AS same, s::text = s::text::retention_summary::text AS same FROM x;

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
FROM (SELECT retention_agg(i::numeric, '2024-01-01', '1 month', 'UTC') FROM generate_series(1, 200) i) x(a),
	(SELECT retention_agg((i || '.' || repeat('0', i % 5))::numeric, '2024-01-01', '1 month', 'UTC') FROM generate_series(200, 1, -1) i) y(b);

-- rollup: nothing of nothing, one of one, and of what has nothing in common
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
-- text and varchar are not the same type; their collation does not matter where it does not say what is equal
SELECT customer_count(rollup(v)) FROM (SELECT retention_agg(k::text COLLATE "C", at, '1 month', 'UTC') FROM orders UNION ALL SELECT retention_agg(k::text COLLATE "POSIX", at, '1 month', 'UTC') FROM orders) n(v);

-- one customer a summary, many of them, into few and into many groups
SELECT customer_count(rollup(s)), rollup(s) = (SELECT retention_agg(i % 500, '2024-01-01'::timestamptz + i * interval '1 hour', '1 day', 'UTC') FROM generate_series(1, 3000) i) AS same
FROM (SELECT retention_agg(i % 500, '2024-01-01'::timestamptz + i * interval '1 hour', '1 day', 'UTC') AS s FROM generate_series(1, 3000) i GROUP BY i) o;
SELECT i % 3 AS g, customer_count(rollup(s)) FROM (SELECT i, retention_agg('customer ' || i, '2024-01-01', '1 day', 'UTC') AS s FROM generate_series(1, 3000) i GROUP BY i) o GROUP BY 1 ORDER BY 1;

-- what is not one
SELECT ''::retention_summary;
SELECT 'AQ'::retention_summary;
SELECT 'no base64 at all, and rather long'::retention_summary;
SELECT 'AAAA'::retention_summary;
SELECT (s::text || 'AAAA')::retention_summary FROM x;
SELECT overlay(s::text PLACING 'zz' FROM 1)::retention_summary FROM x;
CREATE FUNCTION changed_text(s retention_summary, one bytea, other bytea) RETURNS text LANGUAGE sql
	RETURN replace(encode(decode(replace(encode(retention_summary_send(s), 'hex'), encode(one, 'hex'), encode(other, 'hex')), 'hex'), 'base64'), E'\n', '');
CREATE FUNCTION changed(s retention_summary, one text, other text) RETURNS retention_summary LANGUAGE sql
	RETURN changed_text(s, one::bytea, other::bytea)::retention_summary;
SELECT changed(s, 'int8', 'int9') FROM x;
SELECT changed(s, 'UTC', 'UTX') FROM x;
SELECT changed(s, 'UTC', 'uTC') FROM x;
SELECT changed(s, 'int8', 'int4') FROM x;
SELECT changed(s, 'int8', 'text') FROM x;
SELECT changed(s, 'pg_catalog', 'information') FROM x;
SELECT changed(retention_agg('ann'::text, now(), '1 month', 'UTC'), 'UTF8', 'EUC_') FROM x;
-- ... asked twice in one place: a zone that is spelt differently, and a type whose values refer to another type's OID
CREATE TYPE grade AS ENUM ('good', 'best');
CREATE TYPE xgrade AS ENUM ('good', 'best');
DO $$
DECLARE
	wrong text;
	value retention_summary;
BEGIN
	FOR wrong IN SELECT changed_text(s, one, other)
		FROM (SELECT s, 'UTC'::bytea, 'uTC'::bytea FROM x UNION ALL SELECT retention_agg('best'::xgrade, now(), '1 day'), 'xgrade', '_grade') v(s, one, other),
			generate_series(1, 2)
		ORDER BY one
	LOOP
		BEGIN
			value := wrong;
			RAISE NOTICE 'taken';
		EXCEPTION WHEN invalid_binary_representation OR feature_not_supported THEN
			RAISE NOTICE '%', sqlerrm;
		END;
	END LOOP;
END
$$;
DROP TYPE xgrade;

-- An input function that is asked whether a value is valid answers; before 16 it can only raise an error.
CREATE FUNCTION is_valid(value text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('server_version_num')::int >= 160000 THEN
		RETURN pg_input_is_valid(value, 'retention_summary');
	END IF;
	BEGIN
		PERFORM value::retention_summary;
		RETURN true;
	EXCEPTION WHEN others THEN
		RETURN false;
	END;
END
$$;
SELECT what, is_valid(v), v IN (s::text, names::text) AS unchanged FROM x, LATERAL (SELECT retention_agg(c, now(), '1 month', 'UTC') FROM (VALUES ('ann'), ('bob')) n(c)) t(names), LATERAL (VALUES
	('a value', s::text), ('another', names::text), ('nothing', ''), ('no base64', 'zoë*'), ('a version of its own', changed_text(s, '\x0100001f', '\x0200001f')),
	('four bytes', left(s::text, 8)), ('half of it', left(s::text, 40)), ('more than it', s::text || 'AAAA'), ('another layout', changed_text(s, '\x0100001f', '\x0109001f')),
	('a longer identity', changed_text(s, '\x0100001f', '\x010000ff')), ('no customers', changed_text(s, '\x00000003', '\x00000000')), ('one more', changed_text(s, '\x00000003', '\x00000004')),
	('no bucket', changed_text(s, '\x00000001000000000a', '\x00000000000000000a')), ('a zone that is nowhere', changed_text(s, 'UTC', 'UTX')), ('a zone in other letters', changed_text(s, 'UTC', 'uTC')),
	('a type that is not there', changed_text(s, 'int8', 'int9')), ('a type with other keys', changed_text(s, 'int8', 'text')), ('another encoding', changed_text(names, 'UTF8', 'UTF9')),
	('a key in no encoding', changed_text(names, 'ann', '\xff6e6e')), ('the same customer twice', changed_text(s, '\xfbffffffffffffffff01', '\x00')),
	('a bucket out of the calendar', changed_text(s, '\x00000120', '\x7fffffff')), ('a bucket out of all numbers', changed_text(s, '\x040000', '\xfcffffff1f0000'))) v(what, v);
DROP FUNCTION is_valid(text);

-- who sends a value must be allowed to use the type that it names; who reads it need not
CREATE ROLE regress_retention_clerk;
CREATE SCHEMA warehouse;
ALTER TYPE grade SET SCHEMA warehouse;
REVOKE USAGE ON TYPE warehouse.grade FROM PUBLIC;
CREATE TABLE graded AS SELECT s, s::text AS t FROM (SELECT retention_agg(k, '2024-01-10', '1 month', 'UTC') FROM unnest(enum_range(NULL::warehouse.grade)) k) g(s);
GRANT SELECT ON graded TO regress_retention_clerk;
SET ROLE regress_retention_clerk;
SELECT s::text = t AS same, customer_count(s) FROM graded;
SELECT t::retention_summary FROM graded;
RESET ROLE;
GRANT USAGE ON SCHEMA warehouse TO regress_retention_clerk;
SET ROLE regress_retention_clerk;
SELECT t::retention_summary FROM graded;
\set VERBOSITY sqlstate
SELECT t::retention_summary FROM graded;
\set VERBOSITY default
RESET ROLE;
GRANT USAGE ON TYPE warehouse.grade TO regress_retention_clerk;
SET ROLE regress_retention_clerk;
SELECT t::retention_summary = s AS same FROM graded;
RESET ROLE;
DROP TABLE graded;
DROP TYPE warehouse.grade;
DROP SCHEMA warehouse;
DROP ROLE regress_retention_clerk;

-- the functions of the aggregate are of use to nobody else
SELECT rollup_accum(s, s) FROM x;
SELECT rollup_accum(NULL, NULL);
SELECT rollup_final(s) = s AS same FROM x;

DROP FUNCTION changed(retention_summary, text, text), changed_text(retention_summary, bytea, bytea);
DROP TABLE orders, x;
