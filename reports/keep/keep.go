// Package keep is the folder of the last reports, for show, explain and diff.
package keep

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/unpack"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Folder is one file a report, of which the newest are kept. A report is worth little
// without it being there: where nothing can be written, that is let be.
type Folder struct{ dir string }

// mostKept is how many reports are kept of the same, so that neither the demo
// nor a snapshot drives out a cluster's; mostKeptInAll of all.
const (
	mostKept      = 20
	mostKeptInAll = 10 * mostKept
)

// Open gives the user's folder, which keeps nothing where there is none.
func Open() Folder {
	dir, err := os.UserCacheDir()
	if err != nil {
		return Folder{}
	}
	return Folder{filepath.Join(dir, "plimsoll", "reports")}
}

// Report is a report that was kept.
type Report struct {
	path string
	// At is when it was made; Of is what it is of: a context, a snapshot, the
	// demo, with the namespaces and labels that were selected.
	At time.Time `json:"at"`
	Of string    `json:"of"`
}

// Save keeps a report and says whether it could.
func (k Folder) Save(r *document.Report, of string, at time.Time) bool {
	d, ok := k.Prepare(r, of, at)
	return ok && d.Put() == nil
}

// Draft is a report that is written and not yet kept.
type Draft struct {
	*disk.Draft
	in Folder
}

// Put keeps it.
func (d *Draft) Put() error {
	err := d.Draft.Put()
	if err == nil {
		d.in.prune()
	}
	return err
}

// Prepare does what Save does but for the last step: Put or Drop must follow where it
// could. Two that are written at once have names of their own.
func (k Folder) Prepare(r *document.Report, of string, at time.Time) (*Draft, bool) {
	if k.dir == "" || os.MkdirAll(k.dir, 0o700) != nil {
		return nil, false
	}
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	head, err := json.Marshal(Report{At: at.UTC(), Of: of})
	if err != nil {
		return nil, false
	}
	z.Comment = hex.EncodeToString(head)
	if err := errors.Join(document.Save(z, r), z.Close()); err != nil {
		return nil, false
	}
	sum := sha256.Sum256([]byte(of))
	name := fmt.Sprintf("%s-%s.json.gz", at.UTC().Format("20060102T150405.000000000"), hex.EncodeToString(sum[:4]))
	d, err := disk.Prepare(filepath.Join(k.dir, name), disk.Private, func(w io.Writer) error {
		_, err := w.Write(buf.Bytes())
		return err
	})
	return &Draft{d, k}, err == nil
}

// prune removes all but the newest. Another process may remove them, too.
func (k Folder) prune() {
	names := k.names()
	slices.Reverse(names)
	of := map[string]int{}
	for i, n := range names {
		_, sum, _ := strings.Cut(n, "-")
		if of[sum]++; of[sum] > mostKept || i >= mostKeptInAll {
			_ = os.Remove(filepath.Join(k.dir, n))
		}
	}
}

// names lists the reports, the oldest first.
func (k Folder) names() []string {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".json.gz") && e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out
}

// List gives what is kept, the newest first.
func (k Folder) List() []Report {
	var out []Report
	for _, n := range k.names() {
		f, err := os.Open(filepath.Join(k.dir, n))
		if err != nil {
			continue
		}
		x := Report{path: f.Name()}
		if z, err := gzip.NewReader(f); err == nil {
			head, _ := hex.DecodeString(z.Comment)
			if json.Unmarshal(head, &x) == nil {
				out = append(out, x)
			}
		}
		f.Close()
	}
	slices.SortStableFunc(out, func(a, b Report) int { return b.At.Compare(a.At) })
	return out
}

// Read reads a report that was kept.
func (x Report) Read() (*document.Report, error) {
	f, err := os.Open(x.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Decode(f)
}

// reportBounds are what a gzipped report may come to: reports pack 10 to 40 times.
var reportBounds = unpack.Bounds{FreeText: 16 << 20, Ratio: 100}

// mostReport bounds the text of a gzipped report.
const mostReport = 1 << 30

// Decode reads a report, gzip or plain.
func Decode(r io.Reader) (*document.Report, error) {
	data, err := disk.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		packed := &unpack.Counter{R: bytes.NewReader(data)}
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, fmt.Errorf("reading the report: %w", err)
		}
		if data, err = unpack.Whole(unpack.Reader(z, packed, reportBounds), mostReport); err != nil {
			return nil, fmt.Errorf("reading the report: %w", err)
		}
	}
	return document.Read(bytes.NewReader(data))
}

// ErrNothing says that no report is kept at all.
var ErrNothing = errors.New("no report is kept yet: make one with plimsoll audit, or name one with --report FILE")

// Newest gives the newest report that is of what is asked: of just that, else
// of a part of it. An empty string is of anything.
func (k Folder) Newest(of string) (Report, error) {
	all := k.List()
	for _, match := range []func(string, string) bool{isOf, isPartOf} {
		for _, x := range all {
			if of == "" || match(x.Of, of) {
				return x, nil
			}
		}
	}
	if of == "" {
		return Report{}, ErrNothing
	}
	return Report{}, fmt.Errorf("no report of %s is kept: make one with plimsoll audit, or name one with --report FILE", of)
}

// ofNames are the names by which people ask for what a report is of: "cluster
// a, context b, -n c" is that, "a, context b, -n c" and "b, -n c".
func ofNames(of string) []string {
	out := []string{of}
	if _, rest, ok := strings.Cut(of, " "); ok {
		out = append(out, rest)
	}
	if _, rest, ok := strings.Cut(of, ", context "); ok {
		out = append(out, rest)
	}
	return out
}

func isOf(has, of string) bool { return slices.Contains(ofNames(has), of) }

// isPartOf reports whether one is of what is asked and of less of it: a name
// alone matches whole, so that prod is not prod-eu.
func isPartOf(has, of string) bool {
	return slices.ContainsFunc(ofNames(has), func(n string) bool {
		return strings.HasPrefix(n, of+", ") || strings.HasPrefix(n, of+" ")
	})
}

// Age says how old something is, for people.
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return document.Counted(int(d.Minutes()), "minute") + " ago"
	case d < 48*time.Hour:
		return document.Counted(int(d.Hours()), "hour") + " ago"
	}
	return document.Counted(int(d.Hours()/24), "day") + " ago"
}

// Pair gives the newest report that is of what is asked, and the newest of the
// same that was made so long before it.
func (k Folder) Pair(of string, ago time.Duration) (old, last Report, err error) {
	if last, err = k.Newest(of); err != nil {
		return old, last, err
	}
	oldest := last
	for _, x := range k.List() {
		if x.Of != last.Of {
			continue
		}
		if !x.At.After(last.At.Add(-ago)) {
			return x, last, nil
		}
		oldest = x
	}
	return old, last, fmt.Errorf("no report of %s is kept that is %s older than the last: the oldest was made %s; see plimsoll show --list", last.Of, howLong(ago), Age(time.Since(oldest.At)))
}

// howLong says how long a time is, for people.
func howLong(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d%day == 0:
		return document.Counted(int(d/day), "day")
	case d%time.Hour == 0:
		return document.Counted(int(d/time.Hour), "hour")
	}
	return d.String()
}
