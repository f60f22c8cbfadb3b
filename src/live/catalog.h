/*
 * live/catalog.h
 *		Rows of the catalogs about a relation.  See live/catalog.c.
 */
#ifndef RETENTION_LIVE_CATALOG_H
#define RETENTION_LIVE_CATALOG_H

#include "compat.h"

#include "access/htup.h"
#include "catalog/pg_class.h"
#include "utils/relcache.h"

typedef struct CatalogScan
{
	Relation	catalog;
	struct SysScanDescData *scan;
} CatalogScan;

extern FormData_pg_class catalog_class(Oid relation);
extern void catalog_scan(CatalogScan *scan, Oid catalog, Oid index, AttrNumber column, Oid relation);
extern HeapTuple catalog_next(CatalogScan *scan);
extern void catalog_mix(uint64 *hash, uint64 value);
extern void catalog_mix_row(uint64 *hash, HeapTuple tuple);

#endif							/* RETENTION_LIVE_CATALOG_H */
