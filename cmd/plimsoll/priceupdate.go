package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/pricelist"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// priceUpdate renews price tables from a cloud's price list.
type priceUpdate struct {
	cache    priceCache
	provider string
	regions  []string
	endpoint string
	keyFile  string
	spot     bool // of AWS
	quiet    bool
	files    files // whose --timeout it has

	client *http.Client // nil is the default one
	today  string       // as YYYY-MM-DD
}

func newPriceUpdate(s streams) *cobra.Command {
	var u priceUpdate
	cmd := &cobra.Command{
		Use:   "update --provider CLOUD --region REGION,...",
		Short: "Renew price tables from a cloud's price list",
		Long: `update reads a cloud's price list of some regions and keeps the tables
that come of it, in the format of --pricing. Later audits lay them over the
built-in ones where they are newer, and name them; --no-price-cache takes the
built-in ones alone. An audit never dials a price list.

azure is read from the Retail Prices API, with spot and reservations; aws from
the bulk offer file of the region, with reserved instances and without spot.
Neither needs a login. The file of a region of AWS is of hundreds of MB.
--spot adds AWS' spot prices, by your credentials, and how often spot machines
are reclaimed, by the public spot advisor.
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
	cmd.Flags().StringSliceVar(&u.regions, "region", nil, "`REGION` to renew; repeatable, or joined by commas")
	cmd.Flags().StringVar(&u.endpoint, "endpoint", "", "`URL` of a mirror of the price list")
	cmd.Flags().StringVar(&u.keyFile, "api-key-file", "", "`FILE` with the API key for gcp (default: the variable GOOGLE_API_KEY)")
	cmd.Flags().BoolVar(&u.spot, "spot", false, "AWS' spot prices and interruptions too; asks EC2 with your AWS credentials (ec2:DescribeSpotPriceHistory)")
	cmd.Flags().BoolVarP(&u.quiet, "quiet", "q", false, "no progress on stderr")
	u.files.registerTimeout(cmd.Flags())
	cmd.Flags().StringVar(&u.cache.dir, "price-cache", "", "`DIR` to keep the tables in (default: plimsoll/prices in the user's cache)")
	return cmd
}

// regionName keeps what is no region's name out of paths and queries.
var regionName = regexp.MustCompile(`^[a-z0-9-]{2,40}$`)

// priceSource is what a cloud's list is called, and how prices are had of it.
type priceSource struct {
	name string
	read func(ctx context.Context, region string) ([]pricing.NewPrice, error)
}

// source tells how the provider's list is read.
func (u *priceUpdate) source(ctx context.Context, catalog *pricing.Catalog, say func(string)) (priceSource, error) {
	reader := &pricelist.Reader{Client: u.client, Endpoint: u.endpoint, Limit: time.Duration(u.files.wait), Say: say}
	machines := func(read func(context.Context, string) ([]pricelist.Price, error)) func(context.Context, string) ([]pricing.NewPrice, error) {
		return func(ctx context.Context, region string) ([]pricing.NewPrice, error) {
			list, err := read(ctx, region)
			prices := make([]pricing.NewPrice, len(list))
			for i, p := range list {
				prices[i] = pricing.NewPrice(p)
			}
			return prices, err
		}
	}
	if u.keyFile != "" && u.provider != "gcp" {
		return priceSource{}, errors.New("--api-key-file is of --provider gcp; the others' lists need no key")
	}
	if u.spot && u.provider != "aws" {
		return priceSource{}, errors.New("--spot is of --provider aws; the others' lists have spot prices in them")
	}
	switch u.provider {
	case "azure":
		return priceSource{"azure retail prices", machines(reader.Azure)}, nil
	case "aws":
		if !u.spot {
			return priceSource{"aws offer file", machines(reader.AWS)}, nil
		}
		var keys pricelist.Keys
		var err error
		if keys.ID, keys.Secret, keys.Token, err = store.AWSKeys(); err != nil {
			return priceSource{}, fmt.Errorf("--spot: %w", storeError(err))
		}
		return priceSource{"aws offer file", machines(func(ctx context.Context, region string) ([]pricelist.Price, error) {
			return withSpot(ctx, reader, keys, region)
		})}, nil
	case "gcp":
		key, err := u.key(ctx)
		return priceSource{"gcp billing catalog", func(ctx context.Context, region string) ([]pricing.NewPrice, error) {
			rates, err := reader.GCP(ctx, key, region, cloud.SeriesOf)
			parts := make([]pricing.PartRate, len(rates))
			for i, r := range rates {
				parts[i] = pricing.PartRate(r)
			}
			return catalog.FromParts("gcp", region, parts), err
		}}, err
	}
	return priceSource{}, fmt.Errorf("--provider %q: say whose prices to renew: aws, azure or gcp", u.provider)
}

// withSpot reads AWS' offer file, spot prices and spot advisor of a region. A list that
// is not had fails all: the small ones are asked first.
func withSpot(ctx context.Context, reader *pricelist.Reader, keys pricelist.Keys, region string) ([]pricelist.Price, error) {
	spot, err := reader.AWSSpot(ctx, keys, cmp.Or(os.Getenv("AWS_ENDPOINT_URL_EC2"), os.Getenv("AWS_ENDPOINT_URL")), region)
	if err != nil {
		return nil, err
	}
	bands, err := reader.AWSBands(ctx, region)
	if err != nil {
		return nil, err
	}
	list, err := reader.AWS(ctx, region)
	for i := range list {
		p := &list[i]
		p.Spot, p.Band, p.SpotSource = spot[p.InstanceType], bands[p.InstanceType], "ec2 spot prices"
	}
	return list, err
}

// key is the API key for Google's list: of the file, else of the environment.
func (u *priceUpdate) key(ctx context.Context) (string, error) {
	text := os.Getenv("GOOGLE_API_KEY")
	if u.keyFile != "" {
		file, err := u.files.open(ctx, u.keyFile)
		if err != nil {
			return "", storeError(reading("--api-key-file", err))
		}
		data, err := io.ReadAll(io.LimitReader(file, 4096))
		if err := errors.Join(err, file.Close()); err != nil {
			return "", storeError(reading("--api-key-file", err))
		}
		text = string(data)
	}
	key := strings.TrimSpace(text)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("google's price list needs an API key, one word: set GOOGLE_API_KEY, or give its file with --api-key-file; a key is made at console.cloud.google.com/apis/credentials")
	}
	origin.SecretsOf(ctx).Add(key)
	return key, nil
}

func (u *priceUpdate) run(ctx context.Context, s streams) error {
	catalog := pricing.New(pricing.Config{})
	p := startProgress(s, u.quiet)
	defer p.Stop()
	source, err := u.source(ctx, catalog, p.Step)
	if err != nil {
		return err
	}
	regions := splitList(u.regions)
	if len(regions) == 0 {
		return fmt.Errorf("which regions? give --region, such as --region %s", strings.Join(catalog.Regions(u.provider)[:2], ","))
	}
	for _, region := range regions {
		if !regionName.MatchString(region) {
			return fmt.Errorf("--region %q is not the name of a region, such as eastus or us-east-1", region)
		}
	}
	for _, region := range regions { // before any is renewed
		if err := (&priceFlags{provider: u.provider, region: region}).known(catalog); err != nil {
			return err
		}
	}
	for _, region := range regions {
		if err := u.renew(ctx, s.Out, catalog, region, source); err != nil {
			return err
		}
	}
	return nil
}

// renew reads a region's list; the table of before stays unless all of it is right.
func (u *priceUpdate) renew(ctx context.Context, out io.Writer, catalog *pricing.Catalog, region string, source priceSource) error {
	prices, err := source.read(ctx, region)
	if err != nil {
		return sourceError(fmt.Errorf("price update: %w; the table of before stays", err))
	}
	r, err := catalog.Renew(u.provider, region, prices, source.name, u.today)
	if err != nil {
		return sourceError(fmt.Errorf("price update: %w; the table of before stays", err))
	}
	path, err := u.cache.write(u.provider, region, r.Table)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s %s: %d types, %d on-demand prices changed, %d types of unknown size left out; written to %s\n", u.provider, region, r.Types, r.Changed, r.Unknown, path)
	return err
}
