/*
 * compat.h
 *		Every difference between PostgreSQL 15 and 19 that the sources meet, and between compilers and kernels.
 *
 * Other files are written for the newest server; what an older one lacks is made up for here, so that
 * no other file asks for PG_VERSION_NUM.  They are written in C11, for the sake of anonymous unions; the server's
 * headers are content with C99 before 19.
 */
#ifndef RETENTION_COMPAT_H
#define RETENTION_COMPAT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/rangetypes.h"

#if PG_VERSION_NUM < 150000
#error "retention needs PostgreSQL 15 or later"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#define MAKE_RANGE(typcache, lower, upper, empty) make_range(typcache, lower, upper, empty, NULL)
#else
#define MAKE_RANGE(typcache, lower, upper, empty) make_range(typcache, lower, upper, empty)
#endif

/*
 * The library exports what SQL calls and nothing else (-fvisibility=hidden in the Makefile).  From 16 on the
 * server's own macro sees to that; before, it leaves the functions themselves hidden.
 */
#if PG_VERSION_NUM < 160000 && defined(__GNUC__)
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#undef PG_FUNCTION_INFO_V1
#define PG_FUNCTION_INFO_V1(funcname) \
extern PGDLLEXPORT Datum funcname(PG_FUNCTION_ARGS); \
extern PGDLLEXPORT const Pg_finfo_record *CppConcat(pg_finfo_, funcname) (void); \
const Pg_finfo_record * \
CppConcat(pg_finfo_, funcname) (void) \
{ \
	static const Pg_finfo_record finfo = {1}; \
	return &finfo; \
} \
extern int	no_such_variable
#endif

/*
 * From 16 on an input function may note an error for its caller (pg_input_is_valid, COPY ... ON_ERROR) and
 * return.  Before, and where the caller gave it no place for a note, it is raised.
 */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#else
#define errsave(context, ...) ereport(ERROR, __VA_ARGS__)
#endif

/*
 * Call a type's input function; false if the error is noted in the context.
 */
static inline bool
input_safely(PGFunction input, char *text, Node *context, Datum *value)
{
#if PG_VERSION_NUM >= 160000
	return DirectInputFunctionCallSafe(input, text, InvalidOid, -1, context, value);
#else
	*value = DirectFunctionCall3(input, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return true;
#endif
}

/* Privileges are asked for by one function from 16 on, before by one for each class of objects. */
#if PG_VERSION_NUM >= 160000
#define schema_aclcheck(schema, role, mode) object_aclcheck(NamespaceRelationId, schema, role, mode)
#define type_aclcheck(type, role, mode) object_aclcheck(TypeRelationId, type, role, mode)
#else
#define schema_aclcheck(schema, role, mode) pg_namespace_aclcheck(schema, role, mode)
#define type_aclcheck(type, role, mode) pg_type_aclcheck(type, role, mode)
#endif

/* Intervals are always finite before 17. */
#ifndef INTERVAL_NOT_FINITE
#define INTERVAL_NOT_FINITE(i) ((void) (i), false)
#endif

/* Was a relation made, or given a new file, in this transaction? */
#if PG_VERSION_NUM >= 160000
#define RELATION_IS_NEW(relation) \
	((relation)->rd_createSubid != InvalidSubTransactionId || \
	 (relation)->rd_firstRelfilelocatorSubid != InvalidSubTransactionId)
#else
#define RELATION_IS_NEW(relation) \
	((relation)->rd_createSubid != InvalidSubTransactionId || \
	 (relation)->rd_firstRelfilenodeSubid != InvalidSubTransactionId)
#define object_ownercheck(class, object, role) pg_class_ownercheck(object, role)
#endif

/* Before 18 the word stood behind a declaration, not in front of it. */
#ifndef pg_noreturn
#if defined(__GNUC__) || defined(__clang__)
#define pg_noreturn __attribute__((noreturn))
#else
#define pg_noreturn
#endif
#endif

#if PG_VERSION_NUM >= 180000
#define RETENTION_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "retention", .version = RETENTION_VERSION)
#else
#define RETENTION_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* What is left of GROUP BY without the columns that others decide; before 16 none was left out. */
#if PG_VERSION_NUM >= 160000
#define PROCESSED_GROUP_CLAUSE(root) ((root)->processed_groupClause)
#else
#define PROCESSED_GROUP_CLAUSE(root) ((root)->parse->groupClause)
#endif

/* A sequential scan takes flags from 19 on; they are hints. */
#if PG_VERSION_NUM >= 190000
#define BEGIN_TABLE_SCAN(relation, snapshot) table_beginscan(relation, snapshot, 0, NULL, 0)
#else
#define BEGIN_TABLE_SCAN(relation, snapshot) table_beginscan(relation, snapshot, 0, NULL)
#endif

/* Renamed in 16. */
#if PG_VERSION_NUM < 160000
#define ExecAggCopyTransValue ExecAggTransReparent
#endif

/* What prints a line of EXPLAIN has a header of its own from 18 on. */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#endif

/* From 19 a window function has to say that it knows of no IGNORE NULLS. */
#if PG_VERSION_NUM >= 190000
#define REFUSE_NULL_TREATMENT(winobj, fcinfo) WinCheckAndInitializeNullTreatment(winobj, false, fcinfo)
#else
#define REFUSE_NULL_TREATMENT(winobj, fcinfo) ((void) (winobj))
#endif

/* A hint only: nothing is lost where the compiler has no such builtin. */
#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void) (address))
#endif

/* Memory for large arrays that starts at a cache line, where the server can free such. */
#if PG_VERSION_NUM >= 160000
#define allocate_at_line(cxt, size) MemoryContextAllocAligned(cxt, size, PG_CACHE_LINE_SIZE, MCXT_ALLOC_HUGE)
#else
#define allocate_at_line(cxt, size) MemoryContextAllocHuge(cxt, size)
#endif

/*
 * Where the kernel offers huge pages on request, ask for them: a random access to a large table otherwise
 * spends more time on finding the page than on the access.  A hint only, too.
 */
#if defined(__linux__)
#include <sys/mman.h>
#endif

static inline void
advise_huge_pages(void *memory, Size size)
{
#ifdef MADV_HUGEPAGE
	const Size	page = 2 * 1024 * 1024;
	char	   *from = (char *) TYPEALIGN(page, memory);
	char	   *to = (char *) TYPEALIGN_DOWN(page, (char *) memory + size);

	if (from < to)
		(void) madvise(from, to - from, MADV_HUGEPAGE);
#endif
}

#endif							/* RETENTION_COMPAT_H */
