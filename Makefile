# Two commands do it all on a fresh machine with Python 3.11: `make demo` and `make test`. `make help` lists the others.
# Each first sees to .venv: created once from the lock files, then left alone until a lock changes.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help set-up browser emulators prism flink flink-jars demo test test-engines soak lint types bench lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTEST_ARGS ?=
BENCH_ARGS ?=
# More than two cores have: many tests wait for services. 0: in this process, one after the other.
TEST_PROCESSES ?= 3
VENV := .venv
BIN := $(VENV)/bin
EMULATOR_VENV := .venv-emulator
# Finds a browser, or installs one; where none can be had it says what to do, and only CI takes that for a failure.
BROWSER := $(BIN)/python -m scrapers.browsing.installation || [ "$$CI" != true ]
CODE := schemas scrapers transforms pipelines demo benchmarks

PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-annotate --no-header

# A stamp in .venv is named for what was installed: another lock, another name, another installation.
key = $(shell cat $(1) | sha256sum | cut -c 1-16)
RUN_STAMP := $(VENV)/.run-$(call key,requirements.lock setup.py)
DEV_STAMP := $(VENV)/.dev-$(call key,requirements.lock setup.py requirements-dev.lock)
EMULATOR_STAMP := $(EMULATOR_VENV)/.installed-$(call key,requirements-emulator.lock)

help:  ## this list
	@echo "Scrapeline: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
	@echo "Needs python3.11, python3-venv and make (apt-get install python3 python3-venv make); the rest goes into $(VENV) and $(EMULATOR_VENV)."
	@echo "Variables: PYTHON=/path/to/python3.11  PYTEST_ARGS='-k robots'  TEST_PROCESSES=0  BENCH_ARGS='--rounds 5'"

set-up: $(DEV_STAMP) emulators browser  ## create .venv and .venv-emulator from the lock files, find or install a browser; demo and test do what they need of it

browser: $(RUN_STAMP)  ## find a browser, or install one (Debian's package as root or by sudo, else Playwright's own)
	@$(BROWSER)

emulators: $(DEV_STAMP)  ## install the emulators of BigQuery and Cloud Storage into .venv-emulator (for the tests only, 600 MB)
	@$(MAKE) --no-print-directory $(EMULATOR_STAMP) || { rm -rf $(EMULATOR_VENV); [ "$$CI" != true ] && \
	    echo "No emulators of BigQuery and Cloud Storage: the tests that need them are skipped, and say so."; }

demo: $(RUN_STAMP) browser  ## scrape the demo site on this machine and show what came of it (no cloud, no internet)
	@$(BIN)/python -m demo

test: $(DEV_STAMP) emulators browser  ## run every test but those of test-engines and soak
	@$(BIN)/python -m pytest -m "not engines and not soak" -n $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

test-engines: $(DEV_STAMP) emulators browser prism flink-jars  ## run the tests that need Prism or Flink, distributed engines
	@$(BIN)/python -m pytest -m "engines and not soak" $(PYTEST_ARGS)

soak: $(DEV_STAMP) emulators browser prism flink-jars  ## run the tests that take many minutes each; by hand, none of them is in CI
	@$(BIN)/python -m pytest -m soak $(PYTEST_ARGS)

prism: $(RUN_STAMP)  ## find Prism, or build it from Go's modules into .engines (2 to 4 minutes, once; needs Go)
	@$(BIN)/python -m pipelines.engines.prism || [ "$$CI" != true ]

flink-jars: $(RUN_STAMP)  ## bring Flink's jars into .engines by Maven (about 3 minutes, once; needs Java 17 and Maven)
	@$(BIN)/python -m pipelines.engines.flink.jars || [ "$$CI" != true ]

flink: $(RUN_STAMP)  ## run a Flink cluster on this machine until Ctrl-C, and say how to start a job on it
	@$(BIN)/python -m pipelines.engines.flink.jars && exec $(BIN)/python -m pipelines.engines.flink

lint: $(DEV_STAMP)  ## check style and formatting (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV_STAMP)  ## check types (mypy, strict)
	@$(BIN)/mypy $(foreach folder,$(CODE),$(if $(wildcard $(folder)/*.py),$(folder)))

bench: $(DEV_STAMP)  ## race the peers and print the table of the README
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

lock: $(DEV_STAMP)  ## resolve requirements*.in into the lock files again
	@echo "Resolving requirements.in, requirements-dev.in and requirements-emulator.in ..."
	@$(COMPILE) requirements.in --output-file requirements.lock
	@$(COMPILE) requirements-dev.in --output-file requirements-dev.lock
	@$(COMPILE) requirements-emulator.in --output-file requirements-emulator.lock

clean:  ## remove .venv, .venv-emulator and everything that was made, but not .engines
	rm -rf $(VENV) $(EMULATOR_VENV) out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .scrapeline
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	    echo "Scrapeline needs Python 3.11, and neither python3.11 nor python3 is one."; \
	    echo "On Debian 12: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): | $(BIN)/python
	@echo "Installing what Scrapeline runs on, from requirements.lock (one or two minutes, once) ..."
	@$(PIP) --require-hashes --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.run-* && touch $@

$(DEV_STAMP): $(RUN_STAMP)
	@echo "Installing what the tests need, from requirements-dev.lock (seconds, once) ..."
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@rm -f $(VENV)/.dev-* && touch $@

$(EMULATOR_STAMP): | $(BIN)/python
	@echo "Installing the emulators of BigQuery and Cloud Storage, from requirements-emulator.lock (a minute, once) ..."
	@rm -rf $(EMULATOR_VENV) && $(PYTHON) -m venv $(EMULATOR_VENV)
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(EMULATOR_VENV)/bin/python -m pip install --quiet \
	    --require-hashes --requirement requirements-emulator.lock
	@touch $@
