package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"

	"mrrsync/connectors"
)

// client sends the SDK's requests and takes the answers as bytes. The SDK builds
// the request (address, authentication, version, parameters) and reads errors.
// Its own ways of sending are not used: Call decodes the JSON twice before we
// do, and CallStreaming dereferences the answer of a request that got none.
type client struct {
	source string
	key    string
	sdk    *stripe.BackendImplementation
	http   *http.Client
}

func newClient(source, key string, s settings, o connectors.Options) (*client, error) {
	base := s.BaseURL
	if base == "" {
		base = stripe.APIURL
	}
	hc := &http.Client{Transport: connectors.NewTransport(connectors.Manners{
		Source:            source,
		RequestsPerSecond: s.RequestsPerSecond,
		Concurrency:       s.Concurrency,
		Secrets:           []string{key},
		Base:              o.Transport,
		Observe:           o.Observe,
		Sleep:             o.Sleep,
	})}
	// A backend of its own: the SDK's global one holds one key, and several
	// accounts live in one process. Retries are the transport's, which listens
	// to Retry-After and to the context.
	sdk, ok := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(base),
		HTTPClient:        hc,
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
		LeveledLogger:     silent{},
	}).(*stripe.BackendImplementation)
	if !ok {
		return nil, errors.New("the SDK's backend is not the one this connector was written for")
	}
	return &client{source: source, key: key, sdk: sdk, http: hc}, nil
}

// get is the body of a successful answer. Params are the SDK's parameters of
// the call, or nil. Errors say what to do; a missing object is an
// *stripe.Error that isMissing recognises.
func (c *client) get(ctx context.Context, path string, params any) ([]byte, error) {
	if params != nil {
		values := &form.Values{}
		form.AppendTo(values, params)
		if !values.Empty() {
			path += "?" + values.Encode()
		}
	}
	req, err := c.sdk.NewRequest(http.MethodGet, path, c.key, "application/x-www-form-urlencoded", &stripe.Params{Context: ctx})
	if err != nil {
		return nil, fmt.Errorf("source %s: build request: %w", c.source, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, c.explain(err)
	}
	defer resp.Body.Close()
	body, err := connectors.ReadBody(resp)
	if err != nil {
		return nil, fmt.Errorf("source %s: read the answer: %w", c.source, err)
	}
	if resp.StatusCode >= 400 {
		return nil, c.explain(c.sdk.ResponseToError(resp, body))
	}
	return body, nil
}

// explain turns an API error into one that an operator can act on.
func (c *client) explain(err error) error {
	var failed *connectors.RequestError
	if errors.As(err, &failed) {
		return failed
	}
	var api *stripe.Error
	if !errors.As(err, &api) {
		return fmt.Errorf("source %s: %w", c.source, err)
	}
	switch api.HTTPStatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("source %s: Stripe refuses the API key (401: %s); check api_key: it is mistyped, revoked, expired or of another account: %w",
			c.source, api.Msg, connectors.ErrDenied)
	case http.StatusForbidden:
		return &forbidden{c.source, api.Msg}
	}
	return &apiError{source: c.source, err: api}
}

// apiError prints what the SDK's error, which prints as JSON, says.
type apiError struct {
	source string
	err    *stripe.Error
}

func (e *apiError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "source %s: Stripe answers %d", e.source, e.err.HTTPStatusCode)
	if e.err.Code != "" {
		fmt.Fprintf(&b, " %s", e.err.Code)
	}
	fmt.Fprintf(&b, ": %s", e.err.Msg)
	if e.err.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.err.RequestID)
	}
	return b.String()
}

func (e *apiError) Unwrap() error { return e.err }

// isMissing says that the object asked for does not exist.
func isMissing(err error) bool {
	var api *stripe.Error
	return errors.As(err, &api) && api.HTTPStatusCode == http.StatusNotFound
}

// isLostPlace says that a list cannot go on after the given object, because it
// was deleted meanwhile.
func isLostPlace(err error) bool {
	var api *stripe.Error
	return errors.As(err, &api) && api.Param == "starting_after" &&
		(api.HTTPStatusCode == http.StatusBadRequest || api.HTTPStatusCode == http.StatusNotFound)
}

// mode is the mode that a key opens, told by its prefix.
func mode(key string) string {
	if strings.HasPrefix(key, "sk_test_") || strings.HasPrefix(key, "rk_test_") {
		return "test"
	}
	return "live"
}

// silent is the SDK's logger: what matters is told through errors and
// connectors.Options.Observe.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}

// isForbidden says that the key is good but lacks a permission.
func isForbidden(err error) bool {
	var f *forbidden
	return errors.As(err, &f)
}

// forbidden is a missing permission.
type forbidden struct{ source, text string }

func (f *forbidden) Error() string {
	return fmt.Sprintf("source %s: the API key may not read this (403: %s)", f.source, f.text)
}
func (f *forbidden) Unwrap() error { return connectors.ErrDenied }
