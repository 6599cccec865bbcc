// Package rightsize sets what containers request. Size is its estimator: a pure
// function of one container's usage and a Policy, which can be scored on any part
// of a history. Rule runs it over a cluster and adds what the cluster forbids:
// limit ranges, autoscalers that divide by a request, pods' quality of service.
package rightsize
