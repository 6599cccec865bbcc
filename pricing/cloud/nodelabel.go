package cloud

import (
	"slices"
	"strings"
)

// PoolLabels name the pool that a node belongs to, by what runs it: Karpenter, a cloud
// or kOps.
func PoolLabels() []string { return poolLabels }

// KindLabels tell kinds of a cloud's nodes apart, beside those of their pools: how they are
// bought and what devices they have.
func KindLabels() []string { return kindLabels }

var poolLabels, kindLabels = listPoolLabels(), listKindLabels()

func listPoolLabels() []string {
	out := []string{"karpenter.sh/nodepool"}
	for _, c := range all {
		out = append(out, c.Pools...)
	}
	return append(out, kops)
}

func listKindLabels() (out []string) {
	for _, c := range all {
		for _, l := range slices.Concat(c.Spot, c.Capacity) {
			out = append(out, l.Key)
		}
		out = append(out, c.Tell...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// kops is the label by which kOps names the group of a node.
const kops = "kops.k8s.io/instancegroup"

// FixedPool is the name of the pool that labels are of where nobody can give them to a node of
// another pool: its cloud sets them, to the pool's name. Empty where there is none.
func FixedPool(labels map[string]string) string {
	for _, c := range all {
		for _, key := range c.Fixed {
			if name := labels[key]; name != "" {
				return name
			}
		}
	}
	return labels[kops]
}

// Refuses reports whether a provider sets a label of its pools' nodes itself, and takes it from
// nobody.
func Refuses(provider, key string) bool {
	c := Of(provider)
	if c == nil {
		return false
	}
	domain, _, _ := strings.Cut(key, "/")
	return slices.Contains(c.Fixed, key) || slices.ContainsFunc(c.Refused, func(own string) bool { return domain == own || strings.HasSuffix(domain, "."+own) })
}

// OfMachine reports whether a label tells of one machine, and not of its pool: those of
// clouds, of NVIDIA's operator and of Node Feature Discovery.
func OfMachine(key string) bool {
	if strings.HasPrefix(key, "nvidia.com/") || strings.HasPrefix(key, "feature.node.kubernetes.io/") {
		return true
	}
	return slices.ContainsFunc(all, func(c *Cloud) bool { return startsWith(key, c.Machine) })
}

// DeviceLabels say what devices a node has and how they are shared.
func DeviceLabels() []string { return deviceLabels }

var deviceLabels = listDeviceLabels()

func listDeviceLabels() []string {
	out := []string{"nvidia.com/gpu.product", "nvidia.com/gpu.replicas", "nvidia.com/mig.config", "amd.com/gpu.product-name"}
	for _, c := range all {
		out = append(out, c.Devices...)
	}
	return out
}

// IsAccelerator reports whether an extended resource counts devices of a cloud's own.
func IsAccelerator(resource string) bool {
	return slices.ContainsFunc(all, func(c *Cloud) bool { return slices.Contains(c.Accelerators, resource) })
}

// MachineOfID cuts the machine's name out of a node's ID: i-0abc of
// aws:///eu-west-1a/i-0abc. IDs of clouds that do not put it there stay whole.
func MachineOfID(id string) string {
	scheme, rest, _ := strings.Cut(id, "://")
	parts := strings.Split(rest, "/")
	for _, c := range all {
		if c.ZoneInID != "" && c.ZoneInID == scheme && len(parts) > 2 && parts[2] != "" {
			return parts[2]
		}
	}
	return id
}

// OfDriver finds the cloud of a CSI driver of disks, and OfInTree that of a volume's field
// from before CSI; nil where there is none.
func OfDriver(driver string) *Cloud {
	return find(func(c *Cloud) bool { return driver != "" && (c.Driver == driver || slices.Contains(c.Drivers, driver)) })
}

// OfInTree is described at OfDriver.
func OfInTree(field string) *Cloud {
	return find(func(c *Cloud) bool { return field != "" && c.InTree == field })
}

func find(is func(*Cloud) bool) *Cloud {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i]
	}
	return nil
}

// KarpenterDomains are the API groups of Karpenter's providers, whose labels it sets itself.
func KarpenterDomains() (out []string) {
	for _, c := range all {
		if c.Karpenter != "" {
			out = append(out, c.Karpenter)
		}
	}
	return out
}

// NodeClassOf names the node class that Karpenter launched a node with; empty where it
// did not.
func NodeClassOf(labels map[string]string) string {
	for _, c := range all {
		if name := labels[c.Karpenter+"/"+strings.ToLower(c.NodeClass)]; c.Karpenter != "" && name != "" {
			return name
		}
	}
	return ""
}
