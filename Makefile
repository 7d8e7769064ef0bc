# Everything a newcomer runs; `make` lists it. `make demo` is the place to start.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# This folder itself, by a path: the finder that setuptools would write takes 40 ms of each start.
HERE := -e . --config-settings editable_mode=compat
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

# What is compiled once is kept: else each process of the tests compiles their packages anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup dev demo format lint machine test unit deep e2e bench honesty soak lock libraries dist clean

help:  # this list
	@sed -n 's/^\([a-z][a-z0-9]*\):[^#]*#  *\(.*\)/\1\t\2/p' Makefile | expand -t 10

setup: $(STAMP)  # what AlgoOps needs to run

dev: $(DEV_STAMP)  # the same, and what its tests need

$(DEV_STAMP): export MORE_PACKAGES := requirements-dev.lock
$(DEV_STAMP): requirements-dev.lock

# Sandbox instances may not write byte code: without it here, each would compile our modules anew.
$(STAMP) $(DEV_STAMP): pyproject.toml requirements.lock requirements-build.lock .ci/install
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV)
	@.ci/install $(BIN)/python requirements.lock $(HERE)
	@$(BIN)/python -m compileall -q algoops algoops_app bot components
	@touch $@

demo: setup  # the whole main job on a throw-away repository
	@$(BIN)/algoops demo

# Four at a time, also on two processors: tests wait for processes. Who comes to its end first takes
# tests from the others.
PYTEST := $(BIN)/python -m pytest --numprocesses 4 --dist worksteal --durations 10

format: dev  # rewrite the code as the linter wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: dev  # format, lint rules, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

machine:  # what tests need of the machine: Docker, Chromium, the emulator of GitHub
	tests/setup-docker
	tests/setup-browser
	tests/setup-emulate

test: dev machine  # everything; installs Docker and Chromium where they are missing
	$(PYTEST)

unit: dev  # what needs neither Docker nor a browser
	$(PYTEST) tests/unit

deep: dev  # every property with a thousand random examples, where `make test` tries the same thirty
	HYPOTHESIS_PROFILE=deep $(PYTEST) -m hypothesis --timeout 3600 tests/unit tests/integration/git

e2e: dev machine  # the daemon driven from outside, and the browser
	$(PYTEST) tests/e2e

bench: dev  # speed, compared with the raw tools
	$(BIN)/python -m benchmarks

honesty: dev  # who catches strategies that lie: monte-neo or we (needs the package index)
	@mkdir -p build
	$(BIN)/python -m benchmarks.honesty --json build/honesty.json

soak: dev  # random use with kills: make soak SEED=7 MINUTES=10 BACKEND=docker FORGE=github
	$(BIN)/python -m tests.soak --seed $(or $(SEED),1) --minutes $(or $(MINUTES),10) \
	  --backend $(or $(BACKEND),bubblewrap) --forge $(or $(FORGE),local)

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --no-header

lock: setup  # the lock files anew; locked versions stay where pyproject.toml allows it
	$(LOCK) pyproject.toml --constraint .ci/constraints.txt -o requirements.lock
	$(LOCK) pyproject.toml --extra dev --extra dask --constraint requirements.lock -o requirements-dev.lock
	$(LOCK) --group build -o requirements-build.lock
	$(LOCK) --group strategies --constraint requirements.lock --only-binary :all: \
	  -o examples/sandbox-requirements.txt

libraries: dev  # the packages of examples/sandbox-requirements.txt, one strategy each, in each sandbox
	$(BIN)/python -m benchmarks.libraries

dist: dev  # the sdist, and the wheel made from it
	rm -rf dist
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist .

clean:  # remove all that was made
	rm -rf dist $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build *.egg-info
