package printed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

// Object reads the setting off the ScaledObject that explain prints, as one of a cluster
// is read.
func Object(t *testing.T, text string) (horizontal.Scaling, bool) {
	t.Helper()
	lines := manifest(objectHead, text)
	if lines == "" {
		return horizontal.Scaling{}, false
	}
	var head struct {
		Metadata struct{ Namespace string }
		Spec     struct {
			ScaleTargetRef struct{ APIVersion, Kind, Name string }
		}
	}
	if err := yaml.Unmarshal([]byte(lines), &head); err != nil {
		t.Fatalf("%v\n%s", err, lines)
	}
	of := head.Spec.ScaleTargetRef
	in, snap := &object.Inventory{}, &analyzer.Snapshot{}
	all := fmt.Sprintf("%s---\napiVersion: %s\nkind: %s\nmetadata: {namespace: %s, name: %s}\nspec: {replicas: 1, template: {spec: {containers: [{name: app, image: app:1}]}}}\n",
		lines, of.APIVersion, of.Kind, head.Metadata.Namespace, of.Name)
	if err := object.Read(in, strings.NewReader(all), "objects.yaml"); err != nil {
		t.Fatalf("%v\n%s", err, all)
	}
	in.Fill(snap, object.Selection{})
	if len(snap.ScaledObjects) != 1 || len(snap.HPAs) != 1 || snap.ScaledObjects[0].Unread != "" {
		t.Fatalf("got %d ScaledObjects for %d HPAs of\n%s", len(snap.ScaledObjects), len(snap.HPAs), all)
	}
	return settingOf(t, &snap.ScaledObjects[0], snap.HPAs[0].Behavior), true
}

// settingOf is a ScaledObject as the advice has it.
func settingOf(t *testing.T, so *analyzer.ScaledObject, behavior *analyzer.HPABehavior) horizontal.Scaling {
	t.Helper()
	s := horizontal.Scaling{
		Kind: horizontal.ScalingScaledObject, Min: so.Min, Max: so.Max, IdleAtZero: so.IdleAtZero, Behavior: behavior,
		Polling: time.Duration(so.Polling) * time.Second, Cooldown: time.Duration(so.Cooldown) * time.Second,
	}
	for _, x := range so.Triggers {
		switch x.Type {
		case "cron":
			if len(x.Zones) != 1 || x.Zones[0].Offset != 0 {
				t.Errorf("the schedule is in another zone than UTC: %v", x.Zones)
			}
			s.Schedules = append(s.Schedules, horizontal.Schedule{Start: x.Start, End: x.End, Replicas: x.Replicas})
		case "prometheus":
			if !x.PerPod {
				t.Errorf("the threshold of %s is not one pod's", x.Query)
			}
			s.Triggers = append(s.Triggers, horizontal.RequestTrigger{Query: x.Query, Threshold: float64(x.Threshold) / 1000, Activation: float64(x.Activation) / 1000})
		default:
			s.Metrics = append(s.Metrics, *x.Metric)
		}
	}
	return s
}

// objectDiffers says where the ScaledObject is another setting than the screen's. Its
// defaults need not be on the screen, and the query is on the manifest alone.
func objectDiffers(screen, object horizontal.Scaling) string {
	screen.Polling, screen.Cooldown = cmp.Or(screen.Polling, 30*time.Second), cmp.Or(screen.Cooldown, 5*time.Minute)
	screen.RequestCPU, object.Triggers = nil, slices.Clone(object.Triggers)
	for i := range min(len(screen.Triggers), len(object.Triggers)) {
		object.Triggers[i].Query, object.Triggers[i].Counter = "", screen.Triggers[i].Counter
	}
	if a, b := fmt.Sprintf("%+v", rulesFlat(screen)), fmt.Sprintf("%+v", rulesFlat(object)); a != b {
		return b
	}
	return ""
}

// rulesFlat is a setting with its behavior as text, what says nothing left out.
func rulesFlat(s horizontal.Scaling) (out struct {
	horizontal.Scaling
	Rules string
}) {
	if b := s.Behavior; b != nil {
		for _, r := range []*analyzer.HPAScaling{b.Up, b.Down} {
			if r == nil {
				r = &analyzer.HPAScaling{}
			}
			text, _ := yaml.Marshal(r)
			out.Rules += string(text)
		}
	}
	s.Behavior, out.Scaling = nil, s
	return out
}
