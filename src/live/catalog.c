/*
 * live/catalog.c
 *		Rows of the catalogs about a relation, as they are now, and what tells whether they have been changed.
 */
#include "live/catalog.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * What pg_class says of a relation; all zeros if it is gone.
 */
FormData_pg_class
catalog_class(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	FormData_pg_class form = {0};

	if (HeapTupleIsValid(tuple))
	{
		memcpy(&form, GETSTRUCT(tuple), CLASS_TUPLE_SIZE);
		ReleaseSysCache(tuple);
	}
	return form;
}

/*
 * Begin to read the rows of a catalog whose column names a relation, by an index that begins with it.
 */
void
catalog_scan(CatalogScan *scan, Oid catalog, Oid index, AttrNumber column, Oid relation)
{
	ScanKeyData key;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan->catalog = table_open(catalog, AccessShareLock);
	scan->scan = systable_beginscan(scan->catalog, index, true, NULL, 1, &key);
}

/*
 * The next row, good until the one after it; NULL, and the end, if there is none.
 */
HeapTuple
catalog_next(CatalogScan *scan)
{
	HeapTuple	tuple = systable_getnext(scan->scan);

	if (!HeapTupleIsValid(tuple))
	{
		systable_endscan(scan->scan);
		table_close(scan->catalog, AccessShareLock);
	}
	return tuple;
}

void
catalog_mix(uint64 *hash, uint64 value)
{
	*hash = hash_bytes_extended((const unsigned char *) &value, sizeof(value), *hash);
}

/*
 * Mix in who wrote a row, and where: one that was changed and changed back is another.
 */
void
catalog_mix_row(uint64 *hash, HeapTuple tuple)
{
	catalog_mix(hash, HeapTupleHeaderGetRawXmin(tuple->t_data));
	catalog_mix(hash, ItemPointerGetBlockNumber(&tuple->t_self));
	catalog_mix(hash, ItemPointerGetOffsetNumber(&tuple->t_self));
}
