package object

import (
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// pod is a pod with what joins it to others.
type pod struct {
	owner      owner
	bare       bool   // nothing owns it, not even its node
	generator  string // the generateName of a bare pod
	level      analyzer.Amounts
	waits      string // as waitsOf gives it
	generation int64  // how often its spec was written; 0 where its API server does not count
	labels     labelSet
	containers []analyzer.Container
	pod        analyzer.Pod
	annotation map[string]string
	spread     []podTerm // required, before their selectors are evaluated
	apart      []podTerm
	softSpread []podTerm // wishes
	softApart  []podTerm
}

func (v *Inventory) addPod(o *corev1.Pod) {
	if o.Spec.NodeName == "" && o.Status.Phase == "" && passing(o) {
		return
	}
	p := v.podOf(o)
	if h := hpaControllerOf(o); h != nil {
		put(&v.managers, keyOf(o), h)
	}
	put(&v.pods, keyOf(o), p)
}

// podOf reads a pod.
func (v *Inventory) podOf(o *corev1.Pod) *pod {
	labels := v.intern(o.Labels)
	p := &pod{owner: ownerOf(o), labels: labels, containers: containersOf(&o.Spec), annotation: ownAnnotations(o.Annotations)}
	p.level, p.waits, p.generation = podLevel(&o.Spec), waitsOf(&o.Spec), o.Generation
	if p.owner.kind == "" && !isStatic(o) {
		p.generator = o.GenerateName
		p.bare = true
	}
	for i := range p.containers {
		c := &p.containers[i]
		c.Requests = inForce(c.Requests, c.Name, o)
	}
	p.pod = analyzer.Pod{
		Name: o.Name, UID: string(o.UID), Node: o.Spec.NodeName, Phase: string(o.Status.Phase),
		Ready: podReady(o), Requests: podRequests(&o.Spec, p.containers), QoS: string(qosOf(o)),
		Spec: podSpecOf(o), Resources: podResources(&o.Spec),
	}
	p.spread, p.apart = spreadTerms(o, corev1.DoNotSchedule), apartTerms(o)
	p.softSpread, p.softApart = spreadTerms(o, corev1.ScheduleAnyway), softApartTerms(o)
	p.pod.Provisioned = analyzer.ParseProvisioned(o.Annotations[analyzer.ProvisionedAnnotation])
	if o.Spec.Priority != nil {
		p.pod.Priority = *o.Spec.Priority
	}
	if o.Status.StartTime != nil {
		p.pod.Started = o.Status.StartTime.UTC()
		p.pod.ReadyAfter = readyAfter(o)
	}
	return p
}

// containersOf lists the containers in the order in which they start, init
// containers and native sidecars first.
func containersOf(s *corev1.PodSpec) []analyzer.Container {
	out := make([]analyzer.Container, 0, len(s.InitContainers)+len(s.Containers))
	for i := range s.InitContainers {
		c := &s.InitContainers[i]
		kind := analyzer.TypeInit
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			kind = analyzer.TypeSidecar
		}
		out = append(out, containerOf(c, kind))
	}
	for i := range s.Containers {
		out = append(out, containerOf(&s.Containers[i], analyzer.TypeContainer))
	}
	return out
}

func containerOf(c *corev1.Container, kind analyzer.ContainerType) analyzer.Container {
	return analyzer.Container{
		Name: c.Name, Type: kind, Image: c.Image,
		Requests: amountsOf(defaultRequests(&c.Resources)),
		Limits:   amountsOf(c.Resources.Limits),
		Runtime:  runtimeOf(c),
	}
}

// podRequests is what the scheduler reserves. Pod-level resources (KEP-2837)
// stand in the place of the containers' sum, resource by resource.
func podRequests(s *corev1.PodSpec, containers []analyzer.Container) analyzer.Amounts {
	overhead := amountsOf(s.Overhead)
	sum := analyzer.PodRequests(containers, analyzer.Amounts{})
	if s.Resources != nil {
		whole := podLevel(s)
		if _, ok := s.Resources.Requests[corev1.ResourceCPU]; ok || whole.CPU > 0 {
			sum.CPU = whole.CPU
		}
		if _, ok := s.Resources.Requests[corev1.ResourceMemory]; ok || whole.Memory > 0 {
			sum.Memory = whole.Memory
		}
	}
	return sum.Plus(overhead)
}

// podLevel are the requests of a pod as a whole: those that are set, else its limits where
// no container requests any, as the API server defaults them.
func podLevel(s *corev1.PodSpec) analyzer.Amounts {
	if s.Resources == nil {
		return analyzer.Amounts{}
	}
	level, limits := amountsOf(s.Resources.Requests), amountsOf(s.Resources.Limits)
	sum := analyzer.PodRequests(containersOf(s), analyzer.Amounts{})
	if _, ok := s.Resources.Requests[corev1.ResourceCPU]; !ok && sum.CPU == 0 {
		level.CPU = limits.CPU
	}
	if _, ok := s.Resources.Requests[corev1.ResourceMemory]; !ok && sum.Memory == 0 {
		level.Memory = limits.Memory
	}
	return level
}

func podReady(o *corev1.Pod) bool {
	for _, c := range o.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// readyAfter is the seconds that a pod took to become ready: known only while
// it has been so ever since.
func readyAfter(o *corev1.Pod) int32 {
	for _, c := range slices.Concat(o.Status.InitContainerStatuses, o.Status.ContainerStatuses) {
		if c.RestartCount > 0 {
			return 0
		}
	}
	for _, c := range o.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
			if s := c.LastTransitionTime.Sub(o.Status.StartTime.Time).Seconds(); s > 0 && s < 3600 {
				return int32(s)
			}
		}
	}
	return 0
}

// qosOf gives the class in the status, or works it out for a pod that no
// API server has seen.
func qosOf(o *corev1.Pod) corev1.PodQOSClass {
	if o.Status.QOSClass != "" {
		return o.Status.QOSClass
	}
	if r := o.Spec.Resources; r != nil && (len(r.Requests) > 0 || len(r.Limits) > 0) {
		// Resources of the pod as a whole decide alone.
		if guarantees(r) {
			return corev1.PodQOSGuaranteed
		}
		return corev1.PodQOSBurstable
	}
	some, all := false, true
	for _, c := range slices.Concat(o.Spec.InitContainers, o.Spec.Containers) {
		requests := amountsOf(defaultRequests(&c.Resources))
		some = some || requests.CPU > 0 || requests.Memory > 0
		all = all && guarantees(&c.Resources)
	}
	switch {
	case !some:
		return corev1.PodQOSBestEffort
	case all:
		return corev1.PodQOSGuaranteed
	}
	return corev1.PodQOSBurstable
}

// guarantees reports whether CPU and memory are limited to what is requested.
func guarantees(r *corev1.ResourceRequirements) bool {
	limits, requests := amountsOf(r.Limits), amountsOf(defaultRequests(r))
	return limits.CPU > 0 && limits.Memory > 0 && limits.CPU == requests.CPU && limits.Memory == requests.Memory
}

func podSpecOf(o *corev1.Pod) analyzer.PodSpec {
	s := &o.Spec
	spec := analyzer.PodSpec{
		NodeSelector: s.NodeSelector, HostNetwork: s.HostNetwork, PriorityClass: s.PriorityClassName,
		Constraints: constraintsOf(o), Affinity: nodeTerms(o),
		Local: localOf(o), SafeToEvict: o.Annotations[safeToEvict] == "true", Unmodelled: unmodelledOf(s),
	}
	if s.SchedulerName != corev1.DefaultSchedulerName {
		spec.Scheduler = s.SchedulerName
	}
	if s.TerminationGracePeriodSeconds != nil {
		spec.GraceSeconds = *s.TerminationGracePeriodSeconds
	}
	for _, t := range s.Tolerations {
		if t.TolerationSeconds != nil && strings.HasPrefix(t.Key, "node.kubernetes.io/") {
			continue // the API server gives these to every pod
		}
		spec.Tolerations = append(spec.Tolerations, analyzer.Toleration{
			Key: t.Key, Operator: string(t.Operator), Value: t.Value, Effect: string(t.Effect),
		})
	}
	spec.Claims = claimNames(s)
	for _, vol := range s.Volumes {
		switch {
		case vol.EmptyDir != nil || vol.HostPath != nil:
			spec.LocalStorage = true
		case vol.Ephemeral != nil:
			spec.Claims = append(spec.Claims, o.Name+"-"+vol.Name)
			spec.Ephemeral = append(spec.Ephemeral, ephemeralOf(o, vol.Name, vol.Ephemeral.VolumeClaimTemplate))
		}
	}
	if spec.LocalStorage && spec.Local == nil {
		spec.Local = &analyzer.LocalData{}
	}
	slices.Sort(spec.Claims)
	return spec
}

// ephemeralOf is the claim that is made for a generic ephemeral volume of a pod.
func ephemeralOf(o *corev1.Pod, volume string, t *corev1.PersistentVolumeClaimTemplate) analyzer.VolumeClaim {
	claim := &corev1.PersistentVolumeClaim{}
	claim.Namespace, claim.Name = o.Namespace, volume
	if t != nil {
		claim.Spec = t.Spec
	}
	return claimOf(claim)
}

// unmodelledOf names the fields of a pod's spec, and the kinds of its volumes, that
// the tables of fates do not have.
func unmodelledOf(s *corev1.PodSpec) []string {
	out := unmodelled(reflect.ValueOf(*s), podFields(), "")
	for i := range s.Volumes {
		out = append(out, unmodelled(reflect.ValueOf(s.Volumes[i].VolumeSource), volumeFields(), "volumes[].")...)
	}
	for _, c := range slices.Concat(s.InitContainers, s.Containers) {
		out = append(out, unmodelled(reflect.ValueOf(c), containerFields(), "containers[].")...)
	}
	if name := s.RuntimeClassName; name != nil && !promised(*name, s) {
		out = append(out, "runtimeClassName ("+*name+")")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// promised reports whether new nodes have the runtime of a class, by its name: the default
// ones; NVIDIA's where the pod's devices come with it; and one that the pod selects nodes by,
// as the admission copies a class's scheduling.nodeSelector into its pods. Its tolerations
// and overhead are there too.
func promised(class string, s *corev1.PodSpec) bool {
	switch {
	case class == "" || class == "runc" || class == "crun":
		return true
	case class == "nvidia" || strings.HasPrefix(class, "nvidia-"):
		return slices.ContainsFunc(s.Containers, func(c corev1.Container) bool {
			for name, n := range c.Resources.Limits {
				if strings.HasPrefix(string(name), "nvidia.com/") && !n.IsZero() {
					return true
				}
			}
			return false
		})
	}
	for key, value := range s.NodeSelector {
		if value == class || strings.Contains(key, class) {
			return true
		}
	}
	return false
}

func constraintsOf(o *corev1.Pod) []string {
	var out []string
	add := func(when bool, name string) {
		if when {
			out = append(out, name)
		}
	}
	if a := o.Spec.Affinity; a != nil {
		add(a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil, analyzer.ConstraintNodeAffinity)
		add(a.PodAffinity != nil && len(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution) > 0, analyzer.ConstraintAffinity)
		add(a.PodAntiAffinity != nil && len(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution) > 0, analyzer.ConstraintAntiAffinity)
	}
	add(slices.ContainsFunc(o.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
		return c.WhenUnsatisfiable == corev1.DoNotSchedule
	}), analyzer.ConstraintSpread)
	add(!o.Spec.HostNetwork && slices.ContainsFunc(slices.Concat(o.Spec.InitContainers, o.Spec.Containers), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.HostPort > 0 })
	}), analyzer.ConstraintHostPort)
	add(len(o.Spec.ResourceClaims) > 0, analyzer.ConstraintClaims)
	add(o.Annotations[safeToEvict] == "false" || asksToStay(o.Annotations[doNotDisrupt]) || asksToStay(o.Annotations[doNotEvict]), analyzer.ConstraintKeep)
	slices.Sort(out)
	return out
}

// share lets equal pods of one workload hold the same memory, since most are
// equal: it gives a's parts where they equal b's.
func share(a, b *pod) {
	if reflect.DeepEqual(a.pod.Spec, b.pod.Spec) {
		b.pod.Spec = a.pod.Spec
	}
	if slices.Equal(a.containers, b.containers) {
		b.containers = a.containers
	}
}
