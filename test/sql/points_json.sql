-- the text of a points_ledger: what it takes, and what it refuses

SET DateStyle = 'ISO, YMD';
SET TimeZone = 'Europe/Vilnius';
\pset format unaligned
\pset tuples_only on

-- every part of it; ids and draws may be missing, since they follow from the rest
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
-- what is told of draws must be so
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "earn", "at": "2025-01-01", "points": 5, "expires": "2025-07-01"},
	{"kind": "redeem", "at": "2025-01-02", "points": 5, "ref": "x", "draws": [{"lot": 1, "points": 5}]}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 5, "draws": [{"lot": 1, "points": 4}]}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 5, "draws": []}]'::points_ledger;
SELECT '[{"kind": "earn", "at": "2025-01-01", "points": 5}, {"kind": "redeem", "at": "2025-01-02", "points": 3},
	{"kind": "reverse", "at": "2025-01-03", "points": 5, "reverses": 1, "debt": 3}]'::points_ledger;
-- a merged ledger begins where no movement before knows of it
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
RESET TimeZone;
