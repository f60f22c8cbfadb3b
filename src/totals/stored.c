/*
 * totals/stored.c
 *		The bytes of a retention_totals: opening and reading.
 *
 * Totals are counts of customers, each in a cell:
 *
 *		TOTALS_SEEN			cohort x bucket, the cohort matrix
 *		TOTALS_LAST			cohort x last bucket: who was seen at an age or later is who was last seen then or later
 *		TOTALS_RETAINED		a bucket and the one before
 *		TOTALS_REPEATED		more than once in a bucket
 *
 * Everything else follows: a cohort's size is its own first cell, a bucket's active customers are a column's sum.
 * Cells without customers are left out.  The others have a number each, made of kind, cohort and bucket, and lie
 * in its order, as the distance from the number before and the count, so that two years of months, whatever the
 * number of customers, take some 2 kB:
 *
 *		| header | months 4, days 4, zone | distance, customers | distance, customers | ...
 *
 * The state of a running aggregate, a working value, has the cells in a hash table instead (totals/count.c).
 */
#include "totals/totals.h"

#include "base/varint.h"

#include "port/pg_bswap.h"

void
totals_corrupt(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid retention_totals"),
			 errdetail("Its bytes are damaged, or were not made by this extension.")));
}

/*
 * Reports have a row, and totals many cells, for each bucket from the first to the last.
 */
void
totals_check_span(BucketWidth width, int64 first, int64 last)
{
	if (last - first >= TOTALS_MAX_SPAN)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many buckets of %s from %s to %s", bucket_width_text(width),
						bucket_text(width, first), bucket_text(width, last)),
				 errdetail("There can be at most %d.", TOTALS_MAX_SPAN),
				 errhint("Leave out rows with a wrong date, or choose a wider bucket.")));
}

/*
 * The one door to stored values; old versions will be brought up to date here.
 */
const RetentionTotals *
totals_open(struct varlena *value)
{
	const RetentionTotals *totals = (RetentionTotals *) value;
	const Size	fixed = 2 * sizeof(uint32) + 1;

	if (VARSIZE(value) < offsetof(RetentionTotals, bytes) + fixed)
		totals_corrupt();
	if (totals->version != TOTALS_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("retention_totals has version %u, which this release does not know", totals->version),
				 errhint("ALTER EXTENSION retention UPDATE, after installing a newer release.")));
	if (totals->identity_size < fixed ||
		totals->identity_size > VARSIZE(value) - offsetof(RetentionTotals, bytes) ||
		totals->bytes[fixed - 1] != totals->identity_size - fixed ||
		memchr(totals->bytes + fixed, '\0', totals->identity_size - fixed) != NULL ||
		!bucket_width_valid(totals_width(totals)) ||
		totals->first > totals->last || (int64) totals->last - totals->first >= TOTALS_MAX_SPAN ||
		totals->customers > TOTALS_MAX_CUSTOMERS ||
		totals->ncells > (VARSIZE(value) - offsetof(RetentionTotals, bytes)) / 2)
		totals_corrupt();
	return totals;
}

BucketWidth
totals_width(const RetentionTotals *totals)
{
	uint32		words[2];
	BucketWidth width;

	memcpy(words, totals->bytes, sizeof(words));
	width.months = (int32) pg_ntoh32(words[0]);
	width.days = (int32) pg_ntoh32(words[1]);
	return width;
}

char *
totals_zone(const RetentionTotals *totals)
{
	const uint8 *zone = totals->bytes + 2 * sizeof(uint32);

	return pnstrdup((const char *) zone + 1, zone[0]);
}

/*
 * Start to read a canonical value.
 */
void
totals_read(TotalsReader *reader, const RetentionTotals *totals)
{
	reader->totals = totals;
	reader->cur = totals->bytes + totals->identity_size;
	reader->end = (const uint8 *) totals + VARSIZE(totals);
	reader->left = totals->ncells;
	reader->number = 0;
}

/*
 * The next cell, by kind, cohort and bucket.
 */
bool
totals_next(TotalsReader *reader, TotalsCell *cell)
{
	const RetentionTotals *totals = reader->totals;
	uint64		distance;

	if (reader->left == 0)
	{
		if (reader->cur != reader->end)
			totals_corrupt();
		return false;
	}
	reader->cur = varint_get(reader->cur, reader->end, &distance);
	if (reader->cur != NULL)
		reader->cur = varint_get(reader->cur, reader->end, &cell->customers);
	if (reader->cur == NULL || distance > PG_UINT32_MAX ||
		(distance == 0 && reader->left != totals->ncells) ||
		cell->customers == 0 || cell->customers > totals->customers)
		totals_corrupt();
	reader->left--;
	reader->number += distance;
	if (reader->number / TOTALS_MAX_SPAN / TOTALS_MAX_SPAN > TOTALS_REPEATED)
		totals_corrupt();

	cell->kind = (TotalsCellKind) (reader->number / TOTALS_MAX_SPAN / TOTALS_MAX_SPAN);
	cell->cohort = totals->first + (int32) (reader->number / TOTALS_MAX_SPAN % TOTALS_MAX_SPAN);
	cell->bucket = totals->first + (int32) (reader->number % TOTALS_MAX_SPAN);
	if (cell->bucket < cell->cohort || cell->bucket > totals->last ||
		(cell->kind > TOTALS_LAST && cell->cohort != totals->first))
		totals_corrupt();
	return true;
}
