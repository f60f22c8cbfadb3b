/*
 * rfm/cuts_agg.c
 *		The cuts of RFM scores, made from customers: the aggregate rfm_cuts.
 *
 * The state is a sample (see rfm/scale.c) and so takes 24 bytes a row.  Its rows are customers, not orders: the
 * aggregate stands over a query that groups orders by customer.
 */
#include "agg/aggstate.h"
#include "base/period.h"
#include "base/text.h"
#include "base/wire.h"
#include "rfm/cuts.h"
#include "rfm/scale.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

/* The arguments of the transition functions. */
#define ARG_LAST_ORDER 1
#define ARG_ORDERS 2
#define ARG_REVENUE 3
#define ARG_BINS 4
#define ARG_AS_OF 5

#define LATEST_ORDER DT_NOBEGIN /* as_of is not given: the latest last_order */

/* The parameters of a group; passed between processes as they are. */
typedef struct RfmCutsCall
{
	int64		type;			/* AmountType */
	int64		bins;
	TimestampTz as_of;
} RfmCutsCall;

typedef struct RfmCutsState
{
	RfmCutsCall call;
	RfmSample	sample;
} RfmCutsState;

typedef struct RfmCutsPartial
{
	RfmCutsCall call;
	uint64		nrows;
	RfmColumn	columns[RFM_DIMENSIONS];
} RfmCutsPartial;

PG_FUNCTION_INFO_V1(rfm_cuts_accum_numeric);
PG_FUNCTION_INFO_V1(rfm_cuts_accum_bigint);
PG_FUNCTION_INFO_V1(rfm_cuts_accum_double);
PG_FUNCTION_INFO_V1(rfm_cuts_combine);
PG_FUNCTION_INFO_V1(rfm_cuts_serialize);
PG_FUNCTION_INFO_V1(rfm_cuts_deserialize);
PG_FUNCTION_INFO_V1(rfm_cuts_final);

static RfmCutsState *
create_state(FunctionCallInfo fcinfo, const RfmCutsCall *call)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	RfmCutsState *state = MemoryContextAlloc(cxt, sizeof(RfmCutsState));

	rfm_check_bins(call->bins, NULL);
	state->call = *call;
	rfm_sample_init(&state->sample, cxt);
	return state;
}

static void
check_parameters(const RfmCutsCall *one, const RfmCutsCall *other)
{
	if (unlikely(one->bins != other->bins))
		parameter_changed("bins", psprintf(INT64_FORMAT, one->bins), psprintf(INT64_FORMAT, other->bins));
	if (unlikely(one->as_of != other->as_of))
		parameter_changed("as_of", timestamp_text(one->as_of), timestamp_text(other->as_of));
}

/*
 * The group's state, made at its first row; the parameters of every row are checked.
 */
static RfmCutsState *
group_state(FunctionCallInfo fcinfo, AmountType type)
{
	RfmCutsState *state = STATE_OR_NULL(RfmCutsState, 0);
	RfmCutsCall call = {type, RFM_DEFAULT_BINS, LATEST_ORDER};

	if (PG_NARGS() > ARG_BINS)
	{
		parameter_not_null(fcinfo, ARG_BINS, "bins");
		call.bins = PG_GETARG_INT64(ARG_BINS);
	}
	if (PG_NARGS() > ARG_AS_OF)
	{
		parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
		call.as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
		period_check_as_of(call.as_of);
	}
	if (state == NULL)
		return create_state(fcinfo, &call);
	check_parameters(&state->call, &call);
	return state;
}

/*
 * As of a time nothing later is known, least of all what the later orders make of frequency and revenue.
 */
static void
check_last_order(TimestampTz last_order, TimestampTz as_of)
{
	if (as_of != LATEST_ORDER && unlikely(last_order >= as_of))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the last order, at %s, is not before as_of, %s", timestamp_text(last_order),
						timestamp_text(as_of)),
				 errhint("Leave later orders out before you group them: WHERE ordered_at < as_of.")));
}

/*
 * rfm_cuts_accum_...(internal, timestamptz, bigint, revenue [, bigint [, timestamptz]]) -> internal
 */
static Datum
accumulate(FunctionCallInfo fcinfo, AmountType type)
{
	RfmCutsState *state = group_state(fcinfo, type);

	if (!PG_ARGISNULL(ARG_LAST_ORDER) && !PG_ARGISNULL(ARG_ORDERS) && !PG_ARGISNULL(ARG_REVENUE))
	{
		RfmRow		row = rfm_row(PG_GETARG_TIMESTAMPTZ(ARG_LAST_ORDER), PG_GETARG_INT64(ARG_ORDERS),
								  rfm_revenue(PG_GETARG_DATUM(ARG_REVENUE), type));

		check_last_order(row.values[RFM_RECENCY].key, state->call.as_of);
		rfm_sample_add(&state->sample, &row);
	}
	PG_RETURN_POINTER(state);
}

Datum
rfm_cuts_accum_numeric(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_NUMERIC);
}

Datum
rfm_cuts_accum_bigint(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_BIGINT);
}

Datum
rfm_cuts_accum_double(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_DOUBLE);
}

Datum
rfm_cuts_combine(PG_FUNCTION_ARGS)
{
	RfmCutsState *state = STATE_OR_NULL(RfmCutsState, 0);
	RfmCutsPartial *other = STATE_OR_NULL(RfmCutsPartial, 1);

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo, &other->call);
	else
		check_parameters(&state->call, &other->call);
	rfm_sample_append(&state->sample, other->columns, other->nrows);
	PG_RETURN_POINTER(state);
}

/*
 * The parameters, the number of rows, and for each dimension its keys, whether it has exact values, and these.
 */
Datum
rfm_cuts_serialize(PG_FUNCTION_ARGS)
{
	RfmCutsState *state = (RfmCutsState *) PG_GETARG_POINTER(0);
	const RfmSample *sample = &state->sample;
	StringInfoData message;
	int			d;
	uint64		i;

	wire_begin(&message, WIRE_RFM_CUTS);
	wire_put(&message, &state->call, sizeof(state->call));
	wire_put(&message, &sample->nrows, sizeof(sample->nrows));
	for (d = 0; d < RFM_DIMENSIONS && sample->nrows > 0; d++)
	{
		const RfmColumn *column = &sample->columns[d];
		int64		has_exacts = column->exacts != NULL;

		wire_put(&message, column->keys, sample->nrows * sizeof(int64));
		wire_put(&message, &has_exacts, sizeof(has_exacts));
		for (i = 0; has_exacts && i < sample->nrows; i++)
			wire_put_numeric(&message, column->exacts[i]);
	}
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
rfm_cuts_deserialize(PG_FUNCTION_ARGS)
{
	RfmCutsPartial *partial = palloc0(sizeof(RfmCutsPartial));
	WireReader	reader;
	int			d;
	uint64		i;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_RFM_CUTS);
	wire_get(&reader, &partial->call, sizeof(partial->call));
	wire_get(&reader, &partial->nrows, sizeof(partial->nrows));
	if (partial->nrows > MaxAllocSize)
		wire_corrupt();
	for (d = 0; d < RFM_DIMENSIONS && partial->nrows > 0; d++)
	{
		RfmColumn  *column = &partial->columns[d];
		int64		has_exacts;

		column->keys = unconstify(int64 *, (const int64 *) wire_take(&reader, partial->nrows * sizeof(int64)));
		wire_get(&reader, &has_exacts, sizeof(has_exacts));
		if (!has_exacts)
			continue;
		column->exacts = MemoryContextAllocHuge(CurrentMemoryContext, partial->nrows * sizeof(Numeric));
		for (i = 0; i < partial->nrows; i++)
			column->exacts[i] = wire_take_numeric(&reader);
	}
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * Sorts the sample, which changes nothing that another function sees.
 */
Datum
rfm_cuts_final(PG_FUNCTION_ARGS)
{
	RfmCutsState *state = STATE_OR_NULL(RfmCutsState, 0);
	TimestampTz as_of;
	RfmScale	scale;

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL || state->sample.nrows == 0)
		PG_RETURN_NULL();
	rfm_sample_scale(&state->sample, state->call.bins, &scale);
	as_of = state->call.as_of;
	if (as_of == LATEST_ORDER)
		as_of = state->sample.columns[RFM_RECENCY].keys[state->sample.nrows - 1];
	PG_RETURN_POINTER(rfm_cuts_of_scale(&scale, as_of, state->call.type));
}
