package connectors

// An Eraser is a Connector that can take the person out of what it has landed.
type Eraser interface {
	// Erase is an object's payload without anything that tells who its customer
	// is: names, addresses, free texts, metadata and custom fields go, but for
	// the paths of keep ("metadata.tier", as segments name them). Ids, amounts,
	// dates and the names of prices and products stay, so that Translate reads
	// the same terms and documents of it. It is pure; erasing twice is erasing
	// once. What told names and addresses comes back, so that it can be sought
	// elsewhere.
	Erase(o Object, keep []string) (payload []byte, personal []string)
}
