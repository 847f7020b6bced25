# Every target sets up its own environment from the lock file; only Python 3.11+ and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

.PHONY: setup run tour test check bench chaos format records lock clean

setup: $(RUNTIME)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps -r requirements.lock
	touch $@

$(DEV): requirements-dev.lock $(RUNTIME) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps -r requirements-dev.lock
	touch $@

run: $(RUNTIME)
	exec $(BIN)/python -m src.run

tour: $(RUNTIME)
	exec $(BIN)/python -m src tour

test: export PYTHONDONTWRITEBYTECODE = # the tests start a hundred processes: compile the program once
test: $(DEV)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not chaos"

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/find_secrets.py
	$(BIN)/python -m src records-page --check

bench: $(DEV)
	$(BIN)/python -m benchmarks

chaos: $(DEV)
	$(BIN)/python -m pytest -m chaos --timeout 7200 -p no:randomly

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

records: $(RUNTIME)
	$(BIN)/python -m src records-page

lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -q requirements.in -o requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -q requirements-dev.in -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV)
