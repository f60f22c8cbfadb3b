-- retention_projection: two shops with 100 customers who buy for 10 a month; one keeps 5 % of them, the other 10 %

-- compounding: as many new ones come as there were customers in the month before
SELECT * FROM retention_projection(100, 10, 0.05, 12);
SELECT retention, customers, round(cumulative, 2) AS a_year FROM unnest('{0.05,0.1}'::double precision[]) retention, retention_projection(100, 10, retention, 12) WHERE period = 12;
-- the same, by the sum of a geometric series, to the last digit; month 13 has what the last one adds
SELECT every(coalesce(customers = 1.05 * before, period = 1)) AS grows, 0.05 * max(cumulative) FILTER (WHERE period = 12) = 10 * (max(customers) - 100) AS series,
	round(max(customers), 2) AS month_13
FROM (SELECT *, lag(customers) OVER (ORDER BY period) AS before FROM retention_projection(100, 10, 0.05, 13)) p;
SELECT round(max(customers), 2) AS month_13 FROM retention_projection(100, 10, 0.1, 13);

-- 100 new ones a month, and those who are kept of the month before
SELECT * FROM retention_projection(100, 10, 0.05, 4, 100);
SELECT retention, customers, round(cumulative, 2) AS a_year FROM unnest('{0.05,0.1}'::double precision[]) retention, retention_projection(100, 10, retention, 12, 100) WHERE period = 12;
-- where it ends: acquired / (1 - retention)
SELECT round(customers, 10) FROM retention_projection(100, 10, 0.1, 60, 100) WHERE period = 60;

-- nobody comes: the base melts
SELECT round(max(cumulative), 2) AS a_year FROM retention_projection(100, 10, 0.05, 12, 0);
SELECT * FROM retention_projection(100, 10, 0.1, 3, acquired => 0);

-- the ends: nobody stays, everybody does; no customers; a value of nothing
SELECT * FROM retention_projection(100, 10, 0, 2, 7);
SELECT * FROM retention_projection(100, 10, 1, 3, 7);
SELECT * FROM retention_projection(100, 10, 1, 3);
SELECT * FROM retention_projection(0, 10, 0.5, 2), retention_projection(5, 0, 0.5, 1) free;
SELECT * FROM retention_projection(2.5, -0.01, 0.5, 2);

-- amounts of every type are the decimals that they are written as; all digits are there
SELECT a.cumulative = b.cumulative AND a.cumulative = c.cumulative AS same
FROM retention_projection(3::bigint, 1000::numeric, 0.3, 30) a JOIN retention_projection(3::numeric, 1000::bigint, 0.3, 30) b USING (period) JOIN retention_projection(3, 1000::double precision, 0.3, 30) c USING (period)
WHERE period = 30;
SELECT * FROM retention_projection(1, 0.1::double precision, 0.1, 2);
SELECT * FROM retention_projection(1, 12345678901234567890.12::numeric, 0.001, 3);
SELECT count(*), max(scale(customers)) AS decimals FROM retention_projection(1, 1, 0.123456789, 1000);

-- by name; NULL: no rows, for acquired as well, since it is not known how many come
SELECT period, customers FROM retention_projection(customers => 10, value => 1, retention => 0.5, periods => 2, acquired => 4);
SELECT count(*) FROM retention_projection(NULL, 10, 0.05, 12);
SELECT count(*) FROM retention_projection(100, NULL, 0.05, 12);
SELECT count(*) FROM retention_projection(100, 10, NULL, 12);
SELECT count(*) FROM retention_projection(100, 10, 0.05, NULL);
SELECT count(*) FROM retention_projection(100, 10, 0.05, 12, NULL);

-- what cannot be
SELECT * FROM retention_projection(-1, 10, 0.05, 12);
SELECT * FROM retention_projection('NaN', 10, 0.05, 12);
SELECT * FROM retention_projection('Infinity', 10, 0.05, 12);
SELECT * FROM retention_projection(100, 'NaN'::numeric, 0.05, 12);
SELECT * FROM retention_projection(100, 'Infinity'::double precision, 0.05, 12);
SELECT * FROM retention_projection(100, 10, 5, 12);
SELECT * FROM retention_projection(100, 10, -0.05, 12);
SELECT * FROM retention_projection(100, 10, 'NaN', 12);
SELECT * FROM retention_projection(100, 10, 0.05, 0);
SELECT * FROM retention_projection(100, 10, 0.05, 1001);
SELECT * FROM retention_projection(100, 10, 0.05, 9223372036854775807);
SELECT * FROM retention_projection(100, 10, 0.05, 12, -1);
SELECT count(*) FROM retention_projection(1, ('1e' || 131000)::numeric, 1, 1000);
\set VERBOSITY sqlstate
SELECT * FROM retention_projection(-1, 10, 0.05, 12);
SELECT * FROM retention_projection(100, 'NaN'::numeric, 0.05, 12);
SELECT * FROM retention_projection(100, 10, 5, 12);
SELECT * FROM retention_projection(100, 10, 0.05, 0);
SELECT * FROM retention_projection(100, 10, 0.05, 12, -1);
\set VERBOSITY default
