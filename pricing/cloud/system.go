package cloud

import "strings"

// Licensed is the system that a node's image names, where clouds sell a license for it with
// the machine; empty for others. Red Hat's CoreOS is licensed with OpenShift.
func Licensed(image string) string {
	for _, name := range []string{"Red Hat Enterprise Linux", "SUSE Linux Enterprise"} {
		if strings.HasPrefix(image, name) && !strings.Contains(image, "CoreOS") {
			return name
		}
	}
	return ""
}

// DedicatedMachine reports whether a node says that its machine is nobody else's: by the
// label of Karpenter for AWS.
func (c *Cloud) DedicatedMachine(labels map[string]string) bool {
	return c.Dedicated.Key != "" && labels[c.Dedicated.Key] == c.Dedicated.Value
}
