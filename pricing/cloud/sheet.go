package cloud

import (
	"slices"
	"strconv"
	"strings"
)

// Usage is what a charge of a bill is of.
type Usage struct {
	Provider     string
	Name         string // AWS' own name of it, such as BoxUsage:m6i.xlarge
	InstanceType string
	Service      string // the code or name of the service that charges; empty where the bill does not say
	Category     string // Azure's of the meter, likewise
}

// OfMachine reports whether it is a machine's own hours, on demand, on spot or under a commitment.
func (u Usage) OfMachine() bool {
	switch u.Provider {
	case aws.Name:
		return machineUsageOfAWS(u)
	case azure.Name:
		return u.Category == "" || u.Category == "Virtual Machines" // not of Databricks or its like
	}
	return true
}

// Hourly reports whether a unit of a price or a charge is one hour: h, Hours, Hrs, 1 Hour. An hour of
// something, such as Host-Hours, is another unit.
func Hourly(unit string) bool {
	return slices.Contains([]string{"h", "hr", "hrs", "hour", "hours"}, strings.TrimPrefix(strings.ToLower(unit), "1 "))
}

// SheetPrice is a line of a cloud's list of one's own prices: of machines by the hour, or of
// a part of them.
type SheetPrice struct {
	Regions  []string
	Types    []string // none where Part is what is priced
	Part     Part
	Spot     bool
	USD      string // of Hours hours, as it stands
	Hours    float64
	Currency string
	AsOf     string // YYYY-MM-DD, empty where it does not say
}

// Sheet is such a list as CSV. A column's name is told in lower case, without blanks, and with _ for a dot.
type Sheet struct {
	Provider string
	Marks    []string // columns by which it is known
	// Read tells what a line is of; ok is false for what is no hour of a Linux machine.
	Read func(field func(string) string) (p SheetPrice, ok bool)
}

// Sheets are the lists that are read. Sources: learn.microsoft.com/azure/cost-management-billing/dataset-schema/price-sheet-mca
// and price-sheet-ea; cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/pricing-data, whose nested
// columns a query has to make flat.
func Sheets() []Sheet {
	return []Sheet{
		{azure.Name, []string{"meterregion", "metername", "unitofmeasure", "unitprice"}, readAzureSheet},
		{gcp.Name, []string{"sku_description", "pricing_unit"}, readGCPSheet},
	}
}

// otherMeters are the words of meters that are no Linux machine of one's own on demand or spot.
var otherMeters = []string{"Windows", "Cloud Services", "CloudServices", "Dedicated", "Low Priority", "Reservation", "Expired"}

func readAzureSheet(field func(string) string) (p SheetPrice, ok bool) {
	name, kind := field("metername"), field("pricetype")
	all := field("metersubcategory") + " " + name
	order := strings.ToLower(field("productordername"))
	if field("metercategory") != "Virtual Machines" || kind != "" && !strings.EqualFold(kind, "Consumption") ||
		slices.ContainsFunc(otherMeters, func(w string) bool { return strings.Contains(all, w) }) ||
		strings.Contains(order, "devtest") || strings.Contains(order, "dev/test") || strings.Trim(field("tierminimumunits"), "0.") != "" {
		return p, false
	}
	name, p.Spot = strings.CutSuffix(name, " Spot")
	for _, one := range strings.Split(name, "/") {
		p.Types = append(p.Types, "Standard_"+strings.ReplaceAll(strings.TrimSpace(one), " ", "_"))
	}
	region := field("meterregion")
	if known := azureMeterRegions[region]; known != "" {
		region = known
	}
	count, unit, _ := strings.Cut(field("unitofmeasure"), " ")
	hours, err := strconv.ParseFloat(count, 64)
	if err != nil || hours <= 0 || !strings.HasPrefix(unit, "Hour") || region == "" || strings.Contains(region, " ") {
		return p, false
	}
	p.Regions, p.USD, p.Hours, p.Currency = []string{region}, field("unitprice"), hours, field("currency")
	if p.Currency == "" {
		p.Currency = field("currencycode")
	}
	p.AsOf = sheetDay(field("effectivestartdate"))
	return p, true
}

// sheetDay reads 2026-10-01T00:00:00Z, 2026-10-01 00:00:00 UTC, 10/1/2026 and 10/01/2026 00:00:00; empty for others.
func sheetDay(text string) string {
	text, _, _ = strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if parts := strings.Split(text, "/"); len(parts) == 3 {
		for i, p := range parts {
			if len(p) == 1 {
				parts[i] = "0" + p
			}
		}
		return parts[2] + "-" + parts[0] + "-" + parts[1]
	}
	return text
}

// readGCPSheet reads a line of the pricing export. The price of one's billing account
// goes before the list's.
func readGCPSheet(field func(string) string) (p SheetPrice, ok bool) {
	part, ok := PartOf(field("sku_description"))
	hours := PartHours(part.Kind, field("pricing_unit"))
	if !ok || hours == 0 || strings.HasPrefix(field("sku_description"), "Commitment") {
		return p, false
	}
	p = SheetPrice{Part: part, Spot: part.Spot, Hours: hours, Currency: "USD", AsOf: sheetDay(field("pricing_as_of_time"))}
	for _, price := range []string{"billing_account_price", "list_price"} {
		for _, column := range []string{price + "_tiered_rates_usd_amount", price + "_usd_amount", price} {
			if p.USD == "" {
				p.USD = field(column)
			}
		}
	}
	regions := field("geo_taxonomy_regions")
	if regions == "" {
		regions = field("region")
	}
	p.Regions = strings.FieldsFunc(regions, func(r rune) bool { return strings.ContainsRune(`[]",; `, r) })
	return p, len(p.Regions) > 0
}

// azureMeterRegions are the regions by the names that Azure's meters have for them.
// Source: the meterRegion and the location of the Retail Prices API.
var azureMeterRegions = map[string]string{
	"US East": "eastus", "US East 2": "eastus2", "US Central": "centralus", "US North Central": "northcentralus", "US South Central": "southcentralus",
	"US West": "westus", "US West 2": "westus2", "US West 3": "westus3", "US West Central": "westcentralus",
	"CA Central": "canadacentral", "CA East": "canadaeast", "BR South": "brazilsouth", "BR Southeast": "brazilsoutheast", "MX Central": "mexicocentral",
	"EU North": "northeurope", "EU West": "westeurope", "UK South": "uksouth", "UK West": "ukwest", "FR Central": "francecentral", "FR South": "francesouth",
	"DE West Central": "germanywestcentral", "DE North": "germanynorth", "CH North": "switzerlandnorth", "CH West": "switzerlandwest",
	"NO East": "norwayeast", "NO West": "norwaywest", "SE Central": "swedencentral", "SE South": "swedensouth", "PL Central": "polandcentral",
	"IT North": "italynorth", "ES Central": "spaincentral", "AP East": "eastasia", "AP Southeast": "southeastasia", "JA East": "japaneast", "JA West": "japanwest",
	"KR Central": "koreacentral", "KR South": "koreasouth", "IN Central": "centralindia", "IN South": "southindia", "IN West": "westindia",
	"AU East": "australiaeast", "AU Southeast": "australiasoutheast", "AU Central": "australiacentral", "AU Central 2": "australiacentral2",
	"NZ North": "newzealandnorth", "AE North": "uaenorth", "AE Central": "uaecentral", "ZA North": "southafricanorth", "ZA West": "southafricawest",
	"IL Central": "israelcentral", "QA Central": "qatarcentral",
}
