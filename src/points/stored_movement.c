/*
 * points/stored_movement.c
 *		The bytes of one movement of a stored points_ledger.
 *
 *		head 1			kind, and which of the optional parts there are
 *		[more 1]		kinds and parts that most ledgers do not have
 *		at 8
 *		points			not of releases, extensions and closings
 *		[merged from]	[expires 8]		[available 8]	[size of ref, ref]	[issued at 8]
 *		[of an opening lot: redeemed, expired, reversed, reversible]
 *		[own index - that of its target]
 *		[number of draws, of each: own index - that of the lot, points]
 *		[debt]
 *
 * Kinds and parts that most ledgers do not have cost the others nothing.
 */
#include "points/stored.h"
#include "base/varint.h"

#define HEAD_KIND 0x03			/* all bits: the kind is in the next byte */
#define HEAD_MERGED_FROM 0x04
#define HEAD_EXPIRES 0x08
#define HEAD_AVAILABLE 0x10
#define HEAD_REF 0x20
#define HEAD_DEBT 0x40
#define HEAD_MORE 0x80

#define MORE_KIND 0x0F
#define MORE_ISSUED 0x10
#define MORE_OPENING 0x20
#define MORE_KNOWN 0x3F

/* What the kinds of movement may have and must have. */
static const struct
{
	uint8		head;
	uint8		more;
	bool		has_points;
	bool		has_target;
	bool		has_draws;
}			parts[MOVEMENT_KINDS] = {
	[MOVEMENT_EARN] = {HEAD_EXPIRES | HEAD_AVAILABLE | HEAD_REF, MORE_ISSUED | MORE_OPENING, true, false, false},
	[MOVEMENT_REDEEM] = {HEAD_EXPIRES | HEAD_REF, MORE_OPENING, true, false, true},
	[MOVEMENT_REVERSE] = {HEAD_REF | HEAD_DEBT, MORE_OPENING, true, true, true},
	[MOVEMENT_TRANSFER] = {HEAD_REF, 0, true, false, true},
	[MOVEMENT_HOLD] = {HEAD_EXPIRES | HEAD_REF, MORE_OPENING, true, false, true},
	[MOVEMENT_CAPTURE] = {0, 0, true, true, true},
	[MOVEMENT_RELEASE] = {0, 0, false, true, false},
	[MOVEMENT_EXTEND] = {HEAD_EXPIRES | HEAD_REF, 0, false, false, false},
	[MOVEMENT_CLOSE] = {0, 0, false, false, false},
};


static void
put_number(StringInfo bytes, uint64 number)
{
	uint8		encoded[VARINT_MAX_SIZE];

	appendBinaryStringInfo(bytes, (char *) encoded, varint_put(encoded, number) - encoded);
}

static void
put_time(StringInfo bytes, TimestampTz time)
{
	appendBinaryStringInfo(bytes, (char *) &time, sizeof(time));
}

static inline uint64
get_number(Reader *reader)
{
	uint64		number;
	const uint8 *next = varint_get(reader->cur, reader->end, &number);

	if (unlikely(next == NULL))
		ledger_damaged();
	reader->cur = next;
	return number;
}

static TimestampTz
get_time(Reader *reader)
{
	TimestampTz time;

	if (reader->end - reader->cur < sizeof(time))
		ledger_damaged();
	memcpy(&time, reader->cur, sizeof(time));
	reader->cur += sizeof(time);
	if (!IS_VALID_TIMESTAMP(time))
		ledger_damaged();
	return time;
}

/*
 * Of an opening lot that stands for many it is not known.
 */
static TimestampTz
get_issue_time(Reader *reader, bool may_be_unknown)
{
	static const TimestampTz unknown = DT_NOBEGIN;

	if (!may_be_unknown || reader->end - reader->cur < sizeof(unknown) ||
		memcmp(reader->cur, &unknown, sizeof(unknown)) != 0)
		return get_time(reader);
	reader->cur += sizeof(unknown);
	return unknown;
}

/*
 * A number of points that is no more than there are.
 */
static int64
get_some_of(Reader *reader, int64 points)
{
	uint64		some = get_number(reader);

	if (some > points)
		ledger_damaged();
	return some;
}

static int64
get_points(Reader *reader)
{
	uint64		points = get_number(reader);

	if (points < 1 || points > PG_INT64_MAX)
		ledger_damaged();
	return points;
}

/*
 * The index of an earlier movement, stored as how far back it is.
 */
static uint32
get_earlier(Reader *reader, const Ledger *ledger)
{
	uint64		back = get_number(reader);

	if (back < 1 || back > ledger->nmovements)
		ledger_damaged();
	return ledger->nmovements - back;
}

static void
put_opening(StringInfo bytes, const Opening *opening)
{
	put_number(bytes, opening->redeemed);
	put_number(bytes, opening->expired);
	put_number(bytes, opening->reversed);
	put_number(bytes, opening->reversible);
}

static const Opening *
get_opening(Reader *reader, const Movement *movement)
{
	Opening    *opening = palloc0(sizeof(Opening));
	int64		rest = movement->points;

	if (movement->kind != MOVEMENT_EARN)
		return opening;
	rest -= opening->redeemed = get_some_of(reader, rest);
	rest -= opening->expired = get_some_of(reader, rest);
	opening->reversed = get_some_of(reader, rest);
	opening->reversible = get_some_of(reader, movement->points);
	return opening;
}

static uint8
head_of(const Movement *movement, uint8 more)
{
	uint8		head = Min(movement->kind, HEAD_KIND);

	head |= movement->merged_from > 0 ? HEAD_MERGED_FROM : 0;
	head |= movement->expires != NO_EXPIRY ? HEAD_EXPIRES : 0;
	head |= movement->available != movement->at ? HEAD_AVAILABLE : 0;
	head |= movement->ref ? HEAD_REF : 0;
	head |= movement->debt > 0 ? HEAD_DEBT : 0;
	head |= more ? HEAD_MORE : 0;
	return head;
}

static uint8
more_of(const Movement *movement)
{
	uint8		more = movement->kind >= HEAD_KIND ? movement->kind : 0;

	more |= movement->issued_at != movement->at ? MORE_ISSUED : 0;
	more |= movement->opening ? MORE_OPENING : 0;
	return more;
}

void
stored_put_movement(StringInfo bytes, const Ledger *ledger, uint32 n)
{
	const Movement *movement = &ledger->movements[n];
	const Draw *draws = ledger->draws + movement->first_draw;
	uint8		more = more_of(movement);
	uint8		head = head_of(movement, more);
	uint32		i;

	appendStringInfoCharMacro(bytes, head);
	if (more)
		appendStringInfoCharMacro(bytes, more);
	put_time(bytes, movement->at);
	if (parts[movement->kind].has_points)
		put_number(bytes, movement->points);
	if (head & HEAD_MERGED_FROM)
		put_number(bytes, movement->merged_from);
	if (head & HEAD_EXPIRES)
		put_time(bytes, movement->expires);
	if (head & HEAD_AVAILABLE)
		put_time(bytes, movement->available);
	if (head & HEAD_REF)
	{
		put_number(bytes, movement->ref_size);
		appendBinaryStringInfo(bytes, movement->ref, movement->ref_size);
	}
	if (more & MORE_ISSUED)
		put_time(bytes, movement->issued_at);
	if (movement->opening && movement->kind == MOVEMENT_EARN)
		put_opening(bytes, movement->opening);
	if (parts[movement->kind].has_target)
		put_number(bytes, n - movement->target);
	if (parts[movement->kind].has_draws)
		put_number(bytes, movement->ndraws);
	for (i = 0; i < movement->ndraws; i++)
	{
		put_number(bytes, n - draws[i].lot);
		put_number(bytes, draws[i].points);
	}
	if (head & HEAD_DEBT)
		put_number(bytes, movement->debt);
}

/*
 * Head and kind.  A part that its kind does not have is damage, and so is a second form of the same.
 */
static uint8
get_head(Reader *reader, Movement *movement, uint8 *more)
{
	uint8		head;
	bool		is_other;

	if (reader->cur == reader->end)
		ledger_damaged();
	head = *reader->cur++;
	movement->kind = head & HEAD_KIND;
	is_other = movement->kind == HEAD_KIND;
	*more = 0;
	if (head & HEAD_MORE)
	{
		if (reader->cur == reader->end)
			ledger_damaged();
		*more = *reader->cur++;
		if (*more == 0 || (*more & ~MORE_KNOWN) != 0 || (!is_other && (*more & MORE_KIND) != 0))
			ledger_damaged();
		if (is_other)
			movement->kind = *more & MORE_KIND;
	}
	else if (is_other)
		ledger_damaged();
	if (movement->kind >= MOVEMENT_KINDS || (is_other && movement->kind < HEAD_KIND) ||
		(head & ~(HEAD_KIND | HEAD_MERGED_FROM | HEAD_MORE | parts[movement->kind].head)) != 0 ||
		(*more & ~(MORE_KIND | parts[movement->kind].more)) != 0)
		ledger_damaged();
	return head;
}

/*
 * Times that cannot be.  A part that says what its absence says is damage, too: it would be a second form.
 */
static void
check_times(const Movement *movement, uint8 head, uint8 more)
{
	bool		has_end = movement->kind == MOVEMENT_HOLD || movement->kind == MOVEMENT_EXTEND;

	if (((head & HEAD_AVAILABLE) &&
		 (movement->opening ? movement->available == movement->at : movement->available <= movement->at)) ||
		((more & MORE_ISSUED) && movement->issued_at >= movement->at) ||
		(has_end && movement->expires <= movement->at) ||
		(movement->kind == MOVEMENT_HOLD && movement->expires == NO_EXPIRY))
		ledger_damaged();
}

static uint32
get_merged_from(Reader *reader, const Ledger *ledger)
{
	uint64		merged_from = get_number(reader);

	if (merged_from < 1 || merged_from > ledger->nmovements)
		ledger_damaged();
	return merged_from;
}

static void
get_ref(Reader *reader, Movement *movement)
{
	uint64		size = get_number(reader);

	if (size < 1 || size > reader->end - reader->cur)
		ledger_damaged();
	movement->ref = (const char *) reader->cur;
	movement->ref_size = size;
	reader->cur += size;
}

/*
 * All but what it undoes or draws.
 */
static uint8
get_parts(Reader *reader, const Ledger *ledger, Movement *movement)
{
	uint8		more;
	uint8		head = get_head(reader, movement, &more);

	movement->at = get_time(reader);
	movement->points = parts[movement->kind].has_points ? get_points(reader) : 0;
	movement->merged_from = head & HEAD_MERGED_FROM ? get_merged_from(reader, ledger) : 0;
	movement->expires = head & HEAD_EXPIRES ? get_time(reader) : NO_EXPIRY;
	movement->available = head & HEAD_AVAILABLE ? get_time(reader) : movement->at;
	movement->ref = NULL;
	movement->ref_size = 0;
	if (head & HEAD_REF)
		get_ref(reader, movement);
	movement->issued_at = more & MORE_ISSUED ? get_issue_time(reader, more & MORE_OPENING) : movement->at;
	movement->opening = more & MORE_OPENING ? get_opening(reader, movement) : NULL;
	check_times(movement, head, more);
	return head;
}

/*
 * A movement draws from a lot once, so that there cannot be more draws than movements before it.
 */
static uint32
get_draws(Reader *reader, const Ledger *ledger)
{
	uint64		ndraws = get_number(reader);
	uint32		i;

	if (ndraws > ledger->nmovements || ndraws > MAX_DRAWS - ledger->ndraws)
		ledger_damaged();
	if (ndraws > reader->draws_room)
	{
		reader->draws_room = Max(2 * reader->draws_room, ndraws);
		reader->draws = repalloc_array(reader->draws, Draw, reader->draws_room);
	}
	for (i = 0; i < ndraws; i++)
	{
		Draw	   *draw = &reader->draws[i];

		draw->lot = get_earlier(reader, ledger);
		draw->points = get_points(reader);
		if (ledger->movements[draw->lot].kind != MOVEMENT_EARN)
			ledger_damaged();
	}
	return ndraws;
}

/*
 * What a reversal undoes, or the hold that a movement ends.
 */
static uint32
get_target(Reader *reader, const Ledger *ledger, const Movement *movement)
{
	uint32		target = get_earlier(reader, ledger);
	MovementKind kind = ledger->movements[target].kind;
	bool		can_be;

	if (movement->kind == MOVEMENT_REVERSE)
		can_be = kind == MOVEMENT_EARN || kind == MOVEMENT_REDEEM || kind == MOVEMENT_CAPTURE;
	else
		can_be = kind == MOVEMENT_HOLD;
	if (!can_be)
		ledger_damaged();
	return target;
}

void
stored_get_movement(Reader *reader, Ledger *ledger)
{
	Movement   *movement = ledger_next(ledger);
	uint8		head = get_parts(reader, ledger, movement);

	movement->target = parts[movement->kind].has_target ? get_target(reader, ledger, movement) : 0;
	if (movement->kind == MOVEMENT_RELEASE)
		movement->points = ledger->movements[movement->target].points;
	movement->ndraws = parts[movement->kind].has_draws ? get_draws(reader, ledger) : 0;
	movement->debt = head & HEAD_DEBT ? get_points(reader) : 0;
	ledger_settle(ledger, reader->draws);
}
