/*
 * survival/kaplan_meier.h
 *		The estimate of Kaplan and Meier, time by time.  See survival/kaplan_meier.c.
 */
#ifndef RETENTION_SURVIVAL_KAPLAN_MEIER_H
#define RETENTION_SURVIVAL_KAPLAN_MEIER_H

#include "survival/durations.h"

/* A list, and its next cell. */
typedef struct SurvivalList
{
	DurationReader reader;
	DurationCell cell;
	bool		more;
} SurvivalList;

typedef struct SurvivalWalk
{
	SurvivalList happened;
	SurvivalList censored;
	uint64		at_risk;		/* watched for longer than all that is behind */
	uint64		last;			/* the last time behind at which anything was */
	double		survival;		/* up to there, and that included */
	double		variance;		/* of its logarithm */
} SurvivalWalk;

/* What was at a time. */
typedef struct SurvivalTime
{
	uint64		elapsed;
	uint64		events;
	uint64		censored;
} SurvivalTime;

extern void survival_begin(SurvivalWalk *walk, const Durations *durations);
extern bool survival_peek(const SurvivalWalk *walk, uint64 *elapsed);
extern bool survival_next(SurvivalWalk *walk, SurvivalTime *at);
extern bool survival_known(const SurvivalWalk *walk, uint64 elapsed);
extern uint64 survival_longest(const Durations *durations);
extern void survival_limits(const SurvivalWalk *walk, double z, double *low, double *high);

#endif							/* RETENTION_SURVIVAL_KAPLAN_MEIER_H */
