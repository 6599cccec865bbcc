package packingtest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

func TestOfferings(t *testing.T) {
	const head = "type,vcpu,gib,pods,usd\n"
	tests := map[string]struct {
		table string
		want  int
		err   string
	}{
		"two zones":     {head + "m,4,16,58,0.192\n", 2, ""},
		"no machines":   {head, 0, ""},
		"not a number":  {head + "m,4,much,58,0.192\n", 0, "line 2"},
		"a field short": {head + "m,4,16,58\n", 0, "wrong number of fields"},
	}
	for name, tt := range tests {
		got, err := packingtest.Offerings(strings.NewReader(tt.table), "a", "b")
		if len(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %d offerings and %v, want %d and %q", name, len(got), err, tt.want, tt.err)
		}
	}
}

// TestInstance wants the same instance at every call, of the size it says.
func TestInstance(t *testing.T) {
	onDemand, err := packingtest.Offerings(strings.NewReader("type,vcpu,gib,pods,usd\nr,4,32,58,0.252\n"), packingtest.Zones...)
	if err != nil {
		t.Fatal(err)
	}
	in := packingtest.Instance(onDemand, 2)
	if got, want := len(in.Pods), packingtest.Sizes[2]; got != want {
		t.Errorf("pods: got %d, want %d", got, want)
	}
	if got, want := len(in.Offerings), 9; got != want { // on demand, spot and dedicated in three zones
		t.Errorf("offerings: got %d, want %d", got, want)
	}
	if !reflect.DeepEqual(in, packingtest.Instance(onDemand, 2)) {
		t.Error("a second call gave another instance")
	}
}
