package collect_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/collect"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestSource: what is collected has one name, whatever the order in which it is asked for.
func TestSource(t *testing.T) {
	selection := func(namespaces []string, without []string, selector string) object.Selection {
		s, err := object.Select(namespaces, selector)
		if err == nil {
			err = s.Exclude(without)
		}
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, x := range []struct {
		r       collect.Request
		cluster string
		want    string
	}{
		{collect.Request{}, "", "cluster without a name"},
		{collect.Request{Kube: kube.Flags{Context: "eu"}}, "prod", "cluster prod, context eu"},
		{collect.Request{Saved: "a.snapshot", Kube: kube.Flags{Context: "eu"}}, "prod", "snapshot a.snapshot"},
		{collect.Request{Sample: func() (*analyzer.Snapshot, error) { return nil, nil }}, "prod", "the demo"},
		{collect.Request{Objects: []string{"a.yaml"}, Dumps: map[string][]string{"openmetrics": {"b.om"}}}, "", "files a.yaml, b.om"},
		{collect.Request{Selection: selection([]string{"shop,lab"}, []string{"kube-.*"}, "app=cart")}, "prod", "cluster prod, -n lab,shop, --exclude-namespaces kube-.*, -l app=cart"},
		{collect.Request{Selection: selection([]string{"lab", "shop"}, nil, "")}, "prod", "cluster prod, -n lab,shop"},
	} {
		if got := x.r.Source(x.cluster); got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
}
