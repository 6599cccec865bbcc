package gate

import _ "embed" // the policy that --init writes

// ExamplePolicy is a policy with every key, most of them as comments.
//
//go:embed policy.yaml
var ExamplePolicy []byte
