# The README and each page of docs/ tell the truth: every ```sql block of it runs, in order, in one session of a fresh
# database, without an error; and where the next block is fenced as ```text or without a language, that is what psql prints, line by line.
#
# The database has the extension and the sample shop of the demo.  psql runs with -X, in its default format, with
# TimeZone UTC and DateStyle ISO; spaces at the ends of lines do not count.  An error that a block shows on purpose must
# stand in its output.  ```sql no-test marks what cannot run here.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use Test::More;
use PageBlocks;
use RetentionTest;

# Runs every block of a text, and returns what is wrong: with some of them, or that there is none.
sub problems
{
	my ($node, $db, $text, $template) = @_;
	my @blocks = sql_blocks($text) or return 'there is no ```sql block';
	my @problems;

	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE $template");
	my @outputs = outputs_of($node, $db, @blocks);
	for my $block (@blocks)
	{
		my $got = trimmed(shift @outputs // 'psql did not come to this block');

		if (defined $block->{output})
		{
			my $expected = trimmed($block->{output});

			push @problems, "line $block->{line} prints\n$got\ninstead of\n$expected\n" if $got ne $expected;
		}
		elsif ($got =~ /^(?:psql:.*)?(ERROR|FATAL|PANIC|invalid command)\b|psql did not come/m)
		{
			push @problems, "line $block->{line}\n$got\n";
		}
	}
	return @problems;
}

my $node = start_server('main', bare => 1);
$node->safe_psql('postgres', 'CREATE DATABASE empty');
$node->safe_psql('empty', 'CREATE EXTENSION retention');

# 1. This test itself: it reads a sample, is content with it, and sees what is changed.
my $sample = <<'X';
```sql
CREATE TABLE orders (k int);
INSERT INTO orders VALUES (1), (2), (1);
```

```
no output of this block: other text stands between
```
X
$sample =~ s/\n\n```\nno/\n\nSome text.\n\n```\nno/;
$sample .= <<'X';
```sql
CREATE VIEW everything AS TABLE orders;
SELECT customer_count(k), repeat_rate(k) AS "répétée" FROM orders;
SELECT now() > '2024-01-01' AS since;
```

```text
CREATE VIEW
 customer_count | répétée
----------------+---------
              2 |     0.5
(1 row)

 since
-------
 t
(1 row)
```
1. In a list, and with an error:
   ```sql
   SELECT 1 / 0;
   ```
   ```
   ERROR:  division by zero
   ```
```sql no-test
SELECT cron.schedule('0 3 * * *', 'REFRESH MATERIALIZED VIEW monthly');
```
```
not run
```
```bash
psql
```
```
not sql
```
```sql
SELECT timestamptz '2024-01-01 00:00';
```
X
my @blocks = sql_blocks($sample);
is(scalar @blocks, 4, 'four blocks are found');
is(join(' ', map { defined $_->{output} ? 1 : 0 } @blocks), '0 1 1 0', 'two of them have an output');
is(join('', problems($node, 'sample', $sample, 'empty')), '', 'the sample is right');
my $number = 0;
for my $change (
	sub { s/\| {5}0\.5/|     0.6/ },
	sub { s/by zero/by null/ },
	sub { s/VALUES \(1\)/VALUES (4)/ },
	sub { s/^INSERT INTO/INSERT AT/m },
	sub { s/not run\n```\n/not run\n```\n```sql\nSELECT 1;\n```\n```\n 1\n```\n/ },
	sub { s/SELECT timestamptz/SELECT nothing/ },
	sub { s/SELECT now/\\nonsense\nSELECT now/ },
	sub { s/```sql/```none/g })
{
	local $_ = $sample;
	$change->();
	isnt($_, $sample, 'a change is made');
	my @seen = problems($node, 'changed' . ++$number, $_, 'empty');
	cmp_ok(scalar @seen, '>', 0, '... and seen');
}

# 2. The pages.
$node->safe_psql('postgres', 'CREATE DATABASE shop TEMPLATE empty');
$node->safe_psql('shop', slurp_file(top_folder() . '/demo/sample.sql'));
my @pages = (top_folder() . '/README.md', sort glob(top_folder() . '/docs/*.md'));
cmp_ok(scalar @pages, '>', 1, 'there are pages');
for my $page (@pages)
{
	my $text = slurp_file($page);
	my ($name) = $page =~ m{([^/]+)\.md$};

	note("$name: " . scalar(sql_blocks($text)) . ' blocks');
	if ($name eq 'internals')
	{
		is(scalar(sql_blocks($text)), 0, "$name.md is about the sources, and has no SQL");
	}
	else
	{
		is(join("\n", problems($node, "page_$name" =~ tr/A-Z-/a-z_/r, $text, 'shop')), '',
			"every ```sql block of $name.md runs, and prints what it shows");
	}

	# Links between pages lead somewhere.
	for my $link ($text =~ /\]\(((?!https?:)[^)#]+)/g)
	{
		(my $folder = $page) =~ s{[^/]+$}{};
		ok(-e "$folder$link", "$name.md: $link is there");
	}
}

done_testing();
