/*
 * points/json.c
 *		The text of a points_ledger, which is JSON, and its casts from and to jsonb.
 *
 *		[{"id": 1, "kind": "earn", "at": "2025-01-01T00:00:00+00:00", "points": 100, "ref": "order 1",
 *		  "available": ..., "expires": ...},
 *		 {"id": 2, "kind": "redeem", "at": ..., "points": 60, "draws": [{"lot": 1, "points": 60}]},
 *		 {"id": 3, "kind": "reverse", "at": ..., "points": 60, "reverses": 2, "draws": [{"lot": 1, "points": 60}]}]
 *
 * Movements are in the order of their entry.  The draws of a reversal are what it gave back to the lots of a
 * redemption, or took from the lot of an earn; "debt" is what it did not find there.  A redemption with
 * "expires" draws from lots with that expiry first.  "merged_from" is the id with which the
 * merged ledger begins that the movement came with.
 *
 * The server's own parser reads it.  Ids and draws may be missing on the way in, since they follow from the
 * rest; if they are there, they must be right.
 */
#include "points/ledger.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

static const char *const kind_names[] = {"earn", "redeem", "reverse"};

/* The parts of a movement, and of which kinds they are. */
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
	PARTS
} Part;

#define OF(kind) (1 << (kind))
#define OF_ALL (OF(MOVEMENT_EARN) | OF(MOVEMENT_REDEEM) | OF(MOVEMENT_REVERSE))

static const struct
{
	const char *key;
	int			kinds;
	bool		required;
}			parts[PARTS] = {
	[PART_ID] = {"id", OF_ALL, false},
	[PART_KIND] = {"kind", OF_ALL, true},
	[PART_AT] = {"at", OF_ALL, true},
	[PART_POINTS] = {"points", OF_ALL, true},
	[PART_AVAILABLE] = {"available", OF(MOVEMENT_EARN), false},
	[PART_EXPIRES] = {"expires", OF(MOVEMENT_EARN) | OF(MOVEMENT_REDEEM), false},
	[PART_REF] = {"ref", OF_ALL, false},
	[PART_REVERSES] = {"reverses", OF(MOVEMENT_REVERSE), true},
	[PART_DRAWS] = {"draws", OF(MOVEMENT_REDEEM) | OF(MOVEMENT_REVERSE), false},
	[PART_DEBT] = {"debt", OF(MOVEMENT_REVERSE), false},
	[PART_MERGED_FROM] = {"merged_from", OF_ALL, false},
};

PG_FUNCTION_INFO_V1(points_ledger_in);
PG_FUNCTION_INFO_V1(points_ledger_out);
PG_FUNCTION_INFO_V1(points_ledger_to_jsonb);
PG_FUNCTION_INFO_V1(points_ledger_from_jsonb);

const char *
movement_kind_name(MovementKind kind)
{
	return kind_names[kind];
}

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
put_movement(StringInfo json, const Ledger *ledger, const Movement *movement)
{
	appendStringInfo(json, "{\"id\": %u, \"kind\": \"%s\"", (uint32) (movement - ledger->movements) + 1,
					 kind_names[movement->kind]);
	put_time(json, "at", movement->at);
	appendStringInfo(json, ", \"points\": " INT64_FORMAT, movement->points);
	if (movement->available != movement->at)
		put_time(json, "available", movement->available);
	if (movement->expires != NO_EXPIRY)
		put_time(json, "expires", movement->expires);
	if (movement->ref)
	{
		appendStringInfoString(json, ", \"ref\": ");
		escape_json(json, pnstrdup(movement->ref, movement->ref_size));
	}
	if (movement->kind == MOVEMENT_REVERSE)
		appendStringInfo(json, ", \"reverses\": %u", movement->target + 1);
	if (movement->kind != MOVEMENT_EARN)
	{
		appendStringInfoString(json, ", \"draws\": ");
		ledger_draws_to_json(json, ledger, movement);
	}
	if (movement->debt > 0)
		appendStringInfo(json, ", \"debt\": " INT64_FORMAT, movement->debt);
	if (movement->merged_from > 0)
		appendStringInfo(json, ", \"merged_from\": %u", movement->merged_from + 1);
	appendStringInfoChar(json, '}');
}

static char *
ledger_text(Datum datum)
{
	Ledger	   *ledger = ledger_of_datum(datum);
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

Datum
points_ledger_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(ledger_text(PG_GETARG_DATUM(0)));
}

Datum
points_ledger_to_jsonb(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(ledger_text(PG_GETARG_DATUM(0))));
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
 * As above; the part of the movement is wrong that will be the next of the ledger.
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
 * The id of a movement, as its place.  What is too great for a place becomes the greatest, which no movement has.
 */
static bool
get_place(const Ledger *ledger, const JsonbValue *value, const char *key, uint32 *place)
{
	int64		id;

	if (!get_number(ledger, value, key, &id) || !rule_part(ledger, id > 0, key, "is not the id of a movement"))
		return false;
	*place = Min(id - 1, NO_MOVEMENT - 1);
	return true;
}

/*
 * A time without zone is taken to be in the session's.
 */
static bool
get_time(const Ledger *ledger, const JsonbValue *value, const char *key, TimestampTz *time)
{
	Datum		datum;

	if (!rule_part(ledger, value->type == jbvString, key, "is not a string") ||
		!input_safely(timestamptz_in, pnstrdup(value->val.string.val, value->val.string.len), ledger->escontext, &datum))
		return false;
	*time = DatumGetTimestampTz(datum);
	return true;
}

static bool
get_kind(const Ledger *ledger, const JsonbValue *value, Movement *movement)
{
	int			kind;

	for (kind = 0; value->type == jbvString && kind < lengthof(kind_names); kind++)
		if (strlen(kind_names[kind]) == value->val.string.len &&
			memcmp(kind_names[kind], value->val.string.val, value->val.string.len) == 0)
		{
			movement->kind = kind;
			return true;
		}
	return rule_part(ledger, false, parts[PART_KIND].key, "is not \"earn\", \"redeem\" or \"reverse\"");
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
			!get_place(ledger, lot, "lot", &(*draws)[i].lot) ||
			!get_number(ledger, points, "points", &(*draws)[i].points))
			return false;
	}
	return true;
}

/*
 * Any part but the kind.
 */
static bool
get_part(const Ledger *ledger, Part part, const JsonbValue *value, Movement *movement, Draw **draws)
{
	const char *key = parts[part].key;
	uint32		id;

	switch (part)
	{
		case PART_ID:
			return get_place(ledger, value, key, &id) &&
				rule_part(ledger, id == ledger->nmovements, key, "is not the movement's place in the array");
		case PART_AT:
			return get_time(ledger, value, key, &movement->at);
		case PART_POINTS:
			return get_number(ledger, value, key, &movement->points);
		case PART_AVAILABLE:
			return get_time(ledger, value, key, &movement->available);
		case PART_EXPIRES:
			return get_time(ledger, value, key, &movement->expires);
		case PART_REF:
			if (!rule_part(ledger, value->type == jbvString, key, "is not a string"))
				return false;
			movement->ref = value->val.string.val;
			movement->ref_size = value->val.string.len;
			return true;
		case PART_REVERSES:
			return get_place(ledger, value, key, &movement->target);
		case PART_DRAWS:
			return get_draws(ledger, value, movement, draws);
		case PART_DEBT:
			return get_number(ledger, value, key, &movement->debt) &&
				rule_part(ledger, movement->debt > 0, key, "is not positive");
		case PART_MERGED_FROM:
			return get_place(ledger, value, key, &movement->merged_from);
		default:
			return false;
	}
}

static bool
enter_json(Ledger *ledger, const JsonbValue *element)
{
	JsonbContainer *object = element->type == jbvBinary ? element->val.binary.data : NULL;
	JsonbValue *values[PARTS];
	Movement	movement = {0};
	Draw	   *draws = NULL;
	int			known = 0;
	Part		part;

	if (!rule_text(ledger, object && JsonContainerIsObject(object), "It is a JSON array of objects, one for each movement."))
		return false;
	for (part = 0; part < PARTS; part++)
	{
		values[part] = getKeyJsonValueFromContainer(object, parts[part].key, strlen(parts[part].key), NULL);
		known += values[part] != NULL;
		if (values[part] && values[part]->type == jbvNull)
			values[part] = NULL;
	}
	if (known != JsonContainerSize(object))
		return rule_text(ledger, false, psprintf("Movement %u has a part that is not known.", ledger->nmovements + 1));
	if (!rule_part(ledger, values[PART_KIND] != NULL, parts[PART_KIND].key, "is missing") ||
		!get_kind(ledger, values[PART_KIND], &movement))
		return false;

	movement.expires = NO_EXPIRY;
	for (part = 0; part < PARTS; part++)
	{
		bool		belongs = (parts[part].kinds & OF(movement.kind)) != 0;

		if (!rule_part(ledger, belongs || values[part] == NULL, parts[part].key, "is not a part of a movement of its kind") ||
			!rule_part(ledger, values[part] || !belongs || !parts[part].required, parts[part].key, "is missing"))
			return false;
		if (values[part] && part != PART_KIND && !get_part(ledger, part, values[part], &movement, &draws))
			return false;
		if (part == PART_AT)
			movement.available = movement.at;
	}
	return enter_again(ledger, &movement, draws, draws != NULL);
}

/*
 * A ledger of JSON, by entering its movements one by one; 0 if an error was noted softly.
 */
static Datum
ledger_of_json(Jsonb *json, Node *escontext)
{
	Ledger	   *ledger = ledger_make(0, escontext);
	uint32		n;

	if (!rule_text(ledger, JB_ROOT_IS_ARRAY(json) && !JB_ROOT_IS_SCALAR(json),
				   "It is a JSON array of objects, one for each movement."))
		return (Datum) 0;
	ledger_index_refs(ledger);
	for (n = 0; n < JB_ROOT_COUNT(json); n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!enter_json(ledger, getIthJsonbValueFromContainer(&json->root, n)))
			return (Datum) 0;
	}
	return ledger_to_datum(ledger);
}

Datum
points_ledger_in(PG_FUNCTION_ARGS)
{
	Datum		json;

	if (!input_safely(jsonb_in, PG_GETARG_CSTRING(0), fcinfo->context, &json))
		return (Datum) 0;
	return ledger_of_json(DatumGetJsonbP(json), fcinfo->context);
}

Datum
points_ledger_from_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(ledger_of_json(PG_GETARG_JSONB_P(0), NULL));
}
