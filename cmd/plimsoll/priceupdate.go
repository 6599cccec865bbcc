package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/pricelist"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// priceUpdate renews price tables from a cloud's public list.
type priceUpdate struct {
	cache    priceCache
	provider string
	regions  []string
	endpoint string
	files    files // whose --timeout it has

	client *http.Client // nil is the default one
	today  string       // as YYYY-MM-DD
}

func newPriceUpdate(s streams) *cobra.Command {
	var u priceUpdate
	cmd := &cobra.Command{
		Use:   "update --provider CLOUD --region REGION,...",
		Short: "Renew price tables from a cloud's public price list",
		Long: `update reads a cloud's public price list of some regions and keeps the tables
that come of it, in the format of --pricing. Later audits lay them over the
built-in ones where they are newer, and name them; --no-price-cache takes the
built-in ones alone. An audit never dials a price list.

azure is read from the Retail Prices API, with spot and reservations; aws from
the bulk offer file of the region, with reserved instances and without spot.
Neither needs a login. The file of a region of AWS is of hundreds of MB.`,
		Example: `  plimsoll price update --provider azure --region westeurope,northeurope`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			u.today = time.Now().UTC().Format(time.DateOnly)
			return u.run(cmd.Context(), s.Out)
		},
	}
	cmd.Flags().StringVar(&u.provider, "provider", "", "`CLOUD` whose list to read: aws or azure")
	cmd.Flags().StringSliceVar(&u.regions, "region", nil, "`REGION` to renew; repeatable, or joined by commas")
	cmd.Flags().StringVar(&u.endpoint, "endpoint", "", "`URL` of a mirror of the price list")
	u.files.registerTimeout(cmd.Flags())
	cmd.Flags().StringVar(&u.cache.dir, "price-cache", "", "`DIR` to keep the tables in (default: plimsoll/prices in the user's cache)")
	return cmd
}

// regionName keeps what is no region's name out of paths and queries.
var regionName = regexp.MustCompile(`^[a-z0-9-]{2,40}$`)

func (u *priceUpdate) run(ctx context.Context, out io.Writer) error {
	reader := pricelist.Reader{Client: u.client, Endpoint: u.endpoint, Limit: time.Duration(u.files.wait)}
	read, source := reader.Azure, "azure retail prices"
	switch u.provider {
	case "azure":
	case "aws":
		read, source = reader.AWS, "aws offer file"
	default:
		return fmt.Errorf("--provider %q: say whose prices to renew: aws or azure", u.provider)
	}
	regions := splitList(u.regions)
	if len(regions) == 0 {
		return fmt.Errorf("which regions? give --region, such as --region %s", strings.Join(pricing.New(pricing.Config{}).Regions(u.provider)[:2], ","))
	}
	for _, region := range regions {
		if !regionName.MatchString(region) {
			return fmt.Errorf("--region %q is not the name of a region, such as eastus or us-east-1", region)
		}
	}
	catalog := pricing.New(pricing.Config{})
	for _, region := range regions { // before any is renewed
		if err := (&priceFlags{provider: u.provider, region: region}).known(catalog); err != nil {
			return err
		}
	}
	for _, region := range regions {
		if err := u.renew(ctx, out, catalog, region, read, source); err != nil {
			return err
		}
	}
	return nil
}

// renew reads a region's list; the table of before stays unless all of it is right.
func (u *priceUpdate) renew(ctx context.Context, out io.Writer, catalog *pricing.Catalog, region string, read func(context.Context, string) ([]pricelist.Price, error), source string) error {
	list, err := read(ctx, region)
	if err != nil {
		return sourceError(fmt.Errorf("price update: %w; the table of before stays", err))
	}
	prices := make([]pricing.NewPrice, len(list))
	for i, p := range list {
		prices[i] = pricing.NewPrice(p)
	}
	r, err := catalog.Renew(u.provider, region, prices, source, u.today)
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
