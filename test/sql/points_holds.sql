-- hold, capture and release: each rule with numbers worked by hand

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
-- a word for each movement: 60! is a hold of 60, C3 captures movement 3, F3 frees it
CREATE FUNCTION brief(p points_ledger) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(CASE kind WHEN 'earn' THEN '+' || points WHEN 'redeem' THEN points || '<' WHEN 'hold' THEN points || '!'
			WHEN 'capture' THEN points || ' C' || hold || '<' WHEN 'release' THEN points || ' F' || hold ELSE points || ' R' || reverses || '<' END
		|| coalesce((SELECT string_agg(concat(d->'lot', ':', d->'points'), ',') FROM jsonb_array_elements(draws) d), '')
		|| coalesce(' debt ' || debt, ''), '; ' ORDER BY id) FROM movements(p) $$;
-- the statement at some times; the last column is the identity
CREATE FUNCTION statements(p points_ledger, VARIADIC times timestamptz[]) RETURNS TABLE (t timestamptz, earned bigint, available bigint,
	pending bigint, held bigint, redeemed bigint, expired bigint, reversed bigint, adds_up boolean) LANGUAGE sql AS $$
	SELECT t, s.*, s.earned = s.available + s.pending + s.held + s.redeemed + s.expired + s.reversed AND s.available = balance(p, t)
	FROM unnest(times) t, statement(p, t) s $$;

-- 100 until March 1 and 50 that never expire: 120 are held on February 1 for an hour, 100 of lot 1 and 20 of lot 2
CREATE TABLE members (name text, p points_ledger);
INSERT INTO members VALUES ('ann', hold(earn(earn(points_ledger(), 100, '2025-01-01', '2025-03-01', 'order 1'), 50, '2025-01-02', ref => 'order 2'),
	120, '2025-02-01 01:00', '2025-02-01', 'cart 1'));
SELECT brief(p) FROM members;
SELECT s.* FROM members, statements(p, '2025-01-31', '2025-02-01', '2025-02-01 00:59:59.999999', '2025-02-01 01:00', '2025-03-01') s;
SELECT l.id, earned, available, held, remaining, state FROM members, lots(p, '2025-02-01') l;
SELECT id, kind, points, ref, expires, held_until, hold FROM members, movements(p);
-- 30 are free, all 150 an hour later; another hold finds no more either
SELECT redeem(p, 31, '2025-02-01 00:10') FROM members;
SELECT hold(p, 31, '2025-02-02', '2025-02-01 00:10', 'cart 2') FROM members;
SELECT brief(redeem(p, 30, '2025-02-01 00:10')), brief(redeem(p, 150, '2025-02-01 01:00')) FROM members;
-- what is held is not expiring, nor does it expire: held until it is free, then it has expired
SELECT s.* FROM members, statements(hold(p, 30, '2025-03-02', '2025-02-01 00:10', 'cart 2'), '2025-02-01 00:10', '2025-03-01', '2025-03-02') s;
SELECT s.* FROM hold(earn(points_ledger(), 10, '2025-01-01', '2025-02-01'), 10, '2025-02-03', '2025-01-31', 'x') p,
	statements(p, '2025-01-31', '2025-02-01', '2025-02-02', '2025-02-03') s;
SELECT expiring(p, '2025-03-01', '2025-01-31'), expiring(p, '2025-03-01', '2025-02-01'), n.* FROM members, next_expiry(p, '2025-02-01') n;

-- captured whole: spent, and not free at the end of the hold; again, whenever, nothing changes
SELECT brief(q), s.* FROM members, capture(p, 'cart 1', at => '2025-02-01 00:30') q, statements(q, '2025-02-01 00:29', '2025-02-01 00:30', '2025-02-01 01:00') s;
SELECT capture(q, 'cart 1', at => '2026-01-01') = q AS again, capture(q, 'cart 1', 120, '2025-02-01 00:31') = q AS with_points,
	hold(q, 120, '2027-01-01', '2026-12-01', 'cart 1') = q AS held_again FROM members, capture(p, 'cart 1', at => '2025-02-01 00:30') q;
SELECT capture(q, 'cart 1', 119) FROM members, capture(p, 'cart 1', at => '2025-02-01 00:30') q;
-- a part: what was drawn first is spent first; the rest is free at once
SELECT brief(q), s.* FROM members, capture(p, 'cart 1', 110, '2025-02-01 00:30') q, statements(q, '2025-02-01 00:29', '2025-02-01 00:30', '2025-02-01 01:00') s;
SELECT l.id, redeemed, held, remaining FROM members, lots(capture(p, 'cart 1', 110, '2025-02-01 00:30'), '2025-02-01 00:30') l;
SELECT capture(q, 'cart 1') FROM members, capture(p, 'cart 1', 110, '2025-02-01 00:30') q;
-- more than is held, or when it is not held
SELECT capture(p, 'cart 1', 121, '2025-02-01 00:30') FROM members;
SELECT capture(p, 'cart 1', at => '2025-02-01 01:00') FROM members;
SELECT capture(p, 'cart 1', at => '2025-01-31') FROM members;
SELECT capture(p, 'cart 1', 0, '2025-02-01 00:30') FROM members;
SELECT capture(p, 'order 1', at => '2025-02-01 00:30') FROM members;
SELECT capture(p, 'cart 9', at => '2025-02-01 00:30') FROM members;

-- released: free at once; again nothing changes, nor when it is free anyway
SELECT brief(q), s.* FROM members, release(p, 'cart 1', '2025-02-01 00:30') q, statements(q, '2025-02-01 00:29', '2025-02-01 00:30') s;
SELECT release(q, 'cart 1', '2025-02-01 00:40') = q AS again, release(p, 'cart 1', '2025-02-01 01:00') = p AS over
FROM members, release(p, 'cart 1', '2025-02-01 00:30') q;
SELECT capture(q, 'cart 1', at => '2025-02-01 00:40') FROM members, release(p, 'cart 1', '2025-02-01 00:30') q;
SELECT release(q, 'cart 1', '2025-02-01 00:40') FROM members, capture(p, 'cart 1', at => '2025-02-01 00:30') q;
SELECT release(p, 'cart 1', '2025-01-31') FROM members;
SELECT release(p, 'order 1') FROM members;

-- a return: by the hold's ref, last drawn first; not what is only held
SELECT brief(r), s.* FROM members, capture(p, 'cart 1', at => '2025-02-01 00:30') q, reverse(q, 'cart 1', '2025-02-10', 30, 'return 1') r,
	statements(r, '2025-02-09', '2025-02-10') s;
SELECT reverse(r, 'cart 1', '2025-02-11') = reverse(reverse(r, 'cart 1', '2025-02-11'), 'cart 1', '2025-02-12') AS rest_once
FROM members, reverse(capture(p, 'cart 1', at => '2025-02-01 00:30'), 'cart 1', '2025-02-10', 30, 'return 1') r;
SELECT reverse(p, 'cart 1', '2025-02-01 00:30') FROM members;
SELECT reverse(release(p, 'cart 1', '2025-02-01 00:30'), 'cart 1', '2025-02-02') FROM members;
-- into a lot that has expired: 120 come back in March, 100 of them expired
SELECT s.* FROM members, reverse(capture(p, 'cart 1', at => '2025-02-01 00:30'), 'cart 1', '2025-03-05') r, statements(r, '2025-03-05') s;

-- backdated: captured when the hold was over and 40 of the points were spent, of lot 1; 60 can be captured
CREATE TABLE late AS SELECT redeem(p, 40, '2025-02-02', 'till 1') AS p FROM members;
SELECT brief(p) FROM late;
SELECT capture(p, 'cart 1', at => '2025-02-01 00:30') FROM late;
SELECT brief(q), s.* FROM late, capture(p, 'cart 1', 60, '2025-02-01 00:30') q, statements(q, '2025-02-01 00:30', '2025-02-01 01:00', '2025-02-02') s;
SELECT capture(p, 'cart 1', 61, '2025-02-01 00:30') FROM late;
-- nor if they were spent at the very instant at which the hold was over
SELECT capture(redeem(p, 150, '2025-02-01 01:00'), 'cart 1', 1, '2025-02-01 00:30') FROM members;
-- a redemption before the hold leaves it what it holds
SELECT redeem(p, 31, '2025-01-15') FROM members;

-- an earn whose points are held: taken back as a debt only, which the points pay when they are free
SELECT reverse(p, 'order 1', '2025-02-01 00:30') FROM members;
SELECT brief(q), s.* FROM members, reverse(p, 'order 1', '2025-02-01 00:30', allow_negative => true) q,
	statements(q, '2025-02-01 00:30', '2025-02-01 01:00', '2025-03-01') s;

-- arguments
SELECT hold(p, 10, '2025-02-02', '2025-02-01') FROM members;
SELECT hold(p, 10, '2025-02-02', '2025-02-01', '') FROM members;
SELECT hold(p, 10, '2025-02-01', '2025-02-01', 'x') FROM members;
SELECT hold(p, 10, 'infinity', '2025-02-01', 'x') FROM members;
SELECT hold(p, 10, NULL, '2025-02-01', 'x') FROM members;
SELECT hold(p, 0, '2025-02-02', '2025-02-01', 'x') FROM members;
SELECT hold(p, 119, '2025-02-02', '2025-02-01', 'cart 1') FROM members;
SELECT redeem(p, 120, ref => 'cart 1') FROM members;
SELECT hold(NULL, 1, '2025-02-02'), capture(NULL, 'x'), release(NULL, 'x');
SELECT capture(p, NULL) FROM members;
SELECT release(p, NULL) FROM members;
SELECT balance(capture(hold(earn(points_ledger(), 10), 4, clock_timestamp() + interval '1 hour', ref => 'x'), 'x')) AS six;

-- text: what follows from the rest may be missing; a hold ends once
\pset format unaligned
\pset tuples_only on
SELECT capture(p, 'cart 1', 110, '2025-02-01 00:30') FROM members;
SELECT release(p, 'cart 1', '2025-02-01 00:30') FROM members;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "hold", "at": "2025-01-02", "until": "2025-01-03", "points": 4, "ref": "h"},
	{"kind": "capture", "at": "2025-01-02", "points": 3, "hold": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "hold", "at": "2025-01-02", "until": "2025-01-03", "points": 4, "ref": "h"},
	{"kind": "release", "at": "2025-01-02", "hold": 2}, {"kind": "capture", "at": "2025-01-02", "points": 3, "hold": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "hold", "at": "2025-01-02", "until": "2025-01-03", "points": 4}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "hold", "at": "2025-01-02", "points": 4, "ref": "h"}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "release", "at": "2025-01-02", "hold": 1}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "hold", "at": "2025-01-02", "until": "2025-01-03", "points": 4, "ref": "h"},
	{"kind": "release", "at": "2025-01-02", "points": 4, "hold": 2}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "hold", "at": "2025-01-02", "until": "2025-01-03", "points": 4, "ref": "h"},
	{"kind": "capture", "at": "2025-01-02", "points": 4, "hold": 2, "ref": "c"}]'::points_ledger;

DROP TABLE members, late;
DROP FUNCTION brief, statements;
RESET TimeZone;
