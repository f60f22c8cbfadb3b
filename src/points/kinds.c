/*
 * points/kinds.c
 *		The names of the kinds of movement of a points_ledger, and how messages name a movement.
 */
#include "points/ledger.h"

static const struct
{
	const char *name;
	const char *verb;
}			kinds[MOVEMENT_KINDS] = {
	[MOVEMENT_EARN] = {"earn", "earns"},
	[MOVEMENT_REDEEM] = {"redeem", "redeems"},
	[MOVEMENT_REVERSE] = {"reverse", "reverses"},
	[MOVEMENT_TRANSFER] = {"transfer", "transfers"},
	[MOVEMENT_HOLD] = {"hold", "holds"},
	[MOVEMENT_CAPTURE] = {"capture", "captures"},
	[MOVEMENT_RELEASE] = {"release", "releases"},
	[MOVEMENT_EXTEND] = {"extend", "extends"},
	[MOVEMENT_CLOSE] = {"close", "closes"},
};

const char *
movement_kind_name(MovementKind kind)
{
	return kinds[kind].name;
}

const char *
movement_kind_verb(MovementKind kind)
{
	return kinds[kind].verb;
}

bool
movement_kind_of_name(const char *name, uint32 size, MovementKind *kind)
{
	int			i;

	for (i = 0; i < MOVEMENT_KINDS; i++)
		if (strlen(kinds[i].name) == size && memcmp(kinds[i].name, name, size) == 0)
		{
			*kind = i;
			return true;
		}
	return false;
}

bool
movement_has_target(MovementKind kind)
{
	return kind == MOVEMENT_REVERSE || kind == MOVEMENT_CAPTURE || kind == MOVEMENT_RELEASE;
}

bool
movement_has_draws(MovementKind kind)
{
	return kind != MOVEMENT_EARN && kind != MOVEMENT_RELEASE && kind != MOVEMENT_EXTEND && kind != MOVEMENT_CLOSE;
}

/*
 * The ref of a hold is also that of what ends it.
 */
bool
movement_has_ref(MovementKind kind)
{
	return kind != MOVEMENT_CAPTURE && kind != MOVEMENT_RELEASE && kind != MOVEMENT_CLOSE;
}

/*
 * How messages name a movement.
 */
char *
movement_name(const Ledger *ledger, uint32 n)
{
	const Movement *movement = &ledger->movements[n];

	if (movement->ref == NULL)
		return psprintf("movement %u", n + 1);
	return psprintf("movement %u (ref \"%.*s\")", n + 1, (int) movement->ref_size, movement->ref);
}

/*
 * The same at the beginning of a sentence.
 */
char *
movement_title(const Ledger *ledger, uint32 n)
{
	char	   *name = movement_name(ledger, n);

	name[0] = 'M';
	return name;
}
