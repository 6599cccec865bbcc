// Package replay is the Kubernetes horizontal pod autoscaler without a cluster and without a clock.
//
// [Controller.Decide] is one sync of the controller: what it sees in, the replicas it would set
// out. It follows k8s.io/kubernetes pkg/controller/podautoscaler to the last integer truncation,
// and a differential test in testbed/hpadiff compares the two decision by decision.
//
// [Replay] runs that controller over a demand curve and a simple model of the pods, and tells what
// the day would have cost and how much demand would have gone unserved. It passes over every sync
// that cannot change anything, so that a search can afford thousands of replays.
// [ScaledObject] puts KEDA's own loop on top.
//
// Time is an offset from the start of the replay. Amounts are milli-units as the controller counts
// them: millicores for CPU, thousandths of a byte for memory, thousandths of whatever else a metric
// counts. Memory is not in bytes because the controller divides milli-units and drops the rest.
package replay
