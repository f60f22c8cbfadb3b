/*
 * agg/rows.c
 *		Transition functions that take many rows at once.
 *
 * The scan of scan/ has the rows of a page together.  To call a transition function for each of them would
 * cost as much again as to read them, so that some have a second function, which takes all of them.  Both go
 * through the same code for a row.
 *
 * A transition function says so by its planner support function, which is how the server asks a function
 * about itself: there is no list of them, and scan/ knows none by name.  The support function has a second
 * use.  The planner asks it for the cost of each aggregate before it plans the aggregation, so that this
 * library is loaded, and its hook in place, in the very first query of a session, without being preloaded.
 */
#include "agg/rows.h"

#include "nodes/extensible.h"
#include "utils/lsyscache.h"

#define ROWS_REQUEST "retention.rows"

/* What a support function is asked: a node, as all requests to one are. */
typedef struct RowsRequest
{
	ExtensibleNode node;
	RowsMethod	method;
} RowsRequest;

/*
 * The body of a support function.  Requests of the server are left to its defaults.
 */
Datum
rows_support(FunctionCallInfo fcinfo, AddRows add_rows, int ncolumns)
{
	RowsRequest *request = (RowsRequest *) PG_GETARG_POINTER(0);

	Assert(ncolumns <= ROWS_MAX_COLUMNS);
	if (!IsA(request, ExtensibleNode) || strcmp(request->node.extnodename, ROWS_REQUEST) != 0)
		PG_RETURN_POINTER(NULL);
	request->method.add_rows = add_rows;
	request->method.ncolumns = ncolumns;
	PG_RETURN_POINTER(request);
}

/*
 * How a transition function takes many rows; false if it does not.
 */
bool
rows_method_of(Oid transition, RowsMethod *method)
{
	RegProcedure support = get_func_support(transition);
	RowsRequest request = {.node = {T_ExtensibleNode, ROWS_REQUEST}};

	if (!RegProcedureIsValid(support) ||
		DatumGetPointer(OidFunctionCall1(support, PointerGetDatum(&request))) != (void *) &request)
		return false;
	*method = request.method;
	return true;
}
