package serve

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"
)

// pageAge is how old the page of figures may be.
const pageAge = 30 * time.Second

// page keeps the page of figures for a while: making it takes several
// statements, and a team may leave it open on every screen.
type page struct {
	turn chan struct{} // one token: whoever holds it may look at and change the rest
	made time.Time
	body []byte
}

// dashboard shows the figures to whoever may read them.
func (s *Server) dashboard(w http.ResponseWriter, r *http.Request) {
	a := s.newAnswer(w, r, "dashboard")
	if _, ok := r.Context().Value(ownerKey{}).(user); !ok {
		if _, err := s.authenticate(r); err != nil {
			a.refuse(err)
			return
		}
	}
	body, err := s.page.get(r.Context(), s.cfg)
	if err != nil {
		s.log.Error("the page of figures can't be made", "error", err)
		http.Error(w, "The page of figures can't be made; see the log of mrrsync serve.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'")
	h.Set("Cache-Control", "private, no-cache")
	_, _ = w.Write(body) // nobody is left to be told
}

// get is the page as of a short while ago.
func (p *page) get(ctx context.Context, cfg Config) ([]byte, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if cfg.Page == nil {
		return nil, errors.New("there is none")
	}
	if now := cfg.Now(); p.body == nil || now.Sub(p.made) > pageAge {
		var b bytes.Buffer
		if err := cfg.Page(ctx, &b); err != nil {
			return nil, err
		}
		p.made, p.body = now, b.Bytes()
	}
	return p.body, nil
}
