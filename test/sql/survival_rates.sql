-- rate_interval, rate_difference
SET extra_float_digits = -3;

-- Newcombe (Statistics in Medicine 17, 1998), two papers: Wilson's limits of 81 in 263, 15 in 148, 0 in 20, 1 in 29
SELECT k, n, round(rate::numeric, 4) AS rate, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high
FROM (VALUES (81, 263), (15, 148), (0, 20), (1, 29)) v(k, n), rate_interval(k, n);
-- ... and the limits of differences by his method 10
SELECT k1, n1, k2, n2, round(difference::numeric, 4) AS difference, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high
FROM (VALUES (56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (5, 56, 0, 29), (0, 10, 0, 20), (0, 10, 0, 10), (10, 10, 0, 20), (10, 10, 0, 10)) v(k1, n1, k2, n2),
	rate_difference(k1, n1, k2, n2);
-- the p value of two proportions: z = 0.2 / sqrt(104/150 * 46/150 * (1/70 + 1/80))
SELECT p_value, 2 * (1 - 0.995977459) AS about FROM rate_difference(56, 70, 48, 80);

-- none and all; no rate; large numbers
SELECT * FROM rate_interval(0, 5);
SELECT * FROM rate_interval(5, 5);
SELECT * FROM rate_interval(0, 0);
SELECT rate, high - low < 1e-8 AS narrow FROM rate_interval(4611686018427387903, 9223372036854775806);
SELECT * FROM rate_difference(0, 5, 0, 7);
SELECT p_value FROM rate_difference(5, 5, 7, 7);
SELECT * FROM rate_difference(0, 0, 3, 7);
SELECT * FROM rate_difference(3, 7, 0, 0);
SELECT * FROM rate_interval(NULL, 5);

-- the other way round the signs change
SELECT a.difference = -b.difference AND abs(a.low + b.high) < 1e-15 AND a.p_value = b.p_value AS mirrored FROM rate_difference(3, 17, 9, 20) a, rate_difference(9, 20, 3, 17) b;

-- confidence
SELECT confidence, low, high FROM (VALUES (0.01), (0.5), (0.9), (0.999999999999)) v(confidence), rate_interval(3, 10, confidence);
SELECT low <= rate AND rate <= high AS around FROM (VALUES (1e-300), (1e-17), (0.4999), (0.5), (1 - 1e-16)) v(confidence), (VALUES (0), (1), (5)) w(k), rate_interval(k, 5, confidence);
SELECT * FROM rate_interval(3, 10, 0);
SELECT * FROM rate_interval(3, 10, 1);
SELECT * FROM rate_interval(3, 10, 'NaN');
SELECT * FROM rate_interval(3, 10, 95);
SELECT * FROM rate_difference(3, 10, 4, 10, -1);

-- counts
SELECT * FROM rate_interval(10, 3);
SELECT * FROM rate_interval(-1, 3);
SELECT * FROM rate_interval(0, -1);
SELECT * FROM rate_difference(3, 10, 4, 3);
