package manifest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

var (
	treeDir   = flag.String("tree", "", "folder into which TestWriteTree writes documents")
	treeFiles = flag.Int("files", 250, "files that TestWriteTree writes, of 40 documents each")
)

// service is what one service of the large tree has: a workload of two
// containers, a service, a budget and an autoscaler, each a document.
const service = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%[1]d
  namespace: team-%[2]d
  labels: {app: app-%[1]d, team: team-%[2]d}
spec:
  replicas: 3
  selector:
    matchLabels: {app: app-%[1]d}
  template:
    metadata:
      labels: {app: app-%[1]d, team: team-%[2]d}
    spec:
      containers:
        - name: app
          image: registry.example.com/team-%[2]d/app-%[1]d:1.4.2
          ports:
            - {name: http, containerPort: 8080}
          env:
            - {name: GOMEMLIMIT, value: 900MiB}
            - name: LOG_LEVEL
              value: info
          resources:
            requests:
              cpu: 500m
              memory: 1Gi
            limits:
              memory: 1Gi
          readinessProbe:
            httpGet: {path: /ready, port: http}
        - name: proxy
          image: registry.example.com/proxy:2
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 128Mi}
---
apiVersion: v1
kind: Service
metadata: {name: app-%[1]d, namespace: team-%[2]d}
spec:
  selector: {app: app-%[1]d}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: app-%[1]d, namespace: team-%[2]d}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: app-%[1]d}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: app-%[1]d, namespace: team-%[2]d}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app-%[1]d}
  minReplicas: 3
  maxReplicas: 9
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
---
`

// writeTree writes files of ten services, four documents each.
func writeTree(dir string, files int) error {
	for i := range files {
		var text strings.Builder
		for j := range 10 {
			fmt.Fprintf(&text, service, 10*i+j, i%20)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.yaml", i)), []byte(text.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// TestWriteTree writes the 10,000 documents that docs/benchmarks.md measures, or 100,000 with -files 2500.
func TestWriteTree(t *testing.T) {
	if *treeDir == "" {
		t.Skip("writes a large tree where -tree says")
	}
	if err := writeTree(*treeDir, *treeFiles); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	if err := writeTree(dir, 25); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if tree, err := manifest.Read(context.Background(), []string{dir}, manifest.Options{}); err != nil || len(tree.Documents) != 1000 {
			b.Fatal(err)
		}
	}
}
