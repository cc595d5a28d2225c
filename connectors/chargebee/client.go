package chargebee

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	chargebee "github.com/chargebee/chargebee-go/v3"

	"mrrsync/connectors"
)

// client sends requests that the SDK built and takes the answers as bytes. The
// SDK's own way of sending is not used: its client and environment are global,
// it sleeps without looking at the context, and it panics on a list without
// "list".
type client struct {
	source string
	site   string
	key    string
	base   string
	http   *http.Client
}

func newClient(key string, s settings, o connectors.Options) *client {
	transport := connectors.NewTransport(connectors.Manners{
		Source:            o.Source,
		RequestsPerSecond: s.RequestsPerSecond,
		Concurrency:       s.Concurrency,
		Secrets:           []string{key, base64.StdEncoding.EncodeToString([]byte(key + ":"))},
		Base:              o.Transport,
		Observe:           o.Observe,
		Sleep:             o.Sleep,
	})
	return &client{source: o.Source, site: s.Site, key: key, base: s.address(), http: &http.Client{Transport: transport}}
}

// get is the body of a successful answer. Errors say what to do; those that the
// API gave are *apiError. One that ends early is asked for again: it may be what
// tells which product catalogue the site has.
func (c *client) get(ctx context.Context, path string, params *url.Values) (body []byte, err error) {
	for try := 1; ; try++ {
		body, err = c.once(ctx, path, params)
		if !errors.Is(err, errForeign) || try == answerTries {
			return body, err
		}
		if err := connectors.Sleep(ctx, time.Duration(try)*100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// errForeign says that an error's body is not what Chargebee sends.
var errForeign = errors.New("the answer is not Chargebee's; is base_url right, or a proxy in the way?")

func (c *client) once(ctx context.Context, path string, params *url.Values) ([]byte, error) {
	address := c.base + path
	if params != nil && len(*params) > 0 {
		address += "?" + params.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("source %s: build request: %w", c.source, err)
	}
	req.SetBasicAuth(c.key, "")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mrrsync ChargeBee-Go-Client v"+chargebee.Version)
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var failed *connectors.RequestError
		if errors.As(err, &failed) {
			return nil, failed
		}
		return nil, fmt.Errorf("source %s: %w", c.source, err)
	}
	defer resp.Body.Close()
	body, err := connectors.ReadBody(resp)
	if err != nil {
		return nil, fmt.Errorf("source %s: read the answer: %w", c.source, err)
	}
	if resp.StatusCode >= 400 {
		return nil, c.explain(path, resp.StatusCode, body)
	}
	return body, nil
}

// apiError is an error that Chargebee's API gave.
type apiError struct {
	source, site string
	path         string
	status       int
	Message      string `json:"message"`
	Param        string `json:"param"`
	Code         string `json:"api_error_code"`
}

// The API's codes that a caller branches on.
const (
	codeIncompatible = "configuration_incompatible"
	codeMissing      = "resource_not_found"
)

// explain reads the API's error. Whatever else is in the body is not ours to
// understand: a float where an int is expected must not hide the message.
func (c *client) explain(path string, status int, body []byte) error {
	e := &apiError{source: c.source, site: c.site, path: path, status: status}
	if err := json.Unmarshal(body, e); err != nil || (e.Message == "" && e.Code == "") {
		return fmt.Errorf("source %s: GET %s: status %d: %w", c.source, path, status, errForeign)
	}
	return e
}

// Error says what is wrong and what to do.
func (e *apiError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "source %s: ", e.source)
	switch {
	case e.status == http.StatusUnauthorized:
		fmt.Fprintf(&b, "Chargebee refuses the API key (401 %s: %s); check api_key: it is mistyped, revoked, or of another site than %q", e.Code, e.Message, e.site)
	case e.status == http.StatusForbidden:
		fmt.Fprintf(&b, "the API key may not read %s (403 %s: %s); make a read-only key with access to all resources", e.path, e.Code, e.Message)
	case strings.HasPrefix(e.Code, "site_not"):
		fmt.Fprintf(&b, "Chargebee has no site %q (%s: %s); check site", e.site, e.Code, e.Message)
	default:
		fmt.Fprintf(&b, "GET %s: Chargebee answers %d %s: %s", e.path, e.status, e.Code, e.Message)
		if e.Param != "" {
			fmt.Fprintf(&b, " (parameter %s)", e.Param)
		}
	}
	return b.String()
}

// Unwrap makes a refused key or a missing permission an ErrDenied.
func (e *apiError) Unwrap() error {
	if e.status == http.StatusUnauthorized || e.status == http.StatusForbidden {
		return connectors.ErrDenied
	}
	return nil
}

// hopeless says that no other request will fare better.
func (e *apiError) hopeless() bool {
	return e.status == http.StatusUnauthorized || strings.HasPrefix(e.Code, "site_not")
}

func asAPIError(err error) *apiError {
	var e *apiError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// isMissing says that the object asked for does not exist.
func isMissing(err error) bool {
	e := asAPIError(err)
	return e != nil && (e.Code == codeMissing || e.Code == "" && e.status == http.StatusNotFound)
}

// isIncompatible says that the site has the other product catalogue, or not the
// feature at all.
func isIncompatible(err error) bool {
	e := asAPIError(err)
	return e != nil && e.Code == codeIncompatible
}

// isLostPlace says that the list cannot go on at the offset it was given.
func isLostPlace(err error) bool {
	e := asAPIError(err)
	return e != nil && e.status == http.StatusBadRequest && e.Param == "offset"
}
