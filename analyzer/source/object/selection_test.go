package object_test

import (
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

func TestSelectionOfNamespaces(t *testing.T) {
	for _, c := range []struct {
		named, excluded []string
		in, out         []string
	}{
		{nil, nil, []string{"a", "shop"}, nil},
		{[]string{"a,b"}, nil, []string{"a", "b"}, []string{"ab", "c"}},
		{[]string{"team-.*"}, nil, []string{"team-a", "team-"}, []string{"team", "my-team-a"}},
		{[]string{"team-.*", "shop"}, nil, []string{"team-a", "shop"}, []string{"shops"}},
		{[]string{"(a|b)"}, nil, []string{"a", "b"}, []string{"c"}},
		{[]string{"t-[ab]{1,2}"}, nil, []string{"t-ab"}, []string{"t-abc", "t-c"}},
		{nil, []string{"kube-.*,default"}, []string{"shop"}, []string{"kube-system", "default"}},
		{[]string{"team-.*"}, []string{"team-b"}, []string{"team-a"}, []string{"team-b", "shop"}},
	} {
		s, err := object.Select(c.named, "")
		if err == nil {
			err = s.Exclude(c.excluded)
		}
		if err != nil {
			t.Errorf("-n %q --exclude-namespaces %q: %v", c.named, c.excluded, err)
			continue
		}
		for _, ns := range c.in {
			if !s.In(ns) {
				t.Errorf("-n %q --exclude-namespaces %q: %s is out, want in", c.named, c.excluded, ns)
			}
		}
		for _, ns := range c.out {
			if s.In(ns) {
				t.Errorf("-n %q --exclude-namespaces %q: %s is in, want out", c.named, c.excluded, ns)
			}
		}
	}
	for _, bad := range [][]string{{""}, {"a,"}, {"a["}, {" "}} {
		if _, err := object.Select(bad, ""); err == nil {
			t.Errorf("-n %q: no error", bad)
		}
	}
}

func TestNothingSelected(t *testing.T) {
	s, err := object.Select([]string{"nosuch"}, "")
	if err != nil {
		t.Fatal(err)
	}
	snap := &analyzer.Snapshot{Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "cart"}}}}
	if got := s.Nothing(snap); got != "" {
		t.Errorf("with a workload: got %q", got)
	}
	s.Apply(snap)
	if got, want := s.Nothing(snap), "namespaces nosuch"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSelectionOf(t *testing.T) {
	shop, err := object.Select([]string{"shop"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		selected     object.Selection
		before, want string
	}{
		{object.Selection{}, "", ""},
		{shop, "", "namespaces shop"},
		{object.Selection{}, "namespaces shop", "namespaces shop"},
		{shop, "namespaces shop", "namespaces shop"},
		{shop, "namespaces lab, shop", "namespaces lab, shop, of these namespaces shop"},
	} {
		if got := c.selected.Of(c.before); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.selected, c.before, got, c.want)
		}
	}
}

func TestSelectionUnused(t *testing.T) {
	ref := func(ns string) analyzer.Workload {
		return analyzer.Workload{Ref: analyzer.Ref{Namespace: ns, Kind: "Deployment", Name: "cart"}, Labels: map[string]string{"app": ns}}
	}
	for _, c := range []struct {
		named, excluded []string
		labels          string
		unused          []string // subjects
		partial         bool
	}{
		{named: []string{"shop"}, partial: true},
		{named: []string{"shop", "shpo"}, unused: []string{"namespace shpo"}, partial: true},
		{named: []string{"shop", "x.*"}, unused: []string{"namespaces x.*"}, partial: true},
		{named: []string{"shop", "shpo"}, labels: "app=shop", unused: []string{"namespace shpo"}, partial: true},
		{named: []string{"shop", "lab"}, labels: "app=shop", partial: true},
		{named: []string{"shop", "empty"}, partial: true}, // it is there, with nothing in it
		{excluded: []string{"lab"}, partial: true},
		{excluded: []string{"empty"}, partial: true},
		{excluded: []string{"shpo"}, unused: []string{"--exclude-namespaces shpo"}},
		{excluded: []string{"x.*", "lab"}, unused: []string{"--exclude-namespaces x.*"}, partial: true},
	} {
		s, err := object.Select(c.named, c.labels)
		if err == nil {
			err = s.Exclude(c.excluded)
		}
		if err != nil {
			t.Fatal(err)
		}
		snap := &analyzer.Snapshot{
			Nodes:      []analyzer.Node{{Name: "n"}},
			Namespaces: []analyzer.Namespace{{Name: "empty"}},
			Workloads:  []analyzer.Workload{ref("lab"), ref("shop")},
		}
		s.Apply(snap)
		var unused []string
		for _, w := range snap.Warnings {
			if w.Code == analyzer.WarnUnused {
				unused = append(unused, w.Subject)
			}
		}
		if !slices.Equal(unused, c.unused) || (snap.Partial() != "") != c.partial {
			t.Errorf("-n %q --exclude-namespaces %q -l %q: unused %q, partial %q; want %q, %v", c.named, c.excluded, c.labels, unused, snap.Partial(), c.unused, c.partial)
		}
	}
}
