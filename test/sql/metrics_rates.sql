-- crr and churn_rate from counts

SET TimeZone = 'UTC';

-- the documents' worked examples, counted
SELECT crr(450, 405, 20) = 385 / 450.0::float8 AS july, trunc(crr(450, 405, 20)::numeric * 100, 1) AS printed,
	churn_rate(450, 65) = 65 / 450.0::float8 AS lost;
SELECT crr(178, 184, 24) = 160 / 178.0::float8 AS year, round(crr(178, 184, 24)::numeric * 100, 2) AS printed,
	churn_rate(178, 18) = 18 / 178.0::float8 AS lost;
SELECT crr(10000, 13000, 5500), churn_rate(10000, 2500);

-- a number as text, which a literal and a parameter without a type are
SELECT crr(450, 405, 20) = crr(450, 405, '20') AS literal, crr(450, 405, ' 2e1 ') = crr(450, 405, 20) AS spaces, crr(450, 405, NULL) AS nothing;
PREPARE rate AS SELECT crr(450, 405, $1);
EXECUTE rate(20);
DEALLOCATE rate;
PREPARE rate(bigint, bigint, bigint) AS SELECT crr($1, $2, $3);
EXECUTE rate(450, 405, 20);
DEALLOCATE rate;

PREPARE rates AS SELECT crr($1, $2, $3), churn_rate($1, $4);
EXECUTE rates(450, 405, 20, 65);
EXECUTE rates(450, 405, 20, 'many');
DEALLOCATE rates;
SELECT crr('450', '405', '20') = crr(450, 405, 20) AS texts, churn_rate('450', '65') = churn_rate(450, 65) AS texts;

-- nobody, and unknown
SELECT crr(0, 10, 10), churn_rate(0, 0), crr(NULL, 1, 1), churn_rate(1, NULL);

-- errors
SELECT crr(-1, 1, 1);
SELECT crr(1, 'NaN', 1);
SELECT churn_rate(1, 'infinity');
SELECT crr(1e-300, 1e300, 0);
SELECT crr(450, 405, '-1');
SELECT crr(450, 405, 'nan');
SELECT crr(450, 405, '');
SELECT crr(450, 405, '20 customers');
-- a rate over orders whose time is a number
SELECT crr(customer, at, '[2025-01-01,2025-02-01)') FROM (VALUES (1, 1735689600), (2, 1738368000)) o(customer, at);
SELECT crr(customer, to_timestamp(at), '[2025-01-01,2025-02-01)') FROM (VALUES (1, 1735689599), (2, 1735689599), (2, 1735689600)) o(customer, at);
SELECT crr('ann', '2025-01-05', '[2025-01-01,2025-02-01)');
\set VERBOSITY sqlstate
SELECT churn_rate(customer, at, '[2025-01-01,2025-02-01)') FROM (VALUES (1, 1735689600)) o(customer, at);
SELECT crr(450, 405, '[2025-01-01,2025-02-01)');
SELECT crr(-1, 1, 1);
SELECT crr(1e-300, 1e300, 0);
\set VERBOSITY default

RESET TimeZone;
