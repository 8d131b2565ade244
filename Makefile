# Each target does all of its own set-up from the lock files; nothing is installed outside this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
STATIC := src/acuerdo/web/static/build

.PHONY: demo test check bench docs model screenshots setup clean
.DELETE_ON_ERROR:

demo: $(STATIC)/.built           ## the whole product with a synthetic portfolio, offline; ONCE=1 runs it through and ends
	$(BIN)/acuerdo demo $(if $(ONCE),--once)

test: $(VENV)/.dev $(STATIC)/.built   ## everything that must hold
	$(BIN)/pytest -n 2 $(ARGS)

check: $(VENV)/.dev $(STATIC)/.built  ## types, lint, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev $(STATIC)/.built  ## the numbers, each with its ratio to a reference of the same run
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev $(STATIC)/.built   ## the reference pages, made from the code
	$(BIN)/python -m docs.generate

model: $(VENV)/.dev                    ## the shipped language model, from its corpus
	$(BIN)/python tools/train_intents.py

screenshots: $(VENV)/.dev $(STATIC)/.built  ## the README's pictures, taken by a real browser from the demo
	$(BIN)/python -m docs.screenshots

setup: $(VENV)/.dev $(STATIC)/.built

$(VENV)/.run: requirements.lock pyproject.toml
	$(PYTHON) tools/install.py $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	$(PYTHON) tools/install.py $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.run

$(STATIC)/.built: $(VENV)/.run frontend/package-lock.json $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)
	cd frontend && $(NODE) npm ci --no-audit --no-fund --loglevel=error && $(NODE) npm run --silent build
	@touch $@

clean:
	rm -rf $(VENV) $(STATIC) frontend/node_modules
