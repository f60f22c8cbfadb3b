-- retention_benchmarks: levels that others have published
--
-- Each is told with what it measures, since 85 % of a base of contracts and 6 % of a curve of usage are not the same
-- measure.  They are quoted and not checked: nobody can compute them from a shop's own orders.

CREATE FUNCTION retention_benchmarks()
RETURNS TABLE (source text, industry text, metric text, measured_over text, level text, low double precision,
	high double precision, note text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 25
BEGIN ATOMIC
	VALUES
		('Mixpanel', 'e-commerce', 'usage retention', '8 weeks', 'excellent', 0.35::double precision,
			NULL::double precision, 'retention_curve by weeks is of this kind, crr is not'),
		('Mixpanel', 'e-commerce', 'usage retention', '8 weeks', 'normal', 0.06, 0.06,
			'10 % looks like little, and is above it'),
		('Mixpanel', 'SaaS', 'usage retention', '8 weeks', 'excellent', 0.35, NULL,
			'retention_curve by weeks is of this kind, crr is not'),
		('Mixpanel', 'SaaS', 'usage retention', '8 weeks', 'normal', 0.16, 0.16,
			NULL),
		('SendPulse', NULL, 'customer retention rate', NULL, 'ideal', 0.9, 0.9,
			'differs by industry; to be improved from month to month'),
		('SendPulse', NULL, 'customer retention rate', NULL, 'acceptable', 0.85, NULL,
			'differs by industry; to be improved from month to month'),
		('SendPulse', NULL, 'customer retention rate', NULL, 'ideal', NULL, NULL,
			'another page: no rate is ideal, compare with your own past'),
		('a list of ten ways, in Russian', NULL, 'customer retention rate', '1 month', 'not bad', 0.855, 0.855,
			'385 of 450 customers, cut off after the first decimal'),
		('a list of ten ways, in Russian', NULL, 'customer retention rate', NULL, 'impossible', 1, 1,
			'some always move away, or find it cheaper'),
		('a guide for shops, in Czech', 'e-commerce', 'customer retention rate', NULL, 'very good', 0.35, NULL,
			'over whatever period suits the shop'),
		('a guide for shops, in Czech', 'SaaS', 'customer retention rate', NULL, 'very good', 0.35, NULL,
			'over whatever period suits the business'),
		('a guide for shops, in Lithuanian', 'e-commerce', NULL, NULL, 'good', 0.3, 0.3,
			'neither the rate nor the period is named'),
		('a guide for shops, in Latvian', NULL, 'customer retention rate', NULL, 'good', NULL, NULL,
			'compare with your own industry only'),
		('Splash Wines', 'wine', 'repeat rate', NULL, 'observed', 0.4, 0.4,
			NULL),
		('Splash Wines', 'wine', 'purchase frequency', NULL, 'observed', 5, 6,
			'orders, not a share'),
		('SumAll', NULL, 'share of constant customers', NULL, 'high', 0.4, 0.4,
			'with half as much profit again as shops with the low level'),
		('SumAll', NULL, 'share of constant customers', NULL, 'low', NULL, 0.1,
			NULL),
		('a study of 2020', NULL, 'share of the best 20 %', NULL, 'usual', 0.8, 0.8,
			'of future profit; top_share is of revenue so far'),
		('Carrot quest', NULL, 'share of current customers', NULL, 'usual', 0.65, 0.65,
			'of profit'),
		('Carrot quest', NULL, 'probability of a sale', NULL, 'existing customers', 0.6, 0.7,
			NULL),
		('Carrot quest', NULL, 'probability of a sale', NULL, 'new customers', 0.05, 0.2,
			NULL),
		('a list of 46 ways, in Russian', 'freemium', 'conversion', NULL, 'needed', 0.05, 0.1,
			'users without charge who come to pay'),
		('a list of 46 ways, in Russian', 'e-commerce', 'abandoned carts', NULL, 'usual', 0.7, 0.7,
			NULL),
		('a list of 46 ways, in Russian', 'e-commerce', 'carts won back', NULL, 'possible', NULL, 0.2,
			'of the abandoned ones, by reminders'),
		('Sameday', NULL, 'new customers by referral', NULL, 'usual', NULL, 0.5,
			'nearly half');
END;

COMMENT ON FUNCTION retention_benchmarks() IS
'published levels of retention and the like, with what each measures; about, if low is high; NULL is no limit';
