-- the type points_ledger: its text and jsonb, what they take and what they refuse, equality, storage

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'Europe/Vilnius';
\pset format unaligned
\pset tuples_only on

-- every part; ids and draws may be missing, since they follow from the rest
SELECT '[{"id": 1, "kind": "earn", "at": "2025-01-01T00:00:00+02:00", "points": 100, "available": "2025-01-15", "expires": "2026-01-01", "ref": "order \"1\""},
	{"id": 2, "kind": "redeem", "at": "2025-02-01", "points": 60, "ref": "till 1", "draws": [{"lot": 1, "points": 60}]},
	{"id": 3, "kind": "reverse", "at": "2025-02-02", "points": 60, "reverses": 2, "draws": [{"lot": 1, "points": 60}]},
	{"kind": "redeem", "at": "2025-02-03", "points": 30.0},
	{"kind": "reverse", "at": "2025-02-04", "points": 1e2, "reverses": 1, "debt": 30}]'::points_ledger;
SELECT ' [ ] '::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "expires": "infinity", "ref": null, "available": null}]'::points_ledger;
-- of two lots, the one that expires in July was to be drawn first
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "expires": "2025-05-01"}, {"kind": "earn", "at": "2025-01-01", "points": 5, "expires": "2025-07-01"},
	{"kind": "redeem", "at": "2025-01-02", "points": 6, "expires": "2025-07-01"}]'::points_ledger;
-- two that were merged: the third movement knows only the lot before it
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "earn", "at": "2025-01-01", "points": 7, "merged_from": 2},
	{"kind": "redeem", "at": "2025-01-02", "points": 6, "merged_from": 2}, {"kind": "redeem", "at": "2025-01-02", "points": 6}]'::points_ledger;

-- not JSON, or not such JSON
SELECT '{}'::points_ledger;
SELECT '1'::points_ledger;
SELECT '[1]'::points_ledger;
SELECT '[[]]'::points_ledger;
SELECT '[{}]'::points_ledger;
SELECT '[{"kind": "earn"}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01"}]'::points_ledger;
SELECT '[{"kind": "gift", "at": "2025-01-01", "points": 1}]'::points_ledger;
SELECT '[{"kind": 1, "at": "2025-01-01", "points": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": 5, "points": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "soon", "points": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": "1"}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1.5}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1e30}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "note": "x"}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "since": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "ref": 7}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "draws": []}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "id": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "id": -1}]'::points_ledger;
SELECT '[{"kind": "reverse", "at": "2025-01-01", "points": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1}, {"kind": "redeem", "at": "2025-01-01", "points": 1, "draws": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1}, {"kind": "redeem", "at": "2025-01-01", "points": 1, "draws": [1]}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1}, {"kind": "redeem", "at": "2025-01-01", "points": 1, "draws": [{"lot": 1}]}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1}, {"kind": "redeem", "at": "2025-01-01", "points": 1, "draws": [{"lot": 1, "pts": 1}]}]'::points_ledger;

-- the rules are those of earn, redeem and reverse
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 0}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "infinity", "points": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "expires": "2025-01-01"}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "ref": ""}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 1, "ref": "a"}, {"kind": "earn", "at": "2025-01-01", "points": 1, "ref": "a"}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 9223372036854775807}, {"kind": "earn", "at": "2025-01-01", "points": 1}]'::points_ledger;
SELECT '[{"kind": "redeem", "at": "2025-01-01", "points": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-03", "points": 4}, {"kind": "redeem", "at": "2025-01-02", "points": 2}]'::points_ledger;
SELECT '[{"kind": "reverse", "at": "2025-01-01", "points": 1, "reverses": 1}]'::points_ledger;
SELECT '[{"kind": "reverse", "at": "2025-01-01", "points": 1, "reverses": 4294967297}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "reverse", "at": "2025-01-01", "points": 4, "reverses": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "reverse", "at": "2025-01-01", "points": 6, "reverses": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "reverse", "at": "2024-01-01", "points": 5, "reverses": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "reverse", "at": "2025-01-01", "points": 5, "reverses": 1},
	{"kind": "reverse", "at": "2025-01-01", "points": 5, "reverses": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 5},
	{"kind": "reverse", "at": "2025-01-03", "points": 5, "reverses": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 3},
	{"kind": "reverse", "at": "2025-01-03", "points": 5, "reverses": 1, "debt": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 5},
	{"kind": "reverse", "at": "2025-01-03", "points": 5, "reverses": 1, "debt": 0}]'::points_ledger;
-- draws that are given must be right
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "earn", "at": "2025-01-01", "points": 5, "expires": "2025-07-01"},
	{"kind": "redeem", "at": "2025-01-02", "points": 5, "ref": "x", "draws": [{"lot": 1, "points": 5}]}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 5, "draws": [{"lot": 1, "points": 4}]}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 5, "draws": []}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 3},
	{"kind": "reverse", "at": "2025-01-03", "points": 5, "reverses": 1, "debt": 3}]'::points_ledger;
-- from where a merged ledger begins, all movements came with it
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 1},
	{"kind": "earn", "at": "2025-01-03", "points": 5, "merged_from": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "merged_from": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "ref": "a"}, {"kind": "reverse", "at": "2025-01-02", "points": 5, "reverses": 1, "merged_from": 2}]'::points_ledger;

-- jsonb
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}]'::jsonb::points_ledger::jsonb;
SELECT '{"kind": "earn", "at": "2025-01-01", "points": 5}'::jsonb::points_ledger;
SELECT 'null'::jsonb::points_ledger;

\pset format aligned
\pset tuples_only off

-- equality, hash, and round trips: of a ledger with an expiry, one with a debt, and both merged; 40 + 5 points are there
SET TimeZone = 'UTC';
CREATE TABLE members (name text, p points_ledger);
INSERT INTO members VALUES
	('ann', redeem(earn(points_ledger(), 100, '2025-01-01', '2025-12-31', 'order 1', '2025-01-02'), 60, '2025-04-01', 'till 1')),
	('bob', earn(reverse(redeem(earn(points_ledger(), 100, '2025-01-01', ref => 'a'), 90, '2025-01-02'), 'a', '2025-01-03', allow_negative => true), 95, '2025-01-04'));
INSERT INTO members SELECT 'cid', redeem(a.p || b.p, 30, '2025-05-01', 'r') FROM members a, members b WHERE a.name = 'ann' AND b.name = 'bob';
SELECT a.name, b.name, a.p = b.p AS eq, a.p <> b.p AS ne FROM members a, members b ORDER BY 1, 2;
SELECT count(DISTINCT p::text), count(*) FROM (SELECT p FROM members UNION SELECT p FROM members) u;
SELECT count(*) FROM members a JOIN members b USING (p);
-- of every length: the lots may be reversed, expired, drawn from
CREATE TABLE many (p points_ledger);
INSERT INTO many SELECT ledger_agg(i, '2025-01-01', NULL, 'r' || i) FROM generate_series(1, 6) n, generate_series(1, n) i GROUP BY n;
INSERT INTO many SELECT earn(p, x, '2025-02-01', e) FROM members, unnest('{1, 200}'::bigint[]) x, unnest('{NULL, 2026-01-01, infinity}'::timestamptz[]) e;
INSERT INTO many VALUES (points_ledger()), ('[]');
-- An order, in which two values are equal where = says so: of any two just one of <, = and > holds, and the other operators
-- agree; of any three the third lies where the first two say.
SELECT count(*) AS pairs, count(*) FILTER (WHERE (a < b)::int + (a = b)::int + (a > b)::int <> 1 OR (a = b) <> (a::text = b::text)
	OR (a <= b) <> (a < b OR a = b) OR (a >= b) <> (a > b OR a = b) OR (a <> b) = (a = b) OR (a < b) <> (b > a)
	OR sign(points_ledger_cmp(a, b)) <> (a > b)::int - (a < b)::int) AS wrong
FROM many x(a), many y(b);
SELECT count(*) AS triples, count(*) FILTER (WHERE a <= b AND b <= c AND NOT a <= c) AS wrong FROM many x(a), many y(b), many z(c);
-- so that what sorts works: count(DISTINCT), ORDER BY, EXCEPT, greatest, a primary key, merge joins
SELECT count(p), count(DISTINCT p), count(DISTINCT p::text) AS texts FROM many;
SELECT count(*) FROM (SELECT p FROM many EXCEPT SELECT first.p FROM (SELECT p FROM many ORDER BY p LIMIT 1) first) x;
SELECT (array_agg(p ORDER BY p DESC))[1] = (SELECT last.p FROM many last ORDER BY p DESC LIMIT 1) AS same,
	bool_and(greatest(p, least) = p) AS greatest FROM many, (SELECT p FROM many ORDER BY p LIMIT 1) f(least);
CREATE TABLE keyed (p points_ledger PRIMARY KEY);
INSERT INTO keyed SELECT p FROM many ON CONFLICT DO NOTHING;
SELECT count(*) FROM keyed;
\set VERBOSITY sqlstate
INSERT INTO keyed SELECT p FROM many LIMIT 1;
\set VERBOSITY default
SET enable_seqscan = off; SET enable_bitmapscan = off;
CREATE TABLE by_index AS SELECT k.p, (SELECT count(*) FROM keyed x WHERE x.p < k.p) AS less, (SELECT count(*) FROM keyed x WHERE x.p >= k.p) AS rest
FROM keyed k;
RESET enable_seqscan; RESET enable_bitmapscan;
SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
SELECT count(*), count(*) FILTER (WHERE less <> (SELECT count(*) FROM keyed x WHERE x.p < k.p)
	OR rest <> (SELECT count(*) FROM keyed x WHERE x.p >= k.p) OR less <> r - 1) AS wrong
FROM (SELECT *, row_number() OVER (ORDER BY p) AS r FROM by_index) k;
RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan;
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT count(*) FROM many JOIN keyed USING (p);
RESET enable_hashjoin; RESET enable_nestloop;
DROP TABLE keyed, by_index, many;
-- core's own error for a key that is too long
CREATE TABLE keyed (p points_ledger PRIMARY KEY);
\set VERBOSITY sqlstate
INSERT INTO keyed SELECT ledger_agg(i, '2025-01-01', NULL, sha512(i::text::bytea)::text) FROM generate_series(1, 1000) i;
\set VERBOSITY default
DROP TABLE keyed;

-- JSON: nested as what it is, to_json looks for the cast; there and back; into a column of that type
SELECT to_json(p) FROM members WHERE name = 'ann';
SELECT row_to_json(m) FROM members m WHERE name = 'ann';
SELECT jsonb_pretty(jsonb_agg(m)) FROM members m WHERE name = 'ann';
SELECT bool_and(p::json::points_ledger = p AND p::jsonb::points_ledger = p AND (json_populate_record(NULL::members, row_to_json(m))).p = p
	AND (jsonb_populate_record(NULL::members, to_jsonb(m))).p = p AND to_jsonb(p) = p::jsonb AND to_json(p)::jsonb = p::jsonb) AS round_trips
FROM members m;
CREATE TABLE documents (j json, b jsonb);
INSERT INTO documents SELECT p, p FROM members;
SELECT j->0->'points' AS points, b->0->'at' AS at FROM documents;
DROP TABLE documents;
SELECT bool_and(p::text::points_ledger = p AND p::jsonb::points_ledger = p AND p::text::jsonb = p::jsonb) AS round_trips FROM members;
SET TimeZone = 'Asia/Kathmandu';
SELECT p::text::points_ledger = p AS same_text_in_every_zone FROM members;
SET TimeZone = 'UTC';
SELECT p::text::points_ledger = p AS same, balance(p, '2030-01-01'), balance(p, 'infinity'), (SELECT ref = E'"\\ \u0161\u20ac\n' FROM movements(p) LIMIT 1) AS ref
FROM earn(earn(points_ledger(), 9223372036854775806, '294276-12-31 23:59:59.999999', ref => E'"\\ \u0161\u20ac\n'), 1, '4714-11-24 00:00:00+00 BC') p;

-- a time without a zone is in the session's, refs are in the client's encoding: what reads text, sends or receives is not IMMUTABLE
SELECT oid::regprocedure AS function, provolatile FROM pg_proc
WHERE proname ~ '^(points_|ledger_|earn$|redeem$|reverse$|prefix_refs$|balance$|pending$|expiring$|has_ref$|lots$|movements$|statement$|transfer$|extend$|hold$|capture$|release$|close$|compact$|merge$|receive$|next_expiry$|journal$|loyalty_tier$|to_next_tier$)'
	AND prokind <> 'a' AND provolatile <> 'i' ORDER BY 1;

-- stored bytes that are no ledger: version and number of movements are those of a ledger, the movements are made up
CREATE CAST (bytea AS points_ledger) WITHOUT FUNCTION;
CREATE CAST (points_ledger AS bytea) WITHOUT FUNCTION;
CREATE FUNCTION stored(movements bytea, number int) RETURNS points_ledger LANGUAGE sql AS $$
	SELECT (substr(ledger_agg(1, '2025-01-01')::bytea, 1, 5) || movements)::points_ledger FROM generate_series(1, number) $$;
-- an earn of 5 points: head, time, which is far from 2000 (6 and 8 bytes), points; and again at the same time
CREATE TABLE bytes AS SELECT substr(earn(points_ledger(), 5, '2025-01-01')::bytea, 6) AS earn, '\x4005'::bytea AS again, '\x000000000000'::bytea AS zero;
SELECT length(earn), stored(earn, 1) = earn(points_ledger(), 5, '2025-01-01') AS as_it_is,
	stored(earn || again, 2) = earn(earn(points_ledger(), 5, '2025-01-01'), 5, '2025-01-01') AS again FROM bytes;
SELECT balance(stored(earn, 2)) FROM bytes;
SELECT balance(stored(earn || again, 1)) FROM bytes;
SELECT balance(stored('', 4)) FROM bytes;
-- another form of the same: 5 in two bytes; merged from the first movement; available at the same time; a second byte of the head
-- that says nothing; the same time as a difference; a near time as a far one
SELECT balance(stored(substr(earn, 1, 15) || '\x8500', 1)) FROM bytes;
SELECT balance(stored('\x8080' || substr(earn, 2) || '\x00', 1)) FROM bytes;
SELECT balance(stored(set_byte(earn, 0, 16) || zero, 1)) FROM bytes;
SELECT balance(stored('\x8000' || substr(earn, 2), 1)) FROM bytes;
SELECT balance(stored(earn || '\x00' || zero || '\x05', 2)) FROM bytes;
SELECT balance(stored(earn || '\x00' || substr(earn, 2, 6) || '\x0100' || zero || '\x05', 2)) FROM bytes;
-- a lot that lasts as long as the one before; then it cannot be told that it expires at the same time, or at a time
CREATE TABLE lots AS SELECT substr(earn(points_ledger(), 5, '2025-01-01', '2026-01-01')::bytea, 6) AS lot;
SELECT stored(lot || '\x4405', 2) = earn(earn(points_ledger(), 5, '2025-01-01', '2026-01-01'), 5, '2025-01-01', '2026-01-01') AS as_it_is FROM lots;
SELECT balance(stored(lot || '\x4805', 2)) FROM lots;
SELECT balance(stored(lot || '\x4c05' || zero, 2)) FROM lots, bytes;
-- a lot of an opening: which of its parts there are, and those; an unknown one, redeemed 0, redeemed 6 of 5, all 5 reversible
SELECT balance(stored('\x8020' || substr(earn, 2) || '\x00', 1)), balance(stored('\x8020' || substr(earn, 2) || '\x0103', 1)) AS redeemed FROM bytes;
SELECT balance(stored('\x8020' || substr(earn, 2) || '\x1001', 1)) FROM bytes;
SELECT balance(stored('\x8020' || substr(earn, 2) || '\x0100', 1)) FROM bytes;
SELECT balance(stored('\x8020' || substr(earn, 2) || '\x0106', 1)) FROM bytes;
SELECT balance(stored('\x8020' || substr(earn, 2) || '\x0805', 1)) FROM bytes;
-- the reversal of 1 point, which it found expired; it cannot have a time at which it is available, nor an expiry
SELECT balance(stored(earn || '\x42010100', 2)) FROM bytes;
SELECT balance(stored(earn || '\x52010100000000000100', 2)) FROM bytes;
SELECT balance(stored(lot || '\x46010100', 2)) FROM lots;
-- a redemption of the 5 points: one draw, from the movement before, of 5; then two draws from one lot, one of 6, one from before
-- the first movement, and more draws than could be
SELECT balance(stored(earn || '\x4105010105', 2)) FROM bytes;
SELECT balance(stored(earn || '\x41050201020103', 2)) FROM bytes;
SELECT balance(stored(earn || '\x4105010106', 2)) FROM bytes;
SELECT balance(stored(earn || '\x4105010205', 2)) FROM bytes;
SELECT balance(stored(earn || '\x4105ffffffff7f', 2)) FROM bytes;
-- 2 ^ 62 points are spent and taken back, which leaves a debt; three such debts would not fit into bigint
CREATE TABLE debts AS SELECT b, m FROM (SELECT substr(p::bytea, 6) AS b, substr(reverse(p, 'a', '2025-01-03', allow_negative => true)::bytea, length(p::bytea) + 1) AS m
	FROM redeem(earn(points_ledger(), 4611686018427387904, '2025-01-01', ref => 'a'), 4611686018427387904, '2025-01-02') p) d;
SELECT balance(stored(b || m, 3)) FROM debts;
SELECT redeem(stored(b || m || set_byte(m, 26, 3) || set_byte(m, 26, 4), 5), 1, '2025-01-04') FROM debts;

DROP TABLE members, bytes, lots, debts;
DROP FUNCTION stored;
DROP CAST (bytea AS points_ledger);
DROP CAST (points_ledger AS bytea);
RESET TimeZone;
