package rightsize

import (
	"fmt"
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
)

// Need is what one resource of a container needs to keep a promise.
type Need struct {
	// Amount is in millicores or bytes; 0 where nothing was seen.
	Amount float64
	size   calibration.Size
	model  *calibration.Model
	past   calibration.History
}

// CPU is the need for CPU, in millicores.
func (f *Fleet) CPU(c *analyzer.ContainerFacts, batch bool, p Promise) Need {
	class := classOf(batch || c.Type == analyzer.TypeInit)
	return f.need(class, cpuHistory(c.Days, class), p.cpu())
}

// Memory is the need for memory, in bytes.
func (f *Fleet) Memory(c *analyzer.ContainerFacts, batch bool, p Promise) Need {
	return f.need(classOf(batch || c.Type == analyzer.TypeInit), memoryHistory(c.Days), p.memory())
}

func (f *Fleet) need(class calibration.Class, past calibration.History, p calibration.Promise) Need {
	n := Need{model: f.model(class, p), past: past}
	n.size = n.model.Size(past)
	n.Amount = n.size.Amount
	return n
}

// MarginPercent is what the amount has over its base, in percent.
func (n *Need) MarginPercent() float64 { return 100 * (n.size.Margin - 1) }

// Base is what the margin stands on, and the rule that made it of the samples.
func (n *Need) Base() (amount float64, rule string) { return n.size.Base, n.size.Rule.String() }

// Hour is the busiest hour of the day in UTC and its mean use of a pod.
func (n *Need) Hour() (at int, mean float64) { return n.size.HourAt, n.size.Hour }

// HourRules reports whether that hour needs more than base and margin.
func (n *Need) HourRules() bool { return n.Amount > n.size.Base*n.size.Margin*(1+1e-9) }

// Over is the share of time that usage is above an amount, out of sample, and Fails the
// probability that the promise is not kept to the container: for memory that of passing
// an amount within a week.
func (n *Need) Over(amount float64) calibration.Estimate {
	_, over := n.model.Risk(n.past, n.size, amount)
	return over
}

// Fails are the probabilities that the container breaks the promise, by the amount.
func (n *Need) Fails(amounts ...float64) []calibration.Estimate {
	out := make([]calibration.Estimate, len(amounts))
	for i, risk := range n.model.Risks(n.past, n.size, amounts...) {
		out[i] = risk.Loss
	}
	return out
}

// Horizon says what the risk was replayed on, such as "replayed at 8 points in 14 days, on
// up to 7 days after each"; empty without a replay.
func (n *Need) Horizon() string {
	r := n.size.Replay
	if r.Origins == 0 {
		return ""
	}
	each := "each"
	if r.Origins == 1 {
		each = "it"
	}
	return fmt.Sprintf("replayed at %s in %s, on up to %s after %s", plural(r.Origins, "point"), plural(r.Days, "day"), plural(r.TestDays, "day"), each)
}

// leastReplay is the days of history from which a risk is replayed.
const leastReplay = 4

// Missing says how many days more would do for a replay; empty where there is one. A first
// or last day that is a small part of one is none.
func (n *Need) Missing() string {
	if n.size.Replay.Origins > 0 {
		return ""
	}
	more := max(leastReplay-int(math.Round(n.past.Length())), 1)
	return fmt.Sprintf("no risk is stated: a replay needs %s more of history", plural(more, "day"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
