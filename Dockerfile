# One image for the launcher, the workers and a laptop: what was tested is what runs.
#
#   docker build --build-arg LAUNCHER_IMAGE=... --tag scrapeline .
#
# LAUNCHER_IMAGE is Google's base image of flex templates for Python 3.11 (Dataflow's documentation names it); one program
# is taken from it. Beam's version stands here and in requirements.in; a test compares them.
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
ARG BEAM_IMAGE=apache/beam_python3.11_sdk:2.77.0
ARG LAUNCHER_IMAGE

FROM ${BEAM_IMAGE} AS beam
FROM ${LAUNCHER_IMAGE} AS launcher

FROM ${PYTHON_IMAGE} AS build
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /build
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY setup.py pyproject.toml ./
COPY schemas schemas
COPY scrapers scrapers
COPY transforms transforms
COPY pipelines pipelines
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
# The browser is not pinned: its security updates should come with every build. libatomic1: Playwright's node needs it.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends chromium-headless-shell fonts-liberation libatomic1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 scrapeline
COPY --from=beam /opt/apache/beam/boot /opt/apache/beam/boot
COPY --from=launcher /opt/google/dataflow/python_template_launcher /opt/google/dataflow/python_template_launcher
COPY --from=build /opt/venv /opt/venv

# RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT: boot makes no environment of its own, it takes what is installed here.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1 \
    SCRAPELINE_CHROMIUM=/usr/bin/chromium-headless-shell \
    FLEX_TEMPLATE_PYTHON_PY_FILE=/opt/venv/lib/python3.11/site-packages/pipelines/template.py

# boot writes into the working directory, so it is the user's own.
USER 10001
WORKDIR /home/scrapeline
# What Dataflow starts on a worker. The launcher's entry point is given by the template, a laptop's by `docker run`:
#   docker run --rm --entrypoint scrapeline scrapeline --help
ENTRYPOINT ["/opt/apache/beam/boot"]
