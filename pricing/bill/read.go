// Package bill holds a bill in FOCUS against what the catalog would say, and splits
// the difference by cause.
package bill

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Row is a charge of a bill. Amounts are USD; those that the bill does not have are
// the ones of the next step: without a list price, the contract's stands in.
type Row struct {
	Provider, Region string
	Category         string // Usage, Purchase, Tax, Credit or Adjustment
	Service          string
	UsageType        string // AWS' own name of what was used
	InstanceType     string // empty for what is no machine
	System           string // operating system; empty where the bill does not say
	Buying           string // Standard, Dynamic or Committed
	Unused           bool   // a commitment that nothing used
	Quantity         float64
	Unit             string

	List, Contracted, Effective, Billed float64
}

// columns are the names of FOCUS 1.0 to 1.2 that are read, and AWS' and Azure's own beside them.
// Source: focus.finops.org/focus-specification.
var (
	required = []string{"chargecategory", "effectivecost", "billingcurrency", "regionid", "servicename"}
	usual    = []string{"listcost", "contractedcost", "billedcost", "pricingquantity", "consumedquantity", "pricingunit", "consumedunit", "pricingcategory",
		"commitmentdiscountstatus", "skupricedetails", "x_usagetype", "x_instancetype", "x_skudetails", "x_operation"}
	providers = []string{"serviceprovidername", "providername", "publishername"} // of 1.3, and before
)

// Each reads a bill row by row. The error names the file, the line and what is wrong;
// a bill that can be read in part alone is not used.
func Each(name string, r io.Reader, use func(Row) error) error {
	buffered := bufio.NewReader(r)
	if mark, err := buffered.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3)
	}
	records := csv.NewReader(buffered)
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

// reader knows where the columns of a bill are.
type reader struct {
	name   string
	at     map[string]int
	record []string
}

func (b *reader) open(header []string) error {
	for i, column := range header {
		b.at[strings.ToLower(strings.TrimSpace(column))] = i
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
	if err != nil || v != v || v > 1e15 || v < -1e15 {
		return 0, false, fmt.Errorf("%s %q is not a number", column, text)
	}
	return v, true, nil
}

func (b *reader) row(record []string) (Row, error) {
	b.record = record
	if currency := b.field("billingcurrency"); currency != "USD" {
		return Row{}, fmt.Errorf("the charge is in %q: plimsoll adds up in USD and converts nothing; convert the file first", currency)
	}
	row := Row{
		Region: b.field("regionid"), Category: b.field("chargecategory"), Service: b.field("servicename"), UsageType: b.field("x_usagetype"),
		Buying: b.field("pricingcategory"), Unused: strings.EqualFold(b.field("commitmentdiscountstatus"), "Unused"),
		Unit: cmp.Or(b.field("pricingunit"), b.field("consumedunit")),
	}
	for _, column := range providers {
		row.Provider = cmp.Or(row.Provider, cloud.OfVendor(b.field(column)))
	}
	b.machine(&row)
	return row, b.amounts(&row)
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
	for column, to := range map[string]*float64{"listcost": &row.List, "billedcost": &row.Billed} {
		if v, known, err := b.number(column); err != nil {
			return err
		} else if known {
			*to = v
		}
	}
	for _, column := range []string{"consumedquantity", "pricingquantity"} {
		if v, known, err := b.number(column); err != nil {
			return err
		} else if known {
			row.Quantity = v
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
	if _, after, ok := strings.Cut(row.UsageType, "Usage:"); ok && row.InstanceType == "" && strings.Contains(after, ".") {
		row.InstanceType = after // USE1-BoxUsage:m6i.xlarge, EUC1-SpotUsage:c7g.large
	}
	clear(details)
	_ = json.Unmarshal([]byte(b.field("x_skudetails")), &details)
	if row.InstanceType == "" {
		row.InstanceType = text("ServiceType") // of Azure
	}
	if strings.HasPrefix(b.field("x_operation"), "RunInstances:0002") {
		row.System = "Windows"
	}
}
