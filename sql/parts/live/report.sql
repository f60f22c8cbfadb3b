-- live reports: made, dropped, listed

CREATE FUNCTION live_note()
RETURNS trigger
AS 'MODULE_PATHNAME'
LANGUAGE C;

COMMENT ON FUNCTION live_note() IS
'trigger of a live report: notes the customers whose orders change';

CREATE FUNCTION live_report_create(name text, source regclass, customer text, ordered_at text, bucket interval, zone text,
	amount text DEFAULT NULL, filter text DEFAULT NULL)
RETURNS regclass
AS 'MODULE_PATHNAME'
LANGUAGE C PARALLEL UNSAFE;

COMMENT ON FUNCTION live_report_create(text, regclass, text, text, interval, text, text, text) IS
'makes a live report: tables, a view and triggers beside a table of orders, for live_refresh and live_totals';

CREATE FUNCTION live_report_drop(report regclass)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION live_report_drop(regclass) IS
'drops a live report: its tables, its view and its triggers';

CREATE FUNCTION live_report_status(report regclass, OUT bucket interval, OUT zone text, OUT customers bigint,
	OUT changed bigint, OUT refreshed_at timestamptz)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;

COMMENT ON FUNCTION live_report_status(regclass) IS
'what live_reports says of one report';

-- A report is known by its triggers: their argument is its name, and its tables are beside the orders.
CREATE VIEW live_reports AS
	SELECT r.report, r.source, s.bucket, s.zone, s.customers, s.changed, s.refreshed_at,
		CASE WHEN pg_catalog.has_table_privilege(r.report, 'SELECT') THEN (SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid))
			FROM pg_catalog.pg_class c
			WHERE c.relnamespace OPERATOR(pg_catalog.=) r.relnamespace
				AND c.relname OPERATOR(pg_catalog.=) ANY (ARRAY[r.relname,
					(r.relname OPERATOR(pg_catalog.||) '_customers')::pg_catalog.name,
					(r.relname OPERATOR(pg_catalog.||) '_changed')::pg_catalog.name])) END::bigint AS size
	FROM (SELECT DISTINCT p.oid::regclass AS report, o.oid::regclass AS source, p.relnamespace, p.relname
			FROM pg_catalog.pg_trigger t
				JOIN pg_catalog.pg_class o ON o.oid OPERATOR(pg_catalog.=) t.tgrelid
				JOIN pg_catalog.pg_class p ON p.relnamespace OPERATOR(pg_catalog.=) o.relnamespace
					AND pg_catalog.convert_to(p.relname::text, pg_catalog.getdatabaseencoding())
						OPERATOR(pg_catalog.||) '\x00'::bytea OPERATOR(pg_catalog.=) pg_catalog.substr(t.tgargs, 1,
							pg_catalog.octet_length(p.relname::text) OPERATOR(pg_catalog.+) 1)
			WHERE t.tgfoid OPERATOR(pg_catalog.=) 'live_note()'::regprocedure
				AND t.tgparentid OPERATOR(pg_catalog.=) 0) r
		CROSS JOIN LATERAL live_report_status(r.report) s;

COMMENT ON VIEW live_reports IS
'live reports, the orders that they follow, and how current they are; NULL where the caller may not read a report';

GRANT SELECT ON live_reports TO PUBLIC;
