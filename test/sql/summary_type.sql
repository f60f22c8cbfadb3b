-- retention_summary: input and output

SET timezone = 'UTC';
CREATE TABLE orders AS SELECT * FROM (VALUES
	(1::bigint, '2024-01-10'::timestamptz, 'lt'), (1, '2024-01-11', 'lv'), (1, '2024-03-01', 'lt'), (2, '2024-01-20', 'lv'), (-3, '2024-02-05', 'ee')) o(k, at, country);
CREATE TABLE x AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders;

-- the text form is the binary one in base64: version, layout, size of the identity, latest time, base, customers, until when it knows; identity; and for each customer
-- the distance from the key before, the first bucket, the others, those with two rows.  -3 is above all as an unsigned number.
SELECT s FROM x;
SELECT retention_summary_send(s) = decode(replace('01 00 0023' || encode(int8send(extract(epoch FROM timestamptz '2024-03-01' - '2000-01-01')::bigint * 1000000), 'hex') || '00000120 00000003 7fffffffffffffff 00000001 00000000 00000000 0a' || encode('pg_catalog', 'hex') || '04' || encode('int8', 'hex') || '00 00 00 03' || encode('UTC', 'hex')
	|| '01 00 02 01 01 00 00 00 fbffffffffffffffff01 04 00 00', ' ', ''), 'hex') AS by_hand FROM x;
SELECT s::text::retention_summary = s AS same, s::text = s::text::retention_summary::text AS same FROM x;

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
-- ... a latest time that is more than a day before the last bucket, or is none at all; it may be later, as contracts end after the last bucket
-- whose end they hold
SELECT changed_text(s, int8send(us), int8send(us + days * 86400000000))::retention_summary = s AS same
FROM x, (SELECT extract(epoch FROM timestamptz '2024-03-01' - '2000-01-01')::bigint * 1000000 AS us) u, (VALUES (30)) v(days);
SELECT changed_text(s, int8send(us), int8send(us - 86400000001))::retention_summary FROM x, (SELECT extract(epoch FROM timestamptz '2024-03-01' - '2000-01-01')::bigint * 1000000 AS us) u;
SELECT changed_text(s, int8send(us), int8send(us + 33 * 86400000000))::retention_summary = s AS same FROM x, (SELECT extract(epoch FROM timestamptz '2024-03-01' - '2000-01-01')::bigint * 1000000 AS us) u;
SELECT changed_text(s, int8send(us), '\x8000000000000000')::retention_summary FROM x, (SELECT extract(epoch FROM timestamptz '2024-03-01' - '2000-01-01')::bigint * 1000000 AS us) u;
-- ... where clocks go back over midnight, the latest time may be in the bucket before the last
SELECT s::text::retention_summary = s AS summary, totals(s)::text::retention_totals = totals(s) AS totals, (SELECT array_agg(period) FROM growth(s)) AS periods
FROM (SELECT retention_agg(c, at, '1 day', 'America/St_Johns') FROM (VALUES (1, timestamptz '2006-10-29 02:30:30Z'), (2, '2006-10-29 03:00Z')) v(c, at)) x(s);
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
	('a value', s::text), ('another', names::text), ('nothing', ''), ('no base64', 'zoë*'), ('a version of its own', changed_text(s, '\x01000023', '\x02000023')),
	('four bytes', left(s::text, 8)), ('half of it', left(s::text, 40)), ('more than it', s::text || 'AAAA'), ('another layout', changed_text(s, '\x01000023', '\x01090023')),
	('a longer identity', changed_text(s, '\x01000023', '\x010000ff')), ('no customers', changed_text(s, '\x00000003', '\x00000000')), ('one more', changed_text(s, '\x00000003', '\x00000004')),
	('no bucket', changed_text(s, '\x0000000100000000000000000a', '\x0000000000000000000000000a')), ('a zone that is nowhere', changed_text(s, 'UTC', 'UTX')), ('a zone in other letters', changed_text(s, 'UTC', 'uTC')),
	('a type that is not there', changed_text(s, 'int8', 'int9')), ('a type with other keys', changed_text(s, 'int8', 'text')), ('another encoding', changed_text(names, 'UTF8', 'UTF9')),
	('a key in no encoding', changed_text(names, 'ann', '\xff6e6e')), ('the same customer twice', changed_text(s, '\xfbffffffffffffffff01', '\x00')),
	('a bucket out of the calendar', changed_text(s, '\x00000120', '\x7fffffff')), ('a bucket out of all numbers', changed_text(s, '\x040000', '\xfcffffff1f0000'))) v(what, v);
DROP FUNCTION is_valid(text);

-- who sends a value must be allowed to use the type that it names; who reads it need not
CREATE ROLE regress_retention_clerk;
CREATE SCHEMA warehouse;
ALTER TYPE grade SET SCHEMA warehouse;
REVOKE USAGE ON TYPE warehouse.grade FROM PUBLIC;
CREATE TABLE graded AS SELECT s, s::text AS t FROM (SELECT retention_agg(k, '2024-01-10'::timestamptz, '1 month', 'UTC') FROM unnest(enum_range(NULL::warehouse.grade)) k) g(s);
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

DROP FUNCTION changed(retention_summary, text, text), changed_text(retention_summary, bytea, bytea);
DROP TABLE orders, x;
