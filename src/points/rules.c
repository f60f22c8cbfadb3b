/*
 * points/rules.c
 *		The rules for movements of a points_ledger: for each a function, the only place of its message.
 *
 * Every movement passes here, whether it comes from earn(), from text, from a binary message or from rows.
 * If the ledger has a place for soft errors, a broken rule is noted there and its function returns false;
 * else it is raised.
 */
#include "points/ledger.h"
#include "base/text.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/*
 * How messages name a movement.
 */
static char *
name_of(const Ledger *ledger, uint32 n)
{
	const Movement *movement = &ledger->movements[n];

	if (movement->ref == NULL)
		return psprintf("movement %u", n + 1);
	return psprintf("movement %u (ref \"%.*s\")", n + 1, (int) movement->ref_size, movement->ref);
}

/*
 * And the points of a redemption that is not in the ledger yet.
 */
static char *
points_of(const Movement *redemption)
{
	if (redemption->ref == NULL)
		return psprintf(INT64_FORMAT, redemption->points);
	return psprintf("the " INT64_FORMAT " of ref \"%.*s\"", redemption->points, (int) redemption->ref_size,
					redemption->ref);
}

bool
rule_points(const Ledger *ledger, int64 points)
{
	if (points > 0)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("points must be positive, not " INT64_FORMAT, points),
			 errhint("Enter points that are spent with redeem, and points that are taken back with reverse.")));
	return false;
}

/*
 * An empty ref is an id that got lost; two of them must not pass for one movement.
 */
bool
rule_ref(const Ledger *ledger, const char *ref, uint32 size)
{
	if (ref == NULL || size > 0)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("ref must not be empty"),
			 errhint("Use NULL for a movement without an id of its own.")));
	return false;
}

/*
 * For movements of one list, or of two that are merged.
 */
bool
rule_ref_unique(const Ledger *ledger, uint32 same, const char *ref, uint32 size)
{
	if (same == NO_MOVEMENT)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("ref \"%.*s\" occurs twice", (int) size, ref),
			 errdetail("It is already that of %s.", name_of(ledger, same)),
			 errhint("To merge two ledgers, prefix the refs of one with prefix_refs.")));
	return false;
}

/*
 * A ref that is there already must mean the same movement once more.
 */
bool
rule_ref_same(const Ledger *ledger, uint32 same, bool is_same)
{
	const Movement *movement = &ledger->movements[same];

	if (is_same)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("ref \"%.*s\" belongs to another movement", (int) movement->ref_size, movement->ref),
			 movement->kind == MOVEMENT_REVERSE ?
			 errdetail("Movement %u reverses " INT64_FORMAT " points of %s.", same + 1, movement->points,
					   name_of(ledger, movement->target)) :
			 errdetail("Movement %u %s " INT64_FORMAT " points.", same + 1,
					   movement->kind == MOVEMENT_EARN ? "earns" : "redeems", movement->points)));
	return false;
}

bool
rule_at(const Ledger *ledger, TimestampTz at)
{
	if (!TIMESTAMP_NOT_FINITE(at))
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("the time of a movement must be finite, not %s", timestamp_text(at)),
			 errhint("Pass the time at which the points were earned, redeemed or reversed.")));
	return false;
}

bool
rule_lot_times(const Ledger *ledger, TimestampTz at, TimestampTz available, TimestampTz expires)
{
	if (at <= available && available < expires)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("points must be earned, become available and expire in this order"),
			 errdetail("They are earned at %s, available from %s and expire at %s.",
					   timestamp_text(at), timestamp_text(available), timestamp_text(expires)),
			 errhint("Points count from the time at which they are available until just before they expire; "
					 "for points that never expire pass NULL.")));
	return false;
}

/*
 * All points that were ever earned fit into bigint; no other sum is greater.
 */
bool
rule_total(const Ledger *ledger, int64 points)
{
	int64		sum;

	if (!pg_add_s64_overflow(ledger->earned, points, &sum))
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("the points of a ledger are out of range"),
			 errdetail("It has earned " INT64_FORMAT " points, and "
					   INT64_FORMAT " more would exceed the range of bigint.",
					   ledger->earned, points),
			 errhint("Check the points: a ledger has at most " INT64_FORMAT ".", PG_INT64_MAX)));
	return false;
}

bool
rule_room(const Ledger *ledger, uint64 movements, uint64 draws)
{
	if (ledger->nmovements + movements <= MAX_MOVEMENTS && ledger->ndraws + draws <= MAX_DRAWS)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("points_ledger is too large"),
			 errdetail("A ledger cannot have more than %d movements, and %u draws.", MAX_MOVEMENTS, MAX_DRAWS)));
	return false;
}

bool
rule_size(const Ledger *ledger, uint64 bytes)
{
	if (bytes < MaxAllocSize)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("points_ledger is too large"),
			 errdetail("Its refs would take " UINT64_FORMAT " bytes.", bytes)));
	return false;
}

bool
rule_balance(const Ledger *ledger, const Movement *redemption, int64 balance)
{
	if (redemption->points <= balance)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("not enough points"),
			 errdetail("The balance at %s is " INT64_FORMAT ", which is less than %s.",
					   timestamp_text(redemption->at), balance, points_of(redemption))));
	return false;
}

bool
rule_not_needed(const Ledger *ledger, const Movement *redemption, int64 left, uint32 needed_by)
{
	if (redemption->points <= left)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("points are needed by a later movement"),
			 errdetail("Of the balance at %s, only " INT64_FORMAT " points are not needed later, which is less than "
					   "%s; the first to need them is %s, at %s.",
					   timestamp_text(redemption->at), Max(left, 0), points_of(redemption),
					   name_of(ledger, needed_by), timestamp_text(ledger->movements[needed_by].at))));
	return false;
}

/*
 * What is reversed must be there, and not be a reversal.  Movements before "first" are another ledger's;
 * "target" is NO_MOVEMENT if no movement has the ref.
 */
bool
rule_target(const Ledger *ledger, uint32 target, uint32 first, const char *ref, uint32 size)
{
	if (target >= ledger->nmovements || target < first)
	{
		errsave(ledger->escontext,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 ref ? errmsg("there is no movement with ref \"%.*s\" to reverse", (int) size, ref)
				 : errmsg("there is no movement %u to reverse", target + 1)));
		return false;
	}
	if (ledger->movements[target].kind != MOVEMENT_REVERSE)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a reversal cannot be reversed"),
			 errdetail("It is %s.", name_of(ledger, target)),
			 errhint("Enter the reversed movement again, with a new ref.")));
	return false;
}

bool
rule_target_time(const Ledger *ledger, uint32 target, TimestampTz at)
{
	if (at >= ledger->movements[target].at)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a reversal cannot lie before what it reverses"),
			 errdetail("The reversal is at %s, and %s at %s.", timestamp_text(at), name_of(ledger, target),
					   timestamp_text(ledger->movements[target].at)),
			 errhint("Pass the time at which the points were returned.")));
	return false;
}

/*
 * Without a ref, the reversal of a part that is sent twice looks like that of two parts.
 */
bool
rule_partial_ref(const Ledger *ledger, bool has_ref)
{
	if (has_ref)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("reversal_ref must not be null where points are given"),
			 errhint("Pass the id of the return or credit note.")));
	return false;
}

bool
rule_reversible(const Ledger *ledger, uint32 target, int64 points)
{
	int64		left = ledger->movements[target].reversible;

	if (points <= left && left > 0)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("no more can be reversed than there was"),
			 errdetail("Of the " INT64_FORMAT " points of %s, " INT64_FORMAT " are not reversed yet, and "
					   INT64_FORMAT " were asked for.",
					   ledger->movements[target].points, name_of(ledger, target), left, points)));
	return false;
}

/*
 * "left" and "expired" are what the lot has at that time of the points that are not reversed yet.
 */
bool
rule_taken_back(const Ledger *ledger, uint32 target, TimestampTz at, int64 points, int64 left, int64 expired)
{
	int64		redeemed = ledger->movements[target].reversible - left - expired;

	if (points - left - expired <= 0)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("points to be taken back were redeemed"),
			 errdetail("Of the points of %s, " INT64_FORMAT " are left, " INT64_FORMAT " redeemed and "
					   INT64_FORMAT " expired at %s, and " INT64_FORMAT " are to be taken back.",
					   name_of(ledger, target), left, redeemed, expired, timestamp_text(at), points),
			 errhint("allow_negative makes the rest a debt, which the next points pay.")));
	return false;
}

/*
 * A movement that came with a merged ledger draws from the lots of that ledger only.
 */
bool
rule_merged_from(const Ledger *ledger, uint32 merged_from, bool is_start)
{
	if (is_start)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("movement %u cannot have been merged from a ledger that begins with movement %u",
					ledger->nmovements + 1, merged_from + 1),
			 errdetail("No merged ledger begins there.")));
	return false;
}

/*
 * What a movement from outside draws must be what entering it draws.
 */
bool
rule_draws(const Ledger *ledger, const Movement *movement, const Draw *draws, const Movement *entered)
{
	const Draw *should = ledger->draws + entered->first_draw;
	bool		same = movement->ndraws == entered->ndraws && movement->debt == entered->debt;
	uint32		i;

	for (i = 0; same && i < entered->ndraws; i++)
		same = draws[i].lot == should[i].lot && draws[i].points == should[i].points;
	if (same)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("%s does not draw as the rules say", name_of(ledger, entered - ledger->movements)),
			 errhint("Draws may be left out; they are then worked out.")));
	return false;
}
