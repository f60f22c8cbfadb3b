-- ltv_chart: what a customer has spent up to each age, as a picture

-- COST is in simple operators: a picture has hundreds of numbers to print, besides what its report costs.

CREATE FUNCTION ltv_chart(x revenue_totals, as_of timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'ltv_chart_of_totals'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION ltv_chart(revenue_totals, timestamptz) IS
'what a customer has spent up to each age: a picture, as SVG (docs/charts.md)';

CREATE FUNCTION ltv_chart(x revenue_summary, as_of timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ltv_chart(totals(x), as_of);

COMMENT ON FUNCTION ltv_chart(revenue_summary, timestamptz) IS
'what a customer has spent up to each age: a picture, as SVG (docs/charts.md)';
