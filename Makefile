# Two commands do everything on a machine with Python 3.11: make demo, make test.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LIBRARY ?= demo-library
VIDEO ?=
QUESTION ?=
QUICK ?=
PARTS ?=
# EXTRA=gpu on a machine with an NVIDIA GPU: faiss-gpu in the place of faiss-cpu.
EXTRA ?= cpu
# Compiled modules are kept, so that tests and the processes that they start do not compile them each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint bench docs clean

$(BIN)/.installed: pyproject.toml bench/pyproject.toml constraints.txt
	@echo "Making $(VENV) with $(EXTRA), dev and offline: some minutes and 2.5 GB, once; pip says what it installs."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --upgrade pip
	$(BIN)/python -m pip install --constraint constraints.txt --editable ".[$(EXTRA),dev,offline]" --editable ./bench
	@touch $@
	@du -sh $(VENV) | cut -f1 | xargs echo "Installed; size of $(VENV):"

demo: $(BIN)/.installed  ## index an hour, search it, ask it; QUICK=1 ten minutes; VIDEO=path takes your own
	$(BIN)/playhead demo --library $(LIBRARY) $(if $(QUICK),--quick) $(if $(VIDEO),--video "$(VIDEO)") $(if $(QUESTION),--question "$(QUESTION)")

test: $(BIN)/.installed  ## the tests that need no GPU, weights or network
	$(BIN)/python -m pytest -n auto --dist worksteal --durations=10 --nbmake notebooks tests index tools agent app bench

lint: $(BIN)/.installed  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BIN)/.installed  ## small benchmarks into bench/RESULTS.md; PARTS="oracle needles" some; SIZE=full the large ones
ifeq ($(SIZE),full)
	$(BIN)/python -m playhead_bench.suite --size full
else
	$(BIN)/python -m playhead_bench.results $(if $(PARTS),--only $(PARTS))
endif

docs: $(BIN)/.installed  ## writes the commands' help into docs/cli.md and builds the pages as a site into site/
	$(BIN)/python -m playhead.docs
	$(BIN)/python -m mkdocs build --strict

clean:
	rm -rf $(VENV) demo-library demo-library-videos bench/out site
