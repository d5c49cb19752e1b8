.DEFAULT_GOAL := help
SHELL := /bin/sh

help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

node_modules: package.json package-lock.json
	npm ci
	@touch node_modules

check: types lint format-check test ## all that a reviewer runs

demo: node_modules ## the webhook on loopback, with demo pods (the same as npm start)
	npm start

test: node_modules ## every test that needs no cluster
	npm test

test-api: node_modules ## a real etcd and kube-apiserver; takes KUBEBUILDER_ASSETS, as envtest does
	npm run -s test:api

test-redirect: node_modules ## packets under the redirect rules, in network namespaces; needs root
	npm run -s test:redirect

test-images: node_modules ## the images packed from this machine's files; needs root and Debian packages
	npm run -s test:images

e2e: node_modules ## weft and meshed pods in a cluster: KUBECONFIG's, else kind, else one node on this machine
	npm run -s test:e2e

e2e-proxy: node_modules ## the real proxy with weft's control plane, in network namespaces; LINKERD2_PROXY names it
	npm run -s e2e:proxy

kind: node_modules ## a kind cluster with weft and a demo application, and what became of it
	scripts/kind

types: node_modules ## the compiler's opinion
	npm run -s types

lint: node_modules ## the linter's, with the walls between folders
	npm run -s lint

format: node_modules ## write every file as prettier would
	npm run -s format

format-check: node_modules
	npm run -s format:check

build: node_modules ## dist, with the weft command and the library
	npm run -s build

golden: node_modules ## rewrite the golden files and generated documents; read the difference before committing
	UPDATE_GOLDEN=1 npm test

golden-kubectl: node_modules ## record anew what kubectl reads, and have it read what weft writes; needs Go
	npm run -s golden:kubectl

faults: node_modules ## weft under load while things go wrong, on a real API server; figures to faults.json and docs/faults.md
	npm run -s faults -- --markdown docs/faults.md

attack: node_modules ## weft attacked under its container's memory limit; a line each, docs/attacks.md; cgroups need root
	npm run -s attack -- --markdown docs/attacks.md

bench: node_modules ## rates, latencies and memory, beside a bare HTTPS server; JSON and a table
	npm run -s bench

bench-streams: node_modules ## an update until 1,000 and 5,000 streams have seen it, memory of a stream; JSON
	npm run -s bench:streams

bench-redirect: node_modules ## time to apply the redirect rules, beside Linkerd's single commands; needs root
	npm run -s bench:redirect

clean: ## remove what can be made again
	rm -rf dist node_modules coverage

.PHONY: help check demo test test-api test-redirect test-images e2e e2e-proxy kind types lint format format-check build golden golden-kubectl faults attack bench bench-streams bench-redirect clean
