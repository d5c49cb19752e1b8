.DEFAULT_GOAL := help
SHELL := /bin/sh

help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

node_modules: package.json package-lock.json
	npm ci
	@touch node_modules

check: types lint unused format-check test ## all that a reviewer runs

demo: node_modules ## the webhook on loopback, with demo pods; npm start
	npm start

test: node_modules ## every test that needs no cluster
	npm test

test-api: node_modules ## a real kube-apiserver and etcd; takes KUBEBUILDER_ASSETS
	npm run -s test:api

test-redirect: node_modules ## packets under the redirect rules, in namespaces; root
	npm run -s test:redirect

packages: node_modules ## what is published to npm, in release/
	npm run -s packages

test-packages: node_modules ## the packages installed and used; the examples
	npm run -s test:packages

test-images: node_modules ## the images packed from this machine's files; root
	npm run -s test:images

test-page: node_modules ## the dashboard in a browser; Chromium
	npm run -s test:page

e2e: node_modules ## weft in a cluster: KUBECONFIG, else kind, else this machine
	npm run -s test:e2e

e2e-proxy: node_modules ## the real proxy, which LINKERD2_PROXY names; root
	npm run -s e2e:proxy

e2e-linkerd1: node_modules ## weft wrap with linkerd 1.x, whose launcher LINKERD1 names
	npm run -s e2e:linkerd1

kind: node_modules ## a kind cluster with weft and a demo application
	scripts/kind

types: node_modules ## the compiler's opinion
	npm run -s types

lint: node_modules ## the linter's, with the walls between folders
	npm run -s lint

unused: node_modules ## files, exports and packages that nothing uses
	npm run -s unused

format: node_modules ## write every file as prettier would
	npm run -s format

format-check: node_modules ## whether all files are as prettier writes them
	npm run -s format:check

build: node_modules ## dist, with the weft command and the library
	npm run -s build

golden: node_modules ## rewrite golden files and generated documents
	UPDATE_GOLDEN=1 npm test

golden-kubectl: node_modules ## record anew what kubectl reads and weft writes; Go
	npm run -s golden:kubectl

faults: node_modules ## weft under faults, on a real API server; docs/faults.md
	npm run -s faults -- --markdown docs/faults.md

attack: node_modules ## weft attacked in its memory limit; docs/attacks.md; root
	npm run -s attack -- --markdown docs/attacks.md

bench: node_modules ## rate, memory, start beside a bare server; PEER= another
	npm run -s bench

bench-cli: node_modules ## time and memory of the command line
	npm run -s bench:cli

soak: node_modules ## half an hour at half rate: memory; SOAK_MINUTES=
	npm run -s soak

bench-certify: node_modules ## certificates a second, and how long one takes; JSON
	npm run -s bench:certify

bench-streams: node_modules ## an update until 5,000 streams have it; memory
	npm run -s bench:streams

bench-redirect: node_modules ## time to apply the redirect rules; root
	npm run -s bench:redirect

screenshots: node_modules ## the pictures of docs/dashboard.md; Chromium
	npm run -s screenshots

walls: node_modules ## which folder may import which, written for the linter
	npm run -s walls

audit: node_modules ## hashes, signatures, advisories, scripts of the packages
	npm run -s audit

pin-bases: node_modules ## write the digests of the images' bases; asks registries
	npm run -s pin-bases

clean: ## remove what can be made again
	rm -rf dist node_modules coverage

.PHONY: help check demo test test-api test-redirect packages test-packages test-images test-page e2e e2e-proxy e2e-linkerd1 kind types lint unused format format-check build golden golden-kubectl faults attack bench bench-cli soak bench-certify bench-streams bench-redirect audit pin-bases screenshots walls clean
