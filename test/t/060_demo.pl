# The demo, tried as a new shop owner would: files of every origin become the right orders, and what was assumed is
# said; or they are refused, with line and cure. The fault that is looked for is a wrong number that looks right.
#
# A case is a name, settings, a file, and what must come of it: patterns for what is said and, if it is loaded, the
# orders as "order id,customer,time,amount" with times in UTC; in the file a | stands for the end of a line.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Encode qw(encode);
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my $demo = top_folder() . '/demo';
my $node = start_server('main', bare => 1);
my @settings = qw(ORDERS KEEP CUSTOMER AT AMOUNT ORDER_ID AMOUNT_OF DECIMAL DATESTYLE TIMEZONE ENCODING);
delete @ENV{@settings};

# Runs a script of the demo with settings: status, stdout and stderr.
sub run_demo
{
	my ($db, $script, $input, %given) = @_;
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => $db, %given);
	my ($out, $err) = ('', '');

	IPC::Run::run([ "$demo/$script" ], '<', \$input, '>', \$out, '2>', \$err, init => sub { chdir $demo or die });
	return ($? >> 8, $out, $err);
}

sub load
{
	my ($settings, $file) = @_;

	return run_demo('postgres', 'load/load', $file, ORDERS => 'shop.csv', $settings =~ /(\w+)=(\S+)/g);
}

sub lines_of { return $_[0] =~ tr/|/\n/r . "\n" }

# A file that is read: the orders, and what is said.
sub reads
{
	my ($name, $settings, $file, $orders, @said) = @_;
	my ($status, $out, $err) = load($settings, $file);

	is($status, 0, "$name: read") or return diag($err);
	is($err, '', '... without a complaint');
	is( query(
			$node, q{
			SELECT string_agg(concat_ws(',', order_id, customer_id, ordered_at::timestamp, amount), '|'
				ORDER BY ordered_at, order_id) FROM orders;
			DROP TABLE orders}),
		$orders =~ s/(\d\d-\d\d)(?=,)/$1 00:00:00/gr,
		'... as the right orders');
	like($out, $_, '... and said') for @said;
	return;
}

# A file that is refused: what is said, with the file's name first.
sub refuses
{
	my ($name, $settings, $file, @said) = @_;
	my ($status, $out, $err) = load($settings, $file);

	cmp_ok($status, '>', 0, "$name: refused") or diag($out);
	like($err, qr/\Ademo: shop\.csv: .*\ndemo: /, '... in the form of the demo, with a cure');
	unlike($err, qr/CONTEXT|psql|ERROR|raw|pg_temp/, '... in words that need no knowledge of the loader');
	like($err, $_, '... and said') for @said;
	is(query($node, q{SELECT to_regclass('orders')}), '', '... and nothing is left');
	return;
}

my $head = 'customer,date,amount|';
my $plain = 'line 2,7,2025-01-05,12.50';

# ---- columns ----

reads('usual names', '', lines_of('cust_id,order_date,net_sales|7,2025-01-05,12.50'), $plain,
	qr/^customer column 1, "cust_id"$/m, qr/^time     column 2, "order_date"$/m,
	qr/^amount   column 3, "net_sales"$/m, 
	qr/^orders   1 order of 1 customer, 2025-01-05 to 2025-01-05$/m);
reads('other usual names', '', lines_of('Customer Number;Created at;Total Price (EUR)|7;2025-01-05;12.50'), $plain);
reads('a key before an address', '', lines_of("email,customer id,date,amount|a\@x,7,2025-01-05,12.50"), $plain,
	qr/customer column 2/);
reads('tabs', '', lines_of("customer\tdate\tamount|7\t2025-01-05\t12.50"), $plain);
reads('names that are given', 'CUSTOMER=who AT=when AMOUNT=paid', lines_of('Who,when,paid|7,2025-01-05,12.50'),
	$plain);
refuses('no usual names', '', lines_of('who,when,how much|7,2025-01-05,12.50'),
	qr/no column looks like the customer: name it with CUSTOMER=/,
	qr/no column looks like the time/, qr/no column looks like the amount/,
	qr/the columns are: 1 "who", 2 "when", 3 "how much"/);
refuses('a name that is not there', 'CUSTOMER=whom', lines_of("${head}7,2025-01-05,12.50"),
	qr/there is no column "whom"/);
refuses('two columns of one name', '', lines_of('customer,date,date,amount|7,2025-12-31,2025-01-05,12.50'),
	qr/the time may be any of the columns 2 "date", 3 "date": choose with AT=2 or AT=3/);
reads('... by number', 'AT=3', lines_of('customer,date,date,amount|7,2025-12-31,2025-01-05,12.50'), $plain,
	qr/column 3, "date"/);
refuses('one column twice', 'CUSTOMER=date', lines_of("${head}7,2025-01-05,12.50"),
	qr/CUSTOMER and AT are the same column, 2 "date"/);
refuses('the price of a unit', '', lines_of('customer,date,price,quantity|7,2025-01-05,12.50,2'),
	qr/with a quantity .* the price may be that of one unit/);
reads('... that is wanted', 'AMOUNT=price', lines_of('customer,date,price,quantity|7,2025-01-05,12.50,2'), $plain);

# ---- header ----

my $two = 'line 1,7,2025-01-05,12.50|line 2,8,2025-01-06,3';
refuses('no header', '', lines_of('7,2025-01-05,12.50|8,2025-01-06,3'),
	qr/there is no header: .* 7, 2025-01-05, 12\.50/, qr/CUSTOMER=1 AT=2 AMOUNT=3/);
reads('no header, columns by number', 'CUSTOMER=1 AT=2 AMOUNT=3', lines_of('7,2025-01-05,12.50|8,2025-01-06,3'),
	$two,
	qr/^header   none: the first line is an order$/m, qr/^customer column 1$/m);
reads('a header, columns by number', 'CUSTOMER=1 AT=2 AMOUNT=3', lines_of('a,b,c|7,2025-01-05,12.50'), $plain,
	qr/^header   the first line$/m);
reads('the header once more', '', lines_of("${head}7,2025-01-05,12.50|$head"), $plain,
	qr/^skipped  1 row: the header once more \(line 3\)$/m);
refuses('only a header', '', lines_of($head), qr/no order/);

# ---- lines, quotes, kinds of file ----

reads('blank lines and rows', '', lines_of("||${head}|7,2025-01-05,12.50||,,|"), 'line 5,7,2025-01-05,12.50');
reads('lines that end with CR LF', '', "customer,date,amount\r\n7,2025-01-05,12.50\r\n\r\n", $plain);
reads('lines that end with CR', '', "customer,date,amount\r7,2025-01-05,12.50\r", $plain);
reads('a byte order mark', '', "\xEF\xBB\xBF" . lines_of("${head}7,2025-01-05,12.50"), $plain);
reads(
	'lines in quotes', '',
	qq{customer,"order\ndate",amount,note\n7,2025-01-05,12.50,"a\n\n\nb"\n8,2025-01-06,3,c\n},
	'line 3,7,2025-01-05,12.50|line 7,8,2025-01-06,3');
reads('an end of data in the middle', '', lines_of("${head}7,2025-01-05,12.50|\\.|8,2025-01-06,3"),
	"$plain|line 4,8,2025-01-06,3");
refuses('a quote without an end', '', lines_of(qq{${head}7,2025-01-05,"12.50|8,2025-01-06,3}), qr/quotation mark/,
	qr/line \d/);
refuses('a decimal comma that separates', '', lines_of("${head}7,2025-01-05,12,50"),
	qr/line 2 has more columns than the first line: "7,2025-01-05,12,50"/, qr/must be in quotes/);
refuses('a short line', '', lines_of("${head}7,2025-01-05,12.50|8"), qr/line 3 has fewer columns/);
refuses('an empty file', '', '', qr/it is empty/);
refuses('blank lines only', '', "\n \n", qr/blank/);
refuses('a workbook', '', "PK\x03\x04\x14\0", qr/workbook .*\.xlsx/, qr/CSV UTF-8/);
refuses('UTF-16', '', "\xFF\xFE" . encode('UTF-16LE', lines_of("${head}7,2025-01-05,12.50")), qr/UTF-16/,
	qr/iconv/);
refuses('UTF-16 without a mark', '', encode('UTF-16BE', lines_of("${head}7,2025-01-05,12.50")), qr/UTF-16/);
refuses('gzip', '', "\x1f\x8b\x08\0", qr/compressed/);
refuses('a page', '', "<html>\n", qr/HTML/);
refuses('Latin-1', '', lines_of("${head}Jos\xE9,2025-01-05,12.50"), qr/line 2 is not text in UTF8/,
	qr/ENCODING=WIN1252/);
reads('... that is named', 'ENCODING=latin1', lines_of("${head}Jos\xE9,2025-01-05,12.50"),
	"line 2,Jos\x{e9},2025-01-05,12.50" =~ s/\x{e9}/\xC3\xA9/r);

# ---- times ----

reads('month first where nothing shows it', '', lines_of("${head}7,04/02/2025,1|8,05/02/2025,1"),
	'line 2,7,2025-04-02,1|line 3,8,2025-05-02,1',
	qr/04\/02\/2025 is read as 2 April 2025, the month first, .* set DATESTYLE=DMY$/m);
reads('... that is set', 'DATESTYLE=dmy', lines_of("${head}7,04/02/2025,1|8,05/02/2025,1"),
	'line 2,7,2025-02-04,1|line 3,8,2025-02-05,1', qr/as DATESTYLE=DMY says/);
reads('a day above 12 shows it', '', lines_of("${head}7,04/02/2025 10:00,1|8,13/02/2025 1:00 pm,1"),
	'line 2,7,2025-02-04 10:00:00,1|line 3,8,2025-02-13 13:00:00,1',
	qr/04\/02\/2025 10:00 is read as 4 February 2025, the day first, as in line 3 \(13\/02\/2025 1:00 pm\)/);
reads('... for months as well', '', lines_of("${head}7,4/2/2025,1|8,2/13/2025,1"),
	'line 3,8,2025-02-13,1|line 2,7,2025-04-02,1');
reads('dots', '', lines_of('customer;date;amount|7;04.02.25;1'), 'line 2,7,2025-02-04,1',
	qr/the day first, as usual with dots/, qr/years of two digits .* 04\.02\.25 is of 2025/);
refuses('both orders', '', lines_of("${head}7,13/02/2025,1|8,02/14/2025,1"),
	qr/the day is first in line 2, 13\/02\/2025, and second in line 3, 02\/14\/2025/);
refuses('against the setting', 'DATESTYLE=MDY', lines_of("${head}7,13/02/2025,1"),
	qr/line 2: "13\/02\/2025" is no date, read in the order MDY/, qr/DATESTYLE=DMY/);
refuses('31 February', '', lines_of("${head}7,2025-02-31,1"), qr/line 2: "2025-02-31" is no date/);
reads('a zone in each time', '', lines_of("${head}7,2025-01-31T23:30:00Z,1|8,2025-02-01 01:00:00 +0200,1"),
	'line 3,8,2025-01-31 23:00:00,1|line 2,7,2025-01-31 23:30:00,1',
	qr/each time says its own zone; days and months are those of UTC \(TIMEZONE=/);
reads('a zone in some times', '', lines_of("${head}7,2025-01-31 23:30:00Z,1|8,2025-02-01 01:00:00,1"),
	'line 2,7,2025-01-31 23:30:00,1|line 3,8,2025-02-01 01:00:00,1',
	qr/1 time with a zone, the others are of UTC/);
reads('several ways', '', lines_of("${head}7,2025-01-05,1|8,06/13/2025,1"),
	'line 2,7,2025-01-05,1|line 3,8,2025-06-13,1',
	qr/several ways, .*: 1 as in line 2 \(2025-01-05\), 1 as in line 3 \(06\/13\/2025\)$/m);
reads('a column of UTC', 'TIMEZONE=UTC', lines_of('customer,Created (UTC),amount|7,2025-01-05 10:00,1'),
	'line 2,7,2025-01-05 10:00:00,1', qr/times are of UTC, as the column's name says/);
reads('no zone', '', lines_of("${head}7,2025-01-05,12.50"), $plain,
	qr/times are of the zone UTC; days and months are those of UTC/);
reads('Unix time', '', lines_of("${head}7,1735689600,1|8,1735689601,1"),
	'line 2,7,2025-01-01,1|line 3,8,2025-01-01 00:00:01,1',
	qr/1735689600 is 2025-01-01 00:00:00 in UTC, in seconds since 1970/);
reads('... in milliseconds', '', lines_of("${head}7,1735689600000,1"), 'line 2,7,2025-01-01,1',
	qr/milliseconds since 1970/);
reads('months by name', '', lines_of(qq{${head}7,"Jan 5, 2025",1|8,06-Jan-25,1|9,7 January 2025 10:00,1}),
	'line 2,7,2025-01-05,1|line 3,8,2025-01-06,1|line 4,9,2025-01-07 10:00:00,1');
reads('no marks', '', lines_of("${head}7,20250105,12.50"), $plain);
refuses('days of a spreadsheet', '', lines_of("${head}7,45662,1|8,45663.5,1"),
	qr/lines 2, 3: "45662" is not a time/, qr/how a spreadsheet counts days/);
for ('now', 'today', 'infinity', '2025-01-05 10:00 GMT+1', '2025', '######')
{
	refuses($_, '', lines_of("${head}7,$_,1"), qr/line 2: "\Q$_\E" is not a time that can be read/);
}
refuses("the year $_", '', lines_of("${head}7,2025-01-05,1|7,$_-12-31,1"),
	qr/line 3: "$_-12-31" is not the time of an order/) for '0001', '9999';
reads('strange years', '', lines_of("${head}7,1900-01-01,1|8,2925-01-01,1"),
	'line 2,7,1900-01-01,1|line 3,8,2925-01-01,1',
	qr/^look at  1 order before 1990 \(line 2\)$/m, qr/^look at  1 order in the future \(line 3\)$/m);
refuses('no time', '', lines_of("${head}7,2025-01-05,1|7,,1"), qr/line 3: there is no time/);

# ---- amounts ----

my $rich = 'line 2,7,2025-01-05,1234.56|line 3,8,2025-01-06,980.00';
reads('decimal commas', '', lines_of('customer;date;amount|7;2025-01-05;1.234,56|8;2025-01-06;980,00'), $rich,
	qr/1\.234,56 is read as 1234\.56/);
reads('thousands', '', lines_of(qq{${head}7,2025-01-05,"1,234.56"|8,2025-01-06,980.00}), $rich,
	qr/1,234\.56 is read as 1234\.56/);
reads('spaces', '',
	lines_of("customer;date;amount|7;2025-01-05;1\xC2\xA0234,56 \xE2\x82\xAC|8;2025-01-06;980,00 \xE2\x82\xAC"),
	$rich, qr/all in one currency, as "\xE2\x82\xAC" says$/m);
reads('a currency', '', lines_of(qq{${head}7,2025-01-05,"\$1,234.56"|8,2025-01-06,980.00}), $rich,
	qr/as "\$" says \(1 row without it\)/);
refuses('two currencies', '', lines_of("${head}7,2025-01-05,EUR 5|8,2025-01-06,USD 5"),
	qr/several currencies: "EUR" in line 2, "USD" in line 3/);
refuses('points and commas', '', lines_of(qq{${head}7,2025-01-05,"1,50"|8,2025-01-06,1.50}),
	qr/with a point in line 3, 1\.50, and with a comma in line 2, 1,50/);
refuses('a mark with two readings', '', lines_of("${head}7,2025-01-05,1.234|8,2025-01-06,980"),
	qr/line 2: "1\.234" may be 1234 or 1\.234/, qr/DECIMAL=point or DECIMAL=comma/);
reads('... that is set', 'DECIMAL=comma', lines_of("${head}7,2025-01-05,1.234|8,2025-01-06,980"),
	'line 2,7,2025-01-05,1234|line 3,8,2025-01-06,980', qr/1\.234 is read as 1234/);
reads('... or shown elsewhere', '', lines_of(qq{${head}7,2025-01-05,"1,234"|8,2025-01-06,980.0}),
	'line 2,7,2025-01-05,1234|line 3,8,2025-01-06,980.0');
reads('signs', '', lines_of("${head}7,2025-01-05,(5.00)|8,2025-01-06,-1.5e1|9,2025-01-07,0"),
	'line 2,7,2025-01-05,-5.00|line 3,8,2025-01-06,-15|line 4,9,2025-01-07,0',
	qr/^look at  2 orders with a negative amount: .* \(lines 2, 3\)$/m,
	qr/^look at  1 order with the amount 0 \(line 4\)$/m);
refuses($_, '', lines_of("${head}7,2025-01-05,$_"),
	qr/line 2: "\Q$_\E" is not an amount/) for 'infinity', 'free', '12.-', '1.2.3', '0x10', '1 2';
refuses('a number of something else', '', lines_of("${head}7,2025-01-05,4006381333931"),
	qr/line 2: "4006381333931" is not the amount of an order/);
reads(
	'the orders of a shop system',
	'AT=Created_at AMOUNT=Total ORDER_ID=Name',
	lines_of('Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem price'
		  . '|#1001,a@x,paid,2025-01-05 10:01:00 +0200,EUR,20.00,25.00,2025-01-05 10:00:00 +0200,1,15.00'
		  . '|#1001,a@x,,,,,,2025-01-05 10:00:00 +0200,1,5.00'
		  . '|#1002,b@x,paid,2025-01-06 10:01:00 +0200,EUR,20.00,25.00,2025-01-06 10:00:00 +0200,4,5.00'),
	'#1001,a@x,2025-01-05 08:00:00,25.00|#1002,b@x,2025-01-06 08:00:00,25.00',
	qr/2 rows are items of 1 order/);
refuses('no amount', '', lines_of("${head}7,2025-01-05,1|7,2025-01-05,NULL"), qr/line 3: there is no amount/);

# ---- customers and totals ----

reads('nobody', '',
	lines_of($head . join '|', '7,2025-01-05,12.50', map { "$_,2025-01-06,1" } 'NULL', '', 'guest', 'n/a', 'NULL'),
	$plain,
	qr/^skipped  2 rows: the customer is "NULL" \(lines 3, 7\)$/m,
	qr/^skipped  1 row: there is no customer \(line 4\)$/m,
	qr/^skipped  1 row: the customer is "guest" \(line 5\)$/m);
reads('totals', '', lines_of("${head}7,2025-01-05,12.50|Total,,12.50|Grand total,2025-01-05,12.50|sub-total,,1"),
	$plain,
	qr/^skipped  1 row: a total, "Total" \(line 3\)$/m, qr/a total, "Grand total" \(line 4\)/,
	qr/a total, "sub-total" \(line 5\)/);
reads('a total in another column', '',
	lines_of("note,customer,date,amount|x,7,2025-01-05,12.50|Totals (EUR),,,12.50"), $plain,
	qr/a total, "Totals \(EUR\)"/);
reads('a customer whose name begins so', '', lines_of("${head}Total Care,2025-01-05,1"),
	'line 2,Total Care,2025-01-05,1');
refuses('nobody at all', '', lines_of("${head}NULL,2025-01-06,1"), qr/every row was skipped/);
refuses('shortened numbers', '', lines_of("${head}1.23457E+12,2025-01-06,1"), qr/line 2: customer "1\.23457E\+12"/,
	qr/shortened/);
reads('one customer in two cases', '', lines_of("${head}Ann\@x,2025-01-05,1|ann\@x,2025-01-06,1"),
	"line 2,Ann\@x,2025-01-05,1|line 3,ann\@x,2025-01-06,1",
	qr/^look at  1 customer different from another by case only/m);
my @day = map { sprintf '2025-01-%02d', $_ } 1 .. 31;
my @shared = map { [ $_ + 2, $_ < 20 ? 'shop' : $_, $day[$_] ] } 0 .. 30;
reads('an account that many share', '', lines_of($head . join '|', map { "$_->[1],$_->[2],1" } @shared),
	join('|', map { "line $_->[0],$_->[1],$_->[2],1" } @shared),
	qr/customer "shop" has 20 orders of all 31: an account that many share\?/);

# ---- items, status, currency ----

my $items = 'order_id,customer,date,amount|';
reads('items', '', lines_of("${items}1,7,2025-01-05 10:00,5|1,7,2025-01-05 09:00,7.5|2,8,2025-01-06,3"),
	'1,7,2025-01-05 09:00:00,12.5|2,8,2025-01-06,3',
	qr/^order id column 1, "order_id"$/m, qr/2 rows are items of 1 order, .* added up, the earliest time counts$/m);
reads('items of several days', '', lines_of("${items}1,7,2025-01-05,5|1,7,2025-01-07,7.5"), '1,7,2025-01-05,12.5',
	qr/1 order with items of several days \(line 2\)/);
reads('items that say their order once', '', lines_of("${items}1,7,2025-01-05,12.50|1,,,"), '1,7,2025-01-05,12.50');
reads('each order once', '', lines_of("${items}1,7,2025-01-05,5|2,7,2025-01-05,7.5"),
	'1,7,2025-01-05,5|2,7,2025-01-05,7.5');
refuses('amounts of the order or of items', '', lines_of("${items}1,7,2025-01-05,12.50|1,7,2025-01-05,12.50"),
	qr/order "1", from line 2/, qr/AMOUNT_OF=order/, qr/AMOUNT_OF=item/, qr/ORDER_ID=none/);
reads('... of the order', 'AMOUNT_OF=order', lines_of("${items}1,7,2025-01-05,12.50|1,7,2025-01-05,12.50"),
	'1,7,2025-01-05,12.50', qr/each order's amount is counted once/);
reads('... of items', 'AMOUNT_OF=item', lines_of("${items}1,7,2025-01-05,12.50|1,7,2025-01-05,12.50"),
	'1,7,2025-01-05,25.00');
refuses('... of the order, but different', 'AMOUNT_OF=order',
	lines_of("${items}1,7,2025-01-05,12|1,7,2025-01-05,3"),
	qr/rows of order "1", from line 2, have different amounts/);
refuses('an order of two customers', '', lines_of("${items}1,7,2025-01-05,5|1,8,2025-01-05,7"),
	qr/the order id "1" has two customers: "7" in line 2 and "8" in line 3/, qr/ORDER_ID=none/);
reads('rows that are orders', 'ORDER_ID=none', lines_of("${items}1,7,2025-01-05,5|1,8,2025-01-06,7"),
	'line 2,7,2025-01-05,5|line 3,8,2025-01-06,7');
reads('another order id', 'ORDER_ID=basket',
	lines_of("basket,customer,date,amount|1,7,2025-01-05,5|1,7,2025-01-05,7.5"), '1,7,2025-01-05,12.5');
reads('items without an order id', '', lines_of("${head}7,2025-01-05,5|7,2025-01-05,7.5"),
	'line 2,7,2025-01-05,5|line 3,7,2025-01-05,7.5',
	qr/1 row with the customer and time of another: if these are items/);
reads('a status', '', lines_of("status,${head}paid,7,2025-01-05,12.50|refunded,8,2025-01-06,3|paid,8,2025-01-07,3"),
	"$plain|line 3,8,2025-01-06,3|line 4,8,2025-01-07,3",
	qr/^status   column 1 "status" is not looked at: 2 paid, 1 refunded$/m);

# ---- settings ----

for ('DATESTYLE=DYM', 'DECIMAL=dot', 'AMOUNT_OF=row', 'TIMEZONE=UTC+2', 'ENCODING=UTF')
{
	my ($value) = /=(.*)/;
	refuses($_, $_, lines_of("${head}7,2025-01-05,12.50"), qr/\Q$value\E/i);
}
query($node, 'CREATE DATABASE vilnius');
my $late = lines_of("${head}7,2025-01-31T23:30:00Z,1|8,2025-01-31 23:30,1");
my ($status, $out, $err) = run_demo('vilnius', 'load/load', $late, TIMEZONE => 'Europe/Vilnius');
is($status, 0, 'another zone');
like($out, qr/the others are of Europe\/Vilnius; days and months are those of Europe\/Vilnius/, '... is said');
is( query($node, 'SELECT ordered_at FROM orders ORDER BY customer_id', dbname => 'vilnius'),
	"2025-02-01 01:30:00+02\n2025-01-31 23:30:00+02",
	'... keeps the instant, and stays in the database');

for (
	[ orders => 'x',            'write ORDERS=, in capitals: orders= is not read' ],
	[ ORDERS => '/nowhere.csv', 'cannot read /nowhere.csv: there is no such file' ],
	[ ORDERS => $demo,          "cannot read $demo: it is a directory" ])
{
	my ($setting, $value, $said) = @$_;

	($status, $out, $err) = run_demo('postgres', 'demo', '', $setting => $value);
	is($err, "demo: $said\n", $said);
	is($status, 1, '... and that is the end');
}

# ---- the whole report ----

sub report
{
	my ($db, $file, %given) = @_;

	query($node, "CREATE DATABASE $db");
	($status, $out, $err) = run_demo($db, 'show', $file, %given);
	return is($status, 0, "the report of $db") || diag($err);
}

report(
	'a_file',
	lines_of($head . join '|', map { ($_ % 7) . ",0$_/03/2025,$_" } 1 .. 9),
	ORDERS    => "Ann's shop.csv",
	DATESTYLE => 'DMY');
like($out, qr/\AHow Ann's shop\.csv was read\n.* 9 orders of 7 customers, .*\nThe shop in one look\n/s,
	'... begins with what was read');
like($out, qr/^$_/m, '... and explains its words')
  for 'crr 90d %', 'quick ratio +\(new \+ resurrected\) / churned', 'The points .* hypothetical';
like($out, qr/^    make demo ORDERS=Ann\\'s\\ shop\.csv DATESTYLE=DMY KEEP=1 /m,
	'... and repeats the settings at the end');

report('the_widest_span', lines_of("${head}7,1900-01-01,-1e11|8,2999-12-31,1"), ORDERS => 'x.csv');
report('one_order', lines_of("${head}7,2025-01-05,1"), ORDERS => 'x.csv');
report('the_sample', '');
like($out, qr/^orders +│ 35319\n.*^ 2025-12 │   4331 │      3541 │/ms, '... has its numbers');

# The rows of a table of the report, with | between its columns.
sub rows_of
{
	my ($title) = @_;
	my ($rows) = $out =~ /^ *\Q$title\E\n.*\n[─┼]+\n((?:.*│.*\n)+)/m or return 'no such table';

	return join "\n", map { join '|', map { s/^ +| +$//gr } split /│/ } split /\n/, $rows;
}

# Money by hand: what each customer spent in each month, beside the month before and the first one.
my $spent = q{
	WITH spent AS (
		SELECT customer_id, date_trunc('month', ordered_at)::date AS month, sum(amount) AS s FROM orders GROUP BY 1, 2
	),
	months AS (SELECT DISTINCT month FROM spent),
	firsts AS (SELECT customer_id, min(month) AS cohort FROM spent GROUP BY 1),
	cells AS (
		SELECT customer_id, month, cohort, coalesce(now.s, 0) AS s, coalesce(before.s, 0) AS was
		FROM months CROSS JOIN firsts
		LEFT JOIN spent AS now USING (customer_id, month)
		LEFT JOIN (SELECT customer_id, (month + interval '1 month')::date AS month, s FROM spent) AS before USING (customer_id, month)
	)};
is(rows_of('Revenue that came, came back, grew, shrank and left (the last 12 months)'),
	query($node, "$spent, sums AS (" . q{
		SELECT month, sum(was) AS starting, sum(s) FILTER (WHERE month = cohort) AS new,
			sum(s) FILTER (WHERE was = 0 AND month > cohort) AS reactivated,
			sum(s - was) FILTER (WHERE was > 0 AND s > was) AS expansion,
			sum(was - s) FILTER (WHERE s > 0 AND s < was) AS contraction,
			sum(was) FILTER (WHERE s = 0) AS churned, sum(s) AS revenue, sum(least(s, was)) AS kept, sum(s) FILTER (WHERE was > 0) AS stayed
		FROM cells GROUP BY month)
		SELECT to_char(month, 'YYYY-MM'), starting, new, reactivated, expansion, contraction, churned, revenue,
			round(100 * stayed / starting, 1), round(100 * kept / starting, 1)
		FROM sums WHERE month >= '2025-01-01' ORDER BY month}, dbname => 'the_sample'),
	'... has the movements of revenue');
is(rows_of('Revenue per customer, so many months after the first order'),
	query($node, "$spent, ages AS (" . q{
		SELECT (12 * extract(year FROM age(month, cohort)) + extract(month FROM age(month, cohort)))::int AS age,
			count(DISTINCT cohort) AS cohorts, count(*) AS customers, sum(s) AS revenue
		FROM cells WHERE month >= cohort GROUP BY 1)
		SELECT age, cohorts, customers, revenue, round(sum(revenue / customers) OVER (ORDER BY age), 2)
		FROM ages WHERE age <= 12 ORDER BY age LIMIT 13}, dbname => 'the_sample'),
	'... has the lifetime value of customers');
is(rows_of('How long until the second order') =~ s/\|[^|]*$//mgr,
	query($node, q{
		WITH waits AS (SELECT coalesce((array_agg(ordered_at ORDER BY ordered_at))[2], '2026-01-01') - min(ordered_at) AS d,
				count(*) > 1 AS happened FROM orders GROUP BY customer_id),
		falls AS (SELECT d, count(*) FILTER (WHERE happened) AS events, sum(count(*)) OVER (ORDER BY d DESC) AS at_risk
			FROM waits GROUP BY d)
		SELECT days, count(*) FILTER (WHERE d >= t), count(*) FILTER (WHERE d > t - interval '30 days' AND d <= t AND happened),
			count(*) FILTER (WHERE d > t - interval '30 days' AND d <= t AND NOT happened),
			round(100 * (1 - (SELECT coalesce(exp(sum(ln((at_risk - events) / at_risk))), 1) FROM falls WHERE d <= t)), 1)
		FROM generate_series(0, 360, 30) days, LATERAL (VALUES (days * interval '1 day')) v (t), waits
		GROUP BY days, t ORDER BY days}, dbname => 'the_sample'),
	'... has the curve to the second order');
is(rows_of('A report that is always current: the last month'),
	query($node, q{
		WITH last AS (SELECT * FROM orders ORDER BY ordered_at DESC LIMIT 1),
		log AS (SELECT v, customer_id, date_trunc('month', ordered_at)::date AS month FROM orders, generate_series(1, 4) v
			WHERE v <> 3 OR order_id <> (SELECT order_id FROM last)
			UNION ALL SELECT v, -1, '2025-12-01' FROM (VALUES (2), (3)) more (v)),
		customers AS (SELECT v, min(month) = '2025-12-01' AS new, bool_or(month = '2025-11-01') AS before
			FROM log GROUP BY v, customer_id HAVING max(month) = '2025-12-01')
		SELECT ('{as they were,"one more, of a new customer",and the last one cancelled,as they were again}'::text[])[v], '2025-12',
			count(*) FILTER (WHERE new), count(*) FILTER (WHERE before), count(*) FILTER (WHERE NOT new AND NOT before), count(*)
		FROM customers GROUP BY v ORDER BY v}, dbname => 'the_sample'),
	'... ends with a report that follows the orders');

# ---- a database of one's own ----

my ($block) = slurp_file(top_folder() . '/README.md') =~ /^## Install\n.*?^```sql\n(.*?)^```/ms;
like($block, qr/CREATE EXTENSION/, 'README.md says how the extension gets into a database');
query($node, 'CREATE DATABASE "my shop"');
my $use = q{SELECT customer_count(c) FROM (VALUES (1), (2), (1)) AS v (c)};
is(query($node, "$block $use", dbname => 'my shop'), 2, '... and it works when it is pasted');
is(query($node, "$use; SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'retention'",
		dbname => 'my shop'), "2\nmetrics", '... in later sessions as well');

done_testing();
