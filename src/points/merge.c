/*
 * points/merge.c
 *		Making one points_ledger of two: ||, merge and prefix_refs.
 */
#include "points/arguments.h"

#include "miscadmin.h"

PG_FUNCTION_INFO_V1(points_ledger_concat);
PG_FUNCTION_INFO_V1(points_ledger_merge);
PG_FUNCTION_INFO_V1(points_ledger_prefix_refs);

static char *
prefixed(text *prefix, const char *ref, uint32 size)
{
	uint32		prefix_size = VARSIZE_ANY_EXHDR(prefix);
	char	   *result = palloc(prefix_size + size);

	memcpy(result, VARDATA_ANY(prefix), prefix_size);
	memcpy(result + prefix_size, ref, size);
	return result;
}

/*
 * Books that are closed do not change by what is merged either.
 */
static void
check_open(const Ledger *ledger, const Ledger *other)
{
	uint32		n;

	for (n = 0; n < other->nmovements; n++)
		if (other->movements[n].kind != MOVEMENT_CLOSE)
			(void) rule_merged_open(ledger, other, other->movements[n].at);
}

/*
 * The movements of both.  Refs of the other that this ledger has get a prefix, if there is one.
 */
static Datum
merge(FunctionCallInfo fcinfo, text *prefix)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	Ledger	   *other = ledger_of_datum(PG_GETARG_DATUM(1));
	uint32		from = ledger->nmovements;
	uint64		refs_size = 0;
	uint32		n;

	(void) rule_total(ledger, other->earned);
	(void) rule_room(ledger, other->nmovements, other->ndraws);
	check_open(ledger, other);
	check_open(other, ledger);
	ledger_expect_refs(ledger, other->nmovements);
	for (n = 0; n < other->nmovements; n++)
	{
		Movement	movement = other->movements[n];
		Draw	   *draws = other->draws + movement.first_draw;
		uint32		same = ledger_find_ref(ledger, movement.ref, movement.ref_size);
		uint32		i;

		CHECK_FOR_INTERRUPTS();
		if (prefix && same < from)
		{
			(void) rule_size(ledger, refs_size += (uint64) VARSIZE_ANY_EXHDR(prefix) + movement.ref_size);
			movement.ref = prefixed(prefix, movement.ref, movement.ref_size);
			movement.ref_size += VARSIZE_ANY_EXHDR(prefix);
			same = ledger_find_ref(ledger, movement.ref, movement.ref_size);
		}
		(void) rule_ref_unique(ledger, same, movement.ref, movement.ref_size);
		movement.merged_from += from;
		if (movement_has_target(movement.kind))
			movement.target += from;
		for (i = 0; i < movement.ndraws; i++)
			draws[i].lot += from;
		(void) enter_movement(ledger, &movement, draws);
	}
	return ledger_append(ledger);
}

/*
 * points_ledger || points_ledger -> points_ledger
 */
Datum
points_ledger_concat(PG_FUNCTION_ARGS)
{
	ledger_not_null(fcinfo, 0);
	ledger_not_null(fcinfo, 1);
	PG_RETURN_DATUM(merge(fcinfo, NULL));
}

/*
 * merge(a, b, prefix) -> points_ledger
 */
Datum
points_ledger_merge(PG_FUNCTION_ARGS)
{
	ledger_not_null(fcinfo, 0);
	ledger_not_null(fcinfo, 1);
	parameter_not_null(fcinfo, 2, "prefix");
	PG_RETURN_DATUM(merge(fcinfo, PG_GETARG_TEXT_PP(2)));
}

/*
 * prefix_refs(ledger, prefix) -> points_ledger
 */
Datum
points_ledger_prefix_refs(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	text	   *prefix = PG_GETARG_TEXT_PP(1);
	uint32		size = VARSIZE_ANY_EXHDR(prefix);
	uint64		refs_size = 0;
	uint32		n;

	for (n = 0; n < ledger->nmovements; n++)
		if (ledger->movements[n].ref != NULL)
			refs_size += (uint64) size + ledger->movements[n].ref_size;
	(void) rule_size(ledger, refs_size);
	for (n = 0; n < ledger->nmovements; n++)
	{
		Movement   *movement = &ledger->movements[n];

		CHECK_FOR_INTERRUPTS();
		if (movement->ref == NULL)
			continue;
		movement->ref = prefixed(prefix, movement->ref, movement->ref_size);
		movement->ref_size += size;
	}
	PG_RETURN_DATUM(ledger_to_datum(ledger));
}
