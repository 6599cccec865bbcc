// Package recommender turns facts and prices into advice.
//
// A Rule is a value with a Run function. It reads a Pass (the Analysis, the
// costs, what the user asked for) and reports Recommendations: what to change,
// why, on what evidence, at what risk, for how much money. A rule that has too
// little to go by reports that it abstains, and why.
//
// Rules lists all rules in one slice; a new rule is one file, one line in that
// list, one folder of cases and one page of documentation.
package recommender
