# Everything a contributor runs. Needs Python 3.11 or newer, git and make; `make install` brings the rest into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MEMBERS := devcluster devvault providers/access-tokens providers/aws providers/kubernetes providers/vault providers/webhook
PROVIDERS ?= $(patsubst providers/%,%,$(filter providers/%,$(MEMBERS)))
PROJECTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
# Each is checked on its own: all have a folder called tests, which would be one module to mypy.
TYPED := $(MEMBERS) examples/demo charts

export PYTHONDONTWRITEBYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test lint crds bench lock sbom clean

help: ## Show what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv: the locked dependencies, then this project and its members, editable

$(STAMP): requirements.lock $(PROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $(PYTHON) is not Python 3.11 or newer; name one that is: make install PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "error: $(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@total=$$(grep -c '^[a-z0-9].*==' requirements.lock); echo "installing $$total packages from requirements.lock"; \
	{ $(BIN)/python -m pip install --require-hashes --no-input -r requirements.lock; echo "status $$?"; } | awk -v total=$$total ' \
	  /^(Collecting|Requirement already satisfied)/ && ++seen % 20 == 0 { printf "  %d of %d\n", seen, total; fflush() } \
	  /^Installing collected/ { print "  all fetched, unpacking"; fflush() } \
	  /^status / { status = $$2 } \
	  END { exit status }'
	@echo "installing secrets-operator and its members, editable"
	@$(BIN)/python -m pip install --quiet --no-input --no-deps --no-build-isolation -e . $(MEMBERS:%=-e %)
	@touch $(STAMP)
	@echo "done: $(BIN)/secrets-operator --help"

demo: $(STAMP) ## Watch a Git folder become native Secrets; KEEP=1 leaves everything running
	@$(BIN)/python examples/demo $(if $(KEEP),--keep)

# A process for each core, each with a cluster and an operator of its own; on one cluster two operators would be one too many.
# What starts processes takes longest and comes first (testpaths), so that no core waits for another at the end.
PROCESSES := $(if $(TEST_KUBECONFIG),,--numprocesses auto --dist loadfile --no-loadscope-reorder)

# With bytecode: the tests start some hundred processes, each of which would compile the whole operator.
test: $(STAMP) ## Run all tests; ARGS="tests/unit -k queue" for some of them
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest $(PROCESSES) $(ARGS)

lint: $(STAMP) ## Check style, types, the import rules and that crds/ is up to date
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary secrets_operator tests
	@set -e; for part in $(TYPED); do \
	  echo "$(BIN)/mypy $$part"; $(BIN)/mypy --no-error-summary --cache-dir .mypy_cache/$$part $$part; done
	$(BIN)/lint-imports --no-logo
	$(BIN)/secrets-operator crds --check --output crds
	$(BIN)/python -m charts.generation --check

crds: $(STAMP) ## Write crds/ anew from the resource models, and what the chart and docs/ take from them
	$(BIN)/secrets-operator crds --output crds
	$(BIN)/python -m charts.generation

bench: $(STAMP) ## Measure; every figure stands beside a bare one of the same run
	@set -e; for bench in bench/*.py; do echo "== $$bench"; $(BIN)/python $$bench; done

lock: $(STAMP) ## Make requirements.lock anew; UPGRADE=1 takes the newest versions
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --all-extras --group dev $(if $(UPGRADE),--upgrade) --custom-compile-command 'make lock' \
	  $(patsubst %,--no-emit-package %,secrets-operator $(notdir $(patsubst providers/%,secrets-operator-%,$(MEMBERS)))) \
	  --output-file requirements.lock $(PROJECTS)
	@set -e; for part in build core $(PROVIDERS); do \
	  case $$part in build) of=image/build.in;; core) of=pyproject.toml;; *) of="pyproject.toml providers/$$part/pyproject.toml";; esac; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command 'make lock' --constraint requirements.lock --no-emit-package secrets-operator \
	    --output-file image/locks/$$part.txt $$of; done

sbom: $(STAMP) ## List what an image holds in dist/sbom.json; PROVIDERS="vault" for one with fewer
	@rm -rf dist/image && mkdir -p dist
	sh image/install.sh dist/image $(PROVIDERS)
	$(BIN)/cyclonedx-py environment dist/image/bin/python --output-reproducible --output-file dist/sbom.json

clean: ## Remove all that make made
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
