/*
 * scan/exec.c
 *		Running the node: an Aggregate over a Seq Scan whose rows it takes by pages.
 *
 *		Retention Scan					runs its child, and stands aside
 *		  -> Aggregate					the server's: states, final functions, HAVING, partial states
 *			   -> Seq Scan on orders	the server's: relation, quals, parallel scan
 *
 * When the Aggregate asks the Seq Scan for a row, all are read by pages and go right to the states of the
 * aggregates, and the answer is that there are no more.  Only one row of each group is given to the
 * Aggregate, so that its states begin in its own way.  What the Aggregate does before and after the rows is
 * its own, what the Seq Scan does beneath them too; only the way of a row between the two, some 45 ns of it,
 * is short.
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
	node->naggregates = agg->numtrans;
	node->aggregates = palloc0(sizeof(ScanAggregate) * node->naggregates);
	for (i = 0; i < node->naggregates; i++)
		aggregate_begin(&node->aggregates[i], agg, i, &node->reader);
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
	if (node->groups != NULL)
		return groups_find(node->groups, node->groups->column->values[n]);
	return node->has_row ? node->agg->pergroups[0] : NULL;
}

/*
 * Go on through the page's rows for the states of their groups.  Returns false behind a row that the
 * Aggregate must take.
 */
static bool
find_states(RetentionScan *node)
{
	if (node->groups == NULL && node->has_row)
	{
		/* They are all the same, and there. */
		node->row = node->reader.n;
		return true;
	}
	while (node->row < node->reader.n)
	{
		int			row = node->row++;

		node->states[row] = states_of(node, row);
		if (node->states[row] == NULL)
			return false;
	}
	return true;
}

/*
 * A row of the page for the Aggregate.
 */
static void
give_row(RetentionScan *node, int row)
{
	ExprContext *econtext = node->reader.seq->ss.ps.ps_ExprContext;

	CHECK_FOR_INTERRUPTS();
	scan_reset_context(econtext);
	econtext->ecxt_scantuple = page_row_to_slot(&node->reader, row);
	node->ngiven++;
}

/*
 * Take the rows of the page, or go on with it.  Returns false with a row in the slot that the Aggregate must
 * take.
 */
static bool
take_page(RetentionScan *node)
{
	int			from;
	int			to;
	int			i;
	bool		done;

	if (!node->on_page)
	{
		CHECK_FOR_INTERRUPTS();
		page_read(&node->reader);
		node->on_page = true;
		node->row = 0;
		node->ngiven = 0;
	}
	from = node->row;
	done = find_states(node);
	to = done ? node->row : node->row - 1;
	for (i = 0; i < node->naggregates; i++)
		aggregate_take_rows(&node->aggregates[i], &node->reader, from, to, node->states);
	if (!done)
		give_row(node, to);
	node->on_page = !done;
	return done;
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
			n += node->reader.n - node->ngiven;
	} while (done && page_next(&node->reader));
	MemoryContextSwitchTo(caller);
	if (node->reader.seq->ss.ps.instrument != NULL)
		InstrUpdateTupleCount(node->reader.seq->ss.ps.instrument, n);
	return done;
}

/*
 * Can the rows be read by pages?  Then begin to.
 */
static bool
begin_pages(RetentionScan *node, EState *estate)
{
	if (estate->es_epq_active != NULL || !ScanDirectionIsForward(estate->es_direction) ||
		!page_begin(&node->reader))
		return false;
	node->has_row = false;
	node->on_page = false;
	if (node->groups != NULL)
		groups_reset(node->groups);
	return true;
}

/*
 * The Aggregate has the row that it was given, and states for its group.
 */
static void
row_was_given(RetentionScan *node)
{
	int			i;

	if (node->groups != NULL)
		groups_learn(node->groups, node->agg);
	else if (!node->has_row)
	{
		node->has_row = true;
		for (i = 0; i < MaxHeapTuplesPerPage; i++)
			node->states[i] = node->agg->pergroups[0];
	}
}

/*
 * The Seq Scan's next row: one that the Aggregate must take, since all others are taken here.
 */
static TupleTableSlot *
next_row(PlanState *pstate)
{
	RetentionScan *node = running;

	if (node->begun)
		row_was_given(node);
	else if (!begin_pages(node, pstate->state))
		return node->one_row(pstate);
	else if (!page_first(&node->reader))
		return NULL;
	node->begun = true;
	if (take_pages(node))
		return NULL;
	return pstate->ps_ProjInfo != NULL ? ExecProject(pstate->ps_ProjInfo) : node->reader.seq->ss.ss_ScanTupleSlot;
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
