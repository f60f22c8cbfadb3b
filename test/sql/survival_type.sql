-- durations: input and output, comparison
SET intervalstyle = 'postgres';
CREATE TABLE x AS SELECT survival_agg(d * interval '1 day', happened, w * interval '1 day') AS s
FROM (VALUES (3, true, 10), (3, true, 5), (7, true, 7), (4, false, 4), (20, false, NULL)) r(d, happened, w);

-- version 1 | 3 events, 15 bytes: 3 days, unit 4 days, one more, 1 step | 3 watches, 14 bytes: 5 days, unit 1 day, 2 steps, 3 steps | 2 others: 4 days, unit 16 days, 1 step
SELECT encode(durations_send(s), 'hex') FROM x;
SELECT s FROM x;
SELECT s::text::durations = s AS same, durations_send(s::text::durations) = durations_send(s) AS same_bytes, pg_column_size(s) FROM x;

-- equal contents are equal bytes, in whichever order and however they came together
SELECT survival_agg(d * interval '24 hours', happened, w * interval '1440 minutes') = (SELECT s FROM x)
FROM (VALUES (20, false, 20), (7, true, 7), (3, true, 5), (4, false, NULL), (3, true, 10)) r(d, happened, w);
SELECT rollup(s) = (SELECT s FROM x) FROM (
	SELECT survival_agg(d * interval '1 day', happened, w * interval '1 day')
	FROM (VALUES (3, true, 10), (3, true, 5), (7, true, 7), (4, false, 4), (20, false, NULL)) r(d, happened, w) GROUP BY d % 2) g(s);

-- a unit is as large as it can be; one duration has none
SELECT text, encode(durations_send(survival_agg(d::interval, true)), 'hex')
FROM (VALUES (1, 'days', '1 day'), (1, 'days', '3 days'), (2, 'one', '1 day'), (2, 'one', '1 day'), (3, 'none', '0'), (4, 'exact', '0'), (4, 'exact', '1 us'))
	r(i, text, d) GROUP BY i, text ORDER BY i;

-- not a value
SELECT ''::durations;
SELECT 'AQ'::durations;
SELECT 'what?'::durations;
CREATE FUNCTION refused(bytes text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM replace(encode(decode(replace(bytes, ' ', ''), 'hex'), 'base64'), E'\n', '')::durations;
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END$$;
SELECT bytes, refused(bytes) FROM (VALUES
	('01 01 02 05 00 00 00'),			-- one event at 5
	('01 00 00 01 02 05 00'),			-- one other at 5
	('01 02 05 05 01 01 00 00'),		-- shorter than it says
	('01 02 03 05 01 01 00 00'),		-- 5, 6
	('01 02 04 05 00 00 01 00 00'),		-- 5, 5
	('01 02 05 05 01 01 00 01 00 00'),	-- 5, 6, and one more
	('01 03 05 05 01 01 00 01 00 00'),	-- 5, 6, 6
	('02 01 02 05 00 00 00'),			-- another version
	('00 01 02 05 00 00 00'),
	(''),
	('01'),
	('01 00 00 00'),					-- nobody
	('01 01 02 05 00 00 00 00'),		-- longer
	('01 01 02 05 00 00'),				-- a list is missing
	('01 01 02 05 01 00 00'),			-- a unit of one duration
	('01 01 03 85 00 00 00 00'),		-- 5 in two bytes
	('01 02 03 05 02 01 00 00'),		-- 5, 7
	('01 03 04 05 02 01 02 00 00'),		-- 5, 7, 11: the unit is 2
	('01 03 04 05 02 02 02 00 00'),		-- 5, 9, 13: the unit would be 4
	('01 02 04 05 00 00 00 00 00'),		-- none more
	('01 03 06 05 00 00 01 00 01 00 00'),	-- one more, twice
	('01 02 03 05 00 01 00 00'),		-- steps without a unit
	('01 01 0a ff ff ff ff ff ff ff ff 7f 00 00 00'),	-- the longest duration
	('01 01 0b 80 80 80 80 80 80 80 80 80 01 00 00 00'),	-- a longer one
	('01 02 0b ff ff ff ff ff ff ff ff 7f 01 01 00 00'),
	('01 80 80 80 80 80 80 40 0a 05 00 00 ff ff ff ff ff ff 3f 00 00'),	-- 2^48
	('01 81 80 80 80 80 80 40 0a 05 00 00 80 80 80 80 80 80 40 00 00'),	-- 2^48 + 1
	('01 01 02 05 00 01 02 05 00 00'),	-- watched to the event
	('01 01 02 05 00 01 02 04 00 00'),	-- watched for less
	('01 01 02 05 00 02 03 05 01 01 00'),	-- two watched, one event
	('01 02 03 05 02 01 01 02 06 00 00'),	-- the first may have been watched to 6
	('01 02 03 05 02 01 02 03 06 01 01 00'),	-- ... and the second to 7
	('01 02 03 05 02 01 02 04 06 00 00 01 00')	-- ... but not to 6
) r(bytes);
DROP FUNCTION refused;

-- functions of corrupt stored values say so: here a text stored in place of the value
CREATE CAST (bytea AS durations) WITHOUT FUNCTION;
SELECT survival_at('\x0101020500'::bytea::durations, '1 day');
SELECT survival_at('\x'::bytea::durations, '1 day');
SELECT survival_at('\x07'::bytea::durations, '1 day');
SELECT survival_at('\x010503050101'::bytea::durations, '1 day');
DROP CAST (bytea AS durations);

-- equality, hash, and an order, which means nothing
CREATE TABLE many AS SELECT i, survival_agg(i % 7 * interval '1 day', i % 3 = 0) AS s FROM generate_series(1, 60) i GROUP BY i;
SELECT count(*), count(DISTINCT s), (SELECT count(*) FROM (SELECT s FROM many GROUP BY s) g) AS groups FROM many;
SELECT count(*) FILTER (WHERE (a.s < b.s)::int + (a.s = b.s)::int + (a.s > b.s)::int <> 1) AS neither,
	count(*) FILTER (WHERE (a.s <= b.s) <> (a.s < b.s OR a.s = b.s) OR (a.s >= b.s) <> (b.s <= a.s) OR (a.s <> b.s) <> NOT (a.s = b.s)) AS odd,
	count(*) FILTER (WHERE durations_cmp(a.s, b.s) <> -durations_cmp(b.s, a.s)) AS odd_cmp,
	count(*) FILTER (WHERE a.s = b.s AND (durations_hash(a.s) <> durations_hash(b.s) OR durations_hash_extended(a.s, 3) <> durations_hash_extended(b.s, 3))) AS odd_hash
FROM many a, many b;
CREATE TABLE keyed (s durations PRIMARY KEY);
INSERT INTO keyed SELECT s FROM many ON CONFLICT DO NOTHING;
SELECT count(*) FROM keyed;
DROP TABLE x, many, keyed;
