package origin

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// shortest is how long a text is at least to be taken for a secret: shorter ones,
// as a tenant's number, would be found in any message.
const shortest = 4

// Unsaid gives a text of a server without what was sent to it: one that echoes our
// headers, in an error, a warning or where it points to, shows no credential with it.
// sent is the request as it left, nil where that is not known.
func Unsaid(sent *http.Request, text string) string {
	if sent == nil || text == "" {
		return text
	}
	var secrets []string
	for name, values := range sent.Header {
		switch name {
		case "Accept", "Accept-Encoding", "Content-Type", "Content-Length", "Referer", "User-Agent":
			continue
		}
		for _, v := range values {
			secrets = append(secrets, v)
			for word := range strings.FieldsSeq(v) {
				secrets = append(secrets, word)
			}
		}
	}
	if _, password, ok := sent.BasicAuth(); ok {
		secrets = append(secrets, password)
	}
	if user := sent.URL.User; user != nil {
		password, _ := user.Password()
		secrets = append(secrets, password, user.String(), base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	// The longest first: a part of one may be another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		if len(s) < shortest || strings.EqualFold(s, "bearer") || strings.EqualFold(s, "basic") {
			continue
		}
		for _, form := range []string{s, url.PathEscape(s), url.QueryEscape(s)} {
			text = strings.ReplaceAll(text, form, "...")
		}
	}
	return text
}
