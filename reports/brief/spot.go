package brief

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// spotLine says what can live on spot; empty where nothing can.
func spotLine(s *document.SpotMarket) string {
	if s.Ready == 0 || s.Savings == nil {
		return ""
	}
	moves := 0
	for i := range s.Workloads {
		if s.Workloads[i].Advised {
			moves++
		}
	}
	return fmt.Sprintf("Spot: %d of %d workloads are ready; moving %d of them saves %s a month.", s.Ready, s.Ready+s.NotReady, moves, s.Savings)
}
