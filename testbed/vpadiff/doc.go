// Package vpadiff holds the VPA's rule in recommender/backtest against the VPA's own
// recommender. It is a module of its own because of that module's weight.
package vpadiff
