/*
 * scan/aggregate.c
 *		Giving rows to an aggregate.
 *
 * The states are those of the Aggregate node, which makes them before and finishes them after.  An aggregate
 * that can (agg/rows.h) takes the rows of a page together, those of a group in each call; for any other its
 * transition function is called row by row, in the way of nodeAgg.c.
 */
#include "scan/scan.h"

#include "executor/execExpr.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"

/*
 * Can an aggregate take columns: are its first arguments columns of the table, and have the others none?
 */
bool
aggregate_reads_columns(const List *args, const RowsMethod *method)
{
	ListCell   *lc;

	foreach(lc, args)
	{
		Node	   *argument = (Node *) lfirst_node(TargetEntry, lc)->expr;

		if (foreach_current_index(lc) < method->ncolumns)
		{
			if (!IsA(argument, Var) || ((Var *) argument)->varattno <= 0)
				return false;
		}
		else if (contain_var_clause(argument) || contain_volatile_functions(argument))
			return false;
	}
	return list_length(args) >= method->ncolumns;
}

/*
 * An expression over the Seq Scan's output as one over the table, for which there need be no output.
 */
static Node *
over_table(Node *expression, List *output)
{
	if (expression == NULL)
		return NULL;
	if (IsA(expression, Var))
		return (Node *) list_nth_node(TargetEntry, output, ((Var *) expression)->varattno - 1)->expr;
	return expression_tree_mutator(expression, over_table, output);
}

static void
begin_filter(ScanAggregate *aggregate, Node *filter, PageReader *reader)
{
	int			i;

	aggregate->filter = ExecInitQual(make_ands_implicit((Expr *) filter), &reader->seq->ss.ps);
	page_reader_add_columns_of(reader, filter);
	aggregate->kept_states = palloc(sizeof(AggStatePerGroup) * MaxHeapTuplesPerPage);
	for (i = 0; i < aggregate->method.ncolumns; i++)
		aggregate->kept[i] = palloc(sizeof(NullableDatum) * MaxHeapTuplesPerPage);
}

static void
begin_argument(ScanAggregate *aggregate, int i, Expr *argument, PageReader *reader)
{
	if (i < aggregate->method.ncolumns)
		aggregate->columns[i] = page_reader_add_column(reader, castNode(Var, argument)->varattno);
	else
	{
		aggregate->arguments[i] = ExecInitExpr(argument, &reader->seq->ss.ps);
		page_reader_add_columns_of(reader, (Node *) argument);
	}
}

void
aggregate_begin(ScanAggregate *aggregate, AggState *agg, int transno, PageReader *reader)
{
	AggStatePerTrans pertrans = &agg->pertrans[transno];
	List	   *output = reader->seq->ss.ps.plan->targetlist;
	List	   *args = (List *) over_table((Node *) pertrans->aggref->args, output);
	Node	   *filter = over_table((Node *) pertrans->aggref->aggfilter, output);
	ListCell   *lc;

	aggregate->agg = agg;
	aggregate->pertrans = pertrans;
	aggregate->transno = transno;
	if (!rows_method_of(pertrans->transfn_oid, &aggregate->method) ||
		!aggregate_reads_columns(args, &aggregate->method))
		memset(&aggregate->method, 0, sizeof(aggregate->method));
	if (filter != NULL)
		begin_filter(aggregate, filter, reader);
	aggregate->arguments = palloc0(sizeof(ExprState *) * (list_length(args) + 1));
	foreach(lc, args)
		begin_argument(aggregate, foreach_current_index(lc), lfirst_node(TargetEntry, lc)->expr, reader);
}

/*
 * Call a transition function for a row, whose arguments are there, or for many.
 */
static void
advance(const ScanAggregate *aggregate, AggStatePerGroup state, const Rows *rows)
{
	AggState   *agg = aggregate->agg;
	AggStatePerTrans pertrans = aggregate->pertrans;
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
may_advance(const ScanAggregate *aggregate, AggStatePerGroup state)
{
	AggStatePerTrans pertrans = aggregate->pertrans;
	int			i;

	if (!pertrans->transfn.fn_strict)
		return true;
	for (i = 1; i <= pertrans->numTransInputs; i++)
		if (pertrans->transfn_fcinfo->args[i].isnull)
			return false;
	if (state->noTransValue)
	{
		ExecAggInitGroup(aggregate->agg, pertrans, state, aggregate->agg->curaggcontext);
		return false;
	}
	return !state->transValueIsNull;
}

/*
 * Those that are no columns.
 */
static void
evaluate_arguments(const ScanAggregate *aggregate)
{
	NullableDatum *args = aggregate->pertrans->transfn_fcinfo->args;
	int			i;

	for (i = aggregate->method.ncolumns; i < aggregate->pertrans->numTransInputs; i++)
		args[i + 1].value = ExecEvalExpr(aggregate->arguments[i], aggregate->agg->tmpcontext, &args[i + 1].isnull);
}

/*
 * The next row for an aggregate's expressions.
 */
static inline void
show_row(const ScanAggregate *aggregate, PageReader *reader, int row)
{
	ExprContext *tmpcontext = aggregate->agg->tmpcontext;

	CHECK_FOR_INTERRUPTS();
	scan_reset_context(tmpcontext);
	tmpcontext->ecxt_scantuple = page_columns_to_slot(reader, row);
}

static void
take_singly(ScanAggregate *aggregate, PageReader *reader, int from, int to, AggStatePerGroup *states)
{
	int			row;

	for (row = from; row < to; row++)
	{
		show_row(aggregate, reader, row);
		if (!ExecQual(aggregate->filter, aggregate->agg->tmpcontext))
			continue;
		evaluate_arguments(aggregate);
		if (may_advance(aggregate, &states[row][aggregate->transno]))
			advance(aggregate, &states[row][aggregate->transno], NULL);
	}
}

/*
 * Keep the columns of the rows that pass the filter, and their states.  Returns how many.
 */
static int
apply_filter(ScanAggregate *aggregate, PageReader *reader, int from, int to, AggStatePerGroup *states)
{
	int			n = 0;
	int			row;
	int			i;

	for (row = from; row < to; row++)
	{
		show_row(aggregate, reader, row);
		if (!ExecQual(aggregate->filter, aggregate->agg->tmpcontext))
			continue;
		for (i = 0; i < aggregate->method.ncolumns; i++)
			aggregate->kept[i][n] = aggregate->columns[i]->values[row];
		aggregate->kept_states[n++] = states[row];
	}
	return n;
}

/*
 * Take rows together, as far as neighbours are of one group.  Long values are taken one by one, so that what
 * is unpacked of one row is gone before the next.
 */
static void
take_together(ScanAggregate *aggregate, PageReader *reader, int from, int to, AggStatePerGroup *states)
{
	int			next;
	int			i;

	if (aggregate->filter != NULL)
	{
		to = apply_filter(aggregate, reader, from, to, states);
		from = 0;
		states = aggregate->kept_states;
	}
	for (; from < to; from = next)
	{
		Rows		rows;

		for (next = from + 1; next < to && states[next] == states[from] && !reader->long_values; next++)
			;
		CHECK_FOR_INTERRUPTS();
		scan_reset_context(aggregate->agg->tmpcontext);
		rows.n = next - from;
		for (i = 0; i < aggregate->method.ncolumns; i++)
			rows.columns[i] = (aggregate->filter ? aggregate->kept[i] : aggregate->columns[i]->values) + from;
		evaluate_arguments(aggregate);
		advance(aggregate, &states[from][aggregate->transno], &rows);
	}
}

/*
 * Take some rows of the page, each with the states of its group.
 */
void
aggregate_take_rows(ScanAggregate *aggregate, PageReader *reader, int from, int to, AggStatePerGroup *states)
{
	if (aggregate->method.add_rows != NULL)
		take_together(aggregate, reader, from, to, states);
	else
		take_singly(aggregate, reader, from, to, states);
	scan_reset_context(aggregate->agg->tmpcontext);
}
