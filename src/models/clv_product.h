/*
 * models/clv_product.h
 *		What the plain function clv and the aggregate share.  See models/clv_product.c.
 */
#ifndef RETENTION_MODELS_CLV_PRODUCT_H
#define RETENTION_MODELS_CLV_PRODUCT_H

#include "compat.h"

#include "utils/numeric.h"

extern Numeric clv_multiply(Numeric one, Numeric other);

#endif							/* RETENTION_MODELS_CLV_PRODUCT_H */
