# Everyday commands. Each prepares what it needs, so that `make preview` works on a fresh clone.

STACK ?= staging
OUTPUT ?= state.json
# More options for the command, such as ARGS=--diff.
ARGS ?=

VENV := .venv
PYTHON := $(VENV)/bin/python
LOCAL := $(PYTHON) -m local
REVIEW := $(PYTHON) -m review
READY := $(VENV)/.ready
PYTHONS := python3.11 python3.12 python3.13 python3.14 python3

.PHONY: setup preview up refresh destroy outputs cancel export format lint types check report packages servers charts test clean

setup: $(READY)

$(READY): requirements.txt requirements-dev.txt
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; python=; \
	done; \
	test -n "$$python" || { echo "Python 3.11 or newer is needed (tried: $(PYTHONS))" >&2; exit 1; }; \
	echo "Preparing $(VENV) with $$python (about a minute, once per change of the requirements)"; \
	exec $$python -m local.prepare $(VENV)
	@$(LOCAL) setup
	@touch $@

preview up refresh destroy outputs cancel: setup
	@$(LOCAL) $@ --stack $(STACK) $(ARGS)

export: setup
	@$(LOCAL) export --stack $(STACK) --output $(OUTPUT) $(ARGS)

# For reviews: what a change does (BASE is a revision or none; where the branch left main), what the stack costs.
.PHONY: summary plans cost upgrades gallery settings objectives
summary: setup
	@$(REVIEW) $@ --stack $(STACK) $(if $(BASE),--base $(BASE)) $(ARGS)

# A pilot light costs what burns: the rest is left out.
cost: setup
	@set -f; $(REVIEW) $@ --stack $(STACK) $$($(PYTHON) -m config.pilot_light $(STACK)) $(ARGS)

# The price table of a region, from AWS's price list; any account's credentials will do.
REGION ?= us-east-1
.PHONY: prices
prices: setup
	@$(REVIEW) $@ --region $(REGION) $(ARGS)

# RPO and RTO of each store, by what is lost (ARGS=--json for programs).
objectives: setup
	@$(PYTHON) -m config.objectives --stack $(STACK) $(ARGS)

# What a stack needs of its account, offline; with credentials, what is missing there. It changes nothing.
.PHONY: preflight
preflight: setup
	@$(REVIEW).preflight --stack $(STACK) $(ARGS)

plans: setup
	@$(REVIEW) $@ $(ARGS)

upgrades gallery settings: setup
	@$(REVIEW) $@ $(ARGS)

# The account's foundation, previewed offline like a stack (ACCOUNT is a stack of bootstrap/).
ACCOUNT ?= production-account
.PHONY: bootstrap-preview
bootstrap-preview: setup
	@$(LOCAL) preview --project bootstrap --stack $(ACCOUNT) $(ARGS)

# Which folder imports which, counted from the source.
.PHONY: arrows
arrows: setup
	@$(PYTHON) -m tests.unit.imports

# What is generated from the code and from production's resources: reference of components and configuration, diagram.
.PHONY: docs diagram imports
docs: setup
	@$(PYTHON) -m config.reference
	@$(PYTHON) -m config.editors
	@$(PYTHON) -m config.losses
	@$(PYTHON) -m config.node_types
	@$(PYTHON) -m config.images
	@$(PYTHON) -m tests.engine.admission
	@$(PYTHON) -m tests.engine.programs.table
	@$(REVIEW).documents
	@$(PYTHON) -m config.matrix

# The file of a stack of one's own: make stack STACK=research ACCOUNT=123456789012 ARGS="--region eu-central-1 --like sandbox"
.PHONY: stack
stack: setup
	@$(PYTHON) -m config.new_stack --stack $(STACK) --account $(ACCOUNT) $(ARGS)

# Regions, zones and types of instances, from the libraries among the development dependencies.
.PHONY: catalogue
catalogue: setup
	@$(PYTHON) -m config.catalogue

diagram: setup
	@$(REVIEW).diagram

# For `pulumi import`: everything that the stack would create, with ids as far as they follow from the configuration.
imports: setup
	@$(REVIEW).imports --stack $(STACK) $(ARGS)

format: setup
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

lint: setup
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .

types: setup
	@$(VENV)/bin/mypy

check: lint types
	@$(PYTHON) -m pytest -q -m "not engine"

# Compliance report, in a folder that git ignores.
report: setup
	@$(PYTHON) -m policies report --stack $(STACK) --output report

# What the servers that tests start need: Debian packages, installed where that is allowed; an API server, built once.
packages: setup
	@$(PYTHON) -m tests.servers packages

servers: packages
	@$(PYTHON) -m tests.servers

# The charts that the platform pins, from their publishers, and Helm: tests install them where they were fetched.
charts: setup
	@$(PYTHON) -m tests.kubernetes_api

# Missing packages stop it first, before anything that takes time. A file for each core at once; ARGS="-n 0" for one.
test: packages lint types servers
	@$(PYTHON) -m pytest -n auto --dist loadfile $(ARGS)

# How the stacks stand failures and changes: the part that `make test` has too, and what takes twenty minutes.
.PHONY: resilience nightly
resilience: setup
	@$(PYTHON) -m pytest tests/resilience $(ARGS)

nightly: setup packages
	@$(PYTHON) -m tests.servers nightly
	@$(PYTHON) -m pytest -m nightly $(ARGS)

# Times of previews, and of a deployment against what AWS imposes; about six minutes on a quiet machine. ARGS=--first adds
# the first preview of a fresh clone, which fetches and compiles everything anew.
.PHONY: bench
bench: setup
	@$(PYTHON) -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
