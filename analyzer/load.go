package analyzer

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// Load is what all pods of one container used together in each five-minute
// slot of a UTC day, and how many pods there were. The zero value is empty.
// Usage that was throttled is demand cut off: the true one was not smaller.
// Request rates are kept in the same form (see RequestDay).
//
// Values are kept as they are written: CPU to within 1/128, pods to a
// sixteenth. A snapshot that was saved therefore says what it said before.
type Load struct {
	sums *sums       // while it is recorded
	rest *packedLoad // once it is
}

// sums are the mean millicores of all pods together, and the mean number of pods that had
// a CPU sample, by slot.
type sums struct{ cpu, pods [digest.SlotsPerDay]float32 }

// At gives the mean CPU usage in millicores of all pods together, and their
// mean number, in a slot of the day (0 to digest.SlotsPerDay-1). Without pods
// nothing was seen.
func (l *Load) At(slot int) (millicores, pods float64) {
	switch {
	case slot < 0 || slot >= digest.SlotsPerDay:
	case l.rest != nil:
		return float64(l.rest.cpu(slot)), float64(l.rest.pods(slot))
	case l.sums != nil:
		return float64(l.sums.cpu[slot]), float64(l.sums.pods[slot])
	}
	return 0, 0
}

// IsZero reports whether nothing was recorded.
func (l Load) IsZero() bool { return l.sums == nil && l.rest == nil }

// all gives every slot; zeros where nothing was recorded.
func (l *Load) all() (s sums) {
	switch {
	case l.rest != nil:
		l.rest.unpack(&s)
	case l.sums != nil:
		s = *l.sums
	}
	return s
}

// add spreads one pod's sample over the slots that overlap the seconds
// [from, to) of the day.
func (l *Load) add(from, to int64, millicores float64) {
	if l.sums == nil {
		s := l.all()
		l.sums, l.rest = &s, nil
	}
	from = max(from, 0)
	for i := from / digest.SlotSeconds; i < digest.SlotsPerDay && i*digest.SlotSeconds < to; i++ {
		overlap := min(to, (i+1)*digest.SlotSeconds) - max(from, i*digest.SlotSeconds)
		share := float32(overlap) / digest.SlotSeconds
		l.sums.cpu[i] += float32(millicores) * share
		l.sums.pods[i] += share
	}
}

// Merge adds the load of other pods of the same container and day.
func (l *Load) Merge(o *Load) {
	switch {
	case o.IsZero():
		return
	case l.IsZero():
		*l = *o
		return
	}
	sum, more := l.all(), o.all()
	for i := range sum.cpu {
		sum.cpu[i], sum.pods[i] = sum.cpu[i]+more.cpu[i], sum.pods[i]+more.pods[i]
	}
	*l = Load{sums: &sum}
	l.quantize()
}

// quantize rounds to what MarshalText writes, and packs it: a load stays much longer than
// it is recorded.
func (l *Load) quantize() {
	if l.sums != nil {
		*l = Load{rest: pack(l.sums)}
	}
}

func sixteenths(pods float32) int64 {
	return int64(min(math.Round(float64(pods)*16), mostSixteenths))
}

// The bounds of what a Load holds, so that a broken file cannot ask for more.
const (
	mostSixteenths = 1 << 30
	mostBucket     = 60 * 64
	// smallestExponent makes 1/1024 of a millicore the first bucket.
	smallestExponent = (1023 - 10) << 6
	bucketShift      = 52 - 6
)

// bucketIndex cuts each octave into 64 buckets, as package digest does; 0 is
// nothing.
func bucketIndex(v float32) int64 {
	if !(v >= 1.0/1024) {
		return 0
	}
	return min(int64(math.Float64bits(float64(v))>>bucketShift)-smallestExponent+1, mostBucket)
}

func bucketMiddle(i int64) float32 {
	if i <= 0 {
		return 0
	}
	low := uint64(i-1+smallestExponent) << bucketShift
	return float32(math.Float64frombits(low | 1<<(bucketShift-1)))
}

const loadVersion = 1

// MarshalText writes the load in base64: a version, then pods as runs of
// (change, length), then for each slot with pods the change of its bucket.
func (l Load) MarshalText() ([]byte, error) {
	if l.IsZero() {
		return nil, nil
	}
	out, all := []byte{loadVersion}, l.all()
	var last int64
	for i := 0; i < len(all.pods); {
		n := sixteenths(all.pods[i])
		j := i + 1
		for j < len(all.pods) && sixteenths(all.pods[j]) == n {
			j++
		}
		out = binary.AppendVarint(out, n-last)
		out = binary.AppendUvarint(out, uint64(j-i))
		last, i = n, j
	}
	last = 0
	for i, v := range all.cpu {
		if sixteenths(all.pods[i]) == 0 {
			continue
		}
		b := bucketIndex(v)
		out = binary.AppendVarint(out, b-last)
		last = b
	}
	return base64.RawStdEncoding.AppendEncode(nil, out), nil
}

// UnmarshalText reads what MarshalText wrote; anything else is an error and
// leaves l empty.
func (l *Load) UnmarshalText(text []byte) error {
	*l = Load{}
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	switch {
	case err != nil:
		return fmt.Errorf("load: %w", err)
	case len(raw) == 0:
		return nil
	case raw[0] != loadVersion:
		return fmt.Errorf("load of version %d, this program reads version %d", raw[0], loadVersion)
	}
	var got sums
	rest, err := got.readPods(raw[1:])
	if err != nil {
		return err
	}
	if err := got.readCPU(rest); err != nil {
		return err
	}
	l.rest = pack(&got)
	return nil
}

var errLoad = errors.New("load: not a day of five-minute slots")

func (l *sums) readPods(raw []byte) (rest []byte, err error) {
	var n int64
	for i := 0; i < len(l.pods); {
		change, a := binary.Varint(raw)
		if a <= 0 {
			return nil, errLoad
		}
		length, b := binary.Uvarint(raw[a:])
		if b <= 0 || length == 0 || length > uint64(len(l.pods)-i) || change > mostSixteenths || change < -mostSixteenths {
			return nil, errLoad
		}
		raw = raw[a+b:]
		if n += change; n < 0 || n > mostSixteenths {
			return nil, errLoad
		}
		for range length {
			l.pods[i] = float32(n) / 16
			i++
		}
	}
	return raw, nil
}

func (l *sums) readCPU(raw []byte) error {
	var b int64
	for i := range l.cpu {
		if l.pods[i] == 0 {
			continue
		}
		change, n := binary.Varint(raw)
		if n <= 0 || change > mostBucket || change < -mostBucket {
			return errLoad
		}
		raw = raw[n:]
		if b += change; b < 0 || b > mostBucket {
			return errLoad
		}
		l.cpu[i] = bucketMiddle(b)
	}
	if len(raw) > 0 {
		return errLoad
	}
	return nil
}

// hasLoad reports whether workloads of the kind can be scaled at all, so that
// their load is worth keeping. A kind that is not known may be: custom
// resources have scale subresources.
func hasLoad(kind string) bool {
	switch kind {
	case "DaemonSet", "Pod", "Node", "":
		return false
	}
	return !IsBatch(kind)
}

// LoadCurve is a workload's load over the window in five-minute slots, from
// the first slot in which it was seen. All slices have the same length.
type LoadCurve struct {
	Start time.Time // of the first slot
	CPU   []float64 // mean millicores of all pods together
	Pods  []float64 // mean number of pods
	// Seen counts the slots with samples. A gap of up to an hour repeats the
	// slot before it; in a longer one nothing ran, as far as can be told.
	Seen int
}

// longestGap is the slots without samples that a LoadCurve bridges.
const longestGap = 12

// LoadCurve gives the load of all running containers of the workload together;
// it is empty where none was recorded.
func (f *WorkloadFacts) LoadCurve(w Window) LoadCurve {
	return loadCurve(w, f.Containers, func(c *ContainerFacts) bool { return c.Type != TypeInit })
}

// ContainerLoadCurve is LoadCurve for one container alone.
func (f *WorkloadFacts) ContainerLoadCurve(w Window, container string) LoadCurve {
	return loadCurve(w, f.Containers, func(c *ContainerFacts) bool { return c.Name == container })
}

func loadCurve(w Window, containers []ContainerFacts, of func(*ContainerFacts) bool) LoadCurve {
	if w.Moment || !w.End.After(w.Start) {
		return LoadCurve{}
	}
	first := w.Start.Unix() / digest.SlotSeconds
	n := (w.End.Unix()+digest.SlotSeconds-1)/digest.SlotSeconds - first
	c := LoadCurve{CPU: make([]float64, n), Pods: make([]float64, n)}
	for i := range containers {
		if of(&containers[i]) {
			c.addDays(containers[i].Days, first)
		}
	}
	return c.trimmed(first)
}

func (c *LoadCurve) addDays(days []Day, first int64) {
	for i := range days {
		d := &days[i]
		if d.Load.IsZero() {
			continue
		}
		at := int64(d.Date)*digest.SlotsPerDay - first
		for slot := range digest.SlotsPerDay {
			j := at + int64(slot)
			if j < 0 || j >= int64(len(c.CPU)) {
				continue
			}
			cpu, pods := d.Load.At(slot)
			c.CPU[j] += cpu
			c.Pods[j] = max(c.Pods[j], pods)
		}
	}
}

// trimmed drops the slots before the first that was seen and bridges gaps.
func (c *LoadCurve) trimmed(first int64) LoadCurve {
	begin := 0
	for begin < len(c.Pods) && c.Pods[begin] == 0 {
		begin++
	}
	out := LoadCurve{Start: time.Unix((first+int64(begin))*digest.SlotSeconds, 0).UTC(), CPU: c.CPU[begin:], Pods: c.Pods[begin:]}
	last := -1
	for i, p := range out.Pods {
		if p == 0 {
			continue
		}
		if out.Seen++; i-last-1 <= longestGap {
			for j := last + 1; j < i; j++ {
				out.CPU[j], out.Pods[j] = out.CPU[last], out.Pods[last]
			}
		}
		last = i
	}
	return out
}
