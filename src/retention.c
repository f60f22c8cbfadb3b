/*
 * retention.c
 *		The module's magic block; each feature has a file of its own.
 *
 *		numutil, period, bucket      values: exact sums, ranges, calendar buckets
 *		varint, radixsort, base64    numbers of variable length, sorting by digits, text forms
 *		money                        amounts of any type
 *		customer_keys, customer_table, customer_dense, customer_map        customers of any hashable type: keys, the template of maps
 *			and a part of it, the map with 32-bit values
 *		aggstate, wire      what every aggregate needs: context, parameters, messages between processes
 *		purchase, churn, top_share, order_gap, nps     the metrics, which never include each other
 *		rfm_scale, rfm_cuts_type, rfm_segments         what RFM scores are made of: cuts, stored cuts, names
 *		rfm, rfm_cuts                                  scores over a window and by stored cuts; the aggregate of cuts
 *		lifecycle, customer_kind                       labels of orders and of customers
 *		seenset, summary_signature, summary_keys, summary_flat, summary_merge    what a stored summary is made of
 *		retention_agg, summary_map, summary_grid       rows -> summary: many customers, and what workers send of them
 *		summary_type                                   the type, and rollup
 *		totals_flat, totals_count, totals_type         counts without customers: bytes, counting, the type
 *		counts, report, report_period                   growth, cohorts, curve; one bucket's numbers
 *		movements, lotpool                             rows of a points table, and the lots that they make
 *		points_balance, points_running, points_tiers   what a member has, now and after each row; the tiers
 *		clv_historic, purchase_history                 lifetime value: by formula, and what models of it are fed with
 *		points_ledger, _stored, _io, _json, _rules, _replay, _enter    the type points_ledger; points/ledger.h says which does what
 *		points_ops, points_report, points_agg          its functions, and ledger_agg
 *		specfunc, optimize                             special functions and integrals; minima: pure arithmetic
 *		histories, clv_model                           customers' histories, counted; models as values, their fits
 *		clv_bgnbd, clv_pnbd, clv_gamma_gamma, clv_sbg  the models of orders, of their value, and of contracts
 */
#include "compat.h"

#include "fmgr.h"

RETENTION_MODULE_MAGIC;
