-- growth_chart: who came, stayed, came back and left, as a picture

-- COST is in simple operators: a picture has hundreds of numbers to print, besides what its report costs.

CREATE FUNCTION growth_chart(x retention_totals, as_of timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'growth_chart_of_totals'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION growth_chart(retention_totals, timestamptz) IS
'who came, stayed, came back and left, bucket by bucket: a picture, as SVG (docs/charts.md)';

CREATE FUNCTION growth_chart(x retention_summary, as_of timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'growth_chart_of_summary'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION growth_chart(retention_summary, timestamptz) IS
'who came, stayed, came back and left, bucket by bucket: a picture, as SVG (docs/charts.md)';
