/*
 * summary/without.c
 *		without, rename: a customer is taken out of a stored summary, or becomes another.
 *
 * So a person who asks to be forgotten is, in values whose orders are long gone, and two accounts of one person become
 * one.  The latest time at which anybody was seen stays what it was.
 */
#include "summary/summary.h"

#include "agg/aggstate.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(without);
PG_FUNCTION_INFO_V1(rename_customer);

/*
 * The customer in an argument, whose type must be that of the value's customers.
 */
static void
customer_argument(FunctionCallInfo fcinfo, int argno, const SummarySignature *signature, CustomerKey *key,
				  SummaryEntry *entry)
{
	Oid			type = getBaseType(customer_keys_argument_type(fcinfo, argno));

	parameter_not_null(fcinfo, argno, "customer");
	if (type != signature->keys.type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customers of the summary are %s, not %s", format_type_be(signature->keys.type),
						format_type_be(type)),
				 errhint("Cast the customer to %s.", format_type_be(signature->keys.type))));
	memset(entry, 0, sizeof(*entry));
	*key = customer_keys_prepare(&signature->keys, PG_GETARG_DATUM(argno));
	summary_key_of_customer(signature, key, entry);
}

/*
 * Is it the same customer?
 */
static bool
is_customer(const SummarySignature *signature, const SummaryEntry *entry, const SummaryEntry *customer)
{
	return entry->order == customer->order && summary_key_equal(signature, entry, customer);
}

/*
 * Find a customer, whose entry becomes that in the value, and the first bucket of all others; false if the
 * customer is not there.
 */
static bool
find_customer(const RetentionSummary *summary, const SummarySignature *signature, SummaryEntry *customer,
			  int32 *first)
{
	const SummaryEntry wanted = *customer;
	SummaryReader reader;
	SummaryEntry entry;
	bool		found = false;

	*first = PG_INT32_MAX;
	summary_read_sorted(&reader, summary, signature);
	while (summary_next(&reader, &entry))
	{
		if (is_customer(signature, &entry, &wanted))
		{
			*customer = entry;
			found = true;
		}
		else
			*first = Min(*first, entry.seen.first);
	}
	return found;
}

/*
 * The value without a customer, who is in it; NULL if nobody is left.
 */
static const RetentionSummary *
take_out(const RetentionSummary *summary, SummarySignature *signature, const SummaryEntry *customer, int32 first)
{
	SummaryReader reader;
	SummaryWriter writer;
	SummaryEntry entry;

	if (summary->nsorted == 1)
		return NULL;
	summary_write_begin(&writer, signature, first, summary->scale, summary->sorted_size);
	summary_write_times(&writer, summary->last_at, summary->known_until);
	summary_read_sorted(&reader, summary, signature);
	while (summary_next(&reader, &entry))
		if (!is_customer(signature, &entry, customer))
			summary_write(&writer, &entry);
	return summary_write_end(&writer, 0);
}

/*
 * A value of one customer that can be merged with another.
 */
static const RetentionSummary *
value_of_one(const RetentionSummary *other, SummarySignature *signature, const SummaryEntry *customer)
{
	SummaryWriter writer;

	summary_write_begin(&writer, signature, customer->seen.first, other->scale, 0);
	summary_write_times(&writer, other->last_at, other->known_until);
	summary_write(&writer, customer);
	return summary_write_end(&writer, 0);
}

static SummarySignature *
signature_of(FunctionCallInfo fcinfo, const RetentionSummary *summary)
{
	SummarySignature *signature = summary_signature(fcinfo->flinfo, summary, NULL);

	(void) summary_signature_know_keys(signature, NULL);
	return signature;
}

/*
 * without(retention_summary, anyelement) -> retention_summary, and the same of revenue_summary; NULL if nobody is left
 *
 * A customer that is NULL is an error: in UPDATE ... SET s = without(s, (SELECT ...)) the value would be lost.
 */
Datum
without(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary;
	SummarySignature *signature;
	CustomerKey key;
	SummaryEntry customer;
	int32		first;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	summary = summary_canonical(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0));
	signature = signature_of(fcinfo, summary);
	customer_argument(fcinfo, 1, signature, &key, &customer);
	if (find_customer(summary, signature, &customer, &first))
		summary = take_out(summary, signature, &customer, first);
	if (summary == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary);
}

/*
 * rename(retention_summary, anyelement, anyelement) -> retention_summary, and the same of revenue_summary
 */
Datum
rename_customer(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary;
	SummarySignature *signature;
	CustomerKey keys[2];
	SummaryEntry customers[2];
	const RetentionSummary *values[2];
	int32		first;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	summary = summary_canonical(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0));
	signature = signature_of(fcinfo, summary);
	customer_argument(fcinfo, 1, signature, &keys[0], &customers[0]);
	customer_argument(fcinfo, 2, signature, &keys[1], &customers[1]);
	if (is_customer(signature, &customers[0], &customers[1]) ||
		!find_customer(summary, signature, &customers[0], &first))
		PG_RETURN_POINTER(summary);
	customers[1].seen = customers[0].seen;
	customers[1].amounts = customers[0].amounts;
	customers[1].amounts_size = customers[0].amounts_size;
	values[0] = value_of_one(summary, signature, &customers[1]);
	values[1] = take_out(summary, signature, &customers[0], first);
	PG_RETURN_POINTER(summary_merge(fcinfo->flinfo, values, values[1] != NULL ? 2 : 1));
}
