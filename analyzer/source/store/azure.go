package store

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/origin"
)

// accountName keeps a whole URL, or a key, from becoming part of a host's name.
var accountName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]{3,24}$`) })

// azure is a file of Azure's Blob Storage.
//
// The SDK's package azblob itself would bring Apache Arrow in, for listing;
// blockblob, which is all of one blob, does not.
type azure struct{ client *blockblob.Client }

// newAzure takes the variables that Azure's own command line knows, else the
// identity of the pod, the machine or the user who logged in.
func newAzure(t target, transport http.RoundTripper) (place, error) {
	base := policy.ClientOptions{Transport: origin.Client(transport), Retry: policy.RetryOptions{MaxRetries: attempts - 1, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: time.Second}}
	o := &blockblob.ClientOptions{ClientOptions: base}
	client, err := azureClient(t, o)
	if err != nil {
		return nil, err
	}
	return &azure{client}, nil
}

func azureClient(t target, o *blockblob.ClientOptions) (*blockblob.Client, error) {
	if s := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); s != "" {
		client, err := blockblob.NewClientFromConnectionString(s, t.bucket, t.key, o)
		if err != nil { // the error may show the string
			return nil, &Error{err: errors.New("AZURE_STORAGE_CONNECTION_STRING cannot be used"), advice: "copy it anew from the storage account's access keys"}
		}
		return client, nil
	}
	account := cmp.Or(t.options.Get("account"), os.Getenv("AZURE_STORAGE_ACCOUNT"))
	if account == "" {
		return nil, &Error{err: errors.New("the storage account is not known"), advice: "set AZURE_STORAGE_ACCOUNT, or add ?account=NAME to the URL"}
	}
	if !accountName().MatchString(account) {
		return nil, &Error{err: errors.New("what is given is not the name of a storage account"), advice: "set AZURE_STORAGE_ACCOUNT to 3 to 24 small letters and digits"}
	}
	at := (&url.URL{Scheme: "https", Host: account + ".blob.core.windows.net", Path: "/" + t.bucket + "/" + t.key}).String()
	if key := os.Getenv("AZURE_STORAGE_KEY"); key != "" {
		shared, err := blob.NewSharedKeyCredential(account, key)
		if err != nil {
			return nil, &Error{err: errors.New("AZURE_STORAGE_KEY is no key"), advice: "copy it anew from the storage account's access keys"}
		}
		return blockblob.NewClientWithSharedKeyCredential(at, shared, o)
	}
	if sas := os.Getenv("AZURE_STORAGE_SAS_TOKEN"); sas != "" {
		return blockblob.NewClientWithNoCredential(at+"?"+strings.TrimPrefix(sas, "?"), o)
	}
	identity, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: o.ClientOptions})
	if err != nil {
		return nil, errNoAzure
	}
	return blockblob.NewClient(at, identity, o)
}

var errNoAzure = &Error{err: errors.New("no credentials were found"),
	advice: "set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or log in with: az login, or run where the machine or service account has an identity"}

func (a *azure) get(ctx context.Context) (io.ReadCloser, int64, error) {
	r, err := a.client.DownloadStream(ctx, nil)
	if err != nil {
		return nil, 0, ofAzure(err)
	}
	size := int64(-1)
	if r.ContentLength != nil {
		size = *r.ContentLength
	}
	return r.Body, size, nil
}

func (a *azure) put(ctx context.Context, data []byte) error {
	_, err := a.client.UploadBuffer(ctx, data, nil)
	return ofAzure(err)
}

// ofAzure makes a refusal of what the server said.
func ofAzure(err error) error {
	var r *azcore.ResponseError
	if errors.As(err, &r) {
		return &refusal{r.StatusCode, r.ErrorCode}
	}
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) || err != nil && strings.HasPrefix(err.Error(), "DefaultAzureCredential") {
		return errNoAzure
	}
	return err
}
