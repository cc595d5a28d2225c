package company

// The first number of a stream's path after the seed says what it is for.
const (
	forArrival uint64 = iota + 1
	forCustomer
	forPlan
	forAction
	forPayment
	forUsage
	forContract
	forRates
	forEvent
	forIDs
	forMove
	forOwner
	forVanishing
)
