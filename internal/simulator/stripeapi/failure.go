package stripeapi

import (
	"net/http"
	"strings"

	"mrrsync/internal/simulator/wire"
)

// failure is an answer that is an error, in Stripe's form.
type failure struct {
	status                     int
	kind, code, param, message string
}

func (f *failure) refusal() *wire.Refusal {
	var e enc
	e.Open()
	e.Obj("error")
	if f.code != "" {
		e.Str("code", f.code)
		e.Str("doc_url", "https://stripe.com/docs/error-codes/"+strings.ReplaceAll(f.code, "_", "-"))
	}
	e.Str("message", f.message)
	if f.param != "" {
		e.Str("param", f.param)
	}
	e.Str("type", f.kind)
	e.End()
	e.End()
	return &wire.Refusal{Status: f.status, Body: e.B}
}

func invalid(code, param, message string) *failure {
	return &failure{status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param, message: message}
}

func missing(what, id, param string) *failure {
	f := invalid("resource_missing", param, "No such "+what+": '"+id+"'")
	f.status = http.StatusNotFound
	return f
}

func unauthorized(key string) *failure {
	message := "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
	if key != "" {
		shown := key[:min(len(key), 8)] + "****"
		message = "Invalid API Key provided: " + shown
	}
	return &failure{status: http.StatusUnauthorized, kind: "invalid_request_error", message: message}
}

func denied(stream string) *failure {
	return &failure{
		status: http.StatusForbidden, kind: "invalid_request_error",
		message: "The provided key 'rk_test_****' does not have the required permissions for this endpoint on account 'acct_simulated'. Having the 'rak_" + permission(stream) + "_read' permission would allow this request to continue.",
	}
}

// refuse words a fault that is a refusal.
func refuse(kind wire.Fault, path []string, draw int) *wire.Refusal {
	f := &failure{status: http.StatusInternalServerError, kind: "api_error", message: "An unknown error occurred"}
	after := 0
	switch {
	case kind == wire.TooMany:
		f = &failure{
			status: http.StatusTooManyRequests, kind: "invalid_request_error", code: "rate_limit",
			message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
		}
		after = 1 - draw%2 // some tell when to come again
	case kind == wire.Lock:
		f = &failure{
			status: http.StatusTooManyRequests, kind: "invalid_request_error", code: "lock_timeout",
			message: "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.",
		}
	case kind == wire.Denied && len(path) == 0:
		return nil
	case kind == wire.Denied:
		f = denied(path[0])
	}
	x := f.refusal()
	x.RetryAfter = after
	return x
}

func permission(stream string) string {
	name := strings.TrimSuffix(stream, "s")
	if name == "invoiceitem" {
		return "invoice"
	}
	return name
}
