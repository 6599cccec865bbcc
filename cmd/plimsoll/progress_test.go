package main

import (
	"bufio"
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// After a second of silence progress says what is being worked out: the packing of nodes,
// the replay of autoscalers, purchases, the backtest and every other rule. The second is
// one that the test lets pass.
func TestProgressNamesTheWorkAtHand(t *testing.T) {
	ticks, asked := make(chan time.Time), make(chan time.Duration, 1)
	read, write := io.Pipe()
	p := &progress{out: write, stopped: make(chan struct{}), ended: make(chan struct{}), after: func(d time.Duration) <-chan time.Time {
		asked <- d
		return ticks
	}}
	go p.watch()
	lines := bufio.NewReader(read)
	silence := time.Second
	said := func(want string) {
		t.Helper()
		if d := <-asked; d != silence {
			t.Errorf("it waits %s, want %s", d, silence)
		}
		silence = 10 * time.Second
		ticks <- time.Time{}
		if line, err := lines.ReadString('\n'); err != nil || line != want+" ...\n" {
			t.Errorf("got %q, %v, want %q", line, err, want)
		}
	}
	p.Step("listing pods")
	said("listing pods")
	p.Count(3, 7)
	said("listing pods: 3 of 7")
	snap, err := demoSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	opts := advice.Options{Backtest: true, Begin: func(rule string) {
		p.Rule(rule)
		said("working out " + rule)
		rules = append(rules, rule)
	}}
	if _, err := recommender.Advise(context.Background(), snap, pricing.New(pricing.Config{}), opts); err != nil {
		t.Fatal(err)
	}
	for _, rule := range recommender.Rules() {
		if !slices.Contains(rules, rule.Name) {
			t.Errorf("%s is worked out without a word; told were %v", rule.Name, rules)
		}
	}
	for _, long := range []string{"nodes", "horizontal", "purchase", "backtest"} {
		if !slices.Contains(rules, long) {
			t.Errorf("nothing is said of %s", long)
		}
	}
	<-asked
	p.Stop()
}
