package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"mrrsync/connectors/billing"
)

// stateAge is how old what every page says of the last night may be.
const stateAge = 2 * time.Second

// state is what readers see at the moment, and how the last night went.
type state struct {
	key     string // the load and how the last run stands: what answers depend on
	load    published
	run     lastRun
	sources []sourceState
	rejects uint64
}

// published is the newest load; its ID is 0 before the first one.
type published struct {
	ID                            uint64
	Through, Final, First, Closed billing.Date
	Currency                      string // the reporting currency; empty: conversion is off
	At                            time.Time
}

// lastRun is the newest run; its ID is 0 before the first one.
type lastRun struct {
	ID, Load       uint64
	Verb, Status   string
	Started, Ended time.Time
	Error          string
}

// sourceState is how one source stands.
type sourceState struct {
	Name, Status, Error string
	Covered             billing.Date
	Success, Attempt    time.Time
	Stale, Failed, Gone bool // Gone: it is no longer configured
}

// provisional tells that not every source has covered the last day.
func (s *state) provisional() bool { return s.load.ID != 0 && s.load.Through > s.load.Final }

// tag names a page's content: what it rests on, what makes it and its address.
func (s *state) tag(build, address string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%v\x00%d", s.key, build, address, s.sources, s.rejects))
	return hex.EncodeToString(sum[:12])
}

// remembered is the state as of a moment ago.
type remembered struct {
	mu    sync.Mutex
	asked time.Time
	state *state
}

// state is the state as of a moment ago.
func (d *Dashboard) state(ctx context.Context) (*state, error) {
	d.last.mu.Lock()
	defer d.last.mu.Unlock()
	if d.last.state != nil && time.Since(d.last.asked) < stateAge { //nolint:forbidigo // the age of an answer, not a day of the figures
		return d.last.state, nil
	}
	return d.renew(ctx)
}

// freshState is the state as of now.
func (d *Dashboard) freshState(ctx context.Context) (*state, error) {
	d.last.mu.Lock()
	defer d.last.mu.Unlock()
	return d.renew(ctx)
}

func (d *Dashboard) renew(ctx context.Context) (*state, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for range tries {
		s, err := d.askState(ctx)
		if err != nil {
			return nil, err
		}
		after, err := d.key(ctx)
		if err != nil {
			return nil, err
		}
		if after == s.key {
			d.last.state, d.last.asked = s, time.Now() //nolint:forbidigo // as above
			return s, nil
		}
	}
	return nil, errors.New("read state: loads are published faster than it can be asked for")
}

// key is the load that readers see and how the last run stands, in one
// statement.
func (d *Dashboard) key(ctx context.Context) (string, error) {
	var key string
	db := d.cfg.Views.Database
	err := d.cfg.Views.Conn.QueryRow(ctx, "SELECT concat(toString((SELECT max(load_id) FROM "+db+".loads)), ' ', toString((SELECT max((run, toString(status), finished_at)) FROM "+db+".runs)))").Scan(&key)
	if err != nil {
		return "", fmt.Errorf("ask what is published: %w", err)
	}
	return key, nil
}

func (d *Dashboard) askState(ctx context.Context) (*state, error) {
	s := &state{}
	var err error
	if s.key, err = d.key(ctx); err != nil {
		return nil, err
	}
	db := d.cfg.Views.Database
	each := func(sql string, scan func(scan func(...any) error) error) error {
		rows, err := d.cfg.Views.Conn.Query(ctx, sql)
		if err != nil {
			return fmt.Errorf("read state: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows.Scan); err != nil {
				return fmt.Errorf("read state: %w", err)
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("read state: %w", err)
		}
		return nil
	}
	day := func(t time.Time) billing.Date { return billing.DateOf(t, time.UTC) }
	err = each("SELECT load_id, through, final_through, first_date, closed_through, toString(reporting_currency), published_at FROM "+db+".loads WHERE status = 'current'",
		func(scan func(...any) error) error {
			var days [4]time.Time
			p := &s.load
			err := scan(&p.ID, &days[0], &days[1], &days[2], &days[3], &p.Currency, &p.At)
			p.Through, p.Final, p.First, p.Closed = day(days[0]), day(days[1]), day(days[2]), day(days[3])
			return err
		})
	if err != nil {
		return nil, err
	}
	err = each("SELECT run, load_id, toString(verb), toString(status), started_at, finished_at, error FROM "+db+".runs ORDER BY run DESC LIMIT 1",
		func(scan func(...any) error) error {
			r := &s.run
			return scan(&r.ID, &r.Load, &r.Verb, &r.Status, &r.Started, &r.Ended, &r.Error)
		})
	if err != nil {
		return nil, err
	}
	if err := d.cfg.Views.Conn.QueryRow(ctx, "SELECT count() FROM "+db+".rejects").Scan(&s.rejects); err != nil {
		return nil, fmt.Errorf("count rejects: %w", err)
	}
	stale := map[string]bool{}
	if d.cfg.Stale != nil {
		if stale, err = d.cfg.Stale(ctx); err != nil {
			return nil, err
		}
	}
	for _, name := range d.cfg.Sources {
		s.sources = append(s.sources, sourceState{Name: name, Status: "none", Stale: stale[name]})
	}
	return s, each("SELECT toString(source), covered_through, last_success_at, last_attempt_at, toString(status), error FROM "+db+".freshness ORDER BY source",
		func(scan func(...any) error) error {
			var f sourceState
			var covered time.Time
			if err := scan(&f.Name, &covered, &f.Success, &f.Attempt, &f.Status, &f.Error); err != nil {
				return err
			}
			f.Covered, f.Stale, f.Failed = day(covered), stale[f.Name], f.Status == "failed"
			if i := slices.IndexFunc(s.sources, func(x sourceState) bool { return x.Name == f.Name }); i >= 0 {
				s.sources[i] = f
				return nil
			}
			f.Gone = true
			s.sources = append(s.sources, f)
			return nil
		})
}
