# retention: build, install and test with PGXS.
#
# The usual targets (all, install, installcheck, clean; PG_CONFIG=...) are PGXS's. "make help" lists
# the project's own.

EXTENSION   = retention
# META.json is where the version is written; check-version keeps retention.control equal to it.
EXTVERSION := $(shell sed -n 's/^[[:space:]]"version": "\(.*\)",/\1/p' META.json)

MODULE_big  = retention
SOURCES     = $(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c))
OBJS        = $(SOURCES:.c=.o)
PGFILEDESC  = "retention - customer retention metrics"

# The install script is joined from parts in this order: what a part uses comes before it.
SQL_PARTS   = $(patsubst %,sql/parts/%.sql,guard base/period base/bucket_start \
	metrics/customer_count metrics/aov metrics/crr metrics/rates metrics/top_share metrics/order_gap metrics/nps \
	metrics/lifecycle metrics/customer_kind metrics/projection \
	summary/type summary/retention_agg summary/rollup totals/type \
	report/rows report/growth report/growth_long report/cohorts report/curve report/one_bucket report/members \
	revenue/type summary/change revenue/revenue_agg revenue/growth revenue/cohorts revenue/ltv revenue/members \
	chart/growth chart/heatmap chart/curve chart/ltv \
	survival/type survival/survival_agg survival/time_to_order survival/curve survival/estimates survival/within \
	survival/brackets survival/rates \
	rfm/segments rfm/cuts rfm/cuts_agg rfm/window \
	models/clv_product models/clv models/purchase_history models/histories models/order_model \
	models/gamma_gamma models/bgnbd models/pnbd models/sbg \
	points/type points/functions points/transfer points/holds points/close points/views points/journal points/agg \
	points/table/balance points/table/running points/tiers \
	live/report live/totals live/refresh \
	guide/benchmarks guide/help \
	sspace volatility)
# The types that a column may hold; to each of them belongs what comparison.sql has.  The C is named as the type, or
# as the type behind a colon.
COMPARED    = retention_summary retention_totals revenue_summary:retention_summary revenue_totals:retention_totals \
	durations rfm_cuts points_ledger
DATA_built  = sql/retention--$(EXTVERSION).sql
DATA        = $(wildcard sql/retention--*--*.sql)

# pg_regress finds inputs in test/sql and expected output in ./expected.
REGRESS      = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=retention
# Likewise the isolation specs, under test/isolation.
ISOLATION      = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=retention
EXTRA_CLEAN  = $(wildcard src/*.d src/*/*.d src/*/*/*.d) results output_off output_iso tmp_check tmp_check_iso

PG_CPPFLAGS = -I$(srcdir)/src -DRETENTION_VERSION='"$(EXTVERSION)"'
# The server loads all modules into one namespace: only what SQL calls may be seen there.
# And the last digit is to be the same whether or not a processor multiplies and adds in one step.
PG_CFLAGS   = -MMD -MP -fvisibility=hidden -ffp-contract=off
ifeq ($(WERROR),1)
PG_CFLAGS  += -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
endif

PG_CONFIG  ?= pg_config
PGXS       := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
# A server built with LLVM wants bitcode; without its clang the extension is whole all the same.
CLANG_USED := $(shell sed -n 's/^CLANG = *//p' "$$(dirname "$(PGXS)")/../Makefile.global" 2>/dev/null)
ifeq ($(shell command -v $(or $(CLANG_USED),clang) 2>/dev/null),)
override with_llvm = no
endif
include $(PGXS)
else
# The project's own targets install what they need; these cannot.
all install installcheck clean:
	@echo "no server headers behind PG_CONFIG=$(PG_CONFIG): install postgresql-server-dev-15 or the like, or set PG_CONFIG" >&2; exit 1
endif

-include $(OBJS:.o=.d)

all: check-version

$(DATA_built): $(SQL_PARTS) sql/parts/comparison.sql META.json
	cat $(SQL_PARTS) > $@
	for type in $(COMPARED); do sed "s/@type@/$${type%:*}/g; s/@c@/$${type#*:}/g; /^--/d" sql/parts/comparison.sql >> $@; done

.PHONY: check-version demo test scaletest scancheck livecheck bookscheck bench matrix clients cituscheck deb debcheck newcomer \
	help dist release-check

check-version:
	@grep -q "^default_version = '$(EXTVERSION)'$$" retention.control && \
	 test "$$(grep -c '"$(EXTVERSION)"' META.json)" = 2 && \
	 grep -q '"file": "sql/retention--$(EXTVERSION).sql"' META.json && \
	 grep -q '^## $(EXTVERSION)' CHANGELOG.md || \
	 { echo "version $(EXTVERSION) of META.json is not that of retention.control, META.json's provides or CHANGELOG.md" >&2; exit 1; }

demo:
	@demo/demo

test:
	@test/run

scaletest:
	@test/run test/scale/*.pl

scancheck:
	@QUERIES=$${QUERIES:-10000} test/run test/t/048_scan_random.pl

livecheck:
	@STATEMENTS=$${STATEMENTS:-10000} test/run test/t/061_live_random.pl

bookscheck:
	@MOVEMENTS=$${MOVEMENTS:-5000000} test/run test/t/038_points_page.pl test/t/039_books_page.pl

bench:
	@test/bench/bench

matrix:
	@tools/matrix

clients:
	@test/clients/clients

cituscheck:
	@test/citus/check

deb:
	@tools/deb

debcheck:
	@tools/debcheck

newcomer:
	@tools/newcomer

release-check:
	@tools/release-check

# From what is committed; with the install script, which META.json names and git does not have.
dist: $(DATA_built)
	git archive --format=zip --prefix=retention-$(EXTVERSION)/sql/ --add-file=$(DATA_built) \
		--prefix=retention-$(EXTVERSION)/ -o retention-$(EXTVERSION).zip HEAD

help:
	@echo 'make                  build against the server of PG_CONFIG'
	@echo 'make install          install into it'
	@echo 'make installcheck     regression tests in a running server'
	@echo 'make demo             a shop and its retention report, also as a page (ORDERS=file.csv for your own orders)'
	@echo 'make test             everything: build, install, regression and TAP tests in throw-away servers (SCAN=off: with retention.scan off)'
	@echo 'make scaletest        how time grows with size, and how soon a query is cancelled; on a quiet machine'
	@echo 'make scancheck        10,000 random queries with retention.scan on and off (QUERIES=..., SEED=...)'
	@echo 'make livecheck        10,000 random statements in eight sessions over tables with live reports (STATEMENTS=..., SEED=...)'
	@echo 'make bookscheck       the pages on points and their books, on 5 million movements, beside a replay (MOVEMENTS=..., SEED=...)'
	@echo 'make bench            10 million orders, ratios to a plain scan, to SQL and to column stores'
	@echo 'make matrix           make test on PostgreSQL 15, 17, 18 and 19'
	@echo 'make clients          every function through node-postgres, JDBC, psycopg and others, fetched if they are not here'
	@echo 'make cituscheck       checks in a Citus cluster of your own, given by PGHOST, PGPORT and so on'
	@echo 'make newcomer         the demo and all tests from nothing, in bare chroots of Debian 12, 13 and sid'
	@echo 'make deb              Debian packages, one for each PostgreSQL whose headers are here'
	@echo 'make debcheck         these packages built, tested, installed, upgraded and purged in bare chroots'
	@echo 'make dist             release archive, for PGXN'
	@echo 'make release-check    walks what has to be so before a release, and says what is not'
