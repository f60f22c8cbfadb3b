/*
 * models/survivors.h
 *		Cohorts of contracts and how many are left of each: what sbg_fit collects.  See models/survivors.c.
 */
#ifndef RETENTION_MODELS_SURVIVORS_H
#define RETENTION_MODELS_SURVIVORS_H

#include "compat.h"

#include "fmgr.h"

/* What happened to the customers of all cohorts that were seen at these two ages, and at none between. */
typedef struct RenewalSpan
{
	int64		from;
	int64		to;
	int64		stayed;
	int64		left;
} RenewalSpan;

/* Sorted by the ages, each pair of which comes once. */
typedef struct RenewalSpans
{
	RenewalSpan *spans;
	uint64		nspans;
	int64		customers;		/* of cohorts with two ages or more */
} RenewalSpans;

typedef struct SurvivorsState SurvivorsState;

extern RenewalSpans survivors_spans(const SurvivorsState *state);

#endif							/* RETENTION_MODELS_SURVIVORS_H */
