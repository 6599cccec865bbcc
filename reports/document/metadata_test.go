package document

import "testing"

func TestMetadataWorkloads(t *testing.T) {
	for _, c := range []struct {
		m    Metadata
		want string
	}{
		{Metadata{}, "all"},
		{Metadata{Part: &PartOf{Section: "waste"}}, "all"},
		{Metadata{Part: &PartOf{Selection: "namespaces shop"}}, "namespaces shop"},
		{Metadata{Selection: "namespaces shop"}, "namespaces shop"},
		{Metadata{Selection: "namespaces shop", Part: &PartOf{Selection: "namespaces shop"}}, "namespaces shop"},
		{Metadata{Selection: "namespaces shop", Part: &PartOf{Selection: "workload web"}}, "namespaces shop, of these workload web"},
	} {
		if got := c.m.Workloads(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.m, got, c.want)
		}
	}
}
