package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"mrrsync/connectors"
	"mrrsync/connectors/rawjson"
	"mrrsync/warehouse"
)

// gaugeSample is how many objects of each batch are looked into, evenly spread:
// enough to see that a field has gone, too few to slow a sync down.
const gaugeSample = 500

// gauge counts, while a source is pulled, how often its objects have the fields
// that the figures depend on. Streams are pulled at the same time.
type gauge struct {
	mu        sync.Mutex
	connector connectors.Gauge // nil: it names no fields
	paths     map[string][]string
	fields    map[string]*rawjson.Fields
	fills     map[warehouse.Field]*warehouse.Fill
}

func newGauge(s Source) *gauge {
	c, ok := s.Connector.(connectors.Gauge)
	if !ok {
		return &gauge{}
	}
	g := &gauge{connector: c, paths: c.Fields(), fields: map[string]*rawjson.Fields{}, fills: map[warehouse.Field]*warehouse.Fill{}}
	for kind, paths := range g.paths {
		g.fields[kind] = rawjson.FieldsOf(paths)
	}
	return g
}

// add looks into some of the objects of a batch.
func (g *gauge) add(stream connectors.Stream, pages []connectors.Page) {
	if g.connector == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	total := 0
	for _, p := range pages {
		total += len(p.Objects)
	}
	step, n := max(1, total/gaugeSample), 0
	for _, p := range pages {
		for i := range p.Objects {
			if n++; n%step == 0 {
				g.object(stream, &p.Objects[i])
			}
		}
	}
}

func (g *gauge) object(stream connectors.Stream, o *connectors.Object) {
	fields := g.fields[o.Kind]
	if o.Deleted || fields == nil {
		return
	}
	version := g.connector.APIVersion(*o)
	for i, filled := range fields.Measure(o.Payload) {
		if filled.Could == 0 {
			continue
		}
		key := warehouse.Field{Stream: stream, Kind: o.Kind, APIVersion: version, Path: g.paths[o.Kind][i]}
		f := g.fills[key]
		if f == nil {
			f = &warehouse.Fill{Field: key}
			g.fills[key] = f
		}
		f.Objects, f.Filled = f.Objects+filled.Could, f.Filled+filled.There
	}
}

// watchFields records how often fields were there, and warns of those that cease
// to come.
func (r *run) watchFields(ctx context.Context, s Source, g *gauge) error {
	if len(g.fills) == 0 {
		return nil
	}
	var now []warehouse.Fill
	for _, f := range g.fills {
		f.Run = r.id
		now = append(now, *f)
	}
	slices.SortFunc(now, func(a, b warehouse.Fill) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.APIVersion, b.APIVersion), cmp.Compare(a.Path, b.Path))
	})
	before, err := r.w.Fills(ctx, s.Name, fillRuns)
	if err != nil {
		return err
	}
	for _, c := range collapses(now, before) {
		r.warn("source %s: %s", s.Name, c)
	}
	return r.w.SaveFill(ctx, s.Name, now)
}

const (
	// fillRuns is how many runs a field is compared with. After as many the new
	// share is the usual one, and the warning ends.
	fillRuns = 60
	// fillNow and fillBefore are the least numbers of objects that say anything.
	// A quiet night is put together with those before it until there are enough.
	fillNow, fillBefore = 20, 50
	// fillLoss is the part of the objects that had the field and must have lost
	// it, fillDoubt how many standard errors the difference must be from chance.
	fillLoss, fillDoubt = 0.5, 6
)

// collapse is a field that has ceased to come, at least in most objects.
type collapse struct {
	warehouse.Field
	now, before warehouse.Fill // pooled
}

func (c collapse) String() string {
	return fmt.Sprintf("stream %s: the %s's field %s (API version %s) was there in %.1f %% of %d, now in %.1f %% of %d: the provider answers otherwise than before, and figures that rest on the field may be rejected (view field_fill)",
		c.Stream, c.Kind, c.Path, c.APIVersion, 100*rate(c.before), c.before.Objects, 100*rate(c.now), c.now.Objects)
}

func rate(f warehouse.Fill) float64 { return float64(f.Filled) / float64(max(f.Objects, 1)) }

// collapses finds the fields of a run that most objects used to have and have no
// more. Runs before it come newest first. A field is compared with itself, in the
// same stream and API version; where that says too little, with all objects of
// the kind.
func collapses(now, before []warehouse.Fill) []collapse {
	var all []collapse
	for _, f := range now {
		c := collapse{Field: f.Field, now: f}
		since := uint64(math.MaxUint64) // the oldest run that was put to now
		for _, old := range before {
			if c.now.Objects >= fillNow {
				break
			}
			if old.Field == f.Field {
				c.now.Objects, c.now.Filled, since = c.now.Objects+old.Objects, c.now.Filled+old.Filled, old.Run
			}
		}
		var kind warehouse.Fill
		for _, old := range before {
			if old.Run >= since || old.Kind != f.Kind || old.Path != f.Path {
				continue
			}
			kind.Objects, kind.Filled = kind.Objects+old.Objects, kind.Filled+old.Filled
			if old.Field == f.Field {
				c.before.Objects, c.before.Filled = c.before.Objects+old.Objects, c.before.Filled+old.Filled
			}
		}
		if c.before.Objects < fillBefore {
			c.before = kind
		}
		if c.collapsed() {
			all = append(all, c)
		}
	}
	return all
}

// collapsed says that the share fell by so much that it is neither chance nor
// taste.
func (c collapse) collapsed() bool {
	if c.now.Objects < fillNow || c.before.Objects < fillBefore {
		return false
	}
	was, is := rate(c.before), rate(c.now)
	if is > was*(1-fillLoss) {
		return false
	}
	n, m := float64(c.now.Objects), float64(c.before.Objects)
	pooled := float64(c.now.Filled+c.before.Filled) / (n + m)
	return was-is > fillDoubt*math.Sqrt(pooled*(1-pooled)*(1/n+1/m))
}
