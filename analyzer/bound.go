package analyzer

import (
	"fmt"
	"math"
	"math/bits"
	"reflect"
)

// What no cluster has more of. Kubernetes itself is tested up to 150,000 pods;
// the largest machine has 32 TiB, and the largest volume an exbibyte on paper.
const (
	// MostPods bounds replicas: of a workload, of an autoscaler, of a budget.
	MostPods = 150_000
	// MostAmount bounds an amount of a resource: 2^50 bytes or millicores, so
	// that those of a thousand pods add up.
	MostAmount = 1 << 50
)

// Bound holds every number of the snapshot within what can be, and says by
// name what was read as less than it is. Negative amounts count as none. The
// rules may add, multiply and count up to these numbers without overflow.
func (s *Snapshot) Bound() {
	for i := range s.Workloads {
		s.boundReplicas(&s.Workloads[i])
	}
	for i := range s.HPAs {
		h := &s.HPAs[i]
		s.boundCount(&h.Max, "HPA "+h.Namespace+"/"+h.Name, "maxReplicas")
		s.boundCount(&h.Min, "HPA "+h.Namespace+"/"+h.Name, "minReplicas")
		for _, n := range []*int32{&h.Current, &h.Desired} {
			*n = min(max(*n, 0), MostPods)
		}
		h.Behavior.bound()
	}
	for i := range s.PDBs {
		s.PDBs[i].DisruptionsAllowed = min(max(s.PDBs[i].DisruptionsAllowed, 0), MostPods)
	}
	s.boundDevices()
	s.nameLargest()
	for _, list := range []any{s.Nodes, s.Workloads, s.LimitRanges, s.Quotas, s.Volumes, s.VolumeClaims, s.HPAs} {
		boundIn(reflect.ValueOf(list))
	}
}

// boundReplicas takes as many pods as run where no cluster could run as many
// as are wanted.
func (s *Snapshot) boundReplicas(w *Workload) {
	if w.Replicas <= MostPods {
		w.Replicas = max(w.Replicas, 0)
		return
	}
	running := int32(0)
	for i := range w.Pods {
		if !w.Pods[i].Ended() {
			running++
		}
	}
	s.odd(w.String(), fmt.Sprintf("it has %d replicas, more than any cluster runs: counted as the %d that there are", w.Replicas, running))
	w.Replicas = running
}

func (s *Snapshot) boundCount(n *int32, subject, field string) {
	if *n > MostPods {
		s.odd(subject, fmt.Sprintf("%s %d is more than any cluster runs: read as %d", field, *n, MostPods))
	}
	*n = min(max(*n, 0), MostPods)
}

func (s *Snapshot) odd(subject, message string) {
	s.Warnings = append(s.Warnings, Warning{Code: WarnOdd, Subject: subject, Message: message})
}

// bound takes what is negative for none.
func (b *HPABehavior) bound() {
	if b == nil {
		return
	}
	for _, way := range []*HPAScaling{b.Up, b.Down} {
		if way == nil {
			continue
		}
		if s := way.StabilizationSeconds; s != nil {
			*s = max(*s, 0)
		}
		for i := range way.Policies {
			p := &way.Policies[i]
			p.Value, p.PeriodSeconds = max(p.Value, 0), max(p.PeriodSeconds, 0)
		}
	}
}

// boundIn holds every whole number below v within [0, MostAmount].
func boundIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		switch v.Type().Elem().Kind() {
		case reflect.Struct, reflect.Slice, reflect.Pointer, reflect.Int64, reflect.Map:
			for i := range v.Len() {
				boundIn(v.Index(i))
			}
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			boundIn(v.Field(i))
		}
	case reflect.Pointer:
		boundIn(v.Elem())
	case reflect.Map:
		boundMap(v)
	case reflect.Int64:
		if v.CanSet() {
			v.SetInt(min(max(v.Int(), 0), MostAmount))
		}
	}
}

func boundMap(v reflect.Value) {
	if v.Type().Elem().Kind() != reflect.Int64 {
		return
	}
	for it := v.MapRange(); it.Next(); {
		if n := it.Value().Int(); n < 0 || n > MostAmount {
			v.SetMapIndex(it.Key(), reflect.ValueOf(min(max(n, 0), MostAmount)).Convert(v.Type().Elem()))
		}
	}
}

// addAmount adds two amounts and ends at the largest number, in place of
// passing it and coming out below zero.
func addAmount(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	if b < 0 && a < math.MinInt64-b {
		return math.MinInt64
	}
	return a + b
}

// Times is n times an amount, math.MaxInt64 at most. n is no less than 0.
func (a Amounts) Times(n int64) Amounts {
	return Amounts{CPU: timesAmount(a.CPU, n), Memory: timesAmount(a.Memory, n), GPU: timesAmount(a.GPU, n)}
}

func timesAmount(a, n int64) int64 {
	if a <= 0 || n <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(a), uint64(n))
	if high > 0 || low > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(low)
}
