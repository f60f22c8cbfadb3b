/*
 * points/refs.c
 *		The refs of a points_ledger, and the one way by which a movement comes into it.
 *
 * A look-up goes through the list, unless many are to come: only then is an index worth its making.
 */
#include "points/ledger.h"

#include "common/hashfn.h"

/* As those of a parcel: looking them up one by one is faster than an index. */
#define FEW_REFS 16

typedef struct Ref
{
	const char *text;
	uint32		size;
} Ref;

typedef struct RefEntry
{
	Ref			ref;
	uint32		movement;
	char		status;
} RefEntry;

#define SH_PREFIX refs
#define SH_ELEMENT_TYPE RefEntry
#define SH_KEY_TYPE Ref
#define SH_KEY ref
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) (key).text, (key).size)
#define SH_EQUAL(table, a, b) ((a).size == (b).size && memcmp((a).text, (b).text, (a).size) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/*
 * The movement with a ref, or NO_MOVEMENT.
 */
uint32
ledger_find_ref(const Ledger *ledger, const char *text, uint32 size)
{
	uint32		n;

	if (text == NULL)
		return NO_MOVEMENT;
	if (ledger->refs)
	{
		RefEntry   *entry = refs_lookup(ledger->refs, (Ref) {text, size});

		return entry ? entry->movement : NO_MOVEMENT;
	}
	for (n = 0; n < ledger->nmovements; n++)
	{
		const Movement *movement = &ledger->movements[n];

		if (movement->ref && movement->ref_size == size && memcmp(movement->ref, text, size) == 0)
			return n;
	}
	return NO_MOVEMENT;
}

/*
 * Has this movement been entered before?  The times do not matter; if the ref belongs to another, it is
 * refused.
 */
bool
ledger_has_movement(const Ledger *ledger, const Movement *movement)
{
	uint32		same = ledger_find_ref(ledger, movement->ref, movement->ref_size);

	return same != NO_MOVEMENT &&
		rule_ref_same(ledger, same, ledger->movements[same].kind == movement->kind &&
					  ledger->movements[same].points == movement->points);
}

static void
index_ref(Ledger *ledger, uint32 n)
{
	const Movement *movement = &ledger->movements[n];
	bool		found;

	if (ledger->refs && movement->ref)
		refs_insert(ledger->refs, (Ref) {movement->ref, movement->ref_size}, &found)->movement = n;
}

/*
 * To be called before a number of refs are looked up.
 */
void
ledger_expect_refs(Ledger *ledger, uint64 refs)
{
	uint32		n;

	if (refs <= FEW_REFS)
		return;
	ledger->refs = refs_create(CurrentMemoryContext, 16, NULL);
	for (n = 0; n < ledger->nmovements; n++)
		index_ref(ledger, n);
}

/*
 * Add a movement that keeps all rules, if there is room.
 */
bool
enter_movement(Ledger *ledger, const Movement *movement, const Draw *draws)
{
	if (!rule_room(ledger, 1, movement->ndraws))
		return false;
	ledger_add(ledger, movement, draws);
	index_ref(ledger, ledger->nmovements - 1);
	return true;
}
