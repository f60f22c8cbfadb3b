/*
 * points/transfer.c
 *		Points that go from one points_ledger to another: transfer and receive.
 *
 * What a transfer took is a parcel, a ledger that earns these points with their expiry and issue date.  It
 * could be merged into that of the receiver, as ledgers of two members are, but the balance of merged ledgers
 * is the sum of theirs, so that points of the one pay no debts of the other.  A gift is the receiver's own:
 * its points are entered as if they had been earned.
 */
#include "points/arguments.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(points_ledger_transfer);
PG_FUNCTION_INFO_V1(points_ledger_receive);

/*
 * The points of the first lot have the ref of the transfer, those of others that and a number: so a parcel
 * cannot be merged twice, and each of its lots can be reversed.
 */
static void
ref_of_parcel(Movement *earn, const Movement *transfer, uint32 i)
{
	if (transfer->ref == NULL)
		return;
	earn->ref = transfer->ref;
	earn->ref_size = transfer->ref_size;
	if (i > 0)
	{
		earn->ref = psprintf("%.*s/%u", (int) transfer->ref_size, transfer->ref, i + 1);
		earn->ref_size = strlen(earn->ref);
	}
}

/*
 * What a transfer took, as the points that another ledger earns.  Their expiry is what was known when the
 * transfer was entered: movements after it do not count.
 */
static Ledger *
parcel_of(const Ledger *giver, uint32 n)
{
	const Movement *transfer = &giver->movements[n];
	const Draw *draws = giver->draws + transfer->first_draw;
	Ledger	   *parcel = ledger_make(transfer->ndraws, NULL);
	Ledger		known = *giver;
	Replay		replay = {0};
	uint32		i;

	(void) rule_size(parcel, (uint64) transfer->ndraws * transfer->ref_size);
	known.nmovements = n;
	ledger_replay(&replay, &known, transfer->merged_from, transfer->at, false);
	for (i = 0; i < transfer->ndraws; i++)
	{
		Movement	earn = {MOVEMENT_EARN};

		earn.points = draws[i].points;
		earn.at = earn.available = transfer->at;
		earn.issued_at = giver->movements[draws[i].lot].issued_at;
		earn.expires = replay.lots[draws[i].lot].expires;
		ref_of_parcel(&earn, transfer, i);
		(void) enter_earn(parcel, &earn);
	}
	ledger_replay_end(&replay);
	return parcel;
}

/*
 * transfer(ledger, points, at, ref) -> giver, parcel
 */
Datum
points_ledger_transfer(PG_FUNCTION_ARGS)
{
	Movement	transfer = {MOVEMENT_TRANSFER};
	Ledger	   *ledger;
	uint32		same;
	Datum		values[2];
	bool		nulls[2] = {false, false};
	TupleDesc	desc;

	ledger_not_null(fcinfo, 0);
	transfer.points = points_argument(fcinfo, 1);
	transfer.at = time_argument(fcinfo, 2, "at");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 3, ledger, &transfer);

	same = ledger->nmovements;
	if (ledger_has_movement(ledger, &transfer))
		same = ledger_find_ref(ledger, transfer.ref, transfer.ref_size);
	else
		(void) enter_draw(ledger, &transfer);
	values[0] = ledger_append(ledger);
	values[1] = ledger_to_datum(parcel_of(ledger, same));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * receive(ledger, parcel) -> points_ledger
 *
 * A ref that is there already is an error: it may be that of another giver's parcel, and this one would be lost.
 */
Datum
points_ledger_receive(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger;
	Ledger	   *parcel;
	uint32		n;

	ledger_not_null(fcinfo, 0);
	parameter_not_null(fcinfo, 1, "parcel");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	parcel = ledger_of_datum(PG_GETARG_DATUM(1));
	ledger_expect_refs(ledger, parcel->nmovements);
	for (n = 0; n < parcel->nmovements; n++)
	{
		Movement	earn = parcel->movements[n];

		CHECK_FOR_INTERRUPTS();
		(void) rule_parcel(parcel, n);
		(void) rule_ref_unique(ledger, ledger_find_ref(ledger, earn.ref, earn.ref_size), earn.ref, earn.ref_size);
		earn.merged_from = 0;
		(void) enter_earn(ledger, &earn);
	}
	PG_RETURN_DATUM(ledger_append(ledger));
}
