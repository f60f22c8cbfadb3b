/*
 * points/json.c
 *		The text of a points_ledger, which is JSON.
 *
 *		[{"id": 1, "kind": "earn", "at": "2025-01-01T00:00:00+00:00", "points": 100, "ref": "order 1",
 *		  "available": ..., "expires": ...},
 *		 {"id": 2, "kind": "redeem", "at": ..., "points": 60, "draws": [{"lot": 1, "points": 60}]},
 *		 {"id": 3, "kind": "reverse", "at": ..., "points": 60, "reverses": 2, "draws": [{"lot": 1, "points": 60}]}]
 *
 * Movements are in the order in which they were entered.  The draws of a reversal are what it gave back to
 * the lots of a redemption, or took from the lot of an earn; "debt" is what was no longer there.  A
 * redemption with "expires" draws from lots with that expiry first.  "merged_from" is the id of the first
 * movement of the merged ledger that the movement came with.  The other kinds:
 *
 *		{"kind": "transfer", "at": ..., "points": 5, "draws": ...}
 *		{"kind": "hold", "at": ..., "points": 5, "until": ..., "ref": ..., "draws": ...}
 *		{"kind": "capture", "at": ..., "points": 5, "hold": 7, "draws": ...}
 *		{"kind": "release", "at": ..., "hold": 7}
 *		{"kind": "extend", "at": ..., "expires": ...}
 *		{"kind": "close", "at": ...}
 *
 * Points that came from another ledger have "issued_at", and what a compacted ledger begins with has
 * "opening".
 *
 * The server's own parser reads the text.  Ids and draws may be missing on the way in, since they follow
 * from the rest; if they are there, they must be right.
 */
#include "points/ledger.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/numeric.h"

static const char not_an_array[] = "It must be a JSON array of objects, one for each movement.";

/* The parts of a movement, and the kinds of movement that have them. */
typedef enum Part
{
	PART_ID,
	PART_KIND,
	PART_AT,
	PART_POINTS,
	PART_AVAILABLE,
	PART_EXPIRES,
	PART_REF,
	PART_REVERSES,
	PART_DRAWS,
	PART_DEBT,
	PART_MERGED_FROM,
	PART_UNTIL,
	PART_HOLD,
	PART_ISSUED_AT,
	PART_OPENING,
	PARTS
} Part;

#define OF(kind) (1 << (kind))
#define OF_ALL ((1 << MOVEMENT_KINDS) - 1)
#define OF_HOLD_ENDS (OF(MOVEMENT_CAPTURE) | OF(MOVEMENT_RELEASE))
#define OF_DRAWS (OF(MOVEMENT_REDEEM) | OF(MOVEMENT_REVERSE) | OF(MOVEMENT_TRANSFER) | OF(MOVEMENT_HOLD) | \
				  OF(MOVEMENT_CAPTURE))
#define OF_POINTS (OF(MOVEMENT_EARN) | OF_DRAWS)
#define OF_OPENINGS (OF(MOVEMENT_EARN) | OF(MOVEMENT_REDEEM) | OF(MOVEMENT_HOLD) | OF(MOVEMENT_REVERSE))

static const struct
{
	const char *key;
	int			kinds;
	bool		required;
}			parts[PARTS] = {
	[PART_ID] = {"id", OF_ALL, false},
	[PART_KIND] = {"kind", OF_ALL, true},
	[PART_AT] = {"at", OF_ALL, true},
	[PART_POINTS] = {"points", OF_POINTS, true},
	[PART_AVAILABLE] = {"available", OF(MOVEMENT_EARN), false},
	[PART_EXPIRES] = {"expires", OF(MOVEMENT_EARN) | OF(MOVEMENT_REDEEM) | OF(MOVEMENT_EXTEND), false},
	[PART_REF] = {"ref", OF_ALL & ~OF_HOLD_ENDS & ~OF(MOVEMENT_CLOSE), false},
	[PART_REVERSES] = {"reverses", OF(MOVEMENT_REVERSE), true},
	[PART_DRAWS] = {"draws", OF_DRAWS, false},
	[PART_DEBT] = {"debt", OF(MOVEMENT_REVERSE), false},
	[PART_MERGED_FROM] = {"merged_from", OF_ALL, false},
	[PART_UNTIL] = {"until", OF(MOVEMENT_HOLD), true},
	[PART_HOLD] = {"hold", OF_HOLD_ENDS, true},
	[PART_ISSUED_AT] = {"issued_at", OF(MOVEMENT_EARN), false},
	[PART_OPENING] = {"opening", OF_OPENINGS, false},
};

/*
 * Times are in UTC, whatever the session's zone is.
 */
static void
put_time(StringInfo json, const char *key, TimestampTz time)
{
	char		text[MAXDATELEN + 1];
	int			utc = 0;

	appendStringInfo(json, ", \"%s\": \"%s\"", key,
					 JsonEncodeDateTime(text, TimestampTzGetDatum(time), TIMESTAMPTZOID, &utc));
}

/*
 * Does a movement have a part?
 */
static bool
has_part(const Movement *movement, Part part)
{
	return (parts[part].kinds & OF(movement->kind)) != 0;
}

void
ledger_draws_to_json(StringInfo json, const Ledger *ledger, const Movement *movement)
{
	const Draw *draws = ledger->draws + movement->first_draw;
	uint32		i;

	appendStringInfoChar(json, '[');
	for (i = 0; i < movement->ndraws; i++)
		appendStringInfo(json, "%s{\"lot\": %u, \"points\": " INT64_FORMAT "}", i > 0 ? ", " : "", draws[i].lot + 1,
						 draws[i].points);
	appendStringInfoChar(json, ']');
}

static void
put_opening(StringInfo json, const Movement *movement)
{
	const Opening *opening = movement->opening;

	if (movement->kind != MOVEMENT_EARN)
		appendStringInfoString(json, ", \"opening\": {}");
	else
		appendStringInfo(json, ", \"opening\": {\"redeemed\": " INT64_FORMAT ", \"expired\": " INT64_FORMAT
						 ", \"reversed\": " INT64_FORMAT ", \"reversible\": " INT64_FORMAT "}",
						 opening->redeemed, opening->expired, opening->reversed, opening->reversible);
}

static void
put_movement(StringInfo json, const Ledger *ledger, const Movement *movement)
{
	appendStringInfo(json, "{\"id\": %u, \"kind\": \"%s\"", (uint32) (movement - ledger->movements) + 1,
					 movement_kind_name(movement->kind));
	put_time(json, "at", movement->at);
	if (has_part(movement, PART_POINTS))
		appendStringInfo(json, ", \"points\": " INT64_FORMAT, movement->points);
	if (movement->available != movement->at)
		put_time(json, "available", movement->available);
	if (movement->expires != NO_EXPIRY)
		put_time(json, movement->kind == MOVEMENT_HOLD ? "until" : "expires", movement->expires);
	if (movement->issued_at != movement->at)
		put_time(json, "issued_at", movement->issued_at);
	if (movement->ref)
	{
		appendStringInfoString(json, ", \"ref\": ");
		escape_json(json, pnstrdup(movement->ref, movement->ref_size));
	}
	if (has_part(movement, PART_REVERSES))
		appendStringInfo(json, ", \"reverses\": %u", movement->target + 1);
	if (has_part(movement, PART_HOLD))
		appendStringInfo(json, ", \"hold\": %u", movement->target + 1);
	if (has_part(movement, PART_DRAWS))
	{
		appendStringInfoString(json, ", \"draws\": ");
		ledger_draws_to_json(json, ledger, movement);
	}
	if (movement->debt > 0)
		appendStringInfo(json, ", \"debt\": " INT64_FORMAT, movement->debt);
	if (movement->merged_from > 0)
		appendStringInfo(json, ", \"merged_from\": %u", movement->merged_from + 1);
	if (movement->opening)
		put_opening(json, movement);
	appendStringInfoChar(json, '}');
}

char *
ledger_to_json(const Ledger *ledger)
{
	StringInfoData json;
	uint32		n;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (n = 0; n < ledger->nmovements; n++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&json, n > 0 ? ", " : "");
		put_movement(&json, ledger, &ledger->movements[n]);
	}
	appendStringInfoChar(&json, ']');
	return json.data;
}

static bool
rule_text(const Ledger *ledger, bool holds, const char *detail)
{
	if (!holds)
		errsave(ledger->escontext,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type points_ledger"),
				 errdetail_internal("%s", detail)));
	return holds;
}

/*
 * The same for a part of the movement that is about to become the ledger's next.
 */
static bool
rule_part(const Ledger *ledger, bool holds, const char *key, const char *what)
{
	return holds || rule_text(ledger, false, psprintf("Movement %u: \"%s\" %s.", ledger->nmovements + 1, key, what));
}

static bool
get_number(const Ledger *ledger, const JsonbValue *value, const char *key, int64 *number)
{
	Datum		datum;

	if (!rule_part(ledger, value->type == jbvNumeric, key, "is not a number") ||
		!input_safely(int8in, numeric_normalize(value->val.numeric), ledger->escontext, &datum))
		return false;
	*number = DatumGetInt64(datum);
	return true;
}

/*
 * The id of a movement, as its index.  An id beyond uint32 becomes the greatest index, which no movement has.
 */
static bool
get_index(const Ledger *ledger, const JsonbValue *value, const char *key, uint32 *index)
{
	int64		id;

	if (!get_number(ledger, value, key, &id) || !rule_part(ledger, id > 0, key, "is not the id of a movement"))
		return false;
	*index = Min(id - 1, NO_MOVEMENT - 1);
	return true;
}

/*
 * A time without a zone is in that of the session.
 */
static bool
get_time(const Ledger *ledger, const JsonbValue *value, const char *key, TimestampTz *time)
{
	Datum		datum;
	char	   *text;

	if (!rule_part(ledger, value->type == jbvString, key, "is not a string"))
		return false;
	text = pnstrdup(value->val.string.val, value->val.string.len);
	if (!input_safely(timestamptz_in, text, ledger->escontext, &datum))
		return false;
	*time = DatumGetTimestampTz(datum);
	return true;
}

static bool
get_kind(const Ledger *ledger, const JsonbValue *value, Movement *movement)
{
	return rule_part(ledger, value->type == jbvString &&
					 movement_kind_of_name(value->val.string.val, value->val.string.len, &movement->kind),
					 parts[PART_KIND].key, "is not a kind of movement, as \"earn\" or \"redeem\"");
}

static bool
get_draws(const Ledger *ledger, const JsonbValue *value, Movement *movement, Draw **draws)
{
	const char *key = parts[PART_DRAWS].key;
	const char *what = "is not an array of objects with \"lot\" and \"points\"";
	JsonbContainer *array = value->type == jbvBinary ? value->val.binary.data : NULL;
	uint32		i;

	if (!rule_part(ledger, array && JsonContainerIsArray(array), key, what))
		return false;
	movement->ndraws = JsonContainerSize(array);
	*draws = palloc_array(Draw, movement->ndraws + 1);
	for (i = 0; i < movement->ndraws; i++)
	{
		JsonbValue *draw = getIthJsonbValueFromContainer(array, i);
		JsonbContainer *object = draw->type == jbvBinary ? draw->val.binary.data : NULL;
		JsonbValue *lot;
		JsonbValue *points;

		if (!rule_part(ledger, object && JsonContainerIsObject(object) && JsonContainerSize(object) == 2, key, what))
			return false;
		lot = getKeyJsonValueFromContainer(object, "lot", strlen("lot"), NULL);
		points = getKeyJsonValueFromContainer(object, "points", strlen("points"), NULL);
		if (!rule_part(ledger, lot && points, key, what) ||
			!get_index(ledger, lot, "lot", &(*draws)[i].lot) ||
			!get_number(ledger, points, "points", &(*draws)[i].points))
			return false;
	}
	return true;
}

/*
 * Numbers that are missing are 0.  Whether they add up is a rule of openings.
 */
static bool
get_opening(const Ledger *ledger, const JsonbValue *value, Movement *movement)
{
	static const char *const keys[] = {"redeemed", "expired", "reversed", "reversible"};
	const char *key = parts[PART_OPENING].key;
	JsonbContainer *object = value->type == jbvBinary ? value->val.binary.data : NULL;
	Opening    *opening = palloc0(sizeof(Opening));
	int64	   *numbers[] = {&opening->redeemed, &opening->expired, &opening->reversed, &opening->reversible};
	uint32		known = 0;
	int			i;

	if (!rule_part(ledger, object && JsonContainerIsObject(object), key, "is not an object"))
		return false;
	for (i = 0; i < lengthof(keys); i++)
	{
		JsonbValue *number = getKeyJsonValueFromContainer(object, keys[i], strlen(keys[i]), NULL);

		if (number && !get_number(ledger, number, keys[i], numbers[i]))
			return false;
		known += number != NULL;
	}
	movement->opening = opening;
	return rule_part(ledger, known == JsonContainerSize(object) &&
					 (known == 0 || movement->kind == MOVEMENT_EARN), key, "has an unknown part");
}

/*
 * Any part except the kind.
 */
static bool
get_part(const Ledger *ledger, Part part, const JsonbValue *value, Movement *movement, Draw **draws)
{
	const char *key = parts[part].key;
	uint32		id;

	switch (part)
	{
		case PART_ID:
			return get_index(ledger, value, key, &id) &&
				rule_part(ledger, id == ledger->nmovements, key, "is not the movement's place in the array");
		case PART_AT:
			return get_time(ledger, value, key, &movement->at);
		case PART_POINTS:
			return get_number(ledger, value, key, &movement->points);
		case PART_AVAILABLE:
			return get_time(ledger, value, key, &movement->available);
		case PART_EXPIRES:
		case PART_UNTIL:
			return get_time(ledger, value, key, &movement->expires);
		case PART_REF:
			if (!rule_part(ledger, value->type == jbvString, key, "is not a string"))
				return false;
			movement->ref = value->val.string.val;
			movement->ref_size = value->val.string.len;
			return true;
		case PART_REVERSES:
		case PART_HOLD:
			return get_index(ledger, value, key, &movement->target);
		case PART_DRAWS:
			return get_draws(ledger, value, movement, draws);
		case PART_DEBT:
			return get_number(ledger, value, key, &movement->debt) &&
				rule_part(ledger, movement->debt > 0, key, "is not positive");
		case PART_MERGED_FROM:
			return get_index(ledger, value, key, &movement->merged_from);
		case PART_ISSUED_AT:
			return get_time(ledger, value, key, &movement->issued_at);
		case PART_OPENING:
			return get_opening(ledger, value, movement);
		default:
			return false;
	}
}

/*
 * The values of a movement's parts, NULL where a part is missing or null.
 */
static bool
find_parts(const Ledger *ledger, JsonbContainer *object, JsonbValue **values)
{
	uint32		known = 0;
	Part		part;

	for (part = 0; part < PARTS; part++)
	{
		values[part] = getKeyJsonValueFromContainer(object, parts[part].key, strlen(parts[part].key), NULL);
		if (values[part] == NULL)
			continue;
		known++;
		if (values[part]->type == jbvNull)
			values[part] = NULL;
	}
	return known == JsonContainerSize(object) ||
		rule_text(ledger, false, psprintf("Movement %u has an unknown part.", ledger->nmovements + 1));
}

static bool
enter_json(Ledger *ledger, const JsonbValue *element)
{
	JsonbContainer *object = element->type == jbvBinary ? element->val.binary.data : NULL;
	JsonbValue *values[PARTS];
	Movement	movement = {0};
	Draw	   *draws = NULL;
	Part		part;

	if (!rule_text(ledger, object && JsonContainerIsObject(object), not_an_array) ||
		!find_parts(ledger, object, values) ||
		!rule_part(ledger, values[PART_KIND] != NULL, parts[PART_KIND].key, "is missing") ||
		!get_kind(ledger, values[PART_KIND], &movement))
		return false;

	movement.expires = NO_EXPIRY;
	for (part = 0; part < PARTS; part++)
	{
		const char *key = parts[part].key;
		bool		belongs = has_part(&movement, part);

		if (!rule_part(ledger, belongs || values[part] == NULL, key, "is not a part of a movement of its kind") ||
			!rule_part(ledger, values[part] || !belongs || !parts[part].required, key, "is missing"))
			return false;
		if (values[part] && part != PART_KIND && !get_part(ledger, part, values[part], &movement, &draws))
			return false;
		/* Comes before those whose default it is. */
		if (part == PART_AT)
			movement.available = movement.issued_at = movement.at;
	}
	return enter_again(ledger, &movement, draws, draws != NULL);
}

/*
 * A ledger from its text, by entering its movements one by one; NULL if an error was noted softly.
 */
Ledger *
ledger_of_json(Jsonb *json, Node *escontext)
{
	Ledger	   *ledger = ledger_make(0, escontext);
	uint32		n;

	if (!rule_text(ledger, JB_ROOT_IS_ARRAY(json) && !JB_ROOT_IS_SCALAR(json), not_an_array))
		return NULL;
	ledger_expect_refs(ledger, JB_ROOT_COUNT(json));
	for (n = 0; n < JB_ROOT_COUNT(json); n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!enter_json(ledger, getIthJsonbValueFromContainer(&json->root, n)))
			return NULL;
	}
	return ledger;
}
