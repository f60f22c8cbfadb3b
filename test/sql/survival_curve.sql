-- survival_curve
SET intervalstyle = 'postgres';
SET extra_float_digits = -3;

-- the remission of leukaemia with 6-mercaptopurine (Freireich and others 1963): survival 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448
CREATE TABLE drug AS SELECT survival_agg(w * interval '1 day', i <= 9) AS s
FROM unnest('{6,6,6,7,10,13,16,22,23,6,9,10,11,17,19,20,25,32,32,34,35}'::int[]) WITH ORDINALITY u(w, i);
SELECT elapsed, at_risk, events, censored, round(survival::numeric, 3) AS survival, round(low::numeric, 3) AS low, round(high::numeric, 3) AS high
FROM drug, survival_curve(s) WHERE events + censored > 0 OR elapsed IN ('0', '5 days', '24 days');
SELECT elapsed, at_risk, events, censored, round(survival::numeric, 3) AS survival, round(low::numeric, 3) AS low, round(high::numeric, 3) AS high
FROM drug, survival_curve(s, '7 days', 0.5);
SELECT c.* FROM drug, survival_curve(s, '20 days') c;

-- events and others of all rows are everybody; steps do not change survival
SELECT step, count(*), sum(events), sum(censored), bool_and(survival IS NOT DISTINCT FROM survival_at(s, elapsed)) AS same
FROM drug, unnest('{1 day,1 hour,3 days 05:00:00,35 days,36 days,1000 days}'::interval[]) step, survival_curve(s, step)
GROUP BY step ORDER BY step;

-- ties: it happened before anybody was censored; at 0; all at once
SELECT * FROM survival_curve((SELECT survival_agg(d, h) FROM (VALUES (interval '1 day', true), ('1 day', false), ('1 day', false), ('2 days', false)) r(d, h)));
SELECT * FROM survival_curve((SELECT survival_agg(d, h) FROM (VALUES (interval '0', true), ('0', false), ('1 day', true)) r(d, h)));
SELECT * FROM survival_curve((SELECT survival_agg('1 day', true) FROM generate_series(1, 3)));
-- nobody
SELECT * FROM survival_curve((SELECT survival_agg('2 days', false) FROM generate_series(1, 3)));
-- one
SELECT * FROM survival_curve((SELECT survival_agg('1 day', true)));
SELECT * FROM survival_curve((SELECT survival_agg('0', false)));
SELECT * FROM survival_curve(NULL);

-- parameters
SELECT * FROM drug, survival_curve(s, '0');
SELECT * FROM drug, survival_curve(s, '-1 day');
SELECT * FROM drug, survival_curve(s, '1 month');
SELECT * FROM drug, survival_curve(s, '1 day', 1);
SELECT * FROM drug, survival_curve(s, '1 day', 0);
SELECT * FROM drug, survival_curve(s, '1 day', 'NaN');
SELECT count(*) FROM survival_curve((SELECT survival_agg('99999 days', true)));
SELECT count(*) FROM survival_curve((SELECT survival_agg('100000 days', true)));
SELECT count(*), max(elapsed) FROM survival_curve((SELECT survival_agg('106751991 days 04:00:54.775807', true)), '106751991 days');
DROP TABLE drug;
