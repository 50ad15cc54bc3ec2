# `make demo`, `make test` and `make prove` do all the set-up; they need Python 3.11 or later, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-starved prove prove-long lint types arrows unit digests lock clean

demo: $(READY)
	$(BIN)/equalis run --demo

test: lint types arrows unit

# Each part says what it costs: everybody's day pays for it.
cost = @began=$$(date +%s); $(2) || exit $$?; echo "cost: $(1) took $$(( $$(date +%s) - began )) s"
proof = $(call cost,the proof of $(1),$(BIN)/equalis prove --family $(1) --golden tests/goldens/proof-$(1).json --out reports/proof/$(1))

prove: $(READY)
	$(call proof,ra-pid)
	$(call proof,idv)
	$(call proof,eprescription)

# The same with twenty runs on a machine that stands still or is starved.
prove-long: $(READY)
	for family in ra-pid idv eprescription; do $(BIN)/equalis prove --family $$family --stalls 20 --golden tests/goldens/proof-$$family.json --out reports/proof/$$family || exit 1; done

lint: $(READY)
	$(call cost,lint,$(BIN)/ruff check .)

types: $(READY)
	$(call cost,types,$(BIN)/mypy)

arrows: $(READY)
	$(call cost,arrows,$(BIN)/lint-imports)

unit: $(READY)
	$(call cost,the tests,$(BIN)/pytest -n 2 --durations=10)

# The same on a machine that is starved; it takes hours, and more patience of the products under test. Linux only.
STARVED := EQUALIS_DEMO_PATIENCE=5 $(BIN)/python tools/starved.py
test-starved: $(READY)
	$(STARVED) --per-core 2 $(BIN)/pytest -n 2 -o timeout=14400
	$(STARVED) --one-core 10 $(BIN)/pytest -n 0 -o timeout=14400 tests/gateway tests/solution tests/cli tests/test_asking.py tests/test_pytest_plugin.py tests/test_live_environment.py tests/proof/test_attribution.py

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name it: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# What `verify` holds the pack of a run against; a test says when it is due.
digests: $(READY)
	$(BIN)/python tools/release_digests.py

# Needs `uv` on the path; the locks name no index and serve Python 3.11 to 3.13 on every platform.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --group dev --output-file requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --constraint requirements.lock --output-file requirements-run.lock pyproject.toml

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
