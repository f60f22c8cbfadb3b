-- survival_at, median_survival, logrank_test
SET intervalstyle = 'postgres';
SET extra_float_digits = -3;
CREATE FUNCTION group_of(list text) RETURNS durations LANGUAGE sql RETURN (
	SELECT survival_agg(rtrim(t, '+')::int * interval '1 day', t !~ '\+$') FROM regexp_split_to_table(list, ' ') t);

-- not known beyond the longest watch, unless it has happened to all
SELECT d, survival_at(group_of('1 2 2+ 3+'), d * interval '1 day') AS some, survival_at(group_of('1 2 3'), d * interval '1 day') AS all,
	survival_at(group_of('3+'), d * interval '1 day') AS none FROM generate_series(0, 4) d;
-- to the microsecond
SELECT survival_at(group_of('1'), '23:59:59.999999'), survival_at(group_of('1'), '24:00');
SELECT survival_at(group_of('1'), '1 month');
SELECT survival_at(group_of('1'), '-1 day');
SELECT survival_at(NULL, '1 day'), survival_at(group_of('1'), NULL);

-- the median: the first time at which survival is a half or less; where it is a half for a while, the middle of that
SELECT list, median_survival(group_of(list)) FROM (VALUES ('1 2 3'), ('1 2 3 4'), ('1 2 3+ 4'), ('1 2 3+ 4+'), ('1 2+ 3+'), ('5'), ('5+'), ('0 0 7'), ('1 1'),
	('1 2 3 3 3 8 9 9+ 9+ 9+')) v(list);
SELECT median_survival(survival_agg(d, true)) FROM unnest('{1 us,2 us}'::interval[]) d;

-- the log-rank test: 16.79 for the remission of leukaemia
SELECT round(chi_square::numeric, 2) AS chi_square, round(p_value::numeric, 8) AS p_value
FROM logrank_test(group_of('6 6 6 7 10 13 16 22 23 6+ 9+ 10+ 11+ 17+ 19+ 20+ 25+ 32+ 32+ 34+ 35+'), group_of('1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23'));
-- by hand: at 1 the first of two and two, expected 1/2, variance 1/4; at 2 the second's, of one and two, expected 1/3, variance 2/9; excess 1 - 5/6, so (1/36) / (17/36)
SELECT chi_square * 17, p_value FROM logrank_test(group_of('1 3+'), group_of('2 3+'));
-- the same groups; which is first does not matter; nothing happened; one each, at the same time; nobody left to compare with
SELECT a, b, t.*, t = logrank_test(group_of(b), group_of(a)) AS symmetric
FROM (VALUES ('1 2 3+', '1 2 3+'), ('1+ 2+', '3+'), ('1', '1'), ('1', '2'), ('1', '1+'), ('1+ 1+', '2 3')) v(a, b), logrank_test(group_of(a), group_of(b)) t;
SELECT * FROM logrank_test(NULL, group_of('1'));
DROP FUNCTION group_of;
