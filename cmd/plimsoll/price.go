package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
)

// priceFlags are the flags of every verb that needs money.
type priceFlags struct {
	files    []string
	provider string
	region   string
	spot     []string // labels of spot nodes
	days     int      // of age, from which prices are warned of
	cache    priceCache
	in       files // opens files; its zero value will do
}

func (f *priceFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.files, "pricing", nil, "price `FILE` (CSV or YAML) laid over the built-in tables; repeatable, later ones win")
	f.cache.register(cmd)
	cmd.Flags().StringVar(&f.provider, "provider", "", "`CLOUD` of the nodes, where they do not show it: aws, gcp, azure")
	cmd.Flags().StringVar(&f.region, "region", "", "`REGION` of the nodes, where they do not show it, such as us-east-1")
	cmd.Flags().StringArrayVar(&f.spot, "spot-label", nil, "`KEY=VALUE` of a label that marks nodes as spot, beside those that are known; repeatable")
}

// known checks that the provider and the region are in the tables or in the user's own.
func (f *priceFlags) known(c *pricing.Catalog) error {
	providers := c.Providers()
	if f.provider != "" && !c.HasProvider(f.provider) {
		return fmt.Errorf("--provider %s: there are price tables of %s; give others with --pricing", f.provider, strings.Join(providers, ", "))
	}
	if f.region == "" {
		return nil
	}
	if f.provider != "" {
		providers = []string{f.provider}
	}
	for _, p := range providers {
		if c.HasRegion(p, f.region) {
			return nil
		}
	}
	return fmt.Errorf("--region %s: the tables have no such region of %s; near it are %s", f.region, strings.Join(providers, ", "), lookup.Few(c.RegionsNear(providers[0], f.region)))
}

// spotLabels reads the labels that mark nodes as spot.
func (f *priceFlags) spotLabels() ([]pricing.Label, error) {
	var out []pricing.Label
	for _, s := range f.spot {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" || value == "" {
			return nil, fmt.Errorf("--spot-label %s: want KEY=VALUE, such as lifecycle=Ec2Spot", s)
		}
		out = append(out, pricing.Label{Key: key, Value: value})
	}
	return out, nil
}

// registerAge is for the verbs whose prices are of some moment.
func (f *priceFlags) registerAge(cmd *cobra.Command) {
	usual := pricing.UsualAges()
	cmd.Flags().IntVar(&f.days, "warn-price-age", -1, fmt.Sprintf("warn of prices older than so many `DAYS` at the window's end; 0 never warns (default %d of list prices, %d of commitments, %d of spot)",
		usual.List, usual.Commitments, usual.Spot))
	cmd.Flags().Lookup("warn-price-age").DefValue = "0" // the default is by kind, as the help says
}

// ages are from when prices are called old.
func (f *priceFlags) ages() pricing.Ages {
	if f.days >= 0 {
		return pricing.SameAges(f.days)
	}
	return pricing.UsualAges()
}

// catalog gives the built-in tables with the user's files over them.
func (f *priceFlags) catalog(ctx context.Context) (*pricing.Catalog, error) {
	cfg := pricing.Config{Provider: f.provider, Region: f.region}
	var err error
	if cfg.Overrides, err = f.cache.tables(); err != nil {
		return nil, err
	}
	for _, name := range f.files {
		if err := checkURL("--pricing", name); err != nil {
			return nil, err
		}
		o, err := readPrices(ctx, f.in, name)
		if err != nil {
			return nil, err
		}
		cfg.Overrides = append(cfg.Overrides, o)
	}
	if cfg.SpotLabels, err = f.spotLabels(); err != nil {
		return nil, err
	}
	c := pricing.New(cfg)
	if f.region != "" {
		f.region = c.SpellRegion(f.provider, f.region)
	}
	return c, f.known(c)
}

func readPrices(ctx context.Context, in files, name string) (pricing.Overrides, error) {
	file, err := in.open(ctx, name)
	if err != nil {
		return pricing.Overrides{}, storeError(reading("--pricing", err))
	}
	defer file.Close()
	source := &watchedReader{r: file}
	o, err := pricing.ParseFile(in.shown(name), source)
	if err != nil {
		return pricing.Overrides{}, storeError(reading("--pricing", cmp.Or(source.err, err)))
	}
	return o, nil
}

// priceAsk is what 'plimsoll price' is asked.
type priceAsk struct {
	flags    priceFlags
	validate []string
	capacity string
	years    int
	sources  bool
	services bool
	look     lookup.Ask
	output   string
}

func newPrice(s streams) *cobra.Command {
	var ask priceAsk
	cmd := &cobra.Command{
		Use:   "price [INSTANCE-TYPE...]",
		Short: "Look prices up, or check a price file",
		Long: `price shows what the built-in tables, with your own files over them, say an
instance type costs, from which source and of which date.

A TYPE may be a pattern, such as 'm6i.*'. With --region and no type all types there
are meant; without a region it lists the regions that have tables. --services
shows disks, load balancers, control planes and the network instead. With
--validate it checks price files and exits with 2 if one cannot be used.`,
		Example: `  # The regions that have tables, and what those of one cloud hold
  plimsoll price
  plimsoll price --provider aws

  # One type, on demand and as spot
  plimsoll price m6i.xlarge --provider aws --region us-east-1
  plimsoll price m6i.xlarge --provider aws --region us-east-1 --capacity-type spot

  # All Arm machines of 4 to 8 vCPUs, the cheapest first, in each way to buy them
  plimsoll price --provider aws --region us-east-1 --arch arm64 --vcpu 4-8 --sort price --capacity-type all

  # What disks cost
  plimsoll price --services disk --provider aws --region us-east-1

  # Check a price file before use
  plimsoll price --validate prices.yaml`,
		RunE: func(cmd *cobra.Command, types []string) error { return ask.run(cmd, s, types) },
	}
	ask.flags.register(cmd)
	ask.flags.in.registerTimeout(cmd.Flags())
	cmd.AddCommand(newPriceUpdate(s), newPriceCheck(s))
	cmd.Flags().StringArrayVar(&ask.validate, "validate", nil, "check this price `FILE` and do nothing else; repeatable")
	cmd.Flags().BoolVar(&ask.sources, "sources", false, "say from when each kind of price is, and from where")
	cmd.Flags().BoolVar(&ask.services, "services", false, "disks, load balancers, control planes and network in place of machines")
	cmd.Flags().StringVar(&ask.capacity, "capacity-type", "on-demand", "`TYPE`: on-demand, spot, reserved, or all beside each other, with the family's commitments")
	registerLookup(cmd, &ask.look)
	cmd.Flags().StringVarP(&ask.output, "output", "o", "table", "`FORMAT`: table, json or csv")
	cmd.Flags().IntVar(&ask.years, "years", 0, "term of reserved capacity: 1 or 3 (default 1)")
	return cmd
}

// ofMachines are the flags that ask for machines.
var ofMachines = []string{"vcpu", "memory", "arch", "gpu", "sort", "capacity-type", "years"}

func (a *priceAsk) run(cmd *cobra.Command, s streams, types []string) error {
	if len(a.validate) > 0 {
		return validatePrices(cmd.Context(), s, a.flags.in, a.validate)
	}
	if err := lookup.CheckFormat(a.output); err != nil {
		return err
	}
	a.flags.cache.later = true
	catalog, err := a.flags.catalog(cmd.Context())
	if err != nil {
		return err
	}
	var out bytes.Buffer
	to := s
	to.Out = &out
	err = a.answer(cmd, to, catalog, types)
	if broken := a.flags.cache.err(); broken != nil {
		return broken
	}
	if _, err := s.Out.Write(out.Bytes()); err != nil {
		return err
	}
	return err
}

// answer prints what is asked of the catalog.
func (a *priceAsk) answer(cmd *cobra.Command, s streams, catalog *pricing.Catalog, types []string) error {
	a.look.Query = pricing.Query{Provider: a.flags.provider, Region: a.flags.region, CapacityType: pricing.CapacityType(a.capacity), TermYears: a.years}
	machines := slices.IndexFunc(ofMachines, cmd.Flags().Changed)
	switch {
	case a.sources:
		return lookup.Sources(s.Out, a.output, catalog)
	case a.services && machines >= 0:
		return fmt.Errorf("--services has no machines: leave --%s out", ofMachines[machines])
	case a.services:
		missing, err := lookup.Services(s.Out, a.output, catalog, a.look.Query, types)
		if err == nil && len(missing) > 0 {
			err = errors.New(strings.Join(missing, "; "))
		}
		return err
	case len(types) == 0 && a.flags.region == "" && machines < 0:
		return lookup.Contents(s.Out, a.output, catalog, a.flags.provider)
	}
	return lookUp(s, &a.look, a.output, catalog, types)
}

func validatePrices(ctx context.Context, s streams, in files, names []string) error {
	bad := 0
	for _, name := range names {
		file, err := in.open(ctx, name)
		if err != nil {
			return storeError(reading("--validate", err))
		}
		name = in.shown(name)
		source := &watchedReader{r: file}
		problems := pricing.Validate(name, source)
		file.Close()
		if source.err != nil {
			return storeError(reading("--validate", source.err))
		}
		for _, p := range problems {
			fmt.Fprintln(s.Out, analyzer.Printable(origin.SecretsOf(ctx).Hide(p.Error())))
		}
		if bad += len(problems); len(problems) == 0 {
			fmt.Fprintf(s.Out, "%s: fine\n", name)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d problems in %s; a price file with problems is not used", bad, strings.Join(in.allShown(names), ", "))
	}
	return nil
}

func registerLookup(cmd *cobra.Command, ask *lookup.Ask) {
	fl := cmd.Flags()
	fl.StringVar(&ask.VCPU, "vcpu", "", "types of so many vCPUs alone: `N` or MIN-MAX")
	fl.StringVar(&ask.Memory, "memory", "", "types of so much memory alone: `GIB` or MIN-MAX")
	fl.StringVar(&ask.Arch, "arch", "", "types of an `ARCH` alone: amd64 or arm64")
	fl.BoolVar(&ask.GPU, "gpu", false, "types with GPUs or other accelerators alone")
	fl.StringVar(&ask.Sort, "sort", "", "sort by `KEY`: name, price, vcpu or memory (default: as the types are given)")
}

// lookUp prints what is found, and fails where something was not.
func lookUp(s streams, ask *lookup.Ask, format string, catalog *pricing.Catalog, types []string) error {
	rows, missing, err := ask.Find(catalog, types)
	if err != nil {
		return err
	}
	if err := lookup.Write(s.Out, format, rows, ask.Query.CapacityType == lookup.All); err != nil {
		return err
	}
	if len(missing) > 0 {
		return errors.New(strings.Join(missing, "; "))
	}
	return nil
}
