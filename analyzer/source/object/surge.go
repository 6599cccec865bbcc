package object

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// surgeOf is how many pods a Deployment's update starts before it ends others; empty
// where the object leaves it to Kubernetes.
func surgeOf(s *appsv1.DeploymentStrategy) string {
	switch {
	case s.Type == appsv1.RecreateDeploymentStrategyType:
		return "0"
	case s.RollingUpdate == nil || s.RollingUpdate.MaxSurge == nil:
		return ""
	}
	return s.RollingUpdate.MaxSurge.String()
}

// rolloutSurge is the same of an Argo Rollout: blue-green starts all pods a second time.
func rolloutSurge(o *unstructured.Unstructured) string {
	if _, ok := field(o.Object, "spec", "strategy", "blueGreen").(map[string]any); ok {
		return "100%"
	}
	surge := field(o.Object, "spec", "strategy", "canary", "maxSurge")
	if n, ok := integer(surge); ok {
		return strconv.Itoa(int(n))
	}
	return text(surge)
}
