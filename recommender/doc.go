// Package recommender turns facts and prices into advice.
//
// A Rule is a value with a Run function. It reads a Pass (the Analysis, the
// costs, what the user asked for) and reports Recommendations: what to change,
// why, on what evidence, at what risk, for how much money. A rule that has too
// little to go by reports that it abstains, and why.
//
// Rules lists all rules in one slice; a new rule is one file, one line in that
// list, one folder of cases and one page of documentation. What a rule computes
// without facts of a cluster is a package to its left: replay for autoscalers,
// packing for nodes, commitment for purchases, allocation for the bill.
//
// The files of a rule begin with its name. Those of purchase have two ways to the
// hourly demand, and one form for both, demandCurve: with a plan of the nodes,
// purchasehours.go counts the pods of each hour and purchaseplan.go brings the plan's
// nodes to them; without one (not asked for, or abstained), purchasedemand.go scales
// what today's nodes cost by the worth of the hour's pods. The first is exact for the
// nodes that are advised; the second needs no advice on nodes at all. From there on
// purchasescope.go takes off what is held, purchasemarket.go lists what is on sale and
// has it chosen, purchasesold.go rounds to what is sold, purchaseadvice.go tells it.
package recommender
