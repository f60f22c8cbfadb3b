/*
 * survival/kaplan_meier.c
 *		The estimate of Kaplan and Meier, time by time.
 *
 * At a time at which it happened to d of the n who were still being watched without it, survival falls by the
 * factor 1 - d / n; and Greenwood's formula says how sure that is:
 *
 *		S = product of (1 - d / n)		variance of log S = sum of d / (n (n - d))
 *
 * Whoever is censored at a time at which it happens to others was watched then, and counts among the n:
 * events come first.  The limits of confidence are those of log(-log S), which stay between 0 and 1.
 */
#include "survival/kaplan_meier.h"

#include "miscadmin.h"

#include <math.h>

static inline void
advance(SurvivalList *list)
{
	list->more = durations_next(&list->reader, &list->cell);
}

static void
begin_list(SurvivalList *list, const DurationList *stored)
{
	durations_read(&list->reader, stored);
	advance(list);
}

void
survival_begin(SurvivalWalk *walk, const Durations *durations)
{
	const DurationList *lists = durations->lists;

	memset(walk, 0, sizeof(*walk));
	begin_list(&walk->happened, &lists[DURATION_EVENT]);
	begin_list(&walk->censored, &lists[DURATION_CENSORED]);
	walk->at_risk = lists[DURATION_EVENT].count + lists[DURATION_CENSORED].count;
	walk->survival = 1;
}

/*
 * The next time at which anything is; false if there is none.
 */
bool
survival_peek(const SurvivalWalk *walk, uint64 *elapsed)
{
	*elapsed = Min(walk->happened.more ? walk->happened.cell.duration : PG_UINT64_MAX,
				   walk->censored.more ? walk->censored.cell.duration : PG_UINT64_MAX);
	return walk->happened.more || walk->censored.more;
}

/*
 * How many of a list there are at a time, which is not behind; they are taken off.
 */
static inline uint64
take(SurvivalList *list, uint64 elapsed)
{
	uint64		count;

	if (!list->more || list->cell.duration != elapsed)
		return 0;
	count = list->cell.count;
	if (list->reader.left % 65536 == 0)
		CHECK_FOR_INTERRUPTS();
	advance(list);
	return count;
}

/*
 * Go to the next time; false if there is none.
 */
bool
survival_next(SurvivalWalk *walk, SurvivalTime *at)
{
	double		n = walk->at_risk;
	double		d;

	if (!survival_peek(walk, &at->elapsed))
		return false;
	at->events = take(&walk->happened, at->elapsed);
	at->censored = take(&walk->censored, at->elapsed);
	d = at->events;
	if (at->events > 0)
	{
		walk->survival *= (n - d) / n;
		walk->variance += d / (n * (n - d));
	}
	walk->at_risk -= at->events + at->censored;
	walk->last = at->elapsed;
	return true;
}

/*
 * Is survival up to a time known, with all before it behind?  Not if somebody to whom it has not happened was
 * watched for less, and nobody for longer.
 */
bool
survival_known(const SurvivalWalk *walk, uint64 elapsed)
{
	return walk->at_risk > 0 || walk->survival == 0 || elapsed <= walk->last;
}

/*
 * The longest time for which it had not happened to somebody, or until it did.
 */
uint64
survival_longest(const Durations *durations)
{
	SurvivalWalk walk;
	SurvivalTime at;

	survival_begin(&walk, durations);
	while (survival_next(&walk, &at))
		;
	return walk.last;
}

/*
 * The limits of survival, whose half width z is that of the normal distribution.  It must not be 0 or 1.
 */
void
survival_limits(const SurvivalWalk *walk, double z, double *low, double *high)
{
	double		hazard = -log(walk->survival);
	double		width = z * sqrt(walk->variance) / hazard;

	*low = exp(-hazard * exp(width));
	*high = exp(-hazard * exp(-width));
}
