package serve

import (
	"net/http"
)

// dashboard shows the pages for people to whoever may read the figures.
func (s *Server) dashboard(w http.ResponseWriter, r *http.Request) {
	if _, ok := r.Context().Value(ownerKey{}).(user); !ok {
		if err := s.visitor(r); err != nil {
			e := asError(err)
			status := statusOf(e.Code)
			if len(s.cfg.Users) > 0 {
				// A browser asks its user once more after 401, and after that alone.
				w.Header().Set("WWW-Authenticate", `Basic realm="mrrsync", charset="UTF-8"`)
				status = http.StatusUnauthorized
			}
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, e.Message, status)
			return
		}
	}
	if s.cfg.Dashboard == nil {
		http.NotFound(w, r)
		return
	}
	s.cfg.Dashboard.ServeHTTP(w, r)
}

// visitor finds out whether a request may see pages. Without users nobody else's
// page may ask here; but to follow a link from elsewhere, in a mail for instance,
// is to come oneself: what it opens can't be read by where one came from.
func (s *Server) visitor(r *http.Request) error {
	if len(s.cfg.Users) == 0 && local(r.Host) && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		return nil
	}
	_, err := s.authenticate(r)
	return err
}
