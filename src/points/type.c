/*
 * points/type.c
 *		The SQL functions of the type points_ledger: text, binary form, JSON, equality, order and hash.
 *
 * The binary form, which drivers and COPY use, has the parts of each movement at full width, in the order of
 * struct Movement, and refs in the client's encoding.  Whatever comes from outside, text or binary, is made
 * into a ledger by entering its movements one by one, so that one that breaks a rule is refused.
 */
#include "points/ledger.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(points_ledger_in);
PG_FUNCTION_INFO_V1(points_ledger_out);
PG_FUNCTION_INFO_V1(points_ledger_recv);
PG_FUNCTION_INFO_V1(points_ledger_send);
PG_FUNCTION_INFO_V1(points_ledger_from_jsonb);
PG_FUNCTION_INFO_V1(points_ledger_to_json);
PG_FUNCTION_INFO_V1(points_ledger_to_jsonb);
PG_FUNCTION_INFO_V1(points_ledger_eq);
PG_FUNCTION_INFO_V1(points_ledger_ne);
PG_FUNCTION_INFO_V1(points_ledger_lt);
PG_FUNCTION_INFO_V1(points_ledger_le);
PG_FUNCTION_INFO_V1(points_ledger_gt);
PG_FUNCTION_INFO_V1(points_ledger_ge);
PG_FUNCTION_INFO_V1(points_ledger_cmp);
PG_FUNCTION_INFO_V1(points_ledger_hash);
PG_FUNCTION_INFO_V1(points_ledger_hash_extended);

Datum
points_ledger_in(PG_FUNCTION_ARGS)
{
	Datum		json;
	Ledger	   *ledger;

	if (!input_safely(jsonb_in, PG_GETARG_CSTRING(0), fcinfo->context, &json))
		return (Datum) 0;
	ledger = ledger_of_json(DatumGetJsonbP(json), fcinfo->context);
	return ledger ? ledger_to_datum(ledger) : (Datum) 0;
}

Datum
points_ledger_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(ledger_to_json(ledger_of_datum(PG_GETARG_DATUM(0))));
}

Datum
points_ledger_from_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(ledger_to_datum(ledger_of_json(PG_GETARG_JSONB_P(0), NULL)));
}

/*
 * A json value is its text.
 */
Datum
points_ledger_to_json(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(ledger_to_json(ledger_of_datum(PG_GETARG_DATUM(0)))));
}

Datum
points_ledger_to_jsonb(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(ledger_to_json(ledger_of_datum(PG_GETARG_DATUM(0)))));
}

/*
 * A movement without a ref sends an empty one, which no other movement has.
 */
static void
send_ref(StringInfo message, const Movement *movement)
{
	const char *ref = movement->ref;
	uint32		size = movement->ref_size;

	if (ref && (ref = pg_server_to_client(ref, size)) != movement->ref)
		size = strlen(ref);
	pq_sendint32(message, size);
	pq_sendbytes(message, ref, size);
}

static void
send_opening(StringInfo message, const Opening *opening)
{
	pq_sendbyte(message, opening != NULL);
	if (opening == NULL)
		return;
	pq_sendint64(message, opening->redeemed);
	pq_sendint64(message, opening->expired);
	pq_sendint64(message, opening->reversed);
	pq_sendint64(message, opening->reversible);
}

static void
send_movement(StringInfo message, const Ledger *ledger, const Movement *movement)
{
	const Draw *draws = ledger->draws + movement->first_draw;
	uint32		i;

	pq_sendbyte(message, movement->kind);
	pq_sendint32(message, movement->merged_from);
	pq_sendint64(message, movement->at);
	pq_sendint64(message, movement->points);
	pq_sendint64(message, movement->expires);
	pq_sendint64(message, movement->available);
	pq_sendint64(message, movement->issued_at);
	send_ref(message, movement);
	pq_sendint32(message, movement->target);
	pq_sendint64(message, movement->debt);
	send_opening(message, movement->opening);
	pq_sendint32(message, movement->ndraws);
	for (i = 0; i < movement->ndraws; i++)
	{
		pq_sendint32(message, draws[i].lot);
		pq_sendint64(message, draws[i].points);
	}
}

Datum
points_ledger_send(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	StringInfoData message;
	uint32		n;

	pq_begintypsend(&message);
	pq_sendbyte(&message, LEDGER_VERSION);
	pq_sendint32(&message, ledger->nmovements);
	for (n = 0; n < ledger->nmovements; n++)
	{
		CHECK_FOR_INTERRUPTS();
		send_movement(&message, ledger, &ledger->movements[n]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

static void
check_message(bool holds, const char *detail)
{
	if (!holds)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type points_ledger"),
				 errdetail_internal("%s", detail)));
}

static TimestampTz
receive_time(StringInfo message)
{
	TimestampTz time = pq_getmsgint64(message);

	check_message(TIMESTAMP_NOT_FINITE(time) || IS_VALID_TIMESTAMP(time), "A time is out of range.");
	return time;
}

static void
receive_ref(StringInfo message, Movement *movement)
{
	uint32		size = pq_getmsgint(message, 4);
	int			converted;

	if (size == 0)
		return;
	check_message(size <= message->len - message->cursor, "A ref is longer than the message.");
	movement->ref = pq_getmsgtext(message, size, &converted);
	movement->ref_size = converted;
}

static Draw *
receive_draws(StringInfo message, const Ledger *ledger, Movement *movement)
{
	Draw	   *draws;
	uint32		i;

	movement->ndraws = pq_getmsgint(message, 4);
	check_message(movement->ndraws <= ledger->nmovements, "A movement draws from more lots than there are.");
	draws = palloc_array(Draw, movement->ndraws);
	for (i = 0; i < movement->ndraws; i++)
	{
		draws[i].lot = pq_getmsgint(message, 4);
		draws[i].points = pq_getmsgint64(message);
	}
	return draws;
}

static const Opening *
receive_opening(StringInfo message)
{
	Opening    *opening;
	int			has_opening = pq_getmsgbyte(message);

	check_message(has_opening == 0 || has_opening == 1, "A movement is neither an opening nor none.");
	if (!has_opening)
		return NULL;
	opening = palloc(sizeof(Opening));
	opening->redeemed = pq_getmsgint64(message);
	opening->expired = pq_getmsgint64(message);
	opening->reversed = pq_getmsgint64(message);
	opening->reversible = pq_getmsgint64(message);
	return opening;
}

static void
receive_movement(StringInfo message, Ledger *ledger)
{
	Movement	movement = {0};
	const Movement *entered;
	Draw	   *draws;

	movement.kind = pq_getmsgbyte(message);
	check_message(movement.kind < MOVEMENT_KINDS, "The kind of a movement is unknown.");
	movement.merged_from = pq_getmsgint(message, 4);
	movement.at = receive_time(message);
	movement.points = pq_getmsgint64(message);
	movement.expires = receive_time(message);
	movement.available = receive_time(message);
	movement.issued_at = receive_time(message);
	receive_ref(message, &movement);
	movement.target = pq_getmsgint(message, 4);
	movement.debt = pq_getmsgint64(message);
	movement.opening = receive_opening(message);
	draws = receive_draws(message, ledger, &movement);

	(void) enter_again(ledger, &movement, draws, true);
	entered = &ledger->movements[ledger->nmovements - 1];
	check_message(movement.points == entered->points && movement.debt == entered->debt &&
				  movement.expires == entered->expires && movement.available == entered->available &&
				  movement.issued_at == entered->issued_at &&
				  (movement.target == 0 || movement_has_target(movement.kind)) &&
				  (movement.ref == NULL || movement_has_ref(movement.kind)),
				  "A movement has a part that its kind does not have.");
	pfree(draws);
}

Datum
points_ledger_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	Ledger	   *ledger = ledger_make(0, NULL);
	uint32		nmovements;

	check_message(pq_getmsgbyte(message) == LEDGER_VERSION, "Its version is unknown.");
	nmovements = pq_getmsgint(message, 4);
	ledger_expect_refs(ledger, nmovements);
	while (ledger->nmovements < nmovements)
	{
		CHECK_FOR_INTERRUPTS();
		receive_movement(message, ledger);
	}
	PG_RETURN_DATUM(ledger_to_datum(ledger));
}

/*
 * An order of the stored bytes, in which equal ledgers are equal.  It means nothing else.
 */
static int
compare_ledgers(FunctionCallInfo fcinfo)
{
	struct varlena *one = PG_GETARG_VARLENA_PP(0);
	struct varlena *other = PG_GETARG_VARLENA_PP(1);
	int			order;

	(void) ledger_open_stored(one);
	(void) ledger_open_stored(other);
	order = DatumGetInt32(DirectFunctionCall2(byteacmp, PointerGetDatum(one), PointerGetDatum(other)));

	/* An index compares as many times as it likes before it gives memory back. */
	PG_FREE_IF_COPY(one, 0);
	PG_FREE_IF_COPY(other, 1);
	return order;
}

Datum
points_ledger_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_ledgers(fcinfo) == 0);
}

Datum
points_ledger_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_ledgers(fcinfo) != 0);
}

Datum
points_ledger_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_ledgers(fcinfo) < 0);
}

Datum
points_ledger_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_ledgers(fcinfo) <= 0);
}

Datum
points_ledger_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_ledgers(fcinfo) > 0);
}

Datum
points_ledger_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_ledgers(fcinfo) >= 0);
}

Datum
points_ledger_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_ledgers(fcinfo));
}

Datum
points_ledger_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);

	return hash_any(ledger_open_stored(value), VARSIZE_ANY_EXHDR(value));
}

Datum
points_ledger_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);

	return hash_any_extended(ledger_open_stored(value), VARSIZE_ANY_EXHDR(value), PG_GETARG_INT64(1));
}
