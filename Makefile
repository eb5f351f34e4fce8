# medmgmt: two commands, `make run` and `make test`; each does its own set-up.
# `make test ARGS="tests/refills/test_killed.py -x"` runs a part, and `ARGS="--only sqlite tests/record"` one pass of it.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run reset venv dev-venv test check audit mutants mutants-by-hand bench chaos format openapi clean

run: venv  ## serve the clinic on one address; Ctrl-C stops everything
	@exec $(PY) manage.py serve

reset: venv  ## throw the demo away and make it afresh (the embedded database only)
	@$(PY) manage.py reset_demo

venv: .venv/.run-$(shell cksum < requirements.txt | tr ' ' '-')  ## only set up .venv

dev-venv: .venv/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "medmgmt needs Python 3.11 or newer, and none was found on the PATH."; exit 1; }
	@echo "Setting up .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

.venv/.run-%: requirements.txt | .venv/bin/python
	@echo "Installing pinned requirements (once)"
	@$(PY) -m pip install -q -r requirements.txt
	@rm -f .venv/.run-*; touch $@

.venv/.dev-%: requirements.txt requirements-dev.txt | .venv/bin/python
	@echo "Installing pinned requirements for tests and checks (once)"
	@$(PY) -m pip install -q -r requirements-dev.txt
	@rm -f .venv/.dev-*; touch $@ .venv/.run-$$(cksum < requirements.txt | tr ' ' '-')

test: dev-venv  ## the whole suite: pure, SQLite, PostgreSQL and Redis, Chromium; a part in both passes: make test ARGS=tests/record
	@$(PY) -m tests.run -q $(ARGS)

check: dev-venv  ## format, lint, types, floors, migrations, deploy check, the API's table, tables of data/
	@$(PY) -m tests.check

audit: dev-venv  ## known holes of pinned packages; without a network by the file that ADVISORIES names, else it says that it could not
	@$(PY) -m tests.audit || { status=$$?; test $$status -eq 75; }

mutants: dev-venv  ## small changes to the pure rooms that no test notices; SEED and MINUTES may be set
	@$(PY) -m tests.mutation --seed $(or $(SEED),1) --minutes $(or $(MINUTES),10)

format: dev-venv
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

openapi: dev-venv  ## write the table of the API's operations anew after a wanted change
	@$(PY) -m tests.openapi --write

chaos: dev-venv  ## kill workers, Redis and PostgreSQL while reminders go out, and count what arrives
	@$(PY) -m tests.chaos

mutants-by-hand: dev-venv  ## make each change of tests/mutants.csv to a copy, and print those that no test notices
	@$(PY) -m tests.mutants --jobs 2

bench: dev-venv  ## print every benchmark beside its baseline
	@$(PY) -m tests.bench

clean:
	@rm -rf .venv .medmgmt .mypy_cache .ruff_cache .pytest_cache .hypothesis
