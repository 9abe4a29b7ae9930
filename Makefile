# Two commands for people: `make reproduce` reruns everything published, `make test` runs the whole test suite.
# Both make .venv first, from locked and hash-checked requirements.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

.PHONY: reproduce test check rules types suite lock clean

# hundreds of processes of the tests load the same files: what is compiled once is kept, whatever the environment says
export PYTHONDONTWRITEBYTECODE :=

reproduce: $(VENV)/.reproduce
	$(BIN)/diplab reproduce --out .

# types are checked while the tests start: one process alone would leave the other cores idle
test: rules
	$(MAKE) --no-print-directory --jobs=2 types suite

# a process a core, and the tests of one file in one process, so that what they share is made once
suite: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

# rules, format and types: what a contributor runs before a commit
check: rules types

rules: $(VENV)/.test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: $(VENV)/.test
	$(BIN)/python -m mypy diplab tests/architecture/typed_calls.py

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("diplab needs Python 3.11 or later; write: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.reproduce: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# the test lock holds everything the first one holds, at the same versions
$(VENV)/.test: requirements-test.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.reproduce

# for maintainers, with uv at hand
lock:
	uv pip compile pyproject.toml --extra data --group build --generate-hashes --universal --python-version 3.11 \
		--quiet --output-file requirements.lock
	uv pip compile pyproject.toml --extra data --group build --group test --constraint requirements.lock \
		--generate-hashes --universal --python-version 3.11 --quiet --output-file requirements-test.lock

clean:
	rm -rf $(VENV) report
