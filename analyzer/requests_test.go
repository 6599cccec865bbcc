package analyzer_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func TestRequestRatesAddUp(t *testing.T) {
	record := func(series ...float64) []analyzer.RequestRate {
		rec := analyzer.NewRequestRecorder(twoDays)
		for _, v := range series {
			for ms := at(twoDays.Step); ms <= at(48*time.Hour); ms += twoDays.Step.Milliseconds() {
				if !rec.Add(web, "http_requests_total", ms, v) {
					t.Fatalf("the sample at %d was not taken", ms)
				}
			}
		}
		return rec.Requests()
	}
	together, apart := record(3, 5), analyzer.MergeRequests(record(3), record(5))
	if !reflect.DeepEqual(together[0].Days[0].Date, apart[0].Days[0].Date) || len(together) != 1 || len(apart) != 1 {
		t.Fatalf("got %d and %d rates, want one of the same days", len(together), len(apart))
	}
	for _, got := range [][]analyzer.RequestRate{together, apart} {
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var back []analyzer.RequestRate
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(got, back) {
			t.Errorf("a trip through JSON changed the rates, error %v", err)
		}
		rates, seen := back[0].Along(curve())
		if seen != 576 || len(rates) != 576 {
			t.Fatalf("got %d slots of which %d seen, want 576", len(rates), seen)
		}
		for i, v := range rates {
			if math.Abs(v-8) > 8*0.02 {
				t.Fatalf("slot %d: got %v requests a second, want 8", i, v)
			}
		}
	}
}

// curve is one of two days, to lay rates along.
func curve() analyzer.LoadCurve {
	return analyzer.LoadCurve{Start: dayStart, CPU: make([]float64, 576), Pods: make([]float64, 576)}
}

func TestRequestGaps(t *testing.T) {
	rec := analyzer.NewRequestRecorder(twoDays)
	for ms := at(5 * time.Minute); ms <= at(48*time.Hour); ms += 300_000 {
		hour := float64(ms-at(0)) / 3.6e6
		if hour <= 1 || hour > 4 && hour <= 4.5 || hour > 10 && hour <= 13 {
			continue
		}
		rec.Add(web, "c", ms, 2)
	}
	r := rec.Requests()[0]
	rates, seen := r.Along(curve())
	for hour, known := range map[int]bool{0: false, 2: true, 4: true, 11: false, 20: true} {
		if got := !math.IsNaN(rates[hour*12+2]); got != known {
			t.Errorf("hour %d: known %v, want %v", hour, got, known)
		}
	}
	if want := 576 - 12 - 6 - 36; seen != want {
		t.Errorf("got %d slots seen, want %d", seen, want)
	}
}

func TestRequestsThatAreLeftOut(t *testing.T) {
	rec := analyzer.NewRequestRecorder(twoDays)
	job := web
	job.Kind = "Job"
	for name, taken := range map[string]bool{
		"before the window": rec.Add(web, "c", at(0), 1), "after it": rec.Add(web, "c", at(49*time.Hour), 1),
		"negative": rec.Add(web, "c", at(time.Hour), -1), "NaN": rec.Add(web, "c", at(time.Hour), math.NaN()),
		"infinite": rec.Add(web, "c", at(time.Hour), math.Inf(1)), "of a Job": rec.Add(job, "c", at(time.Hour), 1),
	} {
		if taken {
			t.Errorf("a sample %s was taken", name)
		}
	}
	if got := rec.Requests(); len(got) != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}

func TestMinor(t *testing.T) {
	for version, want := range map[string]int{
		"v1.34.2": 34, "1.9": 9, "v1.31.5-gke.1023000": 31, "v1.29+": 29, "": 0, "v2.1": 0, "v1.": 0, "v1.x": 0, "v1.99999999999999999999": 0,
	} {
		if got := (&analyzer.Snapshot{KubernetesVersion: version}).Minor(); got != want {
			t.Errorf("%q: got %d, want %d", version, got, want)
		}
	}
}

func TestOwnersOfServices(t *testing.T) {
	o := &analyzer.Owners{}
	other := analyzer.Ref{Namespace: web.Namespace, Kind: "StatefulSet", Name: "other"}
	o.AddService("shop", "one", web)
	o.AddService("shop", "one", web)
	o.AddService("shop", "two", web)
	o.AddService("shop", "two", other)
	if got, ok := o.Service("shop", "one"); !ok || got != web {
		t.Errorf("one: got %v, %v; want %s", got, ok, web)
	}
	for _, name := range []string{"two", "none"} {
		if got, ok := o.Service("shop", name); ok {
			t.Errorf("%s: got %s, want none", name, got)
		}
	}
	o.AddWorkload(&analyzer.Workload{Ref: web})
	o.AddWorkload(&analyzer.Workload{Ref: analyzer.Ref{Namespace: web.Namespace, Kind: "Job", Name: web.Name}})
	if got, ok := o.Named(web.Namespace, web.Name); !ok || got != web {
		t.Errorf("got %v, %v; want %s", got, ok, web)
	}
	if _, ok := o.Named("elsewhere", web.Name); ok {
		t.Error("got a workload of another namespace")
	}
}
