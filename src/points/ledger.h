/*
 * points/ledger.h
 *		The type points_ledger: a member's loyalty points as one value.  README.md says which file does what.
 *
 * A ledger is a list of movements in the order in which they were entered, which may differ from that of
 * their times:
 *
 *		earn		adds a lot; the movement is the lot, there is no other list of lots
 *		redeem		draws points from lots
 *		reverse		undoes another movement: gives points back to the lots of a redemption, or takes back those
 *					of an earn, and leaves a debt for those that are no longer there
 *
 * Movements name each other by their index in the list, which begins at 0 here; the id that a user sees
 * begins at 1.  What a movement draws is settled when it is entered.  How debts are paid is not: see
 * points/replay.c.
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
	MOVEMENT_REVERSE
} MovementKind;

typedef struct Draw
{
	uint32		lot;
	int64		points;
} Draw;

typedef struct Movement
{
	MovementKind kind;
	uint32		merged_from;	/* first movement of the merged ledger that it came with; 0 if it was entered here */
	TimestampTz at;
	int64		points;
	TimestampTz expires;		/* of a redemption: lots with this expiry are drawn first */
	TimestampTz available;		/* of an earn */
	const char *ref;			/* not terminated; NULL if none */
	uint32		ref_size;
	uint32		target;			/* what a reversal undoes */
	uint32		first_draw;
	uint32		ndraws;
	int64		debt;			/* of the reversal of an earn: points that were no longer there */
	int64		reversible;		/* points that no reversal has undone yet; kept by ledger_add */
} Movement;

/* Where the points of a lot are.  The four add up to what was earned. */
typedef struct LotState
{
	int64		left;			/* pending, available or expired */
	int64		lapsed;			/* expired, too: those that a reversal found expired */
	int64		redeemed;
	int64		reversed;		/* taken back, or paid for a debt */
} LotState;

typedef struct Ledger
{
	uint32		nmovements;
	uint32		room;			/* of movements and lots */
	Movement   *movements;
	LotState   *lots;			/* by index of the movement, after all movements; debts not paid */
	uint32		ndraws;
	uint32		draws_room;
	Draw	   *draws;
	int64		earned;
	TimestampTz latest;			/* the latest time of a movement */
	uint32		first_open;		/* no lot before it holds points at the latest time or after */
	bool		has_debts;		/* paid by now or not */
	struct refs_hash *refs;		/* NULL: refs are looked up one by one */
	Node	   *escontext;		/* for soft errors */
} Ledger;

/* What a ledger holds at a time. */
typedef struct Replay
{
	const Ledger *ledger;
	uint32		first;			/* movements before it are left out */
	TimestampTz at;
	LotState   *lots;			/* at that time, debts paid as far as possible */
	int64		debt;			/* not paid at that time */
	int64	   *lowest;			/* what a new movement may take of each lot, as no later one needs it; NULL: all that
								 * is left */
	MemoryContext cxt;			/* NULL if nothing had to be worked out */

	/* The first later movement that leaves less than wanted, if one does. */
	int64		wanted;
	uint32		needed_by;
} Replay;

#define LEDGER_VERSION 1

/* points/ledger.c */
extern Ledger *ledger_make(uint32 movements, Node *escontext);
extern void ledger_add(Ledger *ledger, const Movement *movement, const Draw *draws);
extern bool ledger_apply(const Ledger *ledger, const Movement *movement, LotState *lots);
pg_noreturn extern void ledger_damaged(void);

/* points/stored.c */
extern const uint8 *ledger_open_stored(struct varlena *value);
extern uint32 ledger_count_stored(Datum datum);
extern Ledger *ledger_of_datum(Datum datum);
extern Datum ledger_to_datum(const Ledger *ledger);
extern Datum ledger_append(Datum datum, const Ledger *ledger, uint32 from);

/* points/json.c */
extern char *ledger_to_json(const Ledger *ledger);
extern Ledger *ledger_of_json(Jsonb *json, Node *escontext);
extern void ledger_draws_to_json(StringInfo json, const Ledger *ledger, const Movement *movement);
extern const char *movement_kind_name(MovementKind kind);

/* points/rules.c: false if the rule is broken and the error was noted softly */
extern bool rule_points(const Ledger *ledger, int64 points);
extern bool rule_ref(const Ledger *ledger, const char *ref, uint32 size);
extern bool rule_ref_unique(const Ledger *ledger, uint32 same, const char *ref, uint32 size);
extern bool rule_ref_same(const Ledger *ledger, uint32 same, bool is_same);
extern bool rule_at(const Ledger *ledger, TimestampTz at);
extern bool rule_lot_times(const Ledger *ledger, TimestampTz at, TimestampTz available, TimestampTz expires);
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
							int64 expired);
extern bool rule_merged_from(const Ledger *ledger, uint32 merged_from, bool is_start);
extern bool rule_draws(const Ledger *ledger, const Movement *movement, const Draw *draws, const Movement *entered);

/* points/replay.c */
extern void ledger_replay(Replay *replay, const Ledger *ledger, uint32 first, TimestampTz at, bool later);
extern void ledger_replay_end(Replay *replay);
extern bool lot_is_expired(const Movement *lot, TimestampTz at);
extern bool lot_is_live(const Movement *lot, TimestampTz at);
extern bool lot_is_drawn_before(const Ledger *ledger, uint32 one, uint32 other);

/* points/enter.c */
extern uint32 ledger_find_ref(const Ledger *ledger, const char *ref, uint32 size);
extern void ledger_index_refs(Ledger *ledger);
extern bool enter_earn(Ledger *ledger, const Movement *earn);
extern bool enter_redeem(Ledger *ledger, const Movement *redemption);
extern bool enter_reverse(Ledger *ledger, const Movement *reversal, bool allow_debt);
extern bool enter_again(Ledger *ledger, const Movement *movement, const Draw *draws, bool has_draws);

#endif							/* RETENTION_POINTS_LEDGER_H */
