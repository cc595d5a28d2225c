package chargebeeapi

import (
	"net/http"

	"mrrsync/internal/simulator/wire"
)

// failure is an answer that is an error, in Chargebee's form: the newer names
// and the deprecated ones beside them.
type failure struct {
	status                            int
	kind, code, older, param, message string
}

func (f *failure) refusal() *wire.Refusal {
	var e enc
	e.Open()
	e.Str("message", f.message)
	e.some("type", f.kind)
	e.Str("api_error_code", f.code)
	e.some("param", f.param)
	older := f.older
	if older == "" {
		older = f.code
	}
	e.Str("error_code", older)
	e.Str("error_msg", f.message)
	e.some("error_param", f.param)
	e.Num("http_code", int64(f.status))
	e.Num("http_status_code", int64(f.status))
	e.End()
	return &wire.Refusal{Status: f.status, Body: e.B}
}

func wrong(param, message string) *failure {
	return &failure{
		status: http.StatusBadRequest, kind: "invalid_request", code: "param_wrong_value", param: param,
		message: param + " : " + message,
	}
}

func missing(id string) *failure {
	return &failure{status: http.StatusNotFound, kind: "invalid_request", code: "resource_not_found", message: id + " not found"}
}

// otherCatalogue is the answer of endpoints which the site's product catalogue
// does not have.
func otherCatalogue() *failure {
	return &failure{
		status: http.StatusBadRequest, kind: "invalid_request", code: "configuration_incompatible", older: "api_restricted",
		message: "This API operation is not enabled for this site. Please contact support@chargebee.com to get this enabled",
	}
}

func unauthorized(older string) *failure {
	return &failure{status: http.StatusUnauthorized, code: "api_authentication_failed", older: older, message: "Sorry, authentication failed. Invalid api key"}
}

func denied() *failure {
	return &failure{
		status: http.StatusForbidden, code: "api_authorization_failed",
		message: "Sorry, authorization failed. The key does not have the required permissions to perform this operation",
	}
}

// refuse words a fault that is a refusal. Chargebee limits requests a minute
// and requests at one time; it tells when to come again for the former only.
// The latter is its word for contention.
func refuse(kind wire.Fault, path []string, draw int) *wire.Refusal {
	f := &failure{
		status: http.StatusInternalServerError, kind: "operation_failed", code: "internal_error",
		message: "Sorry, something went wrong when trying to process the request. If this problem persists, contact us at support@chargebee.com.",
	}
	after := 0
	switch {
	case kind == wire.TooMany:
		f = busy("request count")
		after = 1
	case kind == wire.Lock:
		f = busy("concurrent requests")
	case kind == wire.ServerError && draw%2 == 0:
		f.status, f.code = http.StatusServiceUnavailable, "internal_temporary_error"
		f.message = "Sorry, the server is currently unable to handle the request due to a temporary overload or scheduled maintenance. Please retry after sometime."
	case kind == wire.Denied && len(path) == 0:
		return nil
	case kind == wire.Denied:
		f = denied()
	}
	x := f.refusal()
	x.RetryAfter = after
	return x
}

func busy(what string) *failure {
	return &failure{
		status: http.StatusTooManyRequests, kind: "operation_failed", code: "api_request_limit_exceeded",
		message: "Sorry, access has been blocked temporarily due to " + what + " exceeding acceptable limits. Please try after some time.",
	}
}
