package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// object is a file of a store that speaks the S3 protocol, as Google's does
// too.
type object struct {
	client      *minio.Client
	bucket, key string
}

// attempts is how often a request is made that fails for a reason that passes.
const attempts = 3

var errNoAWS = &Error{err: errors.New("no credentials were found"),
	advice: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where the machine or service account has a role"}

// newS3 takes credentials as the AWS tools do: environment, profile, then the
// role of the pod, task or machine.
func newS3(t target, transport http.RoundTripper) (place, error) {
	at := cmp.Or(t.options.Get("endpoint"), os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), "https://s3.amazonaws.com")
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return nil, &Error{err: errors.New("the store's endpoint is no URL"), advice: "want one such as https://minio.example.com:9000"}
	}
	creds := awsCredentials(transport)
	if v, err := creds.GetWithContext(nil); err != nil || v.AccessKeyID == "" {
		return nil, errNoAWS
	}
	o := &minio.Options{
		Creds: creds, Secure: u.Scheme == "https", Transport: transport, MaxRetries: attempts,
		Region: cmp.Or(t.options.Get("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
	}
	if strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		o.BucketLookup = minio.BucketLookupAuto
	} else { // a bucket is seldom a host name there
		o.BucketLookup = minio.BucketLookupPath
	}
	client, err := minio.New(u.Host, o)
	if err != nil {
		return nil, fmt.Errorf("the store's endpoint: %w", err)
	}
	return &object{client, t.bucket, t.key}, nil
}

// awsCredentials asks the machine's metadata service last, and not at all where
// AWS_EC2_METADATA_DISABLED says so and no other role is given.
func awsCredentials(transport http.RoundTripper) *credentials.Credentials {
	chain := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	role := cmp.Or(os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE"), os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
	if role != "" || !strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		chain = append(chain, &credentials.IAM{Client: &http.Client{Transport: transport, CheckRedirect: origin.Stay, Timeout: 5 * time.Second}})
	}
	return credentials.NewChainCredentials(chain)
}

// AWSKeys finds AWS credentials where AWS' own tools do: environment, profile, then the
// role of the pod, task or machine.
func AWSKeys() (id, secret, token string, err error) {
	v, err := awsCredentials(http.DefaultTransport).GetWithContext(nil)
	if err != nil || v.AccessKeyID == "" {
		return "", "", "", errNoAWS
	}
	return v.AccessKeyID, v.SecretAccessKey, v.SessionToken, nil
}

var errNoGoogle = &Error{err: errors.New("no credentials were found"),
	advice: "set GOOGLE_APPLICATION_CREDENTIALS, or log in with: gcloud auth application-default login, or run where the machine or service account has access"}

// newGS takes Google's default credentials. STORAGE_EMULATOR_HOST, as Google's
// own libraries know it, leads to a server that asks for none.
func newGS(ctx context.Context, t target, transport http.RoundTripper) (place, error) {
	host, secure := "storage.googleapis.com", true
	via := transport
	if emulator := os.Getenv("STORAGE_EMULATOR_HOST"); emulator != "" {
		host, secure = strings.TrimPrefix(emulator, "http://"), false
	} else {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, origin.Client(transport))
		creds, err := google.FindDefaultCredentials(ctx, "https://www.googleapis.com/auth/devstorage.read_write")
		if err != nil {
			return nil, errNoGoogle // the library's error names paths and no remedy
		}
		via = &oauth2.Transport{Source: creds.TokenSource, Base: transport}
	}
	client, err := minio.New(strings.TrimSuffix(host, "/"), &minio.Options{
		Creds:  credentials.NewStatic("", "", "", credentials.SignatureAnonymous),
		Secure: secure, Transport: via, MaxRetries: attempts, Region: "auto", BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("the store's endpoint: %w", err)
	}
	return &object{client, t.bucket, t.key}, nil
}

func (o *object) get(ctx context.Context) (io.ReadCloser, int64, error) {
	body, info, _, err := minio.Core{Client: o.client}.GetObject(ctx, o.bucket, o.key, minio.GetObjectOptions{})
	if err != nil {
		return nil, 0, ofS3(err)
	}
	return body, info.Size, nil
}

func (o *object) put(ctx context.Context, data []byte) error {
	_, err := o.client.PutObject(ctx, o.bucket, o.key, bytes.NewReader(data), int64(len(data)),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	return ofS3(err)
}

// ofS3 makes a refusal of what the server said.
func ofS3(err error) error {
	var r minio.ErrorResponse
	if errors.As(err, &r) && r.StatusCode > 0 {
		return &refusal{r.StatusCode, r.Code}
	}
	return err
}
