/*
 * retention.c
 *		The module's magic block; each feature has a file of its own.
 *
 *		numutil, period     values: exact sums, ranges and calendar arithmetic
 *		custkeys, custmap   customer -> 32-bit value, for any hashable type (custtable, custflat: its parts)
 *		aggstate, wire      what every aggregate needs: context, parameters, messages between processes
 *		purchase, churn, top_share, order_gap, nps     the metrics, which never include each other
 *		rfm_scale, rfm_cuts_type, rfm_segments         what RFM scores are made of: cuts, stored cuts, names
 *		rfm, rfm_cuts                                  scores over a window and by stored cuts; the aggregate of cuts
 *		lifecycle, customer_kind                       labels of orders and of customers
 *		specfunc, optimize                             special functions and integrals; minima: pure arithmetic
 *		histories, clv_model                           customers' histories, counted; models as values, their fits
 *		clv_bgnbd, clv_pnbd, clv_gamma_gamma, clv_sbg  the models of orders, of their value, and of contracts
 */
#include "compat.h"

#include "fmgr.h"

RETENTION_MODULE_MAGIC;
