package policy

import _ "embed" // the policy that --init writes

// Example is a policy with every key, most of them as comments.
//
//go:embed policy.yaml
var Example []byte
