-- the functions that look into a points_ledger

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
-- the statement at some times; the last column is the identity
CREATE FUNCTION statements(p points_ledger, VARIADIC times timestamptz[]) RETURNS TABLE (t date, earned bigint, available bigint,
	pending bigint, redeemed bigint, expired bigint, reversed bigint, adds_up boolean) LANGUAGE sql AS $$
	SELECT t, s.earned, s.available, s.pending, s.redeemed, s.expired, s.reversed,
		s.earned = s.available + s.pending + s.held + s.redeemed + s.expired + s.reversed AND s.available = balance(p, t)
		AND s.pending = pending(p, t) FROM unnest(times) t, statement(p, t) s $$;

-- an empty ledger
SELECT points_ledger(), balance(points_ledger()), pending(points_ledger()), expiring(points_ledger(), 'infinity'),
	has_ref(points_ledger(), 'x'), points_ledger() = '[]' AS is_empty;
SELECT * FROM statement(points_ledger());
SELECT count(*) FROM lots(points_ledger());
SELECT count(*) FROM movements(points_ledger());

-- 60 points come from lot 4 (20, earned before lot 2) and lot 2 (40 of 50)
CREATE TABLE members (p points_ledger);
INSERT INTO members VALUES (earn(earn(earn(earn(points_ledger(), 100, '2025-01-01', '2025-12-31', 'order 1'), 50, '2025-02-01', '2025-06-01', 'order 2'),
	30, '2025-03-01', ref => 'order 3'), 20, '2025-01-15', '2025-06-01'));
UPDATE members SET p = redeem(p, 60, '2025-04-01', 'till 1');
SELECT l.* FROM members, lots(p, '2025-04-01') l;
SELECT l.id, expired, remaining, state FROM members, lots(p, '2025-06-01') l;
-- at 2025-02-01: lots 1, 2 and 4; at 06-01 the last 10 of lot 2 expire; at 12-31 the 100 of lot 1
SELECT s.* FROM members, statements(p, '2024-12-31', '2025-01-01', '2025-02-01', '2025-03-31', '2025-04-01', '2025-05-31', '2025-06-01',
	'2025-12-31', '-infinity', 'infinity') s;
SELECT expiring(p, '2025-06-01', '2025-04-01') AS by_june, expiring(p, '2025-05-31 23:59', '2025-04-01') AS before_june,
	expiring(p, '2026-01-01', '2025-04-01') AS by_new_year, expiring(p, 'infinity', '2025-04-01') AS ever,
	expiring(p, '2026-01-01', '2025-06-01') AS from_june FROM members;
-- the next points to expire: 50 - 40 and 20 - 20 of June, then the 100 of New Year, then none; of a pending lot only when it counts
SELECT t, n.* FROM members, unnest('{2024-12-31, 2025-01-01, 2025-03-31, 2025-04-01, 2025-05-31 23:59:59.999999, 2025-06-01, 2025-12-31, infinity}'::timestamptz[]) t,
	next_expiry(p, t) n;
SELECT t, n.* FROM earn(earn(points_ledger(), 5, '2025-01-01', '2025-03-01', available => '2025-02-01'), 7, '2025-01-01', '2025-04-01') p,
	unnest('{2025-01-31, 2025-02-01}'::timestamptz[]) t, next_expiry(p, t) n;
SELECT next_expiry(NULL), next_expiry(points_ledger()), next_expiry(earn(points_ledger(), 1, '2025-01-01'), NULL);
SELECT m.* FROM members, movements(p) m;
\pset format unaligned
SELECT p FROM members;
\pset format aligned
SELECT has_ref(p, 'order 1'), has_ref(p, 'order'), has_ref(p, ''), has_ref(p, NULL) FROM members;

-- 100 pending until February, 50 of which 20 were taken back, and 10 of which all were: 30 available
SELECT l.id, l.earned, l.redeemed, l.expired, l.reversed, remaining, state, s.available, s.pending
FROM reverse(reverse(earn(earn(earn(points_ledger(), 100, '2025-01-01', available => '2025-02-01'), 50, '2025-01-02', ref => 'b'), 10, '2025-01-02', ref => 'c'),
	'b', '2025-01-03', 20, 'return 1'), 'c', '2025-01-03') p, lots(p, '2025-01-03') l, statement(p, '2025-01-03') s ORDER BY l.id;

-- no ledger, or no time
SELECT balance(NULL), balance(points_ledger(), NULL), pending(NULL), expiring(NULL, 'infinity'), has_ref(NULL, 'x');
SELECT count(*) FROM lots(NULL);
SELECT count(*) FROM movements(NULL);
SELECT * FROM statement(NULL);

-- the planner knows the rows of a ledger that it knows, and guesses otherwise
CREATE FUNCTION planned_rows(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->'Plan Rows';
END $$;
SELECT planned_rows(format('SELECT * FROM lots(%L)', p)) AS lots, planned_rows(format('SELECT * FROM movements(%L)', p)) AS movements,
	planned_rows('SELECT * FROM movements(points_ledger())') AS empty, planned_rows('SELECT * FROM lots((SELECT p FROM members))') AS some_lots,
	planned_rows('SELECT * FROM movements((SELECT p FROM members))') AS some_movements FROM members;

DROP TABLE members;
DROP FUNCTION statements, planned_rows;
RESET TimeZone;
