package pricing_test

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

const (
	azureSheet = "Price Sheet Report for billing period - 202610\n\n" +
		"Meter ID,Meter name,Meter category,Meter sub-category,Meter Region,Unit of measure,Unit Price,Currency Code,PriceType,EffectiveStartDate,productOrderName\n"
	gcpSheet = "service.description,sku.description,geo_taxonomy.regions,pricing_unit,pricing_as_of_time,billing_account_price.tiered_rates.usd_amount,list_price.tiered_rates.usd_amount\n"
)

// TestPriceSheets: the clouds' own lists of one's prices, by their documented columns.
func TestPriceSheets(t *testing.T) {
	azure := strings.ReplaceAll(azureSheet, "Meter sub-category", "MeterSubCategory") +
		"1,D4s v5,Virtual Machines,Dsv5 Series,EU West,100 Hours,19.5,USD,Consumption,10/1/2026,Azure plan\n" +
		"1,D4s v5,Virtual Machines,Dsv5 Series,EU West,100 Hours,18,USD,Consumption,9/1/2026,Azure plan\n" +
		"2,D4s v5 Spot,Virtual Machines,Dsv5 Series,EU West,1 Hour,0.04,USD,Consumption,2026-10-01T00:00:00Z,Azure plan\n" +
		"3,D4s v5 Low Priority,Virtual Machines,Dsv5 Series,EU West,1 Hour,0.03,USD,Consumption,2026-10-01,Azure plan\n" +
		"4,D4s v5,Virtual Machines,Dsv5 Series Windows,EU West,1 Hour,0.4,USD,Consumption,2026-11-01,Azure plan\n" +
		"5,D4s v5,Virtual Machines,Dsv5 Series,EU West,1 Hour,0.1,USD,Consumption,2026-11-01,Azure plan - DevTest\n" +
		"6,D4s v5,Virtual Machines,Dsv5 Series,EU West,1 Hour,1000,USD,ReservedInstance,2026-11-01,Azure plan\n" +
		"7,D2 v3/D2s v3,Virtual Machines,Dv3/DSv3 Series,US East,10 Hours,0.9,USD,,2026-10-01,\n" +
		"8,D8s v5,Virtual Machines,Dsv5 Series,Moon West,1 Hour,9,USD,Consumption,2026-10-01,Azure plan\n" +
		"9,P10 Disks,Storage,Premium SSD,EU West,1/Month,18,EUR,Consumption,2026-10-01,Azure plan\n"
	gcp := gcpSheet +
		"Compute Engine,N2 Instance Core running in Americas,\"[\"\"us-central1\"\",\"\"us-east1\"\"]\",h,2026-10-01 00:00:00 UTC,0.03,0.031611\n" +
		"Compute Engine,N2 Instance Ram running in Americas,\"us-central1,us-east1\",GiBy.h,2026-10-01 00:00:00 UTC,,0.004237\n" +
		"Compute Engine,Spot Preemptible N2 Instance Core running in Americas,us-central1,h,2026-10-01 00:00:00 UTC,0.007,0.008\n" +
		"Compute Engine,Spot Preemptible N2 Instance Ram running in Americas,us-central1,GiBy.h,2026-10-01 00:00:00 UTC,0.001,0.002\n" +
		"Compute Engine,N2D AMD Instance Core running in Americas,us-central1,h,2026-10-01 00:00:00 UTC,0.02,\n" +
		"Compute Engine,N2D AMD Instance Core running in Americas,us-central1,h,2026-10-01 00:00:00 UTC,0.03,\n" +
		"Compute Engine,N2D AMD Instance Ram running in Americas,us-central1,GiBy.h,2026-10-01 00:00:00 UTC,0.003,\n" +
		"Compute Engine,C4D Instance Core running in Americas,us-central1,h,2026-10-01 00:00:00 UTC,0.03,\n" +
		"Compute Engine,C4D Instance Ram running in Americas,us-central1,GBy.h,2026-10-01 00:00:00 UTC,0.0035,\n" + // by 10^9 bytes
		"Compute Engine,Commitment v1: N2 Cpu in Americas for 1 Year,us-central1,h,2026-10-01 00:00:00 UTC,0.01,\n"
	built := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		text string
		q    pricing.Query
		usd  float64
		asOf string
	}{
		{azure, pricing.Query{Provider: "azure", Region: "westeurope", InstanceType: "Standard_D4s_v5"}, 0.195, "2026-10-01"},
		{azure, pricing.Query{Provider: "azure", Region: "westeurope", InstanceType: "Standard_D4s_v5", CapacityType: pricing.Spot}, 0.04, "2026-10-01"},
		{azure, pricing.Query{Provider: "azure", Region: "eastus", InstanceType: "Standard_D2s_v3"}, 0.09, "2026-10-01"},
		{gcp, pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: "n2-standard-8"}, 8*0.03 + 32*0.004237, "2026-10-01"},
		{gcp, pricing.Query{Provider: "gcp", Region: "us-east1", InstanceType: "n2-highmem-4"}, 4*0.03 + 32*0.004237, "2026-10-01"},
		{gcp, pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: "n2-standard-8", CapacityType: pricing.Spot}, 8*0.007 + 32*0.001, "2026-10-01"},
		{gcp, pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: "c4d-standard-8"}, 8*0.03 + 31*0.0035*1.073741824, "2026-10-01"},
	} {
		p := catalogOf(t, "sheet.csv", tt.text).Lookup(tt.q)
		if p.Status != pricing.Listed || math.Abs(p.Offering.USDPerHour-tt.usd) > 1e-6 || p.Offering.AsOf != tt.asOf || p.Offering.Source != "sheet.csv" {
			t.Errorf("%+v: got %v of %s by %s, want %v of %s", tt.q, p.Offering.USDPerHour, p.Offering.AsOf, p.Offering.Source, tt.usd, tt.asOf)
		}
	}
	for text, q := range map[string]pricing.Query{
		azure: {Provider: "azure", Region: "westeurope", InstanceType: "Standard_D8s_v5"}, // of a region that is not known
		gcp:   {Provider: "gcp", Region: "us-central1", InstanceType: "n2d-standard-8"},   // with two prices of its cores
	} {
		if got, want := catalogOf(t, "sheet.csv", text).Lookup(q), built.Lookup(q); got.Offering.USDPerHour != want.Offering.USDPerHour {
			t.Errorf("%+v: got %v, want the table's %v", q, got.Offering.USDPerHour, want.Offering.USDPerHour)
		}
	}
	row := "1,D4s v5,Virtual Machines,Dsv5 Series,EU West,1 Hour,0.2,USD,Consumption,2026-10-01,\n"
	head := strings.ReplaceAll(azureSheet, "Meter sub-category", "MeterSubCategory")
	for text, want := range map[string]string{
		head: "no hour of a Linux machine",
		head + strings.Replace(row, "USD", "EUR", 1):        "sheet.csv:4: ",
		head + strings.Replace(row, "0.2", "x", 1):          "not a number",
		head + strings.Replace(row, "0.2", "NaN", 1):        "not a number",
		head + strings.Replace(row, "0.2", "-1", 1):         "sheet.csv:4: ",
		head + strings.Replace(row, "2026-10-01", "May", 1): "May",
		head + "1,D4s v5\n":                                 "number of fields",
	} {
		if _, err := pricing.ParseFile("sheet.csv", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
