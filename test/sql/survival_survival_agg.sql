-- survival_agg, rollup
SET intervalstyle = 'postgres';

-- the remission of leukaemia with 6-mercaptopurine, and without (Freireich and others 1963), in weeks as days
CREATE TABLE remission (pair int, weeks int, relapse bool, drug bool);
INSERT INTO remission SELECT i, w, i <= 9, true FROM unnest('{6,6,6,7,10,13,16,22,23,6,9,10,11,17,19,20,25,32,32,34,35}'::int[]) WITH ORDINALITY u(w, i);
INSERT INTO remission SELECT i, w, true, false FROM unnest('{1,1,2,2,3,4,4,5,5,8,8,8,8,11,11,12,12,15,17,22,23}'::int[]) WITH ORDINALITY u(w, i);
CREATE VIEW groups AS SELECT drug, survival_agg(weeks * interval '1 day', relapse) AS s FROM remission GROUP BY drug;
SELECT drug, sum(events) AS events, sum(censored) AS others, max(elapsed) AS longest FROM groups, survival_curve(s) GROUP BY drug ORDER BY drug;
SELECT rollup(s) = (SELECT survival_agg(weeks * interval '1 day', relapse) FROM remission) AS same FROM groups;

-- NULL in either is ignored; nobody is NULL
SELECT survival_agg(d, h) = survival_agg(d, h) FILTER (WHERE d IS NOT NULL AND h IS NOT NULL) AS same
FROM (VALUES (interval '1 day', true), (NULL, true), ('2 days', NULL), ('2 days', false)) r(d, h);
SELECT survival_agg(d, true), survival_agg(interval '1 day', h), survival_agg(d, h, d), rollup(s) FROM (VALUES (NULL::interval, NULL::bool, NULL::durations)) r(d, h, s);
SELECT survival_agg(interval '1 day', true), rollup(s) FROM groups WHERE false;
SELECT rollup(s) IS NULL AS nobody, (SELECT rollup(CASE WHEN drug THEN s END) FROM groups) = (SELECT s FROM groups WHERE drug) AS one FROM (VALUES (NULL::durations)) v(s);

-- a duration is elapsed time; a day has 24 hours
SELECT survival_agg(timestamptz '2024-03-31 12:00+00' - '2024-03-30 12:00+00', true) = survival_agg('24 hours', true) AS same;
SELECT survival_agg('1 month', true);
SELECT survival_agg('1 year -360 days', true);
SELECT survival_agg('-1 day', true);
SELECT survival_agg('1 day -24:00:00.000001', true);
SELECT survival_agg('2147483647 days', true);
SELECT survival_agg('106751991 days 04:00:54.775807', true) IS NOT NULL AS longest;
SELECT survival_agg('106751991 days 04:00:54.775808', true);

-- how long in all
SELECT survival_agg('3 days', true, '2 days');
SELECT survival_agg('3 days', false, '4 days');
SELECT survival_agg('3 days', true, '1 month');
SELECT survival_agg('3 days', true, '3 days') IS NOT NULL AS until_then, survival_agg('3 days', true, NULL) = survival_agg('3 days', true) AS unknown,
	survival_agg('3 days', false, '3 days') = survival_agg('3 days', false) AS the_same;

-- repeated rows count
SELECT survival_agg(DISTINCT interval '1 day', true);
SELECT rollup(DISTINCT s) FROM groups;
SELECT count(*) FROM survival_curve((SELECT survival_agg(interval '1 day', true) FROM generate_series(1, 5))) WHERE events = 5;

-- many, and all different; many, and few different
SELECT sum(events) AS events, sum(censored) AS others, sum(elapsed * events) AS total
FROM survival_curve((SELECT survival_agg(i * 7919 % 10007 * interval '1 day', i % 3 = 0) FROM generate_series(1, 10006) i));
SELECT count(*) FILTER (WHERE events = 50) AS events, count(*) FILTER (WHERE censored = 100) AS others
FROM survival_curve((SELECT survival_agg(i % 100 * interval '1 day', i / 100 % 3 = 0) FROM generate_series(0, 14999) i));

-- as a window, and beside another
SELECT weeks, survival_at(s, '3 days') FROM (SELECT weeks, survival_agg(weeks * interval '1 day', relapse) OVER (ORDER BY pair) AS s FROM remission WHERE NOT drug) w LIMIT 7;
SELECT count(*) FROM (SELECT drug, survival_agg(weeks * interval '1 day', relapse), survival_agg(weeks * interval '1 day', relapse, NULL), rollup(s) FROM remission JOIN groups USING (drug) GROUP BY drug) g;

DROP TABLE remission CASCADE;
