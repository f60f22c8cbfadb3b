-- retention_curve, on orders that can be counted by hand

SET timezone = 'UTC';

--		Jan		Feb		Mar		Apr		May		Jun
--	a	##		#		#		.		#		.
--	b	#		.		#		.		.		.
--	c	.		#		#		.		.		.
--	d	.		.		.		.		##		#
-- d in June on the 30th only; April is empty.
CREATE TABLE orders AS SELECT * FROM (VALUES
	('a', '2024-01-31 10:00'::timestamptz), ('a', '2024-01-31 11:00'), ('a', '2024-02-01'), ('a', '2024-03-15'), ('a', '2024-05-05'),
	('b', '2024-01-15'), ('b', '2024-03-31 23:59:59.999999'),
	('c', '2024-02-15'), ('c', '2024-03-01'),
	('d', '2024-05-01'), ('d', '2024-05-31'), ('d', '2024-06-30')) o(k, at);
CREATE TABLE x AS SELECT s, totals(s) AS t FROM (SELECT retention_agg(k, at, '1 month', 'UTC') AS s FROM orders) o;

SELECT age, cohorts, customers, retained, rate FROM x, retention_curve(t);
SELECT age, round(w.rate::numeric, 4) AS weighted, round(i.rate::numeric, 4) AS simple, round(c.rate::numeric, 4) AS chained, w.rate = p.rate AS same
FROM x, retention_curve(s) p JOIN retention_curve(s, NULL, 'exact', 'weighted') w USING (age)
	JOIN retention_curve(s, NULL, 'exact', 'simple') i USING (age) JOIN retention_curve(s, NULL, 'exact', 'chained') c USING (age) ORDER BY age;
SELECT age, cohorts, customers, retained, round(w.rate::numeric, 4) AS weighted, round(i.rate::numeric, 4) AS simple, round(c.rate::numeric, 4) AS chained
FROM x, retention_curve(t, NULL, 'on_or_after') w
	JOIN retention_curve(t, NULL, 'on_or_after', 'simple') i USING (age, cohorts, customers, retained)
	JOIN retention_curve(t, NULL, 'on_or_after', 'chained') c USING (age, cohorts, customers, retained) ORDER BY age;

-- as_of
SELECT age, cohorts, customers, retained, rate FROM x, retention_curve(t, '2024-03-20');
SELECT age, cohorts, customers, retained, rate FROM x, retention_curve(t, '2024-01-20');
-- ... as of April, a, b and c were last seen in March
SELECT age, cohorts, customers, retained, rate FROM x, retention_curve(s, '2024-04-01', 'on_or_after');
SELECT age, cohorts, customers, retained, rate FROM x, retention_curve(t, '2024-04-01', 'on_or_after');
SELECT count(*) FROM retention_curve((SELECT retention_agg(1, now(), '1 year', 'UTC')));

-- words that are not known
SELECT count(*) FROM x, retention_curve(s, NULL, 'exact', 'by weight');
SELECT count(*) FROM x, retention_curve(t, NULL, 'exact', NULL);

DROP TABLE orders, x;
