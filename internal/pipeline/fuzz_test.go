package pipeline

import (
	"strings"
	"testing"
)

// FuzzRates says that whatever stands in a file of rates is read or refused, and
// that what is read are rates.
func FuzzRates(f *testing.F) {
	for _, seed := range []string{
		"date,currency,rate\n2026-01-01,EUR,1.085\n", "\ufeffrate,currency,date\n1e9,eur,2026-01-01", "date,currency,rate\n2026-01-01,EUR,1\n2026-01-01,EUR,2",
		"date,currency,rate\n2026-02-30,EUR,1", "date,currency,rate\n2026-01-01,EUR,-1", "date,currency,rate\n2026-01-01,\"E\nR\",NaN", "date,rate\n", "\x00", "",
		"date,currency,rate\n9999-12-31,EUR,99999999999999999999999999999999999999999", "date,currency,rate\n2026-01-01,EUR,=1+1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rates, err := ReadRates(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range rates {
			if !r.Rate.IsPositive() || len(r.Currency) != 3 || r.Currency != strings.ToUpper(r.Currency) {
				t.Errorf("%q is read as %+v", text, r)
			}
		}
	})
}

// FuzzIdentity says that whatever stands in a file of accounts is read or
// refused, and that nobody is left without a name.
func FuzzIdentity(f *testing.F) {
	for _, seed := range []string{
		"source,customer_id,account\nmain,cus_1,acme\n", "account,customer_id,source\nx,y,main\nz,y,main\n", "source,customer_id,account\nelsewhere,a,b", "source,customer_id,account\nmain,,\n",
		"source,customer_id,account\nmain,\"a\"\"b\",\u202e\x1b[31m", "source,customer_id\n", "\"", "source,customer_id,account\nmain,a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		accounts, err := ReadIdentity(strings.NewReader(text), []string{"main", "emea"})
		if err != nil {
			return
		}
		for k, account := range accounts {
			if k.CustomerID == "" || account == "" || k.Source != "main" && k.Source != "emea" {
				t.Errorf("%q names %+v %q", text, k, account)
			}
		}
	})
}
