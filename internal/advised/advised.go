// Package advised makes of a report the objects that its advice would have, for
// tests that hold the advice against the gate.
package advised

import "maps"

// Report is the part of a report that objects are made of.
type Report struct {
	Workloads []struct {
		Namespace, Kind, Name string
		Replicas              int
		Containers            []struct {
			Name, Type           string
			Current, Recommended *struct{ Requests, Limits map[string]any }
		}
		Horizontal *struct {
			Recommended *struct {
				Kind                     string
				MinReplicas, MaxReplicas int
				Metrics                  []struct {
					Type, Name, Container, TargetType string
					Target                            int
				}
			}
		}
	}
}

type kv = map[string]any

// Unspoken are the gate's rules on what the audit gives no number for: requests and
// limits that an owner never set and no usage speaks for.
var Unspoken = []string{"request-missing", "limit-missing", "hpa-no-request"}

// metricOf is a metric of an HPA; nil for one of another form.
func metricOf(kind, name, container, targetType string, target any) kv {
	source := kv{"name": name, "target": kv{"type": "Utilization", "averageUtilization": target}}
	value := kv{"metric": kv{"name": name}, "target": kv{"type": "AverageValue", "averageValue": target}}
	switch {
	case kind == "Pods":
		return kv{"type": kind, "pods": value}
	case kind == "Object" || kind == "External":
		return kv{"type": "External", "external": value}
	case targetType != "Utilization":
		return nil
	case kind == "Resource":
		return kv{"type": kind, "resource": source}
	case kind == "ContainerResource":
		source["container"] = container
		return kv{"type": kind, "containerResource": source}
	}
	return nil
}

// Objects gives the workloads of a report as its advice would have them,
// with the autoscalers on CPU and memory that it advises.
func Objects(r Report) []map[string]any {
	apis := map[string]string{"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Rollout": "argoproj.io/v1alpha1", "Job": "batch/v1"}
	var out []kv
	for _, w := range r.Workloads {
		if apis[w.Kind] == "" {
			continue
		}
		pod := kv{}
		for _, c := range w.Containers {
			is := c.Current
			if c.Recommended != nil {
				is = c.Recommended
			}
			list, container := "containers", kv{"name": c.Name, "image": "a", "resources": kv{"requests": byName(is.Requests), "limits": byName(is.Limits)}}
			if c.Type != "container" {
				list = "initContainers"
			}
			if c.Type == "sidecar" {
				container["restartPolicy"] = "Always"
			}
			so, _ := pod[list].([]kv)
			pod[list] = append(so, container)
		}
		spec := kv{"template": kv{"metadata": kv{"labels": kv{"app": w.Name}}, "spec": pod}}
		meta := kv{"name": w.Name, "namespace": w.Namespace}
		if h := w.Horizontal; h != nil && h.Recommended != nil && h.Recommended.Kind == "HorizontalPodAutoscaler" {
			var metrics []kv
			for _, m := range h.Recommended.Metrics {
				if x := metricOf(m.Type, m.Name, m.Container, m.TargetType, m.Target); x != nil {
					metrics = append(metrics, x)
				}
			}
			out = append(out, kv{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": meta, "spec": kv{
				"scaleTargetRef": kv{"apiVersion": apis[w.Kind], "kind": w.Kind, "name": w.Name},
				"minReplicas":    h.Recommended.MinReplicas, "maxReplicas": h.Recommended.MaxReplicas, "metrics": metrics,
			}})
		} else if w.Kind != "DaemonSet" && w.Kind != "Job" {
			spec["replicas"] = w.Replicas
		}
		out = append(out, kv{"apiVersion": apis[w.Kind], "kind": w.Kind, "metadata": meta, "spec": spec})
	}
	return out
}

// byName gives amounts as a pod asks for them: a report has all devices as gpu.
func byName(amounts map[string]any) map[string]any {
	out := maps.Clone(amounts)
	if n, ok := out["gpu"]; ok {
		delete(out, "gpu")
		out["nvidia.com/gpu"] = n
	}
	return out
}
