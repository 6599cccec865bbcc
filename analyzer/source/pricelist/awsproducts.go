package pricelist

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// productsRegion is where the price list's API is, whatever region is asked of.
// Source: docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html.
const productsRegion = "us-east-1"

type productFilter struct{ Type, Field, Value string }

type productsQuery struct {
	ServiceCode, FormatVersion string
	Filters                    []productFilter
	MaxResults                 int
	NextToken                  string `json:",omitempty"`
}

type productsPage struct {
	PriceList *[]string // each a JSON document
	NextToken string
}

// AWSProducts lists what AWS lists, by GetProducts: about ten answers of a hundred machines in
// place of a file of hundreds of MiB. The endpoint is the public one where it is empty.
func (r *Reader) AWSProducts(ctx context.Context, keys Keys, endpoint, region string) (List, error) {
	origin.SecretsOf(ctx).Add(keys.ID, keys.Secret, keys.Token)
	f := newAWSFile("AWS' GetProducts of "+region, region)
	query := productsQuery{ServiceCode: "AmazonEC2", FormatVersion: "aws_v1", MaxResults: 100, Filters: []productFilter{
		{"TERM_MATCH", "regionCode", region}, {"TERM_MATCH", "operatingSystem", "Linux"}, {"TERM_MATCH", "tenancy", "Shared"},
		{"TERM_MATCH", "capacitystatus", "Used"}, {"TERM_MATCH", "preInstalledSw", "NA"},
	}}
	seen := map[string]bool{}
	for n := 1; ; n++ {
		if n > maxPages || seen[query.NextToken] {
			return List{}, fmt.Errorf("%s has over %d pages, or goes round in a circle", f.name, n-1)
		}
		seen[query.NextToken] = true
		r.say(fmt.Sprintf("reading %s, page %d", f.name, n))
		page, err := r.productsPage(ctx, keys, cmp.Or(endpoint, "https://api.pricing."+productsRegion+".amazonaws.com"), query)
		if err != nil {
			return List{}, fmt.Errorf("%s, page %d: %w", f.name, n, err)
		}
		for _, text := range *page.PriceList {
			if err := f.document(text); err != nil {
				return List{}, fmt.Errorf("%s, page %d: its schema has changed: %w", f.name, n, err)
			}
		}
		if query.NextToken = page.NextToken; query.NextToken == "" {
			return f.all()
		}
	}
}

// document reads a product with its terms.
func (f *awsFile) document(text string) error {
	var one struct {
		Product struct {
			awsProduct
			SKU string `json:"sku"`
		} `json:"product"`
		Terms map[string]map[string]awsTerm `json:"terms"` // by kind and code
	}
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		return fmt.Errorf("a product: %w", err)
	}
	sku := one.Product.SKU
	if sku == "" || one.Terms == nil {
		return errors.New("a product has no sku or no terms")
	}
	if err := f.add(&one.Product.awsProduct, sku); err != nil || f.bySKU[sku] == nil {
		return err
	}
	for kind, terms := range one.Terms {
		for code, term := range terms {
			if err := f.bySKU[sku].offer(kind, code, &term); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reader) productsPage(ctx context.Context, keys Keys, base string, query productsQuery) (*productsPage, error) {
	data, err := json.Marshal(query)
	if err != nil {
		return nil, fmt.Errorf("writing the question: %w", err)
	}
	sum := sha256.Sum256(data)
	body, err := r.ask(ctx, strings.TrimSuffix(base, "/")+"/", func(req *http.Request) error {
		req.Method, req.ContentLength, req.Body = http.MethodPost, int64(len(data)), io.NopCloser(bytes.NewReader(data))
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", "AWSPriceListService.GetProducts")
		return v4.NewSigner().SignHTTP(ctx, aws.Credentials{AccessKeyID: keys.ID, SecretAccessKey: keys.Secret, SessionToken: keys.Token},
			req, hex.EncodeToString(sum[:]), "pricing", productsRegion, time.Now())
	})
	var status statusError
	switch {
	case errors.As(err, &status) && (status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden):
		return nil, fmt.Errorf("%w; do the credentials have the right pricing:GetProducts?", err)
	case err != nil:
		return nil, err
	}
	if data, err = whole(body); err != nil {
		return nil, err
	}
	var page productsPage
	if err := json.Unmarshal(data, &page); err != nil {
		return nil, fmt.Errorf("the answer is not the JSON it should be: %w", err)
	}
	if page.PriceList == nil {
		return nil, errors.New("the answer has no PriceList: its schema has changed")
	}
	return &page, nil
}
