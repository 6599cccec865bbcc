package bounds

import "github.com/plimsoll-k8s/plimsoll/analyzer"

// SeveralCPU reports whether an HPA reads CPU in more than one way: the pods', and
// a container's, or those of several.
func SeveralCPU(h *analyzer.HPA) bool {
	if h == nil {
		return false
	}
	read := map[[2]string]bool{}
	for _, m := range h.Metrics {
		if m.Name == "cpu" && (m.Type == "Resource" || m.Type == "ContainerResource") {
			read[[2]string{m.Type, m.Container}] = true
		}
	}
	return len(read) > 1
}
