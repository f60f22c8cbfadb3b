-- rfm_cuts: the cuts of RFM scores as values

SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
SET TimeZone = 'UTC';
CREATE TABLE customers (customer int, country text, last_order timestamptz, orders bigint, revenue numeric);
INSERT INTO customers
SELECT i, CASE WHEN i <= 7 THEN 'lt' ELSE 'lv' END, timestamptz '2024-01-01' + i * interval '1.25 days', i, i * 10.5
FROM generate_series(1, 10) i;

-- cuts of one's own
SELECT rfm_cuts(ARRAY['90 days', '30 days', '24:00:00.5', '-1 day']::interval[], ARRAY[2, 3, 3, 10], ARRAY[50, 100.50, 250.00, 1e3]);
SELECT customer, rfm_score(c, last_order, orders, revenue, '2024-01-15') FROM customers,
	rfm_cuts(ARRAY['10 days', '5 days']::interval[], ARRAY[3, NULL], ARRAY[50, 100.50]) c ORDER BY customer;
SELECT rfm_score(c, '2024-01-01', 5, 50.49, '2024-01-02') AS less, rfm_score(c, '2024-01-01', 5, 50.50, '2024-01-02') AS enough,
	rfm_score(c, '2024-01-01', 5, 50, '2024-01-02') AS bigint, rfm_score(c, '2024-01-01', 5, 50.5::float8, '2024-01-02') AS double,
	rfm_score(c, '2024-01-01', 5, NULL::numeric, '2024-01-02') AS null
FROM rfm_cuts(ARRAY['1 day']::interval[], ARRAY[6], ARRAY[50.50]) c;

-- A cut that no customer can have is reached by everybody or by nobody: an age that leads out of the calendar, and revenue
-- that double precision does not hold.  Zero does not reach a cut just above it.
SELECT rfm_score(c, '2024-01-01', 1, 1, '2024-01-02')
FROM rfm_cuts(ARRAY['106751991 days', '-106751991 days']::interval[], ARRAY[1, 2], ARRAY[1, 2]) c;
SELECT d, rfm_score(c, '2024-01-01', 1, d, '2024-01-02') - 110 AS m
FROM rfm_cuts(ARRAY[NULL, NULL, NULL, NULL]::interval[], ARRAY[NULL, NULL, NULL, NULL]::int[], ARRAY[-1e400, -1e-400, 1e-400, 1e400]) c,
	unnest(ARRAY[-1.7976931348623157e308, -5e-324, 0, 5e-324, 1.7976931348623157e308]::float8[]) d;
SELECT n, rfm_score(c, '2024-01-01', 1, n, '2024-01-02') - 110 AS m
FROM rfm_cuts(ARRAY[NULL, NULL, NULL, NULL]::interval[], ARRAY[NULL, NULL, NULL, NULL]::int[], ARRAY[-1e20, -1e-9, 1e-9, 1e20]) c,
	unnest(ARRAY[-2e20, -1e20, -1e-8, -1e-9, -1e-10, 0, 1e-10, 1e-9, 1e20]) n;

-- equality is of what the cuts say, hashing too
SELECT a = b AS equal, a <> b AS unequal, rfm_cuts_hash(a) = rfm_cuts_hash(b) AS hash,
	rfm_cuts_hash_extended(a, 7) = rfm_cuts_hash_extended(b, 7) AS extended
FROM (VALUES (rfm_cuts(ARRAY['1 day']::interval[], ARRAY[6], ARRAY[50.50]),
	'{"revenue": [50.5000], "orders": [6.0], "recency": ["24:00"], "as_of": null, "bins": 2}'::rfm_cuts)) v(a, b);
SELECT c, count(*) FROM (SELECT rfm_cuts(ARRAY['1 day']::interval[], ARRAY[6], ARRAY[r]) FROM unnest(ARRAY[1, 1.0, 2]) r) x(c)
GROUP BY c ORDER BY c::text;
CREATE TABLE many (c rfm_cuts);
INSERT INTO many SELECT rfm_cuts(ARRAY['1 day']::interval[], ARRAY[o], ARRAY[r]) FROM generate_series(-1, 1) o, unnest(ARRAY[-1, 0, 0.001, 1, 1.0, 1e20]) r;
INSERT INTO many SELECT rfm_cuts(last_order, orders, revenue, b) FROM customers, generate_series(2, 5) b GROUP BY b;
INSERT INTO many SELECT rfm_cuts(last_order, orders, revenue, 2, a) FROM customers, unnest('{2024-02-01, 2025-02-01}'::timestamptz[]) a GROUP BY a;
-- An order, in which two values are equal where = says so: of any two just one of <, = and > holds, and the other operators
-- agree; of any three the third lies where the first two say.
SELECT count(*) AS pairs, count(*) FILTER (WHERE (a < b)::int + (a = b)::int + (a > b)::int <> 1 OR (a = b) <> (a::text = b::text)
	OR (a <= b) <> (a < b OR a = b) OR (a >= b) <> (a > b OR a = b) OR (a <> b) = (a = b) OR (a < b) <> (b > a)
	OR sign(rfm_cuts_cmp(a, b)) <> (a > b)::int - (a < b)::int) AS wrong
FROM many x(a), many y(b);
SELECT count(*) AS triples, count(*) FILTER (WHERE a <= b AND b <= c AND NOT a <= c) AS wrong FROM many x(a), many y(b), many z(c);
-- so that what sorts works: count(DISTINCT), ORDER BY, EXCEPT, greatest, a primary key, merge joins
SELECT count(c), count(DISTINCT c), count(DISTINCT c::text) AS texts FROM many;
SELECT count(*) FROM (SELECT c FROM many EXCEPT SELECT first.c FROM (SELECT c FROM many ORDER BY c LIMIT 1) first) x;
SELECT (array_agg(c ORDER BY c DESC))[1] = (SELECT last.c FROM many last ORDER BY c DESC LIMIT 1) AS same,
	bool_and(greatest(c, least) = c) AS greatest FROM many, (SELECT c FROM many ORDER BY c LIMIT 1) f(least);
CREATE TABLE keyed (c rfm_cuts PRIMARY KEY);
INSERT INTO keyed SELECT c FROM many ON CONFLICT DO NOTHING;
SELECT count(*) FROM keyed;
\set VERBOSITY sqlstate
INSERT INTO keyed SELECT c FROM many LIMIT 1;
\set VERBOSITY default
SET enable_seqscan = off; SET enable_bitmapscan = off;
CREATE TABLE by_index AS SELECT k.c, (SELECT count(*) FROM keyed x WHERE x.c < k.c) AS less, (SELECT count(*) FROM keyed x WHERE x.c >= k.c) AS rest
FROM keyed k;
RESET enable_seqscan; RESET enable_bitmapscan;
SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
SELECT count(*), count(*) FILTER (WHERE less <> (SELECT count(*) FROM keyed x WHERE x.c < k.c)
	OR rest <> (SELECT count(*) FROM keyed x WHERE x.c >= k.c) OR less <> r - 1) AS wrong
FROM (SELECT *, row_number() OVER (ORDER BY c) AS r FROM by_index) k;
RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan;
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT count(*) FROM many JOIN keyed USING (c);
RESET enable_hashjoin; RESET enable_nestloop;
DROP TABLE keyed, by_index, many;

-- JSON: nested as what it is, to_json looks for the cast; there and back; into a column of that type
CREATE TABLE quarters (quarter text, c rfm_cuts);
INSERT INTO quarters SELECT 'Q1', rfm_cuts(last_order, orders, revenue, 3, '2024-02-01') FROM customers;
SELECT to_json(c) FROM quarters;
SELECT row_to_json(q) FROM quarters q;
SELECT jsonb_agg(q) FROM quarters q;
SELECT c::json::rfm_cuts = c AS json, c::jsonb::rfm_cuts = c AS jsonb, (json_populate_record(NULL::quarters, row_to_json(q))).c = c AS row,
	(jsonb_populate_record(NULL::quarters, to_jsonb(q))).c = c AS rowb, to_jsonb(c) = c::text::jsonb AS same FROM quarters q;
CREATE TABLE documents (j json, b jsonb);
INSERT INTO documents SELECT c, c FROM quarters;
SELECT j->'orders' AS orders, b->'bins' AS bins FROM documents;
SELECT '{"bins": 2}'::json::rfm_cuts;
SELECT '[]'::jsonb::rfm_cuts;
DROP TABLE quarters, documents;

-- text: other ways to write it, whatever the session's styles are
SELECT '{"bins": 2, "as_of": "2024-06-30 12:00+03", "recency": ["P1DT2H"], "orders": [null], "revenue": [1e2]}'::rfm_cuts;
SET IntervalStyle = sql_standard;
SET DateStyle = 'German';
SET TimeZone = 'America/St_Johns';
SELECT c, c::text::rfm_cuts = c AS same
FROM (SELECT rfm_cuts(l, o, r, 3, '2024-01-05 00:00:00.5Z') FROM (VALUES (timestamptz '2024-01-01Z', 1, -1.5), ('2024-01-02Z', 2, 2),
	('2024-01-05 00:00:00.000001Z', 3, 3)) v(l, o, r)) x(c);
SELECT '{"bins": 2, "as_of": "0044-03-15T00:00:00+00:00 BC", "recency": ["-1 days -02:00"], "orders": [-3], "revenue": [-1.50]}'::rfm_cuts;
SET IntervalStyle = postgres;
SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';

-- stored, compressed, and through COPY BINARY
CREATE TABLE stored (c rfm_cuts);
INSERT INTO stored SELECT rfm_cuts(last_order, orders, revenue * 10::numeric ^ e) FROM customers, generate_series(-1000, 1000, 200) e GROUP BY e;
INSERT INTO stored SELECT rfm_cuts(last_order, orders, revenue, b) FROM customers, generate_series(2, 9) b GROUP BY b;
INSERT INTO stored VALUES (rfm_cuts(ARRAY['1 day']::interval[], ARRAY[NULL::int], ARRAY[NULL::int])), (NULL);
SELECT count(c) AS values, count(*) FILTER (WHERE c::text::rfm_cuts <> c) AS wrong FROM stored;
\set file `mktemp`
\copy stored TO :file (FORMAT binary)
CREATE TABLE loaded (c rfm_cuts);
\copy loaded FROM :file (FORMAT binary)
\! rm -f :file
SELECT count(*) AS values, (SELECT count(*) FROM (SELECT c::text FROM stored EXCEPT ALL SELECT c::text FROM loaded) d) AS wrong FROM loaded;

-- errors: of values
SELECT '{"bins": 1, "as_of": null, "recency": [], "orders": [], "revenue": []}'::rfm_cuts;
SELECT '{"bins": 9999999999, "as_of": null, "recency": [], "orders": [], "revenue": []}'::rfm_cuts;
SELECT '{"bins": 10, "as_of": null, "recency": [], "orders": [], "revenue": []}'::rfm_cuts;
SELECT '{"bins": 3, "as_of": null, "recency": ["1 day", "2 days"], "orders": [1, 2], "revenue": [1, 2]}'::rfm_cuts;
SELECT '{"bins": 3, "as_of": null, "recency": ["2 days", "1 day"], "orders": [2, 1], "revenue": [1, 2]}'::rfm_cuts;
SELECT '{"bins": 3, "as_of": null, "recency": ["2 days", "1 day"], "orders": [1, 2], "revenue": [1.1, 1.0]}'::rfm_cuts;
SELECT '{"bins": 3, "as_of": null, "recency": ["2 days", "1 day"], "orders": [null, 2], "revenue": [1, 2]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 mon"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": "2024-01-01Z", "recency": ["-106751991 days"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": "2024-01-01Z", "recency": ["106751991 days"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["106751992 days"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": "infinity", "recency": ["1 day"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT rfm_cuts(ARRAY['1 year 3 days']::interval[], ARRAY[1], ARRAY[1]);
SELECT rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1, 2], ARRAY[1]);
SELECT rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY[[1]]);
SELECT rfm_cuts('{}'::interval[], '{}'::bigint[], '{}'::numeric[]);
SELECT rfm_cuts(ARRAY['2 days', '1 day']::interval[], ARRAY[NULL, 1], ARRAY[1, 2]);
SELECT rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY['NaN'::numeric]);
SELECT rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY['-Infinity'::numeric]);
SELECT rfm_score(rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY[1]), now(), 1, 1);
SELECT rfm_score(rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY[1]), now(), 1, 1, 'infinity');
SELECT rfm_score(rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY[1]), 'infinity', 1, 1, now());
SELECT rfm_score(rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY[1]), now(), 1, 'NaN'::numeric, now());
-- of text, letter by letter
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1], "revenues": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": [1], "more": 1}'::rfm_cuts;
SELECT '{"bins": "2", "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2.5, "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": 2024, "recency": ["1 day"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": "soon", "recency": ["1 day"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": "1 day", "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": [1], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["a day"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": {"a": 1}, "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1.5], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [[1]], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1, 2], "revenue": [1]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [1], "revenue": ["1"]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": null, "recency": ["1 day"], "orders": [9223372036854775808], "revenue": [1]}'::rfm_cuts;
SELECT '[]'::rfm_cuts;
SELECT '2'::rfm_cuts;
\set VERBOSITY sqlstate
SELECT '{"bins": 10, "as_of": null, "recency": [], "orders": [], "revenue": []}'::rfm_cuts;
SELECT '{"bins": 3, "as_of": null, "recency": ["1 day", "2 days"], "orders": [1, 2], "revenue": [1, 2]}'::rfm_cuts;
SELECT '{"bins": 2, "as_of": "2024-01-01Z", "recency": ["-106751991 days"], "orders": [1], "revenue": [1]}'::rfm_cuts;
SELECT '[]'::rfm_cuts;
SELECT '{'::rfm_cuts;
SELECT rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY['NaN'::numeric]);
SELECT rfm_score(rfm_cuts(ARRAY['1 day']::interval[], ARRAY[1], ARRAY[1]), now(), 1, 1);
\set VERBOSITY default

-- a time without a zone is in the session's: what reads text is not IMMUTABLE
SELECT oid::regprocedure AS function, provolatile FROM pg_proc
WHERE proname ~ '^(rfm_|cuts$)' AND prokind <> 'a' AND provolatile <> 'i' ORDER BY 1;

DROP TABLE customers, stored, loaded;
RESET TimeZone;

-- revenues in every form that a number can have: one way to store each, and each is read
SELECT r::text::varchar(12), rfm_cuts('{1 day}', '{1}', ARRAY[r]) = rfm_cuts('{1 day}', '{1}', ARRAY[trim_scale(r) * 1.000]) AS same,
	(SELECT from_value::numeric = r FROM cuts(rfm_cuts('{1 day}', '{1}', ARRAY[r])) WHERE dimension = 'revenue') AS read
FROM unnest('{0, 0.000, 1, 10, 1.5, 0.0001, 0.00012, 1e-63, 1e-64, 1.2e-70, 123456789.5, 1e255, 1e256, -7.25, -1e-63, -1e-64, 99990000, 1200.0034}'::numeric[]) r;
