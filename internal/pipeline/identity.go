package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"mrrsync/connectors"
	"mrrsync/connectors/billing"
	"mrrsync/warehouse"
)

// Identity says which customers, of one source or of several, are one account.
// The zero Identity makes every customer an account of its own.
type Identity struct {
	// MetadataKey is the key of a customer's metadata that names its account.
	MetadataKey string
	// Accounts are named by customer, and come before metadata.
	Accounts map[warehouse.CustomerKey]string
}

// ReadIdentity reads accounts from CSV with the columns source, customer_id and
// account, in any order. Every problem is reported with its line.
func ReadIdentity(in io.Reader, sources []string) (map[warehouse.CustomerKey]string, error) {
	all := map[warehouse.CustomerKey]string{}
	err := readCSV(in, []string{"source", "customer_id", "account"}, func(v []string) error {
		k := warehouse.CustomerKey{Source: v[0], CustomerID: v[1]}
		switch {
		case !slices.Contains(sources, k.Source):
			return fmt.Errorf("source %q is not configured; there are %s", k.Source, strings.Join(sources, ", "))
		case k.CustomerID == "" || v[2] == "":
			return errors.New("customer_id and account must not be empty")
		case all[k] != "" && all[k] != v[2]:
			return fmt.Errorf("customer %s of source %s has account %q already", k.CustomerID, k.Source, all[k])
		}
		all[k] = v[2]
		return nil
	})
	return all, err
}

// readCSV reads the named columns of every row and reports what is wrong with
// its line.
func readCSV(in io.Reader, columns []string, take func(values []string) error) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("read header: want the columns %s: %w", strings.Join(columns, ","), err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	at := make([]int, len(columns))
	for i, name := range columns {
		if at[i] = slices.Index(header, name); at[i] < 0 {
			return fmt.Errorf("line 1: column %q is missing: want %s", name, strings.Join(columns, ","))
		}
	}
	var problems []error
	values := make([]string, len(columns))
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(problems...)
		}
		if err != nil {
			return errors.Join(append(problems, err)...)
		}
		for i := range values {
			values[i] = strings.TrimSpace(row[at[i]])
		}
		if err := take(values); err != nil {
			line, _ := r.FieldPos(0)
			problems = append(problems, fmt.Errorf("line %d: %w", line, err))
		}
	}
}

// none says that every customer is an account of its own.
func (i Identity) none() bool { return i.MetadataKey == "" && len(i.Accounts) == 0 }

// account is the account of a customer: what the file says, else its metadata,
// else the customer itself.
func (i Identity) account(k warehouse.CustomerKey, c billing.Customer) string {
	if named, ok := i.Accounts[k]; ok {
		return named
	}
	if i.MetadataKey != "" {
		if named := c.Metadata["metadata."+i.MetadataKey]; named != "" {
			return named
		}
	}
	return own(k)
}

// own is the account of a customer that no identity names.
func own(k warehouse.CustomerKey) string { return k.Source + "/" + k.CustomerID }

// hash names the accounts of the file; empty when it names none.
func (i Identity) hash() string {
	if len(i.Accounts) == 0 {
		return ""
	}
	h := sha256.New()
	for _, k := range slices.SortedFunc(maps.Keys(i.Accounts), compareKeys) {
		fmt.Fprintf(h, "%q %q %q\n", k.Source, k.CustomerID, i.Accounts[k])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func compareKeys(a, b warehouse.CustomerKey) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.CustomerID, b.CustomerID))
}

// work is what a run derives.
type work struct {
	// only names the customers to derive by source; nil: all of them. Members
	// of joint accounts are left out whatever it says.
	only map[string][]string
	// joint are the accounts of several customers, each with its members, all
	// in the order of the customers. They are held in memory: those that share an account
	// are few beside those that do not.
	joint []joint
}

type joint struct {
	account string
	members []warehouse.CustomerKey
}

// resolve finds the joint accounts among the customers that are to be derived,
// and with them the customers that must be derived because another member of
// their account is. ask are the customers whose evidence is to say what their account
// is, all of them where it is nil: then whoever of those that are not to be derived
// has another account than in the base load is derived as well.
func (e *Evidence) resolve(ctx context.Context, only, ask map[string][]string) (work, error) {
	w := work{only: only}
	renamed := only != nil && ask == nil
	if e.identity.none() && !renamed {
		return w, nil
	}
	named, err := e.named(ctx, ask)
	if err != nil {
		return w, err
	}
	touched := map[string]bool{}
	members := map[string][]warehouse.CustomerKey{}
	changed := map[warehouse.CustomerKey]bool{}
	if only != nil {
		// Of all others the base load knows the account.
		base, err := e.w.Accounts(ctx, e.base)
		if err != nil {
			return w, err
		}
		if renamed {
			for _, k := range reassigned(base, named) {
				only[k.Source] = append(only[k.Source], k.CustomerID)
			}
		}
		for k := range keys(only) {
			changed[k] = true
			touched[own(k)] = true
		}
		asked := maps.Collect(keys(ask))
		for k, account := range base {
			if changed[k] {
				touched[account] = true
			}
			if _, ok := asked[k]; !ok && !renamed {
				named[k] = account
			}
		}
		for k, account := range named {
			if changed[k] {
				touched[account] = true
			}
		}
	}
	for k, account := range named {
		if only == nil || touched[account] {
			members[account] = append(members[account], k)
		}
	}
	for _, account := range slices.Sorted(maps.Keys(members)) {
		all := members[account]
		// Somebody may have named an account after one customer's own.
		if source, id, ok := strings.Cut(account, "/"); ok && e.configured(source) {
			k := warehouse.CustomerKey{Source: source, CustomerID: id}
			if _, elsewhere := named[k]; !elsewhere {
				all = append(all, k)
			}
		}
		if len(all) == 1 && (only == nil || changed[all[0]]) {
			continue // it is derived with all the others
		}
		slices.SortFunc(all, compareKeys)
		w.joint = append(w.joint, joint{account, all})
	}
	// Who stands together in the table is read together.
	slices.SortFunc(w.joint, func(a, b joint) int {
		return cmp.Or(compareKeys(a.members[0], b.members[0]), cmp.Compare(a.account, b.account))
	})
	return w, nil
}

// keys are the customers that are named by source.
func keys(bySource map[string][]string) iter.Seq2[warehouse.CustomerKey, struct{}] {
	return func(yield func(warehouse.CustomerKey, struct{}) bool) {
		for source, ids := range bySource {
			for _, id := range ids {
				if !yield(warehouse.CustomerKey{Source: source, CustomerID: id}, struct{}{}) {
					return
				}
			}
		}
	}
}

// reassigned are the customers whose account is another than it was. Who is in
// neither is an account of its own.
func reassigned(was, is map[warehouse.CustomerKey]string) []warehouse.CustomerKey {
	var all []warehouse.CustomerKey
	for k, account := range is {
		if was[k] != account {
			all = append(all, k)
		}
	}
	for k := range was {
		if _, still := is[k]; !still {
			all = append(all, k)
		}
	}
	return all
}

func (e *Evidence) configured(source string) bool {
	return slices.ContainsFunc(e.sources, func(s Source) bool { return s.Name == source })
}

// named are the accounts of some customers, or of all when only is nil, where they
// are not the customers' own, as the evidence has it.
func (e *Evidence) named(ctx context.Context, only map[string][]string) (map[warehouse.CustomerKey]string, error) {
	all := map[warehouse.CustomerKey]string{}
	maps.Copy(all, e.identity.Accounts)
	if only != nil {
		asked := maps.Collect(keys(only))
		maps.DeleteFunc(all, func(k warehouse.CustomerKey, _ string) bool { _, ok := asked[k]; return !ok })
	}
	if e.identity.MetadataKey == "" {
		return all, nil
	}
	for _, seal := range e.seals {
		ids := only[seal.Source]
		if only != nil && len(ids) == 0 {
			continue
		}
		s := e.source(seal.Source)
		for c, err := range e.w.CustomersBy(ctx, seal.Source, seal.Run, ids, naming(s)) {
			if err != nil {
				return nil, err
			}
			record, _ := s.Connector.Translate(c.Objects, connectors.NewCatalog(nil))
			if account := e.identity.account(c.CustomerKey, record.Customer); account != own(c.CustomerKey) {
				all[c.CustomerKey] = account
			}
		}
	}
	return all, nil
}

// naming are the kinds of a source's objects that say what account a customer has;
// nil: any.
func naming(s Source) []string {
	if n, ok := s.Connector.(connectors.Namer); ok {
		return n.Naming()
	}
	return nil
}

// renaming are those of some customers whose account may be another than in the base
// load, which knows it of all others.
func (e *Evidence) renaming(ctx context.Context, of map[string][]string) (map[string][]string, error) {
	all := map[string][]string{}
	if e.identity.none() {
		return all, nil
	}
	for _, seal := range e.seals {
		if len(of[seal.Source]) == 0 {
			continue
		}
		var err error
		if all[seal.Source], err = e.w.Renamable(ctx, e.base, seal.Source, seal.Run, of[seal.Source], naming(e.source(seal.Source))); err != nil {
			return nil, err
		}
	}
	return all, nil
}
