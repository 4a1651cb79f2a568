.PHONY: help setup demo run docs screens test test-long interop check bench bench-network soak clean
BIN := .venv/bin

help: ## Show what there is to run
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: ## Make .venv from uv.lock and build the pages when they are old
	@deploy/setup.sh

demo: setup ## Hold one real lesson by itself and print what came of it
	@$(BIN)/classroom demo

sample: setup ## Make a sample county in ./data-sample (once; it prints its passwords) and serve it on http://127.0.0.1:8080
	@[ -d data-sample ] || $(BIN)/classroom sample --data data-sample
	@$(BIN)/classroom serve --data data-sample

run: setup ## Start the server on http://127.0.0.1:8080 with ./data
	@$(BIN)/classroom serve

docs: setup ## Write docs/api.md from the server's own routes
	@$(BIN)/classroom api > docs/api.md

screens: ## Take pictures of every page at both sizes into docs/screens (some minutes)
	@deploy/setup.sh test
	@$(BIN)/python -m benchmarks.screens

test: ## Install what the tests need and run all that do not take long
	@deploy/setup.sh test
	@$(BIN)/pytest -n auto -m "not alone and not long"
	@$(BIN)/pytest -m "alone and not long"

test-long: ## The rest of the tests: walks through many pages, killed processes, bad lines
	@deploy/setup.sh test
	@$(BIN)/pytest -n auto -m "long and not alone"
	@$(BIN)/pytest -m "long and alone"

interop: ## Install Firefox and GStreamer too (86 MB), and let them, ffmpeg and aiortc publish and view
	@deploy/setup.sh interop
	@$(BIN)/pytest -rs -s tests/interop

check: setup ## Format, lint and types, of Python and of the pages, and the pages' own tests (needs npm)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@[ -d web/node_modules ] || (cd web && npm ci --no-audit --no-fund)
	@cd web && npm run --silent check && npm test --silent

bench: ## Measure; one JSON line each (about ten minutes)
	@deploy/setup.sh test
	@$(BIN)/python -m benchmarks

bench-network: ## Lessons over bad lines: print the table and keep it in docs/network.md (about ten minutes, as root)
	@deploy/setup.sh test
	@$(BIN)/python -m benchmarks.network --keep docs/network.md

soak: setup ## Twenty minutes of joins and leaves; memory has to stay flat
	@$(BIN)/python -m benchmarks.soak

clean: ## Remove what was built (never ./data)
	rm -rf .venv signaling/dist web/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
