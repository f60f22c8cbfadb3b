/*
 * scan/plan.c
 *		Planning: an aggregate over a sequential scan that takes its rows by pages.
 *
 * To bring a row from a page to an aggregate takes the executor some 60 ns, its bytes 6 to 10.  A query that
 * asks for the customers of a table and nothing else spends most of its time so.  Where the whole query is
 * aggregates over one table, this node does away with that way, and a row store answers as fast as a column
 * store does.
 *
 *		scan/plan.c			which queries, at what cost
 *		scan/exec.c			the node while it runs
 *		scan/page.c			the rows of a page
 *		scan/groups.c		GROUP BY a day, month or the like
 *		scan/aggregate.c	giving rows to an aggregate
 *
 * It takes queries on one heap table, or materialized view, in which an aggregate of ours that can take many
 * rows at once (agg/rows.h) has plain columns; with WHERE, with FILTER, with any other aggregates beside, and
 * with GROUP BY of one truncated time.  Everything else is left to the executor: other groups, joins,
 * DISTINCT and ORDER BY in aggregates, TABLESAMPLE, partitions and inheritance, row locks, other table access
 * methods, and volatile functions, whose effects may show that quals and aggregates go over a page one after
 * the other.  The plans that the server has made stay, and the cheapest wins: an index, a BRIN index, or
 * parallel workers where they cost less.
 */
#include "scan/scan.h"

#include "access/table.h"
#include "catalog/pg_aggregate.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

/* The share of cpu_tuple_cost that a row costs less than in the executor. */
#define SAVED_SHARE 0.5

static bool scan_enabled = true;
static create_upper_paths_hook_type previous_hook = NULL;

static Plan *create_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
						 List *children);

static const CustomPathMethods path_methods = {
	.CustomName = SCAN_NAME,
	.PlanCustomPath = create_plan
};

/*
 * Is the input a table of the kind that pages can be read of, with all its rows coming from there?
 */
static bool
is_heap(PlannerInfo *root, RelOptInfo *rel)
{
	RangeTblEntry *rte;
	Relation	relation;
	bool		heap;

	if (rel->reloptkind != RELOPT_BASEREL || rel->rtekind != RTE_RELATION || IS_DUMMY_REL(rel) ||
		!bms_is_empty(rel->lateral_relids))
		return false;
	rte = planner_rt_fetch(rel->relid, root);
	if ((rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_MATVIEW) || rte->inh || rte->tablesample != NULL)
		return false;
	relation = table_open(rte->relid, NoLock);
	heap = relation->rd_tableam == GetHeapamTableAmRoutine();
	table_close(relation, NoLock);
	return heap;
}

/*
 * Can the quals be evaluated for a whole page, and right in the Seq Scan?  One without columns becomes a node of its
 * own between the Aggregate and the Seq Scan, which must be neighbours here.
 */
static bool
quals_suit(const RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *qual = lfirst_node(RestrictInfo, lc);

		if (qual->pseudoconstant || contain_volatile_functions((Node *) qual->clause))
			return false;
	}
	return true;
}

/*
 * Has an aggregate nothing but rows to take, whatever the others do meanwhile?
 */
static bool
is_plain(const Aggref *aggref)
{
	Node	   *expressions = (Node *) list_make2(aggref->args, aggref->aggfilter);

	return aggref->aggkind == AGGKIND_NORMAL && aggref->aggorder == NIL && aggref->aggdistinct == NIL &&
		!contain_subplans(expressions) && !contain_volatile_functions(expressions);
}

/*
 * Are all aggregates of the query plain ones, and does one at least take rows by pages?
 */
static bool
aggregates_suit(PlannerInfo *root, Node *having)
{
	List	   *nodes = pull_var_clause((Node *) list_make2(root->processed_tlist, having),
										PVC_INCLUDE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS | PVC_INCLUDE_PLACEHOLDERS);
	bool		by_pages = false;
	ListCell   *lc;

	foreach(lc, nodes)
	{
		RowsMethod	method;
		Aggref	   *aggref = lfirst(lc);
		AggTransInfo *transition;

		if (!IsA(aggref, Aggref))
			continue;
		if (!is_plain(aggref))
			return false;
		transition = list_nth(root->aggtransinfos, aggref->aggtransno);
		by_pages = by_pages ||
			(rows_method_of(transition->transfn_oid, &method) && aggregate_reads_columns(aggref->args, &method));
	}
	return by_pages;
}

/*
 * What the query groups by, if it is one expression.
 */
static Node *
group_expression(PlannerInfo *root)
{
	List	   *clauses = PROCESSED_GROUP_CLAUSE(root);

	if (list_length(clauses) != 1)
		return NULL;
	return get_sortgroupclause_expr(linitial(clauses), root->processed_tlist);
}

/*
 * Is there no GROUP BY, or one of a day, month or the like?
 */
static bool
groups_suit(PlannerInfo *root, const GroupPathExtraData *extra)
{
	GroupTime	time;

	return root->parse->groupClause == NIL ||
		(enable_hashagg && (extra->flags & GROUPING_CAN_USE_HASH) != 0 &&
		 group_time_of(group_expression(root), &time));
}

static double
estimate_ngroups(PlannerInfo *root, double nrows)
{
	Node	   *expression = group_expression(root);
	GroupTime	time;
	double		nbuckets;

	if (!group_time_of(expression, &time))
		return 1;
	nbuckets = group_time_nbuckets(root, &time);
	if (nbuckets > 0)
		return clamp_row_est(Min(nbuckets, nrows));
	return estimate_num_groups(root, list_make1(expression), nrows, NULL, NULL);
}

/*
 * The share of the rows that a process is expected to read, as the server's get_parallel_divisor() has it.
 */
static double
parallel_share(int nworkers)
{
	double		leader = parallel_leader_participation ? Max(0, 1 - 0.3 * nworkers) : 0;

	return nworkers > 0 ? 1 / (nworkers + leader) : 1;
}

/*
 * A sequential scan whose rows do not pass one by one, and whose output, such as date_trunc(), is not
 * computed.
 */
static Path *
create_scan_path(PlannerInfo *root, RelOptInfo *rel, int nworkers)
{
	Path	   *scan = create_seqscan_path(root, rel, NULL, nworkers);

	scan->total_cost -= SAVED_SHARE * cpu_tuple_cost * rel->tuples * parallel_share(nworkers) +
		rel->reltarget->cost.per_tuple * scan->rows;
	return scan;
}

static AggPath *
create_aggregate(PlannerInfo *root, RelOptInfo *rel, Path *input, AggSplit split, const AggClauseCosts *costs,
				 List *having)
{
	List	   *clauses = PROCESSED_GROUP_CLAUSE(root);

	return create_agg_path(root, rel, input, rel->reltarget, clauses != NIL ? AGG_HASHED : AGG_PLAIN, split, clauses,
						   having, costs, estimate_ngroups(root, input->rows));
}

/*
 * A path that runs an aggregate over such a scan.
 */
static Path *
create_path(AggPath *agg)
{
	CustomPath *path = makeNode(CustomPath);

	path->path = agg->path;
	path->path.type = T_CustomPath;
	path->path.pathtype = T_CustomScan;
	path->custom_paths = list_make1(agg);
	path->methods = &path_methods;
	return &path->path;
}

static void
add_serial_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output, const GroupPathExtraData *extra)
{
	Path	   *scan = create_scan_path(root, input, 0);
	AggClauseCosts costs = {0};

	get_agg_clause_costs(root, AGGSPLIT_SIMPLE, &costs);
	add_path(output, create_path(create_aggregate(root, output, scan, AGGSPLIT_SIMPLE, &costs,
												  (List *) extra->havingQual)));
}

/*
 * Partial states from each worker, which the server's Aggregate above a Gather makes one, if it would make
 * such a plan itself.
 */
static void
add_parallel_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output, const GroupPathExtraData *extra)
{
	RelOptInfo *partial = fetch_upper_rel(root, UPPERREL_PARTIAL_GROUP_AGG, output->relids);
	int			nworkers = compute_parallel_worker(input, input->pages, -1, max_parallel_workers_per_gather);
	double		nstates;
	Path	   *path;

	if (partial->partial_pathlist == NIL || nworkers <= 0)
		return;
	path = create_scan_path(root, input, nworkers);
	path = create_path(create_aggregate(root, partial, path, AGGSPLIT_INITIAL_SERIAL, &extra->agg_partial_costs,
										NIL));
	nstates = path->rows * nworkers;
	path = (Path *) create_gather_path(root, partial, path, partial->reltarget, NULL, &nstates);
	add_path(output, (Path *) create_aggregate(root, output, path, AGGSPLIT_FINAL_DESERIAL, &extra->agg_final_costs,
											   (List *) extra->havingQual));
}

static void
add_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input, RelOptInfo *output, void *extra)
{
	Query	   *query = root->parse;

	if (previous_hook != NULL)
		previous_hook(root, stage, input, output, extra);
	if (!scan_enabled || stage != UPPERREL_GROUP_AGG || !query->hasAggs || query->groupingSets != NIL ||
		query->rowMarks != NIL || root->rowMarks != NIL || output->reloptkind != RELOPT_UPPER_REL)
		return;
	if (!groups_suit(root, extra) || !is_heap(root, input) || !quals_suit(input) ||
		!aggregates_suit(root, ((GroupPathExtraData *) extra)->havingQual))
		return;
	add_serial_path(root, input, output, extra);
	if (output->consider_parallel)
		add_parallel_path(root, input, output, extra);
}

/*
 * The node, with the Aggregate as its child, and the Aggregate's output as its own.
 */
static Plan *
create_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *children)
{
	CustomScan *scan = makeNode(CustomScan);

	scan->scan.plan.targetlist = tlist;
	scan->custom_scan_tlist = copyObject(tlist);
	outerPlan(scan) = linitial(children);
	scan->methods = &scan_methods;
	return &scan->scan.plan;
}

void
scan_init(void)
{
	DefineCustomBoolVariable("retention.scan",
							 "Lets aggregates over a whole table take its rows by pages.",
							 "If it is off, or in queries of another kind, the executor brings them one by one.",
							 &scan_enabled, true, PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	MarkGUCPrefixReserved("retention");
	RegisterCustomScanMethods(&scan_methods);
	previous_hook = create_upper_paths_hook;
	create_upper_paths_hook = add_paths;
}
