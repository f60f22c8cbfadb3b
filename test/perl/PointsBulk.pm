# PointsBulk - gifts, mergers, checkouts, extensions and closings of many members, by the statements of the page on
# points, and what must be so afterwards: no points are lost or made, and the same again does nothing.
#
# They are done with the ledgers of the table card_holders, in the page's table members.
package PointsBulk;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use Test::More;
use RetentionTest;

our @EXPORT = qw(check_bulk);

# Before and after all that is done here.
use constant TIMES =>
  q{unnest('{2025-07-01, 2026-01-01, 2026-02-01, 2026-07-01, 2026-12-31, 2028-01-01}'::timestamptz[]) AS t};
# Each member now and before, as m and w.
use constant MEMBERS => 'members AS m JOIN was AS w USING (member)';
my $page;

sub check_bulk
{
	($page) = @_;

	$page->step('members', q{
		TRUNCATE members;
		INSERT INTO members SELECT member_id::text, points FROM card_holders WHERE member_id > 20001;
		ANALYZE members;
		CREATE TABLE refused (what text, state text);});
	gifts();
	mergers();
	checkouts();
	extensions();
	closings();
	return;
}

# The statement that the page prepares under a name.
sub prepared
{
	my ($name) = @_;

	return ($page->sql_with(qr/^PREPARE $name/m) =~ /^(PREPARE $name.*?;)/ms)[0] . "\n";
}

# Keeps the ledgers as they are, to compare with.
sub keep
{
	my ($name) = @_;

	return $page->step("the members $name", qq{
		DROP TABLE IF EXISTS $name;
		CREATE TABLE $name AS TABLE members;
		ALTER TABLE $name ADD PRIMARY KEY (member);
		ANALYZE $name;});
}

# There are no such rows.
sub is_none
{
	my ($what, $sql) = @_;

	return is($page->step($what, "SELECT count(*) FROM $sql"), 0, $what);
}

sub is_as_now
{
	my ($what) = @_;

	return is_none($what, 'members AS m JOIN now AS n USING (member) WHERE m.points <> n.points');
}

# All points of all members together, by what can be told of them, are as they were.
sub nothing_lost
{
	my ($what) = @_;
	my $lots = q{SELECT issued_at, expires, sum(remaining) FROM %s, lots(points, '2026-01-02 12:00')
		GROUP BY 1, 2 HAVING sum(remaining) > 0};
	my $totals = 'SELECT t, sum(available) AS available, sum(pending) AS pending, sum(redeemed) AS redeemed,
		sum(expired) AS expired, sum(earned - reversed) AS earned
		FROM %s, ' . TIMES . ', statement(points, t) GROUP BY t';

	same_rows($page->{node}, sprintf($totals, 'members'), sprintf($totals, 'was'), "$what: all have what all had");
	same_rows($page->{node}, sprintf($lots, 'members'), sprintf($lots, 'was'), "$what: lots keep issue and expiry");
	return;
}

# Gifts to those who owe nothing, each from the one before in an order of no meaning; and to all who owe, who pay with
# them.
sub gifts
{
	give('gift', 'b.balance >= 0 AND b.n = a.n + 1 AND a.n <= a.all / 5');
	nothing_lost('gifts');
	is($page->step('how many', 'SELECT 10 * count(*) > (SELECT count(*) FROM members) FROM gifts'), 't', '... many');

	give('present', 'b.balance < 0 AND b.n = a.n');
	is($page->step('what is paid', q{
		SELECT coalesce(sum(least(g.points, -balance(w.points, '2026-01-02 12:00'))), 0) = (
			SELECT sum((SELECT coalesce(sum(remaining), 0) FROM lots(w.points, '2026-01-02 12:00'))
				- (SELECT coalesce(sum(remaining), 0) FROM lots(m.points, '2026-01-02 12:00'))) FROM } . MEMBERS . q{)
		FROM gifts AS g JOIN was AS w ON w.member = receiver WHERE giver <> receiver}),
		't', '... and those who owe, if there are any, have paid');
	return;
}

# Gives what the givers have, or a part of it; some try to give to themselves.
sub give
{
	my ($ref, $who) = @_;
	my $execute = prepared('gift') . qq{
		SELECT format('EXECUTE gift (%%L, %%L, %%s, %%L, %%L)', giver, %s, points, timestamptz '%s', '$ref ' || n)
		FROM gifts ORDER BY n \\gexec
		};

	$page->step('who gives', qq{
		DROP TABLE IF EXISTS gifts;
		CREATE TABLE gifts AS
		WITH m AS (
			SELECT member, balance, count(*) OVER () AS all,
				row_number() OVER (PARTITION BY balance < 0 ORDER BY rnd(1, hashtext(member), 1 << 30), member) AS n
			FROM members, LATERAL (SELECT balance(points, '2026-01-02 12:00')) AS b (balance)
		)
		SELECT a.n, a.member AS giver, CASE WHEN a.n % 50 = 0 THEN a.member ELSE b.member END AS receiver,
			CASE WHEN a.n % 50 = 0 THEN a.member ELSE c.member END AS another, 1 + rnd(2, a.n, a.balance) AS points
		FROM m AS a JOIN m AS b ON $who JOIN m AS c ON c.n = a.n + 2 AND c.balance >= 0
		WHERE a.balance > 0;
		ANALYZE gifts;});
	keep('was');
	$page->step("${ref}s", sprintf $execute, 'receiver', '2026-01-02 12:00');
	is_none("everybody has given and received their $ref", MEMBERS . q{
		LEFT JOIN (SELECT giver AS member, points FROM gifts WHERE giver <> receiver) AS a USING (member)
		LEFT JOIN (SELECT receiver AS member, points FROM gifts WHERE giver <> receiver) AS b USING (member)
		WHERE balance(m.points, '2026-01-02 12:00') <>
			balance(w.points, '2026-01-02 12:00') - coalesce(a.points, 0) + coalesce(b.points, 0)});
	keep('now');
	$page->step("${ref}s again", sprintf $execute, 'receiver', '2026-01-03');
	$page->step("${ref}s to another", sprintf $execute, 'another', '2026-01-03');
	is_as_now("... which again, to the same and to another, do nothing");
	return;
}

# A fourth of the members become half as many.
sub mergers
{
	$page->step('who is one', q{
		CREATE TABLE unions AS
		WITH m AS (SELECT member, row_number() OVER (ORDER BY rnd(3, hashtext(member), 1 << 30), member) AS n,
			count(*) OVER () AS all FROM members)
		SELECT a.n, a.member AS kept, b.member AS other
		FROM m AS a JOIN m AS b ON b.n = a.n + 1 WHERE a.n % 2 = 1 AND a.n <= a.all / 4;
		ANALYZE unions;});
	keep('was');
	$page->step('mergers', prepared('unite')
		. q{SELECT format('EXECUTE unite (%L, %L)', kept, other) FROM unions ORDER BY n \gexec});
	nothing_lost('mergers');
	is_none('... and one has the columns of both', q{unions JOIN members AS m ON m.member = kept
			JOIN was AS a ON a.member = kept JOIN was AS b ON b.member = other, } . TIMES . q{,
			statement(m.points, t) AS s, statement(a.points, t) AS x, statement(b.points, t) AS y
		WHERE (s.earned, s.available, s.pending, s.redeemed, s.expired, s.reversed) IS DISTINCT FROM
			(x.earned + y.earned, x.available + y.available, x.pending + y.pending, x.redeemed + y.redeemed,
			x.expired + y.expired, x.reversed + y.reversed)});
	is_none('... the other has nothing, ever',
		q{unions JOIN members ON member = other, statement(points, 'infinity') AS s WHERE s.earned <> 0});
	keep('now');
	is($page->step('mergers again', prepared('unite') . q{
		DO $$
		DECLARE
			u unions;
		BEGIN
			FOR u IN TABLE unions LOOP
				BEGIN
					EXECUTE format('EXECUTE unite (%L, %L)', u.kept, u.other);
				EXCEPTION WHEN OTHERS THEN
					INSERT INTO refused VALUES (u.kept, SQLSTATE);
				END;
			END LOOP;
		END $$;
		SELECT count(*) = (SELECT count(*) FROM unions), min(state), max(state) FROM refused}),
		't|22023|22023', 'mergers again are errors');
	is_as_now('... and change nothing');
	is_none('orders of either, when they come again, do nothing', q{
		unions CROSS JOIN LATERAL (VALUES (kept), (other)) AS v (either)
		JOIN members ON member = kept JOIN point_log AS l ON member_id = either::bigint
		WHERE n <= 4000 AND kind = 'earn'
			AND earn(members.points, l.points, at, expires, ref, available) <> members.points
			AND (either = kept
				OR NOT EXISTS (SELECT FROM point_log AS k WHERE k.member_id = kept::bigint AND k.ref = l.ref))});
	return;
}

# All have a basket: one is paid, one is paid in part, one given up, one forgotten.
sub checkouts
{
	my @checkout = (q{
		UPDATE members AS m SET points = hold(m.points, b.points, until => '2026-02-01 00:40:07',
			at => '2026-02-01 00:10:07', ref => 'basket ' || n)
		FROM baskets AS b WHERE b.member = m.member}, q{
		UPDATE members AS m SET points = capture(m.points, 'basket ' || n, points => paid,
			at => '2026-02-01 00:20:07')
		FROM baskets AS b WHERE b.member = m.member AND n % 4 < 2}, q{
		UPDATE members AS m SET points = release(m.points, 'basket ' || n, at => '2026-02-01 00:20:07')
		FROM baskets AS b WHERE b.member = m.member AND n % 4 = 2});

	$page->step('what is in the baskets', q{
		CREATE TABLE baskets AS
		SELECT *, CASE n % 4 WHEN 0 THEN points WHEN 1 THEN 1 + rnd(5, n, points) ELSE 0 END AS paid
		FROM (SELECT row_number() OVER (ORDER BY member) AS n, member, 1 + rnd(4, hashtext(member), balance) AS points
			FROM members, LATERAL (SELECT balance(points, '2026-02-01 00:10:07')) AS b (balance)
			WHERE balance > 0) AS b;
		ANALYZE baskets;});
	keep('was');
	$page->step('holds', $checkout[0]);
	is_none('held points do not count', MEMBERS . q{ LEFT JOIN baskets AS b USING (member),
			statement(m.points, '2026-02-01 00:10:07') AS s, statement(w.points, '2026-02-01 00:10:07') AS x
		WHERE (s.earned, s.available, s.pending, s.held, s.redeemed, s.expired, s.reversed) IS DISTINCT FROM
			(x.earned, x.available - coalesce(b.points, 0), x.pending, coalesce(b.points, 0),
			x.redeemed, x.expired, x.reversed)});
	$page->step('payments and releases', join ';', @checkout[ 1, 2 ]);
	keep('now');
	$page->step('checkouts again', join ';', @checkout);
	is_as_now('holds, payments and releases again do nothing');
	# What expires while it is held may be paid with.
	is_none('what is paid is spent, all else is there again', MEMBERS . q{ LEFT JOIN baskets AS b USING (member),
			statement(m.points, '2026-02-01 00:40:07') AS s, statement(w.points, '2026-02-01 00:40:07') AS x,
			statement(w.points, '2026-02-01 00:10:07') AS y
		WHERE (s.earned, s.pending, s.held, s.redeemed, s.reversed) IS DISTINCT FROM
				(x.earned, x.pending, 0, x.redeemed + coalesce(paid, 0), x.reversed)
			OR s.available + s.expired <> x.available + x.expired - coalesce(paid, 0)
			OR x.expired = y.expired AND s.expired <> x.expired});
	return;
}

sub extensions
{
	my $extend = q{UPDATE members SET points = extend(points, '2027-01-01', at => '2026-02-10', ref => 'visit')
		WHERE member NOT IN (SELECT other FROM unions)};

	keep('was');
	$page->step('extensions', $extend);
	is_none('an extension changes nothing before it', MEMBERS . ', ' . TIMES . q{,
		statement(m.points, t) AS s, statement(w.points, t) AS x WHERE t < '2026-02-10' AND s IS DISTINCT FROM x});
	is_none('... all that was left is left to the end', MEMBERS . q{,
			statement(m.points, '2026-12-31 23:59:59') AS s, statement(w.points, '2026-02-10') AS x
		WHERE (s.available, s.pending, s.expired) IS DISTINCT FROM (x.available + x.pending, 0, x.expired)});
	is_none('... and goes then, but for what lasts longer', MEMBERS . q{,
			statement(m.points, '2027-01-01') AS s, statement(w.points, '2026-02-10') AS x,
			LATERAL (SELECT coalesce(sum(remaining), 0) FROM lots(w.points, '2026-02-10')
				WHERE expires <= '2027-01-01') AS l (going)
		WHERE (s.available, s.expired) IS DISTINCT FROM (x.available + x.pending - going, x.expired + going)});
	keep('now');
	$page->step('extensions again', $extend);
	is_as_now('extensions again do nothing');
	return;
}

sub closings
{
	keep('was');
	$page->step('closings', q{UPDATE members SET points = close(points, '2026-03-01')});
	is_none('a closing changes no number', MEMBERS . ', ' . TIMES . ',
		statement(m.points, t) AS s, statement(w.points, t) AS x WHERE s IS DISTINCT FROM x');
	keep('now');
	is($page->step('late movements', q{
		TRUNCATE refused;
		DO $$
		DECLARE
			m text;
			late text;
		BEGIN
			FOR m IN SELECT member FROM members LOOP
				FOREACH late IN ARRAY '{earn, redeem, extend}'::text[] LOOP
					BEGIN
						UPDATE members SET points = CASE late
							WHEN 'earn' THEN earn(points, 1, '2026-03-01')
							WHEN 'redeem' THEN redeem(points, 1, '2026-03-01')
							ELSE extend(points, '2026-03-02', '2026-03-01') END
						WHERE member = m;
					EXCEPTION WHEN OTHERS THEN
						INSERT INTO refused VALUES (m, SQLSTATE);
					END;
				END LOOP;
			END LOOP;
		END $$;
		SELECT count(*) = 3 * (SELECT count(*) FROM members), min(state), max(state) FROM refused}),
		't|22023|22023', 'nothing enters a closed month');
	is_as_now('... nor changes a ledger');
	is_none('but what comes later does, if the ledger is not closed for ever', q{
		members, earn(points, 1, '2026-03-01 00:00:01') AS later WHERE member NOT IN (SELECT other FROM unions)
			AND balance(later, '2026-03-01 00:00:01') <> balance(points, '2026-03-01 00:00:01') + 1});
	return;
}

1;
