package pricelist_test

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/pricelist"
)

// spotItem has the fields that the documentation of DescribeSpotPriceHistory shows.
func spotItem(instanceType, zone, usd, since string) string {
	return fmt.Sprintf(`<item><instanceType>%s</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>%s</spotPrice><timestamp>%s</timestamp><availabilityZone>%s</availabilityZone></item>`,
		instanceType, usd, since, zone)
}

func spotAnswer(next string, items ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><spotPriceHistorySet>` +
		strings.Join(items, "") + `</spotPriceHistorySet><nextToken>` + next + `</nextToken></DescribeSpotPriceHistoryResponse>`
}

var keys = pricelist.Keys{ID: "AKIDEXAMPLE", Secret: "planted-secret-key", Token: "planted-token"}

// TestAWSSpot: the newest price of each zone counts, and the mean of the zones is the type's.
// Requests are signed for EC2 in the region, and hold no secret.
func TestAWSSpot(t *testing.T) {
	reader, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q, auth := r.URL.Query(), r.Header.Get("Authorization")
		if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/eu-west-1/ec2/aws4_request, SignedHeaders=host;") ||
			r.Header.Get("X-Amz-Security-Token") != keys.Token || strings.Contains(fmt.Sprint(r.Header, r.URL), keys.Secret) {
			t.Errorf("signed with %v", r.Header)
		}
		if q.Get("Action") != "DescribeSpotPriceHistory" || q.Get("ProductDescription.1") != "Linux/UNIX" || q.Get("StartTime") == "" {
			t.Errorf("asked for %v", q)
		}
		if q.Get("NextToken") == "" {
			fmt.Fprint(w, spotAnswer("more", spotItem("m6i.xlarge", "eu-west-1a", "0.0900", "2026-11-30T05:00:00.000Z"), spotItem("m6i.xlarge", "eu-west-1a", "0.0700", "2026-11-29T05:00:00.000Z")))
			return
		}
		fmt.Fprint(w, spotAnswer("", spotItem("m6i.xlarge", "eu-west-1b", "0.1100", "2026-11-30T01:00:00.000Z"), spotItem("c7g.large", "eu-west-1b", "0.0301", "2026-11-30T01:00:00.000Z")))
	})
	got, err := reader.AWSSpot(context.Background(), keys, server.URL, "eu-west-1")
	if want := map[string]float64{"m6i.xlarge": 0.1, "c7g.large": 0.0301}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestAWSSpotRefuses(t *testing.T) {
	good := spotItem("m6i.xlarge", "eu-west-1a", "0.0900", "2026-11-30T05:00:00.000Z")
	for name, tt := range map[string]struct {
		status     int
		body, want string
	}{
		"no right":      {403, `<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>`, "lack the right"},
		"too many":      {503, "", "503"},
		"cut":           {200, spotAnswer("", good)[:300], "XML"},
		"another":       {200, `<DescribeInstancesResponse/>`, "XML"},
		"no set":        {200, `<DescribeSpotPriceHistoryResponse/>`, "schema"},
		"no price":      {200, spotAnswer("", strings.Replace(good, "0.0900", "", 1)), "schema"},
		"Windows":       {200, spotAnswer("", strings.Replace(good, "Linux/UNIX", "Windows", 1)), "schema"},
		"a circle":      {200, spotAnswer("again", good), "circle"},
		"nothing there": {200, spotAnswer(""), "no spot price"},
	} {
		reader, server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		})
		got, err := reader.AWSSpot(context.Background(), keys, server.URL, "eu-west-1")
		if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), keys.Secret) {
			t.Errorf("%s: got %v, %v, want an error with %q", name, got, err, tt.want)
		}
	}
}

const advisor = `{"global_rate":"<10%","instance_types":{"m6i.xlarge":{"cores":4,"emr":true,"ram_gb":16.0}},
"ranges":[{"index":0,"label":"<5%","dots":0,"max":5},{"index":1,"label":"5-10%","dots":1,"max":11}],
"spot_advisor":{"eu-west-1":{"Linux":{"m6i.xlarge":{"s":58,"r":1},"c7g.large":{"s":60,"r":0}},"Windows":{"m6i.xlarge":{"s":20,"r":0}}}}}`

func TestAWSBands(t *testing.T) {
	body := advisor
	reader, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/spot-advisor-data.json" {
			t.Errorf("asked for %s", r.URL)
		}
		fmt.Fprint(w, body)
	})
	got, err := reader.AWSBands(context.Background(), "eu-west-1")
	if want := map[string]string{"m6i.xlarge": "5-10%", "c7g.large": "<5%"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for from, to := range map[string]string{`"ranges"`: `"bands"`, `"r":1`: `"r":7`, `"s":58,"r":1`: `"s":58`, "eu-west-1": "eu-west-2", "}}}}": ""} {
		body = strings.Replace(advisor, from, to, 1)
		if got, err := reader.AWSBands(context.Background(), "eu-west-1"); err == nil || got != nil {
			t.Errorf("%s for %s: got %v, %v", to, from, got, err)
		}
	}
}
