// Package ledger is the waterfall: today's bill, then what right-sizing, rescaling, the plan of the nodes and purchases leave of it, with no
// dollar counted twice; and what the pods request on the way. Nothing is rounded here.
package ledger
