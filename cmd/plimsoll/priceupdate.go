package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/pricelist"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
)

// priceUpdate renews price tables from a cloud's price list.
type priceUpdate struct {
	cache    priceCache
	provider string
	regions  []string
	endpoint string
	keyFile  string
	spot     bool // of AWS, as is products
	products bool
	quiet    bool
	files    files // whose --timeout it has

	client *http.Client // nil is the default one
	today  string       // as YYYY-MM-DD
}

func newPriceUpdate(s streams) *cobra.Command {
	var u priceUpdate
	cmd := &cobra.Command{
		Use:   "update --provider CLOUD [--region REGION,...]",
		Short: "Renew price tables from a cloud's price list",
		Long: `update reads a cloud's price list of some regions and keeps the tables
that come of it, in the format of --pricing. Later audits lay them over the
built-in ones where they are newer, and name them; --no-price-cache takes the
built-in ones alone. An audit never dials a price list.

Without --region the cloud's regions in the cache are renewed; where it has none,
all that the built-in tables have. A region that fails keeps its table, and the
others go on; two in a row end the run.

azure is read from the Retail Prices API, with spot, reservations and savings
plans; aws from the bulk offer file and the savings plan file of the region, with
reserved instances and without spot. Neither needs a login. AWS' files of a region
are of hundreds of MB. With your AWS credentials, --get-products asks for a few
pages in place of the offer file, and --spot adds spot prices. How often spot
machines are reclaimed is read from the public spot advisor then.
gcp is read from the Cloud Billing Catalog, with spot and commitments. It needs an
API key: set GOOGLE_API_KEY, or give its file with --api-key-file.`,
		Example: `  plimsoll price update --provider azure --region westeurope,northeurope
  plimsoll price update --provider gcp --region europe-west1 --api-key-file key.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			u.today = time.Now().UTC().Format(time.DateOnly)
			return u.run(cmd.Context(), s)
		},
	}
	cmd.Flags().StringVar(&u.provider, "provider", "", "`CLOUD` whose list to read: aws, azure or gcp")
	cmd.Flags().StringSliceVar(&u.regions, "region", nil, "`REGION` to renew; repeatable, or joined by commas (default: those in the cache, else all that have tables)")
	cmd.Flags().StringVar(&u.endpoint, "endpoint", "", "`URL` of a mirror of the price list")
	cmd.Flags().StringVar(&u.keyFile, "api-key-file", "", "`FILE` with the API key for gcp (default: the variable GOOGLE_API_KEY)")
	cmd.Flags().BoolVar(&u.spot, "spot", false, "AWS' spot prices and interruptions too; asks EC2 with your AWS credentials (ec2:DescribeSpotPriceHistory)")
	cmd.Flags().BoolVar(&u.products, "get-products", false, "ask AWS' GetProducts with your AWS credentials in place of the offer file (pricing:GetProducts)")
	cmd.Flags().BoolVarP(&u.quiet, "quiet", "q", false, "no progress on stderr")
	u.files.registerTimeout(cmd.Flags())
	cmd.Flags().StringVar(&u.cache.dir, "price-cache", "", "`DIR` to keep the tables in (default: plimsoll/prices in the user's cache)")
	return cmd
}

// regionName keeps what is no region's name out of paths and queries.
var regionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]{2,40}$`) })

// source tells how the provider's list is read.
func (u *priceUpdate) source(ctx context.Context, say func(string)) (pricelist.Source, error) {
	reader := &pricelist.Reader{Client: u.client, Endpoint: u.endpoint, Limit: time.Duration(u.files.wait), Say: say}
	access := pricelist.Access{Env: os.Getenv, PartOf: cloud.SeriesOf, Spot: u.spot, Products: u.products, Keys: u.keys}
	if u.keyFile != "" {
		access.KeyFile = func() (string, error) { return u.key(ctx) }
	}
	source, err := reader.Of(u.provider, access)
	if errors.Is(err, pricelist.ErrKey) {
		err = fmt.Errorf("%w: set %s, or give its file with --api-key-file", err, pricelist.KeyVariable)
	}
	return source, err
}

// keys are the user's credentials of AWS.
func (u *priceUpdate) keys() (keys pricelist.Keys, err error) {
	if keys.ID, keys.Secret, keys.Token, err = store.AWSKeys(); err == nil {
		return keys, nil
	}
	flag := "--spot"
	if u.products {
		flag = "--get-products"
	}
	return keys, fmt.Errorf("%s: %w", flag, storeError(err))
}

// check refuses a provider that has no list, and flags that are of another's.
func (u *priceUpdate) check() error {
	takes, known := pricelist.TakesOf(u.provider)
	if !known {
		names := cloud.Names()
		last := len(names) - 1
		return fmt.Errorf("--provider %q: say whose prices to renew: %s or %s", u.provider, strings.Join(names[:last], ", "), names[last])
	}
	for _, f := range []struct {
		name, others string
		given        bool
		of           func(pricelist.Takes) bool
	}{
		{"--api-key-file", "lists need no key", u.keyFile != "", func(t pricelist.Takes) bool { return t.Key }},
		{"--spot", "lists have spot prices in them", u.spot, func(t pricelist.Takes) bool { return t.Spot }},
		{"--get-products", "lists are small", u.products, func(t pricelist.Takes) bool { return t.Products }},
	} {
		if !f.given || f.of(takes) {
			continue
		}
		of := slices.DeleteFunc(cloud.Names(), func(name string) bool { t, _ := pricelist.TakesOf(name); return !f.of(t) })
		return fmt.Errorf("%s is of --provider %s; the others' %s", f.name, strings.Join(of, ", "), f.others)
	}
	return nil
}

// key reads the file with the API key.
func (u *priceUpdate) key(ctx context.Context) (string, error) {
	file, err := u.files.open(ctx, u.keyFile)
	if err != nil {
		return "", storeError(reading("--api-key-file", err))
	}
	data, err := io.ReadAll(io.LimitReader(file, 4096))
	if err := errors.Join(err, file.Close()); err != nil {
		return "", storeError(reading("--api-key-file", err))
	}
	return string(data), nil
}

func (u *priceUpdate) run(ctx context.Context, s streams) error {
	p := startProgress(s, u.quiet)
	defer p.Stop()
	if err := u.check(); err != nil {
		return err
	}
	catalog, err := u.before(s.Err)
	if err != nil {
		return err
	}
	at := ""
	source, err := u.source(ctx, func(what string) { p.Step(at + what) })
	if err != nil {
		return err
	}
	regions, err := u.which(s.Err, catalog)
	if err != nil {
		return err
	}
	var failed []string
	var first, before error
	for i, region := range regions {
		if len(regions) > 1 {
			at = fmt.Sprintf("region %d of %d: ", i+1, len(regions))
		}
		err := u.renew(ctx, s.Out, catalog, region, source)
		if err != nil && (ctx.Err() != nil || len(regions) == 1) {
			return err
		}
		if err != nil {
			failed, first = append(failed, region), cmp.Or(first, err)
			fmt.Fprintf(s.Err, "warning: %s\n", analyzer.Printable(err.Error()))
		}
		if err != nil && before != nil { // the list is broken, or not to be had
			failed = append(failed, regions[i+1:]...)
			break
		}
		before = err
	}
	if first == nil {
		return nil
	}
	more := ""
	if len(failed) > 6 {
		failed, more = failed[:6], fmt.Sprintf(" and %d more", len(failed)-6)
	}
	return fmt.Errorf("regions that are not renewed: %s%s; of the first: %w", strings.Join(failed, ", "), more, first)
}

// which are the regions to renew: those that are named, else those of the cache, else all of
// the tables'. What was not named is said.
func (u *priceUpdate) which(to io.Writer, catalog *pricing.Catalog) ([]string, error) {
	var regions []string
	for _, region := range splitList(u.regions) {
		name := strings.ToLower(region)
		if !regionName().MatchString(name) {
			return nil, fmt.Errorf("--region %q is not the name of a region, such as eastus or us-east-1", region)
		}
		if slices.Contains(regions, name) {
			continue
		}
		known := catalog.HasRegion(u.provider, name)
		if of := cloud.Of(u.provider); !known && of != nil && !of.Region().MatchString(name) {
			return nil, fmt.Errorf("--region %s: no region of %s is called so; near it are %s", name, u.provider, lookup.Few(catalog.RegionsNear(u.provider, name)))
		}
		if regions = append(regions, name); !known { // the list may have it already
			fmt.Fprintf(to, "warning: --region %s: the tables have no such region of %s yet; near it are %s\n", name, u.provider, lookup.Few(catalog.RegionsNear(u.provider, name)))
		}
	}
	if len(regions) > 0 {
		return regions, nil
	}
	from := "in the price cache"
	if regions = u.cache.regions(u.provider); len(regions) == 0 {
		regions, from = catalog.Regions(u.provider), "that have tables, as the price cache has none"
	}
	if !u.quiet {
		fmt.Fprintf(to, "no --region is named: renewing the %d of %s %s: %s\n", len(regions), u.provider, from, strings.Join(regions, ", "))
	}
	return regions, nil
}

// kept says which types stay as they were, by family where they are many.
func kept(provider string, types []string) string {
	if len(types) == 0 {
		return ""
	}
	const few = 6
	names := types
	if len(types) > few {
		count := map[string]int{}
		for _, name := range types {
			count[pricing.CommitmentFamily(provider, name)]++
		}
		names = nil
		for _, family := range slices.Sorted(maps.Keys(count)) {
			names = append(names, fmt.Sprintf("%s %d", family, count[family]))
		}
	}
	return fmt.Sprintf(", %d types that the list has no price of stay as they were (%s)", len(types), strings.Join(names, ", "))
}

// before are the tables that are renewed: the built-in ones with those of the last time over them.
// One of those that cannot be read is left out, and takes nothing with it.
func (u *priceUpdate) before(warnings io.Writer) (*pricing.Catalog, error) {
	if u.cache.folder() == "" {
		return pricing.New(pricing.Config{}), nil // there is nowhere to write to either, which is said then
	}
	tables, err := u.cache.read(func(err error) {
		fmt.Fprintf(warnings, "warning: the built-in table stands in for one of the cache: %s\n", analyzer.Printable(err.Error()))
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return pricing.New(pricing.Config{Overrides: tables}), nil
}

// renew reads a region's list; the tables of before stay unless all of it is right.
func (u *priceUpdate) renew(ctx context.Context, out io.Writer, catalog *pricing.Catalog, region string, source pricelist.Source) error {
	list, err := source.Read(ctx, region)
	if err != nil {
		return sourceError(fmt.Errorf("price update: %w; the table of before stays", err))
	}
	machines, commitments := pricesOf(catalog, u.provider, region, &list)
	r, err := catalog.Renew(u.provider, region, machines, source.Name, u.today)
	if err != nil {
		return sourceError(fmt.Errorf("price update: %w; the table of before stays", err))
	}
	discounts, count, err := catalog.RenewCommitments(u.provider, region, machines, commitments, source.Name, u.today)
	if err != nil {
		return sourceError(fmt.Errorf("price update: %w; the table of before stays", err))
	}
	if discounts != nil {
		if _, err := u.cache.write(u.provider, region+".commitments", discounts); err != nil {
			return err
		}
	}
	path, err := u.cache.write(u.provider, region, r.Table)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s %s: %d types, %d on-demand prices changed, %d types of unknown size left out, %d discounts of commitments%s; written to %s\n", u.provider, region, r.Types, r.Changed, r.Unknown, count, kept(u.provider, r.Kept), path)
	return err
}

// pricesOf hands a list to the tables, with its parts added up where it has no machines.
func pricesOf(catalog *pricing.Catalog, provider, region string, list *pricelist.List) (machines []pricing.NewPrice, commitments []pricing.NewCommitment) {
	for _, m := range list.Machines {
		machines = append(machines, pricing.NewPrice(m))
	}
	for _, c := range list.Commitments {
		commitments = append(commitments, pricing.NewCommitment(c))
	}
	if len(list.Parts) == 0 {
		return machines, commitments
	}
	parts := make([]pricing.PartRate, len(list.Parts))
	for i, p := range list.Parts {
		parts[i] = pricing.PartRate(p)
	}
	return catalog.FromParts(provider, region, parts), commitments
}
