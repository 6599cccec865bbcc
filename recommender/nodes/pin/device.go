package pin

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// DeviceLabel is a label that offerings have in the packer alone: which devices a
// machine has, and how they are divided. Pods that use some stay with their like.
const DeviceLabel = "plimsoll.dev/devices"

// EphemeralStorage is the resource that pods use of their node's disk.
const EphemeralStorage = "ephemeral-storage"

// IsDevice tells devices from what any machine has some of.
func IsDevice(name string) bool {
	return name != EphemeralStorage && !strings.HasPrefix(name, "hugepages-") && !strings.HasPrefix(name, attachPrefix)
}

// UsesDevices reports whether a pod asks for some.
func UsesDevices(pod *analyzer.Pod) bool {
	for name := range pod.Resources {
		if IsDevice(name) {
			return true
		}
	}
	return pod.Requests.GPU > 0
}

// DevicesOf describes the devices of a node, by its type's line and its labels;
// nothing for a node without.
func DevicesOf(n *analyzer.Node, machine pricing.Offering) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(n.Resources)) {
		if IsDevice(name) {
			parts = append(parts, name)
		}
	}
	if len(parts) == 0 && n.Allocatable.GPU == 0 {
		return ""
	}
	parts = append(parts, line(machine))
	for _, key := range cloud.DeviceLabels() {
		if v := n.Labels[key]; v != "" {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, " ")
}

// line is the types that have the same model of device in other numbers.
func line(o pricing.Offering) string {
	if c := cloud.Of(o.Provider); c != nil && c.LineByName {
		if at := strings.LastIndexByte(o.InstanceType, '-'); at > 0 {
			return o.InstanceType[:at]
		}
	}
	return o.Family()
}

// Like says, by type, which devices a node of it counts on, where its nodes do not all have
// the same. A machine that is sold without devices has none where a node of its type, plain,
// has none: somebody set the others up, and nobody does that for a new one. Else it has what
// most of its nodes that may go have, of as many what the first has; nodes of a type sold with
// devices that show none don't count.
func Like(going []Member, plain map[string]bool) map[string]string {
	like, count := map[string]string{}, map[[2]string]int{}
	for _, m := range going {
		name, devices := m.Machine.InstanceType, DevicesOf(m.Node, m.Machine)
		if plain[name] && m.Machine.GPUs == 0 || devices == "" {
			continue
		}
		count[[2]string{name, devices}]++
	}
	for _, m := range going {
		name, devices := m.Machine.InstanceType, DevicesOf(m.Node, m.Machine)
		if n := count[[2]string{name, devices}]; n > 0 && n > count[[2]string{name, like[name]}] {
			like[name] = devices
		}
	}
	return like
}

// Stock is what the nodes of one pool offer beside CPU and memory.
type Stock struct {
	provider string
	byType   map[string]map[string]int64 // the least that a node of the type has
	known    map[string]string           // by type: its devices, where its nodes are alike
	devices  map[string]string           // by line: the devices, where all its nodes are alike and each device is whole
	device   map[string]string           // by line: the name of the one device
	taken    map[string]int64            // by resource: the most that DaemonSets' and static pods take of a node
	disk     int64                       // the least ephemeral-storage of a node; 0 where unknown
	attach   int64                       // what the driver lets a node attach where all say less than the provider's rule; else 0
}

// Member is a node of a pool with its machine.
type Member struct {
	*analyzer.Node
	Machine pricing.Offering
	Taken   map[string]int64 // by DaemonSets' and static pods, which any node of its like has
}

// StockOf reads the nodes of a pool.
func StockOf(provider string, members []Member) *Stock {
	s := &Stock{
		provider: provider, byType: map[string]map[string]int64{}, known: map[string]string{},
		devices: map[string]string{}, device: map[string]string{}, taken: map[string]int64{},
	}
	s.attach = lowered(provider, members)
	mixed := map[string]bool{}
	for _, m := range members {
		for name, n := range m.Taken {
			s.taken[name] = max(s.taken[name], n)
		}
	}
	for _, m := range members {
		name, own := m.Machine.InstanceType, s.held(m)
		if had, ok := s.byType[name]; ok {
			own = least(had, own)
		}
		s.byType[name], s.known[name] = own, DevicesOf(m.Node, m.Machine)
		if disk := m.Resources[EphemeralStorage]; disk > 0 && (s.disk == 0 || disk < s.disk) {
			s.disk = disk
		}
		key, what := line(m.Machine), DevicesOf(m.Node, m.Machine)
		if name, whole := wholeDevice(m); whole && what != "" && !mixed[key] && (s.devices[key] == "" || s.devices[key] == what) {
			s.devices[key], s.device[key] = what, name
		} else if what != "" {
			mixed[key] = true
			delete(s.devices, key)
		}
	}
	return s
}

// lowered is the most volumes that a node of the pool may attach where each that says so
// says less than the provider's rule: the driver was set to less, for new types too. 0 where
// it was not.
func lowered(provider string, members []Member) (most int64) {
	rule := diskRules(provider)
	if rule == nil {
		return 0
	}
	for _, m := range members {
		n, said := m.Attach[rule.driver]
		if said && n >= rule.most(m.Machine.CPUMillis/1000) {
			return 0
		}
		most = max(most, n)
	}
	return most
}

// held is what a node has for pods beside those that any node like it runs, with the
// volumes that it may attach.
func (s *Stock) held(m Member) map[string]int64 {
	out := map[string]int64{}
	for name, n := range m.Resources {
		out[name] = s.leaves(name, n)
	}
	if rule := diskRules(s.provider); rule != nil {
		out[attachPrefix+rule.driver] = rule.most(m.Machine.CPUMillis / 1000)
	}
	for driver, n := range m.Attach {
		out[attachPrefix+driver] = n
	}
	return out
}

// leaves is what DaemonSets' and static pods leave of a resource. Their disk stands among
// their requests, which the packer knows.
func (s *Stock) leaves(name string, n int64) int64 {
	if name == EphemeralStorage {
		return n
	}
	return max(n-s.taken[name], 0)
}

func least(a, b map[string]int64) map[string]int64 {
	out := map[string]int64{}
	for name, n := range a {
		if v := min(n, b[name]); v > 0 {
			out[name] = v
		}
	}
	return out
}

// wholeDevice is the one kind of device of a node that it has as many of as the
// machine is sold with.
func wholeDevice(m Member) (name string, ok bool) {
	if m.Resources == nil { // of an older snapshot, which counts devices alone
		return "", m.Allocatable.GPU > 0 && m.Allocatable.GPU == m.Machine.GPUs
	}
	for k, n := range m.Resources {
		if !IsDevice(k) {
			continue
		}
		if name != "" || n != m.Machine.GPUs {
			return "", false
		}
		name = k
	}
	return name, name != ""
}

// Of is what a new node of a type in the pool would have beside CPU and memory: as
// its nodes of today have it; else whole devices of the pool's own line, the least
// disk of the pool, and the provider's rule for volumes, or less where the driver was set to
// less. Hugepages, and devices that
// somebody set up, no new type has.
func (s *Stock) Of(o pricing.Offering) (has map[string]int64, devices string) {
	if own, ok := s.byType[o.InstanceType]; ok {
		return own, s.known[o.InstanceType]
	}
	out := map[string]int64{}
	if disk := s.diskOf(); disk > 0 {
		out[EphemeralStorage] = disk
	}
	if rule := diskRules(s.provider); rule != nil {
		most := rule.most(o.CPUMillis / 1000)
		if s.attach > 0 {
			most = min(most, s.attach)
		}
		out[attachPrefix+rule.driver] = most
	}
	for name := range s.drivers() {
		if _, known := out[name]; !known {
			out[name] = s.leastOf(name)
		}
	}
	if what := s.devices[line(o)]; what != "" && o.GPUs > 0 {
		if name := s.device[line(o)]; name != "" {
			out[name] = s.leaves(name, o.GPUs)
		}
		return out, what
	}
	return out, ""
}

// drivers are the attach limits that nodes of the pool have.
func (s *Stock) drivers() map[string]bool {
	out := map[string]bool{}
	for _, own := range s.byType {
		for name := range own {
			if strings.HasPrefix(name, attachPrefix) {
				out[name] = true
			}
		}
	}
	return out
}

func (s *Stock) leastOf(name string) int64 {
	low := int64(-1)
	for _, own := range s.byType {
		if n, ok := own[name]; ok && (low < 0 || n < low) {
			low = n
		}
	}
	return max(low, 0)
}

// diskOf is the disk that the clouds give a node by default, less what the kubelet
// keeps, where no node of the pool says what it has.
func (s *Stock) diskOf() int64 {
	if s.disk > 0 {
		return s.disk
	}
	if c := cloud.Of(s.provider); c != nil {
		return c.NodeDisk
	}
	return 0
}

// Allowed says by patterns with "*" and "?" which types a plan may use: one of allow,
// where there are some, and none of deny.
func Allowed(name string, allow, deny []string) bool {
	hit := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			ok, err := path.Match(p, name)
			return ok && err == nil
		})
	}
	return (len(allow) == 0 || hit(allow)) && !hit(deny)
}
