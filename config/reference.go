package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/shopspring/decimal"
)

// Key documents one key of a configuration.
type Key struct {
	Path    string // publish.max_churn_percent
	Default string // as it would be written; empty: there is none
	Meaning string
}

// Reference documents every key of a configuration but those of sources and
// policy, which belong to their owners.
func Reference() []Key {
	return Document(*Default(), meanings())
}

// Document lists the keys of a struct that a configuration is read into, with
// the values it has and what meanings says of each by its path. A key without a
// meaning is listed without one.
func Document(v any, meanings map[string]string) []Key {
	var keys []Key
	document(reflect.ValueOf(v), "", func(path, value string) {
		keys = append(keys, Key{path, value, meanings[path]})
	})
	return keys
}

func document(v reflect.Value, path string, tell func(path, value string)) {
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		at := strings.TrimPrefix(path+"."+name, ".")
		field := v.Field(i)
		switch value := field.Interface().(type) {
		case decimal.Decimal:
			tell(at, value.String())
		case DSN:
			tell(at, value.text)
		case Secret, Section:
			tell(at, "")
		case []User:
			tell(at, "[]")
			document(reflect.ValueOf(User{}), at+"[]", tell)
		case []string:
			tell(at, "["+strings.Join(value, ", ")+"]")
		case fmt.Stringer:
			tell(at, value.String())
		default:
			switch {
			case field.Kind() == reflect.Struct:
				document(field, at, tell)
			case field.Kind() == reflect.Map, field.Kind() == reflect.Slice:
				tell(at, "")
			case field.Kind() == reflect.String && field.Len() == 0:
				tell(at, `""`)
			default:
				tell(at, fmt.Sprint(field.Interface()))
			}
		}
	}
}

// meanings say what each key is for, in the words of the reference.
func meanings() map[string]string {
	return map[string]string{
		"version":              "The version of this format: 1. Required.",
		"warehouse.dsn":        "Where the figures live: `chdb://FOLDER` for ClickHouse inside mrrsync, `clickhouse://`, `http://` or `https://` for a server, or `env:NAME`, `file:PATH` to keep a password out of the file.",
		"warehouse.database":   "The database of the views that BI tools read. Tables live in the same name with `_store`.",
		"warehouse.cluster":    "A ClickHouse cluster: DDL goes `ON CLUSTER`, tables are replicated.",
		"warehouse.keep_loads": "How many published loads keep their rows, for a rollback. At least 1.",

		"publish.max_restated_percent": "Nothing is published when days that were final would change by more than this share of MRR. `--accept-restatement` overrides it.",
		"publish.max_churn_percent":    "Nothing is published when one day's churn exceeds this share of MRR: a key that lost a permission looks like that. `--accept-churn` overrides it.",

		"reporting.timezone": "The IANA time zone in which days are cut, and in which a schedule is read.",
		"reporting.currency": "The currency of the `*_reporting` columns and views; `\"\"` converts nothing.",
		"reporting.fx.file":  "Exchange rates as CSV, columns `date,currency,rate`: 1 unit of currency is rate units of the reporting currency. Needed as soon as a source charges in another currency.",

		"reporting.bands.net_growth_existing.from":   "Reference range of the view `benchmarks_monthly`, in percent: net growth from existing customers, a month.",
		"reporting.bands.net_growth_existing.to":     "",
		"reporting.bands.net_growth_mid_market.from": "The same, of segments called mid-market.",
		"reporting.bands.net_growth_mid_market.to":   "",
		"reporting.bands.mrr_growth_early.from":      "MRR growth a month while ARR is below 1 M.",
		"reporting.bands.mrr_growth_early.to":        "",
		"reporting.bands.mrr_growth_growth.from":     "MRR growth a month while ARR is below 5 M.",
		"reporting.bands.mrr_growth_growth.to":       "",
		"reporting.bands.mrr_growth_mature.from":     "MRR growth a month above that.",
		"reporting.bands.mrr_growth_mature.to":       "",
		"reporting.bands.gross_churn.from":           "Gross MRR churn a month.",
		"reporting.bands.gross_churn.to":             "",
		"reporting.bands.expansion_share.from":       "The share of expansion in MRR growth.",
		"reporting.bands.expansion_share.to":         "",

		"sources":  "The billing accounts, a list; the keys of each are below.",
		"segments": "Dimensions on every view: a name, and where its value is: `metadata.KEY` of the customer or subscription, or a field such as `address.country`.",

		"identity.metadata_key": "A metadata key of customers: those with the same value are one account, in whatever source.",
		"identity.file":         "CSV with the columns `source,customer_id,account`: comes before metadata.",

		"privacy.emails": "What becomes of e-mail addresses: `drop`, `hash` or `keep`. Phones, street addresses, card and bank details never land.",
		"privacy.names":  "What becomes of names: `drop`, `hash` or `keep`.",
		"privacy.key":    "A secret that keys the digests of `hash`, so that nobody without it can guess an address. A reference.",

		"notify.on":      "Which events are told: `failure` (nothing was published, or nobody knows), `partial` (published, but a source failed, too much was rejected, or the run could not be recorded), `stale`.",
		"notify.webhook": "A URL that gets a notice as JSON by POST. A reference.",
		"notify.command": "A command of the shell that gets the same JSON on standard input.",

		"policy":      "Where calculators of MRR disagree: the keys are below.",
		"rejects.max": "A run with more rejected rows than this ends with exit code 3.",

		"serve.listen":                 "`HOST:PORT` on which `mrrsync serve` listens. Beyond loopback it needs users.",
		"serve.users":                  "Who may come in over the network. Without any, everybody on this machine may read.",
		"serve.users[].name":           "The user's name.",
		"serve.users[].password":       "Their password. A reference.",
		"serve.users[].role":           "`reader` (the views) or `writer` (also tables and views of the warehouse).",
		"serve.tls.cert":               "A certificate's file; with it and its key HTTPS is spoken.",
		"serve.tls.key":                "The certificate's key.",
		"serve.limits.max_seconds":     "How long one statement may take; 0: unbounded, as below.",
		"serve.limits.max_memory":      "How much memory one statement may take.",
		"serve.limits.max_result_rows": "How many rows one answer may have.",
		"serve.limits.max_queries":     "How many statements run at once; the others wait.",
		"serve.schedule":               "A cron expression of five fields in the reporting time zone: `serve` syncs then.",
	}
}
