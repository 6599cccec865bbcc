package object

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// The annotations by which Cluster Autoscaler and Karpenter are told what may be
// evicted, and which nodes may go.
const (
	safeToEvict      = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	safeVolumes      = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
	noScaleDown      = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
	doNotDisrupt     = "karpenter.sh/do-not-disrupt"
	doNotEvict       = "karpenter.sh/do-not-evict"       // of pods, before Karpenter v1
	doNotConsolidate = "karpenter.sh/do-not-consolidate" // of nodes, before v1
)

// asksToStay reports whether an annotation asks for it: Karpenter also takes a
// duration, which ends at a time that only it knows.
func asksToStay(value string) bool { return value != "" && value != "false" }

// localOf tells what a pod keeps on its node; nil for nothing.
func localOf(o *corev1.Pod) *analyzer.LocalData {
	safe := strings.Split(o.Annotations[safeVolumes], ",")
	for i := range safe {
		safe[i] = strings.TrimSpace(safe[i])
	}
	d := &analyzer.LocalData{}
	for i := range o.Spec.Volumes {
		v := &o.Spec.Volumes[i]
		switch {
		case slices.Contains(safe, v.Name):
		case v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumMemory:
			d.EmptyDirs++
		case v.HostPath != nil && holdsData(v.HostPath) && written(&o.Spec, v.Name):
			d.HostPaths = append(d.HostPaths, v.HostPath.Path)
		}
	}
	if d.EmptyDirs == 0 && len(d.HostPaths) == 0 {
		return nil
	}
	slices.Sort(d.HostPaths)
	return d
}

// holdsData leaves out sockets and devices of characters, which every node makes
// anew.
func holdsData(h *corev1.HostPathVolumeSource) bool {
	return h.Type == nil || *h.Type != corev1.HostPathSocket && *h.Type != corev1.HostPathCharDev
}

// written reports whether some container may write to a volume: all are taken to,
// unless they mount it for reading only.
func written(s *corev1.PodSpec, volume string) bool {
	mounted := false
	for _, c := range slices.Concat(s.InitContainers, s.Containers) {
		for _, m := range c.VolumeMounts {
			if m.Name == volume && !m.ReadOnly {
				return true
			}
			mounted = mounted || m.Name == volume
		}
	}
	return !mounted
}
