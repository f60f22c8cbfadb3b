/*
 * points/rules.c
 *		The rules for a movement of a points_ledger: for each a function, the only place of its message.
 *		Those about what it undoes, or draws from, are in points/rules_between.c.
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

bool
rule_at(const Ledger *ledger, TimestampTz at)
{
	if (!TIMESTAMP_NOT_FINITE(at))
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("the time of a movement must be finite, not %s", timestamp_text(at)),
			 errhint("Pass the time at which it happened.")));
	return false;
}

/*
 * Books that are closed do not change any more.
 */
bool
rule_open(const Ledger *ledger, uint32 merged_from, TimestampTz at)
{
	TimestampTz closed = ledger_closed(ledger, merged_from);

	if (at > closed)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the ledger is closed until %s", timestamp_text(closed)),
			 errdetail("A movement at %s cannot be entered any more.", timestamp_text(at)),
			 errhint("Enter it at a later time.")));
	return false;
}

/*
 * Nor do they by what is merged: what is new in them must not have been open until now.
 */
bool
rule_merged_open(const Ledger *ledger, const Ledger *other, TimestampTz at)
{
	if (at > ledger->closed || other->closed >= ledger->closed)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("one ledger is closed until %s, the other has a movement at %s that is not closed",
					timestamp_text(ledger->closed), timestamp_text(at)),
			 errhint("If the books of both are closed until then, close the other one, too, "
					 "before they are merged.")));
	return false;
}

/*
 * A compacted ledger has forgotten what was before.
 */
bool
rule_known(const Ledger *ledger, TimestampTz at)
{
	if (at >= ledger->known_from)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the ledger is compacted until %s", timestamp_text(ledger->known_from)),
			 errdetail("What it held at %s is not known any more.", timestamp_text(at)),
			 errhint("Ask for a later time, or ask a copy that was made before the ledger was compacted.")));
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

bool
rule_issued(const Ledger *ledger, TimestampTz at, TimestampTz issued_at)
{
	if (issued_at <= at)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("points cannot be issued after they were earned"),
			 errdetail("They are earned at %s and issued at %s.", timestamp_text(at), timestamp_text(issued_at))));
	return false;
}

/*
 * A hold without an end would be forgotten.
 */
bool
rule_hold_times(const Ledger *ledger, TimestampTz at, TimestampTz until)
{
	if (at < until && !TIMESTAMP_NOT_FINITE(until))
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a hold must end after it begins, at a finite time"),
			 errdetail("It begins at %s and ends at %s.", timestamp_text(at), timestamp_text(until)),
			 errhint("Points are held until just before the time that is given.")));
	return false;
}

/*
 * Who captures it names it.
 */
bool
rule_hold_ref(const Ledger *ledger, bool has_ref)
{
	if (has_ref)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("ref must not be null for a hold"),
			 errhint("Pass the id of the order: capture and release take it.")));
	return false;
}

bool
rule_extension(const Ledger *ledger, TimestampTz at, TimestampTz expires)
{
	if (at < expires)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("points cannot be extended to a time that is over"),
			 errdetail("They are extended at %s until %s.", timestamp_text(at), timestamp_text(expires)),
			 errhint("Pass infinity for points that never expire.")));
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
 * What a compacted ledger begins with.
 */
bool
rule_opening(const Ledger *ledger, bool holds, const char *detail)
{
	if (holds)
		return true;
	errsave(ledger->escontext,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("movement %u cannot be an opening", ledger->nmovements + 1),
			 errdetail_internal("%s", detail)));
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
			 errmsg("%s does not draw as the rules say", movement_name(ledger, entered - ledger->movements)),
			 errhint("Draws may be left out; they are then worked out.")));
	return false;
}
