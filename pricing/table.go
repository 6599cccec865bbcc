package pricing

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// row is one line of a price table: one type in one region with up to four prices.
type row struct {
	provider, region, instanceType, arch, gpuName, band string

	cpuMillis, memoryBytes, gpus, diskBytes, maxPods int64
	partOfGPU                                        float64 // the GPUs where they are no whole number, as of G4's small sizes; else 0

	usd  [slotCount]float64 // 0 where the table doesn't know
	from *provenance
	line int

	whenNewer bool // it yields to a row of a later on-demand price
}

// provenance is the source and date of each price of a row. Rows share them:
// whole tables hold a dozen different ones.
type provenance struct {
	source, asOf         [slotCount]string
	bandSource, bandAsOf string
}

// devices is the number of the row's GPUs, with parts of one.
func (r *row) devices() float64 { return cmp.Or(r.partOfGPU, float64(r.gpus)) }

// offering gives one of the row's prices the shape that callers see.
func (r *row) offering(s slot) Offering {
	ct, years := s.capacityType()
	o := Offering{
		Provider: r.provider, Region: r.region, InstanceType: r.instanceType, Arch: r.arch,
		CPUMillis: r.cpuMillis, MemoryBytes: r.memoryBytes, GPUs: r.gpus, GPUName: r.gpuName,
		LocalDiskBytes: r.diskBytes, MaxPods: r.maxPods,
		CapacityType: ct, TermYears: years, USDPerHour: r.usd[s],
		Source: r.from.source[s], AsOf: r.from.asOf[s],
	}
	if s == slotSpot {
		o.InterruptionBand = r.band
	}
	return o
}

// The columns of a price table, in the order the product writes them.
const (
	colProvider = iota
	colRegion
	colType
	colArch
	colVCPU
	colMemory
	colGPUs
	colGPUName
	colDisk
	colMaxPods
	colOnDemand
	colSpot
	colReserved1
	colReserved3
	colBand
	colSource
	colAsOf
	colCurrency
	colCount
)

var tableColumns = []string{
	"provider", "region", "instance_type", "arch", "vcpu", "memory_gib", "gpu_count", "gpu_name",
	"local_disk_gib", "max_pods", "on_demand_usd_hour", "spot_usd_hour",
	"reserved_1y_no_upfront_usd_hour", "reserved_3y_no_upfront_usd_hour",
	"interruption_band", "source", "as_of", "currency",
}

var tableRequired = []string{"provider", "region", "instance_type", "vcpu", "memory_gib", "on_demand_usd_hour"}

// csvRecords walks a CSV file of the user's: a byte-order mark, CRLF, comment
// lines and a semicolon as separator are all accepted.
type csvRecords struct {
	r      *csv.Reader
	column map[string]int
}

// openCSV reads the header and checks it against the known and required columns.
// The line of the header comes back for messages.
func openCSV(data []byte, known, required []string) (*csvRecords, int, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment, r.Comma, r.ReuseRecord = '#', separator(data), true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, 1, errors.New("the file is empty; it needs a header line and at least one price")
	}
	if err != nil {
		return nil, csvLine(err, 1), csvCause(err)
	}
	line, _ := r.FieldPos(0)
	c := &csvRecords{r: r, column: make(map[string]int, len(header))}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(known, name) {
			return nil, line, fmt.Errorf("unknown column %q; known columns are %s", name, strings.Join(known, ", "))
		}
		if _, twice := c.column[name]; twice {
			return nil, line, fmt.Errorf("column %q stands twice in the header", name)
		}
		c.column[name] = i
	}
	for _, name := range required {
		if _, ok := c.column[name]; !ok {
			return nil, line, fmt.Errorf("column %q is missing from the header", name)
		}
	}
	return c, line, nil
}

// next returns the next record and its line; io.EOF at the end.
func (c *csvRecords) next() (record []string, line int, err error) {
	record, err = c.r.Read()
	if errors.Is(err, io.EOF) {
		return nil, 0, io.EOF
	}
	if err != nil {
		return nil, csvLine(err, 0), csvCause(err)
	}
	line, _ = c.r.FieldPos(0)
	return record, line, nil
}

// field returns a record's value in a column, empty where the file lacks the column.
func (c *csvRecords) field(record []string, name string) string {
	i, ok := c.column[name]
	if !ok || i >= len(record) {
		return ""
	}
	return strings.TrimSpace(record[i])
}

// separator guesses between comma and semicolon from the first line that isn't a comment.
func separator(data []byte) rune {
	for line := range bytes.Lines(data) {
		if len(bytes.TrimSpace(line)) == 0 || line[0] == '#' {
			continue
		}
		if bytes.Count(line, []byte{';'}) > bytes.Count(line, []byte{','}) {
			return ';'
		}
		break
	}
	return ','
}

func csvLine(err error, otherwise int) int {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Line
	}
	return otherwise
}

// csvCause drops encoding/csv's own position, which the message already carries.
func csvCause(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	switch {
	case errors.Is(p.Err, csv.ErrFieldCount):
		return errors.New("the number of fields differs from the header's")
	case errors.Is(p.Err, csv.ErrQuote), errors.Is(p.Err, csv.ErrBareQuote):
		return fmt.Errorf("misplaced or unclosed double quote near column %d; write a quote inside a field twice", p.Column)
	}
	return p.Err
}

// tableReader turns records into rows and shares the strings that repeat.
type tableReader struct {
	file   string // stands in as the source where a row names none
	at     [colCount]int
	record []string
	words  map[string]string
	from   map[[2]string]*provenance
}

func newTableReader(file string, c *csvRecords) *tableReader {
	t := &tableReader{file: file, words: map[string]string{}, from: map[[2]string]*provenance{}}
	for i, name := range tableColumns {
		t.at[i] = -1
		if at, ok := c.column[name]; ok {
			t.at[i] = at
		}
	}
	return t
}

// field returns the current record's value in a column, empty where the file lacks it.
func (t *tableReader) field(column int) string {
	if i := t.at[column]; i >= 0 {
		return strings.TrimSpace(t.record[i])
	}
	return ""
}

// readTable decodes a price table. Rows with a problem are left out and the
// problem is told with its line; the sanity rules are checked elsewhere.
func readTable(name string, data []byte) ([]row, []Problem) {
	c, line, err := openCSV(data, tableColumns, tableRequired)
	if err != nil {
		return nil, []Problem{{name, line, err.Error()}}
	}
	t := newTableReader(name, c)
	rows := make([]row, 0, len(data)/120)
	var problems []Problem
	for {
		record, line, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems = append(problems, Problem{name, line, err.Error()})
			if len(problems) >= maxProblems {
				break
			}
			continue
		}
		var r row
		t.record = record
		if err := t.row(&r); err != nil {
			problems = append(problems, Problem{name, line, err.Error()})
			continue
		}
		r.line = line
		rows = append(rows, r)
	}
	if len(rows) == 0 && len(problems) == 0 {
		problems = []Problem{{name, line, "the table has a header but no prices"}}
	}
	return rows, problems
}

func (t *tableReader) row(r *row) error {
	if cur := t.field(colCurrency); cur != "" && !strings.EqualFold(cur, "USD") {
		return currencyError(cur)
	}
	r.provider = t.word(cloud.Canonical(t.field(colProvider)))
	r.region, r.instanceType, r.arch = t.word(t.field(colRegion)), t.word(t.field(colType)), t.word(t.field(colArch))
	r.gpuName, r.band = t.word(t.field(colGPUName)), t.word(t.field(colBand))
	if r.provider == "" || r.region == "" || r.instanceType == "" {
		return errors.New("provider, region and instance_type must all be filled in")
	}
	if err := t.hardware(r); err != nil {
		return err
	}
	for s := range slotCount {
		column := colOnDemand + int(s)
		usd, err := nonNegative(tableColumns[column], t.field(column))
		if err != nil {
			return err
		}
		r.usd[s] = usd
	}
	r.from = t.provenance(cmp.Or(t.field(colSource), t.file), t.field(colAsOf))
	return nil
}

func (t *tableReader) hardware(r *row) error {
	r.diskBytes = -1
	for _, h := range [...]struct {
		column int
		to     *int64
		scale  float64
	}{
		{colVCPU, &r.cpuMillis, 1000}, {colMemory, &r.memoryBytes, bytesPerGiB}, {colGPUs, &r.gpus, 1},
		{colDisk, &r.diskBytes, bytesPerGiB}, {colMaxPods, &r.maxPods, 1},
	} {
		text := t.field(h.column)
		if text == "" {
			continue
		}
		v, err := nonNegative(tableColumns[h.column], text)
		if err != nil {
			return err
		}
		if v*h.scale > math.MaxInt64/2 {
			return fmt.Errorf("%s %q is too large", tableColumns[h.column], text)
		}
		*h.to = int64(math.Round(v * h.scale))
		if h.column == colGPUs && v != math.Trunc(v) {
			r.partOfGPU = v
		}
	}
	return nil
}

// word returns one shared copy of a string, so that rows don't keep whole records alive.
func (t *tableReader) word(s string) string {
	if w, ok := t.words[s]; ok {
		return w
	}
	w := strings.Clone(s)
	t.words[w] = w
	return w
}

func (t *tableReader) provenance(source, asOf string) *provenance {
	key := [2]string{t.word(source), t.word(asOf)}
	if p, ok := t.from[key]; ok {
		return p
	}
	p := &provenance{}
	p.source, p.bandSource = perPrice(key[0])
	p.asOf, p.bandAsOf = perPrice(key[1])
	t.from[key] = p
	return p
}

// perPrice splits "od:a;spot:b;ri:c;band:d" into one value per price; any other
// text stands for all of them.
func perPrice(text string) (v [slotCount]string, band string) {
	if !strings.HasPrefix(text, "od:") {
		return [slotCount]string{text, text, text, text}, text
	}
	for part := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(part, ":")
		switch strings.TrimSpace(key) {
		case "od":
			v[slotOnDemand] = value
		case "spot":
			v[slotSpot] = value
		case "ri":
			v[slotReserved1], v[slotReserved3] = value, value
		case "band":
			band = value
		}
	}
	return v, band
}

// nonNegative parses a number as a price file writes it; empty is 0.
func nonNegative(name, text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && strings.Contains(text, ","):
		return 0, fmt.Errorf("%s %q is not a number; write a decimal point, not a comma", name, text)
	case err != nil, math.IsNaN(v), math.IsInf(v, 0):
		return 0, fmt.Errorf("%s %q is not a number", name, text)
	case v < 0:
		return 0, fmt.Errorf("%s %q is negative", name, text)
	}
	return v, nil
}

func currencyError(currency string) error {
	return fmt.Errorf("currency %q can't be used: plimsoll adds prices up in USD and converts nothing; convert the file first", currency)
}
