// Package bill holds a bill in FOCUS against what the catalog would say, and splits
// the difference by cause.
package bill

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Row is a charge of a bill. Amounts are USD; those that the bill does not have are
// the ones of the next step: without a list price, the contract's stands in.
type Row struct {
	Provider, Region string
	Category         string // Usage, Purchase, Tax, Credit or Adjustment
	Service          string
	UsageType        string     // AWS' own name of what was used
	InstanceType     string     // empty for what is no machine
	System           string     // operating system; empty where the bill does not say
	Part             cloud.Part // of machines that are billed by their parts; none for others
	SKU              string     // what the cloud calls it, where machines are billed by their parts
	Buying           string     // Standard, Dynamic or Committed
	Unused           bool       // a commitment that nothing used
	Quantity         float64
	Unit             string
	From, To         string // the charge's days, YYYY-MM-DD, To being the first after it; empty where the bill does not say

	List, Contracted, Effective, Billed float64
}

// columns are the names of FOCUS 1.0 to 1.2 that are read, and AWS' and Azure's own beside them.
// Source: focus.finops.org/focus-specification.
var (
	required = []string{"chargecategory", "effectivecost", "billingcurrency", "regionid", "servicename"}
	usual    = []string{"listcost", "contractedcost", "billedcost", "pricingquantity", "consumedquantity", "pricingunit", "consumedunit", "pricingcategory",
		"commitmentdiscountstatus", "skupricedetails", "x_usagetype", "x_instancetype", "x_skudetails", "x_operation",
		"skumeter", "chargedescription", "x_skumetersubcategory", "x_skumetercategory", "x_servicecode", "x_pricingblocksize", "chargeperiodstart", "chargeperiodend"}
	providers = []string{"serviceprovidername", "providername", "publishername"} // of 1.3, and before
)

// Each reads a bill row by row. The error names the file, the line and what is wrong;
// a bill that can be read in part alone is not used.
func Each(name string, r io.Reader, use func(Row) error) error {
	buffered := bufio.NewReader(r)
	if mark, err := buffered.Peek(2); err == nil && bytes.Equal(mark, []byte("\x1f\x8b")) { // as AWS exports it
		packed, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("%s: it begins as gzip does, and is none: %w", name, err)
		}
		buffered = bufio.NewReader(packed)
	}
	if mark, err := buffered.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3)
	}
	text := &bounded{r: buffered}
	records := csv.NewReader(text)
	records.ReuseRecord = true
	header, err := records.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file is empty; it needs a header line and at least one charge", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b := reader{name: name, at: map[string]int{}}
	if err := b.open(header); err != nil {
		return err
	}
	n := 0
	for ; ; n++ {
		text.row = 0
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		row, err := b.row(record)
		if err == nil {
			err = use(row)
		}
		if err != nil {
			line, _ := records.FieldPos(0)
			return fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
	if n == 0 {
		return fmt.Errorf("%s: the bill has a header but no charges", name)
	}
	return nil
}

// mostRow bounds the text of a charge: a quotation mark that never closes is no charge.
const mostRow = 1 << 20

// bounded is a text whose rows have an end.
type bounded struct {
	r   io.Reader
	row int // bytes read since a row began
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.row > mostRow {
		return 0, fmt.Errorf("a charge has over %d MiB: is a quotation mark open", mostRow>>20)
	}
	n, err := b.r.Read(p)
	b.row += n
	return n, err //nolint:wrapcheck // io.EOF goes through as it is
}

// reader knows where the columns of a bill are.
type reader struct {
	name   string
	at     map[string]int
	record []string
}

func (b *reader) open(header []string) error {
	for i, column := range header {
		column = strings.ToLower(strings.TrimSpace(column))
		if _, twice := b.at[column]; twice && (slices.Contains(required, column) || slices.Contains(usual, column) || slices.Contains(providers, column)) {
			return fmt.Errorf("%s: column %q stands twice in the header", b.name, column)
		}
		b.at[column] = i
	}
	var missing []string
	for _, column := range required {
		if _, ok := b.at[column]; !ok {
			missing = append(missing, column)
		}
	}
	if !slices.ContainsFunc(providers, func(column string) bool { _, ok := b.at[column]; return ok }) {
		missing = append(missing, "providername")
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: this is no bill in FOCUS 1.x as CSV: it lacks %s", b.name, strings.Join(missing, ", "))
	}
	for _, column := range usual {
		if _, ok := b.at[column]; !ok {
			b.at[column] = -1
		}
	}
	return nil
}

func (b *reader) field(column string) string {
	if i, ok := b.at[column]; ok && i >= 0 && i < len(b.record) {
		if text := strings.TrimSpace(b.record[i]); !strings.EqualFold(text, "null") {
			return strings.Clone(text)
		}
	}
	return ""
}

// number reads a column; ok is false where it is empty.
func (b *reader) number(column string) (v float64, ok bool, err error) {
	text := b.field(column)
	if text == "" {
		return 0, false, nil
	}
	v, err = strconv.ParseFloat(text, 64)
	if err != nil || v != v || v > 1e15 || v < -1e15 || strings.ContainsAny(text, "xX_") {
		return 0, false, fmt.Errorf("%s %q is not a number", column, text)
	}
	return v, true, nil
}

func (b *reader) row(record []string) (Row, error) {
	b.record = record
	if currency := b.field("billingcurrency"); !strings.EqualFold(currency, "USD") {
		return Row{}, fmt.Errorf("the charge is in %q: plimsoll adds up in USD and converts nothing; convert the file first", currency)
	}
	row := Row{
		Region: b.field("regionid"), Category: b.field("chargecategory"), Service: b.field("servicename"), UsageType: b.field("x_usagetype"),
		Buying: b.field("pricingcategory"), Unused: strings.EqualFold(b.field("commitmentdiscountstatus"), "Unused"),
	}
	for _, column := range providers {
		row.Provider = cmp.Or(row.Provider, cloud.OfVendor(b.field(column)))
	}
	row.From, row.To = day(b.field("chargeperiodstart")), dayAfter(b.field("chargeperiodend"))
	b.machine(&row)
	if of := cloud.Of(row.Provider); of == nil || !of.BillsParts {
		row.Part, row.SKU = cloud.Part{}, ""
	}
	return row, b.amounts(&row)
}

// day is the date that a time begins with; empty for others.
func day(text string) string {
	if len(text) < len(time.DateOnly) {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, text[:len(time.DateOnly)]); err != nil {
		return ""
	}
	return text[:len(time.DateOnly)]
}

// dayAfter is the first day that begins at a time or later.
func dayAfter(text string) string {
	on := day(text)
	if on == "" || !strings.ContainsAny(text[len(on):], "123456789") {
		return on
	}
	t, _ := time.Parse(time.DateOnly, on) // as day has checked
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// amounts reads the four costs; each that is missing is the one of the step before it.
func (b *reader) amounts(row *Row) error {
	var known bool
	var err error
	if row.Effective, known, err = b.number("effectivecost"); err != nil || !known {
		return cmp.Or(err, errors.New("the charge has no EffectiveCost"))
	}
	row.Contracted, row.List, row.Billed = row.Effective, row.Effective, row.Effective
	if v, known, err := b.number("contractedcost"); err != nil {
		return err
	} else if known {
		row.Contracted, row.List = v, v
	}
	for _, cost := range []struct {
		column string
		to     *float64
	}{{"listcost", &row.List}, {"billedcost", &row.Billed}} {
		if v, known, err := b.number(cost.column); err != nil {
			return err
		} else if known {
			*cost.to = v
		}
	}
	// A quantity has the unit that stands beside it. Azure's of pricing is in blocks, such as of 100 hours.
	block, blocks, err := b.number("x_pricingblocksize")
	if err != nil {
		return err
	}
	for _, of := range []string{"consumed", "pricing"} {
		if v, known, err := b.number(of + "quantity"); err != nil {
			return err
		} else if known {
			row.Quantity, row.Unit = v, b.field(of+"unit")
			if of == "pricing" && blocks && block > 0 {
				row.Quantity *= block
			}
		}
	}
	return nil
}

// machine finds the instance type and system, which FOCUS 1.2 has in SkuPriceDetails and the clouds
// in columns of their own before.
func (b *reader) machine(row *Row) {
	details := map[string]any{}
	_ = json.Unmarshal([]byte(b.field("skupricedetails")), &details) // what is no JSON says nothing
	text := func(key string) string {
		s, _ := details[key].(string)
		return s
	}
	row.InstanceType = cmp.Or(text("InstanceType"), text("x_InstanceType"), b.field("x_instancetype"))
	row.System = text("OperatingSystem")
	if at := strings.LastIndex(row.UsageType, "Usage:"); at >= 0 && row.InstanceType == "" {
		row.InstanceType = row.UsageType[at+len("Usage:"):] // USE1-BoxUsage:m6i.xlarge, EUC1-SpotUsage:c7g.large
	}
	clear(details)
	_ = json.Unmarshal([]byte(b.field("x_skudetails")), &details)
	if row.InstanceType == "" {
		row.InstanceType = text("ServiceType") // of Azure
	}
	usage := cloud.Usage{Provider: row.Provider, Name: row.UsageType, InstanceType: row.InstanceType,
		Service: cmp.Or(b.field("x_servicecode"), row.Service), Category: b.field("x_skumetercategory")}
	if !usage.OfMachine() {
		row.InstanceType = "" // a database's, or on a host of one's own
	}
	row.System = cmp.Or(cloud.SystemOfOperation(b.field("x_operation")), row.System)
	if strings.Contains(b.field("x_skumetersubcategory"), "Windows") {
		row.System = "Windows"
	}
	for _, column := range []string{"skumeter", "chargedescription"} {
		name := b.field(column)
		row.SKU = cmp.Or(row.SKU, name)
		if row.Part == (cloud.Part{}) && !strings.HasPrefix(row.SKU, "Commitment") { // whose usage is charged beside it
			row.Part, _ = cloud.PartOf(name)
		}
	}
}
