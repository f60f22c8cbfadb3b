/*
 * summary/identity.c
 *		What summaries must have in common to be merged: the buckets, the zone, and the type of the customers' keys.
 *
 * A value is stored, dumped, and restored elsewhere, where objects have other OIDs, so it holds names.  Its
 * identity is
 *
 *		months 4 | days 4 | origin 4 | type's schema, name | collation's schema, name | encoding | zone
 *
 * numbers with the high byte first, each name with a byte for its size before it.  Equal identities are equal byte by
 * byte.  What the names stand for in this database is found by summary/signature.c.
 */
#include "summary/summary.h"

#include "agg/aggstate.h"
#include "base/damage.h"
#include "base/zone.h"

#include "port/pg_bswap.h"
#include "utils/builtins.h"

bool
summary_damaged(Node *escontext)
{
	return value_damaged("summary", escontext);
}

void
summary_corrupt(void)
{
	(void) summary_damaged(NULL);
	pg_unreachable();
}

bool
summary_check_version(uint8 version, Node *escontext)
{
	return value_check_version("summary", version, SUMMARY_VERSION, escontext);
}

/*
 * The names in the order in which they are written.
 */
static void
identity_names(SummaryIdentity *identity, const char **names[SUMMARY_IDENTITY_NAMES])
{
	names[0] = &identity->type_schema;
	names[1] = &identity->type_name;
	names[2] = &identity->collation_schema;
	names[3] = &identity->collation_name;
	names[4] = &identity->encoding;
	names[5] = &identity->zone;
}

/*
 * The identity at the start of a value's bytes, as palloc'd strings; false if it is damaged.
 */
bool
summary_identity_parse(SummaryIdentity *identity, const uint8 *bytes, Size size)
{
	const uint8 *end = bytes + size;
	const char **names[SUMMARY_IDENTITY_NAMES];
	uint32		words[3];
	int			i;

	if (size < sizeof(words))
		return false;
	memcpy(words, bytes, sizeof(words));
	identity->width.months = (int32) pg_ntoh32(words[0]);
	identity->width.days = (int32) pg_ntoh32(words[1]);
	identity->width.origin = (int32) pg_ntoh32(words[2]);
	if (!bucket_width_valid(identity->width))
		return false;
	bytes += sizeof(words);

	identity_names(identity, names);
	for (i = 0; i < SUMMARY_IDENTITY_NAMES; i++)
	{
		Size		length;

		if (bytes == end)
			return false;
		length = *bytes++;
		if (length > end - bytes || memchr(bytes, '\0', length) != NULL)
			return false;
		*names[i] = pnstrdup((const char *) bytes, length);
		bytes += length;
	}
	return bytes == end;
}

void
summary_identity_read(SummaryIdentity *identity, const uint8 *bytes, Size size)
{
	if (!summary_identity_parse(identity, bytes, size))
		summary_corrupt();
}

/*
 * Write an identity where SUMMARY_IDENTITY_SIZE_MAX bytes are free; returns its size.
 */
uint16
summary_identity_write(uint8 *to, SummaryIdentity *identity)
{
	const uint8 *start = to;
	const char **names[SUMMARY_IDENTITY_NAMES];
	uint32		words[3] = {pg_hton32(identity->width.months), pg_hton32(identity->width.days),
		pg_hton32(identity->width.origin)};
	int			i;

	memcpy(to, words, sizeof(words));
	to += sizeof(words);
	identity_names(identity, names);
	for (i = 0; i < SUMMARY_IDENTITY_NAMES; i++)
	{
		Size		length = strlen(*names[i]);

		if (length > UINT8_MAX)
			elog(ERROR, "name \"%s\" is too long", *names[i]);
		*to++ = (uint8) length;
		memcpy(to, *names[i], length);
		to += length;
	}
	return to - start;
}

static char *
type_text(const SummaryIdentity *identity)
{
	char	   *text = quote_qualified_identifier(identity->type_schema, identity->type_name);

	if (identity->collation_name[0] == '\0')
		return text;
	return psprintf("%s COLLATE %s", text,
					quote_qualified_identifier(identity->collation_schema, identity->collation_name));
}

/*
 * Refuse to merge what people bought with what they subscribe to.
 */
void
summary_check_same_kind(TimestampTz one_known_until, TimestampTz other_known_until)
{
	if ((one_known_until == DT_NOEND) != (other_known_until == DT_NOEND))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a summary of orders and one of contracts cannot be merged"),
				 errdetail("The one has what happened in each bucket, the other what was at its end."),
				 errhint("Make two reports, and add up what you need.")));
}

static bool
same_identity(const RetentionSummary *one, const RetentionSummary *other)
{
	return one->identity_size == other->identity_size && one->layout == other->layout &&
		memcmp(one->bytes, other->bytes, one->identity_size) == 0;
}

pg_noreturn static void
refuse_to_merge(const SummaryIdentity *one, const SummaryIdentity *other)
{
	if (!bucket_width_equal(one->width, other->width))
		merged_parameter_changed("bucket", bucket_width_text(one->width), bucket_width_text(other->width));
	if (strcmp(one->zone, other->zone) != 0)
		merged_parameter_changed("zone", one->zone, other->zone);
	merged_parameter_changed("the type of customers", type_text(one), type_text(other));
}

/*
 * Refuse two of one group whose identities differ.
 */
void
summary_check_same(const RetentionSummary *one, const RetentionSummary *other)
{
	SummaryIdentity identities[2];

	if (same_identity(one, other))
		return;
	summary_identity_read(&identities[0], one->bytes, one->identity_size);
	summary_identity_read(&identities[1], other->bytes, other->identity_size);
	refuse_to_merge(&identities[0], &identities[1]);
}

/*
 * Is all the same but the zone?
 */
static bool
same_but_zone(SummaryIdentity *one, SummaryIdentity *other)
{
	const char **names[2][SUMMARY_IDENTITY_NAMES];
	int			i;

	identity_names(one, names[0]);
	identity_names(other, names[1]);
	for (i = 0; i < SUMMARY_IDENTITY_NAMES; i++)
		if (names[0][i] != &one->zone && strcmp(*names[0][i], *names[1][i]) != 0)
			return false;
	return bucket_width_equal(one->width, other->width);
}

/*
 * Which of the two has the identity that a merged value gets?  Their zones may have different names if the
 * buckets are the same.
 */
const RetentionSummary *
summary_identity_in_common(const RetentionSummary *one, const RetentionSummary *other)
{
	SummaryIdentity identities[2];

	summary_check_same_kind(one->known_until, other->known_until);
	if (same_identity(one, other))
		return one;
	summary_identity_read(&identities[0], one->bytes, one->identity_size);
	summary_identity_read(&identities[1], other->bytes, other->identity_size);
	if (one->layout == other->layout && same_but_zone(&identities[0], &identities[1]))
	{
		ZoneUse		uses[2] = {
			{identities[0].zone, one->first, one->last},
			{identities[1].zone, other->first, other->last}
		};
		const ZoneUse *common = zone_in_common(identities[0].width, &uses[0], &uses[1]);

		if (common != NULL)
			return common == &uses[0] ? one : other;
	}
	refuse_to_merge(&identities[0], &identities[1]);
}

/*
 * Does a summary have buckets of this width in this zone?  In its identity the width comes first and the zone last.
 */
bool
summary_has_calendar(const RetentionSummary *summary, BucketWidth width, const char *zone, Size zone_size)
{
	const uint32 words[3] = {pg_hton32(width.months), pg_hton32(width.days), pg_hton32(width.origin)};
	const uint8 *end = summary->bytes + summary->identity_size;

	return summary->identity_size > sizeof(words) + 1 + zone_size &&
		memcmp(summary->bytes, words, sizeof(words)) == 0 &&
		memcmp(end - zone_size, zone, zone_size) == 0 && end[-(int) zone_size - 1] == zone_size;
}
