package stripeapi

import (
	"net/http"
	"strings"
)

// failure is an answer that is an error, in Stripe's form.
type failure struct {
	status                     int
	kind, code, param, message string
}

func (f *failure) body() []byte {
	var e enc
	e.open()
	e.obj("error")
	if f.code != "" {
		e.str("code", f.code)
		e.str("doc_url", "https://stripe.com/docs/error-codes/"+strings.ReplaceAll(f.code, "_", "-"))
	}
	e.str("message", f.message)
	if f.param != "" {
		e.str("param", f.param)
	}
	e.str("type", f.kind)
	e.end()
	e.end()
	return e.b
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

func permission(stream string) string {
	name := strings.TrimSuffix(stream, "s")
	if name == "invoiceitem" {
		return "invoice"
	}
	return name
}
