# Souk: `make help` lists what can be done. Needs Python 3.11 or newer and make, nothing else.

STAGE ?= local
SEEDS ?= 50
FIRST ?= 1
CATEGORIES ?= demo/categories.json
TO ?= everybody
AT ?= now
DO ?= show
PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help venv run start stop reset logs status test check prove planted bench docs messages lock package deploy \
	bootstrap merchant spread-stock doctor redrive close-statements taxes share-offer issue-coupons issue reindex clean

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ On this machine
run: $(READY) ## start the whole marketplace in the foreground; Ctrl-C stops it
	@$(PY) -m infra.local run

start: $(READY) ## the same, detached
	@$(PY) -m infra.local start

stop: $(READY) ## stop what `make start` started; data stays
	@$(PY) -m infra.local stop

reset: $(READY) ## forget all local data
	@$(PY) -m infra.local reset

logs: $(READY) ## follow the functions' logs
	@$(PY) -m infra.local logs

##@ While developing
# A run starts some hundred Pythons: what one has compiled serves the others, whatever is set here.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY) ## run every test
	@$(PY) -m tests.makers.engines.fetch
	@$(PY) -m pytest -n 2 -m "not stack"
	@$(PY) -m pytest -m stack tests/e2e

check: $(READY) ## format, lint, types, and the quick tests
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q tests/tidy tests/unit tests/integration

prove: $(READY) ## every reliability suite whole, its figures into docs/reliability.md: SUITES="storm doors"
	@$(PY) -m tests.prove $(SUITES)

planted: $(READY) ## plant each known bug in a copy and show which test noticed: BUGS="float-money"
	@$(PY) -m tests.planted $(BUGS)

simulate: $(READY) ## live through seeds of the simulator: SEEDS=50 FIRST=1
	@$(PY) -m tests.simulator --seeds $(SEEDS) --first $(FIRST)

bench: $(READY) ## CPU, round trips, cold start, memory and size, each against its limit
	@$(PY) -m bench

docs: $(READY) ## write docs/events.md and docs/errors.md from the code
	@$(PY) -m infra.docs

messages: $(READY) ## gather the pages' sentences and compile their translations
	@$(PY) -m infra.messages

lock: $(READY) ## resolve requirements*.in into the lock files with hashes
	@$(PY) -m infra.lock

venv: $(READY) ## make .venv from the lock file; every other target does it by itself
	@:

clean: ## remove builds and caches, not data
	rm -rf .build .mypy_cache .pytest_cache .ruff_cache .hypothesis .chalice/deployments

##@ On AWS, or with STAGE=local on the running local stack
package: $(READY) ## build the zip and the template into .build/STAGE
	@$(PY) -m infra.package $(STAGE)

deploy: $(READY) ## create or update the stack: STAGE=dev SET="MailFrom=… ShopDomain=…"
	@$(PY) -m infra.deploy $(STAGE) $(SET)

bootstrap: $(READY) ## make the platform's account and the categories: STAGE=… EMAIL=… CATEGORIES=file
	@$(PY) -m infra.operate $(STAGE) bootstrap "$(EMAIL)" "$(CATEGORIES)"

merchant: $(READY) ## approve a merchant and print its API key once: NAME=… EMAIL=…
	@$(PY) -m infra.operate $(STAGE) merchant "$(NAME)" "$(EMAIL)"

spread-stock: $(READY) ## spread a sku that many buy at once over rows: SKU=acme.TEE SHARDS=4
	@$(PY) -m infra.operate $(STAGE) spread-stock "$(SKU)" "$(SHARDS)"

status: $(READY) ## every queue's depth and dead letters
	@$(PY) -m infra.operate $(STAGE) status

doctor: $(READY) ## read the whole stage and say what is wrong with it: money, stock, orders, facts
	@$(PY) -m infra.operate $(STAGE) doctor

redrive: $(READY) ## send a queue's dead letters back to it: QUEUE=settlement
	@$(PY) -m infra.operate $(STAGE) redrive "$(QUEUE)"

close-statements: $(READY) ## close the merchants' statements now
	@$(PY) -m infra.operate $(STAGE) close-statements

share-offer: $(READY) ## let the platform pay a part of a merchant's offer: MERCHANT=acme OFFER=off_… PERCENT=30
	@$(PY) -m infra.operate $(STAGE) share-offer "$(MERCHANT)" "$(OFFER)" "$(PERCENT)"

taxes: $(READY) ## put tax rules in the place of those that hold: FILE=taxes.json
	@$(PY) -m infra.operate $(STAGE) taxes "$(FILE)"

issue-coupons: $(READY) ## hand a campaign's coupons out: CAMPAIGN=cmp_… TO=everybody AT=now
	@$(PY) -m infra.operate $(STAGE) issue-coupons "$(CAMPAIGN)" "$(TO)" "$(AT)"

issue: $(READY) ## how far a handing out is, or pause or resume it: ISSUE=iss_… DO=show
	@$(PY) -m infra.operate $(STAGE) issue "$(ISSUE)" "$(DO)"

reindex: $(READY) ## write the listings and the search index anew from the products
	@$(PY) -m infra.operate $(STAGE) reindex

$(READY): requirements-dev.txt infra/setup_venv.py
	@$(PYTHON) infra/setup_venv.py
