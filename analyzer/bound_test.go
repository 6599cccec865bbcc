package analyzer_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// fill sets every whole number below v, of lists that are given one element.
func fill(v reflect.Value, n int64) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Int32, reflect.Int64:
		v.SetInt(max(min(n, 1<<(v.Type().Bits()-1)-1), -1<<(v.Type().Bits()-1)))
	}
}

// Every amount of every kind that is read stays where sums of it cannot
// overflow, also of fields that are yet to come.
func TestBoundHoldsEveryAmount(t *testing.T) {
	for _, n := range []int64{math.MaxInt64, math.MinInt64, -1} {
		s := &analyzer.Snapshot{}
		for _, list := range []any{&s.Nodes, &s.Workloads, &s.LimitRanges, &s.Quotas, &s.Volumes, &s.VolumeClaims, &s.HPAs, &s.PDBs} {
			fill(reflect.ValueOf(list).Elem(), n)
		}
		s.Bound()
		walk(t, "snapshot", reflect.ValueOf(s).Elem())
		for _, a := range []analyzer.Amounts{s.Nodes[0].Allocatable, s.Nodes[0].Capacity, s.Workloads[0].Containers[0].Requests, s.Workloads[0].Containers[0].Limits, s.Workloads[0].Pods[0].Requests} {
			if a.GPU > analyzer.MostDevices {
				t.Errorf("%d devices after Bound", a.GPU)
			}
		}
		if w := s.Workloads[0].Replicas; w < 0 || w > analyzer.MostPods {
			t.Errorf("%d replicas after Bound", w)
		}
		if h := s.HPAs[0]; h.Max < 0 || h.Max > analyzer.MostPods || h.Min < 0 || h.Min > analyzer.MostPods {
			t.Errorf("HPA from %d to %d after Bound", h.Min, h.Max)
		}
		for _, way := range []*analyzer.HPAScaling{s.HPAs[0].Behavior.Up, s.HPAs[0].Behavior.Down} {
			if *way.StabilizationSeconds < 0 || way.Policies[0].Value < 0 || way.Policies[0].PeriodSeconds < 0 {
				t.Errorf("behavior %+v after Bound", *way)
			}
		}
		if n > 0 && len(s.Warnings) < 3 {
			t.Errorf("said only %v of replicas that cannot be", s.Warnings)
		}
	}
}

func walk(t *testing.T, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			walk(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(t, path, v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walk(t, path, v.Elem())
		}
	case reflect.Int64:
		if n := v.Int(); n < 0 || n > analyzer.MostAmount {
			t.Errorf("%s is %d after Bound", path, n)
		}
	}
}

func TestAmountsDoNotOverflow(t *testing.T) {
	most := analyzer.Amounts{CPU: math.MaxInt64, Memory: math.MaxInt64, GPU: math.MaxInt64}
	for name, got := range map[string]analyzer.Amounts{
		"sum":     most.Plus(analyzer.Amounts{CPU: 1, Memory: 1, GPU: 1}),
		"product": analyzer.Amounts{CPU: 1 << 50, Memory: 1 << 50, GPU: 1 << 50}.Times(1 << 20),
	} {
		if got != most {
			t.Errorf("%s is %+v, want %+v", name, got, most)
		}
	}
	if got, want := (analyzer.Amounts{CPU: 250, Memory: 1 << 20}).Times(3), (analyzer.Amounts{CPU: 750, Memory: 3 << 20}); got != want {
		t.Errorf("three times is %+v, want %+v", got, want)
	}
}

// Devices that no machine can hold are named, and neither counted nor moved. So is what
// is read as less than it says.
func TestBoundNamesWhatCannotBe(t *testing.T) {
	const many = analyzer.MostDevices + 1
	gpu, memory := analyzer.Amounts{GPU: many}, analyzer.Amounts{Memory: math.MaxInt64}
	named := func() analyzer.Resources {
		return analyzer.Resources{"nvidia.com/gpu": many, "nvidia.com/mig-1g.5gb": 7, "hugepages-2Mi": 1 << 40}
	}
	for name, s := range map[string]*analyzer.Snapshot{
		"a request":         {Workloads: []analyzer.Workload{{Containers: []analyzer.Container{{Requests: gpu}}, Pods: []analyzer.Pod{{}}}}},
		"a limit":           {Workloads: []analyzer.Workload{{Containers: []analyzer.Container{{Limits: gpu}}, Pods: []analyzer.Pod{{}}}}},
		"a pod":             {Workloads: []analyzer.Workload{{Pods: []analyzer.Pod{{Requests: gpu}}}}},
		"a pod, by name":    {Workloads: []analyzer.Workload{{Pods: []analyzer.Pod{{Resources: named()}}}}},
		"a node":            {Nodes: []analyzer.Node{{Allocatable: gpu}}},
		"a node, by name":   {Nodes: []analyzer.Node{{Resources: named()}}},
		"a request's bytes": {Workloads: []analyzer.Workload{{Containers: []analyzer.Container{{Requests: memory}}}}},
		"a node's bytes":    {Nodes: []analyzer.Node{{Capacity: memory}}},
	} {
		s.Bound()
		if len(s.Warnings) != 1 || s.Warnings[0].Code != analyzer.WarnOdd || !strings.Contains(s.Warnings[0].Message, "than any machine") {
			t.Errorf("%s: said %v", name, s.Warnings)
		}
		kept := strings.HasSuffix(name, "bytes")
		for _, w := range s.Workloads {
			for _, p := range w.Pods {
				kept = p.Requests.GPU == 0 && len(p.Spec.Unmodelled) == 1
				if r := p.Resources; r != nil && (len(r) != 2 || r["nvidia.com/gpu"] != 0) {
					t.Errorf("%s: left %v", name, r)
				}
			}
		}
		for _, n := range s.Nodes {
			kept = kept || n.Allocatable.GPU == 0 && n.Resources["nvidia.com/gpu"] == 0 && len(n.Unmodelled) == 1
		}
		if !kept {
			t.Errorf("%s: left as it was", name)
		}
	}
}
