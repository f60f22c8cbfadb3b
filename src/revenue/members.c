/*
 * revenue/members.c
 *		members: who was new, retained, resurrected or churned in one bucket of a revenue_summary, and what they spent.
 *
 * The movement is that by which the customer's money is counted in revenue_growth.
 */
#include "report/members.h"
#include "revenue/report.h"

#include "access/htup_details.h"
#include "utils/builtins.h"

#define NCOLUMNS 5

/* What a customer spent in the bucket and in the one before. */
typedef struct MemberMoney
{
	Money		before;
	Money		here;
	bool		paid_earlier;	/* something in any bucket before */
} MemberMoney;

PG_FUNCTION_INFO_V1(members_of_revenue_summary);

static void *
begin_members(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	const RetentionSummary *summary = summary_open(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)), true);

	return members_scan(summary_canonical_once(summary), PG_GETARG_DATEADT(1));
}

static MemberMoney
money_of_member(const SummaryEntry *entry, int64 bucket)
{
	MemberMoney money = {{0, NULL}, {0, NULL}, false};
	AmountWalk	walk;
	int32		found;
	Money		amount;

	amounts_walk(&walk, &entry->seen, entry->amounts);
	while (amounts_next(&walk, &found, &amount) && found <= bucket)
	{
		if (found == bucket)
			money.here = amount;
		else if (found == bucket - 1)
			money.before = amount;
		money.paid_earlier |= found < bucket && !money_is_zero(&amount);
	}
	return money;
}

/*
 * NULL if nothing was paid in either bucket, or if it is not known yet.
 */
static const char *
movement(const MemberMoney *money, bool complete)
{
	int			change;

	if (!money_is_zero(&money->here) && money_is_zero(&money->before))
		return money->paid_earlier ? "reactivated" : "new";
	if (!complete || money_is_zero(&money->before))
		return NULL;
	if (money_is_zero(&money->here))
		return "churned";
	change = money_compare(&money->here, &money->before);
	return change > 0 ? "expansion" : change < 0 ? "contraction" : "unchanged";
}

/*
 * members(revenue_summary, period)
 */
Datum
members_of_revenue_summary(PG_FUNCTION_ARGS)
{
	FuncCallContext *call = report_call(fcinfo, begin_members, NULL);
	MembersScan *scan = call->user_fctx;
	SummaryEntry entry;
	const char *state = members_next(scan, &entry);
	const char *moved;
	MemberMoney money;
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS] = {false};

	if (state == NULL)
		SRF_RETURN_DONE(call);
	money = money_of_member(&entry, scan->bucket);
	moved = movement(&money, scan->complete);
	values[0] = members_customer(scan, &entry);
	values[1] = CStringGetTextDatum(state);
	values[2] = NumericGetDatum(numeric_with_decimals(money_numeric(&money.before), scan->summary->scale));
	values[3] = NumericGetDatum(numeric_with_decimals(money_numeric(&money.here), scan->summary->scale));
	nulls[4] = moved == NULL;
	if (moved != NULL)
		values[4] = CStringGetTextDatum(moved);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}
