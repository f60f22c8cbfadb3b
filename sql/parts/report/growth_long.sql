-- growth_long: growth with a row for each state, as charts of stacked bars want it

CREATE FUNCTION growth_long(x retention_totals, as_of timestamptz DEFAULT NULL)
RETURNS TABLE (period date, state text, customers bigint, complete boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 200
BEGIN ATOMIC
	SELECT g.period, s.state, s.customers, g.complete
	FROM growth(x, as_of) g
		CROSS JOIN LATERAL (VALUES ('new', g.new_customers), ('retained', g.retained), ('resurrected', g.resurrected),
			('churned', g.churned)) s(state, customers);
END;

COMMENT ON FUNCTION growth_long(retention_totals, timestamptz) IS
'how many came, stayed, came back and left, bucket by bucket, with a row for each: for stacked bars (docs/growth.md)';

CREATE FUNCTION growth_long(x retention_summary, as_of timestamptz DEFAULT NULL, lookback bigint DEFAULT 1)
RETURNS TABLE (period date, state text, customers bigint, complete boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 200
BEGIN ATOMIC
	SELECT g.period, s.state, s.customers, g.complete
	FROM growth(x, as_of, lookback) g
		CROSS JOIN LATERAL (VALUES ('new', g.new_customers), ('retained', g.retained), ('resurrected', g.resurrected),
			('churned', g.churned)) s(state, customers);
END;

COMMENT ON FUNCTION growth_long(retention_summary, timestamptz, bigint) IS
'how many came, stayed, came back and left, bucket by bucket, with a row for each: for stacked bars (docs/growth.md)';
