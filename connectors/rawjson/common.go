package rawjson

// Common is the fate of members that mean the same at every provider; a rule
// knows what its own provider has besides.
func Common(key []byte) Fate {
	switch string(key) {
	case "email", "customer_email", "receipt_email":
		return Email
	case "first_name", "last_name", "full_name", "company", "customer_name", "business_name", "individual_name":
		return Name
	case "address", "customer_address", "billing_address", "shipping_address":
		return Address
	case "phone", "customer_phone", "shipping", "customer_shipping", "shipping_details", "billing_details", "contacts",
		"line1", "line2", "line3", "postal_code", "zip", "attention", "ip_address", "created_from_ip",
		"tax_ids", "customer_tax_ids", "vat_number", "vat_number_prefix", "entity_identifiers":
		return Drop
	case "card", "sources", "bank_account", "payment_method", "payment_method_details", "payment_source", "payment_source_id",
		"primary_payment_source_id", "backup_payment_source_id", "reference_transactions", "linked_payments", "linked_refunds", "line_item_addresses":
		return Drop
	case "memo", "footer", "notes", "invoice_notes", "customer_notes", "comment", "cancel_comment", "cancellation_details", "gift_message", "po_number",
		"custom_fields", "custom_text", "statement_descriptor", "statement_descriptor_suffix", "last_finalization_error", "last_payment_error":
		return Drop // written freely, for or about the customer: no terms
	case "hosted_invoice_url", "invoice_pdf", "pdf", "receipt_url":
		return Drop // whoever has such a link reads the document with name and address
	case "description":
		return Free
	}
	return Keep
}
