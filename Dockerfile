# PostgreSQL's official image with the extension in it.
#
#   docker build -t retention .
#   docker build -t retention:18 --build-arg PG_MAJOR=18 .
#
# In a database: CREATE EXTENSION retention. README.md says how, and docs/install.md what else there is.
ARG PG_MAJOR=17

FROM postgres:${PG_MAJOR} AS build
ARG PG_MAJOR
# The image has the package source of its own server, so the headers are of the same release.
RUN apt-get update \
	&& apt-get install -y --no-install-recommends gcc libc6-dev make "postgresql-server-dev-${PG_MAJOR}"
COPY . /src
# Built without bitcode: the image's server has no JIT compiler unless its package is added.
RUN make -s -C /src PG_CONFIG="/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config" with_llvm=no clean all \
	&& make -s -C /src PG_CONFIG="/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config" with_llvm=no DESTDIR=/built install

FROM postgres:${PG_MAJOR}
COPY --from=build /built/usr /usr
