package kube

// For tests of what needs no server.
var Candidate = candidate
