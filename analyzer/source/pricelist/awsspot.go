package pricelist

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// Keys are AWS credentials; the token is empty for those that do not expire.
type Keys struct{ ID, Secret, Token string }

// spotPage is an answer of EC2's DescribeSpotPriceHistory.
// Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html.
type spotPage struct {
	XMLName xml.Name `xml:"DescribeSpotPriceHistoryResponse"`
	Set     *struct {
		Items []struct {
			InstanceType string `xml:"instanceType"`
			Product      string `xml:"productDescription"`
			Price        string `xml:"spotPrice"`
			Time         string `xml:"timestamp"`
			Zone         string `xml:"availabilityZone"`
		} `xml:"item"`
	} `xml:"spotPriceHistorySet"`
	NextToken string `xml:"nextToken"`
}

// AWSSpot lists what Linux machines cost on spot now, by type: the mean of the zones'
// newest prices. The endpoint is EC2's of the region where it is empty.
func (r *Reader) AWSSpot(ctx context.Context, keys Keys, endpoint, region string) (map[string]float64, error) {
	origin.SecretsOf(ctx).Add(keys.ID, keys.Secret, keys.Token)
	base := strings.TrimSuffix(cmp.Or(endpoint, "https://ec2."+region+".amazonaws.com"), "/") + "/"
	zones := map[string]map[string]zonePrice{} // by type and zone
	seen := map[string]bool{}
	for n, token := 1, ""; ; n++ {
		if n > maxPages || seen[token] {
			return nil, fmt.Errorf("EC2's spot prices of %s have over %d pages, or go round in a circle", region, n-1)
		}
		seen[token] = true
		r.say(fmt.Sprintf("reading EC2's spot prices of %s, page %d", region, n))
		page, err := r.spotPage(ctx, keys, base, region, token)
		if err != nil {
			return nil, fmt.Errorf("EC2's spot prices of %s, page %d: %w", region, n, err)
		}
		for _, item := range page.Set.Items {
			usd, err := strconv.ParseFloat(item.Price, 64)
			if err != nil || !(usd > 0) || item.InstanceType == "" || item.Product != "Linux/UNIX" {
				return nil, fmt.Errorf("EC2's spot prices of %s, page %d: %q of %q at %q: the schema has changed", region, n, item.InstanceType, item.Product, item.Price)
			}
			if zones[item.InstanceType] == nil {
				if len(zones) >= mostMachines {
					return nil, errMany
				}
				zones[item.InstanceType] = map[string]zonePrice{}
			}
			if of := zones[item.InstanceType]; item.Time >= of[item.Zone].time {
				of[item.Zone] = zonePrice{item.Time, usd}
			}
		}
		if token = page.NextToken; token == "" {
			break
		}
	}
	if len(zones) == 0 {
		return nil, fmt.Errorf("EC2 has no spot price in %s", region)
	}
	return means(zones), nil
}

// zonePrice is a zone's price since a time in RFC 3339.
type zonePrice struct {
	time string
	usd  float64
}

func means(zones map[string]map[string]zonePrice) map[string]float64 {
	out := make(map[string]float64, len(zones))
	for name, prices := range zones {
		// In tenths of a millionth, so that the sum is the same in any order.
		sum := int64(0)
		for _, p := range prices {
			sum += int64(p.usd*1e7 + 0.5)
		}
		out[name] = float64(sum/int64(len(prices))) / 1e7
	}
	return out
}

func (r *Reader) spotPage(ctx context.Context, keys Keys, base, region, token string) (*spotPage, error) {
	now := time.Now().UTC()
	query := url.Values{
		"Action": {"DescribeSpotPriceHistory"}, "Version": {"2016-11-15"}, "ProductDescription.1": {"Linux/UNIX"}, "MaxResults": {"1000"},
		// From now on is what holds now, once a type and zone.
		"StartTime": {now.Format(time.RFC3339)},
	}
	if token != "" {
		query.Set("NextToken", token)
	}
	empty := sha256.Sum256(nil)
	body, err := r.ask(ctx, base+"?"+query.Encode(), func(req *http.Request) error {
		return v4.NewSigner().SignHTTP(ctx, aws.Credentials{AccessKeyID: keys.ID, SecretAccessKey: keys.Secret, SessionToken: keys.Token},
			req, hex.EncodeToString(empty[:]), "ec2", region, time.Now())
	})
	var status statusError
	switch {
	case errors.As(err, &status) && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		return nil, fmt.Errorf("%w; the credentials lack the right to see the history of spot prices", err)
	case err != nil:
		return nil, err
	}
	data, err := whole(body)
	if err != nil {
		return nil, err
	}
	var page spotPage
	if err := xml.Unmarshal(data, &page); err != nil {
		return nil, fmt.Errorf("the answer is not the XML it should be: %w", err)
	}
	if page.Set == nil {
		return nil, errors.New("the answer has no spotPriceHistorySet: its schema has changed")
	}
	return &page, nil
}

// whole reads an answer to its end, within maxPage.
func whole(body io.ReadCloser) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxPage+1))
	if err := errors.Join(err, body.Close()); err != nil {
		return nil, fmt.Errorf("the answer broke off: %w", err)
	}
	if len(data) > maxPage {
		return nil, fmt.Errorf("the answer is over %d MiB", maxPage>>20)
	}
	return data, nil
}

// spotAdvisor is where AWS publishes how often spot machines are reclaimed.
// Source: aws.amazon.com/ec2/spot/instance-advisor, which reads it.
const spotAdvisor = "https://spot-bid-advisor.s3.amazonaws.com"

type advisorFile struct {
	Ranges []struct {
		Index *int   `json:"index"`
		Label string `json:"label"`
	} `json:"ranges"`
	Regions map[string]map[string]map[string]struct {
		Range *int `json:"r"`
	} `json:"spot_advisor"` // by region, system and type
}

// AWSBands lists how often a region's spot machines are reclaimed in a month, by type, in
// AWS' words such as "<5%".
func (r *Reader) AWSBands(ctx context.Context, region string) (map[string]string, error) {
	r.say("reading AWS' spot advisor")
	body, err := r.open(ctx, strings.TrimSuffix(cmp.Or(r.Endpoint, spotAdvisor), "/")+"/spot-advisor-data.json")
	if err != nil {
		return nil, fmt.Errorf("AWS' spot advisor: %w", err)
	}
	data, err := whole(body)
	if err != nil {
		return nil, fmt.Errorf("AWS' spot advisor: %w", err)
	}
	var f advisorFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("AWS' spot advisor: the answer is not the JSON it should be: %w", err)
	}
	labels := map[int]string{}
	for _, one := range f.Ranges {
		if one.Index != nil {
			labels[*one.Index] = one.Label
		}
	}
	out := map[string]string{}
	for name, of := range f.Regions[region]["Linux"] {
		if of.Range == nil || labels[*of.Range] == "" {
			return nil, fmt.Errorf("AWS' spot advisor: %s is in no range: the schema has changed", name)
		}
		out[name] = labels[*of.Range]
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("AWS' spot advisor has nothing of Linux in %s", region)
	}
	return out, nil
}
