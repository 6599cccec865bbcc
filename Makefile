# plimsoll. `make` alone lists the targets.
SHELL := /bin/bash
GO ?= go
TESTBED := cd testbed && $(GO) run ./cmd/testbed
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help build demo test browser e2e karpenter conformance golden demo-snapshot bench bench-audit corpus lint testbed cluster cluster-down

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/plimsoll and bin/kubectl-plimsoll
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/plimsoll ./cmd/plimsoll
	ln -sf plimsoll bin/kubectl-plimsoll

demo: build ## audit the built-in sample cluster (needs Go alone)
	./bin/plimsoll audit --demo

test: ## everything that needs Go alone
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...

browser: ## the HTML report in a real browser (needs Chromium, as with apt-get install chromium)
	$(GO) vet -tags browser ./reports
	$(GO) test -tags browser -count 1 -timeout 20m -v ./reports -run TestBrowser

e2e: testbed build ## the real cluster: builds the testbed where its cache is cold, audits it from outside and inside
	$(GO) test -tags e2e -count 1 -timeout 30m -v ./cmd/plimsoll/e2e
	$(GO) test -tags e2e -count 1 -timeout 20m -v ./cmd/plimsoll/e2e/autoscaler
	$(GO) test -tags e2e -count 1 -timeout 20m -v ./cmd/plimsoll/e2e/scheduler
	cd testbed && $(GO) test ./load ./history ./cluster ./local ./cmd/bench
	cd testbed && $(GO) run ./cmd/bench -budget cmd/bench/budget.json
	cd testbed/hpadiff && $(GO) test -count 1 .
	cd testbed/vpadiff && $(GO) test -count 1 .
	cd testbed/karpenter && $(GO) test -count 1 .

karpenter: testbed ## follows plans in a cluster where Karpenter runs: its controllers, our objects (about 5 minutes; builds Karpenter)
	cd testbed/karpenter && $(GO) test -tags e2e -count 1 -timeout 30m -v -run TestPlanInARunningKarpenter .

ENGINES := $(or $(PLIMSOLL_TESTBED_CACHE),$(HOME)/.cache/plimsoll-testbed)/engines

THANOS := v0.42.4

conformance: ## the suite of every usage source on the real VictoriaMetrics and Thanos; writes docs/conformance.md (builds them: 20 minutes)
	GOBIN=$(ENGINES) GOFLAGS=-trimpath $(GO) install github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics@v1.151.0
	mkdir -p $(ENGINES)/src && cd $(ENGINES)/src && GOFLAGS= $(GO) mod download github.com/thanos-io/thanos@$(THANOS)
	rm -rf $(ENGINES)/src/thanos && cp -r "$$($(GO) env GOMODCACHE)/github.com/thanos-io/thanos@$(THANOS)" $(ENGINES)/src/thanos && chmod -R u+w $(ENGINES)/src/thanos
	cd $(ENGINES)/src/thanos && GOFLAGS=-trimpath $(GO) build -tags "netgo slicelabels" -ldflags "-X github.com/prometheus/common/version.Version=$(THANOS)" -o ../../thanos ./cmd/thanos # its go.mod replaces modules: no go install
	$(GO) test -tags conformance -count 1 -timeout 40m ./analyzer/source/prometheus -run 'TestEngines|TestSeveralClustersInEngines|TestThanos|TestExportOfVictoria' -args -engines=$(ENGINES) -update

golden: ## rewrite the golden files; review the diff
	$(GO) test ./reports ./recommender -update

demo-snapshot: build ## record the demo's cluster anew from a running testbed (make cluster first)
	cd testbed && $(GO) run ./cmd/testbed status -o env > ../bin/testbed.env
	. bin/testbed.env && ./bin/plimsoll audit -q -o table=/dev/null --save-snapshot cmd/plimsoll/demo.snapshot

bench: ## the loops of docs/benchmarks.md
	$(GO) test -run '^$$' -bench . -benchmem ./...

BENCH_SIZES := 1000,3000

bench-audit: testbed build ## whole runs beside a plain reader on synthetic clusters; writes its part of docs/benchmarks.md (about 5 minutes; BENCH_SIZES=1000,3000,10000)
	cd testbed && $(GO) run ./cmd/bench -sizes $(BENCH_SIZES) -docs ../docs/benchmarks.md

corpus: ## download the modules whose manifests the gate's tests judge
	cd testbed && $(GO) mod download k8s.io/kubernetes sigs.k8s.io/kwok sigs.k8s.io/metrics-server k8s.io/kube-state-metrics/v2 sigs.k8s.io/karpenter@v1.14.1

lint: ## golangci-lint, pinned in .ci/tools
	GOWORK=off $(GO) build -C .ci/tools -o ../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	./bin/golangci-lint run ./...

testbed: ## build the testbed's components into its cache
	$(TESTBED) build

cluster: testbed ## start the testbed's cluster and print how to reach it
	$(TESTBED) up

cluster-down: ## stop the testbed's cluster and remove its data
	$(TESTBED) down
