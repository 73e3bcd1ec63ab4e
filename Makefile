# Two commands: `make run` starts soapcode, `make test` checks everything. The rest is detail.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
PORT ?= 8000

.PHONY: run test lint types layers tests lock bench bench-peers clean

run: $(VENV)/.run
	@exec $(BIN)/soapcode serve --port $(PORT)

test: lint types layers tests

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

layers: $(VENV)/.test
	$(BIN)/lint-imports

# One BLAS thread each: beside other processes the threads would wait for one another. Bytecode is kept: every worker and every
# process a test starts would compile the sources anew.
tests: $(VENV)/.test
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

bench: $(VENV)/.test
	$(BIN)/python tests/bench.py

# medSpaCy pins older libraries, so it gets an environment of its own; it writes note text to stderr, which is thrown away.
bench-peers: $(VENV)/.run
	@test -d .peers || { $(PYTHON) -m venv .peers && .peers/bin/python -m pip --disable-pip-version-check -q install medspacy==1.3.1; }
	@$(BIN)/soapcode corpus export test > .peers/gold.jsonl
	@.peers/bin/python tests/peers/medspacy_peer.py .peers/gold.jsonl .peers/medspacy.json 2>/dev/null
	$(BIN)/soapcode evaluate test --peers .peers/medspacy.json

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "soapcode needs Python 3.11 or newer, got " + sys.version.split()[0] + "; set PYTHON=")'
	@echo "making $(VENV) (a few minutes on the first run)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.txt pyproject.toml
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/.made requirements/test.txt pyproject.toml
	@$(PIP) install --require-hashes -r requirements/test.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

lock:
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra build --extra postgres --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/postgres.txt
	uv pip compile pyproject.toml --extra build --extra test --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/test.txt

clean:
	rm -rf $(VENV) .peers .mypy_cache .ruff_cache .pytest_cache build dist
