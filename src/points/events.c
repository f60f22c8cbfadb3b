/*
 * points/events.c
 *		What happens to a points_ledger in time order: movements, and what comes by itself.
 *
 * At one instant points expire, then holds end, then points become available, then movements follow in the
 * order of their entry.
 */
#include "points/ledger.h"

#include "miscadmin.h"

static int
compare_events(const Event *one, const Event *other)
{
	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return one->n < other->n ? -1 : one->n > other->n;
}

#define ST_SORT sort_events
#define ST_ELEMENT_TYPE Event
#define ST_COMPARE(a, b) compare_events(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

/*
 * The events of the movements from "first" on.  Only who asks for them gets those at which points become
 * available or expire.
 */
Event *
ledger_events(const Ledger *ledger, uint32 first, bool available, bool expiries, uint32 *nevents)
{
	Event	   *events = palloc_extended(3 * (ledger->nmovements + 1) * sizeof(Event), MCXT_ALLOC_HUGE);
	uint32		n = 0;
	uint32		i;

	for (i = first; i < ledger->nmovements; i++)
	{
		const Movement *movement = &ledger->movements[i];
		bool		is_earn = movement->kind == MOVEMENT_EARN;
		bool		is_hold = movement->kind == MOVEMENT_HOLD;
		bool		gives_expiry = is_earn || movement->kind == MOVEMENT_EXTEND;

		events[n++] = (Event) {movement->at, EVENT_MOVEMENT, i};
		if (is_hold && movement->reversible > 0)
			events[n++] = (Event) {movement->expires, EVENT_HOLD_END, i};
		if (available && is_earn && movement->available > movement->at)
			events[n++] = (Event) {movement->available, EVENT_AVAILABLE, i};
		if (expiries && gives_expiry && movement->expires != NO_EXPIRY)
			events[n++] = (Event) {movement->expires, EVENT_EXPIRY, i};
	}
	sort_events(events, n);
	*nevents = n;
	return events;
}

/*
 * The hold that an event ends, or NULL.
 */
static const Movement *
ended_hold(const Ledger *ledger, const Event *event)
{
	const Movement *movement = &ledger->movements[event->n];

	if (event->kind == EVENT_HOLD_END)
		return movement;
	if (movement->kind == MOVEMENT_CAPTURE || movement->kind == MOVEMENT_RELEASE)
		return &ledger->movements[movement->target];
	return NULL;
}

/*
 * The number of changes that an event makes to what is left in lots: one by each draw, and one by what the
 * reversal of an earn finds expired.
 */
uint32
changes_of(const Ledger *ledger, const Event *event)
{
	const Movement *movement = &ledger->movements[event->n];
	const Movement *hold;

	if (event->kind != EVENT_MOVEMENT && event->kind != EVENT_HOLD_END)
		return 0;
	hold = ended_hold(ledger, event);
	if (hold)
		return hold->ndraws;
	return movement->ndraws + (movement->kind == MOVEMENT_REVERSE && !ledger_gives_back(ledger, movement));
}

/*
 * One of these changes; points that go into the lot are positive.
 */
Draw
change_of(const Ledger *ledger, const Event *event, uint32 i)
{
	const Movement *movement = &ledger->movements[event->n];
	const Movement *hold = ended_hold(ledger, event);
	const Draw *draws = ledger->draws + movement->first_draw;
	Draw		change = {movement->target, movement->debt - movement->points};

	if (hold)
	{
		change = ledger->draws[hold->first_draw + i];
		if (movement->kind == MOVEMENT_CAPTURE && i < movement->ndraws)
			change.points -= draws[i].points;
	}
	else if (i < movement->ndraws)
	{
		change = draws[i];
		if (movement->kind != MOVEMENT_REVERSE || !ledger_gives_back(ledger, movement))
			change.points = -change.points;
	}
	else
		for (i = 0; i < movement->ndraws; i++)
			change.points += draws[i].points;
	return change;
}
