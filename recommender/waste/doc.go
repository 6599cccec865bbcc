// Package waste finds what costs money and serves nobody: idle workloads, nodes
// that could be drained, requests that nobody uses, volumes that nothing mounts.
package waste
