-- crr and churn_rate from counts

-- the documents' worked examples, counted
SELECT crr(450, 405, 20) = 385 / 450.0::float8 AS july, trunc(crr(450, 405, 20)::numeric * 100, 1) AS printed,
	churn_rate(450, 65) = 65 / 450.0::float8 AS lost;
SELECT crr(178, 184, 24) = 160 / 178.0::float8 AS year, round(crr(178, 184, 24)::numeric * 100, 2) AS printed,
	churn_rate(178, 18) = 18 / 178.0::float8 AS lost;
SELECT crr(10000, 13000, 5500), churn_rate(10000, 2500);

-- nobody, and unknown
SELECT crr(0, 10, 10), churn_rate(0, 0), crr(NULL, 1, 1), churn_rate(1, NULL);

-- errors
SELECT crr(-1, 1, 1);
SELECT crr(1, 'NaN', 1);
SELECT churn_rate(1, 'infinity');
SELECT crr(1e-300, 1e300, 0);
\set VERBOSITY sqlstate
SELECT crr(-1, 1, 1);
SELECT crr(1e-300, 1e300, 0);
\set VERBOSITY default
