package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// TestManyBarePods: pods of a CI system that nothing owns are a row for each that
// makes them, however many there were, and the report stays small.
func TestManyBarePods(t *testing.T) {
	isolate(t)
	const pods, most = 100_000, 20_000_000
	f, err := os.Create("pods.json")
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"status":{"allocatable":{"cpu":"4","memory":"8Gi"}}}`)
	for i := range pods {
		made, phase := `"generateName":"build-",`, "Succeeded"
		if i%2 == 1 {
			made = "" // only the form of their names tells
		}
		if i%5000 == 0 {
			phase = "Running"
		}
		fmt.Fprintf(w, `,{"apiVersion":"v1","kind":"Pod","metadata":{%s"namespace":"ci","name":"%s-%05d"},"spec":{"nodeName":"n","containers":[{"name":"job","resources":{"requests":{"cpu":"100m"}}}]},"status":{"phase":%q}}`,
			made, []string{"build", "runner-project-7-concurrent"}[i%2], 10000+i/2, phase)
	}
	fmt.Fprint(w, "]}")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, errs := plimsoll("audit", "--objects", "pods.json", "-o", "json", "-q", "--no-cache")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if len(out) > most {
		t.Errorf("the report of %d pods has %d bytes, want at most %d", pods, len(out), most)
	}
	var r struct {
		Workloads []struct{ Namespace, Kind, Name string }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Workloads) != 2 {
		t.Errorf("%d pods of two makers are %d rows, want 2: %.300v", pods, len(r.Workloads), r.Workloads)
	}
}
