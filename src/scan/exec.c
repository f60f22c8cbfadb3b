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

#include "access/tableam.h"
#include "commands/explain.h"
#include "executor/execExpr.h"
#include "executor/executor.h"
#include "executor/nodeAgg.h"
#include "jit/jit.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

/* An aggregate's transitions. */
typedef struct ScanAggregate
{
	AggStatePerTrans pertrans;
	int			transno;
	ExprState  *filter;			/* NULL: takes all rows */
	ExprState **arguments;		/* of a row; NULL for a column */
	RowsMethod	method;			/* add_rows is NULL: takes them one by one */
	const PageColumn *columns[ROWS_MAX_COLUMNS];
	int			nkept;			/* rows of the page that have passed the filter, */
	NullableDatum *kept[ROWS_MAX_COLUMNS];	/* and their columns */
} ScanAggregate;

typedef struct RetentionScan
{
	CustomScanState css;
	AggState   *agg;
	ExecProcNodeMtd one_row;	/* how the Seq Scan finds a row by itself */
	bool		begun;			/* the Aggregate has its first row */
	bool		by_rows;		/* rows come to the slot, for quals, filters, or aggregates that take them singly */
	int			naggregates;
	ScanAggregate *aggregates;
	PageReader	reader;
} RetentionScan;

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

/*
 * Can an aggregate take columns: are its first arguments columns of the table, and have the others none?
 */
bool
scan_reads_columns(const List *args, const RowsMethod *method)
{
	ListCell   *lc;

	foreach(lc, args)
	{
		Node	   *expr = (Node *) lfirst_node(TargetEntry, lc)->expr;

		if (foreach_current_index(lc) < method->ncolumns)
		{
			if (!IsA(expr, Var) || ((Var *) expr)->varattno <= 0)
				return false;
		}
		else if (contain_var_clause(expr) || contain_volatile_functions(expr))
			return false;
	}
	return list_length(args) >= method->ncolumns;
}

static Node *
create_state(CustomScan *plan)
{
	RetentionScan *node = (RetentionScan *) newNode(sizeof(RetentionScan), T_CustomScanState);

	node->css.methods = &exec_methods;
	return (Node *) node;
}

static SeqScanState *
seq_scan(const RetentionScan *node)
{
	return castNode(SeqScanState, outerPlanState(node->agg));
}

/*
 * The table's column that an argument is, by way of the Seq Scan's output.
 */
static PageColumn *
column_of_argument(RetentionScan *node, Expr *argument)
{
	SeqScanState *seq = seq_scan(node);
	TargetEntry *output = list_nth_node(TargetEntry, seq->ss.ps.plan->targetlist,
										castNode(Var, argument)->varattno - 1);

	return page_reader_add_column(&node->reader, castNode(Var, output->expr)->varattno);
}

static void
begin_aggregate(RetentionScan *node, ScanAggregate *aggregate, int transno)
{
	PlanState  *parent = &node->agg->ss.ps;
	AggStatePerTrans pertrans = &node->agg->pertrans[transno];
	Aggref	   *aggref = pertrans->aggref;
	bool		by_pages = rows_method_of(pertrans->transfn_oid, &aggregate->method) &&
		scan_reads_columns(aggref->args, &aggregate->method);
	ListCell   *lc;

	if (!by_pages)
		memset(&aggregate->method, 0, sizeof(aggregate->method));
	aggregate->pertrans = pertrans;
	aggregate->transno = transno;
	if (aggref->aggfilter != NULL)
		aggregate->filter = ExecInitQual(make_ands_implicit(aggref->aggfilter), parent);
	aggregate->arguments = palloc0(sizeof(ExprState *) * (list_length(aggref->args) + 1));
	foreach(lc, aggref->args)
	{
		Expr	   *argument = lfirst_node(TargetEntry, lc)->expr;
		int			i = foreach_current_index(lc);

		if (i >= aggregate->method.ncolumns)
			aggregate->arguments[i] = ExecInitExpr(argument, parent);
		else
		{
			aggregate->columns[i] = column_of_argument(node, argument);
			if (aggregate->filter != NULL)
				aggregate->kept[i] = palloc(sizeof(NullableDatum) * MaxHeapTuplesPerPage);
		}
	}
	if (!by_pages || aggregate->filter != NULL)
		node->by_rows = true;
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
	SeqScanState *seq;
	int			i;

	estate->es_jit_flags = PGJIT_NONE;
	outerPlanState(css) = ExecInitNode(outerPlan(css->ss.ps.plan), estate, eflags);
	node->agg = castNode(AggState, outerPlanState(css));
	seq = seq_scan(node);

	page_reader_init(&node->reader, seq);
	node->by_rows = seq->ss.ps.qual != NULL;
	node->naggregates = node->agg->numtrans;
	node->aggregates = palloc0(sizeof(ScanAggregate) * node->naggregates);
	for (i = 0; i < node->naggregates; i++)
		begin_aggregate(node, &node->aggregates[i], i);
	page_reader_ready(&node->reader);
	estate->es_jit_flags = jit_flags;

	node->one_row = seq->ss.ps.ExecProcNodeReal;
	ExecSetExecProcNode(&seq->ss.ps, next_row);
}

/*
 * Call a transition function for a row, whose arguments are there, or for many.
 */
static void
advance(RetentionScan *node, const ScanAggregate *aggregate, const Rows *rows)
{
	AggState   *agg = node->agg;
	AggStatePerTrans pertrans = aggregate->pertrans;
	AggStatePerGroup state = &agg->pergroups[0][aggregate->transno];
	FunctionCallInfo fcinfo = pertrans->transfn_fcinfo;
	Datum		value;

	agg->curpertrans = pertrans;
	fcinfo->args[0].value = state->transValue;
	fcinfo->args[0].isnull = state->transValueIsNull;
	fcinfo->isnull = false;
	value = rows != NULL ? aggregate->method.add_rows(fcinfo, rows) : FunctionCallInvoke(fcinfo);
	agg->curpertrans = NULL;

	if (!pertrans->transtypeByVal && DatumGetPointer(value) != DatumGetPointer(state->transValue))
		value = ExecAggCopyTransValue(agg, pertrans, value, fcinfo->isnull,
									  state->transValue, state->transValueIsNull);
	state->transValue = value;
	state->transValueIsNull = fcinfo->isnull;
}

/*
 * May the transition function be called?  A strict one passes over NULLs, and begins with the first other
 * value.
 */
static bool
may_advance(AggState *agg, const ScanAggregate *aggregate)
{
	AggStatePerTrans pertrans = aggregate->pertrans;
	AggStatePerGroup state = &agg->pergroups[0][aggregate->transno];
	int			i;

	if (!pertrans->transfn.fn_strict)
		return true;
	for (i = 1; i <= pertrans->numTransInputs; i++)
		if (pertrans->transfn_fcinfo->args[i].isnull)
			return false;
	if (state->noTransValue)
	{
		ExecAggInitGroup(agg, pertrans, state, agg->curaggcontext);
		return false;
	}
	return !state->transValueIsNull;
}

static void
evaluate_arguments(AggState *agg, const ScanAggregate *aggregate)
{
	NullableDatum *args = aggregate->pertrans->transfn_fcinfo->args;
	int			i;

	for (i = aggregate->method.ncolumns; i < aggregate->pertrans->numTransInputs; i++)
		args[i + 1].value = ExecEvalExpr(aggregate->arguments[i], agg->tmpcontext, &args[i + 1].isnull);
}

/*
 * Give a row to an aggregate: at once, or to keep it for the end of the page.
 */
static void
take_row(RetentionScan *node, ScanAggregate *aggregate, int row)
{
	AggState   *agg = node->agg;
	int			i;

	if (aggregate->filter != NULL && !ExecQual(aggregate->filter, agg->tmpcontext))
		return;
	if (aggregate->method.add_rows == NULL)
	{
		evaluate_arguments(agg, aggregate);
		if (may_advance(agg, aggregate))
			advance(node, aggregate, NULL);
	}
	else if (aggregate->filter != NULL)
	{
		for (i = 0; i < aggregate->method.ncolumns; i++)
			aggregate->kept[i][aggregate->nkept] = aggregate->columns[i]->values[row];
		aggregate->nkept++;
	}
}

/*
 * Read the page's rows one by one, those that pass the Seq Scan's quals.  Returns how many.
 */
static int
take_rows(RetentionScan *node)
{
	SeqScanState *seq = seq_scan(node);
	ExprContext *econtext = seq->ss.ps.ps_ExprContext;
	ExprContext *tmpcontext = node->agg->tmpcontext;
	ProjectionInfo *projection = seq->ss.ps.ps_ProjInfo;
	int			nrows = page_nrows(&node->reader);
	int			n = 0;
	int			row;
	int			i;
	MemoryContext caller = MemoryContextSwitchTo(tmpcontext->ecxt_per_tuple_memory);

	node->reader.long_values = false;
	for (i = 0; i < node->naggregates; i++)
		node->aggregates[i].nkept = 0;
	for (row = 0; row < nrows; row++)
	{
		TupleTableSlot *slot = page_row(&node->reader, row);

		ResetExprContext(econtext);
		econtext->ecxt_scantuple = slot;
		if (!ExecQual(seq->ss.ps.qual, econtext))
			continue;
		page_keep_row(&node->reader, n);
		tmpcontext->ecxt_outertuple = projection != NULL ? ExecProject(projection) : slot;
		for (i = 0; i < node->naggregates; i++)
			take_row(node, &node->aggregates[i], n);
		ResetExprContext(tmpcontext);
		n++;
	}
	MemoryContextSwitchTo(caller);
	InstrCountFiltered1(&seq->ss.ps, nrows - n);
	return n;
}

/*
 * Give the page's rows to an aggregate that takes them together.  Long values are given one by one, so that
 * what is unpacked of one row is gone before the next.
 */
static void
add_rows(RetentionScan *node, ScanAggregate *aggregate, int n)
{
	ExprContext *tmpcontext = node->agg->tmpcontext;
	MemoryContext caller = MemoryContextSwitchTo(tmpcontext->ecxt_per_tuple_memory);
	int			step = node->reader.long_values ? 1 : n;
	int			from;
	int			i;

	for (from = 0; from < n; from += step)
	{
		Rows		rows = {.n = step};

		for (i = 0; i < aggregate->method.ncolumns; i++)
			rows.columns[i] = (aggregate->filter ? aggregate->kept[i] : aggregate->columns[i]->values) + from;
		evaluate_arguments(node->agg, aggregate);
		advance(node, aggregate, &rows);
		ResetExprContext(tmpcontext);
	}
	MemoryContextSwitchTo(caller);
}

static int
take_page(RetentionScan *node)
{
	int			n;
	int			i;

	CHECK_FOR_INTERRUPTS();
	n = node->by_rows ? take_rows(node) : page_read(&node->reader);
	for (i = 0; i < node->naggregates; i++)
	{
		ScanAggregate *aggregate = &node->aggregates[i];

		if (aggregate->method.add_rows != NULL)
			add_rows(node, aggregate, aggregate->filter != NULL ? aggregate->nkept : n);
	}
	return n;
}

/*
 * The Seq Scan's next row: the first one, and then none, since all others have been taken.
 */
static TupleTableSlot *
next_row(PlanState *pstate)
{
	RetentionScan *node = running;
	double		n = 0;

	if (!node->begun || pstate->state->es_epq_active != NULL ||
		!ScanDirectionIsForward(pstate->state->es_direction) || !page_can_be_read(&node->reader))
	{
		node->begun = true;
		return node->one_row(pstate);
	}

	page_continue(&node->reader);
	do
		n += take_page(node);
	while (page_next(&node->reader));
	if (pstate->instrument != NULL)
		InstrUpdateTupleCount(pstate->instrument, n);
	return NULL;
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

		*names = lappend(*names, get_func_name(peragg->aggref->aggfnoid));
	}
	ExplainPropertyList("Aggregates by Page", by_pages, es);
	if (by_rows != NIL)
		ExplainPropertyList("Aggregates by Row", by_rows, es);
}
