-- loyalty_tier and to_next_tier

-- cards of 5, 7 and 10 %: just below, at and just above each threshold
SELECT spent, loyalty_tier(spent, ARRAY[100, 500, 1000], ARRAY['5 %', '7 %', '10 %']) AS card, to_next_tier(spent, ARRAY[100, 500, 1000]) AS missing
FROM unnest(ARRAY[-5, 0, 99.99, 100, 100.01, 499.99, 500, 999.99, 1000.00, 1000000]::numeric[]) spent;

-- each type of value answers in its own
SELECT pg_typeof(to_next_tier(spent, ARRAY[100, 500])), to_next_tier(spent, ARRAY[100, 500]), loyalty_tier(spent, ARRAY[100, 500], '{low,high}')
FROM (VALUES (120::bigint)) v(spent);
SELECT pg_typeof(to_next_tier(spent, ARRAY[100.5, 500])), to_next_tier(spent, ARRAY[100.5, 500]), loyalty_tier(spent, ARRAY[100.5, 500], '{low,high}')
FROM (VALUES (120::numeric)) v(spent);
SELECT pg_typeof(to_next_tier(spent, ARRAY[100.5, 500])), to_next_tier(spent, ARRAY[100.5, 500]), loyalty_tier(spent, ARRAY[100.5, 500], '{low,high}')
FROM (VALUES (120.25::double precision)) v(spent);
-- other combinations find a function, too
SELECT loyalty_tier(120, '{100,500}', '{low,high}'), to_next_tier(120, '{100,500}'), to_next_tier(120.5, '{100,500}'),
	to_next_tier(120, ARRAY[100, 500]), to_next_tier(120::bigint, ARRAY[100.5, 500.5]), to_next_tier(120.5, '{100,500}'::double precision[]);
SELECT to_next_tier(-9223372036854775807, ARRAY[0]::bigint[]), loyalty_tier(9223372036854775807, ARRAY[9223372036854775807], ARRAY['all']);

-- nulls; a programme with one tier, and with none
SELECT loyalty_tier(NULL::bigint, '{1}', '{a}'), loyalty_tier(1::bigint, NULL, '{a}'), loyalty_tier(1::bigint, '{1}', NULL), to_next_tier(NULL::bigint, '{1}');
SELECT loyalty_tier(1::bigint, '{1}', '{only}'), loyalty_tier(1::bigint, '{}', '{}'), to_next_tier(1::bigint, '{}');
-- subscripts and unequal precision do not matter
SELECT loyalty_tier(7::bigint, '[0:1]={5,7}'::bigint[], '[3:4]={low,high}'), loyalty_tier(7.0, '{5.000,7.00}'::numeric[], '{low,high}');

-- what drivers send: bigint, double precision, arguments without a type; thresholds are mostly an array of integers
SELECT v, pg_typeof(to_next_tier(v, ARRAY[100, 250])), to_next_tier(v, ARRAY[100, 250]), loyalty_tier(v, ARRAY[100, 250], ARRAY['5%', '7%'])
FROM (SELECT 120::bigint) x(v);
SELECT pg_typeof(to_next_tier(v, ARRAY[100, 250])), to_next_tier(v, ARRAY[100, 250]), loyalty_tier(v, ARRAY[100.5, 250], ARRAY['5%', '7%'])
FROM (SELECT 120.5::float8) x(v);
SELECT to_next_tier(120::bigint, ARRAY[100.5, 250]) AS numeric, to_next_tier(120.5, ARRAY[100, 250]::float8[]) AS double,
	to_next_tier(120::int, '{100,250}'::bigint[]) AS bigint, to_next_tier(120.5::float4, ARRAY[100, 250]) AS from_real;
PREPARE tier AS SELECT loyalty_tier($1, ARRAY[100, 250], ARRAY['5%', '7%']), to_next_tier($2, $3);
EXECUTE tier (120.5, 99.5, '{100}');
SELECT parameter_types FROM pg_prepared_statements;
DEALLOCATE tier;

-- errors
SELECT loyalty_tier(1::bigint, '{1,2}', '{a}');
SELECT loyalty_tier(1::bigint, '{1,2,2}', '{a,b,c}');
SELECT loyalty_tier(1::numeric, '{1,2.50,2.5}', '{a,b,c}');
SELECT to_next_tier(1::double precision, '{1,0.5}');
SELECT loyalty_tier(1::bigint, '{1,NULL}', '{a,b}');
SELECT loyalty_tier(1::bigint, '{1,2}', '{a,NULL}');
SELECT to_next_tier(1::bigint, '{{1,2}}');
SELECT loyalty_tier(1::bigint, '{1,2}', '{{a,b}}');
SELECT to_next_tier(1::double precision, '{1,Infinity}');
SELECT to_next_tier(1::double precision, '{NaN}');
SELECT to_next_tier(1::numeric, '{1,NaN}');
SELECT loyalty_tier('NaN'::double precision, '{1}', '{a}');
SELECT loyalty_tier('NaN'::numeric, '{1}', '{a}');
SELECT to_next_tier('Infinity'::numeric, '{1}');
SELECT to_next_tier('-9223372036854775808'::bigint, '{0}');
SELECT to_next_tier(-1.7e308::double precision, '{1.7e308}');
\set VERBOSITY sqlstate
SELECT loyalty_tier(1::bigint, '{1,2}', '{a}');
SELECT loyalty_tier(1::bigint, '{2,1}', '{a,b}');
SELECT loyalty_tier('NaN'::numeric, '{1}', '{a}');
SELECT to_next_tier('-9223372036854775808'::bigint, '{0}');
\set VERBOSITY default
