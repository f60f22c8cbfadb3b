/*
 * custtable.h
 *		The two hash tables of the customer map, private to custmap.c and custflat.c.
 *
 * Both are the server's simplehash: 16-byte slots for keys of 8 bytes, 24-byte slots for all others.
 */
#ifndef RETENTION_CUSTTABLE_H
#define RETENTION_CUSTTABLE_H

#include "custmap.h"

#include "utils/memutils.h"

typedef struct NarrowEntry
{
	uint64		key;
	uint32		value;
	uint8		status;
} NarrowEntry;

typedef struct WideEntry
{
	CustKey		key;
	uint32		value;
	uint8		status;
} WideEntry;

#define TABLE_FILL 0.9

#define SH_FILLFACTOR TABLE_FILL
#define SH_PREFIX narrow
#define SH_ELEMENT_TYPE NarrowEntry
#define SH_KEY_TYPE uint64
#define SH_KEY key
#define SH_HASH_KEY(tb, key) custkeys_mix(key)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define TABLE_KEYS(tb) ((const CustKeys *) (tb)->private_data)
#define SH_FILLFACTOR TABLE_FILL
#define SH_PREFIX wide
#define SH_ELEMENT_TYPE WideEntry
#define SH_KEY_TYPE CustKey
#define SH_KEY key
#define SH_HASH_KEY(tb, key) custkeys_hash(TABLE_KEYS(tb), key)
#define SH_EQUAL(tb, a, b) custkeys_equal(TABLE_KEYS(tb), a, b)
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/*
 * Memory that will be accessed at random.
 */
static inline void *
allocate_large(MemoryContext cxt, Size size)
{
	void	   *memory = MemoryContextAllocHuge(cxt, size);

	advise_huge_pages(memory, size);
	return memory;
}

static inline void *
narrow_allocate(narrow_hash *table, Size size)
{
	return memset(allocate_large(table->ctx, size), 0, size);
}

static inline void
narrow_free(narrow_hash *table, void *slots)
{
	pfree(slots);
}

static inline void *
wide_allocate(wide_hash *table, Size size)
{
	return memset(allocate_large(table->ctx, size), 0, size);
}

static inline void
wide_free(wide_hash *table, void *slots)
{
	pfree(slots);
}

#define IS_NARROW(map) ((map)->keys->layout == CUST_KEY8)
#define NARROW_TABLE(map) ((narrow_hash *) (map)->table)
#define WIDE_TABLE(map) ((wide_hash *) (map)->table)
#define NARROW_INLINE(map) ((NarrowEntry *) ((char *) (map) + (map)->inline_offset))
#define WIDE_INLINE(map) ((WideEntry *) ((char *) (map) + (map)->inline_offset))

/*
 * A slot and the one after it, where a customer often is instead, may lie in two cache lines.
 *
 * Always inlined: gcc 12 takes a function that does nothing but prefetch for one without effects, and drops the call.
 */
static pg_attribute_always_inline void
prefetch_slot(const CustMap *map, uint32 hash)
{
	char	   *slot;
	Size		size;

	if (IS_NARROW(map))
	{
		slot = (char *) &NARROW_TABLE(map)->data[hash & NARROW_TABLE(map)->sizemask];
		size = sizeof(NarrowEntry);
	}
	else
	{
		slot = (char *) &WIDE_TABLE(map)->data[hash & WIDE_TABLE(map)->sizemask];
		size = sizeof(WideEntry);
	}
	PREFETCH(slot);
	PREFETCH(slot + 2 * size - 1);
}

extern void custmap_reserve(CustMap *map, uint64 nentries);

#endif							/* RETENTION_CUSTTABLE_H */
