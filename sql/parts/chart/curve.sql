-- retention_chart: the retention curve, as a picture

-- COST is in simple operators: a picture has hundreds of numbers to print, besides what its report costs.

CREATE FUNCTION retention_chart(x retention_totals, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	weighting text DEFAULT 'pooled')
RETURNS text
AS 'MODULE_PATHNAME', 'retention_chart_of_totals'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION retention_chart(retention_totals, timestamptz, text, text) IS
'the share of customers still seen at each age: a picture, as SVG (docs/charts.md)';

CREATE FUNCTION retention_chart(x retention_summary, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'exact',
	weighting text DEFAULT 'pooled')
RETURNS text
AS 'MODULE_PATHNAME', 'retention_chart_of_summary'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION retention_chart(retention_summary, timestamptz, text, text) IS
'the share of customers still seen at each age: a picture, as SVG (docs/charts.md)';
