// Package slow tells how variable a workload's load and requests are inside a step of its
// load curve: what makes its queues longer than those of an M/M/c queue.
package slow
