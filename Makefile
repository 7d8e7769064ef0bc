# Everything a newcomer runs. `make demo` is the place to start.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: setup dev demo test unit lint lock bench soak clean

setup: $(STAMP)  # what AlgoOps needs to run

dev: $(DEV_STAMP)  # and what its tests need

$(STAMP): pyproject.toml requirements.lock requirements-build.lock .ci/install
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV)
	@.ci/install $(BIN)/python requirements.lock -e .
	@touch $(STAMP)

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	@.ci/install $(BIN)/python requirements-dev.lock -e .
	@touch $(DEV_STAMP)

demo: setup
	@$(BIN)/algoops demo

# Three at a time, also on two processors: tests wait for processes. Who comes to its end first takes
# tests from the others.
PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist worksteal --durations 10

lint: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: dev
	tests/setup-docker
	tests/setup-browser
	tests/setup-emulate
	$(PYTEST)

unit: dev  # what needs neither Docker nor a browser
	$(PYTEST) tests/unit

bench: dev
	$(BIN)/python -m benchmarks

soak: dev  # make soak SEED=7 MINUTES=10 BACKEND=docker FORGE=github
	$(BIN)/python -m tests.soak --seed $(or $(SEED),1) --minutes $(or $(MINUTES),10) \
	  --backend $(or $(BACKEND),bubblewrap) --forge $(or $(FORGE),local)

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --no-header

lock: setup  # what is locked already stays, where pyproject.toml allows it
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --extra dev --extra dask --constraint requirements.lock -o requirements-dev.lock
	$(LOCK) --group build -o requirements-build.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build *.egg-info
