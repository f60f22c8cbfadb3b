-- the functions that return a points_ledger: each rule with numbers worked by hand

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
CREATE TABLE members (name text PRIMARY KEY, p points_ledger NOT NULL DEFAULT points_ledger());

-- a word for each movement: 60<2:50,1:10 is a redemption of 60, 50 of lot 2 and 10 of lot 1; R3 reverses movement 3
CREATE FUNCTION brief(p points_ledger) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(CASE kind WHEN 'earn' THEN '+' || points WHEN 'redeem' THEN points || '<' ELSE points || ' R' || reverses || '<' END
		|| coalesce((SELECT string_agg(concat(d->'lot', ':', d->'points'), ',') FROM jsonb_array_elements(draws) d), '')
		|| coalesce(' debt ' || debt, ''), '; ' ORDER BY id) FROM movements(p) $$;
-- the statement at some times; the last column is the identity
CREATE FUNCTION statements(p points_ledger, VARIADIC times timestamptz[]) RETURNS TABLE (t date, earned bigint, available bigint,
	pending bigint, redeemed bigint, expired bigint, reversed bigint, adds_up boolean) LANGUAGE sql AS $$
	SELECT t, s.earned, s.available, s.pending, s.redeemed, s.expired, s.reversed,
		s.earned = s.available + s.pending + s.held + s.redeemed + s.expired + s.reversed AND s.available = balance(p, t)
		AND s.pending = pending(p, t) FROM unnest(times) t, statement(p, t) s $$;

-- soonest to expire first, then oldest: of 180 points, 60 come from lot 4 (20, earned before lot 2) and lot 2 (40 of 50)
INSERT INTO members (name) VALUES ('ann');
UPDATE members SET p = earn(p, 100, '2025-01-01', '2025-12-31', 'order 1');
UPDATE members SET p = earn(p, 50, '2025-02-01', '2025-06-01', 'order 2');
UPDATE members SET p = earn(p, 30, '2025-03-01', ref => 'order 3');
UPDATE members SET p = earn(p, 20, '2025-01-15', '2025-06-01');
UPDATE members SET p = redeem(p, 60, '2025-04-01', 'till 1');
SELECT brief(p) FROM members;
-- then lot 2 (10), lot 1 (100) and of what never expires 5
SELECT brief(redeem(p, 115, '2025-04-02')) FROM members;
SELECT brief(redeem(p, 140, '2025-04-01')) FROM members;		-- 200 - 60, and no more
SELECT redeem(p, 141, '2025-04-01') FROM members;

-- one instant: expiry, becoming available, earns, redemptions
WITH l(p) AS (SELECT earn(earn(points_ledger(), 10, '2025-01-01', '2025-02-01'), 7, '2025-01-01', available => '2025-02-01'))
SELECT balance(p, '2025-01-31 23:59:59.999999'), pending(p, '2025-01-31 23:59:59.999999'), balance(p, '2025-02-01'), pending(p, '2025-02-01'),
	brief(redeem(earn(p, 5, '2025-02-01'), 12, '2025-02-01')) FROM l;
SELECT redeem(earn(points_ledger(), 10, '2025-01-01', '2025-02-01'), 1, '2025-02-01');
-- movements of one instant keep the order of their entry: these points were not there yet
SELECT earn(redeem(earn(points_ledger(), 10, '2025-01-01'), 11, '2025-01-01'), 5, '2025-01-01');
SELECT brief(earn(redeem(earn(points_ledger(), 10, '2025-01-01'), 6, '2025-01-01'), 5, '2025-01-01', '2025-01-02'));

-- a reversed redemption: the last drawn goes back first, with the old expiry
-- till 1 drew 20 of lot 4 and 40 of lot 2: the first 25 go back to lot 2, the next 30 are 15 of lot 2 and 15 of lot 4
SELECT brief(reverse(reverse(reverse(p, 'till 1', '2025-04-03', 25, 'return 1'), 'till 1', '2025-04-04', 30, 'return 2'), 'till 1', '2025-04-05'))
FROM members;
-- all of it, after both lots expired: no live points come back, and 60 more expire than before
SELECT s.* FROM (SELECT reverse(p, 'till 1', '2025-07-01') AS p FROM members) r, statements(p, '2025-04-01', '2025-06-30', '2025-07-01', '2025-12-31') s;
SELECT brief(reverse(p, 'till 1', '2025-07-01')) FROM members;
-- no more than there was
SELECT reverse(reverse(p, 'till 1', '2025-04-03', 25, 'return 1'), 'till 1', '2025-04-04', 36, 'return 2') FROM members;
SELECT reverse(reverse(p, 'till 1', '2025-04-03'), 'till 1', '2025-04-04', reversal_ref => 'return 2') FROM members;
SELECT reverse(p, 'till 1', '2025-04-03', 25) FROM members;		-- a part needs a ref of its own
SELECT reverse(p, 'till 1', '2025-03-31') FROM members;
SELECT reverse(reverse(p, 'till 1', '2025-04-03', reversal_ref => 'return 1'), 'return 1', '2025-04-04') FROM members;
SELECT reverse(p, 'till 9', '2025-04-03') FROM members;

-- a reversed earn: what is left is taken back, pending or available
SELECT brief(reverse(p, 'order 1', '2025-04-02')), balance(reverse(p, 'order 1', '2025-04-02'), '2025-04-02') FROM members;
SELECT brief(q), pending(q, '2025-01-02'), pending(q, '2025-01-03'), balance(q, '2025-02-01')
FROM reverse(earn(points_ledger(), 100, '2025-01-01', ref => 'o', available => '2025-02-01'), 'o', '2025-01-03') q;
SELECT reverse(p, 'order 2', '2025-04-02') FROM members;		-- 10 left, 40 redeemed
SELECT brief(reverse(p, 'order 2', '2025-04-02', 10, 'return 2')) FROM members;
SELECT reverse(p, 'order 2', '2025-04-02', 11, 'return 2') FROM members;
-- what has expired stays so: of 50 points 40 were redeemed and 10 have expired
SELECT reverse(p, 'order 2', '2025-06-01') FROM members;
SELECT brief(q), s.* FROM (SELECT reverse(p, 'order 2', '2025-06-01', 10, 'return 2') q FROM members) r, statements(q, '2025-06-01') s;
SELECT reverse(reverse(p, 'order 2', '2025-06-01', 10, 'return 2'), 'order 2', '2025-06-01', 1, 'return 3') FROM members;
SELECT brief(q), s.* FROM (SELECT reverse(p, 'order 2', '2025-06-01', allow_negative => true) q FROM members) r,
	statements(q, '2025-05-31', '2025-06-01', '2026-01-01') s;

-- debts: 100 are earned and spent, then taken back; the next points pay, the rest of them can be spent
INSERT INTO members VALUES ('bob', reverse(redeem(earn(points_ledger(), 100, '2025-01-01', ref => 'order 1'), 100, '2025-01-02', 'till 1'),
	'order 1', '2025-01-03', allow_negative => true));
SELECT brief(p), balance(p, '2025-01-02'), balance(p, '2025-01-03') FROM members WHERE name = 'bob';
UPDATE members SET p = earn(p, 150, '2025-01-10', '2025-02-01', 'order 2') WHERE name = 'bob';
-- 150 - 100 = 50 are there, and no more than these expire
SELECT s.* FROM members, statements(p, '2025-01-02', '2025-01-03', '2025-01-09', '2025-01-10', '2025-02-01') s WHERE name = 'bob';
SELECT l.id, earned, redeemed, expired, reversed, remaining, state FROM members, lots(p, '2025-01-10') l WHERE name = 'bob';
SELECT redeem(p, 51, '2025-01-11') FROM members WHERE name = 'bob';
SELECT brief(redeem(p, 50, '2025-01-11')) FROM members WHERE name = 'bob';
SELECT redeem(p, 1, '2025-01-09') FROM members WHERE name = 'bob';
SELECT reverse(p, 'order 2', '2025-01-11') FROM members WHERE name = 'bob';		-- 50 are left, 100 have paid
SELECT brief(q), s.* FROM (SELECT reverse(p, 'order 2', '2025-01-11', allow_negative => true) q FROM members WHERE name = 'bob') r,
	statements(q, '2025-01-10', '2025-01-11', '2025-02-01') s;
-- pending points pay when they become available, unless others come before; taken back while they are pending, they pay nothing
-- 150 - 100 = 50 from 01-10 on; taken back: the debt of 100 stays; with 30 more on 01-07 that pay first: 150 - 70 = 80
WITH debt(p) AS (SELECT reverse(redeem(earn(points_ledger(), 100, '2025-01-01', ref => 'a'), 100, '2025-01-02'), 'a', '2025-01-03', allow_negative => true)),
later(p) AS (SELECT earn(p, 150, '2025-01-05', '2025-01-20', 'b', '2025-01-10') FROM debt)
SELECT 'pending' AS case, s.* FROM later, statements(p, '2025-01-05', '2025-01-10', '2025-01-20') s UNION ALL
SELECT 'taken back', s.* FROM later, statements(reverse(p, 'b', '2025-01-06'), '2025-01-06', '2025-01-10') s UNION ALL
SELECT 'others', s.* FROM later, statements(earn(p, 30, '2025-01-07', '2025-01-09'), '2025-01-07', '2025-01-09', '2025-01-10', '2025-01-20') s;
-- but a debt that is entered later than the time at which they would be taken back has been paid by then: 20 are left
SELECT reverse(reverse(redeem(earn(earn(points_ledger(), 80, '2025-01-01', ref => 'a'), 100, '2025-01-01', ref => 'b'), 80, '2025-01-02'), 'a', '2025-01-10',
	allow_negative => true), 'b', '2025-01-05');
-- points that are there pay at once: 100 of lot 1 are gone, the 30 of lot 2 pay, 70 are owed; a reversed redemption pays them
WITH debt(p) AS (SELECT reverse(redeem(earn(earn(points_ledger(), 100, '2025-01-01', '2025-02-01', 'a'), 30, '2025-01-01', '2025-03-01'), 100, '2025-01-02', 'r'),
	'a', '2025-01-03', allow_negative => true))
SELECT brief(p) AS movements, s.* FROM debt, statements(p, '2025-01-02', '2025-01-03', '2025-03-01') s UNION ALL
SELECT 'given back', s.* FROM debt, statements(reverse(p, 'r', '2025-01-04'), '2025-01-03', '2025-01-04', '2025-02-01', '2025-03-01') s;

-- the same ref again: nothing changes, at whatever time, even if the points are gone or would have expired before they are earned
SELECT p = earn(p, 100, '2025-01-01', '2025-12-31', 'order 1') AS same, p = earn(p, 100, '2026-01-01', '2025-12-31', 'order 1') AS at_another_time,
	p = redeem(p, 60, '2030-01-01', 'till 1') AS points_gone, p = redeem(p, 60, '2020-01-01', 'till 1') AS before_all
FROM members WHERE name = 'ann';
SELECT earn(p, 101, '2025-01-01', '2025-12-31', 'order 1') FROM members WHERE name = 'ann';
SELECT redeem(p, 100, '2025-04-01', 'order 1') FROM members WHERE name = 'ann';
SELECT redeem(p, 61, '2025-04-01', 'till 1') FROM members WHERE name = 'ann';
SELECT earn(p, 60, '2025-04-01', ref => 'till 1') FROM members WHERE name = 'ann';
WITH r(p) AS (SELECT reverse(p, 'till 1', '2025-04-03', 25, 'return 1') FROM members WHERE name = 'ann')
SELECT p = reverse(p, 'till 1', '2025-05-03', 25, 'return 1') AS same, reverse(p, 'till 1', '2025-04-04') = reverse(reverse(p, 'till 1', '2025-04-04'), 'till 1', '2025-04-05') AS whole,
	reverse(p, 'till 1', '2025-04-04', reversal_ref => 'rest') = reverse(reverse(p, 'till 1', '2025-04-04', reversal_ref => 'rest'), 'till 1', '2025-04-05', reversal_ref => 'rest') AS whole_with_ref,
	p = earn(p, 100, ref => 'order 1') AS earn FROM r;
SELECT reverse(reverse(p, 'till 1', '2025-04-03', 25, 'return 1'), 'till 1', '2025-04-03', 26, 'return 1') FROM members WHERE name = 'ann';
SELECT reverse(reverse(p, 'till 1', '2025-04-03', 25, 'return 1'), 'till 1', '2025-04-03', NULL, 'return 1') FROM members WHERE name = 'ann';
SELECT reverse(reverse(p, 'till 1', '2025-04-03', 25, 'return 1'), 'order 1', '2025-04-03', 25, 'return 1') FROM members WHERE name = 'ann';
SELECT reverse(p, 'till 1', '2025-04-03', 60, 'order 1') FROM members WHERE name = 'ann';

-- backdated: 100 (until July) and 50 (until June) earned in January; 120 were redeemed in May, 50 and 70
INSERT INTO members VALUES ('cid', redeem(earn(earn(points_ledger(), 100, '2025-01-01', '2025-07-01', 'a'), 50, '2025-01-01', '2025-06-01', 'b'), 120, '2025-05-01', 'r'));
SELECT brief(p) FROM members WHERE name = 'cid';
-- a lot that would have been drawn first changes nothing that was spent before it was entered, and is drawn first from then on
WITH l(p) AS (SELECT earn(p, 40, '2025-02-01', '2025-05-15') FROM members WHERE name = 'cid')
SELECT brief(redeem(p, 45, '2025-05-02')), balance(p, '2025-01-31'), balance(p, '2025-02-01'), balance(p, '2025-05-01'), balance(p, '2025-05-15') FROM l;
-- in March there were 150, of which 120 are needed in May: 30 of lot 1
SELECT brief(redeem(p, 30, '2025-03-01')), balance(redeem(p, 30, '2025-03-01'), '2025-03-01') FROM members WHERE name = 'cid';
SELECT redeem(p, 31, '2025-03-01') FROM members WHERE name = 'cid';
SELECT redeem(p, 151, '2025-03-01') FROM members WHERE name = 'cid';
-- what comes back later was still needed before
SELECT redeem(reverse(p, 'r', '2025-05-10'), 31, '2025-03-01') FROM members WHERE name = 'cid';
SELECT brief(redeem(reverse(p, 'r', '2025-05-10'), 31, '2025-05-10')) FROM members WHERE name = 'cid';
-- taking back an earn in March leaves what May needs: 30 of lot 1, nothing of lot 2
SELECT brief(reverse(p, 'a', '2025-03-01', 30, 'x')) FROM members WHERE name = 'cid';
SELECT reverse(p, 'a', '2025-03-01') FROM members WHERE name = 'cid';
SELECT brief(q), s.* FROM (SELECT reverse(p, 'a', '2025-03-01', allow_negative => true) q FROM members WHERE name = 'cid') r,
	statements(q, '2025-02-28', '2025-03-01', '2025-05-01', '2025-07-01') s;
-- a reversal that found points expired needs them expired
WITH l(p) AS (SELECT reverse(earn(points_ledger(), 100, '2025-01-01', '2025-02-01', 'a'), 'a', '2025-03-01', 30, 'x'))
SELECT brief(redeem(p, 70, '2025-01-15')) FROM l;
WITH l(p) AS (SELECT reverse(earn(points_ledger(), 100, '2025-01-01', '2025-02-01', 'a'), 'a', '2025-03-01', 30, 'x'))
SELECT redeem(p, 71, '2025-01-15') FROM l;

-- two members become one: the balance is the sum, at every time, debts on one side or not
SELECT p || p FROM members WHERE name = 'ann';
SELECT a.p || b.p FROM members a, members b WHERE a.name = 'ann' AND b.name = 'bob';
SELECT count(*), bool_and(balance(a.p || q, t) = balance(a.p, t) + balance(q, t)) AS adds_up, min(balance(a.p || q, t)),
	bool_and((a.p || q)::text::points_ledger = a.p || q) AS round_trip
FROM members a, members b, prefix_refs(b.p, 'b:') q, generate_series(timestamptz '2024-12-31', '2026-01-02', '1 day') t;
SELECT p || '[]' = p AS one, '[]' || p = p AS other, prefix_refs(p, '') = p AS no_prefix FROM members;
SELECT brief(p || p), balance(p || p, '2025-01-02') FROM earn(points_ledger(), 10, '2025-01-01') p;
-- an open debt of 100 on one side, 150 on the other until February: they do not pay it, and 50 can be spent; new points pay
WITH l(p) AS (SELECT reverse(redeem(earn(points_ledger(), 100, '2025-01-01', ref => 'a'), 100, '2025-01-02'), 'a', '2025-01-03', allow_negative => true)
	|| earn(points_ledger(), 150, '2025-01-01', '2025-02-01'))
SELECT 'merged' AS case, s.* FROM l, statements(p, '2025-01-03', '2025-02-01') s UNION ALL
SELECT 'redeemed', s.* FROM l, statements(redeem(p, 50, '2025-01-05'), '2025-01-05', '2025-02-01') s UNION ALL
SELECT 'earned', s.* FROM l, statements(earn(p, 120, '2025-01-05'), '2025-01-05', '2025-02-01') s;
WITH l(p) AS (SELECT reverse(redeem(earn(points_ledger(), 100, '2025-01-01', ref => 'a'), 100, '2025-01-02'), 'a', '2025-01-03', allow_negative => true)
	|| earn(points_ledger(), 150, '2025-01-01', '2025-02-01'))
SELECT redeem(p, 51, '2025-01-05') FROM l;
-- what was entered before knows its own lots only; what comes after knows all
\pset format unaligned
SELECT brief(p), p FROM (SELECT redeem(redeem(earn(points_ledger(), 10, '2025-01-01', '2025-12-01'), 4, '2025-01-02')
	|| redeem(earn(points_ledger(), 10, '2025-01-01', '2025-06-01'), 4, '2025-01-02'), 8, '2025-01-03') p) m;
\pset format aligned

-- sums beyond bigint
SELECT earn(earn(points_ledger(), 9223372036854775807, '2025-01-01'), 1, '2025-01-01');
SELECT p || p FROM earn(points_ledger(), 5000000000000000000, '2025-01-01') p;

-- now is when the function runs, not when the transaction began
SELECT balance(redeem(earn(points_ledger(), 10), 4)), balance(earn(points_ledger(), 10), now() - interval '1 second');

-- arguments
SELECT earn(NULL, 1);
SELECT redeem(NULL, 1);
SELECT reverse(NULL::points_ledger, 'a');
SELECT points_ledger() || NULL;
SELECT earn(points_ledger(), NULL);
SELECT earn(points_ledger(), 1, NULL);
SELECT earn(points_ledger(), 0);
SELECT redeem(points_ledger(), -1);
SELECT reverse(points_ledger(), NULL);
SELECT reverse(points_ledger(), 'a', points => 0, reversal_ref => 'b');
SELECT reverse(points_ledger(), 'a', allow_negative => NULL);
SELECT earn(points_ledger(), 1, ref => '');
SELECT earn(points_ledger(), 1, 'infinity');
SELECT redeem(points_ledger(), 1, '-infinity');
SELECT earn(points_ledger(), 1, '2025-01-02', '2025-01-02');
SELECT earn(points_ledger(), 1, '2025-01-02', '2025-01-04', available => '2025-01-04');
SELECT earn(points_ledger(), 1, '2025-01-02', '2025-01-04', available => '2025-01-01');
SELECT earn(points_ledger(), 1, '2025-01-02', available => 'infinity');
SELECT brief(earn(points_ledger(), 1, '2025-01-02', 'infinity')), earn(points_ledger(), 1, '2025-01-02', 'infinity') = earn(points_ledger(), 1, '2025-01-02', NULL) AS same;
SELECT prefix_refs(NULL, 'x'), prefix_refs(points_ledger(), NULL);

DROP TABLE members;
DROP FUNCTION brief, statements;
RESET TimeZone;
