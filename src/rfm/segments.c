/*
 * rfm/segments.c
 *		The names of RFM scores: rfm_segment of a score, and rfm_segments, the map itself.
 *
 * The segments share out the 25 pairs of recency and frequency, so that every customer is in just one:
 *
 *		  F	  1				  2				  3				  4				  5
 *		R 5	  New			  Potential Loyalist . . . . . .  Champions . . . . . . . . . . .
 *		  4	  Promising		  Potential Loyalist . . . . . .  Loyal . . . . . . . . . . . . .
 *		  3	  About To Sleep . . . . . . .	  Need Attention  Loyal . . . . . . . . . . . . .
 *		  2	  Hibernating . . . . . . . . .	  At Risk . . . . . . . . . . .	  Cannot Lose Them
 *		  1	  Hibernating . . . . . . . . .	  At Risk . . . . . . . . . . .	  Cannot Lose Them
 *
 * Monetary value ranks customers inside a segment.
 */
#include "rfm/segments.h"

#include "rfm/scale.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

typedef struct Segment
{
	const char *name;
	int			r_min;
	int			r_max;
	int			f_min;
	int			f_max;
	const char *meaning;
	const char *action;
} Segment;

static const Segment segments[] =
{
	{"Champions", 5, 5, 4, 5,
		"ordered very recently, and order most often",
	"reward them, show them what is new first, ask them to recommend"},
	{"Loyal", 3, 4, 4, 5,
		"order often, the last time not long ago",
	"offer a loyalty programme and what goes with what they buy"},
	{"Potential Loyalist", 4, 5, 2, 3,
		"ordered recently, and more than a few times",
	"offer membership, recommend further products"},
	{"New", 5, 5, 1, 1,
		"ordered very recently, for the first time or nearly",
	"welcome them, help with the first product, offer an account"},
	{"Promising", 4, 4, 1, 1,
		"ordered recently, but seldom",
	"make the second order easy: a coupon that is valid for a short time"},
	{"Need Attention", 3, 3, 3, 3,
		"average in how recently and how often they ordered",
	"make a limited offer on the grounds of earlier orders"},
	{"About To Sleep", 3, 3, 1, 2,
		"order seldom, the last time some while ago",
	"remind them with popular products, offer a discount"},
	{"Cannot Lose Them", 1, 2, 5, 5,
		"used to order most often, and have not for long",
	"talk to them in person, find out why, win them back"},
	{"At Risk", 1, 2, 3, 4,
		"used to order often, and have not for long",
	"write to them personally, offer a reason to return"},
	{"Hibernating", 1, 2, 1, 2,
		"ordered seldom, and long ago",
	"ask why in a survey, spend little on them otherwise"},
};

#define SEGMENT_COLUMNS 7

PG_FUNCTION_INFO_V1(rfm_segment_of_score);
PG_FUNCTION_INFO_V1(rfm_segments);

/*
 * The name of a score in fifths.
 */
const char *
rfm_segment_name(int score)
{
	int			r = score / 100;
	int			f = score / 10 % 10;
	int			i;

	for (i = 0; i < lengthof(segments); i++)
		if (r >= segments[i].r_min && r <= segments[i].r_max &&
			f >= segments[i].f_min && f <= segments[i].f_max)
			return segments[i].name;
	elog(ERROR, "RFM score %d has no name", score);
	pg_unreachable();
}

static bool
is_digit_of_fifths(int64 digit)
{
	return digit >= 1 && digit <= RFM_DEFAULT_BINS;
}

static void
check_score(int64 score)
{
	if (!is_digit_of_fifths(score / 100) || !is_digit_of_fifths(score / 10 % 10) ||
		!is_digit_of_fifths(score % 10))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid RFM score: " INT64_FORMAT, score),
				 errdetail("A score with a name has three digits from 1 to %d: recency, frequency and monetary value.",
						   RFM_DEFAULT_BINS),
				 errhint("Segments are those of %d bins; score with that number.", RFM_DEFAULT_BINS)));
}

/*
 * rfm_segment(score bigint) -> text
 */
Datum
rfm_segment_of_score(PG_FUNCTION_ARGS)
{
	int64		score = PG_GETARG_INT64(0);

	check_score(score);
	PG_RETURN_TEXT_P(cstring_to_text(rfm_segment_name(score)));
}

/*
 * rfm_segments() -> the map, best segments first
 */
Datum
rfm_segments(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < lengthof(segments); i++)
	{
		Datum		values[SEGMENT_COLUMNS];
		bool		nulls[SEGMENT_COLUMNS] = {false};

		values[0] = CStringGetTextDatum(segments[i].name);
		values[1] = Int32GetDatum(segments[i].r_min);
		values[2] = Int32GetDatum(segments[i].r_max);
		values[3] = Int32GetDatum(segments[i].f_min);
		values[4] = Int32GetDatum(segments[i].f_max);
		values[5] = CStringGetTextDatum(segments[i].meaning);
		values[6] = CStringGetTextDatum(segments[i].action);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
