/*
 * summary/signature.c
 *		What a summary is of: its buckets, its zone, and the type of its customers' keys.
 *
 * Summaries can be merged if they agree in all of that.  A value is stored, dumped, and restored elsewhere, where
 * objects have other OIDs, so that it names them; its identity is
 *
 *		months 4 | days 4 | type's schema, name | collation's schema, name | encoding | zone
 *
 * numbers with the high byte first, names with a byte for their size before them.  Equal identities are equal
 * byte by byte.  What the names stand for is looked up once a call site, and keys only where they are needed:
 * a report counts customers and does not care who they are.
 */
#include "summary/summary.h"

#include "agg/aggstate.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#define IDENTITY_NAMES 6
#define IDENTITY_SIZE_MAX (2 * sizeof(uint32) + IDENTITY_NAMES * (1 + UINT8_MAX))

void
summary_corrupt(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid retention_summary"),
			 errdetail("Its bytes are damaged, or were not made by this extension.")));
}

void
summary_check_version(uint8 version)
{
	if (version != SUMMARY_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("retention_summary has version %u, which this release does not know", version),
				 errhint("ALTER EXTENSION retention UPDATE, after installing a newer release.")));
}

/*
 * The names in the order in which they are written.
 */
static void
identity_names(SummaryIdentity *identity, const char **names[IDENTITY_NAMES])
{
	names[0] = &identity->type_schema;
	names[1] = &identity->type_name;
	names[2] = &identity->collation_schema;
	names[3] = &identity->collation_name;
	names[4] = &identity->encoding;
	names[5] = &identity->zone;
}

/*
 * The identity at the start of a value's bytes, as palloc'd strings.
 */
void
summary_identity_read(SummaryIdentity *identity, const uint8 *bytes, Size size)
{
	const uint8 *end = bytes + size;
	const char **names[IDENTITY_NAMES];
	uint32		words[2];
	int			i;

	if (size < sizeof(words))
		summary_corrupt();
	memcpy(words, bytes, sizeof(words));
	identity->width.months = (int32) pg_ntoh32(words[0]);
	identity->width.days = (int32) pg_ntoh32(words[1]);
	if (!bucket_width_valid(identity->width))
		summary_corrupt();
	bytes += sizeof(words);

	identity_names(identity, names);
	for (i = 0; i < IDENTITY_NAMES; i++)
	{
		Size		length;

		if (bytes == end)
			summary_corrupt();
		length = *bytes++;
		if (length > end - bytes || memchr(bytes, '\0', length) != NULL)
			summary_corrupt();
		*names[i] = pnstrdup((const char *) bytes, length);
		bytes += length;
	}
	if (bytes != end)
		summary_corrupt();
}

static uint16
write_identity(uint8 *to, SummaryIdentity *identity)
{
	const uint8 *start = to;
	const char **names[IDENTITY_NAMES];
	uint32		words[2] = {pg_hton32(identity->width.months), pg_hton32(identity->width.days)};
	int			i;

	memcpy(to, words, sizeof(words));
	to += sizeof(words);
	identity_names(identity, names);
	for (i = 0; i < IDENTITY_NAMES; i++)
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

/*
 * How keys of a type are written.  Numbers and bytes only for types whose values mean the same everywhere, in any
 * process and after any restore.
 */
static SummaryLayout
key_layout(const CustomerKeys *keys)
{
	switch (keys->type)
	{
		case BOOLOID:
		case CHAROID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case XIDOID:
		case CIDOID:
		case XID8OID:
		case PG_LSNOID:
			return SUMMARY_NUMBER;
		case UUIDOID:
			return SUMMARY_UUID;
		case TEXTOID:
		case VARCHAROID:
		case BYTEAOID:
			return keys->bytewise ? SUMMARY_BYTES : SUMMARY_SENT;
		default:
			return SUMMARY_SENT;
	}
}

static SummarySignature *
allocate_kind(MemoryContext parent)
{
	MemoryContext cxt = AllocSetContextCreate(parent, "summary signature", ALLOCSET_SMALL_SIZES);
	SummarySignature *signature = MemoryContextAllocZero(cxt, sizeof(SummarySignature));

	signature->cxt = cxt;
	return signature;
}

static void
look_up_functions(SummarySignature *signature)
{
	TypeCacheEntry *entry;
	Oid			function;
	bool		is_varlena;

	if (signature->layout != SUMMARY_SENT && signature->layout != SUMMARY_NUMBER)
		return;
	getTypeBinaryInputInfo(signature->keys.type, &function, &signature->receive_param);
	fmgr_info_cxt(function, &signature->receive, signature->cxt);
	getTypeBinaryOutputInfo(signature->keys.type, &function, &is_varlena);
	fmgr_info_cxt(function, &signature->send, signature->cxt);
	signature->scratch = AllocSetContextCreate(signature->cxt, "summary keys", ALLOCSET_SMALL_SIZES);
	if (signature->layout != SUMMARY_SENT)
		return;

	entry = lookup_type_cache(signature->keys.type, TYPECACHE_HASH_PROC | TYPECACHE_HASH_EXTENDED_PROC);
	signature->hash_extended = OidIsValid(entry->hash_extended_proc);
	fmgr_info_cxt(signature->hash_extended ? entry->hash_extended_proc : entry->hash_proc, &signature->hash, signature->cxt);
	if (OidIsValid(signature->keys.equal.fn_oid))
		return;

	/* The customer map compares such keys bit by bit, and has no need of the type's equality. */
	entry = lookup_type_cache(signature->keys.type, TYPECACHE_EQ_OPR_FINFO);
	fmgr_info_cxt(entry->eq_opr_finfo.fn_oid, &signature->keys.equal, signature->cxt);
}

static Oid	part_known_by_oid(Oid type);

/*
 * A type whose OID the binary form of another holds, if it is one that has another OID in another database.
 */
static Oid
part_or_its_part(Oid part)
{
	return part >= FirstGenbkiObjectId ? part : part_known_by_oid(part);
}

static Oid
column_known_by_oid(Oid type)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(type, -1);
	Oid			found = InvalidOid;
	int			i;

	for (i = 0; i < desc->natts && !OidIsValid(found); i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			found = part_or_its_part(TupleDescAttr(desc, i)->atttypid);
	ReleaseTupleDesc(desc);
	return found;
}

/*
 * The send functions of arrays and of row types write down the types of elements and columns.
 */
static Oid
part_known_by_oid(Oid type)
{
	Oid			base = getBaseType(type);
	Oid			element = get_element_type(base);

	check_stack_depth();
	if (OidIsValid(element))
		return part_or_its_part(element);
	switch (get_typtype(base))
	{
		case TYPTYPE_COMPOSITE:
			return column_known_by_oid(base);
		case TYPTYPE_RANGE:
			return part_known_by_oid(get_range_subtype(base));
		case TYPTYPE_MULTIRANGE:
			return part_known_by_oid(get_multirange_range(base));
		default:
			return InvalidOid;
	}
}

/*
 * A value that could not be restored must not be made.
 */
static void
check_restorable(Oid type)
{
	Oid			part = part_known_by_oid(type);

	if (OidIsValid(part))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a retention_summary cannot hold customers of type %s", format_type_be(type)),
				 errdetail("Their binary form refers to type %s by a number that means nothing in another database.",
						   format_type_be(part)),
				 errhint("Cast them to text.")));
}

/*
 * May keys hold text?
 */
static bool
has_encoding(const SummarySignature *signature)
{
	return signature->layout == SUMMARY_SENT ||
		(signature->layout == SUMMARY_BYTES && signature->keys.type != BYTEAOID);
}

static void
name_type(SummaryIdentity *identity, Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	identity->type_schema = get_namespace_name(form->typnamespace);
	identity->type_name = pstrdup(NameStr(form->typname));
	ReleaseSysCache(tuple);
}

static void
name_collation(SummaryIdentity *identity, Oid collation)
{
	HeapTuple	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	identity->collation_schema = get_namespace_name(form->collnamespace);
	identity->collation_name = pstrdup(NameStr(form->collname));
	ReleaseSysCache(tuple);
}

/*
 * The signature of summary that an aggregate call makes.
 */
SummarySignature *
summary_signature_of_argument(Oid type, Oid collation, BucketWidth width, pg_tz *zone, MemoryContext parent)
{
	SummarySignature *signature = allocate_kind(parent);
	SummaryIdentity identity = {width, "", "", "", "", "", ""};

	/* Another argument's collation means nothing to a type that has none. */
	if (!OidIsValid(get_typcollation(getBaseType(type))))
		collation = InvalidOid;
	customer_keys_init(&signature->keys, type, collation, signature->cxt);
	signature->layout = key_layout(&signature->keys);
	if (signature->layout == SUMMARY_SENT)
		check_restorable(signature->keys.type);
	signature->keys_known = true;
	look_up_functions(signature);
	bucket_calendar_init(&signature->calendar, width, zone, signature->cxt);

	name_type(&identity, signature->keys.type);
	if (signature->layout == SUMMARY_SENT && OidIsValid(collation))
		name_collation(&identity, collation);
	if (has_encoding(signature))
		identity.encoding = GetDatabaseEncodingName();
	identity.zone = pg_get_timezone_name(zone);
	signature->identity = MemoryContextAlloc(signature->cxt, IDENTITY_SIZE_MAX);
	signature->identity_size = write_identity(signature->identity, &identity);
	return signature;
}

/*
 * The signature of a value, in a memory context of its own.
 */
SummarySignature *
summary_signature_create(const RetentionSummary *summary, MemoryContext parent)
{
	SummarySignature *signature = allocate_kind(parent);
	SummaryIdentity identity;
	pg_tz	   *zone;

	summary_identity_read(&identity, summary->bytes, summary->identity_size);
	zone = pg_tzset(identity.zone);
	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("time zone \"%s\" of a retention_summary does not exist here", identity.zone)));
	bucket_calendar_init(&signature->calendar, identity.width, zone, signature->cxt);
	signature->layout = summary->layout;
	signature->identity_size = summary->identity_size;
	signature->identity = memcpy(MemoryContextAlloc(signature->cxt, summary->identity_size), summary->bytes,
							summary->identity_size);
	return signature;
}

/*
 * The same for a function that is called for many values, most of them of one kind.
 */
SummarySignature *
summary_signature(FmgrInfo *flinfo, const RetentionSummary *summary)
{
	SummarySignature *signature = flinfo->fn_extra;

	if (signature != NULL)
	{
		if (signature->layout == summary->layout && signature->identity_size == summary->identity_size &&
			memcmp(signature->identity, summary->bytes, signature->identity_size) == 0)
			return signature;
		flinfo->fn_extra = NULL;
		MemoryContextDelete(signature->cxt);
	}
	return flinfo->fn_extra = summary_signature_create(summary, flinfo->fn_mcxt);
}

static Oid
type_by_name(const SummaryIdentity *identity)
{
	Oid			schema = get_namespace_oid(identity->type_schema, true);
	Oid			type = InvalidOid;

	if (OidIsValid(schema))
		type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(identity->type_name),
							   ObjectIdGetDatum(schema));
	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("type %s of the customers of a retention_summary does not exist",
						quote_qualified_identifier(identity->type_schema, identity->type_name))));
	return type;
}

static Oid
collation_by_name(const SummaryIdentity *identity)
{
	Oid			schema = get_namespace_oid(identity->collation_schema, true);
	int			encodings[2] = {GetDatabaseEncoding(), -1};
	int			i;

	for (i = 0; OidIsValid(schema) && i < lengthof(encodings); i++)
	{
		Oid			collation = GetSysCacheOid3(COLLNAMEENCNSP, Anum_pg_collation_oid,
												CStringGetDatum(identity->collation_name),
												Int32GetDatum(encodings[i]), ObjectIdGetDatum(schema));

		if (OidIsValid(collation))
			return collation;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("collation %s of the customers of a retention_summary does not exist",
					quote_qualified_identifier(identity->collation_schema, identity->collation_name))));
}

/*
 * Look up all that is to be known about the keys.
 */
void
summary_signature_know_keys(SummarySignature *signature)
{
	SummaryIdentity identity;
	Oid			collation = DEFAULT_COLLATION_OID;

	if (signature->keys_known)
		return;
	summary_identity_read(&identity, signature->identity, signature->identity_size);
	if (identity.encoding[0] != '\0' && strcmp(identity.encoding, GetDatabaseEncodingName()) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("customers of a retention_summary are written in encoding %s, not in this database's %s",
						identity.encoding, GetDatabaseEncodingName()),
				 errhint("Its totals, which hold no customers, can be moved.")));
	if (identity.collation_name[0] != '\0')
		collation = collation_by_name(&identity);
	customer_keys_init(&signature->keys, type_by_name(&identity), collation, signature->cxt);
	if (key_layout(&signature->keys) != signature->layout)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("type %s of the customers of a retention_summary has changed",
						quote_qualified_identifier(identity.type_schema, identity.type_name))));
	look_up_functions(signature);
	signature->keys_known = true;
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
 * Can these be merged?
 */
void
summary_check_same(const RetentionSummary *one, const RetentionSummary *other)
{
	SummaryIdentity x;
	SummaryIdentity y;

	if (one->identity_size == other->identity_size && one->layout == other->layout &&
		memcmp(one->bytes, other->bytes, one->identity_size) == 0)
		return;
	summary_identity_read(&x, one->bytes, one->identity_size);
	summary_identity_read(&y, other->bytes, other->identity_size);
	if (!bucket_width_equal(x.width, y.width))
		parameter_changed("bucket", bucket_width_text(x.width), bucket_width_text(y.width));
	if (strcmp(x.zone, y.zone) != 0)
		parameter_changed("zone", x.zone, y.zone);
	parameter_changed("the type of customers", type_text(&x), type_text(&y));
}

/*
 * Does a summary have buckets of this width in this zone?  In its identity the width comes first and the zone last.
 */
bool
summary_has_calendar(const RetentionSummary *summary, BucketWidth width, const char *zone, Size zone_size)
{
	const uint32 words[2] = {pg_hton32(width.months), pg_hton32(width.days)};
	const uint8 *end = summary->bytes + summary->identity_size;

	return summary->identity_size > sizeof(words) + 1 + zone_size &&
		memcmp(summary->bytes, words, sizeof(words)) == 0 &&
		memcmp(end - zone_size, zone, zone_size) == 0 && end[-(int) zone_size - 1] == zone_size;
}
