# Every command of the project. `make` alone explains them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# The site's generator has an environment of its own: it wants other versions than the tests do.
SITE := $(VENV)/site
# Looks at the manifests; beside the development packages it would pin many of them anew.
CHECKOV := $(VENV)/checkov
DISTRIBUTIONS := shared services/import-svc services/manager-svc services/notifier-svc services/stream-svc clients/python extensions/leadwire-nats standalone
SOURCES := $(addsuffix /src,$(DISTRIBUTIONS)) examples/subscriber/src examples/subscriber-plain
TESTS := $(addsuffix /tests,$(DISTRIBUTIONS)) examples/subscriber/tests tests
PYPROJECTS := $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))

# The first interpreter that really runs and is new enough; a version manager may
# leave commands behind that do not.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# uv takes seconds where pip takes a minute. But it does not read pip's configuration, so
# where it fails, as behind a private index, pip has the last word.
define install
	@$(BIN)/uv pip install --quiet --python $(or $(2),$(VENV))/bin/python $(1) 2>$(VENV)/uv.log \
		|| { echo "uv could not (see $(VENV)/uv.log); trying pip, which takes longer"; \
			$(PIP) --python $(or $(2),$(VENV))/bin/python install $(1); }
endef

# The example in JavaScript; Node.js comes with the development packages.
JAVASCRIPT := examples/subscriber-js/node_modules/.package-lock.json

# The web console; what is built of it is committed, so that to run it takes no Node.js.
CONSOLE := console/node_modules/.package-lock.json
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm

# Tests wait more than they compute. Each job has servers of its own; a file is run by one job, in the
# order of `testpaths`.
JOBS ?= 3
PYTEST := $(BIN)/python -m pytest $(if $(filter-out 1,$(JOBS)),--numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder)

# Every service and test is a new process: compile modules once, not at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run demo resync test test-fast smoke check format console screenshots docs bench chaos fuzz lock release clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make run PORT=8090 DATA=/some/dir BROKER_URL=amqp://... DATABASE_URL=postgresql://..."
	@echo "  make demo FILE=leads.csv REGION=US BROKER=embedded"
	@echo "  make bench ONLY=relay JSON=bench.json"
	@echo "  make chaos MINUTES=10 SEED=1"
	@echo "  make fuzz CASES=1000 SEED=1"
	@echo "  make smoke URL=http://127.0.0.1:8080"
	@echo "  make test ARGS='-k outbox' JOBS=1"
	@echo "  make release VERSION=0.1.0"

# What is given to `make` is in the environment of its commands, too: taken from there, it may hold
# blanks and quotes, and what is empty gets its default.

# Addresses bear passwords: they go by the environment, not by a command line that `ps` shows.
ifdef BROKER_URL
run: export LEADWIRE_BROKER_URL := $(BROKER_URL)
demo: export BROKER_URL := $(BROKER_URL)
endif
ifdef DATABASE_URL
run: export DATABASE_URL := $(DATABASE_URL)
endif

run: $(VENV)/.run ## Start everything at http://127.0.0.1:8080, without Docker, apt or root
	@exec $(BIN)/leadwire-standalone --port="$${PORT:-8080}" --data="$${DATA:-.data}"

demo: $(VENV)/.run ## Do the main job end to end on a sample file, and check the sums
	@exec $(BIN)/leadwire-demo $${FILE:+--file="$$FILE"} $${REGION:+--region="$$REGION"} $(if $(filter embedded,$(BROKER)),--embedded-broker)

resync: $(VENV)/.run ## Say every lead and manager again, beside `make run`
	@source -- "$${DATA:-.data}/environment" && $(BIN)/import-svc resync && $(BIN)/manager-svc resync

test: $(VENV)/.docs $(JAVASCRIPT) $(CONSOLE) ## Run every test, on real servers
	@tools/install-rabbitmq
	@tools/install-nats
	@tools/install-promtool
	@tools/install-nginx
	@tools/install-chromium
	$(PYTEST) $(ARGS)

test-fast: $(VENV)/.docs $(JAVASCRIPT) ## Run what kills nothing and drives no browser (under 3 minutes)
	@tools/install-rabbitmq
	@tools/install-nats
	@tools/install-promtool
	@tools/install-nginx
	$(PYTEST) -m "not fault and not browser" $(ARGS)

smoke: $(VENV)/.dev ## Do the main job once at an installation at URL=http://...
	@PYTHONPATH=tests $(BIN)/python -m e2e.smoke $(if $(URL),--url="$$URL")

check: $(VENV)/.dev $(CONSOLE) $(VENV)/.checkov ## Lint, types, import contracts, generated files
	@# Conflict markers and stray blanks, in whatever file, also where nothing parses it.
	git diff --check "$$(git hash-object -t tree /dev/null)"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES) bench chaos release
	for program in $$(git ls-files 'deploy/*.py' 'tools/*.py'); do $(BIN)/mypy "$$program" || exit 1; done
	@# One run for each directory of tests: equal file names in two of them are fine for pytest only.
	for tests in $(TESTS); do MYPYPATH=tests $(BIN)/mypy $$tests || exit 1; done
	$(BIN)/lint-imports --no-cache
	$(BIN)/actionlint -shellcheck= -pyflakes= .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --no-progress .github/workflows
	$(BIN)/hadolint Dockerfile deploy/gateway/Dockerfile
	$(BIN)/python -m leadwire.contracts.asyncapi --check
	$(BIN)/python -m leadwire.contracts.events_page --check
	$(BIN)/python -m leadwire_standalone.settings_reference --check
	$(BIN)/python -m leadwire_standalone.openapi_reference --check
	$(BIN)/python -m leadwire_standalone.metrics_reference --check
	$(BIN)/python -m leadwire_standalone.commands_reference --check
	$(BIN)/python -m leadwire_standalone.dashboard --check
	$(BIN)/python -m leadwire_standalone.gateway_files --check
	$(BIN)/python tools/phone_prefixes.py --check
	$(NPM) --prefix console run --silent check
	$(BIN)/python deploy/k8s/components/monitoring/prometheus_rule.py --check
	@for overlay in dev prod; do \
		$(BIN)/kubectl kustomize deploy/k8s/overlays/$$overlay >$(VENV)/$$overlay.yaml \
			&& $(CHECKOV)/bin/checkov --framework kubernetes --skip-download --quiet --compact --file $(VENV)/$$overlay.yaml \
			|| exit 1; \
	done

format: $(VENV)/.dev $(CONSOLE) ## Format and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) --prefix console run --silent format

console: $(CONSOLE) ## Build the web console into console/dist
	$(NPM) --prefix console run --silent build

screenshots: $(VENV)/.dev ## Take the pictures of the guide to the console anew
	@tools/install-chromium
	@PYTHONPATH=tests $(BIN)/python -m console.pictures

docs: $(VENV)/.docs ## Make the documentation a site in build/docs; a broken link or anchor fails
	$(BIN)/mypy --python-executable $(SITE)/bin/python docs/conf.py
	$(SITE)/bin/python -m sphinx --quiet --nitpicky --fail-on-warning --keep-going -c docs -d build/doctrees . build/docs

bench: $(VENV)/.dev ## Measure, each figure as a ratio to a limit of the same run
	@tools/install-rabbitmq
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON))

chaos: $(VENV)/.dev ## Prove that nothing is lost while everything fails (ARGS=--help)
	@tools/install-rabbitmq
	@$(BIN)/python -m chaos $(if $(MINUTES),--minutes=$(MINUTES)) $(if $(SEED),--seed=$(SEED)) $(ARGS)

fuzz: $(VENV)/.dev ## Send thousands of requests of any kind through the gateway
	@tools/install-nginx
	FUZZ_CASES=$(or $(CASES),100) $(if $(SEED),FUZZ_SEED=$(SEED)) $(BIN)/python -m pytest --timeout=0 tests/gateway/test_any_request.py $(ARGS)

lock: $(VENV)/.dev ## Write requirements/*.txt anew from the pyproject.toml files
	@for name in uv run client dev docs checkov build import-svc manager-svc notifier-svc stream-svc; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
			--no-emit-index-url --no-emit-find-links --no-header --no-annotate \
			$(foreach d,leadwire $(addprefix leadwire-,import-svc manager-svc notifier-svc stream-svc client nats standalone),--no-emit-package $(d)) \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

release: $(VENV)/.dev ## Build, prove and describe VERSION=x.y.z in dist/
	@test -n "$$VERSION" || { echo "Say which: make release VERSION=x.y.z"; exit 1; }
	@$(BIN)/python -m release "$$VERSION" $(DISTRIBUTIONS)

clean: ## Remove the environment and caches, but not the data of `make run`
	rm -rf $(VENV) $(dir $(JAVASCRIPT)) $(dir $(CONSOLE)) console/build .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Leadwire needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python"; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: install it (Debian and Ubuntu: apt install python3-venv)"; rm -rf $(VENV); exit 1; }

$(BIN)/uv: $(VENV)/bin/python requirements/uv.txt
	@$(PIP) install --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.run: $(BIN)/uv requirements/run.txt $(PYPROJECTS)
	@echo "Installing what Leadwire needs"
	$(call install,--require-hashes -r requirements/run.txt)
	$(call install,--no-deps --no-build-isolation $(addprefix -e ,$(DISTRIBUTIONS)))
	@touch $@

$(JAVASCRIPT): $(VENV)/.dev examples/subscriber-js/package-lock.json
	@cd examples/subscriber-js && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE): $(VENV)/.dev console/package-lock.json
	@cd console && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/.docs: $(VENV)/.dev requirements/docs.txt
	@echo "Installing what makes the documentation a site"
	@$(BIN)/python -m venv --without-pip $(SITE)
	$(call install,--require-hashes -r requirements/docs.txt,$(SITE))
	@touch $@

$(VENV)/.checkov: $(BIN)/uv requirements/checkov.txt
	@echo "Installing checkov"
	@$(BIN)/python -m venv --without-pip $(CHECKOV)
	$(call install,--require-hashes -r requirements/checkov.txt,$(CHECKOV))
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing what tests and checks need"
	$(call install,--require-hashes -r requirements/dev.txt)
	@touch $@
