/*
 * points/ledger.h
 *		The type points_ledger: a member's loyalty points as one value.  README.md says which file does what.
 *
 * A ledger is a list of movements in the order in which they were entered, which may differ from that of
 * their times:
 *
 *		earn		adds a lot; the movement is the lot, there is no other list of lots
 *		redeem		draws points from lots, which are then spent
 *		transfer	draws points from lots, which go to another ledger; here they count as reversed
 *		hold		draws points from lots and keeps them apart, until it is captured or released or its time is
 *					over
 *		capture		ends a hold: spends what it holds, or a part of it; the rest is free again
 *		release		ends a hold: what it holds is free again
 *		reverse		undoes another movement: gives points back to the lots of a redemption, or takes back those
 *					of an earn, and leaves a debt for those that are no longer there
 *		extend		gives a later expiry to the lots that there are at its time and that have not expired
 *		close		from then on nothing can be entered at its time or before
 *
 * Movements name each other by their index in the list, which begins at 0 here; the id that a user sees
 * begins at 1.  What a movement draws is settled when it is entered.  How debts are paid, and when a lot
 * expires, is not: see points/replay.c.
 *
 * A hold ends once, and with it all that it holds: were two captures of one hold possible, the second could
 * be the first one sent again.  Points whose lot expires while they are held stay held, and expire when the
 * hold ends without spending them.
 *
 * A compacted ledger begins with openings: movements that stand for all up to a time.  Those are the lots
 * that are still of account, with what had become of their points by then; one lot for all the others; and
 * the holds, debts and redemptions that were open then or that a later movement undoes.  What was before is
 * no longer known.
 */
#ifndef RETENTION_POINTS_LEDGER_H
#define RETENTION_POINTS_LEDGER_H

#include "compat.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Never expires; infinity, so that it sorts behind every other expiry. */
#define NO_EXPIRY DT_NOEND

#define NO_MOVEMENT PG_UINT32_MAX
#define MAX_MOVEMENTS 1000000

/* Of all movements; arrays double, and must stay below MaxAllocSize. */
#define MAX_DRAWS ((uint32) (MaxAllocSize / sizeof(Draw) / 2))

typedef enum MovementKind
{
	MOVEMENT_EARN,
	MOVEMENT_REDEEM,
	MOVEMENT_REVERSE,
	MOVEMENT_TRANSFER,
	MOVEMENT_HOLD,
	MOVEMENT_CAPTURE,
	MOVEMENT_RELEASE,
	MOVEMENT_EXTEND,
	MOVEMENT_CLOSE
} MovementKind;

#define MOVEMENT_KINDS (MOVEMENT_CLOSE + 1)

typedef struct Draw
{
	uint32		lot;
	int64		points;
} Draw;

/* What had become of the points of a lot when its ledger was compacted; all 0 if an opening is no lot. */
typedef struct Opening
{
	int64		redeemed;
	int64		expired;
	int64		reversed;
	int64		reversible;		/* points that no reversal had undone */
} Opening;

typedef struct Movement
{
	MovementKind kind;
	uint32		merged_from;	/* first movement of the merged ledger that it came with; 0 if it was entered here */
	TimestampTz at;
	int64		points;			/* 0 of those that move none: extend, close */
	TimestampTz expires;		/* of a redemption: lots with this expiry are drawn first; of a hold: its end; of an
								 * extension: the new expiry */
	TimestampTz available;		/* of an earn */
	TimestampTz issued_at;		/* of an earn: earlier than its time if the points came from another ledger */
	const char *ref;			/* not terminated; NULL if none */
	uint32		ref_size;
	uint32		target;			/* what a reversal undoes; the hold that a capture or a release ends */
	uint32		first_draw;
	uint32		ndraws;
	int64		debt;			/* of the reversal of an earn: points that were no longer there */
	int64		reversible;		/* points that no reversal has undone yet; of a hold, 0 once a capture or a release
								 * has ended it; kept by ledger_settle */
	const Opening *opening;		/* NULL if it is none */
} Movement;

/* Where the points of a lot are.  The five numbers add up to what was earned. */
typedef struct LotState
{
	int64		left;			/* pending, available or expired */
	int64		lapsed;			/* expired, too: those that a reversal found expired */
	int64		held;
	int64		redeemed;
	int64		reversed;		/* taken back, transferred, or paid for a debt */
	TimestampTz expires;		/* later than when it was earned if it was extended */
} LotState;

typedef struct Ledger
{
	uint32		nmovements;
	uint32		room;			/* of movements and lots */
	Movement   *movements;
	LotState   *lots;			/* by index of the movement, after all movements and the ends of all holds; debts not
								 * paid, no lot extended */
	uint32		ndraws;
	uint32		draws_room;
	Draw	   *draws;
	int64		earned;
	TimestampTz latest;			/* the latest time of a movement */
	TimestampTz closed;			/* nothing can be entered at this time or before */
	uint32		merged_from;	/* that of the last movement */
	TimestampTz merged_closed;	/* the same for movements that came with it */
	TimestampTz known_from;		/* what was before is not known, since the ledger was compacted */
	uint32		nholds;			/* not captured nor released */
	TimestampTz holds_end;		/* the latest end of one of them, or later */
	uint32		first_open;		/* no lot before it holds points at the latest time or after */
	bool		has_debts;		/* paid by now or not */
	bool		has_extensions;
	struct varlena *stored;		/* what it was read from; NULL if it was made */
	uint32		nstored;		/* its movements */
	struct refs_hash *refs;		/* NULL: refs are looked up one by one */
	Node	   *escontext;		/* for soft errors */
} Ledger;

/* A time when something happens to a ledger; at one instant, in this order. */
typedef enum EventKind
{
	EVENT_EXPIRY,				/* of a lot that still has this expiry, or of those that an extension gave it */
	EVENT_HOLD_END,				/* nobody captured or released it */
	EVENT_AVAILABLE,
	EVENT_MOVEMENT
} EventKind;

typedef struct Event
{
	TimestampTz at;
	EventKind	kind;
	uint32		n;				/* the movement */
} Event;

/* Is told all that happens, in time order. */
typedef struct Watch
{
	void		(*happened) (struct Watch *watch, const Event *event, const LotState *lots);
	void		(*paid) (struct Watch *watch, TimestampTz at, uint32 lot, int64 points);
} Watch;

/* What a ledger holds at a time. */
typedef struct Replay
{
	const Ledger *ledger;
	uint32		first;			/* movements before it are left out */
	TimestampTz at;
	LotState   *lots;			/* at that time, debts paid as far as possible */
	int64		debt;			/* not paid at that time */
	uint32	   *debtors;		/* reversals with a debt, in time order */
	int64	   *unpaid;			/* what each owes at that time */
	uint32		ndebtors;
	int64	   *lowest;			/* what a new movement may take of each lot, as no later one needs it; NULL: all that
								 * is left */
	MemoryContext cxt;			/* NULL if nothing had to be worked out */
	Watch	   *watch;
	bool		no_debts;		/* as if nothing was owed */
	bool		at_start;		/* the movements of that instant come later */

	/* The first later movement that leaves less than wanted, if one does. */
	int64		wanted;
	uint32		needed_by;
} Replay;

#define LEDGER_VERSION 1

/*
 * Does a reversal give points back to the lots of a redemption?  Else it takes back those of an earn.
 */
static inline bool
ledger_gives_back(const Ledger *ledger, const Movement *reversal)
{
	return ledger->movements[reversal->target].kind != MOVEMENT_EARN;
}

/*
 * Points that never expire have not expired at infinity either.
 */
static inline bool
lot_is_expired(const LotState *lot, TimestampTz at)
{
	return lot->expires != NO_EXPIRY && lot->expires <= at;
}

static inline bool
lot_is_live(const Movement *lot, const LotState *state, TimestampTz at)
{
	return lot->kind == MOVEMENT_EARN && lot->available <= at && !lot_is_expired(state, at);
}

/* points/ledger.c */
extern Ledger *ledger_make(uint32 movements, Node *escontext);
extern Draw *ledger_next_draws(Ledger *ledger, uint32 ndraws);
extern void ledger_settle(Ledger *ledger);
extern TimestampTz ledger_closed(const Ledger *ledger, uint32 merged_from);
extern void ledger_add(Ledger *ledger, const Movement *movement, const Draw *draws);
extern bool ledger_apply(const Ledger *ledger, const Movement *movement, LotState *lots);
extern bool ledger_end_hold(const Ledger *ledger, const Movement *hold, LotState *lots);
extern void ledger_extend(const Ledger *ledger, uint32 extension, LotState *lots);
extern bool ledger_has_both(const Ledger *ledger, uint32 one, uint32 other);
pg_noreturn extern void ledger_damaged(void);

/* points/stored.c */
extern const uint8 *ledger_open_stored(struct varlena *value);
extern uint32 ledger_count_stored(Datum datum);
extern Ledger *ledger_of_datum(Datum datum);
extern Datum ledger_to_datum(const Ledger *ledger);
extern Datum ledger_append(const Ledger *ledger);

/* points/json.c */
extern char *ledger_to_json(const Ledger *ledger);
extern Ledger *ledger_of_json(Jsonb *json, Node *escontext);
extern void ledger_draws_to_json(StringInfo json, const Ledger *ledger, const Movement *movement);

/* points/kinds.c */
extern const char *movement_kind_name(MovementKind kind);
extern const char *movement_kind_verb(MovementKind kind);
extern bool movement_kind_of_name(const char *name, uint32 size, MovementKind *kind);
extern bool movement_has_target(MovementKind kind);
extern bool movement_has_draws(MovementKind kind);
extern bool movement_has_ref(MovementKind kind);
extern char *movement_name(const Ledger *ledger, uint32 n);
extern char *movement_title(const Ledger *ledger, uint32 n);

/* points/rules.c and points/rules_between.c: false if the rule is broken and the error was noted softly */
extern bool rule_points(const Ledger *ledger, int64 points);
extern bool rule_ref(const Ledger *ledger, const char *ref, uint32 size);
extern bool rule_ref_unique(const Ledger *ledger, uint32 same, const char *ref, uint32 size);
extern bool rule_ref_same(const Ledger *ledger, uint32 same, bool is_same);
extern bool rule_at(const Ledger *ledger, TimestampTz at);
extern bool rule_open(const Ledger *ledger, uint32 merged_from, TimestampTz at);
extern bool rule_merged_open(const Ledger *ledger, const Ledger *other, TimestampTz at);
extern bool rule_known(const Ledger *ledger, TimestampTz at);
extern bool rule_lot_times(const Ledger *ledger, TimestampTz at, TimestampTz available, TimestampTz expires);
extern bool rule_issued(const Ledger *ledger, TimestampTz at, TimestampTz issued_at);
extern bool rule_hold_times(const Ledger *ledger, TimestampTz at, TimestampTz until);
extern bool rule_hold_ref(const Ledger *ledger, bool has_ref);
extern bool rule_extension(const Ledger *ledger, TimestampTz at, TimestampTz expires);
extern bool rule_total(const Ledger *ledger, int64 points);
extern bool rule_room(const Ledger *ledger, uint64 movements, uint64 draws);
extern bool rule_size(const Ledger *ledger, uint64 bytes);
extern bool rule_balance(const Ledger *ledger, const Movement *redemption, int64 balance);
extern bool rule_not_needed(const Ledger *ledger, const Movement *redemption, int64 left, uint32 needed_by);
extern bool rule_target(const Ledger *ledger, uint32 target, uint32 first, const char *ref, uint32 size);
extern bool rule_target_time(const Ledger *ledger, uint32 target, TimestampTz at);
extern bool rule_partial_ref(const Ledger *ledger, bool has_ref);
extern bool rule_reversible(const Ledger *ledger, uint32 target, int64 points);
extern bool rule_taken_back(const Ledger *ledger, uint32 target, TimestampTz at, int64 points, int64 left,
							int64 expired, int64 held);
extern bool rule_parcel(const Ledger *parcel, uint32 n);
extern bool rule_hold(const Ledger *ledger, uint32 hold, uint32 first, const char *ref, uint32 size);
extern bool rule_held(const Ledger *ledger, uint32 hold, TimestampTz at, int64 points);
extern bool rule_captured_same(const Ledger *ledger, uint32 capture, int64 points);
extern bool rule_not_drawn(const Ledger *ledger, uint32 hold, int64 points, int64 missing);
extern bool rule_merged_from(const Ledger *ledger, uint32 merged_from, bool is_start);
extern bool rule_opening(const Ledger *ledger, bool holds, const char *detail);
extern bool rule_draws(const Ledger *ledger, const Movement *movement, const Draw *draws, const Movement *entered);

/* points/events.c */
extern Event *ledger_events(const Ledger *ledger, uint32 first, bool available, bool expiries, uint32 *nevents);
extern uint32 changes_of(const Ledger *ledger, const Event *event);
extern Draw change_of(const Ledger *ledger, const Event *event, uint32 i);

/* points/replay.c */
extern void ledger_replay(Replay *replay, const Ledger *ledger, uint32 first, TimestampTz at, bool later);
extern void ledger_replay_end(Replay *replay);
extern bool lot_is_drawn_before(const Ledger *ledger, const LotState *lots, uint32 one, uint32 other);

/* points/refs.c */
extern uint32 ledger_find_ref(const Ledger *ledger, const char *ref, uint32 size);
extern bool ledger_has_movement(const Ledger *ledger, const Movement *movement);
extern void ledger_expect_refs(Ledger *ledger, uint64 refs);
extern bool enter_movement(Ledger *ledger, const Movement *movement, const Draw *draws);

/* points/draw.c */
extern bool enter_draw(Ledger *ledger, const Movement *redemption);

/* points/undo.c */
extern uint32 ledger_end_of_hold(const Ledger *ledger, uint32 hold);
extern bool enter_reverse(Ledger *ledger, const Movement *reversal, bool allow_debt);
extern bool enter_capture(Ledger *ledger, const Movement *capture);
extern bool enter_release(Ledger *ledger, const Movement *release);

/* points/opening.c */
extern bool enter_opening(Ledger *ledger, const Movement *movement, const Draw *draws);

/* points/enter.c */
extern bool enter_earn(Ledger *ledger, const Movement *earn);
extern bool enter_extend(Ledger *ledger, const Movement *extension);
extern bool enter_close(Ledger *ledger, const Movement *closing);
extern bool enter_again(Ledger *ledger, const Movement *movement, const Draw *draws, bool has_draws);

#endif							/* RETENTION_POINTS_LEDGER_H */
