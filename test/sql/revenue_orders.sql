-- revenue_agg over orders, and its reports, on a shop whose money can be worked out by hand

SET timezone = 'UTC';

--			Jan		Feb		Mar		Apr		May
--	ann		100.00	150.00	150.00	90.00	120.00		April: 110.00, and 20.00 of March's given back
--	bob		50.00	.		.		80.00	.			back after two months
--	cid		.		40.00	-15.00	.		25.00		March: a part of February's given back, and nothing else
--	dee		0.00	.		30.00	0.00	.			January: a present; April: 20.00 and the same given back
--	eve		.		.		.		.		75.00		5.00 of them on the 28th
--	all		150.00	190.00	165.00	170.00	220.00
CREATE TABLE orders AS SELECT * FROM (VALUES
	('ann', '2024-01-05'::timestamptz, 60.00), ('ann', '2024-01-31 23:59:59.999999', 40.00), ('ann', '2024-02-01', 150.00),
	('ann', '2024-03-02', 130.00), ('ann', '2024-03-03', 20.00), ('ann', '2024-04-10', 110.00), ('ann', '2024-04-11', -20.00),
	('ann', '2024-05-01', 120.00), ('bob', '2024-01-15', 50.00), ('bob', '2024-04-15', 80.00), ('cid', '2024-02-20', 40.00),
	('cid', '2024-03-05', -15.00), ('cid', '2024-05-02', 25.00), ('dee', '2024-01-20', 0.00), ('dee', '2024-03-20', 30.00),
	('dee', '2024-04-01', 20.00), ('dee', '2024-04-30', -20.00), ('eve', '2024-05-19 12:00', 70.00), ('eve', '2024-05-28', 5.00))
	o(k, at, amount);
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM orders) o;

-- March: cid's contraction is 55.00; April: his churn is -15.00, since he had cost that
SELECT g.* FROM x, revenue_growth(s) g;
SELECT period, revenue = starting + new_revenue + reactivated + expansion - contraction - churned AS adds_up,
	nrr = ((starting + expansion - contraction - churned) / NULLIF(starting, 0))::float8 AS nrr,
	grr = ((starting - contraction - churned) / NULLIF(starting, 0))::float8 AS grr FROM x, revenue_growth(s);
-- who was there for nothing is of January's cohort
SELECT c.* FROM x, revenue_cohorts(s) c;
-- of 5 customers at age 0, of 4 until age 3, of 3 at age 4
SELECT c.* FROM x, ltv_curve(s) c;
-- ... and who comes when, from the month before the first to the one after the last
SELECT period, m.* FROM x, LATERAL (SELECT ('2023-12-17'::date + n * interval '1 month')::date FROM generate_series(0, 6) n) d (period),
	members(s, period) m ORDER BY period, customer;

-- the age at which 53, 86.75, 131.75, 180.5 and 220.5 pay what a customer costs
SELECT cost, payback_age(s, cost) AS age, payback_age(t, cost, 0.5) AS half, payback_age(s, cost, 0.29) AS "29 %"
FROM x, unnest('{0, 15.37, 15.370000001, 53, 53.01, 100, 110.25, 110.26, 220.5, 220.50000000000000000000000001}'::numeric[]) cost;
SELECT payback_age(t, 0, 0) AS nothing, payback_age(t, 0.01, 0) AS never FROM x;

-- as of a day in May, when the month was open: its money is not known if later orders have come, else so far
CREATE TABLE y AS SELECT s, totals(s) AS t
FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM orders WHERE at < '2024-05-20') o;
SELECT g.* FROM x, revenue_growth(s, '2024-05-20') g WHERE period >= '2024-04-01';
SELECT g.* FROM y, revenue_growth(s, '2024-05-20') g WHERE period >= '2024-04-01';
SELECT c.* FROM x, revenue_cohorts(s, '2024-05-20') c WHERE period >= '2024-04-01';
SELECT c.* FROM y, revenue_cohorts(s, '2024-05-20') c WHERE period >= '2024-04-01';
SELECT c.*, c IS NOT DISTINCT FROM o AS same FROM x, y, ltv_curve(x.s, '2024-05-20') c JOIN ltv_curve(y.t, '2024-05-20') o USING (age);
SELECT payback_age(x.s, 126.25, 1, '2024-05-20') AS age, payback_age(x.s, 180.5, 1, '2024-05-20') AS later,
	payback_age(y.t, 182.9167, 1, '2024-05-20') AS not_yet, payback_age(x.t, 47.5, as_of => '2024-02-29') AS february,
	payback_age(x.t, 50, as_of => '2024-02-29') AS january, payback_age(x.t, 1, as_of => '2024-01-31') AS nothing FROM x, y;
-- ... the month is open to its last moment; an order at as_of is later; a month without orders at the end
SELECT as_of, count(period), max(period), max(period) FILTER (WHERE complete) AS last_complete,
	count(revenue) AS known, sum(revenue) AS revenue, sum(churned) AS churned
FROM x, unnest('{2023-12-31 23:59, 2024-01-01, 2024-01-01 00:00:00.000001, 2024-02-15, 2024-03-31 23:59:59.999999, 2024-04-01,
		2024-05-19 12:00, 2024-05-28, 2024-05-28 00:00:00.000001, 2024-06-01, 2024-07-20}'::timestamptz[]) as_of
	LEFT JOIN LATERAL revenue_growth(t, as_of) ON true GROUP BY as_of ORDER BY as_of;
SELECT g.* FROM x, revenue_growth(t, '2024-07-20') g WHERE period >= '2024-06-01';
SELECT c.* FROM x, revenue_cohorts(t, '2024-07-20') c WHERE period >= '2024-06-01';
SELECT c.* FROM x, ltv_curve(t, '2024-07-20') c WHERE age > 3;

-- the same from pieces, whatever they share, from customers, and from values that were stored
CREATE TABLE ways AS
	SELECT 'totals' AS way, NULL::revenue_summary AS s, totals(s) AS t FROM x
	UNION ALL SELECT 'customers', NULL, totals_agg(s)
		FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM orders GROUP BY k) c
	UNION ALL SELECT 'days', rollup(s), NULL FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM orders GROUP BY at) d
	UNION ALL SELECT 'weekdays, twice', rollup(s), NULL FROM (SELECT rollup(s) AS s
		FROM (SELECT extract(dow FROM at) AS d, revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM orders GROUP BY 1) d GROUP BY d < 3) r
	UNION ALL SELECT 'signs', rollup(s), NULL
		FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') AS s FROM orders GROUP BY sign(amount)) g
	UNION ALL SELECT 'text', s::text::revenue_summary, NULL FROM x
	UNION ALL SELECT 'text of totals', NULL, t::text::revenue_totals FROM x
	UNION ALL SELECT 'other keys', revenue_agg(md5(k)::uuid, at, amount, '1 month', 'UTC'), NULL FROM orders;
SELECT way, coalesce(w.s = x.s, w.t = x.t) AS same, coalesce(revenue_summary_hash(w.s) = revenue_summary_hash(x.s),
		revenue_totals_hash(w.t) = revenue_totals_hash(x.t)) AS hash,
	(SELECT array_agg(g::text) FROM (SELECT * FROM revenue_growth(w.s, as_of) UNION ALL SELECT * FROM revenue_growth(w.t, as_of)) g)
		= (SELECT array_agg(g::text) FROM revenue_growth(x.s, as_of) g) AS growth,
	(SELECT array_agg(c::text) FROM (SELECT * FROM revenue_cohorts(w.s, as_of) UNION ALL SELECT * FROM revenue_cohorts(w.t, as_of)) c)
		= (SELECT array_agg(c::text) FROM revenue_cohorts(x.s, as_of) c) AS cohorts,
	(SELECT array_agg(c::text) FROM (SELECT * FROM ltv_curve(w.s, as_of) UNION ALL SELECT * FROM ltv_curve(w.t, as_of)) c)
		= (SELECT array_agg(c::text) FROM ltv_curve(x.s, as_of) c) AS curve
FROM ways w, x, (VALUES ('2024-05-20'::timestamptz)) v (as_of);

-- the part without money is the summary of the same rows
SELECT s::retention_summary = r AS summary, t::retention_totals = totals(r) AS totals, customer_count(s), customer_count(t) AS of_totals
FROM x, (SELECT retention_agg(k, at, '1 month', 'UTC') AS r FROM orders) o;
CREATE TABLE seen (s retention_summary, t retention_totals);
INSERT INTO seen SELECT s, t FROM x;
SELECT period, starting, new_customers, retained, resurrected, churned, active, repeat_customers FROM seen, growth(t);

-- net and gross retention of a written example: 1000 at the start, 150 more, 50 less, 100 lost, 300 new
SELECT starting, new_revenue, expansion, contraction, churned, revenue, nrr, grr
FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FROM (VALUES
	(1, '2024-01-01'::timestamptz, 350), (1, '2024-02-01', 500), (2, '2024-01-01', 550), (2, '2024-02-01', 500), (3, '2024-01-01', 100),
	(4, '2024-02-01', 300)) o(k, at, amount)) v (s), revenue_growth(s) WHERE period = '2024-02-01';
-- ... which are not known of nothing, or less; whose first money is a refund is new all the same
SELECT starting, new_revenue, reactivated, expansion, contraction, churned, revenue, payers, nrr, grr
FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FROM (VALUES
	(1, '2024-01-01'::timestamptz, 10), (2, '2024-01-01', -10), (1, '2024-02-01', 3), (2, '2024-02-01', -8), (1, '2024-03-01', 4),
	(2, '2024-04-01', 1)) o(k, at, amount)) v (s), revenue_growth(s);
SELECT cohort, age, revenue, rate FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FROM (VALUES
	(1, '2024-01-01'::timestamptz, 0), (1, '2024-02-01', 3), (2, '2024-02-01', -8), (2, '2024-03-01', 4)) o(k, at, amount)) v (s),
	revenue_cohorts(s);

-- the open year: what has come so far is new or back, and nobody has left yet
CREATE TABLE z AS SELECT revenue_agg(k, now() - years * interval '1 year', amount, '1 year', 'UTC') AS s FROM (VALUES
	('back', 2, 1.00), ('gone', 1, 10.00), ('more', 1, 20.00), ('more', 0, 25.00), ('new', 0, 7.00), ('nothing', 1, 0.00),
	('nothing', 0, 0.00), ('late', 1, 0.00), ('late', 0, 3.00), ('back', 0, 2.00)) o(k, years, amount);
SELECT starting, new_revenue, reactivated, expansion, contraction, churned, revenue, payers, nrr, grr, complete FROM z, revenue_growth(s);
SELECT age, customers, payers, revenue, cumulative, per_customer, rate, complete FROM z, revenue_cohorts(s);
SELECT c.* FROM z, ltv_curve(s) c;
SELECT m.* FROM z, members(s, now()::date) m ORDER BY customer;

-- rows that have a NULL do not count, whatever else they have; none are left
SELECT customer_count(s), g.* FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FROM (VALUES
	('ann', '2024-01-05'::timestamptz, 1.0), (NULL, '2024-02-05', 2.00), ('bob', NULL, 3.000), ('cid', '2024-02-05', NULL),
	(NULL, 'infinity', 1), (NULL, '2024-01-05', 'NaN'), ('dee', 'infinity', NULL)) o(k, at, amount)) v (s), revenue_growth(s) g;
SELECT revenue_agg(k, at, amount, '1 month') IS NULL AS none FROM (VALUES (1, now(), NULL::numeric), (NULL, now(), 1)) o(k, at, amount);
SELECT revenue_agg(1, now(), 1, '1 month') IS NULL AS none, revenue_agg(1, now(), 1, '1 month', 'UTC') IS NULL AS none FROM x WHERE false;
SELECT revenue_agg(1, now(), 1, '1 month') FILTER (WHERE false) IS NULL AS none FROM x;
SELECT rollup(s) IS NULL AS none, totals_agg(s) IS NULL AS none, totals(NULL::revenue_summary) IS NULL AS none FROM x WHERE false;
SELECT rollup(v) IS NULL AS none, totals_agg(v) IS NULL AS none FROM (VALUES (NULL::revenue_summary), (NULL)) n(v);
SELECT rollup(v) = s AS same FROM (SELECT s FROM x UNION ALL SELECT NULL) n(v), x GROUP BY s;
SELECT count(*) FROM revenue_growth(NULL::revenue_summary), revenue_cohorts(NULL::revenue_totals), ltv_curve(NULL::revenue_summary);
SELECT payback_age(NULL::revenue_summary, 1) AS value, payback_age(s, NULL) AS cost, payback_age(s, 1, NULL) AS margin,
	customer_count(NULL::revenue_summary) AS summary, customer_count(NULL::revenue_totals) AS totals FROM x;
SELECT count(*) FROM x, members(s, NULL);

-- FILTER; in the order of time, and as a window
SELECT g.period, g.revenue FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FILTER (WHERE amount > 0) FROM orders) v (s), revenue_growth(s) g;
SELECT (SELECT revenue_agg(k, at, amount, '1 month', 'UTC' ORDER BY at DESC) FROM orders) = s AS same FROM x;
SELECT at::date AS day, customer_count(s) AS customers, (SELECT sum(revenue) FROM revenue_growth(s)) AS revenue
FROM (SELECT at, revenue_agg(k, at, amount, '1 month', 'UTC') OVER (ORDER BY at) AS s FROM orders) w ORDER BY at LIMIT 8;

-- the zone decides, and the session's is used without one
SELECT zone, period, revenue FROM unnest('{UTC, Asia/Tokyo}'::text[]) zone,
	LATERAL (SELECT revenue_agg(1, at, 1.5, '1 month', zone) FROM (VALUES ('2024-02-29 18:00Z'::timestamptz)) v(at)) r (s), revenue_growth(s);
SET timezone = 'Asia/Tokyo';
SELECT revenue_agg(k, at, amount, '1 month') = revenue_agg(k, at, amount, '1 month', 'Asia/Tokyo') AS same,
	revenue_agg(k, at, amount, '1 month') = revenue_agg(k, at, amount, '1 month', 'UTC') AS other FROM orders;
SET timezone = 'UTC';

-- as many decimals as any amount has, in whatever bucket; exact beyond 64 and 128 bits
CREATE TABLE amounts AS SELECT what, i, amount, '2024-01-01'::timestamptz + i * interval '1 day' AS at
FROM (VALUES ('whole', '{1, 2}'::numeric[]), ('tenths', '{1, 1.5}'), ('hundredths', '{1.50, 1}'), ('zeros', '{1.000, -1.0}'),
		('millionths', '{0.000001, 1}'), ('large', '{1e30, 1}'), ('small', '{1, 1e-30}'), ('both', '{1e30, 1e-30}'),
		('cancelled', '{1e30, 1e-30, -1e30}'), ('borrowed', '{1e30, -1e-30}'), ('10^12', '{999999999999.9999, 0.0001}'),
		('-10^12', '{-600000000000, -600000000000.00}'), ('63 bits', '{9223372036854775807, 1}'),
		('64 bits', '{-9223372036854775808, -1}'), ('cents of 63 bits', '{92233720368547758.07, 0.01}'),
		('127 bits', '{170141183460469231731687303715884105727, 1}'),
		('cents of 127 bits', '{-1701411834604692317316873037158841057.28, -0.01}')) v (what, amounts),
	unnest(amounts) WITH ORDINALITY a (amount, i);
CREATE TABLE scales AS SELECT what, revenue_agg(1, at, amount, '1 month', 'UTC') AS s FROM amounts GROUP BY what;
SELECT what, revenue, (SELECT max(per_customer) FROM ltv_curve(s)) AS per_customer FROM scales, revenue_growth(s) ORDER BY what COLLATE "C";
-- ... the same from pieces in any order; and if each amount is another customer's, the same revenue, in any order, too
CREATE AGGREGATE totals_sum(revenue_totals) (SFUNC = totals_combine, STYPE = revenue_totals, FINALFUNC = totals_final);
SELECT what, (s, up::text, down::text, merged::text) IS DISTINCT FROM (up, s::text, s::text, s::text) AS other,
	(SELECT array_agg(revenue::text) FROM revenue_growth(totals))
		IS DISTINCT FROM (SELECT array_agg(revenue::text) FROM revenue_growth(s)) AS other_revenue,
	(combined_up::text, combined_down::text) IS DISTINCT FROM (totals::text, totals::text) AS other_totals
FROM scales JOIN (SELECT what, rollup(p ORDER BY i) AS up, rollup(p ORDER BY i DESC) AS down, rollup(p) AS merged
		FROM (SELECT what, i, revenue_agg(1, at, amount, '1 month', 'UTC') AS p FROM amounts GROUP BY what, i) p GROUP BY what) r USING (what)
	JOIN (SELECT what, totals_agg(p) AS totals, totals_sum(totals(p) ORDER BY i) AS combined_up, totals_sum(totals(p) ORDER BY i DESC) AS combined_down
		FROM (SELECT what, i, revenue_agg(i, at, amount, '1 month', 'UTC') AS p FROM amounts GROUP BY what, i) p GROUP BY what) t USING (what)
ORDER BY what COLLATE "C";
DROP AGGREGATE totals_sum(revenue_totals);
-- ... thousands of rows of one customer or two, whose sums pass 64 bits of ten-thousandths on the way
SELECT customers, period, revenue, payers FROM unnest('{1, 2}'::int[]) customers, LATERAL (SELECT revenue_agg(i % customers, at, amount, '1 month', 'UTC')
		FROM (SELECT i, '2024-01-01'::timestamptz + i % 50 * interval '1 day' AS at, 999999999999.9999 * CASE WHEN i % 5 = 4 THEN -1 ELSE 1 END AS amount
			FROM generate_series(1, 20000) i) o) v (s), revenue_growth(s);
-- ... and rows that are 2^64 ten-thousandths together
SELECT revenue, payers FROM (SELECT revenue_agg(1, '2024-01-01'::timestamptz, CASE WHEN i = 0 THEN 0.1616 ELSE 922337203685.4775 END, '1 month', 'UTC')
	FROM generate_series(0, 2000) i) v (s), revenue_growth(s);
SELECT period, revenue, new_revenue, payers, g.nrr FROM (SELECT revenue_agg(1, at, amount, '1 month', 'UTC') FROM (VALUES
	('2024-01-01'::timestamptz, 5), ('2024-02-01', 2.5), ('2024-03-01', 0.125), ('2024-04-01', 1e-12)) v(at, amount)) v (s), revenue_growth(s) g;
SELECT (SELECT array_agg(revenue) FROM revenue_growth(fine)) AS fine, (SELECT array_agg(revenue) FROM revenue_growth(rolled)) AS rolled,
	fine = coarse AS same, revenue_summary_hash(fine) = revenue_summary_hash(coarse) AS hash, fine = rolled AS other
FROM (SELECT revenue_agg(1, at, 1.50, '1 month', 'UTC') AS fine, revenue_agg(1, at, 1.5, '1 month', 'UTC') AS coarse
	FROM (VALUES ('2024-01-01'::timestamptz)) v(at)) v, LATERAL (SELECT rollup(p) AS rolled FROM (VALUES (fine), (coarse)) p(p)) r;
-- ... up to 1000 digits on either side, whose sums may have more
SELECT what, revenue = 40 * a AS exact, scale(revenue) FROM (VALUES ('1000 digits', repeat('9', 1000)::numeric),
		('1000 decimals', ('0.' || repeat('0', 999) || '7')::numeric), ('both', (repeat('9', 1000) || '.' || repeat('3', 1000))::numeric)) v (what, a),
	LATERAL (SELECT revenue_agg(k, '2024-01-01'::timestamptz, a, '1 month', 'UTC')
		FROM (SELECT i % 3 AS k FROM generate_series(1, 40) i) o) r (s), revenue_growth(s);

-- ... and of more customers than 64 bits of ten-thousandths hold: half of them pay always the same, the others pay and take back in turn
CREATE TABLE large AS SELECT k, '2024-01-01'::timestamptz + m * interval '1 month' AS at,
	CASE WHEN k % 2 = 0 THEN 999999999999.9999 ELSE 999999999999.9998 * (m % 2 * 2 - 1) END AS amount FROM generate_series(1, 4000) k, generate_series(0, 2) m;
SELECT period, new_revenue, expansion, contraction, revenue, payers, t = (SELECT totals_agg(s) FROM (SELECT revenue_agg(k, at, amount, '1 month', 'UTC')
	FROM large GROUP BY k) c (s)) AS same
FROM (SELECT totals(revenue_agg(k, at, amount, '1 month', 'UTC')) FROM large) v (t), revenue_growth(t);
DROP TABLE large;

-- equality, hash and an order that only serves to sort
SELECT what, s = o AS same, s <> o AS other FROM x, (VALUES
	('the same money in other orders', (SELECT revenue_agg(k, at, CASE WHEN k = 'eve' THEN amount - 32.5 * sign(amount - 40) ELSE amount END,
		'1 month', 'UTC') FROM orders)),
	('a cent more', (SELECT revenue_agg(k, at, amount + CASE WHEN at = '2024-05-28' THEN 0.01 ELSE 0 END, '1 month', 'UTC') FROM orders)),
	('less decimals', (SELECT revenue_agg(k, at, trim_scale(amount), '1 month', 'UTC') FROM orders)),
	('more decimals', (SELECT revenue_agg(k, at, amount + 0.0000, '1 month', 'UTC') FROM orders)),
	('without who paid nothing', (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FROM orders WHERE amount <> 0)),
	('a free order more', (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FROM (TABLE orders UNION ALL VALUES ('ann', '2024-01-01'::timestamptz, 0.00)) o)),
	('... in another month', (SELECT revenue_agg(k, at, amount, '1 month', 'UTC') FROM (TABLE orders UNION ALL VALUES ('bob', '2024-02-01'::timestamptz, 0.00)) o)),
	('another zone', (SELECT revenue_agg(k, at, amount, '1 month', 'Asia/Tokyo') FROM orders)),
	('another bucket', (SELECT revenue_agg(k, at, amount, '30 days', 'UTC') FROM orders))) v (what, o);
CREATE TABLE many AS SELECT i, s, totals(s) AS t FROM (SELECT i,
	revenue_agg(k, at, amount * (i % 5) + (i % 3) * 0.000, CASE WHEN i % 2 = 0 THEN interval '1 month' ELSE '1 day' END, 'UTC') AS s
	FROM orders, generate_series(1, 60) i WHERE k <= (ARRAY['bob', 'dee'])[1 + i % 2] GROUP BY i) m;
SELECT count(*), count(DISTINCT s) AS summaries, count(DISTINCT t) AS totals, (SELECT count(*) FROM (SELECT s FROM many GROUP BY s) g) AS groups FROM many;
SELECT count(*) FILTER (WHERE (a.s < b.s)::int + (a.s = b.s)::int + (a.s > b.s)::int <> 1) AS neither,
	count(*) FILTER (WHERE (a.s <= b.s) <> (a.s < b.s OR a.s = b.s) OR (a.s >= b.s) <> (b.s <= a.s) OR (a.s <> b.s) <> NOT (a.s = b.s)) AS odd,
	count(*) FILTER (WHERE revenue_summary_cmp(a.s, b.s) <> -revenue_summary_cmp(b.s, a.s)) AS odd_cmp,
	count(*) FILTER (WHERE a.s = b.s AND (revenue_summary_hash(a.s) <> revenue_summary_hash(b.s)
		OR revenue_summary_hash_extended(a.s, 7) <> revenue_summary_hash_extended(b.s, 7))) AS odd_hash,
	count(*) FILTER (WHERE (a.s = b.s) <> (a.t = b.t)) AS odd_totals FROM many a, many b;
SELECT count(*) FILTER (WHERE (a.t < b.t)::int + (a.t = b.t)::int + (a.t > b.t)::int <> 1) AS neither,
	count(*) FILTER (WHERE (a.t <= b.t) <> (a.t < b.t OR a.t = b.t) OR (a.t >= b.t) <> (b.t <= a.t) OR (a.t <> b.t) <> NOT (a.t = b.t)) AS odd,
	count(*) FILTER (WHERE revenue_totals_cmp(a.t, b.t) <> -revenue_totals_cmp(b.t, a.t)) AS odd_cmp,
	count(*) FILTER (WHERE a.t = b.t AND (revenue_totals_hash(a.t) <> revenue_totals_hash(b.t)
		OR revenue_totals_hash_extended(a.t, 7) <> revenue_totals_hash_extended(b.t, 7))) AS odd_hash FROM many a, many b;
SELECT count(*) FILTER (WHERE a.s <= b.s AND b.s <= c.s AND NOT a.s <= c.s) AS summaries, count(*) FILTER (WHERE a.t <= b.t AND b.t <= c.t AND NOT a.t <= c.t) AS totals
FROM many a, many b, many c;
CREATE TABLE keyed (s revenue_summary PRIMARY KEY, t revenue_totals UNIQUE);
INSERT INTO keyed SELECT s, t FROM many ON CONFLICT DO NOTHING;
SELECT count(*) FROM keyed;
SET enable_seqscan = off;
SELECT count(*) FROM many m WHERE EXISTS (SELECT FROM keyed k WHERE k.s = m.s) AND EXISTS (SELECT FROM keyed k WHERE k.t = m.t);
RESET enable_seqscan;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT count(*) FROM many m JOIN keyed k ON k.s = m.s;
SELECT count(*) FROM many m JOIN keyed k ON k.t = m.t;
RESET enable_mergejoin;
RESET enable_nestloop;
SELECT bool_and(s > before) AS sorted FROM (SELECT s, lag(s) OVER (ORDER BY s) AS before FROM keyed) o WHERE before IS NOT NULL;
SELECT bool_and(t > before) AS sorted FROM (SELECT t, lag(t) OVER (ORDER BY t) AS before FROM keyed) o WHERE before IS NOT NULL;

-- text and binary are one form
SELECT count(*), bool_and(s::text::revenue_summary = s AND s::text::revenue_summary::text = s::text) AS summaries,
	bool_and(t::text::revenue_totals = t AND t::text::revenue_totals::text = t::text) AS totals,
	bool_and(replace(encode(revenue_summary_send(s), 'base64'), E'\n', '') = s::text) AS sent,
	bool_and(replace(encode(revenue_totals_send(t), 'base64'), E'\n', '') = t::text) AS sent_totals FROM many;
SELECT count(*), bool_and(s::text::revenue_summary = s AND s::text::revenue_summary::text = s::text) AS summaries,
	bool_and(totals(s)::text::revenue_totals = totals(s) AND totals(s)::text::revenue_totals::text = totals(s)::text) AS totals FROM scales;

-- what cannot be counted
SELECT revenue_agg(1, now(), 'NaN', '1 month');
SELECT revenue_agg(1, now(), 'Infinity', '1 month', 'UTC');
SELECT revenue_agg(1, now(), ('1' || repeat('0', 1000))::numeric, '1 month');
SELECT revenue_agg(1, now(), ('0.' || repeat('0', 1000) || '1')::numeric, '1 month');
SELECT revenue_agg(DISTINCT k, at, amount, '1 month', 'UTC') FROM orders;
SELECT rollup(DISTINCT s) FROM x;
SELECT totals_agg(DISTINCT s) FROM x;
SELECT totals_agg(v.s) FROM (SELECT s FROM x UNION ALL SELECT s FROM x) v;
SELECT rollup(v.s) FROM (SELECT s FROM x UNION ALL SELECT revenue_agg('ann'::text, now(), 1, '1 day', 'UTC')) v;
SELECT payback_age(s, -1) FROM x;
SELECT payback_age(t, 'NaN') FROM x;
SELECT totals(revenue_agg(1, at, 1, '1 day', 'UTC')) FROM unnest('{1970-01-01,2024-01-01}'::timestamptz[]) at;
\set VERBOSITY sqlstate
SELECT revenue_agg(1, now(), 'NaN', '1 month');
SELECT revenue_agg(1, now(), 'Infinity', '1 month');
SELECT revenue_agg(1, now(), '-Infinity', '1 month', 'UTC');
SELECT revenue_agg(1, now(), ('-1' || repeat('0', 1000))::numeric, '1 month', 'UTC');
SELECT revenue_agg(1, now(), ('0.' || repeat('0', 1000) || '1')::numeric, '1 month');
SELECT revenue_agg(1, 'infinity'::timestamptz, 1, '1 month');
SELECT revenue_agg(1, '-infinity'::timestamptz, 1, '1 month', 'UTC');
SELECT revenue_agg(1, now(), 1, NULL);
SELECT revenue_agg(1, now(), 1, '1 month', NULL);
SELECT revenue_agg(1, now(), 1, '1 hour');
SELECT revenue_agg(1, now(), 1, '1 month', 'Middle/Earth');
SELECT revenue_agg(1, now(), 1, i * interval '1 month') FROM generate_series(1, 2) i;
SELECT revenue_agg(1, now(), 1, '1 day', CASE i WHEN 1 THEN 'UTC' ELSE 'Asia/Tokyo' END) FROM generate_series(1, 2) i;
SELECT revenue_agg(point(1, 2), now(), 1, '1 month');
SELECT revenue_agg(DISTINCT k, at, amount, '1 month') FROM orders;
SELECT revenue_agg(DISTINCT k, at, amount, '1 month', 'UTC') FROM orders;
SELECT rollup(DISTINCT s) FROM x;
SELECT totals_agg(DISTINCT s) FROM x;
SELECT totals_agg(v.s) FROM (SELECT s FROM x UNION ALL SELECT s FROM x) v;
SELECT totals_agg(v.s) FROM (SELECT revenue_agg(1, now(), 1, '1 month', 'UTC') AS s UNION ALL SELECT s FROM x) v;
SELECT totals_agg(s) FROM (SELECT revenue_agg(i, now(), 1, i * interval '1 month', 'UTC') AS s FROM generate_series(1, 2) i GROUP BY i) v;
SELECT rollup(v.s) FROM (SELECT s FROM x UNION ALL SELECT revenue_agg('ann'::text, now(), 1, '1 day', 'UTC')) v;
SELECT rollup(v.s) FROM (SELECT s FROM x UNION ALL SELECT revenue_agg('ann'::text, now(), 1, '1 month', 'Asia/Tokyo')) v;
SELECT rollup(v.s) FROM (SELECT s FROM x UNION ALL SELECT revenue_agg(1, now(), 1, '1 month', 'UTC')) v;
SELECT payback_age(s, -1) FROM x;
SELECT payback_age(s, 'NaN') FROM x;
SELECT payback_age(s, 'Infinity') FROM x;
SELECT payback_age(t, 1, -0.5) FROM x;
SELECT payback_age(t, 1, 1.5) FROM x;
SELECT payback_age(t, 1, 'NaN') FROM x;
SELECT payback_age(t, 1, 'Infinity') FROM x;
SELECT count(*) FROM x, revenue_growth(s, 'infinity');
SELECT count(*) FROM x, revenue_growth(s, '9999-01-01');
SELECT members(s, '-infinity') FROM x;
SELECT totals(revenue_agg(1, at, 1, '1 day', 'UTC')) FROM unnest('{1970-01-01,2024-01-01}'::timestamptz[]) at;
SELECT left(s::text, -4)::revenue_summary FROM x;
SELECT left(t::text, -4)::revenue_totals FROM x;
SELECT 'no base64 at all'::revenue_summary;
SELECT t::text::revenue_summary FROM x;
SELECT s::retention_summary::text::revenue_summary FROM x;
\set VERBOSITY default
DROP TABLE orders, x, y, z, ways, seen, amounts, scales, many, keyed;
