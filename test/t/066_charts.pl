# The charts as a browser shows them: their size on a wide and on a narrow screen, and the colours at places that matter,
# on light and on dark screens.  Skipped where there is no Chromium (CHROMIUM=... names another one).
#
# The orders are those that test/sql/chart_*.sql counts by hand, up to May 5.  The charts stand one below the other in a
# page of a colour that none of them has, so that their edges can be seen.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Compress::Zlib 'uncompress';
use PostgreSQL::Test::Utils;
use Test::More;
use RetentionTest;

my ($chromium) = grep { defined && /./ } $ENV{CHROMIUM}, map { `command -v $_ 2>/dev/null` } qw(chromium chromium-browser google-chrome);
plan skip_all => 'there is no Chromium' if !defined $chromium;
chomp $chromium;

my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = start_server('main');
my $orders = q{
	SET timezone = 'UTC';
	CREATE TEMP TABLE orders AS SELECT * FROM (VALUES ('a', '2024-01-31'::timestamptz, 10.00), ('a', '2024-02-01', 5.00),
		('a', '2024-03-15', 0), ('a', '2024-05-05', 1), ('b', '2024-01-15', 20.00), ('b', '2024-03-31', 4.50),
		('c', '2024-02-15', 9.00), ('c', '2024-03-01', 3.00), ('d', '2024-05-01', 7.00)) o(k, at, amount);
	CREATE TEMP TABLE seen AS SELECT retention_agg(k, at, '1 month', 'UTC') AS s, revenue_agg(k, at, amount, '1 month', 'UTC') AS money,
		timestamptz '2024-05-06' AS as_of FROM orders;
	};
my %chart = map { $_->[0] => query($node, "$orders SELECT $_->[1] FROM seen") . "\n" } (
	[ 'growth', 'growth_chart(s, as_of)' ],
	[ 'heatmap', 'cohort_heatmap(s, as_of)' ],
	[ 'curve', 'retention_chart(s, as_of)' ],
	[ 'ltv', 'ltv_chart(money, as_of)' ],
	[ 'nothing', q{growth_chart(s, '2020-01-01')} ],
	[ 'hostile', q{(SELECT growth_chart(retention_agg(k, at, '1 month', $$<"'&<script>-2$$), as_of) FROM orders)} ],
	[ 'days', q{(SELECT cohort_heatmap(retention_agg(k, '2024-01-01'::timestamptz + k * interval '1 day', '1 day', 'UTC')) FROM generate_series(1, 100) k)} ]);
my @order = qw(growth heatmap curve ltv nothing);

sub write_file
{
	my ($name, $text) = @_;

	open my $out, '>', "$dir/$name" or die "$name: $!";
	print $out $text;
	close $out;
	return "file://$dir/$name";
}

# Runs the browser on a page; what it prints.
sub browse
{
	my ($url, @options) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ $chromium, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--force-device-scale-factor=1',
			'--disable-dev-shm-usage', "--user-data-dir=$dir/profile", @options, $url ],
		'>', \$out, '2>', \$err, IPC::Run::timeout(120)) or die "the browser failed: $err";
	return $out;
}

# What the browser shows: a picture { width, height, rows }, its rows of 8-bit RGB.
sub shot
{
	my ($url, $width, $height, $dark) = @_;

	unlink "$dir/shot.png";
	browse($url, "--window-size=$width,$height", "--screenshot=$dir/shot.png",
		'--blink-settings=preferredColorScheme=' . ($dark ? 0 : 1));
	return read_png(slurp_file("$dir/shot.png"));
}

# A PNG without interlacing, of 8-bit RGB or RGBA.
sub read_png
{
	my ($png) = @_;
	my ($data, $at, %picture) = ('', 8);

	while ($at < length $png)
	{
		my ($size, $type) = unpack 'N a4', substr $png, $at;
		my $chunk = substr $png, $at + 8, $size;
		@picture{qw(width height bits kind)} = unpack 'N N C C', $chunk if $type eq 'IHDR';
		$data .= $chunk if $type eq 'IDAT';
		$at += 12 + $size;
	}
	die 'not a PNG of 8-bit colours' if $picture{bits} != 8 || ($picture{kind} != 2 && $picture{kind} != 6);
	my $bytes = $picture{kind} == 2 ? 3 : 4;
	my $line = $bytes * $picture{width};
	my @before = (0) x $line;
	my $pixels = uncompress($data) // die 'the PNG is damaged';

	for my $y (0 .. $picture{height} - 1)
	{
		my ($filter, @row) = unpack 'C*', substr $pixels, $y * ($line + 1), $line + 1;
		for my $i ($filter ? 0 .. $line - 1 : ())
		{
			my $left = $i < $bytes ? 0 : $row[ $i - $bytes ];
			my $corner = $i < $bytes ? 0 : $before[ $i - $bytes ];
			my $guess = $filter == 1 ? $left : $filter == 2 ? $before[$i] : $filter == 3 ? ($left + $before[$i]) >> 1
			  : nearest($left + $before[$i] - $corner, $left, $before[$i], $corner);
			$row[$i] = ($row[$i] + $guess) & 255;
		}
		push @{ $picture{rows} }, pack 'C*', $bytes == 3 ? @row : map { @row[ 4 * $_ .. 4 * $_ + 2 ] } 0 .. $picture{width} - 1;
		@before = @row;
	}
	return \%picture;
}

sub nearest
{
	my ($to, $best, @others) = @_;

	for (@others) { $best = $_ if abs($_ - $to) < abs($best - $to) }
	return $best;
}

sub pixel
{
	my ($picture, $x, $y) = @_;

	return '#' . unpack 'H6', substr $picture->{rows}[ int $y ], 3 * int $x, 3;
}

# How many pixels of a rectangle have each of some colours.
sub colours
{
	my ($picture, $x, $y, $width, $height) = @_;
	my %count;

	$count{ pixel($picture, $_ % $width + $x, $_ / $width + $y) }++ for 0 .. $width * $height - 1;
	return \%count;
}

my $around = '#ff00ff';
my $page = write_file('page.html', qq{<!doctype html><meta name="viewport" content="width=device-width">
<style>body { margin: 0; background: $around } svg { display: block }</style>\n} . join '', @chart{@order});
my %natural = map { $_ => [ $chart{$_} =~ /^<svg .*? width="(\d+)" height="(\d+)"/ ] } keys %chart;

# The colours of the style sheet, for light and for dark screens.
my @sheets = map { { /\.retention-chart \.([\w ]+?)(?: rect)?\{(?:fill|stroke):(#\w+)/g } } $chart{growth} =~ /(.*)\@media \(prefers-color-scheme:dark\)\{(.*)\@media/s;
for my $sheet (@sheets) { s/^#(.)(.)(.)$/#$1$1$2$2$3$3/ for values %$sheet }

for my $screen ([ 1280, 0 ], [ 400, 0 ], [ 1280, 1 ], [ 400, 1 ])
{
	my ($width, $dark) = @$screen;
	my $picture = shot($page, $width, $width == 400 ? 1100 : 1900, $dark);
	my %colour = %{ $sheets[$dark] };
	my $name = "$width pixels, " . ($dark ? 'dark' : 'light');
	my $top = 0;

	is($picture->{width}, $width, "$name: the window");
	for my $chart (@order)
	{
		my ($natural_width, $natural_height) = @{ $natural{$chart} };
		my $scale = $natural_width > $width ? $width / $natural_width : 1;
		my $height = $natural_height * $scale;
		my $at = sub { my ($x, $y) = @_; return pixel($picture, $x * $scale, $top + $y * $scale) };
		my $in = sub { my ($x, $y, $w, $h) = map { $_ * $scale } @_; return colours($picture, int $x, int($top + $y), int $w, int $h) };

		is(pixel($picture, 3, $top + 3), $colour{paper}, "$name, $chart: it has its own paper");
		is(pixel($picture, $natural_width * $scale - 3, $top + $height - 3), $colour{paper}, '... up to its lower right corner');
		is(pixel($picture, $natural_width + 2, $top + 3), $around, '... and no further') if $scale == 1;
		is(pixel($picture, 3, $top + $height + 3), $chart eq 'nothing' ? $around : $colour{paper}, '... with the next one below');
		if ($chart eq 'growth')
		{
			# 42 pixels for a customer, 0 is at 210, 128 pixels for a month
			is($at->(144, 168), $colour{new}, '... January: two are new');
			is($at->(272, 189), $colour{retained}, '... February: one is retained');
			is($at->(272, 147), $colour{new}, '... one is new');
			is($at->(272, 231), $colour{churned}, '... and one churned');
			is($at->(272, 270), $colour{paper}, '... not two');
			is($at->(400, 150), $colour{retained}, '... March: two are retained');
			is($at->(400, 105), $colour{resurrected}, '... and one resurrected');
			is($at->(528, 315), $colour{churned}, '... April: three churned');
			is($at->(528, 189), $colour{paper}, '... and nobody came');
			my $open = $in->(620, 90, 70, 30);
			cmp_ok(scalar(keys %$open), '>', 5, '... May is hatched');
			cmp_ok($open->{ $colour{paper} } // 0, '>', 5, '... on the paper');
			cmp_ok($in->(620, 175, 70, 30)->{ $colour{resurrected} } // 0, '>', 50, '... above it who has come so far');
			is_deeply([ keys %{ $in->(500, 220, 56, 70) } ], [ $colour{churned} ], '... and no other month is');
		}
		elsif ($chart eq 'heatmap')
		{
			is($at->(173, 98), $colour{heat4}, '... half of January after a month');
			is($at->(219, 98), $colour{heat8}, '... all of it after two');
			is($at->(265, 98), $colour{heat0}, '... nobody after three');
			is($at->(105, 98), $colour{plain}, '... the number of customers has no colour');
			cmp_ok(scalar(keys %{ $in->(309, 96, 40, 20) }), '>', 3, '... May is hatched');
			cmp_ok(scalar(keys %{ $in->(173, 98, 37, 18) }), '>', 3, '... and cells have numbers');
			is($at->(400, 110), $colour{paper}, '... there is nothing behind');
		}
		elsif ($chart eq 'curve')
		{
			# 66.7 %, 66.7 %, 0
			is($at->(@$_), $colour{dot}, "... a dot at @$_") for [ 116, 126 ], [ 400, 126 ], [ 684, 336 ];
			isnt($at->(542, 231), $colour{paper}, '... and a line between them');
		}
		elsif ($chart eq 'ltv')
		{
			# 13.00, 15.67, 17.17, 17.17
			is($at->(@$_), $colour{dot}, "... a dot at @$_") for [ 116, 172 ], [ 305, 138 ], [ 495, 120 ], [ 684, 120 ];
		}
		else
		{
			cmp_ok(scalar(keys %{ $in->(350, 195, 100, 20) }), '>', 5, '... it says something in the middle');
			is_deeply([ keys %{ $in->(100, 100, 500, 80) } ], [ $colour{paper} ], '... and only there');
		}
		$top += $height;
	}
}

# A picture wider than the screen keeps its size, to be scrolled.
cmp_ok($natural{days}[0], '>', 1000, 'a heatmap of days is wide');
my $wide = shot(write_file('days.html', "<style>body { margin: 0 } svg { display: block }</style>$chart{days}"), 400, $natural{days}[1] + 20, 0);
my ($x, $y) = $chart{days} =~ /<g class="heat0">.*?<rect[^>]* x="(\d+)" y="(\d+)"/s;
is(pixel($wide, $x + 2, $y + 2), $sheets[0]{heat0}, '... and is not shown smaller');

# Where the first of several pictures is not shown, as in a tab or a folded part of a page, the others are whole.
my $behind = shot(write_file('hidden.html', "<style>body { margin: 0 } svg { display: block }</style><div style=\"display: none\">$chart{growth}</div>$chart{growth}"), 1280, 420, 0);
cmp_ok(scalar(keys %{ colours($behind, 620, 90, 70, 30) }), '>', 5, 'a hidden picture before it: May is hatched');

# Alone, as a file: XML, in which nothing may be wrong.
my $alone = shot(write_file('hostile.svg', $chart{hostile}), 1280, 420, 0);
like($chart{hostile}, qr/&lt;.*&lt;SCRIPT&gt;/, 'the name of a zone that would be markup');
is(pixel($alone, 272, 189), $sheets[0]{retained}, '... does not spoil the picture');
my $dom = browse(write_file('hostile.html', $chart{hostile}), '--dump-dom');
unlike($dom, qr/<script/i, '... nor become markup in a page');
is(() = $dom =~ /<desc>/g, 1, '... and the description is whole');

# What can be read: numbers on the colours and words on the paper, at 4.5 to 1; each step of the ramp is lighter or
# darker than the one before, whatever colours one sees, and so are neighbours in a bar.
sub luminance
{
	my ($red, $green, $blue) = map { $_ <= 0.04045 ? $_ / 12.92 : (($_ + 0.055) / 1.055)**2.4 } map { hex($_) / 255 } $_[0] =~ /(\w\w)/g;

	return 0.2126 * $red + 0.7152 * $green + 0.0722 * $blue;
}

sub contrast
{
	my ($dark, $light) = sort { $a <=> $b } map { luminance($_) } @_;

	return ($light + 0.05) / ($dark + 0.05);
}

my @css = $chart{growth} =~ /(.*)\@media \(prefers-color-scheme:dark\)\{(.*)\@media/s;
for my $dark (0, 1)
{
	my %colour = %{ $sheets[$dark] };
	my ($ink) = $css[$dark] =~ /\.retention-chart text\{fill:(#\w+)/;
	my %on = map { $_ => $ink } 0 .. 8;

	while ($css[$dark] =~ /((?:\.retention-chart \.heat\d text,?)+)\{fill:(#\w+)/g)
	{
		my ($steps, $fill) = ($1, $2);
		$fill =~ s/^#(.)(.)(.)$/#$1$1$2$2$3$3/;
		$on{$_} = $fill for $steps =~ /heat(\d)/g;
	}
	my @poor = grep { contrast($colour{"heat$_"}, $on{$_}) < 4.5 } 0 .. 8;
	is_deeply(\@poor, [], ($dark ? 'dark' : 'light') . ': a number can be read on every colour');
	cmp_ok(contrast($colour{paper}, $_), '>', 4.5, '... and words on the paper') for $ink, $colour{soft};
	cmp_ok(contrast($colour{plain}, $ink), '>', 4.5, '... and numbers of customers');
	my @light = map { luminance($colour{"heat$_"}) } $dark ? 0 .. 8 : reverse 0 .. 8;
	is_deeply([ grep { $light[$_] <= $light[ $_ - 1 ] } 1 .. 8 ], [], '... the ramp goes one way');
	cmp_ok(contrast(@colour{qw(retained resurrected)}), '>', 1.5, '... parts of a bar differ in lightness');
	cmp_ok(contrast(@colour{qw(retained new)}), '>', 1.5, '... likewise');
	cmp_ok(contrast(@colour{qw(resurrected new)}), '>', 1.5, '... likewise');
}

done_testing();
