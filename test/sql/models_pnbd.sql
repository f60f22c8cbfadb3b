-- pnbd_fit and its model's predictions

SET extra_float_digits = 0;

-- Beside numbers computed with fifty digits: customers of the paper; alpha = beta; s = 1 and nearly; alpha
-- far from beta; recency = age; 400 and 1000 orders; recency 0.  Discounted are orders at 0.2 % for a unit of
-- time.  No row is a difference.
CREATE TABLE reference (parameters float8[], frequency bigint, recency float8, age float8, horizon float8,
	p_alive float8, expected float8, log_likelihood float8, discounted float8);
INSERT INTO reference VALUES
	('{0.553, 10.578, 0.606, 11.669}', 2, 30.43, 38.86, 39, 0.869167559153011, 1.4551231932576, -9.55428324515041,
		1.40300907203341),
	('{0.553, 10.578, 0.606, 11.669}', 0, 0, 38.86, 39, 0.295286604616894, 0.107081468215309, -0.52104629408089,
		0.10324642755257),
	('{0.553, 10.578, 0.606, 11.669}', 26, 30.86, 31, 52, 0.997918731055158, 25.4584729514288, -39.1316715403028,
		24.2806781939557),
	('{0.55, 11, 0.6, 11}', 29, 37.71, 38, 39, 0.996114982080342, 19.4202835243004, -45.3194494327704,
		18.7253116288183),
	('{0.55, 10, 1, 12}', 7, 29.43, 38.86, 39, 0.63148849430076, 2.82476273854434, -21.927864595879, 2.7275144209093),
	('{0.55, 10, 1.0000001, 12}', 7, 29.43, 38.86, 39, 0.631488467955158, 2.8247625403063, -21.9278646985761,
		2.72751423049712),
	('{0.5, 200, 0.6, 0.5}', 3, 10, 520, 39, 0.00219130607969968, 0.000406452726316005, -17.7951166110128,
		0.000391130400906201),
	('{0.5, 0.5, 0.6, 200}', 3, 10, 520, 39, 4.86288814998752e-5, 1.25513696080859e-5, -12.4469969123061,
		1.20772946215825e-5),
	('{0.553, 10.578, 0.606, 11.669}', 5, 39, 39, 10, 1.0, 1.05935339999184, -17.6931925064284, 1.04903108970976),
	('{1.2, 8, 2.5, 30}', 400, 5, 6, 10, 4.9293689614648e-11, 1.04306635781453e-8, 968.767615166906,
		1.03376574392341e-8),
	('{0.553, 10.578, 0.606, 11.669}', 1000, 36, 37, 10, 9.8210586531601e-7, 0.00019492531572288, 2058.33162357654,
		0.000193027281046828),
	('{0.5, 6, 0.5, 6}', 5, 0, 39, 39, 6.74197014237759e-5, 0.000271624614017986, -8.0581931679315,
		0.000261837304283516);
CREATE VIEW ours AS
SELECT r.*, p_alive(m, frequency, recency, age) AS our_p,
	expected_orders(m, horizon, frequency, recency, age) AS our_e,
	log_likelihood(m, frequency, recency, age) AS our_l,
	clv(m, one, frequency, recency, age, 1, horizon, 0.002) AS our_d
FROM reference r, LATERAL (SELECT parameters) a(p), LATERAL (SELECT
	pnbd_model(p[1], p[2], p[3], p[4]),
	gamma_gamma_model(1, 2, 1)) s(m, one);
SELECT count(*) FROM ours;
SELECT * FROM ours WHERE (abs(our_p - p_alive) <= 1e-11 * p_alive AND abs(our_e - expected) <= 1e-11 * expected
	AND abs(our_l - log_likelihood) <= 1e-12 * abs(log_likelihood)
	AND abs(our_d - discounted) <= 1e-11 * discounted) IS NOT TRUE;

-- residual transactions for ever, discounted continuously at 0.27 % a week
SELECT round(clv(m, one, frequency, recency, 77.86, 1, 'infinity', exp(0.0027) - 1)::numeric, 10) AS ours, dert
FROM (SELECT pnbd_model(0.5629966, 12.559037, 0.4081095, 10.5148048) AS m,
		gamma_gamma_model(1, 2, 1) AS one) s,
	(VALUES (7, 35, 1.8641833281), (1, 30, 2.1991554497), (14, 75, 35.0259732367)) r(frequency, recency, dert);

-- a new customer
SELECT round(expected_orders(m, 52)::numeric, 12), expected_orders(m, 52) = expected_orders(m, 52, 0, 0, 0),
	expected_orders(m, 0)
FROM (SELECT pnbd_model(0.553, 10.578, 0.606, 11.669) AS m) s;

-- a fit: nothing next to it is more likely
CREATE TABLE histories (frequency int, recency float8, age float8, customers int);
INSERT INTO histories VALUES (0, 0, 38, 500), (0, 0, 30, 350), (1, 10, 38, 60), (1, 3, 30, 70), (1, 36, 38, 12),
	(2, 4, 38, 30), (2, 28, 30, 12), (3, 12, 30, 9), (3, 35, 38, 10), (4, 22, 30, 12), (6, 36, 38, 10),
	(9, 20, 38, 5), (9, 37, 38, 4), (12, 29, 30, 4);
CREATE TABLE fits AS SELECT pnbd_fit(frequency, recency, age) AS f FROM histories, generate_series(1, customers);
SELECT round((f).r::numeric, 6) AS r, round((f).alpha::numeric, 5) AS alpha, round((f).s::numeric, 5) AS s,
	round((f).beta::numeric, 4) AS beta, round((f).log_likelihood::numeric, 8) AS log_likelihood, (f).customers,
	(f).converged, (f).status FROM fits;
-- standard errors, from the inverse of the second derivatives by the parameters, found by another program
SELECT round(((f).se_r / 0.070206928160425984 - 1)::numeric, 6) AS se_r,
	round(((f).se_alpha / 1.7477168330518509 - 1)::numeric, 6) AS se_alpha,
	round(((f).se_s / 0.37497136541641667 - 1)::numeric, 6) AS se_s,
	round(((f).se_beta / 5.5477566185203784 - 1)::numeric, 6) AS se_beta FROM fits;
SELECT count(*), bool_and(found > near) FROM (
	SELECT (f).log_likelihood AS found,
		(SELECT sum(customers * log_likelihood(pnbd_model((f).r * (1 + r), (f).alpha * (1 + alpha), (f).s * (1 + s),
			(f).beta * (1 + beta)), frequency, recency, age))
		FROM histories) AS near
	FROM fits, unnest('{-1e-3, 0, 1e-3}'::float8[]) r, unnest('{-1e-3, 0, 1e-3}'::float8[]) alpha,
		unnest('{-1e-3, 0, 1e-3}'::float8[]) s, unnest('{-1e-3, 0, 1e-3}'::float8[]) beta
	WHERE (r, alpha, s, beta) <> (0, 0, 0, 0)) n;
SELECT abs(sum(customers * log_likelihood(f, frequency, recency, age)) - min((f).log_likelihood)) < 1e-9
FROM fits, histories;

DROP TABLE reference, histories, fits CASCADE;
RESET extra_float_digits;
