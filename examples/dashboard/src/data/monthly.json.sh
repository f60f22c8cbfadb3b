psql -XAtv ON_ERROR_STOP=1 <<'SQL'
SELECT json_build_object(
	'growth', (SELECT json_agg(g ORDER BY period) FROM monthly_growth AS g WHERE complete),
	'states', (SELECT json_agg(s ORDER BY period) FROM monthly_states AS s WHERE complete),
	'cohorts', (SELECT json_agg(c ORDER BY cohort, age) FROM monthly_cohorts AS c WHERE complete AND age > 0));
SQL
