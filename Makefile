# Each command sets up what it needs, with scripts/setup.py, and is quick if nothing changed.
# You need Python ≥ 3.10 and npm, and for the browser tests Chromium (apt).
#
#   make demo      open the tour in JupyterLab (HEADLESS=1: run it in the terminal; PORT=8899;
#                  FRESH=1: begin with a new notebook, and keep the old one)
#   make quick     run the pure tests: one to two minutes, no CLI, no kernel, no browser
#   make test      run what a change must pass (ARGS="-k cost" chooses tests and sets up only what
#                  they need, also files of labextension/test; CHECKS=yes runs make check at the
#                  same time, as CI does)
#   make test-all  run every test, on each Python of this machine and in other environments
#   make check     check format, lint and strict types, both languages; spelling and style of the pages
#   make format    format the code, both languages
#   make docs      build docs/ and the API reference, as HTML in build/docs, and check their links and
#                  words (ARGS=links follows links to other sites, which needs the network)
#   make bench     measure load time, sizes and streaming
#   make drift     compare the newest Claude Code and official package with the pinned ones (weekly)
#   make dist      build the wheel and the source distribution of the last commit, and check them
#   make clean     remove what make made in this folder (the CLI in your data folder stays)

PYTHON ?= python3
VENV := .venv/bin
SETUP := $(PYTHON) scripts/setup.py

.PHONY: help setup demo quick test test-all check format docs bench drift dist clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@$(SETUP) venv packages frontend cli chromium kernels mcps texts vs_code wheel

demo:
	@$(SETUP) venv frontend cli
	@$(VENV)/jupyter-claude demo $(if $(HEADLESS),--headless) $(if $(FRESH),--fresh) \
		$(if $(PORT),--port $(PORT))

quick:
	@$(SETUP) venv packages frontend texts
	@$(VENV)/python -m scripts.run_tests quick

ifdef ARGS
test:
	@$(SETUP) venv frontend
	@$(VENV)/python -m scripts.run_tests some $(ARGS)
else ifdef CHECKS
test:
	@$(SETUP) venv
	@$(VENV)/python -m scripts.run_tests ci
else
test: setup
	@$(VENV)/python -m scripts.run_tests test
endif

test-all: setup
	@$(SETUP) pythons hub
	@$(VENV)/python -m scripts.run_tests all

check:
	@$(SETUP) venv packages
	@$(VENV)/python -m scripts.check

format:
	@$(SETUP) venv packages
	@$(VENV)/ruff format --quiet .
	@$(VENV)/ruff check --quiet --fix .
	@cd labextension && npm run --silent format

docs:
	@$(SETUP) venv packages
	@$(VENV)/python -m scripts.docs $(ARGS)

bench:
	@$(SETUP) venv frontend cli chromium kernels peer
	@$(VENV)/python -m benchmarks.run $(ARGS)

drift:
	@$(SETUP) venv packages frontend mcps
	@$(VENV)/python -m scripts.drift $(ARGS)

dist:
	@$(SETUP) venv packages cli
	@$(VENV)/python -m scripts.dist $(ARGS)

clean:
	rm -rf .venv build dist labextension/node_modules jupyter_claude/static
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
