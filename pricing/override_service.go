package pricing

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// The services beside machines that a price file can price.
const (
	serviceControlPlane = "control-plane"
	serviceBalancer     = "load-balancer"
	serviceStorage      = "storage"
)

// serviceItem is an entry under "services" of a price file.
type serviceItem struct {
	Provider       string   `json:"provider"`
	Region         string   `json:"region"`
	Service        string   `json:"service"`
	Class          string   `json:"class"` // of storage; empty is all
	USDPerHour     *float64 `json:"usdPerHour"`
	USDPerGiBMonth *float64 `json:"usdPerGiBMonth"`
}

// serviceEntry is one of a user's prices of services; empty matchers match everything.
type serviceEntry struct {
	provider, region, service, class string
	usd                              float64 // an hour, or a GiB and month of storage
	source, asOf                     string
}

// entry checks the item. 0 is a price here: a control plane may be free.
func (s *serviceItem) entry(source, asOf string) (serviceEntry, error) {
	e := serviceEntry{provider: cloud.Canonical(s.Provider), region: s.Region, service: s.Service, class: s.Class, source: source, asOf: asOf}
	usd, other, key := s.USDPerHour, s.USDPerGiBMonth, "usdPerHour"
	switch s.Service {
	case serviceStorage:
		usd, other, key = s.USDPerGiBMonth, s.USDPerHour, "usdPerGiBMonth"
	case serviceControlPlane, serviceBalancer:
		if s.Class != "" {
			return e, errors.New("only storage has a class")
		}
	default:
		return e, fmt.Errorf("service %q is none of %s, %s, %s", s.Service, serviceControlPlane, serviceBalancer, serviceStorage)
	}
	if usd == nil || other != nil {
		return e, fmt.Errorf("%s is priced by %s, and by that alone", s.Service, key)
	}
	if *usd < 0 || *usd > maxUSD || math.IsNaN(*usd) {
		return e, fmt.Errorf("%s is %g; it must be a number from 0 to %d", key, *usd, maxUSD)
	}
	if _, ok := parseDate(asOf); asOf != "" && !ok {
		return e, fmt.Errorf("date %q is not understood; write YYYY-MM-DD", asOf)
	}
	e.usd = *usd
	return e, nil
}

// ownService returns the last of the user's prices that covers a service, else nil.
func (c *Catalog) ownService(provider, region, service, class string) *serviceEntry {
	provider = cloud.Canonical(provider)
	for i := len(c.services) - 1; i >= 0; i-- {
		e := &c.services[i]
		if e.service == service && (e.provider == "" || e.provider == provider) &&
			(e.region == "" || strings.EqualFold(e.region, region)) && (e.class == "" || e.class == class) {
			return e
		}
	}
	return nil
}

// price makes a service's price of the entry.
func (e *serviceEntry) price() ServicePrice {
	return ServicePrice{USDPerHour: e.usd, Item: e.service, Source: e.source, AsOf: e.asOf}
}
