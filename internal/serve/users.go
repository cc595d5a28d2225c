package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"mrrsync/warehouse/chdb"
)

// Role is what a user may do.
type Role uint8

// The roles of users.
const (
	// Reader may ask the views and what clients ask about tables.
	Reader Role = iota + 1
	// Writer may change tables, too, but reaches no file and no network.
	Writer
)

// owner is the role of whoever comes through the socket in the warehouse
// folder: the operating system has let them in, and they could open the folder
// themselves.
const owner Role = Writer + 1

// User is somebody who may come over the network. Password is asked at every
// request, so that a new one in its file counts from then on.
type User struct {
	Name     string
	Password func() (string, error)
	Role     Role
}

// user is who a request is from.
type user struct {
	name string
	role Role
}

// authenticate finds out who a request is from. It takes ClickHouse's headers,
// its parameters and basic authentication, in this order.
func (s *Server) authenticate(r *http.Request) (user, error) {
	params := r.URL.Query()
	name, password := r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	given := r.Header.Values("X-ClickHouse-User") != nil || r.Header.Values("X-ClickHouse-Key") != nil
	if basicName, basicPassword, ok := r.BasicAuth(); !given && ok {
		name, password, given = basicName, basicPassword, true
	}
	if !given && (params.Has("user") || params.Has("password")) {
		name, password, given = params.Get("user"), params.Get("password"), true
	}
	if name == "" {
		name = "default"
	}
	if len(s.cfg.Users) == 0 {
		// Who is on this machine is a reader. The name of the host is looked at
		// because a page in a browser could point a name of its own here.
		if !local(r.Host) {
			return user{}, chdb.NewError(516, "AUTHENTICATION_FAILED", "%s: Authentication failed: without users the host must be named localhost or by a loopback address", name)
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			return user{}, chdb.NewError(516, "AUTHENTICATION_FAILED", "%s: Authentication failed: without users no page of another site is answered", name)
		}
		if name != "default" || password != "" {
			return user{}, wrong(name)
		}
		return user{name, Reader}, nil
	}
	return s.known(name, password, given)
}

// known compares name and password with all users, in a time that tells nothing
// of either.
func (s *Server) known(name, password string, given bool) (user, error) {
	found := user{}
	for _, u := range s.cfg.Users {
		want, err := u.Password()
		if err != nil {
			s.log.Error("a user's password can't be read", "user", u.Name, "error", err)
		}
		if match(u.Name, name)&match(want, password) == 1 && err == nil && want != "" {
			found = user{u.Name, u.Role}
		}
	}
	switch {
	case found.role != 0:
		return found, nil
	case !given:
		return user{}, chdb.NewError(194, "REQUIRED_PASSWORD", "%s: Authentication failed: password is required", name)
	default:
		return user{}, wrong(name)
	}
}

func wrong(name string) error {
	return chdb.NewError(516, "AUTHENTICATION_FAILED", "%s: Authentication failed: password is incorrect, or there is no user with such name", name)
}

// match is 1 for equal texts. Digests are compared, so that lengths do not show.
func match(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// local tells whether a host's name, with or without a port, is this machine's
// own loopback.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if slices.Contains([]string{"localhost", "localhost."}, host) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
