-- cohort_heatmap: the cohort matrix, as a picture

-- COST is in simple operators: a picture has hundreds of numbers to print, besides what its report costs.

CREATE FUNCTION cohort_heatmap(x retention_totals, as_of timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'cohort_heatmap_of_totals'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION cohort_heatmap(retention_totals, timestamptz) IS
'of the customers first seen in a bucket, how many were seen again at each age: a picture, as SVG (docs/charts.md)';

CREATE FUNCTION cohort_heatmap(x retention_summary, as_of timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'cohort_heatmap_of_summary'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION cohort_heatmap(retention_summary, timestamptz) IS
'of the customers first seen in a bucket, how many were seen again at each age: a picture, as SVG (docs/charts.md)';
