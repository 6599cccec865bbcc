package kube

// For tests of what needs no server.
var Candidate = candidate

// Weigh is the bound on what an answer unfolds to.
var Weigh = weigh
