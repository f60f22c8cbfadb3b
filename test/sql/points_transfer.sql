-- transfer, merge and extend: each rule with numbers worked by hand

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
-- a word for each movement: 60>2:50,1:10 is a transfer of 60, X an extension
CREATE FUNCTION brief(p points_ledger) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(CASE kind WHEN 'earn' THEN '+' || points WHEN 'redeem' THEN points || '<' WHEN 'transfer' THEN points || '>'
			WHEN 'extend' THEN 'X' ELSE points || ' R' || reverses || '<' END
		|| coalesce((SELECT string_agg(concat(d->'lot', ':', d->'points'), ',') FROM jsonb_array_elements(draws) d), '')
		|| coalesce(' debt ' || debt, ''), '; ' ORDER BY id) FROM movements(p) $$;
CREATE FUNCTION statements(p points_ledger, VARIADIC times timestamptz[]) RETURNS TABLE (t timestamptz, earned bigint, available bigint,
	pending bigint, held bigint, redeemed bigint, expired bigint, reversed bigint, adds_up boolean) LANGUAGE sql AS $$
	SELECT t, s.*, s.earned = s.available + s.pending + s.held + s.redeemed + s.expired + s.reversed AND s.available = balance(p, t)
	FROM unnest(times) t, statement(p, t) s $$;

-- a gift of 60: 50 that expire in June and 10 of the 100 that expire at the year's end
CREATE TABLE members (name text PRIMARY KEY, p points_ledger NOT NULL DEFAULT points_ledger());
INSERT INTO members VALUES ('ann', earn(earn(earn(points_ledger(), 100, '2025-01-01', '2025-12-31', 'order 1'), 50, '2025-02-01', '2025-06-01', 'order 2'),
	30, '2025-02-02', ref => 'order 3', available => '2025-04-01')),
	('bob', earn(points_ledger(), 20, '2025-01-15', '2025-07-01', 'order 8'));
CREATE TABLE gift AS SELECT g.* FROM members, transfer(p, 60, '2025-03-01', 'gift 1') g WHERE name = 'ann';
SELECT brief(giver), brief(parcel) FROM gift;
SELECT s.* FROM gift, statements(giver, '2025-02-28', '2025-03-01') s;
SELECT l.id, l.ref, earned_at, issued_at, available, expires, earned, remaining FROM gift, lots(parcel, '2025-03-01') l;
-- over both members the points are as many before and after; 150 and 20, then 90 and 80; the liability of June's points, too
UPDATE members SET p = giver FROM gift WHERE name = 'ann';
UPDATE members SET p = receive(p, parcel) FROM gift WHERE name = 'bob';
SELECT t, sum(balance(p, t)) AS balance, sum(earned) - sum(reversed) AS issued, sum(expired) AS expired FROM members,
	unnest('{2025-02-28, 2025-03-01, 2025-06-01, 2025-07-01, 2026-01-01}'::timestamptz[]) t, statement(p, t) GROUP BY t ORDER BY t;
SELECT name, s.* FROM members, statements(p, '2025-02-28', '2025-03-01', '2025-06-01') s ORDER BY name, t;
-- again: the same giver, the same parcel, which nobody can take twice
SELECT g.giver = gift.giver AS same_giver, g.parcel = gift.parcel AS same_parcel, g.giver = p AS same_member
FROM gift, members, transfer(p, 60, '2026-03-01', 'gift 1') g WHERE name = 'ann';
SELECT receive(p, parcel) FROM members, gift WHERE name = 'bob';
SELECT p || parcel FROM members, gift WHERE name = 'bob';
SELECT receive(p, parcel) FROM members, gift WHERE name = 'ann';		-- nor the giver
SELECT transfer(p, 61, '2025-03-01', 'gift 1') FROM members WHERE name = 'ann';
SELECT redeem(p, 60, '2025-03-01', 'gift 1') FROM members WHERE name = 'ann';
-- without a ref it is another one each time
SELECT brief((transfer((transfer(p, 5, '2025-03-02')).giver, 5, '2025-03-02')).giver) FROM members WHERE name = 'ann';
-- pending points stay, and so does what is not there
SELECT transfer(p, 91, '2025-03-02') FROM members WHERE name = 'ann';
SELECT transfer(p, 0, '2025-03-02') FROM members WHERE name = 'ann';
SELECT transfer(NULL, 1);
SELECT transfer(points_ledger(), NULL);
SELECT transfer(points_ledger(), 1, NULL);
SELECT transfer(points_ledger(), 1, ref => '');
-- a gift is not taken back, but given back; the receiver's lots can be reversed, one by one
SELECT reverse(p, 'gift 1', '2025-03-02') FROM members WHERE name = 'ann';
SELECT brief(giver), brief(parcel), l.* FROM members, transfer(p, 60, '2025-03-05', 'gift 1 back') g,
	LATERAL (SELECT string_agg(concat_ws(' ', points, expires::date, issued_at::date), ', ' ORDER BY id) FROM movements(g.parcel)) l WHERE name = 'bob';
SELECT brief(reverse(p, 'gift 1/2', '2025-03-05')) FROM members WHERE name = 'bob';
-- of equal expiry, the points that were issued first go first: 10 of January by ann, not bob's of February
SELECT brief(redeem(earn(points_ledger(), 10, '2025-02-01', '2025-12-31') || (transfer(earn(points_ledger(), 10, '2025-01-01', '2025-12-31'), 10, '2025-03-01')).parcel,
	15, '2025-03-02'));
-- a gift pays what the receiver owes, as points that are earned do; points of a ledger that is merged do not
CREATE TABLE owing AS SELECT reverse(redeem(earn(points_ledger(), 50, '2025-01-01', ref => 'order 1'), 50, '2025-01-02'), 'order 1', '2025-01-03',
	allow_negative => true) AS p, parcel FROM transfer(earn(points_ledger(), 80, '2025-01-01', '2025-06-01'), 70, '2025-02-01', 'gift 2');
SELECT how, s.*, next_expiry(q, '2025-02-01') FROM owing, LATERAL (VALUES ('received', receive(p, parcel)), ('merged', p || parcel)) v (how, q),
	statements(q, '2025-01-31', '2025-02-01', '2025-06-01') s;
SELECT brief(redeem(receive(p, parcel), 20, '2025-02-02')) FROM owing;
SELECT redeem(receive(p, parcel), 21, '2025-02-02') FROM owing;
DROP TABLE owing;
-- one parcel after the other; nothing but parcels, and not into books that are closed
SELECT brief(receive(receive(points_ledger(), a.parcel), b.parcel)) FROM transfer(earn(points_ledger(), 10, '2025-01-01'), 4, '2025-03-01') a, transfer(a.giver, 6, '2025-03-02') b;
SELECT receive(p, points_ledger()) = p AS nothing FROM members WHERE name = 'bob';
-- of many lots
CREATE TEMP TABLE many AS SELECT parcel FROM (SELECT ledger_agg(n, '2025-01-01'::timestamptz + n * interval '1 day') AS p FROM generate_series(1, 20) n) g, transfer(p, 210, '2025-03-01', 'all');
SELECT balance(q, '2025-03-01'), has_ref(q, 'all/20') FROM many, receive(points_ledger(), parcel) q;
SELECT receive(earn(points_ledger(), 1, '2025-02-01', ref => 'all/20'), parcel) FROM many;
DROP TABLE many;
-- each lot of a parcel has the ref: it cannot be too long
SELECT length(transfer((SELECT ledger_agg(n, '2025-01-01'::timestamptz + n * interval '1 day') FROM generate_series(1, 300) n), 45150, '2025-12-31', repeat('x', 4000000))::text);
SELECT receive(points_ledger(), p) FROM members WHERE name = 'ann';
SELECT receive(points_ledger(), compact(earn(points_ledger(), 10, '2025-01-01', ref => 'order 1'), '2025-02-01'));
SELECT receive(close(points_ledger(), '2025-03-01'), parcel) FROM gift;
SELECT receive(NULL, parcel) FROM gift;
SELECT receive(p, NULL) FROM members WHERE name = 'bob';
-- an extension between the transfer and its repetition is none of the parcel's
SELECT (transfer(extend(p, '2027-01-01', '2025-03-10'), 60, '2025-03-01', 'gift 1')).parcel = parcel AS same FROM members, gift WHERE name = 'ann';

-- merge: a prefix only for refs that both have, so that replays of the others are recognised
INSERT INTO members VALUES ('cid', redeem(earn(earn(points_ledger(), 40, '2025-01-02', ref => 'order 1'), 7, '2025-01-03', ref => 'order 9'), 5, '2025-01-04', 'till 1'));
CREATE TABLE merged AS SELECT merge(a.p, b.p, 'cid: ') AS p FROM members a, members b WHERE a.name = 'ann' AND b.name = 'cid';
SELECT string_agg(ref, ', ' ORDER BY id) FROM merged, movements(p);
SELECT balance(merged.p, t) = balance(a.p, t) + balance(b.p, t) AS sum, earn(merged.p, 7, '2025-05-01', ref => 'order 9') = merged.p AS known
FROM merged, members a, members b, unnest('{2025-01-03, 2025-03-01, 2025-06-01}'::timestamptz[]) t WHERE a.name = 'ann' AND b.name = 'cid';
SELECT merge(a.p, b.p, '') FROM members a, members b WHERE a.name = 'ann' AND b.name = 'cid';
SELECT merge(p, p, 'p ') = p || prefix_refs(p, 'p ') AS all_refs FROM members WHERE name = 'ann';
-- the prefixed ref is taken, by either
SELECT merge(earn(earn(points_ledger(), 1, '2025-01-01', ref => 'a'), 1, '2025-01-01', ref => 'p a'), earn(points_ledger(), 1, '2025-01-01', ref => 'a'), 'p ');
SELECT merge(earn(points_ledger(), 1, '2025-01-01', ref => 'a'), earn(earn(points_ledger(), 1, '2025-01-01', ref => 'p a'), 1, '2025-01-01', ref => 'a'), 'p ');
SELECT merge(earn(points_ledger(), 1, '2025-01-01', ref => 'a'), earn(earn(points_ledger(), 1, '2025-01-01', ref => 'a'), 1, '2025-01-01', ref => 'p a'), 'p ');
SELECT merge(p, p, NULL) FROM merged;
SELECT merge(p, NULL, 'x') FROM merged;
SELECT merge(NULL, p, 'x') FROM merged;

-- extend: on May 1 lot 1 has a year, lot 2 expires in June, lot 3 never, lot 4 is pending until June, lot 5 has expired
CREATE TABLE alive (p points_ledger);
INSERT INTO alive VALUES (earn(earn(earn(earn(earn(points_ledger(), 10, '2025-01-01', '2026-05-01'), 20, '2025-01-01', '2025-06-15'), 40, '2025-01-01'),
	80, '2025-04-01', '2025-08-01', available => '2025-06-01'), 160, '2025-01-01', '2025-05-01'));
SELECT l.id, l.expires, l.state, x.expires AS extended, x.state AS extended_state FROM alive, lots(p, '2025-05-01') l
	JOIN LATERAL lots(extend(p, '2026-01-01', '2025-05-01', 'visit 1'), '2025-05-01') x USING (id);
-- before May 1 nothing changes: neither the balance nor what was known to expire
SELECT t, balance(p, t) = balance(q, t) AS balance, expiring(p, '2025-07-01', t), expiring(q, '2025-07-01', t) AS extended
FROM alive, extend(p, '2026-01-01', '2025-05-01', 'visit 1') q, unnest('{2025-04-30, 2025-05-01}'::timestamptz[]) t;
SELECT s.* FROM alive, statements(extend(p, '2026-01-01', '2025-05-01', 'visit 1'), '2025-04-30', '2025-05-01', '2025-06-15', '2025-08-01', '2026-01-01', '2026-05-01') s;
-- twice: the second reaches what the first kept alive; again by its ref nothing changes, whatever the time and expiry
SELECT n.* FROM alive, extend(extend(p, '2025-07-01', '2025-05-01'), '2025-09-01', '2025-06-20') q, next_expiry(q, '2025-06-20') n;
SELECT q = extend(q, '2027-01-01', '2025-07-01', 'visit 1') AS again, p = extend(p, '2027-01-01', '2025-07-01', 'visit 1') AS first FROM alive, extend(p, '2026-01-01', '2025-05-01', 'visit 1') q;
SELECT extend(earn(p, 1, '2025-01-01', ref => 'x'), '2026-01-01', '2025-05-01', 'x') FROM alive;
SELECT earn(extend(p, '2026-01-01', '2025-05-01', 'x'), 1, '2025-01-01', ref => 'x') FROM alive;
-- backdated: what was entered later but earned before is reached, too; an extension of April that came too late reaches
-- what one of February, entered after it, kept alive
SELECT id, expires FROM lots(earn(extend(earn(points_ledger(), 1, '2025-01-01', '2025-03-01'), '2025-09-01', '2025-02-01'), 2, '2025-01-15', '2025-02-15'), '2025-02-01');
SELECT s.* FROM extend(extend(earn(points_ledger(), 1, '2025-01-01', '2025-03-01'), '2025-09-01', '2025-04-01'), '2025-05-01', '2025-02-01') p,
	statements(p, '2025-03-01', '2025-05-01', '2025-09-01') s;
-- the order of draws follows: lot 2 first, and after the extension lot 1
SELECT brief(redeem(p, 1, '2025-02-02')), brief(redeem(extend(p, '2025-12-31', '2025-02-01'), 1, '2025-02-02'))
FROM earn(earn(points_ledger(), 5, '2025-01-01', '2025-12-31'), 5, '2025-01-02', '2025-06-01') p;
-- points come back to a lot that was extended
SELECT s.* FROM reverse(extend(redeem(earn(points_ledger(), 5, '2025-01-01', '2025-03-01'), 5, '2025-01-02', 'r'), '2025-06-01', '2025-02-01'), 'r', '2025-04-01') p,
	statements(p, '2025-04-01', '2025-06-01') s;
-- a debt is paid by what is kept alive: 50 are owed from January on, the 80 pending until June pay them
SELECT s.* FROM extend(earn(reverse(redeem(earn(points_ledger(), 50, '2025-01-01', ref => 'a'), 50, '2025-01-02'), 'a', '2025-01-03', allow_negative => true),
	80, '2025-01-04', '2025-06-02', available => '2025-06-01'), '2025-07-01', '2025-02-01') p, statements(p, '2025-01-04', '2025-06-01', '2025-06-02', '2025-07-01') s;
SELECT expires FROM lots(extend(earn(points_ledger(), 1, '2025-01-01', '2025-03-01'), 'infinity', '2025-02-01'), '2025-02-01');
SELECT extend(p, '2025-05-01', '2025-05-01') FROM alive;
SELECT extend(p, NULL, '2025-05-01') FROM alive;
SELECT extend(p, '2026-01-01', 'infinity') FROM alive;
SELECT extend(NULL, '2026-01-01');
SELECT reverse(extend(p, '2026-01-01', '2025-05-01', 'x'), 'x', '2025-05-02') FROM alive;

-- text: there and back; an issue date is not after the earning
\pset format unaligned
\pset tuples_only on
SELECT giver, parcel FROM gift;
SELECT extend(extend(points_ledger(), '2026-01-01', '2025-05-01', 'x'), 'infinity', '2025-05-02');
SELECT bool_and(p::text::points_ledger = p AND p::jsonb::points_ledger = p) FROM (SELECT p FROM members UNION ALL SELECT p FROM merged
	UNION ALL SELECT extend(p, '2026-01-01', '2025-05-01', 'x') FROM alive) m;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "issued_at": "2025-01-02"}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5, "issued_at": "-infinity"}]'::points_ledger;
SELECT '[{"kind": "redeem", "at": "2025-01-01", "points": 5, "issued_at": "2025-01-01"}]'::points_ledger;
SELECT '[{"kind": "extend", "at": "2025-01-01", "points": 5}]'::points_ledger;
SELECT '[{"kind": "extend", "at": "2025-01-01", "expires": "2025-01-01"}]'::points_ledger;
SELECT '[{"kind": "transfer", "at": "2025-01-01", "points": 5}]'::points_ledger;

DROP TABLE members, gift, merged, alive;
DROP FUNCTION brief, statements;
RESET TimeZone;
