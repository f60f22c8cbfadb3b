/*
 * points/rules_between.c
 *		The rules for movements of a points_ledger that are about another movement, or about the points that
 *		others have left: for each a function, the only place of its message, as in points/rules.c.
 */
#include "points/ledger.h"
#include "base/text.h"

/*
 * For a message: the points of a redemption that is not in the ledger yet.
 */
static char *
points_of(const Movement *redemption)
{
	if (redemption->ref == NULL)
		return psprintf(INT64_FORMAT, redemption->points);
	return psprintf("the " INT64_FORMAT " of ref \"%.*s\"", redemption->points, (int) redemption->ref_size,
					redemption->ref);
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
			 errdetail("It is already that of %s.", movement_name(ledger, same)),
			 errhint("A parcel is received once. To merge two ledgers that have refs in common, use merge with a "
					 "prefix that none of them has.")));
	return false;
}

/*
 * A hint if a ref is that of a redemption which might have been a hold.
 */
static int
hint_captured(const Movement *movement)
{
	if (movement->kind != MOVEMENT_REDEEM || movement->opening == NULL)
		return 0;
	return errhint("A hold that was captured before its ledger was compacted is a redemption since.");
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
					   movement_name(ledger, movement->target)) :
			 movement->points == 0 ?
			 errdetail("Movement %u extends the points that there are.", same + 1) :
			 errdetail("Movement %u %s " INT64_FORMAT " points.", same + 1, movement_kind_verb(movement->kind),
					   movement->points),
			 hint_captured(movement)));
	return false;
}

/* What cannot be reversed, and what to do instead. */
static const struct
{
	const char *what;
	const char *hint;
}			no_undo[MOVEMENT_KINDS] = {
	[MOVEMENT_REVERSE] = {"a reversal", "Enter the reversed movement again, with a new ref."},
	[MOVEMENT_TRANSFER] = {"a transfer", "Transfer the points back, with a new ref."},
	[MOVEMENT_HOLD] = {"a hold that was not captured", "Use release: it frees what is held."},
	[MOVEMENT_RELEASE] = {"a release", "Hold the points again, with a new ref."},
	[MOVEMENT_EXTEND] = {"an extension", "Points that were extended keep their expiry."},
	[MOVEMENT_CLOSE] = {"a closing", "Books that are closed stay closed."},
};

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
					   movement_name(ledger, needed_by), timestamp_text(ledger->movements[needed_by].at))));
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
				 : errmsg("there is no movement %u to reverse", target + 1),
				 TIMESTAMP_NOT_FINITE(ledger->known_from) ? 0 :
				 errhint("The ledger is compacted until %s: what was used up by then cannot be reversed.",
						 timestamp_text(ledger->known_from))));
		return false;
	}
	if (no_undo[ledger->movements[target].kind].what == NULL)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s cannot be reversed", no_undo[ledger->movements[target].kind].what),
			 errdetail("It is %s.", movement_name(ledger, target)),
			 errhint("%s", no_undo[ledger->movements[target].kind].hint)));
	return false;
}

bool
rule_target_time(const Ledger *ledger, uint32 target, TimestampTz at)
{
	if (at >= ledger->movements[target].at)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 ledger->movements[target].kind == MOVEMENT_HOLD ?
			 errmsg("a hold cannot end before it begins") :
			 errmsg("a reversal cannot lie before what it reverses"),
			 ledger->movements[target].kind == MOVEMENT_HOLD ?
			 errdetail("It is to end at %s, and %s begins at %s.", timestamp_text(at), movement_name(ledger, target),
					   timestamp_text(ledger->movements[target].at)) :
			 errdetail("The reversal is at %s, and %s at %s.", timestamp_text(at), movement_name(ledger, target),
					   timestamp_text(ledger->movements[target].at)),
			 errhint("Pass the time at which the points were %s.",
					 ledger->movements[target].kind == MOVEMENT_HOLD ? "captured or released" : "returned")));
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
					   ledger->movements[target].points, movement_name(ledger, target), left, points)));
	return false;
}

/*
 * "left", "expired" and "held" are what the lot has at that time of the points that are not reversed yet.
 */
bool
rule_taken_back(const Ledger *ledger, uint32 target, TimestampTz at, int64 points, int64 left, int64 expired,
				int64 held)
{
	int64		redeemed = ledger->movements[target].reversible - left - expired - held;

	if (points - left - expired <= 0)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 held == 0 ?
			 errmsg("points to be taken back were redeemed") :
			 errmsg("points to be taken back were redeemed or are held"),
			 held == 0 ?
			 errdetail("Of the points of %s, " INT64_FORMAT " are left, " INT64_FORMAT " redeemed and "
					   INT64_FORMAT " expired at %s, and " INT64_FORMAT " are to be taken back.",
					   movement_name(ledger, target), left, redeemed, expired, timestamp_text(at), points) :
			 errdetail("Of the points of %s, " INT64_FORMAT " are left, " INT64_FORMAT " held, " INT64_FORMAT
					   " redeemed and " INT64_FORMAT " expired at %s, and " INT64_FORMAT " are to be taken back.",
					   movement_name(ledger, target), left, held, redeemed, expired, timestamp_text(at), points),
			 errhint("allow_negative makes the rest a debt, which the next points pay.")));
	return false;
}

/*
 * What is received must be points alone.
 */
bool
rule_parcel(const Ledger *parcel, uint32 n)
{
	const Movement *movement = &parcel->movements[n];

	if (movement->kind == MOVEMENT_EARN && movement->opening == NULL)
		return true;
	errsave(parcel->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the ledger to be received is not a parcel"),
			 errdetail("Besides points it has %s.", movement_name(parcel, n)),
			 errhint("Receive what transfer gives. Ledgers of two members become one with merge.")));
	return false;
}

/*
 * What is captured or released must be a hold.  Movements before "first" are another ledger's.
 */
bool
rule_hold(const Ledger *ledger, uint32 hold, uint32 first, const char *ref, uint32 size)
{
	if (hold < ledger->nmovements && hold >= first && ledger->movements[hold].kind == MOVEMENT_HOLD)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 ref ? errmsg("there is no hold with ref \"%.*s\"", (int) size, ref)
			 : errmsg("movement %u is not a hold", hold + 1),
			 hold < ledger->nmovements ? hint_captured(&ledger->movements[hold]) : 0));
	return false;
}

/*
 * A hold ends once: with a capture, a release, or its time.
 */
bool
rule_held(const Ledger *ledger, uint32 hold, TimestampTz at, int64 points)
{
	const Movement *movement = &ledger->movements[hold];
	bool		has_ended = movement->reversible == 0;

	if (!has_ended && at < movement->expires && points <= movement->points)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("the points are not held"),
			 has_ended ?
			 errdetail("%s was captured or released.", movement_title(ledger, hold)) :
			 errdetail("%s holds " INT64_FORMAT " points until just before %s, and " INT64_FORMAT
					   " are to be taken from it at %s.",
					   movement_title(ledger, hold), movement->points, timestamp_text(movement->expires), points,
					   timestamp_text(at)),
			 errhint("Redeem the points, if there are enough.")));
	return false;
}

/*
 * Points of a hold that is over by now, and is captured at a time when it was not.
 */
bool
rule_not_drawn(const Ledger *ledger, uint32 hold, int64 points, int64 missing)
{
	if (missing == 0)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("points are needed by a later movement"),
			 errdetail("Of the " INT64_FORMAT " points to be captured, " INT64_FORMAT
					   " were drawn after %s ended at %s.",
					   points, missing, movement_name(ledger, hold),
					   timestamp_text(ledger->movements[hold].expires))));
	return false;
}

/*
 * A hold is captured once: again with other points would be another capture.
 */
bool
rule_captured_same(const Ledger *ledger, uint32 capture, int64 points)
{
	const Movement *movement = &ledger->movements[capture];

	if (points == movement->points)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("the hold was captured with other points"),
			 errdetail("Movement %u captures " INT64_FORMAT " points of %s, and " INT64_FORMAT " were asked for.",
					   capture + 1, movement->points, movement_name(ledger, movement->target), points),
			 errhint("A hold ends when it is captured: what was not captured is free again.")));
	return false;
}
