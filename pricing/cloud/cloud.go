// Package cloud has what a cloud knows of itself, a file a cloud: its names, labels and
// schemes, how its types are called, what its disks and services are called in the price
// tables, how it tells that a spot node goes. What it costs stands in the tables.
package cloud

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Cloud is one of them.
type Cloud struct {
	Name string
	// Aliases are what people and IDs call it, in lower case.
	Aliases []string
	// Schemes begin the IDs of its nodes, and Domains the labels that it alone sets.
	Schemes, Domains []string
	// ZoneInID is the scheme of IDs whose second part of three is the zone.
	ZoneInID string
	// RegionOf drops the zone of a zone's name.
	RegionOf func(zone string) string
	// Region is what its regions are called by; new ones are, too.
	Region func() *regexp.Regexp
	// DiskZone is the label by which its driver of disks says where one is.
	DiskZone string
	// LowerRegions says that nodes write regions in other cases than the tables.
	LowerRegions bool

	// Spot are the labels of spot nodes that it or its autoscaler sets, and Prepaid
	// those of reservations. A Prepaid without a value tells by its key.
	Spot, Prepaid []Label
	// Dedicated is the label of nodes on machines that are nobody else's.
	Dedicated Label
	// Notice is how many seconds before its end a spot node is told.
	Notice int64
	// Capacity are the labels by which its nodes say how they are bought, with what
	// those on spot say.
	Capacity []Label

	// Type reads the name of an instance type, Kind what its family is sold for,
	// Generation its class and generation (0 where the name has none), and Series what
	// commitments call its family.
	Type       func(name string) TypeName
	Kind       func(name string) Kind
	Generation func(name string) (class, digits string)
	Series     func(name string) string
	// General are the types of the generations on sale today that suit any workload:
	// whole cores that do not burst, no local disks, no extra network, no accelerators.
	General func() *regexp.Regexp

	// Burst tells the types that share their CPU.
	Burst func(name string) Burst
	// Leaves is what a node of a machine leaves for pods.
	Leaves func(Machine) Allocatable
	// PodsByType says that its network bounds the pods of a node by its type.
	PodsByType bool
	// NodeDisk is the disk that a node gets where nothing else is asked, less what the
	// kubelet keeps, in bytes.
	NodeDisk int64
	// BootDisk is the size of that disk as it is asked for, in GiB, or in GB where the cloud
	// counts in those.
	BootDisk int64
	// Driver is the CSI driver of its disks, which are of one zone, Drivers further ones, and
	// InTree the field of volumes from before CSI. Attaches is how many of them a machine of so
	// many vCPUs takes beside its own.
	Driver, InTree string
	Drivers        []string
	Attaches       func(vcpus int64) int64

	// Disks are the tables' names of the types of disks, Provisioners the types that a
	// provisioner makes where nothing else is asked, and Disk reads a storage class's
	// name; named is false where it tells nothing and the usual type is taken. A name of a
	// type that has no price gives no item.
	Disks, Provisioners map[string]string
	Disk                func(class string) (item string, named bool)
	// Replicated is the parameter of disks that are kept in two zones; the tables call
	// them by the type and " regional". Empty where no parameter says so.
	Replicated Label
	// Beside is what disks cost beside their size, by the tables' names of their types.
	Beside map[string][]Provision
	// Ladder begins the tables' names of the sizes that a disk of a type is sold in.
	Ladder map[string]string
	// Balancer and ControlPlane are what the tables call a load balancer and the fee
	// of a managed control plane. RulesTogether says that the first five rules of
	// balancers have one price.
	Balancer, ControlPlane string
	RulesTogether          bool
	// InternalBalancer is the annotation, "true", of the Services that share a load balancer
	// of their own, beside that of the others; empty where all share one.
	InternalBalancer string
	// BalancerClasses begin the classes of Services that its own controllers serve.
	BalancerClasses []string
	// BillsParts says that its bills have vCPUs, GiB and GPUs in place of machines.
	BillsParts bool
	// Programs are the purchase programs of the tables whose prices a price list has, the
	// first that of the tables' reserved prices, without payment at once.
	Programs []Program
	// OneSize reports whether a reservation of a family holds for one size alone.
	OneSize func(family string) bool
	// Runs begins the labels of nodes whose control plane it runs, and Kubelet is in the
	// version of their kubelets.
	Runs    []string
	Kubelet string
	// Attach is what it attaches to machines beside their own; nil where it does not.
	Attach *Attach
	// Hybrid is what it bills for machines that are not its own, Auto for running a node of
	// its own; nil where it does not.
	Hybrid *Hybrid
	Auto   *Auto
	// PodRates are the published prices of pods that are billed one by one.
	PodRates []PodRate
	// PodClass is the label of the class by which pods are billed one by one; those in
	// PodClasses cost what pods without one do.
	PodClass   string
	PodClasses []string
	// Extended is what the tables call the fee of a control plane of an old version, where that
	// costs more, and Left what is said of it. Tier is said of one that is sold at several prices.
	Extended, Left, Tier string
	// Pools are the labels that name the pool of a node, Tell further ones that tell nodes
	// apart, and Machine begins those of the machine and not of its pool. Devices are the labels
	// that say what devices a machine has.
	Pools, Tell, Machine, Devices []string
	// Fixed are those of Pools that it alone gives nodes, by their pool's name, and Refused the
	// domains of labels that it sets itself and takes from nobody.
	Fixed, Refused []string
	// LineByName says that types with other numbers of one device differ behind their last dash.
	LineByName bool
	// SystemPool is the label of nodes of a pool that the cluster has to have.
	SystemPool Label
	// Accelerators are the extended resources that count its own devices.
	Accelerators []string
	// AddOns is what it runs in clusters as its own.
	AddOns AddOns
	// Sidecars are the containers that its webhooks add, with where their requests are set.
	Sidecars map[string]string
	// Pods is how it bills pods one by one.
	Pods PodProgram
	// Karpenter is the API group of Karpenter's provider for it, and NodeClass the kind of its
	// node classes; empty where there is none.
	Karpenter, NodeClass string
	// Families says that Karpenter's nodes have a label of their types' families.
	Families bool
	// SpotApart says that 'price update' reads spot prices only when it is told to.
	SpotApart bool
}

// form is a regular expression that is made when it is first asked for: most runs of the program
// need none of them, and all pay for what is made at its start.
func form(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// Provision is what a disk costs for what it may do, such as IOPS.
type Provision struct {
	// Item is what the tables call a unit of it.
	Item string
	// Amount and PerGiB are the parameters, in lower case, that say how much a disk has,
	// at all and by its GiB.
	Amount, PerGiB string
	// Usual is how much it has where neither does, Free how much costs nothing, Most how
	// much there is at most (0 for no bound), and LeastPerGiB how much of it a GiB has at least.
	Usual, Free, Most, LeastPerGiB float64
	// Tiers are the shares of the price that further units cost, by where they begin.
	Tiers []Tier
}

// Tier is the share of a price from an amount on.
type Tier struct{ From, Share float64 }

// Label is a label with its value.
type Label struct{ Key, Value string }

// Karpenter is the label by which Karpenter's nodes of every cloud say that they are on
// spot.
var Karpenter = Label{"karpenter.sh/capacity-type", "spot"}

// KarpenterNotice is the notice of a spot node of Karpenter's where its cloud is not
// known: that of AWS, where most of them are.
func KarpenterNotice() int64 { return aws.Notice }

// All lists the clouds, by their names. A new one is a file of this package, its line
// here and its tables.
func All() []*Cloud { return all }

var all = []*Cloud{aws, azure, gcp}

// Of finds a cloud by its name; nil where there is none.
func Of(name string) *Cloud {
	for _, c := range all {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Names lists the clouds' names, sorted.
func Names() (out []string) {
	for _, c := range all {
		out = append(out, c.Name)
	}
	return out
}

// OfVendor is the cloud of a seller's name on a bill, such as Amazon Web Services; the name
// in lower case where none is known.
func OfVendor(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, c := range all {
		if name != "" && (strings.Contains(name, c.Name) || slices.ContainsFunc(c.Aliases, func(a string) bool { return strings.Contains(name, a) })) {
			return c.Name
		}
	}
	return name
}

// Canonical spells a name as the tables do. One that no cloud has comes back in lower
// case: a user's own table may define it.
func Canonical(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, c := range all {
		if c.Name == name || slices.Contains(c.Aliases, name) {
			return c.Name
		}
	}
	return name
}

// OfNode finds the cloud of a node, by its ID, else by its labels; nil where neither
// tells.
func OfNode(id string, labels map[string]string) *Cloud {
	for _, c := range all {
		for _, s := range c.Schemes {
			if strings.HasPrefix(id, s) {
				return c
			}
		}
	}
	for _, c := range all {
		for _, d := range c.Domains {
			for key := range labels {
				if strings.HasPrefix(key, d) {
					return c
				}
			}
		}
	}
	return nil
}

// ZoneOfID takes the zone out of a node's ID: aws:///us-east-1a/i-0abc and
// gce://project/us-central1-a/name have it; empty for others.
func ZoneOfID(id string) string {
	scheme, rest, _ := strings.Cut(id, "://")
	parts := strings.Split(rest, "/")
	for _, c := range all {
		if c.ZoneInID != "" && c.ZoneInID == scheme && len(parts) == 3 {
			return parts[1]
		}
	}
	return ""
}

// RegionOfZone drops the zone of a zone's name; the name itself where the cloud is not
// known.
func RegionOfZone(name, zone string) string {
	if c := Of(name); c != nil {
		return c.RegionOf(zone)
	}
	return zone
}

// Notice is how many seconds before its end a cloud tells a spot node; the shortest of
// all where the cloud is not known.
func Notice(name string) int64 {
	if c := Of(name); c != nil {
		return c.Notice
	}
	least := all[0].Notice
	for _, c := range all {
		least = min(least, c.Notice)
	}
	return least
}

// Spot lists the labels of spot nodes of all clouds, and Prepaid those of reservations.
func Spot() []Label { return labels(func(c *Cloud) []Label { return c.Spot }) }

// Prepaid is described at Spot.
func Prepaid() []Label { return labels(func(c *Cloud) []Label { return c.Prepaid }) }

func labels(of func(*Cloud) []Label) (out []Label) {
	for _, c := range all {
		out = append(out, of(c)...)
	}
	return out
}

// BootDiskOf is the disk to ask for, as BootDisk counts it, for a node that leaves pods so
// many bytes: in the proportion of the usual one, which is the larger for what the system keeps.
func (c *Cloud) BootDiskOf(bytes int64) int64 {
	share := float64(bytes) / float64(c.NodeDisk)
	return int64(math.Ceil(share * float64(c.BootDisk)))
}

// IsDiskZone reports whether a label is that of a cloud's driver of disks for the zone.
func IsDiskZone(key string) bool {
	return slices.ContainsFunc(all, func(c *Cloud) bool { return c.DiskZone == key })
}

// RunsControlPlane reports whether a node of these labels and this kubelet says that the
// cloud runs its control plane.
func (c *Cloud) RunsControlPlane(kubelet string, labels map[string]string) bool {
	if c.Kubelet != "" && strings.Contains(kubelet, c.Kubelet) {
		return true
	}
	return begins(labels, c.Runs)
}

// selfRun begins the labels that kOps, OpenShift, Rancher, MicroK8s and Talos set on nodes,
// and selfKubelet is in the versions of K3s, RKE2 and k0s.
var (
	selfRun     = []string{"kops.k8s.io/", "node.openshift.io/", "rke.cattle.io/", "microk8s.io/", "extensions.talos.dev/"}
	selfKubelet = []string{"+k3s", "+rke2", "+k0s"}
)

// SelfRun reports whether a node says that its users run its control plane.
func SelfRun(kubelet string, labels map[string]string) bool {
	return contains(kubelet, selfKubelet...) || begins(labels, selfRun)
}

// begins reports whether any label begins so.
func begins(labels map[string]string, prefixes []string) bool {
	for key := range labels {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			return true
		}
	}
	return false
}

// DiskOf is the type of disk that a provisioner makes where nothing else is asked; empty
// for one that no cloud has.
func DiskOf(provisioner string) string {
	for _, c := range all {
		if kind := c.Provisioners[provisioner]; kind != "" {
			return kind
		}
	}
	return ""
}

// beforeDash drops what is after the last dash, as us-east1-b of us-east1.
func beforeDash(zone string) string {
	if i := strings.LastIndexByte(zone, '-'); i > 0 {
		return zone[:i]
	}
	return zone
}

// Internal reports whether a Service of these annotations is one of those that a provider
// puts on a load balancer beside that of the others.
func Internal(annotations map[string]string) bool {
	return slices.ContainsFunc(all, func(of *Cloud) bool {
		return of.InternalBalancer != "" && strings.EqualFold(annotations[of.InternalBalancer], "true")
	})
}
