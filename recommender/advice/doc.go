// Package advice is what rules have in common: a Rule is a value that runs on a
// Pass and reports Advice. What one lever leaves for the next is the Cluster, and
// nothing else: a rule does not read the advice of others.
package advice
