package pricelist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// List is what a cloud's price list says of a region.
type List struct {
	Machines []Price
	// Parts stand in place of Machines where the list has none, as Google's.
	Parts []Rate
	// Commitments are the prices under other programs than Machines' own.
	Commitments []Commitment

	skus map[string]string // AWS' of Machines, with their types
}

// Commitment is what a machine costs an hour under a purchase program, in USD, its
// payments spread over the term.
type Commitment struct {
	Program      string // as the price tables call it
	InstanceType string
	Years        int
	Payment      string // as the price tables call it
	USD          float64
	Source       string // where it was read, if elsewhere than the machines
}

// Source is a cloud's price list.
type Source struct {
	Name string // as audits name it
	Read func(ctx context.Context, region string) (List, error)
}

// Access is what lists are read with, and how much of them.
type Access struct {
	// Env looks a variable of the environment up.
	Env func(name string) string
	// KeyFile gives the text of the file with the list's key; nil where the user named none,
	// and the environment has it. PartOf reads Google's SKUs.
	KeyFile func() (string, error)
	PartOf  PartOf
	// Keys gives AWS credentials, which Spot and Products need.
	Keys func() (Keys, error)
	// Spot asks EC2 and the spot advisor too, Products GetProducts in place of the bulk offer file.
	Spot, Products bool
}

// endpoint is where one of AWS' services is asked, as its SDKs have it; empty for the usual.
func (a *Access) endpoint(service string) string {
	return cmp.Or(a.Env("AWS_ENDPOINT_URL_"+service), a.Env("AWS_ENDPOINT_URL"))
}

// KeyVariable is the variable of the environment with the key for Google's list.
const KeyVariable = "GOOGLE_API_KEY"

// ErrKey says that a list's key is not there, or is none.
var ErrKey = errors.New("google's price list needs an API key, one word; one is made at console.cloud.google.com/apis/credentials")

// Takes is what a cloud's list can be read with: a key, and with credentials spot prices,
// and a few pages in place of its file.
type Takes struct{ Key, Spot, Products bool }

// TakesOf tells what the list of a provider takes; known is false where none is read.
func TakesOf(provider string) (t Takes, known bool) {
	t, known = map[string]Takes{"aws": {Spot: true, Products: true}, "azure": {}, "gcp": {Key: true}}[provider]
	return t, known
}

// apiKey is the key for Google's list: of the file, else of the environment.
func (a *Access) apiKey() (key string, err error) {
	text := a.Env(KeyVariable)
	if a.KeyFile != nil {
		if text, err = a.KeyFile(); err != nil {
			return "", err
		}
	}
	key = strings.TrimSpace(text)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", ErrKey
	}
	return key, nil
}

// Of is how the provider's list is read. What of the access the list does not take is not
// looked at. An error is ErrKey, of the keys, or of a provider that has no list.
func (r *Reader) Of(provider string, a Access) (Source, error) {
	source, err := r.of(provider, a)
	read := source.Read
	source.Read = func(ctx context.Context, region string) (List, error) {
		r.waited = 0 // a region's waits are its own
		return read(ctx, region)
	}
	return source, err
}

func (r *Reader) of(provider string, a Access) (Source, error) {
	switch provider {
	case "azure":
		return Source{"azure retail prices", r.Azure}, nil
	case "aws":
		return r.ofAWS(a)
	case "gcp":
		key, err := a.apiKey()
		return Source{"gcp billing catalog", func(ctx context.Context, region string) (List, error) {
			rates, err := r.GCP(ctx, key, region, a.PartOf)
			return List{Parts: rates}, err
		}}, err
	}
	return Source{}, fmt.Errorf("no price list of %q is read", provider)
}

// ofAWS reads AWS' lists of a region. One that is not had fails all: the small ones are
// asked first.
func (r *Reader) ofAWS(a Access) (Source, error) {
	var keys Keys
	if a.Spot || a.Products {
		var err error
		if keys, err = a.Keys(); err != nil {
			return Source{}, err
		}
	}
	name, machines := "aws offer file", r.AWS
	if a.Products {
		name, machines = "aws get-products", func(ctx context.Context, region string) (List, error) {
			return r.AWSProducts(ctx, keys, a.endpoint("PRICING"), region)
		}
	}
	return Source{name, func(ctx context.Context, region string) (List, error) {
		var spot map[string]float64
		var bands map[string]string
		var err error
		if a.Spot {
			if spot, err = r.AWSSpot(ctx, keys, a.endpoint("EC2"), region); err != nil {
				return List{}, err
			}
			if bands, err = r.AWSBands(ctx, region); err != nil {
				return List{}, err
			}
		}
		plans, err := r.planAddress(ctx, region)
		if err != nil {
			return List{}, err
		}
		list, err := machines(ctx, region)
		if err != nil {
			return List{}, err
		}
		for i := range list.Machines {
			p := &list.Machines[i]
			if a.Spot {
				p.Spot, p.Band, p.SpotSource = spot[p.InstanceType], bands[p.InstanceType], "ec2 spot prices"
			}
		}
		return list, r.addPlans(ctx, plans, region, &list)
	}}, nil
}
