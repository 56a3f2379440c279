# Every target stands on the command `downhill`; see `downhill --help`.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help lab test bench demo release lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/' | expand -t 18

lab: .venv/learn ## open JupyterLab on the start page
	$(BIN)/downhill lab

test: .venv/develop ## lint, check types, run all tests
	$(BIN)/downhill test

bench: .venv/develop ## measure the marking beside stock nbgrader, otter-grader and the least possible
	$(BIN)/python tests/bench_marking.py

demo: .venv/learn ## remove demo/, make and mark the demonstration class there, show its table
	$(BIN)/downhill demo

release: .venv/learn ## make release/ and solutions/ from source/
	$(BIN)/downhill release

lock: .venv/develop ## choose new exact versions from pyproject.toml
	$(BIN)/downhill lock

clean: ## remove the environment and the demonstration class
	rm -rf .venv demo

.venv/learn: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Downhill needs Python 3.11 or newer. Name yours: make lab PYTHON=python3.12"; exit 1; }
	@echo "Making the environment in .venv: some minutes, once …"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/develop: tests/requirements.txt .venv/learn
	$(BIN)/python -m pip install --quiet --require-hashes -r tests/requirements.txt
	touch $@
