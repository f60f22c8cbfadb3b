/*
 * summary/state.h
 *		The states of the aggregates that make summaries of rows.  See summary/state.c.
 */
#ifndef RETENTION_SUMMARY_STATE_H
#define RETENTION_SUMMARY_STATE_H

#include "agg/aggstate.h"
#include "summary/call_site.h"
#include "summary/map.h"
#include "summary/summary.h"

typedef enum StateForm
{
	STATE_ONE,					/* one customer, or none */
	STATE_MAP,
	STATE_VALUE,
	STATE_VALUES
} StateForm;

/* Values from LARGE_VALUE on are merged with others only once there are MAX_VALUES, or all. */
#define LARGE_VALUE (64 * 1024)
#define MAX_VALUES 17

/* The first value takes in small ones as they come. */
typedef struct StateValues
{
	int			n;
	RetentionSummary *value[MAX_VALUES];
} StateValues;

typedef struct SummaryState
{
	GroupBuckets *buckets;		/* NULL where states are combined */
	TimestampTz last_at;		/* the latest time at which anybody was seen; of no use where states are combined */
	uint16		form;			/* StateForm */
	bool		has_as_of;		/* there is the last field */
	bool		has_amounts;	/* it is an AmountState */
	union
	{
		SeenWindow	window;
		SummaryMap *map;
		RetentionSummary *value;
		StateValues *values;
	};
	CustomerKey customer;
	TimestampTz as_of;			/* the same for all rows; DT_NOBEGIN until it is known, or if no argument says it */
} SummaryState;

/* The size of a state without as_of. */
#define SUMMARY_STATE_SIZE offsetof(SummaryState, as_of)

StaticAssertDecl(SUMMARY_STATE_SIZE <= 64, "a state of one customer fits a chunk of 64 bytes");

/* The state of an aggregate over rows with amounts. */
typedef struct AmountState
{
	SummaryState summary;
	AmountLog	amounts;
} AmountState;

extern SummaryState *summary_state_of_group(FunctionCallInfo fcinfo, BucketArguments arguments, Size size);
extern void summary_state_set_as_of(FunctionCallInfo fcinfo, SummaryState *state, int as_of_argno);
extern void summary_state_see_other(FunctionCallInfo fcinfo, SummaryState *state, Datum customer, int32 bucket);
extern void summary_state_see_amount(FunctionCallInfo fcinfo, AmountState *state, Datum customer, int32 bucket,
									 Datum amount, const char *name);

/*
 * Add a row of the one customer.  Returns false, and does nothing, if it is of another one or too far from the other
 * buckets.
 */
static inline bool
summary_state_see_one(FunctionCallInfo fcinfo, SummaryState *state, Datum customer, int32 bucket)
{
	const CustomerKeys *keys = &state->buckets->call->signature->keys;
	CustomerKey key = customer_keys_prepare(keys, customer);

	if (seenwindow_is_empty(&state->window))
		state->customer = customer_keys_copy(keys, key, aggstate_context(fcinfo));
	else if (!customer_keys_same(keys, state->customer, key))
		return false;
	return seenwindow_add(&state->window, bucket);
}

/*
 * Add a row: a customer was seen in a bucket.
 */
static inline void
summary_state_see(FunctionCallInfo fcinfo, SummaryState *state, Datum customer, int32 bucket)
{
	if (state->form == STATE_MAP)
		summary_map_add(state->map, customer, bucket);
	else if (!summary_state_see_one(fcinfo, state, customer, bucket))
		summary_state_see_other(fcinfo, state, customer, bucket);
}

#endif							/* RETENTION_SUMMARY_STATE_H */
