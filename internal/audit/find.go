package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"mrrsync/warehouse"
)

// Found is one customer that a name stands for.
type Found struct {
	warehouse.CustomerKey
	Account      string // as published; empty: not published yet
	Subscription string // the subscription that was named; empty: the customer was
}

// Unknown says that a name stands for nobody, or for several accounts; its text
// says what to ask instead.
type Unknown struct{ Text string }

func (u *Unknown) Error() string { return u.Text }

// published is where each kind of name is looked up.
const published = `
	SELECT source, customer_id, account_id, subscription FROM
	(
		SELECT toString(source) AS source, customer_id, account_id, '' AS subscription, 1 AS rank
		FROM %[1]s.customers WHERE customer_id = {name:String} OR account_id = {name:String}
		UNION ALL
		SELECT toString(source), customer_id, account_id, subscription_id, 2
		FROM %[1]s.subscriptions WHERE subscription_id = {name:String}
	)
	WHERE {source:String} = '' OR source = {source:String}
	ORDER BY rank, source, customer_id`

// stored finds the owners of any other object: an invoice, a schedule, a
// customer of whom nothing was published yet.
const stored = `
	SELECT DISTINCT toString(source) AS source, customer_id, '' AS account_id, '' AS subscription
	FROM %[1]s.raw_objects
	WHERE customer_id != '' AND (id = {name:String} OR customer_id = {name:String}) AND ({source:String} = '' OR source = {source:String})
	ORDER BY source, customer_id`

// similar are names like the one that was given, the most similar first.
const similar = `
	SELECT source, id, about FROM
	(
		SELECT toString(source) AS source, customer_id AS id, name AS about,
			if(positionCaseInsensitiveUTF8(name, {name:String}) > 0, 0, editDistance(left(customer_id, 200), {name:String})) AS apart
		FROM %[1]s.customers
		UNION ALL
		SELECT toString(source), subscription_id, concat('subscription of ', customer_id), editDistance(left(subscription_id, 200), {name:String})
		FROM %[1]s.subscriptions
	)
	WHERE apart <= {far:UInt32} AND ({source:String} = '' OR source = {source:String})
	ORDER BY apart, source, id LIMIT 5`

// Find is the customer that a name stands for: a customer's id, an account's, a
// subscription's, or that of any object that belongs to a customer. source
// narrows it down; empty: all. All customers of one account are one answer. An
// error that is *Unknown is about the name.
func Find(ctx context.Context, w *warehouse.Warehouse, name, source string) (Found, error) {
	all, err := find(ctx, w, fmt.Sprintf(published, w.Schema().DB()), name, source)
	if err != nil {
		return Found{}, err
	}
	if len(all) == 0 {
		if all, err = find(ctx, w, fmt.Sprintf(stored, w.Schema().Store()), name, source); err != nil {
			return Found{}, err
		}
	}
	if len(all) == 0 {
		return Found{}, suggest(ctx, w, name, source)
	}
	if one := narrow(all, name); len(one) > 0 {
		all = one
	}
	var accounts, sources []string
	for _, f := range all {
		accounts = append(accounts, f.account())
		sources = append(sources, f.Source)
	}
	if accounts = unique(accounts); len(accounts) == 1 {
		return all[0], nil
	}
	if sources = unique(sources); len(sources) > 1 {
		return Found{}, &Unknown{fmt.Sprintf("%s stands for several accounts: %s; say which source you mean, for instance --source %s",
			name, strings.Join(accounts, ", "), sources[0])}
	}
	return Found{}, &Unknown{fmt.Sprintf("%s stands for several accounts: %s; name one of them", name, strings.Join(accounts, ", "))}
}

// narrow prefers what bears the name itself: the account of exactly this name.
func narrow(all []Found, name string) []Found {
	return slices.DeleteFunc(slices.Clone(all), func(f Found) bool { return f.account() != name })
}

func (f Found) account() string {
	if f.Account == "" {
		return f.Source + "/" + f.CustomerID
	}
	return f.Account
}

func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

func find(ctx context.Context, w *warehouse.Warehouse, sql, name, source string) ([]Found, error) {
	var all []Found
	err := each(ctx, w.Conn(), "look up "+name, sql, func(scan func(...any) error) error {
		var f Found
		err := scan(&f.Source, &f.CustomerID, &f.Account, &f.Subscription)
		all = append(all, f)
		return err
	}, clickhouse.Named("name", name), clickhouse.Named("source", source))
	return all, err
}

// suggest is the error for a name that nothing bears.
func suggest(ctx context.Context, w *warehouse.Warehouse, name, source string) error {
	where := "the warehouse"
	if source != "" {
		where = "source " + source
	}
	var near []string
	far := max(2, len(name)/4)
	err := each(ctx, w.Conn(), "look for names like "+name, fmt.Sprintf(similar, w.Schema().DB()), func(scan func(...any) error) error {
		var in, id, about string
		if err := scan(&in, &id, &about); err != nil {
			return err
		}
		if about != "" {
			about = " (" + about + ")"
		}
		near = append(near, id+about+" in "+in)
		return nil
	}, clickhouse.Named("name", name), clickhouse.Named("source", source), clickhouse.Named("far", fmt.Sprint(far)))
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s knows no customer, account or subscription %q", where, name)
	if len(near) > 0 {
		text += "; did you mean " + strings.Join(near, ", ") + "?"
	} else {
		text += ": `mrrsync report customers` lists the accounts"
	}
	return &Unknown{text}
}

// each runs a statement and calls row for every row of its answer.
func each(ctx context.Context, conn driver.Conn, what, sql string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
