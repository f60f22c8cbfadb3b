/*
 * scan/exec.c
 *		Running the node: an Aggregate over a Seq Scan whose rows it takes by pages.
 *
 *		Retention Scan					runs its child, and stands aside
 *		  -> Aggregate					the server's: states, final functions, HAVING, partial states
 *			   -> Seq Scan on orders	the server's: relation, quals, parallel scan
 *
 * The Aggregate asks the Seq Scan for a row, which it gets, so that all its states begin in its own way.
 * When it asks for the second one, all others are read by pages and go right to the states of the aggregates,
 * and the answer is that there are no more.  What the Aggregate does before and after the rows is its own,
 * what the Seq Scan does beneath them too; only the way of a row between the two, some 45 ns of it, is short.
 *
 * An aggregate that can (agg/rows.h) takes all rows of a page at once; for any other its transition function
 * is called row by row, as the executor would.
 *
 * A node that aggregates by itself would have to do again what nodeAgg.c does, from privileges to shared
 * states, in five versions.  One in the place of the Seq Scan would have to do the Seq Scan's work, and could
 * not know the Aggregate whose child it is.
 */
#include "scan/scan.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "jit/jit.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

/*
 * The node that runs its child: its Seq Scan cannot know it otherwise.  Functions in the query may run others
 * meanwhile.
 */
static RetentionScan *running = NULL;

static Node *create_state(CustomScan *plan);
static void begin(CustomScanState *css, EState *estate, int eflags);
static TupleTableSlot *run(CustomScanState *css);
static void end(CustomScanState *css);
static void rescan(CustomScanState *css);
static void explain(CustomScanState *css, List *ancestors, ExplainState *es);

const CustomScanMethods scan_methods = {
	.CustomName = SCAN_NAME,
	.CreateCustomScanState = create_state
};

static const CustomExecMethods exec_methods = {
	.CustomName = SCAN_NAME,
	.BeginCustomScan = begin,
	.ExecCustomScan = run,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain
};

static Node *
create_state(CustomScan *plan)
{
	RetentionScan *node = (RetentionScan *) newNode(sizeof(RetentionScan), T_CustomScanState);

	node->css.methods = &exec_methods;
	return (Node *) node;
}

/*
 * What the Aggregate groups by, as the Seq Scan computes it.
 */
static Node *
group_expression(const AggState *agg, const SeqScanState *seq)
{
	const Agg  *plan = (const Agg *) agg->ss.ps.plan;

	return (Node *) list_nth_node(TargetEntry, seq->ss.ps.plan->targetlist, plan->grpColIdx[0] - 1)->expr;
}

static TupleTableSlot *next_row(PlanState *pstate);

/*
 * Begin as the Aggregate does.  There is no just-in-time compilation: few rows would come its way.
 */
static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RetentionScan *node = (RetentionScan *) css;
	int			jit_flags = estate->es_jit_flags;
	AggState   *agg;
	SeqScanState *seq;
	int			i;

	estate->es_jit_flags = PGJIT_NONE;
	outerPlanState(css) = ExecInitNode(outerPlan(css->ss.ps.plan), estate, eflags);
	node->agg = agg = (AggState *) outerPlanState(css);
	seq = (SeqScanState *) outerPlanState(agg);
	if (!IsA(agg, AggState) || !IsA(seq, SeqScanState))
		elog(ERROR, "unexpected plan below a " SCAN_NAME);

	page_reader_init(&node->reader, seq);
	if (agg->aggstrategy == AGG_HASHED)
		node->groups = groups_begin(group_expression(agg, seq), &node->reader);
	node->by_rows = seq->ss.ps.qual != NULL;
	page_reader_add_columns_of(&node->reader, (Node *) seq->ss.ps.plan->qual);
	node->naggregates = agg->numtrans;
	node->aggregates = palloc0(sizeof(ScanAggregate) * node->naggregates);
	for (i = 0; i < node->naggregates; i++)
	{
		ScanAggregate *aggregate = &node->aggregates[i];

		aggregate_begin(aggregate, agg, i, &node->reader);
		if (aggregate->method.add_rows == NULL || aggregate->filter != NULL)
			node->by_rows = true;
	}
	page_reader_ready(&node->reader);
	estate->es_jit_flags = jit_flags;

	node->one_row = seq->ss.ps.ExecProcNodeReal;
	ExecSetExecProcNode(&seq->ss.ps, next_row);
}

/*
 * The states of a row's group; NULL if the Aggregate must take the row.
 */
static AggStatePerGroup
states_of(RetentionScan *node, int n)
{
	if (node->groups == NULL)
		return node->agg->pergroups[0];
	return groups_find(node->groups, node->groups->column->values[n]);
}

/*
 * The next row of the page, as far as its quals, filters, and aggregates that take rows singly are concerned.
 * Returns false if the Aggregate must take it.
 */
static bool
take_row(RetentionScan *node)
{
	PlanState  *seq = &node->reader.seq->ss.ps;
	ExprContext *econtext = seq->ps_ExprContext;
	ExprContext *tmpcontext = node->agg->tmpcontext;
	int			row = node->row++;
	AggStatePerGroup states;
	int			i;

	CHECK_FOR_INTERRUPTS();
	scan_reset_context(econtext);
	econtext->ecxt_scantuple = tmpcontext->ecxt_scantuple = page_columns_to_slot(&node->reader, row);
	if (!ExecQual(seq->qual, econtext))
	{
		InstrCountFiltered1(seq, 1);
		return true;
	}
	page_keep(&node->reader, row, node->n);
	states = states_of(node, node->n);
	if (states == NULL)
	{
		page_row_to_slot(&node->reader, row);
		return false;
	}
	for (i = 0; i < node->naggregates; i++)
		aggregate_take_row(&node->aggregates[i], node->n, states);
	scan_reset_context(tmpcontext);
	node->states[node->n++] = states;
	return true;
}

/*
 * Go through the page's rows, which are all there, for their groups.  Returns false at one that the Aggregate
 * must take.
 */
static bool
find_states(RetentionScan *node)
{
	ExprContext *econtext = node->reader.seq->ss.ps.ps_ExprContext;

	while (node->row < node->n)
	{
		int			row = node->row++;

		node->states[row] = states_of(node, row);
		if (node->states[row] != NULL)
			continue;
		CHECK_FOR_INTERRUPTS();
		scan_reset_context(econtext);
		econtext->ecxt_scantuple = page_row_to_slot(&node->reader, row);
		node->ngiven++;
		return false;
	}
	return true;
}

/*
 * Take the rows of the page, or go on with it.  Returns false with a row in the slot that the Aggregate must
 * take.
 */
static bool
take_page(RetentionScan *node)
{
	int			i;

	if (!node->on_page)
	{
		CHECK_FOR_INTERRUPTS();
		node->on_page = true;
		node->row = 0;
		node->ngiven = 0;
		page_read(&node->reader);
		node->n = node->by_rows ? 0 : page_nrows(&node->reader);
	}
	if (node->by_rows)
	{
		while (node->row < page_nrows(&node->reader))
			if (!take_row(node))
				return false;
	}
	else if (node->groups != NULL && !find_states(node))
		return false;
	for (i = 0; i < node->naggregates; i++)
		aggregate_take_rows(&node->aggregates[i], node->states, node->n, node->reader.long_values);
	node->on_page = false;
	return true;
}

/*
 * Take all rows that are left.  Returns false with a row in the slot that the Aggregate must take.
 */
static bool
take_pages(RetentionScan *node)
{
	MemoryContext caller = MemoryContextSwitchTo(node->agg->tmpcontext->ecxt_per_tuple_memory);
	double		n = 0;
	bool		done;

	do
	{
		done = take_page(node);
		if (done)
			n += node->n - node->ngiven;
	} while (done && page_next(&node->reader));
	MemoryContextSwitchTo(caller);
	if (node->reader.seq->ss.ps.instrument != NULL)
		InstrUpdateTupleCount(node->reader.seq->ss.ps.instrument, n);
	return done;
}

/*
 * The first row has been found by the Seq Scan.
 */
static void
begin_pages(RetentionScan *node)
{
	int			i;

	node->begun = true;
	node->on_page = false;
	page_continue(&node->reader);
	if (node->groups == NULL)
	{
		for (i = 0; i < MaxHeapTuplesPerPage; i++)
			node->states[i] = node->agg->pergroups[0];
		return;
	}
	groups_reset(node->groups);
	page_slot_to_columns(&node->reader, 0);
	states_of(node, 0);
}

/*
 * The Seq Scan's next row: the first one, and then those that the Aggregate must take, since all others are
 * taken here.
 */
static TupleTableSlot *
next_row(PlanState *pstate)
{
	RetentionScan *node = running;
	TupleTableSlot *slot;

	if (node->begun)
	{
		if (node->groups != NULL)
			groups_learn(node->groups, node->agg);
		if (take_pages(node))
			return NULL;
		return pstate->ps_ProjInfo != NULL ? ExecProject(pstate->ps_ProjInfo) : node->reader.seq->ss.ss_ScanTupleSlot;
	}
	slot = node->one_row(pstate);
	if (!TupIsNull(slot) && pstate->state->es_epq_active == NULL &&
		ScanDirectionIsForward(pstate->state->es_direction) && page_can_be_read(&node->reader))
		begin_pages(node);
	return slot;
}

static TupleTableSlot *
run(CustomScanState *css)
{
	RetentionScan *caller = running;
	TupleTableSlot *result;

	running = (RetentionScan *) css;
	PG_TRY();
	{
		result = ExecProcNode(outerPlanState(css));
	}
	PG_FINALLY();
	{
		running = caller;
	}
	PG_END_TRY();
	return result;
}

static void
end(CustomScanState *css)
{
	ExecEndNode(outerPlanState(css));
}

static void
rescan(CustomScanState *css)
{
	((RetentionScan *) css)->begun = false;
	if (outerPlanState(css)->chgParam == NULL)
		ExecReScan(outerPlanState(css));
}

static List *
add_name(List *names, char *name)
{
	ListCell   *lc;

	foreach(lc, names)
		if (strcmp(lfirst(lc), name) == 0)
			return names;
	return lappend(names, name);
}

/*
 * Which aggregates take rows by pages, and which one by one.
 */
static void
explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	RetentionScan *node = (RetentionScan *) css;
	List	   *by_pages = NIL;
	List	   *by_rows = NIL;
	int			i;

	for (i = 0; i < node->agg->numaggs; i++)
	{
		AggStatePerAgg peragg = &node->agg->peragg[i];
		List	  **names = node->aggregates[peragg->transno].method.add_rows != NULL ? &by_pages : &by_rows;

		*names = add_name(*names, get_func_name(peragg->aggref->aggfnoid));
	}
	ExplainPropertyList("Aggregates by Page", by_pages, es);
	if (by_rows != NIL)
		ExplainPropertyList("Aggregates by Row", by_rows, es);
}
