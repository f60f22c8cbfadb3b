-- journal: every kind of event once, by hand; its sums are those of the statement

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
-- 100 for an order count two weeks later, 40 at once until March
CREATE TABLE members (name text, p points_ledger);
INSERT INTO members VALUES ('ann', earn(earn(points_ledger(), 100, '2025-01-01', '2026-01-01', 'order 1', '2025-01-15'), 40, '2025-01-02', '2025-03-01', 'order 2'));
-- 10 of the order are returned while they are pending; 20 are spent, of which 5 come back; 15 go to bob
UPDATE members SET p = reverse(p, 'order 1', '2025-01-10', 10, 'return 1');
UPDATE members SET p = redeem(p, 20, '2025-01-11', 'till 1');
UPDATE members SET p = reverse(p, 'till 1', '2025-01-12', 5, 'return 2');
UPDATE members SET p = (transfer(p, 15, '2025-01-13', 'gift 1')).giver;
-- 30 are held at the checkout, 10 of lot 2 and 20 of lot 1; 25 are paid with, and 20 of these come back when lot 2 has expired
UPDATE members SET p = hold(p, 30, '2025-02-01 01:00', '2025-02-01', 'cart 1');
UPDATE members SET p = capture(p, 'cart 1', 25, '2025-02-01 00:10');
UPDATE members SET p = reverse(p, 'cart 1', '2025-03-05', 20, 'return 3');
-- two more holds: one is given up, one is forgotten
UPDATE members SET p = release(hold(p, 8, '2025-03-11', '2025-03-10', 'cart 2'), 'cart 2', '2025-03-10 12:00');
UPDATE members SET p = hold(p, 9, '2025-03-13', '2025-03-12', 'cart 3');
-- all of the order's points that are left are spent, then taken back: a debt, which the next order pays
UPDATE members SET p = redeem(p, 85, '2025-04-01', 'till 2');
UPDATE members SET p = reverse(p, 'order 1', '2025-04-02', reversal_ref => 'return 4', allow_negative => true);
UPDATE members SET p = earn(p, 200, '2025-05-01', '2026-05-01', 'order 3');
SELECT j.happened_at, event, lot, issued_at::date AS issued, points FROM members, journal(p, '2024-12-31', '2027-01-01') j;

-- by event, and what each does to the columns of the statement
CREATE FUNCTION changes(p points_ledger, since timestamptz, until timestamptz, OUT earned bigint, OUT available bigint, OUT pending bigint,
	OUT held bigint, OUT redeemed bigint, OUT expired bigint, OUT reversed bigint) LANGUAGE sql AS $$
	SELECT coalesce(sum(points) FILTER (WHERE event = 'earned'), 0),
		coalesce(sum(points * CASE WHEN event IN ('available', 'returned', 'released') THEN 1
			WHEN event IN ('redeemed', 'transferred', 'held', 'expired', 'reversed', 'debt') THEN -1 ELSE 0 END), 0),
		coalesce(sum(points * CASE event WHEN 'earned' THEN 1 WHEN 'available' THEN -1 ELSE 0 END), 0),
		coalesce(sum(points * CASE event WHEN 'held' THEN 1 WHEN 'released' THEN -1 WHEN 'captured' THEN -1 ELSE 0 END), 0),
		coalesce(sum(points * CASE event WHEN 'redeemed' THEN 1 WHEN 'captured' THEN 1 WHEN 'returned' THEN -1 ELSE 0 END), 0),
		coalesce(sum(points) FILTER (WHERE event = 'expired'), 0),
		coalesce(sum(points) FILTER (WHERE event IN ('reversed', 'transferred', 'debt')), 0)
	FROM journal(p, since, until) $$;
SELECT event, count(*), sum(j.points) FROM members, journal(p, '-infinity', 'infinity') j GROUP BY event ORDER BY event;
SELECT c.* FROM members, changes(p, '-infinity', 'infinity') c UNION ALL SELECT s.* FROM members, statement(p, 'infinity') s;
-- day by day: the statement at its end less the one at its beginning
SELECT count(*), bool_and(a.earned + c.earned = b.earned AND a.available + c.available = b.available AND a.pending + c.pending = b.pending
	AND a.held + c.held = b.held AND a.redeemed + c.redeemed = b.redeemed AND a.expired + c.expired = b.expired
	AND a.reversed + c.reversed = b.reversed) AS adds_up
FROM members, generate_series(timestamptz '2024-12-31', '2026-06-01', '1 day') day, changes(p, day, day + '1 day') c,
	statement(p, day) a, statement(p, day + '1 day') b;

-- the end is in the range, the beginning is not: what expires at midnight of May is of April
SELECT event, points FROM members, journal(p, '2026-04-01', '2026-05-01');
SELECT count(*) FROM members, journal(p, '2026-05-01', '2026-06-01');
SELECT count(*) FROM members, journal(p, '2025-03-01', '2025-03-01');
SELECT count(*) FROM members, journal(p, '2025-03-02', '2025-03-01');
SELECT count(*) FROM journal(points_ledger(), '-infinity', 'infinity');
SELECT count(*) FROM members, journal(p, NULL, 'infinity');

-- extended by three visits, two of which name one day, a lot expires once; points that come back after it do so at once
SELECT j.* FROM extend(extend(extend(redeem(earn(points_ledger(), 10, '2025-01-01', '2025-02-01'), 4, '2025-01-02', 'r'), '2025-03-01', '2025-01-20'),
	'2025-04-01', '2025-02-20'), '2025-04-01', '2025-02-21') p, journal(reverse(p, 'r', '2025-04-02'), '2025-01-01', 'infinity') j;
-- issued before it was earned
SELECT j.* FROM transfer(earn(points_ledger(), 10, '2025-01-01', '2025-02-01'), 4, '2025-01-10') t, journal(parcel, '2025-01-01', 'infinity') j;

DROP TABLE members;
DROP FUNCTION changes;
RESET TimeZone;
