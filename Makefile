# Everything sets itself up from Python ≥ 3.10, npm and (for the browser tests) apt's Chromium,
# and is quick when nothing changed: see scripts/setup.py.
#
#   make demo    JupyterLab on the quickstart (HEADLESS=1: in the terminal; PORT=8899)
#   make test    every test (ARGS="-k cost" for some of pytest's)
#   make check   format, lint and strict types, both languages
#   make format  bring the format in order, both languages
#   make docs    the pages of docs/ and the API reference, as HTML in build/docs
#   make bench   load time, sizes, streaming figures
#   make clean   remove all that make made in this folder (the CLI in your data folder stays)

PYTHON ?= python3
VENV := .venv/bin
SETUP := $(PYTHON) scripts/setup.py

.PHONY: help setup demo test check format docs bench clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@$(SETUP) venv packages frontend cli chromium kernels mcps wheel pythons

demo:
	@$(SETUP) venv frontend cli
	@$(VENV)/jupyter-claude demo $(if $(HEADLESS),--headless) $(if $(PORT),--port $(PORT))

test: setup
	@$(VENV)/python -m scripts.run_tests $(ARGS)

check:
	@$(SETUP) venv packages
	@echo "check: Python format"
	@$(VENV)/ruff format --check --quiet .
	@echo "check: Python lint"
	@$(VENV)/ruff check --quiet .
	@echo "check: Python types"
	@$(VENV)/mypy jupyter_claude sdk/jupyter_claude_sdk scripts tests benchmarks
	@$(VENV)/pyright --level error
	@echo "check: TypeScript format, lint and types"
	@cd labextension && npm run --silent check

format:
	@$(SETUP) venv packages
	@$(VENV)/ruff format --quiet .
	@$(VENV)/ruff check --quiet --fix .
	@cd labextension && npm run --silent format

docs:
	@$(SETUP) venv
	@$(VENV)/sphinx-build -q -W --keep-going docs build/docs
	@echo "docs: build/docs/index.html"

bench:
	@$(SETUP) venv frontend cli chromium kernels peer
	@$(VENV)/python -m benchmarks.run $(ARGS)

clean:
	rm -rf .venv build dist labextension/node_modules jupyter_claude/static
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
