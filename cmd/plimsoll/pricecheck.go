package main

import (
	"cmp"
	"errors"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/bill"
	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
)

// priceCheck holds a bill against the price tables.
type priceCheck struct {
	flags  priceFlags
	bill   string
	output string
}

func newPriceCheck(s streams) *cobra.Command {
	var c priceCheck
	cmd := &cobra.Command{
		Use:   "check --bill FILE",
		Short: "Hold a bill against the price tables",
		Long: `check reads a bill in FOCUS 1.x as CSV and says what plimsoll would have said of
each charge, with your own files over the tables. It prints the difference by
cause: list prices, your contract, commitments, spot, and what is not priced.

The effective cost is compared. What plimsoll says plus the differences is the
bill, to the cent. Machines are priced, of Google by their vCPUs, GiB and GPUs,
and AWS' volumes, load balancers and control planes; the rest is named.`,
		Example: `  plimsoll price check --bill focus.csv
  plimsoll price check --bill focus.csv --pricing contract.yaml -o csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd, s) },
	}
	cmd.Flags().StringVar(&c.bill, "bill", "", "the bill, a `FILE` in FOCUS 1.x as CSV")
	cmd.Flags().StringArrayVar(&c.flags.files, "pricing", nil, "price `FILE` (CSV or YAML) laid over the built-in tables; repeatable, later ones win")
	c.flags.cache.register(cmd)
	c.flags.in.registerTimeout(cmd.Flags())
	cmd.Flags().StringVarP(&c.output, "output", "o", "table", "`FORMAT`: table, json or csv")
	return cmd
}

func (c *priceCheck) run(cmd *cobra.Command, s streams) error {
	if c.bill == "" {
		return errors.New("which bill? give --bill FILE, a bill in FOCUS 1.x as CSV")
	}
	if err := lookup.CheckFormat(c.output); err != nil {
		return err
	}
	c.flags.cache.later = true
	own, err := c.flags.catalog(cmd.Context())
	if err != nil {
		return err
	}
	renewed, err := c.flags.cache.tables()
	if err != nil {
		return err
	}
	file, err := c.flags.in.open(cmd.Context(), c.bill)
	if err != nil {
		return storeError(reading("--bill", err))
	}
	defer file.Close()
	source := &watchedReader{r: file}
	check, err := bill.Checker{Tables: pricing.New(pricing.Config{Overrides: renewed}), Own: own}.Check(c.flags.in.shown(c.bill), source)
	if broken := c.flags.cache.err(); broken != nil {
		return broken
	}
	if err != nil {
		return storeError(reading("--bill", cmp.Or(source.err, err)))
	}
	return bill.Write(s.Out, c.output, &check)
}
