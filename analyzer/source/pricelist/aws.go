package pricelist

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// awsPrices is the public address of AWS' bulk offer files.
// Source: docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html.
const awsPrices = "https://pricing.us-east-1.amazonaws.com"

type awsProduct struct {
	ProductFamily string `json:"productFamily"`
	Attributes    struct {
		InstanceType    string `json:"instanceType"`
		OperatingSystem string `json:"operatingSystem"`
		Tenancy         string `json:"tenancy"`
		CapacityStatus  string `json:"capacitystatus"`
		PreInstalled    string `json:"preInstalledSw"`
		Market          string `json:"marketoption"`
		VCPU            string `json:"vcpu"`
		Memory          string `json:"memory"`
		RegionCode      string `json:"regionCode"`
	} `json:"attributes"`
}

type awsTerm struct {
	PriceDimensions map[string]struct {
		Unit         string            `json:"unit"`
		PricePerUnit map[string]string `json:"pricePerUnit"`
	} `json:"priceDimensions"`
	TermAttributes struct {
		LeaseContractLength, OfferingClass, PurchaseOption string
	} `json:"termAttributes"`
}

// AWS lists what Linux machines of shared tenancy cost in a region, by type: on
// demand, and as reserved instances of each class and payment. The offer file is of
// hundreds of MiB and is streamed; what is kept of it is some prices a type.
func (r *Reader) AWS(ctx context.Context, region string) (List, error) {
	r.say("reading AWS' offer file of " + region)
	body, err := r.open(ctx, r.awsBase()+"/offers/v1.0/aws/AmazonEC2/current/"+region+"/index.json")
	if err != nil {
		return List{}, fmt.Errorf("AWS' offer file of %s: %w", region, err)
	}
	f := newAWSFile("AWS' offer file of "+region, region)
	f.text = &offerText{r: body}
	err = f.read(json.NewDecoder(f.text))
	if err := errors.Join(err, body.Close()); err != nil {
		return List{}, fmt.Errorf("%s: it is cut, or its schema has changed: %w", f.name, err)
	}
	return f.all()
}

// awsBase is where the bulk files are.
func (r *Reader) awsBase() string { return strings.TrimSuffix(cmp.Or(r.Endpoint, awsPrices), "/") }

// awsFile collects products and their terms.
type awsFile struct {
	name, region    string
	bySKU           map[string]*awsMachine
	products, terms bool // seen
	text            *offerText
}

// awsMachine is a machine with its prices as reserved instances.
type awsMachine struct {
	Price
	reserved []Commitment
}

func newAWSFile(name, region string) *awsFile {
	return &awsFile{name: name, region: region, bySKU: map[string]*awsMachine{}}
}

// read walks the file's top level; products come before their terms.
func (f *awsFile) read(d *json.Decoder) error {
	err := object(d, func(key string) error {
		switch key {
		case "products":
			f.products = true
			return object(d, func(sku string) error { return f.product(d, sku) })
		case "terms":
			if f.terms = true; !f.products {
				return errors.New("terms stand before products")
			}
			return object(d, func(kind string) error {
				return object(d, func(sku string) error { return f.offer(d, kind, sku) })
			})
		}
		return skip(d)
	})
	switch {
	case err != nil:
		return err
	case !f.products || !f.terms:
		return errors.New("products or terms are missing")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the end")
	}
	return nil
}

func (f *awsFile) product(d *json.Decoder, sku string) error {
	f.text.known = f.text.n
	var p awsProduct
	if err := d.Decode(&p); err != nil {
		return fmt.Errorf("product %s: %w", sku, err)
	}
	return f.add(&p, sku)
}

// add keeps a product that is a Linux machine of shared tenancy; capacity blocks are none.
func (f *awsFile) add(p *awsProduct, sku string) error {
	a := &p.Attributes
	if !strings.HasPrefix(p.ProductFamily, "Compute Instance") || a.OperatingSystem != "Linux" || a.Tenancy != "Shared" ||
		a.CapacityStatus != "Used" || a.PreInstalled != "NA" || a.InstanceType == "" || a.Market != "" && a.Market != "OnDemand" {
		return nil
	}
	if a.RegionCode != f.region {
		return fmt.Errorf("product %s is of region %q", sku, a.RegionCode)
	}
	cpu, err := strconv.ParseFloat(a.VCPU, 64)
	if err != nil {
		return fmt.Errorf("product %s has %q vCPUs", sku, a.VCPU)
	}
	// Without a size such as "16 GiB" the memory is not known.
	gib, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSuffix(a.Memory, " GiB"), ",", ""), 64)
	if err != nil {
		gib = 0
	}
	if len(f.bySKU) >= mostMachines {
		return errMany
	}
	f.bySKU[sku] = &awsMachine{Price: Price{InstanceType: a.InstanceType, VCPUs: cpu, MemoryGiB: gib}}
	return nil
}

// offer reads the offers on one product.
func (f *awsFile) offer(d *json.Decoder, kind, sku string) error {
	f.text.known = f.text.n
	p := f.bySKU[sku]
	if p == nil {
		return skip(d)
	}
	return object(d, func(code string) error {
		var t awsTerm
		if err := d.Decode(&t); err != nil {
			return fmt.Errorf("offer %s: %w", code, err)
		}
		return p.offer(kind, code, &t)
	})
}

// hourly is a term's price in USD an hour; what is paid at once is spread over its years.
func (t *awsTerm) hourly(code string, years int) (usd float64, err error) {
	for _, dimension := range t.PriceDimensions {
		v, err := strconv.ParseFloat(dimension.PricePerUnit["USD"], 64)
		switch {
		case err == nil && dimension.Unit == "Hrs":
			usd += v
		case err == nil && dimension.Unit == "Quantity" && years > 0:
			usd += v / (hoursPerYear * float64(years))
		default:
			return 0, fmt.Errorf("offer %s is priced by %q in %v, not by the hour in USD", code, dimension.Unit, slices.Sorted(maps.Keys(dimension.PricePerUnit)))
		}
	}
	return usd, nil
}

// offer keeps what a term says of the machine.
func (m *awsMachine) offer(kind, code string, t *awsTerm) error {
	a := &t.TermAttributes
	program, years, payment := awsClasses[a.OfferingClass], awsTerms[a.LeaseContractLength], awsPayments[a.PurchaseOption]
	reserved := kind == "Reserved" && program != "" && years > 0 && payment != ""
	if kind == "OnDemand" {
		years = 0
	} else if !reserved {
		return nil
	}
	usd, err := t.hourly(code, years)
	if err != nil {
		return err
	}
	switch {
	case kind == "OnDemand":
		m.OnDemand = usd
	case program == "RI standard" && payment == "no_upfront" && years == 1:
		m.Reserved1y = usd
	case program == "RI standard" && payment == "no_upfront":
		m.Reserved3y = usd
	case usd > 0:
		m.reserved = append(m.reserved, Commitment{Program: program, InstanceType: m.InstanceType, Years: years, Payment: payment, USD: usd})
	}
	return nil
}

// What AWS' lists and the price tables call classes, terms and payments.
var (
	awsClasses  = map[string]string{"standard": "RI standard", "convertible": "RI convertible"}
	awsTerms    = map[string]int{"1yr": 1, "3yr": 3}
	awsPayments = map[string]string{"No Upfront": "no_upfront", "Partial Upfront": "partial_upfront", "All Upfront": "all_upfront"}
)

func (f *awsFile) all() (List, error) {
	byType := map[string]*awsMachine{}
	list := List{skus: map[string]string{}}
	for _, sku := range slices.Sorted(maps.Keys(f.bySKU)) {
		p := f.bySKU[sku]
		if p.OnDemand <= 0 {
			continue
		}
		if before := byType[p.InstanceType]; before != nil && before.Price != p.Price {
			return List{}, fmt.Errorf("%s has two prices of %s: the schema has changed", f.name, p.InstanceType)
		}
		byType[p.InstanceType], list.skus[sku] = p, p.InstanceType
	}
	if len(byType) == 0 {
		return List{}, fmt.Errorf("%s has no machine", f.name)
	}
	for _, name := range slices.Sorted(maps.Keys(byType)) {
		p := byType[name]
		slices.SortFunc(p.reserved, Commitment.compare)
		list.Machines, list.Commitments = append(list.Machines, p.Price), append(list.Commitments, p.reserved...)
	}
	return list, nil
}

// compare orders the commitments on machines.
func (c Commitment) compare(other Commitment) int {
	return cmp.Or(strings.Compare(c.InstanceType, other.InstanceType), strings.Compare(c.Program, other.Program),
		cmp.Compare(c.Years, other.Years), strings.Compare(c.Payment, other.Payment), cmp.Compare(c.USD, other.USD))
}

// object calls use for every key of the object that comes next; use reads the value.
func object(d *json.Decoder, use func(key string) error) error {
	start, err := d.Token()
	if err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	if start != json.Delim('{') {
		return fmt.Errorf("%v stands where an object should", start)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("reading JSON: %w", err)
		}
		if err := use(fmt.Sprint(key)); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	return nil
}

// skip passes over a value without keeping it.
func skip(d *json.Decoder) error {
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("reading JSON: %w", err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

const (
	// mostMachines bounds the machines of a region; a cloud has about a thousand.
	mostMachines = 100_000
	// mostUnknown bounds the text between two products or offers, and mostOffers all
	// of it: the file of a region has hundreds of MiB.
	mostUnknown, mostOffers = 4 << 20, 2 << 30
)

var errMany = fmt.Errorf("it has more than %d machines", mostMachines)

// offerText is the text of an offer file, within bounds.
type offerText struct {
	r io.Reader
	n int64
	// known is how much was read when a product or an offer was met.
	known int64
}

// Read fails at a field, or at white space, that goes on and on.
func (o *offerText) Read(p []byte) (int, error) {
	if o.n-o.known > mostUnknown || o.n > mostOffers {
		return 0, errors.New("it has no end")
	}
	// Full, since the decoder looks at all that it has once more after each read.
	n, err := io.ReadFull(o.r, p)
	o.n += int64(n)
	if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // the next read says how it ends
	}
	return n, err
}
