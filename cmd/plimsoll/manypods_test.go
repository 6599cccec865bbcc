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
	const letters = "bcdfghjklmnpqrstvwxz"
	for i := range pods {
		random := string([]byte{letters[i%20], letters[i/20%20], letters[i/400%20], letters[i/8000%20], 'x'})
		if i%10 == 9 { // a runner with random parts of letters, and a run whose owner was not read
			name, owner := "gha-"+random+"-runner-"+random, ""
			if i%20 == 19 {
				name, owner = "tr-"+random+"-pod", fmt.Sprintf(`"labels":{"tekton.dev/task":"compile"},"ownerReferences":[{"apiVersion":"tekton.dev/v1","kind":"TaskRun","name":"tr-%s","uid":"u","controller":true}],`, random)
			}
			fmt.Fprintf(w, `,{"apiVersion":"v1","kind":"Pod","metadata":{%s"namespace":"ci","name":%q},"spec":{"nodeName":"n","containers":[{"name":"job"}]},"status":{"phase":"Succeeded"}}`, owner, name)
			continue
		}
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
	t.Logf("%d pods: %d rows, a report of %d bytes", pods, len(r.Workloads), len(out))
	if len(r.Workloads) != 4 {
		t.Errorf("%d pods of four makers are %d rows, want 4: %.300v", pods, len(r.Workloads), r.Workloads)
	}
}
