# One command each; every target does all of its own set-up in .venv and is quick the second time.
PYTHON ?= python3
VENV := .venv
# Processes of tests: one for those that run in real time, which mostly wait, and two that compute beside it, a
# file always in one of them (hil_tests/lanes/schedule.py). A machine with more processors may have more.
JOBS ?= 3

.PHONY: help setup run test clean

help:
	@echo "make run    the demo: simulated plant, firmware on MicroPython, a dispatcher (about a minute)"
	@echo "make test   every test lane that exists (ARGS=... goes to pytest, JOBS=1 runs one after the other)"
	@echo "make setup  the set-up alone, in $(VENV)"
	@echo "make clean  remove $(VENV) and everything that was built"

setup: $(VENV)/.ready

run: setup
	@$(VENV)/bin/v2g demo

test: $(VENV)/.ready-test
	@$(VENV)/bin/python tools/setup_host.py --programs
	@PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

$(VENV)/.ready: pyproject.toml tools/setup_host.py
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) is not installed (apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) tools/setup_host.py

$(VENV)/.ready-test: pyproject.toml tools/setup_host.py
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) is not installed (apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) tools/setup_host.py --test

clean:
	rm -rf $(VENV) build runs .pytest_cache .hypothesis .import_linter_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
