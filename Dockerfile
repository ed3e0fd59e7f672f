# The image of one service:
#
#   docker build --build-arg SERVICE=import-svc --tag leadwire/import-svc:dev .
#
# and so for manager-svc, notifier-svc and stream-svc. docs/operations/containers.md says what it
# needs to run.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements/build.txt .
RUN python -m venv tools \
    && tools/bin/pip install --quiet --require-hashes --only-binary :all: --requirement build.txt
ARG SERVICE
COPY requirements/${SERVICE}.txt service.txt
# Without pip: nothing is installed into a finished image.
RUN python -m venv --without-pip /opt/leadwire \
    && tools/bin/pip --python /opt/leadwire/bin/python install --quiet --no-compile \
        --require-hashes --only-binary :all: --requirement service.txt
COPY shared shared
COPY services/${SERVICE} service
RUN tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels ./shared ./service \
    && tools/bin/pip --python /opt/leadwire/bin/python install --quiet --no-compile \
        --no-deps --no-index wheels/*.whl \
    && ln -s "${SERVICE}" /opt/leadwire/bin/service
# Of Swagger UI a few files are served; half of what it brings is an editor, and maps for debuggers.
RUN find /opt/leadwire \( -name '*.map' -o -name 'swagger-editor*' \) -delete

FROM python:3.13-slim
# The home of the services' data is theirs, and so is an empty volume that is mounted there.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent leadwire \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/leadwire
COPY --from=build /opt/leadwire /opt/leadwire
# What a start loads is compiled here, the standard library's modules too: the root file system is
# read-only later. An image whose program cannot start is not built.
RUN /opt/leadwire/bin/service --help >/dev/null
ENV PATH=/opt/leadwire/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LEADWIRE_HTTP_HOST=0.0.0.0 \
    LEADWIRE_HTTP_PORT=8080 \
    LEADWIRE_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8080
# Alive, not ready: whoever acts on this ends the process (Swarm, ECS), which mends no broker that
# is away. HTTP comes last in a start, so the first answer says that everything was there.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['LEADWIRE_HTTP_PORT']}/healthz\", timeout=4)"]
# The kernel keeps from a first process what it has no handler for, so a SIGTERM in the second that
# Python takes to start would be lost. Only the service gets it: it ends its own processes.
ENTRYPOINT ["dumb-init", "--single-child", "--", "service"]
CMD ["serve"]
ARG SERVICE
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="leadwire/${SERVICE}" \
      org.opencontainers.image.description="Leadwire's ${SERVICE}" \
      org.opencontainers.image.vendor="The Leadwire authors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
