/*
 * summary/equal.c
 *		Equality of summaries.
 *
 * Equal values are nearly always equal byte by byte.  Only where the type's own function decides which keys are equal
 * (a numeric's 1.0 and 1.00) can the same customers be written differently, and in another order; then the values
 * are compared customer by customer.
 */
#include "summary/streams.h"

#include "miscadmin.h"

/*
 * Do the entries of one order in one value and in another say the same?
 */
static bool
same_groups(const SummarySignature *signature, const EntryGroup *one, const EntryGroup *other)
{
	uint32		i;
	uint32		j;

	if (one->n != other->n)
		return false;
	for (i = 0; i < one->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (j = 0; j < other->n; j++)
			if (summary_key_equal(signature, &one->entries[i], &other->entries[j]))
				break;
		if (j == other->n || !seenset_equal(&one->entries[i].seen, &other->entries[j].seen))
			return false;
	}
	return true;
}

/*
 * Do two values with one identity say the same, where a customer may be spelt differently?
 */
static bool
same_customers(FmgrInfo *flinfo, const RetentionSummary *one, const RetentionSummary *other)
{
	SummarySignature *signature = summary_signature(flinfo, one, NULL);
	EntryStream streams[2];
	EntryGroup	groups[2] = {{.room = 8}, {.room = 8}};
	int			i;

	(void) summary_signature_know_keys(signature, NULL);
	entrystream_begin(&streams[0], one, signature, false, true);
	entrystream_begin(&streams[1], other, signature, false, true);
	for (i = 0; i < 2; i++)
		groups[i].entries = palloc(groups[i].room * sizeof(SummaryEntry));
	while (streams[0].more && streams[1].more)
	{
		uint64		order = streams[0].entry.order;

		for (i = 0; i < 2; i++)
		{
			groups[i].n = 0;
			for (; streams[i].more && streams[i].entry.order == order; entrystream_advance(&streams[i]))
				entrygroup_add(&groups[i], &streams[i].entry);
		}
		if (!same_groups(signature, &groups[0], &groups[1]))
			return false;
	}
	return !streams[0].more && !streams[1].more;
}

bool
summary_equal(FmgrInfo *flinfo, const RetentionSummary *one, const RetentionSummary *other)
{
	one = summary_canonical(flinfo, one);
	other = summary_canonical(flinfo, other);
	if (VARSIZE(one) == VARSIZE(other) && memcmp(one, other, VARSIZE(one)) == 0)
		return true;
	if (one->layout != SUMMARY_SENT || other->layout != SUMMARY_SENT ||
		one->nsorted != other->nsorted || one->identity_size != other->identity_size ||
		memcmp(one->bytes, other->bytes, one->identity_size) != 0)
		return false;
	return same_customers(flinfo, one, other);
}
