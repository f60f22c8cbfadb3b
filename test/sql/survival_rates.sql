-- rate_interval, rate_difference
SELECT * FROM rate_interval(81, 263);
SELECT * FROM rate_difference(56, 70, 48, 80);
