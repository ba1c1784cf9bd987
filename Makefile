# Two environments: .venv (the app) and nlu/.venv (Rasa on Python 3.10). Both from hashed locks.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
TOOLS := $(CURDIR)/.tools
UV := $(TOOLS)/bin/uv
BIN := $(CURDIR)/.venv/bin
NLU := $(CURDIR)/nlu/.venv/bin/python
export UV_LINK_MODE ?= copy

.PHONY: help setup demo test test-long bench lint format lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: .venv/.done nlu/.venv/.done ## Environments, keys, database and trained model: everything but running
	@$(BIN)/loa setup
	@$(BIN)/loa nlu train --if-absent

demo: setup ## Start Loa with sample data on http://127.0.0.1:8080, until Ctrl-C
	@exec $(BIN)/loa demo

test: setup ## The whole suite, every kind of test at small size
	$(BIN)/pytest
	PYTHONPATH=$(CURDIR) $(NLU) -m pytest -c tests/nlu/pytest.ini tests/nlu

test-long: setup ## The whole suite with the long tests at full size (an hour and more)
	LOA_TEST_LONG=1 $(BIN)/pytest
	PYTHONPATH=$(CURDIR) $(NLU) -m pytest -c tests/nlu/pytest.ini tests/nlu

bench: setup ## Performance against targets; a missed one fails
	$(BIN)/loa bench turn
	$(BIN)/loa bench nlu
	$(BIN)/loa bench interview
	$(BIN)/loa bench audience
	$(BIN)/loa bench segments
	$(BIN)/loa bench dispatch
	$(BIN)/loa bench rate
	$(BIN)/loa bench inbound

lint: .venv/.done ## Ruff, mypy, the rooms' table, the policies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --verbose
	$(BIN)/loa policies lint

format: .venv/.done ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(UV) ## Resolve both environments anew
	$(UV) pip compile -q --no-header --generate-hashes --python-version 3.11 --overrides overrides.txt \
	  --extra dev --upgrade pyproject.toml -o requirements.lock
	cd nlu && $(UV) pip compile -q --no-header --no-emit-index-url --generate-hashes --python-version 3.10 \
	  --python-platform x86_64-unknown-linux-gnu --overrides overrides.txt \
	  --upgrade requirements.in -o requirements.lock

clean: ## Remove environments, caches and tools; LOA_HOME stays
	rm -rf .venv nlu/.venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(UV): uv.lock.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Loa needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …")'
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r uv.lock.txt
	@touch $@

.venv/.done: requirements.lock pyproject.toml $(UV)
	$(UV) venv --quiet --clear --python $(PYTHON) .venv
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# From inside nlu/, where .python-version says 3.10: so uv finds an installed one, or fetches it.
nlu/.venv/.done: nlu/requirements.lock $(UV)
	cd nlu && $(UV) venv --quiet --clear .venv \
	  || { echo "Rasa needs Python 3.10 and uv could neither find nor fetch it: install it, or allow uv to download" >&2; exit 1; }
	cd nlu && $(UV) pip sync --quiet --compile-bytecode --python .venv/bin/python requirements.lock
	@touch $@
