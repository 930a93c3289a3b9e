# Two commands do everything on a fresh Debian or Ubuntu machine: `make run` and `make test`.
#
#   PORT            where the platform answers (8000)
#   CHEMWARD_DATA   the folder that holds all state (var)

PYTHON ?= python3
BIN := .venv/bin
export CHEMWARD_DATA ?= var
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: validate negative-control help setup run start test test-postgres lint bench chaos docs screenshots demo-scenario backup restore lock environment package dev vendor warm messages

help:
	@echo "make run            the demo park: set up what is missing, start all, print address and log-ins"
	@echo "make start          the same without the demo"
	@echo "make test           all tests that this machine can run"
	@echo "make test-postgres  the tests of the apps on a PostgreSQL of their own"
	@echo "make lint           style, types, floors of the house, lock files"
	@echo "make bench          measurements, printed (35 minutes; SIZE=--short: 5; B=kernel: only that)"
	@echo "make validate       the science against published figures and field trials, into docs/validation"
	@echo "make negative-control  plants defects into a copy; the tests must turn red for each"
	@echo "make chaos          kill -9 of each process, 20 times each"
	@echo "make demo-scenario  what there is;  make demo-scenario S=chlorine-leak  starts one, S=stop ends it"
	@echo "make backup TO=folder      make restore FROM=folder"
	@echo "make docs           the manual, under site/;  make screenshots  takes its pictures anew"
	@echo "make lock           renew the lock files"

# -- set up: each step does nothing when nothing changed ---------------------------------------------------------------

setup: package vendor messages warm

environment:
	@test -x $(BIN)/python || { \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Chemward needs Python 3.11 or newer; set PYTHON=python3.x" >&2; exit 2; }; \
	  $(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 cannot make environments: sudo apt install python3-venv" >&2; exit 2; }; }
	@cmp -s requirements.lock .venv/.requirements.lock || { \
	  echo "installing the locked packages …"; \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && cp requirements.lock .venv/.requirements.lock; }

package: environment
	@cmp -s pyproject.toml .venv/.pyproject.toml || { \
	  $(BIN)/python -m pip install --quiet --no-deps --editable . && cp pyproject.toml .venv/.pyproject.toml; }

dev: package
	@cmp -s requirements-dev.lock .venv/.requirements-dev.lock || { \
	  echo "installing the locked packages for tests …"; \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock && cp requirements-dev.lock .venv/.requirements-dev.lock; }

vendor: package
	@$(BIN)/python tools/fetch_vendor.py

messages: package
	@$(BIN)/python tools/compile_messages.py compile

warm: .venv/.warm

.venv/.warm: $(wildcard src/chemward/telemetry/engine/*.py src/chemward/science/risk/kernel/*.py src/chemward/science/leak/*.py) \
             src/chemward/telemetry/worker/checks.py | package
	@$(BIN)/python -m chemward.config.warm
	@touch $@

# -- running -----------------------------------------------------------------------------------------------------------

run: setup
	@$(BIN)/chemward setup --demo
	@exec $(BIN)/chemward run --demo

start: setup
	@$(BIN)/chemward setup
	@exec $(BIN)/chemward run

demo-scenario: package
	@$(BIN)/chemward demo scenario $(S)

backup: package
	@test -n "$(TO)" || { echo "where to? make backup TO=/backups/2026-01-31" >&2; exit 2; }
	@$(BIN)/chemward backup "$(TO)"

restore: package
	@test -n "$(FROM)" || { echo "from where? make restore FROM=/backups/2026-01-31" >&2; exit 2; }
	@$(BIN)/chemward restore "$(FROM)"

# -- checking ----------------------------------------------------------------------------------------------------------

test: setup dev
	@$(BIN)/pytest $(T)

test-postgres: setup dev
	@$(BIN)/python tools/with_postgres.py $(BIN)/pytest -m "not browser" $(or $(T),tests/apps)

lint: setup dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: ruff format ." >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@! grep -nE 'https?://|^--|file:' requirements.lock requirements-dev.lock || { echo "a lock file names a host; run: make lock" >&2; exit 1; }
	@! grep -n '"resolved"' package-lock.json || { echo "package-lock.json names a host; see .npmrc" >&2; exit 1; }

# make bench SIZE=--short    make bench B="kernel live"
bench: setup dev
	@$(BIN)/python benchmarks/run_all.py $(SIZE) $(if $(B),--only $(B))

chaos: setup dev
	@CHEMWARD_CHAOS_ROUNDS=20 $(BIN)/pytest tests/faults -m faults -s --timeout=7200

validate: setup dev
	@$(BIN)/python tools/validate.py

# make negative-control    make negative-control R="fire harm"
negative-control: setup dev
	@$(BIN)/python tools/negative_control.py $(if $(R),--only $(R))

docs: setup dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

screenshots: setup dev
	@$(BIN)/python tools/screenshots.py $(S)

lock: dev
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --extra demo pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.lock
