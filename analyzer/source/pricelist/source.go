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
	// KeyFile gives the text of the file with the key for Google's list; nil where the user
	// named none. PartOf reads its SKUs.
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

// apiKey is the key for Google's list: of the file, else of the environment.
func (a *Access) apiKey() (key string, err error) {
	text := a.Env("GOOGLE_API_KEY")
	if a.KeyFile != nil {
		if text, err = a.KeyFile(); err != nil {
			return "", err
		}
	}
	key = strings.TrimSpace(text)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("google's price list needs an API key, one word: set GOOGLE_API_KEY, or give its file with --api-key-file; a key is made at console.cloud.google.com/apis/credentials")
	}
	return key, nil
}

// Of is how the provider's list is read. An error is of what the list needs or has not.
func (r *Reader) Of(provider string, a Access) (Source, error) {
	switch {
	case a.KeyFile != nil && provider != "gcp":
		return Source{}, errors.New("--api-key-file is of --provider gcp; the others' lists need no key")
	case a.Spot && provider != "aws":
		return Source{}, errors.New("--spot is of --provider aws; the others' lists have spot prices in them")
	case a.Products && provider != "aws":
		return Source{}, errors.New("--get-products is of --provider aws; the others' lists are small")
	}
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
	return Source{}, fmt.Errorf("--provider %q: say whose prices to renew: aws, azure or gcp", provider)
}

// ofAWS reads AWS' lists of a region. One that is not had fails all: the small ones are
// asked first.
func (r *Reader) ofAWS(a Access) (Source, error) {
	var keys Keys
	if a.Spot || a.Products {
		var err error
		if keys, err = a.Keys(); err != nil {
			flag := "--spot"
			if a.Products {
				flag = "--get-products"
			}
			return Source{}, fmt.Errorf("%s: %w", flag, err)
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
