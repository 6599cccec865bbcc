// Package build makes the report document of what the rules advise: a file a
// rule, named as the rule. It rounds money so that parts add up to sums.
package build
