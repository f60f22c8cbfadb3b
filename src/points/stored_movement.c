/*
 * points/stored_movement.c
 *		The bytes of one movement of a stored points_ledger.
 *
 *		head 1			kind, and which of the optional parts there are
 *		[more 1]		kinds and parts that most ledgers do not have
 *		[at]
 *		points			not of releases, extensions and closings
 *		[issued at]
 *		[of an opening lot: which of these there are 1, redeemed, expired, reversed, reversible]
 *		[debt]			[merged from]	[expires]	[available]		[size of ref, ref]
 *		[own index - that of its target]
 *		[number of draws, of each: own index - that of the lot, points]
 *
 * Kinds and parts that most ledgers do not have cost the others nothing.
 */
#include "points/stored_times.h"

#define HEAD_KIND 0x03			/* all bits: the kind is in the next byte */
#define HEAD_EXPIRY 0x0C		/* an Expiry */
#define HEAD_AVAILABLE 0x10
#define HEAD_REF 0x20
#define HEAD_AT_ONCE 0x40		/* at the time of the one before */
#define HEAD_MORE 0x80
#define HEAD_ALWAYS (HEAD_KIND | HEAD_AT_ONCE | HEAD_MORE)

#define EXPIRY_SHIFT 2

#define MORE_KIND 0x0F
#define MORE_ISSUED 0x10
#define MORE_OPENING 0x20
#define MORE_DEBT 0x40
#define MORE_MERGED_FROM 0x80
#define MORE_ALWAYS MORE_MERGED_FROM

/* What there is of an opening lot; else nothing has become of its points, and all are reversible. */
#define LOT_REDEEMED 0x01
#define LOT_EXPIRED 0x02
#define LOT_REVERSED 0x04
#define LOT_REVERSIBLE 0x08

/* What the kinds of movement may have and must have. */
typedef struct Parts
{
	uint8		head;
	uint8		more;
	bool		points;
	bool		target;
	bool		draws;
} Parts;

static const Parts parts_of[MOVEMENT_KINDS] = {
	[MOVEMENT_EARN] = {HEAD_EXPIRY | HEAD_AVAILABLE | HEAD_REF, MORE_ISSUED | MORE_OPENING, true, false, false},
	[MOVEMENT_REDEEM] = {HEAD_EXPIRY | HEAD_REF, MORE_OPENING, true, false, true},
	[MOVEMENT_REVERSE] = {HEAD_REF, MORE_OPENING | MORE_DEBT, true, true, true},
	[MOVEMENT_TRANSFER] = {HEAD_REF, MORE_KIND, true, false, true},
	[MOVEMENT_HOLD] = {HEAD_EXPIRY | HEAD_REF, MORE_KIND | MORE_OPENING, true, false, true},
	[MOVEMENT_CAPTURE] = {0, MORE_KIND, true, true, true},
	[MOVEMENT_RELEASE] = {0, MORE_KIND, false, true, false},
	[MOVEMENT_EXTEND] = {HEAD_EXPIRY | HEAD_REF, MORE_KIND, false, false, false},
	[MOVEMENT_CLOSE] = {0, MORE_KIND, false, false, false},
};

static inline int64
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
static inline uint32
get_earlier(Reader *reader, const Ledger *ledger)
{
	uint64		back = get_number(reader);

	if (back < 1 || back > ledger->nmovements)
		ledger_damaged();
	return ledger->nmovements - back;
}

/*
 * The lots of an opening were available long ago, most of them as soon as they were issued.
 */
static inline TimestampTz
usually_available(const Movement *movement)
{
	return movement->opening ? movement->issued_at : movement->at;
}

static uint8
more_of(const Movement *movement)
{
	uint8		more = movement->kind >= HEAD_KIND ? movement->kind : 0;

	more |= movement->issued_at != movement->at ? MORE_ISSUED : 0;
	more |= movement->opening ? MORE_OPENING : 0;
	more |= movement->debt > 0 ? MORE_DEBT : 0;
	more |= movement->merged_from > 0 ? MORE_MERGED_FROM : 0;
	return more;
}

static uint8
head_of(const Movement *movement, const Times *before, uint8 more)
{
	uint8		head = Min(movement->kind, HEAD_KIND) | expiry_of(movement, before) << EXPIRY_SHIFT;

	head |= movement->at == before->at ? HEAD_AT_ONCE : 0;
	head |= movement->available != usually_available(movement) ? HEAD_AVAILABLE : 0;
	head |= movement->ref ? HEAD_REF : 0;
	head |= more ? HEAD_MORE : 0;
	return head;
}

static void
put_opening(StringInfo bytes, const Movement *lot)
{
	const Opening *opening = lot->opening;
	uint8		has = 0;

	has |= opening->redeemed > 0 ? LOT_REDEEMED : 0;
	has |= opening->expired > 0 ? LOT_EXPIRED : 0;
	has |= opening->reversed > 0 ? LOT_REVERSED : 0;
	has |= opening->reversible != lot->points ? LOT_REVERSIBLE : 0;
	appendStringInfoCharMacro(bytes, has);
	if (has & LOT_REDEEMED)
		put_number(bytes, opening->redeemed);
	if (has & LOT_EXPIRED)
		put_number(bytes, opening->expired);
	if (has & LOT_REVERSED)
		put_number(bytes, opening->reversed);
	if (has & LOT_REVERSIBLE)
		put_number(bytes, opening->reversible);
}

static void
put_draws(StringInfo bytes, const Ledger *ledger, uint32 n)
{
	const Draw *draws = ledger->draws + ledger->movements[n].first_draw;
	uint32		i;

	put_number(bytes, ledger->movements[n].ndraws);
	for (i = 0; i < ledger->movements[n].ndraws; i++)
	{
		put_number(bytes, n - draws[i].lot);
		put_number(bytes, draws[i].points);
	}
}

void
stored_put_movement(StringInfo bytes, const Ledger *ledger, uint32 n, Times *before)
{
	const Movement *movement = &ledger->movements[n];
	const Parts *parts = &parts_of[movement->kind];
	uint8		more = more_of(movement);
	uint8		head = head_of(movement, before, more);

	appendStringInfoCharMacro(bytes, head);
	if (more)
		appendStringInfoCharMacro(bytes, more);
	if (!(head & HEAD_AT_ONCE))
		put_time(bytes, movement->at, before->at);
	if (parts->points)
		put_number(bytes, movement->points);
	if (more & MORE_ISSUED)
		put_time(bytes, movement->issued_at, before->issued_at);
	if (movement->opening && movement->kind == MOVEMENT_EARN)
		put_opening(bytes, movement);
	if (more & MORE_DEBT)
		put_number(bytes, movement->debt);
	if (more & MORE_MERGED_FROM)
		put_number(bytes, movement->merged_from);
	if (expiry_of(movement, before) == EXPIRY_OTHER)
		put_time(bytes, movement->expires, before->expires);
	if (head & HEAD_AVAILABLE)
		put_time(bytes, movement->available, usually_available(movement));
	if (head & HEAD_REF)
	{
		put_number(bytes, movement->ref_size);
		appendBinaryStringInfo(bytes, movement->ref, movement->ref_size);
	}
	if (parts->target)
		put_number(bytes, n - movement->target);
	if (parts->draws)
		put_draws(bytes, ledger, n);
	times_pass(before, movement);
}

static uint8
get_more_byte(Reader *reader)
{
	uint8		more = get_byte(reader);

	if (more == 0)
		ledger_damaged();
	return more;
}

/*
 * A part that a kind does not have is damage.
 */
static inline MovementKind
check_head(uint8 head, uint8 more)
{
	MovementKind kind = head & HEAD_KIND;

	if (kind == HEAD_KIND)
	{
		kind = more & MORE_KIND;
		if (kind < HEAD_KIND || kind >= MOVEMENT_KINDS)
			ledger_damaged();
	}
	if ((head & ~(HEAD_ALWAYS | parts_of[kind].head)) != 0 || (more & ~(MORE_ALWAYS | parts_of[kind].more)) != 0)
		ledger_damaged();
	return kind;
}

/*
 * A number of points that is there, but no more than some.
 */
static int64
get_some_of(Reader *reader, int64 points)
{
	int64		some = get_points(reader);

	if (some > points)
		ledger_damaged();
	return some;
}

/*
 * A lot, and what had become of its points.
 */
static void
get_lot(Reader *reader, Opening *opening, int64 points)
{
	uint8		has = get_byte(reader);
	int64		rest = points;

	if (has > (LOT_REDEEMED | LOT_EXPIRED | LOT_REVERSED | LOT_REVERSIBLE))
		ledger_damaged();
	rest -= opening->redeemed = has & LOT_REDEEMED ? get_some_of(reader, rest) : 0;
	rest -= opening->expired = has & LOT_EXPIRED ? get_some_of(reader, rest) : 0;
	opening->reversed = has & LOT_REVERSED ? get_some_of(reader, rest) : 0;
	opening->reversible = has & LOT_REVERSIBLE ? get_number(reader) : points;
	if (opening->reversible < 0 || opening->reversible > points ||
		((has & LOT_REVERSIBLE) && opening->reversible == points))
		ledger_damaged();
}

static const Opening *
get_opening(Reader *reader, const Ledger *ledger, const Movement *movement)
{
	static const Opening no_lot = {0};
	Opening    *opening;

	if (movement->kind != MOVEMENT_EARN)
		return &no_lot;
	if (reader->openings == NULL)
		reader->openings = palloc_array(Opening, ledger->room);
	opening = &reader->openings[ledger->nmovements];
	get_lot(reader, opening, movement->points);
	return opening;
}

static uint32
get_merged_from(Reader *reader, const Ledger *ledger)
{
	uint64		merged_from = get_number(reader);

	if (merged_from < 1 || merged_from > ledger->nmovements)
		ledger_damaged();
	return merged_from;
}

/*
 * Of an opening lot that stands for many it is not known.
 */
static TimestampTz
get_issue_time(Reader *reader, const Movement *movement, bool may_be_unknown)
{
	TimestampTz issued_at = get_any_time(reader, reader->before.issued_at);

	if (issued_at >= movement->at ||
		!(IS_VALID_TIMESTAMP(issued_at) || (may_be_unknown && issued_at == DT_NOBEGIN)))
		ledger_damaged();
	return issued_at;
}

/*
 * Parts that most ledgers do not have.
 */
static void
get_more(Reader *reader, const Ledger *ledger, Movement *movement, uint8 more)
{
	if (more & MORE_ISSUED)
		movement->issued_at = get_issue_time(reader, movement, more & MORE_OPENING);
	if (more & MORE_OPENING)
		movement->opening = get_opening(reader, ledger, movement);
	if (more & MORE_DEBT)
		movement->debt = get_points(reader);
	if (more & MORE_MERGED_FROM)
		movement->merged_from = get_merged_from(reader, ledger);
}

/*
 * A part that says what its absence says is damage: it would be a second form.
 */
static inline TimestampTz
get_new_time(Reader *reader)
{
	TimestampTz at = get_time(reader, reader->before.at);

	if (at == reader->before.at)
		ledger_damaged();
	return at;
}

static inline TimestampTz
get_available(Reader *reader, const Movement *movement, bool is_unusual)
{
	TimestampTz usual = usually_available(movement);
	TimestampTz available = is_unusual ? get_time(reader, usual) : usual;

	if (is_unusual && (movement->opening ? available == usual : available <= usual))
		ledger_damaged();
	if (movement->opening)
		check_time(available);
	return available;
}

static inline void
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
 * A movement draws from a lot once, so that there cannot be more draws than movements before it.
 */
static inline uint32
get_draws(Reader *reader, Ledger *ledger)
{
	uint64		ndraws = get_number(reader);
	Draw	   *draws;
	uint32		i;

	if (ndraws > ledger->nmovements || ndraws > MAX_DRAWS - ledger->ndraws)
		ledger_damaged();
	draws = ledger_next_draws(ledger, ndraws);
	for (i = 0; i < ndraws; i++)
	{
		draws[i].lot = get_earlier(reader, ledger);
		draws[i].points = get_points(reader);
		if (ledger->movements[draws[i].lot].kind != MOVEMENT_EARN)
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

/*
 * A hold ends, and an extension reaches further than its own time.
 */
static void
check_end(const Movement *movement)
{
	bool		is_hold = movement->kind == MOVEMENT_HOLD;

	if ((is_hold || movement->kind == MOVEMENT_EXTEND) &&
		(movement->expires <= movement->at || (is_hold && movement->expires == NO_EXPIRY)))
		ledger_damaged();
}

/*
 * Read a movement into its place, for which there is room.
 */
void
stored_get_movement(Reader *reader, Ledger *ledger)
{
	Movement   *movement = &ledger->movements[ledger->nmovements];
	uint8		head = get_byte(reader);
	uint8		more = head & HEAD_MORE ? get_more_byte(reader) : 0;
	const Parts *parts;

	movement->kind = check_head(head, more);
	parts = &parts_of[movement->kind];
	movement->at = head & HEAD_AT_ONCE ? reader->before.at : get_new_time(reader);
	movement->issued_at = movement->at;
	movement->points = parts->points ? get_points(reader) : 0;
	movement->opening = NULL;
	movement->debt = 0;
	movement->merged_from = 0;
	if (more & ~MORE_KIND)
		get_more(reader, ledger, movement, more);
	movement->expires = get_expiry(reader, movement, (head & HEAD_EXPIRY) >> EXPIRY_SHIFT);
	movement->available = get_available(reader, movement, head & HEAD_AVAILABLE);
	movement->ref = NULL;
	movement->ref_size = 0;
	if (head & HEAD_REF)
		get_ref(reader, movement);
	if (movement->kind >= HEAD_KIND)
		check_end(movement);
	movement->target = parts->target ? get_target(reader, ledger, movement) : 0;
	if (movement->kind == MOVEMENT_RELEASE)
		movement->points = ledger->movements[movement->target].points;
	movement->ndraws = parts->draws ? get_draws(reader, ledger) : 0;
	times_pass(&reader->before, movement);
	ledger_settle(ledger);
}
