package warehouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	random "math/rand/v2"
	"os"
	"sync"
	"time"
)

// ErrLost says that a run had the warehouse and has it no more: its process
// stood still, or did not reach the server, for longer than its lease. Nothing
// that it still sends is published.
var ErrLost = errors.New("this run has lost the warehouse")

const (
	// leaseTerm is how long a lease lasts that is not renewed: for so long a
	// crashed run keeps others out.
	leaseTerm = time.Minute
	// settleTime is how long a run on several replicas waits before it looks who
	// else asks.
	settleTime = time.Second
	// leaseTries is how often two runs that ask in the same instant try again.
	leaseTries = 5
)

// ErrUnsure says that the manifest was sent, and that neither its answer came nor
// could be looked whether it arrived: readers may have the load.
var ErrUnsure = errors.New("it is not known whether it is published")

// A lease lets one run write. ClickHouse has neither locks nor a compare and
// set: all there is are rows that are appended, and reads that see every row
// whose insert was answered. That is enough for the oldest protocol there is.
// A run first puts its claim where all can see it, then looks for claims of
// others. Of two that do so at the same time at least one sees the other, since
// each looks after its own row is there; whoever sees another one takes its
// claim back. Both may, and try again after a while chosen by lot, but never do
// both go on.
//
// A claim ends by itself: the server writes down, by its own clock, when, and
// the holder writes later times while it lives. Nobody's own clock is asked. The
// holder stops a quarter of the term before the others may begin, and renews
// nothing by then: this margin is for statements that the server carries out
// late.
//
// A run that stood still does not know how late it is. So it is the server that
// decides when it writes the manifest: guard is a condition of that very INSERT.
//
// Runs on the folder of an embedded warehouse also hold a lock on a file, which
// falls with the process. Whoever has it need not wait for the claim of another
// that had it, who is dead; it keeps out those who write through a serve.
type lease struct {
	w      *Warehouse
	claim  string
	folder *os.File // the locked file; nil: the warehouse is not in a folder of ours
	term   time.Duration

	cancel context.CancelFunc // ends the renewals
	done   chan struct{}      // they have ended

	mu      sync.Mutex
	holder  Holder
	expires time.Time // by the server's clock
	until   time.Time // by ours: from then on nothing is sent
	lost    error
}

func newLease(w *Warehouse, verb string) *lease {
	return &lease{w: w, term: w.leaseTerm, holder: ourselves(verb, w.opt.Now())}
}

// margin is how long before its end a lease is as good as lost.
func (l *lease) margin() time.Duration { return l.term / 4 }

func (l *lease) who() Holder {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holder
}

// take claims the warehouse, unless somebody else has it.
func (l *lease) take(ctx context.Context) error {
	if folder := l.w.dsn.folder; folder != "" {
		var err error
		if l.folder, err = lockFolder(lockName(folder, l.w.schema.Database), l.who()); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		other, err := l.ask(ctx)
		if err == nil && other == nil {
			return nil
		}
		l.release(ctx)
		switch {
		case err != nil:
			return err
		case other.held || n == leaseTries:
			return &LockedError{other.Holder}
		}
		if err := sleep(ctx, l.term/100+random.N(l.term/50)); err != nil { //nolint:gosec // not a secret
			return err
		}
	}
}

// ask claims and looks who else does; a nil claim: nobody.
func (l *lease) ask(ctx context.Context) (*claim, error) {
	sent := clock()
	l.claim = rand.Text()
	h := l.who()
	err := l.exec(ctx, "claim the warehouse", `
		SELECT (SELECT max(fence) FROM `+l.w.table("leases")+`) + 1, {claim:String}, 'claimed', {folder:Bool}, {verb:String}, 0,
			{user:String}, {host:String}, {pid:UInt32}, now64(6, 'UTC') AS at, at + toIntervalMicrosecond({term:Int64})`,
		named("folder", l.folder != nil), named("verb", h.Verb), named("user", h.User), named("host", h.Host), named("pid", uint32(h.PID)))
	if err != nil {
		return nil, err
	}
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	all, err := l.w.claims(ctx, l.claim)
	if err != nil {
		return nil, err
	}
	var other *claim
	mine := false
	for i, c := range all {
		switch {
		case c.id == l.claim:
			mine = true
			l.mu.Lock()
			l.holder, l.expires, l.until = c.Holder, c.Until, sent.Add(l.term-l.margin())
			l.mu.Unlock()
		case c.folder && l.folder != nil: // its lock is ours now: it is dead
		case other == nil || c.held:
			other = &all[i]
		}
	}
	if !mine && other == nil {
		return nil, fmt.Errorf("claim the warehouse: the claim had run out before it could be read, after %s", l.term)
	}
	return other, nil
}

// settle waits, where there are several replicas, until the one that we speak
// with has the claims that others were answered for.
func (l *lease) settle(ctx context.Context) error {
	switch l.w.schema.Target {
	case Cluster:
		if err := sleep(ctx, settleTime); err != nil {
			return err
		}
		return l.w.exec(ctx, "catch up with leases", "SYSTEM SYNC REPLICA "+l.w.table("leases"))
	case Cloud:
		return sleep(ctx, settleTime)
	case Embedded, Server:
	}
	return nil
}

// hold makes a claim a lease, for a run, and renews it until it ends.
func (l *lease) hold(ctx context.Context, run uint64) error {
	l.mu.Lock()
	l.holder.Run = run
	l.mu.Unlock()
	if err := l.renew(ctx); err != nil {
		return err
	}
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.done = make(chan struct{})
	go func() {
		defer close(l.done)
		for sleep(ctx, l.term/4) == nil {
			if err := l.renew(ctx); err != nil && ctx.Err() == nil {
				l.w.log.Warn("the lease on the warehouse is not renewed", "run", run, "err", err)
			}
		}
	}()
	return nil
}

// renew has the server write a later end, if the lease is still ours there.
func (l *lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.margin())
	defer cancel()
	sent := clock()
	stands, args := l.guard("")
	err := l.exec(ctx, "renew lease", l.again("held")+" HAVING "+stands, args...)
	if err != nil {
		return err
	}
	var expires time.Time
	err = l.w.conn.QueryRow(ctx, "SELECT max(expires_at) FROM "+l.w.table("leases")+" WHERE claim = {claim:String} AND state = 'held'",
		named("claim", l.claim)).Scan(&expires)
	if err != nil {
		return fmt.Errorf("read lease: %w", err)
	}
	l.mu.Lock()
	advanced := expires.After(l.expires)
	l.mu.Unlock()
	if !advanced {
		return l.gone(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expires, l.holder.Until, l.until = expires, expires.UTC(), sent.Add(l.term-l.margin())
	return nil
}

// gone notes that the lease is lost, and to whom.
func (l *lease) gone(ctx context.Context) error {
	others, err := l.w.claims(ctx, "")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = fmt.Errorf("%w: its lease ran out at %s by the server's clock", ErrLost, l.expires.UTC().Format("2006-01-02 15:04:05 UTC"))
	if err == nil && len(others) > 0 && others[0].id != l.claim {
		l.lost = fmt.Errorf("%w, and now it is held by %s", l.lost, others[0].Holder)
	}
	return l.lost
}

// release says that the lease is over. It is a courtesy: what is not released
// runs out.
func (l *lease) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := l.exec(ctx, "release lease", l.again("released")); err != nil {
		l.w.log.Debug("the lease on the warehouse is not released, it runs out", "err", err)
	}
}

// end stops the renewals and lets the folder go; nil is no lease.
func (l *lease) end() {
	if l == nil {
		return
	}
	if l.cancel != nil {
		l.cancel()
		<-l.done
	}
	if l.folder != nil {
		_ = l.folder.Close()
	}
}

// check is ErrLost once the lease may have run out, as far as our own clocks
// tell: one stands still while the machine sleeps, the other may be set.
func (l *lease) check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := clock()
	switch {
	case l.lost != nil:
		return l.lost
	case l.folder == nil && (now.After(l.until) || now.Round(0).After(l.until.Round(0))):
		return fmt.Errorf("%w: its lease could not be renewed in time", ErrLost)
	}
	return nil
}

// over says that the lease may have run out; no lease can't.
func (l *lease) over() bool { return l != nil && l.check() != nil }

// guard is the condition that the lease stands: it is not released, nobody took
// the warehouse after it, and there is time left, unless the folder is ours. It
// is told by the rows of its own claim: where names them, or the query does.
func (l *lease) guard(where string) (sql string, args []any) {
	leases := l.w.table("leases")
	own := "max(state) < 'released' AND ({folder:Bool} OR max(expires_at) > now64(6, 'UTC') + toIntervalMicrosecond({margin:Int64}))"
	if where != "" {
		own = "(SELECT " + own + " AND max(state) = 'held' FROM " + leases + " WHERE " + where + ")"
	}
	return own + " AND (SELECT count() FROM " + leases + " WHERE state = 'held' AND fence > {fence:UInt64}) = 0", []any{
		named("claim", l.claim), named("folder", l.folder != nil), named("margin", l.margin().Microseconds()), named("fence", l.who().Fence),
	}
}

// again is the SELECT of the claim's row in another state, from now on.
func (l *lease) again(state string) string {
	return `
		SELECT any(fence), {claim:String}, '` + state + `', any(folder), any(verb), {run:UInt64}, any(user), any(host), any(pid),
			now64(6, 'UTC') AS now, now + toIntervalMicrosecond({term:Int64})
		FROM ` + l.w.table("leases") + ` WHERE claim = {claim:String}`
}

// exec writes a row of the claim. It is no step of the run.
func (l *lease) exec(ctx context.Context, what, sql string, args ...any) error {
	args = append(args, named("claim", l.claim), named("term", l.term.Microseconds()), named("run", l.who().Run))
	err := l.w.conn.Exec(ctx, "INSERT INTO "+l.w.table("leases")+" (fence, claim, state, folder, verb, run, user, host, pid, at, expires_at)"+sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// claim is a claim that has neither ended nor been released.
type claim struct {
	Holder
	id     string
	folder bool
	held   bool
}

// claims are those that stand by the server's clock, and one's own if it does.
func (w *Warehouse) claims(ctx context.Context, own string) ([]claim, error) {
	var all []claim
	err := w.each(ctx, "read leases", `
		SELECT claim, max(fence), max(folder), toBool(max(state) = 'held'), any(verb), max(run), any(user), any(host), any(pid), min(at), max(expires_at) AS ends
		FROM `+w.table("leases")+` GROUP BY claim HAVING max(state) < 'released' AND ends > now64(6, 'UTC')
		ORDER BY claim != {own:String}, 2`, func(scan func(...any) error) error {
		var c claim
		var pid uint32
		var held bool
		if err := scan(&c.id, &c.Fence, &c.folder, &held, &c.Verb, &c.Run, &c.User, &c.Host, &pid, &c.Since, &c.Until); err != nil {
			return err
		}
		c.PID, c.held, c.Since, c.Until = int(pid), held, c.Since.UTC(), c.Until.UTC()
		all = append(all, c)
		return nil
	}, named("own", own))
	return all, err
}

// clock is this process's own, with its monotonic part.
func clock() time.Time { return time.Now() } //nolint:forbidigo // how long we took, not what day it is

// sleep waits, or is the reason why not.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
