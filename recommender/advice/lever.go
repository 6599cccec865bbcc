package advice

// Lever is a group of rules that work on one thing.
type Lever string

// The levers, in the order in which they are applied: each works on what the
// ones before left.
const (
	// LeverRightsize sets requests and limits.
	LeverRightsize Lever = "rightsize"
	// LeverHorizontal sets how many pods there are, and what decides it.
	LeverHorizontal Lever = "horizontal"
	// LeverNodes sets which nodes there are.
	LeverNodes Lever = "nodes"
	// LeverWaste finds what is paid for and serves nobody.
	LeverWaste Lever = "waste"
	// LeverPurchase decides what is bought on demand, on spot and in advance.
	LeverPurchase Lever = "purchase"
)

// Levers lists them in that order.
func Levers() []Lever {
	return []Lever{LeverRightsize, LeverHorizontal, LeverNodes, LeverWaste, LeverPurchase}
}
