package pricing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

const (
	focusHead = "ProviderName,ChargeCategory,PricingCategory,RegionId,BillingCurrency,ContractedUnitPrice,PricingUnit,ChargePeriodStart,SkuPriceDetails\n"
	curHead   = "line_item_line_item_type,line_item_product_code,line_item_operation,line_item_usage_type,product_instance_type,product_region_code,line_item_unblended_rate,line_item_net_unblended_rate,pricing_unit,line_item_currency_code,line_item_usage_start_date\n"
)

// TestExports: what a cloud's export says of the contract is the price of the type in its
// region on demand, of the last day; what is no hour of a Linux machine on demand is passed over.
func TestExports(t *testing.T) {
	const focus = focusHead +
		`AWS,Usage,Standard,us-east-1,USD,0.18,Hours,2026-10-02T00:00:00Z,"{""InstanceType"":""m6i.xlarge"",""OperatingSystem"":""Linux""}"` + "\n" +
		`AWS,Usage,Standard,us-east-1,USD,0.19,Hours,2026-10-01T00:00:00Z,"{""InstanceType"":""m6i.xlarge""}"` + "\n" +
		`AWS,Usage,Standard,us-east-1,USD,0.40,Hours,2026-10-03T00:00:00Z,"{""InstanceType"":""m6i.xlarge"",""OperatingSystem"":""Windows""}"` + "\n" +
		`AWS,Usage,Committed,us-east-1,USD,0.10,Hours,2026-10-03T00:00:00Z,"{""InstanceType"":""m6i.xlarge""}"` + "\n" +
		`AWS,Tax,Standard,us-east-1,USD,9,Hours,2026-10-03T00:00:00Z,"{""InstanceType"":""m6i.xlarge""}"` + "\n" +
		`Microsoft,Usage,Standard,westeurope,USD,0.2,1 Hour,2026-10-03T00:00:00Z,"{""InstanceType"":""Standard_D4s_v5""}"` + "\n"
	const cur = curHead +
		"Usage,AmazonEC2,RunInstances,BoxUsage:m6i.xlarge,m6i.xlarge,us-east-1,0.192,0.17,Hrs,USD,2026-10-01 00:00:00.000\n" +
		"Usage,AmazonEC2,RunInstances:0002,BoxUsage:m6i.xlarge,m6i.xlarge,us-east-1,0.376,0.36,Hrs,USD,2026-10-02 00:00:00.000\n" +
		"SavingsPlanCoveredUsage,AmazonEC2,RunInstances,BoxUsage:m6i.xlarge,m6i.xlarge,us-east-1,0.192,0.1,Hrs,USD,2026-10-02 00:00:00.000\n" +
		"Usage,AmazonEC2,RunInstances,EUC1-BoxUsage:c7g.large,,eu-central-1,0.0777,,Hrs,USD,2026-10-02 00:00:00.000\n" +
		"Usage,AmazonS3,PutObject,Requests,,us-east-1,0.000005,,Requests,EUR,2026-10-02 00:00:00.000\n"
	for _, tt := range []struct {
		text, provider, region, instanceType string
		usd                                  float64
		asOf                                 string
	}{
		{focus, "aws", "us-east-1", "m6i.xlarge", 0.18, "2026-10-02"},
		{focus, "azure", "westeurope", "Standard_D4s_v5", 0.2, "2026-10-03"},
		{focus, "aws", "us-east-1", "m6i.large", 0.096, "2026-07-20"},
		{cur, "aws", "us-east-1", "m6i.xlarge", 0.17, "2026-10-01"},
		{cur, "aws", "eu-central-1", "c7g.large", 0.0777, "2026-10-02"},
	} {
		p := catalogOf(t, "export.csv", tt.text).Lookup(pricing.Query{Provider: tt.provider, Region: tt.region, InstanceType: tt.instanceType})
		if p.Status != pricing.Listed || p.Offering.USDPerHour != tt.usd || p.Offering.AsOf != tt.asOf {
			t.Errorf("%s in %s: got %v of %s, want %v of %s", tt.instanceType, tt.region, p.Offering.USDPerHour, p.Offering.AsOf, tt.usd, tt.asOf)
		}
	}
	spot := pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m6i.xlarge", CapacityType: pricing.Spot}
	if p := catalogOf(t, "export.csv", focus).Lookup(spot); p.Offering.USDPerHour != 0.07872 {
		t.Errorf("spot is %v, want the table's", p.Offering.USDPerHour)
	}
	for text, want := range map[string]string{
		focusHead: "no hour of a Linux machine",
		focusHead + `AWS,Usage,Standard,us-east-1,EUR,0.18,Hours,2026-10-02T00:00:00Z,"{""InstanceType"":""m6i.xlarge""}"`: "EUR",
		focusHead + `AWS,Usage,Standard,us-east-1,USD,x,Hours,2026-10-02T00:00:00Z,"{""InstanceType"":""m6i.xlarge""}"`:    "not a number",
		focusHead + `AWS,Usage,Standard,us-east-1,USD,0.18,Hours,yesterday,"{""InstanceType"":""m6i.xlarge""}"`:            "yesterday",
		focusHead + "AWS,Usage\n": "number of fields",
	} {
		if _, err := pricing.ParseFile("export.csv", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if data, err := os.ReadFile(filepath.Join("..", "testdata", "pricing", "list.csv")); err != nil || len(pricing.Validate("list.csv", strings.NewReader(string(data)))) > 0 {
		t.Errorf("a price file is no longer read as one: %v", err)
	}
}

// TestExportsOfOtherHours: what has a machine's type and hours and is not its price on demand is
// passed over. Azure's price of a block is taken by the hour, and of two accounts' the dearer.
func TestExportsOfOtherHours(t *testing.T) {
	const focus = "ProviderName,ChargeCategory,ChargeClass,PricingCategory,RegionId,ServiceName,BillingCurrency,ContractedUnitPrice,PricingUnit,ChargePeriodStart,SkuPriceDetails,x_UsageType,x_SkuDetails,x_SkuMeterCategory,x_PricingBlockSize\n" +
		`AWS,Usage,null,Standard,us-east-1,Amazon Elastic Compute Cloud,USD,0.17,Hours,2026-10-01T00:00:00Z,"{""InstanceType"":""m6i.xlarge""}",BoxUsage:m6i.xlarge,,,` + "\n" +
		`AWS,Usage,,Standard,us-east-1,Amazon Elastic Compute Cloud,USD,0.3,Hours,2026-10-01T00:00:00Z,"{""InstanceType"":""m6i.large""}",DedicatedUsage:m6i.large,,,` + "\n" +
		`AWS,Usage,,Standard,us-east-1,Amazon Elastic MapReduce,USD,0.048,Hours,2026-10-01T00:00:00Z,"{""InstanceType"":""m5.xlarge""}",USE1-BoxUsage:m5.xlarge,,,` + "\n" +
		`AWS,Usage,,Standard,us-east-1,Amazon Elastic Kubernetes Service,USD,0.01,Hours,2026-10-01T00:00:00Z,"{""InstanceType"":""m5.large""}",,,,` + "\n" +
		`AWS,Usage,Correction,Standard,us-east-1,Amazon Elastic Compute Cloud,USD,0.9,Hours,2026-10-02T00:00:00Z,"{""InstanceType"":""m6i.xlarge""}",BoxUsage:m6i.xlarge,,,` + "\n" +
		`Microsoft,Usage,,Standard,westeurope,Virtual Machines,USD,19.5,Hours,2026-10-01T00:00:00Z,,,"{""ServiceType"":""Standard_D4s_v5""}",Virtual Machines,100` + "\n" +
		`Microsoft,Usage,,Standard,westeurope,Azure Databricks,USD,0.55,Hours,2026-10-01T00:00:00Z,,,"{""ServiceType"":""Standard_D8s_v5""}",Azure Databricks,1` + "\n"
	const cur = curHead +
		"Usage,AmazonEC2,RunInstances,BoxUsage:m6i.xlarge,m6i.xlarge,us-east-1,0.192,0.19,Hrs,USD,2026-10-01\n" +
		"Usage,AmazonEC2,RunInstances,BoxUsage:m6i.xlarge,m6i.xlarge,us-east-1,0.192,0.17,Hrs,USD,2026-10-01\n" +
		"Usage,AmazonEC2,RunInstances,DedicatedUsage:m6i.large,m6i.large,us-east-1,0.3,0.3,Hrs,USD,2026-10-01\n" +
		"Usage,AmazonEC2,RunInstances,EBSOptimized:m5.xlarge,m5.xlarge,us-east-1,0.02,0.02,Hrs,USD,2026-10-01\n" +
		"Usage,AmazonEC2,RunInstances,UnusedBox:m5.large,m5.large,us-east-1,0.3,0.3,Hrs,USD,2026-10-01\n" +
		"Usage,AmazonEC2,RunInstances,SpotUsage:m6i.2xlarge,m6i.2xlarge,us-east-1,0.1,0.1,Hrs,USD,2026-10-01\n" +
		"Usage,AmazonEC2,RunInstances,BoxUsage:m6i.4xlarge,m6i.4xlarge,us-east-1,9,9,Host-Hours,USD,2026-10-01\n" +
		"Usage,AmazonEC2,RunInstances,BoxUsage:m6i.8xlarge,m6i.8xlarge,us-east-1,1.5,1.5,hrs,usd,2026-10-01\n"
	for _, tt := range []struct {
		text, provider, region, instanceType string
		usd                                  float64
	}{
		{focus, "aws", "us-east-1", "m6i.xlarge", 0.17}, {focus, "aws", "us-east-1", "m6i.large", 0.096},
		{focus, "aws", "us-east-1", "m5.xlarge", 0.192}, {focus, "aws", "us-east-1", "m5.large", 0.096},
		{focus, "azure", "westeurope", "Standard_D4s_v5", 0.195}, {focus, "azure", "westeurope", "Standard_D8s_v5", 0.46},
		{cur, "aws", "us-east-1", "m6i.xlarge", 0.19}, {cur, "aws", "us-east-1", "m6i.large", 0.096},
		{cur, "aws", "us-east-1", "m5.xlarge", 0.192}, {cur, "aws", "us-east-1", "m5.large", 0.096},
		{cur, "aws", "us-east-1", "m6i.2xlarge", 0.384}, {cur, "aws", "us-east-1", "m6i.4xlarge", 0.768}, {cur, "aws", "us-east-1", "m6i.8xlarge", 1.5},
	} {
		p := catalogOf(t, "export.csv", tt.text).Lookup(pricing.Query{Provider: tt.provider, Region: tt.region, InstanceType: tt.instanceType})
		if p.Status != pricing.Listed || p.Offering.USDPerHour != tt.usd {
			t.Errorf("%s in %s: got %v, want %v", tt.instanceType, tt.region, p.Offering.USDPerHour, tt.usd)
		}
	}
}
