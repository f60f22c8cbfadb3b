-- cohorts, on orders that can be counted by hand

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

SELECT cohort, age, period, customers, retained, rate, complete FROM x, cohorts(s);
SELECT cohort, age, retained, rate FROM x, cohorts(s, mode => 'on_or_after');

-- as_of
SELECT cohort, age, retained, rate, complete FROM x, cohorts(t, '2024-03-20');
SELECT cohort, age, retained, rate, complete FROM x, cohorts(s, '2024-03-20', 'on_or_after');
SELECT cohort, age, retained, rate, complete FROM x, cohorts(t, '2024-03-20', 'on_or_after');
SELECT count(*) FROM x, cohorts(t, '2024-01-01');
SELECT * FROM x, cohorts(s, '-infinity');

-- the open year has no rate yet
SELECT age, retained, rate, complete FROM cohorts((SELECT totals(retention_agg(1, now(), '1 year', 'UTC'))));

-- who came later is not looked at: on or after February is nobody yet, as of March
CREATE TABLE later AS SELECT retention_agg(c, t, '1 month', 'UTC') AS s
FROM (VALUES (1, timestamptz '2025-01-05'), (2, '2025-01-06'), (2, '2025-03-20'), (3, '2025-03-25')) o(c, t);
SELECT as_of, c.* FROM later, (VALUES (timestamptz '2025-02-01'), ('2025-03-01'), ('2025-03-15'), ('2025-03-26'), ('2025-04-01')) v(as_of), cohorts(s, as_of, 'on_or_after') c;
SELECT count(*) FROM later, cohorts(totals(s), '2025-03-26', 'on_or_after');
SELECT count(*) FROM later, cohorts(totals(s), '2025-03-25', 'on_or_after');
SELECT count(*) FROM later, cohorts(totals(s), '2025-03-01', 'on_or_after');
SELECT count(*) FROM later, cohorts(s, '2025-01-01', 'on_or_after');

-- someone who starts in the middle of a month is of that month, in whatever zone the session is
SET timezone = 'Pacific/Kiritimati';
SELECT cohort, customers FROM x, cohorts(s) WHERE age = 0;
SET timezone = 'UTC';

-- words that are not known
SELECT count(*) FROM x, cohorts(s, NULL, 'sometimes');
SELECT count(*) FROM x, cohorts(s, NULL, NULL);

DROP TABLE orders, x, later;
