// DuckDB or ClickHouse for `bench`, on one thread:  node columnstores.mjs duckdb|clickhouse MODULES PATH
//
// Reads lines from stdin (version; load FILE.csv; or a query) and answers each with a line of tab-separated fields: ok,
// milliseconds, the answer (columns with | between), or error and the message.  The table lives in PATH.  Its rows lie in
// the order of time, as the log has them.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [engine, modules, path] = process.argv.slice(2);
const require = createRequire(modules + '/');
const oneLine = (text) => String(text).trim().replace(/\s+/g, ' ');

async function duckdb() {
	const { DuckDBInstance } = require('@duckdb/node-api');
	const db = await (await DuckDBInstance.create(path, { threads: '1' })).connect();
	const query = async (sql) => (await db.runAndReadAll(sql)).getRows().map((row) => row.join('|')).join(' ');
	return {
		query,
		version: () => query("SELECT version()"),
		load: (csv) => query(`
			CREATE OR REPLACE TABLE orders AS SELECT * FROM read_csv('${csv}', header = false,
				columns = {customer_id: 'BIGINT', ordered_at: 'TIMESTAMP', amount: 'DECIMAL(10,2)'})`),
	};
}

async function clickhouse() {
	const { Session } = require('chdb');
	const db = new Session(path);
	const query = (sql) => db.query(sql + ' SETTINGS max_threads = 1', 'TSV').trim().replace(/\t/g, '|');
	return {
		query,
		version: () => query('SELECT version()'),
		load: (csv) => {
			db.query('DROP TABLE IF EXISTS orders');
			db.query(`CREATE TABLE orders (customer_id Int64, ordered_at DateTime64(6, 'UTC'), amount Decimal(10, 2))
				ENGINE = MergeTree ORDER BY ordered_at`);
			db.query(`INSERT INTO orders SELECT * FROM file('${csv}', CSV, 'customer_id Int64, ordered_at DateTime64(6, \\'UTC\\'), amount Decimal(10, 2)')`);
			db.query('OPTIMIZE TABLE orders FINAL');
		},
	};
}

let store;
for await (const line of createInterface({ input: process.stdin })) {
	try {
		store ??= await { duckdb, clickhouse }[engine]();
		const start = performance.now();
		const answer = line === 'version' ? await store.version()
			: line.startsWith('load ') ? await store.load(line.slice(5))
			: await store.query(line);
		console.log(['ok', (performance.now() - start).toFixed(3), oneLine(answer ?? '')].join('\t'));
	} catch (error) {
		console.log(['error', '', oneLine(error.message ?? error)].join('\t'));
	}
}
