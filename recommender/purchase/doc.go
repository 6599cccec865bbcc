// Package purchase advises what to commit to for the hourly demand that all levers
// before leave. market.go lists what is on sale and has it chosen, sold.go rounds to
// what is sold, advice.go tells it.
package purchase
