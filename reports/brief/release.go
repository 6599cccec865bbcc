package brief

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// StartUps says how a container's pods start, and what the advice makes of it.
func StartUps(w *document.Workload, c *document.Container, h *document.ContainerHistory) string {
	text := "time to ready is not known: no pod was seen to get ready"
	if w.ReadySeconds > 0 {
		text = fmt.Sprintf("the fastest pod was ready %d s after its start", w.ReadySeconds)
	}
	switch {
	case h == nil:
		text += "; CPU of starts is not kept in this report"
	case h.Starts == 0:
		text += "; no start was seen in the CPU of the window"
	default:
		text += fmt.Sprintf("; CPU was up to %s in the first ten minutes of pods, by %s", UsedCores(h.StartCPU), document.Counted(int(h.Starts), "sample"))
		text += "; the request counts these samples as all others"
		if c.Recommended != nil && h.StartCPU > c.Recommended.Requests.CPU {
			text += fmt.Sprintf(", and %s of the highest is above it: a start takes longer where the node is full", UsedCores(h.StartCPU-c.Recommended.Requests.CPU))
		}
	}
	if w.Horizontal != nil {
		for _, e := range w.Horizontal.Evidence {
			if e.Is(document.PartStart, "") {
				text += fmt.Sprintf("; the replay of scaling waits %s s for a new pod", document.Figures4(e.Value))
			}
		}
	}
	return text
}

// Releases says which releases are known, what runs now, and when requests changed.
func Releases(r *document.Report, w *document.Workload, c *document.Container, h *document.ContainerHistory) string {
	text := "revisions are not known: " + unread(w.Kind)
	switch n := len(w.Releases); {
	case n > 0:
		last, within := &w.Releases[n-1], 0
		for i := range w.Releases {
			if at := w.Releases[i].At; at.After(r.Metadata.GeneratedFrom.Start) && !at.After(r.Metadata.GeneratedFrom.End) {
				within++
			}
		}
		number := ""
		if last.Revision > 0 {
			number = fmt.Sprintf(" (revision %d)", last.Revision)
		}
		text = fmt.Sprintf("%s kept, %d made in the window, the newest%s on %s", areKept(n), within, number, last.At.UTC().Format("2 Jan 2006"))
		if image := imageBefore(w); image != "" {
			text += ", before it " + image
		}
	}
	if c.Image != "" {
		text += "; it runs " + Clean(c.Image)
	} else {
		text += "; its image is not known"
	}
	switch {
	case h == nil:
		return text + "; changes of requests are not kept in this report"
	case len(h.Settings) > 1:
		return text + fmt.Sprintf("; requests or limits changed %dx, last on %s", len(h.Settings)-1, h.Settings[len(h.Settings)-1].Date)
	case len(h.Settings) == 1:
		return text + "; requests and limits did not change in the window"
	}
	return text + "; earlier requests and limits are not known"
}

// unread says why no revision of a kind is known.
func unread(kind string) string {
	switch kind {
	case "Deployment", "Rollout":
		return "no ReplicaSet of it was read"
	case "StatefulSet", "DaemonSet":
		return "no ControllerRevision of it was read"
	}
	return "its kind keeps none"
}

func areKept(n int) string {
	if n == 1 {
		return "1 revision is"
	}
	return fmt.Sprintf("%d revisions are", n)
}

// imageBefore is the image of the release before the newest, where it has one that the
// newest has not.
func imageBefore(w *document.Workload) string {
	n := len(w.Releases)
	if n < 2 {
		return ""
	}
	last, before := w.Releases[n-1].Images, w.Releases[n-2].Images
	for i := range min(len(last), len(before)) {
		if last[i] != before[i] {
			return Clean(before[i])
		}
	}
	return ""
}
