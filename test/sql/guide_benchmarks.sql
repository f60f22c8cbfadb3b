-- retention_benchmarks: what was published, and what it measures

SELECT * FROM retention_benchmarks() WHERE metric = 'usage retention';
SELECT source, industry, measured_over, level, low, high, note FROM retention_benchmarks() WHERE metric = 'customer retention rate' OR metric IS NULL;
SELECT source, industry, metric, level, low, high, note FROM retention_benchmarks() WHERE metric NOT IN ('usage retention', 'customer retention rate');

-- every level has a source; low is not above high; nothing but a frequency is above 1; nothing comes twice
SELECT count(*) AS levels, every(source IS NOT NULL AND level IS NOT NULL) AS told, every(low <= high) AS in_order,
	every(metric = 'purchase frequency' OR coalesce(greatest(low, high) <= 1, true)) AS fractions,
	count(*) = count(DISTINCT (source, industry, metric, level, low, high)) AS once
FROM retention_benchmarks();

-- where one's own rate would stand, if it measured the same
SELECT industry, level FROM retention_benchmarks()
WHERE metric = 'usage retention' AND 0.2 >= coalesce(low, 0) ORDER BY industry, low DESC;
