package billing

// Reject is something the provider sent that could not be understood, or a part
// of it that the law cannot value. It is data: counted, kept with its payload
// and shown, never dropped and never a zero.
type Reject struct {
	Source     string
	CustomerID string
	Kind, ID   string // the object, or the part of it: a subscription, an item, a price, a row
	Code       string // short and stable, for instance "tax_unknown"
	Detail     string // for an operator: what was found and what was expected
	Object     Ref    // the version that holds it
}
