package pricing

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// export is how a cloud's export of one's own charges names what a price is made of. A charge
// counts that has wanted in its columns; others are passed over.
type export struct {
	mark     string            // the column by which the export is known
	wanted   map[string]string // what a charge on demand has; empty is nothing
	usd      []string          // the price of an hour, the first that is filled in
	unit     string
	currency string
	region   string
	from     string // the day of the charge
}

// exports are the formats that are read. Sources: focus.finops.org/focus-specification,
// docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html.
var exports = []export{
	{mark: "contractedunitprice", wanted: map[string]string{"chargecategory": "usage", "pricingcategory": "standard", "chargeclass": ""}, usd: []string{"contractedunitprice"},
		unit: "pricingunit", currency: "billingcurrency", region: "regionid", from: "chargeperiodstart"},
	{mark: "line_item_line_item_type", wanted: map[string]string{"line_item_line_item_type": "usage", "line_item_product_code": "amazonec2", "line_item_operation": "runinstances"},
		usd: []string{"line_item_net_unblended_rate", "line_item_unblended_rate"}, unit: "pricing_unit", currency: "line_item_currency_code",
		region: "product_region_code", from: "line_item_usage_start_date"},
}

// exportOf tells a cloud's export by its header, nil for a price file.
func exportOf(data []byte) *export {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	for i := range exports {
		if bytes.Contains(bytes.ToLower(header), []byte(exports[i].mark)) {
			return &exports[i]
		}
	}
	return nil
}

// parse takes what an hour of each Linux machine cost on demand, by region and type: the
// price of the last day, as the contract has it. Discounts by commitment are not in it.
func (x *export) parse(name string, data []byte) (Overrides, []Problem) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	header, err := r.Read()
	if err != nil {
		return Overrides{}, []Problem{{name, csvLine(err, 1), csvCause(err).Error()}}
	}
	at := map[string]int{}
	for i, column := range header {
		at[strings.ToLower(strings.TrimSpace(column))] = i
	}
	found := map[[3]string]entry{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Overrides{}, []Problem{{name, csvLine(err, 0), csvCause(err).Error()}}
		}
		e, err := x.entry(name, func(column string) string {
			if i, ok := at[column]; ok && i < len(record) && !strings.EqualFold(record[i], "null") {
				return strings.TrimSpace(record[i])
			}
			return ""
		})
		if err != nil {
			line, _ := r.FieldPos(0)
			return Overrides{}, []Problem{{name, line, err.Error()}}
		}
		if key := [3]string{e.provider, e.region, e.instanceType}; e.countsOver(found[key]) {
			found[key] = e
		}
	}
	if len(found) == 0 {
		return Overrides{}, []Problem{{name, 0, "the export has no hour of a Linux machine on demand, so no price"}}
	}
	var out Overrides
	for _, key := range slices.SortedFunc(maps.Keys(found), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		out.entries = append(out.entries, found[key])
	}
	return out, nil
}

// countsOver reports whether a price takes the place of another: a later one does. Where
// accounts had different prices on a day the dearest counts, whatever the rows' order.
func (e entry) countsOver(before entry) bool {
	return e.usd > 0 && cmp.Or(cmp.Compare(e.asOf, before.asOf), cmp.Compare(e.usd, before.usd)) > 0
}

// entry is the price of one charge; one without a price is of something else.
func (x *export) entry(file string, field func(string) string) (entry, error) {
	for column, want := range x.wanted {
		if !strings.EqualFold(field(column), want) {
			return entry{}, nil
		}
	}
	e := entry{region: field(x.region), capacityType: OnDemand}
	var system string
	e.provider, e.instanceType, system = exportedMachine(field)
	if e.instanceType == "" || e.region == "" || !cloud.Hourly(field(x.unit)) || system != "" && !strings.EqualFold(system, "Linux") {
		return entry{}, nil
	}
	if cur := field(x.currency); !strings.EqualFold(cur, "USD") {
		return entry{}, currencyError(cur)
	}
	for _, column := range slices.Backward(x.usd) {
		usd, err := nonNegative(column, field(column))
		if err != nil {
			return entry{}, err
		}
		e.usd = cmp.Or(usd, e.usd)
	}
	if block, err := nonNegative("x_pricingblocksize", field("x_pricingblocksize")); err != nil {
		return entry{}, err
	} else if block > 0 {
		e.usd /= block // Azure's is of so many hours
	}
	if e.usd == 0 {
		return entry{}, nil // free, or not said
	}
	e.asOf, _, _ = strings.Cut(strings.Replace(field(x.from), " ", "T", 1), "T")
	return e.finish(file)
}

// exportedMachine finds a charge's provider, instance type and system, where the exports have them.
func exportedMachine(field func(string) string) (provider, instanceType, system string) {
	var details struct{ InstanceType, OperatingSystem, ServiceType string }
	for _, column := range []string{"x_skudetails", "skupricedetails"} {
		_ = json.Unmarshal([]byte(field(column)), &details) // what is no JSON says nothing
	}
	provider = cloud.OfVendor(cmp.Or(field("serviceprovidername"), field("providername"), field("publishername"), "aws")) // CUR names none
	usage := cloud.Usage{Provider: provider, Name: cmp.Or(field("x_usagetype"), field("line_item_usage_type")),
		InstanceType: cmp.Or(details.InstanceType, field("x_instancetype"), field("product_instance_type"), details.ServiceType),
		Service:      cmp.Or(field("x_servicecode"), field("line_item_product_code"), field("servicename")), Category: field("x_skumetercategory")}
	if _, after, ok := strings.Cut(usage.Name, "BoxUsage:"); ok {
		usage.InstanceType = cmp.Or(usage.InstanceType, after)
	}
	if field("x_operation") != "" && field("x_operation") != "RunInstances" || strings.Contains(usage.Name, "SpotUsage") || !usage.OfMachine() {
		return provider, "", ""
	}
	if strings.Contains(field("x_skumetersubcategory"), "Windows") {
		details.OperatingSystem = "Windows"
	}
	return provider, usage.InstanceType, details.OperatingSystem
}
