// node-postgres and Postgres.js for `clients`:  node client.mjs pg|postgres MODULES
//
// Each client of this folder reads requests from stdin, a line each with tabs between, and answers each with a line:
//     ask SQL KIND:VALUE...    runs SQL with its parameters, as the library sends values of such a kind
//       -> ok VALUE TYPE       the first column of the first row, and the library's own name of its type
//       -> error SQLSTATE MESSAGE
//       -> none                the library has no values of this kind
//     copy FROM TO             what COPY FROM writes is given to COPY TO as it is
// A value of the kind "fetched" is a query, whose answer is handed on as the library gave it.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';

const [library, modules] = process.argv.slice(2);
const require = createRequire(modules + '/');

async function nodePostgres() {
	const { Client } = require('pg');
	const copy = require('pg-copy-streams');
	const client = new Client();
	await client.connect();
	return {
		query: async (text, values) => (await client.query({ text, values, rowMode: 'array' })).rows,
		copy: async (from, to) => {
			const data = await client.query(copy.to(from)).toArray();	// all of it, as there is one connection
			await pipeline(data, client.query(copy.from(to)));
		},
	};
}

async function postgresJs() {
	const sql = require('postgres')({ host: process.env.PGHOST, max: 2, onnotice: () => {} });
	return {
		query: (text, values) => sql.unsafe(text, values).values(),
		copy: async (from, to) => pipeline(await sql.unsafe(from).readable(), await sql.unsafe(to).writable()),
	};
}

const db = await (library === 'pg' ? nodePostgres() : postgresJs());
const first = async (sql, values) => (await db.query(sql, values))[0]?.[0];
const none = new Error('none');
const element = (kind) => kind.slice(0, -2);

async function value(kind, text) {
	if (kind.endsWith('[]')) return Promise.all(text.split(',').map((item) => value(element(kind), item)));
	switch (kind) {
		case 'int': case 'float': return Number(text);
		case 'text': return text;
		case 'bool': return text === 'true';
		case 'time': return new Date(text + 'T00:00:00Z');
		case 'fetched': return asText(await first(text, []));
		default: throw none;
	}
}

// A json is given as an object, which would go back as an array of the server's or not at all.
function asText(x) {
	return x !== null && typeof x === 'object' ? JSON.stringify(x) : x;
}

function typeOf(x) {
	if (Array.isArray(x)) return `Array of ${typeOf(x[0])}`;
	return x !== null && typeof x === 'object' ? x.constructor.name : typeof x;
}

const line = (...fields) => console.log(fields.map((field) => String(field).replace(/\s+/g, ' ')).join('\t'));

for await (const request of createInterface({ input: process.stdin })) {
	const [verb, sql, ...rest] = request.split('\t');
	try {
		if (verb === 'copy') {
			await db.copy(sql, rest[0]);
			line('ok');
			continue;
		}
		const values = await Promise.all(rest.map((field) => value(...split(field))));
		const answer = await first(sql, values);
		line('ok', answer, typeOf(answer));
	} catch (error) {
		if (error === none) line('none');
		else line('error', error.code ?? 'client', error.message);
	}
}
process.exit();

function split(field) {
	const at = field.indexOf(':');
	return [field.slice(0, at), field.slice(at + 1)];
}
