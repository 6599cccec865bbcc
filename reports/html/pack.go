package html

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/snippet"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// chunkWorkloads is how many workloads are packed together: a panel unpacks
// some hundred kilobytes.
const chunkWorkloads = 8

// level weighs size against time; a higher one saves a few per cent.
const level = 6

// packer compresses pieces into elements that are no script to a browser.
type packer struct {
	buf bytes.Buffer
	z   *flate.Writer
}

func newPacker() *packer {
	z, err := flate.NewWriter(nil, level)
	if err != nil {
		panic(err) // the level is a constant that is valid
	}
	return &packer{z: z}
}

// write adds one piece: deflated, as base64.
func (p *packer) write(out *bufio.Writer, id string, data []byte) error {
	p.buf.Reset()
	p.z.Reset(&p.buf)
	if _, err := p.z.Write(data); err != nil {
		return fmt.Errorf("packing %s: %w", id, err)
	}
	if err := p.z.Close(); err != nil {
		return fmt.Errorf("packing %s: %w", id, err)
	}
	fmt.Fprintf(out, "<script type=\"text/plain\" id=\"%s\">", id)
	e := base64.NewEncoder(base64.StdEncoding, out)
	if _, err := e.Write(p.buf.Bytes()); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	_, err := out.WriteString("</script>\n")
	return err
}

// index is what the script reads first.
type index struct {
	Chunk     int   `json:"chunk"`
	Priced    bool  `json:"priced"`
	Start     int64 `json:"start"` // seconds since 1970 of the first slot
	SlotHours int   `json:"slotHours"`
	Slots     int   `json:"slots"`
	Rows      []row `json:"rows"`

	Lists map[string][][]cell `json:"lists,omitempty"` // the rows of tables that are not plain HTML
}

// detail is what stands behind one workload.
type detail struct {
	Title      string      `json:"title"`
	Text       string      `json:"text"` // as explain prints it
	YAML       string      `json:"yaml,omitempty"`
	ScalerYAML string      `json:"scalerYAML,omitempty"`
	Scaling    *scaling    `json:"scaling,omitempty"`
	Pods       *packed     `json:"pods,omitempty"`        // as recorded
	Advised    *packed     `json:"advisedPods,omitempty"` // as replayed
	Containers []container `json:"containers"`
}

// scaling is the number of pods, now and as advised.
type scaling struct {
	Now    string  `json:"now"`
	Advice string  `json:"advice,omitempty"`
	Least  int32   `json:"least,omitempty"`
	Most   int32   `json:"most,omitempty"`
	Mean   float64 `json:"mean,omitempty"`
}

// container is what stands behind one container. Texts are as they are printed;
// numbers are for pictures.
type container struct {
	Name    string     `json:"name"`
	Figures [][]string `json:"figures"`
	CPU     *usage     `json:"cpu,omitempty"`
	Memory  *usage     `json:"memory,omitempty"`
	Days    []day      `json:"days,omitempty"`
	Curve   []point    `json:"curve,omitempty"`
	Sizes   []size     `json:"sizes,omitempty"`
	Peers   [][]string `json:"peers,omitempty"`

	MemoryCurve []point  `json:"memoryCurve,omitempty"`
	MemorySizes []size   `json:"memorySizes,omitempty"`
	Without     []string `json:"without,omitempty"` // why a curve is missing
}

// usage is one resource over time, in millicores or bytes.
type usage struct {
	Mean  packed `json:"mean"`
	Peak  packed `json:"peak"`
	Marks []mark `json:"marks"`
}

// mark is a request, a limit or the advice.
type mark struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Text  string  `json:"text"`
}

// packed is a series: its bytes stand from At on in the chunk's tail, each as the
// difference to the one before.
type packed struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	At   int     `json:"at"`
}

// day is one day in numbers and in words: median, 95th percentile, most.
type day struct {
	Date   string     `json:"date"`
	CPU    [3]float64 `json:"cpu"`
	Memory [3]float64 `json:"memory"`
	Text   []string   `json:"text"`
}

// point is a size and what it risks: of CPU the share of time above it, of memory the
// probability that it is passed within a week. In words it has what it costs, too.
type point struct {
	Size float64  `json:"size"`
	Risk float64  `json:"risk"`
	Text []string `json:"text"`
}

// size is a request, a limit or the advice on the curve.
type size struct {
	Name  string  `json:"name"`
	Size  float64 `json:"size"`
	Text  string  `json:"text"`
	Words string  `json:"words"`
}

// histories finds containers' histories fast, and the replayed pods of workloads.
type histories struct {
	containers map[string]*document.ContainerHistory
	scaled     map[string]*document.ScaledHistory
}

func historiesOf(r *document.Report) histories {
	out := histories{map[string]*document.ContainerHistory{}, map[string]*document.ScaledHistory{}}
	if r.History == nil {
		return out
	}
	for i := range r.History.Containers {
		c := &r.History.Containers[i]
		out.containers[historyKey(c.Namespace, c.Kind, c.Name, c.Container)] = c
	}
	for i := range r.History.Scaled {
		x := &r.History.Scaled[i]
		out.scaled[historyKey(x.Namespace, x.Kind, x.Name)] = x
	}
	return out
}

func historyKey(parts ...string) string { return strings.Join(parts, "\x00") }

func (h histories) of(w *document.Workload, c *document.Container) *document.ContainerHistory {
	return h.containers[historyKey(w.Namespace, w.Kind, w.Name, c.Name)]
}

// chunk packs workloads: the length of the JSON in four bytes, the JSON, the
// series.
func chunk(r *document.Report, past histories, first, end int) ([]byte, error) {
	var tail []byte
	details := make([]detail, 0, end-first)
	for i := first; i < end; i++ {
		d, err := detailOf(r, past, &r.Workloads[i], &tail)
		if err != nil {
			return nil, err
		}
		details = append(details, d)
	}
	data, err := json.Marshal(details)
	if err != nil {
		return nil, fmt.Errorf("writing what stands behind workloads: %w", err)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	return append(append(out, data...), tail...), nil
}

func detailOf(r *document.Report, past histories, w *document.Workload, tail *[]byte) (detail, error) {
	d := detail{Title: brief.Path(w), Containers: []container{}}
	of := *r
	if r.History != nil { // of this workload alone, so that it is found at once
		h := *r.History
		h.Containers = nil
		for i := range w.Containers {
			if c := past.of(w, &w.Containers[i]); c != nil {
				h.Containers = append(h.Containers, *c)
			}
		}
		of.History = &h
	}
	var b strings.Builder
	if err := text.Reasons(&b, &of, w, text.Options{}); err != nil {
		return d, err
	}
	d.Text, d.YAML, d.ScalerYAML = b.String(), lines(snippet.Pod(w)), lines(snippet.Scaler(r, w).Lines)
	d.Scaling = scalingOf(w.Horizontal)
	for i := range w.Containers {
		h := past.of(w, &w.Containers[i])
		if h != nil && d.Pods == nil && !h.Pods.IsZero() {
			p := pack(h.Pods, tail)
			d.Pods = &p
		}
		d.Containers = append(d.Containers, containerOf(&w.Containers[i], h, tail))
	}
	if x := past.scaled[historyKey(w.Namespace, w.Kind, w.Name)]; x != nil && !x.Pods.IsZero() {
		p := pack(x.Pods, tail)
		d.Advised = &p
	}
	return d, nil
}

func lines(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, "\n") + "\n"
}

func scalingOf(h *document.Horizontal) *scaling {
	if h == nil {
		return nil
	}
	out := &scaling{Now: brief.Scaling(h.Current)}
	if to := h.Recommended; to != nil {
		out.Advice, out.Mean = brief.Scaling(*to), to.MeanReplicas
		if to.MinReplicas != nil && to.MaxReplicas != nil {
			out.Least, out.Most = *to.MinReplicas, *to.MaxReplicas
		}
	}
	return out
}

func escape(s string) string { return url.PathEscape(brief.Clean(s)) }
