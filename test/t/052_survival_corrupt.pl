# Corrupt durations: messages, text, and what is stored; see test/perl/Corrupt.pm.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Test::More;
use Corrupt;
use RetentionTest;

my $node = start_server('main', restart_after_crash => 'off');

# Whole days and exact times, with all three lists and with one, of one and of many, few and many of the same length.
query($node, q{
	CREATE TABLE good (id int GENERATED ALWAYS AS IDENTITY, s durations);
	INSERT INTO good (s) SELECT survival_agg(i * i % 40 * interval '1 day', i % 3 > 0, CASE i % 3 WHEN 0
		THEN i * i % 40 WHEN 1 THEN 40 ELSE 50 END * interval '1 day') FROM generate_series(1, 12) i;
	INSERT INTO good (s) SELECT survival_agg(i * i * interval '1.234567 seconds', i % 2 = 0)
		FROM generate_series(0, 9) i;
	INSERT INTO good (s) SELECT survival_agg('1 day', false) FROM generate_series(1, 1000);
	INSERT INTO good (s) SELECT survival_agg('0', true, '1 hour');
	INSERT INTO good (s) SELECT survival_agg('106751991 days', i > 1, '106751991 days') FROM generate_series(1, 2) i;
});

my @uses = (
	'v = s', 'v < s', q{(SELECT count(*) FROM survival_curve(v, '106751 days'))}, q{survival_at(v, '10 days')},
	'median_survival(v)', 'logrank_test(v, s)', 'logrank_test(s, v)', q{happened_within(v, '1 hour')},
	'durations_hash(v)', 'durations_hash_extended(v, 7)', '(SELECT rollup(x) IS NULL FROM (VALUES (v), (s)) r(x))');
my @holds = ('v = v', 'v::text::durations = v', '(SELECT rollup(x) = v FROM (VALUES (v)) r(x))',
	'(SELECT sum(events + censored) > 0 FROM survival_curve(v, \'106751 days\'))');
my $BESIDE = 's FROM good WHERE id = 1';

# 1. Messages, and the same as text, which is a message in base64.
my @good   = messages_of($node, 'durations', 'SELECT s FROM good ORDER BY id');
my @values = (map({ altered_everywhere($_) } @good), altered_at_random(200, @good));
my @taken  = send_values($node, 'durations', '22P03|0A000', @values);
my $text   = "replace(encode(\$1, 'base64'), E'\\n', '')::durations AS v, $BESIDE";
cmp_ok(scalar @taken, '>', 100, '... some are taken');
cmp_ok(scalar @taken, '<', @values / 2, '... and most are not');
is(use_values($node, 'durations as text', source => "SELECT $text", values => \@values, uses => ['v'],
	allowed => '22P03|0A000')->{'00000'},
	scalar @taken, '... the same ones are taken');
use_values($node, 'durations taken', source => "SELECT $text", values => [ @values[@taken] ], uses => \@uses,
	holds => \@holds, allowed => '22023 durations do not tell');
SKIP:
{
	skip 'no soft errors before 16', 1 if $node->pg_version < 16;

	is(query($node, q{SELECT t, e.sql_error_code FROM unnest('{AQ,AQ==,AgECBQAAAA==,AQECBQAAAA==}'::text[]) t,
		pg_input_error_info(t, 'durations') e}),
		"AQ|22P02\nAQ==|22P03\nAgECBQAAAA==|0A000\nAQECBQAAAA==|", 'what is raised elsewhere is noted where it can be');
}

# 2. What is stored.
make_raw_type($node, 'durations');
my @stored = stored_bytes_of($node, 'durations', 'SELECT s FROM good ORDER BY id');
use_values($node, 'durations stored',
	source  => "SELECT \$1::text::raw_durations::durations AS v, $BESIDE",
	sound   => [ $stored[0] ],
	values  => [ @stored, map({ altered_everywhere($_) } @stored[ 0, 3 ]), altered_at_random(60, @stored) ],
	uses    => \@uses,
	allowed => '22P03|0A000|54000|22023 durations do not tell');

done_testing();
