-- title: What was invoiced
-- note: What the invoices and credit notes of each month consist of. Only committed and committed usage stand behind MRR. Documents are not converted: choose a currency.
-- chart: parts
-- columns: month treatment amount
SELECT {{time "month"}}, treatment, sum(i.amount) AS amount
FROM invoice_treatments_monthly AS i
WHERE currency = if({{currency}} = 'reporting', (SELECT max(reporting_currency) FROM loads WHERE status = 'current'), {{currency}})
  AND {{months "month"}}
GROUP BY month, treatment
ORDER BY month, treatment
