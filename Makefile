# Two commands do everything on a machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LIBRARY ?= demo-library
VIDEO ?=
QUESTION ?=

.PHONY: demo test lint bench docs clean

$(BIN)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,offline]"
	touch $@

demo: $(BIN)/.installed  ## index a video, search it, ask it; VIDEO=path takes your own
	$(BIN)/playhead demo --library $(LIBRARY) $(if $(VIDEO),--video "$(VIDEO)") $(if $(QUESTION),--question "$(QUESTION)")

test: $(BIN)/.installed  ## the tests that need no GPU, weights or network
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --nbmake notebooks -o addopts=

lint: $(BIN)/.installed  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BIN)/.installed  ## the small benchmarks; the large ones with SIZE=full
	$(BIN)/python -m playhead_bench.suite --size $(or $(SIZE),small)

docs: $(BIN)/.installed  ## writes the commands' help into docs/cli.md
	$(BIN)/python -m playhead.docs

clean:
	rm -rf $(VENV) demo-library bench/out
