-- close and compact: each rule with numbers worked by hand

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
CREATE FUNCTION brief(p points_ledger) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(CASE kind WHEN 'earn' THEN '+' || points WHEN 'redeem' THEN points || '<' WHEN 'hold' THEN points || '!'
			WHEN 'capture' THEN points || ' C' || hold || '<' WHEN 'close' THEN 'Z' || moved_at::date ELSE points || ' R' || reverses || '<' END
		|| coalesce((SELECT string_agg(concat(d->'lot', ':', d->'points'), ',') FROM jsonb_array_elements(draws) d), '')
		|| coalesce(' debt ' || debt, ''), '; ' ORDER BY id) FROM movements(p) $$;
CREATE FUNCTION statements(p points_ledger, VARIADIC times timestamptz[]) RETURNS TABLE (t timestamptz, earned bigint, available bigint,
	pending bigint, held bigint, redeemed bigint, expired bigint, reversed bigint, adds_up boolean) LANGUAGE sql AS $$
	SELECT t, s.*, s.earned = s.available + s.pending + s.held + s.redeemed + s.expired + s.reversed AND s.available = balance(p, t)
	FROM unnest(times) t, statement(p, t) s $$;

-- January is closed: nothing of it changes any more
CREATE TABLE members (name text, p points_ledger);
INSERT INTO members VALUES ('ann', close(redeem(earn(earn(points_ledger(), 100, '2025-01-10', '2026-01-10', 'order 1'), 50, '2025-01-20', ref => 'order 2'),
	30, '2025-01-25', 'till 1'), '2025-01-31 23:59:59.999999'));
SELECT brief(p) FROM members;
SELECT earn(p, 1, '2025-01-31') FROM members;
SELECT redeem(p, 1, '2025-01-31 23:59:59.999999') FROM members;
SELECT reverse(p, 'till 1', '2025-01-30') FROM members;
SELECT reverse(p, 'order 1', '2025-01-30', 5, 'x', allow_negative => true) FROM members;
SELECT transfer(p, 1, '2025-01-30') FROM members;
SELECT hold(p, 1, '2025-02-02', '2025-01-30', 'x') FROM members;
SELECT extend(p, '2027-01-01', '2025-01-30') FROM members;
SELECT p || earn(points_ledger(), 1, '2025-01-31') FROM members;
SELECT earn(points_ledger(), 1, '2025-01-31') || p FROM members;
SELECT merge(p, earn(points_ledger(), 1, '2025-01-31'), 'x') FROM members;
-- from February on all is as ever, returns of January's orders too; the same movement once more is no movement
SELECT brief(reverse(redeem(p, 120, '2025-02-01'), 'till 1', '2025-02-02')) FROM members;
SELECT brief(earn(points_ledger(), 7, '2025-02-01') || p), brief(p || earn(points_ledger(), 7, '2025-02-01')) FROM members;
SELECT p = earn(p, 100, '2025-01-10', ref => 'order 1') AS earned, p = redeem(p, 30, '2025-01-10', 'till 1') AS redeemed FROM members;
-- a hold of January is captured in February, but not in January
SELECT brief(capture(h, 'cart', at => '2025-02-01')) FROM close(hold(earn(points_ledger(), 9, '2025-01-01'), 9, '2025-02-02', '2025-01-30', 'cart'), '2025-01-31') h;
SELECT capture(h, 'cart', at => '2025-01-31') FROM close(hold(earn(points_ledger(), 9, '2025-01-01'), 9, '2025-02-02', '2025-01-30', 'cart'), '2025-01-31') h;
SELECT release(h, 'cart', '2025-01-31') FROM close(hold(earn(points_ledger(), 9, '2025-01-01'), 9, '2025-02-02', '2025-01-30', 'cart'), '2025-01-31') h;
-- closed again: later it counts, earlier it changes nothing; two that are merged are closed until the later
SELECT brief(close(p, '2025-02-28')), close(p, '2025-01-15') = p AS earlier, close(p, '2025-01-31 23:59:59.999999') = p AS same FROM members;
SELECT brief(p), p::text::points_ledger = p AS round_trip FROM (SELECT close(earn(points_ledger(), 1, '2025-03-01'), '2025-02-01') || close(earn(points_ledger(), 2, '2025-03-01'), '2025-01-01')) m(p);
SELECT earn(p, 1, '2025-02-01') FROM (SELECT close(earn(points_ledger(), 1, '2025-03-01'), '2025-01-01') || close(earn(points_ledger(), 2, '2025-03-01'), '2025-02-01')) m(p);
-- two members whose books are closed as far become one, whatever they had before; nothing can be entered there afterwards either
SELECT brief(m), balance(m, '2025-01-31') AS closed, balance(m, '2025-03-01') AS later, m::text::points_ledger = m AS round_trip
FROM close(redeem(earn(points_ledger(), 100, '2025-01-05'), 30, '2025-01-20'), '2025-01-31') a,
	close(earn(earn(points_ledger(), 50, '2025-01-10'), 7, '2025-02-10'), '2025-01-31') b, LATERAL (SELECT a || b) l(m);
SELECT earn(a || b, 1, '2025-01-31') FROM close(earn(points_ledger(), 1, '2025-01-05'), '2025-01-31') a, close(earn(points_ledger(), 2, '2025-01-06'), '2025-01-31') b;
SELECT brief(compact(a, '2025-01-31') || compact(b, '2025-01-31')), (compact(a, '2025-01-31') || compact(b, '2025-01-31'))::text::points_ledger = compact(a, '2025-01-31') || compact(b, '2025-01-31') AS round_trip,
	balance(compact(a, '2025-01-31') || compact(b, '2025-01-31'), '2025-02-01')
FROM redeem(earn(points_ledger(), 100, '2025-01-05'), 30, '2025-01-20') a, earn(points_ledger(), 50, '2025-01-10') b;
-- a closed ledger can be given points of another that is closed, too: by a transfer
SELECT brief(p || (transfer(b, 20, '2025-02-10', 'merge')).parcel) FROM members, close(earn(points_ledger(), 20, '2025-01-05'), '2025-01-31') b;
SELECT close(p, 'infinity') FROM members;
SELECT close(p, '-infinity') FROM members;
SELECT close(p, NULL) FROM members;
SELECT close(NULL, '2025-01-31');

-- a year: lot 1 (100) is spent, lot 2 (80) has expired with 30 left, lot 3 (60) has 40 left, lot 4 (20) is pending, lot 5 (10)
-- is spent; a redemption from lots 1 and 5 comes back in January
CREATE TABLE year AS SELECT earn(earn(earn(earn(earn(points_ledger(), 100, '2024-01-10', '2025-01-10', 'order 1'), 80, '2024-02-10', '2024-08-10', 'order 2'),
	60, '2024-09-10', '2025-09-10', 'order 3'), 20, '2024-12-20', '2025-12-20', 'order 4', '2025-01-20'), 10, '2024-10-01', '2024-12-01', 'order 5') AS p;
UPDATE year SET p = redeem(p, 100, '2024-03-01', 'till 1');		-- 80 of lot 2, 20 of lot 1
UPDATE year SET p = reverse(p, 'till 1', '2024-03-02', 50, 'return 1');		-- 20 to lot 1, 30 to lot 2
UPDATE year SET p = redeem(p, 15, '2024-11-01', 'till 2');		-- 10 of lot 5, 5 of lot 1
UPDATE year SET p = redeem(p, 115, '2024-12-28', 'till 3');		-- 95 of lot 1, 20 of lot 3
UPDATE year SET p = reverse(p, 'till 2', '2025-01-05');			-- 5 to lot 1, 10 to lot 5, which has expired
SELECT brief(p) FROM year;
CREATE TABLE shorter AS SELECT p, compact(p, '2024-12-31') AS q FROM year;
-- the rest is lot 2 alone: 80 earned, 50 redeemed, 30 expired; lots 1 and 5 are kept for the return
SELECT brief(q) FROM shorter;
SELECT id, ref, earned_at, issued_at, expires, earned, redeemed, expired, reversed, remaining, state FROM shorter, lots(q, '2024-12-31');
-- from then on it answers as it did
SELECT t, s.*, s = statement(p, t) AS same, expiring(q, t + '300 days', t) = expiring(p, t + '300 days', t) AS expiring,
	next_expiry(q, t) = next_expiry(p, t) AS next_expiry
FROM shorter, unnest('{2024-12-31, 2025-01-05, 2025-01-10, 2025-01-20, 2025-09-10, 2026-01-01}'::timestamptz[]) t, statement(q, t) s;
SELECT count(*) FROM (SELECT j.happened_at, event, j.issued_at, j.points FROM shorter, journal(p, '2024-12-31', 'infinity') j
	EXCEPT ALL SELECT j.happened_at, event, j.issued_at, j.points FROM shorter, journal(q, '2024-12-31', 'infinity') j) x;
-- what was before is not known: an error, not a number
SELECT balance(q, '2024-12-30 23:59:59') FROM shorter;
SELECT pending(q, '-infinity') FROM shorter;
SELECT expiring(q, '2025-06-01', '2024-06-01') FROM shorter;
SELECT next_expiry(q, '2024-06-01') FROM shorter;
SELECT lots(q, '2024-06-01') FROM shorter;
SELECT statement(q, '2024-06-01') FROM shorter;
SELECT count(*) FROM shorter, journal(q, '2024-12-30 23:59:59.999999', '2025-02-01');
SELECT count(*) FROM shorter, journal(q, '-infinity', '2025-02-01');
SELECT count(*) FROM shorter, journal(q, '2024-12-31', '2025-02-01');
-- the lots that are left can still be reversed, and are known again; what was used up cannot be, and nothing is entered before
SELECT reverse(q, 'order 3', '2025-01-06', 41, 'return 3') FROM shorter;
SELECT brief(reverse(q, 'order 3', '2025-01-06', 40, 'return 3')), earn(q, 60, ref => 'order 3') = q AS known FROM shorter;
SELECT reverse(q, 'till 1', '2025-01-06') FROM shorter;
SELECT reverse(q, 'order 2', '2025-01-06') FROM shorter;
SELECT earn(q, 1, '2024-12-31') FROM shorter;
SELECT earn(points_ledger(), 1, '2024-06-01') || q FROM shorter;
-- again nothing changes; later it is shorter; before it was, nor
SELECT compact(q, '2024-12-31') = q AS again, compact(q, '2024-06-01') = q AS before, brief(compact(q, '2025-12-31')) FROM shorter;
SELECT statement(compact(q, '2025-12-31'), '2025-12-31') = statement(p, '2025-12-31') AS same FROM shorter;
-- a hold, a debt and a redemption of which a part came back
SELECT brief(q), s.*, s = statement(p, t) AS same, q::text::points_ledger = q AS round_trip
FROM (SELECT reverse(hold(reverse(redeem(earn(earn(points_ledger(), 30, '2025-01-01', ref => 'a'), 50, '2025-01-02', ref => 'b'), 40, '2025-01-03', 'r'), 'r', '2025-01-04', 15, 'x'),
	55, '2025-02-10', '2025-01-05', 'cart'), 'a', '2025-01-06', allow_negative => true)) m(p0), reverse(p0, 'r', '2025-02-01', 5, 'y') p,
	compact(p, '2025-01-31') q, unnest('{2025-01-31, 2025-02-01, 2025-02-10}'::timestamptz[]) t, statement(q, t) s;
SELECT brief(capture(compact(p, '2025-01-31'), 'cart', at => '2025-02-01')) FROM hold(earn(points_ledger(), 30, '2025-01-01'), 20, '2025-02-10', '2025-01-05', 'cart') p;
-- one that was captured, and part of which comes back later, is a redemption from then on: said where it is sent again
SELECT capture(compact(q, '2025-01-31'), 'cart') FROM hold(earn(points_ledger(), 30, '2025-01-01'), 20, '2025-02-10', '2025-01-05', 'cart') p,
	reverse(capture(p, 'cart', 15, '2025-01-06'), 'cart', '2025-02-01', 5, 'return') q;
SELECT hold(compact(q, '2025-01-31'), 20, '2025-02-10', '2025-01-05', 'cart') FROM hold(earn(points_ledger(), 30, '2025-01-01'), 20, '2025-02-10', '2025-01-05', 'cart') p,
	reverse(capture(p, 'cart', 15, '2025-01-06'), 'cart', '2025-02-01', 5, 'return') q;
-- entered across the end of January: 5 of January came after February's, so that only what was before them is compacted; in March all is
SELECT earn(compact(p, '2025-01-31'), 1, '2025-01-31') FROM earn(redeem(earn(points_ledger(), 9, '2025-01-02'), 3, '2025-02-01'), 5, '2025-01-15') p;
SELECT movements(compact(p, '2025-01-31')), movements(compact(p, '2025-02-28')) FROM earn(redeem(earn(points_ledger(), 9, '2025-01-02'), 3, '2025-02-01'), 5, '2025-01-15') p;
-- merged with a ledger that is all later, on either side
SELECT statement(n || q, t) = statement(q || n, t) AS same, (n || q)::text::points_ledger = n || q AS round_trip, s.*,
	brief(compact(n || q, '2025-12-31'))
FROM shorter, earn(points_ledger(), 5, '2025-02-01') n, unnest('{2024-12-31, 2025-02-01, 2026-01-01}'::timestamptz[]) t, statement(n || q, t) s;
SELECT balance(n || q, '2024-12-30') FROM shorter, earn(points_ledger(), 5, '2025-02-01') n;
SELECT compact(points_ledger(), '2025-01-31'), compact(close(points_ledger(), '2025-02-28'), '2025-01-31');
SELECT compact(NULL, '2025-01-31');
SELECT compact(points_ledger(), NULL);
SELECT compact(points_ledger(), 'infinity');

-- a thousand movements become as few as are of account
CREATE TABLE busy AS SELECT ledger_agg(CASE WHEN i % 2 = 1 THEN 100 ELSE -100 END, timestamptz '2024-01-01' + i * interval '8 hours', NULL, 'ref ' || i) AS p
FROM generate_series(1, 1001) i;
SELECT count(*) AS movements, balance(p, '2025-01-01') FROM busy, movements(p) GROUP BY p;
SELECT brief(q), pg_column_size(q::text::points_ledger) < 100 AS short, balance(q, '2025-01-01') FROM busy, compact(p, '2025-01-01') q;

-- text: an opening comes first, and has what it could have
\pset format unaligned
\pset tuples_only on
SELECT q FROM shorter;
SELECT q::text::points_ledger = q AND q::jsonb::points_ledger = q FROM shorter;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {"redeemed": 3, "expired": 2, "reversed": 1}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {"redeemed": -1}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {"redeemed": 9223372036854775807, "expired": 9223372036854775807}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {"reversible": 6}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {"spent": 1}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "expires": "2024-01-01", "opening": {}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "earn", "at": "2025-01-02", "points": 5, "opening": {}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-02", "points": 5, "opening": {}}, {"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {}}, {"kind": "redeem", "at": "2025-01-01", "points": 3, "opening": {}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {}}, {"kind": "redeem", "at": "2025-01-01", "points": 6, "draws": [{"lot": 1, "points": 6}], "opening": {}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {}}, {"kind": "redeem", "at": "2025-01-01", "points": 3, "draws": [{"lot": 1, "points": 3}], "opening": {"redeemed": 1}}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "opening": {}}, {"kind": "reverse", "at": "2025-01-01", "points": 3, "reverses": 1, "debt": 3, "opening": {}}]'::points_ledger;
SELECT '[{"kind": "transfer", "at": "2025-01-01", "points": 3, "opening": {}}]'::points_ledger;

DROP TABLE members, year, shorter, busy;
DROP FUNCTION brief, statements;
RESET TimeZone;
