// Package horizontal sets how many pods a workload has and what decides it. It
// replays autoscalers over the workload's own load and keeps the cheapest setting
// that serves it. VPAs and mistakes in autoscalers are rules of the same lever.
package horizontal
