package brief

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// spotLine says what can live on spot; empty where nothing can.
func spotLine(s *document.SpotMarket, step *Saving) string {
	if s.Ready == 0 || s.Savings == nil {
		return ""
	}
	return fmt.Sprintf("Spot: %d of %d workloads are ready; moving %d of them saves %s a month.", s.Ready, s.Ready+s.NotReady, moved(s), step.say(*s.Savings))
}

// moved counts the workloads that are advised to move to spot.
func moved(s *document.SpotMarket) (n int) {
	for i := range s.Workloads {
		if s.Workloads[i].Advised {
			n++
		}
	}
	return n
}
