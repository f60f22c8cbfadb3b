/*
 * summary/signature.c
 *		What a summary's identity means in this database: its time zone, and its keys' type with all that is known
 *		about that.
 *
 * A call site looks it up once, and the keys only where they are needed: a report counts customers and does not care
 * who they are.
 */
#include "summary/summary.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

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
allocate_signature(MemoryContext parent)
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
	fmgr_info_cxt(signature->hash_extended ? entry->hash_extended_proc : entry->hash_proc, &signature->hash,
				  signature->cxt);
	if (OidIsValid(signature->keys.equal.fn_oid))
		return;

	/* The customer map compares such keys by their bits and does not look up the type's equality. */
	entry = lookup_type_cache(signature->keys.type, TYPECACHE_EQ_OPR_FINFO);
	fmgr_info_cxt(entry->eq_opr_finfo.fn_oid, &signature->keys.equal, signature->cxt);
}

static Oid	part_known_by_oid(Oid type);

/*
 * The part itself if its OID differs from database to database, or such a part of it; or InvalidOid.
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
 * A type whose OID the binary form of "type" holds, if that OID differs from database to database: the send functions
 * of arrays and of row types write the types of elements and columns.
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
				 errmsg("a summary cannot hold customers of type %s", format_type_be(type)),
				 errdetail("Their binary form refers to type %s by a number that means nothing in another database.",
						   format_type_be(part)),
				 errhint("Cast them to text.")));
}

/*
 * Can keys hold text?
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
 * The signature of the summaries that an aggregate call makes.
 */
SummarySignature *
summary_signature_of_argument(Oid type, Oid collation, BucketWidth width, pg_tz *zone, MemoryContext parent)
{
	SummarySignature *signature = allocate_signature(parent);
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
	signature->identity = MemoryContextAlloc(signature->cxt, SUMMARY_IDENTITY_SIZE_MAX);
	signature->identity_size = summary_identity_write(signature->identity, &identity);
	return signature;
}

/*
 * Give a signature another bucket and another zone.
 */
void
summary_signature_set_buckets(SummarySignature *signature, BucketWidth width, pg_tz *zone)
{
	SummaryIdentity identity;

	if (bucket_calendar_is(&signature->calendar, width, zone))
		return;
	summary_identity_read(&identity, signature->identity, signature->identity_size);
	identity.width = width;
	identity.zone = pg_get_timezone_name(zone);
	signature->identity_size = summary_identity_write(signature->identity, &identity);
	bucket_calendar_init(&signature->calendar, width, zone, signature->cxt);
}

/*
 * The signature of a value, in a memory context of its own; NULL if an error was noted.
 */
SummarySignature *
summary_signature_create(const RetentionSummary *summary, MemoryContext parent, Node *escontext)
{
	SummarySignature *signature;
	SummaryIdentity identity;
	pg_tz	   *zone;

	if (!summary_identity_parse(&identity, summary->bytes, summary->identity_size))
	{
		(void) summary_damaged(escontext);
		return NULL;
	}
	zone = pg_tzset(identity.zone);
	if (zone == NULL)
	{
		errsave(escontext,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("time zone \"%s\" of a summary does not exist here", identity.zone)));
		return NULL;
	}
	signature = allocate_signature(parent);
	bucket_calendar_init(&signature->calendar, identity.width, zone, signature->cxt);
	signature->layout = summary->layout;
	signature->identity_size = summary->identity_size;
	signature->identity = memcpy(MemoryContextAlloc(signature->cxt, SUMMARY_IDENTITY_SIZE_MAX), summary->bytes,
								 summary->identity_size);
	return signature;
}

/*
 * The same for a function that is called for many values, most of them with the same signature.
 */
SummarySignature *
summary_signature(FmgrInfo *flinfo, const RetentionSummary *summary, Node *escontext)
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
	return flinfo->fn_extra = summary_signature_create(summary, flinfo->fn_mcxt, escontext);
}

static Oid
collation_by_name(const SummaryIdentity *identity)
{
	Oid			schema = get_namespace_oid(identity->collation_schema, true);
	int			encodings[2] = {GetDatabaseEncoding(), -1};
	Oid			collation = InvalidOid;
	int			i;

	for (i = 0; OidIsValid(schema) && !OidIsValid(collation) && i < lengthof(encodings); i++)
		collation = GetSysCacheOid3(COLLNAMEENCNSP, Anum_pg_collation_oid, CStringGetDatum(identity->collation_name),
									Int32GetDatum(encodings[i]), ObjectIdGetDatum(schema));
	return collation;
}

/*
 * Find the type and the collation of the keys; false if an error was noted.
 */
static bool
find_type(const SummaryIdentity *identity, Oid *schema, Oid *type, Oid *collation, Node *escontext)
{
	*schema = get_namespace_oid(identity->type_schema, true);
	*type = InvalidOid;
	if (OidIsValid(*schema))
		*type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(identity->type_name),
								ObjectIdGetDatum(*schema));
	if (!OidIsValid(*type))
	{
		errsave(escontext,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("type %s of the customers of a summary does not exist",
						quote_qualified_identifier(identity->type_schema, identity->type_name))));
		return false;
	}

	*collation = DEFAULT_COLLATION_OID;
	if (identity->collation_name[0] != '\0')
		*collation = collation_by_name(identity);
	if (!OidIsValid(*collation))
	{
		errsave(escontext,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("collation %s of the customers of a summary does not exist",
						quote_qualified_identifier(identity->collation_schema, identity->collation_name))));
		return false;
	}
	return true;
}

/*
 * Look up all that is to be known about the keys; false if an error was noted.
 */
bool
summary_signature_know_keys(SummarySignature *signature, Node *escontext)
{
	SummaryIdentity identity;
	Oid			type;
	Oid			collation;

	if (signature->keys_known)
		return true;
	summary_identity_read(&identity, signature->identity, signature->identity_size);
	if (identity.encoding[0] != '\0' && strcmp(identity.encoding, GetDatabaseEncodingName()) != 0)
	{
		errsave(escontext,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("customers of a summary are written in encoding %s, not in this database's %s",
						identity.encoding, GetDatabaseEncodingName()),
				 errhint("Its totals, which hold no customers, can be moved.")));
		return false;
	}
	if (!find_type(&identity, &signature->type_schema, &type, &collation, escontext))
		return false;
	customer_keys_init(&signature->keys, type, collation, signature->cxt);
	if (key_layout(&signature->keys) != signature->layout)
	{
		errsave(escontext,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("type %s of the customers of a summary has changed",
						quote_qualified_identifier(identity.type_schema, identity.type_name))));
		return false;
	}
	look_up_functions(signature);
	signature->keys_known = true;
	return true;
}

/*
 * May the user name the type of the keys?  As in a query, its schema counts, too.
 */
void
summary_signature_check_usage(const SummarySignature *signature)
{
	AclResult	result = schema_aclcheck(signature->type_schema, GetUserId(), ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_SCHEMA, get_namespace_name(signature->type_schema));
	result = type_aclcheck(signature->keys.type, GetUserId(), ACL_USAGE);
	if (result != ACLCHECK_OK)
		aclcheck_error_type(result, signature->keys.type);
}
