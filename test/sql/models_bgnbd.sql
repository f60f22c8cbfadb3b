-- bgnbd_fit and mbgnbd_fit, and their models' predictions

SET extra_float_digits = 0;

-- Beside numbers computed with fifty digits, by other formulas than ours: customers of the paper; a = 1 and
-- nearly; a + b below 1; next to no orders; 100 and 1000 orders; recency 0; far ahead; nearly no
-- heterogeneity.  No row is a difference.
CREATE TABLE reference (model text, parameters float8[], frequency bigint, recency float8, age float8, horizon float8,
	p_alive float8, expected float8, log_likelihood float8);
INSERT INTO reference VALUES
	('bgnbd', '{0.243, 4.414, 0.793, 2.426}', 2, 30.43, 38.86, 39, 0.726578570080673, 1.22602817476714,
		-9.45860630706627),
	('bgnbd', '{0.243, 4.414, 0.793, 2.426}', 0, 0, 38.86, 39, 1.0, 0.195098052011263, -0.554713276438158),
	('bgnbd', '{0.243, 4.414, 0.793, 2.426}', 26, 30.86, 31, 52, 0.968915649717525, 25.7581959364835,
		-37.7265794733944),
	('bgnbd', '{0.5, 6, 1, 3.2}', 3, 10, 39, 39, 0.122324502670959, 0.297550150441193, -10.3591508949529),
	('bgnbd', '{0.5, 6, 1.0000001, 3.2}', 3, 10, 39, 39, 0.122324491934838, 0.297550118814039, -10.3591508663547),
	('bgnbd', '{0.5, 6, 0.3, 0.4}', 0, 0, 5, 1000, 1.0, 10.4085274244538, -0.303067901785158),
	('bgnbd', '{0.001, 6, 0.3, 0.4}', 0, 0, 0, 0.01, 1.0, 1.6660713393112e-6, 0.0),
	('bgnbd', '{0.5, 6, 1.6, 3.2}', 100, 38, 39, 39, 0.869711013919005, 46.0674265617421, -26.0983170950832),
	('bgnbd', '{0.5, 6, 1.6, 3.2}', 1000, 10, 100, 52, 0, 0, 3119.52064468903),
	('bgnbd', '{0.5, 6, 1.6, 3.2}', 5, 0, 39, 39, 6.92381562254426e-5, 0.000229321389542825, -8.50410410174178),
	('bgnbd', '{0.243, 4.414, 0.793, 2.426}', 7, 29.43, 38.86, 100000, 0.641756345946107, 106.212486733687,
		-21.8632762714635),
	('bgnbd', '{50, 200, 2000, 8000}', 4, 30, 38, 39, 0.387065439203583, 1.59671035920947, -14.7646265184944),
	('mbgnbd', '{0.243, 4.414, 0.793, 2.426}', 2, 30.43, 38.86, 39, 0.774419242623646, 1.34049742849121,
		-9.68718263624996),
	('mbgnbd', '{0.243, 4.414, 0.793, 2.426}', 0, 0, 38.86, 39, 0.637253337964895, 0.127461382545661,
		-0.386952220570853),
	('mbgnbd', '{0.243, 4.414, 0.793, 2.426}', 26, 30.86, 31, 52, 0.969976336560956, 26.0209282334226,
		-37.7551885532749),
	('mbgnbd', '{0.5, 6, 1, 3.2}', 3, 10, 39, 39, 0.142496369054413, 0.354823653430843, -10.6613217764581),
	('mbgnbd', '{0.5, 6, 1.0000001, 3.2}', 3, 10, 39, 39, 0.142496356835299, 0.354823617016094, -10.6613217637659),
	('mbgnbd', '{0.5, 6, 0.3, 0.4}', 0, 0, 5, 1000, 0.496153618543841, 8.45853963084507, -0.161814004317773),
	('mbgnbd', '{0.001, 6, 0.3, 0.4}', 0, 0, 0, 0.01, 0.571428571428571, 9.52240831283766e-7, 0.0),
	('mbgnbd', '{0.5, 6, 1.6, 3.2}', 100, 38, 39, 39, 0.870810403497886, 46.292474946551, -26.11496530171),
	('mbgnbd', '{0.5, 6, 1.6, 3.2}', 1000, 10, 100, 52, 0, 0, 3119.51805375584),
	('mbgnbd', '{0.5, 6, 1.6, 3.2}', 5, 0, 39, 39, 7.88538085217106e-5, 0.000268713144689522, -8.81239584503195),
	('mbgnbd', '{0.243, 4.414, 0.793, 2.426}', 7, 29.43, 38.86, 100000, 0.667110483134276, 118.976113864553,
		-21.9828001414668),
	('mbgnbd', '{50, 200, 2000, 8000}', 4, 30, 38, 39, 0.387095082376285, 1.59693407460063, -14.9877466962514);
CREATE VIEW bgnbd AS
SELECT bgnbd_model(p[1], p[2], p[3], p[4]) AS m, r.*
FROM reference r, LATERAL (SELECT parameters) s(p) WHERE model = 'bgnbd';
CREATE VIEW mbgnbd AS
SELECT mbgnbd_model(p[1], p[2], p[3], p[4]) AS m, r.*
FROM reference r, LATERAL (SELECT parameters) s(p) WHERE model = 'mbgnbd';
CREATE VIEW ours AS
SELECT model, parameters, frequency, p_alive AS p, expected AS e, log_likelihood AS l,
	p_alive(m, frequency, recency, age) AS our_p, expected_orders(m, horizon, frequency, recency, age) AS our_e,
	log_likelihood(m, frequency, recency, age) AS our_l
FROM bgnbd
UNION ALL
SELECT model, parameters, frequency, p_alive, expected, log_likelihood, p_alive(m, frequency, recency, age),
	expected_orders(m, horizon, frequency, recency, age), log_likelihood(m, frequency, recency, age) FROM mbgnbd;
SELECT count(*) FROM ours;
SELECT * FROM ours
WHERE (abs(our_p - p) <= 1e-12 * p AND abs(our_e - e) <= 1e-12 * e
	AND abs(our_l - l) <= 1e-12 * abs(l) + 1e-15) IS NOT TRUE;

-- a new customer has nothing behind them; nothing happens in no time
SELECT model, expected_orders(m, 52) = expected_orders(m, 52, 0, 0, 0), expected_orders(m, 0),
	expected_orders(m, 0, 2, 30, 38)
FROM bgnbd WHERE frequency = 26
UNION ALL
SELECT model, expected_orders(m, 52) = expected_orders(m, 52, 0, 0, 0), expected_orders(m, 0),
	expected_orders(m, 0, 2, 30, 38)
FROM mbgnbd WHERE frequency = 26;

-- more time brings more orders, but where a > 1 never more than (a + b + x - 1) / (a - 1); no row is an exception
SELECT h, this, next
FROM (SELECT h, expected_orders(m, 2::float8 ^ h, 2, 30, 38) AS this,
		expected_orders(m, 2::float8 ^ (h + 1), 2, 30, 38) AS next
	FROM generate_series(-60, 900) h, (SELECT bgnbd_model(0.5, 6, 1.6, 3.2) AS m) s) f
WHERE this IS NULL OR this > next OR next > 5.8 / 0.6 OR this < 0;

-- the most likely models of 1088 customers, found to all digits by another program
CREATE TABLE histories (frequency int, recency float8, age float8, customers int);
INSERT INTO histories VALUES (0, 0, 38, 500), (0, 0, 30, 350), (1, 10, 38, 60), (1, 3, 30, 70), (1, 36, 38, 12),
	(2, 4, 38, 30), (2, 28, 30, 12), (3, 12, 30, 9), (3, 35, 38, 10), (4, 22, 30, 12), (6, 36, 38, 10),
	(9, 20, 38, 5), (9, 37, 38, 4), (12, 29, 30, 4);
CREATE TABLE fits AS
SELECT bgnbd_fit(frequency, recency, age) AS b, mbgnbd_fit(frequency, recency, age) AS m
FROM histories, generate_series(1, customers);
SELECT round(((b).r / 0.095898857479479 - 1)::numeric, 9), round(((b).alpha / 2.7244850641089 - 1)::numeric, 9),
	round(((b).a / 0.63275152211281 - 1)::numeric, 9), round(((b).b / 0.69509626532571 - 1)::numeric, 9),
	round((b).log_likelihood::numeric, 8), (b).customers, (b).converged, (b).status FROM fits
UNION ALL
SELECT round(((m).r / 2.385657436298 - 1)::numeric, 9), round(((m).alpha / 15.177702643095 - 1)::numeric, 9),
	round(((m).a / 1.2592742369296 - 1)::numeric, 9), round(((m).b / 0.37556416491781 - 1)::numeric, 9),
	round((m).log_likelihood::numeric, 8), (m).customers, (m).converged, (m).status FROM fits;
-- their standard errors, from the inverse of the second derivatives by the parameters
SELECT round(((b).se_r / 0.0087835925646191329 - 1)::numeric, 6) AS se_r,
	round(((b).se_alpha / 0.46079945998868088 - 1)::numeric, 6) AS se_alpha,
	round(((b).se_a / 0.17222231274556177 - 1)::numeric, 6) AS se_a,
	round(((b).se_b / 0.23756192760125922 - 1)::numeric, 6) AS se_b FROM fits
UNION ALL
SELECT round(((m).se_r / 0.75031472108545049 - 1)::numeric, 6),
	round(((m).se_alpha / 4.6693770735747378 - 1)::numeric, 6),
	round(((m).se_a / 0.16959992939754951 - 1)::numeric, 6),
	round(((m).se_b / 0.060125380628049869 - 1)::numeric, 6) FROM fits;
SELECT abs(sum(log_likelihood(b, frequency, recency, age)) - min((b).log_likelihood)) < 1e-9,
	abs(sum(log_likelihood(m, frequency, recency, age)) - min((m).log_likelihood)) < 1e-9
FROM fits, histories, generate_series(1, customers);

-- discounted, each order from its own time: beside the integral; without a discount it is the number of
-- orders times their value
CREATE TABLE value AS SELECT gamma_gamma_model(1, 2, 1) AS one,
	gamma_gamma_model(6.25, 3.74, 15.44) AS v;
SELECT frequency, round((clv(m, one, frequency, recency, age, 1, horizon, 0.002) / d - 1)::numeric, 12)
FROM value, (SELECT * FROM bgnbd LIMIT 4) s
	JOIN (VALUES (2, 1.18209533398391), (0, 0.187956656513015), (26, 24.6085207337081), (3, 0.287037132389427))
		r(frequency, d)
	USING (frequency) ORDER BY 1;
SELECT model, clv(m, v, frequency, recency, age, 20, horizon, 0)
	/ (expected_value(v, frequency, 20) * expected_orders(m, horizon, frequency, recency, age))
FROM value, bgnbd WHERE parameters[3] = 0.793 AND frequency < 3
UNION ALL SELECT model, clv(m, v, frequency, recency, age, NULL, horizon, 0)
	/ (expected_value(v, 0, NULL) * expected_orders(m, horizon, frequency, recency, age))
FROM value, mbgnbd WHERE parameters[3] = 0.793 AND frequency = 0
ORDER BY model;
-- by months of 4.345 weeks at 1 % a month, as others do it: orders of a month at its end, which is a little less
SELECT round(clv(m, one, 2, 30.43, 38.86, 1, 12 * 4.345, 1.01 ^ (1 / 4.345) - 1)::numeric, 6) AS from_their_time,
	(SELECT round(sum((expected_orders(m, 4.345 * k, 2, 30.43, 38.86)
			- expected_orders(m, 4.345 * (k - 1), 2, 30.43, 38.86)) / 1.01 ^ k)::numeric, 6)
		FROM generate_series(1, 12) k) AS at_ends_of_months
FROM value, bgnbd WHERE frequency = 26;
-- for ever
SELECT round(clv(m, one, 2, 30.43, 38.86, 1, 'infinity', 0.01)::numeric, 6)
	>= round(clv(m, one, 2, 30.43, 38.86, 1, 1e6, 0.01)::numeric, 6),
	clv(m, one, 2, 30.43, 38.86, 1, 0, 0.01), clv(m, one, 2, NULL, 38.86, 1, 10, 0.01),
	clv(m, one, 2, 30, 38.86, NULL, 10, 0.01)
FROM value, bgnbd WHERE frequency = 26;
SELECT clv(m, one, 2, 30, 38, 1, 'infinity', 0) FROM value, bgnbd WHERE frequency = 26;
SELECT clv(m, one, 2, 30, 38, 1, -1, 0.01) FROM value, bgnbd WHERE frequency = 26;
SELECT clv(m, one, 2, 30, 38, 1, 10, -0.01) FROM value, bgnbd WHERE frequency = 26;
SELECT clv(m, one, 2, 30, 38, 0, 10, 0.01) FROM value, mbgnbd WHERE frequency = 26;
SELECT clv(m, one, 2, 30, 38, -4.5, 10, 0.01) FROM value, bgnbd WHERE frequency = 26;

DROP TABLE reference, histories, fits, value CASCADE;
RESET extra_float_digits;
