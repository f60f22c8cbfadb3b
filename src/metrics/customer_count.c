/*
 * metrics/customer_count.c
 *		How many customers, how often they order: customer_count, repeat_rate, purchase_frequency.
 *
 * One state answers all three, and a query that asks for several of one column counts once, since the
 * executor shares the state of aggregates with the same transition function and arguments.  The map holds
 * each customer's number of rows; the answers are kept as the rows come, so that a final function does
 * not walk the map and OVER (ORDER BY ...) costs the same for every row.
 *
 *		customer_count		= customers
 *		repeat_rate			= repeaters / customers
 *		purchase_frequency	= rows / customers
 *
 * A row can be taken back, which gives the moving-aggregate form for windows whose frame start moves: a
 * customer whose last row left the frame leaves the map, so that memory follows the frame.
 */
#include "agg/aggstate.h"
#include "agg/customer_map.h"
#include "agg/rows.h"

#define DEFAULT_MIN_ORDERS 2

typedef struct PurchaseState
{
	CustomerMap map;			/* customer -> rows */
	int64		rows;
	int64		repeaters;		/* customers with min_orders rows or more */
	int64		min_orders;
} PurchaseState;

StaticAssertDecl(CUSTOMER_MAP_INLINE_ROOM(PurchaseState) >= 10, "a group of ten customers takes one chunk");

/* What one process tells another. */
typedef struct PurchasePartial
{
	int64		rows;
	int64		min_orders;
	CustomerMapPartial customers;
} PurchasePartial;

PG_FUNCTION_INFO_V1(purchase_accum);
PG_FUNCTION_INFO_V1(purchase_support);
PG_FUNCTION_INFO_V1(purchase_accum_inv);
PG_FUNCTION_INFO_V1(purchase_combine);
PG_FUNCTION_INFO_V1(purchase_serialize);
PG_FUNCTION_INFO_V1(purchase_deserialize);
PG_FUNCTION_INFO_V1(customer_count_final);
PG_FUNCTION_INFO_V1(repeat_rate_final);
PG_FUNCTION_INFO_V1(purchase_frequency_final);

static PurchaseState *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, int64 min_orders)
{
	PurchaseState *state = customer_map_create(fcinfo, sizeof(PurchaseState), keys);

	state->min_orders = min_orders;
	return state;
}

static void
apply_rows(CustomerMap *map, uint32 *value, uint64 rows)
{
	PurchaseState *state = (PurchaseState *) map;
	uint64		before = *value;
	uint64		after = before + rows;

	if (unlikely(after > PG_UINT32_MAX))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a customer has more than %u orders", PG_UINT32_MAX),
				 errhint("Leave out rows that belong to no single customer, such as guest orders.")));
	if (before < state->min_orders && after >= state->min_orders)
		state->repeaters++;
	*value = (uint32) after;
}

/*
 * min_orders, the optional last argument.
 */
static int64
min_orders_argument(FunctionCallInfo fcinfo)
{
	int64		min_orders;

	if (PG_NARGS() < 3)
		return DEFAULT_MIN_ORDERS;
	parameter_not_null(fcinfo, 2, "min_orders");
	min_orders = PG_GETARG_INT64(2);
	if (min_orders < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_orders must be at least 1, not %lld", (long long) min_orders),
				 errhint("The default, 2, counts customers who came back.")));
	return min_orders;
}

static void
check_min_orders(const PurchaseState *state, int64 min_orders)
{
	if (unlikely(state->min_orders != min_orders))
		parameter_changed("min_orders", psprintf("%lld", (long long) state->min_orders),
						  psprintf("%lld", (long long) min_orders));
}

/*
 * The group's state, made at its first row; min_orders of every call is checked.
 */
static PurchaseState *
group_state(FunctionCallInfo fcinfo)
{
	PurchaseState *state = STATE_OR_NULL(PurchaseState, 0);
	int64		min_orders = min_orders_argument(fcinfo);

	if (state == NULL)
		return create_state(fcinfo, customer_keys_of_argument(fcinfo, 1), min_orders);
	check_min_orders(state, min_orders);
	return state;
}

static inline void
add_row(PurchaseState *state, NullableDatum customer)
{
	if (customer.isnull)
		return;
	state->rows++;
	customer_map_add(&state->map, apply_rows, customer.value, 1);
}

/*
 * purchase_accum(internal, anyelement [, bigint]) -> internal
 */
Datum
purchase_accum(PG_FUNCTION_ARGS)
{
	PurchaseState *state = group_state(fcinfo);

	add_row(state, fcinfo->args[1]);
	PG_RETURN_POINTER(state);
}

static Datum
purchase_add_rows(FunctionCallInfo fcinfo, const Rows *rows)
{
	PurchaseState *state = group_state(fcinfo);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_row(state, rows->columns[0][i]);
	PG_RETURN_POINTER(state);
}

Datum
purchase_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, purchase_add_rows, 1);
}

/*
 * Take back a row that purchase_accum took in.
 */
Datum
purchase_accum_inv(PG_FUNCTION_ARGS)
{
	PurchaseState *state = STATE_OR_NULL(PurchaseState, 0);
	uint32	   *value;

	if (state == NULL)
		elog(ERROR, "purchase_accum_inv called without a state");
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);

	customer_map_flush(&state->map, apply_rows);
	value = customer_map_find(&state->map, PG_GETARG_DATUM(1));
	/* The argument changed although it is marked immutable: NULL makes the executor compute the frame anew. */
	if (value == NULL)
		PG_RETURN_NULL();
	state->rows--;
	if (*value == state->min_orders)
		state->repeaters--;
	if (--*value == 0)
		customer_map_remove(&state->map, value);
	PG_RETURN_POINTER(state);
}

Datum
purchase_combine(PG_FUNCTION_ARGS)
{
	PurchaseState *state = STATE_OR_NULL(PurchaseState, 0);
	PurchasePartial *other = STATE_OR_NULL(PurchasePartial, 1);

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo, other->customers.keys, other->min_orders);
	else
		check_min_orders(state, other->min_orders);
	state->rows += other->rows;
	customer_map_merge(&state->map, apply_rows, &other->customers);
	PG_RETURN_POINTER(state);
}

Datum
purchase_serialize(PG_FUNCTION_ARGS)
{
	PurchaseState *state = (PurchaseState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	customer_map_flush(&state->map, apply_rows);
	wire_begin(&message, WIRE_PURCHASE);
	wire_put(&message, &state->rows, sizeof(state->rows));
	wire_put(&message, &state->min_orders, sizeof(state->min_orders));
	customer_map_write(&state->map, &message);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
purchase_deserialize(PG_FUNCTION_ARGS)
{
	PurchasePartial *partial = palloc(sizeof(PurchasePartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_PURCHASE);
	wire_get(&reader, &partial->rows, sizeof(partial->rows));
	wire_get(&reader, &partial->min_orders, sizeof(partial->min_orders));
	customer_map_read(&partial->customers, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * The state with all rows applied, or NULL if it has no customer.
 */
static PurchaseState *
final_state(FunctionCallInfo fcinfo)
{
	PurchaseState *state = STATE_OR_NULL(PurchaseState, 0);

	if (state == NULL)
		return NULL;
	customer_map_flush(&state->map, apply_rows);
	return customer_map_count(&state->map) > 0 ? state : NULL;
}

Datum
customer_count_final(PG_FUNCTION_ARGS)
{
	PurchaseState *state = final_state(fcinfo);

	PG_RETURN_INT64(state ? customer_map_count(&state->map) : 0);
}

Datum
repeat_rate_final(PG_FUNCTION_ARGS)
{
	PurchaseState *state = final_state(fcinfo);

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) state->repeaters / customer_map_count(&state->map));
}

Datum
purchase_frequency_final(PG_FUNCTION_ARGS)
{
	PurchaseState *state = final_state(fcinfo);

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) state->rows / customer_map_count(&state->map));
}
